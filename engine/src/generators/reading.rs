//! What a generator reads its arguments with.

use super::{GeneratorDoc, Recipe};
use crate::error::{Fault, Faults};
use crate::ids::{InputId, TableId};
use crate::model::arguments::{Arguments, Length};
use crate::model::constants::Constants;
use crate::model::resolve::Resolver;
use crate::model::{Column, Input};
use crate::random::Stream;
use crate::scenario::{self, Key, Node};
use crate::types::Type;

/// What a generator makes.
#[derive(Debug)]
pub(crate) struct Made {
    /// How the values come about.
    pub(crate) recipe: Recipe,
    /// Their type.
    pub(crate) ty: Type,
    /// Whether they can be NULL.
    pub(crate) nullable: bool,
    /// Whether no value occurs twice, by the way it is made.
    pub(crate) unique: bool,
    /// Whether texts come as a dictionary.
    pub(crate) dictionary: bool,
}

impl Made {
    /// Values that are never NULL, may repeat, and are no dictionary.
    pub(crate) fn new(recipe: impl Into<Recipe>, ty: Type) -> Self {
        Self { recipe: recipe.into(), ty, nullable: false, unique: false, dictionary: false }
    }
}

/// Where a column's random words come from, while its recipe is made.
#[derive(Clone)]
pub(crate) struct Address {
    /// The seed.
    pub(crate) seed: u64,
    /// The table.
    pub(crate) table: String,
    /// The column, and within it the part.
    pub(crate) column: String,
}

impl Address {
    /// The address of a part of this column, such as a member of a JSON object. A name that could be read as a path
    /// says its length, so that no two parts share an address.
    pub(crate) fn part(&self, name: &str) -> Self {
        let plain = !name.contains(['.', ':']);
        let length = if plain { String::new() } else { format!("{}:", name.len()) };
        Self { column: format!("{}.{length}{name}", self.column), ..self.clone() }
    }
}

/// A generator's arguments, and all that they may name.
pub(crate) struct Reading<'r, 's, 'n> {
    /// The generator.
    pub(crate) generator: &'static GeneratorDoc,
    /// What names mean.
    pub(crate) resolver: &'r mut Resolver<'s>,
    /// The table of the column.
    pub(crate) table: TableId,
    /// The arguments.
    pub(crate) arguments: &'r Arguments<'n>,
    /// The address of the column's random words.
    pub(crate) address: &'r Address,
}

impl<'n> Reading<'_, '_, 'n> {
    /// The generator's random words for one purpose.
    pub(super) fn stream(&self, purpose: &str) -> Stream {
        let Address { seed, table, column } = self.address;
        Stream::new(*seed, table, column, purpose, self.generator.version)
    }

    /// An argument that is required, and so is there.
    pub(super) fn required(&self, name: &str) -> Result<&'n Node, Fault> {
        self.arguments.required(name)
    }

    /// What reads numbers, shares and weights.
    pub(super) fn constants(&self) -> &Constants {
        self.resolver.constants()
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Fault> {
        self.arguments.get(name).map(|node| self.constants().number(node, name)).transpose()
    }

    /// The same of an argument that is required.
    pub(super) fn required_number(&self, name: &str) -> Result<f64, Fault> {
        self.constants().number(self.required(name)?, name)
    }

    /// A whole number from `least` to `greatest`.
    pub(super) fn whole(&self, name: &str, least: i64, greatest: i64) -> Result<Option<i64>, Fault> {
        self.arguments.get(name).map(|node| self.constants().whole(node, name, least, greatest)).transpose()
    }

    /// The same of an argument that is required.
    pub(super) fn required_whole(&self, name: &str, least: i64, greatest: i64) -> Result<i64, Fault> {
        self.constants().whole(self.required(name)?, name, least, greatest)
    }

    /// A length: a number, or `{from, to}`.
    pub(super) fn length(&self, name: &str, greatest: i64) -> Result<Option<Length>, Fault> {
        self.arguments.get(name).map(|node| self.constants().length(node, name, greatest)).transpose()
    }

    /// The same of an argument that is required.
    pub(super) fn required_length(&self, name: &str, greatest: i64) -> Result<Length, Fault> {
        self.constants().length(self.required(name)?, name, greatest)
    }

    /// Refuses a `to` below `from`.
    pub(super) fn rising<T: PartialOrd>(&self, from: T, to: T) -> Result<(), Fault> {
        if from <= to {
            return Ok(());
        }
        let (from, to) = (self.required("from")?, self.required("to")?);
        Err(Fault::at(to.span, "`to` is below `from`").label(format!(
            "from {} to {}",
            from.describe(),
            to.describe()
        )))
    }

    /// A part of the column that the recipe reads, such as a member of a JSON object: a hidden column of the table, as an input.
    pub(super) fn part(&mut self, key: &Key, node: &Node) -> Result<InputId, Fault> {
        let spec = self.spec(node, key)?;
        let address = self.address.part(&key.text);
        let name = address.column.clone();
        let column = self.resolver.column_of(self.table, name, false, &spec, &address)?;
        if let Recipe::Record(_) = column.recipe {
            return Err(Fault::at(spec.span, "a group of values cannot stand here")
                .hint("put it under `let:` of the table and use its parts, as in `= place.city`"));
        }
        let column = self.resolver.add_hidden(self.table, column);
        Ok(self.resolver.input(self.table, Input::Column { hops: Vec::new(), column }))
    }

    /// A column of a table of its own, of which the recipe takes as many values a row as it wants.
    pub(super) fn element(&mut self, node: &Node) -> Result<Column, Fault> {
        let spec = self.spec(node, &Key::new("[]", node.span))?;
        let name = format!("{}[]", self.address.column);
        self.resolver.column_of(self.table, name, false, &spec, &self.address.part("[]"))
    }

    fn spec(&mut self, node: &Node, key: &Key) -> Result<scenario::Spec, Fault> {
        let mut faults = Faults::default();
        let spec = scenario::spec(node, key.span, &mut faults);
        self.resolver.note(faults);
        spec.ok_or_else(Fault::reported)
    }
}

/// The words below which a share of the rows falls; a share of 1 leaves out one word of 2^64.
pub(crate) fn threshold(share: f64) -> u64 {
    // The cast saturates, so that 1.0 becomes the greatest word.
    (share * 18_446_744_073_709_551_616.0) as u64
}
