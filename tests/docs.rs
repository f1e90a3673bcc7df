//! The documents keep their word: their scenarios are compiled and made, what they show is what comes out, and the
//! reference names every generator and every function.
//!
//! A fenced block of README.md, CHANGELOG.md or a page of `docs/` that begins with `yaml` is a scenario. A `text` block right
//! behind it shows the first rows, as `seedbed preview` prints them; its first line may name tables and `rows=N`. A `sql` block
//! there shows the script of `seedbed ddl`, and a `cases` block the cases. A block `yaml wrong` must be refused, with the messages of the `text` block behind
//! it. A block `yaml fragment` is left alone. With the environment variable `SEEDBED_BLESS=1` the shown blocks, the list of
//! generators and the table of functions are rewritten.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use seedbed_engine::expression::functions;
use seedbed_engine::generators::{GENERATORS, GeneratorDoc};
use seedbed_engine::{Fault, Faults, Finder, Plan, Settings, TableId};
use seedbed_postgres::ddl::{Constraints, Schema};
use seedbed_tests::documents::{self, root};

// The printer of `seedbed preview`, so that the documents show what users see.
#[path = "../cli/src/connection_string.rs"]
#[allow(dead_code, reason = "the printer needs a part of it")]
mod connection_string;
#[path = "../cli/src/output/grid.rs"]
mod grid;
#[path = "../cli/src/output/shown.rs"]
#[allow(dead_code, reason = "the printer needs a part of it")]
mod shown;

use grid::{Align, Grid, cut};

/// The widest cell of a preview.
const CELL_WIDTH: usize = 40;
/// The rows that are made of every table of an example.
const ROWS_MADE: u64 = 20;
/// The rows shown of a table when the block does not say.
const ROWS_SHOWN: u64 = 5;

const COMMANDS: [&str; 12] = [
    "cases",
    "entity",
    "generate",
    "verify",
    "check",
    "preview",
    "explain",
    "fingerprint",
    "ddl",
    "schema",
    "scenarios",
    "completions",
];

/// A file of the documentation.
struct Document {
    path: PathBuf,
    text: String,
}

/// A fenced block: the words behind the fence, and where its lines lie in the text of the document.
struct Block<'d> {
    words: Vec<&'d str>,
    body: Range<usize>,
    line: usize,
    /// Whether only blank lines stand between it and the block before.
    follows: bool,
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

fn documents() -> Vec<Document> {
    documents::paths().into_iter().map(|path| Document { text: read(&path), path }).collect()
}

/// A page of the scenario reference.
fn reference(page: &str) -> Document {
    let path = root().join("docs/reference").join(page);
    Document { text: read(&path), path }
}

impl Document {
    fn blocks(&self) -> Vec<Block<'_>> {
        let (mut blocks, mut open, mut follows): (Vec<Block>, Option<Block>, bool) =
            (Vec::new(), None, false);
        let mut at = 0;
        for (i, line) in self.text.split_inclusive('\n').enumerate() {
            let start = at;
            at += line.len();
            match (&mut open, line.trim_end().strip_prefix("```")) {
                (Some(block), Some(_)) => {
                    block.body.end = start;
                    blocks.extend(open.take());
                    follows = true;
                }
                (None, Some(info)) => {
                    open = Some(Block {
                        words: info.split_whitespace().collect(),
                        body: at..at,
                        line: i + 1,
                        follows,
                    });
                }
                (None, None) if !line.trim().is_empty() => follows = false,
                _ => {}
            }
        }
        assert!(open.is_none(), "{}: a block without its end", self.name());
        blocks
    }

    fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.name(), block.line)
    }

    fn name(&self) -> String {
        documents::name(&self.path)
    }

    /// The headings with as many `#`, without them.
    fn headings(&self, level: usize) -> impl Iterator<Item = &str> {
        headings(&self.text).filter(move |(found, _)| *found == level).map(|(_, text)| text)
    }

    /// What stands between two comments of a line each, of which the first says that this file writes it.
    fn written_here(&self, what: &str) -> Range<usize> {
        let begin = format!("<!-- {what}: written by tests/docs.rs -->\n");
        let start = self.text.find(&begin).map(|at| at + begin.len());
        let start = start.unwrap_or_else(|| panic!("{}: no comment {begin}", self.name()));
        let length = self.text[start..].find(&format!("<!-- end of {what} -->"));
        start..start + length.unwrap_or_else(|| panic!("{}: {what} have no end", self.name()))
    }

    /// The lines under a heading, up to the next one of its level or above.
    fn section(&self, heading: &str) -> Option<&str> {
        let start = self.text.find(&format!("\n{heading}\n"))? + heading.len() + 2;
        let level = heading.bytes().take_while(|b| *b == b'#').count();
        let ends = (1..=level).filter_map(|n| self.text[start..].find(&format!("\n{} ", "#".repeat(n))));
        Some(&self.text[start..ends.min().map_or(self.text.len(), |end| start + end)])
    }
}

