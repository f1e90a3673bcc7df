//! Types as a database is told them.

use seedbed_engine::model::{Column, Declared};
use seedbed_engine::types::Type;

use crate::sql::qualified;

/// The type that a column is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlType {
    /// Its name; of an array, that of its elements.
    pub name: TypeName,
    /// The dimensions of an array; 0 for all else.
    pub dimensions: usize,
}

/// The name of a type, and where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeName {
    /// A type of the server's, as SQL writes it with its modifier: `numeric(15,2)`. So are types of extensions whose schema is not
    /// known.
    Plain(String),
    /// A type that is in a schema.
    Placed {
        /// The schema.
        schema: String,
        /// Its name there.
        name: String,
    },
    /// An enum that is in the schema of the tables.
    Enum(String),
}

impl SqlType {
    /// The type of a column of a scenario.
    pub(crate) fn of(column: &Column) -> Self {
        let (mut ty, mut dimensions) = (&column.ty, 0);
        while let Type::List(of) = ty {
            (ty, dimensions) = (of, dimensions + 1);
        }
        let name = match column.declared() {
            Some(Declared::Enum { name: Some(name) }) => TypeName::Enum(name.clone()),
            Some(declared) => TypeName::Plain(declared.to_string()),
            None => TypeName::Plain(ty.to_string()),
        };
        Self { name, dimensions }
    }

    /// Whether it is an enum of this name in the schema of the tables, or an array of it.
    pub(crate) fn is_of_enum(&self, name: &str) -> bool {
        matches!(&self.name, TypeName::Enum(of) if of == name)
    }

    /// The type as SQL writes it, where the tables are in `schema`.
    pub fn sql(&self, schema: &str) -> String {
        let name = match &self.name {
            TypeName::Plain(sql) => sql.clone(),
            TypeName::Placed { schema, name } => qualified(schema, name),
            TypeName::Enum(name) => qualified(schema, name),
        };
        name + &"[]".repeat(self.dimensions)
    }
}
