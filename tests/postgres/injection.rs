//! Names and values that a careless program would take for SQL, for COPY's own marks, or for something else.

use serde_json::{Map, Value, json};

use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, held, load, refused, rows};

/// Names that tables and columns can have.
const NAMES: [&str; 22] = [
    "a\"b",
    "\"quoted\"",
    "two words",
    " blank before",
    "CamelCase",
    "select",
    "user",
    "table",
    "semi;colon; drop schema s cascade; --",
    "--comment",
    "it's",
    "');--",
    "täble☃",
    "👩‍🚀",
    "%s %I %L",
    "a,b",
    "(x)",
    "*",
    ":var",
    "E'x'",
    "sixty-three bytes, and not one more: the server would cut it___",
    "éééééééééééééééééééééééééééééé___",
];

/// Names that only schemas and enums can have: files are named after tables.
const MORE_NAMES: [&str; 10] = [
    "back\\slash",
    "$together",
    "\\",
    "a.b",
    "a\".\"b",
    "$table $schema",
    "$$",
    "tab\there",
    "new\nline",
    "$body$ {x} /* */",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The names of the tables of a schema, sorted by their bytes.
fn tables(database: &Database, schema: &str) -> Vec<String> {
    let query = format!(
        "select encode(convert_to(relname, 'UTF8'), 'hex') from pg_class c join pg_namespace n on n.oid = relnamespace \
         where relkind = 'r' and convert_to(nspname, 'UTF8') = '\\x{}' order by 1",
        hexadecimal(schema)
    );
    database.psql(&query).into_iter().flatten().collect()
}

#[test]
fn tables_and_columns_have_any_name() {
    assert!(NAMES[20].len() == 63 && NAMES[21].len() == 63);
    let mut all = Map::new();
    for (i, name) in NAMES.iter().enumerate() {
        let table = json!({
            "rows": 2, "about": name, "unique": name,
            "columns": {
                "id": "serial",
                *name: {"text": format!("{i} {{id}}"), "about": format!("{name}\\ '")},
                "label": {"choose": [name, "another"], "type": format!("enum(kind {i} of \"x\")")},
            },
        });
        let children = json!({
            "per": name, "count": 2, "index": [[name, "id"]],
            "columns": {"id": "serial", *name: "parent", "other": {"reference": name}},
        });
        all.insert((*name).to_owned(), table);
        all.insert(format!("of {i}"), children);
    }
    let count = all.len();
    let scenario = Scenario::new(&json!({"tables": all}).to_string());
    let database = Server::shared().database();
    database.psql("create schema s; create table s.mine (a int)");
    load(&scenario.argument(), &database, &["--schema", "s"]);
    assert_eq!(tables(&database, "s").len(), count + 1);
    let oids = "select string_agg(oid::text, ' ' order by oid) from pg_class where relnamespace = 's'::regnamespace and relname <> 'mine'";
    let (first, before) = (database.value(oids), held(&database, "s"));
    for (i, name) in NAMES.iter().enumerate() {
        let (table, label) = (quoted(name), name.replace('\'', "''"));
        let query = format!(
            "select count(*), min({table}), max({table}), bool_and(label::text in ('{label}', 'another')) from s.{table}"
        );
        let expected = ["2".to_owned(), format!("{i} 1"), format!("{i} 2"), "t".to_owned()];
        assert_eq!(database.psql(&query), [expected], "{name}");
        let orphans = format!(
            "select count(*) from s.\"of {i}\" c join s.{table} p on p.id = c.{table} join s.{table} o on o.id = c.other"
        );
        assert_eq!(database.value(&orphans), "4", "{name}");
        let comment = format!(
            "select obj_description(attrelid) = '{label}' and col_description(attrelid, attnum) = '{label}\\ ''' \
             from pg_attribute where attrelid = 's.{}'::regclass and attname = '{label}'",
            table.replace('\'', "''")
        );
        assert_eq!(database.value(&comment), "t", "{name}");
    }
    // The server gives the same names back, so the tables are known as seedbed's own.
    load(&scenario.argument(), &database, &["--schema", "s", "--replace"]);
    assert_eq!(held(&database, "s"), before);
    let again = database.value(oids);
    assert!(again.split(' ').all(|oid| !first.split(' ').any(|old| old == oid)), "all tables are new ones");
    // Where they are filled in place, names mean the same.
    for i in 0..NAMES.len() {
        database.psql(&format!("create view s.v{i} as select id from s.\"of {i}\""));
    }
    load(&scenario.argument(), &database, &["--schema", "s", "--replace"]);
    let (now, data) = (rows(&database, "s"), before.iter().take(count + 1).cloned().collect::<Vec<_>>());
    assert_eq!(now, data);
    assert_eq!(database.value(oids.replace("<> 'mine'", "<> 'mine' and relkind <> 'v'").as_str()), again);
}

#[test]
fn schemas_have_any_name() {
    let database = Server::shared().database();
    for (i, name) in MORE_NAMES.iter().chain(&NAMES).enumerate() {
        database.psql(&format!("create schema {}", quoted(name)));
        let members = format!("select count(*) from {}.members", quoted(name));
        let schema = format!("--schema={name}");
        load("minimal", &database, &[&schema]);
        assert_eq!(database.value(&members), "231", "{name}");
        // Every fourth is also replaced, and those of 63 bytes.
        if i % 4 != 1 && name.len() != 63 {
            continue;
        }
        load("minimal", &database, &["--replace", &schema]);
        assert_eq!(database.value(&members), "231", "{name}");
        database.psql(&format!("create view {0}.v as select id from {0}.members", quoted(name)));
        load("minimal", &database, &["--replace", &schema]);
        assert_eq!(tables(&database, name).len(), 2, "{name}");
    }
    assert_eq!(held(&database, "public"), [""; 0]);
    // The server would cut a longer name, and load into another schema.
    database.psql(&format!("create schema {}", quoted(&"x".repeat(63))));
    for name in ["x".repeat(64), "é".repeat(32)] {
        refused("minimal", &database, &["--schema", &name], 2, &["63 bytes"]);
    }
    assert_eq!(tables(&database, &"x".repeat(63)), [""; 0]);
}

#[test]
fn enums_and_labels_have_any_name() {
    let mut labels: Vec<&str> = NAMES.iter().chain(&MORE_NAMES).copied().collect();
    labels.extend(["", " ", "\\N", "NULL", "{}", "a,b\"c\\d"]);
    let mut columns = Map::new();
    columns.insert("id".into(), "serial".into());
    // As for tables and columns, a scenario's names hold no control characters.
    let names: Vec<&str> = MORE_NAMES.into_iter().filter(|name| !name.contains(char::is_control)).collect();
    for (i, name) in names.iter().enumerate() {
        let mut of = labels.clone();
        of.rotate_left(i);
        let (of, name) = (json!(of), quoted(name));
        // The name of the type is written as SQL does.
        columns.insert(format!("c{i}"), json!({"choose": of, "type": format!("enum({name})")}));
    }
    let columns: Value = columns.into();
    let scenario = Scenario::new(&json!({"tables": {"t": {"rows": 400, "columns": columns}}}).to_string());
    let database = Server::shared().database();
    for flags in [&[][..], &["--replace"]] {
        load(&scenario.argument(), &database, flags);
        for i in 0..names.len() {
            let mut of: Vec<String> = labels.iter().map(|label| hexadecimal(label)).collect();
            of.rotate_left(i);
            let query = format!(
                "select encode(convert_to(l::text, 'UTF8'), 'hex') from unnest(enum_range(null::\"t\".c{i})) l"
            );
            let query = query.replace(&format!("null::\"t\".c{i}"), &format!("(select c{i} from t limit 0)"));
            let found: Vec<String> = database.psql(&query).into_iter().flatten().collect();
            assert_eq!(found, of, "{i}");
            let used = database.value(&format!("select count(distinct c{i}) from t"));
            assert!(used.parse::<usize>().unwrap() > labels.len() / 2, "{used}");
        }
    }
    let long = Scenario::new(
        &json!({"tables": {"t": {"rows": 4, "columns": {"a": {"choose": ["y", "x".repeat(64)], "type": "enum"}}}}}).to_string(),
    );
    refused(&long.argument(), &database, &["--replace"], 2, &["63 bytes"]);
}

#[test]
fn names_that_are_too_long_are_refused_and_not_cut() {
    let database = Server::shared().database();
    for name in ["x".repeat(64), "é".repeat(32)] {
        for scenario in [
            json!({"tables": {&name: {"rows": 1, "columns": {"id": "serial"}}}}),
            json!({"tables": {"t": {"rows": 1, "columns": {&name: "serial"}}}}),
            json!({"tables": {"t": {"rows": 1, "columns": {"a": {"choose": ["x"], "type": format!("enum({name})")}}}}}),
        ] {
            let scenario = Scenario::new(&scenario.to_string());
            refused(&scenario.argument(), &database, &[], 2, &["63 bytes"]);
        }
    }
    assert_eq!(held(&database, "public"), [""; 0]);
}

/// Values that have a meaning somewhere on the way.
const VALUES: [&str; 24] = [
    "",
    " ",
    "\\",
    "\\\\",
    "\\.",
    "\n\\.\n",
    "\\N",
    "NULL",
    "null",
    "tab\there",
    "line\nfeed",
    "carriage\r\nreturn",
    "\u{8}\u{b}\u{c}\u{1}\u{7f}",
    "it's",
    "say \"so\"",
    "a,b;c|d",
    "{a,\"b\"}",
    "$$; drop table t; --",
    "'; drop table t; --",
    "\\x00",
    "\\t\\n\\u0000",
    "%s",
    "ünïcödé ☃ 👩‍🚀 \u{202e}",
    "\u{feff}\u{fffd}\u{10ffff}",
];

/// A table of the values, as text, in an array, and in JSON.
fn values() -> Scenario {
    let literal: Vec<Value> = VALUES
        .iter()
        .enumerate()
        .map(|(i, value)| json!({"id": i, "value": value, "place": format!("({i},1)")}))
        .collect();
    let tables = json!({
        "t": {"rows": literal, "columns": {}},
        "more": {"rows": 300, "columns": {
            "id": "serial",
            "one": {"choose": VALUES},
            "some": {"array": {"of": {"choose": VALUES}, "length": {"from": 0, "to": 4}}},
            "in_json": {"json": {"value": {"choose": VALUES}}},
        }},
    });
    Scenario::new(&json!({"tables": tables}).to_string())
}

fn assert_values(database: &Database) {
    let found: Vec<String> = database
        .psql("select encode(convert_to(value, 'UTF8'), 'hex') from t order by id")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(found, VALUES.map(hexadecimal));
    // Every value that appears elsewhere is one of them, to the byte.
    for values in
        ["select one from more", "select unnest(\"some\") from more", "select in_json ->> 'value' from more"]
    {
        let query = format!(
            "select count(distinct v.value) from ({values}) as v(value) join t on convert_to(t.value, 'UTF8') = convert_to(v.value, 'UTF8')"
        );
        let distinct: usize = database.value(&query).parse().unwrap();
        assert!(distinct > VALUES.len() / 2, "{values}: {distinct}");
        let others =
            format!("select count(*) from ({values}) as v(value) where v.value not in (select value from t)");
        assert_eq!(database.value(&others), "0", "{values}");
    }
    assert_eq!(database.value("select count(*) from more"), "300");
}

#[test]
fn values_arrive_as_they_are() {
    let scenario = values();
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    assert_values(&database);
}

#[test]
fn values_arrive_as_they_are_in_text_format_too() {
    let scenario = values();
    let database = Server::shared().database();
    // seedbed does not encode a point in binary, so the whole table goes as text.
    database.psql(
        "create table t (value text, place point, id int8); \
         create table more (\"some\" text[], id int4, in_json json, one varchar(200))",
    );
    let said = load(&scenario.argument(), &database, &[]);
    assert!(said.contains("note: table `t` was sent as text"), "{said}");
    assert_values(&database);
    assert_eq!(database.value("select place[0] from t where id = 7"), "7");
}

#[test]
fn a_nul_is_refused_with_the_name_of_its_column() {
    let database = Server::shared().database();
    load("minimal", &database, &[]);
    let before = held(&database, "public");
    for column in [
        json!({"choose": ["a\0b", "c"]}),
        json!({"choose": ["a\0b", "c"], "type": "enum"}),
        json!({"choose": ["a\0b"], "type": "varchar(20)"}),
        json!({"text": "a\0b{id}"}),
        json!({"array": {"of": {"choose": ["a\0b"]}, "length": 2}}),
        json!({"json": {"x": {"choose": ["a\0b"]}}}),
    ] {
        let tables =
            json!({"tables": {"holder": {"rows": 20, "columns": {"id": "serial", "culprit": column}}}});
        let scenario = Scenario::new(&tables.to_string());
        let output = super::loading::generate(&scenario.argument(), &database.url(), &[]).output().unwrap();
        let said = seedbed_tests::command::stderr(&output);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{column}: {said}");
        assert!(
            said.contains("culprit") && ["NUL", "U+0000", "\\u0000"].iter().any(|word| said.contains(word)),
            "{column}: {said}"
        );
        assert_eq!(held(&database, "public"), before, "{column}");
    }
}
