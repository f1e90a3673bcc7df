//! Values depend on seed, names and row numbers, and on nothing else: not on threads, batches, files, shards, the choice
//! of tables, or on what else a scenario holds.

use std::ops::Range;

use seedbed_engine::run::{self, Batches, Chunk, Encode, Layout, RunError, Shard, Sink};
use seedbed_engine::{Plan, Settings, TableId};
use seedbed_tests::shipped;
use seedbed_tests::value::{Cell, Values, assert_same, assert_same_cells, texts};

/// Row numbers for look-ups: a fixed sequence that jumps about.
fn scattered(rows: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count)
        .map(move |i| (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % rows.max(1))
        .filter(move |row| *row < rows)
}

fn tables(plan: &Plan) -> Vec<(TableId, String)> {
    TableId::enumerate(plan.model().tables.iter().map(|table| table.name.clone())).collect()
}

#[test]
fn odd_batches_give_what_large_ones_give() {
    for scenario in shipped::names() {
        let whole = shipped::plan(&scenario);
        for (table, name) in tables(&whole) {
            let expected = Values::whole(&whole, &name);
            let rows = expected.rows() as u64;
            for rows_per_batch in [997, 10_007, 65_536] {
                let fresh = shipped::plan(&scenario);
                let found = Values::batched(&fresh, table, 0..rows, rows_per_batch);
                assert_same(&found, &expected, &format!("{scenario}.{name} by {rows_per_batch}"));
            }
            let first = Values::batched(&shipped::plan(&scenario), table, 0..rows.min(200), 1);
            assert_same(&first, &head(&expected, rows.min(200)), &format!("{scenario}.{name} by 1"));
        }
    }
}

fn head(values: &Values, rows: u64) -> Values {
    let columns = values.columns.iter().map(|(name, cells)| (name.clone(), cells[..rows as usize].to_vec()));
    Values { columns: columns.collect() }
}

#[test]
fn a_row_looked_up_alone_is_the_row_of_the_whole() {
    for scenario in shipped::names() {
        let whole = shipped::plan(&scenario);
        for (table, name) in tables(&whole) {
            let expected = Values::whole(&whole, &name);
            let fresh = shipped::plan(&scenario);
            for row in scattered(expected.rows() as u64, 100) {
                let found = Values::batched(&fresh, table, row..row + 1, 1);
                assert_eq!(found.row(0), expected.row(row as usize), "{scenario}.{name}, row {row}");
            }
        }
    }
}

#[test]
fn batches_in_reverse_order_are_the_same_batches() {
    for scenario in shipped::names() {
        let whole = shipped::plan(&scenario);
        for (table, name) in tables(&whole) {
            let rows = whole.rows(table).unwrap();
            let fresh = shipped::plan(&scenario);
            for start in (0..rows).step_by(1777).collect::<Vec<_>>().into_iter().rev() {
                let range = start..rows.min(start + 1777);
                let found = Values::batched(&fresh, table, range.clone(), 1777);
                let expected = Values::batched(&whole, table, range.clone(), 1777);
                assert_same(&found, &expected, &format!("{scenario}.{name} {range:?}"));
            }
        }
    }
}

#[test]
fn rows_past_the_end_are_left_out() {
    let plan = shipped::plan("members");
    for (table, name) in tables(&plan) {
        let rows = plan.rows(table).unwrap();
        assert_eq!(plan.batch(table, rows..rows + 10).unwrap().num_rows(), 0, "{name}");
        assert_eq!(plan.batch(table, rows - 1..rows + 10).unwrap().num_rows(), 1, "{name}");
        assert_eq!(plan.batch(table, u64::MAX - 1..u64::MAX).unwrap().num_rows(), 0, "{name}");
    }
}

/// Takes values as text, chunk by chunk.
struct AsText;

impl Encode for AsText {
    type Piece = Vec<Vec<Cell>>;
    type Error = ();

    fn encode(&self, _: &Chunk, mut batches: Batches) -> Result<Self::Piece, RunError<()>> {
        let mut columns = Vec::new();
        while let Some(batch) = batches.next_batch()? {
            columns.resize(batch.num_columns(), Vec::new());
            for (cells, array) in columns.iter_mut().zip(batch.columns()) {
                cells.extend(texts(array));
            }
        }
        Ok(columns)
    }
}

