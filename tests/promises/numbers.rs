//! A number means the same as a literal, through a parameter, from outside, and as an expression; or all are refused.

use seedbed_engine::{Plan, Settings, TableId};

use super::sample::{Sample, sample};

/// What a scenario makes, or that it is refused.
fn made(text: &str, settings: &Settings) -> Option<Sample> {
    Plan::compile(text, settings).ok().map(|plan| sample(&plan))
}

/// A scenario whose column has `{N}` where a number may stand.
fn scenario(params: &str, column: &str, number: &str) -> String {
    let column = column.replace("{N}", number);
    format!(
        "as_of: 2026-01-01\nsince: 2020-01-01\n{params}tables:\n  t:\n    rows: 20\n    columns:\n      id: serial\n      x: {column}\n"
    )
}

/// Places of numbers, and numbers that are hard there: beyond 2^53, with more digits than a double has, out of bounds.
const PLACES: [(&str, &[&str]); 12] = [
    (
        "{serial: {start: {N}}}",
        &["9007199254740993", "-9223372036854775808", "9223372036854775807", "1e3", "1.5"],
    ),
    ("{serial: {step: {N}}}", &["512", "513", "-3", "2.0", "0"]),
    (
        "{integer: {from: 0, to: {N}}}",
        &["9007199254740993", "9223372036854775807", "9223372036854775808", "1_000"],
    ),
    (
        "{integer: {from: {N}, to: 9223372036854775807}}",
        &["9223372036854775806", "9223372036854775807", "7.25"],
    ),
    ("{decimal: {from: 0, to: {N}}}", &["99999999.999", "99999999.99", "9999999999999999.99", "1e3", "0.1"]),
    ("{decimal: {from: 0, to: {N}, scale: 18}}", &["0.123456789012345678", "0.1234567890123456789"]),
    ("{uniform: {from: 0, to: {N}}}", &["0.1", "1e300", "9007199254740993", "123456789.123456789"]),
    ("{normal: {mean: {N}, sd: 1}}", &["0.1", "-2.5e-3", "12345678.9"]),
    ("{poisson: {mean: 5, max: {N}}}", &["7", "7.9", "9007199254740993"]),
    ("{zipf: {n: {N}}}", &["9007199254740992", "9007199254740993", "1000"]),
    ("{words: {length: {N}}}", &["9", "9.5", "32769"]),
    ("{choose: {a: {N}, b: 1}}", &["0.25", "3", "1e-3"]),
];

#[test]
fn a_number_is_the_same_however_it_is_given() {
    let mut accepted = 0;
    for (column, numbers) in PLACES {
        for number in numbers {
            let literal = made(&scenario("", column, number), &Settings::default());
            accepted += usize::from(literal.is_some());
            let params = format!("params: {{n: {number}}}\n");
            let named = made(&scenario(&params, column, "$n"), &Settings::default());
            assert_eq!(named, literal, "{column} with {number} as the default of a parameter");
            // The parameter has the type of its default.
            let default = if number.contains(['.', 'e']) { "0.5" } else { "5" };
            let settings =
                Settings { params: vec![("n".to_owned(), (*number).to_owned())], ..Settings::default() };
            if !number.contains('e') {
                let params = format!("params: {{n: {default}}}\n");
                let given = made(&scenario(&params, column, "$n"), &settings);
                assert_eq!(given, literal, "{column} with {number} from outside");
            }
            // Arithmetic on exact numbers is exact; numbers with an exponent are doubles there, as in PostgreSQL.
            if !number.contains(['e', '_']) && number.trim_start_matches('-').len() < 19 {
                let computed =
                    made(&scenario("", column, &format!("\"{number} + 0\"")), &Settings::default());
                assert_eq!(computed, literal, "{column} with {number} computed");
            }
        }
    }
    assert!(accepted > 20, "{accepted} of the numbers are accepted");
}

#[test]
fn whole_numbers_do_not_go_through_a_double() {
    let text =
        "params: {start: 9007199254740993}\ntables: {t: {rows: 2, columns: {id: {serial: {start: $start}}}}}";
    let plan = Plan::compile(text, &Settings::default()).unwrap();
    let batch = plan.batch(TableId::new(0), 0..2).unwrap();
    let shown = arrow::util::display::array_value_to_string(batch.column(0), 0).unwrap();
    assert_eq!(shown, "9007199254740993");
}

#[test]
fn moments_are_whole_units_where_there_are_any_between_their_bounds() {
    // `a` has microseconds; of its first second only what lies behind it counts.
    let text = "as_of: 2026-01-01\nsince: 2020-01-01\ntables:\n  t:\n    rows: 5000\n    columns:\n      a: {moment: {from: since, to: as_of}}\n      \
        x: {moment: {from: a, to: \"a + interval '2 seconds'\", precision: second}}\n      \
        y: {moment: {from: a, to: \"a + interval '1 microsecond'\", precision: second}}\n";
    let plan = Plan::compile(text, &Settings::default()).unwrap();
    let batch = plan.batch(TableId::new(0), 0..5000).unwrap();
    let micros = |column: usize| {
        use arrow::array::AsArray;
        let values = batch.column(column).as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
        values.values().to_vec()
    };
    let (a, x, y) = (micros(0), micros(1), micros(2));
    for row in 0..a.len() {
        assert!(a[row] <= x[row] && x[row] <= a[row] + 2_000_000, "row {row}");
        assert_eq!(x[row] % 1_000_000, 0, "row {row}");
        // No whole second lies between these bounds: the lower one is taken.
        if a[row].div_euclid(1_000_000) == (a[row] + 1).div_euclid(1_000_000) && a[row] % 1_000_000 != 0 {
            assert_eq!(y[row], a[row], "row {row}");
        }
    }
}
