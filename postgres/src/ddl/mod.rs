//! The tables of a plan as a database declares them: types, keys, indexes, checks, and the statements that make them.
//!
//! [`Schema::of`] settles names and types once; the statements take the name of the database's schema, because a load builds its
//! tables elsewhere first. Every name and every literal passes through [`sql`](crate::sql).

mod name;
mod script;
mod statement;

pub use script::Constraints;

use seedbed_engine::model::{self, Declared, Model};
use seedbed_engine::types::Type;
use seedbed_engine::{ColumnId, Plan, TableId};

use crate::error::Error;
use crate::sql::{self, MOST_NAME_BYTES};
use crate::types::{SqlType, TypeName};
use name::Names;

/// The most columns of a table.
const MOST_COLUMNS: usize = 1600;
/// The most columns of a key or an index.
const MOST_KEY_COLUMNS: usize = 32;

/// Some tables of a plan, ready to be declared.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The scenario's name.
    pub scenario: String,
    /// Extensions of PostgreSQL that the types need.
    pub extensions: Vec<&'static str>,
    /// Enums, each before the tables that use it.
    pub enums: Vec<EnumType>,
    /// The tables; one that others refer to comes before them, unless they form a ring.
    pub tables: Vec<Table>,
    /// Foreign keys to tables that are not among these.
    pub left_out: Vec<LeftOut>,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Its name.
    pub name: String,
    /// Its labels, in order.
    pub labels: Vec<String>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its number in the plan.
    pub id: TableId,
    /// Its name.
    pub name: String,
    /// The columns that are written, in order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary: Option<Key>,
    /// Other keys.
    pub unique: Vec<Key>,
    /// Checks.
    pub checks: Vec<Check>,
    /// Indexes that are not unique.
    pub indexes: Vec<Index>,
    /// Foreign keys to tables of the same [`Schema`].
    pub foreign: Vec<ForeignKey>,
    /// A sentence about it.
    pub about: Option<String>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in the database.
    pub sql_type: SqlType,
    /// Its type in the engine.
    pub ty: Type,
    /// Whether it is never NULL.
    pub not_null: bool,
    /// How the database continues the numbers, if it does.
    pub identity: Option<Identity>,
    /// A sentence about it.
    pub about: Option<String>,
}

/// The numbers of an identity column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The first.
    pub start: i64,
    /// The distance between two; not 0.
    pub step: i64,
}

/// A primary or another unique key; its index has the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name of the constraint.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the constraint.
    pub name: String,
    /// The condition, in SQL.
    pub sql: String,
}

/// An index that is not unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub name: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The name of the table they refer to.
    pub target: String,
    /// The names of the columns there.
    pub target_columns: Vec<String>,
}

/// A foreign key that is left out because the table it refers to is not among those chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The table that has it.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is missing.
    pub target: String,
}

impl Schema {
    /// The tables of a plan by their numbers, each once, with names for all that belongs to them.
    ///
    /// # Errors
    /// [`Error::Usage`] when PostgreSQL cannot have them so: a name that is too long or holds a NUL, too many columns, two
    /// objects of one name.
    pub fn of(plan: &Plan, tables: &[TableId]) -> Result<Self, Error> {
        let model = plan.model();
        let order = in_order(model, tables);
        let mut names = Names::default();
        let mut schema = Self {
            scenario: model.name.clone(),
            extensions: Vec::new(),
            enums: Vec::new(),
            tables: Vec::new(),
            left_out: Vec::new(),
        };
        // Chosen names come first, so that made-up ones can keep out of their way.
        for &t in &order {
            names.take("table", &model.tables[t].name)?;
            schema.add_enums(&model.tables[t], &mut names)?;
        }
        for &t in &order {
            let mut table = columns_of(t, &model.tables[t])?;
            for column in &model.tables[t].columns {
                if column.written
                    && column.declared() == Some(&Declared::Citext)
                    && schema.extensions.is_empty()
                {
                    schema.extensions.push("citext");
                }
            }
            schema.add_constraints(model, &order, &mut table, &mut names)?;
            schema.tables.push(table);
        }
        Ok(schema)
    }

    /// Names the type of an extension in full from here on, because it is in `schema`.
    pub(crate) fn place_extension(&mut self, name: &str, schema: &str) {
        self.place(schema, name, |ty| matches!(&ty.name, TypeName::Plain(sql) if sql == name));
    }

    /// Uses an enum that is there, in `schema`, instead of making it.
    pub(crate) fn use_enum(&mut self, name: &str, schema: &str) {
        self.enums.retain(|of| of.name != name);
        self.place(schema, name, |ty| ty.is_of_enum(name));
    }