/// Puts the chunks of each table together, and checks that they come in order.
struct Together(Vec<Values>);

impl Sink for Together {
    type Piece = Vec<Vec<Cell>>;
    type Summary = Vec<Values>;
    type Error = ();

    fn write(&mut self, chunk: &Chunk, piece: Self::Piece) -> Result<(), ()> {
        let values = &mut self.0[chunk.table.index()];
        assert_eq!(values.rows() as u64, chunk.rows.start, "chunks come in order");
        for ((_, cells), more) in values.columns.iter_mut().zip(piece) {
            cells.extend(more);
        }
        Ok(())
    }

    fn finish(self) -> Result<Self::Summary, ()> {
        Ok(self.0)
    }
}

fn driven(plan: &Plan, threads: usize, layout: Layout, tables: &[TableId]) -> Vec<Values> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let sink = Together(plan.tables().map(|table| Values::none(plan, table)).collect());
    let files = run::files(plan, tables, layout).unwrap();
    run::run(plan, &files, layout, &pool, &AsText, sink, |_, _| ()).unwrap()
}

#[test]
fn threads_files_and_chunks_change_nothing() {
    for scenario in shipped::names() {
        let plan = shipped::plan(&scenario);
        let all: Vec<TableId> = plan.tables().collect();
        let expected: Vec<Values> =
            tables(&plan).iter().map(|(_, name)| Values::whole(&plan, name)).collect();
        for (threads, rows_per_file, rows_per_chunk) in
            [(1, 1 << 20, 1 << 16), (2, 5_003, 1_009), (3, 20_000, 20_000), (8, 1_000, 333)]
        {
            // Nothing is counted yet, so that threads count while they generate.
            let found =
                driven(&shipped::plan(&scenario), threads, Layout { rows_per_file, rows_per_chunk }, &all);
            for (table, name) in tables(&plan) {
                let what = format!("{scenario}.{name}, {threads} threads, {rows_per_file} rows per file");
                assert_same(&found[table.index()], &expected[table.index()], &what);
            }
        }
    }
}

#[test]
fn a_table_alone_is_the_table_of_the_whole() {
    for scenario in shipped::names() {
        let plan = shipped::plan(&scenario);
        for (table, name) in tables(&plan) {
            let layout = Layout { rows_per_file: 7_000, rows_per_chunk: 3_000 };
            let found = driven(&shipped::plan(&scenario), 2, layout, &[table]);
            assert_same(&found[table.index()], &Values::whole(&plan, &name), &format!("{scenario}.{name}"));
        }
    }
}

#[test]
fn shards_are_the_files_of_the_whole() {
    let plan = shipped::plan("members");
    let all: Vec<TableId> = plan.tables().collect();
    let files = run::files(&plan, &all, Layout { rows_per_file: 1_000, rows_per_chunk: 1_000 }).unwrap();
    for count in [1, 2, 3, 7, 1_000] {
        let shards: Vec<_> =
            (1..=count).flat_map(|index| Shard { index, count }.select(files.clone())).collect();
        assert_eq!(shards, files, "{count} shards");
    }
}

/// Compares all tables and columns that both plans have.
fn assert_neighbours_same(changed: &Plan, plain: &Plan, except: &[(&str, &str)], what: &str) {
    for (_, name) in tables(plain) {
        let expected = Values::whole(plain, &name);
        let found = Values::whole(changed, &name);
        for (column, cells) in &expected.columns {
            if !except.contains(&(name.as_str(), column.as_str())) {
                assert_same_cells(found.cells(column), cells, &format!("{what}: {name}.{column}"));
            }
        }
    }
}

/// The lines of a scenario's tables, each table with its name.
fn blocks(text: &str) -> (String, Vec<String>) {
    let (before, tables) = text.split_once("\ntables:\n").expect("a scenario has tables");
    let mut blocks: Vec<String> = Vec::new();
    for line in tables.lines() {
        let begins =
            line.starts_with("  ") && !line.starts_with("   ") && !line.trim_start().starts_with('#');
        if begins || blocks.is_empty() {
            blocks.push(String::new());
        }
        let block = blocks.last_mut().expect("there is a block");
        block.push_str(line);
        block.push('\n');
    }
    (format!("{before}\ntables:\n"), blocks)
}

