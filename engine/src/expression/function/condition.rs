//! Functions that choose among their arguments.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{nullif, prep_null_mask_filter, zip};

use super::{Function, MANY, Site, doc};
use crate::error::Fault;
use crate::expression::cast::unify_all;
use crate::expression::kernel::Value;
use crate::expression::operator::{Comparison, comparable, compare, compare_values};
use crate::expression::tree::{Call, Contract, Expression, Form};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "coalesce",
            "coalesce(value, …)",
            "The first value that is not NULL.",
            "coalesce(null, 5, 7)",
            "5",
        ]),
        aliases: &[],
        arity: (1, MANY),
        build: |site| {
            let span = site.span;
            Ok(Expression::coalesce(unify_all(site.arguments)?, span))
        },
    },
    Function {
        doc: doc([
            "nullif",
            "nullif(value, other)",
            "NULL when both are equal, otherwise the value.",
            "nullif('none', 'none')",
            "null",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: nullif_call,
    },
    Function {
        doc: doc([
            "greatest",
            "greatest(value, …)",
            "The largest value; NULLs are left out.",
            "greatest(3, 17, 8)",
            "17",
        ]),
        aliases: &[],
        arity: (1, MANY),
        build: |site| extreme(site, Comparison::Greater),
    },
    Function {
        doc: doc([
            "least",
            "least(value, …)",
            "The smallest value; NULLs are left out.",
            "least(3, 17, 8)",
            "3",
        ]),
        aliases: &[],
        arity: (1, MANY),
        build: |site| extreme(site, Comparison::Less),
    },
];

fn nullif_call(site: Site) -> Result<Expression, Fault> {
    let span = site.span;
    let name = site.doc.name;
    let value = site.arguments[0].0.clone();
    let value = if value.is_untyped() { value.cast_to(&Type::Text, span)? } else { value };
    let [first, second] = [site.arguments[0].clone(), site.arguments[1].clone()];
    let equal = compare(Comparison::Equal, first, second, span)?;
    let ty = value.ty().clone();
    let call = Call {
        form: Form::Function(name),
        arguments: vec![value, equal],
        contract: Contract::Native,
        run: Arc::new(|a, rows| {
            // The kernel blanks where the condition is true; NULL in the condition keeps the value.
            let (value, equal) = (a[0].clone().into_array(rows)?, a[1].clone().into_array(rows)?);
            let equal = equal.as_boolean();
            let equal = if equal.null_count() > 0 { &prep_null_mask_filter(equal) } else { equal };
            nullif(&value, equal).map_err(|e| e.to_string())
        }),
    };
    Ok(Expression::call(call, ty, true, span))
}

/// Keeps the best so far and replaces it where the next one wins, or where there is nothing yet.
fn extreme(site: Site, wins: Comparison) -> Result<Expression, Fault> {
    let span = site.span;
    let form = Form::Function(site.doc.name);
    let arguments = unify_all(site.arguments)?;
    let ty = comparable(arguments[0].ty(), span)?;
    let nullable = arguments.iter().all(Expression::nullable);
    let element = ty.clone();
    let run = move |a: &[Value], rows: usize| {
        let mut best = a[0].clone();
        for next in &a[1..] {
            if next.is_null_scalar() {
                continue;
            }
            if best.is_null_scalar() {
                best = next.clone();
                continue;
            }
            let better = compare_values(wins, &element, &[next.clone(), best.clone()], rows)?;
            // Where one side is NULL the comparison is, and the other side is taken.
            let better = better.as_boolean();
            let missing = best.nulls();
            let scalar = best.is_scalar();
            let take_next = BooleanBuffer::collect_bool(better.len(), |row| {
                if better.is_null(row) {
                    missing.as_ref().is_some_and(|nulls| nulls.is_null(if scalar { 0 } else { row }))
                } else {
                    better.value(row)
                }
            });
            let chosen = zip(&BooleanArray::new(take_next, None), next, &best).map_err(|e| e.to_string())?;
            best = if next.is_scalar() && best.is_scalar() {
                Value::scalar(chosen)
            } else {
                Value::Array(chosen)
            };
        }
        best.into_array(rows)
    };
    Ok(Expression::call(
        Call { form, arguments, contract: Contract::Total, run: Arc::new(run) },
        ty,
        nullable,
        span,
    ))
}
