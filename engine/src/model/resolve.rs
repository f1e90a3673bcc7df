//! Gives the names of a scenario their meaning.
//!
//! Columns are resolved on demand, depth first: the type of an expression follows from the columns it
//! names. A column that is met again before it is done depends on itself, which is a fault. The number
//! of rows of a child table counts as one more such thing, because a count law reads the parent's columns.

use std::collections::HashMap;

use super::arguments::{Parameter, constant_instant, parameter_values};
use super::chain::Link;
use super::{Column, Count, Input, Model, Settings, Source, Table};
use crate::error::{Fault, Faults, Span, did_you_mean, listed};
use crate::generators::LiteralColumn;
use crate::scenario::{Generator, Key, Node, RowSource, Scenario, Spec};

/// 2026-01-01T00:00:00Z: fixed, so that a scenario without `as_of` gives the same data forever.
const DEFAULT_AS_OF: i64 = 1_767_225_600_000_000;
/// The most rows a table may have: numbers up to here are exact in every format.
pub const MAX_ROWS: u64 = 1 << 53;

/// The most faults with a guess at what was meant.
const MOST_GUESSES: usize = 50;

/// Resolves a scenario.
///
/// # Errors
/// Every fault at once, those of reading it among them.
pub fn resolve(scenario: &Scenario, settings: &Settings, faults: Faults) -> Result<Model, Faults> {
    let mut resolver = Resolver::new(scenario, settings, faults);
    resolver.all();
    let mut model = resolver.into_model()?;
    let work = super::work::of_tables(&model, scenario)?;
    for (table, work) in model.tables.iter_mut().zip(work.of_table) {
        table.work = work;
    }
    model.wide = work.wide;
    Ok(model)
}

/// What is known so far.
pub(crate) struct Resolver<'s> {
    pub(crate) scenario: &'s Scenario,
    pub(crate) settings: &'s Settings,
    pub(crate) params: Vec<Parameter>,
    pub(crate) as_of: i64,
    pub(crate) since: Option<i64>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) faults: Faults,
    /// What is being settled, each because of the one before it.
    pub(crate) chain: Vec<Link>,
    /// Values of literal rows, so far.
    pub(crate) literal_values: usize,
    /// Distributions, so far.
    pub(crate) laws: super::law::Laws,
}

/// A table that is being resolved.
pub(crate) struct Draft {
    pub(crate) name: Key,
    pub(crate) parent: Option<usize>,
    pub(crate) columns: Vec<ColumnDraft>,
    pub(crate) inputs: Vec<Input>,
    input_index: HashMap<Input, usize>,
    pub(crate) literal: Option<HashMap<String, LiteralColumn>>,
    rows: State<Source>,
    /// How long a chain the number of rows depends on, when it is settled.
    rows_depth: usize,
    /// Whether its source is wrong, which has been noted: nothing about its rows is looked at.
    pub(crate) faulty: bool,
}

impl Draft {
    /// Where the rows come from, if that is settled.
    pub(crate) fn rows_settled(&self) -> Option<&Source> {
        self.rows.done()
    }
}

/// A column that is being resolved.
pub(crate) struct ColumnDraft {
    pub(crate) name: String,
    pub(crate) written: bool,
    /// Whose names address the random words; hidden columns may belong to another table.
    pub(crate) address: (String, String),
    pub(crate) spec: Option<Spec>,
    pub(crate) state: State<Column>,
    /// How long a chain it depends on, when it is settled.
    depth: usize,
}

pub(crate) enum State<T> {
    Todo,
    Busy,
    Done(T),
    Failed,
}

impl<T> State<T> {
    pub(crate) fn done(&self) -> Option<&T> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }
}

