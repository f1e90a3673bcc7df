//! What stands in a Parquet file besides the values: types, statistics, encodings, row groups.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use bytes::Bytes;
use parquet::basic::{Compression as Codec, Encoding};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::schema::printer::print_schema;
use seedbed_formats::{Compression, Format, encode_batches};

fn metadata(columns: Vec<(&str, ArrayRef)>) -> ParquetMetaData {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let bytes = encode_batches(&batch.schema(), &[batch], Format::Parquet, Compression::Snappy).unwrap();
    SerializedFileReader::new(Bytes::from(bytes)).unwrap().metadata().clone()
}

fn column(array: ArrayRef) -> ColumnChunkMetaData {
    metadata(vec![("c", array)]).row_group(0).column(0).clone()
}

#[test]
fn types_are_annotated() {
    let extension = |name: &str| HashMap::from([("ARROW:extension:name".to_owned(), name.to_owned())]);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let list = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    let fields = vec![
        Field::new("i16", DataType::Int16, false),
        Field::new("i32", DataType::Int32, true),
        Field::new("date", DataType::Date32, false),
        Field::new("wall", DataType::Timestamp(TimeUnit::Microsecond, None), false),
        Field::new("instant", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        Field::new("time", DataType::Time64(TimeUnit::Microsecond), false),
        Field::new("numeric_9", DataType::Decimal128(9, 2), false),
        Field::new("numeric_18", DataType::Decimal128(18, 2), false),
        Field::new("numeric_19", DataType::Decimal128(19, 2), false),
        Field::new("numeric_38", DataType::Decimal128(38, 10), false),
        Field::new("text", DataType::Utf8, false),
        Field::new("dictionary", dictionary, true),
        Field::new("json", DataType::Utf8, false).with_metadata(extension("arrow.json")),
        Field::new("uuid", DataType::FixedSizeBinary(16), false).with_metadata(extension("arrow.uuid")),
        Field::new("interval", DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano), false),
        Field::new("bytes", DataType::Binary, false),
        Field::new("list", list, false),
    ];
    let bytes =
        encode_batches(&Arc::new(Schema::new(fields)), &[], Format::Parquet, Compression::Snappy).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let file = reader.metadata().file_metadata();
    let mut printed = Vec::new();
    print_schema(&mut printed, file.schema());
    let expected = "\
message schema {
  REQUIRED INT32 i16 (INTEGER(16,true));
  OPTIONAL INT32 i32;
  REQUIRED INT32 date (DATE);
  REQUIRED INT64 wall (TIMESTAMP(MICROS,false));
  REQUIRED INT64 instant (TIMESTAMP(MICROS,true));
  REQUIRED INT64 time (TIME(MICROS,false));
  REQUIRED INT32 numeric_9 (DECIMAL(9,2));
  REQUIRED INT64 numeric_18 (DECIMAL(18,2));
  REQUIRED FIXED_LEN_BYTE_ARRAY (9) numeric_19 (DECIMAL(19,2));
  REQUIRED FIXED_LEN_BYTE_ARRAY (16) numeric_38 (DECIMAL(38,10));
  REQUIRED BYTE_ARRAY text (STRING);
  OPTIONAL BYTE_ARRAY dictionary (STRING);
  REQUIRED BYTE_ARRAY json (JSON);
  REQUIRED FIXED_LEN_BYTE_ARRAY (16) uuid (UUID);
  REQUIRED BYTE_ARRAY interval (STRING);
  REQUIRED BYTE_ARRAY bytes;
  REQUIRED group list (LIST) {
    REPEATED group list {
      OPTIONAL BYTE_ARRAY element (STRING);
    }
  }
}
";
    assert_eq!(String::from_utf8(printed).unwrap(), expected);
    assert_eq!(reader.metadata().num_row_groups(), 0);
    assert_eq!(file.num_rows(), 0);
    assert_eq!(file.created_by(), Some(concat!("seedbed version ", env!("CARGO_PKG_VERSION"))));
    assert!(file.key_value_metadata().is_none());
}

#[test]
fn statistics_say_what_is_there() {
    let Some(Statistics::Int64(numbers)) =
        column(Arc::new(Int64Array::from(vec![Some(5), None, Some(-7)]))).statistics().cloned()
    else {
        panic!()
    };
    assert_eq!(
        (numbers.min_opt(), numbers.max_opt(), numbers.null_count_opt()),
        (Some(&-7), Some(&5), Some(1))
    );

    let decimals = Decimal128Array::from(vec![-3, 10_i128.pow(30)]).with_precision_and_scale(38, 2).unwrap();
    let statistics = column(Arc::new(decimals)).statistics().cloned().unwrap();
    assert_eq!(statistics.min_bytes_opt().unwrap(), (-3_i128).to_be_bytes());
    assert_eq!(statistics.max_bytes_opt().unwrap(), 10_i128.pow(30).to_be_bytes());

    // UUIDs are ordered as bytes without a sign.
    let uuids = FixedSizeBinaryArray::try_from_iter([[0xff_u8; 16], [0x01; 16]].iter()).unwrap();
    let statistics = column(Arc::new(uuids)).statistics().cloned().unwrap();
    assert_eq!(
        (statistics.min_bytes_opt().unwrap(), statistics.max_bytes_opt().unwrap()),
        (&[0x01; 16][..], &[0xff; 16][..])
    );

    let Some(Statistics::Boolean(truths)) =
        column(Arc::new(BooleanArray::from(vec![None, Some(true)]))).statistics().cloned()
    else {
        panic!()
    };
    assert_eq!(
        (truths.min_opt(), truths.max_opt(), truths.null_count_opt()),
        (Some(&true), Some(&true), Some(1))
    );

    let none = column(Arc::new(StringArray::from(vec![None::<&str>, None]))).statistics().cloned().unwrap();
    assert_eq!((none.min_bytes_opt(), none.max_bytes_opt(), none.null_count_opt()), (None, None, Some(2)));
}

