//! Random batches of every type survive the way through Parquet and Arrow IPC, and parquet's own writer
//! agrees value for value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, ListArray, RecordBatch, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, Int32Type, IntervalMonthDayNano, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use seedbed_formats::{Compression, Format, encode_batches};

/// Random words from a seed.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Some words, none of them NULL where `share` is zero, with `bits` bits, sometimes rising and sometimes
    /// in runs.
    fn column(&mut self, rows: usize, share: u64, bits: u32) -> Vec<Option<u64>> {
        let (shape, mut value) = (self.below(3), self.next());
        let mut column = Vec::with_capacity(rows);
        for _ in 0..rows {
            let word = self.next() >> (64 - bits);
            value = match shape {
                0 => word,
                1 => value.wrapping_add(word),
                _ if self.below(40) == 0 => word,
                _ => value,
            };
            column.push((self.below(100) >= share).then_some(value));
        }
        column
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 12] = ['a', 'b', 'Z', '0', ' ', '"', ',', '\n', '\\', 'é', '日', '🐘'];
        let long = if self.below(50) == 0 { 100 } else { 12 };
        (0..self.below(long)).map(|_| CHARACTERS[self.below(12) as usize]).collect()
    }

    fn texts(&mut self, rows: usize, share: u64) -> StringArray {
        (0..rows).map(|_| (self.below(100) >= share).then(|| self.text())).collect()
    }
}

fn dictionary(words: &mut Words, rows: usize, share: u64, values: &ArrayRef) -> ArrayRef {
    let keys = words
        .column(rows, share, 32)
        .into_iter()
        .map(|word| word.map(|word| (word % values.len() as u64) as i32));
    Arc::new(DictionaryArray::<Int32Type>::new(keys.collect::<Int32Array>(), values.clone()))
}

/// A batch for every type, and the columns that are dictionaries of their own in each batch.
fn batch(words: &mut Words, rows: usize, share: u64, shared: &ArrayRef) -> RecordBatch {
    let bits = 1 + words.below(64) as u32;
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    let column = |words: &mut Words, bits: u32| words.column(rows, share, bits);
    macro_rules! numbers {
        ($array:ident, $bits:expr, $map:expr) => {
            Arc::new(column(words, $bits).into_iter().map(|word| word.map($map)).collect::<$array>())
        };
    }
    columns.push(("i16", numbers!(Int16Array, bits.min(16), |word| word as i16)));
    columns.push(("i32", numbers!(Int32Array, bits.min(32), |word| word as i32)));
    columns.push(("i64", numbers!(Int64Array, bits, |word| word as i64)));
    columns.push(("f32", numbers!(Float32Array, 64, |word| f32::from_bits(word as u32))));
    columns.push(("f64", numbers!(Float64Array, 64, |word| (word as i64) as f64 / 1000.0)));
    columns.push(("bool", numbers!(BooleanArray, 1, |word| word % 2 == 1)));
    columns.push(("date", numbers!(Date32Array, 16, |word| (word % 65_536) as i32 - 20_000)));
    columns.push(("time", numbers!(Time64MicrosecondArray, 40, |word| (word % 86_400_000_000) as i64)));
    columns.push(("wall", numbers!(TimestampMicrosecondArray, bits, |word| word as i64)));
    let instants: TimestampMicrosecondArray =
        column(words, 50).into_iter().map(|word| word.map(|word| word as i64)).collect();
    columns.push(("instant", Arc::new(instants.with_timezone("UTC"))));
    for (name, precision, scale) in [("numeric_7", 7, 3), ("numeric_15", 15, 2), ("numeric_38", 38, 10)] {
        let modulus = 10_i128.pow(precision);
        let numbers = column(words, 64).into_iter();
        let numbers: Decimal128Array = numbers
            .map(|word| word.map(|word| (i128::from(word as i64) * i128::from(word)) % modulus))
            .collect();
        columns.push((name, Arc::new(numbers.with_precision_and_scale(precision as u8, scale).unwrap())));
    }
    columns.push(("text", Arc::new(words.texts(rows, share))));
    let bytes: BinaryArray =
        words.texts(rows, share).iter().map(|text| text.map(|text| text.as_bytes().to_vec())).collect();
    columns.push(("bytes", Arc::new(bytes)));
    let uuids =
        column(words, 64).into_iter().map(|word| word.map(|word| (u128::from(word) << 70).to_be_bytes()));
    columns
        .push(("uuid", Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap())));
    columns.push(("shared", dictionary(words, rows, share, shared)));
    // Values that occur twice, and values that are NULL.
    let count = 1 + words.below(300) as usize;
    let own: ArrayRef = Arc::new(words.texts(count, share));
    columns.push(("own", dictionary(words, rows, share, &own)));
    let intervals = column(words, 64).into_iter();
    let intervals = intervals.map(|word| {
        word.map(|word| IntervalMonthDayNano::new(word as i32 >> 8, (word >> 40) as i32, word as i64))
    });
    columns.push(("interval", Arc::new(intervals.collect::<IntervalMonthDayNanoArray>())));
    let lengths: Vec<usize> = (0..rows).map(|_| words.below(4) as usize).collect();
    let items = words.texts(lengths.iter().sum(), 20);
    let nulls: Option<NullBuffer> =
        (share > 0).then(|| (0..rows).map(|_| words.below(100) >= share).collect::<Vec<_>>().into());
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let list = ListArray::new(item, OffsetBuffer::from_lengths(lengths), Arc::new(items), nulls);
    columns.push(("list", Arc::new(list)));
    let nullable = |name: &str| share > 0 || name == "own";
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), nullable(name)))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn batches(seed: u64, rows_of_batches: &[usize], share: u64) -> (SchemaRef, Vec<RecordBatch>) {
    let mut words = Words(seed);
    let count = 1 + words.below(5000) as usize;
    let shared: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..count).map(|i| format!("{i} {}", words.text()))));
    let batches: Vec<_> =
        rows_of_batches.iter().map(|rows| batch(&mut words, *rows, share, &shared)).collect();
    (batches[0].schema(), batches)
}

