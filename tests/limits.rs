//! Whatever a scenario holds, the answer is a plan or faults with places inside the text, soon, and never a panic.

use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use seedbed_engine::model::Source;
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_tests::shipped;

/// No scenario of these tests may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rows of every table that are made of a scenario that compiles.
const ROWS: u64 = 3;

fn runs(cases: u32) -> ProptestConfig {
    // The cases are the same on every run, so that a failure is never a surprise of the day.
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    }
}

/// Whether a row may take its time: a total over many children, or the first child of many parents without any.
fn is_large(plan: &Plan) -> bool {
    let most = plan.model().tables.iter().map(|table| match table.source {
        Source::Per { ref count, .. } => count.max,
        Source::Root { rows } => rows,
    });
    most.max() > Some(100_000)
}

/// Compiles a scenario and makes a few rows of every table.
fn try_out(text: &str) -> Result<(), String> {
    match Plan::compile(text, &Settings { scale: 0.01, ..Settings::default() }) {
        Ok(plan) if is_large(&plan) => _ = plan.explain(None, None),
        Ok(plan) => {
            for (table, described) in TableId::enumerate(&plan.model().tables) {
                // A value that cannot be computed is an answer, too: an expression may divide by zero.
                if let Ok(batch) = plan.batch(table, 0..ROWS)
                    && batch.num_columns() != described.written().count()
                {
                    return Err("a column is missing".into());
                }
            }
            plan.explain(None, None);
        }
        Err(faults) => {
            if faults.0.is_empty() {
                return Err("refused without a fault".into());
            }
            for fault in &faults.0 {
                if fault.message.is_empty() {
                    return Err("a fault without words".into());
                }
                let Some(span) = fault.span else { continue };
                if text.get(span.start..span.end).is_none() {
                    return Err(format!(
                        "`{}` points at {}..{} of {} bytes",
                        fault.message,
                        span.start,
                        span.end,
                        text.len()
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The same on a thread of its own, with an end to patience.
fn survives(text: &str) -> Result<(), TestCaseError> {
    let (sender, receiver) = mpsc::channel();
    let owned = text.to_owned();
    let worker = std::thread::spawn(move || {
        let result = try_out(&owned);
        let _ = sender.send(());
        result
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = receiver.recv_timeout(PATIENCE) {
        return Err(TestCaseError::fail("no answer in time"));
    }
    match worker.join() {
        Ok(result) => result.map_err(TestCaseError::fail),
        Err(_) => Err(TestCaseError::fail("a panic")),
    }
}

/// Words, numbers, runs of blanks, and single other characters.
fn tokens(text: &str) -> Vec<String> {
    let class = |c: char| match c {
        _ if c.is_alphanumeric() || matches!(c, '_' | '.') => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = 2;
    for c in text.chars() {
        let now = class(c);
        match tokens.last_mut() {
            Some(token) if now == last && now != 2 => token.push(c),
            _ => tokens.push(c.into()),
        }
        last = now;
    }
    tokens
}

/// What is put in place of a number.
const NUMBERS: [&str; 18] = [
    "0",
    "-1",
    "1",
    "2",
    "0.5",
    "1e308",
    "-1e308",
    "1e-308",
    "NaN",
    "inf",
    "99999999999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "4294967296",
    "1000000",
    "101",
    "0.000001",
];

/// What is put in place of any token.
const HOSTILE: [&str; 31] = [
    "",
    " ",
    "\n",
    "\t",
    "101%",
    "-5%",
    "0%",
    "100%",
    "= 1/0",
    "= null",
    "''",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "&a",
    "*a",
    "!!int",
    "as_of",
    "parent",
    "\u{0}",
    "🦀",
    "never",
    "-1 hour",
    "3% per month",
    "previous(id)",
    "life in (active)",
    "9999-12-31",
];

/// One change to the tokens of a scenario.
#[derive(Clone, Debug)]
enum Change {
    Delete(prop::sample::Index),
    Double(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Copy(prop::sample::Index, prop::sample::Index),
    Number(prop::sample::Index, &'static str),
    Replace(prop::sample::Index, &'static str),
    CutOff(prop::sample::Index),
}

impl Change {
    fn apply(&self, tokens: &mut Vec<String>) {
        if tokens.is_empty() {
            return;
        }
        let count = tokens.len();
        match self {
            Self::Delete(at) => _ = tokens.remove(at.index(count)),
            Self::Double(at) => tokens.insert(at.index(count), tokens[at.index(count)].clone()),
            Self::Swap(a, b) => tokens.swap(a.index(count), b.index(count)),
            Self::Copy(from, to) => tokens[to.index(count)] = tokens[from.index(count)].clone(),
            Self::Number(at, with) => {
                let numbers: Vec<usize> = (0..count).filter(|i| tokens[*i].parse::<f64>().is_ok()).collect();
                if !numbers.is_empty() {
                    tokens[*at.get(&numbers)] = (*with).to_owned();
                }
            }
            Self::Replace(at, with) => tokens[at.index(count)] = (*with).to_owned(),
            Self::CutOff(at) => tokens.truncate(at.index(count)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        2 => at().prop_map(Change::Delete),
        2 => at().prop_map(Change::Double),
        4 => (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        4 => (at(), at()).prop_map(|(from, to)| Change::Copy(from, to)),
        8 => (at(), prop::sample::select(&NUMBERS[..])).prop_map(|(at, with)| Change::Number(at, with)),
        4 => (at(), prop::sample::select(&HOSTILE[..])).prop_map(|(at, with)| Change::Replace(at, with)),
        1 => at().prop_map(Change::CutOff),
    ]
}

/// A shipped scenario with a few changes.
fn mutant() -> impl Strategy<Value = String> {
    let text = prop::sample::select(shipped::names()).prop_map(|name| shipped::text(&name));
    (text, prop::collection::vec(change(), 1..4)).prop_map(|(text, changes)| {
        // Comments are left out, so that most changes hit something.
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let mut tokens = tokens(&lines.collect::<Vec<_>>().join("\n"));
        changes.iter().for_each(|change| change.apply(&mut tokens));
        tokens.concat()
    })
}

/// A shipped scenario with a few other numbers, which compiles more often.
fn other_numbers() -> impl Strategy<Value = String> {
    let text = prop::sample::select(shipped::names()).prop_map(|name| shipped::text(&name));
    let number = (any::<prop::sample::Index>(), prop::sample::select(&NUMBERS[..]));
    (text, prop::collection::vec(number.prop_map(|(at, with)| Change::Number(at, with)), 1..4)).prop_map(
        |(text, changes)| {
            let mut tokens = tokens(&text);
            changes.iter().for_each(|change| change.apply(&mut tokens));
            tokens.concat()
        },
    )
}

/// A scenario of one table whose column is an arbitrary expression.
fn expression() -> impl Strategy<Value = String> {
    let leaves = vec![
        "a",
        "b",
        "id",
        "as_of",
        "$p",
        "1",
        "0",
        "-1",
        "2.5",
        "9223372036854775807",
        "'x'",
        "''",
        "null",
        "true",
        "date '2024-02-29'",
        "interval '1 month'",
        "timestamptz '294246-12-31 23:59:59Z'",
        "99999999999999999999999999999999999999",
        "row_number()",
        "rows(t)",
        "x.y",
    ];
    let operators =
        vec!["+", "-", "*", "/", "%", "||", "=", "<", "and", "or", "is distinct from", "like", ",", ""];
    let around = vec![
        "({})",
        "-{}",
        "not {}",
        "{} is null",
        "{} in (1, 2)",
        "{}::integer",
        "{}::text",
        "{}::date",
        "{}::numeric(38,30)",
        "{} at time zone 'Europe/Berlin'",
        "round({}, 3)",
        "length({})",
        "repeat({}, 1000000000)",
        "lpad('x', {})",
        "power({}, 300)",
        "extract(year from {})",
        "coalesce(null, {})",
        "sqrt({})",
        "chr({})",
        "substr('text', {})",
        "case when {} then 1 end",
        "to_timestamp({})",
        "sum({})",
        "f({})",
    ];
    let leaf = prop::sample::select(leaves).prop_map(str::to_owned);
    let tree = leaf.prop_recursive(4, 12, 2, move |inner| {
        let operator = prop::sample::select(operators.clone());
        let around = prop::sample::select(around.clone());
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
            (around, inner).prop_map(|(around, inner)| around.replace("{}", &inner)),
        ]
    });
    tree.prop_map(|expression| {
        format!(
            "as_of: 2026-04-13\nparams: {{p: 7}}\ntables:\n  t:\n    rows: 10\n    columns:\n      id: serial\n      \
             a: {{integer: {{from: 0, to: 9}}}}\n      b: {{choose: [x, y]}}\n      c: >-\n        = {expression}\n"
        )
    })
}

proptest! {
    #![proptest_config(runs(1500))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        survives(&text)?;
    }

    #[test]
    fn any_yaml_gets_an_answer(text in "(tables|rows|columns|per|count|t|id|serial|[0-9:{}\\[\\],&*!|>'\"#% \n-]){0,60}") {
        survives(&text)?;
    }

    #[test]
    fn a_changed_scenario_gets_an_answer(text in mutant()) {
        survives(&text)?;
    }

    #[test]
    fn a_scenario_with_other_numbers_gets_an_answer(text in other_numbers()) {
        survives(&text)?;
    }

    #[test]
    fn any_expression_gets_an_answer(text in expression()) {
        survives(&text)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(7), ..runs(40_000) })]

    #[test]
    #[ignore = "slow: forty thousand mutants"]
    fn many_changed_scenarios_get_an_answer(text in mutant()) {
        survives(&text)?;
    }

    #[test]
    #[ignore = "slow: forty thousand mutants"]
    fn many_scenarios_with_other_numbers_get_an_answer(text in other_numbers()) {
        survives(&text)?;
    }

    #[test]
    #[ignore = "slow: forty thousand expressions"]
    fn many_expressions_get_an_answer(text in expression()) {
        survives(&text)?;
    }
}

/// How many of two hundred scenarios compile.
fn compiled(scenarios: &impl Strategy<Value = String>) -> u32 {
    let compiled = std::cell::Cell::new(0);
    let count = |text: String| {
        compiled.set(compiled.get() + u32::from(Plan::compile(&text, &Settings::default()).is_ok()));
        Ok(())
    };
    proptest::test_runner::TestRunner::new(runs(200)).run(scenarios, count).expect("counting does not fail");
    compiled.get()
}

#[test]
fn mutants_are_not_all_refused() {
    // Otherwise the tests above would only look at the reader.
    let (mutants, numbers, expressions) =
        (compiled(&mutant()), compiled(&other_numbers()), compiled(&expression()));
    assert!((10..190).contains(&mutants), "{mutants} of 200 mutants compile");
    assert!((40..190).contains(&numbers), "{numbers} of 200 scenarios with other numbers compile");
    assert!((10..190).contains(&expressions), "{expressions} of 200 expressions compile");
}

/// Texts that once made a compiler panic or hang, each with its story.
const ONCE_WRONG: [(&str, &str); 6] = [
    (
        "a date is days, and a day of the year one million overflowed in microseconds",
        "as_of: 1000000-01-01\ntables: {t: {rows: 1, columns: {id: serial}}}",
    ),
    (
        "a numeric of 38 digits was multiplied by ten before its precision was checked",
        "tables: {t: {rows: 1, columns: {x: \"= power(row_number() + 6, 300)::numeric(38,30)\"}}}",
    ),
    (
        "an empty text was appended two billion times for each row",
        "tables: {t: {rows: 1000, columns: {x: \"= repeat('', 2147483640 + row_number()::integer % 2)\"}}}",
    ),
    (
        "an array of texts of four bytes a character was longer than its offsets can say",
        "tables: {t: {rows: 8192, columns: {x: {array: {of: {characters: {length: 32768, alphabet: \"🦀\"}}, length: 2}}}}}",
    ),
    (
        "a child without siblings enough was found only while it was made",
        "tables: {a: {rows: 9, columns: {id: serial}}, b: {per: a, count: {normal: {mean: 0, sd: 0.1, min: 2.5}, type: integer}, \
         columns: {id: serial, a_id: {reference: {to: a, distinct: true}}}}}",
    ),
    ("a literal table without a column was asked for its key", "tables: {t: {rows: [{}]}}"),
];

#[test]
fn what_was_wrong_once_gets_an_answer() {
    for (story, text) in ONCE_WRONG {
        survives(text).unwrap_or_else(|error| panic!("{story}: {error}"));
    }
}
