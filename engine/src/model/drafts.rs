//! Tables and columns on their way from what is written to what it means.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use super::literal::{LiteralColumn, LiteralRows};
use super::{Column, Count, Input, MAX_ROWS, Source};
use crate::error::{Fault, Faults, Span};
use crate::generators::Timeline;
use crate::ids::{ColumnId, InputId, TableId, indexed};
use crate::scenario::{Generator, Key, RowSource, Scenario, Spec};

/// All tables of a scenario, with what is known of them so far.
pub(crate) struct Drafts(Vec<Draft>);

/// A table that is being resolved.
pub(crate) struct Draft {
    pub(crate) name: Key,
    pub(crate) parent: Option<TableId>,
    pub(crate) columns: Vec<ColumnDraft>,
    /// Values that recipes read, each once.
    pub(crate) inputs: Vec<Input>,
    input_index: HashMap<Input, InputId>,
    /// The columns of a table that is written out, by name.
    pub(super) literal: HashMap<String, LiteralColumn>,
    pub(super) rows: State<Source>,
    /// The instants that its rows stand for, if they do and that is settled: a rule of the parent's.
    pub(crate) timeline: Option<Timeline>,
    /// Whether its source is wrong, which has been noted: nothing about its rows is looked at.
    pub(crate) faulty: bool,
}

/// A column that is being resolved.
pub(crate) struct ColumnDraft {
    pub(crate) name: String,
    pub(crate) written: bool,
    pub(crate) spec: Option<Spec>,
    pub(super) state: State<Column>,
}

/// How far something is settled.
pub(super) enum State<T> {
    /// Not begun.
    Todo,
    /// Begun: who asks for it now depends on itself.
    Busy,
    /// Settled, and how long a chain it depends on.
    Done(T, usize),
    /// Wrong, which has been noted.
    Failed,
}

impl<T> State<T> {
    pub(super) fn done(&self) -> Option<&T> {
        match self {
            Self::Done(value, _) => Some(value),
            _ => None,
        }
    }

    /// What is settled.
    pub(super) fn into_done(self) -> Option<T> {
        match self {
            Self::Done(value, _) => Some(value),
            _ => None,
        }
    }
}

indexed! {
    Vec<ColumnDraft>, ColumnId => ColumnDraft;
}

impl Index<TableId> for Drafts {
    type Output = Draft;

    fn index(&self, table: TableId) -> &Draft {
        &self.0[table.index()]
    }
}

impl IndexMut<TableId> for Drafts {
    fn index_mut(&mut self, table: TableId) -> &mut Draft {
        &mut self.0[table.index()]
    }
}

