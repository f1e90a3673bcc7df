//! What the encoder refuses, and how it says so.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, ListArray, RecordBatch, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, IntervalMonthDayNano, Schema};
use seedbed_engine::types::Type;

use super::{Output, TableDecoder, TableEncoder, TargetColumn};
use crate::error::Error;
use crate::types::{ColumnType, IntervalParts, Kind, Limit, Spelled};

fn column(name: &str, ty: Type, sql: &str, kind: Kind) -> TargetColumn {
    let target = ColumnType { oid: 1, sql: sql.to_owned(), kind };
    TargetColumn { name: name.to_owned(), arrow: ty.arrow(), ty, target }
}

fn batch(array: ArrayRef) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("x", array.data_type().clone(), true)]);
    RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap()
}

fn encode(ty: Type, sql: &str, kind: Kind, array: ArrayRef) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    TableEncoder::new("t", vec![column("x", ty, sql, kind)])?.encode(&batch(array), &mut out)?;
    Ok(out)
}

fn refusal(ty: Type, sql: &str, kind: Kind, array: ArrayRef) -> String {
    encode(ty, sql, kind, array).unwrap_err().to_string()
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

#[test]
fn every_misfit_is_told_at_once() {
    let numeric = |scale| Type::Numeric { precision: 10, scale };
    let columns = vec![
        column("a", Type::Text, "integer", Kind::Int4),
        column("b", Type::BigInt, "integer", Kind::Int4),
        column("c", numeric(2), "numeric(10,1)", Kind::Numeric(Some((10, 1)))),
        column("d", Type::Integer, "numeric(5,-2)", Kind::Numeric(Some((5, -2)))),
        column("e", numeric(1), "bigint", Kind::Int8),
        column("f", Type::Double, "real", Kind::Float4),
        column("g", Type::Instant, "date", Kind::Date),
        column("h", Type::Text, "boolean", Kind::Bool),
        column("i", Type::Integer, "tsvector", Kind::Other),
        column(
            "j",
            Type::List(Box::new(Type::Text)),
            "integer[]",
            Kind::Array(Box::new(ColumnType { oid: 23, sql: "integer".to_owned(), kind: Kind::Int4 })),
        ),
    ];
    let expected = "table `t` does not fit: \
        column `a`: the scenario makes text, the table has integer; \
        column `c`: the scenario makes numeric(10,2), the table has numeric(10,1), which would cut digits; \
        column `d`: the scenario makes integer, the table has numeric(5,-2), which would cut digits; \
        column `e`: the scenario makes numeric(10,1), the table has bigint, which would cut digits; \
        column `f`: the scenario makes double precision, the table has real, which would cut digits; \
        column `g`: the scenario makes timestamptz, the table has date, which would cut the time of day; \
        column `h`: the scenario makes text, the table has boolean; \
        column `i`: the scenario makes integer, the table has tsvector; \
        column `j`: the scenario makes text[], the table has integer[]";
    assert_eq!(TableEncoder::new("t", columns).unwrap_err().to_string(), expected);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let long = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    assert_eq!(
        refusal(Type::BigInt, "smallint", Kind::Int2, long(&[1, 40_000, 50_000])),
        "column `t.x` cannot take `40000`: it is out of the range of smallint"
    );
    assert!(encode(Type::BigInt, "integer", Kind::Int4, long(&[-2_147_483_649])).is_err());
    assert!(encode(Type::BigInt, "integer", Kind::Int4, long(&[-2_147_483_648, 2_147_483_647])).is_ok());
    let small = Kind::Numeric(Some((4, 2)));
    assert_eq!(
        refusal(Type::BigInt, "numeric(4,2)", small.clone(), long(&[-99, 99, -100])),
        "column `t.x` cannot take `-100`: it is out of the range of the precision of the column"
    );
    let decimals = |values: &[i128]| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(20, 1).unwrap())
    };
    let ty = Type::Numeric { precision: 20, scale: 1 };
    assert_eq!(
        refusal(ty.clone(), "numeric(4,2)", small.clone(), decimals(&[999, -1000])),
        "column `t.x` cannot take `-100.0`: it is out of the range of the precision of the column"
    );
    assert!(encode(ty, "numeric(4,2)", small, decimals(&[999, -999])).is_ok());
    let whole = Type::Numeric { precision: 38, scale: 0 };
    let wide = Arc::new(Decimal128Array::from(vec![1 << 63]).with_precision_and_scale(38, 0).unwrap());
    assert!(encode(whole, "bigint", Kind::Int8, wide).is_err());
}

