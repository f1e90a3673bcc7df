//! Nanoseconds per cell of every generator: one column at a time, in batches of 8,192 rows.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use seedbed_engine::{Plan, ROWS_PER_BATCH, Settings};

/// What each case adds to the child table: `let` columns, and the column measured.
const CASES: &[(&str, &str, &str)] = &[
    ("serial", "", "serial"),
    ("parent", "", "parent"),
    ("uuid", "", "uuid"),
    ("integer", "", "{integer: {from: 1, to: 1000}}"),
    ("uuid version 7", "", "{uuid: {version: 7, at: as_of}}"),
    ("decimal", "", "{decimal: {from: 0, to: 9999}}"),
    ("uniform", "", "{uniform: {from: 0, to: 1}}"),
    ("normal", "", "{normal: {mean: 0, sd: 1}}"),
    ("lognormal", "", "{lognormal: {median: 40, sigma: 1.5}}"),
    ("exponential", "", "{exponential: 30}"),
    ("poisson", "", "{poisson: 3.5}"),
    ("zipf", "", "{zipf: {n: 1000, exponent: 1.1}}"),
    ("boolean", "", "{boolean: 30%}"),
    ("choose text", "", "{choose: {admin: 8, editor: 41, viewer: 51}}"),
    ("choose number", "", "{choose: {1: 8, 2: 41, 3: 51}}"),
    ("null share", "", "{integer: {from: 1, to: 1000}, null: 5%}"),
    (
        "text",
        "id: serial, person: {person: parents.locale}",
        "{text: \"{person.username}{id}@{parents.slug}.example\"}",
    ),
    ("word", "", "word"),
    ("words", "", "{words: {length: {from: 10, to: 43}}}"),
    ("sentence", "", "sentence"),
    ("characters", "", "{characters: 12}"),
    ("bytes", "", "{bytes: 32}"),
    ("person.name", "person: {person: parents.locale}", "= person.name"),
    ("place.zone", "place: place", "= place.zone"),
    ("company", "", "company"),
    ("product", "", "product"),
    ("moment", "", "{moment: {from: parents.at, to: as_of}}"),
    (
        "moment growing",
        "",
        "{moment: {from: parents.at, to: as_of, growth: 4% per month, order: within parent}}",
    ),
    (
        "moment at local hours",
        "",
        "{moment: {from: parents.at, to: as_of, hours: business, weekdays: working, zone: parents.zone}}",
    ),
    (
        "moment during a state",
        "",
        "{moment: {from: parents.at, to: as_of, during: parents.life in (active)}}",
    ),
    ("date", "", "{date: {from: \"date '2024-01-01'\", to: \"date '2025-12-31'\"}}"),
    ("reference", "", "{reference: others}"),
    ("reference skewed", "", "{reference: {to: others, skew: 0.9}}"),
    ("reference distinct", "", "{reference: {to: others, distinct: true}}"),
    ("reference within", "", "{reference: {to: siblings, within: parents}}"),
    ("through a reference", "other: {reference: others}", "= other.price"),
    ("through a reference to its parent", "kid: {reference: kids}", "= kid.parents.at"),
    ("reference within, counted", "other: {reference: parents}", "{reference: {to: kids, within: other}}"),
    ("through the parent", "", "= parents.slug"),
    ("json", "", "{json: {path: {choose: [/, /login]}, ms: {integer: {from: 1, to: 900}}}}"),
    ("array", "", "{array: {of: {choose: [red, green, blue]}, length: {from: 0, to: 3}}}"),
    (
        "decimal expression",
        "a: {decimal: {from: 0, to: 99}}, b: {decimal: {from: 0, to: 1}}",
        "= round(a * (1 - b), 2)",
    ),
    (
        "case",
        "n: {integer: {from: 1, to: 9}}",
        "= case when n < 3 then 'few' when n < 6 then 'some' else 'many' end",
    ),
    ("date expression", "", "= parents.at::date + 30"),
    ("lifecycle", LIFE, "= life.state"),
    ("state at an instant", "at: {moment: {from: parents.at, to: as_of}}", "= parents.life.state_at(at)"),
    ("next of a recurrence", "", "= parents.renewal.next(as_of)"),
    ("previous", "", "= previous(row_number())"),
    ("running sum", "", "= running_sum(row_number())"),
    ("running maximum", "", "= running_max(row_number())"),
    ("walk", "", "{walk: {from: 0, step: '= 1', min: 0, max: 100, at_bounds: reflect}}"),
];