impl<'s> Resolver<'s> {
    fn new(scenario: &'s Scenario, settings: &'s Settings, mut faults: Faults) -> Self {
        if let Err(fault) = settings.check() {
            faults.push(fault);
        }
        let params = parameter_values(scenario, settings, &mut faults);
        let mut resolver = Self {
            scenario,
            settings,
            params,
            as_of: 0,
            since: None,
            drafts: Vec::new(),
            faults,
            chain: Vec::new(),
            literal_values: 0,
            laws: super::law::Laws::default(),
        };
        resolver.read_times();
        resolver.read_tables();
        resolver
    }

    fn read_times(&mut self) {
        let as_of = match (&self.settings.as_of, &self.scenario.as_of) {
            (Some(text), _) => constant_instant(text).map_err(|message| {
                Fault::setting(format!("`as_of`: {message}"))
                    .hint("write a date or an instant, as in 2026-04-13T00:00:00Z")
            }),
            (None, Some(node)) => self.instant_of(node, "as_of"),
            (None, None) => Ok(DEFAULT_AS_OF),
        };
        let as_of = self.faults.keep(as_of);
        self.as_of = as_of.unwrap_or(DEFAULT_AS_OF);
        if let Some(node) = &self.scenario.since {
            let since = self.instant_of(node, "since");
            self.since = self.faults.keep(since);
        }
        if as_of.zip(self.since).is_some_and(|(as_of, since)| since > as_of) {
            let span = self.scenario.since.as_ref().map_or(Span::default(), |node| node.span);
            self.faults.push(
                Fault::at(span, "`since` is after `as_of`").hint("history runs from `since` to `as_of`"),
            );
        }
    }

    fn instant_of(&self, node: &Node, what: &str) -> Result<i64, Fault> {
        let Some(text) = node.scalar().filter(|_| !node.is_null()).map(|scalar| scalar.text.clone()) else {
            let fault = Fault::at(node.span, format!("`{what}`: expected a date or an instant"));
            return Err(fault
                .label(format!("found {}", node.describe()))
                .hint("write it as in 2026-04-13T00:00:00Z"));
        };
        constant_instant(&text).map_err(|message| {
            Fault::at(node.span, format!("`{what}`: {message}"))
                .hint("write a date or an instant, as in 2026-04-13T00:00:00Z")
        })
    }

    fn read_tables(&mut self) {
        for table in &self.scenario.tables {
            let mut draft = Draft {
                name: table.name.clone(),
                parent: None,
                columns: Vec::new(),
                inputs: Vec::new(),
                input_index: HashMap::new(),
                literal: None,
                rows: State::Todo,
                rows_depth: 0,
                faulty: matches!(table.source, RowSource::Faulty),
            };
            if let RowSource::Literal(rows) = &table.source {
                let (names, literal) = self.literal_rows(rows, &table.columns);
                for name in &names {
                    let typed = table.columns.iter().find(|c| c.name.text == *name);
                    let written = typed.is_none_or(|c| c.written);
                    let spec = typed.map(|c| c.spec.clone());
                    draft.columns.push(ColumnDraft::new(&table.name.text, name, written, spec));
                }
                draft.literal = Some(literal);
            }
            for column in &table.columns {
                if draft.literal.as_ref().is_some_and(|literal| literal.contains_key(&column.name.text)) {
                    continue;
                }
                let spec = Some(column.spec.clone());
                draft.columns.push(ColumnDraft::new(
                    &table.name.text,
                    &column.name.text,
                    column.written,
                    spec,
                ));
            }
            self.drafts.push(draft);
        }
        for (t, table) in self.scenario.tables.iter().enumerate() {
            if let RowSource::Per { parent, .. } = &table.source {
                match self.table_named(&parent.text, parent.span) {
                    Ok(p) => self.drafts[t].parent = Some(p),
                    Err(fault) => {
                        self.faults.push(fault);
                        self.drafts[t].faulty = true;
                    }
                }
            }
        }
        for t in 0..self.drafts.len() {
            if self.ancestors(t).is_none() {
                let span = self.drafts[t].name.span;
                let name = &self.drafts[t].name.text;
                self.faults.push(
                    Fault::at(span, format!("table `{name}` is its own ancestor"))
                        .hint("`per:` must lead to a table with `rows:`"),
                );
                for draft in &mut self.drafts {
                    draft.parent = None;
                    draft.faulty = true;
                }
                break;
            }
        }
        for draft in &mut self.drafts {
            if draft.faulty {
                draft.rows = State::Failed;
            }
            for column in &mut draft.columns {
                let wrong =
                    column.spec.as_ref().is_some_and(|spec| matches!(spec.generator, Generator::Faulty));
                if draft.faulty || wrong {
                    column.state = State::Failed;
                }
            }
        }
    }

