//! One table, one range of rows → a record batch.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::budget::{self, Budget};
use crate::cases::Finder;
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::{Column, MAX_ROWS};
use crate::plan::Plan;
use crate::rows::{Frame, Rows, locating, own_bytes};
use crate::types::Type;

/// The rows that are worked out together: enough to make the cost per batch vanish, few enough that the
/// columns of a batch stay in the processor's cache.
pub const ROWS_PER_BATCH: u64 = 8192;

/// Wide rows make smaller batches, …
const BYTES_PER_BATCH: u64 = 8 << 20;

/// … and smaller chunks of batches, so that memory does not depend on how wide rows are.
const BYTES_PER_CHUNK: u64 = 24 << 20;

/// The most rows of a batch: arrays have up to 1000 elements, which are numbered by 31 bits.
const MOST_ROWS: u64 = 1 << 21;

/// The most bytes of a batch, about: a column of text has no more.
const MOST_BYTES: u64 = 1 << 31;

/// All that is worked out for a batch: its columns, those that are not written, and those of other rows.
const BYTES_WORKED_OUT: u64 = 64 << 20;

/// The columns worked out for a sample, each once for every row.
const VALUES_PER_SAMPLE: u64 = 4 << 20;
/// The rows of a sample.
const ROWS_PER_SAMPLE: u64 = 512;

/// The rows by which the width of a table is estimated, …
const SAMPLE_ROWS: u64 = 128;

/// … or fewer, where they are wider than this together. A frame that has grown so far is left, and no row beyond it is examined.
const SAMPLE_BYTES: u64 = 16 << 20;

/// The bytes of text that may be made to find out how wide rows are, what is not kept of them among it.
const LOOKING: Budget = Budget::ENDLESS.texts(64 << 20);

/// The bytes of text that may be made for rows that are shown.
const SHOWING: Budget = Budget::ENDLESS.texts(64 << 20);

/// How wide some columns of a table's rows are, in bytes per row, at least 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Widths {
    /// The columns themselves.
    written: u64,
    /// Whether there is more than that.
    at_least: bool,
    /// All columns that are worked out for them.
    worked_out: u64,
}

impl Widths {
    const NARROW: Self = Self { written: 1, at_least: false, worked_out: 1 };

    /// The widths of some columns of a table, by the first rows.
    pub(crate) fn of(plan: &Plan, table: TableId, columns: &[ColumnId]) -> Self {
        // Few rows first: they may be wide.
        let mut rows = 1;
        let mut known = Self { written: SAMPLE_BYTES, at_least: true, worked_out: SAMPLE_BYTES };
        loop {
            let (widths, is_too_much) = budget::within(LOOKING, || {
                (Self::of_rows(plan, table, columns, rows), budget::is_exceeded())
            });
            if is_too_much {
                return known;
            }
            // An error is told when the rows are made.
            let Ok(widths) = widths else { return Self::NARROW };
            known = widths;
            let taken = rows * widths.written.max(widths.worked_out);
            if rows >= SAMPLE_ROWS || taken * 8 > SAMPLE_BYTES {
                return widths;
            }
            rows = (rows * 8).min(SAMPLE_ROWS);
        }
    }

    /// The widths by so many rows.
    fn of_rows(plan: &Plan, table: TableId, columns: &[ColumnId], rows: u64) -> Result<Self, ValueError> {
        let rows = plan.rows_up_to(table, rows)?;
        let (mut written, mut worked_out) = (0, 0);
        let mut frame = Frame::new(plan, table, Rows::Range(0..rows));
        for &c in columns {
            written += own_bytes(&frame.column(c)?);
            if written > SAMPLE_BYTES {
                break;
            }
            // Now and then: what a frame holds is added up column by column.
            if c.index().is_multiple_of(16) && frame.bytes() > SAMPLE_BYTES {
                worked_out = SAMPLE_BYTES;
                frame = Frame::new(plan, table, Rows::Range(0..rows));
            }
        }
        worked_out = frame.bytes().max(worked_out);
        let each = |bytes: u64| (bytes / rows.max(1)).max(1);
        let at_least = written > SAMPLE_BYTES && rows == 1;
        Ok(Self { written: each(written), at_least, worked_out: each(worked_out) })
    }

    /// The rows that are worked out together: [`ROWS_PER_BATCH`], or fewer where they are wide.
    pub(crate) fn rows_at_once(self) -> u64 {
        let Self { written, worked_out, .. } = self;
        let most = (BYTES_PER_BATCH / written).min(BYTES_WORKED_OUT / worked_out).clamp(1, ROWS_PER_BATCH);
        // Powers of two, so that batches fill chunks.
        1 << most.ilog2()
    }
}

impl Plan {
    /// The schema of a table's batches. Text with few distinct values is `Dictionary(Int32, Utf8)`; UUIDs and
    /// JSON carry Arrow's canonical extension types.
    ///
    /// Of a table that is not there it is empty.
    pub fn schema(&self, table: TableId) -> SchemaRef {
        let table = self.model.tables.get(table.index());
        let fields: Vec<Field> = table.into_iter().flat_map(|table| table.written().map(field)).collect();
        Arc::new(Schema::new(fields))
    }

