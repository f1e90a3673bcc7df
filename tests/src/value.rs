//! Values as text: one spelling per value, the same for every Arrow form of it.

use std::ops::Range;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use seedbed_engine::{Plan, ROWS_PER_BATCH, TableId};

/// A value as text; `None` is NULL.
pub type Cell = Option<String>;

/// The cells of an array.
///
/// Integers, decimals (without their point), dates and instants are whole numbers; floating-point numbers are the hexadecimal
/// digits of their bits, so that the last bit counts; arrays are JSON arrays of cells.
///
/// # Panics
/// On an Arrow type that no column of seedbed has.
pub fn texts(array: &dyn Array) -> Vec<Cell> {
    match array.data_type() {
        DataType::Null => vec![None; array.len()],
        DataType::Boolean => {
            array.as_boolean().iter().map(|value| value.map(|value| value.to_string())).collect()
        }
        DataType::Int16 => numbers::<Int16Type>(array, |value| value.to_string()),
        DataType::Int32 => numbers::<Int32Type>(array, |value| value.to_string()),
        DataType::Int64 => numbers::<Int64Type>(array, |value| value.to_string()),
        DataType::Float32 => numbers::<Float32Type>(array, |value| format!("{:08x}", value.to_bits())),
        DataType::Float64 => numbers::<Float64Type>(array, |value| format!("{:016x}", value.to_bits())),
        DataType::Decimal128(..) => numbers::<Decimal128Type>(array, |value| value.to_string()),
        DataType::Date32 => numbers::<Date32Type>(array, |value| value.to_string()),
        DataType::Time64(_) => numbers::<Time64MicrosecondType>(array, |value| value.to_string()),
        DataType::Timestamp(..) => numbers::<TimestampMicrosecondType>(array, |value| value.to_string()),
        DataType::Interval(_) => numbers::<IntervalMonthDayNanoType>(array, |value| {
            format!("{} months {} days {} ns", value.months, value.days, value.nanoseconds)
        }),
        DataType::Utf8 => array.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect(),
        DataType::Dictionary(..) => texts(&cast(array, &DataType::Utf8).expect("text in another form")),
        DataType::Binary => array.as_binary::<i32>().iter().map(|value| value.map(hex)).collect(),
        DataType::FixedSizeBinary(_) => {
            array.as_fixed_size_binary().iter().map(|value| value.map(hex)).collect()
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>().iter();
            lists
                .map(|list| list.map(|list| serde_json::to_string(&texts(&list)).expect("texts are JSON")))
                .collect()
        }
        other => panic!("no column of seedbed has the type {other}"),
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &dyn Array, text: impl Fn(T::Native) -> String) -> Vec<Cell> {
    array.as_primitive::<T>().iter().map(|value| value.map(&text)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Some rows of a table, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The name of each column and its cells.
    pub columns: Vec<(String, Vec<Cell>)>,
}

impl Values {
    /// All rows of a table, in batches of the usual size.
    ///
    /// # Panics
    /// When there is no such table, or a value cannot be computed.
    pub fn whole(plan: &Plan, table: &str) -> Self {
        let number = plan.table(table).unwrap_or_else(|| panic!("no table `{table}`"));
        let rows = plan.rows(number).expect("counts can be computed");
        Self::batched(plan, number, 0..rows, ROWS_PER_BATCH)
    }

    /// Some rows of a table, so many at a time.
    ///
    /// # Panics
    /// When a value cannot be computed.
    pub fn batched(plan: &Plan, table: TableId, rows: Range<u64>, rows_per_batch: u64) -> Self {
        let mut values = Self::none(plan, table);
        for start in rows.clone().step_by(rows_per_batch as usize) {
            let batch = plan
                .batch(table, start..rows.end.min(start + rows_per_batch))
                .expect("values can be computed");
            for ((_, cells), array) in values.columns.iter_mut().zip(batch.columns()) {
                cells.extend(texts(array));
            }
        }
        values
    }

    /// No rows of a table.
    pub fn none(plan: &Plan, table: TableId) -> Self {
        let fields = plan.schema(table).fields().clone();
        Self { columns: fields.iter().map(|field| (field.name().clone(), Vec::new())).collect() }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }

    /// The cells of a column.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn cells(&self, column: &str) -> &[Cell] {
        let found = self.columns.iter().find(|(name, _)| name == column);
        &found.unwrap_or_else(|| panic!("no column `{column}`")).1
    }

    /// The texts of a column that has no NULLs.
    ///
    /// # Panics
    /// When there is no such column, or on a NULL.
    pub fn texts(&self, column: &str) -> Vec<&str> {
        let cells = self.cells(column).iter();
        cells.map(|cell| cell.as_deref().unwrap_or_else(|| panic!("NULL in `{column}`"))).collect()
    }

    /// The cells of a column of whole numbers, decimals, dates or instants.
    ///
    /// # Panics
    /// When there is no such column, or its cells are no whole numbers.
    pub fn numbers_or_null(&self, column: &str) -> Vec<Option<i64>> {
        let cells = self.cells(column).iter();
        cells.map(|cell| cell.as_ref().map(|text| text.parse().expect("a whole number"))).collect()
    }

    /// The same, of a column that has no NULLs.
    ///
    /// # Panics
    /// When there is no such column, its cells are no whole numbers, or on a NULL.
    pub fn numbers(&self, column: &str) -> Vec<i64> {
        let cells = self.numbers_or_null(column).into_iter();
        cells.map(|cell| cell.unwrap_or_else(|| panic!("NULL in `{column}`"))).collect()
    }

    /// One row.
    pub fn row(&self, row: usize) -> Vec<Option<&str>> {
        self.columns.iter().map(|(_, cells)| cells[row].as_deref()).collect()
    }

    /// The hash of a column's cells: sixteen hexadecimal digits.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn hash(&self, column: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for cell in self.cells(column) {
            // The length comes first, so that no two lists of cells feed the same bytes; NULL has a length of its own.
            hasher.update(&cell.as_ref().map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
            hasher.update(cell.as_deref().unwrap_or_default().as_bytes());
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

/// Fails at the first cell that differs, and says where.
///
/// # Panics
/// When something differs.
pub fn assert_same(found: &Values, expected: &Values, what: &str) {
    let names = |values: &Values| values.columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}: the columns");
    for (name, cells) in &expected.columns {
        assert_same_cells(found.cells(name), cells, &format!("{what}.{name}"));
    }
}

/// The same for the cells of one column.
///
/// # Panics
/// When something differs.
pub fn assert_same_cells(found: &[Cell], expected: &[Cell], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: the number of rows");
    if let Some(row) = (0..expected.len()).find(|&row| found[row] != expected[row]) {
        panic!("{what}, row {row}: expected {:?}, found {:?}", expected[row], found[row]);
    }
}
