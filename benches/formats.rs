//! What a cell costs in each format, by type: `cargo bench -p seedbed-benches --bench formats`. Parquet is also measured
//! through parquet's own `ArrowWriter` with the same encodings, pages, statistics and codec, and with no dictionary where
//! values do not repeat. Throughput is in elements, so 1 Gelem/s is a nanosecond per cell.

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema, SchemaRef};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use seedbed_formats::{Compression, Format, encode_batches};

const ROWS: usize = 122_880;
const ROWS_PER_BATCH: usize = 8192;

/// A random word for a number.
fn word(i: usize) -> u64 {
    let mut z = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn dictionary(of: usize) -> impl Fn(std::ops::Range<usize>) -> ArrayRef {
    let values: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..of).map(|i| format!("value number {i}"))));
    move |rows| {
        let keys = Int32Array::from_iter_values(rows.map(|i| (word(i) % of as u64) as i32));
        Arc::new(DictionaryArray::<Int32Type>::new(keys, values.clone()))
    }
}

type MakeColumn = Box<dyn Fn(std::ops::Range<usize>) -> ArrayRef>;

fn columns() -> Vec<(&'static str, MakeColumn)> {
    let serial: MakeColumn =
        Box::new(|rows| Arc::new(Int64Array::from_iter_values(rows.map(|i| i as i64 + 1))));
    let int64: MakeColumn =
        Box::new(|rows| Arc::new(Int64Array::from_iter_values(rows.map(|i| (word(i) % 200_000) as i64))));
    let date: MakeColumn = Box::new(|rows| {
        Arc::new(Date32Array::from_iter_values(rows.map(|i| 8000 + (word(i) % 2500) as i32)))
    });
    let decimal: MakeColumn = Box::new(|rows| {
        let numbers = Decimal128Array::from_iter_values(rows.map(|i| i128::from(word(i) % 10_000_000)));
        Arc::new(numbers.with_precision_and_scale(15, 2).unwrap())
    });
    let instant: MakeColumn = Box::new(|rows| {
        let micros = rows.map(|i| 1_700_000_000_000_000 + (word(i) % 100_000_000_000_000) as i64);
        Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
    });
    let float: MakeColumn =
        Box::new(|rows| Arc::new(Float64Array::from_iter_values(rows.map(|i| word(i) as f64 / 1e9))));
    let boolean: MakeColumn =
        Box::new(|rows| Arc::new(rows.map(|i| Some(word(i).is_multiple_of(3))).collect::<BooleanArray>()));
    let uuid: MakeColumn = Box::new(|rows| {
        let bytes = rows.map(|i| (u128::from(word(i)) << 64 | u128::from(word(!i))).to_be_bytes());
        Arc::new(FixedSizeBinaryArray::try_from_iter(bytes).unwrap())
    });
    let email: MakeColumn = Box::new(|rows| {
        let texts =
            rows.map(|i| format!("person.{}{i}@tenant-{}.example", word(i) % 1000, word(i + 7) % 100));
        Arc::new(StringArray::from_iter_values(texts))
    });
    let nullable: MakeColumn = Box::new(|rows| {
        Arc::new(
            rows.map(|i| (!word(i + 5).is_multiple_of(20)).then_some((word(i) % 200_000) as i64))
                .collect::<Int64Array>(),
        )
    });
    vec![
        ("serial", serial),
        ("int64", int64),
        ("int64_null", nullable),
        ("date32", date),
        ("decimal128_15_2", decimal),
        ("instant", instant),
        ("float64", float),
        ("boolean", boolean),
        ("uuid", uuid),
        ("dictionary_4", Box::new(dictionary(4))),
        ("dictionary_50", Box::new(dictionary(50))),
        ("dictionary_5000", Box::new(dictionary(5000))),
        ("email", email),
    ]
}

fn batches(make: &MakeColumn) -> (SchemaRef, Vec<RecordBatch>) {
    let arrays: Vec<ArrayRef> =
        (0..ROWS).step_by(ROWS_PER_BATCH).map(|start| make(start..start + ROWS_PER_BATCH)).collect();
    let nullable = arrays.iter().any(|array| array.null_count() > 0);
    let field = Field::new("column", arrays[0].data_type().clone(), nullable);
    let schema = Arc::new(Schema::new(vec![field]));
    let batches = arrays.into_iter().map(|array| RecordBatch::try_new(schema.clone(), vec![array]).unwrap());
    (schema.clone(), batches.collect())
}

/// With the encoding that ours has; `None` for a dictionary.
fn parquets_own(schema: &SchemaRef, batches: &[RecordBatch], encoding: Option<Encoding>) -> Vec<u8> {
    let mut properties = WriterProperties::builder()
        .set_compression(parquet::basic::Compression::SNAPPY)
        .set_dictionary_enabled(encoding.is_none())
        .set_data_page_row_count_limit(3 * ROWS_PER_BATCH);
    if let Some(encoding) = encoding {
        properties = properties.set_encoding(encoding);
    }
    let properties = properties.build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

/// The encoding of our pages.
fn encoding(schema: &SchemaRef, batches: &[RecordBatch]) -> Option<Encoding> {
    let file = encode_batches(schema, batches, Format::Parquet, Compression::None).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
    let mask = *reader.metadata().row_group(0).column(0).page_encoding_stats_mask().unwrap();
    mask.encodings().next().filter(|encoding| *encoding != Encoding::RLE_DICTIONARY)
}

fn bench(criterion: &mut Criterion) {
    for (name, make) in columns() {
        let (schema, batches) = batches(&make);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(ROWS as u64));
        let encoding = encoding(&schema, &batches);
        group.bench_function("parquets_own", |b| {
            b.iter(|| parquets_own(black_box(&schema), black_box(&batches), encoding))
        });
        let cases = [
            ("parquet", Format::Parquet, Compression::Snappy),
            ("parquet_none", Format::Parquet, Compression::None),
            ("csv", Format::Csv, Compression::None),
            ("jsonl", Format::Jsonl, Compression::None),
            ("arrow", Format::Arrow, Compression::None),
        ];
        for (format_name, format, compression) in cases {
            group.bench_function(format_name, |b| {
                b.iter(|| {
                    encode_batches(black_box(&schema), black_box(&batches), format, compression).unwrap()
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2));
    targets = bench
}
criterion_main!(benches);
