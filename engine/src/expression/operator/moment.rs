//! Sums and differences of dates, clocks and intervals.

use arrow::datatypes::{
    Date32Type, Float64Type, Int32Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    Time64MicrosecondType, TimestampMicrosecondType,
};

use super::arithmetic::{Arithmetic, DIVISION_BY_ZERO, infix, no_operator};
use crate::calendar::civil::{MICROS_PER_DAY, add_interval_micros};
use crate::error::{Fault, Span};
use crate::expression::cast::unify;
use crate::expression::decimal::out_of_range;
use crate::expression::kernel::{checked_map2, map2, try_map2};
use crate::expression::tree::Expression;
use crate::types::Type;

/// Dates, clocks and intervals.
pub(super) fn moments(
    op: Arithmetic,
    left: Expression,
    right: Expression,
    span: Span,
) -> Result<Expression, Fault> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use Type::{Date, Instant, Integer, Interval, SmallInt, Time, Timestamp};
    match (op, left.ty.clone(), right.ty.clone()) {
        // Sums are the same from both sides; the moment comes first.
        (Add, Integer | SmallInt, Date)
        | (Add, Interval, Date | Timestamp | Instant | Time)
        | (Add, Time, Date) => moments(op, right, left, span),
        (Multiply, ty, Interval | Time) if ty.is_number() => moments(op, right, left, span),
        // A time is an interval where only an interval can stand.
        (Add, Time, Timestamp | Instant) => moments(op, right, left, span),
        (Add | Subtract, Timestamp | Instant, Time) | (Subtract, Interval | Date, Time) => {
            moments(op, left, right.widen(&Interval, span)?, span)
        }
        (Multiply | Divide, Time, ty) if ty.is_number() => {
            moments(op, left.widen(&Interval, span)?, right, span)
        }
        (Add | Subtract, Date, Integer | SmallInt) => {
            let right = right.widen(&Integer, span)?;
            infix(op, left, right, Date, span, move |a, rows| {
                checked_map2::<Date32Type, Int32Type, Date32Type>(
                    &a[0],
                    &a[1],
                    &Date.arrow(),
                    rows,
                    |date, days| {
                        if op == Add { date.overflowing_add(days) } else { date.overflowing_sub(days) }
                    },
                    |_, _| out_of_range(&Date),
                )
            })
        }
        (Subtract, Date, Date) => infix(op, left, right, Integer, span, |a, rows| {
            checked_map2::<Date32Type, Date32Type, Int32Type>(
                &a[0],
                &a[1],
                &Integer.arrow(),
                rows,
                i32::overflowing_sub,
                |_, _| out_of_range(&Integer),
            )
        }),
        (Add, Date, Time) => {
            let (left, right) = (left.widen(&Timestamp, span)?, right.widen(&Interval, span)?);
            moments(op, left, right, span)
        }
        (Add | Subtract, Date, Interval) => moments(op, left.widen(&Timestamp, span)?, right, span),
        (Add | Subtract, ty @ (Timestamp | Instant), Interval) => {
            let sign = if op == Add { 1 } else { -1 };
            infix(op, left, right, ty.clone(), span, move |a, rows| {
                try_map2::<TimestampMicrosecondType, IntervalMonthDayNanoType, TimestampMicrosecondType>(
                    &a[0],
                    &a[1],
                    &ty.arrow(),
                    rows,
                    |micros, by| {
                        let by = scale_exact(by, sign).ok_or_else(|| out_of_range(&Interval))?;
                        add_interval_micros(micros, by.months, by.days, by.nanoseconds)
                            .ok_or_else(|| out_of_range(&ty))
                    },
                )
            })
        }
        (Add | Subtract, Time, Interval) => infix(op, left, right, Time, span, move |a, rows| {
            Ok(map2::<Time64MicrosecondType, IntervalMonthDayNanoType, Time64MicrosecondType>(
                &a[0],
                &a[1],
                &Time.arrow(),
                rows,
                |micros, by| {
                    let by = by.nanoseconds / 1000;
                    // Neither side exceeds i64::MAX / 1000 + a day.
                    (if op == Add { micros + by } else { micros - by }).rem_euclid(MICROS_PER_DAY)
                },
            ))
        }),
        (Subtract, Time, Time) => {
            let (left, right) = (left.widen(&Interval, span)?, right.widen(&Interval, span)?);
            moments(op, left, right, span)
        }
        (Subtract, Timestamp | Instant | Date, Timestamp | Instant | Date) => {
            let (left, right) = unify(left, span, right, span)?;
            infix(op, left, right, Interval, span, |a, rows| {
                try_map2::<TimestampMicrosecondType, TimestampMicrosecondType, IntervalMonthDayNanoType>(
                    &a[0],
                    &a[1],
                    &Interval.arrow(),
                    rows,
                    |x, y| {
                        let micros = x.checked_sub(y).ok_or_else(|| out_of_range(&Interval))?;
                        let days =
                            i32::try_from(micros / MICROS_PER_DAY).map_err(|_| out_of_range(&Interval))?;
                        Ok(IntervalMonthDayNano::new(0, days, micros % MICROS_PER_DAY * 1000))
                    },
                )
            })
        }
        (Add | Subtract, Interval, Interval) => infix(op, left, right, Interval, span, move |a, rows| {
            try_map2::<IntervalMonthDayNanoType, IntervalMonthDayNanoType, IntervalMonthDayNanoType>(
                &a[0],
                &a[1],
                &Interval.arrow(),
                rows,
                |x, y| {
                    let sum = |y: IntervalMonthDayNano| {
                        Some(IntervalMonthDayNano::new(
                            x.months.checked_add(y.months)?,
                            x.days.checked_add(y.days)?,
                            x.nanoseconds.checked_add(y.nanoseconds)?,
                        ))
                    };
                    scale_exact(y, if op == Add { 1 } else { -1 })
                        .and_then(sum)
                        .ok_or_else(|| out_of_range(&Interval))
                },
            )
        }),
        (Multiply | Divide, Interval, ty) if ty.is_number() => {
            let right = right.widen(&Type::Double, span)?;
            infix(op, left, right, Interval, span, move |a, rows| {
                try_map2::<IntervalMonthDayNanoType, Float64Type, IntervalMonthDayNanoType>(
                    &a[0],
                    &a[1],
                    &Interval.arrow(),
                    rows,
                    |interval, factor| {
                        if op == Divide && factor == 0.0 {
                            return Err(DIVISION_BY_ZERO.to_owned());
                        }
                        scale_interval(
                            interval,
                            |part| if op == Multiply { part * factor } else { part / factor },
                        )
                    },
                )
            })
        }
        _ => Err(no_operator(op, &left, &right, span)),
    }
}

