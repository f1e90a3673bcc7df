//! No text makes the compiler panic, exhaust the stack or run for long.

use proptest::prelude::*;

use super::{Form, fixture, source};
use crate::expression::Template;

/// Runs on a thread with the stack of a worker.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(f).unwrap().join().unwrap();
}

#[test]
fn deep_and_long_expressions_are_refused() {
    on_a_small_stack(|| {
        let mut fixture = fixture(Form::Plain);
        let nested = |n: usize| format!("{}j{}", "(".repeat(n), ")".repeat(n));
        let calls = |n: usize| format!("{}j{}", "abs(".repeat(n), ")".repeat(n));
        let cases = |n: usize| format!("{}j{}", "case when p then 1 else ".repeat(n), " end".repeat(n));
        assert!(fixture.compile(&nested(40)).is_ok());
        assert!(fixture.compile(&calls(40)).is_ok());
        for n in [70, 1000, 20_000] {
            assert!(fixture.compile(&nested(n)).is_err(), "{n}");
            assert!(fixture.compile(&calls(n)).is_err(), "{n}");
            assert!(fixture.compile(&format!("{}p", "not ".repeat(n * 3))).is_err(), "{n}");
            assert!(fixture.compile(&format!("{}j", "- ".repeat(n * 3))).is_err(), "{n}");
        }
        for n in [200, 1000, 2500] {
            assert!(fixture.compile(&cases(n)).is_err(), "{n}");
        }
        assert_eq!(
            fixture.compile(&"j".repeat(70_000)).unwrap_err().to_string(),
            "the expression is too long (expected at most 65536 bytes, found 70000)",
        );
        // Chains are as deep as they are long.
        assert!(fixture.compile(&vec!["j"; 100].join(" + ")).is_ok());
        for n in [200, 1500, 30_000] {
            assert!(fixture.compile(&vec!["j"; n].join(" + ")).is_err(), "{n}");
            assert!(fixture.compile(&vec!["t"; n].join("||")).is_err(), "{n}");
            assert!(fixture.compile(&format!("j{}", "::int".repeat(n))).is_err(), "{n}");
        }
    });
}

#[test]
fn wide_expressions_are_fine() {
    let mut fixture = fixture(Form::Plain);
    let list = (0..3000).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    assert!(fixture.compile(&format!("k in ({list})")).is_ok());
    let whens = (0..300).map(|n| format!("when {n} then '{n}'")).collect::<Vec<_>>().join(" ");
    assert!(fixture.compile(&format!("case j {whens} end")).is_ok());
}

/// Reading the thirty-ninth digit of a numeric overflowed before its precision was checked.
#[test]
fn numerics_of_too_many_digits_are_errors() {
    let mut fixture = fixture(Form::Plain);
    for text in ["power(7, 300)::numeric(38,30)", "'999999999999999999999999999999999999999'::numeric(38,0)"]
    {
        let error = fixture.values(text).unwrap_err();
        assert!(error.contains("numeric field overflow"), "{text}: {error}");
    }
}

#[test]
fn huge_results_are_errors() {
    let mut fixture = fixture(Form::Plain);
    for text in ["repeat('abc', 2147483647)", "lpad('x', 2147483647)", "rpad('x', 2147483647, 'yz')"] {
        let error = fixture.values(text).unwrap_err();
        assert!(error.starts_with("requested length too large"), "{text}: {error}");
    }
}

const WORDS: &[&str] = &[
    "i",
    "j",
    "n",
    "d",
    "t",
    "k",
    "da",
    "ts",
    "tz",
    "iv",
    "p",
    "$tenants",
    "1",
    "0",
    "2.50",
    "1e400",
    "'x'",
    "'2024-01-01'",
    "null",
    "true",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "=",
    "<",
    "<>",
    "and",
    "or",
    "not",
    "is",
    "null",
    "in",
    "between",
    "like",
    "(",
    ")",
    ",",
    "case",
    "when",
    "then",
    "else",
    "end",
    "::",
    "integer",
    "numeric(5,2)",
    "date",
    "text",
    "interval",
    "'1 day'",
    "at",
    "time",
    "zone",
    "'UTC'",
    "lower",
    "round",
    "extract",
    "year",
    "from",
    "substring",
    "for",
    "trim",
    "sum",
    "count",
    "coalesce",
    "greatest",
    "concat",
    "{",
    "}",
    "|",
    "[",
    "]",
    ".",
    "\"",
    "'",
    "$",
    "--",
    "/*",
    "ä",
    "\n",
    "^",
    "~",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_sequence_of_words_panics(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..24)) {
        let text = words.join(" ");
        let mut fixture = fixture(Form::Dictionary);
        if let Ok(expression) = fixture.compile(&text) {
            // An error of a value is an answer, too.
            if let Ok(array) = expression.evaluate(&fixture.inputs(), fixture.row_count()) {
                prop_assert_eq!(arrow::array::Array::len(&array), fixture.row_count());
            }
        }
        let _ = Template::compile(&source(&text), &mut fixture);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let mut fixture = fixture(Form::Plain);
        let _ = fixture.compile(&text);
        let _ = Template::compile(&source(&text), &mut fixture);
    }
}
