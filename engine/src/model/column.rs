//! From what is written about a column to the column.

use super::arguments::Arguments;
use super::drafts::ColumnDraft;
use super::resolve::Resolver;
use super::scope::MadeScope;
use super::unique::injective;
use super::written::choices_kept;
use super::{Column, Declared};
use crate::budget;
use crate::error::{Fault, did_you_mean, listed};
use crate::expression::{Expression, Name, Source};
use crate::generators::{self, Address, Made, Reading, Recipe, of_text, threshold};
use crate::ids::{ColumnId, TableId};
use crate::random::Stream;
use crate::scenario::{self, Generator, Node, Spec};
use crate::together::Together;
use crate::types::{SqlName, Type};

impl Resolver<'_> {
    /// Settles the column `c` of table `t`.
    pub(super) fn read_column(&mut self, t: TableId, c: ColumnId) -> Result<Column, Fault> {
        self.read_written(t, c).map_err(|fault| self.in_mixin(t, fault))
    }

    /// Notes a fault of a mixin for the first table that has it, and names the table. Others are handed on.
    fn in_mixin(&mut self, t: TableId, fault: Fault) -> Fault {
        let Some(mixins) = self.scenario.mixins else { return fault };
        let (fault, also) = fault.alone();
        let mut others = Fault::reported();
        for fault in std::iter::once(fault).chain(also) {
            let span = fault.span.filter(|span| mixins.start <= span.start && span.end <= mixins.end);
            let Some(span) = span else {
                others = others.and(fault);
                continue;
            };
            if *self.faults_of_mixins.entry(span).or_insert(t) == t {
                let table = format!("in table `{}`", self.drafts[t].name.text);
                let label =
                    fault.label.as_ref().map_or_else(|| table.clone(), |label| format!("{label}, {table}"));
                self.faults.push(fault.label(label));
            }
        }
        others
    }

    fn read_written(&mut self, t: TableId, c: ColumnId) -> Result<Column, Fault> {
        let draft = &self.drafts[t].columns[c];
        let (name, written) = (draft.name.clone(), draft.written);
        let table = self.drafts[t].name.text.clone();
        let address = Address { seed: self.settings.seed, table, column: name.clone() };
        if let Some(literal) = self.drafts[t].literal.get(&name) {
            return literal.column(draft, &self.constants);
        }
        let Some(spec) = draft.spec.clone() else { return Err(Fault::reported()) };
        let column = self.column_of(t, name, written, &spec, &address)?;
        if let Recipe::Record(_) = column.recipe {
            self.check_record(&column, &spec)?;
        }
        Ok(column)
    }

    /// Makes a column of what is written.
    pub(crate) fn column_of(
        &mut self,
        t: TableId,
        name: String,
        written: bool,
        spec: &Spec,
        address: &Address,
    ) -> Result<Column, Fault> {
        budget::spend_generator(spec.span)?;
        let made = self.made(t, spec, address);
        let null = spec.null.as_ref().map_or(Ok(0.0), |node| self.constants.share(node, "null"));
        let wanted = spec.sql_type.as_ref().map(sql_type).transpose();
        let (made, null, wanted) = (made, null, wanted).together()?;
        let null = (null > 0.0).then(|| {
            (threshold(null), Stream::new(address.seed, &address.table, &address.column, "null", 1))
        });
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
            pins: Vec::new(),
        };
        // How many rows there are decides what fits.
        if spec.sql_type.is_some() && column.recipe.serial().is_some() {
            self.rows_of(t)?;
        }
        self.drafts.check_range(t, &column, spec)?;
        if column.ty == Type::Null {
            return Err(Fault::at(spec.span, "a column needs a type").hint("write `cast(null as text)`"));
        }
        if let Some(span) = spec.unique {
            self.make_unique(t, &mut column, spec, span)?;
        }
        match &spec.adversarial {
            Some(node) if !matches!(column.recipe, Recipe::Record(_)) => {
                self.adversarial(t, column, spec, node)
            }
            _ => Ok(column),
        }
    }

    fn made(&mut self, t: TableId, spec: &Spec, address: &Address) -> Result<Made, Fault> {
        let (key, argument) = match &spec.generator {
            Generator::Expression(text) => return of_text(self, t, text),
            Generator::Faulty => return Err(Fault::reported()),
            Generator::Literal => {
                return Err(Fault::at(spec.span, "no generator")
                    .hint("only columns of literal rows have a type alone"));
            }
            Generator::Named(key, argument) => (key, argument.as_ref()),
        };
        let generator = generators::find(&key.text).ok_or_else(Fault::reported)?;
        let arguments = Arguments::new(generator, key, argument)?;
        let mut reading = Reading { generator, resolver: self, table: t, arguments: &arguments, address };
        (generator.read)(&mut reading)
    }

    /// Refuses what a group of values cannot have.
    fn check_record(&self, column: &Column, spec: &Spec) -> Result<(), Fault> {
        if column.written {
            return Err(Fault::at(spec.span, format!("`{}` is a group of values", column.name))
                .hint("put it under `let:` and use its parts, as in `country: = place.country`"));
        }
        for (modifier, given) in [
            ("null", spec.null.as_ref().map(|n| n.span)),
            ("adversarial", spec.adversarial.as_ref().map(|n| n.span)),
            ("unique", spec.unique),
            ("type", spec.sql_type.as_ref().map(|n| n.span)),
            ("index", spec.keys.index),
        ] {
            if let Some(span) = given {
                return Err(Fault::at(span, format!("`{modifier}` does not go with a group of values"))
                    .hint("put it on the columns that use the group"));
            }
        }
        Ok(())
    }

    /// The hidden column of a field of a group of values, such as `place.city`.
    pub(super) fn field(
        &mut self,
        t: TableId,
        c: ColumnId,
        head: &Name,
        rest: &[Name],
    ) -> Result<ColumnId, Fault> {
        let Recipe::Record(record) = &self.settled(t, c)?.recipe else { return Err(Fault::reported()) };
        let fields = record.names();
        let [field] = rest else {
            let each: Vec<String> = fields.iter().map(|field| format!("`{}.{field}`", head.text)).collect();
            return Err(Fault::at(head.span, format!("`{}` is a group of values", head.text))
                .hint(format!("name one of them: {}", listed(&each))));
        };
        let name = format!("{}.{}", head.text, field.text);
        if let Some(known) = self.drafts[t].position(|c| c.name == name) {
            return Ok(known);
        }
        let made = match self.drafts.done_mut(t, c).map(|column| &mut column.recipe) {
            Some(Recipe::Record(record)) => record.take(&field.text),
            _ => None,
        };
        let Some(Made { recipe, ty, nullable, dictionary, .. }) = made else {
            let hint =
                did_you_mean(&field.text, fields.iter().copied()).unwrap_or_else(|| match fields[..] {
                    [] => format!(
                        "a recurrence has no parts; expressions ask it, as in `{}.next(as_of)`",
                        head.text
                    ),
                    _ => format!("it has {}", listed(&fields)),
                });
            let message = format!("`{}` has no `{}`", head.text, field.text);
            return Err(Fault::at(field.span, message).hint(hint));
        };
        let column = Column { nullable, dictionary, ..Column::hidden(name, ty, recipe) };
        Ok(self.drafts.add_hidden(t, column))
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

impl ColumnDraft {
    /// Whether the column is a group of values, by what is written.
    pub(super) fn is_record(&self) -> bool {
        self.generator().and_then(generators::find).is_some_and(|doc| doc.group)
    }

    /// Whether its generator is one of some, by what is written.
    pub(super) fn is_made_by(&self, generators: &[&str]) -> bool {
        self.generator().is_some_and(|name| generators.contains(&name))
    }

    /// The name of its generator, by what is written.
    fn generator(&self) -> Option<&str> {
        match &self.spec.as_ref()?.generator {
            Generator::Named(key, _) => Some(&key.text),
            _ => None,
        }
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
pub(crate) fn sql_type(node: &Node) -> Result<(Type, Option<Declared>), Fault> {
    let word = scenario::word(node, "`type`")?;
    Declared::from_sql(&word.text).ok_or_else(|| {
        let fault = Fault::at(node.span, format!("unknown type `{}`", word.text));
        let name = word.text.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        if matches!(name.as_str(), "numeric" | "decimal") {
            return fault.hint("`numeric(p,s)` has 1 to 38 digits, of which 0 to p stand after the point");
        }
        let known = SqlName::examples();
        fault
            .hint(format!("the types are PostgreSQL's: {}", listed(&known)))
            .maybe_hint(did_you_mean(&word.text, known.iter().map(String::as_str)))
    })
}
