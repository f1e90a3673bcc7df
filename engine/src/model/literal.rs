//! Literal rows: a table written out in the scenario.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray, UInt32Array, make_comparator};
use arrow::compute::{SortOptions, take};
use arrow::error::ArrowError;

use super::Column;
use super::column::sql_type;
use super::constants::{ConstantScope, Constants};
use super::drafts::ColumnDraft;
use super::number::{Misfit, Number};
use super::scope::MadeScope;
use super::written::kept;
use crate::error::{Fault, Faults, Span};
use crate::expression::{Expression, Source};
use crate::generators::{Literal, too_long, typed_values};
use crate::scenario::{self, Generator, Key, MAX_COLUMNS, Node};
use crate::types::Type;

/// The most values of literal rows in a scenario, NULLs where a row does not name a column among them.
const MOST_VALUES: usize = 2_000_000;

/// The values of one column of literal rows, with the numbers of their rows; the other rows are NULL.
pub(crate) struct LiteralColumn {
    values: Vec<(u32, Key)>,
    rows: usize,
    quoted: Vec<bool>,
    span: Span,
}

/// The literal rows of a scenario's tables, counted together.
#[derive(Default)]
pub(super) struct LiteralRows {
    /// Values so far.
    values: usize,
}

impl LiteralRows {
    /// Reads the rows of a table column by column; the names in the order they first appear.
    pub(super) fn read(
        &mut self,
        rows: &[Node],
        columns: &[scenario::Column],
        faults: &mut Faults,
    ) -> (Vec<String>, HashMap<String, LiteralColumn>) {
        let mut names: Vec<String> = Vec::new();
        let mut literal: HashMap<String, LiteralColumn> = HashMap::new();
        let generated: HashSet<&str> = columns
            .iter()
            .filter(|c| !matches!(c.spec.generator, Generator::Literal))
            .map(|c| c.name.text.as_str())
            .collect();
        // A scenario has fewer rows than 2^32.
        for (i, row) in (0u32..).zip(rows) {
            let Some(entries) = faults.keep(scenario::map_of(row, "a literal row", "one value per column"))
            else {
                continue;
            };
            for (key, value) in entries {
                if !value.is_null() && value.scalar().is_none() {
                    let fault = Fault::at(value.span, format!("`{}`: expected a plain value", key.text));
                    faults.push(fault.label(format!("found {}", value.describe())));
                    continue;
                }
                if generated.contains(key.text.as_str()) {
                    let fault =
                        Fault::at(key.span, format!("`{}` has literal values and a generator", key.text));
                    faults
                        .push(fault.hint("leave one of them out; a literal column may have a `type:` alone"));
                    continue;
                }
                if !literal.contains_key(&key.text) {
                    if let Err(fault) = self.another(names.len(), rows.len(), key) {
                        faults.push(fault);
                        return (names, literal);
                    }
                    scenario::check_name(key, "column", faults);
                }
                let column = literal.entry(key.text.clone()).or_insert_with(|| {
                    names.push(key.text.clone());
                    let (values, quoted) = (Vec::new(), Vec::new());
                    LiteralColumn { values, rows: rows.len(), quoted, span: key.span }
                });
                if let Some(scalar) = value.scalar().filter(|_| !value.is_null()) {
                    let key = Key { text: scalar.text.clone(), span: value.span, quoted: scalar.quoted };
                    column.values.push((i, key));
                    column.quoted.push(scalar.quoted);
                }
            }
        }
        (names, literal)
    }

    /// Whether there may be one more column of literal rows.
    fn another(&mut self, columns: usize, rows: usize, key: &Key) -> Result<(), Fault> {
        if columns >= MAX_COLUMNS {
            return Err(Fault::at(key.span, format!("more than {MAX_COLUMNS} columns")));
        }
        self.values += rows;
        if self.values > MOST_VALUES {
            let message = format!("literal rows with more than {MOST_VALUES} values in all");
            return Err(Fault::at(key.span, message)
                .label("a column has a value in every row, NULL where none is written"));
        }
        Ok(())
    }
}