/// Held from reading a document to writing it, as two tests may rewrite the same one.
static REWRITING: Mutex<()> = Mutex::new(());

/// Compares what the documents show with what is made; with `SEEDBED_BLESS` rewrites them instead.
fn settle(document: &Document, shown: &[(Range<usize>, String, String)]) {
    let mut text = document.text.clone();
    for (range, made, place) in shown.iter().rev() {
        if std::env::var_os("SEEDBED_BLESS").is_some() {
            text.replace_range(range.clone(), made);
        } else {
            let expected = &document.text[range.clone()];
            assert!(
                expected == made,
                "{place}: shows\n{expected}\nbut this is made\n{made}\n(SEEDBED_BLESS=1 rewrites it)"
            );
        }
    }
    if text != document.text {
        fs::write(&document.path, text).expect("a document can be written");
    }
}

#[test]
fn every_scenario_is_run_and_shows_its_rows() {
    let _alone = REWRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut run = 0;
    for document in documents() {
        let blocks = document.blocks();
        let mut shown = Vec::new();
        for (i, block) in blocks.iter().enumerate().filter(|(_, block)| block.words.first() == Some(&"yaml"))
        {
            if block.words.get(1) == Some(&"fragment") {
                continue;
            }
            let (scenario, place) = (&document.text[block.body.clone()], document.place(block));
            let view = blocks.get(i + 1).filter(|next| next.follows);
            let view = view.filter(|next| matches!(next.words.first(), Some(&"text" | &"sql" | &"cases")));
            let words = view.map_or(&[][..], |view| &view.words[1..]);
            let compiled = Plan::compile(scenario, &Settings::default());
            let made = match (compiled, block.words.get(1) == Some(&"wrong")) {
                (Ok(plan), false) if view.is_some_and(|view| view.words[0] == "sql") => ddl(&plan),
                (Ok(plan), false) if view.is_some_and(|view| view.words[0] == "cases") => cases(&plan),
                (Ok(plan), false) => preview(&plan, words, &place),
                (Ok(_), true) => panic!("{place}: is not refused"),
                (Err(faults), false) => panic!("{place}: is refused\n{faults}"),
                (Err(faults), true) => refusal(&faults, scenario),
            };
            run += 1;
            shown.extend(view.map(|view| (view.body.clone(), made, document.place(view))));
        }
        settle(&document, &shown);
    }
    assert!(run > 40, "only {run} scenarios were found");
}

/// The faults of a scenario, one per line.
fn refusal(faults: &Faults, scenario: &str) -> String {
    let line = |fault: &Fault| fault.span.map_or(0, |span| scenario[..span.start].matches('\n').count() + 1);
    faults.0.iter().map(|fault| format!("line {}: {fault}\n", line(fault))).collect()
}

/// The script that makes the tables.
fn ddl(plan: &Plan) -> String {
    let tables: Vec<TableId> = plan.tables().collect();
    Schema::of(plan, &tables).expect("PostgreSQL can have these tables").script("public", Constraints::With)
}

/// The cases as `seedbed cases` prints them.
fn cases(plan: &Plan) -> String {
    let finder = Finder::of_cases(plan, |_| true);
    finder.look_through(plan).expect("the conditions of a document have values");
    let (left, right) = (Align::Left, Align::Right);
    let mut grid = Grid::new([("case", left), ("table", left), ("rows", right), ("first keys", left)]);
    for case in finder.found(plan).expect("the keys can be made") {
        assert!(case.too_few().is_none(), "{case:?}");
        let more = if case.rows > 3 { " …" } else { "" };
        let keys: Vec<String> = case.keys.iter().take(3).map(ToString::to_string).collect();
        grid.row([case.name, case.table, case.rows.to_string(), format!("{}{more}", keys.join(" "))]);
    }
    grid.lines().join("\n") + "\n"
}

