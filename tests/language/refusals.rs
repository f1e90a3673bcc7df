//! What the language refuses, and what an error says.

use arrow::array::AsArray;
use seedbed_engine::{Plan, Settings, TableId};

use super::{batch, faults};

/// A table without `id` lent its first column as the key, unique or not.
#[test]
fn a_key_must_be_known_to_be_unique() {
    let scenario = |key: &str| {
        format!(
            "tables: {{a: {{rows: 3, {key} columns: {{name: {{choose: [x, y]}}}}}}, b: {{per: a, count: 1, columns: {{a: parent}}}}}}"
        )
    };
    assert!(faults(&scenario("")).contains("no key that is known to be unique"));
    batch(&scenario("key: name,"), "b");
}

/// 0.125 became 0.13 in a numeric(3,2), 9007199254740993 another number in a double, and a choice of 1.5 the integer 2.
#[test]
fn what_is_written_is_not_changed_by_its_type() {
    let literal = |value: &str, ty: &str| {
        format!("tables: {{t: {{rows: [{{a: 1}}, {{a: {value}}}], columns: {{a: {{type: \"{ty}\"}}}}}}}}")
    };
    let choice = |value: &str, ty: &str| {
        format!("tables: {{t: {{rows: 9, columns: {{a: {{choose: [1, {value}], type: \"{ty}\"}}}}}}}}")
    };
    let weighted = |value: &str, ty: &str| {
        format!(
            "tables: {{t: {{rows: 9, columns: {{a: {{choose: {{1: 3, {value}: 2}}, type: \"{ty}\"}}}}}}}}"
        )
    };
    for (value, ty, becomes) in [
        ("0.125", "numeric(3,2)", "0.13"),
        ("9007199254740993", "double precision", "9.007199254740992e+15"),
        ("16777217", "real", "1.6777216e+07"),
    ] {
        for scenario in [literal(value, ty), choice(value, ty), weighted(value, ty)] {
            let error = Plan::compile(&scenario, &Settings::default()).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains(&format!("`{value}` is no {ty}: it would become {becomes}")),
                "{message}"
            );
            let span = error.0[0].span.unwrap();
            assert_eq!(&scenario[span.start..span.end], value, "{scenario}");
        }
    }
    for scenario in [choice("1.5", "integer"), weighted("1.5", "bigint")] {
        assert!(faults(&scenario).contains("`1.5` is no "), "{scenario}");
    }
    let days =
        |value: &str| format!("tables: {{t: {{rows: [{{a: {value}}}], columns: {{a: {{type: date}}}}}}}}");
    assert!(faults(&days("2026-01-05 10:00:00")).contains("it would become 2026-01-05"));
    batch(&days("2026-01-05"), "t");
    for (value, ty) in [
        ("0.12", "numeric(3,2)"),
        ("0.1", "double precision"),
        ("2.50", "numeric(3,1)"),
        ("0.1", "real"),
        ("1e3", "double precision"),
    ] {
        batch(&literal(value, ty), "t");
        batch(&choice(value, ty), "t");
    }
}

/// Elements were worked out as rows of the table, so that one that read the row read another row.
#[test]
fn elements_of_an_array_that_read_the_row_are_refused() {
    for element in ["= id", "{text: \"{id}\"}", "serial", "{moment: {from: at, to: as_of}}", "{reference: t}"]
    {
        let scenario = format!(
            "
tables:
  t:
    rows: 9
    columns: {{id: serial, at: {{moment: {{from: 2020-01-01, to: as_of}}}}, a: {{array: {{of: {element}, length: 2}}}}}}
"
        );
        let faults = faults(&scenario);
        assert!(faults.contains("the elements of an array are independent draws"), "{element}: {faults}");
    }
}

/// Digits of the template itself were taken for a separator: row 1 of `{n}0` and row 10 of `{n}` met.
#[test]
fn digits_in_a_template_do_not_set_a_number_off() {
    let unique = |template: &str| {
        let scenario = format!(
            "tables: {{t: {{rows: 20, columns: {{id: serial, name: company, x: {{text: \"{template}\", unique: true}}}}}}}}"
        );
        Plan::compile(&scenario, &Settings::default()).is_ok()
    };
    for ambiguous in ["{name}1{id}", "{id}0{name}", "{name}{id}", "{name}_{id}0{name}", "{id}{name}_1"] {
        assert!(!unique(ambiguous), "{ambiguous}");
    }
    for set_off in ["{name}1_{id}", "{id}_0{name}", "1_{id}", "{id}"] {
        assert!(unique(set_off), "{set_off}");
    }
}