    /// The table itself and its ancestors, nearest first; `None` when they form a ring.
    pub(crate) fn ancestors(&self, table: usize) -> Option<Vec<usize>> {
        let mut chain = vec![table];
        while let Some(parent) = self.drafts[chain[chain.len() - 1]].parent {
            if chain.len() > self.drafts.len() {
                return None;
            }
            chain.push(parent);
        }
        Some(chain)
    }

    fn all(&mut self) {
        // Roots first: arguments of generators may say `rows(table)`.
        for t in 0..self.drafts.len() {
            if self.drafts[t].parent.is_none() {
                let rows = self.rows_of(t);
                self.faults.keep(rows.map(drop));
            }
        }
        for t in 0..self.drafts.len() {
            let rows = self.rows_of(t);
            self.faults.keep(rows.map(drop));
            let mut c = 0;
            while c < self.drafts[t].columns.len() {
                let column = self.column(t, c);
                self.faults.keep(column);
                c += 1;
            }
            if !self.drafts[t].faulty && !self.drafts[t].columns.iter().any(|c| c.written) {
                let name = self.drafts[t].name.clone();
                self.faults.push(
                    Fault::at(name.span, format!("table `{}` has no columns", name.text))
                        .hint("add `columns:`"),
                );
            }
        }
    }

    fn into_model(mut self) -> Result<Model, Faults> {
        // A hidden column may have been added to a table that was already done.
        for t in 0..self.drafts.len() {
            let mut c = 0;
            while c < self.drafts[t].columns.len() {
                let column = self.column(t, c);
                self.faults.keep(column);
                c += 1;
            }
        }
        let shown: Vec<usize> = (0..self.drafts.len()).map(|t| self.likely_key(t)).collect();
        let keys = self.keys(&shown);
        self.faults.into_result()?;
        let mut tables = Vec::new();
        let drafts = self.drafts.into_iter().zip(&self.scenario.tables);
        for ((draft, written), (key, keys)) in drafts.zip(shown.into_iter().zip(keys)) {
            let columns = draft.columns.into_iter().filter_map(|c| match c.state {
                State::Done(column) => Some(column),
                _ => None,
            });
            let State::Done(source) = draft.rows else {
                return Err(Fault::at(draft.name.span, "the number of rows is not known").into());
            };
            tables.push(Table {
                name: draft.name.text,
                about: written.about.clone(),
                source,
                key,
                columns: columns.collect(),
                keys,
                inputs: draft.inputs,
                work: 0,
            });
        }
        Ok(Model {
            name: self.scenario.name.as_ref().map_or_else(|| "scenario".to_owned(), |name| name.text.clone()),
            about: self.scenario.about.clone(),
            seed: self.settings.seed,
            scale: self.settings.scale,
            as_of: self.as_of,
            params: self
                .params
                .iter()
                .map(|param| super::Param {
                    name: param.name.clone(),
                    value: crate::text::shown(&param.value, 0),
                    ty: param.ty.clone(),
                })
                .collect(),
            tables,
            wide: std::collections::HashSet::new(),
        })
    }

    // --- tables ---------------------------------------------------------------------------------