#[test]
fn texts_are_refused_for_what_they_hold() {
    let any = |kind: Kind, values: &[&str]| refusal(Type::Text, "text", kind, texts(values));
    assert_eq!(
        any(Kind::Text, &["fine", "a\0b"]),
        "column `t.x` cannot take `a\\0b`: PostgreSQL cannot store the character U+0000"
    );
    assert_eq!(
        any(Kind::Varchar(Some(3)), &["ééé", "four"]),
        "column `t.x` cannot take `four`: it has 4 characters, the column takes 3"
    );
    assert!(any(Kind::Bpchar(2), &["abc"]).ends_with("it has 3 characters, the column takes 2"));
    assert!(any(Kind::Inet, &["10.0.0.256"]).ends_with("it is no IPv4 or IPv6 address"));
    assert!(any(Kind::Cidr, &["10.0.0.1/8"]).ends_with("it has bits set behind those of the network"));
    let long = any(Kind::Varchar(Some(3)), &["x".repeat(1000).as_str()]);
    assert!(long.contains(&format!("`{}…`", "x".repeat(60))), "{long}");
    let labels = Kind::Enum(vec!["good".to_owned(), "bad".to_owned()]);
    let error = encode(Type::Text, "mood", labels, texts(&["good", "ugly"])).unwrap_err();
    assert_eq!(error.to_string(), "column `t.x` cannot take `ugly`: it is no label of the column's type");
    assert_eq!(error.hint().as_deref(), Some("the labels of the type are `good`, `bad`"));
    let json = |kind| encode(Type::Json, "json", kind, texts(&[r#"{"a":"\u0000"}"#]));
    assert!(json(Kind::Jsonb).unwrap_err().to_string().ends_with("`jsonb` cannot hold the escape \\u0000"));
    assert!(json(Kind::Json).is_ok());
    assert!(any(Kind::Other, &["a\0b"]).contains("U+0000"));
}

#[test]
fn moments_out_of_range_are_refused() {
    let date = |days| encode(Type::Date, "date", Kind::Date, Arc::new(Date32Array::from(vec![days])));
    assert!(date(-2_440_588).is_ok() && date(-2_440_589).is_err());
    assert!(date(2_145_042_905).is_ok() && date(2_145_042_906).is_err());
    assert!(date(i32::MIN).is_err() && date(i32::MAX).is_err());
    let at = |micros| {
        let array = Arc::new(TimestampMicrosecondArray::from(vec![micros]));
        encode(Type::Timestamp, "timestamp", Kind::Timestamp(6), array)
    };
    assert!(at(-210_866_803_200_000_000).is_ok() && at(-210_866_803_200_000_001).is_err());
    assert!(at(i64::MIN).is_err() && at(i64::MAX).is_ok());
    let time = |micros| {
        encode(Type::Time, "time", Kind::Time(6), Arc::new(Time64MicrosecondArray::from(vec![micros])))
    };
    assert!(time(86_400_000_000).is_ok() && time(86_400_000_001).is_err() && time(-1).is_err());
    let interval = |nanos| {
        let array = Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(0, 0, nanos)]));
        encode(Type::Interval, "interval", Kind::Interval(IntervalParts::ALL), array)
    };
    assert!(interval(1000).is_ok() && interval(1001).is_err());
}

