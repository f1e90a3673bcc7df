//! CSV and JSON Lines byte by byte, checked by hand against RFC 4180, RFC 8259 and what PostgreSQL 15's
//! `COPY` writes and reads.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray,
    NullArray, RecordBatch, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, IntervalMonthDayNano, Schema};
use seedbed_formats::{Compression, Format, encode_batches};

fn encode(columns: Vec<(&str, ArrayRef)>, format: Format) -> String {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    String::from_utf8(encode_batches(&batch.schema(), &[batch], format, Compression::None).unwrap()).unwrap()
}

/// The rows of one column: with a header in CSV, under the key `c` in JSON.
fn rows(array: impl Into<ArrayRef>, format: Format) -> Vec<String> {
    let text = encode(vec![("c", array.into())], format);
    let text = if format == Format::Csv { text.strip_prefix("c\n").unwrap() } else { &text };
    let lines = text.strip_suffix('\n').unwrap().split('\n');
    match format {
        Format::Csv => lines.map(str::to_owned).collect(),
        _ => lines
            .map(|line| line.strip_prefix("{\"c\":").unwrap().strip_suffix('}').unwrap().to_owned())
            .collect(),
    }
}

fn csv(array: ArrayRef) -> Vec<String> {
    rows(array, Format::Csv)
}

fn json(array: ArrayRef) -> Vec<String> {
    rows(array, Format::Jsonl)
}

#[test]
fn null_and_nothing_differ() {
    let array: ArrayRef = Arc::new(StringArray::from(vec![None, Some(""), Some("NULL"), Some("null")]));
    assert_eq!(csv(array.clone()), ["", "\"\"", "NULL", "null"]);
    assert_eq!(json(array), ["null", "\"\"", "\"NULL\"", "\"null\""]);
}

#[test]
fn text_is_quoted_where_it_has_to_be() {
    let texts = [
        "plain",
        "a,b",
        "say \"hi\"",
        " spaces ",
        "tab\tbed",
        "\\.",
        "back\\slash",
        "größe 日本 🐘",
        "#x",
        "'",
    ];
    let array: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let expected = [
        "plain",
        "\"a,b\"",
        "\"say \"\"hi\"\"\"",
        " spaces ",
        "tab\tbed",
        "\"\\.\"",
        "back\\slash",
        "größe 日本 🐘",
        "#x",
        "'",
    ];
    assert_eq!(csv(array.clone()), expected);
    let expected = [
        "\"plain\"",
        "\"a,b\"",
        "\"say \\\"hi\\\"\"",
        "\" spaces \"",
        "\"tab\\tbed\"",
        "\"\\\\.\"",
        "\"back\\\\slash\"",
        "\"größe 日本 🐘\"",
        "\"#x\"",
        "\"'\"",
    ];
    assert_eq!(json(array), expected);
}

/// A batch with nothing to quote takes the short way; its values look the same.
#[test]
fn clean_text_is_the_same_as_among_other() {
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a b"), Some(""), None, Some("é")]));
    assert_eq!(csv(array.clone()), ["a b", "\"\"", "", "é"]);
    assert_eq!(json(array), ["\"a b\"", "\"\"", "null", "\"é\""]);
}

#[test]
fn lines_break_inside_quotes() {
    let array: ArrayRef =
        Arc::new(StringArray::from(vec!["two\nlines", "carriage\rreturn", "\u{0}\u{1f}\u{7f}"]));
    assert_eq!(
        encode(vec![("c", array.clone())], Format::Csv),
        "c\n\"two\nlines\"\n\"carriage\rreturn\"\n\u{0}\u{1f}\u{7f}\n"
    );
    assert_eq!(json(array), ["\"two\\nlines\"", "\"carriage\\rreturn\"", "\"\\u0000\\u001f\u{7f}\""]);
}

#[test]
fn names_are_quoted_too() {
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let columns = || vec![("a,b", one.clone()), ("say \"x\"", one.clone()), ("größe", one.clone())];
    assert_eq!(encode(columns(), Format::Csv), "\"a,b\",\"say \"\"x\"\"\",größe\n1,1,1\n");
    assert_eq!(encode(columns(), Format::Jsonl), "{\"a,b\":1,\"say \\\"x\\\"\":1,\"größe\":1}\n");
}