    /// The table of that name.
    pub(crate) fn table_named(&self, name: &str, span: Span) -> Result<usize, Fault> {
        self.drafts.iter().position(|draft| draft.name.text == name).ok_or_else(|| {
            let fault = Fault::at(span, format!("unknown table `{name}`"));
            let known = || self.drafts.iter().map(|draft| draft.name.text.clone()).collect();
            fault.maybe_hint(self.guess(name, known, "the tables are"))
        })
    }

    /// Settles how many rows a table has.
    pub(crate) fn rows_of(&mut self, t: usize) -> Result<Source, Fault> {
        match &self.drafts[t].rows {
            State::Done(source) => {
                let source = source.clone();
                self.depends_on(self.drafts[t].rows_depth);
                return Ok(source);
            }
            State::Failed => return Err(Fault::reported()),
            State::Busy => {
                let what = format!("the number of rows of `{}`", self.drafts[t].name.text);
                return Err(self.cycle(&what, self.drafts[t].name.span));
            }
            State::Todo => {}
        }
        self.drafts[t].rows = State::Busy;
        let what = format!("the number of rows of `{}`", self.drafts[t].name.text);
        let span = self.drafts[t].name.span;
        match self.within_chain(what, span, |this| this.read_rows(t)) {
            Ok((source, depth)) => {
                self.drafts[t].rows = State::Done(source.clone());
                self.drafts[t].rows_depth = depth;
                Ok(source)
            }
            Err(fault) => {
                self.drafts[t].rows = State::Failed;
                Err(fault)
            }
        }
    }

    fn read_rows(&mut self, t: usize) -> Result<Source, Fault> {
        let table = &self.scenario.tables[t];
        match &table.source {
            RowSource::Faulty => Err(Fault::reported()),
            RowSource::Literal(rows) => Ok(Source::Root { rows: rows.len() as u64 }),
            RowSource::Count { rows, scaled } => {
                let written = self.whole(rows, "rows", 0, MAX_ROWS as i64)? as u64;
                let scale = if *scaled { self.settings.scale } else { 1.0 };
                if self.settings.check().is_err() {
                    // Noted with the settings.
                    return Err(Fault::reported());
                }
                let rows_scaled = libm::round(written as f64 * scale);
                if rows_scaled > MAX_ROWS as f64 {
                    let message = format!("{written} rows at scale {scale} are more than {MAX_ROWS}");
                    return Err(Fault::at(rows.span, message).hint("use a smaller `--scale`"));
                }
                // A scaled-down table keeps one row, so that references to it have somewhere to go.
                Ok(Source::Root { rows: (rows_scaled as u64).max(u64::from(written > 0)) })
            }
            RowSource::Per { count, times, min, max, .. } => {
                let Some(parent) = self.drafts[t].parent else { return Err(Fault::reported()) };
                self.rows_of(parent)?;
                let span = count.span;
                let count = self.count_law(t, parent, count, times.as_ref(), min.as_ref(), max.as_ref())?;
                let least = u128::from(self.least_rows(parent)?) * u128::from(count.min);
                if least > u128::from(MAX_ROWS) {
                    let message = format!("table `{}` would have more than {MAX_ROWS} rows", table.name.text);
                    return Err(Fault::at(span, message).label(format!("{least} or more")));
                }
                Ok(Source::Per { parent, count })
            }
        }
    }

    /// How many rows a table has, if that is settled and needs no counting.
    pub(crate) fn known_rows(&self, t: usize) -> Option<u64> {
        match self.drafts[t].rows.done()? {
            Source::Root { rows } => Some(*rows),
            Source::Per { parent, count: Count { column: None, min, .. } } => {
                self.known_rows(*parent)?.checked_mul(*min).filter(|rows| *rows <= MAX_ROWS)
            }
            Source::Per { .. } => None,
        }
    }

    /// The count law of a table that is already settled.
    pub(crate) fn count_of(&mut self, t: usize) -> Result<Option<Count>, Fault> {
        Ok(match self.rows_of(t)? {
            Source::Per { count, .. } => Some(count),
            Source::Root { .. } => None,
        })
    }