/// A year ended earlier in the database than in the scenario: the server rounds to the digits of a column without a word.
#[test]
fn moments_that_a_column_would_round_are_refused() {
    let at = |kind: Kind, micros: i64| {
        let array = Arc::new(TimestampMicrosecondArray::from(vec![Some(micros), None]));
        encode(Type::Timestamp, "timestamp(3)", kind, array)
    };
    let end_of_year = 1_767_225_599_999_600;
    let error = at(Kind::Timestamp(3), end_of_year).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `t.x` cannot take `2025-12-31 23:59:59.9996`: the column keeps 3 digits of a second, and would round it"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("precision:")));
    assert!(at(Kind::Timestamp(4), end_of_year).is_ok() && at(Kind::Timestamp(3), end_of_year - 600).is_ok());
    assert!(at(Kind::Timestamp(0), -1_000_000).is_ok() && at(Kind::Timestamp(0), -1).is_err());
    let time = |digits, micros| {
        let array = Arc::new(Time64MicrosecondArray::from(vec![micros]));
        encode(Type::Time, "time", Kind::Time(digits), array)
    };
    assert!(time(1, 100_000).is_ok() && time(1, 110_000).is_err());
    let interval = |parts: IntervalParts, (months, days, micros): (i32, i32, i64)| {
        let value = IntervalMonthDayNano::new(months, days, micros * 1000);
        let array = Arc::new(IntervalMonthDayNanoArray::from(vec![value]));
        encode(Type::Interval, "interval", Kind::Interval(parts), array)
    };
    let minutes = IntervalParts { micros: Some(60_000_000), ..IntervalParts::ALL };
    assert!(interval(minutes, (1, 1, -60_000_000)).is_ok() && interval(minutes, (1, 1, 1_000_000)).is_err());
    let years = IntervalParts { months: 12, days: false, micros: None };
    assert!(interval(years, (-24, 0, 0)).is_ok() && interval(years, (0, 0, 0)).is_ok());
    assert!([(13, 0, 0), (12, 1, 0), (12, 0, 1)].into_iter().all(|value| interval(years, value).is_err()));
}

/// The server cuts these without a word, too.
#[test]
fn texts_that_a_type_would_cut_are_refused() {
    let refusal = |limit, text: &str| {
        let kind = Kind::Spelled(Spelled { name: "x".to_owned(), limit });
        encode(Type::Text, "x", kind, texts(&["", text])).err().map(|error| error.to_string())
    };
    assert_eq!(refusal(Limit::Bytes(63), &"x".repeat(63)), None);
    assert!(
        refusal(Limit::Bytes(63), &"é".repeat(32)).unwrap().ends_with("it has 64 bytes, the column keeps 63")
    );
    assert_eq!(refusal(Limit::Digits(3), "23:59:59.120000+02"), None);
    assert!(refusal(Limit::Digits(3), "23:59:59.9996+02").unwrap().contains("keeps 3 digits of a second"));
    assert_eq!(refusal(Limit::None, "23:59:59.9996+02"), None);
    assert_eq!(refusal(Limit::Digits(6), "[2025-01-01 00:00:00.123456,2025-01-02)"), None);
    // The seventh digit of a bound is as good as the first one's.
    let range = "[2025-01-01 00:00:00.123456,2025-01-02 00:00:00.1234567)";
    assert!(refusal(Limit::Digits(6), range).unwrap().contains("keeps 6 digits of a second"));
}

/// What cannot be converted is told with the first row that has it.
#[test]
fn values_that_cannot_be_converted_are_told_with_their_row() {
    let values = ["7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a90", "7B0E4A7C2F314F0A9F3E0F6D2C1B5A90", "nope", "no"];
    let encoder = TableEncoder::new("t", vec![column("x", Type::Text, "uuid", Kind::Uuid)]).unwrap();
    let mut out = Output::from(Vec::new());
    let error = encoder.encode_rows(8192, &batch(texts(&values)), &mut out, |_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "column `t.x` cannot take `nope`: it is no uuid (row 8195)");
    assert!(encode(Type::Text, "uuid", Kind::Uuid, texts(&values[..2])).is_ok());
    let numbers = Arc::new(Int64Array::from(vec![1 << 53, (1 << 53) + 1]));
    assert_eq!(
        refusal(Type::BigInt, "double precision", Kind::Float8, numbers),
        "column `t.x` cannot take `9007199254740993`: the nearest double precision is another number"
    );
    assert!(refusal(Type::Text, "json", Kind::Json, texts(&["{}", "{"])).ends_with("`{`: it is no JSON"));
    assert!(refusal(Type::Text, "bytea", Kind::Bytea, texts(&["\\x00", "\\x0"])).ends_with("it is no bytea"));
}

