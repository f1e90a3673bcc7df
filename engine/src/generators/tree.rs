//! `tree`: a row's parent among the rows before it in its own table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array};

use super::doc::{ArgumentKind as Kind, optional};
use super::facts::unknown;
use super::serial::serial_of;
use super::{GeneratorDoc, Made, Pick, Prepared, Reading, Record, Reference, Shown, Within};
use crate::error::{Fault, ValueError};
use crate::expression::check_length;
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::{Column, Hop, MAX_COUNT, MAX_ROWS, Source};
use crate::random::{DEEPEST, MOST_CHILDREN, Stream, Tree, TreeBounds};
use crate::rows::{Frame, Rows, Strings, in_trees};
use crate::text::{Cells, Meaning, write_integer};
use crate::together::Together;
use crate::types::Type;

pub(super) const TREE: GeneratorDoc = GeneratorDoc {
    name: "tree",
    version: 1,
    family: "keys",
    summary: "The place of a row in a tree of rows of its own table, under `let`: `parent`, `depth`, `path`.",
    arguments: &[
        optional("depth", Kind::Number, "the deepest level, 1 to 100; roots have 0; default 5"),
        optional("children", Kind::Number, "the most children of a row; default 10"),
        optional(
            "roots",
            Kind::Number,
            "how many rows of a tree have no parent; default as few as are usual",
        ),
        optional(
            "within",
            Kind::Word,
            "the table whose rows have a tree each, an ancestor; default the parent table, or one tree where there is none",
        ),
    ],
    short: Some("depth"),
    group: true,
    example: "node: {tree: {depth: 4, children: 6}}",
    read,
};

/// How deep trees may be where nothing is said.
const DEPTH: u64 = 5;
/// How many children a row may have where nothing is said.
const CHILDREN: u64 = 10;

/// What a row knows of its place in a tree; its parent is a [`Reference`].
#[derive(Debug)]
pub(crate) struct Node {
    bounds: TreeBounds,
    /// The words of the trees.
    stream: Stream,
    /// Among which rows.
    pub(crate) within: Option<Within>,
    /// Of the path: the table and its key.
    key: Option<(TableId, ColumnId)>,
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let t = reading.table;
    let source = reading.resolver.rows_of(t)?;
    let within = within(reading);
    let depth = reading.whole("depth", 1, DEEPEST.cast_signed());
    let children = reading.whole("children", 1, MOST_CHILDREN.cast_signed());
    let roots = reading.whole("roots", 1, MAX_ROWS.cast_signed());
    let (within, depth, children, roots) = (within, depth, children, roots).together()?;
    let bounds = TreeBounds {
        depth: depth.map_or(DEPTH, i64::unsigned_abs),
        children: children.map_or(CHILDREN, i64::unsigned_abs),
        roots: roots.map(i64::unsigned_abs),
    };
    check_roots(reading, &bounds, &source, within.as_ref())?;
    let shown = reading.resolver.shown_key(t, reading.arguments.span())?;
    let ty = reading.resolver.settled(t, shown)?.ty.clone();
    let stream = reading.stream("value");
    let pick = Pick::Tree { stream: stream.clone(), bounds };
    let parent = Reference { target: t, shown, within: within.clone(), except: None, pick };
    let depth = Node { bounds, stream, within, key: None };
    let path =
        Node { stream: depth.stream.clone(), within: depth.within.clone(), key: Some((t, shown)), ..depth };
    Ok(Record::made([
        ("parent", Made { nullable: true, ..Made::new(parent, ty) }),
        ("depth", Made::new(depth, Type::Integer)),
        ("path", Made::new(path, Type::Text)),
    ]))
}

/// The rows that have a tree each.
fn within(reading: &mut Reading) -> Result<Option<Within>, Fault> {
    if let Some(key) = reading.arguments.word("within")? {
        let within = reading.within(reading.table, &key)?.rows;
        if within.hops.iter().any(|hop| *hop != Hop::Parent) {
            return Err(
                Fault::at(key.span, "`within` names a table above this one").label("found a reference")
            );
        }
        return Ok(Some(within));
    }
    let has_parent = reading.resolver.count_of(reading.table)?.is_some();
    Ok(has_parent.then(|| Within { hops: vec![Hop::Parent], path: vec![reading.table] }))
}

