//! Wrong expressions: the words under the fault and what it says.

use super::{Form, fixture, source};
use crate::error::Span;
use crate::expression::{Expression, Source};
use crate::types::Type;

/// An expression, the part of it the fault points at, and the fault.
const FAULTS: &[(&str, &str, &str)] = &[
    // Syntax.
    ("", "", "the expression ends too early (expected an expression)"),
    ("i +", "", "the expression ends too early (expected an expression)"),
    ("i + )", ")", "unexpected `)` (expected an expression)"),
    ("i j", "j", "unexpected `j` (expected an operator or the end of the expression)"),
    ("(i", "", "the expression ends too early (expected ))"),
    ("i + 'abc", "'abc", "unterminated string literal"),
    ("i; j", ";", "unexpected `;` (expected an operator or the end of the expression)"),
    (
        "(select 1)",
        "select",
        "an expression cannot hold a query; name the columns of this row, its parents and its references directly",
    ),
    (
        "exists (select 1)",
        "exists",
        "an expression cannot hold a query; name the columns of this row, its parents and its references directly",
    ),
    ("i[1]", "i[1", "`i[1]` is not possible in an expression"),
    // Names.
    ("ii + 1", "ii", "unknown column `ii`; did you mean `i`?"),
    ("tenants.zone", "tenants", "unknown column `tenants.zone`"),
    ("$scale * 2", "$scale", "unknown parameter `$scale`"),
    ("lenght(t)", "lenght", "unknown function `lenght`; did you mean `length`?"),
    ("i + foo(1)", "foo", "unknown function `foo`"),
    ("now()", "now", "`now` would give other data on every run; write `as_of`, the dataset's now"),
    (
        "current_date",
        "current_date",
        "`current_date` would give other data on every run; write `as_of`, the dataset's now",
    ),
    ("random()", "random", "`random` would give other data on every run; draw with a generator column"),
    (
        "lag(i) over (order by j)",
        "lag(i)",
        "window functions are not possible; `running_sum(x)`, `previous(x)`, `ordinal()` and `row_number()` need no `over`",
    ),
    ("ordinal()", "ordinal()", "a root table has no parent"),
    (
        "max(i, j)",
        "max(i, j)",
        "`max` takes one argument (expected `max(child.column)`); the larger or smaller of several values is `greatest` or `least`",
    ),
    // Types.
    ("t + 1", "t + 1", "no operator `text + integer`; `||` joins texts"),
    (
        "lower(i)",
        "i",
        "`lower` cannot take this argument (expected text, found integer); it is called as `lower(text)`",
    ),
    ("left(t, 'x')", "'x'", "invalid input syntax for type integer: `x`"),
    (
        "left(t)",
        "left(t)",
        "`left` has the wrong number of arguments (expected 2, found 1); it is called as `left(text, count)`",
    ),
    (
        "round(d, 2)",
        "d",
        "`round` cannot take this argument (expected numeric, found double precision); doubles round to whole numbers only; write `round(x::numeric(15, 4), 2)`",
    ),
    ("i and p", "i", "each side of `and` must be true or false (expected boolean, found integer)"),
    ("case when i then 1 end", "i", "a condition must be true or false (expected boolean, found integer)"),
    (
        "case when p then i else t end",
        "t",
        "the alternatives have types that do not go together (expected integer, found text)",
    ),
    (
        "i = k",
        "k",
        "the two sides have types that do not go together (expected integer, found text); convert one side with `::`",
    ),
    ("i || j", "i", "`||` joins text (expected text, found integer); convert one side with `::text`"),
    (
        "da = '2024-02-30'",
        "'2024-02-30'",
        "invalid input syntax for type date: `2024-02-30`, expected a day from 01 to 29, found `30`",
    ),
    ("i::uuid", "i", "`integer` does not become `uuid` (expected uuid, found integer)"),
    ("i::strange", "i", "unknown type `strange`"),
    (
        "t::char(5)",
        "t",
        "`char(5)` pads with spaces, which is not possible here; write `text` or `varchar(n)`",
    ),
    (
        "d % 2.0",
        "d % 2.0",
        "no operator `double precision % numeric(2,1)`; convert both sides to `numeric`, which has a remainder",
    ),
    ("extract(yeer from da)", "da", "unknown field `yeer`; did you mean `year`?"),
    ("date_trunc('mont', ts)", "'mont'", "unknown unit `mont`; did you mean `month`?"),
    (
        "tz at time zone 'Europe/Berln'",
        "'Europe/Berln'",
        "unknown time zone `Europe/Berln`; did you mean `Europe/Berlin`?",
    ),
    (
        "da at time zone 'UTC'",
        "da",
        "`timezone` cannot take this argument (expected timestamp or timestamptz, found date); write `(d::timestamp) at time zone z` for local midnight",
    ),
    (
        "to_char(da, 'YYYY-XX')",
        "'YYYY-XX'",
        "the pattern has an unknown part `XX`; write letters that are no pattern in double quotes, as in `YYYY-MM-DD\"T\"HH24:MI`",
    ),
    (
        "to_char(da, t)",
        "t",
        "`to_char` needs a quoted literal here; it is called as `to_char(moment, pattern)`",
    ),
    // Constants without a value.
    ("i + 1 / 0", "1 / 0", "division by zero"),
    ("coalesce(i, 2147483647 + 1)", "2147483647 + 1", "integer out of range: 2147483647 + 1"),
    ("t like 'a\\'", "'a\\'", "the pattern must not end with its escape character"),
    (
        "n * m * n * m * n * m * n * m * n * m * n * m * n * m",
        "n * m * n * m * n * m * n * m * n * m * n * m * n * m",
        "the product would have 42 decimals (expected at most 38); round one side first, as in `round(x, 2)`",
    ),
];