pub(super) fn scale_exact(interval: IntervalMonthDayNano, by: i32) -> Option<IntervalMonthDayNano> {
    Some(IntervalMonthDayNano::new(
        interval.months.checked_mul(by)?,
        interval.days.checked_mul(by)?,
        interval.nanoseconds.checked_mul(i64::from(by))?,
    ))
}

/// Scales the three parts, as PostgreSQL's `interval_mul`: a fraction of a month becomes days of a month of 30, a
/// fraction of a day becomes time, whole days in that time count as days.
fn scale_interval(
    interval: IntervalMonthDayNano,
    scale: impl Fn(f64) -> f64,
) -> Result<IntervalMonthDayNano, String> {
    let whole = |value: f64, limit: f64| {
        if value.abs() < limit { Ok(value) } else { Err(out_of_range(&Type::Interval)) }
    };
    const LIMIT: f64 = 2_147_483_648.0;
    // To the microsecond of a day, which hides the error of the multiplication before it.
    let tidy = |fraction: f64| libm::rint(fraction * 1e6) / 1e6;
    let months = scale(f64::from(interval.months));
    let days = scale(f64::from(interval.days));
    let (whole_months, whole_days) = (libm::trunc(whole(months, LIMIT)?), libm::trunc(whole(days, LIMIT)?));
    let days_of_month = tidy((months - whole_months) * 30.0);
    let whole_days_of_month = libm::trunc(days_of_month);
    let mut seconds = tidy((days - whole_days + (days_of_month - whole_days_of_month)) * 86_400.0);
    let mut carried = 0.0;
    if seconds.abs() >= 86_400.0 {
        carried = libm::trunc(seconds / 86_400.0);
        seconds -= carried * 86_400.0;
    }
    let micros = libm::rint(scale((interval.nanoseconds / 1000) as f64) + seconds * 1e6);
    let nanos = whole(micros, 9.2e15)? as i64 * 1000;
    let days = whole(whole_days + whole_days_of_month + carried, LIMIT)? as i32;
    Ok(IntervalMonthDayNano::new(whole_months as i32, days, nanos))
}