    /// Some rows of a table: a function of the plan, the table and the rows alone. Meant for up to some
    /// [`ROWS_PER_BATCH`] rows at a time; more of them are made in parts and put together.
    ///
    /// Rows past the end of the table are left out.
    ///
    /// # Errors
    /// A value that cannot be computed, such as an integer overflow in an expression; of several, that of the first row. Also a
    /// table that is not there, and more rows than a batch holds: 2^21, or 2 GiB.
    pub fn batch(&self, table: TableId, rows: Range<u64>) -> Result<RecordBatch, ValueError> {
        let rows = self.existing(table, rows)?;
        let made = |rows| self.made(table, rows, |_| Ok(())).map(|(batch, ())| batch);
        let count = rows.end - rows.start;
        if count <= ROWS_PER_BATCH {
            return made(rows);
        }
        let bytes = count.saturating_mul(self.widths(table).written);
        if count > MOST_ROWS || bytes > MOST_BYTES {
            let message =
                format!("{count} rows, about {bytes} bytes, are more than a batch holds: ask for fewer");
            return Err(self.error_of(table, message));
        }
        let step = self.rows_per_batch(table);
        let starts = (0..count.div_ceil(step)).map(|i| rows.start + i * step);
        let parts: Vec<RecordBatch> =
            starts.map(|start| made(start..(start + step).min(rows.end))).collect::<Result<_, _>>()?;
        arrow::compute::concat_batches(&self.schema(table), &parts)
            .map_err(|error| self.error_of(table, error.to_string()))
    }

    /// The same, up to [`ROWS_PER_BATCH`] rows, and the cases among them.
    pub(crate) fn batch_with_cases(
        &self,
        table: TableId,
        rows: Range<u64>,
        finder: &Finder,
    ) -> Result<RecordBatch, ValueError> {
        let rows = self.existing(table, rows)?;
        let (batch, hits) = self.made(table, rows, |frame| finder.look(frame))?;
        finder.note(hits);
        Ok(batch)
    }

    /// The same for rows that are shown. Rows that take too much memory are an error, before the machine runs out of it.
    ///
    /// # Errors
    /// The same, and rows that take more than 64 MiB to make.
    pub fn batch_to_show(&self, table: TableId, rows: Range<u64>) -> Result<RecordBatch, ValueError> {
        budget::within(SHOWING, || self.batch(table, rows))
    }

    /// An error of a table as a whole.
    pub(crate) fn error_of(&self, table: TableId, message: String) -> ValueError {
        let described = self.model.tables.get(table.index());
        let name = described.map_or_else(|| format!("table {}", table.index()), |table| table.name.clone());
        ValueError { table: name, column: "*".to_owned(), message, row: None }
    }

    /// Refuses the number of a table that is not there.
    pub(crate) fn check_table(&self, table: TableId) -> Result<(), ValueError> {
        let tables = self.model.tables.len();
        if table.index() < tables {
            return Ok(());
        }
        Err(self.error_of(table, format!("there is no such table: the plan has {tables}, from 0")))
    }

    /// Some columns of some rows, by their numbers in a [`batch`](Self::batch): what else a batch has is not made.
    ///
    /// # Errors
    /// A value that cannot be computed, not always the first; a table or a column that is not there.
    pub fn columns(
        &self,
        table: TableId,
        rows: Range<u64>,
        columns: &[usize],
    ) -> Result<RecordBatch, ValueError> {
        let frame = Frame::new(self, table, Rows::Range(self.existing(table, rows)?));
        let written: Vec<ColumnId> = self.model.tables[table].written_ids().collect();
        let array = |column: &usize| match written.get(*column) {
            Some(c) => frame.column(*c),
            None => {
                Err(self.error_of(table, format!("there is no column {column}: it has {}", written.len())))
            }
        };
        let arrays = columns.iter().map(array).collect::<Result<Vec<_>, _>>()?;
        let schema = self.schema(table).project(columns).map(Arc::new);
        let options = RecordBatchOptions::new().with_row_count(Some(frame.len()));
        let batch = schema.and_then(|schema| RecordBatch::try_new_with_options(schema, arrays, &options));
        batch.map_err(|error| self.error_of(table, error.to_string()))
    }