impl IntoIterator for Drafts {
    type Item = Draft;
    type IntoIter = std::vec::IntoIter<Draft>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Drafts {
    /// The tables as written, nothing settled.
    pub(super) fn new(scenario: &Scenario, faults: &mut Faults) -> Self {
        let mut literal = LiteralRows::default();
        let tables = scenario.tables.iter().map(|table| Draft::new(table, &mut literal, faults));
        let mut drafts = Self(tables.collect());
        for (t, table) in TableId::enumerate(&scenario.tables) {
            if let RowSource::Per { parent, .. }
            | RowSource::Times { parent, .. }
            | RowSource::History { parent, .. } = &table.source
            {
                let found = faults.keep(drafts.named(parent, faults));
                drafts[t].parent = found;
                drafts[t].faulty |= found.is_none();
            }
        }
        if let Some(ring) = drafts.tables().find(|&t| drafts.ancestors(t).is_none()) {
            let name = &drafts[ring].name;
            let fault = Fault::at(name.span, format!("table `{}` is its own ancestor", name.text));
            faults.push(fault.hint("`per:` must lead to a table with `rows:`"));
            for draft in &mut drafts.0 {
                draft.parent = None;
                draft.faulty = true;
            }
        }
        drafts.0.iter_mut().for_each(Draft::fail_what_is_wrong);
        drafts
    }

    /// The numbers of the tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = TableId> + use<> {
        TableId::up_to(self.0.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Draft> {
        self.0.iter()
    }

    /// The table of that name, if there is one.
    pub(super) fn position(&self, name: &str) -> Option<TableId> {
        self.0.iter().position(|draft| draft.name.text == name).map(TableId::new)
    }

    /// The table of that name.
    ///
    /// # Errors
    /// There is none; the faults so far decide whether a guess is made.
    pub(crate) fn named(&self, name: &Key, faults: &Faults) -> Result<TableId, Fault> {
        self.position(&name.text).ok_or_else(|| {
            let fault = Fault::at(name.span, format!("unknown table `{}`", name.text));
            let known = || self.0.iter().map(|draft| draft.name.text.clone()).collect();
            fault.maybe_hint(faults.guess(&name.text, known, "the tables are"))
        })
    }

    /// The table itself and its ancestors, nearest first; `None` when they form a ring.
    pub(crate) fn ancestors(&self, table: TableId) -> Option<Vec<TableId>> {
        let mut chain = vec![table];
        while let Some(parent) = self[chain[chain.len() - 1]].parent {
            if chain.len() > self.0.len() {
                return None;
            }
            chain.push(parent);
        }
        Some(chain)
    }

    /// A column that is settled.
    ///
    /// # Errors
    /// It failed, which has been noted.
    pub(crate) fn done(&self, t: TableId, c: ColumnId) -> Result<&Column, Fault> {
        self[t].columns[c].state.done().ok_or_else(Fault::reported)
    }

    /// The same, to be changed in what the database is told.
    pub(super) fn done_mut(&mut self, t: TableId, c: ColumnId) -> Option<&mut Column> {
        match &mut self[t].columns[c].state {
            State::Done(column, _) => Some(column),
            _ => None,
        }
    }

    /// Adds a column that is not written, already settled.
    pub(super) fn add_hidden(&mut self, t: TableId, column: Column) -> ColumnId {
        let columns = &mut self[t].columns;
        columns.push(ColumnDraft {
            name: column.name.clone(),
            written: false,
            spec: None,
            state: State::Done(column, 0),
        });
        ColumnId::new(columns.len() - 1)
    }

    /// The number of an input of a table, each kept once.
    pub(super) fn input(&mut self, t: TableId, input: Input) -> InputId {
        let draft = &mut self[t];
        *draft.input_index.entry(input.clone()).or_insert_with(|| {
            draft.inputs.push(input);
            InputId::new(draft.inputs.len() - 1)
        })
    }

    /// `table.column`, for a message.
    pub(super) fn qualified(&self, t: TableId, c: ColumnId) -> String {
        format!("`{}.{}`", self[t].name.text, self[t].columns[c].name)
    }

    /// How many rows a table has, if that is settled and needs no counting.
    pub(super) fn known_rows(&self, t: TableId) -> Option<u64> {
        match self[t].rows.done()? {
            Source::Root { rows } => Some(*rows),
            Source::Per { parent, count: Count { column: None, min, .. } } => {
                self.known_rows(*parent)?.checked_mul(*min).filter(|rows| *rows <= MAX_ROWS)
            }
            Source::Per { .. } => None,
        }
    }

    /// The rows that a table has in any case; 0 where that is not settled.
    pub(super) fn certain_rows(&self, t: TableId) -> u64 {
        match self[t].rows.done() {
            Some(Source::Root { rows }) => *rows,
            Some(Source::Per { parent, count }) => self.certain_rows(*parent).saturating_mul(count.min),
            None => 0,
        }
    }
}

impl Draft {
    fn new(table: &crate::scenario::Table, literal: &mut LiteralRows, faults: &mut Faults) -> Self {
        let mut columns = Vec::new();
        let mut values = HashMap::new();
        if let RowSource::Literal(rows) = &table.source {
            let names;
            (names, values) = literal.read(rows, &table.columns, faults);
            for name in names {
                let typed = table.columns.iter().find(|column| column.name.text == name);
                columns.push(ColumnDraft {
                    written: typed.is_none_or(|column| column.written),
                    spec: typed.map(|column| column.spec.clone()),
                    state: State::Todo,
                    name,
                });
            }
        }
        let others = table.columns.iter().filter(|column| !values.contains_key(&column.name.text));
        columns.extend(others.map(|column| ColumnDraft {
            name: column.name.text.clone(),
            written: column.written,
            spec: Some(column.spec.clone()),
            state: State::Todo,
        }));
        Self {
            name: table.name.clone(),
            parent: None,
            columns,
            inputs: Vec::new(),
            input_index: HashMap::new(),
            literal: values,
            rows: State::Todo,
            timeline: None,
            faulty: matches!(table.source, RowSource::Faulty),
        }
    }

    /// Marks what the reader of the scenario has found to be wrong.
    fn fail_what_is_wrong(&mut self) {
        if self.faulty {
            self.rows = State::Failed;
        }
        for column in &mut self.columns {
            let wrong = column.spec.as_ref().is_some_and(|spec| matches!(spec.generator, Generator::Faulty));
            if self.faulty || wrong {
                column.state = State::Failed;
            }
        }
    }

    /// The numbers of the columns.
    pub(super) fn column_ids(&self) -> impl Iterator<Item = ColumnId> + use<> {
        ColumnId::up_to(self.columns.len())
    }

    /// The first column that is the one.
    pub(crate) fn position(&self, is_it: impl FnMut(&ColumnDraft) -> bool) -> Option<ColumnId> {
        self.columns.iter().position(is_it).map(ColumnId::new)
    }

    /// The column of that name, be it written or not; hidden ones have none that users know.
    pub(crate) fn column_named(&self, name: &str) -> Option<ColumnId> {
        self.position(|c| c.name == name && c.is_known())
    }

    /// The written column of that name.
    pub(crate) fn written_named(&self, name: &str) -> Option<ColumnId> {
        self.position(|c| c.name == name && c.written)
    }

    /// The names of the columns that users know.
    pub(crate) fn column_names(&self) -> Vec<String> {
        self.columns.iter().filter(|c| c.is_known()).map(|c| c.name.clone()).collect()
    }

    /// Where a column is described.
    pub(super) fn span_of(&self, c: ColumnId) -> Span {
        self.columns[c].spec.as_ref().map_or(self.name.span, |spec| spec.span)
    }
}

impl ColumnDraft {
    /// Whether the scenario names it.
    pub(super) fn is_known(&self) -> bool {
        self.spec.is_some() || self.written
    }
}
