//! What will be done: a model, the counts of its tables, and what decides them.

pub(crate) mod carried;
pub(crate) mod counts;
mod explain;
mod fingerprint;
mod totals;

pub(crate) use counts::{Counts, Siblings};

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arrow::array::Array;

use self::carried::Carried;
use self::totals::LargeTotals;
use crate::batch::Widths;
use crate::budget::{self, Budget};
use crate::error::{Faults, ValueError};
use crate::ids::{TableId, indexed};
use crate::model::{self, Model, Settings, Source};
use crate::rows::{Frame, Rows};
use crate::scenario;
use crate::text::shown;

/// What a scenario of so many bytes may take to compile: bytes of text for the constants of its expressions, steps of matching
/// patterns in them, some tenths of a second, tables of distributions, and what aliases multiply. Of that, what is written out is
/// never too much.
fn compiling(bytes: usize) -> Budget {
    let budget = Budget::ENDLESS.texts(32 << 20).steps(1 << 26).laws(32 << 20);
    budget.generators((bytes / 8).max(1 << 14)).expressions((bytes + bytes / 8).max(1 << 17))
}

/// A scenario ready to generate. Every value is a function of this plan, a table and a row number.
#[derive(Debug)]
pub struct Plan {
    pub(crate) model: Model,
    /// One for each table; `None` for root tables.
    pub(crate) counts: Vec<Option<Counts>>,
    fingerprint: String,
    /// How wide the rows of each table are, once that has been asked for.
    pub(crate) widths: Vec<OnceLock<Widths>>,
    pub(crate) totals: LargeTotals,
    pub(crate) carried: Carried,
    /// The rows of small tables by the texts of their keys, once a reference has asked for one.
    keys: Vec<OnceLock<HashMap<String, u64>>>,
    /// The rows of cases, once they are known.
    pub(crate) case_rows: Vec<OnceLock<u64>>,
    pub(crate) stopped: Arc<AtomicBool>,
}

indexed! {
    Vec<Option<Counts>>, TableId => Option<Counts>;
}

impl Plan {
    /// Compiles a scenario with the settings given from outside.
    ///
    /// ```
    /// use seedbed_engine::{Plan, Settings};
    /// let plan = Plan::compile("tables: {t: {rows: 3, columns: {id: serial}}}", &Settings::default())?;
    /// assert_eq!(plan.batch(plan.table("t").unwrap(), 0..3)?.num_rows(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Every fault of the scenario at once, each with its place.
    pub fn compile(text: &str, settings: &Settings) -> Result<Self, Faults> {
        let (scenario, faults) = scenario::read_with_faults(text)?;
        let model = budget::within(compiling(text.len()), || model::resolve(&scenario, settings, faults))
            .map_err(|faults| scenario::cut::explain(faults, &scenario.document, text))?;
        let counts = model.tables.iter().map(|table| match &table.source {
            Source::Root { .. } => None,
            Source::Per { count, .. } => Some(match count.column {
                None => Counts::constant(count.min),
                Some(_) => Counts::sparse(),
            }),
        });
        let counts = counts.collect();
        let fingerprint = fingerprint::of(&scenario, settings, &model);
        let widths = model.tables.iter().map(|_| OnceLock::new()).collect();
        let (totals, carried) = (LargeTotals::default(), Carried::default());
        let keys = model.tables.iter().map(|_| OnceLock::new()).collect();
        let case_rows = model.cases.iter().map(|_| OnceLock::new()).collect();
        let stopped = Arc::new(AtomicBool::new(false));
        Ok(Self { model, counts, fingerprint, widths, totals, carried, keys, case_rows, stopped })
    }

    /// The rows of a small table by the texts of their keys.
    pub(crate) fn rows_by_key(&self, table: TableId) -> Result<&HashMap<String, u64>, ValueError> {
        let known = &self.keys[table.index()];
        if let Some(places) = known.get() {
            return Ok(places);
        }
        let frame = Frame::new(self, table, Rows::Range(0..self.rows(table)?));
        let keys = frame.column(self.model.tables[table].key)?;
        let places = (0..keys.len()).filter(|row| keys.is_valid(*row));
        let places = places.map(|row| (shown(&keys, row), row as u64)).collect();
        Ok(known.get_or_init(|| places))
    }

    /// Makes what is being worked out, on any thread, fail soon with an error, and everything that is asked for later, until
    /// [`Self::resume`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Takes back [`Self::stop`].
    pub fn resume(&self) {
        self.stopped.store(false, Ordering::Relaxed);
    }

    /// Whether [`Self::stop`] was called, and the reason of errors may be just that.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The meaning of the scenario.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The numbers of the tables, in the order written.
    pub fn tables(&self) -> impl Iterator<Item = TableId> + Clone + use<> {
        self.model.table_ids()
    }

    /// The number of a table, by name.
    pub fn table(&self, name: &str) -> Option<TableId> {
        self.model.tables.iter().position(|table| table.name == name).map(TableId::new)
    }

    /// What decides the data, as 64 hexadecimal digits: equal fingerprints mean equal data. It covers the
    /// scenario without its comments and layout, seed, scale, parameters and `as_of`, and the versions of
    /// generators, vocabulary and zones; not the format and not the choice of tables.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