/// Makes rows of every table, and prints the first ones of those that are to be shown.
fn preview(plan: &Plan, words: &[&str], place: &str) -> String {
    let tables = &plan.model().tables;
    for (t, table) in TableId::enumerate(tables) {
        let made = plan.batch(t, 0..ROWS_MADE);
        made.unwrap_or_else(|error| panic!("{place}: the rows of `{}`: {error}", table.name));
    }
    let rows = words
        .iter()
        .find_map(|word| word.strip_prefix("rows="))
        .map_or(ROWS_SHOWN, |rows| rows.parse().expect("a number"));
    let named: Vec<&str> = words.iter().copied().filter(|word| !word.contains('=')).collect();
    let found: Vec<TableId> = match named[..] {
        [] => plan.tables().collect(),
        _ => named
            .iter()
            .map(|name| plan.table(name).unwrap_or_else(|| panic!("{place}: no table `{name}`")))
            .collect(),
    };
    let mut out = Vec::new();
    for &table in &found {
        let head = if found.len() > 1 { format!("{}\n", tables[table].name) } else { String::new() };
        out.push(format!("{head}{}", first_rows(plan, table, rows)));
    }
    out.join("\n")
}

fn first_rows(plan: &Plan, table: TableId, rows: u64) -> String {
    let schema = plan.schema(table);
    let align = |number| if number { Align::Right } else { Align::Left };
    let mut grid =
        Grid::new(schema.fields().iter().map(|f| (f.name().as_str(), align(f.data_type().is_numeric()))));
    let batch = plan.batch(table, 0..rows).expect("these rows were made before");
    for row in 0..batch.num_rows() {
        grid.row(
            batch.columns().iter().map(|column| cut(&seedbed_engine::text::shown(column, row), CELL_WIDTH)),
        );
    }
    grid.ruled().join("\n") + "\n"
}

/// The page of a family of generators.
fn page_of(family: &str) -> String {
    format!("generators/{family}.md")
}

#[test]
fn the_reference_names_every_generator_and_argument() {
    for GeneratorDoc { name, family, arguments, .. } in GENERATORS {
        let page = reference(&page_of(family));
        let section = page
            .section(&format!("## `{name}`"))
            .unwrap_or_else(|| panic!("{}: no heading for `{name}`", page.name()));
        assert!(section.contains("```yaml\n"), "no example of `{name}`");
        for argument in *arguments {
            let row = section.lines().find(|line| line.starts_with(&format!("| `{}` |", argument.name)));
            let row = row.unwrap_or_else(|| panic!("`{name}` has no row for `{}`", argument.name));
            assert_eq!(row.contains("required"), argument.required, "`{name}`: {row}");
        }
        let listed = section.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(listed, arguments.len(), "`{name}` has rows for arguments it does not take");
    }
}

#[test]
fn the_pages_of_generators_hold_their_families() {
    let mut families: Vec<&str> = GENERATORS.iter().map(|generator| generator.family).collect();
    families.dedup();
    for family in &families {
        let page = reference(&page_of(family));
        let expected: Vec<String> = GENERATORS
            .iter()
            .filter(|generator| generator.family == *family)
            .map(|generator| format!("`{}`", generator.name))
            .collect();
        let found: Vec<&str> = page.headings(2).filter(|heading| heading.starts_with('`')).collect();
        assert_eq!(found, expected, "{}: the generators in their order", page.name());
    }
    let folder = root().join("docs/reference/generators");
    let pages = fs::read_dir(folder).expect("the pages can be listed").count();
    assert_eq!(pages, families.len(), "a page for each family, which stands together in the list");
}

#[test]
fn the_reference_lists_every_generator_from_a_to_z() {
    let _alone = REWRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let index = reference("index.md");
    let mut generators: Vec<&GeneratorDoc> = GENERATORS.iter().collect();
    generators.sort_by_key(|generator| generator.name);
    let mut table = String::from("\n| Generator | Makes | Family |\n|---|---|---|\n");
    for GeneratorDoc { name, family, summary, .. } in generators {
        let (page, summary) = (page_of(family), in_cell(summary));
        let anchor = anchor_of(name);
        table += &format!("| [`{name}`]({page}#{anchor}) | {summary} | [{family}]({page}) |\n");
    }
    table.push('\n');
    settle(&index, &[(index.written_here("generators"), table, "the list of generators".to_owned())]);
}

#[test]
fn the_reference_lists_every_function() {
    let _alone = REWRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let expressions = reference("expressions.md");
    let mut table = String::from("\n| Call | Yields | Example | Result |\n|---|---|---|---|\n");
    for function in functions() {
        let code = |text: &str| format!("`{}`", in_cell(text));
        let summary = in_cell(function.summary);
        let (signature, example, result) =
            (code(function.signature), code(function.example), code(function.result));
        table += &format!("| {signature} | {summary} | {example} | {result} |\n");
    }
    table.push('\n');
    settle(
        &expressions,
        &[(expressions.written_here("functions"), table, "the table of functions".to_owned())],
    );
}

