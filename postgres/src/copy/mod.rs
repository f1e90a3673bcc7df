//! Binary COPY, both ways: record batches into a table, and a table back into record batches.
//!
//! The form of each column follows from the table's real types, as the catalog gives them; nothing is cast on the way. A
//! table with a type that has no binary form here is sent in text format as a whole.

mod binary;
mod check;
mod convert;
mod repeated;
mod inet;
mod numeric;
mod output;
mod payload;
mod target;
mod text;
mod comparable;
mod decode;

#[cfg(test)]
mod tests;

pub use comparable::comparable;
pub use decode::{Decoded, Foreign, TableDecoder};
pub use target::{TargetColumn, carried, fits};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::DataType;

use crate::error::Error;
use check::Place;
use convert::Conversion;
pub(crate) use output::Output;
use payload::Payload;
use target::{Form, without_binary};

/// Turns batches of one table into the rows of a COPY stream. Shared by threads; a stream is [`header`](Self::header), any
/// rows, [`trailer`](Self::trailer).
#[derive(Debug)]
pub struct TableEncoder {
    table: String,
    columns: Vec<Encoding>,
    fallback: Option<String>,
}

/// A column, and what becomes of its values.
#[derive(Debug)]
struct Encoding {
    column: TargetColumn,
    conversion: Option<Conversion>,
    form: Form,
}

impl TableEncoder {
    /// An encoder for a table whose columns are these, in this order. `table` is for messages.
    ///
    /// # Errors
    /// Every column whose values do not fit, at once.
    pub fn new(table: &str, columns: Vec<TargetColumn>) -> Result<Self, Error> {
        let misfits = misfits(&columns);
        if !misfits.is_empty() {
            return Err(Error::usage(
                format!("table `{table}` does not fit: {}", misfits.join("; ")),
                "change the table, or set `type:` in the scenario",
            ));
        }
        let fallback = columns.iter().find(|column| without_binary(&column.target)).map(|column| {
            let TargetColumn { name, target, .. } = column;
            format!("column `{name}` has the type {}, which has no binary form here", target.sql)
        });
        let columns = columns.into_iter().map(|column| {
            let carried = column.carried();
            let conversion = Conversion::between(&column.ty, &carried)?;
            Ok(Encoding { conversion, form: Form::of(&carried, &column.target), column })
        });
        let columns =
            columns.collect::<Result<_, String>>().map_err(|fault| Error::usage(fault, payload::FAULT))?;
        Ok(Self { table: table.to_owned(), columns, fallback })
    }

    /// Whether the stream is in binary format.
    pub fn is_binary(&self) -> bool {
        self.fallback.is_none()
    }

    /// Why the stream is in text format, if it is.
    pub fn fallback_reason(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// The options of the COPY statement that fit the stream.
    pub fn copy_options(&self) -> &'static str {
        if self.is_binary() { "FORMAT binary" } else { "FORMAT text" }
    }

