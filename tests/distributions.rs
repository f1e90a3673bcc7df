//! Distributions end to end: a column that a scenario asks for follows the law that its words promise.
//!
//! Alpha is 0.001 and seeds are fixed. The laws stand here as formulas of their own, and a million draws take a second.

use std::collections::HashMap;

use seedbed_engine::{Plan, Settings};
use seedbed_tests::shipped;
use seedbed_tests::statistics::{assert_continuous, assert_discrete, assert_uncorrelated, normal_cdf};
use seedbed_tests::value::Values;

const ROWS: u64 = 1_000_000;

/// Seconds from 1970-01-01 to `since`, 2024-01-01, and to `as_of`, 2026-01-01.
const SINCE: i64 = 1_704_067_200;
const AS_OF: i64 = 1_767_225_600;

fn plan(columns: &str) -> Plan {
    let text = format!(
        "since: 2024-01-01\nas_of: 2026-01-01\ntables:\n  t:\n    rows: {ROWS}\n    columns:\n      id: serial\n{columns}"
    );
    shipped::compile(&text, &Settings { seed: 2026, ..Settings::default() })
}

/// The draws of one column.
fn column(spec: &str) -> Values {
    Values::whole(&plan(&format!("      x: {spec}\n")), "t")
}

fn reals(values: &Values, column: &str) -> Vec<f64> {
    let bits = values.texts(column).into_iter();
    bits.map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).expect("hexadecimal digits"))).collect()
}

fn from(values: Vec<i64>, least: i64) -> impl Iterator<Item = usize> {
    values.into_iter().map(move |value| usize::try_from(value - least).expect("not below the least value"))
}

#[test]
fn numbers_follow_their_laws() {
    let draws = |spec: &str| reals(&column(spec), "x");
    assert_continuous(draws("{uniform: {from: -2, to: 3}}"), |x| (x + 2.0) / 5.0, "uniform");
    assert_continuous(draws("{normal: {mean: 10, sd: 3}}"), |x| normal_cdf((x - 10.0) / 3.0), "normal");
    let law = |x: f64| normal_cdf((x / 40.0).ln() / 1.5);
    assert_continuous(draws("{lognormal: {median: 40, sigma: 1.5}}"), law, "lognormal");
    assert_continuous(draws("{exponential: {mean: 30}}"), |x| 1.0 - (-x / 30.0).exp(), "exponential");
}

#[test]
fn whole_numbers_follow_their_laws() {
    let draws = |spec: &str| column(spec).numbers("x");
    assert_discrete(from(draws("{integer: {from: -5, to: 94}}"), -5), 100, |_| 0.01, "integer");
    assert_discrete(from(draws("{decimal: {from: 0.99, to: 1.98}}"), 99), 100, |_| 0.01, "decimal");
    for mean in [0.3, 3.5, 40.0, 900.0] {
        // ln of e^-m m^k / k!
        let poisson = |k: usize| (k as f64 * f64::ln(mean) - mean - libm::lgamma(k as f64 + 1.0)).exp();
        let what = format!("poisson of mean {mean}");
        assert_discrete(from(draws(&format!("{{poisson: {mean}}}")), 0), 2000, poisson, &what);
    }
    for exponent in [0.5, 1.0, 2.5] {
        let mass: f64 = (1..=1000).map(|rank| f64::from(rank).powf(-exponent)).sum();
        let zipf = |i: usize| (i as f64 + 1.0).powf(-exponent) / mass;
        let what = format!("zipf of exponent {exponent}");
        assert_discrete(
            from(draws(&format!("{{zipf: {{n: 1000, exponent: {exponent}}}}}")), 1),
            1000,
            zipf,
            &what,
        );
    }
}

#[test]
fn choices_follow_their_weights() {
    let weights = [52.0, 18.0, 9.0, 8.0, 6.0, 4.0, 2.0, 1.0];
    let values = column("{choose: {0: 52, 1: 18, 2: 9, 3: 8, 4: 6, 5: 4, 6: 2, 7: 1}}");
    assert_discrete(from(values.numbers("x"), 0), 8, |i| weights[i] / 100.0, "choose");
    let even = column("{choose: [a, b, c, d, e, f, g]}");
    let letters = even.texts("x").into_iter().map(|letter| usize::from(letter.as_bytes()[0] - b'a'));
    assert_discrete(letters, 7, |_| 1.0 / 7.0, "choose evenly");
    for share in [0.31, 0.001, 0.5] {
        let law = |value: usize| if value == 1 { share } else { 1.0 - share };
        let values = column(&format!("{{boolean: {share}}}"));
        assert_discrete(
            values.texts("x").into_iter().map(|value| usize::from(value == "true")),
            2,
            law,
            "boolean",
        );
        let values = column(&format!("{{integer: {{from: 0, to: 9}}, null: {share}}}"));
        assert_discrete(values.cells("x").iter().map(|cell| usize::from(cell.is_none())), 2, law, "null");
        let kept = values.numbers_or_null("x").into_iter().flatten().collect();
        assert_discrete(from(kept, 0), 10, |_| 0.1, "what NULLs leave");
    }
    let lengths = column("{characters: {length: {from: 5, to: 14}}}");
    assert_discrete(lengths.texts("x").into_iter().map(|text| text.len() - 5), 10, |_| 0.1, "lengths");
}