#[test]
fn numbers_keep_their_digits() {
    let decimals = Decimal128Array::from(vec![Some(-5), Some(0), Some(-12_345), None])
        .with_precision_and_scale(15, 2)
        .unwrap();
    assert_eq!(csv(Arc::new(decimals.clone())), ["-0.05", "0.00", "-123.45", ""]);
    assert_eq!(json(Arc::new(decimals)), ["-0.05", "0.00", "-123.45", "null"]);
    let wide = Decimal128Array::from(vec![10_i128.pow(38) - 1]).with_precision_and_scale(38, 0).unwrap();
    assert_eq!(json(Arc::new(wide)), ["99999999999999999999999999999999999999"]);
    assert_eq!(
        csv(Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX]))),
        ["-9223372036854775808", "9223372036854775807"]
    );
    assert_eq!(csv(Arc::new(Int16Array::from(vec![-32_768]))), ["-32768"]);
    assert_eq!(csv(Arc::new(Int32Array::from(vec![7]))), ["7"]);
    assert_eq!(
        json(Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ["true", "false", "null"]
    );
    assert_eq!(csv(Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))), ["true", "false", ""]);
    assert_eq!(csv(Arc::new(NullArray::new(1))), [""]);
}

#[test]
fn what_is_no_number_is_said_or_null() {
    let floats = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0, -0.1, 1e300, 5e-324];
    let array: ArrayRef = Arc::new(Float64Array::from(floats));
    assert_eq!(csv(array.clone()), ["NaN", "Infinity", "-Infinity", "1", "-0.1", "1e+300", "5e-324"]);
    assert_eq!(json(array), ["null", "null", "null", "1", "-0.1", "1e+300", "5e-324"]);
    assert_eq!(csv(Arc::new(Float32Array::from(vec![0.1, f32::INFINITY]))), ["0.1", "Infinity"]);
}

#[test]
fn times_are_written_as_postgresql_and_iso_8601_do() {
    let micros = vec![1_706_695_200_123_456, -1, 0, -63_517_788_000_000_000];
    let walls: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros.clone()));
    let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"));
    let expected = [
        "2024-01-31 10:00:00.123456",
        "1969-12-31 23:59:59.999999",
        "1970-01-01 00:00:00",
        "0044-03-15 10:00:00 BC",
    ];
    assert_eq!(csv(walls.clone()), expected);
    let expected = [
        "2024-01-31 10:00:00.123456+00",
        "1969-12-31 23:59:59.999999+00",
        "1970-01-01 00:00:00+00",
        "0044-03-15 10:00:00+00 BC",
    ];
    assert_eq!(csv(instants.clone()), expected);
    assert_eq!(json(walls)[..2], ["\"2024-01-31T10:00:00.123456\"", "\"1969-12-31T23:59:59.999999\""]);
    assert_eq!(json(instants)[..2], ["\"2024-01-31T10:00:00.123456Z\"", "\"1969-12-31T23:59:59.999999Z\""]);
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(-1), None]));
    assert_eq!(csv(dates.clone()), ["1969-12-31", ""]);
    assert_eq!(json(dates), ["\"1969-12-31\"", "null"]);
    let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![86_399_999_999]));
    assert_eq!(csv(times), ["23:59:59.999999"]);
    let intervals: ArrayRef =
        Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(14, -3, 5_400_000_000_000)]));
    assert_eq!(csv(intervals.clone()), ["1 year 2 mons -3 days 01:30:00"]);
    assert_eq!(json(intervals), ["\"P1Y2M-3DT1H30M\""]);
}

