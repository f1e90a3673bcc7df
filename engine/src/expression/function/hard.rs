//! Functions that tell the hard moments of a calendar. PostgreSQL has none of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};

use super::{Function, Site, doc};
use crate::calendar::Zone;
use crate::calendar::civil::split_micros;
use crate::calendar::hard::{is_leap_day, is_month_end, is_year_end};
use crate::error::Fault;
use crate::expression::kernel::{Numbers, Value, boolean_rows, union_nulls};
use crate::expression::tree::{Call, Contract, Expression, Form};
use crate::expression::zones::Zones;
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "in_fold",
            "in_fold(instant, zone)",
            "Whether the clocks of the zone show this time twice, be it the first time or the second.",
            "in_fold(timestamptz '2026-10-25 00:30:00+00', 'Europe/Berlin')",
            "true",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| of_instant(site, Zone::is_in_fold),
    },
    Function {
        doc: doc([
            "next_to_gap",
            "next_to_gap(instant, zone)",
            "Whether the clocks of the zone go forward within an hour before or after the instant.",
            "next_to_gap(timestamptz '2026-03-29 00:59:59+00', 'Europe/Berlin')",
            "true",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| of_instant(site, Zone::is_next_to_gap),
    },
    Function {
        doc: doc([
            "hours_of_day",
            "hours_of_day(moment, zone)",
            "How many hours the local day has, as a double: 23 or 25 where clocks change. The moment is an instant, or a date there.",
            "hours_of_day(date '2026-03-29', 'Europe/Berlin')",
            "23",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: hours_of_day,
    },
    Function {
        doc: doc([
            "is_month_end",
            "is_month_end(date)",
            "Whether a date is the last day of its month.",
            "is_month_end(date '2026-02-28')",
            "true",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| of_date(site, is_month_end),
    },
    Function {
        doc: doc([
            "is_leap_day",
            "is_leap_day(date)",
            "Whether a date is a 29 February.",
            "is_leap_day(date '2028-02-29')",
            "true",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| of_date(site, is_leap_day),
    },
    Function {
        doc: doc([
            "is_year_end",
            "is_year_end(date)",
            "Whether a date is a 31 December.",
            "is_year_end(date '2026-12-30')",
            "false",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| of_date(site, is_year_end),
    },
];

/// The names of the functions, none of which PostgreSQL has.
pub(in crate::expression) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.doc.name)
}

fn of_date(mut site: Site, is: fn(i32) -> bool) -> Result<Expression, Fault> {
    match site.ty(0) {
        Type::Timestamp => site.strict(Type::Boolean, move |a, rows| {
            let walls = Numbers::<TimestampMicrosecondType>::of(&a[0]);
            Ok(boolean_rows(a, rows, |row| is(split_micros(walls.get(row)).0)))
        }),
        // The day of an instant is another one in another zone.
        Type::Instant => Err(site
            .wrong(0, "date or timestamp")
            .hint("say where, as in `(at at time zone zone)::date`, or `at::date` for the day in UTC")),
        _ => {
            site.want(0, &Type::Date)?;
            site.strict(Type::Boolean, move |a, rows| {
                let days = Numbers::<Date32Type>::of(&a[0]);
                Ok(boolean_rows(a, rows, |row| is(days.get(row))))
            })
        }
    }
}

fn of_instant(mut site: Site, is: fn(&Zone, i64) -> bool) -> Result<Expression, Fault> {
    site.want(0, &Type::Instant)?;
    let truth = |values: Vec<f64>, nulls| {
        let bits = values.iter().map(|value| *value != 0.0).collect();
        Arc::new(BooleanArray::new(bits, nulls)) as ArrayRef
    };
    in_zone(site, Type::Boolean, instants, move |zone, utc| f64::from(u8::from(is(zone, utc))), truth)
}

fn hours_of_day(mut site: Site) -> Result<Expression, Fault> {
    const HOUR: f64 = 3.6e9;
    let doubles = |values: Vec<f64>, nulls| Arc::new(Float64Array::new(values.into(), nulls)) as ArrayRef;
    let hours = |zone: &Zone, days: i32| zone.length_of_day(days) as f64 / HOUR;
    if site.ty(0) == Type::Instant {
        let day = |zone: &Zone, utc: i64| split_micros(zone.to_local(utc)).0;
        return in_zone(site, Type::Double, instants, move |zone, utc| hours(zone, day(zone, utc)), doubles);
    }
    site.want(0, &Type::Date)?;
    // What is read as days fits them.
    in_zone(site, Type::Double, days, move |zone, day| hours(zone, day as i32), doubles)
}

/// The moments of a column, by row.
type Moments<'a> = Box<dyn Fn(usize) -> i64 + 'a>;

fn instants(a: &Value) -> Moments<'_> {
    let instants = Numbers::<TimestampMicrosecondType>::of(a);
    Box::new(move |row| instants.get(row))
}

fn days(a: &Value) -> Moments<'_> {
    let days = Numbers::<Date32Type>::of(a);
    Box::new(move |row| i64::from(days.get(row)))
}

/// Computes a number for the moment and the zone of each row, the first and the second argument.
fn in_zone(
    mut site: Site,
    ty: Type,
    moments: fn(&Value) -> Moments<'_>,
    f: impl Fn(&Zone, i64) -> f64 + Send + Sync + 'static,
    array: impl Fn(Vec<f64>, Option<NullBuffer>) -> ArrayRef + Send + Sync + 'static,
) -> Result<Expression, Fault> {
    site.want(1, &Type::Text)?;
    if let Some(name) = site.arguments[1].0.constant_text() {
        Zone::named(&name).map_err(|unknown| {
            Fault::at(site.argument_span(1), unknown.to_string()).maybe_hint(unknown.hint)
        })?;
    }
    let (span, form) = (site.span, Form::Function(site.doc.name));
    let nullable = site.arguments.iter().any(|(argument, _)| argument.nullable());
    let arrow = ty.arrow();
    let run = move |a: &[Value], rows: usize| -> Result<ArrayRef, String> {
        if a.iter().any(Value::is_null_scalar) {
            return Ok(arrow::array::new_null_array(&arrow, rows));
        }
        let (moments, nulls) = (moments(&a[0]), union_nulls(a));
        let mut zones = Zones::of(a[1].array(), a[1].is_scalar());
        let mut values = Vec::with_capacity(rows);
        for row in 0..rows {
            let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            values.push(if valid { f(zones.get(row)?, moments(row)) } else { 0.0 });
        }
        Ok(array(values, nulls))
    };
    let arguments = site.arguments.into_iter().map(|(value, _)| value).collect();
    let call = Call { form, arguments, contract: Contract::Native, run: Arc::new(run) };
    Ok(Expression::call(call, ty, nullable, span))
}