/// The share of a span's moments up to its part `x`, when the rate grows by `growth` each month over `months` months.
fn grown(x: f64, growth: f64, months: f64) -> f64 {
    let whole = growth.ln_1p() * months;
    if whole == 0.0 { x } else { (whole * x).exp_m1() / whole.exp_m1() }
}

#[test]
fn moments_grow_as_they_should() {
    let seconds = (AS_OF - SINCE) as f64;
    let months = seconds / (86_400.0 * 365.2425 / 12.0);
    let part = |micros: i64| (micros as f64 / 1e6 - SINCE as f64) / seconds;
    for (words, growth) in [("", 0.0), (", growth: 6% per month", 0.06), (", growth: -10% per month", -0.1)] {
        let values = column(&format!("{{moment: {{from: since, to: as_of{words}}}}}"));
        let draws = values.numbers("x").into_iter().map(part);
        assert_continuous(draws, |x| grown(x, growth, months), &format!("moment{words}"));
    }
    let dates = column("{date: {from: since, to: \"date '2024-04-09'\"}}");
    assert_discrete(from(dates.numbers("x"), SINCE / 86_400), 100, |_| 0.01, "date");
}

#[test]
fn each_child_falls_evenly_into_its_own_part_of_the_time() {
    let text = "since: 2024-01-01\nas_of: 2026-01-01\ntables:\n  p: {rows: 200000, columns: {id: serial}}\n  c:\n    per: p\n    \
                count: {integer: {from: 1, to: 9}}\n    columns:\n      p: parent\n      k: = ordinal()\n      n: = siblings()\n      \
                x: {moment: {from: since, to: as_of, growth: 20% per month, order: within parent}}\n";
    let values = Values::whole(&shipped::compile(text, &Settings::default()), "c");
    let seconds = (AS_OF - SINCE) as f64;
    let months = seconds / (86_400.0 * 365.2425 / 12.0);
    let shares: Vec<f64> = values
        .numbers("x")
        .into_iter()
        .map(|x| grown((x as f64 / 1e6 - SINCE as f64) / seconds, 0.2, months))
        .collect();
    let (k, n) = (values.numbers("k"), values.numbers("n"));
    let within: Vec<f64> = shares
        .iter()
        .zip(k.iter().zip(&n))
        .map(|(share, (k, n))| share * *n as f64 - (k - 1) as f64)
        .collect();
    assert!(within.iter().all(|x| (-1e-6..=1.0 + 1e-6).contains(x)), "a child leaves its part");
    assert_continuous(within, |x| x.clamp(0.0, 1.0), "a child in its part");
    // Together they follow the growth as a whole; strata only make that more even, so the test stays valid.
    assert_continuous(shares, |x| x, "all children");
}

#[test]
fn references_prefer_early_rows_as_much_as_asked() {
    let rows = 500_u64;
    for skew in [0.0, 0.5, 1.0, 1.7] {
        let text = format!(
            "tables:\n  p: {{rows: {rows}, columns: {{id: serial}}}}\n  c:\n    rows: {ROWS}\n    columns:\n      \
             x: {{reference: {{to: p, skew: {skew}}}}}\n"
        );
        let values = Values::whole(&shipped::compile(&text, &Settings::default()), "c");
        // The integral of x^-skew from 1 to y.
        let integral = |y: f64| if skew == 1.0 { y.ln() } else { (y.powf(1.0 - skew) - 1.0) / (1.0 - skew) };
        let whole = integral(rows as f64 + 1.0);
        let law = |i: usize| (integral(i as f64 + 2.0) - integral(i as f64 + 1.0)) / whole;
        assert_discrete(from(values.numbers("x"), 1), rows as usize, law, &format!("skew {skew}"));
    }
}