/// Refuses a number of roots under which not all rows may fit.
fn check_roots(
    reading: &mut Reading,
    bounds: &TreeBounds,
    source: &Source,
    within: Option<&Within>,
) -> Result<(), Fault> {
    let Some(roots) = bounds.roots else { return Ok(()) };
    let mut rows = match (source, within) {
        (Source::Root { rows }, None) => *rows,
        _ => 1,
    };
    for &table in within.iter().flat_map(|within| &within.path) {
        rows = rows.saturating_mul(reading.resolver.count_of(table)?.map_or(1, |count| count.max));
    }
    let most = bounds.most_rows(roots);
    if rows <= most {
        return Ok(());
    }
    let found = if rows >= MAX_COUNT { "no upper bound".to_owned() } else { format!("up to {rows}") };
    let plural = if roots == 1 { "" } else { "s" };
    Err(Fault::at(reading.required("roots")?.span, format!("a tree with {roots} root{plural} has at most {most} rows"))
        .label(format!("rows: {found}"))
        .hint(
            "raise `depth` or `children`, bound the count with `max:`, or leave `roots` out, so that there are as many as it takes",
        ))
}

impl Prepared for Node {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        match self.key {
            None => {
                let mut depths = Vec::with_capacity(frame.len());
                // There are at most a hundred levels.
                self.each(frame, |tree, place, _| depths.push(tree.level(place) as i32))?;
                Ok(Arc::new(Int32Array::from(depths)))
            }
            Some(key) => self
                .paths(frame, key)
                .and_then(|paths| paths.map_err(|message| frame.value_error(column, message))),
        }
    }

    fn explain(&self, _: &Shown) -> String {
        let what = if self.key.is_some() { "path" } else { "depth" };
        format!("{what} in a tree, {}", told(&self.bounds))
    }

    fn inputs(&self) -> Vec<InputId> {
        // The rows that it reads are those of its trees; see `crate::model::work`.
        Vec::new()
    }

    unknown!(ends, bounds, highest, longest, texts, is_without_digits, rises_with, is_independent, serial);
}

/// The bounds of a tree in words.
pub(super) fn told(bounds: &TreeBounds) -> String {
    let roots = bounds.roots.map(|roots| format!("{roots} roots, ")).unwrap_or_default();
    format!("{roots}depth up to {}, up to {} children", bounds.depth, bounds.children)
}

impl Node {
    /// The column whose values a path is made of.
    pub(crate) fn key(&self) -> Option<ColumnId> {
        self.key.map(|(_, column)| column)
    }

    fn each(&self, frame: &Frame, each: impl FnMut(&mut Tree, u64, u64)) -> Result<(), ValueError> {
        in_trees(frame, self.within.as_ref(), &self.bounds, &self.stream, each)
    }

    /// The keys from the root to each row, joined by `/`.
    fn paths(
        &self,
        frame: &Frame,
        (table, key): (TableId, ColumnId),
    ) -> Result<Result<ArrayRef, String>, ValueError> {
        // From each row up to its root, one behind the other.
        let (mut rows, mut ends) = (Vec::with_capacity(frame.len() * 4), Vec::with_capacity(frame.len()));
        self.each(frame, |tree, place, start| {
            let mut at = Some(place);
            while let Some(place) = at {
                rows.push(start + place);
                at = tree.parent(place);
            }
            ends.push(rows.len());
        })?;
        if let Some(serial) = frame.plan.model.tables[table].columns[key].plain_serial() {
            return Ok(joined(&rows, &ends, |row, text| write_integer(text, serial_of(row, serial))));
        }
        let mut distinct = rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let keys = Frame::new(frame.plan, table, Rows::Picked(distinct.as_slice().into())).column(key)?;
        let cells = Cells::new(&keys, Meaning::Text);
        Ok(joined(&rows, &ends, |row, text| {
            let at = distinct.partition_point(|known| *known < row);
            if !cells.is_null(at) {
                cells.values().write_sql(at, text);
            }
        }))
    }
}

/// Joins what is written for some rows, for each run of them that ends there, the last one first.
fn joined(rows: &[u64], ends: &[usize], write: impl Fn(u64, &mut String)) -> Result<ArrayRef, String> {
    let mut strings = Strings::with_capacity(ends.len(), 24);
    let mut first = 0;
    for &end in ends {
        let start = strings.text.len();
        for (i, row) in rows[first..end].iter().rev().enumerate() {
            if i > 0 {
                strings.text.push('/');
            }
            write(*row, &mut strings.text);
            check_length(strings.text.len() - start)?;
        }
        if strings.text.len() > i32::MAX as usize {
            break;
        }
        first = end;
        strings.end();
    }
    strings.finish(None)
}