/// A lifecycle with a way out of every kind.
const LIFE: &str = "life: {lifecycle: {from: parents.at, states: { \
    active: {leaves: [ \
        {to: late, at: parents.renewal, chance: 6%, delay: 1 hour}, \
        {to: gone, rate: 2.5% per month}, \
        {to: gone, on: as_of}]}, \
    late: {for: {choose: {1 day: 3, 5 days: 1}}, then: {active: 4, gone: 1}}, \
    gone: }}}";

fn scenario(lets: &str, column: &str) -> String {
    format!(
        "
since: 2023-01-01
as_of: 2026-01-01
tables:
  parents:
    rows: 200000
    let:
      renewal: {{recurrence: {{month: 1, from: at, at: 00:00, zone: zone}}}}
      life:
        lifecycle:
          from: at
          states:
            active: {{leaves: [{{to: away, rate: 20% per month}}]}}
            away: {{for: {{mean: 20 days}}, then: active}}
    columns:
      id: serial
      slug: {{text: \"tenant-{{id}}\"}}
      locale: {{choose: [en-US, de-DE, fr-FR]}}
      zone: {{choose: [Europe/Berlin, America/New_York, Asia/Tokyo, UTC]}}
      at: {{moment: {{from: since, to: as_of}}}}
  others:
    rows: 200000
    columns: {{id: serial, price: {{decimal: {{from: 1, to: 900}}}}}}
  siblings:
    per: parents
    count: 3
    columns: {{id: serial}}
  kids:
    per: parents
    count: {{integer: {{from: 1, to: 7}}}}
    columns: {{id: serial}}
  measured:
    per: parents
    count: {{integer: {{from: 1, to: 7}}}}
    let: {{{lets}}}
    columns:
      it: {column}
"
    )
}

/// Columns that need a table of their own: what makes the rows, and the column.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "occurrence of a month",
        "{per: parents, every: {month: 1, from: at, at: 00:00, zone: zone}, let: {o: occurrence}",
        "= o.start",
    ),
    (
        "occurrence of a day",
        "{per: parents, every: {day: 1, from: as_of, until: \"timestamptz '2026-01-20'\", at: 02:30, zone: zone}, let: {o: occurrence}",
        "= o.start",
    ),
    (
        "occurrence during a state",
        "{per: parents, every: {month: 1, from: at, zone: zone, while: life in (active)}, let: {o: occurrence}",
        "= o.start",
    ),
    (
        "occurrence at a rate",
        "{per: parents, rate: {of: 2 per month, from: at}, let: {o: occurrence}",
        "= o.start",
    ),
    (
        "occurrence at a rate at local hours",
        "{per: parents, rate: {of: 2 per month, from: at, growth: 2% per month, hours: business, weekdays: working, zone: zone}, let: {o: occurrence}",
        "= o.start",
    ),
    (
        "tree parent",
        "{per: parents, count: 5, let: {node: {tree: {depth: 3, children: 4}}}",
        "= node.parent, id: serial",
    ),
    ("step of a history", "{history_of: parents.life, let: {s: step}", "= s.to"),
];

fn timed(rows: &str, column: &str) -> String {
    format!(
        "
since: 2025-01-01
as_of: 2026-01-01
tables:
  parents:
    rows: 200000
    let:
      life:
        lifecycle:
          from: at
          states:
            active: {{leaves: [{{to: away, rate: 20% per month}}]}}
            away: {{for: {{mean: 20 days}}, then: active}}
    columns:
      id: serial
      at: {{moment: {{from: since, to: as_of}}}}
      zone: {{choose: [Europe/Berlin, America/New_York, Asia/Tokyo, UTC]}}
  measured: {rows}, columns: {{it: {column}}}}}
"
    )
}

fn generators(c: &mut Criterion) {
    let mut group = c.benchmark_group("generators");
    group.throughput(Throughput::Elements(ROWS_PER_BATCH));
    group.sample_size(20);
    let columns = CASES.iter().map(|(name, lets, column)| (name, scenario(lets, column)));
    let tables = TABLES.iter().map(|(name, rows, column)| (name, timed(rows, column)));
    for (name, scenario) in columns.chain(tables) {
        let plan = Plan::compile(&scenario, &Settings::default())
            .unwrap_or_else(|faults| panic!("{name}: {faults}"));
        plan.count().expect("counts are small");
        let table = plan.table("measured").expect("the table is there");
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            let mut start = 0;
            b.iter(|| {
                start = (start + ROWS_PER_BATCH) % 400_000;
                black_box(plan.batch(table, start..start + ROWS_PER_BATCH).expect("values exist"))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, generators);
criterion_main!(benches);
