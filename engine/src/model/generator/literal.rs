//! Literal rows: a table written out in the scenario.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, ArrayRef};
use arrow::compute::take;
use arrow::datatypes::UInt32Type;
use arrow::error::ArrowError;
use arrow::row::{Row, RowConverter, SortField};

use super::choice::typed_values;
use super::sql_type;
use crate::error::{Fault, Span};
use crate::expression::{Expression, Source};
use crate::model::resolve::{Resolver, holder};
use crate::model::scope::ConstantScope;
use crate::model::{Column, Recipe};
use crate::scenario::{self, Generator, Key, Node};
use crate::types::Type;

/// The values of one column of literal rows; `None` for NULL.
pub(in crate::model) struct LiteralColumn {
    values: Vec<Option<Key>>,
    quoted: Vec<bool>,
    span: Span,
}

impl Resolver<'_> {
    /// Reads literal rows column by column; the names in the order they first appear.
    pub(in crate::model) fn literal_rows(
        &mut self,
        rows: &[Node],
        columns: &[scenario::Column],
    ) -> (Vec<String>, HashMap<String, LiteralColumn>) {
        let mut names: Vec<String> = Vec::new();
        let mut literal: HashMap<String, LiteralColumn> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let Some(entries) =
                self.faults.keep(scenario::map_of(row, "a literal row", "one value per column"))
            else {
                continue;
            };
            for (key, value) in entries {
                if !value.is_null() && value.scalar().is_none() {
                    let fault = Fault::at(value.span, format!("`{}`: expected a plain value", key.text));
                    self.faults.push(fault.label(format!("found {}", value.describe())));
                    continue;
                }
                let generated = columns
                    .iter()
                    .any(|c| c.name.text == key.text && !matches!(c.spec.generator, Generator::Literal));
                if generated {
                    let fault =
                        Fault::at(key.span, format!("`{}` has literal values and a generator", key.text));
                    self.faults
                        .push(fault.hint("leave one of them out; a literal column may have a `type:` alone"));
                    continue;
                }
                if !literal.contains_key(&key.text) {
                    scenario::check_name(key, "column", &mut self.faults);
                }
                let column = literal.entry(key.text.clone()).or_insert_with(|| {
                    names.push(key.text.clone());
                    LiteralColumn { values: vec![None; rows.len()], quoted: Vec::new(), span: key.span }
                });
                if let Some(scalar) = value.scalar().filter(|_| !value.is_null()) {
                    column.values[i] =
                        Some(Key { text: scalar.text.clone(), span: value.span, quoted: scalar.quoted });
                    column.quoted.push(scalar.quoted);
                }
            }
        }
        (names, literal)
    }

    pub(super) fn literal_column(&mut self, t: usize, c: usize) -> Result<Column, Fault> {
        let draft = &self.drafts[t].columns[c];
        let spec = draft.spec.clone();
        let (name, written) = (draft.name.clone(), draft.written);
        let Some(literal) = self.drafts[t].literal.as_ref().and_then(|l| l.get(&name)) else {
            return Err(Fault::reported());
        };
        let present: Vec<Key> = literal.values.iter().flatten().cloned().collect();
        let wanted = spec.as_ref().and_then(|spec| spec.sql_type.as_ref()).map(sql_type).transpose()?;
        if present.is_empty() && wanted.is_none() {
            return Err(Fault::at(literal.span, format!("column `{name}` is always NULL"))
                .hint(format!("say its type under `columns:`, as in `{name}: {{type: text}}`")));
        }
        let (values, ty) = match &wanted {
            None => typed_values(&present, &literal.quoted),
            Some((wanted, _)) => (self.converted(&present, wanted)?, wanted.clone()),
        };
        let mut next = 0;
        let indices = literal.values.iter().map(|value| {
            value.as_ref().map(|_| {
                next += 1;
                next - 1
            })
        });
        let indices: arrow::array::PrimitiveArray<UInt32Type> = indices.collect();
        let array = take(&values, &indices, None).map_err(|e| Fault::at(literal.span, e.to_string()))?;
        let nullable = array.null_count() > 0;
        let unique = all_distinct(&values).map_err(|e| Fault::at(literal.span, e.to_string()))?;
        if let Some(node) = spec.as_ref().and_then(|spec| spec.null.as_ref()) {
            return Err(Fault::at(node.span, "`null` does not go with literal values")
                .hint("write `null` in the rows that have none"));
        }
        if let Some(span) = spec.as_ref().and_then(|spec| spec.unique).filter(|_| !unique) {
            return Err(Fault::at(span, format!("the literal values of `{name}` are not unique")));
        }
        Ok(Column {
            about: spec.as_ref().and_then(|spec| spec.about.clone()),
            written,
            declared: wanted.and_then(|(_, declared)| declared),
            nullable,
            unique,
            ..Column::hidden(name, ty, Recipe::Literal(holder(array)))
        })
    }

    /// Literal text read as SQL reads a literal of that type.
    fn converted(&self, values: &[Key], ty: &Type) -> Result<ArrayRef, Fault> {
        let mut converted: Vec<ArrayRef> = Vec::new();
        for value in values {
            let sql = format!("cast('{}' as {ty})", value.text.replace('\'', "''"));
            let source = Source { text: &sql, span: value.span, exact: false };
            let read = Expression::compile(&source, &mut ConstantScope { resolver: self })
                .ok()
                .and_then(|e| e.constant());
            let read = read.filter(|array| array.is_valid(0));
            converted.push(read.ok_or_else(|| {
                Fault::at(value.span, format!("expected {ty}")).label(format!("found `{}`", value.text))
            })?);
        }
        let parts: Vec<&dyn Array> = converted.iter().map(AsRef::as_ref).collect();
        if parts.is_empty() {
            return Ok(arrow::array::new_empty_array(&ty.arrow()));
        }
        arrow::compute::concat(&parts).map_err(|e| Fault::setting(e.to_string()))
    }
}

/// Whether no value occurs twice, compared as values and not as they are written.
fn all_distinct(values: &ArrayRef) -> Result<bool, ArrowError> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(values))?;
    let distinct: HashSet<Row> = rows.iter().collect();
    Ok(distinct.len() == values.len())
}
