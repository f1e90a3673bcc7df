//! Values as text, against what a server answers.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Field, IntervalMonthDayNano};
use seedbed_engine::text::{Cells, Meaning};
use seedbed_tests::server::{Database, Server};

/// The values of a statement.
const CHUNK: usize = 1500;

/// A value in both styles.
fn texts(array: &dyn Array, row: usize, meaning: Meaning) -> [String; 2] {
    let cells = Cells::new(array, meaning);
    let [mut sql, mut json] = [String::new(), String::new()];
    cells.values().write_sql(row, &mut sql);
    cells.write_json(row, ",", &mut json);
    [sql, json]
}

/// Compares the numbers of an array with what the server makes of them; each is given to it in Rust's exponent form.
fn compare(database: &Database, ty: &str, array: &dyn Array, given: &[String]) {
    for (chunk, given) in given.chunks(CHUNK).enumerate() {
        let rows = database.psql(&format!(
            "select v::text, to_json(v)::text from unnest('{{{}}}'::{ty}[]) with ordinality as _ (v, n) order by n",
            given.join(",")
        ));
        assert_eq!(rows.len(), given.len());
        for (i, (answer, given)) in rows.iter().zip(given).enumerate() {
            let found = texts(array, chunk * CHUNK + i, Meaning::Text);
            assert_eq!(&found[..], &answer[..], "{ty} {given}");
        }
    }
}

/// Random words.
fn words() -> impl Iterator<Item = u64> {
    (1_u64..).map(|i| {
        let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    })
}

#[test]
fn doubles_have_the_digits_of_the_server() {
    let powers_of_two = (-1074..1024).map(|e| libm::ldexp(1.0, e));
    let powers_of_ten = (-323..309).map(|e| format!("1e{e}").parse::<f64>().unwrap());
    let edges =
        powers_of_two.chain(powers_of_ten).flat_map(|value| [value.next_down(), value, value.next_up()]);
    let subnormal = words().take(300).map(|word| f64::from_bits(word >> 12 >> (word % 52)));
    let integers = words().take(600).map(|word| (word >> 11 >> (word % 53)) as f64);
    // Few digits and many zeros: these may lie just between two numbers.
    let round = (15..30).flat_map(|e| (1..100).map(move |i| format!("{i}e{e}").parse::<f64>().unwrap()));
    // The digits of an odd number of so many fives and twos end in zeros, half way between two doubles.
    let halves = (3..22).flat_map(|zeros| {
        words().take(40).flat_map(move |word| {
            let odd = 5_u64.pow(zeros) * (((1 << 53) / 5_u64.pow(zeros) + word % 64) | 1);
            let even = (odd / 2) as f64;
            [libm::ldexp(even, zeros as i32 + 1), libm::ldexp(even + 1.0, zeros as i32 + 1)]
        })
    });
    let everyday = words().take(600).map(|word| (word % 10_000_000) as f64 / 100.0);
    let random = words().take(3000).map(f64::from_bits);
    let values =
        edges.chain(subnormal).chain(integers).chain(round).chain(halves).chain(everyday).chain(random);
    let values: Vec<f64> = [0.0, -0.0].into_iter().chain(values.filter(|value| value.is_finite())).collect();
    let given: Vec<String> = values.iter().map(|value| format!("{value:e}")).collect();
    compare(&Server::shared().database(), "float8", &Float64Array::from(values), &given);
}

#[test]
fn reals_have_the_digits_of_the_server() {
    let powers_of_two = (-149..128).map(|e| libm::ldexp(1.0, e) as f32);
    let powers_of_ten = (-45..39).map(|e| format!("1e{e}").parse::<f32>().unwrap());
    let edges =
        powers_of_two.chain(powers_of_ten).flat_map(|value| [value.next_down(), value, value.next_up()]);
    let subnormal = words().take(300).map(|word| f32::from_bits((word as u32 >> 9) >> ((word >> 32) % 23)));
    let integers = words().take(300).map(|word| (word >> 40 >> (word % 24)) as f32);
    let round = (6..30).flat_map(|e| (1..100).map(move |i| format!("{i}e{e}").parse::<f32>().unwrap()));
    // As for doubles; every fourth or so of the reals from 2^25 to 2^35 is one of these.
    let large = words()
        .take(3000)
        .map(|word| f32::from_bits((word as u32 & 0x7f_ffff) | (152 + (word >> 40) as u32 % 10) << 23));
    let everyday = words().take(300).map(|word| (word % 10_000_000) as f32 / 100.0);
    let random = words().take(3000).map(|word| f32::from_bits(word as u32));
    let values =
        edges.chain(subnormal).chain(integers).chain(round).chain(large).chain(everyday).chain(random);
    let values: Vec<f32> = [0.0, -0.0].into_iter().chain(values.filter(|value| value.is_finite())).collect();
    let given: Vec<String> = values.iter().map(|value| format!("{value:e}")).collect();
    compare(&Server::shared().database(), "float4", &Float32Array::from(values), &given);
}

