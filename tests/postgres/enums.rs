//! Enums that stay when the tables of a load are dropped.

use seedbed_tests::server::Server;

use super::loading::{Scenario, held, load, private_schemas, refused, structure};

const SCENARIO: &str = "tables:\n  t:\n    rows: 9\n    columns:\n      id: serial\n      \
    plan: {choose: [free, 'pro''s', '\"x\"'], type: enum(Plan)}\n  u:\n    rows: 5\n    columns:\n      id: serial\n      \
    plan: {choose: [free, 'pro''s', '\"x\"'], type: enum(Plan)}\n";

#[test]
fn an_enum_that_an_earlier_load_left_is_used() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    let (before, oid) = (structure(&database, "public"), "select oid from pg_type where typname = 'Plan'");
    let was = database.value(oid);
    // Another table uses the enum, too.
    for others in ["", "create table mine (plan \"Plan\"[]); comment on type \"Plan\" is 'mine'"] {
        database.psql(&format!("drop table t, u; {others}"));
        load(&scenario.argument(), &database, &[]);
        assert_eq!(database.value(oid), was);
        database.psql("drop table if exists mine");
        assert_eq!(structure(&database, "public"), before);
    }
    // One of the tables is still there: a new one takes its place, and the other is made beside it.
    database.psql("drop table u");
    load(&scenario.argument(), &database, &["--replace"]);
    assert_eq!(structure(&database, "public"), before);
    let used = "select count(distinct atttypid) from pg_attribute where attname = 'plan'";
    assert_eq!(database.value(used), "1");
    assert_eq!(private_schemas(&database), [""; 0]);
}

#[test]
fn another_enum_of_the_name_is_not_used() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    for labels in ["'free', 'pro''s'", "'pro''s', 'free', '\"x\"'", "'free', 'pro''s', '\"x\"', 'more'"] {
        database.psql(&format!("create type \"Plan\" as enum ({labels})"));
        let before = held(&database, "public");
        let words =
            ["type \"public\".\"Plan\" is not an enum of just 'free', 'pro''s', '\"x\"'", "hint: drop"];
        for flags in [&[][..], &["--dry-run"]] {
            refused(&scenario.argument(), &database, flags, 2, &words);
        }
        assert_eq!(held(&database, "public"), before);
        database.psql("drop type \"Plan\"");
    }
}