/// Columns in the order of their use were settled one by one, and the chain was followed for the first time while rows were made.
#[test]
fn a_chain_of_columns_is_bounded_in_either_order() {
    let scenario = |order: Vec<usize>| {
        let links = order.iter().map(|i| {
            format!(
                "      a{i}: = {}\n",
                match i {
                    0 => "1".to_owned(),
                    i => format!("a{} + 1", i - 1),
                }
            )
        });
        format!(
            "tables:\n  t:\n    rows: 2\n    let:\n{}    columns:\n      x: = a{}\n",
            links.collect::<String>(),
            order.len() - 1
        )
    };
    for order in [(0..300).collect::<Vec<_>>(), (0..300).rev().collect()] {
        let faults = faults(&scenario(order));
        assert!(faults.contains("depends on more than 100 other columns in a row"), "{faults}");
    }
    for order in [(0..90).collect::<Vec<_>>(), (0..90).rev().collect()] {
        assert_eq!(batch(&scenario(order), "t").num_rows(), 2);
    }
}

/// `type:` was applied to the count and not to what is known of it, so more distinct rows were promised than there are.
#[test]
fn a_count_has_no_type() {
    let wrong = faults(
        "tables: {a: {rows: 1, columns: {id: serial}}, b: {per: a, count: {normal: {mean: 0, sd: 1}, type: integer}, columns: {id: serial}}}",
    );
    assert!(wrong.contains("a count has no `type`"), "{wrong}");
}

/// An empty text between two numbers was taken for what sets them apart.
#[test]
fn an_empty_text_does_not_set_a_number_off() {
    let unique = |text: &str| {
        let scenario = format!(
            "params: {{p: ''}}\ntables: {{t: {{rows: 900, columns: {{id: serial, n: {{integer: {{from: 1, to: 50}}}}, x: {{text: \"{text}\", unique: true}}}}}}}}"
        );
        Plan::compile(&scenario, &Settings::default()).is_ok()
    };
    assert!(!unique("{n}{''}{id}") && !unique("{n}{$p}{id}") && unique("{n}-{id}"));
    // Zeros on the left make all of them equally long, if the longest fits.
    assert!(unique("{n}{id|lpad(3, '0')}") && unique("SKU-{id|lpad(6, '0')}-{n}"));
    assert!(!unique("{n}-{id|lpad(6, '0')}-{n}"));
    assert!(unique("{id|lpad(6, '0')}{n}") && unique("{n|lpad(6, '0')}{id|lpad(16, '0')}"));
    assert!(
        !unique("{n}{id|lpad(2, '0')}") && !unique("{n}{id|lpad(6, '9')}") && !unique("{n|lpad(6, '0')}")
    );
}

/// A parent's key that only the scenario vouches for proves nothing about its children.
#[test]
fn a_key_over_a_key_taken_on_trust_is_not_proven() {
    let scenario = |key: &str| {
        let scenario = format!(
            "tables: {{g: {{rows: 3, key: k, columns: {{k: {key}}}}}, m: {{per: g, count: 2, primary key: [g_k, o], columns: {{g_k: parent, o: = ordinal()}}}}}}"
        );
        let plan = Plan::compile(&scenario, &Settings::default()).unwrap();
        plan.model().tables[1].keys.primary.as_ref().unwrap().proven
    };
    assert!(scenario("serial") && !scenario("{choose: [x]}"));
}

/// Hidden columns could be named, if they had been made already.
#[test]
fn hidden_columns_have_no_name() {
    let wrong = faults("tables: {t: {rows: 1, columns: {body: {json: {ms: 5}}, y: '= \"body.ms\" + 1'}}}");
    assert!(wrong.contains("unknown column `body.ms`"), "{wrong}");
}

/// Bounds were rounded to the scale, so values lay outside of them.
#[test]
fn bounds_of_decimals_are_kept() {
    for bounds in ["{from: 0.004, to: 0.996}", "{from: 1, to: = 2.005}"] {
        let wrong = faults(&format!("tables: {{t: {{rows: 1, columns: {{d: {{decimal: {bounds}}}}}}}}}"));
        assert!(wrong.contains("more than 2 digits after the point"), "{wrong}");
    }
    let right = "tables: {t: {rows: 9, columns: {d: {decimal: {from: 0.004, to: 0.996, scale: 3}}, e: {decimal: {from: 0.10, to: = 3 * 0.1}}}}}";
    assert_eq!(batch(right, "t").num_rows(), 9);
}

