//! Literal rows: a table written out in the scenario.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array, UInt64Array, make_comparator};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::choose::{too_long, typed_values};
use super::facts::{ANY_NUMBER, longest_of};
use super::shown::values;
use super::{Ends, Prepared, Shown, Texts};
use crate::error::{Fault, Span, ValueError};
use crate::expression::{Expression, Source};
use crate::model::column::sql_type;
use crate::model::number::{Misfit, Number};
use crate::model::resolve::Resolver;
use crate::model::scope::{ConstantScope, MadeScope};
use crate::model::written::kept;
use crate::model::{Column, Values};
use crate::rows::{Frame, Rows};
use crate::scenario::{self, Generator, Key, MAX_COLUMNS, Node};
use crate::types::Type;

/// The values themselves, row by row.
#[derive(Debug)]
pub(crate) struct Literal {
    values: Values,
}

impl Prepared for Literal {
    fn values(&self, frame: &Frame, _: &Column) -> Result<ArrayRef, ValueError> {
        let values = &self.values.0;
        Ok(match &frame.rows {
            Rows::Range(range) => values.slice(range.start as usize, (range.end - range.start) as usize),
            Rows::Picked(rows) => {
                let index = UInt64Array::from_iter_values(rows.iter().copied());
                take(values, &index, None).expect("a frame has only rows that exist, and each has its values")
            }
        })
    }

    fn explain(&self, _: &Shown) -> String {
        format!("literal {}", values(&self.values.0))
    }

    fn inputs(&self) -> Vec<usize> {
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Known(self.values.0.clone())
    }

    fn bounds(&self) -> (f64, f64) {
        ANY_NUMBER
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        longest_of(&self.values.0)
    }

    fn texts(&self) -> Texts<'_> {
        match self.values.0.data_type() {
            DataType::Utf8 => Texts::Listed(self.values.0.as_string::<i32>().iter().flatten().collect()),
            _ => Texts::Unknown,
        }
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<usize>> {
        None
    }

    fn is_independent(&self) -> bool {
        false
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

/// The most values of literal rows in a scenario, NULLs where a row does not name a column among them.
const MOST_VALUES: usize = 2_000_000;

/// The values of one column of literal rows, with the numbers of their rows; the other rows are NULL.
pub(crate) struct LiteralColumn {
    values: Vec<(u32, Key)>,
    rows: usize,
    quoted: Vec<bool>,
    span: Span,
}

impl Resolver<'_> {
    /// Reads literal rows column by column; the names in the order they first appear.
    pub(crate) fn literal_rows(
        &mut self,
        rows: &[Node],
        columns: &[scenario::Column],
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
                if generated.contains(key.text.as_str()) {
                    let fault =
                        Fault::at(key.span, format!("`{}` has literal values and a generator", key.text));
                    self.faults
                        .push(fault.hint("leave one of them out; a literal column may have a `type:` alone"));
                    continue;
                }
                if !literal.contains_key(&key.text) {
                    if let Err(fault) = self.another_literal(names.len(), rows.len(), key) {
                        self.faults.push(fault);
                        return (names, literal);
                    }
                    scenario::check_name(key, "column", &mut self.faults);
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
    fn another_literal(&mut self, columns: usize, rows: usize, key: &Key) -> Result<(), Fault> {
        if columns >= MAX_COLUMNS {
            return Err(Fault::at(key.span, format!("more than {MAX_COLUMNS} columns")));
        }
        self.literal_values += rows;
        if self.literal_values > MOST_VALUES {
            let message = format!("literal rows with more than {MOST_VALUES} values in all");
            return Err(Fault::at(key.span, message)
                .label("a column has a value in every row, NULL where none is written"));
        }
        Ok(())
    }

    pub(crate) fn literal_column(&mut self, t: usize, c: usize) -> Result<Column, Fault> {
        let draft = &self.drafts[t].columns[c];
        let spec = draft.spec.clone();
        let (name, written) = (draft.name.clone(), draft.written);
        let Some(literal) = self.drafts[t].literal.as_ref().and_then(|l| l.get(&name)) else {
            return Err(Fault::reported());
        };
        let present: Vec<Key> = literal.values.iter().map(|(_, key)| key.clone()).collect();
        let wanted = spec.as_ref().and_then(|spec| spec.sql_type.as_ref()).map(sql_type).transpose()?;
        if present.is_empty() && wanted.is_none() {
            return Err(Fault::at(literal.span, format!("column `{name}` is always NULL"))
                .hint(format!("say its type under `columns:`, as in `{name}: {{type: text}}`")));
        }
        let (values, ty) = match &wanted {
            None => match too_long(&present, &literal.quoted) {
                Some(fault) => return Err(fault),
                None => typed_values(&present, &literal.quoted),
            },
            Some((wanted, _)) => (self.converted(&present, wanted)?, wanted.clone()),
        };
        let mut indices: Vec<Option<u32>> = vec![None; literal.rows];
        for (value, (row, _)) in (0..).zip(&literal.values) {
            indices[*row as usize] = Some(value);
        }
        let indices = UInt32Array::from(indices);
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
            ..Column::hidden(name, ty, Literal { values: Values::new(array) })
        })
    }

    /// Literal text read as SQL reads a literal of that type.
    fn converted(&self, values: &[Key], ty: &Type) -> Result<ArrayRef, Fault> {
        // All at once, or else one by one, to find the one that is wrong.
        let sql = format!("cast(made as {ty})");
        let source = Source { text: &sql, span: Span::default(), exact: false };
        if let Ok(cast) = Expression::compile(&source, &mut MadeScope { ty: &Type::Text }) {
            let texts: ArrayRef = Arc::new(StringArray::from_iter_values(values.iter().map(|key| &key.text)));
            let all = cast.evaluate(&[texts], values.len());
            if let Some(all) = all.ok().filter(|all| all.null_count() == 0 && *all.data_type() == ty.arrow())
            {
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
    let compare = make_comparator(values, values, SortOptions::default())?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| compare(*a, *b));
    Ok(order.windows(2).all(|pair| compare(pair[0], pair[1]).is_ne()))
}