#[test]
fn references_within_a_parent_go_evenly_to_what_existed() {
    let text = "since: 2024-01-01\nas_of: 2026-01-01\ntables:\n  p: {rows: 50000, columns: {id: serial}}\n  a:\n    per: p\n    count: 7\n    \
                columns:\n      id: serial\n      p: parent\n      created_at: {moment: {from: since, to: as_of, order: within parent}}\n  \
                b:\n    per: p\n    count: 9\n    columns:\n      p: parent\n      at: {moment: {from: since, to: as_of}}\n      \
                any: {reference: {to: a, within: p}}\n      old: {reference: {to: a, within: p, existed_at: at}}\n";
    let plan = shipped::compile(text, &Settings::default());
    let (a, b) = (Values::whole(&plan, "a"), Values::whole(&plan, "b"));
    let (created, parent) = (a.numbers("created_at"), b.numbers("p"));
    let any = b.numbers("any").into_iter().zip(&parent).map(|(any, parent)| any - 1 - (parent - 1) * 7);
    assert_discrete(from(any.collect(), 0), 7, |_| 1.0 / 7.0, "within");
    let mut by_existing: HashMap<i64, Vec<i64>> = HashMap::new();
    for ((at, old), parent) in b.numbers("at").into_iter().zip(b.numbers_or_null("old")).zip(&parent) {
        let first = (parent - 1) * 7;
        let existing = (first..first + 7).filter(|a| created[*a as usize] <= at).count() as i64;
        assert_eq!(old.is_none(), existing == 0);
        if let Some(old) = old {
            by_existing.entry(existing).or_default().push(old - 1 - first);
        }
    }
    for existing in 2..=7 {
        let picks = by_existing.remove(&existing).expect("every number of rows occurs");
        let law = |_| 1.0 / existing as f64;
        assert_discrete(from(picks, 0), existing as usize, law, &format!("{existing} existed"));
    }
}

#[test]
fn distinct_references_go_evenly_to_all_others() {
    let text = "tables:\n  p: {rows: 12, columns: {id: serial}}\n  u: {rows: 100000, columns: {id: serial}}\n  c:\n    per: u\n    count: 5\n    \
                columns:\n      u: parent\n      k: = ordinal()\n      x: {reference: {to: p, distinct: true}}\n";
    let values = Values::whole(&shipped::compile(text, &Settings::default()), "c");
    let (k, x) = (values.numbers("k"), values.numbers("x"));
    for place in 1..=5 {
        let picks = x.iter().zip(&k).filter(|(_, k)| **k == place).map(|(x, _)| *x).collect();
        assert_discrete(from(picks, 1), 12, |_| 1.0 / 12.0, &format!("pick {place}"));
    }
    // Every ordered pair of the first two is as likely.
    let pairs = x.chunks(5).map(|picks| ((picks[0] - 1) * 12 + picks[1] - 1) as usize);
    let law = |pair: usize| if pair / 12 == pair % 12 { 0.0 } else { 1.0 / 132.0 };
    assert_discrete(pairs, 144, law, "pairs");
}

#[test]
fn counts_follow_their_law() {
    let text = format!(
        "tables:\n  p: {{rows: {ROWS}, columns: {{id: serial, n: = count(c)}}}}\n  c:\n    per: p\n    \
         count: {{lognormal: {{median: 3, sigma: 0.8}}}}\n    min: 1\n    max: 40\n    columns: {{p: parent}}\n"
    );
    let values = Values::whole(&shipped::compile(&text, &Settings::default()), "p");
    let below = |x: f64| normal_cdf((x / 3.0).ln() / 0.8);
    let law = |i: usize| match i + 1 {
        1 => below(1.5),
        40 => 1.0 - below(39.5),
        n => below(n as f64 + 0.5) - below(n as f64 - 0.5),
    };
    assert_discrete(from(values.numbers("n"), 1), 40, law, "count");
}

#[test]
fn columns_rows_and_seeds_know_nothing_of_each_other() {
    let columns = "      a: {uniform: {from: 0, to: 1}}\n      b: {uniform: {from: 0, to: 1}}\n      c: {normal: {mean: 0, sd: 1}}\n";
    let values = Values::whole(&plan(columns), "t");
    let drawn = ["a", "b", "c"].map(|name| reals(&values, name));
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        assert_uncorrelated(&drawn[i], &drawn[j], "two columns");
    }
    for column in &drawn {
        for lag in [1, 2, 8, 8192] {
            assert_uncorrelated(&column[lag..], &column[..column.len() - lag], &format!("rows {lag} apart"));
        }
    }
    let text = format!("tables: {{t: {{rows: {ROWS}, columns: {{a: {{uniform: {{from: 0, to: 1}}}}}}}}}}");
    let [one, two] = [1, 2].map(|seed| {
        let plan = shipped::compile(&text, &Settings { seed, ..Settings::default() });
        reals(&Values::whole(&plan, "t"), "a")
    });
    assert_uncorrelated(&one, &two, "two seeds");
}