/// A column as plain values: dictionaries spelled out.
fn plain(batches: &[RecordBatch], column: usize) -> ArrayRef {
    let arrays: Vec<ArrayRef> = batches
        .iter()
        .map(|batch| match batch.column(column).data_type() {
            DataType::Dictionary(..) => cast(batch.column(column), &DataType::Utf8).unwrap(),
            _ => batch.column(column).clone(),
        })
        .collect();
    concat(&arrays.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap()
}

fn read_parquet(bytes: Vec<u8>) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

/// NaNs are equal when their bits are.
fn same(expected: &ArrayRef, found: &ArrayRef) -> bool {
    match expected.data_type() {
        DataType::Float32 => {
            let bits = |array: &ArrayRef| -> Vec<Option<u32>> {
                array
                    .as_primitive::<arrow::datatypes::Float32Type>()
                    .iter()
                    .map(|number| number.map(f32::to_bits))
                    .collect()
            };
            bits(expected) == bits(found)
        }
        // The name of the element differs.
        DataType::List(_) => {
            let (expected, found) = (expected.as_list::<i32>(), found.as_list::<i32>());
            expected.len() == found.len() && expected.iter().eq(found.iter())
        }
        _ => expected == found,
    }
}

fn check_parquet(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    compression: Compression,
) -> Result<(), TestCaseError> {
    let found = read_parquet(encode_batches(schema, batches, Format::Parquet, compression).unwrap());
    // Parquet's own writer does not take intervals.
    let others: Vec<usize> =
        (0..schema.fields().len()).filter(|i| schema.field(*i).name() != "interval").collect();
    let mut own = ArrowWriter::try_new(Vec::new(), Arc::new(schema.project(&others).unwrap()), None).unwrap();
    batches.iter().for_each(|batch| own.write(&batch.project(&others).unwrap()).unwrap());
    let own = read_parquet(own.into_inner().unwrap());
    for (column, field) in schema.fields().iter().enumerate() {
        let expected = plain(batches, column);
        if expected.is_empty() {
            prop_assert!(found.is_empty());
            continue;
        }
        let found = plain(&found, column);
        if field.name() == "interval" {
            prop_assert_eq!(expected.nulls(), found.nulls());
            continue;
        }
        prop_assert!(same(&expected, &found), "{} differs", field.name());
        let own = plain(&own, others.iter().position(|other| *other == column).unwrap());
        prop_assert!(same(&own, &found), "{} differs from parquet's own", field.name());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn parquet_gives_back_what_it_got(
        seed: u64,
        rows in prop::collection::vec(0..12_000_usize, 1..5),
        share in prop::sample::select(vec![0_u64, 1, 30, 100]),
        compression in prop::sample::select(vec![Compression::None, Compression::Snappy, Compression::Zstd(1)]),
    ) {
        let (schema, batches) = batches(seed, &rows, share);
        check_parquet(&schema, &batches, compression)?;
    }

    #[test]
    fn arrow_gives_back_what_it_got(
        seed: u64,
        rows in prop::collection::vec(0..2000_usize, 1..4),
        share in prop::sample::select(vec![0_u64, 30, 100]),
    ) {
        let (schema, batches) = batches(seed, &rows, share);
        let bytes = encode_batches(&schema, &batches, Format::Arrow, Compression::None).unwrap();
        let reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        let found: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        for (column, field) in schema.fields().iter().enumerate() {
            prop_assert!(same(&plain(&batches, column), &plain(&found, column)), "{} differs", field.name());
        }
    }
}

/// A dictionary that grows beyond its limit goes on as plain text.
#[test]
fn a_dictionary_may_overflow() {
    let batches: Vec<RecordBatch> = (0..6)
        .map(|n| {
            let values: ArrayRef = Arc::new(StringArray::from_iter_values(
                (0..8000).map(|i| format!("{n} {i} {}", "x".repeat(50))),
            ));
            let keys = Int32Array::from_iter_values((0..8000).map(|i| i * 7 % 8000));
            let array: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, values));
            RecordBatch::try_from_iter([("text", array)]).unwrap()
        })
        .collect();
    check_parquet(&batches[0].schema(), &batches, Compression::Snappy).unwrap();
}

/// A NULL where the schema has none is an error, not a wrong file.
#[test]
fn a_null_in_a_column_without_is_refused() {
    let array: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(
        Int32Array::from(vec![0, 1]),
        Arc::new(StringArray::from(vec![Some("a"), None])),
    ));
    let schema = Arc::new(Schema::new(vec![Field::new("text", array.data_type().clone(), false)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![array]).unwrap();
    let error = encode_batches(&schema, &[batch], Format::Parquet, Compression::Snappy).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot encode table `batches` as parquet: Parquet error: NULL in column `text`, which has none"
    );
}
