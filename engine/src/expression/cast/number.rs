//! Numbers to numbers.

use arrow::array::{ArrayRef, ArrowPrimitiveType};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};

use super::as_numeric;
use crate::expression::decimal::{
    Rescale, decimal_to_double, decimal_to_real, divide_rounded, double_to_decimal, out_of_range, overflow,
    power_of_ten,
};
use crate::expression::kernel::{Value, checked_map, map, try_map};
use crate::types::Type;

/// Every number is read as one of four forms and written as one of six.
pub(super) fn number_to_number(
    a: &Value,
    from: &Type,
    to: &Type,
    arrow: &DataType,
) -> Result<ArrayRef, String> {
    match from {
        Type::SmallInt => integer_to_number::<Int16Type>(a, to, arrow),
        Type::Integer => integer_to_number::<Int32Type>(a, to, arrow),
        Type::BigInt => integer_to_number::<Int64Type>(a, to, arrow),
        Type::Numeric { scale, .. } => {
            let scale = *scale;
            let whole = move |value| divide_rounded(value, power_of_ten(scale.cast_unsigned()));
            match to {
                Type::SmallInt => try_map::<Decimal128Type, Int16Type>(a, arrow, |v| {
                    i16::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::Integer => try_map::<Decimal128Type, Int32Type>(a, arrow, |v| {
                    i32::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::BigInt => try_map::<Decimal128Type, Int64Type>(a, arrow, |v| {
                    i64::try_from(whole(v)).map_err(|_| out_of_range(to))
                }),
                Type::Real => Ok(map::<Decimal128Type, Float32Type>(a, arrow, |v| decimal_to_real(v, scale))),
                Type::Numeric { precision, scale: new } => {
                    let (precision, new) = (*precision, *new);
                    let old_whole = as_numeric(from).map_or(38, |(p, s)| p.cast_signed() - s);
                    if new >= scale && old_whole + new <= precision.cast_signed() {
                        // No digit is lost and none can be too many.
                        let factor = power_of_ten((new - scale).cast_unsigned());
                        return Ok(map::<Decimal128Type, Decimal128Type>(a, arrow, |v| {
                            v.wrapping_mul(factor)
                        }));
                    }
                    let rescale = Rescale::new(scale, new, precision);
                    checked_map::<Decimal128Type, Decimal128Type>(a, arrow, |v| rescale.of(v), |_| overflow())
                }
                _ => Ok(map::<Decimal128Type, Float64Type>(a, arrow, |v| decimal_to_double(v, scale))),
            }
        }
        Type::Real => double_to_number::<Float32Type>(a, 6, to, arrow),
        _ => double_to_number::<Float64Type>(a, 15, to, arrow),
    }
}

fn integer_to_number<T>(a: &Value, to: &Type, arrow: &DataType) -> Result<ArrayRef, String>
where
    T: ArrowPrimitiveType,
    i64: From<T::Native>,
{
    let wide = |value: T::Native| i64::from(value);
    match to {
        Type::SmallInt => {
            try_map::<T, Int16Type>(a, arrow, |v| i16::try_from(wide(v)).map_err(|_| out_of_range(to)))
        }
        Type::Integer => {
            try_map::<T, Int32Type>(a, arrow, |v| i32::try_from(wide(v)).map_err(|_| out_of_range(to)))
        }
        Type::BigInt => Ok(map::<T, Int64Type>(a, arrow, wide)),
        Type::Real => Ok(map::<T, Float32Type>(a, arrow, |v| wide(v) as f32)),
        Type::Numeric { precision, scale } => {
            let factor = power_of_ten(scale.cast_unsigned());
            let digits = match size_of::<T::Native>() {
                2 => 5,
                4 => 10,
                _ => 19,
            };
            if digits + scale.cast_unsigned() <= *precision {
                return Ok(map::<T, Decimal128Type>(a, arrow, |v| i128::from(wide(v)).wrapping_mul(factor)));
            }
            let rescale = Rescale::new(0, *scale, *precision);
            checked_map::<T, Decimal128Type>(a, arrow, |v| rescale.of(i128::from(wide(v))), |_| overflow())
        }
        _ => Ok(map::<T, Float64Type>(a, arrow, |v| wide(v) as f64)),
    }
}

fn double_to_number<T>(a: &Value, digits: usize, to: &Type, arrow: &DataType) -> Result<ArrayRef, String>
where
    T: ArrowPrimitiveType,
    f64: From<T::Native>,
{
    let wide = |value: T::Native| f64::from(value);
    // Halves go to the even neighbour, as in PostgreSQL. The bounds are exact doubles; NaN fails both comparisons.
    let whole = |value: T::Native, low: f64, high: f64| {
        let rounded = libm::rint(wide(value));
        if rounded >= low && rounded < high { Ok(rounded as i64) } else { Err(out_of_range(to)) }
    };
    match to {
        Type::SmallInt => try_map::<T, Int16Type>(a, arrow, |v| Ok(whole(v, -32768.0, 32768.0)? as i16)),
        Type::Integer => {
            try_map::<T, Int32Type>(a, arrow, |v| Ok(whole(v, -2_147_483_648.0, 2_147_483_648.0)? as i32))
        }
        Type::BigInt => try_map::<T, Int64Type>(a, arrow, |v| {
            whole(v, -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0)
        }),
        Type::Real => try_map::<T, Float32Type>(a, arrow, |v| {
            let narrow = wide(v) as f32;
            let beyond = (narrow.is_infinite() && wide(v).is_finite()) || (narrow == 0.0 && wide(v) != 0.0);
            if beyond { Err(out_of_range(to)) } else { Ok(narrow) }
        }),
        Type::Numeric { precision, scale } => {
            try_map::<T, Decimal128Type>(a, arrow, |v| double_to_decimal(wide(v), digits, *precision, *scale))
        }
        _ => Ok(map::<T, Float64Type>(a, arrow, wide)),
    }
}