#[test]
fn one_more_column_changes_no_other() {
    for scenario in shipped::names() {
        let text = shipped::text(&scenario);
        let last = text.replace(
            "\n    columns:\n",
            "\n    columns:\n      zz_first: uuid\n      zz_second: {integer: {from: 1, to: 9}}\n",
        );
        assert_ne!(text, last);
        let changed = shipped::compile(&with_keys(&last, &scenario), &shipped::small(&scenario));
        assert_neighbours_same(&changed, &shipped::plan(&scenario), &[], &scenario);
    }
}

/// Names the key of every table, so that a column put before it does not become the key.
fn with_keys(text: &str, scenario: &str) -> String {
    let plan = shipped::plan(scenario);
    let (before, blocks) = blocks(text);
    let keyed = blocks.iter().map(|block| {
        let name = block.trim_start().split(':').next().expect("a table has a name");
        let Some(table) = plan.table(name).map(|table| &plan.model().tables[table]) else {
            return block.clone();
        };
        if block.contains("\n    key:") {
            return block.clone();
        }
        block.replacen(
            "\n    columns:",
            &format!("\n    key: {}\n    columns:", table.columns[table.key].name),
            1,
        )
    });
    before + &keyed.collect::<String>()
}

#[test]
fn one_more_let_changes_no_column() {
    let text = shipped::text("members");
    let changed = text.replace("    let:\n", "    let:\n      zz_unused: {uniform: {from: 0, to: 1}}\n");
    assert_ne!(text, changed);
    let changed = shipped::compile(&changed, &shipped::small("members"));
    assert_neighbours_same(&changed, &shipped::plan("members"), &[], "one more let");
}

#[test]
fn one_more_table_changes_no_other() {
    for scenario in shipped::names() {
        let plan = shipped::plan(&scenario);
        let child = &tables(&plan)[0].1;
        let more = format!(
            "\ntables:\n  zz_root:\n    rows: 7\n    columns: {{id: serial, x: uuid}}\n  \
             zz_child:\n    per: {child}\n    count: {{poisson: 2}}\n    columns: {{id: serial, of: parent}}\n"
        );
        let changed = shipped::text(&scenario).replace("\ntables:\n", &more);
        let changed = shipped::compile(&changed, &shipped::small(&scenario));
        assert!(changed.table("zz_child").is_some());
        assert_neighbours_same(&changed, &plan, &[], &scenario);
    }
}

#[test]
fn the_order_of_tables_changes_nothing() {
    // YAML wants anchors before their aliases.
    let without_anchors = shipped::names().into_iter().filter(|name| !shipped::text(name).contains(": &"));
    for scenario in without_anchors {
        let (before, mut blocks) = blocks(&shipped::text(&scenario));
        blocks.reverse();
        let changed = shipped::compile(&(before + &blocks.concat()), &shipped::small(&scenario));
        assert_neighbours_same(&changed, &shipped::plan(&scenario), &[], &scenario);
    }
}

const LAWS: [&str; 9] = [
    "id: serial",
    "a: {normal: {mean: 0, sd: 1}, null: 10%}",
    "b: {choose: {x: 1, y: 2}}",
    "c: {integer: {from: 1, to: 1000000}, unique: true}",
    "d: {text: \"{b}-{c}\"}",
    "e: {words: {length: {from: 10, to: 30}}}",
    "f: {array: {of: {choose: [1, 2, 3]}, length: {from: 0, to: 4}}}",
    "g: {json: {x: {integer: {from: 1, to: 9}}, y: {boolean: 40%}}}",
    "h: {moment: {from: since, to: as_of, growth: 3% per month}}",
];

fn of_columns(columns: &[&str]) -> String {
    let lines: String = columns.iter().map(|column| format!("      {column}\n")).collect();
    format!("as_of: 2026-04-13\nsince: 2024-01-01\ntables:\n  t:\n    rows: 3000\n    columns:\n{lines}")
}

#[test]
fn the_order_of_columns_changes_nothing() {
    let plain = shipped::compile(&of_columns(&LAWS), &Settings::default());
    for turn in 1..LAWS.len() {
        let mut turned = LAWS;
        turned[1..].rotate_left(turn - 1);
        turned[1..].reverse();
        let changed = shipped::compile(&of_columns(&turned), &Settings::default());
        assert_neighbours_same(&changed, &plain, &[], "other order");
    }
}

