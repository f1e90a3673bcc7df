//! Templates: literal text, braces, filters.

use arrow::array::{Array, AsArray};

use super::{Fixture, Form, fixture, source};
use crate::expression::Template;

fn values(fixture: &mut Fixture, text: &str) -> Result<Vec<String>, String> {
    let template = Template::compile(&source(text), fixture).map_err(|fault| fault.to_string())?;
    let array = template.evaluate(&fixture.inputs(), fixture.row_count())?;
    if !template.nullable() {
        assert_eq!(array.null_count(), 0, "{text}");
    }
    Ok(array.as_string::<i32>().iter().map(|value| value.unwrap_or("∅").to_owned()).collect())
}

#[test]
fn pieces_are_joined() {
    let cases: &[(&str, [&str; 6])] = &[
        ("{k}-{j}", ["free-2", "pro-5", "free--4", "∅", "enterprise-1", "pro-10"]),
        ("plain", ["plain"; 6]),
        ("", [""; 6]),
        ("{j}", ["2", "5", "-4", "3", "1", "10"]),
        ("{{{j}}}", ["{2}", "{5}", "{-4}", "{3}", "{1}", "{10}"]),
        ("}}{{", ["}{"; 6]),
        ("{ j + 1 }{j}", ["32", "65", "-3-4", "43", "21", "1110"]),
        ("{j|lpad(3, '0')}", ["002", "005", "0-4", "003", "001", "010"]),
        ("{t|slug}", ["hello-world", "uni-code", "", "∅", "a-b-c", "trim-me"]),
        ("{t|upper|left(2)}.", ["HE.", "ÜN.", ".", "∅", "A_.", "  ."]),
        ("{k || '|' || j}", ["free|2", "pro|5", "free|-4", "∅", "enterprise|1", "pro|10"]),
        ("{'}' || j}{'{'}", ["}2{", "}5{", "}-4{", "}3{", "}1{", "}10{"]),
        ("{coalesce(k, 'it''s}') | upper}", ["FREE", "PRO", "FREE", "IT'S}", "ENTERPRISE", "PRO"]),
        ("{n|round(1)}", ["20.0", "-0.1", "0.0", "1234567.9", "∅", "2.5"]),
        ("{j|substr(1, 1)|concat('x', 1)}", ["2x1", "5x1", "-x1", "3x1", "1x1", "1x1"]),
        ("{case when j > 2 then 'a' else 'b' end}", ["b", "a", "b", "a", "b", "a"]),
        ("{da}", ["2024-02-29", "2026-03-29", "2025-12-31", "∅", "1999-01-01", "2027-01-01"]),
        ("{$label}-{row_number()}", ["demo-2", "demo-5", "demo--4", "demo-3", "demo-1", "demo-10"]),
        ("ä{j}ö{null}", ["∅"; 6]),
    ];
    for form in [Form::Plain, Form::Dictionary] {
        for (text, expected) in cases {
            assert_eq!(values(&mut fixture(form), text).unwrap(), expected, "{text}");
        }
    }
}

#[test]
fn faults_point_into_the_template() {
    let cases = [
        ("a{j", "{j", "a `{` without its `}`; write `{{` for a brace"),
        ("a}b", "}", "a `}` without its `{`; write `}}` for a brace"),
        ("a{}b", "{}", "the braces are empty (expected an expression); write `{{}}` for braces"),
        ("ü{jj}", "jj", "unknown column `jj`; did you mean `j`?"),
        ("x{ j + }", "", "the expression ends too early (expected an expression)"),
        ("{t|slugg}", "slugg", "unknown function `slugg`; did you mean `slug`?"),
        (
            "{t|'x'}",
            "'x'",
            "a filter is the name of a function (expected `{value|slug}` or `{value|lpad(9, '0')}`)",
        ),
        ("{t|left()}", "()", "the parentheses are empty; leave them out"),
        (
            "{t|left}",
            "left",
            "`left` has the wrong number of arguments (expected 2, found 1); it is called as `left(text, count)`",
        ),
        ("{t|left(1, 2 +)}", ")", "unexpected `)` (expected an expression)"),
    ];
    for (text, place, message) in cases {
        let fault = Template::compile(&source(text), &mut fixture(Form::Plain)).unwrap_err();
        let span = fault.span.unwrap();
        assert_eq!((&text[span.start..span.end], fault.to_string().as_str()), (place, message), "{text}");
    }
}

#[test]
fn a_template_knows_its_slots() {
    let template = Template::compile(&source("{t}{j}{j}"), &mut fixture(Form::Plain)).unwrap();
    assert_eq!(template.inputs(), [1, 8]);
}
