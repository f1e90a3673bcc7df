//! What a cell costs in binary COPY, by type, and a row of two shipped tables: `cargo bench -p seedbed-benches --bench postgres`.
//! Throughput is in elements, so 1 Gelem/s is a nanosecond per cell or row. The tables are also measured with the generation of
//! their batches, on one thread: that is all that a stream costs before its bytes are sent.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, IntervalMonthDayNano, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed_engine::types::Type;
use seedbed_engine::{Plan, Settings};
use seedbed_postgres::copy::{TableDecoder, TableEncoder, TargetColumn};
use seedbed_postgres::types::{ColumnType, IntervalParts, Kind};

const ROWS: usize = 8192;

/// A random word for a number.
fn word(i: usize) -> u64 {
    let mut z = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn dictionary(of: usize) -> ArrayRef {
    let values = StringArray::from_iter_values((0..of).map(|i| format!("value number {i}")));
    let keys = Int32Array::from_iter_values((0..ROWS).map(|i| (word(i) % of as u64) as i32));
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values)))
}

fn decimals(most: u64, precision: u8, scale: i8) -> ArrayRef {
    let numbers = Decimal128Array::from_iter_values((0..ROWS).map(|i| i128::from(word(i) % most)));
    Arc::new(numbers.with_precision_and_scale(precision, scale).unwrap())
}

/// Columns by name: what the scenario makes, where it goes, and 8,192 values.
fn columns() -> Vec<(&'static str, Type, Kind, ArrayRef)> {
    let numbers = || (0..ROWS).map(|i| (word(i) % 200_000) as i64);
    let price = Type::Numeric { precision: 15, scale: 2 };
    let big = Type::Numeric { precision: 38, scale: 10 };
    let nullable: Int64Array = numbers().map(|n| (n % 20 > 0).then_some(n)).collect();
    let instants = (0..ROWS).map(|i| 1_700_000_000_000_000 + (word(i) % 100_000_000_000_000) as i64);
    let uuids = (0..ROWS).map(|i| (u128::from(word(i)) << 64 | u128::from(word(!i))).to_be_bytes());
    let intervals = (0..ROWS).map(|i| IntervalMonthDayNano::new(1, 2, (word(i) % 1_000_000) as i64 * 1000));
    let emails =
        (0..ROWS).map(|i| format!("person.{}{i}@tenant-{}.example", word(i) % 1000, word(i + 7) % 100));
    let emails: ArrayRef = Arc::new(StringArray::from_iter_values(emails));
    let json = (0..ROWS).map(|i| format!("{{\"browser\": \"firefox\", \"visits\": {}}}", word(i) % 1000));
    let lists = (0..ROWS).map(|i| Some((0..word(i) % 4).map(|n| Some(n as i32)).collect::<Vec<_>>()));
    let list = Type::List(Box::new(Type::Integer));
    let integer = Kind::Array(Box::new(target(&Type::Integer, Kind::Int4)));
    vec![
        ("bigint", Type::BigInt, Kind::Int8, Arc::new(Int64Array::from_iter_values(numbers()))),
        ("bigint, 5 % NULL", Type::BigInt, Kind::Int8, Arc::new(nullable)),
        ("bigint as integer", Type::BigInt, Kind::Int4, Arc::new(Int64Array::from_iter_values(numbers()))),
        (
            "double precision",
            Type::Double,
            Kind::Float8,
            Arc::new(Float64Array::from_iter_values(numbers().map(|n| n as f64))),
        ),
        (
            "boolean",
            Type::Boolean,
            Kind::Bool,
            Arc::new(numbers().map(|n| Some(n % 3 == 0)).collect::<BooleanArray>()),
        ),
        (
            "date",
            Type::Date,
            Kind::Date,
            Arc::new(Date32Array::from_iter_values(numbers().map(|n| n as i32))),
        ),
        (
            "timestamptz",
            Type::Instant,
            Kind::Timestamptz(6),
            Arc::new(TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC")),
        ),
        (
            "interval",
            Type::Interval,
            Kind::Interval(IntervalParts::ALL),
            Arc::new(IntervalMonthDayNanoArray::from_iter_values(intervals)),
        ),
        ("uuid", Type::Uuid, Kind::Uuid, Arc::new(FixedSizeBinaryArray::try_from_iter(uuids).unwrap())),
        ("numeric(15,2), 7 digits", price.clone(), Kind::Numeric(Some((15, 2))), decimals(10_000_000, 15, 2)),
        ("numeric(15,2), 50 values", price, Kind::Numeric(Some((15, 2))), decimals(50, 15, 2)),
        ("numeric(38,10), 19 digits", big, Kind::Numeric(None), decimals(u64::MAX, 38, 10)),
        (
            "bigint as numeric",
            Type::BigInt,
            Kind::Numeric(None),
            Arc::new(Int64Array::from_iter_values(numbers())),
        ),
        ("text, dictionary of 4", Type::Text, Kind::Text, dictionary(4)),
        ("text, dictionary of 5000", Type::Text, Kind::Text, dictionary(5000)),
        ("text, 33 bytes, all different", Type::Text, Kind::Text, emails.clone()),
        ("varchar(60), 33 bytes, all different", Type::Text, Kind::Varchar(Some(60)), emails),
        ("jsonb, 35 bytes", Type::Json, Kind::Jsonb, Arc::new(StringArray::from_iter_values(json))),
        (
            "integer[], 0 to 3",
            list,
            integer,
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)),
        ),
    ]
}

