//! What a row reads of its siblings: the rows beside it, and what has come together up to it.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};

use super::{batch, faults, numbers, plan, whole};

/// Families of none to some hundred rows, and one of 30,000, with NULLs among what is added up.
const LEDGER: &str = "
tables:
  accounts:
    rows: 40
    columns: {id: serial, many: {expression: case when row_number() = 7 then 30000 else 0 end}}
  entries:
    per: accounts
    count: '= greatest(many, (id * 37) % 300 - 20)'
    let:
      money: {decimal: {from: -500, to: 600}, null: 10%}
      noise: {normal: {mean: 0, sd: 1000000}}
    columns:
      id: serial
      account_id: parent
      amount: = money
      kind: {choose: {card: 3, cash: 1}}
      weight: = noise
      before_id: = previous(id)
      behind_id: = next(id)
      before_kind: = previous(kind)
      before_twice: = previous(previous(id + 1))
      zone: = previous(accounts.id)
      balance: = running_sum(money)
      entries: = running_count(*)
      booked: = running_count(money)
      least: = running_min(money)
      most: = running_max(weight)
      mean: = running_avg(money)
      weights: = running_sum(weight)
      ids: = running_sum(id::integer)
      rise: = running_sum(money) - coalesce(previous(running_sum(money)), 0)
  notes:
    rows: 300
    columns:
      entry_id: {reference: entries}
      balance: = entry.balance
      weights: = entry.weights
      before: = entry.before_id
      behind: = entry.behind_id
";

fn decimals(batch: &RecordBatch, column: &str) -> Vec<Option<i128>> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<Decimal128Type>().iter().collect()
}

fn doubles(batch: &RecordBatch, column: &str) -> Vec<f64> {
    let array = batch.column_by_name(column).expect("the column is there");
    array.as_primitive::<Float64Type>().values().to_vec()
}

#[test]
fn values_are_those_of_one_pass_over_the_siblings() {
    let rows = whole(&plan(LEDGER), "entries", 8192);
    assert!(rows.num_rows() > 32_000);
    let (id, of) = (numbers(&rows, "id"), numbers(&rows, "account_id"));
    let (amount, weight) = (decimals(&rows, "amount"), doubles(&rows, "weight"));
    let (before, behind) = (numbers(&rows, "before_id"), numbers(&rows, "behind_id"));
    let (twice, zone) = (numbers(&rows, "before_twice"), numbers(&rows, "zone"));
    let (balance, least, rise) =
        (decimals(&rows, "balance"), decimals(&rows, "least"), decimals(&rows, "rise"));
    let (entries, booked, ids) = (numbers(&rows, "entries"), numbers(&rows, "booked"), numbers(&rows, "ids"));
    let (most, weights) = (doubles(&rows, "most"), doubles(&rows, "weights"));
    let mean = rows.column_by_name("mean").unwrap().as_primitive::<Float64Type>();
    let text = |column: &str| {
        let array = rows.column_by_name(column).unwrap();
        arrow::compute::cast(array, &arrow::datatypes::DataType::Utf8).unwrap()
    };
    let (kind, before_kind) = (text("kind"), text("before_kind"));
    let (kind, before_kind) = (kind.as_string::<i32>(), before_kind.as_string::<i32>());
    let mut first = 0;
    for i in 0..rows.num_rows() {
        if i > 0 && of[i] != of[i - 1] {
            first = i;
        }
        let ordinal = i - first;
        assert_eq!(before[i], if ordinal > 0 { id[i - 1] } else { None });
        assert_eq!(behind[i], if i + 1 < of.len() && of[i + 1] == of[i] { id[i + 1] } else { None });
        assert_eq!(twice[i], if ordinal > 1 { id[i - 2].map(|id| id + 1) } else { None });
        assert_eq!(zone[i], if ordinal > 0 { of[i] } else { None });
        assert_eq!(before_kind.is_null(i), ordinal == 0);
        assert!(ordinal == 0 || before_kind.value(i) == kind.value(i - 1));
        // Only now and then: each is a pass over all that came before.
        if ordinal > 400 && i % 977 != 0 {
            continue;
        }
        let known: Vec<i128> = amount[first..=i].iter().flatten().copied().collect();
        let sum: i128 = known.iter().sum();
        assert_eq!(balance[i], (!known.is_empty()).then_some(sum));
        assert_eq!(least[i], known.iter().min().copied());
        assert_eq!((entries[i], booked[i]), (Some(ordinal as i64 + 1), Some(known.len() as i64)));
        assert_eq!(ids[i], Some(id[first..=i].iter().flatten().sum()));
        assert_eq!(most[i], weight[first..=i].iter().copied().fold(f64::NEG_INFINITY, f64::max));
        assert_eq!(weights[i].to_bits(), weight[first..=i].iter().fold(0.0, |sum, x| sum + x).to_bits());
        assert_eq!(mean.is_valid(i), !known.is_empty());
        if mean.is_valid(i) {
            let expected = sum as f64 / 100.0 / known.len() as f64;
            assert!((mean.value(i) - expected).abs() < 1e-6);
        }
        let last = if ordinal == 0 { None } else { balance[i - 1] };
        assert_eq!(rise[i], balance[i].map(|balance| balance - last.unwrap_or(0)));
    }
}

