//! From what is written to recipes: one file per family of generators.

mod choice;
mod count;
mod key;
mod literal;
mod name;
mod number;
mod reference;
mod structure;
mod text;
mod time;

pub(super) use choice::typed_values;
pub(super) use literal::LiteralColumn;
pub(super) use name::Group;

use super::arguments::Arguments;
use super::resolve::Resolver;
use super::scope::MadeScope;
use super::unique::injective;
use super::written::choices_kept;
use super::{Column, Declared, Recipe};
use crate::budget;
use crate::error::{Fault, Span};
use crate::expression::{Expression, Source};
use crate::random::Stream;
use crate::scenario::generators::{self, GeneratorDoc};
use crate::scenario::{self, Generator, Key, Node, Spec, Text};
use crate::types::Type;

/// What a generator makes.
pub(super) struct Made {
    pub(super) recipe: Recipe,
    pub(super) ty: Type,
    pub(super) nullable: bool,
    /// Whether no value occurs twice, by the way it is made.
    pub(super) unique: bool,
    pub(super) dictionary: bool,
}

impl Made {
    pub(super) fn new(recipe: Recipe, ty: Type) -> Self {
        Self { recipe, ty, nullable: false, unique: false, dictionary: false }
    }
}

/// Where a column's random words come from, while its recipe is made.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) seed: u64,
    pub(super) table: String,
    pub(super) column: String,
}

impl Address {
    /// The words of a generator for one purpose.
    pub(super) fn stream(&self, generator: &str, purpose: &str) -> Stream {
        let version = generators::find(generator).map_or(0, |doc| doc.version);
        Stream::new(self.seed, &self.table, &self.column, purpose, version)
    }

    /// The address of a part of this column, such as a member of a JSON object. A name that could be read as a path
    /// says its length, so that no two parts share an address.
    pub(super) fn part(&self, name: &str) -> Self {
        let plain = !name.contains(['.', ':']);
        let length = if plain { String::new() } else { format!("{}:", name.len()) };
        Self { column: format!("{}.{length}{name}", self.column), ..self.clone() }
    }
}

