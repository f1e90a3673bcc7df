//! One hash per row, worked out column by column.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};

use super::json::CanonicalJson;
use super::mix;
use crate::types::Type;

/// Hashes the rows of one table. Keeps what batches share (the words of dictionaries), so a thread should use one for
/// many batches.
///
/// ```
/// use seedbed_engine::digest::{RowHasher, TableDigest};
/// use seedbed_engine::{Plan, Settings};
///
/// let plan = Plan::compile("tables: {t: {rows: 3, columns: {id: serial}}}", &Settings::default())?;
/// let table = plan.table("t").unwrap();
/// let mut hasher = RowHasher::of(&plan.model().tables[table]);
/// let (mut hashes, mut digest) = (Vec::new(), TableDigest::default());
/// for row in [2, 0, 1] {
///     hasher.hash(&plan.batch(table, row..row + 1)?, &mut hashes)?;
///     digest.add(&hashes);
/// }
/// hasher.hash(&plan.batch(table, 0..3)?, &mut hashes)?;
/// assert_eq!((digest.rows, digest.sum), (3, hashes.iter().map(|hash| u128::from(*hash)).sum()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RowHasher {
    columns: Vec<Column>,
}

/// A batch that does not have the columns of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` should be {expected}, and is {found}")]
pub struct WrongArray {
    /// The column; `*` for the number of columns.
    pub column: String,
    /// What was expected.
    pub expected: String,
    /// What was found, in Arrow's terms.
    pub found: String,
}

#[derive(Clone)]
struct Column {
    name: String,
    ty: Type,
    cells: Cells,
}

/// What a column's cells, or an array's elements, need.
#[derive(Clone)]
struct Cells {
    key: u64,
    null: u64,
    json: bool,
    /// For arrays: their elements.
    elements: Option<Box<Cells>>,
    /// The words of the dictionary met last.
    dictionary: Option<(ArrayRef, Vec<u64>)>,
    canonical: CanonicalJson,
}

impl RowHasher {
    /// A hasher of rows with these columns.
    pub fn new<'c>(columns: impl IntoIterator<Item = (&'c str, &'c Type)>) -> Self {
        let columns = columns.into_iter().map(|(name, ty)| {
            let key = mix::bytes(0, name.as_bytes());
            Column { name: name.to_owned(), ty: ty.clone(), cells: Cells::new(key, ty) }
        });
        Self { columns: columns.collect() }
    }

    /// A hasher of a table's rows.
    pub fn of(table: &crate::model::Table) -> Self {
        Self::new(table.written().map(|column| (column.name.as_str(), &column.ty)))
    }

    /// Replaces `hashes` by those of a batch's rows. The batch has the columns that were given, in their order. Text can be
    /// a dictionary, integers and floats can have any width; everything else is as [`Type::arrow`] says.
    ///
    /// # Errors
    /// A batch with other columns. `hashes` is of no use then.
    pub fn hash(&mut self, batch: &RecordBatch, hashes: &mut Vec<u64>) -> Result<(), WrongArray> {
        if batch.num_columns() != self.columns.len() {
            let columns = |count| format!("{count} columns");
            let (expected, found) = (columns(self.columns.len()), columns(batch.num_columns()));
            return Err(WrongArray { column: "*".to_owned(), expected, found });
        }
        hashes.clear();
        hashes.resize(batch.num_rows(), 0);
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.cells.add(array, &column.ty, hashes).ok_or_else(|| WrongArray {
                column: column.name.clone(),
                expected: column.ty.to_string(),
                found: array.data_type().to_string(),
            })?;
        }
        hashes.iter_mut().for_each(|sum| *sum = mix::finish(*sum));
        Ok(())
    }
}

impl Cells {
    fn new(seed: u64, ty: &Type) -> Self {
        let key = mix::bytes(seed, family(ty).as_bytes());
        let elements = match ty {
            Type::List(of) => Some(Box::new(Self::new(key, of))),
            _ => None,
        };
        let json = *ty == Type::Json;
        let canonical = CanonicalJson::default();
        // NULL's word is that of the value `mix(key)`, which in practice does not occur.
        let null = mix::mix(mix::mix(key));
        Self { key, null, json, elements, dictionary: None, canonical }
    }

