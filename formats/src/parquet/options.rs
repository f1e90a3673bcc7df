//! What can be chosen about Parquet files beside their codec.

use std::collections::BTreeSet;

use seedbed_engine::error::did_you_mean;
use seedbed_engine::types::Type;
use seedbed_engine::{ColumnId, Plan, TableId};

use crate::error::Error;

/// What can be chosen about Parquet files beside their codec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParquetOptions {
    /// How values are encoded in pages.
    pub encodings: ParquetEncodings,
    /// The reader whose types are written.
    pub reader: ParquetReader,
    /// The columns that have Bloom filters.
    pub bloom: Vec<BloomColumns>,
    /// The rows of every row group but a file's last, up to [`MOST_ROWS_PER_ROW_GROUP`](Self::MOST_ROWS_PER_ROW_GROUP);
    /// `None` for at most 122,880, and fewer where rows are wide.
    pub rows_per_row_group: Option<u64>,
}

impl ParquetOptions {
    /// Row groups are encoded in memory, some for each thread, so their size has an end.
    pub const MOST_ROWS_PER_ROW_GROUP: u64 = 1 << 20;

    /// Refuses what cannot be.
    pub(crate) fn check(&self, plan: &Plan) -> Result<(), Error> {
        let most = Self::MOST_ROWS_PER_ROW_GROUP;
        if let Some(rows) = self.rows_per_row_group.filter(|rows| !(1..=most).contains(rows)) {
            return Err(Error::usage(
                format!("a row group cannot have {rows} rows"),
                format!("ask for 1 to {most}: it is encoded in memory, and every thread has some"),
            ));
        }
        self.bloom.iter().try_for_each(|columns| columns.check(plan))
    }

    /// The names of the columns of a table that have Bloom filters.
    pub(crate) fn bloom_columns(&self, plan: &Plan, table: TableId) -> BTreeSet<String> {
        let table = &plan.model().tables[table];
        let keys = table.keys.unique_keys().flat_map(|key| &key.columns);
        let keys: Vec<ColumnId> =
            keys.chain(table.keys.foreign.iter().flat_map(|key| &key.columns)).copied().collect();
        let has_filter = |c: ColumnId, name: &str| {
            self.bloom.iter().any(|columns| match columns {
                BloomColumns::Keys => keys.contains(&c),
                BloomColumns::Named(named) => is_named(named, &table.name, name),
            })
        };
        let columns = ColumnId::enumerate(&table.columns).filter(|(_, column)| column.written);
        let columns = columns.filter(|(c, column)| has_filter(*c, &column.name) && takes_filter(&column.ty));
        columns.map(|(_, column)| column.name.clone()).collect()
    }
}

/// How values are encoded in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParquetEncodings {
    /// What every reader in use reads rightly: plain values, dictionaries, and numbers as short differences.
    #[default]
    Compatible,
    /// Numbers as differences of any length, and texts with all lengths before all bytes: smaller, but some
    /// readers refuse it, and some read other values.
    Modern,
}

impl ParquetEncodings {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Compatible, Self::Modern];

    /// The name, `compatible` or `modern`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Modern => "modern",
        }
    }

    /// The choice of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encodings| encodings.name() == name)
    }
}

/// The reader whose types are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParquetReader {
    /// Every type as Parquet has it.
    #[default]
    Any,
    /// Apache Spark, which refuses files with a `uuid` or a `time`: they are text.
    Spark,
}

impl ParquetReader {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Any, Self::Spark];

    /// The name, `any` or `spark`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Spark => "spark",
        }
    }

    /// The choice of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reader| reader.name() == name)
    }
}

/// Columns that have Bloom filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BloomColumns {
    /// The columns of primary, unique and foreign keys.
    Keys,
    /// A column by its table's name and its own, with a dot between.
    Named(String),
}

impl BloomColumns {
    /// Reads `keys` or `table.column`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "keys" => Some(Self::Keys),
            _ => name.contains('.').then(|| Self::Named(name.to_owned())),
        }
    }

    /// The name that [`from_name`](Self::from_name) reads.
    pub fn name(&self) -> &str {
        match self {
            Self::Keys => "keys",
            Self::Named(name) => name,
        }
    }

    fn check(&self, plan: &Plan) -> Result<(), Error> {
        let Self::Named(named) = self else { return Ok(()) };
        let tables = &plan.model().tables;
        let columns = || tables.iter().flat_map(|table| table.written().map(move |column| (table, column)));
        match columns().find(|(table, column)| is_named(named, &table.name, &column.name)) {
            Some((_, column)) if !takes_filter(&column.ty) => Err(Error::usage(
                format!("a Bloom filter cannot tell values of type {} apart", column.ty),
                format!("leave `{named}` out"),
            )),
            Some(_) => Ok(()),
            None => {
                let known: Vec<String> =
                    columns().map(|(table, column)| format!("{}.{}", table.name, column.name)).collect();
                let hint = did_you_mean(named, known.iter().map(String::as_str));
                let hint = hint.unwrap_or_else(|| "columns are named as in `users.email`".to_owned());
                Err(Error::usage(format!("there is no column `{named}` for a Bloom filter"), hint))
            }
        }
    }
}

fn is_named(named: &str, table: &str, column: &str) -> bool {
    named.strip_prefix(table).and_then(|rest| rest.strip_prefix('.')) == Some(column)
}

/// Truth values are too few to be told apart.
fn takes_filter(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Null => false,
        Type::List(of) => takes_filter(of),
        _ => true,
    }
}
