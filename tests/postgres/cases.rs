//! The table of cases: written with the tables, all or nothing, and never in the place of anything else.

use seedbed_tests::command::{run, stderr};
use seedbed_tests::server::{Database, Server};

use super::loading::{Scenario, generate, held, load, refused, rows};

const SCENARIO: &str = "
tables:
  shops:
    rows: 50
    columns: {id: serial, name: {text: \"it's \\\\ {id}\"}}
  sales:
    per: shops
    count: 20
    columns: {id: serial, shop_id: parent, amount: {integer: {from: 1, to: 1000}}}
cases:
  dear: {in: sales, where: amount > 990, list: 1000}
  first: {in: shops, where: id = 1}
  none: {in: shops, where: id > 50, at least: 0}
";

fn listed(database: &Database, schema: &str) -> Vec<String> {
    let query = format!(
        "select case_name, table_name, key from \"{schema}\".seedbed_cases order by case_name collate \"C\", (key->>'id')::int"
    );
    database.psql(&query).into_iter().map(|row| row.join(" ")).collect()
}

/// What the table ought to hold, by the rows themselves.
fn expected(database: &Database, schema: &str) -> Vec<String> {
    let query = format!(
        "select * from (select 'dear' as c, 'sales', jsonb_build_object('id', id) as k from \"{schema}\".sales where amount > 990 \
         union all select 'first', 'shops', jsonb_build_object('id', id) from \"{schema}\".shops where id = 1) x \
         order by c collate \"C\", (k->>'id')::int"
    );
    database.psql(&query).into_iter().map(|row| row.join(" ")).collect()
}

#[test]
fn keys_stand_beside_the_tables() {
    let scenario = Scenario::new(SCENARIO);
    let argument = scenario.argument();
    let database = Server::shared().database();
    database.psql("create schema \"my \"\"schema\"");
    // Several connections and one, in place and staged.
    for (schema, more) in
        [("public", &["--jobs", "3"][..]), ("my \"schema", &["--jobs", "1", "--schema", "my \"schema"])]
    {
        let quoted = schema.replace('"', "\"\"");
        let said = load(&argument, &database, more);
        assert!(said.contains("dear   sales") && said.contains("none   shops     0"), "{said}");
        let found = expected(&database, &quoted);
        assert!(found.len() > 5, "{found:?}");
        assert_eq!(listed(&database, &quoted), found, "{schema}");
    }
    // Again, with other rows; as a whole, in place, one table alone.
    let again = |more: &[&str]| {
        load(&argument, &database, more);
        assert_eq!(listed(&database, "public"), expected(&database, "public"), "{more:?}");
    };
    again(&["--replace", "--seed", "7"]);
    database.psql("create view of_sales as select * from sales; insert into seedbed_cases values ('mine', 'other', '{\"id\": 0}')");
    database.psql("delete from seedbed_cases where case_name = 'mine'");
    again(&["--replace", "--seed", "8"]);
    load(&argument, &database, &["--replace", "--seed", "9", "--tables", "sales"]);
    assert_eq!(listed(&database, "public"), expected(&database, "public"));
    // Rows of tables that are not loaded stay.
    database.psql("insert into seedbed_cases values ('zzz', 'other', '{\"id\": 0}')");
    load(&argument, &database, &["--replace"]);
    assert_eq!(listed(&database, "public").last().map(String::as_str), Some("zzz other {\"id\": 0}"));
}

#[test]
fn rows_that_are_added_keep_the_keys_that_are_there() {
    let text = "
tables: {t: {rows: 5, columns: {id: {serial: {start: $from}}}}}
params: {from: 1}
cases: {even: {in: t, where: id % 2 = 0}}
";
    let scenario = Scenario::new(text);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &[]);
    load(&scenario.argument(), &database, &["--append", "--set", "from=6"]);
    let keys = ["2", "4", "6", "8", "10"].map(|id| format!("even t {{\"id\": {id}}}"));
    assert_eq!(listed(&database, "public"), keys);
}

#[test]
fn too_few_rows_publish_nothing() {
    let scenario = Scenario::new(&SCENARIO.replace("at least: 0", "at least: 1"));
    let database = Server::shared().database();
    database.psql("create table shops (id bigint, name text, primary key (id))");
    let before = held(&database, "public");
    let words = ["case `none`: found no row of `shops`, expected at least 1", "hint: make more rows"];
    for more in [&["--jobs", "2"][..], &["--replace"]] {
        refused(&scenario.argument(), &database, more, 1, &words);
        assert_eq!(held(&database, "public"), before);
    }
}

#[test]
fn nothing_else_of_that_name_is_written_to() {
    let scenario = Scenario::new(SCENARIO);
    let columns = "case_name text, table_name text, key jsonb";
    let others = [
        "create view seedbed_cases as select ''::text as case_name, ''::text as table_name, null::jsonb as key".to_owned(),
        format!("create table seedbed_cases ({columns}, more int)"),
        "create table seedbed_cases (case_name text, table_name text, key text)".to_owned(),
        format!("create table seedbed_cases ({columns}, check (case_name <> ''))"),
        format!("create table seedbed_cases ({columns}); create index on seedbed_cases (lower(case_name))"),
        format!("create table seedbed_cases ({columns}); create rule r as on insert to seedbed_cases do also notify x"),
        format!("create table seedbed_cases ({columns}) partition by list (case_name)"),
        format!("create table seedbed_cases ({columns}); alter table seedbed_cases enable row level security"),
        format!(
            "create function f() returns trigger language plpgsql as 'begin return new; end'; create table seedbed_cases ({columns}); \
             create trigger t before insert on seedbed_cases for each row execute function f()"
        ),
    ];
    for other in others {
        let database = Server::shared().database();
        database.psql(&other);
        let before = held(&database, "public");
        let words = ["`seedbed_cases` in schema `public` is not the table of cases", "--no-cases"];
        refused(&scenario.argument(), &database, &[], 2, &words);
        assert_eq!(held(&database, "public"), before, "{other}");
        load(&scenario.argument(), &database, &["--no-cases"]);
    }
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &["--no-cases"]);
    assert_eq!(rows(&database, "public").len(), 2, "there is no table of cases");
    let dry = generate(&scenario.argument(), &database.url(), &["--replace", "--dry-run"])
        .output()
        .expect("it starts");
    let shown = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert!(
        shown.contains("the keys of 3 cases go into table \"public\".\"seedbed_cases\""),
        "{shown}{}",
        stderr(&dry)
    );
    let own = Scenario::new(
        "tables: {seedbed_cases: {rows: 1, columns: {id: serial}}}\ncases: {a: {in: seedbed_cases, where: id = 1}}\n",
    );
    refused(&own.argument(), &database, &[], 2, &["has the name of the table of cases"]);
}

