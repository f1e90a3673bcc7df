//! The script of `seedbed ddl` on a server: it runs as it stands, says what the plan says, and the shipped data hold it.

use std::io::Write;
use std::process::{Command, Stdio};

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_postgres::ddl::{Constraints, ForeignKey, Index, Key, Schema, Table};
use seedbed_postgres::sql::{identifiers, literal, qualified};
use seedbed_tests::server::{Database, Server};
use seedbed_tests::{command, shipped};

/// Runs a script as the help says.
fn run_script(database: &Database, script: &str) -> Result<(), String> {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-", &database.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql starts");
    let mut stdin = psql.stdin.take().expect("a pipe");
    // When psql stops early its message is what counts.
    let _ = stdin.write_all(script.as_bytes());
    drop(stdin);
    let out = psql.wait_with_output().expect("psql ends");
    match out.status.success() {
        true => Ok(()),
        false => Err(format!("{}\n{script}", String::from_utf8_lossy(&out.stderr))),
    }
}

fn all(plan: &Plan) -> Schema {
    let tables: Vec<TableId> = plan.tables().collect();
    Schema::of(plan, &tables).expect("PostgreSQL can have these tables")
}

/// What the catalog says of a schema, one line for every object.
fn catalog(database: &Database, schema: &str) -> Vec<String> {
    let schema = literal(schema);
    let rows = database.psql(&format!(
        "select 'column', c.relname, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity::text
           from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = {schema}::regnamespace and c.relkind = 'r' and a.attnum > 0
         union all
         select 'constraint', c.relname, k.conname, k.contype::text, k.convalidated::text,
                (select string_agg(attname, ',' order by n) from unnest(k.conkey) with ordinality u(num, n)
                   join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num)
                || coalesce(' to ' || f.relname || ' ' ||
                (select string_agg(attname, ',' order by n) from unnest(k.confkey) with ordinality u(num, n)
                   join pg_attribute a on a.attrelid = f.oid and a.attnum = u.num), '')
           from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_class f on f.oid = k.confrelid
          where k.connamespace = {schema}::regnamespace and k.contype in ('p', 'u', 'f')
         union all
         select 'index', t.relname, i.relname, x.indisunique::text, '',
                (select string_agg(attname, ',' order by n) from unnest(x.indkey) with ordinality u(num, n)
                   join pg_attribute a on a.attrelid = t.oid and a.attnum = u.num)
           from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
          where i.relnamespace = {schema}::regnamespace
         union all
         select 'check', c.relname, k.conname, '', '', ''
           from pg_constraint k join pg_class c on c.oid = k.conrelid
          where k.connamespace = {schema}::regnamespace and k.contype = 'c'
         union all
         select 'enum', t.typname, string_agg(e.enumlabel::text, ',' order by e.enumsortorder), '', '', ''
           from pg_type t join pg_enum e on e.enumtypid = t.oid
          where t.typnamespace = {schema}::regnamespace group by t.typname
         union all
         select 'comment', c.relname, coalesce(a.attname, ''), d.description, '', ''
           from pg_description d join pg_class c on c.oid = d.objoid
           left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0
          where d.classoid = 'pg_class'::regclass and c.relnamespace = {schema}::regnamespace",
        schema = quoted_regnamespace(&schema),
    ));
    let mut lines: Vec<String> = rows.into_iter().map(|row| row.join(" | ")).collect();
    lines.sort();
    lines
}

/// `regnamespace` reads names as SQL does: with quotes.
fn quoted_regnamespace(schema_literal: &str) -> String {
    format!("quote_ident({schema_literal})")
}