    // --- columns --------------------------------------------------------------------------------

    /// Whether a fault still gets a guess at what was meant. Where there are so many faults that not all of them are
    /// shown, it does not: a thousand wrong names among a thousand right ones would take long.
    pub(crate) fn may_guess(&self) -> bool {
        self.faults.0.len() < MOST_GUESSES
    }

    /// What a wrong name may have been meant to be, or else the names there are.
    pub(crate) fn guess(
        &self,
        wrong: &str,
        known: impl FnOnce() -> Vec<String>,
        otherwise: &str,
    ) -> Option<String> {
        if !self.may_guess() {
            return None;
        }
        let known = known();
        let guess = did_you_mean(wrong, known.iter().map(String::as_str));
        Some(guess.unwrap_or_else(|| format!("{otherwise}: {}", listed(&known))))
    }

    pub(crate) fn column_names(&self, t: usize) -> Vec<String> {
        self.drafts[t]
            .columns
            .iter()
            .filter(|c| c.spec.is_some() || c.written)
            .map(|c| c.name.clone())
            .collect()
    }

    /// Settles a column; afterwards [`Self::done`] gives it.
    pub(crate) fn column(&mut self, t: usize, c: usize) -> Result<(), Fault> {
        let draft = &self.drafts[t].columns[c];
        let span = draft.spec.as_ref().map_or(self.drafts[t].name.span, |spec| spec.span);
        match &draft.state {
            State::Done(_) => {
                self.depends_on(draft.depth);
                return Ok(());
            }
            State::Failed => return Err(Fault::reported()),
            State::Busy => {
                let what = self.qualified(t, c);
                return Err(self.cycle(&what, span));
            }
            State::Todo => {}
        }
        self.drafts[t].columns[c].state = State::Busy;
        let what = self.qualified(t, c);
        match self.within_chain(what, span, |this| this.read_column(t, c)) {
            Ok((column, depth)) => {
                self.drafts[t].columns[c].state = State::Done(column);
                self.drafts[t].columns[c].depth = depth;
                Ok(())
            }
            Err(fault) => {
                self.drafts[t].columns[c].state = State::Failed;
                Err(fault)
            }
        }
    }

    /// A column that [`Self::column`] has settled.
    pub(crate) fn done(&self, t: usize, c: usize) -> Result<&Column, Fault> {
        self.drafts[t].columns[c].state.done().ok_or_else(Fault::reported)
    }

    /// The same, to be changed in what the database is told.
    pub(crate) fn done_mut(&mut self, t: usize, c: usize) -> Option<&mut Column> {
        match &mut self.drafts[t].columns[c].state {
            State::Done(column) => Some(column),
            _ => None,
        }
    }

    /// Adds a column that is not written, already settled.
    pub(crate) fn add_hidden(&mut self, t: usize, column: Column) -> usize {
        let mut draft = ColumnDraft::new("", &column.name, false, None);
        draft.state = State::Done(column);
        self.drafts[t].columns.push(draft);
        self.drafts[t].columns.len() - 1
    }

    /// The number of an input of a table, each kept once.
    pub(crate) fn input(&mut self, t: usize, input: Input) -> usize {
        let draft = &mut self.drafts[t];
        *draft.input_index.entry(input.clone()).or_insert_with(|| {
            draft.inputs.push(input);
            draft.inputs.len() - 1
        })
    }

    fn qualified(&self, t: usize, c: usize) -> String {
        format!("`{}.{}`", self.drafts[t].name.text, self.drafts[t].columns[c].name)
    }
}

impl ColumnDraft {
    pub(crate) fn new(table: &str, name: &str, written: bool, spec: Option<Spec>) -> Self {
        Self {
            name: name.to_owned(),
            written,
            address: (table.to_owned(), name.to_owned()),
            spec,
            state: State::Todo,
            depth: 0,
        }
    }
}
