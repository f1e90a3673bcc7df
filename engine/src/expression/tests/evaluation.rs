//! What evaluation promises beyond PostgreSQL's values: forms of text, laziness, folding, slots, printing.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Date32Array, Decimal128Array, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type};

use super::{Column, Fixture, Form, fixture, show};
use crate::expression::functions;
use crate::types::Type;

#[test]
fn every_example_of_the_reference_holds() {
    let mut fixture = fixture(Form::Plain);
    let mut names = std::collections::HashSet::new();
    for function in functions() {
        let value =
            fixture.values(function.example).unwrap_or_else(|error| panic!("{}: {error}", function.example));
        let expected = if function.result == "null" { "∅" } else { function.result };
        assert_eq!(value[0], expected, "{}", function.example);
        assert!(function.signature.starts_with(function.name), "{}", function.name);
        assert!(names.insert(function.name), "{} is listed twice", function.name);
    }
    assert!(functions().len() > 45);
}

/// What PostgreSQL 15 gives.
#[test]
fn an_hour_that_happens_twice_does_not_become_the_other_one() {
    let mut fixture = fixture(Form::Plain);
    for (unit, instant, expected) in [
        ("hour", "2026-10-25 00:30+00", "2026-10-25 00:00:00+00"),
        ("hour", "2026-10-25 01:30+00", "2026-10-25 01:00:00+00"),
        ("minute", "2026-10-25 00:30:10+00", "2026-10-25 00:30:00+00"),
        ("second", "2026-10-25 01:30:10.5+00", "2026-10-25 01:30:10+00"),
        ("day", "2026-10-25 00:30+00", "2026-10-24 22:00:00+00"),
        ("day", "2026-10-25 12:30+00", "2026-10-24 22:00:00+00"),
    ] {
        let text = format!("date_trunc('{unit}', timestamptz '{instant}', 'Europe/Berlin')");
        assert_eq!(fixture.values(&text).unwrap()[0], expected, "{text}");
    }
}

/// What PostgreSQL 15 gives.
#[test]
fn a_year_may_have_a_comma() {
    let mut fixture = fixture(Form::Plain);
    for (date, expected) in [("2026-01-05", "2,026"), ("0999-01-05", "0,999"), ("12026-01-05", "12,026")] {
        let text = format!("to_char(date '{date}', 'Y,YYY')");
        assert_eq!(fixture.values(&text).unwrap()[0], expected, "{text}");
    }
}

#[test]
fn dictionaries_stay_dictionaries() {
    let mut fixture = fixture(Form::Dictionary);
    for text in [
        "k",
        "upper(k)",
        "lpad(k, 3)",
        "case when p then k else k end",
        "case when p then 'a' else 'b' end",
        "coalesce(k, k)",
        "coalesce(k, 'none')",
        "case when p then k else 'none' end",
        "case k when 'free' then 'none' else 'some' end",
    ] {
        let expression = fixture.compile(text).unwrap();
        let array = expression.evaluate(&fixture.inputs(), fixture.row_count()).unwrap();
        assert_eq!(*array.data_type(), Type::dictionary(), "{text}");
    }
    // Once per distinct value: two values that lower to the same text may stay apart.
    let expression = fixture.compile("lower(k)").unwrap();
    let array = expression.evaluate(&fixture.inputs(), fixture.row_count()).unwrap();
    assert_eq!(array.as_dictionary::<Int32Type>().values().len(), 3);
}

#[test]
fn unused_values_of_a_dictionary_cannot_fail() {
    let keys = Int32Array::from(vec![Some(0), None, Some(2), Some(0)]);
    let values = Arc::new(StringArray::from(vec!["12", "not a number", "7"]));
    let array = Arc::new(DictionaryArray::new(keys, values));
    let mut fixture = Fixture { columns: vec![Column { name: "x", ty: Type::Text, array }] };
    assert_eq!(fixture.values("x::integer + 1").unwrap(), ["13", "∅", "8", "13"]);
}

#[test]
fn a_null_among_the_values_of_a_dictionary_is_null() {
    let keys = Int32Array::from(vec![0, 1, 0, 1]);
    let values = Arc::new(StringArray::from(vec![Some("a"), None]));
    let array = Arc::new(DictionaryArray::new(keys, values));
    let mut fixture = Fixture { columns: vec![Column { name: "x", ty: Type::Text, array }] };
    assert_eq!(fixture.values("x is null").unwrap(), ["false", "true", "false", "true"]);
    assert_eq!(fixture.values("x || '!'").unwrap(), ["a!", "∅", "a!", "∅"]);
    assert_eq!(fixture.values("coalesce(x, '?')").unwrap(), ["a", "?", "a", "?"]);
}