fn target(ty: &Type, kind: Kind) -> ColumnType {
    ColumnType { oid: 23, sql: ty.to_string(), kind }
}

/// What a table has for a type when seedbed makes it.
fn kind(ty: &Type) -> Kind {
    match ty {
        Type::Boolean => Kind::Bool,
        Type::SmallInt => Kind::Int2,
        Type::Integer => Kind::Int4,
        Type::BigInt => Kind::Int8,
        Type::Real => Kind::Float4,
        Type::Double => Kind::Float8,
        Type::Numeric { precision, scale } => Kind::Numeric(Some((u16::from(*precision), i16::from(*scale)))),
        Type::Text | Type::Null => Kind::Text,
        Type::Date => Kind::Date,
        Type::Time => Kind::Time(6),
        Type::Timestamp => Kind::Timestamp(6),
        Type::Instant => Kind::Timestamptz(6),
        Type::Interval => Kind::Interval(IntervalParts::ALL),
        Type::Uuid => Kind::Uuid,
        Type::Json => Kind::Jsonb,
        Type::Bytes => Kind::Bytea,
        Type::List(of) => Kind::Array(Box::new(target(of, kind(of)))),
    }
}

fn column(name: &str, ty: &Type, kind: Kind, arrow: &DataType) -> TargetColumn {
    TargetColumn { name: name.to_owned(), ty: ty.clone(), arrow: arrow.clone(), target: target(ty, kind) }
}

fn cells(criterion: &mut Criterion) {
    let mut encoding = criterion.benchmark_group("copy, a cell");
    encoding.throughput(Throughput::Elements(ROWS as u64));
    for (name, ty, kind, array) in columns() {
        let column = column("x", &ty, kind, array.data_type());
        let encoder = TableEncoder::new("t", vec![column]).unwrap();
        let schema = Schema::new(vec![Field::new("x", array.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
        let mut out = Vec::new();
        encoding.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                encoder.encode(black_box(&batch), &mut out).unwrap();
            });
        });
    }
    encoding.finish();
}

fn tables(criterion: &mut Criterion) {
    for (scenario, table) in [("tpch", "lineitem"), ("saas", "events"), ("saas", "memberships")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/{scenario}.yaml"));
        let text = fs::read_to_string(path).expect("a shipped scenario");
        let plan = Plan::compile(&text, &Settings { scale: 0.1, ..Settings::default() }).expect("no faults");
        let number = plan.table(table).expect("a table");
        let fields = plan.schema(number).fields().clone();
        let columns = plan.model().tables[number].written().zip(&fields);
        let columns: Vec<TargetColumn> =
            columns.map(|(c, field)| column(&c.name, &c.ty, kind(&c.ty), field.data_type())).collect();
        let encoder = TableEncoder::new(table, columns.clone()).unwrap();
        let rows = 10_000..10_000 + ROWS as u64;
        let batch = plan.batch(number, rows.clone()).unwrap();
        assert_eq!(batch.num_rows(), ROWS);
        let mut out = Vec::new();
        let mut group =
            criterion.benchmark_group(format!("copy, a row of {table}, {} columns", columns.len()));
        group.throughput(Throughput::Elements(ROWS as u64));
        group.bench_function("encode", |b| {
            b.iter(|| {
                out.clear();
                encoder.encode(black_box(&batch), &mut out).unwrap();
            });
        });
        group.bench_function("generate and encode", |b| {
            b.iter(|| {
                out.clear();
                let batch = plan.batch(number, black_box(rows.clone())).unwrap();
                encoder.encode(&batch, &mut out).unwrap();
            });
        });
        let stream = [encoder.header(), &out, encoder.trailer()].concat();
        group.bench_function("decode", |b| {
            b.iter(|| {
                let mut decoder = TableDecoder::new(columns.clone()).unwrap();
                decoder.push(black_box(&stream)).unwrap();
                decoder.take_batch(ROWS).unwrap()
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(1));
    targets = cells, tables
}
criterion_main!(benches);
