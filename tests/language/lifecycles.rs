//! Lifecycles and what depends on them: histories, occurrences, rates and references that agree with them, at any `as_of`, alone and
//! in bulk.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use seedbed_engine::Plan;

use super::{faults, in_bulk, instants, numbers, plan_at, texts, whole};

const LIVES: &str = "
since: 2023-01-01
tables:
  tenants:
    rows: 60
    let: {place: place}
    columns: {id: serial, zone: = place.zone}
  subscriptions:
    per: tenants
    count: 2
    let:
      renewal: {recurrence: {month: \"= case yearly when true then 12 else 1 end\", from: paid_from, at: 00:00, zone: tenants.zone}}
      paid_from: = started_at + interval '14 days'
      life:
        lifecycle:
          from: started_at
          until: gone_at
          states:
            trialing: {until: paid_from, then: {active: {weight: 62, because: paid}, canceled: {weight: = churn, because: left}}}
            active:
              leaves:
                - {to: past_due, at: renewal, chance: 20%, delay: 1 hour, because: failed}
                - {to: canceled, rate: 4% per month, because: left}
                - {to: paused, rate: 5% per month}
            past_due:
              for: {choose: {1 day: 50, 3 days: 25, 5 days: 10, 7 days: 15}}
              then: {active: 80, canceled: {weight: 20, because: exhausted}}
            paused: {for: {mean: 40 days}, then: active}
            canceled:
    columns:
      id: serial
      churn: = 38.0
      yearly: {boolean: 20%}
      started_at: {moment: {from: since, to: as_of, order: within parent}}
      gone_at: {moment: {from: started_at, to: 2026-06-01}, null: 70%}
      status: = life.state
      status_since: = life.since
      steps: = life.steps
      paused: = life.entered(paused)
      past_due_at: = life.first(past_due)
      last_active: = life.last('active', 'trialing')
  steps:
    history_of: subscriptions.life
    let: {step: step}
    columns:
      id: serial
      subscription_id: parent
      before: = step.from
      after: = step.to
      at: = step.at
      until: = step.until
      reason: = step.because
      number: = step.number
      same: = subscriptions.life.state_at(step.at)
      same_until: = subscriptions.life.at(step.at).until
  stays:
    history_of: subscriptions.life in (past_due, paused)
    let: {step: step}
    columns:
      subscription_id: parent
      from_at: = step.at
      until: = step.until
      number: = step.number
      state: = step.to
      came_from: = step.from
  notes:
    per: subscriptions
    count: 4
    columns:
      subscription_id: parent
      at: {moment: {from: subscriptions.started_at, to: as_of, order: within parent}}
      stay_at: {reference: {to: stays, column: from_at, within: subscriptions, existed_at: at, by: from_at, latest: true}}
  invoices:
    per: subscriptions
    every: {month: \"= case yearly when true then 12 else 1 end\", from: paid_from, at: 00:00, zone: tenants.zone, while: 'life in (active, past_due)'}
    let: {period: occurrence}
    columns:
      subscription_id: parent
      start: = period.start
      next: = period.end
      state: = subscriptions.life.state_at(period.start)
      before: = subscriptions.renewal.before(period.start)
      last: = subscriptions.renewal.last(period.start)
      following: = subscriptions.renewal.next(period.start)
  visits:
    per: subscriptions
    rate: {of: 5 per month, from: started_at, until: gone_at, during: 'life in (trialing, active)', hours: business, zone: tenants.zone, growth: 1% per month}
    let: {visit: occurrence}
    columns:
      subscription_id: parent
      at: = visit.start
      number: = visit.number
      state: = subscriptions.life.state_at(visit.start)
      payer: {reference: {to: subscriptions, within: tenants, existed_at: visit.start, by: started_at, until: gone_at, while: 'life in (active, trialing)'}}
";

/// A step as its row has it: instant, state, state before, reason.
type Step = (i64, String, Option<String>, Option<String>);

fn histories(plan: &Plan) -> BTreeMap<i64, Vec<Step>> {
    let steps = in_bulk(plan, "steps");
    let (of, at) = (numbers(&steps, "subscription_id"), instants(&steps, "at"));
    let (after, before, reason) = (texts(&steps, "after"), texts(&steps, "before"), texts(&steps, "reason"));
    let mut all: BTreeMap<i64, Vec<Step>> = BTreeMap::new();
    for i in 0..steps.num_rows() {
        let step = (at[i].unwrap(), after[i].clone().unwrap(), before[i].clone(), reason[i].clone());
        all.entry(of[i].unwrap()).or_default().push(step);
    }
    all
}

fn state_at(history: &[Step], instant: i64) -> Option<&str> {
    history.iter().rev().find(|step| step.0 <= instant).map(|step| step.1.as_str())
}

#[test]
fn histories_are_connected_and_end_in_the_state() {
    let plan = plan_at(LIVES, "2026-04-13");
    let all = histories(&plan);
    let subscriptions = in_bulk(&plan, "subscriptions");
    assert_eq!(all.len(), subscriptions.num_rows());
    let (id, gone) = (numbers(&subscriptions, "id"), instants(&subscriptions, "gone_at"));
    let (status, since) = (texts(&subscriptions, "status"), instants(&subscriptions, "status_since"));
    let (started, steps) = (instants(&subscriptions, "started_at"), numbers(&subscriptions, "steps"));
    let (paused, past_due) = (numbers(&subscriptions, "paused"), instants(&subscriptions, "past_due_at"));
    let last_active = instants(&subscriptions, "last_active");
    let mut states = BTreeMap::new();
    for i in 0..subscriptions.num_rows() {
        let history = &all[&id[i].unwrap()];
        assert_eq!((Some(history[0].0), history[0].1.as_str()), (started[i], "trialing"));
        assert_eq!(history[0].2, None);
        for pair in history.windows(2) {
            assert!(pair[0].0 < pair[1].0 && Some(&pair[0].1) == pair[1].2.as_ref());
            assert_ne!(pair[0].1, "canceled", "a final state");
            assert!(gone[i].is_none_or(|gone| pair[1].0 < gone));
        }
        let last = &history[history.len() - 1];
        assert_eq!((Some(last.0), Some(&last.1)), (since[i], status[i].as_ref()));
        assert_eq!(steps[i], Some(history.len() as i64));
        let entered = |state: &'static str| history.iter().filter(move |step| step.1 == state);
        assert_eq!(paused[i], Some(entered("paused").count() as i64));
        assert_eq!(past_due[i], entered("past_due").next().map(|step| step.0));
        let active = history.iter().rev().find(|step| step.1 == "active" || step.1 == "trialing");
        assert_eq!(last_active[i], active.map(|step| step.0));
        for step in history {
            *states.entry(step.1.clone()).or_insert(0) += 1;
            match (step.2.as_deref(), step.1.as_str(), step.3.as_deref()) {
                (None, ..) | (_, "paused", None) | (_, "active", None | Some("paid")) => {}
                (_, "past_due", Some("failed")) | (_, "canceled", Some("left" | "exhausted")) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(states.len(), 5, "every state is reached: {states:?}");
    let steps = in_bulk(&plan, "steps");
    assert_eq!(texts(&steps, "same"), texts(&steps, "after"));
    assert_eq!(instants(&steps, "same_until"), instants(&steps, "until"));
}

/// What was, stays: histories, occurrences and what happens at a rate go on, and nothing of them changes, with every later `as_of`.
#[test]
fn a_later_as_of_goes_on() {
    let dates = ["2025-03-30T01:30:00Z", "2025-11-02", "2026-05-01"];
    let scenario = LIVES.replace("to: as_of, order: within parent", "to: 2025-01-01, order: within parent");
    let plans = dates.map(|as_of| plan_at(&scenario, as_of));
    for (table, of, at) in [
        ("steps", "subscription_id", "at"),
        ("invoices", "subscription_id", "start"),
        ("visits", "subscription_id", "at"),
    ] {
        let by_parent = |plan: &Plan| {
            let rows = in_bulk(plan, table);
            let mut all: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
            for (of, at) in numbers(&rows, of).into_iter().zip(instants(&rows, at)) {
                all.entry(of.unwrap()).or_default().push(at.unwrap());
            }
            all
        };
        for (earlier, later) in [(0, 1), (1, 2), (0, 2)] {
            let as_of = plans[earlier].model().as_of;
            let (before, after) = (by_parent(&plans[earlier]), by_parent(&plans[later]));
            assert!(!before.is_empty() && before.values().map(Vec::len).sum::<usize>() > 50);
            let mut more = 0;
            for (parent, times) in &after {
                let known = before.get(parent).map_or(&[][..], Vec::as_slice);
                assert_eq!(times[..known.len()], known[..], "{table} of {parent}");
                assert!(times[known.len()..].iter().all(|at| *at > as_of), "{table} of {parent}");
                more += times.len() - known.len();
            }
            assert!(more > 20, "{table}: {more}");
        }
    }
}

#[test]
fn occurrences_are_left_out_and_the_grid_stays() {
    let plan = plan_at(LIVES, "2026-04-13");
    let (all, invoices) = (histories(&plan), in_bulk(&plan, "invoices"));
    let (of, start) = (numbers(&invoices, "subscription_id"), instants(&invoices, "start"));
    let (state, next) = (texts(&invoices, "state"), instants(&invoices, "next"));
    let mut left_out = 0;
    for i in 0..invoices.num_rows() {
        let at = start[i].unwrap();
        assert_eq!(state_at(&all[&of[i].unwrap()], at), state[i].as_deref());
        assert!(matches!(state[i].as_deref(), Some("active" | "past_due")));
        if i > 0 && of[i] == of[i - 1] {
            assert!(start[i - 1] < start[i]);
            left_out += i32::from(next[i - 1] != start[i]);
        }
    }
    assert!(left_out > 3, "{left_out}");
    // The recurrence of the row knows all of them.
    assert_eq!(instants(&invoices, "last"), start);
    assert_eq!(instants(&invoices, "following"), next);
    assert!(numbers(&invoices, "before").iter().all(|before| before.is_some_and(|before| before >= 0)));
}

#[test]
fn what_happens_at_a_rate_happens_during_the_states() {
    let plan = plan_at(LIVES, "2026-04-13");
    let (all, visits) = (histories(&plan), in_bulk(&plan, "visits"));
    let (of, at) = (numbers(&visits, "subscription_id"), instants(&visits, "at"));
    let (state, number) = (texts(&visits, "state"), numbers(&visits, "number"));
    for i in 0..visits.num_rows() {
        assert_eq!(state_at(&all[&of[i].unwrap()], at[i].unwrap()), state[i].as_deref());
        assert!(matches!(state[i].as_deref(), Some("active" | "trialing")));
        let first = i == 0 || of[i] != of[i - 1];
        assert_eq!(number[i], Some(if first { 1 } else { number[i - 1].unwrap() + 1 }));
        assert!(first || at[i - 1] <= at[i]);
    }
}

/// References pick any row that was there and in one of the states, and none only where there is none.
#[test]
fn references_to_rows_that_were_in_a_state() {
    let plan = plan_at(LIVES, "2026-04-13");
    let (all, visits, subscriptions) =
        (histories(&plan), in_bulk(&plan, "visits"), in_bulk(&plan, "subscriptions"));
    let gone: BTreeMap<i64, Option<i64>> = numbers(&subscriptions, "id")
        .into_iter()
        .map(Option::unwrap)
        .zip(instants(&subscriptions, "gone_at"))
        .collect();
    let (at, of, payer) =
        (instants(&visits, "at"), numbers(&visits, "subscription_id"), numbers(&visits, "payer"));
    let may = |id: i64, at: i64| {
        matches!(state_at(&all[&id], at), Some("active" | "trialing"))
            && gone[&id].is_none_or(|gone| at < gone)
    };
    let mut others = 0;
    for i in 0..visits.num_rows() {
        let (at, of) = (at[i].unwrap(), of[i].unwrap());
        // Two subscriptions of a tenant follow each other.
        let first = of - (of - 1) % 2;
        let candidates: Vec<i64> = (first..first + 2).filter(|id| may(*id, at)).collect();
        match payer[i] {
            Some(payer) => assert!(candidates.contains(&payer), "row {i}"),
            None => assert!(candidates.is_empty(), "row {i}"),
        }
        others += i32::from(payer[i].is_some_and(|payer| payer != of));
    }
    assert!(others > 20, "{others}");
}

/// Rows for the steps into some states only, and the last of them at an instant.
#[test]
fn stays_are_the_steps_into_some_states() {
    let plan = plan_at(LIVES, "2026-04-13");
    let (all, stays) = (histories(&plan), in_bulk(&plan, "stays"));
    let (of, from, until) =
        (numbers(&stays, "subscription_id"), instants(&stays, "from_at"), instants(&stays, "until"));
    let (number, state, came_from) =
        (numbers(&stays, "number"), texts(&stays, "state"), texts(&stays, "came_from"));
    let mut found = Vec::new();
    for i in 0..stays.num_rows() {
        let (subscription, number) = (of[i].unwrap(), number[i].unwrap() as usize);
        let history = &all[&subscription];
        let step = &history[number - 1];
        assert_eq!((Some(step.0), Some(&step.1), &step.2), (from[i], state[i].as_ref(), &came_from[i]));
        assert_eq!(until[i], history.get(number).map(|next| next.0));
        found.push((subscription, number));
    }
    let mut expected = Vec::new();
    for (subscription, history) in &all {
        let numbers =
            history.iter().enumerate().filter(|(_, step)| step.1 == "past_due" || step.1 == "paused");
        expected.extend(numbers.map(|(number, _)| (*subscription, number + 1)));
    }
    expected.sort_unstable();
    assert_eq!(found, expected);

    let notes = in_bulk(&plan, "notes");
    let (noted, at, last) =
        (numbers(&notes, "subscription_id"), instants(&notes, "at"), instants(&notes, "stay_at"));
    for i in 0..notes.num_rows() {
        let mut of_subscription =
            (0..stays.num_rows()).filter(|stay| of[*stay] == noted[i] && from[*stay] <= at[i]);
        assert_eq!(last[i], of_subscription.next_back().and_then(|stay| from[stay]));
    }
    assert!(last.iter().flatten().count() > 20);
}

#[test]
fn any_row_alone_is_the_row_in_bulk() {
    let plan = plan_at(LIVES, "2026-04-13");
    for table in ["subscriptions", "steps", "stays", "notes", "invoices", "visits"] {
        let all = in_bulk(&plan, table);
        let number = plan.table(table).unwrap();
        for row in (0..all.num_rows()).rev().step_by(all.num_rows() / 20 + 1) {
            let alone = plan.batch(number, row as u64..row as u64 + 1).expect("values exist");
            assert_eq!(alone, all.slice(row, 1), "row {row} of {table}");
        }
    }
}

/// A moment whose `to` is before its `from` is `from`, and so may be after `as_of`: nothing has begun there, and that is no NULL in a
/// column that has none.
#[test]
fn lives_that_have_not_begun_are_empty() {
    let scenario = "
since: 2026-01-01
as_of: 2026-04-01
tables:
  t:
    rows: 200
    let: {life: {lifecycle: {from: began_at, states: {a: {for: 3 days, then: b}, b: }}}}
    columns:
      id: serial
      joined_at: {moment: {from: since, to: as_of}}
      began_at: {moment: {from: \"joined_at + interval '60 days'\", to: as_of}}
      state: = life.state
  steps: {history_of: t.life, let: {step: step}, columns: {of: parent, at: = step.at}}
";
    let plan = super::plan(scenario);
    let (rows, steps) = (in_bulk(&plan, "t"), in_bulk(&plan, "steps"));
    let as_of = plan.model().as_of;
    let (began, state) = (instants(&rows, "began_at"), texts(&rows, "state"));
    for (began, state) in began.iter().zip(&state) {
        assert_eq!(state.is_some(), began.unwrap() <= as_of);
    }
    assert!(state.iter().any(Option::is_none) && state.iter().any(Option::is_some));
    assert!(instants(&steps, "at").iter().all(|at| at.unwrap() <= as_of));
}

#[test]
fn wrong_lives_are_refused() {
    let scenario = |life: &str, other: &str| {
        faults(&format!(
            "since: 2020-01-01\nas_of: 2026-01-01\ntables:\n  t:\n    rows: 3\n    let: {{life: {{lifecycle: {{from: since, {life}}}}}}}\n    columns: {{id: serial, x: \"{other}\"}}\n"
        ))
    };
    let open = "states: {open: {leaves: [{to: done, rate: 2 per day}]}, done: }";
    for (life, other, message) in [
        ("states: {a: {for: 1 day, then: c}, b: }", "= 1", "unknown state `c`"),
        ("states: {a: , b: }", "= 1", "nothing leads to state `b`"),
        ("states: {a: {for: 1 day, then: {a: 0, b: 0}}, b: }", "= 1", "`then`: no state has a weight"),
        ("states: {a: {for: 0 days, then: b}, b: }", "= 1", "`for`: expected a time above zero"),
        ("states: {a: {for: 1 day}, b: }", "= 1", "state `a` does not say what comes after it"),
        ("states: {a: {then: b}, b: }", "= 1", "state `a` has `then` and no end"),
        (
            "states: {a: {leaves: [{to: b, rate: 1 per day, after: 1 day}]}, b: }",
            "= 1",
            "a way out says twice when it is taken",
        ),
        ("states: {a: {leaves: [{to: b}]}, b: }", "= 1", "a way out does not say when it is taken"),
        (
            "states: {a: {leaves: [{to: b, rate: 120% per day}]}, b: }",
            "= 1",
            "expected a share of at least 0% and below 100%",
        ),
        ("states: {a: {leaves: [{to: b, at: nowhere}]}, b: }", "= 1", "unknown recurrence `nowhere`"),
        (
            "states: {a: {for: 1 minute, then: b}, b: {for: 1 minute, then: a}}",
            "= 1",
            "a life that comes back to `a` for ever",
        ),
        (open, "= life.state_on(as_of)", "`life` has no function `state_on`"),
        (open, "= life.at(as_of)", "a step is a group of values"),
        (open, "= life.at(as_of).til", "a step has no `til`"),
        (open, "= life.first(closed)", "unknown state `closed`"),
        (open, "= life.stat", "`life` has no `stat`"),
        (open, "= id.state_at(as_of)", "`id` is no lifecycle or recurrence"),
    ] {
        let said = scenario(life, other);
        assert!(said.contains(message), "{life} {other}: {said}");
    }
}

/// The word of a way out belongs to the names of its states and its reason: a way that is added, taken away or moved draws no other
/// one again. It was once told from its like by its place in the list.
#[test]
fn other_ways_out_move_none() {
    let left = |leaves: &str, then: &str| {
        let scenario = format!(
            "
as_of: 2026-01-01
tables:
  s:
    rows: 500
    let:
      life:
        lifecycle:
          from: timestamptz '2025-01-01'
          leaves: [{{to: closed, rate: 1% per month, because: fire}}]
          states: {{new: {{for: {{mean: 60 days}}, then: {then}}}, active: {{leaves: {leaves}}}, closed: }}
    columns: {{since: = life.first(active), user: = case when life.because = 'user' then life.since end}}
"
        );
        let batch = super::batch(&scenario, "s");
        (instants(&batch, "since"), instants(&batch, "user"))
    };
    let user = "{to: closed, rate: 10% per month, because: user}";
    let alone = left(&format!("[{user}]"), "active");
    // What is as good as never taken takes nothing away.
    let rarely = "{to: closed, rate: 0.0000001% per month, because: fraud}";
    assert_eq!(alone, left(&format!("[{rarely}, {user}]"), "active"));
    assert_eq!(alone, left(&format!("[{user}, {rarely}]"), "active"));
    let fire = "{to: closed, rate: 0.0000001% per month, because: fire}";
    assert_eq!(alone, left(&format!("[{fire}, {user}]"), "active"), "that of all states is another one");
    assert_eq!(
        alone,
        left(&format!("[{user}]"), "{active: 100000000000, closed: 1}"),
        "the stay is the same"
    );
}

/// NULL and what is below 0 count as 0, for the only way as for one of several.
#[test]
fn a_way_without_a_weight_is_not_taken() {
    let batch = super::batch(
        "
as_of: 2026-04-13
tables:
  s:
    rows: 4
    let:
      stays: {lifecycle: {from: a, states: {x: {for: 1 day, then: {y: = w}}, y: }}}
      stays_too: {lifecycle: {from: a, states: {x: {for: 1 day, then: {y: = w, z: = w}}, y: , z: }}}
      begins: {lifecycle: {from: a, start: {x: = w}, states: {x: {for: 1 day, then: y}, y: }}}
    columns:
      id: serial
      w: = case id when 1 then 0 when 2 then null when 3 then -1 else 1 end
      a: = timestamptz '2026-01-01'
      one: = stays.state = 'x'
      two: = stays_too.state = 'x'
      three: = begins.state is null
",
        "s",
    );
    for column in ["one", "two", "three"] {
        let values: Vec<bool> =
            batch.column_by_name(column).expect("it is there").as_boolean().values().iter().collect();
        assert_eq!(values, [true, true, true, false], "{column}");
    }
}

/// A life is known up to `as_of`, so what depends on its states does not go beyond, whatever the end is.
#[test]
fn states_do_not_last_beyond_as_of() {
    let at = |as_of: &str| {
        let scenario = "
tables:
  s:
    rows: 50
    let:
      life: {lifecycle: {from: a, states: {on: {leaves: [{to: off, rate: 10% per month}]}, off: }}}
    columns:
      id: serial
      a: = timestamptz '2026-01-01'
      term: = timestamptz '2027-01-01'
      moment: {moment: {from: a, to: term, during: life in (on)}}
  e:
    per: s
    every: {month: 1, from: a, until: term, while: life in (on)}
    let: {o: occurrence}
    columns: {at: = o.start}
";
        let plan = plan_at(scenario, as_of);
        (instants(&whole(&plan, "e", 100), "at"), instants(&whole(&plan, "s", 100), "moment"))
    };
    let as_of = Some(1_776_038_400_000_000);
    let ((early, moments), (late, _)) = (at("2026-04-13"), at("2026-12-13"));
    assert!(early.iter().chain(&moments).all(|at| *at <= as_of));
    let mut late: Vec<_> = late.into_iter().filter(|at| *at <= as_of).collect();
    let mut early = early;
    early.sort_unstable();
    late.sort_unstable();
    assert_eq!(early, late);
}

/// An empty life stands where the next one begins. What was known of it was once taken for what is known of that.
#[test]
fn rows_behind_an_empty_life() {
    let plan = super::plan(
        "
as_of: 2026-01-01
since: 2025-01-01
tables:
  s:
    rows: 400
    let:
      begins: {moment: {from: since, to: as_of}, null: 50%}
      life: {lifecycle: {from: begins, states: {on: {leaves: [{to: off, rate: 5% per month}]}, off: }}}
    columns:
      id: serial
      moment: {moment: {from: since, to: as_of, during: life in (on)}}
      rate_rows: = count(r)
      month_rows: = count(e)
  r: {per: s, rate: {of: 3 per day, from: since, during: life in (on)}, let: {o: occurrence}, columns: {at: = o.start}}
  e: {per: s, every: {month: 1, from: since, while: life in (on)}, let: {o: occurrence}, columns: {at: = o.start}}
",
    );
    let bulk = whole(&plan, "s", 400);
    let table = plan.table("s").expect("it is there");
    for row in 0..400 {
        assert_eq!(
            bulk.slice(row, 1),
            plan.batch(table, row as u64..row as u64 + 1).expect("values exist"),
            "{row}"
        );
    }
    assert!(
        numbers(&bulk, "rate_rows").iter().filter(|rows| rows.is_some_and(|rows| rows > 0)).count() > 150
    );
}