#[test]
fn branches_fail_only_in_rows_that_choose_them() {
    let mut fixture = fixture(Form::Dictionary);
    for (text, expected) in [
        ("case when i = 0 then -1 else 100 / i end", ["14", "-33", "-1", "∅", "0", "8"]),
        ("case when i > 100 then 0 when i <> 0 then 100 / i end", ["14", "-33", "∅", "∅", "0", "8"]),
        ("coalesce(b, 10 / (i - 7))", ["10000000000", "-1", "-1", "0", "5", "9"]),
        ("i = 0 or 100 / i > 10", ["true", "false", "true", "∅", "false", "false"]),
        ("i <> 0 and 100 / i > 10", ["true", "false", "false", "∅", "false", "false"]),
        (
            "case when j <> 3 then case when i <> 0 then 100 / i end else 1 / (j - 4) end",
            ["14", "-33", "∅", "-1", "0", "8"],
        ),
    ] {
        assert_eq!(fixture.values(text).unwrap(), expected, "{text}");
    }
    assert_eq!(fixture.values("case when i = 7 then 0 else 100 / i end"), Err("division by zero".to_owned()));
    assert_eq!(fixture.values("i + 1"), Err("integer out of range: 2147483647 + 1".to_owned()));
}

/// What stands behind a NULL may be anything, and loops compute it.
#[test]
fn what_overflows_behind_a_null_concerns_nobody() {
    let valid = || Some(NullBuffer::from(vec![true, false, true]));
    let whole = Arc::new(Int32Array::new(vec![7, i32::MAX, -1].into(), valid()));
    let date = Arc::new(Date32Array::new(vec![7, i32::MAX, -1].into(), valid()));
    let price = Decimal128Array::new(vec![700, i128::MAX, -150].into(), valid());
    let price = Arc::new(price.with_precision_and_scale(38, 2).unwrap());
    let numeric = Type::Numeric { precision: 38, scale: 2 };
    let column = |name, ty, array| Column { name, ty, array };
    let mut fixture = Fixture {
        columns: vec![
            column("x", Type::Integer, whole),
            column("d", Type::Date, date),
            column("p", numeric, price),
        ],
    };
    for (text, expected) in [
        ("x + 1", ["8", "∅", "0"]),
        ("x - -1", ["8", "∅", "0"]),
        ("x * 2", ["14", "∅", "-2"]),
        ("1 + x", ["8", "∅", "0"]),
        ("x + x", ["14", "∅", "-2"]),
        ("x / 2", ["3", "∅", "0"]),
        ("x % 4", ["3", "∅", "-1"]),
        ("d + 1", ["1970-01-09", "∅", "1970-01-01"]),
        ("d - date '1969-01-01'", ["372", "∅", "364"]),
        ("x::numeric(5, 2)", ["7.00", "∅", "-1.00"]),
        ("p::numeric(5, 1)", ["7.0", "∅", "-1.5"]),
        ("p::numeric(7, 4)", ["7.0000", "∅", "-1.5000"]),
    ] {
        assert_eq!(fixture.values(text).unwrap(), expected, "{text}");
    }
    let overflow = || Err("numeric field overflow".to_owned());
    assert_eq!(fixture.values("x::numeric(2, 2)"), overflow());
    assert_eq!(fixture.values("p::numeric(2, 2)"), overflow());
    assert_eq!(fixture.values("(p * 15)::numeric(3, 1)"), overflow());
    assert_eq!(fixture.values("x - 2147483647").unwrap(), ["-2147483640", "∅", "-2147483648"]);
    assert_eq!(fixture.values("x * 1000000000"), Err("integer out of range: 7 * 1000000000".to_owned()));
}

#[test]
fn constants_are_folded() {
    let mut fixture = fixture(Form::Plain);
    for (text, printed) in [
        ("1 + 2 * 3", "7"),
        ("upper('a') || 'b'", "'Ab'"),
        ("$tenants / 3", "66"),
        ("count(*) + sum(lines.amount)", "45"),
        ("date '2026-01-31' + interval '1 month'", "'2026-02-28 00:00:00'::timestamp"),
        ("case when 1 > 2 then i else j end", "j"),
        ("i + (2 + 3)", "(i + 5)"),
        ("coalesce(i, 0) is null", "false"),
        ("'it''s'", "'it''s'"),
    ] {
        let expression = fixture.compile(text).unwrap();
        assert_eq!(expression.to_string(), printed, "{text}");
        assert_eq!(expression.constant().is_some(), expression.inputs().is_empty(), "{text}");
    }
}

#[test]
fn an_expression_knows_its_slots_and_prints_as_sql() {
    let mut fixture = fixture(Form::Plain);
    let expression = fixture.compile("case when p and k in ('a', 'b') then round(n * j, 2) end").unwrap();
    assert_eq!(expression.inputs(), [1, 4, 9, 16]);
    assert_eq!(
        expression.to_string(),
        "case when (p and (k in ('a', 'b'))) then round((n * j), 2) else null end",
    );
    assert_eq!(format!("{:?}", fixture.compile("j + 1").unwrap()), "Expression((j + 1) : integer not null)",);
    assert!(!fixture.compile("coalesce(i, 0)").unwrap().nullable());
    assert!(fixture.compile("nullif(j, 0)").unwrap().nullable());
}