/// Where a batch begins, what was made before it and in which order: none of it shows.
#[test]
fn batches_of_any_size_in_any_order_are_the_same() {
    let bulk = whole(&plan(LEDGER), "entries", 8192);
    for step in [1000, 4097] {
        assert_eq!(whole(&plan(LEDGER), "entries", step), bulk, "batches of {step}");
    }
    let plan = plan(LEDGER);
    let entries = plan.table("entries").unwrap();
    let rows = bulk.num_rows() as u64;
    for k in 0..300 {
        let start = k * 7919 % rows;
        let end = (start + 1 + k % 5 * 97).min(rows);
        let some = plan.batch(entries, start..end).unwrap();
        assert_eq!(some, bulk.slice(start as usize, (end - start) as usize), "rows {start} to {end}");
    }
}

#[test]
fn rows_that_are_picked_have_the_same_values() {
    let plan = plan(LEDGER);
    let notes = whole(&plan, "notes", 1000);
    let entries = whole(&plan, "entries", 8192);
    let of = numbers(&notes, "entry_id");
    let (balance, weights) = (decimals(&notes, "balance"), doubles(&notes, "weights"));
    let (before, behind) = (numbers(&notes, "before"), numbers(&notes, "behind"));
    let all = (decimals(&entries, "balance"), doubles(&entries, "weights"));
    let beside = (numbers(&entries, "before_id"), numbers(&entries, "behind_id"));
    for (i, of) in of.iter().enumerate() {
        let at = of.unwrap() as usize - 1;
        assert_eq!((balance[i], weights[i].to_bits()), (all.0[at], all.1[at].to_bits()));
        assert_eq!((before[i], behind[i]), (beside.0[at], beside.1[at]));
    }
}

#[test]
fn without_parents_the_rows_of_the_table_are_siblings() {
    let rows = batch(
        "tables: {t: {rows: 4, columns: {id: serial, a: = previous(id * 10), b: = next(id), valid_to: \"= next(date '2026-01-01' + id::integer)\"}}}",
        "t",
    );
    assert_eq!(numbers(&rows, "a"), [None, Some(10), Some(20), Some(30)]);
    assert_eq!(numbers(&rows, "b"), [Some(2), Some(3), Some(4), None]);
    let one =
        batch("tables: {t: {rows: 1, columns: {a: = previous(row_number()), b: = next(row_number())}}}", "t");
    assert_eq!((numbers(&one, "a"), numbers(&one, "b")), (vec![None], vec![None]));
}

/// Versions follow each other without a gap.
#[test]
fn the_end_of_a_version_is_the_start_of_the_next() {
    let rows = batch(
        "
tables:
  prices: {rows: 50, columns: {id: serial}}
  versions:
    per: prices
    count: {poisson: 3}
    columns:
      price_id: parent
      valid_from: {moment: {from: 2020-01-01, to: 2026-01-01, order: within parent}}
      valid_to: = next(valid_from)
      is_current: = next(valid_from) is null
",
        "versions",
    );
    let of = numbers(&rows, "price_id");
    let instants = |column: &str| {
        let array = rows.column_by_name(column).unwrap();
        array.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().clone()
    };
    let (from, to) = (instants("valid_from"), instants("valid_to"));
    for i in 0..rows.num_rows() {
        let last = i + 1 == rows.num_rows() || of[i + 1] != of[i];
        assert_eq!(to.is_null(i), last);
        assert!(last || to.value(i) == from.value(i + 1) && from.value(i) <= to.value(i));
    }
}