/// An array whose one row holds all elements.
fn list(elements: impl Array + 'static) -> ArrayRef {
    let field = Arc::new(Field::new("item", elements.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([elements.len()]);
    Arc::new(ListArray::new(field, offsets, Arc::new(elements), None))
}

#[test]
fn values_of_all_types_have_the_texts_of_the_server() {
    let database = Server::shared().database();
    let decimal = Decimal128Array::from(vec![-5]).with_precision_and_scale(38, 20).unwrap();
    let instant = TimestampMicrosecondArray::from(vec![1_706_695_200_120_000]).with_timezone("UTC");
    let uuid = FixedSizeBinaryArray::try_from_iter([[0xa1_u8; 16]].into_iter()).unwrap();
    let interval = IntervalMonthDayNano::new(-14, 3, 5_400_250_000_000);
    let strings = StringArray::from(vec![
        Some("a"),
        Some("b c"),
        Some(""),
        None,
        Some("NULL"),
        Some("q\"\\{\n"),
        Some("\u{1}\u{7f}ü🦀"),
    ]);
    // An expression, its value, and whether JSON has another form of it: instants end in `Z`, and intervals are those of ISO 8601.
    let cases: Vec<(&str, ArrayRef, bool)> = vec![
        ("true", Arc::new(BooleanArray::from(vec![true])), false),
        ("(-9223372036854775808)::bigint", Arc::new(Int64Array::from(vec![i64::MIN])), false),
        ("-0.00000000000000000005", Arc::new(decimal), false),
        ("'NaN'::float8", Arc::new(Float64Array::from(vec![f64::NAN])), true),
        ("'-inf'::float4", Arc::new(Float32Array::from(vec![f32::NEG_INFINITY])), true),
        (
            "e'q\"\\\\ \\b\\f\\t\\n\\r'::text",
            Arc::new(StringArray::from(vec!["q\"\\ \u{8}\u{c}\t\n\r"])),
            true,
        ),
        ("'ü \"quoted\"'::text", Arc::new(StringArray::from(vec!["ü \"quoted\""])), false),
        ("date '2024-01-31'", Arc::new(Date32Array::from(vec![19_753])), false),
        ("time '10:00:00.5'", Arc::new(Time64MicrosecondArray::from(vec![36_000_500_000])), false),
        (
            "timestamp '2024-01-31 10:00:00.12'",
            Arc::new(TimestampMicrosecondArray::from(vec![1_706_695_200_120_000])),
            false,
        ),
        ("timestamptz '2024-01-31 10:00:00.12+00'", Arc::new(instant), true),
        (
            "interval '-14 months 3 days 01:30:00.25'",
            Arc::new(IntervalMonthDayNanoArray::from(vec![interval])),
            true,
        ),
        ("'a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1'::uuid", Arc::new(uuid), false),
        ("'\\x6869'::bytea", Arc::new(BinaryArray::from_vec(vec![b"hi"])), false),
        (
            "array[1e20, null, 1, 0.00001]::float8[]",
            list(Float64Array::from(vec![Some(1e20), None, Some(1.0), Some(1e-5)])),
            false,
        ),
        ("array['a', 'b c', '', null, 'NULL', e'q\"\\\\{\\n', e'\\x01\\x7fü🦀']", list(strings), false),
        ("array['2024-01-31'::date, null]", list(Date32Array::from(vec![Some(19_753), None])), false),
        ("array[timestamp '1970-01-01']", list(TimestampMicrosecondArray::from(vec![0])), false),
        ("array['\\x6869'::bytea]", list(BinaryArray::from_vec(vec![b"hi"])), false),
    ];
    for (expression, array, other_json) in cases {
        let query = format!("select ({expression})::text, to_json({expression})::text");
        let answer = database.psql(&format!("set timezone = 'UTC'; {query}"));
        let [sql, json] = texts(&array, 0, Meaning::Text);
        assert_eq!(sql, answer[0][0], "{expression}");
        assert_eq!(json == answer[0][1], !other_json, "{expression}: {json}, the server {}", answer[0][1]);
    }
}
