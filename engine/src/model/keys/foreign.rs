//! Foreign keys: written ones, and those that follow from how values come about.

use super::{ForeignKey, Keys, KeysOf, same};
use crate::error::{Fault, Span};
use crate::generators::Recipe;
use crate::ids::{ColumnId, TableId};
use crate::model::{Column, Declared, Input};
use crate::scenario::keys::{Columns, References};
use crate::scenario::{self, Key};
use crate::types::Type;

impl KeysOf<'_> {
    /// Adds the foreign keys of all tables.
    pub(super) fn foreign_keys(&mut self, keys: &mut [Keys]) {
        for t in self.drafts.tables() {
            if self.drafts[t].faulty {
                continue;
            }
            let mut foreign = Vec::new();
            for key in self.scenario.tables[t].keys.foreign.clone() {
                let written = self.written_foreign_key(t, &key, keys);
                foreign.extend(self.faults.keep(written));
            }
            for c in self.drafts[t].column_ids() {
                let found = match self.references_of(t, c) {
                    Some(_) => self.column_references(t, c, keys),
                    None => Ok(self.derived(t, c, keys)),
                };
                let Some(Some(key)) = self.faults.keep(found) else { continue };
                if !foreign.iter().any(|other: &ForeignKey| same(&other.columns, &key.columns)) {
                    foreign.push(key);
                }
            }
            keys[t].foreign = foreign;
        }
    }

    fn references_of(&self, t: TableId, c: ColumnId) -> Option<&References> {
        self.drafts[t].columns[c].spec.as_ref()?.keys.references.as_ref()
    }

    /// The foreign key that a column's `references:` asks for.
    fn column_references(
        &mut self,
        t: TableId,
        c: ColumnId,
        keys: &[Keys],
    ) -> Result<Option<ForeignKey>, Fault> {
        let Some(References::To { table, column }) = self.references_of(t, c).cloned() else {
            return Ok(None);
        };
        let draft = &self.drafts[t].columns[c];
        if !draft.written {
            return Err(super::not_written(table.span, "references", &draft.name));
        }
        let references = column.map(|key| Columns { span: key.span, names: vec![key] });
        self.foreign_key(t, vec![c], &table, references.as_ref(), table.span, keys).map(Some)
    }

    fn written_foreign_key(
        &mut self,
        t: TableId,
        key: &scenario::keys::ForeignKey,
        keys: &[Keys],
    ) -> Result<ForeignKey, Fault> {
        let columns = self.key_columns(t, &key.columns, "foreign key").ok_or_else(Fault::reported)?;
        self.foreign_key(t, columns, &key.to, key.references.as_ref(), key.columns.span, keys)
    }

    /// Checks what is written: the columns referred to are a key, and the types agree.
    fn foreign_key(
        &mut self,
        t: TableId,
        columns: Vec<ColumnId>,
        to: &Key,
        references: Option<&Columns>,
        span: Span,
        keys: &[Keys],
    ) -> Result<ForeignKey, Fault> {
        let target = self.drafts.named(to, self.faults)?;
        if self.drafts[target].faulty {
            return Err(Fault::reported());
        }
        let references = match references {
            Some(named) => {
                let found = self.key_columns(target, named, "references").ok_or_else(Fault::reported)?;
                if !keys[target].has_key(&found) {
                    let names: Vec<&str> = named.names.iter().map(|name| name.text.as_str()).collect();
                    let names = names.join(", ");
                    let fault = Fault::at(named.span, format!("`{names}` is not a key of `{}`", to.text));
                    return Err(fault.hint(match found.len() {
                        1 => format!("give `{}.{names}` a `unique: true`", to.text),
                        _ => format!("give `{}` a `unique: [[{names}]]`", to.text),
                    }));
                }
                found
            }
            None => {
                let Some(primary) = &keys[target].primary else {
                    let fault = Fault::at(to.span, format!("`{}` has no primary key", to.text));
                    return Err(fault.hint("name the columns that are referred to"));
                };
                primary.columns.clone()
            }
        };
        if columns.len() != references.len() {
            let plural = if columns.len() == 1 { "column" } else { "columns" };
            let message = format!(
                "the foreign key has {} {plural}, the key of `{}` has {}",
                columns.len(),
                to.text,
                references.len()
            );
            return Err(Fault::at(span, message).label("expected as many columns as the key has").hint(
                match columns.len() {
                    1 => format!("write `table.column`, or a `foreign key:` of the table with all columns of the key of `{}`", to.text),
                    _ => "name the columns with `references:`".to_owned(),
                },
            ));
        }
        for (&c, &r) in columns.iter().zip(&references) {
            self.inherit(t, c, target, r);
            let (Ok(own), Ok(other)) = (self.drafts.done(t, c), self.drafts.done(target, r)) else {
                return Err(Fault::reported());
            };
            if !comparable(own, other) {
                let (name, ty) = (&other.name, other.sql_type());
                return Err(Fault::at(span, format!("`{}` cannot refer to `{}.{name}`", own.name, to.text))
                    .label(format!("expected {ty}, found {}", own.sql_type()))
                    .hint("give both the same `type:`"));
            }
        }
        Ok(ForeignKey { columns, target, references, derived: false })
    }

    /// The foreign key that follows from how a written column comes about.
    fn derived(&mut self, t: TableId, c: ColumnId, keys: &[Keys]) -> Option<ForeignKey> {
        if !self.drafts[t].columns[c].written {
            return None;
        }
        let (target, references) = self.origin(t, c, keys)?;
        self.inherit(t, c, target, references);
        let (own, other) = (self.drafts.done(t, c).ok()?, self.drafts.done(target, references).ok()?);
        comparable(own, other).then(|| ForeignKey {
            columns: vec![c],
            target,
            references: vec![references],
            derived: true,
        })
    }

    /// The key that a column's values are taken from.
    fn origin(&self, t: TableId, c: ColumnId, keys: &[Keys]) -> Option<(TableId, ColumnId)> {
        match self.references_of(t, c) {
            Some(References::None) => return None,
            Some(References::To { table, column }) => {
                let target = self.drafts.position(&table.text)?;
                let column = match column {
                    Some(key) => self.drafts[target].position(|c| c.name == key.text)?,
                    None => *keys[target].primary.as_ref()?.columns.first()?,
                };
                return keys[target].has_key(&[column]).then_some((target, column));
            }
            None => {}
        }
        let (end, column) = self.taken_from(t, c)?;
        let is_key = match self.drafts.done(t, c).map(|column| &column.recipe) {
            // An expression that passes on the primary key of another row means that row; other keys may be copies of data.
            Ok(Recipe::Formula(_)) => {
                let primary = keys[end].primary.as_ref().is_some_and(|key| key.columns == [column]);
                primary && self.leaves_the_row(t, c)
            }
            _ => keys[end].has_key(&[column]),
        };
        if is_key && self.drafts[end].columns[column].written {
            return Some((end, column));
        }
        self.origin(end, column, keys)
    }

    /// The column that hands a column its values, unchanged but for the width of a number.
    fn taken_from(&self, t: TableId, c: ColumnId) -> Option<(TableId, ColumnId)> {
        let column = self.drafts.done(t, c).ok()?;
        let widths = |cast: &Type| cast.is_integer() && column.made.is_integer();
        if column.cast.as_ref().is_some_and(|cast| !widths(cast.ty())) {
            return None;
        }
        let input = match &column.recipe {
            Recipe::Reference(reference) => return Some((reference.target, reference.shown)),
            Recipe::Parent(parent) => parent.key,
            Recipe::Formula(formula) => formula.passes_on().or_else(|| formula.passes_on_number())?,
            _ => return None,
        };
        self.drafts.column_at(t, &self.drafts[t].inputs[input])
    }

    /// Whether an expression reads another row, be it of the same table.
    fn leaves_the_row(&self, t: TableId, c: ColumnId) -> bool {
        let Some(formula) = self.drafts.done(t, c).ok().and_then(Column::formula) else { return false };
        let inputs = formula.inputs.iter().map(|&input| &self.drafts[t].inputs[input]);
        inputs.into_iter().any(|input| match input {
            Input::Column { hops, .. } => !hops.is_empty(),
            Input::Neighbour { .. } => true,
            _ => false,
        })
    }

    /// A column that refers to a key has the key's type, unless the scenario says another one.
    fn inherit(&mut self, t: TableId, c: ColumnId, target: TableId, key: ColumnId) {
        let says = self.drafts[t].columns[c].spec.as_ref().is_some_and(|spec| spec.sql_type.is_some());
        let Ok(other) = self.drafts.done(target, key) else { return };
        let (ty, declared) = (other.ty.clone(), other.declared().cloned());
        if let Some(own) =
            self.drafts.done_mut(t, c).filter(|own| !says && own.ty == ty && own.declared().is_none())
        {
            own.declared = declared;
        }
    }
}

/// Whether PostgreSQL can compare two columns by the index of the second one.
fn comparable(own: &Column, other: &Column) -> bool {
    let kind = |column: &Column| match column.declared() {
        Some(Declared::Varchar(_) | Declared::Char(_)) | None => None,
        other => other.cloned(),
    };
    let alike = own.ty == other.ty
        || (own.ty.is_integer() && other.ty.is_integer())
        || matches!((&own.ty, &other.ty), (Type::Numeric { .. }, Type::Numeric { .. }));
    alike && kind(own) == kind(other)
}
