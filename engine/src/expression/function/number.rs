//! Functions of numbers. What has no exact answer comes from `libm`, whose bits are the same on every machine.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};

use super::{Function, Site, doc};
use crate::error::Fault;
use crate::expression::cast::as_numeric;
use crate::expression::decimal::{
    Rescale, check_precision, divide_rounded, out_of_range, overflow, power_of_ten,
};
use crate::expression::kernel::{Numbers, map, number_rows, try_map, try_map2};
use crate::expression::operator::{Arithmetic, arithmetic};
use crate::expression::tree::Expression;
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        doc: doc(["abs", "abs(number)", "The number without its sign.", "abs(-17.4)", "17.4"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| signed(site, Signed::Absolute),
    },
    Function {
        doc: doc(["sign", "sign(number)", "-1, 0 or 1.", "sign(-8.4)", "-1"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| signed(site, Signed::Sign),
    },
    Function {
        doc: doc([
            "round",
            "round(number, decimals)",
            "The nearest number with so many decimals, halves away from zero; doubles without decimals: halves to even.",
            "round(42.4382, 2)",
            "42.44",
        ]),
        aliases: &[],
        arity: (1, 2),
        build: |site| rounded(site, Rounding::Nearest),
    },
    Function {
        doc: doc([
            "trunc",
            "trunc(number, decimals)",
            "The number with so many decimals, the rest cut off.",
            "trunc(42.4382, 2)",
            "42.43",
        ]),
        aliases: &[],
        arity: (1, 2),
        build: |site| rounded(site, Rounding::TowardsZero),
    },
    Function {
        doc: doc(["floor", "floor(number)", "The nearest whole number below.", "floor(-42.8)", "-43"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| rounded(site, Rounding::Down),
    },
    Function {
        doc: doc(["ceil", "ceil(number)", "The nearest whole number above.", "ceil(42.2)", "43"]),
        aliases: &["ceiling"],
        arity: (1, 1),
        build: |site| rounded(site, Rounding::Up),
    },
    Function {
        doc: doc([
            "mod",
            "mod(number, divisor)",
            "The remainder, with the sign of the number.",
            "mod(-9, 4)",
            "-1",
        ]),
        aliases: &[],
        arity: (2, 2),
        build: |site| {
            let span = site.span;
            let [left, right] = two(site);
            arithmetic(Arithmetic::Remainder, left, right, span)
        },
    },
    Function {
        doc: doc(["div", "div(number, divisor)", "The quotient without its fraction.", "div(9, 4)", "2"]),
        aliases: &[],
        arity: (2, 2),
        build: div,
    },
    Function {
        doc: doc([
            "power",
            "power(base, exponent)",
            "The base to a power, as a double.",
            "power(9, 3)",
            "729",
        ]),
        aliases: &["pow"],
        arity: (2, 2),
        build: power,
    },
    Function {
        doc: doc(["sqrt", "sqrt(number)", "The square root, as a double.", "sqrt(2)", "1.4142135623730951"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| {
            double(site, |x| {
                if x < 0.0 { Err("cannot take square root of a negative number") } else { Ok(libm::sqrt(x)) }
            })
        },
    },
    Function {
        doc: doc(["exp", "exp(number)", "e to a power, as a double.", "exp(0)", "1"]),
        aliases: &[],
        arity: (1, 1),
        build: |site| {
            double(site, |x| {
                let result = libm::exp(x);
                if (result.is_infinite() || result == 0.0) && x.is_finite() {
                    Err("double precision out of range")
                } else {
                    Ok(result)
                }
            })
        },
    },
    Function {
        doc: doc([
            "ln",
            "ln(number)",
            "The natural logarithm, as a double.",
            "ln(2.0)",
            "0.6931471805599453",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| double(site, |x| logarithm(x, libm::log)),
    },
    Function {
        doc: doc([
            "log10",
            "log10(number)",
            "The logarithm to the base 10, as a double.",
            "log10(1000)",
            "3",
        ]),
        aliases: &[],
        arity: (1, 1),
        build: |site| double(site, |x| logarithm(x, libm::log10)),
    },
    Function {
        doc: doc([
            "log",
            "log(base, number)",
            "The logarithm to a base, as a double; to the base 10 without one.",
            "log(2, 64)",
            "6",
        ]),
        aliases: &[],
        arity: (1, 2),
        build: |mut site| {
            if site.len() == 1 {
                return double(site, |x| logarithm(x, libm::log10));
            }
            site.wants(&[Type::Double, Type::Double])?;
            site.strict(Type::Double, |a, rows| {
                try_map2::<Float64Type, Float64Type, Float64Type>(
                    &a[0],
                    &a[1],
                    &DataType::Float64,
                    rows,
                    |base, x| {
                        let divisor = logarithm(base, libm::log)?;
                        if divisor == 0.0 {
                            return Err("division by zero".to_owned());
                        }
                        let quotient = logarithm(x, libm::log)? / divisor;
                        // A power of the base has a whole logarithm.
                        let whole = libm::rint(quotient);
                        Ok(if libm::pow(base, whole) == x { whole } else { quotient })
                    },
                )
            })
        },
    },
];

fn two(site: Site) -> [(Expression, crate::error::Span); 2] {
    [site.arguments[0].clone(), site.arguments[1].clone()]
}

fn logarithm(x: f64, f: fn(f64) -> f64) -> Result<f64, &'static str> {
    if x == 0.0 {
        Err("cannot take logarithm of zero")
    } else if x < 0.0 {
        Err("cannot take logarithm of a negative number")
    } else {
        Ok(f(x))
    }
}

fn double(mut site: Site, f: fn(f64) -> Result<f64, &'static str>) -> Result<Expression, Fault> {
    site.want(0, &Type::Double)?;
    site.strict(Type::Double, move |a, _| {
        try_map::<Float64Type, Float64Type>(&a[0], &DataType::Float64, |x| f(x).map_err(str::to_owned))
    })
}

fn power(mut site: Site) -> Result<Expression, Fault> {
    site.wants(&[Type::Double, Type::Double])?;
    site.strict(Type::Double, |a, rows| {
        try_map2::<Float64Type, Float64Type, Float64Type>(&a[0], &a[1], &DataType::Float64, rows, |x, y| {
            if x == 0.0 && y < 0.0 {
                return Err("zero raised to a negative power is undefined".to_owned());
            }
            if x < 0.0 && libm::trunc(y) != y && x.is_finite() {
                return Err(
                    "a negative number raised to a non-integer power yields a complex result".to_owned()
                );
            }
            let result = libm::pow(x, y);
            let beyond = result.is_infinite() || (result == 0.0 && x != 0.0);
            if beyond && x.is_finite() && y.is_finite() {
                Err(out_of_range(&Type::Double))
            } else {
                Ok(result)
            }
        })
    })
}

/// Argument 0 as a number; a quoted literal is taken as a double.
fn number(site: &mut Site) -> Result<Type, Fault> {
    if site.arguments[0].0.is_untyped() {
        site.want(0, &Type::Double)?;
    }
    let ty = site.ty(0);
    if ty.is_number() { Ok(ty) } else { Err(site.wrong(0, "a number")) }
}

#[derive(Clone, Copy)]
enum Signed {
    Absolute,
    Sign,
}

fn signed(mut site: Site, which: Signed) -> Result<Expression, Fault> {
    let mut ty = number(&mut site)?;
    // A sign is a numeric for exact numbers and a double otherwise, as in PostgreSQL.
    if let (Signed::Sign, Some((precision, scale))) = (which, as_numeric(&ty)) {
        let exact = Type::Numeric { precision, scale };
        site.want(0, &exact)?;
        return site.strict(Type::Numeric { precision: 1, scale: 0 }, |a, _| {
            Ok(map::<Decimal128Type, Decimal128Type>(&a[0], &DataType::Decimal128(1, 0), i128::signum))
        });
    }
    if matches!(which, Signed::Sign) {
        site.want(0, &Type::Double)?;
        ty = Type::Double;
    }
    let (arrow, overflow) = (ty.arrow(), out_of_range(&ty));
    let element = ty.clone();
    site.strict(ty, move |a, _| {
        let err = || overflow.clone();
        match (&element, which) {
            (Type::SmallInt, _) => {
                try_map::<Int16Type, Int16Type>(&a[0], &arrow, |x| x.checked_abs().ok_or_else(err))
            }
            (Type::Integer, _) => {
                try_map::<Int32Type, Int32Type>(&a[0], &arrow, |x| x.checked_abs().ok_or_else(err))
            }
            (Type::BigInt, _) => {
                try_map::<Int64Type, Int64Type>(&a[0], &arrow, |x| x.checked_abs().ok_or_else(err))
            }
            (Type::Numeric { .. }, _) => {
                Ok(map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, i128::wrapping_abs))
            }
            (Type::Real, _) => Ok(map::<Float32Type, Float32Type>(&a[0], &arrow, f32::abs)),
            (_, Signed::Absolute) => Ok(map::<Float64Type, Float64Type>(&a[0], &arrow, f64::abs)),
            (_, Signed::Sign) => Ok(map::<Float64Type, Float64Type>(&a[0], &arrow, |x| {
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    0.0
                }
            })),
        }
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounding {
    Nearest,
    TowardsZero,
    Down,
    Up,
}

impl Rounding {
    fn double(self, x: f64) -> f64 {
        match self {
            Self::Nearest => libm::rint(x),
            Self::TowardsZero => libm::trunc(x),
            Self::Down => libm::floor(x),
            Self::Up => libm::ceil(x),
        }
    }

    /// `value / unit`.
    #[inline]
    fn divide(self, value: i128, unit: i128) -> i128 {
        match self {
            Self::Nearest => divide_rounded(value, unit),
            Self::TowardsZero => value / unit,
            Self::Down => value.div_euclid(unit),
            // The unit is positive.
            Self::Up => -(-value).div_euclid(unit),
        }
    }
}

/// With one argument integers and floats round as doubles, numerics exactly; with decimals all are exact.
fn rounded(mut site: Site, rounding: Rounding) -> Result<Expression, Fault> {
    let ty = number(&mut site)?;
    if site.len() == 1 && !matches!(ty, Type::Numeric { .. }) {
        site.want(0, &Type::Double)?;
        return site.strict(Type::Double, move |a, _| {
            Ok(map::<Float64Type, Float64Type>(&a[0], &DataType::Float64, |x| rounding.double(x)))
        });
    }
    let Some((precision, scale)) = as_numeric(&ty) else {
        return Err(site
            .wrong(0, "numeric")
            .hint("doubles round to whole numbers only; write `round(x::numeric(15, 4), 2)`"));
    };
    site.want(0, &Type::Numeric { precision, scale })?;
    if site.len() == 2 {
        site.want(1, &Type::Integer)?;
    }
    let decimals = match site.arguments.get(1) {
        None => Some(0),
        Some((decimals, _)) => decimals
            .constant()
            .map(|value| value.as_primitive::<Int32Type>().iter().next().flatten().unwrap_or(0)),
    };
    let Some(decimals) = decimals else { return round_by_column(site, rounding, precision, scale) };

    // The result has the decimals asked for, and a digit more in front because 9.9 rounds to 10.
    let kept = decimals.clamp(0, 38) as i8;
    let whole = precision.cast_signed() - scale;
    let digits = (i16::from(whole) + i16::from(kept) + 1).clamp(1, 38) as u8;
    // More decimals than fit beside the digits in front are not added.
    let kept = if i16::from(whole) + i16::from(kept) > 38 { 38 - whole } else { kept };
    let ty = Type::Numeric { precision: digits.max(kept.cast_unsigned()), scale: kept };
    let arrow = ty.arrow();
    let target = digits.max(kept.cast_unsigned());
    let dropped = i32::from(scale).saturating_sub(decimals);
    let certain = i16::from(whole) + i16::from(kept) < 38;
    site.strict(ty, move |a, _| {
        if dropped <= 0 {
            let factor = power_of_ten((kept - scale).max(0).cast_unsigned());
            if factor == 1 {
                let same = a[0].array().as_primitive::<Decimal128Type>().clone();
                return Ok(Arc::new(same.with_data_type(arrow.clone())));
            }
            return Ok(map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| x.wrapping_mul(factor)));
        }
        if dropped > 38 {
            return Ok(map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |_| 0));
        }
        let unit = power_of_ten(dropped as u8);
        // With negative decimals the whole digits come back as zeros.
        let zeros = power_of_ten((-decimals).max(0) as u8);
        if certain && zeros == 1 {
            // The usual divisors as constants, which the compiler turns into multiplications.
            return Ok(match (rounding, dropped) {
                (Rounding::Nearest, 1) => {
                    map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| divide_rounded(x, 10))
                }
                (Rounding::Nearest, 2) => {
                    map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| divide_rounded(x, 100))
                }
                (Rounding::Nearest, 4) => {
                    map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| divide_rounded(x, 10_000))
                }
                _ => map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| rounding.divide(x, unit)),
            });
        }
        try_map::<Decimal128Type, Decimal128Type>(&a[0], &arrow, |x| {
            let scaled = rounding.divide(x, unit).checked_mul(zeros);
            check_precision(scaled.ok_or_else(overflow)?, target)
        })
    })
}

/// Decimals that differ from row to row leave the scale as it is.
fn round_by_column(site: Site, rounding: Rounding, precision: u8, scale: i8) -> Result<Expression, Fault> {
    let precision = (precision + 1).min(38);
    let ty = Type::Numeric { precision, scale };
    let arrow = ty.arrow();
    site.strict(ty, move |a, rows| {
        let (values, decimals) = (Numbers::<Decimal128Type>::of(&a[0]), Numbers::<Int32Type>::of(&a[1]));
        number_rows::<Decimal128Type>(a, &arrow, rows, |row| {
            let dropped = i32::from(scale).saturating_sub(decimals.get(row));
            match dropped {
                ..=0 => Ok(values.get(row)),
                39.. => Ok(0),
                _ => {
                    let unit = power_of_ten(dropped as u8);
                    let rounded = rounding.divide(values.get(row), unit).checked_mul(unit);
                    check_precision(rounded.ok_or_else(overflow)?, precision)
                }
            }
        })
    })
}

/// Exact for all digits, which dividing first and cutting off afterwards would not be.
fn div(mut site: Site) -> Result<Expression, Fault> {
    let (Some((p1, s1)), Some((p2, s2))) = (as_numeric(&site.ty(0)), as_numeric(&site.ty(1))) else {
        let wrong = if as_numeric(&site.ty(0)).is_none() { 0 } else { 1 };
        return Err(site.wrong(wrong, "numeric"));
    };
    site.want(0, &Type::Numeric { precision: p1, scale: s1 })?;
    site.want(1, &Type::Numeric { precision: p2, scale: s2 })?;
    let ty = Type::Numeric { precision: 38, scale: 0 };
    let arrow = ty.arrow();
    let scale = s1.max(s2);
    let (left, right) = (Rescale::new(s1, scale, 38), Rescale::new(s2, scale, 38));
    site.strict(ty, move |a, rows| {
        try_map2::<Decimal128Type, Decimal128Type, Decimal128Type>(&a[0], &a[1], &arrow, rows, |x, y| {
            if y == 0 {
                return Err("division by zero".to_owned());
            }
            match (left.of(x), right.of(y)) {
                ((x, false), (y, false)) => Ok(x / y),
                _ => Err(overflow()),
            }
        })
    })
}