/// A wrong value that no row has, behind a NULL or in a dictionary, is nobody's concern.
#[test]
fn values_that_no_row_has_are_not_refused() {
    let text = |array: ArrayRef| encode(Type::Text, "varchar(3)", Kind::Varchar(Some(3)), array);
    let values = texts(&["yes", "far too long", "no\0"]);
    let keyed = |keys: Vec<Option<i32>>| -> ArrayRef {
        Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(keys), values.clone()))
    };
    let used = text(keyed(vec![Some(0), None, Some(0)])).unwrap();
    assert_eq!(used, b"\0\x01\0\0\0\x03yes\0\x01\xff\xff\xff\xff\0\x01\0\0\0\x03yes");
    assert!(text(keyed(vec![Some(0), Some(1), Some(0)])).is_err());
    assert!(text(keyed(vec![Some(2), Some(0), Some(0)])).is_err());
    // More values than rows, which is another way through.
    assert_eq!(text(keyed(vec![Some(0)])).unwrap(), b"\0\x01\0\0\0\x03yes");
    assert!(text(keyed(vec![Some(1)])).is_err());
    let (offsets, bytes, _) = StringArray::from_iter_values(["no\0", "yes"]).into_parts();
    let behind = StringArray::new(offsets, bytes, Some(vec![false, true].into()));
    assert_eq!(text(Arc::new(behind)).unwrap(), b"\0\x01\xff\xff\xff\xff\0\x01\0\0\0\x03yes");
}

#[test]
fn elements_of_arrays_are_checked_and_nothing_is_written() {
    let lists: ListArray = ListArray::from_iter_primitive::<arrow::datatypes::Int64Type, _, _>([Some(vec![
        Some(1),
        Some(40_000),
    ])]);
    let small = ColumnType { oid: 21, sql: "smallint".to_owned(), kind: Kind::Int2 };
    let ty = Type::List(Box::new(Type::BigInt));
    let encoder =
        TableEncoder::new("t", vec![column("x", ty, "smallint[]", Kind::Array(Box::new(small)))]).unwrap();
    let mut out = b"before".to_vec();
    let error = encoder.encode(&batch(Arc::new(lists.clone())), &mut out).unwrap_err();
    assert_eq!(error.to_string(), "column `t.x` cannot take `40000`: it is out of the range of smallint");
    assert_eq!(out, b"before");
    assert!(encoder.encode(&batch(Arc::new(lists.slice(0, 0))), &mut out).is_ok());
    assert_eq!(out, b"before");
}

#[test]
fn rows_can_be_taken_while_others_are_written() {
    let price = Type::Numeric { precision: 38, scale: 2 };
    let encoder = TableEncoder::new("t", vec![column("x", price, "numeric", Kind::Numeric(None))]).unwrap();
    let short = (0..3_000).map(|n| (n % 7 > 0).then_some(n * n * 1_000));
    // With one long decimal among them they are encoded in another way.
    let long = short.clone().chain([Some(10i128.pow(30))]);
    for values in [short.collect::<Vec<_>>(), long.collect()] {
        let array = Decimal128Array::from(values).with_precision_and_scale(38, 2).unwrap();
        let batch = batch(Arc::new(array.slice(5, array.len() - 5)));
        let (mut whole, mut pieces, mut rest) = (Vec::new(), Vec::new(), Output::default());
        encoder.encode(&batch, &mut whole).unwrap();
        let mut looks = 0;
        let take = |out: &mut Output| {
            looks += 1;
            if looks % 5 == 0 {
                // The next rows go where these were.
                pieces.push(out.bytes().to_vec());
                out.clear();
            }
            Ok(())
        };
        encoder.encode_while(&batch, &mut rest, take).unwrap();
        assert!(pieces.len() > 1 && rest.len() > 0);
        assert_eq!([&pieces.concat(), rest.bytes()].concat(), whole);
    }
}

