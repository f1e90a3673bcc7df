//! Functions of doubles: angles, hyperbolas, logarithms to any base. `libm` gives the same bits on every machine; the server's
//! C library may give another last digit. What has an exact answer for whole and decimal numbers stands here, too.

use arrow::array::ArrowPrimitiveType;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};

use super::{Function, Site, doc};
use crate::error::Fault;
use crate::expression::cast::as_numeric;
use crate::expression::decimal::{Rescale, check_precision, out_of_range, overflow};
use crate::expression::kernel::{Numbers, number_rows, try_map, try_map2};
use crate::expression::tree::Expression;
use crate::types::Type;

const BEYOND: &str = "input is out of range";

/// As PostgreSQL writes it.
#[allow(clippy::excessive_precision, reason = "the digits of PostgreSQL's constant")]
const RADIANS_PER_DEGREE: f64 = 0.017_453_292_519_943_295_769_2;

/// An entry for a function of one double.
macro_rules! one {
    ($name:literal, $summary:literal, $example:literal, $result:literal, $f:expr) => {
        Function {
            doc: doc([$name, concat!($name, "(number)"), $summary, $example, $result]),
            aliases: &[],
            arity: (1, 1),
            build: |mut site| {
                site.want(0, &Type::Double)?;
                site.strict(Type::Double, |a, _| {
                    let f: fn(f64) -> Result<f64, &'static str> = $f;
                    try_map::<Float64Type, Float64Type>(&a[0], &DataType::Float64, |x| {
                        f(x).map_err(str::to_owned)
                    })
                })
            },
        }
    };
}

/// The function where its argument is finite.
fn finite(x: f64, f: fn(f64) -> f64) -> Result<f64, &'static str> {
    if x.is_infinite() { Err(BEYOND) } else { Ok(f(x)) }
}

/// The function where its argument lies from -1 to 1.
fn in_unit(x: f64, f: fn(f64) -> f64) -> Result<f64, &'static str> {
    if (-1.0..=1.0).contains(&x) || x.is_nan() { Ok(f(x)) } else { Err(BEYOND) }
}

