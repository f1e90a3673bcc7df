//! From COPY to record batches, to compare a table with what a scenario makes.
//!
//! The stream comes in pieces that end anywhere. A first pass finds the fields of all complete rows; when a batch is taken,
//! each column is read in a loop of its own.

mod column;
mod field;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use seedbed_engine::types::Type;

use super::binary::{HEADER, TRAILER};
use super::misfits;
use super::target::TargetColumn;
use crate::error::Error;
use column::Span;

/// Reads the binary stream of `COPY (SELECT …) TO STDOUT (FORMAT binary)`, where every column is selected as
/// [`TargetColumn::selected`] says.
#[derive(Debug)]
pub struct TableDecoder {
    columns: Vec<TargetColumn>,
    /// The types in which the columns come back.
    types: Vec<Type>,
    schema: SchemaRef,
    /// What has come and is not yet taken.
    bytes: Vec<u8>,
    /// How many bytes of the stream were before these.
    gone: u64,
    /// How many of these have been read.
    seen: usize,
    place: Place,
    /// Where the fields of the complete rows are, by column.
    fields: Vec<VecDeque<Span>>,
    /// Where each of these rows ends in the stream.
    ends: VecDeque<u64>,
}

/// How far the stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Rows,
    End,
}

/// Rows of a table of a database.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Arrays of the types in which the columns are [compared](TargetColumn::compared), never dictionaries, as
    /// [`comparable`](super::comparable) makes them; NULLs of columns that cannot be compared.
    pub batch: RecordBatch,
    /// The values that the scenario's type cannot hold, such as `NaN` in a `numeric` or `infinity` in a date. They are NULL in
    /// the batch, and differ from whatever a scenario can make.
    pub foreign: Vec<Foreign>,
}

/// A value that no scenario can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The row of the batch.
    pub row: usize,
    /// The column of the batch.
    pub column: usize,
    /// What the value is, for a message.
    pub value: String,
}

impl TableDecoder {
    /// A decoder for a table whose columns are these, in this order.
    ///
    /// # Errors
    /// Every column whose values could not have come from the scenario's type, at once.
    pub fn new(columns: Vec<TargetColumn>) -> Result<Self, Error> {
        let misfits = misfits(&columns);
        if !misfits.is_empty() {
            let hint = "change the table, or set `type:` in the scenario";
            return Err(Error::usage(format!("the table does not fit: {}", misfits.join("; ")), hint));
        }
        let types: Vec<Type> = columns.iter().map(|column| column.compared().unwrap_or(Type::Null)).collect();
        let fields = columns.iter().zip(&types);
        let fields = fields.map(|(column, ty)| Field::new(&column.name, ty.arrow(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let fields = columns.iter().map(|_| VecDeque::new()).collect();
        let (bytes, ends) = (Vec::new(), VecDeque::new());
        Ok(Self { columns, types, schema, bytes, gone: 0, seen: 0, place: Place::Header, fields, ends })
    }

    /// Takes the next piece of the stream. Pieces of some 64 KiB, with all batches taken in between, keep memory small.
    ///
    /// # Errors
    /// Bytes that are no binary COPY of so many columns.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(bytes);
        if self.place == Place::Header {
            let Some(end) = self.header()? else { return Ok(()) };
            (self.seen, self.place) = (end, Place::Rows);
        }
        while self.place == Place::Rows && self.row()? {}
        if self.place == Place::End && self.seen < self.bytes.len() {
            return Err(broken("something follows its end"));
        }
        Ok(())
    }

    /// Where the header ends, if it is complete.
    fn header(&self) -> Result<Option<usize>, Error> {
        let signature = &HEADER[..11];
        let known = self.bytes.len().min(signature.len());
        if self.bytes[..known] != signature[..known] {
            return Err(broken("it does not begin as one"));
        }
        let Some(extension) = self.bytes.get(15..19).and_then(<[u8]>::first_chunk) else { return Ok(None) };
        let end = 19 + u32::from_be_bytes(*extension) as usize;
        Ok((self.bytes.len() >= end).then_some(end))
    }

    /// Notes where the fields of the next row are, if it is complete.
    fn row(&mut self) -> Result<bool, Error> {
        let Some((count, mut rest)) = self.bytes[self.seen..].split_first_chunk::<2>() else {
            return Ok(false);
        };
        if *count == TRAILER {
            (self.seen, self.place) = (self.seen + 2, Place::End);
            return Ok(false);
        }
        if usize::from(u16::from_be_bytes(*count)) != self.columns.len() {
            return Err(broken("a row has another number of columns"));
        }
        for found in 0..self.columns.len() {
            let at = self.gone + (self.bytes.len() - rest.len()) as u64;
            let Some((span, behind)) = Span::read(at, rest)? else {
                // The row is read again when more of it has come.
                for fields in &mut self.fields[..found] {
                    fields.pop_back();
                }
                return Ok(false);
            };
            self.fields[found].push_back(span);
            rest = behind;
        }
        self.seen = self.bytes.len() - rest.len();
        self.ends.push_back(self.gone + self.seen as u64);
        Ok(true)
    }

    /// How many rows can be taken.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Takes the next rows, at most so many; `None` when no complete row is there.
    ///
    /// # Errors
    /// A field that is no value of its column's type.
    pub fn take_batch(&mut self, most_rows: usize) -> Result<Option<Decoded>, Error> {
        let rows = self.rows().min(most_rows);
        let Some(end) = rows.checked_sub(1).map(|last| self.ends[last]) else { return Ok(None) };
        let mut foreign = Vec::new();
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (c, (column, fields)) in self.columns.iter().zip(&mut self.fields).enumerate() {
            let fields: Vec<Span> = fields.drain(..rows).collect();
            let read = column::read(&self.types[c], &column.target, &fields, &self.bytes, self.gone)
                .map_err(|()| broken(&format!("column `{}` has a value of another type", column.name)))?;
            arrays.push(read.array);
            foreign.extend(read.foreign.into_iter().map(|(row, value)| Foreign { row, column: c, value }));
        }
        self.ends.drain(..rows);
        let taken = (end - self.gone) as usize;
        self.bytes.drain(..taken);
        (self.gone, self.seen) = (end, self.seen - taken);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options);
        let batch = batch.map_err(|error| Error::usage(error.to_string(), super::payload::FAULT))?;
        Ok(Some(Decoded { batch, foreign }))
    }

    /// Ends the stream, after all rows have been taken.
    ///
    /// # Errors
    /// A stream that breaks off, or rows that are still there.
    pub fn finish(self) -> Result<(), Error> {
        match self.place {
            Place::End if self.rows() == 0 => Ok(()),
            Place::End => Err(broken("rows of it have not been taken")),
            Place::Header | Place::Rows => Err(broken("it breaks off")),
        }
    }
}

/// A stream that is not what binary COPY is.
fn broken(why: &str) -> Error {
    Error::Usage { message: format!("cannot read a table as binary COPY: {why}"), hint: None }
}