#[test]
fn bytes_are_hexadecimal() {
    let uuids = FixedSizeBinaryArray::try_from_iter(
        [0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes()].iter(),
    )
    .unwrap();
    assert_eq!(csv(Arc::new(uuids.clone())), ["01234567-89ab-cdef-fedc-ba9876543210"]);
    assert_eq!(json(Arc::new(uuids)), ["\"01234567-89ab-cdef-fedc-ba9876543210\""]);
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"hi\xff".as_slice(), b""]));
    assert_eq!(csv(bytes.clone()), ["\\x6869ff", "\\x"]);
    assert_eq!(json(bytes), ["\"\\\\x6869ff\"", "\"\\\\x\""]);
}

#[test]
fn a_dictionary_is_text() {
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a,b"), Some(""), None, Some("say \"x\"")]));
    let keys = Int32Array::from(vec![Some(3), Some(0), Some(1), Some(2), None, Some(0)]);
    let array: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, values));
    assert_eq!(csv(array.clone()), ["\"say \"\"x\"\"\"", "\"a,b\"", "\"\"", "", "", "\"a,b\""]);
    assert_eq!(json(array), ["\"say \\\"x\\\"\"", "\"a,b\"", "\"\"", "null", "null", "\"a,b\""]);
}

#[test]
fn json_stands_in_json_as_it_is() {
    let metadata = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())]);
    let schema = Arc::new(Schema::new(vec![Field::new("c", DataType::Utf8, true).with_metadata(metadata)]));
    let array = StringArray::from(vec![Some("{\"a\": [1, null],\n\"b\": \"x\\ny\"}"), None, Some("3.140")]);
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(array)]).unwrap();
    let encode = |format| {
        String::from_utf8(
            encode_batches(&schema, std::slice::from_ref(&batch), format, Compression::None).unwrap(),
        )
        .unwrap()
    };
    assert_eq!(
        encode(Format::Jsonl),
        "{\"c\":{\"a\": [1, null], \"b\": \"x\\ny\"}}\n{\"c\":null}\n{\"c\":3.140}\n"
    );
    assert_eq!(encode(Format::Csv), "c\n\"{\"\"a\"\": [1, null],\n\"\"b\"\": \"\"x\\ny\"\"}\"\n\n3.140\n");
}

/// PostgreSQL 15 reads every one of these literals as `text[]` back to the same elements.
#[test]
fn arrays_are_literals() {
    let mut builder = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
    builder.append_value([Some("a"), Some("b c"), None]);
    builder.append_null();
    builder.append_value([
        Some(""),
        Some("null"),
        Some("{x}"),
        Some("say \"hi\""),
        Some("back\\slash"),
        Some("a,b"),
    ]);
    builder.append_value(Vec::<Option<&str>>::new());
    builder.append_value([Some("one")]);
    let array: ArrayRef = Arc::new(builder.finish());
    let literals = [
        "\"{a,\"\"b c\"\",NULL}\"",
        "",
        "\"{\"\"\"\",\"\"null\"\",\"\"{x}\"\",\"\"say \\\"\"hi\\\"\"\"\",\"\"back\\\\slash\"\",\"\"a,b\"\"}\"",
        "{}",
        "{one}",
    ];
    assert_eq!(csv(array.clone()), literals);
    let expected = [
        "[\"a\",\"b c\",null]",
        "null",
        "[\"\",\"null\",\"{x}\",\"say \\\"hi\\\"\",\"back\\\\slash\",\"a,b\"]",
        "[]",
        "[\"one\"]",
    ];
    assert_eq!(json(array), expected);
    let numbers: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1), None, Some(-3)]),
        Some(vec![]),
    ]));
    assert_eq!(csv(numbers.clone()), ["\"{1,NULL,-3}\"", "{}"]);
    assert_eq!(json(numbers), ["[1,null,-3]", "[]"]);
}

#[test]
fn rows_without_columns_are_rows() {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(2));
    let schema = Arc::new(Schema::empty());
    let batch = RecordBatch::try_new_with_options(schema.clone(), vec![], &options).unwrap();
    let encode =
        |format| encode_batches(&schema, std::slice::from_ref(&batch), format, Compression::None).unwrap();
    assert_eq!(encode(Format::Jsonl), b"{}\n{}\n");
    assert_eq!(encode(Format::Csv), b"\n\n\n");
}