fn cotangent(x: f64) -> f64 {
    1.0 / libm::tan(x)
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc(["pi", "pi()", "The number π, as a double.", "pi()", "3.141592653589793"]),
        aliases: &[],
        arity: (0, 0),
        build: |site| site.strict(Type::Double, |_, _| Ok(std::sync::Arc::new(pi()))),
    },
    one!("sin", "The sine of an angle in radians.", "sin(1)", "0.8414709848078965", |x| finite(x, libm::sin)),
    one!("cos", "The cosine of an angle in radians.", "cos(0)", "1", |x| finite(x, libm::cos)),
    one!("tan", "The tangent of an angle in radians.", "tan(1)", "1.5574077246549023", |x| finite(
        x,
        libm::tan
    )),
    one!("cot", "The cotangent of an angle in radians.", "cot(1)", "0.6420926159343306", |x| finite(
        x, cotangent
    )),
    one!("asin", "The angle in radians whose sine is the number.", "asin(1)", "1.5707963267948966", |x| {
        in_unit(x, libm::asin)
    }),
    one!("acos", "The angle in radians whose cosine is the number.", "acos(1)", "0", |x| in_unit(
        x,
        libm::acos
    )),
    one!("atan", "The angle in radians whose tangent is the number.", "atan(1)", "0.7853981633974483", |x| {
        Ok(libm::atan(x))
    }),
    Function {
        doc: doc([
            "atan2",
            "atan2(y, x)",
            "The angle in radians of a point.",
            "atan2(1, 0)",
            "1.5707963267948966",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |mut site| {
            site.wants(&[Type::Double, Type::Double])?;
            site.strict(Type::Double, |a, rows| {
                try_map2::<Float64Type, Float64Type, Float64Type>(
                    &a[0],
                    &a[1],
                    &DataType::Float64,
                    rows,
                    |y, x| Ok(libm::atan2(y, x)),
                )
            })
        },
    },
    one!("sinh", "The hyperbolic sine.", "sinh(0)", "0", |x| Ok(libm::sinh(x))),
    one!("cosh", "The hyperbolic cosine.", "cosh(0)", "1", |x| Ok(libm::cosh(x))),
    one!("tanh", "The hyperbolic tangent.", "tanh(0)", "0", |x| Ok(libm::tanh(x))),
    one!("asinh", "The inverse hyperbolic sine.", "asinh(0)", "0", |x| Ok(libm::asinh(x))),
    one!("acosh", "The inverse hyperbolic cosine.", "acosh(1)", "0", |x| {
        if x < 1.0 { Err(BEYOND) } else { Ok(libm::acosh(x)) }
    }),
    one!("atanh", "The inverse hyperbolic tangent.", "atanh(0)", "0", |x| {
        if x == 1.0 {
            Ok(f64::INFINITY)
        } else if x == -1.0 {
            Ok(f64::NEG_INFINITY)
        } else {
            in_unit(x, libm::atanh)
        }
    }),
    one!("radians", "An angle in degrees as radians.", "radians(180)", "3.141592653589793", |x| {
        let result = x * RADIANS_PER_DEGREE;
        if result == 0.0 && x != 0.0 { Err("value out of range: underflow") } else { Ok(result) }
    }),
    one!("degrees", "An angle in radians as degrees.", "degrees(pi())", "180", |x| {
        let result = x / RADIANS_PER_DEGREE;
        if result.is_infinite() && x.is_finite() { Err("value out of range: overflow") } else { Ok(result) }
    }),
    one!("cbrt", "The cube root.", "cbrt(27)", "3", |x| Ok(libm::cbrt(x))),
    Function {
        doc: doc([
            "gcd",
            "gcd(number, number)",
            "The greatest number that divides both; 0 when both are 0.",
            "gcd(1071, 462)",
            "21",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| divisors(site, |a, b| Some(greatest_divisor(a, b))),
    },
    Function {
        doc: doc([
            "lcm",
            "lcm(number, number)",
            "The least number that both divide; 0 when one is 0.",
            "lcm(1071, 462)",
            "23562",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| {
            divisors(site, |a, b| match greatest_divisor(a, b) {
                0 => Some(0),
                divisor => (a / divisor).checked_mul(b)?.checked_abs(),
            })
        },
    },
    Function {
        doc: doc([
            "factorial",
            "factorial(number)",
            "The product of the numbers up to this one, at most 33.",
            "factorial(5)",
            "120",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |mut site| {
            site.want(0, &Type::BigInt)?;
            let ty = Type::Numeric { precision: 38, scale: 0 };
            let arrow = ty.arrow();
            site.strict(ty, move |a, _| {
                try_map::<Int64Type, Decimal128Type>(&a[0], &arrow, |n| match n {
                    ..0 => Err("factorial of a negative number is undefined".to_owned()),
                    0..=33 => Ok((1..=i128::from(n)).product()),
                    _ => Err(overflow()),
                })
            })
        },
    },
    Function {
        doc: doc([
            "width_bucket",
            "width_bucket(number, low, high, count)",
            "The number of the bucket, of so many of equal width from `low` to `high`; 0 below and one more than there are above.",
            "width_bucket(5.35, 0.024, 10.06, 5)",
            "3",
        ]),
        aliases: &[],
        arity: (4, 4),
        build: width_bucket,
    },
];

fn pi() -> arrow::array::Float64Array {
    arrow::array::Float64Array::from(vec![std::f64::consts::PI])
}

fn greatest_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // Neither is the least number of 128 bits.
    a.cast_signed()
}

/// A function of two numbers of one exact type; what does not fit that type is out of range.
fn divisors(mut site: Site, f: fn(i128, i128) -> Option<i128>) -> Result<Expression, Fault> {
    for i in 0..2 {
        if site.arguments[i].0.is_untyped() {
            site.want(i, &Type::Integer)?;
        }
    }
    let (Some((p1, s1)), Some((p2, s2))) = (as_numeric(&site.ty(0)), as_numeric(&site.ty(1))) else {
        let wrong = if as_numeric(&site.ty(0)).is_none() { 0 } else { 1 };
        return Err(site.wrong(wrong, "whole numbers or numeric"));
    };
    if site.ty(0).is_integer() && site.ty(1).is_integer() {
        let wide = site.ty(0) == Type::BigInt || site.ty(1) == Type::BigInt;
        return if wide {
            integers::<Int64Type>(site, Type::BigInt, f)
        } else {
            integers::<Int32Type>(site, Type::Integer, f)
        };
    }
    site.want(0, &Type::Numeric { precision: p1, scale: s1 })?;
    site.want(1, &Type::Numeric { precision: p2, scale: s2 })?;
    let scale = s1.max(s2);
    let (left, right) = (Rescale::new(s1, scale, 38), Rescale::new(s2, scale, 38));
    let ty = Type::Numeric { precision: 38, scale };
    let arrow = ty.arrow();
    site.strict(ty, move |a, rows| {
        try_map2::<Decimal128Type, Decimal128Type, Decimal128Type>(&a[0], &a[1], &arrow, rows, |x, y| match (
            left.of(x),
            right.of(y),
        ) {
            ((x, false), (y, false)) => check_precision(f(x, y).ok_or_else(overflow)?, 38),
            _ => Err(overflow()),
        })
    })
}

fn integers<T: ArrowPrimitiveType>(
    mut site: Site,
    ty: Type,
    f: fn(i128, i128) -> Option<i128>,
) -> Result<Expression, Fault>
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    site.wants(&[ty.clone(), ty.clone()])?;
    let beyond = out_of_range(&ty);
    let arrow = ty.arrow();
    site.strict(ty, move |a, rows| {
        try_map2::<T, T, T>(&a[0], &a[1], &arrow, rows, |x, y| {
            let result = f(x.into(), y.into()).and_then(|result| T::Native::try_from(result).ok());
            result.ok_or_else(|| beyond.clone())
        })
    })
}

fn width_bucket(mut site: Site) -> Result<Expression, Fault> {
    let exact: Option<Vec<(u8, i8)>> = (0..3)
        .map(|i| if site.arguments[i].0.is_untyped() { None } else { as_numeric(&site.ty(i)) })
        .collect();
    site.want(3, &Type::Integer)?;
    let Some(exact) = exact else {
        site.wants(&[Type::Double, Type::Double, Type::Double])?;
        return site.strict(Type::Integer, |a, rows| {
            let [x, low, high] = [0, 1, 2].map(|i| Numbers::<Float64Type>::of(&a[i]));
            let count = Numbers::<Int32Type>::of(&a[3]);
            number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
                let (x, low, high) = (x.get(row), low.get(row), high.get(row));
                if x.is_nan() || low.is_nan() || high.is_nan() {
                    return Err("operand, lower bound, and upper bound cannot be NaN".to_owned());
                }
                if low.is_infinite() || high.is_infinite() {
                    return Err("lower and upper bounds must be finite".to_owned());
                }
                let count = counted(count.get(row), low == high)?;
                // Falling buckets are rising ones seen from the other side.
                let (x, low, high) = if low < high { (x, low, high) } else { (-x, -low, -high) };
                if x < low {
                    return Ok(0);
                }
                if x >= high {
                    return count.checked_add(1).ok_or_else(|| out_of_range(&Type::Integer));
                }
                let width = high - low;
                let share = if width.is_finite() {
                    (x - low) / width
                } else {
                    (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
                };
                // A share that rounds to 1 belongs to the last bucket.
                Ok(((f64::from(count) * share) as i32).min(count - 1) + 1)
            })
        });
    };
    let scale = exact.iter().map(|(_, scale)| *scale).max().unwrap_or(0);
    for (i, (precision, own)) in exact.iter().enumerate() {
        site.want(i, &Type::Numeric { precision: *precision, scale: *own })?;
    }
    let rescale: Vec<Rescale> = exact.iter().map(|(_, own)| Rescale::new(*own, scale, 38)).collect();
    site.strict(Type::Integer, move |a, rows| {
        let numbers = [0, 1, 2].map(|i| Numbers::<Decimal128Type>::of(&a[i]));
        let count = Numbers::<Int32Type>::of(&a[3]);
        number_rows::<Int32Type>(a, &DataType::Int32, rows, |row| {
            let [x, low, high] = [0, 1, 2].map(|i| rescale[i].of(numbers[i].get(row)));
            if x.1 || low.1 || high.1 {
                return Err(overflow());
            }
            let (x, low, high) = (x.0, low.0, high.0);
            let count = counted(count.get(row), low == high)?;
            let (x, low, high) = if low < high { (x, low, high) } else { (-x, -low, -high) };
            if x < low {
                return Ok(0);
            }
            if x >= high {
                return count.checked_add(1).ok_or_else(|| out_of_range(&Type::Integer));
            }
            let share = (x - low).checked_mul(i128::from(count)).ok_or_else(overflow)? / (high - low);
            Ok(share as i32 + 1)
        })
    })
}

fn counted(count: i32, empty: bool) -> Result<i32, String> {
    if count <= 0 {
        Err("count must be greater than zero".to_owned())
    } else if empty {
        Err("lower bound cannot equal upper bound".to_owned())
    } else {
        Ok(count)
    }
}
