//! Rows at a rate: how many, when, and any of them alone.

use super::{in_bulk, instants, numbers, plan, texts, whole};

/// Who visits how often: a Poisson law of the time that counts, which the witness adds up from the history.
#[test]
fn rates_have_their_means() {
    let scenario = "
as_of: 2026-01-01
tables:
  users:
    rows: 2000
    let: {life: {lifecycle: {from: 2025-01-01, states: {on: {leaves: [{to: off, rate: 3 per year}]}, off: {leaves: [{to: on, rate: 5 per year}]}}}}}
    columns: {id: serial}
  steps: {history_of: users.life, let: {step: step}, columns: {of: parent, at: = step.at, to: = step.to}}
  visits:
    per: users
    rate: {of: 12 per month, from: 2025-01-01, during: life in (on)}
    let: {visit: occurrence}
    columns: {of: parent, at: = visit.start}
";
    let plan = plan(scenario);
    let (steps, visits) = (in_bulk(&plan, "steps"), in_bulk(&plan, "visits"));
    let (of, at, to) = (numbers(&steps, "of"), instants(&steps, "at"), texts(&steps, "to"));
    let as_of = plan.model().as_of;
    let mut on = 0.0;
    for i in 0..steps.num_rows() {
        let end = if i + 1 < of.len() && of[i + 1] == of[i] { at[i + 1].unwrap() } else { as_of };
        on += if to[i].as_deref() == Some("on") { (end - at[i].unwrap()) as f64 } else { 0.0 };
    }
    let expected = on * 12.0 / (365.2425 / 12.0 * 86_400e6);
    let found = visits.num_rows() as f64;
    // Four standard deviations: one seed in 16,000 fails.
    assert!((found - expected).abs() < 4.0 * expected.sqrt(), "{found} and {expected}");
}

/// Rows of one large process, far apart: each costs what one row costs, and is the one of the bulk.
#[test]
fn far_rows_at_a_rate() {
    let plan = plan(
        "
as_of: 2026-01-01
tables:
  s: {rows: 1, columns: {id: serial}}
  e:
    per: s
    rate: {of: 3000 per day, from: timestamptz '2025-01-01'}
    let: {o: occurrence}
    columns: {id: serial, at: = o.start}
  p:
    rows: 3000
    columns:
      s_id: {reference: s}
      e_id: {reference: e}
      at: = e_id.at
      last: {reference: {to: e, within: s_id, existed_at: at, by: at, latest: true}}
",
    );
    let all = instants(&whole(&plan, "e", 8192), "at");
    assert!(all.len() > 1_000_000 && all.is_sorted());
    let picked = whole(&plan, "p", 1000);
    for ((at, id), last) in
        instants(&picked, "at").into_iter().zip(numbers(&picked, "e_id")).zip(numbers(&picked, "last"))
    {
        assert_eq!(at, all[id.unwrap() as usize - 1]);
        assert_eq!(last, Some(all.partition_point(|known| *known <= at) as i64));
    }
}

/// The end is no part of a rate, however dense it is.
#[test]
fn dense_rates_end_before_their_end() {
    let plan = plan(
        "
as_of: 2026-01-01
since: 2025-01-01
tables:
  s: {rows: 50, columns: {id: serial}}
  r: {per: s, rate: {of: 60000000 per minute, from: since, until: \"since + interval '2 milliseconds'\"}, let: {o: occurrence}, columns: {at: = o.start}}
",
    );
    let until = 1_735_689_600_002_000;
    let at = instants(&whole(&plan, "r", 8192), "at");
    assert!(at.len() > 90_000 && at.iter().all(|at| at.is_some_and(|at| at < until)));
}
