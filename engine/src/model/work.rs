//! How much it takes to make rows, found out before any are made.
//!
//! A value of another row is worked out in a frame of that row's table (see the architecture): two references to one table
//! are two frames, and each of these may need two more of the next table. What is written in twenty lines can so take a
//! million frames. Here frames and columns are counted without making any, each kind of frame once, and a scenario
//! that takes too many is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{CaseRows, Column, Hop, Input, Model, Side, Source, Steps, Table};
use crate::error::{Fault, Faults};
use crate::generators::{Pick, Recipe, Reference, Within};
use crate::ids::{ColumnId, TableId};
use crate::scenario::Scenario;
use crate::types::Type;

/// The most work for the rows of one table: columns worked out, in frames of this table and of others.
const MOST_WORK: u64 = 1 << 15;
/// The most work for all tables together.
const MOST_WORK_IN_ALL: u64 = 1 << 20;
/// A frame costs as much as some columns.
const FRAME: u64 = 4;
/// How often a column is worked out to find the rows that existed at an instant, by halving.
const HALVINGS: u64 = 8;
/// The longest way of frames from one to the next; a longer one would be too much for the stack.
const MOST_DEEP: usize = 1000;

/// What is asked of a frame: a column at the end of a way of steps, or the rows there.
type Demand<'m> = (&'m [Hop], Option<ColumnId>);

/// What a frame needs from other frames.
#[derive(Default)]
struct Needs<'m> {
    /// Columns of the frame itself.
    columns: BTreeSet<ColumnId>,
    /// References whose rows are picked.
    picked: BTreeSet<ColumnId>,
    /// What is asked of the frame at the end of each step.
    steps: BTreeMap<Hop, BTreeSet<Demand<'m>>>,
    /// Columns of the siblings on each side.
    beside: BTreeMap<Side, BTreeSet<ColumnId>>,
    /// Frames of their own: the table, the column, and how often.
    others: Vec<(TableId, ColumnId, u64)>,
}

/// Counts the work of tables.
struct Counting<'m> {
    model: &'m Model,
    /// By the table of a frame and what is asked of it: its work, and whether long texts are made on the way.
    known: HashMap<(TableId, Vec<Demand<'m>>), (u64, bool)>,
    /// What has been looked at, so that counting is bounded, too.
    looked: u64,
}

/// What is known of the work that a model's tables take.
pub(super) struct Work {
    /// The work for the rows of each table: columns worked out, in frames of this table and of others.
    pub(super) of_table: Vec<u64>,
    /// The counts and the columns under totals, by table, that take long texts to work out.
    pub(super) wide: HashSet<(TableId, ColumnId)>,
}

/// Refuses a scenario whose rows take too much work, and tells how much each table takes.
///
/// # Errors
/// A fault at the column that takes the most.
pub(super) fn of_tables(model: &Model, scenario: &Scenario) -> Result<Work, Faults> {
    let mut counting = Counting { model, known: HashMap::new(), looked: 0 };
    let mut of_table = Vec::with_capacity(model.tables.len());
    let mut all: u64 = 0;
    for (t, table) in TableId::enumerate(&model.tables) {
        let written = table.written_ids();
        let counts =
            ColumnId::enumerate(&table.columns).filter(|(_, c)| matches!(c.recipe, Recipe::Count(_)));
        let (mut takes, _) = counting.frame(t, written.map(|c| (&[][..], Some(c))).collect(), 0);
        for (c, _) in counts {
            takes = takes.max(counting.frame(t, vec![(&[], Some(c))], 0).0);
        }
        all = all.saturating_add(takes);
        of_table.push(takes);
        if takes > MOST_WORK.saturating_add(table.columns.len() as u64) {
            return Err(counting.too_much(t, scenario).into());
        }
        if all > MOST_WORK_IN_ALL {
            let message = format!("the tables up to `{}` read too many columns of other rows", table.name);
            let fault = Fault::at(scenario.tables[t].name.span, message)
                .label(format!("more than {MOST_WORK_IN_ALL} in all"));
            return Err(fault
                .hint("split the scenario, or read less through references, parents and totals")
                .into());
        }
    }
    for (case, written) in model.cases.iter().zip(&scenario.cases) {
        let CaseRows::Where { condition, .. } = case.rows else { continue };
        let (takes, _) = counting.frame(case.table, vec![(&[], Some(condition))], 0);
        all = all.saturating_add(takes);
        if takes > MOST_WORK || all > MOST_WORK_IN_ALL {
            let message = format!("case `{}` reads too many columns of other rows", case.name);
            let fault = Fault::at(written.name.span, message).label(format!("more than {MOST_WORK}"));
            return Err(fault.hint("read less through references, parents and totals").into());
        }
    }
    let alone = |(t, demands): &(TableId, Vec<Demand>)| match &demands[..] {
        [([], Some(column))] => Some((*t, *column)),
        _ => None,
    };
    let wide = counting.known.iter().filter(|(_, (_, wide))| *wide).filter_map(|(key, _)| alone(key));
    Ok(Work { of_table, wide: wide.collect() })
}

