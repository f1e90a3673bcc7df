//! The same values in another form: text with and without a dictionary, numbers in a type that holds them, and all values
//! as text.

use std::sync::Arc;

use arrow_array::builder::{StringBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Decimal128Type, DecimalType, Float32Type, Float64Type,
    Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, ListArray, PrimitiveArray, new_null_array};
use arrow_schema::{ArrowError, DataType};
use arrow_select::take::take;

use crate::display::array_value_to_string;

/// The values of an array in another type. A number that the type does not hold is NULL there.
///
/// # Errors
/// Types between which there is no cast.
pub fn cast(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let from = array.data_type();
    if from == to {
        return Ok(array.slice(0, array.len()));
    }
    Ok(match (from, to) {
        (DataType::Null, _) => new_null_array(to, array.len()),
        (DataType::Dictionary(..), _) => {
            if matches!(to, DataType::Dictionary(..)) {
                return Err(missing(from, to));
            }
            let dictionary = array.as_any_dictionary();
            let values = cast(dictionary.values(), to)?;
            take(&values, dictionary.keys(), None)?
        }
        (DataType::Utf8, DataType::Dictionary(key, of)) if **of == DataType::Utf8 => match **key {
            DataType::Int16 => keyed::<Int16Type>(array)?,
            DataType::Int32 => keyed::<Int32Type>(array)?,
            _ => return Err(missing(from, to)),
        },
        (DataType::List(_), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = cast(list.values(), field.data_type())?;
            Arc::new(ListArray::try_new(
                field.clone(),
                list.offsets().clone(),
                values,
                list.nulls().cloned(),
            )?)
        }
        (_, DataType::Utf8) => {
            let mut texts = StringBuilder::new();
            for row in 0..array.len() {
                match array.is_valid(row) {
                    true => texts.append_value(array_value_to_string(array, row)?),
                    false => texts.append_null(),
                }
            }
            Arc::new(texts.finish())
        }
        (DataType::Int16, _) => whole(array.as_primitive::<Int16Type>(), to)?,
        (DataType::Int32, _) => whole(array.as_primitive::<Int32Type>(), to)?,
        (DataType::Int64, _) => whole(array.as_primitive::<Int64Type>(), to)?,
        (DataType::Float32, DataType::Float64) => {
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from))
        }
        (DataType::Decimal128(_, scale), _) => {
            decimal(array.as_primitive::<Decimal128Type>(), *scale, to).ok_or_else(|| missing(from, to))?
        }
        _ => return Err(missing(from, to)),
    })
}

fn missing(from: &DataType, to: &DataType) -> ArrowError {
    ArrowError::CastError(format!("there is no cast from {from} to {to}"))
}

/// Text with a dictionary, in the order in which its values come.
fn keyed<K: ArrowDictionaryKeyType>(texts: &dyn Array) -> Result<ArrayRef, ArrowError> {
    let texts = texts.as_string::<i32>();
    let mut keyed = StringDictionaryBuilder::<K>::with_capacity(texts.len().min(1024), 1024, 1024);
    for text in texts {
        match text {
            Some(text) => _ = keyed.append(text)?,
            None => keyed.append_null(),
        }
    }
    Ok(Arc::new(keyed.finish()))
}

fn whole<T>(array: &PrimitiveArray<T>, to: &DataType) -> Result<ArrayRef, ArrowError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    let wide = |value: T::Native| -> i64 { value.into() };
    Ok(match to {
        DataType::Int16 => Arc::new(array.unary_opt::<_, Int16Type>(|value| wide(value).try_into().ok())),
        DataType::Int32 => Arc::new(array.unary_opt::<_, Int32Type>(|value| wide(value).try_into().ok())),
        DataType::Int64 => Arc::new(array.unary::<_, Int64Type>(wide)),
        DataType::Float32 => Arc::new(array.unary::<_, Float32Type>(|value| wide(value) as f32)),
        DataType::Float64 => Arc::new(array.unary::<_, Float64Type>(|value| wide(value) as f64)),
        DataType::Decimal128(precision, scale) if *scale >= 0 => {
            let wide = array.unary::<_, Decimal128Type>(|value| i128::from(wide(value)));
            rescaled(&wide, *scale, *precision, *scale)
        }
        _ => return Err(missing(&T::DATA_TYPE, to)),
    })
}

