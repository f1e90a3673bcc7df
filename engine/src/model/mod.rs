//! What a scenario means: names resolved, types known, generators prepared, every fault reported at once.
//!
//! The result is plain data. A [`Model`] holds tables, a [`Table`] holds columns, a [`Column`] holds a [`Recipe`]:
//! how its values follow from random words and from other values of the row ([`Input`]s).

// What is set, and what is written of parameters, arguments and constants.
pub(crate) mod arguments;
pub(crate) mod constants;
mod law;
pub(crate) mod number;
mod parameters;
mod settings;
// What is known so far, and how the rest of it is settled.
mod known_names;
mod adversarial;
mod along;
mod column;
mod declared;
mod dependencies;
mod drafts;
mod cases;
mod literal;
mod path;
mod pins;
mod range;
mod recurrence;
pub(crate) mod resolve;
pub(crate) mod scope;
mod shown;
mod source;
pub(crate) mod timeline;
mod unique;
mod walk;
mod written;
// What is found out when all is settled.
mod keys;
mod moves;
mod work;

pub use declared::Declared;
pub use keys::{Check, Choice, ForeignKey, Index, Keys, UniqueKey};
pub(crate) use literal::converted;
pub use resolve::resolve;
pub use settings::{DEFAULT_SEED, Settings};
pub(crate) use walk::Steps;

use std::collections::HashSet;

use arrow::array::ArrayRef;

use crate::error::Span;
use crate::expression::{Expression, Total};
use crate::generators::{Formula, Recipe, Reference};
use crate::ids::{ColumnId, InputId, TableId, indexed};
use crate::random::Stream;
use crate::scenario;
use crate::types::Type;

/// The most rows a table may have: numbers up to here are exact in every format.
pub const MAX_ROWS: u64 = 1 << 53;
/// The most children of one parent when no `max:` says otherwise.
pub(crate) const MAX_COUNT: u64 = 1 << 40;

/// A scenario whose meaning is settled.
#[derive(Debug)]
pub struct Model {
    /// The name of the scenario.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// The seed.
    pub seed: u64,
    /// The factor on the rows of root tables.
    pub scale: f64,
    /// The dataset's "now", microseconds since 1970-01-01T00:00:00Z.
    pub as_of: i64,
    /// The share of hostile values in all columns on which nothing else depends, if it was set.
    pub adversarial: Option<f64>,
    /// Parameters with the values in force.
    pub params: Vec<Param>,
    /// Tables in the order written.
    pub tables: Vec<Table>,
    /// Cases in the order written.
    pub cases: Vec<Case>,
    /// Checks of the whole dataset in the order written.
    pub checks: Vec<scenario::checks::Check>,
    /// Columns, by table, whose values are counts or stand under a total, and that take long texts to work out.
    pub(crate) wide: HashSet<(TableId, ColumnId)>,
}

impl Model {
    /// The numbers of the tables, in the order written.
    pub fn table_ids(&self) -> impl Iterator<Item = TableId> + Clone + use<> {
        TableId::up_to(self.tables.len())
    }
}

indexed! {
    Vec<Table>, TableId => Table;
    Vec<Column>, ColumnId => Column;
    Vec<Input>, InputId => Input;
}

/// A parameter and its value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// The value, as text.
    pub value: String,
    /// The type that expressions see.
    pub ty: Type,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// Where its rows come from.
    pub source: Source,
    /// The column that references show; in a table that none shows it may be the first.
    pub key: ColumnId,
    /// Columns: written, `let`, and hidden ones that the resolver adds.
    pub columns: Vec<Column>,
    /// Keys, indexes and checks: what is written and what follows from the generators.
    pub keys: Keys,
    /// Values that recipes read, each once.
    pub inputs: Vec<Input>,
    /// How many columns, of these rows and of others, are worked out to make a batch.
    pub(crate) work: u64,
}

impl Table {
    /// The parent table, if the rows are children.
    pub fn parent(&self) -> Option<TableId> {
        match self.source {
            Source::Per { parent, .. } => Some(parent),
            Source::Root { .. } => None,
        }
    }

    /// The columns that are written out, in order.
    pub fn written(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.written)
    }

    /// The numbers of these columns, in the order of a batch.
    pub fn written_ids(&self) -> impl Iterator<Item = ColumnId> {
        ColumnId::enumerate(&self.columns).filter(|(_, column)| column.written).map(|(c, _)| c)
    }
}

/// Where rows come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A fixed number of rows.
    Root {
        /// How many.
        rows: u64,
    },
    /// Children of another table's rows.
    Per {
        /// The parent table.
        parent: TableId,
        /// How many children a parent row has.
        count: Count,
    },
}

/// The count law of a child table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The column of the parent table that holds the count; `None` when it is always `min`.
    pub column: Option<ColumnId>,
    /// No parent has fewer.
    pub min: u64,
    /// No parent has more.
    pub max: u64,
}

/// Rows of a table that have a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// The table.
    pub table: TableId,
    /// Which of its rows.
    pub rows: CaseRows,
}

