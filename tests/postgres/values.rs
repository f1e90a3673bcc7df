//! Values on their way into columns of other types: told when a column would change them, converted where the server would
//! convert them, and equal for `verify` afterwards.

use std::process::Output;

use seedbed_tests::command::{seedbed, stderr};
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, held, load, refused};

fn verify(scenario: &Scenario, database: &Database, more: &[&str]) -> Output {
    let (argument, url) = (scenario.argument(), database.url());
    let arguments = ["verify", &argument, "--to", &url];
    seedbed(arguments.into_iter().chain(more.iter().copied())).output().expect("the binary starts")
}

/// What `verify` prints when all rows are equal.
fn equal(scenario: &Scenario, database: &Database) -> String {
    let output = verify(scenario, database, &[]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", stderr(&output));
    printed
}

/// `2025-12-31 23:59:59.9996` became another year in a `timestamp(3)`, and `verify` called every row wrong.
#[test]
fn values_that_a_modifier_would_change_are_told_before_anything_is_sent() {
    let database = Server::shared().database();
    database.psql(
        "create domain moment as timestamp(3); create domain moments as moment; create domain short as varchar(3)",
    );
    let moment = "expression: \"timestamp '2025-12-31 23:59:59.9996'\"";
    let took = "expression: \"interval '1 day 02:03:04.5'\"";
    for (ty, value, shown) in [
        ("timestamp(3)", moment, "`2025-12-31 23:59:59.9996`: the column keeps 3 digits of a second"),
        ("timestamptz(0)", moment, "the column keeps whole seconds, and would round it"),
        ("moments", moment, "the column keeps 3 digits of a second"),
        (
            "timestamp(3)[]",
            "array: {of: {expression: \"timestamp '2025-12-31 23:59:59.9996'\"}, length: 2}",
            "3 digits",
        ),
        (
            "moments[]",
            "array: {of: {expression: \"timestamp '2025-12-31 23:59:59.9996'\"}, length: 2}",
            "3 digits",
        ),
        ("time(2)", "expression: \"time '23:59:59.999'\"", "the column keeps 2 digits of a second"),
        ("timetz(2)", "choose: [\"23:59:59.999+00\"]", "the column keeps 2 digits of a second"),
        ("interval(0)", took, "the column keeps whole seconds"),
        ("interval day to minute", took, "the column does not keep all of its fields"),
        ("interval year to month", took, "the column does not keep all of its fields"),
        ("interval day", took, "the column does not keep all of its fields"),
        ("varchar(3)", "text: \"x{id}  \"", "it has 4 characters, the column takes 3"),
        (
            "short[]",
            "array: {of: {choose: [good, bad]}, length: 9}",
            "it has 4 characters, the column takes 3",
        ),
        ("char(3)", "text: \"long{id}\"", "it has 5 characters, the column takes 3"),
        ("numeric(3,1)", "decimal: {from: 500, to: 900, scale: 1}", "the precision of the column"),
        ("name", "expression: \"repeat('n', 64)\"", "it has 64 bytes, the column keeps 63"),
        (
            "double precision",
            "expression: 9007199254740993 + id - id",
            "`9007199254740993`: the nearest double precision",
        ),
        ("uuid", "text: \"no-{id}\"", "`no-1`: it is no uuid (row 1)"),
        ("jsonb", "choose: [\"{\"]", "it is no JSON (row 1)"),
        ("bytea", "choose: ['\\x0']", "it is no bytea (row 1)"),
    ] {
        database.psql(&format!("drop table if exists t; create table t (id int, v {ty})"));
        // The last row is not among those that a load tries first.
        let scenario =
            Scenario::new(&format!("tables: {{t: {{rows: 3, columns: {{id: serial, v: {{{value}}}}}}}}}"));
        let before = held(&database, "public");
        for flags in [&[][..], &["--dry-run"], &["--append"]] {
            let said = refused(
                &scenario.argument(),
                &database,
                flags,
                1,
                &["column `t.v` cannot take", shown, "(row 1)"],
            );
            assert!(!said.contains("SQLSTATE"), "{ty}: {said}");
        }
        assert_eq!(held(&database, "public"), before, "{ty}");
    }
    // The row may be far behind.
    database.psql("drop table t; create table t (id int, v timestamp(3))");
    let scenario = Scenario::new(
        "tables: {t: {rows: 30_000, columns: {id: serial, \
         v: \"= timestamp '2026-01-01' + id * interval '1 second' + case when id > 25000 then interval '1 microsecond' else interval '0 days' end\"}}}",
    );
    refused(&scenario.argument(), &database, &[], 1, &["`2026-01-01 06:56:41.000001`", "(row 25001)"]);
    assert_eq!(database.value("select count(*) from t"), "0");
    let fits = Scenario::new(
        "tables: {t: {rows: 300, columns: {id: serial, \
         v: {moment: {from: 2025-01-01, to: as_of, precision: millisecond}}}}}",
    );
    load(&fits.argument(), &database, &[]);
    assert!(equal(&fits, &database).contains("equal"));
}

const CONVERTED: &str = r#"
tables:
  t:
    rows: 300
    columns:
      id: serial
      made: {moment: {from: 2024-01-01, to: as_of}}
      wall: {moment: {from: 2024-01-01, to: as_of}, type: timestamp, null: 10%}
      day: {date: {from: 2024-01-01, to: 2025-01-01}}
      midnight: {date: {from: 2024-01-01, to: 2025-01-01}}
      n: {integer: {from: -9000000000, to: 9000000000}}
      ratio: {integer: {from: 1, to: 9}, type: integer}
      price: {decimal: {from: 0, to: 9999, scale: 2}, null: 20%}
      small: {decimal: {from: 0, to: 9999, scale: 2}}
      key: {uuid: 4}
      code: {integer: {from: 1, to: 99999}}
      ref: {text: "7B0E4A7C2F314F0A-9F3E0F6D2C1B5A90", null: 97%}
      raw: {choose: ['{"b": 1.0, "a": 1e2, "b":  2}', '[]']}
      doc: {choose: ['{"b": 1.0, "a": 1e2, "b":  2}', '[]']}
      bytes: {choose: ['\x0AfF', '\x', 'a\\b\001']}
      flag: {boolean: 30%}
      took: {expression: "time '12:30:00.5'"}
      moments: {array: {of: {moment: {from: 2024-01-01, to: as_of}}, length: {from: 0, to: 3}}}
"#;

/// What PostgreSQL assigns without a word was refused, which four of five instants of real schemas are.
#[test]
fn values_are_converted_as_an_assignment_would() {
    let database = Server::shared().database();
    let names =
        "id, made, wall, day, midnight, n, ratio, price, small, key, code, raw, doc, flag, took, moments";
    database.psql(
        "create table t (id int, made timestamp, wall timestamptz, day timestamp, midnight timestamptz, n double precision, \
           ratio real, price double precision, small real, key text, code varchar(9), ref uuid, raw json, doc jsonb, bytes bytea, \
           flag char(7), took interval, moments timestamp[]); create schema own",
    );
    let scenario = Scenario::new(CONVERTED);
    load(&scenario.argument(), &database, &[]);
    assert!(equal(&scenario, &database).contains("equal: 1 table"));
    // The server's own assignments of the same values, in tables that seedbed made.
    load(&scenario.argument(), &database, &["--schema", "own"]);
    database.psql(
        "create table assigned (like t); set timezone to 'UTC'; \
         insert into assigned select id, made, wall, day, midnight, n, ratio, price, small, key, code, ref::uuid, raw::json, \
           doc::jsonb, bytes::bytea, flag, took, moments from own.t",
    );
    let differing = |mine: &str, own: &str| {
        let query =
            format!("select count(*) from (({mine} except all {own}) union all ({own} except all {mine})) d");
        assert_eq!(database.value(&query), "0", "{mine}");
    };
    let names = names.replace("raw", "raw::text, ref, bytes");
    differing(&format!("select {names} from t"), &format!("select {names} from assigned"));
    // A value that is changed is found, and shown as the column holds it.
    database.psql("update t set made = made + interval '1 microsecond' where id = 7; update t set n = n + 0.5 where id = 8");
    let output = verify(&scenario, &database, &[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("2 rows changed") || printed.contains("2 missing"), "{printed}");
    assert!(printed.contains("`made` is ") || printed.contains("row 7 "), "{printed}");
}

const SPELLED: &str = r#"
tables:
  t:
    rows: 700
    columns:
      id: serial
      price: {text: "{id}.5"}
      words: {text: "the fat  cat{id} fat", null: 5%}
      during: {text: "[{id},1000]"}
      days: {choose: ["[2024-01-01,2024-01-31]", "empty"]}
      place: {text: "( 1.50,{id} )"}
      area: {choose: ["((0,0),(1,0),(1,1.0))"]}
      bits: {choose: ["101", "010"]}
      more: {choose: ["10", "1"]}
      mac: {choose: ["08-00-2b-01-02-03", "0800.2b01.0203"]}
      at: {choose: ["12:30:00.500+02", "1:2"]}
      search: {choose: ["fat & (rat|cat)"]}
      doc: {choose: ['{"b":1.0,"a":1e2,"b":2}']}
      padded: {text: "x{id} "}
      folded: {text: "Some{id}"}
      network: {choose: ["::ffff:1.2.3.4", "10.0.0.0/8"]}
      tags: {array: {of: {choose: ["[1,2]", "(1,4)"]}, length: {from: 0, to: 3}}, null: 10%}
      limited: {choose: ["1.50", "2"]}
      oid: {choose: [" 12", "0013"]}
      letter: {choose: [a, b]}
      composite: {choose: ["(1, 2)"]}
      mine: {choose: ["[1,2]"]}
"#;

const SPELLED_TABLE: &str = "
    create domain euros as money; create domain euro as euros; create domain span as int4range;
    create type pair as (a int, b int);
    create type mine as range (subtype = float4);
    create table t (id int primary key, price euro, words tsvector, during int4range, days daterange, place point, area polygon,
      bits bit(3), more varbit(5), mac macaddr, at timetz, search tsquery, doc jsonb, padded char(9), folded text, network inet,
      tags span[], limited text, oid oid, letter \"char\", composite pair, mine mine)";

/// `verify` called what the server stores in a text of its own wrong, right after a correct load.
#[test]
fn what_the_server_spells_in_its_own_way_is_equal() {
    let database = Server::shared().database();
    database.psql(SPELLED_TABLE);
    let scenario = Scenario::new(SPELLED);
    load(&scenario.argument(), &database, &[]);
    assert_eq!(database.value("select during::text || price::text from t where id = 3"), "[3,1001)$3.50");
    let printed = equal(&scenario, &database);
    for (column, ty) in [("composite", "pair"), ("mine", "mine")] {
        let line = format!(
            "column `{column}` is not compared: reading a public.{ty} may run functions of its creator"
        );
        assert!(printed.contains(&line), "{printed}");
    }
    let json = verify(&scenario, &database, &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["equal"], true);
    assert_eq!(json["tables"][0]["not_compared"][1]["column"], "mine");
    assert_eq!(json["tables"][0]["not_compared"].as_array().map(Vec::len), Some(2));
    // Each of them is compared.
    for change in [
        "price = price + '1'::money",
        "words = words || 'dog'",
        "during = '[3,4)'",
        "days = null",
        "place = '(2,2)'",
        "area = '((0,0),(1,0),(1,2))'",
        "bits = '111'",
        "more = '11111'",
        "mac = '08:00:2b:01:02:04'",
        "at = '12:30+03'",
        "search = 'fat'",
        "tags = '{}'::span[] || '[7,8)'::span",
        "oid = 14",
        "letter = 'c'",
        "network = '10.0.0.0/9'",
    ] {
        database.psql(&format!(
            "create table if not exists kept as table t; update t set {change} where id = 33"
        ));
        let output = verify(&scenario, &database, &[]);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{change}: {printed}");
        let column = change.split(' ').next().expect("a column");
        assert!(printed.contains(&format!("row 33 (id 33): `{column}` is ")), "{change}: {printed}");
        database.psql(&format!(
            "update t set {column} = kept.{column} from kept where t.id = 33 and kept.id = 33"
        ));
    }
    equal(&scenario, &database);
}

/// Extensions have types of their own; a table that holds something else altogether is told as such.
#[test]
fn types_of_extensions_are_equal_and_other_values_are_told() {
    let database = Server::shared().database();
    let available = "select string_agg(name, ' ' order by name) from pg_available_extensions \
        where name in ('hstore', 'ltree', 'citext', 'cube')";
    let available = database.value(available);
    if available != "citext cube hstore ltree" {
        // Some packages of the server leave out the extensions.
        return;
    }
    database.psql(
        "create schema elsewhere; create extension hstore schema elsewhere; create extension ltree; create extension citext; \
         create extension cube; set search_path to public, elsewhere; create domain attributes as hstore; \
         create table t (id int, a hstore, b attributes, c attributes[], path ltree, name citext, box cube, names citext[])",
    );
    let scenario = Scenario::new(
        "tables:\n  t:\n    rows: 600\n    columns:\n      id: serial\n      a: {text: 'a=>{id},b=>NULL'}\n      b: {text: 'b=>1, a=>{id}'}\n      \
         c: {array: {of: {choose: ['a=>1', '\"x y\" => \"\\\"\"']}, length: {from: 0, to: 2}}}\n      path: {text: 'Top.Science.n{id}'}\n      \
         name: {text: 'Name {id}'}\n      box: {text: '( 1 , {id} )'}\n      names: {array: {of: {choose: [A, a]}, length: 2}}\n",
    );
    load(&scenario.argument(), &database, &[]);
    assert_eq!(database.value("select a::text from t where id = 1"), "\"a\"=>\"1\", \"b\"=>NULL");
    let printed = equal(&scenario, &database);
    assert!(!printed.contains("not compared"), "{printed}");
    database.psql("update t set b = 'a=>0' where id = 12");
    let output = verify(&scenario, &database, &[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && printed.contains("1 row"), "{printed}");
    // Texts that are no `hstore` at all are other values, and no failure.
    let other = Scenario::new(
        "tables:\n  t:\n    rows: 600\n    columns:\n      id: serial\n      a: {text: 'no {id}'}\n",
    );
    let output = verify(&other, &database, &[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}{}", stderr(&output));
    assert!(printed.contains("differs"), "{printed}");
}