    /// What stands before the first row of a stream.
    pub fn header(&self) -> &'static [u8] {
        if self.is_binary() { &binary::HEADER } else { &[] }
    }

    /// What stands behind the last row of a stream.
    pub fn trailer(&self) -> &'static [u8] {
        if self.is_binary() { &binary::TRAILER } else { &[] }
    }

    /// Appends the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Refused`] with the first value that its column cannot take. `out` then holds no row of the batch.
    pub fn encode(&self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut output = Output::from(std::mem::take(out));
        let encoded = self.encode_while(batch, &mut output, |_| Ok(()));
        *out = output.into();
        encoded
    }

    /// The same, but now and then `look` may take what is there: some rows may be on their way before the others are written.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), before anything is taken; those of `look`.
    pub(crate) fn encode_while(
        &self,
        batch: &RecordBatch,
        out: &mut Output,
        mut look: impl FnMut(&mut Output) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.expect_types(batch)?;
        let rows = batch.num_rows();
        let converted = self.columns.iter().zip(batch.columns());
        let converted = converted.map(|(to, array)| self.converted(to, array));
        let arrays = converted.collect::<Result<Vec<_>, Error>>()?;
        if !self.is_binary() {
            let fields = self.columns.iter().zip(&arrays);
            let fields = fields.map(|(to, array)| text::fields(array, &to.form, self.place(&to.column)));
            text::rows(&fields.collect::<Result<Vec<_>, _>>()?, rows, out);
            return look(out);
        }
        let arrays = self.columns.iter().zip(&arrays).map(|(to, array)| payload::unpacked(array, &to.form));
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let payloads = self.columns.iter().zip(&arrays);
        let payloads = payloads.map(|(to, array)| Payload::new(array, &to.form, self.place(&to.column)));
        binary::rows(&payloads.collect::<Result<Vec<_>, _>>()?, rows, out, look)
    }

    /// The same for rows of a table from the number `first` on: a value that is refused is told with its row.
    ///
    /// # Errors
    /// Those of [`encode_while`](Self::encode_while).
    pub(crate) fn encode_rows(
        &self,
        first: u64,
        batch: &RecordBatch,
        out: &mut Output,
        look: impl FnMut(&mut Output) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.encode_while(batch, out, look).map_err(|error| self.in_row(error, first, batch))
    }

    /// An error of [`encode`](Self::encode), with the row of a value that was refused; `first` is the number of the batch's.
    pub(crate) fn in_row(&self, error: Error, first: u64, batch: &RecordBatch) -> Error {
        match error {
            Error::Refused { .. } => self.first_refused(first, batch).unwrap_or(error),
            error => error,
        }
    }

    /// The refusal of the first row that has one, by halves.
    fn first_refused(&self, first: u64, batch: &RecordBatch) -> Option<Error> {
        let refusal =
            |start: usize, end: usize| self.encode(&batch.slice(start, end - start), &mut Vec::new()).err();
        let (mut start, mut end) = (0, batch.num_rows());
        while end - start > 1 {
            let middle = start + (end - start) / 2;
            if refusal(start, middle).is_some() { end = middle } else { start = middle }
        }
        refusal(start, end).map(|error| error.in_row(first + start as u64 + 1))
    }

    /// The columns some of whose values may be refused, by their numbers in a batch: those that a load has to check before it
    /// sends a row.
    pub(crate) fn doubtful(&self) -> Vec<usize> {
        let doubtful = self.columns.iter().enumerate().filter(|(_, to)| {
            to.conversion.as_ref().is_some_and(Conversion::can_fail)
                || to.form.can_refuse(&to.column.carried())
        });
        doubtful.map(|(c, _)| c).collect()
    }

    /// Checks the values of some columns, which a batch has in this order.
    ///
    /// # Errors
    /// [`Error::Refused`] with a value that its column cannot take.
    pub(crate) fn check(&self, columns: &[usize], batch: &RecordBatch) -> Result<(), Error> {
        for (c, array) in columns.iter().zip(batch.columns()) {
            let to = &self.columns[*c];
            text::check_values(&self.converted(to, array)?, &to.form, self.place(&to.column))?;
        }
        Ok(())
    }

    fn converted(&self, to: &Encoding, array: &ArrayRef) -> Result<ArrayRef, Error> {
        match &to.conversion {
            None => Ok(array.clone()),
            Some(conversion) => conversion
                .apply(array)
                .map_err(|wrong| self.place(&to.column).refused(&wrong.value, wrong.reason, None)),
        }
    }

    fn place<'p>(&'p self, column: &'p TargetColumn) -> Place<'p> {
        Place { table: &self.table, column: &column.name }
    }

    /// Arrays of other types than were announced are a fault of the caller; text may come in either form.
    fn expect_types(&self, batch: &RecordBatch) -> Result<(), Error> {
        let plain = |ty: &DataType| match ty {
            DataType::Dictionary(_, of) => of.as_ref().clone(),
            ty => ty.clone(),
        };
        let found = batch.columns().iter().map(|array| array.data_type());
        let expected = self.columns.iter().map(|to| &to.column.arrow);
        if batch.num_columns() == self.columns.len()
            && found.zip(expected).all(|(a, b)| a == b || plain(a) == plain(b))
        {
            return Ok(());
        }
        let message = format!("the batch is not of the columns of table `{}`", self.table);
        Err(Error::usage(message, payload::FAULT))
    }
}

/// The columns whose values do not fit, each with its reason: "column `x`: the scenario makes text, the table has integer".
pub fn misfits(columns: &[TargetColumn]) -> Vec<String> {
    let found = columns.iter().filter_map(|column| {
        fits(&column.ty, &column.target).err().map(|reason| format!("column `{}`: {reason}", column.name))
    });
    found.collect()
}
