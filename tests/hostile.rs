//! Small scenarios that ask for very much: every one gets an answer in a moment and in little memory.
//!
//! The answer may be a fault, an error of a value, or rows. What is measured is what `check` does: the scenario is compiled, the
//! width of the rows is found out, and rows are counted for a moment; and what `preview` does, that a few rows are made.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use seedbed_engine::{Extent, Plan, Settings, TableId};
use seedbed_tests::bounded::{self, Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a scenario may take: the promise, in the profile of the tests, which is several times slower.
const MOST_TIME: Duration = Duration::from_secs(3);
const MOST_BYTES: usize = 200_000_000;
/// The longest scenario that the promise is for.
const MOST_TEXT: usize = 200_000;
/// After so long, widths and counts are given up, as in `check`.
const MOMENT: Duration = Duration::from_millis(400);

/// What `check` does.
fn looked_at(text: &str) -> Result<Plan, String> {
    let plan = Plan::compile(text, &Settings::default()).map_err(|faults| faults.to_string())?;
    let plan = Arc::new(plan);
    let done = Arc::new(AtomicBool::new(false));
    let timer = std::thread::spawn({
        let (plan, done) = (plan.clone(), done.clone());
        move || {
            for _ in 0..MOMENT.as_millis() {
                std::thread::sleep(Duration::from_millis(1));
                if done.load(Ordering::Relaxed) {
                    return;
                }
            }
            plan.stop();
        }
    });
    let tables = plan.tables();
    let made = tables.clone().try_for_each(|table| {
        let shown = plan.batch_to_show(table, 0..3).map(drop);
        shown.and(plan.bytes_per_row(table).map(drop))
    });
    let counted = tables.into_iter().try_for_each(|table| plan.rows(table).map(drop));
    done.store(true, Ordering::Relaxed);
    timer.join().map_err(|_| "the timer failed")?;
    plan.resume();
    let plan = Arc::into_inner(plan).ok_or("the plan is in use")?;
    match made.and(counted) {
        Err(error) if error.message.is_empty() => Err("an error without words".into()),
        _ => Ok(plan),
    }
}

/// Tries a scenario; tells whether it compiles.
fn tried(text: &str) -> Result<bool, String> {
    let text = text.to_owned();
    let (plan, taken) = bounded::done(move || looked_at(&text))?;
    taken.within(MOST_TIME, MOST_BYTES)?;
    match plan {
        Ok(_) => Ok(true),
        Err(faults) if faults.is_empty() => Err("refused without a word".into()),
        Err(faults) if faults.len() > 4 * MOST_TEXT => Err(format!("{} bytes of faults", faults.len())),
        Err(_) => Ok(false),
    }
}

fn repeated(n: usize, each: impl Fn(usize) -> String) -> String {
    (0..n).map(each).collect()
}

/// Tables under each other, each with a drawn count.
fn chain(levels: usize, count: &str) -> String {
    let level = |i| format!("  t{}: {{per: t{i}, count: {count}, columns: {{id: serial}}}}\n", i + 1);
    format!("tables:\n  t0: {{rows: 1, columns: {{id: serial}}}}\n{}", repeated(levels, level))
}

/// Tables that each refer to the one below so often, and add up what is there.
fn fan(levels: usize, references: usize, rows: usize) -> String {
    let level = |i| {
        let references: Vec<usize> = (0..references).collect();
        let columns: String = references.iter().map(|r| format!("r{r}: {{reference: t{i}}}, ")).collect();
        let sum: Vec<String> = references.iter().map(|r| format!("r{r}.x")).collect();
        format!(
            "  t{}: {{rows: {rows}, columns: {{id: serial, {columns}x: \"= {}\"}}}}\n",
            i + 1,
            sum.join(" + ")
        )
    };
    format!(
        "tables:\n  t0: {{rows: {rows}, columns: {{id: serial, x: {{integer: {{from: 0, to: 9}}}}}}}}\n{}",
        repeated(levels, level)
    )
}

/// A parent's total that feeds its children's next column, whose total …
fn ladder(steps: usize) -> String {
    let parent = repeated(steps, |i| format!(", s{i}: \"= sum(c.x{i})\""));
    let child = repeated(steps, |i| format!(", x{}: \"= x{i} + p.s{i}\"", i + 1));
    format!(
        "tables:\n  p: {{rows: 100, columns: {{id: serial{parent}}}}}\n  \
         c: {{per: p, count: 3, columns: {{x0: {{integer: {{from: 0, to: 9}}}}{child}}}}}\n"
    )
}

/// A `switch` in a `switch` in a `switch`, each with an alias for every case.
fn nested(aliases: usize, leaf: &str) -> String {
    let level = |name: &str, inside: &str| {
        let others = repeated(aliases, |i| format!("{}: *{name}, ", i + 1));
        format!("{{switch: {{on: id, cases: {{0: &{name} {inside}, {others}}}}}}}")
    };
    columns(&format!("      c: {}\n", level("a", &level("b", &level("c", leaf)))))
}

fn columns(columns: &str) -> String {
    format!("tables:\n  t:\n    rows: 100000\n    columns:\n      id: serial\n{columns}")
}

/// Scenarios that took very much once, each with its story.
fn once_dear() -> Vec<(&'static str, String)> {
    vec![
        (
            "every level of a chain asked the one above again, by halves, until there were no more rows",
            chain(60, "{choose: [1, 2]}"),
        ),
        ("a chain of ninety levels is as long as chains are", chain(90, "{choose: [0, 1, 2]}")),
        ("two references each were a million ways to the table at the end", fan(20, 2, 100_000)),
        ("three references each took a gigabyte at eight levels", fan(8, 3, 100_000)),
        ("ten levels of two references are allowed, and take their time", fan(10, 2, 100_000)),
        ("twenty totals, each of what the one before gave to the children, were a million totals", ladder(20)),
        ("forty of them never ended", ladder(40)),
        (
            "every key of literal rows was a column with a value in each of ten thousand rows",
            format!("tables:\n  t:\n    rows:\n{}", repeated(9000, |i| format!("      - {{a{i}: 1}}\n"))),
        ),
        (
            "an alias was a copy of its text, thirty thousand times a hundred kilobytes",
            format!("params: {{a: &a {}}}\ntables:\n  t: {{rows: 1, columns: {{c: {{choose: [{}]}}}}}}\n", "x".repeat(90_000), ["*a"; 27_000].join(",")),
        ),
        (
            "anchors inside anchors were copies of copies",
            format!("tables: {}", (0..44).fold(format!("[{}]", ["x"; 40_000].join(",")), |inner, i| format!("[&a{i} {inner}]"))),
        ),
        (
            "128 rows of 1,600 columns of 32,768 characters were made to find out how wide they are",
            columns(&repeated(1599, |i| format!("      c{i}: {{characters: {{length: 32768}}}}\n"))),
        ),
        (
            "so were those of aliases in ten tables",
            format!(
                "tables:\n  t: {{rows: 9, columns: {{c: &c {{characters: {{length: 32768}}}}}}}}\n{}",
                repeated(10, |t| format!("  t{t}:\n    rows: 10\n    columns: {{{}}}\n", repeated(1500, |i| format!("c{i}: *c, "))))
            ),
        ),
        (
            "sixteen thousand rows were counted at a time, whatever texts their counts were made of",
            "tables:\n  p: {rows: 100000, let: {a: {characters: {length: 32768}}}, columns: {id: serial, b: \"= a || a || a || a || a\"}}\n  \
             c: {per: p, count: \"= length(b) / 163840\", columns: {id: serial}}\n"
                .into(),
        ),
        (
            "a total took eight thousand children at a time, whatever texts they are",
            "tables:\n  p: {rows: 9, columns: {id: serial, s: \"= sum(c.n)\"}}\n  \
             c: {per: p, count: 100000, let: {a: {characters: {length: 32768}}}, columns: {b: \"= a || a || a || a || a\", n: \"= length(b)\"}}\n"
                .into(),
        ),
        (
            "a wide column that is not written counts as well",
            "tables: {t: {rows: 100000, let: {a: {characters: {length: 32768}}, b: \"= a || a || a || a\"}, columns: {n: \"= length(b)\"}}}\n".into(),
        ),
        (
            "a word of much more than a name was compared with every name",
            format!("tables:\n  t:\n    rows: 1\n    columns: {{id: serial}}\n    key: {}\n", "w".repeat(190_000)),
        ),
        (
            "every mistyped column was compared with every other",
            columns(&format!(
                "{}{}",
                repeated(800, |i| format!("      c{i:0>50}: {{integer: {{from: 0, to: 9}}}}\n")),
                repeated(799, |i| format!("      d{i}: \"= c{i:0>49}9\"\n"))
            )),
        ),
        ("every fault listed all names", repeated(1, |_| format!("tables:\n{}", repeated(999, |i| format!("  table_with_a_long_name_{i}: {{per: q{i}, count: 1, columns: {{id: serial}}}}\n"))))),
        (
            "10^15 parents were counted one after the other",
            "tables:\n  p: {rows: 1000000000000000, columns: {id: serial}}\n  c: {per: p, count: {poisson: {mean: 3}}, columns: {id: serial}}\n".into(),
        ),
        (
            "a reference to rows that are not counted counts them all",
            "tables:\n  p: {rows: 1000000000000, columns: {id: serial}}\n  \
             c: {per: p, count: {poisson: {mean: 3}}, columns: {id: serial}}\n  r: {rows: 9, columns: {c: {reference: c}}}\n"
                .into(),
        ),
        (
            "a row was a total of a billion others",
            "tables:\n  p: {rows: 9, columns: {id: serial, s: \"= sum(c.x)\"}}\n  \
             c: {per: p, count: 1000000000, columns: {x: {integer: {from: 0, to: 9}}}}\n"
                .into(),
        ),
        ("long constants were kept, one for every column", columns(&repeated(1500, |i| format!("      c{i}: \"= repeat('x', 1000000)\"\n")))),
        (
            "every constant looked for a pattern as long as a run may, in a text of a few letters",
            columns(&repeated(60, |i| format!("      c{i}: \"= regexp_count(repeat('a', {}), 'a*b|a')\"\n", 20_000 + i))),
        ),
        (
            "so did many short ones",
            columns(&repeated(1500, |i| format!("      c{i}: \"= regexp_count(repeat('a', {}), 'a*b|a')\"\n", 3000 + i))),
        ),
        (
            "and patterns of `like`",
            columns(&repeated(60, |i| format!("      c{i}: \"= repeat('a', {}) like '{}b'\"\n", 90_000 + i, "%a_".repeat(800)))),
        ),
        (
            "every case of a nested `switch` was made again for every use of its alias, with a vocabulary of its own",
            nested(30, "{words: 32768}"),
        ),
        ("they were made before they were counted", nested(60, "{uuid: 4}")),
        (
            "so many members had a vocabulary each",
            columns(&format!("      c: {{json: {{{}}}}}\n", repeated(3000, |i| format!("m{i}: {{words: 32768}}, ")))),
        ),
        (
            "so had cases, of which there are too many",
            columns(&format!("      c: {{switch: {{on: id, cases: {{{}}}}}}}\n", repeated(4000, |i| format!("{i}: {{words: 32768}}, ")))),
        ),
        (
            "an expression was compiled anew for every use of its alias",
            columns(&format!("      c: &a {{text: '{}'}}\n{}", "{id}".repeat(400), repeated(1500, |i| format!("      d{i}: *a\n")))),
        ),
        (
            "so was a long list",
            columns(&format!("      c: &a \"= id in ({}1)\"\n{}", repeated(9000, |i| format!("{i}, ")), repeated(90, |i| format!("      d{i}: *a\n")))),
        ),
        ("what is written out, of the shortest parts", columns(&repeated(20, |c| format!("      c{c}: {{text: '{}'}}\n", "{id}".repeat(2400))))),
        (
            "every `poisson` had a table of its own",
            columns(&repeated(1599, |i| format!("      c{i}: {{poisson: 1000000}}\n"))),
        ),
        ("as those of different means must have", columns(&repeated(1599, |i| format!("      c{i}: {{poisson: {}}}\n", 1_000_000 - i)))),
        (
            "so had those of counts",
            format!("tables: {{p: {{rows: 10, columns: {{id: serial}}}}, {}}}\n", repeated(998, |i| format!("c{i}: {{per: p, count: {{poisson: 1000000}}, columns: {{id: serial}}}}, "))),
        ),
        (
            "one count looked for a pattern as long as a run may, and was not stopped within it",
            "tables: {p: {rows: 1000000, let: {w: {characters: {length: 22000, alphabet: a}}}, columns: {id: serial}}, \
             c: {per: p, count: \"= regexp_count(w, 'a*b|a') % 5\", columns: {id: serial}}}\n"
                .into(),
        ),
        (
            "so did a column of every table",
            repeated(50, |t| format!("  t{t}:\n    rows: 1\n    columns:\n      w: {{characters: {{length: 22000, alphabet: a}}}}\n      c: \"= regexp_count(w, 'a*b|a')\"\n"))
                .replacen("  t0:", "tables:\n  t0:", 1),
        ),
        (
            "an error of one text was looked for in the same text of eight thousand rows",
            columns("      w: \"= repeat('[', 8000000) || repeat(']', 8000000)\"\n      c: = w::jsonb\n"),
        ),
        (
            "a long text of JSON was read into a tree",
            columns("      w: \"= '[' || repeat('1,', 8000000 - id::int) || '1]'\"\n      c: = w::jsonb\n"),
        ),
        (
            "texts that are used and not kept were not counted",
            columns("      w: \"= repeat('a', 16000000)\"\n      c: \"= upper(w)\"\n      d: \"= length(w || id)\"\n"),
        ),
        (
            "columns doubled each other's text",
            format!(
                "tables: {{t: {{rows: 9, let: {{x0: {{words: 32768}}, {}}}, columns: {{id: serial, z: = x90}}}}}}\n",
                repeated(90, |i| format!("x{}: {{text: \"{{x{i}}}{{x{i}}}\"}}, ", i + 1))
            ),
        ),
        (
            "so did objects",
            format!(
                "tables: {{t: {{rows: 9, let: {{x0: {{words: 32768}}, {}}}, columns: {{id: serial, z: = x90}}}}}}\n",
                repeated(90, |i| format!("x{}: {{json: {{a: = x{i}, b: = x{i}}}}}, ", i + 1))
            ),
        ),
        (
            "a few rows to look at had a thousand copies of a long text",
            columns(&format!("      x0: \"= repeat(id::text, 15000000)\"\n{}", repeated(1000, |i| format!("      c{i}: {{json: {{a: = x0}}}}\n")))),
        ),
        ("faults without end", columns(&repeated(1500, |i| format!("      c{i}: q\n")))),
        ("parameters without end", format!("params: {{{}}}\ntables: {{t: {{rows: 1, columns: {{id: serial}}}}}}\n", repeated(12_000, |i| format!("p{i}: {i}, ")))),
        ("labels were compared each with each", columns(&format!("      a: {{choose: &l [{}], type: enum}}\n{}", repeated(999, |i| format!("v{i}, ")), repeated(197, |i| format!("      a{i}: {{choose: *l, type: enum}}\n"))))),
        ("weights without end", columns(&format!("      a: {{choose: {{{}}}}}\n", repeated(14_000, |i| format!("v{i}: {}, ", i + 1))))),
        ("indexes without end", format!("{}    index: [{}]\n", columns(&repeated(700, |i| format!("      a{i}: {{integer: {{from: 0, to: 9}}}}\n"))), repeated(8000, |i| format!("[a{}, a{}], ", i % 700, (i * 7 + 1) % 700)))),
        ("columns that each read the one before", columns(&repeated(1599, |i| format!("      c{i}: \"= {} + 1\"\n", if i % 90 == 0 { "id".to_owned() } else { format!("c{}", i - 1) })))),
        (
            "every row lived ten thousand steps",
            columns("      n: = life.steps\n      m: = life.state_at(as_of)\n    let: {life: {lifecycle: {from: 2020-01-01, states: {a: {leaves: [{to: b, rate: 90 per minute}]}, b: {leaves: [{to: a, rate: 90 per minute}]}}}}}\n"),
        ),
        (
            "a life that is almost too long, for each of many lifecycles",
            columns(&format!(
                "    let:\n{}",
                repeated(200, |i| format!("      l{i}: {{lifecycle: {{from: 2020-01-01, until: 2020-01-07, states: {{a: {{for: {{mean: 1 minute}}, then: b}}, b: {{for: {{mean: 1 minute}}, then: a}}}}}}}}\n"))
            )),
        ),
        (
            "a thousand states that lead to each other",
            columns(&format!(
                "    let:\n      l: {{lifecycle: {{from: 2020-01-01, states: {{{}}}}}}}\n",
                repeated(999, |i| format!("s{i}: {{for: 1 day, then: {{s{}: 1, s{}: = id}}}}, ", (i + 1) % 999, i * 7 % 999))
            )),
        ),
        (
            "a process of each parent was gone through cell by cell, eight million rows of it",
            "tables: {p: {rows: 1000, columns: {id: serial}}, c: {per: p, rate: {of: 3 per minute, from: 2021-01-01}, let: {o: occurrence}, columns: {at: = o.start}}}\n".into(),
        ),
        (
            "local hours had a table for each column",
            columns(&repeated(1500, |i| format!("      c{i}: {{moment: {{from: 2020-01-01, to: 2026-01-01, hours: business, zone: Europe/Berlin}}}}\n"))),
        ),
        (
            "every two nights of many years, both where there are two",
            "tables: {p: {rows: 100000, columns: {id: serial}}, c: {per: p, every: {day: 2, from: 1900-01-01, at: 02:30, zone: Europe/Berlin, fold: both}, let: {o: occurrence}, columns: {at: = o.start}}}\n".into(),
        ),
        (
            "running totals of running totals",
            format!("tables: {{p: {{rows: 10, columns: {{id: serial}}}}, c: {{per: p, count: 100000, columns: {{c0: = ordinal(), {}}}}}}}\n", repeated(30, |i| format!("c{}: = running_sum(c{i}), ", i + 1))),
        ),
        (
            "the row before the row before",
            format!("tables: {{c: {{rows: 100000, columns: {{id: serial, c0: = id, {}}}}}}}\n", repeated(60, |i| format!("c{}: = previous(c{i}), ", i + 1))),
        ),
        (
            "a thousand cases",
            format!("tables: {{t: {{rows: 1000000, columns: {{id: serial}}}}}}\ncases: {{{}}}\n", repeated(900, |i| format!("k{i}: {{in: t, where: id % 7 = {i}, at least: 0}}, "))),
        ),
        (
            "a tree of all rows",
            "tables: {t: {rows: 1000000000, let: {n: {tree: {depth: 90, children: 3}}}, columns: {id: serial, up: = n.parent, path: = n.path}}}\n".into(),
        ),
        ("a thousand tables that refer to each other", format!("tables:\n{}", repeated(999, |i| format!("  t{i}: {{rows: 100, columns: {{id: serial, {}}}}}\n", repeated(5, |r| format!("r{r}: {{reference: t{}}}, ", (i * 7 + r * 31) % 999)))))),
    ]
}

#[test]
fn what_was_dear_once_is_cheap() {
    for (story, text) in once_dear() {
        assert!(text.len() <= MOST_TEXT, "{story}: {} bytes", text.len());
        tried(&text).unwrap_or_else(|error| panic!("{story}: {error}"));
    }
}

#[test]
fn generators_are_counted_before_they_are_made() {
    let told = faults(&nested(30, "serial"));
    assert!(
        told.starts_with("the scenario has too many generators with all that aliases and mixins repeat"),
        "{told}"
    );
    assert!(!told.contains('\n'), "it is told once: {told}");
    // What stands there word for word is not too much.
    let written = columns(&repeated(16, |c| {
        format!("      c{c}: {{json: {{{}}}}}\n", repeated(1100, |i| format!("m{i}: serial, ")))
    }));
    assert_eq!(faults(&written), "");
}

#[test]
fn expressions_that_aliases_repeat_are_counted() {
    let repeated = |uses| {
        let uses = repeated(uses, |i| format!("      d{i}: *a\n"));
        columns(&format!("      c: &a {{text: '{}'}}\n{uses}", "{id}".repeat(400)))
    };
    assert_eq!(faults(&repeated(100)), "");
    let told = faults(&repeated(1500));
    assert!(
        told.starts_with("the scenario has too many expressions with all that aliases and mixins repeat"),
        "{told}"
    );
    assert!(!told.contains('\n'), "it is told once: {told}");
    assert_eq!(faults(&columns(&format!("      c: {{text: '{}'}}\n", "{id}".repeat(45_000)))), "");
}

#[test]
fn what_mixins_multiply_is_counted() {
    let mixed = |columns: usize, column: &str, tables: usize| {
        let columns = repeated(columns, |c| format!("      c{c}: {column}\n"));
        let tables = repeated(tables, |t| format!("  t{t}: {{rows: 1, mixins: m}}\n"));
        format!("mixins:\n  m:\n    columns:\n{columns}tables:\n{tables}")
    };
    for (columns, column, tables, expected) in [
        (
            1500,
            "serial",
            999,
            "the scenario has more than 200000 values; mixins count in each table that names them",
        ),
        (1500, "serial", 40, "the scenario has too many generators with all that aliases and mixins repeat"),
        (
            10,
            &format!("{{text: '{}'}}", "{row_number()}".repeat(400)),
            30,
            "the scenario has too many expressions",
        ),
        (10, &format!("= '{}'", "x".repeat(10_000)), 900, "the texts of the scenario have more than"),
        (1000, "= upper(nothing)", 40, "unknown column `nothing`"),
        (1500, "{nothing: 1}", 60, "unknown generator `nothing`"),
    ] {
        let text = mixed(columns, column, tables);
        assert!(text.len() <= MOST_TEXT);
        tried(&text).unwrap_or_else(|error| panic!("{tables} tables of {columns} {column:.20}: {error}"));
        let told = faults(&text);
        assert!(told.starts_with(expected), "{tables} tables of {columns} {column:.20}: {told:.200}");
    }
    assert_eq!(faults(&mixed(100, "serial", 100)), "");
}

#[test]
fn the_same_distribution_is_prepared_once() {
    let means = |mean: fn(usize) -> usize| {
        columns(&repeated(1000, |i| format!("      c{i}: {{poisson: {}}}\n", mean(i))))
    };
    assert_eq!(faults(&means(|_| 1_000_000)), "");
    assert_eq!(faults(&means(|i| 1000 + i)), "");
    let told = faults(&means(|i| 900_000 + i));
    assert!(told.starts_with("the distributions of the scenario take too much memory together"), "{told}");
    assert!(!told.contains('\n'), "it is told once: {told}");
}

#[test]
fn a_message_quotes_no_more_than_the_beginning_of_a_value() {
    for ty in [
        "jsonb",
        "integer",
        "numeric(9,2)",
        "double precision",
        "boolean",
        "uuid",
        "date",
        "timestamp",
        "interval",
    ] {
        let text = columns(&format!("      w: \"= repeat('x', 1000000 + id::int)\"\n      c: = w::{ty}\n"));
        let plan = Plan::compile(&text, &Settings::default()).unwrap();
        let message = plan.batch(TableId::new(0), 0..3).unwrap_err().to_string();
        assert!((50..800).contains(&message.len()), "{ty}: {} bytes", message.len());
    }
}

/// The faults of a scenario.
fn faults(text: &str) -> String {
    match Plan::compile(text, &Settings::default()) {
        Ok(_) => String::new(),
        Err(faults) => faults.to_string(),
    }
}

#[test]
fn a_pattern_that_takes_too_long_is_not_called_wrong() {
    let steps = faults(&columns("      a: \"= regexp_count(repeat('a', 20000), 'a*b|a')\"\n"));
    assert_eq!(steps, "looking for patterns takes too long in the texts of these rows");
    // The last of them has nothing left to be made of.
    let text = |i| format!("      c{i}: \"= length(repeat('{i}', 16000000))\"\n");
    let texts = faults(&columns(&(repeated(3, text) + "      d: \"= c1::text ~ 'a+'\"\n")));
    assert!(texts.contains("the regular expressions take too much memory together"), "{texts}");
    assert!(!texts.contains("is wrong"), "{texts}");
}

#[test]
fn what_real_schemas_do_is_allowed() {
    // Two references at each of eight levels, and six steps of totals, are more than any schema has.
    for text in [fan(8, 2, 1000), fan(5, 3, 1000), ladder(6), chain(90, "{choose: [0, 1]}"), chain(60, "1")] {
        assert_eq!(tried(&text), Ok(true), "{text}");
    }
}

#[test]
fn a_chain_is_counted_to_its_end() {
    let plan = Plan::compile(&chain(10, "{choose: [1, 2]}"), &Settings::default()).unwrap();
    // Lazily, from the last table up, and to the end.
    assert!(plan.batch(TableId::new(10), 0..1_000_000).unwrap().num_rows() > 1);
    let lazily = plan.rows(TableId::new(10)).unwrap();
    assert_eq!(plan.batch(TableId::new(10), 0..1_000_000).unwrap().num_rows() as u64, lazily);
    let counted = Plan::compile(&chain(10, "{choose: [1, 2]}"), &Settings::default()).unwrap();
    counted.count().unwrap();
    assert_eq!(counted.rows(TableId::new(10)).unwrap(), lazily);
    assert_eq!(counted.extent(TableId::new(10)), Extent::Exactly(lazily));
}

#[test]
fn rows_that_are_not_counted_are_estimated() {
    let text = "tables:\n  p: {rows: 1000000000, columns: {id: serial}}\n  c: {per: p, count: {poisson: {mean: 3}}, columns: {id: serial}}\n  \
                d: {per: c, count: 2, columns: {id: serial}}\n";
    let plan = Plan::compile(text, &Settings::default()).unwrap();
    assert_eq!(plan.extent(TableId::new(1)), Extent::AtLeast(0));
    assert_eq!(plan.batch(TableId::new(1), 0..30_000).unwrap().num_rows(), 30_000);
    let (Extent::About(c), Extent::About(d)) = (plan.extent(TableId::new(1)), plan.extent(TableId::new(2)))
    else {
        panic!("no estimate")
    };
    assert!((2_900_000_000..3_100_000_000).contains(&c) && d == 2 * c, "{c} {d}");
}

fn runs(cases: u32) -> ProptestConfig {
    // The cases are the same on every run, so that a failure is never a surprise of the day.
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    }
}