#[test]
fn faults_say_what_and_where() {
    let mut wrong = Vec::new();
    for (expression, place, message) in FAULTS {
        match fixture(Form::Plain).compile(expression) {
            Ok(compiled) => wrong.push(format!("{expression}\n  compiles to {compiled}")),
            Err(fault) => {
                let span = fault.span.unwrap();
                let found = &expression[span.start..span.end];
                if found != *place || fault.to_string() != *message {
                    wrong.push(format!("{expression}\n  at `{found}`: {fault}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn places_are_bytes_of_the_scenario() {
    // Two lines, characters of several bytes before the fault, and an offset in the scenario.
    let text = "'äöü' ||\n  'ß' || unknown";
    let span = Span::new(100, 100 + text.len());
    let fault =
        Expression::compile(&Source { text, span, exact: true }, &mut fixture(Form::Plain)).unwrap_err();
    let place = fault.span.unwrap();
    assert_eq!(&text[place.start - 100..place.end - 100], "unknown");

    let fault =
        Expression::compile(&Source { text, span, exact: false }, &mut fixture(Form::Plain)).unwrap_err();
    assert_eq!(fault.span, Some(span));
}

#[test]
fn a_column_takes_what_assignment_allows() {
    let mut fixture = fixture(Form::Plain);
    let mut assign = |text: &str, ty: Type| {
        let expression = fixture.compile(text)?;
        expression.cast_to(&ty, source(text).span)
    };
    for (text, ty) in [
        ("b", Type::SmallInt),
        ("n", Type::Integer),
        ("d", Type::Numeric { precision: 10, scale: 2 }),
        ("i", Type::Text),
        ("tz", Type::Date),
        ("da", Type::Instant),
        ("null", Type::Uuid),
    ] {
        assert_eq!(*assign(text, ty.clone()).unwrap().ty(), ty, "{text}");
    }
    assert_eq!(
        assign("t", Type::Integer).unwrap_err().to_string(),
        "`text` does not become `integer` (expected integer, found text); write `t::integer`",
    );
    assert_eq!(
        assign("i", Type::Date).unwrap_err().to_string(),
        "`integer` does not become `date` (expected date, found integer)",
    );
    assert_eq!(assign("70000", Type::SmallInt).unwrap_err().to_string(), "smallint out of range");
}
