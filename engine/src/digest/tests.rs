//! The laws of digests, and the literals that keep version 1 what it is.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray,
    RecordBatch, RecordBatchOptions, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{Field, Int64Type, IntervalMonthDayNano, Schema};
use arrow::util::display::array_value_to_string;
use proptest::prelude::*;

use super::{RowHasher, TableDigest};
use crate::types::Type;

fn batch(columns: &[(&str, Type, ArrayRef)]) -> RecordBatch {
    let field =
        |(name, _, array): &(&str, Type, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.iter().map(|(.., array)| array.clone()).collect();
    let rows = columns.first().map_or(0, |(.., array)| array.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).unwrap()
}

fn hashes(columns: &[(&str, Type, ArrayRef)]) -> Vec<u64> {
    let mut hashes = Vec::new();
    let mut hasher = RowHasher::new(columns.iter().map(|(name, ty, _)| (*name, ty)));
    hasher.hash(&batch(columns), &mut hashes).unwrap();
    hashes
}

fn digest(columns: &[(&str, Type, ArrayRef)]) -> TableDigest {
    let mut digest = TableDigest::default();
    digest.add(&hashes(columns));
    digest
}

fn of(ty: Type, array: impl Array + 'static) -> Vec<u64> {
    hashes(&[("c", ty, Arc::new(array))])
}

fn numeric(scale: i8) -> Type {
    Type::Numeric { precision: 20, scale }
}

fn decimals(values: &[i128], scale: i8) -> Decimal128Array {
    Decimal128Array::from(values.to_vec()).with_precision_and_scale(20, scale).unwrap()
}

/// Computed by `tests/witness/digest.py` too. They never change: a new way of hashing gets a new version.
#[test]
fn hashes_are_these() {
    let text = ["", "a", "abc", "abcd", "1234567", "12345678", "sixteen letters.", "seventeen letters"];
    let cases: Vec<(Type, ArrayRef, &[u64])> = vec![
        (Type::Boolean, Arc::new(BooleanArray::from(vec![Some(false), Some(true), None])), BOOLEAN),
        (Type::BigInt, Arc::new(Int64Array::from(vec![Some(0), Some(-1), None])), INTEGER),
        (Type::Double, Arc::new(Float64Array::from(vec![0.0, 1.5, f64::NAN])), FLOAT),
        (numeric(2), Arc::new(decimals(&[0, -1, 1 << 64], 2)), NUMERIC),
        (Type::Text, Arc::new(StringArray::from(text.to_vec())), TEXT),
        (Type::Date, Arc::new(Date32Array::from(vec![0, 19_753])), DATE),
        (Type::Time, Arc::new(Time64MicrosecondArray::from(vec![1])), TIME),
        (Type::Timestamp, Arc::new(TimestampMicrosecondArray::from(vec![1])), TIMESTAMP),
        (Type::Instant, Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC")), INSTANT),
        (
            Type::Interval,
            Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(14, -3, -1_500_000)])),
            INTERVAL,
        ),
        (
            Type::Uuid,
            Arc::new(
                FixedSizeBinaryArray::try_from_iter([(0..16).collect::<Vec<u8>>()].into_iter()).unwrap(),
            ),
            UUID,
        ),
        (Type::Json, Arc::new(StringArray::from(vec![r#"{"b":1.0,"a":[]}"#])), JSON),
        (Type::Bytes, Arc::new(BinaryArray::from(vec![&b"\0"[..]])), BYTES),
        (
            Type::List(Box::new(Type::BigInt)),
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
                Some(vec![]),
                Some(vec![Some(1), None]),
                None,
            ])),
            LIST,
        ),
    ];
    let mut found = String::new();
    let mut right = true;
    for (ty, array, expected) in cases {
        let hashes = hashes(&[("c", ty.clone(), array)]);
        right &= hashes == expected;
        found += &format!("{ty}: {hashes:#018x?}\n");
    }
    assert!(right, "{found}");
}

