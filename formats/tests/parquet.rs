//! What stands in a Parquet file besides the values: types, statistics, encodings, row groups.

use seedbed_engine::TableId;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{ColumnOrder, Compression as Codec, Encoding};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::schema::printer::print_schema;
use seedbed_formats::{
    Compression, Format, ParquetEncodings, ParquetOptions, encode_batches, encode_parquet,
};

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

/// Floating-point numbers as columns of both widths, and as the elements of lists of both widths.
fn floats(numbers: &[f64]) -> [ArrayRef; 4] {
    let double: ArrayRef = Arc::new(Float64Array::from(numbers.to_vec()));
    let real: ArrayRef =
        Arc::new(numbers.iter().map(|number| Some(*number as f32)).collect::<Float32Array>());
    let list = |of: &ArrayRef| -> ArrayRef {
        let item = Arc::new(Field::new("item", of.data_type().clone(), true));
        Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([of.len()]), of.clone(), None))
    };
    [list(&double), list(&real), double, real]
}

/// A bound of zero stands for both zeros. A chunk that holds NaN has no bounds, because NaN has no place in the order that
/// all readers know, and one of them would leave out a row group for what they do not say.
#[test]
fn bounds_of_floats_follow_the_specification() {
    let bounds = |numbers: &[f64]| {
        let bounds = floats(numbers).map(|array| match column(array).statistics() {
            Some(Statistics::Double(statistics)) => {
                (statistics.min_opt().copied(), statistics.max_opt().copied())
            }
            Some(Statistics::Float(statistics)) => (
                statistics.min_opt().map(|number| f64::from(*number)),
                statistics.max_opt().map(|number| f64::from(*number)),
            ),
            other => panic!("{other:?}"),
        });
        let bounds = bounds.map(|(least, greatest)| (least.map(f64::to_bits), greatest.map(f64::to_bits)));
        assert!(bounds.iter().all(|of| *of == bounds[0]), "{numbers:?}: {bounds:?}");
        bounds[0]
    };
    let both = |least: f64, greatest: f64| (Some(least.to_bits()), Some(greatest.to_bits()));
    for zeros in [&[0.0, -0.0][..], &[0.0], &[-0.0]] {
        assert_eq!(bounds(zeros), both(-0.0, 0.0), "{zeros:?}");
    }
    assert_eq!(bounds(&[2.5, -1.5]), both(-1.5, 2.5));
    assert_eq!(bounds(&[f64::NEG_INFINITY]), both(f64::NEG_INFINITY, f64::NEG_INFINITY));
    assert_eq!(bounds(&[0.0, 3.0]), both(-0.0, 3.0));
    assert_eq!(bounds(&[-3.0, -0.0]), both(-3.0, 0.0));
    for with_nan in [&[f64::NAN][..], &[2.5, f64::NAN, -1.5], &[-f64::NAN, 1.0]] {
        assert_eq!(bounds(with_nan), (None, None), "{with_nan:?}");
    }
}

/// Polars up to 1.42 and DataFusion up to 50 refused every file with a floating-point column, because they do not know the
/// order that it declared.
#[test]
fn every_column_declares_the_order_of_its_type() {
    let numbers = floats(&[1.5, f64::NAN]);
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"; numbers[0].len()]));
    let columns = [("list", numbers[0].clone()), ("reals", numbers[1].clone()), ("text", text)];
    for columns in [columns.to_vec(), vec![("double", numbers[2].clone()), ("real", numbers[3].clone())]] {
        let orders = metadata(columns).file_metadata().column_orders().unwrap().clone();
        assert!(orders.iter().all(|order| matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(_))), "{orders:?}");
    }
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
    // A serial number takes next to no room.
    assert!(column(Arc::new(Int64Array::from_iter_values(0..8192))).uncompressed_size() < 400);
}

/// fastparquet reads differences of more than 25 bits as other numbers, without a word: numbers further apart are plain.
#[test]
fn differences_are_short_unless_asked_otherwise() {
    for (bits, compatible, modern) in [
        (24, Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_BINARY_PACKED),
        (25, Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED),
        (55, Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED),
        (63, Encoding::PLAIN, Encoding::PLAIN),
    ] {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![-5, (1_i64 << (bits - 1)) - 5]));
        let batch = RecordBatch::try_from_iter([("c", numbers)]).unwrap();
        for (encodings, expected) in
            [(ParquetEncodings::Compatible, compatible), (ParquetEncodings::Modern, modern)]
        {
            let options = ParquetOptions { encodings, ..ParquetOptions::default() };
            let batches = std::slice::from_ref(&batch);
            let file = encode_parquet(&batch.schema(), batches, Compression::None, &options).unwrap();
            let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
            let column = reader.metadata().row_group(0).column(0);
            assert!(column.page_encoding_stats_mask().unwrap().is_only(expected), "{bits} {encodings:?}");
        }
    }
}

/// fastparquet does not read texts whose lengths are differences, and others read them slowly; they are for readers of today.
#[test]
fn texts_are_plain_unless_asked_otherwise() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("größe")]));
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"a"[..]), None, Some(b""), Some(b"\xff")]));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("text", texts, true), ("bytes", bytes, true)]).unwrap();
    for (encodings, expected) in [
        (ParquetEncodings::Compatible, Encoding::PLAIN),
        (ParquetEncodings::Modern, Encoding::DELTA_LENGTH_BYTE_ARRAY),
    ] {
        let options = ParquetOptions { encodings, ..ParquetOptions::default() };
        let file = Bytes::from(
            encode_parquet(&batch.schema(), std::slice::from_ref(&batch), Compression::Snappy, &options)
                .unwrap(),
        );
        for column in SerializedFileReader::new(file.clone()).unwrap().metadata().row_group(0).columns() {
            assert!(column.page_encoding_stats_mask().unwrap().is_only(expected), "{column:?}");
        }
        let found =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
        assert_eq!(found.columns(), batch.columns());
    }
}

/// Short texts are copied with more bytes than they have: every length, at every distance from the end of its batch.
#[test]
fn plain_texts_of_every_length_are_themselves() {
    let letters: String = (0..200).map(|i| char::from(b'a' + i % 26)).collect();
    let batches: Vec<RecordBatch> = (0..70)
        .map(|last| {
            let texts = (0..=last)
                .map(|length| Some(&letters[length..2 * length]))
                .chain([None, Some(&letters[..last])]);
            let array: ArrayRef =
                Arc::new(texts.collect::<StringArray>().slice(last / 3, last + 3 - last / 3));
            RecordBatch::try_from_iter_with_nullable([("text", array, true)]).unwrap()
        })
        .collect();
    let bytes = encode_batches(&batches[0].schema(), &batches, Format::Parquet, Compression::None).unwrap();
    let found = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))
        .unwrap()
        .with_batch_size(100_000)
        .build();
    let found = found.unwrap().next().unwrap().unwrap();
    let expected: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(0).as_ref()).collect();
    assert_eq!(found.column(0), &concat(&expected).unwrap());
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
        tables: vec![TableId::new(0)],
        target: Target::File(path.clone()),
        format: Format::Parquet,
        compression: Compression::None,
        parquet: ParquetOptions::default(),
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
