//! Functions of dates, clocks and intervals; the zone of the session is UTC.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::format;
use super::{Function, Site, doc};
use crate::calendar::civil::{
    MAX_MICROS, MICROS_PER_DAY, MIN_MICROS, civil_from_days, day_of_year, days_from_civil, is_date, iso_week,
    split_micros, trunc, weekday,
};
use crate::calendar::{DEFAULT_FOLD, Unit, Zone};
use crate::error::{Fault, did_you_mean};
use crate::expression::decimal::{decimal_to_double, out_of_range};
use crate::expression::kernel::{Numbers, Value, map, number_rows, try_map};
use crate::expression::tree::{Call, Contract, Expression, Form};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc([
            "extract",
            "extract(field from moment)",
            "A field of a moment as a numeric: year, month, day, hour, minute, second, dow, isodow, doy, week, quarter, epoch, ….",
            "extract(month from date '2026-04-13')",
            "4",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| extract(site, Yield::Numeric),
    },
    Function {
        doc: doc([
            "date_part",
            "date_part(field, moment)",
            "The same as `extract`, as a double.",
            "date_part('hour', timestamp '2026-04-13 20:38:40')",
            "20",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| extract(site, Yield::Double),
    },
    Function {
        doc: doc([
            "date_trunc",
            "date_trunc(unit, moment, zone)",
            "The beginning of the unit the moment lies in; for an instant in UTC, or in the zone given.",
            "date_trunc('hour', timestamp '2026-04-13 20:38:40')",
            "2026-04-13 20:00:00",
        ]),
        aliases: &[],
        arity: (2, 3),
        build: date_trunc,
    },
    Function {
        doc: doc([
            "timezone",
            "timezone(zone, moment)",
            "`moment at time zone zone`: the wall clock there of an instant, or the instant of a wall clock there.",
            "timezone('Europe/Berlin', timestamptz '2026-04-13 10:00:00+00')",
            "2026-04-13 12:00:00",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: timezone,
    },
    Function {
        doc: doc([
            "make_date",
            "make_date(year, month, day)",
            "The date of three numbers.",
            "make_date(2026, 4, 13)",
            "2026-04-13",
        ]),
        aliases: &[],
        arity: (3, 3),
        build: make_date,
    },
    Function {
        doc: doc([
            "make_timestamp",
            "make_timestamp(year, month, day, hour, minute, second)",
            "The wall clock of six numbers.",
            "make_timestamp(2026, 4, 13, 8, 15, 23.5)",
            "2026-04-13 08:15:23.5",
        ]),
        aliases: &[],
        arity: (6, 6),
        build: make_timestamp,
    },
    Function {
        doc: doc([
            "to_timestamp",
            "to_timestamp(seconds)",
            "The instant so many seconds after 1970-01-01 00:00:00 UTC.",
            "to_timestamp(1284352323.5)",
            "2010-09-13 04:32:03.5+00",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |mut site| {
            site.want(0, &Type::Double)?;
            site.strict(Type::Instant, |a, _| {
                try_map::<Float64Type, TimestampMicrosecondType>(&a[0], &Type::Instant.arrow(), |seconds| {
                    let micros = libm::rint(seconds * 1e6);
                    // The bounds are far below 2^63, so rounding them to doubles does not matter here.
                    if micros >= MIN_MICROS as f64 && micros <= MAX_MICROS as f64 {
                        Ok(micros as i64)
                    } else {
                        Err(format!("timestamp out of range: `{seconds}`"))
                    }
                })
            })
        },
    },
    format::FUNCTION,
];

#[derive(Clone, Copy, PartialEq)]
enum Yield {
    Numeric,
    Double,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Milliseconds,
    Microseconds,
    Epoch,
    Dow,
    Isodow,
    Doy,
    Isoyear,
    Decade,
    Century,
    Millennium,
}

const FIELDS: [(&str, Field); 18] = [
    ("year", Field::Year),
    ("quarter", Field::Quarter),
    ("month", Field::Month),
    ("week", Field::Week),
    ("day", Field::Day),
    ("hour", Field::Hour),
    ("minute", Field::Minute),
    ("second", Field::Second),
    ("milliseconds", Field::Milliseconds),
    ("microseconds", Field::Microseconds),
    ("epoch", Field::Epoch),
    ("dow", Field::Dow),
    ("isodow", Field::Isodow),
    ("doy", Field::Doy),
    ("isoyear", Field::Isoyear),
    ("decade", Field::Decade),
    ("century", Field::Century),
    ("millennium", Field::Millennium),
];

impl Field {
    fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let find = |name: &str| FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        find(&name)
            .or_else(|| find(name.strip_suffix('s')?))
            .or_else(|| find(&format!("{name}s")))
            .or_else(|| find(Unit::from_name(&name)?.name()))
    }

    fn is_of_time(self) -> bool {
        use Field::{Epoch, Hour, Microseconds, Milliseconds, Minute, Second};
        matches!(self, Hour | Minute | Second | Milliseconds | Microseconds | Epoch)
    }

    fn is_of_date(self) -> bool {
        self == Self::Epoch || !self.is_of_time()
    }

    fn is_of_interval(self) -> bool {
        use Field::{Century, Day, Decade, Millennium, Month, Quarter, Year};
        self.is_of_time() || matches!(self, Year | Quarter | Month | Day | Decade | Century | Millennium)
    }

    /// The numeric that holds every value of the field.
    fn numeric(self, of: &Type) -> (u8, i8) {
        match self {
            Self::Second => (8, 6),
            Self::Milliseconds => (8, 3),
            Self::Epoch if *of == Type::Date => (20, 0),
            Self::Epoch => (20, 6),
            _ => (10, 0),
        }
    }

    /// The field of a wall clock, as an integer with the scale of [`Self::numeric`].
    fn of_wall_clock(self, micros: i64) -> i64 {
        let (days, time) = split_micros(micros);
        match self {
            Self::Epoch => micros,
            _ if self.is_of_time() => self.of_time(time),
            _ => self.of_date(days),
        }
    }

    fn of_time(self, micros: i64) -> i64 {
        match self {
            Self::Hour => micros / 3_600_000_000,
            Self::Minute => micros / 60_000_000 % 60,
            // Seconds with six decimals, milliseconds with three and microseconds are the same digits.
            Self::Second | Self::Milliseconds | Self::Microseconds => micros % 60_000_000,
            _ => micros,
        }
    }

    fn of_date(self, days: i32) -> i64 {
        let (year, month, day) = civil_from_days(days);
        // Years are astronomical inside, and -1 stands for 1 BC outside.
        let shown = |year: i32| i64::from(if year <= 0 { year - 1 } else { year });
        let centuries = |length: i32| match year {
            1.. => i64::from((year - 1) / length + 1),
            _ => -i64::from(-year / length + 1),
        };
        match self {
            Self::Year => shown(year),
            Self::Isoyear => shown(iso_week(days).0),
            Self::Quarter => i64::from(month.div_ceil(3)),
            Self::Month => i64::from(month),
            Self::Week => i64::from(iso_week(days).1),
            Self::Day => i64::from(day),
            Self::Dow => i64::from(weekday(days) % 7),
            Self::Isodow => i64::from(weekday(days)),
            Self::Doy => i64::from(day_of_year(days)),
            Self::Decade => i64::from(year.div_euclid(10)),
            Self::Century => centuries(100),
            Self::Millennium => centuries(1000),
            _ => i64::from(days) * 86_400,
        }
    }

    /// Here hours exceed 23 and days 31, because the parts of an interval have no fixed ratio.
    fn of_interval(self, interval: IntervalMonthDayNano) -> i64 {
        let (years, months) = (i64::from(interval.months / 12), i64::from(interval.months % 12));
        let micros = interval.nanoseconds / 1000;
        match self {
            Self::Year => years,
            Self::Decade => years / 10,
            Self::Century => years / 100,
            Self::Millennium => years / 1000,
            Self::Quarter => months / 3 + 1,
            Self::Month => months,
            Self::Day => i64::from(interval.days),
            Self::Epoch => {
                // A year has 365.25 days and a month 30, as in PostgreSQL.
                let quarter_days = years * 1461 + months * 120 + i64::from(interval.days) * 4;
                micros.saturating_add(quarter_days.saturating_mul(MICROS_PER_DAY / 4))
            }
            _ => self.of_time(micros),
        }
    }
}

fn extract(mut site: Site, yields: Yield) -> Result<Expression, Fault> {
    let name = site.constant_text(0)?;
    let Some(field) = Field::named(&name) else {
        return Err(Fault::at(site.argument_span(0), format!("unknown field `{name}`"))
            .maybe_hint(did_you_mean(&name, FIELDS.iter().map(|(known, _)| *known))));
    };
    if site.arguments[1].0.is_untyped() {
        site.want(1, &Type::Instant)?;
    }
    let of = site.ty(1);
    let possible = match of {
        Type::Date => field.is_of_date(),
        Type::Time => field.is_of_time(),
        Type::Interval => field.is_of_interval(),
        Type::Timestamp | Type::Instant => true,
        _ => return Err(site.wrong(1, "date, time, timestamp, timestamptz or interval")),
    };
    if !possible {
        return Err(Fault::at(site.argument_span(1), format!("`{of}` has no field `{name}`")));
    }
    let (precision, scale) = field.numeric(&of);
    let exact = Type::Numeric { precision, scale };
    let arrow = exact.arrow();
    let double = Type::Double.arrow();
    let ty = if yields == Yield::Numeric { exact } else { Type::Double };
    site.strict(ty, move |a, _| {
        let a = &a[1];
        let fields = match of {
            Type::Date => map::<Date32Type, Decimal128Type>(a, &arrow, |x| i128::from(field.of_date(x))),
            Type::Time => {
                map::<Time64MicrosecondType, Decimal128Type>(a, &arrow, |x| i128::from(field.of_time(x)))
            }
            Type::Interval => map::<IntervalMonthDayNanoType, Decimal128Type>(a, &arrow, |x| {
                i128::from(field.of_interval(x))
            }),
            _ => map::<TimestampMicrosecondType, Decimal128Type>(a, &arrow, |x| {
                i128::from(field.of_wall_clock(x))
            }),
        };
        Ok(match yields {
            Yield::Numeric => fields,
            Yield::Double => map::<Decimal128Type, Float64Type>(&Value::Array(fields), &double, |x| {
                decimal_to_double(x, scale)
            }),
        })
    })
}

fn date_trunc(mut site: Site) -> Result<Expression, Fault> {
    let name = site.constant_text(0)?;
    let Some(unit) = Unit::from_name(&name) else {
        return Err(Fault::at(site.argument_span(0), format!("unknown unit `{name}`"))
            .maybe_hint(did_you_mean(&name, Unit::ALL.into_iter().map(Unit::name))));
    };
    if site.arguments[1].0.is_untyped() || site.ty(1) == Type::Date {
        site.want(1, &Type::Instant)?;
    }
    let ty = site.ty(1);
    let arrow = ty.arrow();
    match (&ty, site.len()) {
        (Type::Timestamp | Type::Instant, 2) => site.strict(ty, move |a, _| {
            Ok(map::<TimestampMicrosecondType, TimestampMicrosecondType>(&a[1], &arrow, |x| trunc(unit, x)))
        }),
        (Type::Instant, _) => {
            let order = [2, 1];
            in_zone(site, order, ty, move |zone, utc| {
                let local = zone.to_local(utc);
                let begin = trunc(unit, local);
                match unit {
                    // The offset stays, so that in an hour that happens twice the second one does not become the first, nor the
                    // other way round.
                    Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour => {
                        utc - (local - begin)
                    }
                    _ => zone.to_utc(begin, DEFAULT_FOLD),
                }
            })
        }
        (Type::Timestamp, _) => {
            Err(Fault::at(site.argument_span(2), "a wall clock has no zone").hint("leave the zone out"))
        }
        _ => Err(site.wrong(1, "timestamp or timestamptz")),
    }
}

fn timezone(mut site: Site) -> Result<Expression, Fault> {
    if site.arguments[1].0.is_untyped() {
        site.want(1, &Type::Instant)?;
    }
    match site.ty(1) {
        Type::Instant => in_zone(site, [0, 1], Type::Timestamp, |zone, utc| zone.to_local(utc)),
        Type::Timestamp => in_zone(site, [0, 1], Type::Instant, |zone, wall| zone.to_utc(wall, DEFAULT_FOLD)),
        Type::Date => Err(site
            .wrong(1, "timestamp or timestamptz")
            .hint("write `(d::timestamp) at time zone z` for local midnight")),
        _ => Err(site.wrong(1, "timestamp or timestamptz")),
    }
}

/// Computes with the zone of each row. `order` says which argument is the zone and which the moment.
fn in_zone(
    mut site: Site,
    [zone_at, moment_at]: [usize; 2],
    ty: Type,
    f: impl Fn(&Zone, i64) -> i64 + Send + Sync + 'static,
) -> Result<Expression, Fault> {
    site.want(zone_at, &Type::Text)?;
    let zone_span = site.argument_span(zone_at);
    let (span, form) = (site.span, Form::Function(site.doc.name));
    let nullable = site.arguments.iter().any(|(argument, _)| argument.nullable());
    let arrow = ty.arrow();
    let constant = match site.arguments[zone_at].0.constant_text() {
        Some(name) => Some(
            Zone::named(&name)
                .map_err(|unknown| Fault::at(zone_span, unknown.to_string()).maybe_hint(unknown.hint))?,
        ),
        None => None,
    };
    if let Some(zone) = constant {
        return site.strict(ty, move |a, _| {
            Ok(map::<TimestampMicrosecondType, TimestampMicrosecondType>(&a[moment_at], &arrow, |x| {
                f(zone, x)
            }))
        });
    }
    let run = move |a: &[Value], rows: usize| -> Result<ArrayRef, String> {
        if a.iter().any(Value::is_null_scalar) {
            return Ok(arrow::array::new_null_array(&arrow, rows));
        }
        let moments = Numbers::<TimestampMicrosecondType>::of(&a[moment_at]);
        let nulls = a
            .iter()
            .filter(|value| !value.is_scalar())
            .fold(None, |nulls, value| NullBuffer::union(nulls.as_ref(), value.nulls().as_ref()));
        let mut zones = Zones::of(&a[zone_at])?;
        let mut values = Vec::with_capacity(rows);
        for row in 0..rows {
            let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
            values.push(if valid { f(zones.get(row)?, moments.get(row)) } else { 0 });
        }
        type Micros = arrow::array::PrimitiveArray<TimestampMicrosecondType>;
        debug_assert_eq!(TimestampMicrosecondType::DATA_TYPE.primitive_width(), arrow.primitive_width());
        Ok(Arc::new(Micros::new(values.into(), nulls).with_data_type(arrow.clone())))
    };
    let arguments = site.arguments.into_iter().map(|(value, _)| value).collect();
    let call = Call { form, arguments, contract: Contract::Native, run: Arc::new(run) };
    Ok(Expression::call(call, ty, nullable, span))
}

/// The zones of a column of names, each looked up once.
enum Zones<'a> {
    Keyed { keys: &'a [i32], zones: Vec<Result<&'static Zone, String>> },
    Named { names: &'a arrow::array::StringArray, scalar: bool, known: HashMap<&'a str, &'static Zone> },
}

impl<'a> Zones<'a> {
    fn of(names: &'a Value) -> Result<Self, String> {
        if let Some(dictionary) = names.array().as_dictionary_opt::<Int32Type>() {
            let zones = dictionary.values().as_string::<i32>().iter();
            let zones = zones
                .map(|name| Zone::named(name.unwrap_or_default()).map_err(|unknown| unknown.to_string()));
            return Ok(Self::Keyed { keys: dictionary.keys().values(), zones: zones.collect() });
        }
        Ok(Self::Named { names: names.array().as_string(), scalar: names.is_scalar(), known: HashMap::new() })
    }

    fn get(&mut self, row: usize) -> Result<&'static Zone, String> {
        match self {
            // Keys are never negative: `DictionaryArray` has checked them.
            Self::Keyed { keys, zones } => zones[keys[row] as usize].clone(),
            Self::Named { names, scalar, known } => {
                let name = names.value(if *scalar { 0 } else { row });
                if let Some(zone) = known.get(name) {
                    return Ok(zone);
                }
                let zone = Zone::named(name).map_err(|unknown| unknown.to_string())?;
                known.insert(name, zone);
                Ok(zone)
            }
        }
    }
}

fn make_date(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Integer, Type::Integer, Type::Integer])?;
    site.strict(Type::Date, |a, rows| {
        let [year, month, day] = [0, 1, 2].map(|i| Numbers::<Int32Type>::of(&a[i]));
        number_rows::<Date32Type>(a, &Type::Date.arrow(), rows, |row| {
            date_of(year.get(row), month.get(row), day.get(row))
        })
    })
}

fn date_of(year: i32, month: i32, day: i32) -> Result<i32, String> {
    let wrong = || format!("date field value out of range: {year}-{month:02}-{day:02}");
    // -1 stands for 1 BC outside, 0 inside; a year 0 does not exist outside.
    let inner = if year < 0 { year + 1 } else { year };
    match (u32::try_from(month), u32::try_from(day)) {
        (Ok(month), Ok(day))
            if year != 0 && (-4712..=5_874_897).contains(&inner) && is_date(inner, month, day) =>
        {
            Ok(days_from_civil(inner, month, day))
        }
        _ => Err(wrong()),
    }
}

fn make_timestamp(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Integer, Type::Integer, Type::Integer, Type::Integer, Type::Integer, Type::Double])?;
    site.strict(Type::Timestamp, |a, rows| {
        let [year, month, day, hour, minute] = [0, 1, 2, 3, 4].map(|i| Numbers::<Int32Type>::of(&a[i]));
        let second = Numbers::<Float64Type>::of(&a[5]);
        number_rows::<TimestampMicrosecondType>(a, &Type::Timestamp.arrow(), rows, |row| {
            let days = date_of(year.get(row), month.get(row), day.get(row))?;
            let (hour, minute, second) = (hour.get(row), minute.get(row), second.get(row));
            if !(0..=24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..=60.0).contains(&second) {
                return Err(format!("time field value out of range: {hour:02}:{minute:02}:{second:02}"));
            }
            let time =
                (i64::from(hour) * 60 + i64::from(minute)) * 60_000_000 + libm::rint(second * 1e6) as i64;
            if time > MICROS_PER_DAY {
                return Err(format!("time field value out of range: {hour:02}:{minute:02}:{second:02}"));
            }
            let micros =
                i64::from(days).checked_mul(MICROS_PER_DAY).and_then(|midnight| midnight.checked_add(time));
            micros.filter(|micros| *micros <= MAX_MICROS).ok_or_else(|| out_of_range(&Type::Timestamp))
        })
    })
}
