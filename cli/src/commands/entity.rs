//! `seedbed entity`: one row with those around it, the way to look at one life.

use arrow::array::RecordBatch;
use seedbed_engine::calendar::text::{Style, write_instant};
use seedbed_engine::cases::RowKey;
use seedbed_engine::error::listed;
use seedbed_engine::lookup::{InTime, LifeOfRow, Lookup, Relatives};
use seedbed_engine::model::Table;
use seedbed_engine::text::{Cells, Meaning, shown};
use seedbed_engine::types::Type;
use seedbed_engine::{ColumnId, Plan, TableId, ValueError};
use serde_json::{Value, json};

use crate::arguments::Entity;
use crate::exit::Failure;
use crate::output::grid::{Align, Grid, cut};
use crate::output::quantity::{count, plural};
use crate::output::{self, Page};
use crate::prepare;

/// The widest value, and the widest line of a row that stands in one, in columns of the terminal.
const CELL_WIDTH: usize = 40;
const VALUE_WIDTH: usize = 400;
const LINE_WIDTH: usize = 160;

/// Finds the row and prints it with its relatives.
pub(crate) fn run(arguments: &Entity) -> Result<(), Failure> {
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let table = prepare::table(&plan, &arguments.table)?;
    let pool = prepare::pool(&arguments.threads)?;
    let row = pool.install(|| row(&plan, table, &arguments.key))?;
    let entity = pool.install(|| look(&plan, table, row, arguments.rows))?;
    match arguments.json {
        true => output::print_json(&as_json(&plan, &entity)),
        false => output::print(&page(&plan, &entity)),
    }
}

/// A row, and where it stands.
struct Found {
    table: TableId,
    key: RowKey,
    row: RecordBatch,
}

/// A row and those around it.
struct Relations {
    own: Found,
    lives: Vec<LifeOfRow>,
    /// The parent, its parent, and so on.
    ancestors: Vec<Found>,
    /// The rows that columns refer to, by the names of these.
    references: Vec<(String, Option<Found>)>,
    children: Vec<Children>,
}

/// The rows of a child table.
struct Children {
    table: TableId,
    rows: u64,
    /// The column by whose time the first are shown.
    by: Option<String>,
    first: Vec<Found>,
}

/// The number of the row that has a key.
fn row(plan: &Plan, table: TableId, key: &str) -> Result<u64, Failure> {
    let described = &plan.model().tables[table];
    let columns = plan.key_columns(table);
    let names: Vec<&str> = columns.iter().map(|&c| described.columns[c].name.as_str()).collect();
    let texts: Vec<&str> = if names.len() > 1 { key.split(',').map(str::trim).collect() } else { vec![key] };
    let of = if names.is_empty() { "row number".to_owned() } else { listed(&names) };
    if names.len() > 1 && texts.len() != names.len() {
        let message = format!("the key of `{}` is {of}", described.name);
        return Err(Failure::usage(message).hint("give the values in this order, with commas between"));
    }
    let nowhere = |among: String| {
        let message = format!("no row of `{}`{among} has {of} {}", described.name, cut(key, VALUE_WIDTH));
        Failure::running(message).hint("`seedbed preview` shows the keys of rows")
    };
    match plan.row_of_key(table, &texts)? {
        Lookup::Row(row) => Ok(row),
        Lookup::Nowhere => Err(nowhere(String::new())),
        Lookup::NotAmong(rows) => Err(nowhere(format!(" among the first {}", count(rows)))),
    }
}

fn look(plan: &Plan, table: TableId, row: u64, most: u64) -> Result<Relations, ValueError> {
    let found = |(table, row): (TableId, u64)| -> Result<Found, ValueError> {
        let key = RowKey::of_rows(plan, table, &[row])?.remove(0);
        Ok(Found { table, key, row: plan.row_to_show(table, row)? })
    };
    let Relatives { ancestors, references, children } = plan.relatives(table, row)?;
    let ancestors = ancestors.into_iter().map(found).collect::<Result<_, _>>()?;
    let name = |of: TableId, c: ColumnId| plan.model().tables[of].columns[c].name.clone();
    let references = references.into_iter().map(|(column, target, row)| {
        Ok((name(table, column), row.map(|row| found((target, row))).transpose()?))
    });
    let references = references.collect::<Result<_, ValueError>>()?;
    let children = children.into_iter().map(|(child, rows)| {
        let InTime { by, rows: first } = plan.first_in_time(child, rows.clone(), most)?;
        let first = first.into_iter().map(|row| found((child, row))).collect::<Result<_, _>>()?;
        Ok(Children { table: child, rows: rows.end - rows.start, by: by.map(|c| name(child, c)), first })
    });
    let children = children.collect::<Result<_, ValueError>>()?;
    let lives = plan.lives(table, row)?;
    Ok(Relations { own: found((table, row))?, lives, ancestors, references, children })
}