/// `verify` makes the rows anew; the server says what they hold.
#[test]
fn pinned_rows_arrive() {
    let text = "
tables:
  tenants: {rows: 20, columns: {id: serial, name: company, kind: {choose: {small: 9, large: 1}, type: enum}}}
  users:
    per: tenants
    count: {poisson: {mean: 40}}
    min: 3
    columns: {id: serial, tenant_id: parent, email: {text: \"{id}@{tenants.name|slug}.example\", unique: true}}
cases:
  acme: {in: tenants, row: 5, pin: {name: Acme, kind: huge}}
  sarah: {in: users, of: acme, ordinal: 3, pin: {email: sarah@acme.example}}
  larges: {in: tenants, where: kind = 'huge'}
checks:
  one_sarah: select count(*) from users where email = 'sarah@acme.example' having count(*) <> 1
";
    let scenario = Scenario::new(text);
    let database = Server::shared().database();
    load(&scenario.argument(), &database, &["--jobs", "2"]);
    let sarah = "select u.id from users u join tenants t on t.id = u.tenant_id where u.email = 'sarah@acme.example' \
        and t.name = 'Acme' and t.kind = 'huge' and (select count(*) from users o where o.tenant_id = t.id and o.id < u.id) = 2";
    let id = database.value(sarah);
    let expected = [
        "acme tenants {\"id\": 5}".to_owned(),
        "larges tenants {\"id\": 5}".to_owned(),
        format!("sarah users {{\"id\": {id}}}"),
    ];
    assert_eq!(listed(&database, "public"), expected);
    assert_eq!(database.value("select count(*) from users where email like '%@acme.example' and id::text || '@acme.example' <> email"), "1");
    let url = database.url();
    let verified = run(["verify", &scenario.argument(), "--to", &url]);
    assert!(String::from_utf8_lossy(&verified.stdout).contains("equal: 2 tables; passed: 1 check"));
}
