//! Equal fingerprints mean equal data: what decides the data is in the fingerprint, however small the difference is.

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use seedbed_engine::{Plan, Settings};
use seedbed_tests::rewrite::scenarios;

use super::sample::{Sample, sample};

/// A scenario of one column under parameters, whose table refers to the names around it.
fn with(params: &str, column: &str) -> String {
    format!(
        "params: {{{params}}}\ntables:\n  t:\n    rows: 20\n    columns:\n      id: serial\n      x: {column}\n"
    )
}

fn compile(text: &str, settings: &Settings) -> Plan {
    Plan::compile(text, settings).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// The fingerprint and the first rows.
fn both(text: &str, settings: &Settings) -> (String, Sample) {
    let plan = compile(text, settings);
    (plan.fingerprint().to_owned(), sample(&plan))
}

fn set(param: &str, value: &str) -> Settings {
    Settings { params: vec![(param.to_owned(), value.to_owned())], ..Settings::default() }
}

/// Columns that differ in one thing and give other data, or data of another type.
const PAIRS: [(&str, &str); 22] = [
    ("{choose: {1: 3, 2: 1}}", "{choose: {\"1\": 3, \"2\": 1}}"),
    ("{choose: [1, 2]}", "{choose: [1, \"2\"]}"),
    ("{choose: [true, false]}", "{choose: [\"true\", false]}"),
    ("{choose: [1, 2]}", "{choose: [1, 2.0]}"),
    ("{choose: [1.0, 2]}", "{choose: [1.00, 2]}"),
    ("{choose: {a: 1, b: 2}}", "{choose: {b: 1, a: 2}}"),
    ("{choose: {ab: 1, c: 1}}", "{choose: {a: 1, bc: 1}}"),
    ("{word: {of: {a: 1, b: 1}}}", "{word: {of: {a: 1, c: 1}}}"),
    (
        "{switch: {on: id % 2, cases: {0: = 'a', 1: = 'b'}}}",
        "{switch: {on: id % 2, cases: {1: = 'a', 0: = 'b'}}}",
    ),
    ("{json: {a: serial, b: serial}}", "{json: {b: serial, a: serial}}"),
    ("{json: {1: serial}}", "{json: {1.0: serial}}"),
    ("{integer: {from: 1, to: 6}}", "{integer: {from: 1, to: 7}}"),
    ("{decimal: {from: 0, to: 1}}", "{decimal: {from: 0, to: 1, scale: 3}}"),
    ("{text: \"{id}\"}", "{text: \"{id} \"}"),
    ("= 1", "= 1.0"),
    ("= '1'", "= 1"),
    ("{boolean: 5%}", "{boolean: 5}"),
    ("{array: {of: {choose: [1]}, length: 2}}", "{array: {of: {choose: [\"1\"]}, length: 2}}"),
    ("{uuid: 4}", "{uuid: {version: 7, at: as_of}}"),
    ("serial", "{serial: {start: 2}}"),
    ("{integer: {from: 1, to: 6}, null: 1%}", "{integer: {from: 1, to: 6}, null: 90%}"),
    ("{integer: {from: 1, to: 6}}", "{integer: {from: 1, to: 6}, type: integer}"),
];

#[test]
fn two_columns_that_differ_in_one_thing_have_two_fingerprints() {
    let mut compared = 0;
    for (one, other) in PAIRS {
        // A pair may be refused in one form; then it has no data.
        let plans = [one, other].map(|column| Plan::compile(&with("", column), &Settings::default()));
        let [Ok(one_plan), Ok(other_plan)] = plans else { continue };
        assert_ne!(one_plan.fingerprint(), other_plan.fingerprint(), "{one} and {other}");
        assert_ne!(sample(&one_plan), sample(&other_plan), "{one} and {other} are no pair");
        compared += 1;
    }
    assert!(compared > 15, "{compared} pairs compile");
}

#[test]
fn a_parameter_counts_by_its_type_and_value() {
    // A numeric that looked like a whole number divided as one, under the same fingerprint.
    let text = with("n: 1.5, s: abc, b: false, d: 1e300", "= $n / 2");
    let plain = both(&text, &Settings::default());
    for (name, value) in
        [("n", "5"), ("n", "5.0"), ("n", "5."), ("n", "-1.5"), ("s", "1.5"), ("b", "true"), ("d", "1e301")]
    {
        let Ok(plan) = Plan::compile(&text, &set(name, value)) else { continue };
        assert_ne!(plan.fingerprint(), plain.0, "{name}={value}");
    }
    for (one, other) in
        [("n: 1", "n: 1.0"), ("n: 1", "n: \"1\""), ("n: 1.0", "n: 1.00"), ("n: true", "n: \"true\"")]
    {
        let [one, other] = [one, other].map(|param| both(&with(param, "= $n"), &Settings::default()));
        assert!(one.0 != other.0 && one.1 != other.1);
    }
    let spellings = ["400", "4_00", "400"].map(|value| both(&with("n: 7", "= $n"), &set("n", value)));
    assert!(spellings.windows(2).all(|pair| pair[0] == pair[1]), "spellings of one value decide nothing");
}

#[test]
fn settings_count_by_their_meaning() {
    let text = with("", "{moment: {from: 2020-01-01, to: as_of}}");
    let plain = Settings::default();
    let as_of = |text: &str| Settings { as_of: Some(text.to_owned()), ..Settings::default() };
    let differ = [
        plain.clone(),
        Settings { seed: 0, ..plain.clone() },
        Settings { seed: u64::MAX, ..plain.clone() },
        Settings { scale: 1.0 + f64::EPSILON, ..plain.clone() },
        Settings { scale: 0.5, ..plain.clone() },
        as_of("2026-04-13"),
        as_of("2026-04-13T00:00:00.000001Z"),
    ];
    let fingerprints: std::collections::HashSet<String> =
        differ.iter().map(|settings| both(&text, settings).0).collect();
    assert_eq!(fingerprints.len(), differ.len());
    for same in ["2026-04-13", "2026-04-13T00:00:00Z", "2026-04-13 02:00:00+02"] {
        assert_eq!(both(&text, &as_of(same)), both(&text, &as_of("2026-04-13 00:00")), "{same}");
    }
}

#[test]
fn comments_layout_aliases_and_help_decide_nothing() {
    let text = "params: {n: {default: 3, help: rows}}\ntables: {t: {rows: $n, columns: {id: serial, x: {choose: [a, b]}}}}";
    let same = "# a note\nparams:\n  n: {default: 3, help: \"how many rows\"}\ntables:\n  t:\n    rows: $n   # so many\n    \
                columns: &columns\n      id: serial\n      x:\n        choose:\n        - a\n        - b\n";
    assert_eq!(both(text, &Settings::default()).0, both(same, &Settings::default()).0);
    let without = text.replace(", help: rows", "");
    assert_eq!(both(text, &Settings::default()).0, both(&without, &Settings::default()).0);
    // A `help` elsewhere is a name like any other.
    let member = |name: &str| {
        both(&with("", &format!("{{json: {{{name}: {{choose: [a]}}}}}}")), &Settings::default()).0
    };
    assert_ne!(member("help"), member("held"));
    let alias = |x: &str| with("", &format!("{{json: {{a: &a {{choose: [1, 2]}}, b: {x}}}}}"));
    let [alias, plain] = ["*a", "{choose: [1, 2]}"].map(|x| both(&alias(x), &Settings::default()).0);
    assert_eq!(alias, plain);
}

/// One token of a scenario, written in another way.
fn changed(text: &str, at: prop::sample::Index, way: usize, other: prop::sample::Index) -> String {
    let mut tokens: Vec<String> = Vec::new();
    let class = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    for c in text.chars() {
        match tokens.last_mut() {
            Some(token) if class(c) && token.chars().all(class) => token.push(c),
            _ => tokens.push(c.into()),
        }
    }
    let words: Vec<usize> = (0..tokens.len()).filter(|&i| tokens[i].chars().all(class)).collect();
    let (at, other) = (words[at.index(words.len())], words[other.index(words.len())]);
    let word = tokens[at].clone();
    tokens[at] = match way {
        0 => format!("\"{word}\""),
        1 => format!("'{word}'"),
        2 => format!("{word}.0"),
        3 => format!("0{word}"),
        4 => format!("{word}_0"),
        5 => format!("-{word}"),
        6 => word.to_uppercase(),
        7 => format!("{word}0"),
        8 => format!("{word} "),
        9 => format!("{word}e0"),
        10 => word[..word.len() - word.chars().last().map_or(0, char::len_utf8)].to_owned(),
        _ => tokens[other].clone(),
    };
    tokens.concat()
}

/// Changes one token at a time: whenever both compile, either the data are equal or the fingerprints differ.
fn one_token(cases: u32) {
    let plain: Vec<(String, String, Sample)> = scenarios()
        .into_iter()
        .map(|(_, text)| {
            let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let text = lines.collect::<Vec<_>>().join("\n");
            let (fingerprint, sample) = both(&text, &Settings::default());
            (text, fingerprint, sample)
        })
        .collect();
    let (mut compiled, mut same) = (0, 0);
    let index = any::<prop::sample::Index>;
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let tried = std::cell::RefCell::new((&mut compiled, &mut same));
    TestRunner::new(config)
        .run(&(index(), index(), 0..13usize, index()), |(which, at, way, other)| {
            let (text, fingerprint, before) = &plain[which.index(plain.len())];
            let changed = changed(text, at, way, other);
            let Ok(plan) = Plan::compile(&changed, &Settings::default()) else { return Ok(()) };
            *tried.borrow_mut().0 += 1;
            if plan.fingerprint() == fingerprint {
                *tried.borrow_mut().1 += 1;
                prop_assert_eq!(&sample(&plan), before, "{}", changed);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(compiled * 8 > cases, "{compiled} of {cases} compile, {same} of them with the same fingerprint");
}

#[test]
fn another_token_is_other_data_or_none() {
    one_token(1_500);
}

#[test]
#[ignore = "slow: forty thousand changes"]
fn many_other_tokens_are_other_data_or_none() {
    one_token(40_000);
}