#[test]
fn texts_of_all_lengths_are_written_whole() {
    let lengths = [(0, 0), (0, 4), (7, 7), (1, 12), (4, 12), (4, 28), (0, 60), (12, 60), (50, 100)];
    for ((shortest, longest), has_nulls) in lengths.into_iter().flat_map(|of| [(of, false), (of, true)]) {
        let text = |row: usize| {
            "abcdefghijklmnopqrstuvwxyz".repeat(4)[..shortest + row % (longest - shortest + 1)].to_owned()
        };
        let rows: Vec<_> = (0..1_000).map(|row| (row % 13 > 0 || !has_nulls).then(|| text(row))).collect();
        let mut expected = Vec::new();
        for row in &rows {
            let length = row.as_ref().map_or(-1, |text| text.len() as i32);
            expected.extend_from_slice(&[0, 1]);
            expected.extend_from_slice(&length.to_be_bytes());
            expected.extend_from_slice(row.as_deref().unwrap_or_default().as_bytes());
        }
        let plain = StringArray::from(rows.clone());
        let dictionary: DictionaryArray<Int32Type> = rows.iter().map(Option::as_deref).collect();
        for array in [Arc::new(plain) as ArrayRef, Arc::new(dictionary)] {
            assert_eq!(encode(Type::Text, "text", Kind::Text, array).unwrap(), expected);
        }
    }
}

#[test]
fn decimals_that_come_again_and_again_are_written_like_others() {
    let price = Type::Numeric { precision: 38, scale: 2 };
    let encoder = TableEncoder::new("t", vec![column("x", price, "numeric", Kind::Numeric(None))]).unwrap();
    let values = [0, 7, -50, 12_345, -10i128.pow(16), 10i128.pow(18) + 1, 100, i128::from(i64::MAX)];
    for nulls in [0, 3] {
        let values = (0..3_007).map(|n| (nulls == 0 || n % nulls > 0).then_some(values[n % 8]));
        let array = Decimal128Array::from(values.collect::<Vec<_>>());
        let array = array.with_precision_and_scale(38, 2).unwrap().slice(7, 3_000);
        let batch = batch(Arc::new(array));
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        encoder.encode(&batch, &mut whole).unwrap();
        // So few rows are not worth looking for equal values.
        (0..3_000).step_by(100).for_each(|row| encoder.encode(&batch.slice(row, 100), &mut parts).unwrap());
        assert_eq!(whole, parts);
    }
}

#[test]
fn streams_that_break_off_or_are_no_copy_are_refused() {
    let columns = || vec![column("x", Type::Integer, "integer", Kind::Int4)];
    let encoder = TableEncoder::new("t", columns()).unwrap();
    let mut stream = encoder.header().to_vec();
    encoder.encode(&batch(Arc::new(Int32Array::from(vec![Some(7), None]))), &mut stream).unwrap();
    stream.extend_from_slice(encoder.trailer());
    for end in 0..=stream.len() {
        let mut decoder = TableDecoder::new(columns()).unwrap();
        decoder.push(&stream[..end]).unwrap();
        let decoded = decoder.take_batch(10).unwrap();
        let rows = decoded.map_or(0, |decoded| decoded.batch.num_rows());
        assert_eq!(rows, [19 + 10, 19 + 16].iter().filter(|complete| **complete <= end).count());
        assert_eq!(decoder.finish().is_ok(), end == stream.len());
    }
    let fails = |stream: &[u8]| {
        let mut decoder = TableDecoder::new(columns()).unwrap();
        decoder.push(stream).and_then(|()| decoder.take_batch(10)).is_err()
    };
    assert!(fails(b"1\t2\n"));
    assert!(fails(&[&stream[..], b"more"].concat()));
    let two_columns = [&stream[..19], &[0, 2, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    assert!(fails(&two_columns));
    let three_bytes = [&stream[..19], &[0, 1, 0, 0, 0, 3, 1, 2, 3]].concat();
    assert!(fails(&three_bytes));
    let mut decoder = TableDecoder::new(columns()).unwrap();
    decoder.push(&stream).unwrap();
    assert!(decoder.finish().is_err(), "rows have not been taken");
}