#[test]
fn a_column_left_out_changes_no_other() {
    let plain = shipped::compile(&of_columns(&LAWS), &Settings::default());
    for left_out in ["a", "e", "f", "g", "h"] {
        let rest: Vec<&str> = LAWS.into_iter().filter(|column| !column.starts_with(left_out)).collect();
        let changed = shipped::compile(&of_columns(&rest), &Settings::default());
        assert_neighbours_same(&plain, &changed, &[], left_out);
    }
}

#[test]
fn a_renamed_column_changes_itself_alone() {
    let text = shipped::text("members");
    let renamed =
        text.replacen("      status: {choose: {active: 90,", "      state: {choose: {active: 90,", 1);
    assert_ne!(renamed, text);
    let (plain, changed) = (shipped::plan("members"), shipped::compile(&renamed, &shipped::small("members")));
    let (before, after) = (Values::whole(&plain, "memberships"), Values::whole(&changed, "memberships"));
    assert_ne!(before.cells("status"), after.cells("state"));
    for (_, name) in tables(&plain) {
        let (before, after) = (Values::whole(&plain, &name), Values::whole(&changed, &name));
        for (column, cells) in
            before.columns.iter().filter(|(column, _)| name != "memberships" || column != "status")
        {
            assert_same_cells(after.cells(column), cells, &format!("{name}.{column}"));
        }
    }
}

#[test]
fn another_seed_changes_every_drawn_column() {
    let other = Settings { seed: 43, ..Settings::default() };
    let (plain, other) = (
        shipped::compile(&of_columns(&LAWS), &Settings::default()),
        shipped::compile(&of_columns(&LAWS), &other),
    );
    let (plain, other) = (Values::whole(&plain, "t"), Values::whole(&other, "t"));
    assert_eq!(plain.cells("id"), other.cells("id"));
    for (column, cells) in plain.columns.iter().filter(|(column, _)| column != "id") {
        assert_ne!(other.cells(column), cells, "{column}");
    }
}

/// The rows of a plan's table, up to a number.
fn first(plan: &Plan, name: &str, rows: Range<u64>) -> Values {
    Values::batched(plan, plan.table(name).unwrap(), rows, 8192)
}

#[test]
fn scale_keeps_the_past() {
    let at = |scale| shipped::compile(&shipped::text("members"), &Settings { scale, ..Settings::default() });
    let (small, large) = (at(0.02), at(1.0));
    for name in ["plans", "tenants", "users", "projects"] {
        let expected = Values::whole(&small, name);
        assert_same(&first(&large, name, 0..expected.rows() as u64), &expected, name);
    }
    // A first membership is one at home; the others go to any tenant, of which there are more at a larger scale.
    let home: Vec<i64> = Values::whole(&small, "users").numbers("home_tenant_id");
    let memberships = Values::whole(&small, "memberships");
    let other = first(&large, "memberships", 0..memberships.rows() as u64);
    let (users, tenants) = (memberships.numbers("user_id"), memberships.numbers("tenant_id"));
    assert_same_cells(other.cells("user_id"), memberships.cells("user_id"), "memberships.user_id");
    let at_home: Vec<bool> =
        (0..users.len()).map(|row| tenants[row] == home[users[row] as usize - 1]).collect();
    let share = at_home.iter().filter(|at_home| **at_home).count() as f64 / users.len() as f64;
    assert!(share > 0.5 && share < 1.0, "{share} of the memberships are at home");
    for row in (0..users.len()).filter(|row| at_home[*row]) {
        assert_eq!(other.row(row), memberships.row(row), "memberships, row {row}");
    }
    for name in ["tickets", "events"] {
        let expected = Values::whole(&small, name);
        let found = first(&large, name, 0..expected.rows() as u64);
        let (tenants, users) = (
            expected.numbers("tenant_id"),
            expected.numbers(if name == "events" { "user_id" } else { "author_id" }),
        );
        for row in 0..expected.rows() {
            if tenants[row] == home[users[row] as usize - 1] {
                assert_eq!(found.row(row), expected.row(row), "{name}, row {row}");
            }
        }
    }
}