/// Text within a table of Markdown, also between backticks.
fn in_cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_commands_exist() {
    let flags =
        read(&root().join("cli/src/arguments/mod.rs")) + &read(&root().join("cli/src/arguments/parquet.rs"));
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap_or_default();
    for document in documents() {
        for block in document.blocks().iter().filter(|block| block.words.first() == Some(&"console")) {
            for line in document.text[block.body.clone()].lines().filter_map(|line| line.strip_prefix("$ ")) {
                let place = document.place(block);
                let line = line.split(" | ").next().unwrap_or_default();
                if let Some(target) = line.strip_prefix("make ").filter(|_| !makefile.is_empty()) {
                    assert!(makefile.contains(&format!("\n{target}:")), "{place}: no target `{target}`");
                }
                let typed = line
                    .strip_prefix("seedbed ")
                    .or(line.split_once("cargo run ").and_then(|(_, rest)| Some(rest.split_once("-- ")?.1)));
                let Some(typed) = typed else { continue };
                let mut words = typed.split_whitespace();
                let command = words.next().unwrap_or_default();
                assert!(COMMANDS.contains(&command), "{place}: no command `{command}`");
                for flag in words.filter_map(|word| word.strip_prefix("--")) {
                    let field = format!(" {}:", flag.replace('-', "_"));
                    let known = flags.contains(&field) || flags.contains(&format!("long = \"{flag}\""));
                    assert!(known, "{place}: no flag `--{flag}`");
                }
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut links = 0;
    for document in documents() {
        let folder = document.path.parent().unwrap_or(Path::new(""));
        for link in document.text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            if link.contains("://") {
                continue;
            }
            links += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { document.path.clone() } else { folder.join(path) };
            assert!(target.is_file(), "{}: `{link}` leads nowhere", document.name());
            if !anchor.is_empty() {
                let text = read(&target);
                let heads = headings(&text).any(|(_, heading)| anchor_of(heading) == anchor);
                assert!(heads, "{}: `{link}` has no such heading", document.name());
            }
        }
    }
    assert!(links > 60, "only {links} links were found");
}

#[test]
fn headings_of_a_page_differ() {
    for document in documents().iter().filter(|document| !document.path.ends_with("CHANGELOG.md")) {
        let mut anchors: Vec<String> =
            headings(&document.text).map(|(_, heading)| anchor_of(heading)).collect();
        anchors.sort();
        let count = anchors.len();
        anchors.dedup();
        assert_eq!(anchors.len(), count, "{}: two headings with the same anchor", document.name());
    }
}

#[test]
fn every_page_is_linked_to() {
    let documents = documents();
    for page in &documents {
        let canonical = |path: &Path| path.canonicalize().ok();
        let linked = documents.iter().filter(|document| document.path != page.path).any(|document| {
            let folder = document.path.parent().unwrap_or(Path::new(""));
            let mut links = document.text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.any(|(link, _)| {
                let path = link.split('#').next().unwrap_or_default();
                !path.is_empty() && canonical(&folder.join(path)) == canonical(&page.path)
            })
        });
        assert!(linked || page.path == root().join("README.md"), "no page links to {}", page.name());
    }
}

#[test]
fn the_readme_names_every_shipped_scenario() {
    let readme = read(&root().join("README.md"));
    for scenario in fs::read_dir(root().join("scenarios")).expect("scenarios/ can be listed") {
        let path = scenario.expect("an entry can be read").path();
        let name = path.file_stem().unwrap_or_default().display();
        assert!(readme.contains(&format!("\n| `{name}` |")), "README.md does not name `{name}`");
    }
}

#[test]
fn the_readme_counts_the_rows_of_saas() {
    let plan = Plan::compile(&read(&root().join("scenarios/saas.yaml")), &Settings::default())
        .expect("saas compiles");
    let readme = read(&root().join("README.md"));
    for (t, table) in TableId::enumerate(&plan.model().tables) {
        let begin = format!("saas-data/{}/part-00000.parquet", table.name);
        let line = readme.lines().find_map(|line| line.strip_prefix(&begin));
        let digits = line.unwrap_or_else(|| panic!("README.md does not list `{begin}`")).replace(',', "");
        let rows = plan.rows(t).expect("counts can be computed");
        assert_eq!(digits.trim(), format!("{rows} rows"), "{begin}");
    }
}

/// The headings of a text outside of its blocks, each with its level.
fn headings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        inside ^= line.starts_with("```");
        let level = line.bytes().take_while(|b| *b == b'#').count();
        let heading = line[level..].strip_prefix(' ')?;
        (!inside && level > 0).then_some((level, heading.trim()))
    })
}

/// The anchor that GitHub gives a heading.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
