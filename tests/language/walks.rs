//! Walks: the law by hand, alone and in bulk, and what is refused.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Float64Type};

use super::{batch, faults, numbers, plan, whole};

const WALKS: &str = "
tables:
  sensors:
    rows: 30
    columns: {id: serial, usual: {uniform: {from: 20, to: 80}}, top: {decimal: {from: 60, to: 99, scale: 1}}}
  readings:
    per: sensors
    count: = case when id = 9 then 20000 else id * 11 % 200 end
    let:
      by: {normal: {mean: 0, sd: 15}, null: 4%}
      cents: {decimal: {from: -90, to: 91}}
    columns:
      sensor_id: parent
      step: = by
      usual: = sensors.usual
      free: {walk: {from: sensors.usual, step: = by}}
      clamped: {walk: {from: sensors.usual, step: = by, min: 0, max: 100}}
      reflected: {walk: {from: 50, step: = by, min: 0, max: 100, at_bounds: reflect}}
      above: {walk: {from: 50, step: = by, min: 0, at_bounds: reflect}}
      absorbed: {walk: {from: 50, step: = by, min: 0, max: 100, at_bounds: absorb}}
      pulled: {walk: {from: 0, step: = by, toward: sensors.usual, pull: 12.5%}}
      amount: = cents
      balance: {walk: {from: 100, step: = cents, min: 0, max: sensors.top * 10, scale: 2}}
      plain: {walk: {from: 0, step: = cents, scale: 2}}
      eased: {walk: {from: 500, step: = cents, toward: 0, pull: 1%, scale: 1}}
";

fn doubles(batch: &RecordBatch, column: &str) -> Vec<Option<f64>> {
    batch.column_by_name(column).unwrap().as_primitive::<Float64Type>().iter().collect()
}

fn cents(batch: &RecordBatch, column: &str) -> Vec<i128> {
    batch.column_by_name(column).unwrap().as_primitive::<Decimal128Type>().values().to_vec()
}

/// Compares a column with a law of the value before, the step, and the usual value of the sensor.
fn follows(rows: &RecordBatch, column: &str, from: impl Fn(f64) -> f64, law: impl Fn(f64, f64, f64) -> f64) {
    let (of, step) = (numbers(rows, "sensor_id"), doubles(rows, "step"));
    let (usual, values) = (doubles(rows, "usual"), doubles(rows, column));
    for i in 0..rows.num_rows() {
        let usual = usual[i].unwrap();
        let expected = match step[i] {
            _ if i == 0 || of[i] != of[i - 1] => from(usual),
            None => values[i - 1].unwrap(),
            Some(step) => law(values[i - 1].unwrap(), step, usual),
        };
        assert_eq!(values[i].map(f64::to_bits), Some(expected.to_bits()), "{column} of row {i}");
    }
}

#[test]
fn each_value_follows_from_the_one_before() {
    let rows = whole(&plan(WALKS), "readings", 8192);
    assert!(rows.num_rows() > 22_000);
    follows(&rows, "free", |usual| usual, |at, step, _| at + step);
    follows(&rows, "clamped", |usual| usual, |at, step, _| (at + step).clamp(0.0, 100.0));
    follows(&rows, "pulled", |_| 0.0, |at, step, usual| at + 0.125 * (usual - at) + step);
    follows(&rows, "above", |_| 50.0, |at, step, _| if at + step < 0.0 { -(at + step) } else { at + step });
    let (mut low, mut high) = (0, 0);
    follows(
        &rows,
        "absorbed",
        |_| 50.0,
        |at, step, _| match at {
            0.0 | 100.0 => at,
            at => (at + step).clamp(0.0, 100.0),
        },
    );
    for at in doubles(&rows, "absorbed").into_iter().flatten() {
        low += u32::from(at == 0.0);
        high += u32::from(at == 100.0);
    }
    assert!(low > 500 && high > 500, "{low}, {high}");
    // Turned round, it stays within: the same as the law of one turn, as steps are shorter than the way between the bounds.
    let (of, step, reflected) =
        (numbers(&rows, "sensor_id"), doubles(&rows, "step"), doubles(&rows, "reflected"));
    for i in 1..rows.num_rows() {
        let (Some(step), true) = (step[i], of[i] == of[i - 1]) else { continue };
        let next = reflected[i - 1].unwrap() + step;
        let expected = if next < 0.0 {
            -next
        } else if next > 100.0 {
            200.0 - next
        } else {
            next
        };
        assert!(
            (reflected[i].unwrap() - expected).abs() < 1e-9 && (0.0..=100.0).contains(&reflected[i].unwrap())
        );
    }
}

#[test]
fn decimals_add_up_exactly() {
    let plan = plan(WALKS);
    let rows = whole(&plan, "readings", 8192);
    let tops = cents(&whole(&plan, "sensors", 100), "top");
    let (of, amount) = (numbers(&rows, "sensor_id"), cents(&rows, "amount"));
    let (plain, balance, eased) = (cents(&rows, "plain"), cents(&rows, "balance"), cents(&rows, "eased"));
    assert_eq!(rows.column_by_name("plain").unwrap().data_type().to_string(), "Decimal128(18, 2)");
    let mut at_bounds = 0;
    for i in 0..rows.num_rows() {
        let most = tops[of[i].unwrap() as usize - 1] * 100;
        if i == 0 || of[i] != of[i - 1] {
            assert_eq!((plain[i], balance[i], eased[i]), (0, 10_000, 5000));
            continue;
        }
        assert_eq!(plain[i], plain[i - 1] + amount[i]);
        assert_eq!(balance[i], (balance[i - 1] + amount[i]).clamp(0, most));
        at_bounds += u32::from([0, most].contains(&balance[i]));
        // A step has one digit here: it is rounded before it is added, and so is the pull.
        let rounded = |cents: i128, of: i128| (2 * cents.abs() + of) / (2 * of) * cents.signum();
        assert_eq!(eased[i], eased[i - 1] - rounded(eased[i - 1], 100) + rounded(amount[i], 10));
    }
    assert!(at_bounds > 500, "{at_bounds}");
}