/// All columns, of these tables and of others, that are worked out for some: what decides their values.
pub(super) fn columns_behind(
    model: &Model,
    of: impl IntoIterator<Item = (TableId, ColumnId)>,
) -> HashSet<(TableId, ColumnId)> {
    let counting = Counting { model, known: HashMap::new(), looked: 0 };
    let (mut columns, mut looked) = (HashSet::new(), HashSet::new());
    let mut frames: Vec<(TableId, Vec<Demand>)> =
        of.into_iter().map(|(t, c)| (t, vec![(&[][..], Some(c))])).collect();
    while let Some(frame) = frames.pop() {
        if !looked.insert(frame.clone()) {
            continue;
        }
        let needs = counting.needs(frame.0, &frame.1);
        columns.extend(needs.columns.iter().chain(&needs.picked).map(|column| (frame.0, *column)));
        frames.extend(needs.others.iter().map(|(table, column, _)| (*table, vec![(&[][..], Some(*column))])));
        frames.extend(
            needs.steps.into_iter().filter_map(|(hop, demands)| {
                Some((model.after(frame.0, hop)?, demands.into_iter().collect()))
            }),
        );
    }
    columns
}

impl<'m> Counting<'m> {
    /// The work of a frame and of all those that it needs, and whether long texts are among it.
    fn frame(&mut self, t: TableId, demands: Vec<Demand<'m>>, depth: usize) -> (u64, bool) {
        if depth > MOST_DEEP || self.looked > MOST_WORK_IN_ALL {
            return (u64::MAX, true);
        }
        let key = (t, demands);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let needs = self.needs(t, &key.1);
        let mut work = FRAME + (needs.columns.len() + needs.picked.len()) as u64;
        let mut wide = needs.columns.iter().any(|&c| is_wide(&self.model.tables[t].columns[c]));
        self.looked += work;
        for (table, column, times) in needs.others {
            let one = self.frame(table, vec![(&[], Some(column))], depth + 1);
            work = work.saturating_add(one.0.saturating_mul(times));
            wide |= one.1;
        }
        for (hop, demands) in needs.steps {
            let Some(table) = self.model.after(t, hop) else { continue };
            let step = self.frame(table, demands.into_iter().collect(), depth + 1);
            work = work.saturating_add(step.0);
            wide |= step.1;
        }
        for (_, columns) in needs.beside {
            let beside = self.frame(t, columns.into_iter().map(|c| (&[][..], Some(c))).collect(), depth + 1);
            work = work.saturating_add(beside.0);
            wide |= beside.1;
        }
        self.known.insert(key, (work, wide));
        (work, wide)
    }

