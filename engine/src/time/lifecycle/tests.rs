//! Lives against the laws they follow.

use super::*;
use crate::calendar::Zone;
use crate::random::goodness::{assert_continuous, assert_discrete, words};
use crate::time::{DayOfMonth, Folds, Recurrence, Step as RuleStep};

const DAY: f64 = 86_400e6;

fn way(state: u16) -> Way {
    Way { state, reason: 0, weight: Amount::Constant(1.0) }
}

fn only(state: u16) -> Turn {
    Turn { ways: vec![way(state)], key: 0 }
}

fn state(name: &str, exits: Vec<Exit>) -> State {
    State { name: name.to_owned(), exits }
}

fn rule(states: Vec<State>) -> Lifecycle {
    Lifecycle { states, reasons: Vec::new(), start: only(0) }
}

fn lived(rule: &Lifecycle, word: u64, last: f64, given: &Given) -> Vec<Step> {
    let mut numbers = Vec::new();
    let first = rule.first(word, given).unwrap();
    rule.live(word, (0, first), last as i64, given, &mut numbers).unwrap();
    Life::of(&numbers).steps().collect()
}

/// On at 3 a year, off at 5 a year: the share that is on after a time has a closed form, and so have the stays.
#[test]
fn two_rates_are_a_chain_of_markov() {
    let year = 365.25 * DAY;
    let exit = |rate: f64, to: u16, key| Exit {
        when: When::Rate(Amount::Constant(rate), year),
        key,
        turn: only(to),
    };
    let rule = rule(vec![state("on", vec![exit(3.0, 1, 11)]), state("off", vec![exit(5.0, 0, 12)])]);
    let (mut on, mut stays) = ([0u64; 2], Vec::new());
    let words = words("lives", 100_000);
    for word in &words {
        let steps = lived(&rule, *word, 0.3 * year, &Given::default());
        on[usize::from(steps[steps.len() - 1].state)] += 1;
    }
    let share = 5.0 / 8.0 + 3.0 / 8.0 * (-8.0f64 * 0.3).exp();
    assert_discrete(&on, &[share, 1.0 - share]);
    for word in &words[..10_000] {
        let steps = lived(&rule, *word, 50.0 * year, &Given::default());
        // The second stay: what came before does not matter.
        stays.push((steps[2].at - steps[1].at) as f64 / year);
    }
    assert_continuous(stays, |years| 1.0 - (-5.0 * years).exp());
}

/// Of two rates the first to come wins: in the ratio of the rates, after the minimum of both.
#[test]
fn exits_compete() {
    let exit =
        |rate: f64, to: u16, key| Exit { when: When::Rate(Amount::Constant(rate), DAY), key, turn: only(to) };
    let rule = rule(vec![
        state("open", vec![exit(0.2, 1, 1), exit(0.3, 2, 2)]),
        state("won", vec![]),
        state("lost", vec![]),
    ]);
    let (mut ends, mut stays) = ([0u64; 2], Vec::new());
    for word in words("compete", 50_000) {
        let steps = lived(&rule, word, 1e6 * DAY, &Given::default());
        ends[usize::from(steps[1].state) - 1] += 1;
        stays.push(steps[1].at as f64 / DAY);
    }
    assert_discrete(&ends, &[0.4, 0.6]);
    assert_continuous(stays, |days| 1.0 - (-0.5 * days).exp());
}

/// A chance at each renewal: the number of renewals that go well is geometric, and nothing happens between them.
#[test]
fn chances_are_taken_at_occurrences() {
    let monthly = Recurrence {
        step: RuleStep::Months { months: 1, day: DayOfMonth::OfAnchor },
        at: None,
        folds: Folds::Later,
    };
    let series = monthly.from(0, Zone::utc());
    let given = Given { series: vec![Some(series)], ..Given::default() };
    let hour = 3_600_000_000;
    let when = When::Chance { series: 0, chance: Amount::Constant(0.25), delay: hour };
    let rule = rule(vec![state("good", vec![Exit { when, key: 5, turn: only(1) }]), state("bad", vec![])]);
    let mut months = [0u64; 6];
    for word in words("chances", 50_000) {
        let steps = lived(&rule, word, 1e6 * DAY, &given);
        let k = series.before(steps[1].at - hour);
        assert_eq!(series.at(k), Some(steps[1].at - hour));
        months[(k as usize).min(5)] += 1;
    }
    let q: f64 = 0.75;
    let shares = [0.25, 0.25 * q, 0.25 * q * q, 0.25 * q.powi(3), 0.25 * q.powi(4), q.powi(5)];
    assert_discrete(&months, &shares);
}