/// What a table of a schema is made of, as numbers that are given a meaning when it is written down.
#[derive(Clone, Debug)]
struct Level {
    /// Where its rows come from.
    source: (u8, usize),
    /// Kinds of columns, each with the table that it may read.
    columns: Vec<(u8, usize)>,
}

/// A schema in which every table reads others: chains, fans, totals of totals, counts of references.
fn schema() -> impl Strategy<Value = String> {
    let column = (0u8..14, 1usize..4);
    let level = (((0u8..7), 1usize..4), prop::collection::vec(column, 1..6));
    let level = level.prop_map(|(source, columns)| Level { source, columns });
    prop::collection::vec(level, 2..28).prop_map(|levels| written(&levels))
}

fn written(levels: &[Level]) -> String {
    let mut text = "as_of: 2026-01-01\nsince: 2020-01-01\ntables:\n  t0: {rows: 50, columns: {id: serial, \
                    x: {integer: {from: 0, to: 3}}, y: {integer: {from: 0, to: 3}}, s: {words: {length: 30}}, \
                    at: {moment: {from: since, to: as_of}}}}\n"
        .to_owned();
    // Mostly the table before, sometimes one of the few before that.
    let parent_of =
        |i: usize| (i > 0 && levels[i - 1].source.0 > 1).then(|| i - levels[i - 1].source.1.min(i));
    let rises = |i: usize| {
        i > 0 && parent_of(i).is_some() && levels[i - 1].columns.iter().any(|(kind, _)| *kind == 7)
    };
    for (i, level) in (1..).zip(levels) {
        let parent = parent_of(i);
        let above = parent.map_or_else(String::new, |parent| format!("per: t{parent}, "));
        let source = match level.source.0 {
            0 => "rows: 100000",
            1 => "rows: 30",
            2 => "count: 2",
            3 => "count: {choose: [0, 1, 2]}",
            4 => "count: \"= x % 3\", max: 9",
            5 => "count: {poisson: {mean: 2}}, times: \"= x % 3\", max: 9",
            _ => "count: 1",
        };
        let (mut columns, mut reads) = (String::new(), vec!["row_number() % 7".to_owned()]);
        let (mut said, mut sums) = (vec!["'a'".to_owned()], "row_number() % 5".to_owned());
        let mut at = "{moment: {from: since, to: as_of}}".to_owned();
        for (c, (kind, back)) in level.columns.iter().enumerate() {
            let target = i - back.min(&i);
            let mut refer = |to: String| columns += &format!("r{c}: {{reference: {{to: {to}}}}}, ");
            match (kind, parent, parent.and_then(parent_of)) {
                (0..=2, ..) => {
                    refer(format!("t{target}, skew: {}", kind % 2));
                    reads.push(format!("coalesce(r{c}.x, 0)"));
                }
                (3, ..) => {
                    refer(format!("t{target}"));
                    said.push(format!("r{c}.s"));
                }
                (4, ..) => {
                    let last = &reads[reads.len() - 1];
                    reads.push(format!("case when row_number() % 2 = 0 then {last} else 1 end"));
                }
                (5, Some(parent), _) => reads.push(format!("t{parent}.x")),
                (6, Some(parent), _) => said.push(format!("t{parent}.s")),
                (7, Some(parent), _) => {
                    at = format!("{{moment: {{from: t{parent}.at, to: as_of, order: within parent}}}}")
                }
                (8, Some(_), _) => refer("t0, distinct: true".to_owned()),
                (9, Some(parent), Some(above)) => refer(format!("t{parent}, within: t{above}")),
                (10, Some(parent), Some(above)) if rises(parent) => {
                    refer(format!("t{parent}, within: t{above}, existed_at: at, by: at"));
                    reads.push(format!("coalesce(r{c}.x, 0)"));
                }
                (11.., ..) if i < levels.len() && parent_of(i + 1) == Some(i) => {
                    sums = format!("coalesce(sum(t{}.y), 0)", i + 1);
                }
                _ => {}
            }
        }
        let _ = writeln!(
            text,
            "  t{i}: {{{above}{source}, columns: {{id: serial, {columns}x: \"= ({}) % 1000\", y: \"= {sums}\", s: \"= {}\", \
             at: {at}, j: {{json: {{x: \"= x\", s: {{text: \"{{s}}!\"}}}}}}}}}}",
            reads.join(" + "),
            said.join(" || "),
        );
    }
    text
}