    /// Adds every cell's word to its row's sum; `None` when the array is none of the type.
    fn add(&mut self, array: &ArrayRef, ty: &Type, sums: &mut [u64]) -> Option<()> {
        match ty {
            Type::Null => sums.iter_mut().for_each(|sum| *sum = sum.wrapping_add(self.null)),
            Type::Boolean => {
                let array = array.as_boolean_opt()?;
                let words = [mix::mix(self.key), mix::mix(self.key ^ 1)];
                self.add_each(array, sums, |i| words[usize::from(array.value(i))]);
            }
            Type::SmallInt | Type::Integer | Type::BigInt => match array.data_type() {
                DataType::Int16 => self.add_words::<Int16Type>(array, sums, |value| i64::from(value) as u64),
                DataType::Int32 => self.add_words::<Int32Type>(array, sums, |value| i64::from(value) as u64),
                _ => self.add_words::<Int64Type>(array, sums, |value| value as u64),
            }?,
            Type::Real | Type::Double => match array.data_type() {
                DataType::Float32 => self.add_words::<Float32Type>(array, sums, |value| bits(value.into())),
                _ => self.add_words::<Float64Type>(array, sums, bits),
            }?,
            Type::Numeric { scale, .. } => {
                if !matches!(array.data_type(), DataType::Decimal128(_, found) if found == scale) {
                    return None;
                }
                self.add_words::<Decimal128Type>(array, sums, |value| {
                    let low = value as i64;
                    // What 64 bits with a sign do not hold: 0 for all but the largest numbers.
                    let high = ((value >> 64) as i64) ^ (low >> 63);
                    mix::join(low as u64, high as u64)
                })?;
            }
            Type::Date => self.add_words::<Date32Type>(array, sums, |value| i64::from(value) as u64)?,
            Type::Time => self.add_words::<Time64MicrosecondType>(array, sums, |value| value as u64)?,
            Type::Timestamp | Type::Instant => {
                let is_instant = match array.data_type() {
                    DataType::Timestamp(TimeUnit::Microsecond, zone) => zone.is_some(),
                    _ => return None,
                };
                if is_instant != (*ty == Type::Instant) {
                    return None;
                }
                self.add_words::<TimestampMicrosecondType>(array, sums, |value| value as u64)?;
            }
            Type::Interval => {
                if *array.data_type() != DataType::Interval(IntervalUnit::MonthDayNano) {
                    return None;
                }
                self.add_words::<IntervalMonthDayNanoType>(array, sums, |value| {
                    let calendar = u64::from(value.months as u32) << 32 | u64::from(value.days as u32);
                    mix::join(calendar, (value.nanoseconds / 1000) as u64)
                })?;
            }
            Type::Uuid => {
                let array = array.as_fixed_size_binary_opt().filter(|array| array.value_length() == 16)?;
                let key = self.key;
                self.add_each(array, sums, |i| {
                    let value = array.value(i).first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
                    mix::mix(key ^ mix::join(value as u64, (value >> 64) as u64))
                });
            }
            Type::Bytes => {
                let array = array.as_binary_opt::<i32>()?;
                let (key, offsets, data) = (self.key, array.value_offsets(), array.value_data());
                self.add_each(array, sums, |i| {
                    mix::bytes(key, &data[offsets[i] as usize..offsets[i + 1] as usize])
                });
            }
            Type::Text | Type::Json => self.add_text(array, sums)?,
            Type::List(of) => self.add_lists(array, of, sums)?,
        }
        Some(())
    }