#[test]
fn weights_of_the_row_decide() {
    let ways = vec![Way { weight: Amount::Row(0), ..way(1) }, Way { weight: Amount::Row(1), ..way(2) }];
    let when = When::After(Stay::Fixed(Interval { days: 2, ..Interval::default() }));
    let turn = Turn { ways, key: 3 };
    let rule =
        rule(vec![state("a", vec![Exit { when, key: 4, turn }]), state("b", vec![]), state("c", vec![])]);
    let given = |a: f64, b: f64| Given { amounts: vec![a, b], ..Given::default() };
    let mut ends = [0u64; 2];
    for word in words("weights", 20_000) {
        let steps = lived(&rule, word, 1e6 * DAY, &given(1.0, 3.0));
        assert_eq!(steps[1].at as f64, 2.0 * DAY);
        ends[usize::from(steps[1].state) - 1] += 1;
        assert_eq!(lived(&rule, word, 1e6 * DAY, &given(f64::NAN, 2.0))[1].state, 2);
        // Where nothing has a weight, nothing comes next.
        assert_eq!(lived(&rule, word, 1e6 * DAY, &given(-1.0, 0.0)).len(), 1);
    }
    assert_discrete(&ends, &[0.25, 0.75]);
}

/// A later end goes on with the same life; an exit that never comes first changes nothing.
#[test]
fn lives_go_on_as_they_were() {
    let exit =
        |rate: f64, to: u16, key| Exit { when: When::Rate(Amount::Constant(rate), DAY), key, turn: only(to) };
    let plain = rule(vec![state("a", vec![exit(0.1, 1, 1)]), state("b", vec![exit(0.2, 0, 2)])]);
    let with_more = rule(vec![
        state("a", vec![exit(0.1, 1, 1), exit(1e-12, 2, 9)]),
        state("b", vec![exit(0.2, 0, 2)]),
        state("c", vec![]),
    ]);
    for word in words("go on", 500) {
        let long = lived(&plain, word, 2000.0 * DAY, &Given::default());
        let short = lived(&plain, word, 700.0 * DAY, &Given::default());
        assert_eq!(long[..short.len()], short[..]);
        assert!(long.get(short.len()).is_none_or(|next| next.at as f64 > 700.0 * DAY));
        assert_eq!(lived(&with_more, word, 2000.0 * DAY, &Given::default()), long);
    }
}

#[test]
fn lives_that_do_not_end_are_stopped() {
    let when = || When::After(Stay::Fixed(Interval { nanos: 1_000_000, ..Interval::default() }));
    let rule = rule(vec![
        state("a", vec![Exit { when: when(), key: 1, turn: only(1) }]),
        state("b", vec![Exit { when: when(), key: 2, turn: only(0) }]),
    ]);
    let mut steps = Vec::new();
    assert_eq!(rule.live(7, (0, way(0)), i64::MAX, &Given::default(), &mut steps), Err(TooLong));
    assert!(rule.live(7, (i64::MAX, way(0)), i64::MAX, &Given::default(), &mut Vec::new()).is_ok());
}

#[test]
fn what_holds_when() {
    let numbers: Vec<i64> =
        [(10, 0, 0), (20, 1, 2), (35, 0, 1)].iter().flat_map(|(at, s, r)| [*at, s | r << 16]).collect();
    let life = Life::of(&numbers);
    let held = [9, 10, 19, 20, 34, 35, 99].map(|at| life.holds_at(at));
    assert_eq!(held, [None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2)]);
    assert_eq!(life.step(1), Some(Step { at: 20, state: 1, reason: 2 }));
    assert_eq!(life.during(&States::of([0])).collect::<Vec<_>>(), [(10, 20), (35, i64::MAX)]);
}