/// NULL among values was the text `null`.
#[test]
fn null_is_no_value_of_a_choice() {
    for values in ["[null, a]", "[~, a]", "{null: 1, a: 2}"] {
        let wrong = faults(&format!("tables: {{t: {{rows: 1, columns: {{x: {{choose: {values}}}}}}}}}"));
        assert!(wrong.contains("NULL is no value") && wrong.contains("`null: 10%`"), "{wrong}");
    }
    for values in ["['null']", "{'null': 1}", "{\"null\": 1}"] {
        let t = batch(&format!("tables: {{t: {{rows: 1, columns: {{x: {{choose: {values}}}}}}}}}"), "t");
        assert_eq!(t.column(0).as_any_dictionary().values().as_string::<i32>().value(0), "null");
    }
}

/// A sum that grew too large on the way came back with a wrong value.
#[test]
fn a_sum_that_overflows_on_the_way_is_an_error() {
    let scenario = "
tables:
  a: {rows: 1, columns: {id: serial, s: = sum(b.v)}}
  b:
    per: a
    count: 3
    columns:
      v: = (case when ordinal() = 3 then -1 else 1 end * 90000000000000000000000000000000000000)::numeric(38,0)
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let error = plan.batch(TableId::new(0), 0..1).unwrap_err();
    assert!(error.to_string().contains("numeric field overflow"), "{error}");
}

/// Which row was wrong had to be found by trial.
#[test]
fn an_error_names_the_first_row_that_has_it() {
    let plan = Plan::compile(
        "tables: {t: {rows: 9_000, columns: {id: serial, c: '= chr((8_500 - id % 8_500)::integer % 8_500)'}}}",
        &Settings::default(),
    )
    .unwrap();
    for rows in [0..9_000, 8_192..9_000, 8_400..8_501, 8_499..8_500] {
        let error = plan.batch(TableId::new(0), rows).unwrap_err().to_string();
        assert_eq!(error, "`t.c`: there is no character with code 0 (row 8500)");
    }
}

/// Counts that failed named the row of a child, or none; what fails in another row names that one.
#[test]
fn an_error_names_the_row_of_its_own_table() {
    let table = "columns: {id: serial, k: = case when id = 6 then 0 else 1 end}";
    let of = |source: &str, columns: &str| {
        format!("as_of: 2026-04-13\ntables: {{s: {{rows: 700, {source}}}, {columns}}}")
    };
    let counted = of(
        table,
        "e: {per: s, every: {month: = k, from: 2026-01-01}, let: {o: occurrence}, columns: {at: = o.start}}",
    );
    let rate = of(
        "columns: {id: serial, w: \"= case when id = 650 then 1e12 else 1 end\"}",
        "e: {per: s, rate: {of: = w per day, from: 2026-04-12}, let: {o: occurrence}, columns: {at: = o.start}}",
    );
    let parent =
        of("columns: {id: serial, x: = 7 / (650 - id)}", "e: {per: s, count: 3, columns: {y: = s.x}}");
    let referred = of(
        "columns: {id: serial, x: = 7 / (5 - id)}",
        "e: {rows: 9, columns: {id: serial, to: {reference: {to: s, key: 14 - id}}, y: = to.x}}",
    );
    let grandparent = of(
        table,
        "e: {per: s, every: {month: = k, from: 2026-01-01}, columns: {id: serial}}, f: {per: e, count: 2, columns: {id: serial}}",
    );
    let beyond = of(
        "columns: {id: serial}",
        "e: {per: s, every: {year: = 300000, from: 2026-01-01}, let: {o: occurrence}, columns: {to: = o.end}}",
    );
    let cases = [
        (
            &beyond,
            "e",
            "`e.o.end`: the next time, which is the end of this one, is beyond the calendar (row 1)",
        ),
        (&counted, "e", "`s.rows of e`: a step of 0: it must be 1 or more (row 6)"),
        (
            &counted.replace("when id = 6 then 0", "when id = 6 then 9000000000000"),
            "e",
            "`s.rows of e`: a step of 9000000000000 leads beyond the calendar (row 6)",
        ),
        (&grandparent, "f", "`s.rows of e`: a step of 0: it must be 1 or more (row 6)"),
        (&rate, "e", "rows of one parent are too many; lower the rate (row 650)"),
        (&parent, "e", "`s.x`: division by zero (row 650)"),
        (&referred, "e", "`s.x`: division by zero (row 5)"),
    ];
    for (scenario, table, expected) in cases {
        let made = super::plan(scenario);
        let table = made.table(table).unwrap();
        let shown = made.batch_to_show(table, 0..2000).unwrap_err().to_string();
        assert!(shown.ends_with(expected), "{shown}");
        // A run counts first.
        let made = super::plan(scenario);
        let counted = made.count().and_then(|()| made.batch(table, 0..2000).map(drop));
        assert_eq!(counted.unwrap_err().to_string(), shown);
    }
}