/// A bound of zero stands for both zeros, and NaN is no bound.
#[test]
fn bounds_of_floats_follow_the_specification() {
    let bounds = |numbers: Vec<f64>| {
        let Some(Statistics::Double(statistics)) =
            column(Arc::new(Float64Array::from(numbers))).statistics().cloned()
        else {
            panic!()
        };
        (
            statistics.min_opt().map(|number| number.to_bits()),
            statistics.max_opt().map(|number| number.to_bits()),
        )
    };
    assert_eq!(bounds(vec![0.0, f64::NAN, -0.0]), (Some((-0.0_f64).to_bits()), Some(0.0_f64.to_bits())));
    assert_eq!(bounds(vec![2.5, f64::NAN, -1.5]), (Some((-1.5_f64).to_bits()), Some(2.5_f64.to_bits())));
    assert_eq!(
        bounds(vec![f64::NEG_INFINITY]),
        (Some(f64::NEG_INFINITY.to_bits()), Some(f64::NEG_INFINITY.to_bits()))
    );
    assert_eq!(bounds(vec![f64::NAN]), (None, None));
}

/// Values that no row has are neither in the dictionary nor in the bounds.
#[test]
fn a_dictionary_holds_what_occurs() {
    let values: ArrayRef = Arc::new(StringArray::from(vec!["aardvark", "free", "pro", "zebra", "pro"]));
    let keys = Int32Array::from_iter((0..1000).map(|i| (i % 10 != 3).then_some([1, 2, 4][i % 3])));
    let column = column(Arc::new(DictionaryArray::<Int32Type>::new(keys, values)));
    let Some(Statistics::ByteArray(statistics)) = column.statistics() else { panic!() };
    assert_eq!(statistics.min_opt().unwrap().data(), b"free");
    assert_eq!(statistics.max_opt().unwrap().data(), b"pro");
    assert_eq!(
        (statistics.null_count_opt(), statistics.min_is_exact(), statistics.max_is_exact()),
        (Some(100), true, true)
    );
    assert_eq!(column.compression(), Codec::SNAPPY);
    // Of the data pages: no page is plain text.
    assert!(column.page_encoding_stats_mask().unwrap().is_only(Encoding::RLE_DICTIONARY));
    // Two values with their lengths, no more.
    assert!(column.dictionary_page_offset().is_some_and(|offset| column.data_page_offset() - offset < 40));
}

#[test]
fn numbers_are_packed_unless_they_fill_their_type() {
    let encoding = |array: ArrayRef| {
        let column = column(array);
        let mut encodings = column.page_encoding_stats_mask().unwrap().encodings();
        encodings.next().filter(|_| encodings.next().is_none()).unwrap()
    };
    assert_eq!(encoding(Arc::new(Int64Array::from_iter_values(0..100))), Encoding::DELTA_BINARY_PACKED);
    assert_eq!(encoding(Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX]))), Encoding::PLAIN);
    assert_eq!(encoding(Arc::new(Int32Array::from(vec![i32::MIN, i32::MAX]))), Encoding::PLAIN);
    assert_eq!(
        encoding(Arc::new(TimestampMicrosecondArray::from(vec![None::<i64>]))),
        Encoding::DELTA_BINARY_PACKED
    );
    assert_eq!(encoding(Arc::new(StringArray::from(vec!["a"]))), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    // A serial number takes next to no room.
    assert!(column(Arc::new(Int64Array::from_iter_values(0..8192))).uncompressed_size() < 400);
}

#[test]
fn long_bounds_are_cut_at_characters() {
    let least = format!("{}é", "a".repeat(63));
    let greatest = format!("z{}", "é".repeat(100));
    let column = column(Arc::new(StringArray::from(vec![least.as_str(), greatest.as_str()])));
    let Some(Statistics::ByteArray(statistics)) = column.statistics() else { panic!() };
    assert_eq!(statistics.min_opt().unwrap().data(), "a".repeat(63).as_bytes());
    assert_eq!(statistics.max_opt().unwrap().data(), b"{");
    assert!(!statistics.min_is_exact() && !statistics.max_is_exact());
}

/// A chunk of a run is a row group.
#[test]
fn row_groups_have_their_rows() {
    use seedbed_engine::{Plan, Settings};
    use seedbed_formats::{Request, Target, generate};

    let plan =
        Plan::compile("tables: {t: {rows: 300_000, columns: {id: serial}}}", &Settings::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let request = Request {
        tables: vec![0],
        target: Target::File(path.clone()),
        format: Format::Parquet,
        compression: Compression::None,
        rows_per_file: None,
        shard: None,
        force: false,
    };
    generate(&plan, request, &pool, &mut |_| {}).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let groups = reader.metadata().row_groups();
    assert_eq!(groups.iter().map(|group| group.num_rows()).collect::<Vec<_>>(), [122_880, 122_880, 54_240]);
    let bounds = groups.iter().map(|group| match group.column(0).statistics() {
        Some(Statistics::Int64(statistics)) => {
            (*statistics.min_opt().unwrap(), *statistics.max_opt().unwrap())
        }
        _ => panic!(),
    });
    assert_eq!(bounds.collect::<Vec<_>>(), [(1, 122_880), (122_881, 245_760), (245_761, 300_000)]);
}
