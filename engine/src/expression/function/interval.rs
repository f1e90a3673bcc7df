//! Functions that count in intervals: ages, bins, and parts that become larger ones.

use arrow::datatypes::{Int32Type, IntervalMonthDayNano, IntervalMonthDayNanoType, TimestampMicrosecondType};

use super::{Function, Site, doc};
use crate::calendar::civil::{
    MAX_MICROS, MICROS_PER_DAY, MIN_MICROS, civil_from_days, days_from_civil, split_micros,
};
use crate::error::Fault;
use crate::expression::decimal::out_of_range;
use crate::expression::kernel::{Numbers, number_rows, try_map, try_map2};
use crate::expression::tree::Expression;
use crate::types::Type;

const NANOS_PER_DAY: i64 = MICROS_PER_DAY * 1000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "age",
            "age(moment, earlier)",
            "The time between two moments in years, months, days and hours of the calendar.",
            "age(timestamp '2026-04-13', timestamp '1997-06-23')",
            "28 years 9 mons 20 days",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            let ty = moments(&mut site, 0, 1)?;
            site.wants(&[ty.clone(), ty])?;
            site.strict(Type::Interval, |a, rows| {
                try_map2::<TimestampMicrosecondType, TimestampMicrosecondType, IntervalMonthDayNanoType>(
                    &a[0],
                    &a[1],
                    &Type::Interval.arrow(),
                    rows,
                    |later, earlier| Ok(age(later, earlier)),
                )
            })
        },
    },
    Function {
        doc: doc([
            "date_bin",
            "date_bin(width, moment, origin)",
            "The beginning of the bin the moment lies in, of bins of one width counted from an origin.",
            "date_bin('15 minutes', timestamp '2026-04-13 15:44:17', timestamp '2001-01-01')",
            "2026-04-13 15:30:00",
        ]),
        aliases: &[],
        arity: (3, 3),
        build: |mut site| {
            let ty = moments(&mut site, 1, 2)?;
            site.wants(&[Type::Interval, ty.clone(), ty.clone()])?;
            let arrow = ty.arrow();
            let beyond = out_of_range(&ty);
            site.strict(ty, move |a, rows| {
                let width = Numbers::<IntervalMonthDayNanoType>::of(&a[0]);
                let [moment, origin] = [1, 2].map(|i| Numbers::<TimestampMicrosecondType>::of(&a[i]));
                number_rows::<TimestampMicrosecondType>(a, &arrow, rows, |row| {
                    let width = width.get(row);
                    if width.months != 0 {
                        return Err("timestamps cannot be binned into intervals containing months or years"
                            .to_owned());
                    }
                    let width = i64::from(width.days) * MICROS_PER_DAY + width.nanoseconds / 1000;
                    if width <= 0 {
                        return Err("stride must be greater than zero".to_owned());
                    }
                    let (moment, origin) = (moment.get(row), origin.get(row));
                    let since = moment.checked_sub(origin).ok_or_else(|| out_of_range(&Type::Interval))?;
                    let bin = moment.checked_sub(since.rem_euclid(width));
                    bin.filter(|bin| (MIN_MICROS..=MAX_MICROS).contains(bin)).ok_or_else(|| beyond.clone())
                })
            })
        },
    },
    Function {
        doc: doc([
            "justify_days",
            "justify_days(interval)",
            "The interval with 30 days as a month.",
            "justify_days(interval '65 days')",
            "2 mons 5 days",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| justified(site, days),
    },
    Function {
        doc: doc([
            "justify_hours",
            "justify_hours(interval)",
            "The interval with 24 hours as a day.",
            "justify_hours(interval '50 hours 10 minutes')",
            "2 days 02:10:00",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| justified(site, hours),
    },
    Function {
        doc: doc([
            "justify_interval",
            "justify_interval(interval)",
            "The interval with 24 hours as a day and 30 days as a month, all parts with one sign.",
            "justify_interval(interval '1 mon -1 hour')",
            "29 days 23:00:00",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| justified(site, interval),
    },
    Function {
        doc: doc([
            "make_interval",
            "make_interval(years, months, weeks, days, hours, minutes, seconds)",
            "The interval of up to seven numbers; the seconds may have a fraction.",
            "make_interval(0, 1, 0, 10)",
            "1 mon 10 days",
        ]),
        aliases: &[],
        arity: (0, 7),
        build: make_interval,
    },
];

/// The type of two moments: instants when one of them is.
fn moments(site: &mut Site, first: usize, second: usize) -> Result<Type, Fault> {
    let mut instants = true;
    for i in [first, second] {
        let ty = site.ty(i);
        let is_moment = matches!(ty, Type::Date | Type::Timestamp | Type::Instant);
        if !is_moment && !site.arguments[i].0.is_untyped() {
            return Err(site.wrong(i, "date, timestamp or timestamptz"));
        }
        instants &= ty != Type::Timestamp;
    }
    let some_instant = [first, second].into_iter().any(|i| site.ty(i) == Type::Instant);
    Ok(if some_instant || instants { Type::Instant } else { Type::Timestamp })
}

/// The months, days and time from one moment to another, borrowing days from the month that the earlier one lies in.
fn age(moment: i64, other: i64) -> IntervalMonthDayNano {
    let (later, earlier) = (moment.max(other), moment.min(other));
    let ((later_day, later_time), (earlier_day, earlier_time)) = (split_micros(later), split_micros(earlier));
    let (y1, m1, d1) = civil_from_days(later_day);
    let (y2, m2, d2) = civil_from_days(earlier_day);
    let mut time = later_time - earlier_time;
    let mut days = d1.cast_signed() - d2.cast_signed();
    let mut months = (y1 - y2) * 12 + m1.cast_signed() - m2.cast_signed();
    if time < 0 {
        time += MICROS_PER_DAY;
        days -= 1;
    }
    while days < 0 {
        // PostgreSQL asks the month of its second argument, where that is earlier, and of its first where not: the
        // earlier one either way.
        let next = if m2 == 12 { days_from_civil(y2 + 1, 1, 1) } else { days_from_civil(y2, m2 + 1, 1) };
        days += next - days_from_civil(y2, m2, 1);
        months -= 1;
    }
    let sign = if moment < other { -1 } else { 1 };
    IntervalMonthDayNano::new(sign * months, sign * days, i64::from(sign) * time * 1000)
}

fn justified(
    mut site: Site,
    f: fn(IntervalMonthDayNano) -> Option<IntervalMonthDayNano>,
) -> Result<Expression, Fault> {
    site.want(0, &Type::Interval)?;
    site.strict(Type::Interval, move |a, _| {
        try_map::<IntervalMonthDayNanoType, IntervalMonthDayNanoType>(
            &a[0],
            &Type::Interval.arrow(),
            |value| f(value).ok_or_else(|| out_of_range(&Type::Interval)),
        )
    })
}

fn days(value: IntervalMonthDayNano) -> Option<IntervalMonthDayNano> {
    let mut months = value.months.checked_add(value.days / 30)?;
    let mut days = value.days % 30;
    if months > 0 && days < 0 {
        (months, days) = (months - 1, days + 30);
    } else if months < 0 && days > 0 {
        (months, days) = (months + 1, days - 30);
    }
    Some(IntervalMonthDayNano::new(months, days, value.nanoseconds))
}

fn hours(value: IntervalMonthDayNano) -> Option<IntervalMonthDayNano> {
    let whole = i32::try_from(value.nanoseconds / NANOS_PER_DAY).ok()?;
    let mut days = value.days.checked_add(whole)?;
    let mut nanos = value.nanoseconds % NANOS_PER_DAY;
    if days > 0 && nanos < 0 {
        (days, nanos) = (days - 1, nanos + NANOS_PER_DAY);
    } else if days < 0 && nanos > 0 {
        (days, nanos) = (days + 1, nanos - NANOS_PER_DAY);
    }
    Some(IntervalMonthDayNano::new(value.months, days, nanos))
}

fn interval(value: IntervalMonthDayNano) -> Option<IntervalMonthDayNano> {
    // In wider numbers nothing overflows on the way.
    let mut days = i64::from(value.days) + value.nanoseconds / NANOS_PER_DAY;
    let mut nanos = value.nanoseconds % NANOS_PER_DAY;
    let mut months = i64::from(value.months) + days / 30;
    days %= 30;
    if months > 0 && (days < 0 || (days == 0 && nanos < 0)) {
        (months, days) = (months - 1, days + 30);
    } else if months < 0 && (days > 0 || (days == 0 && nanos > 0)) {
        (months, days) = (months + 1, days - 30);
    }
    if days > 0 && nanos < 0 {
        (days, nanos) = (days - 1, nanos + NANOS_PER_DAY);
    } else if days < 0 && nanos > 0 {
        (days, nanos) = (days + 1, nanos - NANOS_PER_DAY);
    }
    Some(IntervalMonthDayNano::new(i32::try_from(months).ok()?, i32::try_from(days).ok()?, nanos))
}

fn make_interval(mut site: Site) -> Result<Expression, Fault> {
    let types = [
        Type::Integer,
        Type::Integer,
        Type::Integer,
        Type::Integer,
        Type::Integer,
        Type::Integer,
        Type::Double,
    ];
    site.wants(&types)?;
    site.strict(Type::Interval, |a, rows| {
        let whole: Vec<_> = a.iter().take(6).map(Numbers::<Int32Type>::of).collect();
        let seconds = a.get(6).map(Numbers::<arrow::datatypes::Float64Type>::of);
        number_rows::<IntervalMonthDayNanoType>(a, &Type::Interval.arrow(), rows, |row| {
            let beyond = || out_of_range(&Type::Interval);
            let part = |i: usize| whole.get(i).map_or(0, |numbers| i64::from(numbers.get(row)));
            let months = i32::try_from(part(0) * 12 + part(1)).map_err(|_| beyond())?;
            let days = i32::try_from(part(2) * 7 + part(3)).map_err(|_| beyond())?;
            let seconds = seconds.as_ref().map_or(0.0, |seconds| seconds.get(row));
            let micros = libm::rint(seconds * 1e6);
            // The bounds are those of nanoseconds in 64 bits.
            if micros.is_nan() || micros.abs() > 9.2e15 {
                return Err(beyond());
            }
            let nanos = i128::from((part(4) * 60 + part(5)) * 60) * 1_000_000_000 + micros as i128 * 1000;
            let nanos = i64::try_from(nanos).map_err(|_| beyond())?;
            Ok(IntervalMonthDayNano::new(months, days, nanos))
        })
    })
}
