//! What words of the language give.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use seedbed_engine::types::Type;
use seedbed_engine::{Plan, Settings, TableId};

use super::{batch, faults, numbers};

/// `as_of` was looked for among the child's columns.
#[test]
fn as_of_is_known_inside_a_total() {
    let a = batch(
        "
as_of: 2026-01-01
tables:
  a: {rows: 3, columns: {id: serial, n: = sum(case when b.d <= as_of::date then 1 else 0 end)}}
  b: {per: a, count: 2, columns: {id: serial, d: {date: {from: 2025-01-01, to: 2025-12-31}}}}
",
        "a",
    );
    assert_eq!(numbers(&a, "n"), [Some(2); 3]);
}

#[test]
fn rows_of_a_table_are_a_constant() {
    let a = batch(
        "tables: {a: {rows: 2, columns: {id: serial, n: = rows(b)}}, b: {per: a, count: 3, columns: {id: serial}}}",
        "a",
    );
    assert_eq!(numbers(&a, "n"), [Some(6); 2]);
}

/// A count law and a column named `count` drew the same words.
#[test]
fn a_column_named_count_is_independent_of_the_count() {
    let scenario = "
tables:
  a: {rows: 200, columns: {id: serial, n: = count(b)}}
  b: {per: a, count: {integer: {from: 1, to: 9}}, columns: {count: {integer: {from: 1, to: 9}}}}
";
    let (counts, column) = (numbers(&batch(scenario, "a"), "n"), numbers(&batch(scenario, "b"), "count"));
    let same = counts.iter().zip(&column).filter(|(a, b)| a == b).count();
    assert!(same < 60, "{same} of 200 agree, where about 22 do by chance");
}

/// Casts went through another library's rules: dates failed while running, and fractions were cut.
#[test]
fn types_are_cast_as_sql_casts() {
    let t = batch(
        "
tables:
  t:
    rows: 500
    columns:
      day: {moment: {from: 2024-02-28T23:00:00Z, to: 2024-02-29T01:00:00Z}, type: date}
      n: {uniform: {from: 0.6, to: 0.9}, type: integer}
      id: {uuid: 4, type: text}
",
        "t",
    );
    let days = t.column(0).as_primitive::<Date32Type>();
    // 2024-02-28 and 2024-02-29 in days since 1970-01-01.
    assert!(days.values().iter().all(|day| (19781..=19782).contains(day)));
    assert!(t.column(1).as_primitive::<Int32Type>().values().iter().all(|n| *n == 1));
    assert_eq!(t.column(2).as_string::<i32>().value(0).len(), 36);
}