    /// Everything that a frame needs when this is asked of it.
    fn needs(&self, t: TableId, demands: &[Demand<'m>]) -> Needs<'m> {
        let mut needs = Needs::default();
        let mut columns: Vec<ColumnId> = Vec::new();
        for (hops, column) in demands {
            self.demand(t, hops, *column, &mut needs, &mut columns);
        }
        while let Some(c) = columns.pop() {
            if !needs.columns.insert(c) {
                continue;
            }
            let table: &'m Table = &self.model.tables[t];
            let column = &table.columns[c];
            for input in column.recipe.inputs() {
                self.input(t, &table.inputs[input], &mut needs, &mut columns);
            }
            if let Recipe::Walk(walk) = &column.recipe {
                self.counted(t, &mut needs);
                // What comes before the rows.
                needs.others.extend(walk.columns().iter().map(|column| (t, *column, 1)));
            }
            if let Recipe::Node(node) = &column.recipe {
                self.within(t, node.within.as_ref(), &mut needs, &mut columns);
                needs.others.extend(node.key().map(|key| (t, key, 1)));
            }
            if let Some(reference) = column.reference() {
                self.pick(t, c, reference, &mut needs, &mut columns);
                let shown = &self.model.tables[reference.target].columns[reference.shown];
                if shown.plain_serial().is_none() {
                    needs.others.push((reference.target, reference.shown, 1));
                }
            }
        }
        needs
    }

    fn demand(
        &self,
        t: TableId,
        hops: &'m [Hop],
        column: Option<ColumnId>,
        needs: &mut Needs<'m>,
        columns: &mut Vec<ColumnId>,
    ) {
        let Some((hop, rest)) = hops.split_first() else {
            columns.extend(column);
            return;
        };
        match *hop {
            Hop::Parent => self.counted(t, needs),
            Hop::Reference(c) => {
                if let Some(reference) = self.model.tables[t].columns[c].reference() {
                    self.pick(t, c, reference, needs, columns);
                }
            }
        }
        needs.steps.entry(*hop).or_default().insert((rest, column));
    }

    fn input(&self, t: TableId, input: &'m Input, needs: &mut Needs<'m>, columns: &mut Vec<ColumnId>) {
        match input {
            Input::Column { hops, column } => self.demand(t, hops, Some(*column), needs, columns),
            Input::Row => {}
            Input::Ordinal | Input::Siblings => self.counted(t, needs),
            Input::Total { child, column, .. } => {
                self.counted(*child, needs);
                needs.others.extend(column.map(|column| (*child, column, 1)));
            }
            Input::Neighbour { side, column } => {
                self.counted(t, needs);
                columns.push(*column);
                needs.beside.entry(*side).or_default().insert(*column);
            }
            Input::Running { column, .. } => {
                self.counted(t, needs);
                columns.push(*column);
                // What comes before the rows.
                needs.others.push((t, *column, 1));
            }
        }
    }

    /// Finding out which rows are under the row of an ancestor.
    fn within(
        &self,
        t: TableId,
        within: Option<&'m Within>,
        needs: &mut Needs<'m>,
        columns: &mut Vec<ColumnId>,
    ) {
        let Some(within) = within else { return };
        self.demand(t, &within.hops, None, needs, columns);
        for &table in &within.path {
            self.counted(table, needs);
        }
    }

    /// Picking rows by a reference.
    fn pick(
        &self,
        t: TableId,
        c: ColumnId,
        reference: &'m Reference,
        needs: &mut Needs<'m>,
        columns: &mut Vec<ColumnId>,
    ) {
        if !needs.picked.insert(c) {
            return;
        }
        self.within(t, reference.within.as_ref(), needs, columns);
        if let Some(except) = &reference.except {
            self.demand(t, except, None, needs, columns);
        }
        match &reference.pick {
            Pick::Random { .. } | Pick::Unique { .. } | Pick::Tree { .. } => {}
            Pick::Ring { .. } => self.demand(t, &[Hop::Parent], None, needs, columns),
            Pick::Distinct { first, .. } => {
                self.demand(t, &[Hop::Parent], None, needs, columns);
                if let Some(first) = first {
                    self.demand(t, first, None, needs, columns);
                }
            }
            Pick::Keyed { key } => {
                for &input in &key.inputs {
                    self.input(t, &self.model.tables[t].inputs[input], needs, columns);
                }
                let key = self.model.tables[reference.target].key;
                if self.model.tables[reference.target].columns[key].plain_serial().is_none() {
                    needs.others.push((reference.target, key, 1));
                }
            }
            Pick::Latest { at, by } => {
                for &input in &at.inputs {
                    self.input(t, &self.model.tables[t].inputs[input], needs, columns);
                }
                needs.others.push((reference.target, *by, HALVINGS));
            }
            Pick::Existing { at, by, still, .. } => {
                for &input in &at.inputs {
                    self.input(t, &self.model.tables[t].inputs[input], needs, columns);
                }
                needs.others.push((reference.target, *by, HALVINGS));
                needs.others.extend(still.until.map(|until| (reference.target, until, HALVINGS)));
                if let Some((path, _)) = &still.states
                    && let Input::Column { hops, column } = &self.model.tables[reference.target].inputs[*path]
                    && let Some(table) = self.model.end(reference.target, hops)
                {
                    needs.others.push((table, *column, HALVINGS));
                }
            }
        }
    }

    /// Finding out where the children of a table's parents stand.
    fn counted(&self, t: TableId, needs: &mut Needs) {
        if let Source::Per { parent, count } = &self.model.tables[t].source
            && let Some(column) = count.column
        {
            let count = (*parent, column, 1);
            if !needs.others.contains(&count) {
                needs.others.push(count);
            }
        }
    }

    /// The fault of a table: at the column that takes the most work.
    fn too_much(&mut self, t: TableId, scenario: &Scenario) -> Fault {
        let table = &self.model.tables[t];
        let mut most: (u64, Option<&str>) = (0, None);
        for (c, column) in ColumnId::enumerate(&table.columns).filter(|(_, column)| column.written) {
            let (takes, _) = self.frame(t, vec![(&[], Some(c))], 0);
            if takes > most.0 {
                most = (takes, Some(&column.name));
            }
        }
        let written = &scenario.tables[t];
        let column = most.1.and_then(|name| written.columns.iter().find(|c| c.name.text == name));
        let span = column.map_or(written.name.span, |column| column.name.span);
        let fault = Fault::at(
            span,
            format!("a row of `{}` takes more than {MOST_WORK} columns of other rows", table.name),
        );
        let label = most.1.map(|name| match most.0 {
            takes if takes > MOST_WORK => format!("`{name}` alone takes more than that"),
            takes => format!("`{name}` takes {takes} of them"),
        });
        Fault { label, ..fault }.hint(
            "every reference, parent and total on the way counts: give a table in between a value of its own, \
             or read fewer columns of other rows",
        )
    }
}

/// Whether a column's values can be long texts. Those of a dictionary are there once.
fn is_wide(column: &Column) -> bool {
    let long = |ty: &Type| matches!(ty, Type::Text | Type::Json | Type::List(_));
    !column.dictionary && (long(&column.ty) || long(&column.made))
}