/// The same lines from what was asked for. Types of enums are left to the server, which puts the schema before them.
fn expected(schema: &Schema, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for each in &schema.enums {
        lines.push(format!("enum | {} | {} |  |  | ", each.name, each.labels.join(",")));
    }
    for table in &schema.tables {
        let t = &table.name;
        for column in &table.columns {
            let ty = in_the_servers_words(&column.sql_type.sql(name));
            let identity = if column.identity.is_some() { "d" } else { "" };
            lines.push(format!("column | {t} | {} | {ty} | {} | {identity}", column.name, column.not_null));
        }
        let constraint = |kind: char, Key { name, columns }: &Key| {
            let columns = columns.join(",");
            [
                format!("constraint | {t} | {name} | {kind} | true | {columns}"),
                format!("index | {t} | {name} | true |  | {columns}"),
            ]
        };
        lines.extend(table.primary.iter().flat_map(|key| constraint('p', key)));
        lines.extend(table.unique.iter().flat_map(|key| constraint('u', key)));
        for Index { name, columns } in &table.indexes {
            lines.push(format!("index | {t} | {name} | false |  | {}", columns.join(",")));
        }
        for ForeignKey { name, columns, target, target_columns } in &table.foreign {
            let (columns, references) = (columns.join(","), target_columns.join(","));
            lines.push(format!("constraint | {t} | {name} | f | true | {columns} to {target} {references}"));
        }
        lines.extend(table.checks.iter().map(|check| format!("check | {t} | {} |  |  | ", check.name)));
        lines.extend(table.about.iter().map(|about| format!("comment | {t} |  | {about} |  | ")));
        let abouts = table.columns.iter().filter_map(|column| Some((&column.name, column.about.as_ref()?)));
        lines.extend(abouts.map(|(column, about)| format!("comment | {t} | {column} | {about} |  | ")));
    }
    lines.sort();
    lines
}

fn in_the_servers_words(ty: &str) -> String {
    let (word, brackets) = ty.strip_suffix("[]").map_or((ty, ""), |word| (word, "[]"));
    let word = match word {
        "timestamptz" => "timestamp with time zone".to_owned(),
        "timestamp" => "timestamp without time zone".to_owned(),
        "time" => "time without time zone".to_owned(),
        _ if word.starts_with("varchar") => word.replacen("varchar", "character varying", 1),
        _ if word.starts_with("char(") => word.replacen("char", "character", 1),
        // The server quotes names only where it must.
        _ if word.starts_with('"') => word
            .split("\".\"")
            .map(|part| part.trim_matches('"'))
            .map(|part| {
                let plain = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                if plain && part != "select" { part.to_owned() } else { format!("\"{part}\"") }
            })
            .collect::<Vec<_>>()
            .join("."),
        _ => word.to_owned(),
    };
    word + brackets
}