impl LiteralColumn {
    /// The column, as its draft describes it.
    ///
    /// # Errors
    /// Values that are none of the type asked for, or not unique.
    pub(super) fn column(&self, draft: &ColumnDraft, constants: &Constants) -> Result<Column, Fault> {
        let ColumnDraft { name, written, spec, .. } = draft;
        let spec = spec.as_ref();
        let present: Vec<Key> = self.values.iter().map(|(_, key)| key.clone()).collect();
        let wanted = spec.and_then(|spec| spec.sql_type.as_ref()).map(sql_type).transpose()?;
        if present.is_empty() && wanted.is_none() {
            return Err(Fault::at(self.span, format!("column `{name}` is always NULL"))
                .hint(format!("say its type under `columns:`, as in `{name}: {{type: text}}`")));
        }
        let (values, ty) = match &wanted {
            None => match too_long(&present, &self.quoted) {
                Some(fault) => return Err(fault),
                None => typed_values(&present, &self.quoted),
            },
            Some((wanted, _)) => (converted(&present, wanted, constants)?, wanted.clone()),
        };
        let mut indices: Vec<Option<u32>> = vec![None; self.rows];
        for (value, (row, _)) in (0..).zip(&self.values) {
            indices[*row as usize] = Some(value);
        }
        let indices = UInt32Array::from(indices);
        let array = take(&values, &indices, None).map_err(|e| Fault::at(self.span, e.to_string()))?;
        let nullable = array.null_count() > 0;
        let unique = all_distinct(&values).map_err(|e| Fault::at(self.span, e.to_string()))?;
        if let Some(node) = spec.and_then(|spec| spec.null.as_ref()) {
            return Err(Fault::at(node.span, "`null` does not go with literal values")
                .hint("write `null` in the rows that have none"));
        }
        if let Some(span) = spec.and_then(|spec| spec.unique).filter(|_| !unique) {
            return Err(Fault::at(span, format!("the literal values of `{name}` are not unique")));
        }
        Ok(Column {
            about: spec.and_then(|spec| spec.about.clone()),
            written: *written,
            declared: wanted.and_then(|(_, declared)| declared),
            nullable,
            unique,
            ..Column::hidden(name.clone(), ty, Literal::new(array))
        })
    }
}

/// Literal text read as SQL reads a literal of that type.
pub(crate) fn converted(values: &[Key], ty: &Type, constants: &Constants) -> Result<ArrayRef, Fault> {
    // All at once, or else one by one, to find the one that is wrong.
    let sql = format!("cast(made as {ty})");
    let source = Source { text: &sql, span: Span::default(), exact: false };
    if let Ok(cast) = Expression::compile(&source, &mut MadeScope { ty: &Type::Text }) {
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(values.iter().map(|key| &key.text)));
        let all = cast.evaluate(&[texts], values.len());
        if let Some(all) = all.ok().filter(|all| all.null_count() == 0 && *all.data_type() == ty.arrow()) {
            let mut written = values.iter().enumerate();
            written.try_for_each(|(at, value)| kept(&value.text, &all, at, ty, value.span))?;
            return Ok(all);
        }
    }
    let mut converted: Vec<ArrayRef> = Vec::new();
    for value in values {
        if let Type::Numeric { scale, .. } = ty
            && Number::read(&value.text).is_some_and(|n| n.at_scale(*scale) == Err(Misfit::Fraction))
        {
            return Err(Fault::at(value.span, format!("more than {scale} digits after the point"))
                .label(format!("expected {ty}, found `{}`", value.text)));
        }
        let sql = format!("cast('{}' as {ty})", value.text.replace('\'', "''"));
        let source = Source { text: &sql, span: value.span, exact: false };
        let read =
            Expression::compile(&source, &mut ConstantScope { constants }).ok().and_then(|e| e.constant());
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

/// Whether no value occurs twice, compared as values and not as they are written.
fn all_distinct(values: &ArrayRef) -> Result<bool, ArrowError> {
    let compare = make_comparator(values, values, SortOptions::default())?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| compare(*a, *b));
    Ok(order.windows(2).all(|pair| compare(pair[0], pair[1]).is_ne()))
}