/// Four of five instants of real schemas are a `timestamp`, and `type:` refused to make one.
#[test]
fn types_are_what_an_assignment_converts_to() {
    let scenario = |ty: &str| {
        format!(
            "
tables:
  t:
    rows: 50
    columns:
      id: serial
      at: {{moment: {{from: 2024-01-01, to: as_of}}{ty}}}
      all: {{array: {{of: {{moment: {{from: 2024-01-01, to: as_of}}}}, length: {{from: 0, to: 3}}}}, null: 10%{}}}
",
            if ty.is_empty() { String::new() } else { ", type: \"timestamp[]\"".to_owned() }
        )
    };
    let (instants, walls) = (batch(&scenario(""), "t"), batch(&scenario(", type: timestamp"), "t"));
    // The zone is UTC, so the numbers are the same.
    let micros = |t: &RecordBatch| t.column(1).as_primitive::<TimestampMicrosecondType>().values().to_vec();
    assert_eq!(micros(&instants), micros(&walls));
    assert_eq!(walls.column(1).data_type(), &Type::Timestamp.arrow());
    let elements = |t: &RecordBatch| -> Vec<_> {
        let lists = t.column(2).as_list::<i32>().iter();
        lists
            .map(|list| list.map(|list| list.as_primitive::<TimestampMicrosecondType>().values().to_vec()))
            .collect()
    };
    assert_eq!(elements(&instants), elements(&walls));
    assert_eq!(walls.column(2).data_type(), &Type::List(Box::new(Type::Timestamp)).arrow());

    let t = batch(
        "
tables:
  t:
    rows: 3
    columns:
      id: serial
      number: {serial: , type: double precision}
      key: {text: \"{{7B0E4A7C2F31-4F0A9f3e0f6d2c1b5a9{id}}}\", type: uuid}
      code: {integer: {from: 7, to: 7}, type: text}
      flag: {boolean: 100%, type: text}
      took: {expression: \"time '12:30'\", type: interval}
      midnight: {date: {from: 2024-02-29, to: 2024-02-29}, type: timestamp}
",
        "t",
    );
    assert_eq!(t.column(1).as_primitive::<Float64Type>().values(), &[1.0, 2.0, 3.0]);
    let keys = t.column(2).as_fixed_size_binary();
    assert_eq!(keys.value(1), 0x7b0e4a7c_2f31_4f0a_9f3e_0f6d2c1b5a92_u128.to_be_bytes());
    assert_eq!(t.column(3).as_string::<i32>().value(0), "7");
    assert_eq!(t.column(4).as_string::<i32>().value(0), "true");
    assert_eq!(t.column(6).as_primitive::<TimestampMicrosecondType>().value(0), 1_709_164_800_000_000);
}

/// A text that is no `uuid` stops the run with its row; hyphens stand where PostgreSQL reads them.
#[test]
fn a_text_that_is_none_of_its_type_stops_the_run() {
    for (text, ok) in [
        ("7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a90", true),
        ("7b0e-4a7c2f314f0a9f3e0f6d2c1b5a90", true),
        ("7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a9", false),
        ("7b0e4a7-c2f31-4f0a-9f3e-0f6d2c1b5a90", false),
        ("7b0e4a7c--2f31-4f0a-9f3e-0f6d2c1b5a90", false),
        ("7b0e4a7c-2f31-4f0a-9f3e-0f6d2c1b5a90-", false),
    ] {
        let scenario =
            format!("tables: {{t: {{rows: 1, columns: {{key: {{text: '{text}', type: uuid}}}}}}}}");
        let plan = Plan::compile(&scenario, &Settings::default());
        let made = plan
            .map_err(|faults| faults.to_string())
            .and_then(|plan| plan.batch(TableId::new(0), 0..1).map_err(|e| e.to_string()));
        assert_eq!(made.is_ok(), ok, "{text}: {made:?}");
        if let Err(message) = made {
            assert!(message.contains("invalid input syntax for type uuid"), "{message}");
        }
    }
}

/// `007` became the number seven.
#[test]
fn codes_keep_their_zeros() {
    let t = batch("tables: {t: {rows: [{code: 007}, {code: 010}], columns: {}}}", "t");
    assert_eq!(t.column(0).as_string::<i32>().value(0), "007");
    let t = batch("params: {code: 007}\ntables: {t: {rows: 1, columns: {c: = $code}}}", "t");
    assert_eq!(t.column(0).as_string::<i32>().value(0), "007");
}

#[test]
fn expressions_take_modifiers() {
    let t = batch("tables: {t: {rows: 1000, columns: {n: {expression: row_number() * 2, null: 30%}}}}", "t");
    let n = numbers(&t, "n");
    let nulls = n.iter().filter(|n| n.is_none()).count();
    // 300 with a standard deviation of 14.5: five of them.
    assert!((228..=372).contains(&nulls), "{nulls}");
    assert!(n.iter().enumerate().all(|(i, n)| n.is_none_or(|n| n == 2 * (i as i64 + 1))));
}

#[test]
fn locales_and_countries_are_plain_words() {
    let t = batch(
        "tables: {t: {rows: 5, let: {p: {person: ja-JP}}, columns: {name: = p.name, firm: {company: DE}}}}",
        "t",
    );
    assert!(t.column(0).as_string::<i32>().iter().flatten().all(|name| !name.is_ascii()));
}

#[test]
fn switch_takes_the_wider_number() {
    let t = batch(
        "tables: {t: {rows: 9, columns: {n: {switch: {on: row_number() % 3, cases: {0: {integer: {from: 7, to: 7}}, 1: = 8}, else: = 9}}}}}",
        "t",
    );
    assert_eq!(numbers(&t, "n")[..3], [Some(8), Some(9), Some(7)]);
}

/// Picked rows were looked up one by one; a run must give the same, for every kind of column.
#[test]
fn the_first_of_distinct_references_is_the_own_row() {
    let scenario = "
tables:
  groups: {rows: 40, columns: {id: serial}}
  people: {per: groups, count: 3, columns: {id: serial, home: parent}}
  members:
    per: people
    count: {integer: {from: 1, to: 4}}
    columns:
      group_id: {reference: {to: groups, distinct: true, starting_with: groups}}
      person_id: parent
      k: = ordinal()
      home: = people.home
";
    let m = batch(scenario, "members");
    let (group, person, k, home) =
        (numbers(&m, "group_id"), numbers(&m, "person_id"), numbers(&m, "k"), numbers(&m, "home"));
    let mut pairs = std::collections::HashSet::new();
    for i in 0..m.num_rows() {
        assert!(pairs.insert((group[i], person[i])), "no pair twice");
        assert_eq!(k[i] == Some(1), group[i] == home[i]);
    }
}

/// Ranges of constant counts are multiplied, others are looked up.
#[test]
fn rows_within_a_reference_do_not_depend_on_how_a_count_is_written() {
    let picked = |stores: &str, shelves: &str| {
        let scenario = format!(
            "
tables:
  cities: {{rows: 50, columns: {{id: serial}}}}
  stores: {{per: cities, count: {stores}, columns: {{id: serial}}}}
  shelves: {{per: stores, count: {shelves}, columns: {{id: serial}}}}
  visits:
    rows: 2000
    columns:
      city_id: {{reference: cities, null: 10%}}
      shelf_id: {{reference: {{to: shelves, within: city_id}}}}
"
        );
        numbers(&batch(&scenario, "visits"), "shelf_id")
    };
    let law = |count: u64| format!("{{integer: {{from: {count}, to: {count}}}}}");
    for (stores, shelves) in [(3, 4), (1, 1), (2, 0), (0, 5)] {
        let constant = picked(&stores.to_string(), &shelves.to_string());
        assert_eq!(constant, picked(&law(stores), &law(shelves)), "{stores} and {shelves}");
        assert_eq!(constant, picked(&stores.to_string(), &law(shelves)), "{stores} and {shelves}");
        let picks = constant.iter().flatten().count();
        assert_eq!(picks > constant.len() / 2, stores * shelves > 0, "{picks} of {}", constant.len());
        assert!(picks < constant.len(), "some have no city");
    }
}

/// `distinct` kept one permutation for all siblings, though each of them may look into another range: a row alone
/// and the same row in a batch differed.
#[test]
fn distinct_rows_within_a_reference_are_the_same_alone_and_in_bulk() {
    let scenario = "
tables:
  shops: {rows: 20, columns: {id: serial}}
  items: {per: shops, count: {integer: {from: 3, to: 9}}, columns: {id: serial, shop_id: parent}}
  carts: {rows: 40, columns: {id: serial}}
  lines:
    per: carts
    count: 3
    columns:
      shop_id: {reference: shops}
      item_id: {reference: {to: items, distinct: true, within: shop_id}}
      shop_of_item: = item.shop_id
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let lines = plan.table("lines").expect("the table is there");
    let bulk = plan.batch(lines, 0..120).expect("values exist");
    assert_eq!(numbers(&bulk, "shop_of_item"), numbers(&bulk, "shop_id"));
    let items = numbers(&bulk, "item_id");
    for row in 0..120 {
        let alone = plan.batch(lines, row..row + 1).expect("values exist");
        assert_eq!(numbers(&alone, "item_id"), [items[row as usize]], "row {row}");
    }
    for (cart, items) in items.chunks_exact(3).enumerate() {
        assert!(
            items[0] != items[1] && items[1] != items[2] && items[0] != items[2],
            "cart {cart}: {items:?}"
        );
    }
}

/// e^(rate × span) is too large a number when growth is strong: every instant became the first or none.
#[test]
fn growth_beyond_the_largest_number_crowds_at_the_end() {
    let t = batch(
        "
as_of: 2026-01-01
tables:
  t: {rows: 1000, columns: {at: {moment: {from: 2020-01-01, to: as_of, growth: 5000% per day}}}}
",
        "t",
    );
    let at = t.column(0).as_primitive::<TimestampMicrosecondType>().values();
    let as_of = 1_767_225_600_000_000;
    let mut before: Vec<i64> = at.iter().map(|at| as_of - at).collect();
    before.sort_unstable();
    // The time before the end is exponential, with ln 51 as its rate per day: the median is 4.2 hours.
    assert!(before[0] >= 0, "{}", before[0]);
    let hours = before[500] as f64 / 3_600e6;
    assert!((3.5..5.0).contains(&hours), "{hours}");
    assert!(before[999] > before[500] && before[999] < 10 * 86_400_000_000, "{}", before[999]);
}

/// Types without a form of their own in JSON went through another library's printer: NULL became empty text, and a year
/// it does not know a message about an error.
#[test]
fn every_type_has_a_form_in_json() {
    let t = batch(
        "
tables:
  t:
    rows: 2
    let:
      some: = case when row_number() = 2 then interval '1 month 2 days 03:04:05.5' end
      clock: = time '01:02:03'
      wall: = timestamp '290000-04-13 01:02:03.5'
    columns:
      doc: {json: {some: = some, clock: = clock, wall: = wall}}
",
        "t",
    );
    let docs = t.column(0).as_string::<i32>();
    let rest = r#""clock": "01:02:03", "wall": "+290000-04-13T01:02:03.5"}"#;
    assert_eq!(docs.value(0), format!(r#"{{"some": null, {rest}"#));
    assert_eq!(docs.value(1), format!(r#"{{"some": "P1M2DT3H4M5.5S", {rest}"#));
}

/// `1_0` and `10` are the same number, so as keys they are the same row.
#[test]
fn keys_are_compared_as_numbers_and_not_as_written() {
    let scenario = |second: &str| {
        format!(
            "
tables:
  k: {{rows: [{{id: 1_0, c: a}}, {{id: {second}, c: b}}]}}
  t: {{per: k, count: 1, columns: {{k_id: parent}}}}
"
        )
    };
    let refused = faults(&scenario("10"));
    assert!(refused.contains("no key that is known to be unique"), "{refused}");
    assert_eq!(numbers(&batch(&scenario("11"), "t"), "k_id"), [Some(10), Some(11)]);
}

/// The values of `switch` and `times` were pasted into SQL: a quote ended the text, and what followed was read as SQL.
#[test]
fn values_of_cases_are_no_sql() {
    let scenario = "
tables:
  a:
    rows: 60
    columns:
      id: serial
      kind: {choose: [\"it's\", \"x' then 1 when 'y\", \"x' or 'a' = 'a\", plain]}
      n: {switch: {on: kind, cases: {\"it's\": = 1, \"x' then 1 when 'y\": = 2, \"x' or 'a' = 'a\": = 3}, else: = 4}}
      children: = count(b)
  b:
    per: a
    count: 1
    times: {kind: {\"it's\": 1, \"x' then 1 when 'y\": 2, \"x' or 'a' = 'a\": 3, plain: 4}}
    columns: {id: serial}
";
    let a = batch(scenario, "a");
    let kinds = a.column_by_name("kind").expect("the column is there").as_dictionary::<Int32Type>();
    let kinds = kinds.downcast_dict::<arrow::array::StringArray>().expect("kinds are text");
    let n = arrow::compute::cast(
        a.column_by_name("n").expect("the column is there"),
        &arrow::datatypes::DataType::Int64,
    );
    let n = n.expect("n is a number");
    let (n, children) = (n.as_primitive::<Int64Type>(), numbers(&a, "children"));
    for (row, kind) in kinds.into_iter().enumerate() {
        let expected = match kind {
            Some("it's") => 1,
            Some("x' then 1 when 'y") => 2,
            Some("x' or 'a' = 'a") => 3,
            _ => 4,
        };
        assert_eq!((n.value(row), children[row]), (expected, Some(expected)), "{kind:?}");
    }
}

/// What stands before the cases was pasted into SQL as well.
#[test]
fn what_is_compared_is_one_expression() {
    let check = |on: &str| {
        let scenario = format!(
            "
tables:
  a: {{rows: 6, columns: {{id: serial, kind: {{choose: [x, y]}}, n: {{switch: {{on: \"{on}\", cases: {{x: = 1}}, else: = 2}}}}}}}}
  b: {{per: a, count: 1, times: {{\"{on}\": {{x: 2}}}}, columns: {{id: serial}}}}
"
        );
        Plan::compile(&scenario, &Settings::default()).is_ok()
    };
    for one in ["kind", "lower(kind)", "kind -- a note", "(kind)"] {
        assert!(check(one), "{one}");
    }
    for other in ["kind when 'x' then 0 end + case kind", "kind) = (kind", "kind; kind", "kind, kind"] {
        assert!(!check(other), "{other}");
    }
}

/// What a constant condition rules out was worked out all the same.
#[test]
fn what_a_parameter_rules_out_does_not_fail() {
    let t = batch(
        "
params:
  n: 0
tables:
  t:
    rows: 1
    columns:
      a: = case when $n > 0 then 100 / $n else 0 end
      b: = case $n when 0 then 0 else 100 / $n end
      c: = case when $n <> 0 and 5 / $n > 1 then 1 else 0 end
      d: = coalesce($n, 1 / 0)
",
        "t",
    );
    for (column, field) in t.columns().iter().zip(t.schema().fields()) {
        let value = arrow::compute::cast(column, &arrow::datatypes::DataType::Int64).unwrap();
        assert_eq!(value.as_primitive::<Int64Type>().value(0), 0, "{}", field.name());
    }
    let wrong =
        faults("tables: {t: {rows: 1, columns: {id: serial, a: = case when id > 5 then 1 / 0 else 0 end}}}");
    assert!(wrong.contains("division by zero"), "{wrong}");
    let wrong = faults("tables: {t: {rows: 1, columns: {a: = 1e400}}}");
    assert!(wrong.contains("out of range for type double precision"), "{wrong}");
}

/// A parent without children was worked out because it lay between two that have some, and a row of a small table because all
/// of them were.
#[test]
fn rows_that_nobody_reads_cannot_fail() {
    let scenario = "
tables:
  parents:
    rows: 200
    let:
      share: = 100 / count(kids)
    columns:
      id: serial
  kids:
    per: parents
    count: {choose: [0, 1, 5]}
    columns:
      share: = parents.share
  steps:
    rows: 60
    columns:
      id: serial
      rate: = 60 / (id - 60)
  walks:
    rows: 4
    let:
      first: {reference: steps}
    columns:
      rate: = first.rate
      case: {switch: {on: row_number() % 2, cases: {0: = 0}, else: = 10 / (row_number() % 2)}}
";
    let shares = numbers(&batch(scenario, "kids"), "share");
    assert!(shares.len() > 200 && shares.iter().all(|share| matches!(share, Some(20 | 100))));
    let walks = batch(scenario, "walks");
    assert!(numbers(&walks, "rate").iter().all(|rate| rate.is_some_and(|rate| rate < 0)));
    assert_eq!(numbers(&walks, "case")[..4], [Some(10), Some(0), Some(10), Some(0)]);
}

/// Each pick of a popular row worked its columns out again.
#[test]
fn a_popular_row_is_the_same_however_often_it_is_picked() {
    let scenario = "
tables:
  products: {rows: 5_000, columns: {id: serial, price: {integer: {from: 1, to: 1_000_000}}}}
  sales:
    rows: 1_000
    let: {product: {reference: {to: products, skew: 4, column: id}, null: 10%}}
    columns: {product_id: = product, price: = product.price}
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let sales = batch(scenario, "sales");
    let (ids, prices) = (numbers(&sales, "product_id"), numbers(&sales, "price"));
    for (i, (id, price)) in ids.into_iter().zip(prices).enumerate() {
        let alone = id.map(|id| plan.batch(TableId::new(0), id as u64 - 1..id as u64).unwrap());
        assert_eq!(price, alone.and_then(|row| numbers(&row, "price")[0]), "row {i}");
    }
}

/// Every batch of a large family added up the whole family.
#[test]
fn totals_of_a_large_family_are_kept() {
    let scenario = "
tables:
  a: {rows: 2, columns: {id: serial, most: = max(b.id), s: = sum(b.v)}}
  b:
    per: a
    count: {choose: [40_000]}
    columns:
      id: serial
      v: = id % 10
      share: = 100 * v / a.s
      most: = a.most
";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap();
    let kids = plan.batch(TableId::new(1), 39_998..40_002).unwrap();
    assert_eq!(numbers(&kids, "most"), [Some(40_000), Some(40_000), Some(80_000), Some(80_000)]);
    assert_eq!(numbers(&plan.batch(TableId::new(0), 0..2).unwrap(), "s"), [Some(180_000), Some(180_000)]);
}

/// Quotes around a value counted in a list, and not in a map with weights.
#[test]
fn values_in_quotes_are_texts() {
    for (values, text) in [("['1', '2']", true), ("{'1': 1, '2': 1}", true), ("{1: 1, 2: 1}", false)] {
        let t = batch(&format!("tables: {{t: {{rows: 1, columns: {{x: {{choose: {values}}}}}}}}}"), "t");
        assert_eq!(t.column(0).data_type().is_integer(), !text, "{values}");
    }
}

/// No column and no expression could give bytes.
#[test]
fn bytes_are_made_written_and_hashed() {
    let t = batch(
        "
tables:
  t:
    rows: 1000
    columns:
      id: serial
      any: {bytes: {length: {from: 0, to: 9}}}
      words: {bytes: {length: 20, content: text}}
      zeros: {bytes: {length: 3, content: zeros}, null: 50%}
      literal: = '\\xdeadbeef'::bytea
      joined: = any || '\\x00' || sha256(any)
      size: = length(any || '\\x00')
      list: {array: {of: {bytes: 2}, length: 2}}
      object: {json: {b: {bytes: 1}}}
",
        "t",
    );
    let bytes = |name: &str| t.column_by_name(name).unwrap().as_binary::<i32>().clone();
    let lengths: Vec<usize> = bytes("any").iter().flatten().map(<[u8]>::len).collect();
    assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&0), Some(&9)));
    assert!(bytes("words").iter().flatten().all(|b| b.len() == 20 && b.is_ascii()));
    assert!(bytes("zeros").iter().flatten().all(|b| b == [0; 3]) && bytes("zeros").null_count() > 400);
    assert!(bytes("literal").iter().all(|b| b == Some(&[0xde, 0xad, 0xbe, 0xef])));
    assert!(bytes("joined").iter().flatten().zip(&lengths).all(|(b, length)| b.len() == length + 33));
    let sizes = t.column_by_name("size").unwrap().as_primitive::<Int32Type>().clone();
    assert!(sizes.values().iter().zip(&lengths).all(|(size, length)| *size as usize == length + 1));
    let list = t.column_by_name("list").unwrap().as_list::<i32>().value(0);
    assert_eq!(list.as_binary::<i32>().value(0).len(), 2);
    let object = t.column_by_name("object").unwrap().as_string::<i32>().value(0).to_owned();
    assert!(object.starts_with(r#"{"b": "\\x"#), "{object}");
}

/// A double of 301 digits stood in a JSON object.
#[test]
fn doubles_in_json_are_as_short_as_they_are_elsewhere() {
    let t = batch(
        "tables: {t: {rows: 1, columns: {o: {json: {a: '= 1e300', b: '= 1e-300', c: '= 0.25::real', d: '= 1e15', e: '= 123456789012345::double precision'}}}}}",
        "t",
    );
    let text = t.column(0).as_string::<i32>().value(0);
    assert_eq!(text, r#"{"a": 1e+300, "b": 1e-300, "c": 0.25, "d": 1000000000000000, "e": 123456789012345}"#);
}

/// Two texts of a megabyte made one of a terabyte.
#[test]
fn texts_of_expressions_are_bounded() {
    let column = |sql: &str| {
        format!(
            "tables: {{t: {{rows: 200, columns: {{id: serial, s: {{text: 'x{{id}}'}}, c: \"= {sql}\"}}}}}}"
        )
    };
    let twice = |n: usize| format!("repeat('a', {n})");
    for sql in [
        format!("replace({}, 'a', {})", twice(1_000_000), twice(1_000_000)),
        format!("regexp_replace({}, 'a', {}, 'g')", twice(1_000_000), twice(1_000_000)),
        format!("concat({})", vec![twice(10_000_000); 30].join(", ")),
        vec![twice(10_000_000); 30].join(" || "),
        format!("lpad('', 2000000000, {})", twice(10)),
        format!("overlay({} placing {} from 1 for 0)", twice(10_000_000), twice(10_000_000)),
    ] {
        let message = faults(&column(&sql));
        assert!(message.contains("too large") || message.contains("too much memory"), "{sql}: {message}");
    }
    // Not at once, but row by row.
    for sql in ["replace(repeat(s, 1000000), 'x', repeat('ab', 1000))", "repeat(s, 10000000)"] {
        let plan = Plan::compile(&column(sql), &Settings::default()).expect("it compiles");
        let error = plan.batch(TableId::new(0), 0..200).expect_err("it is too long");
        assert!(error.to_string().contains("too large"), "{sql}: {error}");
    }
    // Many constants that are as long as one may be.
    let many: Vec<String> = (0..50).map(|i| format!("c{i}: \"= {}\"", twice(16_000_000))).collect();
    let message = faults(&format!("tables: {{t: {{rows: 1, columns: {{{}}}}}}}", many.join(", ")));
    assert!(message.contains("too much memory together"), "{message}");
}

/// A path of 3,000 steps ended the program.
#[test]
fn long_paths_are_refused() {
    let message = faults(&format!(
        "tables: {{t: {{rows: 1, columns: {{id: serial, c: '= {}id'}}}}}}",
        "t.".repeat(3000)
    ));
    assert!(message.contains("the path has too many steps"), "{message}");
}

/// `sin` was taken for `min`, and `lag` for `log`.
#[test]
fn functions_that_cannot_be_say_why() {
    let hint =
        |sql: &str| faults(&format!("tables: {{t: {{rows: 1, columns: {{id: serial, c: '= {sql}'}}}}}}"));
    assert!(hint("lag(id)").contains("write `previous(x)`"));
    assert!(hint("string_agg(id)").contains("the totals over child rows are"));
    assert!(hint("gen_random_uuid()").contains("uuid"));
    assert!(!hint("sim(id)").contains("did you mean"));
    assert!(hint("lenght(id)").contains("did you mean `length`?"));
}