/// Which rows are a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseRows {
    /// Those for which a condition holds.
    Where {
        /// The hidden column of the table that is the condition; NULL does not hold.
        condition: ColumnId,
        /// How many there have to be.
        at_least: u64,
        /// The keys of how many are listed.
        listed: u64,
    },
    /// One row.
    Row {
        /// Its number in the table, from 0.
        row: u64,
    },
    /// One row among the children of a row of the parent table.
    Child {
        /// The number of the case that is the parent.
        of: usize,
        /// The number among the children, from 1.
        ordinal: u64,
    },
}

/// A value that the row of a case has whatever the column's generator says.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    /// The number of the case.
    pub(crate) case: usize,
    /// The value.
    pub(crate) to: PinnedTo,
    /// Where it is written.
    pub(crate) span: Span,
}

/// What a column is pinned to.
#[derive(Clone, Debug)]
pub(crate) enum PinnedTo {
    /// A value in the type of the column, perhaps NULL.
    Value(Values),
    /// The row of a case, by its number, which a reference leads to.
    Row(usize),
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name; hidden columns are named after what they serve, as in `details.ms`.
    pub name: String,
    /// A sentence about it.
    pub about: Option<String>,
    /// Whether it is written out.
    pub written: bool,
    /// Its type.
    pub ty: Type,
    /// What a database is told beyond that.
    pub declared: Option<Declared>,
    /// Whether text is held as a dictionary.
    pub dictionary: bool,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// The share of NULLs put in on top, as a threshold on a random word, and the words.
    pub null: Option<(u64, Stream)>,
    /// Whether no value occurs twice.
    pub unique: bool,
    /// The type that the recipe makes.
    pub made: Type,
    /// The cast of the recipe's values, when the scenario asks for another type.
    pub cast: Option<Expression>,
    /// How its values come about.
    pub(crate) recipe: Recipe,
    /// The rows that have other values.
    pub(crate) pins: Vec<Pin>,
}

impl Column {
    /// A column that is not written, never NULL, not unique.
    pub(crate) fn hidden(name: String, ty: Type, recipe: impl Into<Recipe>) -> Self {
        Self {
            name,
            about: None,
            written: false,
            made: ty.clone(),
            ty,
            declared: None,
            dictionary: false,
            nullable: false,
            null: None,
            unique: false,
            cast: None,
            recipe: recipe.into(),
            pins: Vec::new(),
        }
    }

    /// Start and step, when its values count the rows, perhaps as numbers of another type or with NULLs among them.
    pub fn serial(&self) -> Option<(i64, i64)> {
        self.recipe.serial()
    }

    /// The same when the values are nothing else.
    pub(crate) fn plain_serial(&self) -> Option<(i64, i64)> {
        self.serial().filter(|_| self.cast.is_none() && self.null.is_none())
    }

    /// The table and the column that it shows of another row, when it is a reference.
    pub fn refers_to(&self) -> Option<(TableId, ColumnId)> {
        self.reference().map(|reference| (reference.target, reference.shown))
    }

    /// Whether it is the key of the parent row.
    pub fn is_parent(&self) -> bool {
        matches!(self.recipe, Recipe::Parent(_))
    }

    pub(crate) fn reference(&self) -> Option<&Reference> {
        match &self.recipe {
            Recipe::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    pub(crate) fn formula(&self) -> Option<&Formula> {
        match &self.recipe {
            Recipe::Formula(formula) => Some(formula),
            _ => None,
        }
    }
}

/// A value that a recipe reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A column, of this row or of a row that it leads to.
    Column {
        /// The way to that row.
        hops: Vec<Hop>,
        /// The column of the table at the end of the way.
        column: ColumnId,
    },
    /// The number of the row in its table, from 1.
    Row,
    /// The number of the row among its siblings, from 1.
    Ordinal,
    /// How many children the parent has.
    Siblings,
    /// A total over child rows.
    Total {
        /// The child table.
        child: TableId,
        /// The function.
        total: TotalKind,
        /// The column of the child table; `None` to count rows.
        column: Option<ColumnId>,
    },
    /// A column of the sibling beside the row: NULL where there is none. Without parents all rows are siblings.
    Neighbour {
        /// Which one.
        side: Side,
        /// The column, of the same table.
        column: ColumnId,
    },
    /// A total over the siblings up to the row.
    Running {
        /// The function.
        total: TotalKind,
        /// The column, of the same table.
        column: ColumnId,
    },
}

/// A sibling beside a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The row before.
    Before,
    /// The row behind.
    Behind,
}

/// One step from a row to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hop {
    /// To the parent row.
    Parent,
    /// To the row that a reference column names.
    Reference(ColumnId),
}

/// The function of a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TotalKind {
    /// The sum.
    Sum,
    /// How many are not NULL.
    Count,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean.
    Avg,
}

impl From<Total> for TotalKind {
    fn from(total: Total) -> Self {
        match total {
            Total::Sum => Self::Sum,
            Total::Count => Self::Count,
            Total::Min => Self::Min,
            Total::Max => Self::Max,
            Total::Avg => Self::Avg,
        }
    }
}

/// Values to choose from, as one array; a type of its own so that printing a plan does not print thousands of values.
#[derive(Clone)]
pub(crate) struct Values(pub(crate) ArrayRef);

impl Values {
    pub(crate) fn new(values: ArrayRef) -> Self {
        Self(values)
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} values of {}]", self.0.len(), self.0.data_type())
    }
}
