//! Tables that are not there: a misspelt name does not become a new table unseen.

use seedbed_tests::command::stderr;
use seedbed_tests::server::Server;

use super::loading::{Scenario, generate, held, load, refused};

/// A user writes `ordrs` and means `orders`.
const SCENARIO: &str = "tables:\n  people: {rows: 3, columns: {id: serial}}\n  \
    ordrs: {rows: 5, columns: {id: serial}}\n";

#[test]
fn existing_makes_no_table() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    database
        .psql("create table people (id int8); create table orders (id int8); create table other (id int8)");
    let before = held(&database, "public");
    let words = [
        "`ordrs` is not in schema `public`, and `--existing` makes no tables",
        "hint: did you mean `orders`? leave out `--existing`",
    ];
    for flags in [
        &["--existing"][..],
        &["--existing", "--dry-run"],
        &["--existing", "--append"],
        &["--existing", "--replace"],
    ] {
        refused(&scenario.argument(), &database, flags, 2, &words);
        assert_eq!(held(&database, "public"), before, "{flags:?}");
    }
    database.psql("alter table orders rename to ordrs");
    for flags in [&["--existing"][..], &["--existing", "--append"], &["--existing", "--replace"]] {
        load(&scenario.argument(), &database, flags);
    }
    assert_eq!(database.value("select count(*) from ordrs"), "5");
}

#[test]
fn existing_lists_ten_tables_and_counts_the_others() {
    let tables: String = (0..30).map(|i| format!("  t{i}: {{rows: 1, columns: {{id: serial}}}}\n")).collect();
    let scenario = Scenario::new(&format!("tables:\n{tables}"));
    let words = ["`t8`, `t9` and 20 more are not in schema `public`", "hint: leave out `--existing`"];
    refused(&scenario.argument(), &Server::shared().database(), &["--existing"], 2, &words);
}

#[test]
fn tables_that_are_made_are_told_first() {
    let scenario = Scenario::new(SCENARIO);
    let database = Server::shared().database();
    database.psql("create table people (id int8); create table orders (id int8)");
    let output =
        generate(&scenario.argument(), &database.url(), &["--dry-run"]).output().expect("the binary starts");
    let plan = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{plan} {}", stderr(&output));
    let lines: Vec<&str> = plan.lines().map(str::trim).collect();
    assert_eq!(lines[1], "create \"public\".\"ordrs\": 5 rows", "{plan}");
    assert_eq!(lines[2], "fill the empty table \"public\".\"people\": 3 rows", "{plan}");
    let note = "table `ordrs` was not there and is made; did you mean `orders`? `--existing` makes no tables";
    assert!(lines.contains(&note), "{plan}");
    let said = load(&scenario.argument(), &database, &[]);
    assert!(said.contains(&format!("note: {note}")), "{said}");
    let (made, filled) = (said.find("made "), said.find("filled "));
    assert!(made.is_some() && made < filled, "{said}");
    // Those that are all made, or all there, stay in the order of the scenario.
    let said = load(&scenario.argument(), &database, &["--replace"]);
    assert!(said.find("\npeople ") < said.find("\nordrs "), "{said}");
    assert!(said.find("\npeople ").is_some() && said.contains("emptied and filled"), "{said}");
}