/// A scenario with very many of something.
fn many() -> impl Strategy<Value = String> {
    let things: Vec<fn(usize) -> String> = vec![
        |i| format!("      c{i}: serial\n"),
        |i| format!("      c{i}: {{text: \"{{id}}-{{id|lpad(9)}}\"}}\n"),
        |i| format!("      c{i}: {{words: {{length: 30000}}}}\n"),
        |i| format!("      c{i}: {{array: {{of: uuid, length: 900}}}}\n"),
        |i| format!("      c{i}: \"= c{} || c{}\"\n", i.saturating_sub(1), i.saturating_sub(1)),
        |i| format!("      c{i}: {{choose: [a, b, c, d, e, f, g], null: 5%, unique: true}}\n"),
        |i| format!("      c{i}: {{references: t.c{}, reference: t}}\n", i + 1),
        |i| {
            format!(
                "      c{i}: {{switch: {{on: id, cases: {{1: serial, 2: {{integer: {{from: 1, to: 2}}}}}}}}}}\n"
            )
        },
        |i| format!("      c{i}: {{json: {{a: {{json: {{b: {{json: {{c: serial}}}}}}}}}}}}\n"),
        |i| format!("      c{i}: {{unknown_{i}: 1}}\n"),
        |i| format!("      c{i}: {{integer: {{from: 1, upto: {i}}}}}\n"),
        |i| format!("  u{i}: {{rows: 1, columns: {{id: serial}}}}\n"),
        |i| {
            format!(
                "  u{i}: {{per: t, count: {{poisson: {{mean: 1}}}}, columns: {{id: serial, x: \"= t.id\"}}}}\n"
            )
        },
        |i| format!("  u{i}: {{per: u{}, count: 1, columns: {{id: serial}}}}\n", i + 1),
        |i| format!("  u{i}: &u{i} {{rows: 1, columns: {{id: serial}}}}\n"),
        |i| format!("  x{i}\n"),
        |i| format!("  # {i}\n"),
        |i| format!("  k{i}: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n"),
    ];
    (prop::sample::select(things), 0.0..1.0f64).prop_map(|(thing, share)| {
        let mut text = "tables:\n  t:\n    rows: 1000\n    columns:\n      id: serial\n".to_owned();
        let most = (MOST_TEXT as f64 * share) as usize;
        for i in 0.. {
            let line = thing(i);
            if text.len() + line.len() > most {
                break;
            }
            text += &line;
        }
        text
    })
}

proptest! {
    #![proptest_config(runs(60))]

    #[test]
    fn tables_that_read_each_other_are_cheap(text in schema()) {
        tried(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn many_of_anything_are_cheap(text in many()) {
        tried(&text).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(7), ..runs(3000) })]

    #[test]
    #[ignore = "slow: three thousand schemas"]
    fn many_tables_that_read_each_other_are_cheap(text in schema()) {
        tried(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    #[ignore = "slow: three thousand scenarios"]
    fn very_many_of_anything_are_cheap(text in many()) {
        tried(&text).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn schemas_are_not_all_refused() {
    let compiled = std::cell::Cell::new(0);
    let count = |text: String| {
        compiled.set(compiled.get() + u32::from(Plan::compile(&text, &Settings::default()).is_ok()));
        Ok(())
    };
    proptest::test_runner::TestRunner::new(runs(100)).run(&schema(), count).expect("counting does not fail");
    assert!(compiled.get() >= 15, "{} of 100 schemas compile", compiled.get());
}