fn page(plan: &Plan, relations: &Relations) -> Page {
    let name = |table: TableId| plan.model().tables[table].name.as_str();
    let own = &relations.own;
    let mut out = output::line(format!("{} {}", name(own.table), own.key)).lines(values(&own.row));
    for life in &relations.lives {
        out = out.line("").lines(told(life));
    }
    if !relations.ancestors.is_empty() {
        out = out.line("").line("under");
        for found in &relations.ancestors {
            out = out.line(format!("  {} {}: {}", name(found.table), found.key, in_one_line(&found.row)));
        }
    }
    if !relations.references.is_empty() {
        out = out.line("").line("refers to");
        for (column, found) in &relations.references {
            out = out.line(match found {
                None => format!("  {column}: nothing"),
                Some(found) => {
                    let (table, key) = (name(found.table), &found.key);
                    format!("  {column}: {table} {key}: {}", in_one_line(&found.row))
                }
            });
        }
    }
    for children in &relations.children {
        let shown = children.first.len() as u64;
        let rows = plural(children.rows, "row");
        let by = children.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let head = match (children.rows, shown < children.rows) {
            (0, _) => format!("{}: none", name(children.table)),
            (_, false) => format!("{}: {rows}{by}", name(children.table)),
            (_, true) => format!("{}: {rows}, the first {}{by}", name(children.table), count(shown)),
        };
        out = out.line("").line(head).lines(grid(&children.first));
    }
    out
}

/// A life as a line, such as `life: trialing 2025-01-03 → active 2025-01-17`; as several where it is long.
fn told(life: &LifeOfRow) -> Vec<String> {
    let steps = life.steps.iter().map(|step| {
        let mut at = String::new();
        write_instant(&mut at, step.at, 0, Style::Sql);
        // The time of day matters where a day has several steps; the date is what one looks for.
        let date = at.split(' ').next().unwrap_or_default();
        let because = step.because.as_ref().map_or_else(String::new, |because| format!(" ({because})"));
        format!("{} {date}{because}", step.state)
    });
    let (mut lines, mut line) = (Vec::new(), format!("{}: ", life.name));
    if life.steps.is_empty() {
        line += "has not begun";
    }
    for (i, step) in steps.enumerate() {
        let arrow = if i == 0 { "" } else { " → " };
        if i > 0 && line.chars().count() + step.chars().count() > LINE_WIDTH {
            lines.push(line);
            line = format!("  → {step}");
        } else {
            line += arrow;
            line += &step;
        }
    }
    lines.push(line);
    lines
}

/// A line for each column.
fn values(row: &RecordBatch) -> Vec<String> {
    let mut grid = Grid::new([("", Align::Left), ("", Align::Left)]);
    for (field, array) in row.schema_ref().fields().iter().zip(row.columns()) {
        grid.row([format!("  {}", field.name()), cut(&shown(array, 0), VALUE_WIDTH)]);
    }
    // The values speak for themselves.
    grid.lines().split_off(1)
}

fn in_one_line(row: &RecordBatch) -> String {
    let fields = row.schema_ref().fields().iter().zip(row.columns());
    let cells =
        fields.map(|(field, array)| format!("{} {}", field.name(), cut(&shown(array, 0), CELL_WIDTH)));
    cut(&cells.collect::<Vec<_>>().join(", "), LINE_WIDTH)
}

/// Rows of one table below each other; on a narrow terminal, a line each.
fn grid(rows: &[Found]) -> Vec<String> {
    let Some(first) = rows.first() else { return Vec::new() };
    let columns = first.row.schema_ref().fields().iter().map(|field| {
        let align = if field.data_type().is_numeric() { Align::Right } else { Align::Left };
        (cut(field.name(), CELL_WIDTH), align)
    });
    let mut grid = Grid::new(columns);
    for found in rows {
        grid.row(found.row.columns().iter().map(|array| cut(&shown(array, 0), CELL_WIDTH)));
    }
    match output::columns() {
        Some(columns) if grid.width() + 2 > columns => {
            rows.iter().map(|found| format!("  {}", in_one_line(&found.row))).collect()
        }
        _ => grid.ruled().into_iter().map(|line| format!("  {line}")).collect(),
    }
}

fn as_json(plan: &Plan, relations: &Relations) -> Value {
    let name = |table: TableId| plan.model().tables[table].name.as_str();
    let found = |found: &Found| {
        let key = output::report::cases::object(&found.key);
        json!({"table": name(found.table), "key": key, "row": row_as_json(&plan.model().tables[found.table], &found.row)})
    };
    let references = relations
        .references
        .iter()
        .map(|(column, to)| json!({"column": column, "to": to.as_ref().map(found)}));
    let children = relations.children.iter().map(|children| {
        json!({
            "table": name(children.table),
            "rows": children.rows,
            "by": children.by,
            "first": children.first.iter().map(found).collect::<Vec<_>>(),
        })
    });
    json!({
        "entity": found(&relations.own),
        "lives": relations.lives.iter().map(life_as_json).collect::<Vec<_>>(),
        "ancestors": relations.ancestors.iter().map(found).collect::<Vec<_>>(),
        "references": references.collect::<Vec<_>>(),
        "children": children.collect::<Vec<_>>(),
    })
}

/// A row with values of the types that JSON Lines has; a number with a point is text as in keys, so that it keeps its digits.
fn row_as_json(table: &Table, row: &RecordBatch) -> Value {
    let cells = table.written().zip(row.columns()).map(|(column, array)| {
        let mut json = String::new();
        let meaning = if column.ty == Type::Json { Meaning::Json } else { Meaning::Text };
        Cells::new(array, meaning).write_json(0, ",", &mut json);
        (column.name.clone(), json)
    });
    output::report::cases::object(&RowKey { members: cells.collect() })
}

fn life_as_json(life: &LifeOfRow) -> Value {
    let steps = life.steps.iter().map(|step| {
        let mut at = String::new();
        write_instant(&mut at, step.at, 0, Style::Iso);
        json!({"at": at, "to": step.state, "because": step.because})
    });
    json!({"name": life.name, "steps": steps.collect::<Vec<_>>()})
}