    /// Rows that exist, and what else is asked of them.
    fn made<T>(
        &self,
        table: TableId,
        rows: Range<u64>,
        ask: impl Fn(&Frame) -> Result<T, ValueError>,
    ) -> Result<(RecordBatch, T), ValueError> {
        let made = |rows| {
            let frame = Frame::new(self, table, Rows::Range(rows));
            let written = self.model.tables[table].written_ids();
            let arrays = written.map(|c| frame.column(c)).collect::<Result<Vec<_>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(frame.len()));
            let batch = RecordBatch::try_new_with_options(self.schema(table), arrays, &options)
                .map_err(|error| self.error_of(table, error.to_string()))?;
            Ok((batch, ask(&frame)?))
        };
        made(rows.clone()).map_err(|error| self.first_error(table, rows, error, &|rows| made(rows).map(drop)))
    }

    /// The error of the first row that has one, by halves, where making all rows fails.
    pub(crate) fn first_error(
        &self,
        table: TableId,
        rows: Range<u64>,
        error: ValueError,
        make: &dyn Fn(Range<u64>) -> Result<(), ValueError>,
    ) -> ValueError {
        // Where nothing may be made any more, every row would seem to be the one; what is said of a whole table is of none.
        if budget::is_exceeded() || error.column == "*" || error.row.is_some() {
            return error;
        }
        let Range { mut start, mut end } = rows;
        while end - start > 1 {
            let middle = start + (end - start) / 2;
            match make(start..middle) {
                Ok(()) => start = middle,
                Err(_) => end = middle,
            }
        }
        // It may be not one row that is wrong, but all of them together.
        let mut is_of_row = false;
        let error = locating(error, || make(start..end).inspect_err(|_| is_of_row = true));
        let row =
            error.row.or(Some(start).filter(|_| is_of_row && error.table == self.model.tables[table].name));
        ValueError { row, ..error }
    }

    /// The rows of a table that are worked out together in a run: [`ROWS_PER_BATCH`], or fewer where rows are wide or take
    /// many columns of other rows.
    pub fn rows_per_batch(&self, table: TableId) -> u64 {
        self.widths(table).rows_at_once()
    }

    /// The rows of a chunk where `most` are asked for: as many or, where rows are wide, fewer, in whole batches. It depends on
    /// the plan alone, as all that decides the layout of files. It is at least 1.
    pub fn rows_per_chunk(&self, table: TableId, most: u64) -> u64 {
        let batch = self.rows_per_batch(table);
        let fitting = BYTES_PER_CHUNK / self.widths(table).written / batch * batch;
        most.min(fitting.max(batch)).max(1)
    }

    /// The bytes of a row in memory, the mean of the first rows, or of fewer of them where they take many columns of others;
    /// `None` where a single row has more than some megabytes.
    ///
    /// # Errors
    /// A value that cannot be computed.
    pub fn bytes_per_row(&self, table: TableId) -> Result<Option<f64>, ValueError> {
        self.check_table(table)?;
        let sample = (VALUES_PER_SAMPLE / self.model.tables[table].work.max(1)).max(1);
        let rows = self.rows_per_batch(table).min(sample).min(ROWS_PER_SAMPLE);
        if self.widths(table).at_least {
            return Ok(None);
        }
        match self.sample(table, rows)? {
            // What many rows take together may be too much, where one alone is not.
            None if rows > 1 => self.sample(table, 1),
            sample => Ok(sample),
        }
    }

    /// The bytes of a row in memory, the mean of the first; `None` where they take too much to make.
    fn sample(&self, table: TableId, rows: u64) -> Result<Option<f64>, ValueError> {
        let (sample, is_too_much) =
            budget::within(LOOKING, || (self.batch(table, 0..rows), budget::is_exceeded()));
        if is_too_much {
            return Ok(None);
        }
        let sample = sample?;
        let bytes = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
        let bytes: usize = sample.columns().iter().map(bytes).sum();
        Ok(Some(bytes as f64 / sample.num_rows().max(1) as f64))
    }

    /// About how many bytes a row takes, by the first rows. What a dictionary holds is shared by many.
    fn widths(&self, table: TableId) -> Widths {
        let Some(known) = self.widths.get(table.index()) else { return Widths::NARROW };
        *known.get_or_init(|| {
            let written: Vec<ColumnId> = self.model.tables[table].written_ids().collect();
            Widths::of(self, table, &written)
        })
    }

    /// The part of a range that exists; looks no further than the end of the range.
    fn existing(&self, table: TableId, rows: Range<u64>) -> Result<Range<u64>, ValueError> {
        self.check_table(table)?;
        // No table has more, and what counts rows need not look further.
        let rows = rows.start..rows.end.min(MAX_ROWS);
        if rows.is_empty() {
            return Ok(0..0);
        }
        let end = self.rows_up_to(table, rows.end)?;
        Ok(rows.start.min(end)..end)
    }
}

fn field(column: &Column) -> Field {
    let ty = if column.dictionary { Type::dictionary() } else { column.ty.arrow() };
    let mut metadata = HashMap::new();
    let extension = match column.ty {
        Type::Uuid => Some("arrow.uuid"),
        Type::Json => Some("arrow.json"),
        _ => None,
    };
    if let Some(name) = extension {
        metadata.insert("ARROW:extension:name".to_owned(), name.to_owned());
        if ty == DataType::Utf8 {
            metadata.insert("ARROW:extension:metadata".to_owned(), String::new());
        }
    }
    Field::new(&column.name, ty, column.nullable).with_metadata(metadata)
}