/// Fills the tables from CSV files of the same plan, parents first.
fn fill(database: &Database, name: &str, schema: &Schema, namespace: &str) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let scale = shipped::small(name).scale.to_string();
    let target = folder.path().display().to_string();
    command::run([
        "generate", name, "--scale", &scale, "--format", "csv", "--quiet", "--force", "--to", &target,
    ]);
    let mut script = String::new();
    for table in &schema.tables {
        let mut files: Vec<_> = std::fs::read_dir(folder.path().join(&table.name))
            .expect("a folder of the table")
            .map(|entry| entry.expect("an entry can be read").path())
            .collect();
        files.sort();
        let columns = identifiers(table.columns.iter().map(|column| column.name.as_str()));
        for file in files {
            script += &format!(
                "\\copy {} ({columns}) from '{}' (format csv, header)\n",
                qualified(namespace, &table.name),
                file.display()
            );
        }
    }
    run_script(database, &script).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn shipped_scenarios_run_twice_and_their_data_hold_every_key() {
    let database = Server::shared().database();
    for name in shipped::names() {
        let plan = shipped::plan(&name);
        let schema = all(&plan);
        let scale = shipped::small(&name).scale.to_string();
        for namespace in [name.clone(), format!("{name} \"again\"; --")] {
            let script = command::run(["ddl", &name, "--scale", &scale, "--schema", &namespace]).stdout;
            let script = String::from_utf8(script).expect("UTF-8");
            assert_eq!(script, schema.script(&namespace, Constraints::With));
            run_script(&database, &script).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert_eq!(catalog(&database, &name), expected(&schema, &name), "{name}");
        fill(&database, &name, &schema, &name);
        for table in &schema.tables {
            let count = database.value(&format!("select count(*) from {}", qualified(&name, &table.name)));
            let rows = plan.rows(table.id).expect("counts can be computed");
            assert_eq!(count, rows.to_string(), "{name}.{}", table.name);
        }
    }
    // A table that has keys at all has them here.
    let members = all(&shipped::plan("members"));
    assert_eq!(members.tables.iter().filter(|table| table.primary.is_none()).count(), 0);
    assert_eq!(members.enums[0].labels, ["low", "normal", "high", "urgent"]);
}

/// The statements of a load, one by one: index first, constraint from it, foreign keys in two steps.
#[test]
fn statements_alone_give_the_same_as_the_script() {
    let database = Server::shared().database();
    let plan = shipped::plan("wide");
    let schema = all(&plan);
    database.psql("create schema one; create schema two");
    let run = |statement: String| {
        database.psql(&statement);
    };
    schema.enums.iter().for_each(|each| run(each.create("two")));
    schema.tables.iter().for_each(|table| run(table.create("two")));
    schema.tables.iter().flat_map(|table| table.comments("two")).for_each(run);
    for Table { name, primary, unique, indexes, .. } in &schema.tables {
        if let Some(key) = primary {
            run(key.create_index("two", name));
            run(key.add_primary("two", name));
        }
        for key in unique {
            run(key.create_index("two", name));
            run(key.add_unique("two", name));
        }
        indexes.iter().for_each(|index| run(index.create("two", name)));
    }
    for table in &schema.tables {
        table.add_checks("two").into_iter().for_each(run);
        for key in &table.foreign {
            run(key.add_not_valid("two", &table.name));
            run(key.validate("two", &table.name));
        }
    }
    run_script(&database, &schema.script("one", Constraints::With)).unwrap();
    let renamed: Vec<String> =
        catalog(&database, "two").iter().map(|line| line.replace("| two.", "| one.")).collect();
    assert_eq!(renamed, catalog(&database, "one"));
}

#[test]
fn names_and_labels_cannot_break_out() {
    let long = "l".repeat(63);
    let unicode = "Ünïcode ☃ 表".to_owned();
    let text = format!(
        r##"
tables:
  'a"; drop table "victim"; --':
    about: "it's \\ $$ '; drop table victim; --"
    rows: 20
    unique: [["Capital Case", "select"], '{long}']
    index: [['semi;colon', "sin'gle"]]
    check: ["\"semi;colon\" <> 'it''s \\\\ $$ \"' and \"select\" >= 0"]
    columns:
      id: serial
      Capital Case: {{integer: {{from: 1, to: 5}}, about: 'quote '' and backslash \ and $tag$'}}
      select: = row_number()
      'semi;colon': {{choose: ["it's", 'back\slash', 'say "hi"', "$$; drop table victim; --", "", "new\nline", "tab\t"]}}
      sin'gle: {{choose: ["it's", 'back\slash', 'say "hi"', "$$", "E'x'"], type: "enum(we\"ird; \\ $$ 'name')"}}
      '{long}': uuid
      '{unicode}': {{choose: [a, b], type: enum}}
  select:
    per: 'a"; drop table "victim"; --'
    count: 2
    columns:
      id: serial
      'or"der': parent
      user: {{reference: 'a"; drop table "victim"; --'}}
  '{long}':
    rows: 3
    columns:
      id: {{serial: {{start: -3, step: 2}}}}
      '{unicode}': {{choose: [a, b], type: enum}}
      '{long}': {{reference: select}}
"##
    );
    let plan = Plan::compile(&text, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let schema = all(&plan);
    let database = Server::shared().database();
    database.psql("create table victim ()");
    for namespace in ["Sch\"ema; drop table victim; --", "select", "schéma $$ '\\", &"s".repeat(63)] {
        let script = schema.script(namespace, Constraints::With);
        run_script(&database, &script).unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(database.value("select count(*) from victim"), "0");
    let strip = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| !line.starts_with("column")).collect()
    };
    assert_eq!(strip(catalog(&database, "select")), strip(expected(&schema, "select")));
    // The checks let through exactly what the data hold.
    let table = qualified("select", "a\"; drop table \"victim\"; --");
    let insert = |label: &str, number: i32| {
        format!(
            "insert into {table} values (default, {number}, {number}, {}, {}, gen_random_uuid(), 'a')",
            literal(label),
            literal("back\\slash")
        )
    };
    for (number, label) in
        ["it's", "back\\slash", "say \"hi\"", "$$; drop table victim; --", "", "new\nline"].iter().enumerate()
    {
        database.psql(&insert(label, number as i32));
    }
    let refused = Server::shared().try_psql(&database.name, &insert("it''s", 99)).unwrap_err();
    assert!(refused.contains("violates check constraint"), "{refused}");
}

