//! A column that is being read from text, cell by cell, and turned into an array batch by batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, BooleanBufferBuilder, ListArray, NullArray, StringBuilder};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::Field;
use seedbed_engine::expression::Expression;
use seedbed_engine::types::Type;

/// A column that is being read.
pub(super) struct Column {
    pub(super) ty: Type,
    cells: Cells,
}

enum Cells {
    /// Nothing but NULL, so many times.
    Null(usize),
    /// Text that becomes values when the batch is complete.
    Text {
        texts: StringBuilder,
        count: usize,
        reader: Expression,
    },
    Bytes(BinaryBuilder),
    List {
        lengths: Vec<usize>,
        valid: BooleanBufferBuilder,
        elements: Box<Column>,
    },
}

impl Column {
    pub(super) fn new(ty: &Type) -> Result<Self, String> {
        let cells = match ty {
            Type::Null => Cells::Null(0),
            Type::Bytes => Cells::Bytes(BinaryBuilder::new()),
            Type::List(of) => Cells::List {
                lengths: Vec::new(),
                valid: BooleanBufferBuilder::new(0),
                elements: Box::new(Self::new(of)?),
            },
            // JSON is compared as a value, and stays as it is until then.
            Type::Json => Self::text(&Type::Text)?,
            _ => Self::text(ty)?,
        };
        Ok(Self { ty: ty.clone(), cells })
    }

    fn text(ty: &Type) -> Result<Cells, String> {
        let reader = Expression::reader(ty).map_err(|fault| fault.message)?;
        Ok(Cells::Text { texts: StringBuilder::new(), count: 0, reader })
    }

    /// Adds a cell that is no array.
    pub(super) fn push(&mut self, value: Option<&str>) -> Result<(), String> {
        match (&mut self.cells, value) {
            (Cells::Null(count), None) => *count += 1,
            (Cells::Null(_), Some(value)) => return Err(format!("expected NULL, found `{value}`")),
            (Cells::Text { texts, count, .. }, value) => {
                if let (Type::Numeric { scale, .. }, Some(value)) = (&self.ty, value) {
                    check_digits(value, *scale)?;
                }
                texts.append_option(value);
                *count += 1;
            }
            (Cells::Bytes(bytes), None) => bytes.append_null(),
            (Cells::Bytes(bytes), Some(value)) => bytes.append_value(read_bytes(value)?),
            (Cells::List { .. }, None) => self.end_list(None),
            (Cells::List { .. }, Some(value)) => return Err(format!("expected an array, found `{value}`")),
        }
        Ok(())
    }

    /// The elements of the array that is being read; `None` when this is no column of arrays.
    pub(super) fn elements(&mut self) -> Option<&mut Column> {
        match &mut self.cells {
            Cells::List { elements, .. } => Some(elements),
            _ => None,
        }
    }

    /// Ends an array of so many elements, or adds NULL.
    pub(super) fn end_list(&mut self, length: Option<usize>) {
        if let Cells::List { lengths, valid, .. } = &mut self.cells {
            lengths.push(length.unwrap_or(0));
            valid.append(length.is_some());
        }
    }

    /// The values read since the last time.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, String> {
        match &mut self.cells {
            Cells::Null(count) => Ok(Arc::new(NullArray::new(std::mem::take(count)))),
            Cells::Text { texts, count, reader } => {
                let texts: ArrayRef = Arc::new(texts.finish());
                reader.evaluate(&[texts], std::mem::take(count))
            }
            Cells::Bytes(bytes) => Ok(Arc::new(bytes.finish())),
            Cells::List { lengths, valid, elements } => {
                let values = elements.finish()?;
                let field = Arc::new(Field::new("item", values.data_type().clone(), true));
                let offsets = OffsetBuffer::from_lengths(lengths.drain(..));
                let nulls = NullBuffer::new(valid.finish());
                let list = ListArray::try_new(field, offsets, values, Some(nulls));
                Ok(Arc::new(list.map_err(|error| error.to_string())?))
            }
        }
    }
}

/// Refuses a number with more digits after the point than its type has, which would be rounded.
fn check_digits(value: &str, scale: i8) -> Result<(), String> {
    let digits = value.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if digits <= usize::from(scale.unsigned_abs()) && !value.contains(['e', 'E']) {
        return Ok(());
    }
    Err(format!("expected a number with {scale} digits after the point, found `{value}`"))
}

/// Reads `\x6869`.
fn read_bytes(value: &str) -> Result<Vec<u8>, String> {
    let digits =
        value.strip_prefix("\\x").filter(|digits| digits.len().is_multiple_of(2) && digits.is_ascii());
    let pairs = digits.map(|digits| digits.as_bytes().chunks_exact(2));
    let byte = |pair: &[u8]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
    };
    let bytes = pairs.and_then(|pairs| pairs.map(byte).collect::<Option<Vec<u8>>>());
    bytes.ok_or_else(|| format!("expected bytes such as `\\x6869`, found `{value}`"))
}