#[test]
fn constants_spread_over_the_rows() {
    let mut fixture = fixture(Form::Plain);
    assert_eq!(fixture.values("'demo'").unwrap(), ["demo"; 6]);
    assert_eq!(fixture.values("null::date").unwrap(), ["∅"; 6]);
    assert_eq!(fixture.values("1.50").unwrap(), ["1.50"; 6]);
    let expression = fixture.compile("i + 1").unwrap();
    assert_eq!(expression.evaluate(&[], 0).unwrap().len(), 0);
}

#[test]
fn decimals_are_exact_and_checked_only_where_they_can_overflow() {
    let decimal = |values: Vec<i128>, precision, scale| {
        let ty = Type::Numeric { precision, scale };
        let array = Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap();
        (ty, Arc::new(array))
    };
    let (ty, array) = decimal(vec![10_i128.pow(18) - 1, -1, 0], 18, 2);
    let (wide_ty, wide) = decimal(vec![10_i128.pow(38) - 1, 5, -7], 38, 0);
    let mut fixture = Fixture {
        columns: vec![Column { name: "a", ty, array }, Column { name: "w", ty: wide_ty, array: wide }],
    };
    let product = fixture.compile("a * a").unwrap();
    assert_eq!(*product.ty(), Type::Numeric { precision: 36, scale: 4 });
    let values = product.evaluate(&fixture.inputs(), 3).unwrap();
    assert_eq!(values.as_primitive::<Decimal128Type>().value(0), (10_i128.pow(18) - 1).pow(2));
    assert_eq!(fixture.values("w - 1").unwrap()[0], "99999999999999999999999999999999999998");
    for text in ["w + 1", "w * 2", "w + a", "w * a"] {
        assert_eq!(fixture.values(text), Err("numeric field overflow".to_owned()), "{text}");
    }
    assert_eq!(fixture.values("case when w < 10 then w * a end").unwrap(), ["∅", "-0.05", "0.00"]);
}

#[test]
fn halves_round_away_from_zero() {
    let array = Arc::new(
        Decimal128Array::from(vec![5, 15, 25, -5, -15, 14, -14]).with_precision_and_scale(4, 1).unwrap(),
    );
    let ty = Type::Numeric { precision: 4, scale: 1 };
    let mut fixture = Fixture { columns: vec![Column { name: "x", ty, array }] };
    assert_eq!(fixture.values("round(x)").unwrap(), ["1", "2", "3", "-1", "-2", "1", "-1"]);
    assert_eq!(fixture.values("round(x, 3)").unwrap()[0], "0.500");
    assert_eq!(fixture.values("round(x, -1)").unwrap(), ["0", "0", "0", "0", "0", "0", "0"]);
    assert_eq!(fixture.values("round(x, -40)").unwrap()[0], "0");
    assert_eq!(fixture.values("round(x, 60)").map(|values| values[0].len()), Ok(37));
}

#[test]
fn text_in_a_batch_of_one_form_equals_the_other() {
    // Results must not depend on how text arrives.
    let expressions =
        ["t || k", "k like '%r%'", "coalesce(t, k)", "greatest(t, k)", "concat_ws('-', k, t, z)", "k = t"];
    for text in expressions {
        let plain = fixture(Form::Plain).values(text).unwrap();
        assert_eq!(fixture(Form::Dictionary).values(text).unwrap(), plain, "{text}");
    }
}

#[test]
fn slices_of_arrays_are_read_where_they_begin() {
    for form in [Form::Plain, Form::Dictionary] {
        let mut whole = fixture(form);
        for text in [
            "i + j",
            "t || k",
            "upper(k)",
            "case when p then n else m end",
            "tz at time zone z",
            "concat(p, k)",
        ] {
            let Ok(expected) = whole.values(text).map(|values| values[1..4].to_vec()) else { continue };
            let sliced: Vec<_> = whole.inputs().iter().map(|array| array.slice(1, 3)).collect();
            let expression = whole.compile(text).unwrap();
            let found = show(expression.evaluate(&sliced, 3).unwrap(), expression.ty()).unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn types_of_results_are_the_types_of_arrays() {
    let mut fixture = fixture(Form::Plain);
    for line in include_str!("../testdata/postgres.tsv").lines().filter(|line| !line.starts_with('#')) {
        let text = line.split('\t').next().unwrap();
        let Ok(expression) = fixture.compile(text) else { continue };
        let Ok(array) = expression.evaluate(&fixture.inputs(), 6) else { continue };
        let text_form = *expression.ty() == Type::Text && *array.data_type() == Type::dictionary();
        assert!(text_form || *array.data_type() == expression.ty().arrow(), "{text}: {}", array.data_type());
        assert!(*array.data_type() != DataType::Null, "{text}");
    }
}
