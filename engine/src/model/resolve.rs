//! Gives the names of a scenario their meaning.
//!
//! Columns are settled on demand, depth first: the type of an expression follows from the columns it
//! names. A column that is met again before it is done depends on itself, which is a fault. The number
//! of rows of a child table counts as one more such thing, because a count law reads the parent's columns.

use std::collections::{HashMap, HashSet};

use super::adversarial::{self, Hostile};
use super::arguments::Arguments;
use super::constants::Constants;
use super::dependencies::Dependencies;
use super::drafts::{Draft, Drafts, State};
use super::law::Laws;
use super::pins::WrittenPins;
use super::{Column, Input, Keys, Model, Settings, Source, Table, keys, moves, work};
use crate::error::{Fault, Faults, Span};
use crate::generators::{Formula, Timeline};
use crate::ids::{ColumnId, InputId, TableId};
use crate::random::Poisson;
use crate::scenario::{Key, Scenario};
use crate::types::Type;

/// Resolves a scenario.
///
/// # Errors
/// Every fault at once, those of reading it among them.
pub fn resolve(scenario: &Scenario, settings: &Settings, faults: Faults) -> Result<Model, Faults> {
    let mut resolver = Resolver::new(scenario, settings, faults);
    resolver.settle_all();
    let mut cases = resolver.cases();
    for hostile in &resolver.hostile {
        cases.push(hostile.case(&resolver.drafts[hostile.table].name.text, &cases));
    }
    // A condition may have added a hidden column anywhere.
    resolver.settle_tables();
    let key: Vec<ColumnId> = resolver.drafts.tables().map(|t| resolver.likely_key(t)).collect();
    let Resolver { mut drafts, mut faults, constants, .. } = resolver;
    let keys = keys::of_tables(&mut drafts, scenario, &key, &mut faults);
    adversarial::check_keys(&drafts, &keys, &mut faults);
    faults.into_result()?;
    let drafts = drafts.into_iter().zip(&scenario.tables);
    let tables = drafts
        .zip(key.into_iter().zip(keys))
        .map(|((draft, written), (key, keys))| finished(draft, written.about.clone(), key, keys));
    let mut model = Model {
        name: scenario.name.as_ref().map_or_else(|| "scenario".to_owned(), |name| name.text.clone()),
        about: scenario.about.clone(),
        seed: settings.seed,
        scale: settings.scale,
        as_of: constants.as_of,
        adversarial: settings.adversarial,
        params: constants.params(),
        tables: tables.collect::<Result<_, _>>()?,
        cases,
        checks: scenario.checks.clone(),
        wide: HashSet::new(),
    };
    if let Some(share) = settings.adversarial {
        adversarial::in_all(&mut model, &constants, share);
    }
    let work = work::of_tables(&model, scenario)?;
    for (table, work) in model.tables.iter_mut().zip(work.of_table) {
        table.work = work;
    }
    model.wide = work.wide;
    moves::check(&model, scenario)?;
    Ok(model)
}

/// A table of which everything is settled.
fn finished(draft: Draft, about: Option<String>, key: ColumnId, keys: Keys) -> Result<Table, Fault> {
    let Some(source) = draft.rows.into_done() else {
        return Err(Fault::at(draft.name.span, "the number of rows is not known"));
    };
    Ok(Table {
        name: draft.name.text,
        about,
        source,
        key,
        columns: draft.columns.into_iter().filter_map(|column| column.state.into_done()).collect(),
        keys,
        inputs: draft.inputs,
        work: 0,
    })
}

/// What is known so far. It settles what is asked for and not yet known.
pub(crate) struct Resolver<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) settings: &'s Settings,
    pub(super) constants: Constants,
    pub(super) drafts: Drafts,
    pub(super) faults: Faults,
    pub(super) laws: Laws,
    /// The places of faults in mixins, each with the table for which it was told.
    pub(super) faults_of_mixins: HashMap<Span, TableId>,
    pub(super) written_pins: WrittenPins<'s>,
    pub(super) dependencies: Dependencies,
    /// Columns with values that break software.
    pub(super) hostile: Vec<Hostile>,
}

impl<'s> Resolver<'s> {
    fn new(scenario: &'s Scenario, settings: &'s Settings, mut faults: Faults) -> Self {
        faults.keep(settings.check());
        let constants = Constants::new(scenario, settings, &mut faults);
        let drafts = Drafts::new(scenario, &mut faults);
        let (laws, dependencies) = (Laws::default(), Dependencies::default());
        Self {
            scenario,
            settings,
            constants,
            drafts,
            faults,
            laws,
            faults_of_mixins: HashMap::new(),
            written_pins: WrittenPins::of(scenario),
            dependencies,
            hostile: Vec::new(),
        }
    }

    fn settle_all(&mut self) {
        // Roots first: arguments of generators may say `rows(table)`.
        for t in self.drafts.tables() {
            if self.drafts[t].parent.is_none() {
                self.keep_rows_of(t);
            }
        }
        for t in self.drafts.tables() {
            self.keep_rows_of(t);
            self.settle_columns(t);
            if !self.drafts[t].faulty && !self.drafts[t].columns.iter().any(|c| c.written) {
                let name = &self.drafts[t].name;
                let fault = Fault::at(name.span, format!("table `{}` has no columns", name.text));
                self.faults.push(fault.hint("add `columns:`"));
            }
        }
        // A hidden column may have been added to a table that was already done.
        self.settle_tables();
    }