#[test]
fn equal_values_have_equal_hashes() {
    let narrow = of(Type::SmallInt, Int16Array::from(vec![Some(-7), None]));
    assert_eq!(narrow, of(Type::Integer, Int32Array::from(vec![Some(-7), None])));
    assert_eq!(narrow, of(Type::BigInt, Int64Array::from(vec![Some(-7), None])));
    let real = of(Type::Real, Float32Array::from(vec![0.1, -0.0, f32::NAN]));
    assert_eq!(real, of(Type::Double, Float64Array::from(vec![f64::from(0.1_f32), 0.0, -f64::NAN])));
    let texts = StringArray::from(vec![Some("x"), None, Some(""), Some("x")]);
    let dictionary = cast(&texts, &Type::dictionary()).unwrap();
    let plain = of(Type::Text, texts);
    assert_eq!(hashes(&[("c", Type::Text, dictionary.clone())]), plain);
    assert_eq!(hashes(&[("c", Type::Text, dictionary.slice(1, 2))]), plain[1..3]);
    let precise = Type::Numeric { precision: 38, scale: 2 };
    let wide = Decimal128Array::from(vec![150]).with_precision_and_scale(38, 2).unwrap();
    assert_eq!(of(precise, wide), of(numeric(2), decimals(&[150], 2)));
    let json = |text: &str| of(Type::Json, StringArray::from(vec![text]));
    assert_eq!(json(r#"{"ms": 1.50, "a": "\u0041"}"#), json(r#"{"a":"A","ms":15e-1}"#));
}

#[test]
fn different_values_have_different_hashes() {
    let mut all = Vec::new();
    all.extend(of(Type::BigInt, Int64Array::from(vec![Some(0), Some(1), Some(-1), Some(i64::MIN), None])));
    all.extend(of(Type::Double, Float64Array::from(vec![Some(0.0), Some(f64::NAN), None])));
    all.extend(of(Type::Text, StringArray::from(vec![Some(""), Some("0"), Some("0 "), Some("NULL"), None])));
    all.extend(of(Type::Json, StringArray::from(vec![Some("null"), Some("{"), Some("\"\""), None])));
    all.extend(of(Type::Bytes, BinaryArray::from(vec![Some(&b""[..]), Some(b"0"), None])));
    all.extend(of(numeric(0), decimals(&[0, 1, 1 << 64, -1], 0)));
    all.extend(of(numeric(0), Decimal128Array::from(vec![None]).with_precision_and_scale(20, 0).unwrap()));
    all.extend(of(Type::Date, Date32Array::from(vec![Some(0), Some(-1), None])));
    all.extend(of(numeric(1), decimals(&[0, 1], 1)));
    let lists = [Some(vec![]), Some(vec![None]), Some(vec![Some(-1)]), Some(vec![None, None])];
    let lists = lists.into_iter().chain([Some(vec![Some(1), Some(2)]), Some(vec![Some(2), Some(1)]), None]);
    all.extend(of(
        Type::List(Box::new(Type::BigInt)),
        ListArray::from_iter_primitive::<Int64Type, _, _>(lists),
    ));
    for span in [(1, 0, 0), (0, 30, 0), (0, 0, 86_400_000_000_000), (0, 0, 1000), (0, 0, -1000)] {
        let value = IntervalMonthDayNano::new(span.0, span.1, span.2);
        all.extend(of(Type::Interval, IntervalMonthDayNanoArray::from(vec![value])));
    }
    for instant in [Type::Timestamp, Type::Instant] {
        let array = TimestampMicrosecondArray::from(vec![0]);
        let array = if instant == Type::Instant { array.with_timezone("UTC") } else { array };
        all.extend(of(instant, array));
    }
    all.extend(hashes(&[("d", Type::BigInt, Arc::new(Int64Array::from(vec![0])))]));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn json_is_canonical() {
    let cases = [
        (r#"{"path": "/a", "ms": 12, "ok": true}"#, Some(r#"{"ms": 12, "ok": true, "path": "/a"}"#)),
        (r#"{"b": 1, "a": 2, "b": 3}"#, Some(r#"{"a": 2, "b": 3}"#)),
        (r#"{"b": "ü", "a": 0}"#, Some(r#"{"a": 0, "b": "ü"}"#)),
        (r#"{"b": 12.50, "a": 1e2}"#, Some(r#"{"a": 100, "b": 12.5}"#)),
        (r#"{"b": [], "a": {"d": null, "c": -0}}"#, Some(r#"{"a": {"c": 0, "d": null}, "b": []}"#)),
        (r#"{"aa": "\/\u00e9\t\u0001", "b": ""}"#, Some(r#"{"b": "", "aa": "/é\t\u0001"}"#)),
        ("\"\\ud83e\\udd80\"", Some("\"🦀\"")),
        ("1e40", Some("1e40")),
        ("10000000000000000000000000000000000000000", Some("1e40")),
        ("-0.00012e2", Some("-0.012")),
        ("1e-9999999999999999999", Some("1e-9223372036854775807")),
        (r#"{"a": 01}"#, None),
        (r#"{"a": 1,}"#, None),
        (r#"{"a": truex}"#, None),
        (r#"{"a": 1} "#, Some(r#"{"a": 1}"#)),
        (r#"{"a": 1}}"#, None),
        ("\"\\ud83e\"", None),
        ("\"\n\"", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(super::CanonicalJson::default().of(text), expected, "{text}");
    }
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(super::CanonicalJson::default().of(&deep(256)).is_some());
    assert!(super::CanonicalJson::default().of(&deep(100_000)).is_none());
}

#[test]
fn slices_and_their_lists_are_hashed_alone() {
    let lists = [Some(vec![Some(1)]), None, Some(vec![]), Some(vec![Some(2), None]), Some(vec![Some(3)])];
    let array = ListArray::from_iter_primitive::<Int64Type, _, _>(lists);
    let ty = Type::List(Box::new(Type::BigInt));
    let whole = of(ty.clone(), array.clone());
    for (start, length) in [(0, 5), (1, 3), (3, 2), (5, 0)] {
        assert_eq!(of(ty.clone(), array.slice(start, length)), whole[start..start + length]);
    }
}

#[test]
fn a_batch_of_another_table_is_refused() {
    let mut hasher = RowHasher::new([("c", &Type::BigInt)]);
    let wrong = batch(&[("c", Type::Text, Arc::new(StringArray::from(vec!["1"])))]);
    let error = hasher.hash(&wrong, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "column `c` should be bigint, and is Utf8");
    let error = RowHasher::new([]).hash(&wrong, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "column `*` should be 0 columns, and is 1 columns");
}

const BOOLEAN: &[u64] = &[0x1e9d_0257_a965_2042, 0x1c8c_9572_2451_51bc, 0xf5e7_1ee4_5ad8_4735];
const INTEGER: &[u64] = &[0x5e96_7cf5_8802_bf1a, 0xa224_8ba4_0494_9a4e, 0x00f9_63a6_24dc_8b87];
const FLOAT: &[u64] = &[0x0ca9_39f3_3ce2_0e7f, 0x3908_d2f6_b297_bfe0, 0xf2eb_6925_7279_0861];
const NUMERIC: &[u64] = &[0x6742_f693_736d_2b9b, 0xf329_ee9b_8ea0_150d, 0xa34c_a9fa_c981_0350];
const TEXT: &[u64] = &[
    0x4444_e165_7656_f3c6,
    0xf63f_ea85_f937_2714,
    0xeed3_ca23_9861_853b,
    0xe288_49ac_e03c_9bb3,
    0x242a_0365_f05e_b29d,
    0x385f_f3ad_eca7_a092,
    0x6def_a64c_5778_aa32,
    0x79fe_49f1_c3c1_7caa,
];
const DATE: &[u64] = &[0x186b_fd79_f892_1845, 0x95c7_e3a3_5e10_529f];
const TIME: &[u64] = &[0x58e4_dedf_4c63_68d6];
const TIMESTAMP: &[u64] = &[0xfb9d_852e_ce87_5c46];
const INSTANT: &[u64] = &[0x009a_3af4_e685_9668];
const INTERVAL: &[u64] = &[0x60fb_9511_621e_0cd3];
const UUID: &[u64] = &[0xe5df_3aed_39a7_4701];
const JSON: &[u64] = &[0x66a1_668c_3c04_a01e];
const BYTES: &[u64] = &[0x1b59_9c1f_f9b8_2caf];
const LIST: &[u64] = &[0xeffb_7179_e7bd_4ac3, 0x10e0_9925_9247_fe11, 0x477f_3f43_08b4_4557];

/// A table of three columns with NULLs and repeated rows.
fn table() -> impl Strategy<Value = Vec<(&'static str, Type, ArrayRef)>> {
    let row = (prop::option::of(0_i64..4), prop::option::of("[a-c]{0,2}"), 0_i32..3);
    prop::collection::vec(row, 1..40).prop_map(|rows| {
        let numbers: Int64Array = rows.iter().map(|row| row.0).collect();
        let texts: StringArray = rows.iter().map(|row| row.1.as_deref()).collect();
        let days: Date32Array = rows.iter().map(|row| Some(row.2)).collect();
        vec![
            ("n", Type::BigInt, Arc::new(numbers) as ArrayRef),
            ("t", Type::Text, Arc::new(texts)),
            ("d", Type::Date, Arc::new(days)),
        ]
    })
}

/// The rows with these numbers.
fn picked(columns: &[(&'static str, Type, ArrayRef)], rows: &[i64]) -> Vec<(&'static str, Type, ArrayRef)> {
    let rows = Int64Array::from(rows.to_vec());
    columns.iter().map(|(name, ty, array)| (*name, ty.clone(), take(array, &rows, None).unwrap())).collect()
}

proptest! {
    #[test]
    fn order_of_rows_and_columns_means_nothing(
        (mut columns, order) in table().prop_flat_map(|columns| {
            let rows: Vec<i64> = (0..columns[0].2.len() as i64).collect();
            (Just(columns), Just(rows).prop_shuffle())
        })
    ) {
        let expected = digest(&columns);
        prop_assert_eq!(digest(&picked(&columns, &order)), expected);
        columns.reverse();
        prop_assert_eq!(digest(&columns), expected);
    }

    #[test]
    fn parts_add_up(columns in table(), cut in any::<prop::sample::Index>()) {
        let rows = columns[0].2.len();
        let cut = cut.index(rows);
        let part = |start, length| {
            let part = |(name, ty, array): &(&'static str, Type, ArrayRef)| {
                (*name, ty.clone(), array.slice(start, length))
            };
            digest(&columns.iter().map(part).collect::<Vec<_>>())
        };
        let mut sum = part(0, cut);
        sum.merge(part(cut, rows - cut));
        prop_assert_eq!(sum, digest(&columns));
    }

    #[test]
    fn rows_lost_or_doubled_show(columns in table(), row in any::<prop::sample::Index>()) {
        let rows = columns[0].2.len();
        let row = row.index(rows) as i64;
        let all: Vec<i64> = (0..rows as i64).collect();
        let expected = digest(&columns).sum;
        let lost: Vec<i64> = all.iter().copied().filter(|r| *r != row).collect();
        prop_assert_ne!(digest(&picked(&columns, &lost)).sum, expected);
        let doubled: Vec<i64> = all.iter().copied().chain([row]).collect();
        prop_assert_ne!(digest(&picked(&columns, &doubled)).sum, expected);
        // As an exclusive or would not show.
        let thrice: Vec<i64> = all.iter().copied().chain([row, row]).collect();
        prop_assert_ne!(digest(&picked(&columns, &thrice)).sum, expected);
    }

    #[test]
    fn one_changed_cell_shows(columns in table(), row in any::<prop::sample::Index>(), column in 0_usize..3) {
        let rows = columns[0].2.len();
        let row = row.index(rows);
        let change = |array: &ArrayRef, other: &ArrayRef| {
            concat(&[&array.slice(0, row), other, &array.slice(row + 1, rows - row - 1)]).unwrap()
        };
        let others: [ArrayRef; 3] = [
            Arc::new(Int64Array::from(vec![77])),
            Arc::new(StringArray::from(vec!["other"])),
            Arc::new(Date32Array::from(vec![-1])),
        ];
        let expected = digest(&columns).sum;
        for other in [others[column].clone(), arrow::array::new_null_array(columns[column].2.data_type(), 1)] {
            let mut changed = columns.clone();
            changed[column].2 = change(&columns[column].2, &other);
            let same = columns[column].2.slice(row, 1).to_data() == other.to_data();
            prop_assert_eq!(digest(&changed).sum == expected, same);
        }
    }

    #[test]
    fn swapped_cells_show(columns in table(), rows in any::<[prop::sample::Index; 2]>(), column in 0_usize..3) {
        let count = columns[0].2.len();
        let [a, b] = rows.map(|row| row.index(count) as i64);
        let mut order: Vec<i64> = (0..count as i64).collect();
        order.swap(a as usize, b as usize);
        let mut swapped = columns.clone();
        swapped[column].2 = picked(&columns, &order)[column].2.clone();
        let text = |columns: &[(&str, Type, ArrayRef)]| {
            let mut rows: Vec<String> = (0..count).map(|row| {
                let cell = |(.., array): &(&str, Type, ArrayRef)| {
                    (array.is_null(row), array_value_to_string(array, row).unwrap())
                };
                format!("{:?}", columns.iter().map(cell).collect::<Vec<_>>())
            }).collect();
            rows.sort();
            rows
        };
        prop_assert_eq!(digest(&swapped).sum == digest(&columns).sum, text(&swapped) == text(&columns));
    }

    #[test]
    fn a_dictionary_is_its_text(texts in prop::collection::vec(prop::option::of("[a-d]?"), 0..30)) {
        let plain: ArrayRef = Arc::new(StringArray::from(texts));
        let dictionary = cast(&plain, &Type::dictionary()).unwrap();
        prop_assert!(dictionary.as_any_dictionary_opt().is_some());
        prop_assert_eq!(hashes(&[("c", Type::Text, dictionary)]), hashes(&[("c", Type::Text, plain)]));
    }

    #[test]
    fn flat_json_is_what_any_json_is(
        members in prop::collection::vec(("[a-c\\\\é]{0,2}", r#"-?[0-3]{1,2}|[0-2]\.[05]{1,2}|true|null|"[x,}"]{0,2}"|\[\]"#), 0..10)
    ) {
        let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        let text = format!("{{{}}}", members.join(", "));
        // A blank in front keeps the fast path away.
        let (mut fast, mut slow) = (super::CanonicalJson::default(), super::CanonicalJson::default());
        prop_assert_eq!(fast.of(&text), slow.of(&format!(" {text}")));
    }

    #[test]
    fn every_byte_of_a_text_counts(text in prop::collection::vec(any::<u8>(), 1..70), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut other = text.clone();
        other[at.index(text.len())] ^= 1_u8 << bit;
        let mut longer = text.clone();
        longer.push(0);
        let word = |bytes: &[u8]| super::mix::bytes(1, bytes);
        prop_assert_ne!(word(&text), word(&other));
        prop_assert_ne!(word(&text), word(&longer));
    }
}