#[test]
fn identity_goes_on_where_the_serial_begins() {
    let database = Server::shared().database();
    let serials = [
        "{}",
        "{start: 0}",
        "{start: -5, step: 3}",
        "{start: 1_000_000, step: -2}",
        "{start: -1, step: -1}",
        "{start: 7, step: -512}",
    ];
    let columns: String =
        serials.iter().enumerate().map(|(i, each)| format!("      c{i}: {{serial: {each}}}\n")).collect();
    let text = format!(
        "tables:\n  t:\n    rows: 3\n    columns:\n{columns}      small: {{serial: {{}}, type: smallint}}\n      text: {{serial: {{}}, type: text}}\n"
    );
    let plan = Plan::compile(&text, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    run_script(&database, &all(&plan).script("public", Constraints::With)).unwrap();
    let insert = "insert into t (text) values ('a'), ('b')";
    database.psql(insert);
    assert_eq!(
        database.psql("select c0, c1, c2, c3, c4, c5, small from t order by c0"),
        [["1", "0", "-5", "1000000", "-1", "7", "1"], ["2", "1", "-2", "999998", "-2", "-505", "2"]]
    );
}

#[test]
fn chosen_tables_leave_out_what_leads_elsewhere() {
    let database = Server::shared().database();
    let plan = shipped::plan("members");
    let chosen = ["tickets", "memberships"].map(|name| plan.table(name).unwrap());
    let schema = Schema::of(&plan, &chosen).unwrap();
    // Who is referred to comes first.
    let order: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(order, ["memberships", "tickets"]);
    let left_out: Vec<String> = schema
        .left_out
        .iter()
        .map(|each| format!("{} {} {}", each.table, each.columns.join(","), each.target))
        .collect();
    assert_eq!(
        left_out,
        [
            "memberships tenant_id tenants",
            "memberships user_id users",
            "tickets tenant_id tenants",
            "tickets project_id projects",
            "tickets author_id users",
            "tickets assignee_id users"
        ]
    );
    let script = schema.script("public", Constraints::With);
    assert!(script.contains(
        "\n-- Without the foreign key of tickets (project_id): projects is not among the tables.\n"
    ));
    run_script(&database, &script).unwrap();
    let bare =
        command::run(["ddl", "members", "--tables", "tickets,memberships", "--schema", "bare", "--no-keys"])
            .stdout;
    run_script(&database, &String::from_utf8(bare).unwrap()).unwrap();
    let keys = catalog(&database, "bare")
        .into_iter()
        .filter(|line| !line.starts_with("column") && !line.starts_with("comment"));
    assert_eq!(keys.collect::<Vec<_>>(), ["enum | tickets_priority | low,normal,high,urgent |  |  | "]);
}

#[test]
fn what_postgresql_cannot_have_is_refused() {
    let refused = |text: &str| {
        let plan =
            Plan::compile(text, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        let tables: Vec<TableId> = plan.tables().collect();
        Schema::of(&plan, &tables).unwrap_err().to_string()
    };
    assert_eq!(
        refused(
            "tables: {t: {rows: 1, columns: {a: {choose: [x, y], type: enum(u)}}}, u: {rows: 1, columns: {id: serial}}}"
        ),
        "the table `u` would have the name of another table or enum"
    );
    assert_eq!(
        refused("tables: {t: {rows: 1, columns: {a: {choose: [\"x\\0\", y]}}}}"),
        "a value of `t.a` holds a NUL character"
    );
    assert_eq!(
        refused("tables: {t: {rows: 1, about: \"a\\0b\", columns: {id: serial}}}"),
        "`about` of `t` holds a NUL character"
    );
}