    fn settle_tables(&mut self) {
        for t in self.drafts.tables() {
            self.settle_columns(t);
        }
    }

    fn keep_rows_of(&mut self, t: TableId) {
        let rows = self.rows_of(t);
        self.faults.keep(rows);
    }

    /// Settles the columns of a table, those among them that are added meanwhile.
    fn settle_columns(&mut self, t: TableId) {
        let mut c = 0;
        while c < self.drafts[t].columns.len() {
            let column = self.column(t, ColumnId::new(c));
            self.faults.keep(column);
            c += 1;
        }
    }

    /// What does not depend on rows.
    pub(crate) fn constants(&self) -> &Constants {
        &self.constants
    }

    /// What is known so far of tables and columns.
    pub(crate) fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// What is set from outside.
    pub(crate) fn settings(&self) -> &Settings {
        self.settings
    }

    /// Notes the instants that the rows of a table stand for.
    pub(crate) fn stands_for(&mut self, t: TableId, timeline: Timeline) {
        self.drafts[t].timeline = Some(timeline);
    }

    /// Notes faults.
    pub(crate) fn note(&mut self, faults: Faults) {
        self.faults.0.extend(faults.0);
    }

    /// What a wrong name may have been meant to be, or else the names there are.
    pub(crate) fn guess(
        &self,
        wrong: &str,
        known: impl FnOnce() -> Vec<String>,
        otherwise: &str,
    ) -> Option<String> {
        self.faults.guess(wrong, known, otherwise)
    }

    /// The number of an input of a table, each kept once.
    pub(crate) fn input(&mut self, t: TableId, input: Input) -> InputId {
        self.drafts.input(t, input)
    }

    /// Adds a column that is not written, already settled.
    pub(crate) fn add_hidden(&mut self, t: TableId, column: Column) -> ColumnId {
        self.drafts.add_hidden(t, column)
    }

    /// The Poisson law of the `mean` among some arguments.
    pub(crate) fn poisson(&mut self, mean: f64, arguments: &Arguments) -> Result<Poisson, Fault> {
        self.laws.poisson(mean, arguments)
    }

    /// Whether an expression merely passes on a unique column, and whether it passes on a dictionary.
    pub(crate) fn passed_on(&self, t: TableId, formula: &Formula) -> (bool, bool) {
        self.drafts.passed_on(t, formula)
    }

    /// The table of that name.
    pub(crate) fn table_named(&self, name: &Key) -> Result<TableId, Fault> {
        self.drafts.named(name, &self.faults)
    }

    /// Settles how many rows a table has.
    pub(crate) fn rows_of(&mut self, t: TableId) -> Result<Source, Fault> {
        let name = &self.drafts[t].name;
        let (what, span) = (format!("the number of rows of `{}`", name.text), name.span);
        match &self.drafts[t].rows {
            State::Done(source, depth) => {
                self.dependencies.add(*depth);
                return Ok(source.clone());
            }
            State::Failed => return Err(Fault::reported()),
            State::Busy => return Err(self.dependencies.ring(&what, span)),
            State::Todo => {}
        }
        self.drafts[t].rows = State::Busy;
        let settled = self.dependencies.begin(what, span).and_then(|()| {
            let source = self.read_rows(t);
            let depth = self.dependencies.end();
            Ok((source?, depth?))
        });
        match settled {
            Ok((source, depth)) => {
                self.drafts[t].rows = State::Done(source.clone(), depth);
                self.constants.set_rows(t, self.drafts.known_rows(t));
                Ok(source)
            }
            Err(fault) => {
                self.drafts[t].rows = State::Failed;
                Err(fault)
            }
        }
    }

    /// Settles a column; afterwards [`Drafts::done`] gives it.
    pub(crate) fn column(&mut self, t: TableId, c: ColumnId) -> Result<(), Fault> {
        let (what, span) = (self.drafts.qualified(t, c), self.drafts[t].span_of(c));
        match &self.drafts[t].columns[c].state {
            State::Done(_, depth) => {
                self.dependencies.add(*depth);
                return Ok(());
            }
            State::Failed => return Err(Fault::reported()),
            State::Busy => return Err(self.dependencies.ring(&what, span)),
            State::Todo => {}
        }
        self.drafts[t].columns[c].state = State::Busy;
        let settled = self.dependencies.begin(what, span).and_then(|()| {
            let column = self.read_column(t, c);
            let depth = self.dependencies.end();
            Ok((column?, depth?))
        });
        let (state, result) = match settled {
            Ok((column, depth)) => (State::Done(column, depth), Ok(())),
            Err(fault) => (State::Failed, Err(fault)),
        };
        self.drafts[t].columns[c].state = state;
        result
    }

    /// Settles a column and looks at it.
    pub(crate) fn settled(&mut self, t: TableId, c: ColumnId) -> Result<&Column, Fault> {
        self.column(t, c)?;
        self.drafts.done(t, c)
    }

    /// The type of an input and whether it may be NULL.
    pub(super) fn type_of(&mut self, t: TableId, input: &Input) -> Result<(Type, bool), Fault> {
        let Input::Column { hops, column } = input else { return Ok((Type::BigInt, false)) };
        let (table, may_miss) = self.drafts.walk(t, hops)?;
        let column = self.settled(table, *column)?;
        Ok((column.ty.clone(), may_miss || column.nullable))
    }
}