    /// Adds the words of values that have at most 64 bits, or have been brought down to them.
    fn add_words<T: ArrowPrimitiveType>(
        &self,
        array: &ArrayRef,
        sums: &mut [u64],
        word: impl Fn(T::Native) -> u64,
    ) -> Option<()> {
        let array: &PrimitiveArray<T> = array.as_primitive_opt()?;
        let key = self.key;
        let values = sums.iter_mut().zip(array.values());
        match array.nulls() {
            None => values.for_each(|(sum, value)| *sum = sum.wrapping_add(mix::mix(key ^ word(*value)))),
            Some(nulls) => values.zip(nulls).for_each(|((sum, value), valid)| {
                let word = mix::mix(key ^ word(*value));
                *sum = sum.wrapping_add(if valid { word } else { self.null });
            }),
        }
        Some(())
    }

    /// Adds the word of each cell that is not NULL.
    fn add_each(&self, array: &dyn Array, sums: &mut [u64], mut word: impl FnMut(usize) -> u64) {
        match array.nulls() {
            None => {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(word(i));
                }
            }
            Some(nulls) => {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(if nulls.is_valid(i) { word(i) } else { self.null });
                }
            }
        }
    }

    fn add_text(&mut self, array: &ArrayRef, sums: &mut [u64]) -> Option<()> {
        if let DataType::Dictionary(..) = array.data_type() {
            return self.add_dictionary(array, sums);
        }
        let array = array.as_string_opt::<i32>()?;
        let (key, offsets, data) = (self.key, array.value_offsets(), array.value_data());
        if self.json {
            let mut canonical = std::mem::take(&mut self.canonical);
            self.add_each(array, sums, |i| json(key, &mut canonical, array.value(i)));
            self.canonical = canonical;
        } else {
            self.add_each(array, sums, |i| {
                mix::bytes(key, &data[offsets[i] as usize..offsets[i + 1] as usize])
            });
        }
        Some(())
    }

    /// Hashes every value of a dictionary once, unless it is the dictionary of the batch before.
    fn add_dictionary(&mut self, array: &ArrayRef, sums: &mut [u64]) -> Option<()> {
        let array = array.as_dictionary_opt::<Int32Type>()?;
        let values = array.values();
        if !self.dictionary.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, values)) {
            let mut words = vec![0; values.len()];
            self.add_text(values, &mut words)?;
            self.dictionary = Some((values.clone(), words));
        }
        let (_, words) = self.dictionary.as_ref()?;
        let keys = array.keys();
        // What stands under a NULL need not be a key.
        let word = |i: usize| words.get(keys.value(i) as usize).copied().unwrap_or(self.null);
        self.add_each(keys, sums, word);
        Some(())
    }

    fn add_lists(&mut self, array: &ArrayRef, of: &Type, sums: &mut [u64]) -> Option<()> {
        let list = array.as_list_opt::<i32>()?;
        let offsets = list.value_offsets();
        let (first, last) = (*offsets.first()? as usize, *offsets.last()? as usize);
        let mut words = vec![0; last - first];
        self.elements.as_mut()?.add(&list.values().slice(first, last - first), of, &mut words)?;
        self.add_each(list, sums, |i| {
            let words = &words[offsets[i] as usize - first..offsets[i + 1] as usize - first];
            let state = mix::mix(self.key ^ words.len() as u64);
            words.iter().fold(state, |state, word| mix::mix(state ^ word))
        });
        Some(())
    }
}

/// The types whose equal values are equal, by a name that is part of the keys.
fn family(ty: &Type) -> String {
    match ty {
        Type::SmallInt | Type::Integer | Type::BigInt => "integer".to_owned(),
        Type::Real | Type::Double => "float".to_owned(),
        Type::Numeric { scale, .. } => format!("numeric.{scale}"),
        Type::List(of) => format!("{}[]", family(of)),
        other => other.to_string(),
    }
}

/// The bits of a number, the same for 0 and -0 and for every NaN.
fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        // Adding 0 turns -0 into 0 and leaves the rest.
        (value + 0.0).to_bits()
    }
}

/// JSON by its canonical form; what is no JSON as it is, under another key.
fn json(key: u64, canonical: &mut CanonicalJson, text: &str) -> u64 {
    match canonical.bytes_of(text) {
        Some(canonical) => mix::bytes(key, canonical),
        None => mix::bytes(mix::mix(key), text.as_bytes()),
    }
}