    /// Says where the type of some columns is.
    fn place(&mut self, schema: &str, name: &str, is_it: impl Fn(&SqlType) -> bool) {
        for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
            if is_it(&column.sql_type) {
                column.sql_type.name = TypeName::Placed { schema: schema.to_owned(), name: name.to_owned() };
            }
        }
    }

    fn add_enums(&mut self, table: &model::Table, names: &mut Names) -> Result<(), Error> {
        for choice in &table.keys.choices {
            let column = &table.columns[choice.column];
            let Some(Declared::Enum { name: Some(name) }) = column.declared() else { continue };
            if self.enums.iter().any(|known| known.name == *name) {
                continue;
            }
            names.take("enum", name)?;
            for label in &choice.labels {
                check_text(&format!("a label of `{}.{}`", table.name, column.name), label)?;
            }
            self.enums.push(EnumType { name: name.clone(), labels: choice.labels.clone() });
        }
        Ok(())
    }

    fn add_constraints(
        &mut self,
        model: &Model,
        chosen: &[TableId],
        table: &mut Table,
        names: &mut Names,
    ) -> Result<(), Error> {
        let meant = &model.tables[table.id];
        let keys = &meant.keys;
        let named = |of: &model::Table, columns: &[ColumnId]| -> Vec<String> {
            columns.iter().map(|&c| of.columns[c].name.clone()).collect()
        };
        table.primary = keys.primary.as_ref().map(|key| Key {
            name: names.make(&meant.name, &[], "pkey"),
            columns: named(meant, &key.columns),
        });
        for key in &keys.unique {
            let columns = named(meant, &key.columns);
            table.unique.push(Key { name: names.make(&meant.name, &columns, "key"), columns });
        }
        for choice in &keys.choices {
            let column = &meant.columns[choice.column];
            if matches!(column.declared(), Some(Declared::Enum { .. })) {
                continue;
            }
            check_text(&format!("a value of `{}.{}`", meant.name, column.name), &choice.labels.concat())?;
            let labels: Vec<String> = choice.labels.iter().map(|label| sql::literal(label)).collect();
            let sql = format!("{} IN ({})", sql::identifier(&column.name), labels.join(", "));
            let name = names.make(&meant.name, std::slice::from_ref(&column.name), "check");
            table.checks.push(Check { name, sql });
        }
        for check in &keys.checks {
            check_text(&format!("a check of `{}`", meant.name), &check.sql)?;
            let columns = named(meant, &check.columns);
            // As the server names them: after the column when there is one.
            let of = if columns.len() == 1 { &columns[..] } else { &[] };
            table.checks.push(Check { name: names.make(&meant.name, of, "check"), sql: check.sql.clone() });
        }
        for foreign in &keys.foreign {
            let target = &model.tables[foreign.target];
            let columns = named(meant, &foreign.columns);
            if !chosen.contains(&foreign.target) {
                let (table, target) = (meant.name.clone(), target.name.clone());
                self.left_out.push(LeftOut { table, columns, target });
                continue;
            }
            table.foreign.push(ForeignKey {
                name: names.make(&meant.name, &columns, "fkey"),
                columns,
                target: target.name.clone(),
                target_columns: named(target, &foreign.references),
            });
        }
        for index in &keys.indexes {
            let columns = named(meant, &index.columns);
            table.indexes.push(Index { name: names.make(&meant.name, &columns, "idx"), columns });
        }
        let widths = keys.unique_keys().map(|key| key.columns.len());
        let widths = widths.chain(keys.indexes.iter().map(|index| index.columns.len()));
        match widths.max() {
            Some(most) if most > MOST_KEY_COLUMNS => Err(Error::usage(
                format!("a key of `{}` has {most} columns, more than {MOST_KEY_COLUMNS}", meant.name),
                "leave some of them out",
            )),
            _ => Ok(()),
        }
    }
}

/// Refuses a name that PostgreSQL would cut or cannot take; `what` says whose, as in `schema`.
///
/// # Errors
/// [`Error::Usage`].
pub fn check_name(what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::usage(format!("a {what} needs a name"), "names have 1 to 63 bytes"));
    }
    if name.len() > MOST_NAME_BYTES {
        let message = format!("the name of the {what} `{name}` has {} bytes", name.len());
        return Err(Error::usage(message, format!("PostgreSQL keeps {MOST_NAME_BYTES} bytes of a name")));
    }
    check_text(&format!("the name of the {what}"), name)
}

fn check_text(what: &str, text: &str) -> Result<(), Error> {
    if text.contains('\0') {
        return Err(Error::usage(
            format!("{what} holds a NUL character"),
            "PostgreSQL has none in names and texts: take it out",
        ));
    }
    Ok(())
}

/// The tables, those that others refer to first; among equals in the order of the plan.
fn in_order(model: &Model, tables: &[TableId]) -> Vec<TableId> {
    let mut waiting: Vec<TableId> = model.table_ids().filter(|t| tables.contains(t)).collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let refers =
            |t: TableId, to: TableId| model.tables[t].keys.foreign.iter().any(|key| key.target == to);
        let ready =
            waiting.iter().position(|&t| !waiting.iter().any(|&other| other != t && refers(t, other)));
        // In a ring one table has to be first.
        order.push(waiting.remove(ready.unwrap_or(0)));
    }
    order
}

fn columns_of(id: TableId, table: &model::Table) -> Result<Table, Error> {
    let mut columns = Vec::new();
    for column in table.written() {
        check_name("column", &column.name)?;
        if let Some(about) = &column.about {
            check_text(&format!("`about` of `{}.{}`", table.name, column.name), about)?;
        }
        let counts = column.serial().filter(|_| column.ty.is_integer() && !column.nullable);
        let identity = counts.map(|(start, step)| Identity { start, step });
        columns.push(Column {
            name: column.name.clone(),
            sql_type: SqlType::of(column),
            ty: column.ty.clone(),
            not_null: !column.nullable,
            identity,
            about: column.about.clone(),
        });
    }
    if columns.len() > MOST_COLUMNS {
        let message = format!("`{}` has {} columns, more than {MOST_COLUMNS}", table.name, columns.len());
        return Err(Error::usage(message, "move some of them to another table"));
    }
    if let Some(about) = &table.about {
        check_text(&format!("`about` of `{}`", table.name), about)?;
    }
    Ok(Table {
        id,
        name: table.name.clone(),
        columns,
        primary: None,
        unique: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        foreign: Vec::new(),
        about: table.about.clone(),
    })
}