impl Resolver<'_> {
    /// Settles the column `c` of table `t`.
    pub(super) fn read_column(&mut self, t: usize, c: usize) -> Result<Column, Fault> {
        let draft = &self.drafts[t].columns[c];
        let (name, written) = (draft.name.clone(), draft.written);
        let (table, column) = draft.address.clone();
        let address = Address { seed: self.settings.seed, table, column };
        if self.drafts[t].literal.as_ref().is_some_and(|literal| literal.contains_key(&name)) {
            return self.literal_column(t, c);
        }
        let Some(spec) = draft.spec.clone() else { return Err(Fault::reported()) };
        let column = self.column_of(t, name, written, &spec, &address)?;
        if let Recipe::Group = column.recipe {
            if written {
                return Err(Fault::at(spec.span, format!("`{}` is a group of values", column.name))
                    .hint("put it under `let:` and use its parts, as in `country: = place.country`"));
            }
            let group = self.group_of(t, &spec, &address)?;
            self.drafts[t].columns[c].group = Some(group);
        }
        Ok(column)
    }

    /// Makes a column of what is written.
    pub(super) fn column_of(
        &mut self,
        t: usize,
        name: String,
        written: bool,
        spec: &Spec,
        address: &Address,
    ) -> Result<Column, Fault> {
        budget::spend_generator(spec.span)?;
        let made = self.made(t, spec, address)?;
        let null = match &spec.null {
            None => None,
            Some(node) => {
                let share = self.share(node, "null")?;
                (share > 0.0).then(|| {
                    (threshold(share), Stream::new(address.seed, &address.table, &address.column, "null", 1))
                })
            }
        };
        let wanted = spec.sql_type.as_ref().map(sql_type).transpose()?;
        let cast = self.cast_of(spec, &made, wanted.as_ref().map(|(ty, _)| ty))?;
        let mut column = Column {
            name,
            about: spec.about.clone(),
            written,
            ty: cast.as_ref().map_or_else(|| made.ty.clone(), |cast| cast.ty().clone()),
            declared: wanted.and_then(|(_, declared)| declared),
            made: made.ty.clone(),
            dictionary: made.dictionary && cast.is_none(),
            nullable: made.nullable || null.is_some(),
            null,
            unique: made.unique && cast.as_ref().is_none_or(|cast| injective(&made.ty, cast.ty())),
            cast,
            recipe: made.recipe,
        };
        // How many rows there are decides what fits.
        if spec.sql_type.is_some() && matches!(column.recipe, Recipe::Serial { .. }) {
            self.rows_of(t)?;
        }
        self.check_range(t, &column, spec)?;
        if column.ty == Type::Null {
            return Err(Fault::at(spec.span, "a column needs a type").hint("write `cast(null as text)`"));
        }
        if let Some(span) = spec.unique {
            self.make_unique(t, &mut column, spec, span)?;
        }
        Ok(column)
    }

    /// Parts of a column that its recipe reads, such as members of a JSON object: hidden columns of the table.
    pub(super) fn part(
        &mut self,
        t: usize,
        key: &Key,
        node: &Node,
        address: &Address,
    ) -> Result<usize, Fault> {
        let mut faults = crate::error::Faults::default();
        let spec = scenario::spec(node, key.span, &mut faults);
        self.faults.0.append(&mut faults.0);
        let spec = spec.ok_or_else(Fault::reported)?;
        let address = address.part(&key.text);
        let name = address.column.clone();
        let column = self.column_of(t, name, false, &spec, &address)?;
        if let Recipe::Group = column.recipe {
            return Err(Fault::at(spec.span, "a group of values cannot stand here")
                .hint("put it under `let:` of the table and use its parts, as in `= place.city`"));
        }
        let c = self.add_hidden(t, column);
        Ok(self.input(t, super::Input::Column { hops: Vec::new(), column: c }))
    }

    fn made(&mut self, t: usize, spec: &Spec, address: &Address) -> Result<Made, Fault> {
        let (key, argument) = match &spec.generator {
            Generator::Expression(text) => return self.expression(t, text),
            Generator::Faulty => return Err(Fault::reported()),
            Generator::Literal => {
                return Err(Fault::at(spec.span, "no generator")
                    .hint("only columns of literal rows have a type alone"));
            }
            Generator::Named(key, argument) => (key, argument.as_ref()),
        };
        let doc: &'static GeneratorDoc = generators::find(&key.text).ok_or_else(Fault::reported)?;
        let arguments = Arguments::new(doc, key, argument)?;
        match doc.name {
            "serial" | "parent" | "reference" | "uuid" => {
                self.key_generator(t, doc.name, &arguments, address)
            }
            "integer" | "decimal" | "uniform" | "normal" | "lognormal" | "exponential" | "poisson"
            | "zipf" => self.number_generator(doc.name, &arguments, address),
            "boolean" | "choose" | "switch" => self.choice_generator(t, doc.name, &arguments, address),
            "text" | "word" | "words" | "sentence" | "paragraph" | "characters" | "bytes" | "product"
            | "user_agent" => self.text_generator(t, doc.name, &arguments, address),
            "company" => self.company(t, &arguments, address),
            "person" | "place" => Ok(Made::new(Recipe::Group, Type::Text)),
            "expression" => {
                let text = arguments.expression("sql")?.ok_or_else(Fault::reported)?;
                self.expression(t, &text)
            }
            "moment" | "date" => self.time_generator(t, doc.name, &arguments, address),
            "json" | "array" => self.structure_generator(t, doc.name, &arguments, address),
            other => Err(Fault::at(key.span, format!("generator `{other}` is listed but not built"))),
        }
    }

    fn expression(&mut self, t: usize, text: &Text) -> Result<Made, Fault> {
        let formula = self.formula(t, text)?;
        let (ty, nullable) = (formula.expression.ty().clone(), formula.expression.nullable());
        let (unique, dictionary) = self.passed_on(t, &formula);
        Ok(Made { nullable, unique, dictionary, ..Made::new(Recipe::Formula(formula), ty) })
    }

    /// The cast to the type asked for, when it differs from what the generator makes.
    fn cast_of(&self, spec: &Spec, made: &Made, wanted: Option<&Type>) -> Result<Option<Expression>, Fault> {
        let (Some(node), Some(wanted)) = (&spec.sql_type, wanted) else { return Ok(None) };
        if *wanted == made.ty {
            return Ok(None);
        }
        if Expression::assigns(&made.ty, wanted) || takes_text(&made.ty, wanted) {
            let sql = format!("cast(made as {wanted})");
            let source = Source { text: &sql, span: node.span, exact: false };
            let cast = Expression::compile(&source, &mut MadeScope { ty: &made.ty })?;
            return choices_kept(&made.recipe, &cast, spec).map(|()| Some(cast));
        }
        Err(Fault::at(node.span, format!("`type`: {} cannot become {wanted}", made.ty))
            .hint("leave `type` out, or convert with an expression"))
    }
}

/// Whether text is read as a type where it is to become one.
fn takes_text(made: &Type, wanted: &Type) -> bool {
    match (made, wanted) {
        (Type::List(made), Type::List(wanted)) => takes_text(made, wanted),
        (Type::Text, Type::Json | Type::Uuid | Type::Bytes) => true,
        _ => false,
    }
}

/// A type as SQL writes it, and what a database is told beyond the engine's.
pub(super) fn sql_type(node: &Node) -> Result<(Type, Option<Declared>), Fault> {
    let word = scenario::word(node, "`type`")?;
    Declared::from_sql(&word.text).ok_or_else(|| {
        const KNOWN: [&str; 23] = [
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "real",
            "double precision",
            "numeric(15,2)",
            "text",
            "varchar(80)",
            "char(2)",
            "citext",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "interval",
            "uuid",
            "json",
            "jsonb",
            "inet",
            "cidr",
            "bytea",
            "enum",
        ];
        let fault = Fault::at(node.span, format!("unknown type `{}`", word.text));
        let name = word.text.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        if matches!(name.as_str(), "numeric" | "decimal") {
            return fault.hint("`numeric(p,s)` has 1 to 38 digits, of which 0 to p stand after the point");
        }
        fault
            .hint(format!("the types are PostgreSQL's: {}", KNOWN.join(", ")))
            .maybe_hint(crate::error::did_you_mean(&word.text, KNOWN))
    })
}

/// The words below which a share of the rows falls; a share of 1 leaves out one word of 2^64.
pub(super) fn threshold(share: f64) -> u64 {
    // The cast saturates, so that 1.0 becomes the greatest word.
    (share * 18_446_744_073_709_551_616.0) as u64
}

/// A fault of a distribution's parameters.
pub(super) fn invalid(span: Span, name: &str, error: impl std::fmt::Display) -> Fault {
    Fault::at(span, format!("`{name}`: {error}"))
}
