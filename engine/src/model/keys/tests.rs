//! What is derived and what is refused.

use crate::ids::ColumnId;
use crate::model::{Keys, Table};
use crate::{Plan, Settings};

fn plan(tables: &str) -> Plan {
    let text = format!("tables:\n{tables}");
    Plan::compile(&text, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

fn faults(tables: &str) -> String {
    let text = format!("tables:\n{tables}");
    Plan::compile(&text, &Settings::default()).err().map_or_else(String::new, |faults| faults.to_string())
}

fn names(table: &Table, columns: &[ColumnId]) -> String {
    columns.iter().map(|&c| table.columns[c].name.as_str()).collect::<Vec<_>>().join(",")
}

fn shown(plan: &Plan, table: &str) -> Vec<String> {
    let model = plan.model();
    let table = &model.tables[plan.table(table).unwrap()];
    let Keys { primary, unique, indexes, checks, choices, foreign } = &table.keys;
    let proven = |proven: bool| if proven { "" } else { "?" };
    let mut out = Vec::new();
    out.extend(
        primary.iter().map(|key| format!("primary{} {}", proven(key.proven), names(table, &key.columns))),
    );
    out.extend(
        unique.iter().map(|key| format!("unique{} {}", proven(key.proven), names(table, &key.columns))),
    );
    out.extend(foreign.iter().map(|key| {
        let target = &model.tables[key.target];
        let (own, other) = (names(table, &key.columns), names(target, &key.references));
        format!("{own} -> {}({other})", target.name)
    }));
    out.extend(indexes.iter().map(|index| format!("index {}", names(table, &index.columns))));
    out.extend(checks.iter().map(|check| format!("check {} of {}", check.sql, names(table, &check.columns))));
    out.extend(
        choices.iter().map(|each| format!("{} in {}", names(table, &[each.column]), each.labels.join("|"))),
    );
    out
}

const TENANTS: &str = "
  tenants: {rows: 3, columns: {id: serial, slug: {text: \"t{id}\", unique: true}, plan: {choose: {free: 2, pro: 1}}}}
  users:
    per: tenants
    count: 2
    columns: {id: serial, tenant_id: parent, n: = ordinal(), plan: = tenants.plan, slug: = tenants.slug, later: {text: \"u{id}\"}}
  members:
    per: users
    count: {choose: [1, 2]}
    unique: [[tenant_id, user_id]]
    columns:
      id: serial
      tenant_id: {reference: {to: tenants, distinct: true}}
      user_id: parent
  posts:
    per: members
    count: 2
    let: {drawn: {reference: users}}
    foreign key: {columns: [tenant_id, user_id], to: members, references: [tenant_id, user_id]}
    columns:
      id: {serial: {start: 5}}
      tenant_id: = members.tenant_id
      user_id: = members.user_id
      reviewer_id: {expression: drawn, null: 10%, type: integer}
      name: {reference: {to: users, column: later}}
      borrowed: {reference: {to: members, column: user_id}, index: true}
      loose: {reference: tenants, references: none}
";

#[test]
fn what_follows_from_generators() {
    let plan = plan(TENANTS);
    assert_eq!(shown(&plan, "tenants"), ["primary id", "unique slug", "plan in free|pro"]);
    // `slug` is a key that nothing refers to by passing it on.
    assert_eq!(
        shown(&plan, "users"),
        ["primary id", "tenant_id -> tenants(id)", "index tenant_id", "plan in free|pro"]
    );
    assert_eq!(
        shown(&plan, "members"),
        [
            "primary id",
            "unique tenant_id,user_id",
            "tenant_id -> tenants(id)",
            "user_id -> users(id)",
            "index user_id"
        ]
    );
    assert_eq!(
        shown(&plan, "posts"),
        [
            "primary id",
            "tenant_id,user_id -> members(tenant_id,user_id)",
            "tenant_id -> tenants(id)",
            "user_id -> users(id)",
            "reviewer_id -> users(id)",
            "borrowed -> users(id)",
            "index borrowed",
            "index tenant_id,user_id",
            "index user_id",
            "index reviewer_id"
        ]
    );
}

#[test]
fn keys_are_proven_where_that_is_simple() {
    let plan = plan(
        "
  parts: {rows: 3, columns: {id: serial}}
  lines:
    per: parts
    count: 2
    primary key: [part, number]
    unique: [[part, other], [code, part], part]
    columns: {part: parent, number: = ordinal()::integer, other: {integer: {from: 1, to: 9}}, code: uuid}
",
    );
    assert_eq!(
        shown(&plan, "lines"),
        [
            "primary part,number",
            "unique? part,other",
            "unique code,part",
            "unique? part",
            "part -> parts(id)"
        ]
    );
}

#[test]
fn the_shown_column_stays_a_key_beside_a_written_one() {
    let plan = plan(
        "
  parts: {rows: 3, key: code, primary key: id, columns: {id: serial, code: word, alias: {uuid: 4, null: 5%}}}
  lines: {per: parts, count: 1, key: n, columns: {part: parent, n: {serial: {step: 2}, null: 1%}}}
",
    );
    assert_eq!(shown(&plan, "parts"), ["primary id", "unique? code"]);
    assert_eq!(shown(&plan, "lines"), ["unique n", "part -> parts(code)", "index part"]);
}

#[test]
fn enums_know_their_labels() {
    let plan = plan(
        "
  kinds: {key: code, rows: [{code: b}, {code: a}], columns: {code: {type: enum(kind)}}}
  things:
    rows: 3
    let: {rank: {choose: [low, high]}}
    columns:
      id: serial
      kind: {reference: kinds}
      level: = rank
      grade: {expression: \"case when id = 1 then 'top' else rank end\", type: enum}
      copy: {expression: grade, type: enum(things_grade)}
      tags: {array: {of: {choose: [x, y], type: enum}, length: 2}}
      word: {word: [m, n], type: enum}
",
    );
    assert_eq!(shown(&plan, "kinds"), ["primary code", "code in b|a"]);
    assert_eq!(
        shown(&plan, "things"),
        [
            "primary id",
            "kind -> kinds(code)",
            "index kind",
            "kind in b|a",
            "level in low|high",
            "grade in top|low|high",
            "copy in top|low|high",
            "tags in x|y",
            "word in m|n"
        ]
    );
    let model = plan.model();
    let types: Vec<String> = model.tables[1].written().map(|column| column.sql_type()).collect();
    assert_eq!(
        types,
        [
            "bigint",
            "enum(kind)",
            "text",
            "enum(things_grade)",
            "enum(things_grade)",
            "enum(things_tags)[]",
            "enum(things_word)"
        ]
    );
}

#[test]
fn long_names_of_enums_keep_both_parts() {
    let (table, column) = ("t".repeat(63), "ü".repeat(20));
    let plan = plan(&format!("  {table}: {{rows: 1, columns: {{{column}: {{choose: [a], type: enum}}}}}}"));
    let column = &plan.model().tables[0].columns[0];
    assert_eq!(column.sql_type(), format!("enum({}_{})", "t".repeat(32), "ü".repeat(15)));
}

#[test]
fn checks_are_restated_and_many_choices_are_not_checked() {
    let many: Vec<String> = (0..51).map(|i| format!("w{i}")).collect();
    let plan = plan(&format!(
        "
  t:
    rows: 3
    check: [\"a <= B and kind <> 'it''s \\\\'\", \"B > 0\"]
    columns: {{a: 1, B: 2, kind: {{choose: [{}]}}}}
",
        many.join(", ")
    ));
    assert_eq!(
        shown(&plan, "t"),
        [r#"check "a" <= "B" and "kind" <> E'it''s \\' of a,B,kind"#, r#"check "B" > 0 of B"#]
    );
}

#[test]
fn chains_of_choices_take_no_time() {
    let mut columns = String::from("c0: {choose: [a, b]}, d0: {choose: [c, d]}");
    for i in 1..90 {
        let j = i - 1;
        columns += &format!(
            ", c{i}: \"= case when c{j} = 'a' then c{j} else d{j} end\", d{i}: \"= coalesce(d{j}, c{j})\""
        );
    }
    let plan = plan(&format!("  t: {{rows: 1, columns: {{{columns}}}}}"));
    assert_eq!(shown(&plan, "t").last().unwrap(), "d89 in c|d|a|b");
}

#[test]
fn wrong_keys_are_refused_together() {
    let found = faults(
        "
  a: {rows: 2, columns: {id: serial, name: company}}
  b:
    rows: 2
    primary key: note
    index: [hidden, idd]
    check: [\"name = 'x'\", id + 1]
    foreign key: {columns: [id, note], to: a}
    let: {hidden: word}
    columns: {id: {serial: {}, references: a.name}, note: {word: , null: 5%}, j: {json: {x: word}, type: json, index: true}}
",
    );
    for part in [
        "`primary key`: `note` can be NULL",
        "`hidden` stands under `let`",
        "unknown column `idd` of `b`",
        "`check`: unknown column `name`",
        "expected a condition (found bigint)",
        "the foreign key has 2 columns, the key of `a` has 1",
        "`name` is not a key of `a`",
        "`j` is of type json, which has no order",
    ] {
        assert!(found.contains(part), "{part}\n{found}");
    }
}