fn decimal(array: &PrimitiveArray<Decimal128Type>, scale: i8, to: &DataType) -> Option<ArrayRef> {
    Some(match to {
        DataType::Float32 => {
            Arc::new(array.unary::<_, Float32Type>(|value| written(value, scale).parse().unwrap_or(f32::NAN)))
        }
        DataType::Float64 => Arc::new(array.unary::<_, Float64Type>(|value| double(value, scale))),
        DataType::Decimal128(precision, wider) if *wider >= scale => {
            rescaled(array, wider - scale, *precision, *wider)
        }
        _ => return None,
    })
}

/// Powers of ten that are doubles.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The double next to a number.
fn double(value: i128, scale: i8) -> f64 {
    // A power of ten with a greater exponent is no double, and neither is each greater whole number. Both are exact below, so
    // that the division alone rounds.
    if (0..=22).contains(&scale) && value.unsigned_abs() < 1 << 53 {
        return value as f64 / POWERS[scale as usize];
    }
    written(value, scale).parse().unwrap_or(f64::NAN)
}

fn written(value: i128, scale: i8) -> String {
    Decimal128Type::format_decimal(value, u8::MAX, scale)
}

/// Numbers with some more digits after their point.
fn rescaled(array: &PrimitiveArray<Decimal128Type>, more: i8, precision: u8, scale: i8) -> ArrayRef {
    let factor = u32::try_from(more).ok().and_then(|more| 10_i128.checked_pow(more));
    let bound = 10_i128.pow(precision.into());
    let fits = |value: &i128| -bound < *value && *value < bound;
    let scaled = array
        .unary_opt::<_, Decimal128Type>(|value| factor.and_then(|by| value.checked_mul(by)).filter(fits));
    Arc::new(scaled.with_data_type(DataType::Decimal128(precision, scale)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Int64Array, StringArray};
    use arrow_schema::Field;

    #[test]
    fn text_gets_a_dictionary_and_loses_it() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, Some("a"), Some("b")]));
        let form = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let keyed = cast(&texts, &form).unwrap();
        assert_eq!(keyed.as_dictionary::<Int32Type>().values().as_string::<i32>().value(0), "b");
        assert_eq!(keyed.as_dictionary::<Int32Type>().values().len(), 2);
        assert_eq!(&cast(&keyed, &DataType::Utf8).unwrap(), &texts);
        assert_eq!(&cast(&keyed.slice(1, 2), &DataType::Utf8).unwrap(), &texts.slice(1, 2));
        let nothing = cast(&arrow_array::NullArray::new(2), &form).unwrap();
        assert_eq!((nothing.data_type(), nothing.logical_null_count()), (&form, 2));
    }

    #[test]
    fn numbers_fit_or_are_null() {
        let numbers: ArrayRef =
            Arc::new(Int64Array::from(vec![Some(7), None, Some(40_000), Some(-3_000_000_000)]));
        let small = cast(&numbers, &DataType::Int16).unwrap();
        assert_eq!(small.as_primitive::<Int16Type>().iter().collect::<Vec<_>>(), [Some(7), None, None, None]);
        let numeric = cast(&numbers, &DataType::Decimal128(7, 2)).unwrap();
        let values: Vec<_> = numeric.as_primitive::<Decimal128Type>().iter().collect();
        assert_eq!(values, [Some(700), None, Some(4_000_000), None]);
        let finer = cast(&numeric, &DataType::Decimal128(12, 3)).unwrap();
        assert_eq!(finer.as_primitive::<Decimal128Type>().value(2), 40_000_000);
        assert!(cast(&finer, &DataType::Decimal128(12, 2)).is_err());
    }

    #[test]
    fn elements_of_lists_are_cast() {
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
            Some(vec![Some(-3)]),
        ]);
        let lists: ArrayRef = Arc::new(lists.slice(1, 3));
        let field = Arc::new(Field::new("element", DataType::Float64, true));
        let cast = cast(&lists, &DataType::List(field)).unwrap();
        let cast = cast.as_list::<i32>();
        assert_eq!((cast.len(), cast.is_null(0), cast.value_length(1)), (3, true, 0));
        assert_eq!(cast.value(2).as_primitive::<Float64Type>().value(0), -3.0);
    }

    #[test]
    fn a_decimal_becomes_the_double_next_to_it() {
        let numbers =
            [(1, 1), (123_456_789, 4), (9_007_199_254_740_993, 0), (9_007_199_254_740_993, 3), (-5, 30)];
        for (value, scale) in numbers {
            let array = Decimal128Array::from(vec![value]).with_data_type(DataType::Decimal128(38, scale));
            let double = cast(&array, &DataType::Float64).unwrap().as_primitive::<Float64Type>().value(0);
            assert_eq!(double, array_value_to_string(&array, 0).unwrap().parse::<f64>().unwrap());
        }
    }
}