/// A row that is beside none does not spoil the others, and one that is does.
#[test]
fn an_error_counts_where_the_value_is_read() {
    let scenario = |side: &str| {
        format!(
            "tables: {{a: {{rows: 3, columns: {{id: serial}}}}, b: {{per: a, count: 2, columns: {{id: serial, x: '= {side}(10 / (4 - row_number()))'}}}}}}"
        )
    };
    // The fourth row is the last of its siblings, so that none has it before itself.
    let rows = batch(&scenario("previous"), "b");
    assert_eq!(numbers(&rows, "x"), [None, Some(3), None, Some(10), None, Some(-10)]);
    let plan = plan(&scenario("next"));
    let error = plan.batch(plan.table("b").unwrap(), 0..6).unwrap_err().to_string();
    assert!(error.contains("division by zero (row 4)"), "{error}");
}

#[test]
fn sums_that_do_not_fit_are_told_at_their_row() {
    let scenario = "tables: {a: {rows: 1, columns: {id: serial}}, b: {per: a, count: 5, columns: {x: '= running_sum(case ordinal() when 2 then 9223372036854775807 when 3 then -5 else 1 end)'}}}";
    let plan = plan(scenario);
    let b = plan.table("b").unwrap();
    let error = plan.batch(b, 0..5).unwrap_err().to_string();
    assert!(error.contains("bigint out of range (row 2)"), "{error}");
    let array = plan.batch(b, 2..5).unwrap();
    assert_eq!(array.column(0).as_primitive::<Int64Type>().value(0), i64::MAX - 4);
}

#[test]
fn the_row_before_is_a_foreign_key_when_its_key_is_shown() {
    let plan = plan(
        "tables: {a: {rows: 3, columns: {id: serial}}, b: {per: a, count: 2, columns: {id: serial, before_id: = previous(id), n: = previous(id + 1)}}}",
    );
    let b = plan.table("b").unwrap();
    let foreign = &plan.model().tables[1].keys.foreign;
    assert_eq!(foreign.len(), 1, "{foreign:?}");
    assert_eq!(
        (foreign[0].target, plan.model().tables[1].columns[foreign[0].columns[0]].name.as_str()),
        (b, "before_id")
    );
}

#[test]
fn totals_can_be_over_what_is_read_of_siblings() {
    let rows = batch(
        "tables: {a: {rows: 2, columns: {id: serial, gaps: '= sum(coalesce(b.n - previous(b.n), 0))', top: = max(running_sum(b.n))}}, b: {per: a, count: 4, columns: {n: = row_number() * row_number()}}}",
        "a",
    );
    assert_eq!(numbers(&rows, "gaps"), [Some(15), Some(39)]);
    assert_eq!(numbers(&rows, "top"), [Some(30), Some(174)]);
}

#[test]
fn what_goes_in_a_ring_is_told_the_way_out() {
    let of = |columns: &str| {
        faults(&format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: 2, columns: {{{columns}}}}}}}"
        ))
    };
    let said = of("x: '= coalesce(previous(x), 0) + 1'");
    assert!(said.contains("what goes on from row to row is a `running_sum`"), "{said}");
    let said = of("x: = y, y: '= running_sum(x)'");
    assert!(said.contains("depends on itself") && said.contains("running_sum"), "{said}");
    let said = of("x: = y, y: = x");
    assert!(said.contains("depends on itself") && !said.contains("running_sum"), "{said}");
    for (wrong, message) in [
        ("x: '= running_sum(''a'')'", "`running_sum` of text"),
        ("x: '= running_sum(*)'", "`running_sum` takes one argument"),
        ("x: '= previous()'", "`previous` takes one argument"),
        ("x: '= previous(idd)', y: 1", "unknown column `idd`"),
        ("id: serial, x: '= lag(id)'", "write `previous(x)` or `next(x)`"),
        ("id: serial, x: '= sum(id) over ()'", "`running_sum(x)`"),
        ("id: serial, x: '= runing_sum(id)'", "did you mean `running_sum`?"),
    ] {
        let said = of(wrong);
        assert!(said.contains(message), "{wrong}: {said}");
    }
    let root = faults("tables: {t: {rows: 2, columns: {id: serial, x: = running_max(id)}}}");
    assert!(root.contains("`running_max` runs over the children of one parent"), "{root}");
}

/// Each doubled the work while neighbours had a frame of their own.
#[test]
fn neighbours_of_neighbours_take_a_frame_each() {
    let mut columns = "c0: = id".to_owned();
    for i in 1..60 {
        columns += &format!(", c{i}: = previous(c{} + 1)", i - 1);
    }
    let rows = batch(
        &format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: 70, columns: {{id: serial, {columns}}}}}}}"
        ),
        "b",
    );
    let last = numbers(&rows, "c59");
    assert_eq!(last.iter().flatten().count(), 11);
    assert_eq!(last[69], Some(70));
}