#[test]
fn batches_of_any_size_in_any_order_are_the_same() {
    let bulk = whole(&plan(WALKS), "readings", 8192);
    assert_eq!(whole(&plan(WALKS), "readings", 777), bulk);
    let plan = plan(WALKS);
    let readings = plan.table("readings").unwrap();
    for k in (0..bulk.num_rows()).rev().step_by(101) {
        let one = plan.batch(readings, k as u64..k as u64 + 1).unwrap();
        assert_eq!(one, bulk.slice(k, 1), "row {k}");
    }
}

/// With a pull of share p and steps of standard deviation s it is an autoregression: its variance is s² / (1 - (1-p)²).
#[test]
fn a_pull_keeps_the_spread_that_theory_has() {
    let rows = batch_of("{walk: {from: 0, step: {normal: {mean: 0, sd: 3}}, toward: 0, pull: 20%}}", 60_000);
    let values: Vec<f64> = rows.iter().skip(100).copied().collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64;
    let expected = 9.0 / (1.0 - 0.8 * 0.8);
    // Standard errors with the autocorrelation of 0.8: about 0.06 of the mean, and 0.3 of the variance. Six of each.
    assert!(mean.abs() < 0.37, "{mean}");
    assert!((variance - expected).abs() < 1.7, "{variance} and not {expected}");
}

fn batch_of(column: &str, rows: u64) -> Vec<f64> {
    let plan = plan(&format!(
        "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: {rows}, columns: {{x: {column}}}}}}}"
    ));
    whole(&plan, "b", 8192).column(0).as_primitive::<Float64Type>().values().to_vec()
}

#[test]
fn a_walk_that_begins_with_null_goes_nowhere() {
    let rows = batch(
        "tables: {a: {rows: 2, columns: {id: serial, at: '= nullif(id, 1)'}}, b: {per: a, count: 3, columns: {x: {walk: {from: a.at, step: 1, scale: 0}, type: bigint}}}}",
        "b",
    );
    assert_eq!(numbers(&rows, "x"), [None, None, None, Some(2), Some(3), Some(4)]);
    assert!(rows.schema().field(0).is_nullable());
}

#[test]
fn values_that_cannot_be_are_errors_with_their_row() {
    let error = |walk: &str| {
        let plan = plan(&format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: 9, let: {{o: = ordinal()}}, columns: {{x: {{walk: {{{walk}}}}}}}}}}}"
        ));
        plan.batch(plan.table("b").unwrap(), 0..9).unwrap_err().to_string()
    };
    let said = error("from: 1, step: '= power(10::float8, 308)'");
    assert!(said.contains("the walk leaves the numbers (row 3)"), "{said}");
    let said = error("from: 1, step: 500000000000000, scale: 3");
    assert!(said.contains("numeric field overflow (row 3)"), "{said}");
    let said = error("from: 1, step: 1, min: 0, max: 3 - o");
    assert!(said.contains("`min` is above `max` (row 4)"), "{said}");
}

/// The first of the siblings has no step, and the others have no start.
#[test]
fn an_error_counts_where_the_value_is_read() {
    let rows = batch(
        "tables: {a: {rows: 2, columns: {id: serial}}, b: {per: a, count: 3, let: {o: = ordinal()}, columns: {x: {walk: {from: 6 / (2 - o), step: '= 6 / (o - 1)', scale: 0}, type: bigint}}}}",
        "b",
    );
    assert_eq!(numbers(&rows, "x"), [Some(6), Some(12), Some(15), Some(6), Some(12), Some(15)]);
}

#[test]
fn wrong_walks_are_refused() {
    for (walk, message) in [
        ("from: 1", "`walk` needs `step`"),
        ("step: 1", "`walk` needs `from`"),
        ("from: 1, step: {choose: [a, b]}", "`step`: expected numbers"),
        ("from: 1, step: place", "a group of values cannot stand here"),
        ("from: \"'a'\", step: 1", "`text` does not become `double precision`"),
        ("from: 'cast(null as integer)', step: 1", "`from`: NULL is no number"),
        ("from: 1, step: 1, min: 5, max: 4", "`max` is below `min`"),
        ("from: 1, step: 1, at_bounds: reflect", "`at_bounds` without a bound"),
        ("from: 1, step: 1, min: 0, at_bounds: bounce", "expected `clamp`, `reflect` or `absorb`"),
        ("from: 1, step: 1, toward: 4", "`toward` needs `pull`"),
        ("from: 1, step: 1, pull: 4%", "`pull` needs `toward`"),
        ("from: 1, step: 1, toward: 0, pull: 2", "expected a share"),
        ("from: 1, step: 1, scale: 10", "`scale`: expected at most 9"),
        ("from: x, step: 1", "depends on itself"),
    ] {
        let said = faults(&format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: 2, columns: {{x: {{walk: {{{walk}}}}}}}}}}}"
        ));
        assert!(said.contains(message), "{walk}: {said}");
    }
    let root = faults("tables: {t: {rows: 1, columns: {x: {walk: {from: 1, step: 1}}}}}");
    assert!(root.contains("a `walk` goes along the children of one parent"), "{root}");
}
