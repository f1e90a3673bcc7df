//! Values as text, for messages and tests.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::as_datetime;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType, IntervalUnit, TimeUnit};

/// A value as text; nothing for NULL.
///
/// # Errors
/// An array of a type that no column has.
pub fn array_value_to_string(array: &dyn Array, row: usize) -> Result<String, ArrowError> {
    let mut out = String::new();
    write(array, row, &mut out)?;
    Ok(out)
}

fn write(array: &dyn Array, row: usize, out: &mut String) -> Result<(), ArrowError> {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return Ok(());
    }
    let beyond = || ArrowError::CastError("a moment that no calendar has".to_owned());
    match array.data_type() {
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int16 => display(&array.as_primitive::<Int16Type>().value(row), out),
        DataType::Int32 => display(&array.as_primitive::<Int32Type>().value(row), out),
        DataType::Int64 => display(&array.as_primitive::<Int64Type>().value(row), out),
        DataType::Float32 => debug(&array.as_primitive::<Float32Type>().value(row), out),
        DataType::Float64 => debug(&array.as_primitive::<Float64Type>().value(row), out),
        DataType::Decimal128(..) => {
            out.push_str(&array.as_primitive::<Decimal128Type>().value_as_string(row));
        }
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::Binary => hexadecimal(array.as_binary::<i32>().value(row), out),
        DataType::FixedSizeBinary(_) => hexadecimal(array.as_fixed_size_binary().value(row), out),
        DataType::Date32 => {
            debug(&array.as_primitive::<Date32Type>().value_as_date(row).ok_or_else(beyond)?, out);
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            debug(&array.as_primitive::<Time64MicrosecondType>().value_as_time(row).ok_or_else(beyond)?, out);
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let moments: &PrimitiveArray<TimestampMicrosecondType> = array.as_primitive();
            let moment = as_datetime::<TimestampMicrosecondType>(moments.value(row)).ok_or_else(beyond)?;
            debug(&moment, out);
            if zone.is_some() {
                out.push('Z');
            }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let nanos = interval.nanoseconds;
            let sign = if nanos < 0 { "-" } else { "" };
            let (seconds, rest) =
                (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
            let text =
                format!("{} mons {} days {sign}{seconds}.{rest:09} secs", interval.months, interval.days);
            out.push_str(&text);
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push_str(", ");
                }
                write(&items, item, out)?;
            }
            out.push(']');
        }
        DataType::Dictionary(..) => {
            let value = array.slice(row, 1);
            let dictionary = value.as_any_dictionary();
            write(dictionary.values(), dictionary.normalized_keys()[0], out)?;
        }
        other => return Err(ArrowError::NotYetImplemented(format!("values of {other} as text"))),
    }
    Ok(())
}

fn display(value: &dyn std::fmt::Display, out: &mut String) {
    write!(out, "{value}").expect("a string takes all text");
}

fn debug(value: &dyn std::fmt::Debug, out: &mut String) {
    write!(out, "{value:?}").expect("a string takes all text");
}

fn hexadecimal(bytes: &[u8], out: &mut String) {
    bytes.iter().for_each(|byte| write!(out, "{byte:02x}").expect("a string takes all text"));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array,
        IntervalMonthDayNanoArray, ListArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt8Array,
    };

    use super::*;

    #[test]
    fn values_become_text() {
        let interval = IntervalMonthDayNanoType::make_value(1, -2, -1_500_000_000);
        let texts: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
        let list = vec![Some(vec![Some(1), None])];
        let cases: [(ArrayRef, &str); 10] = [
            (Arc::new(Int32Array::from(vec![None])), ""),
            (Arc::new(Float64Array::from(vec![1.0])), "1.0"),
            (Arc::new(Decimal128Array::from(vec![-5]).with_data_type(DataType::Decimal128(5, 2))), "-0.05"),
            (Arc::new(Date32Array::from(vec![19_000])), "2022-01-08"),
            (Arc::new(Time64MicrosecondArray::from(vec![1_500_000])), "00:00:01.500"),
            (Arc::new(TimestampMicrosecondArray::from(vec![0])), "1970-01-01T00:00:00"),
            (Arc::new(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC")), "1970-01-01T00:00:00Z"),
            (Arc::new(IntervalMonthDayNanoArray::from(vec![interval])), "1 mons -2 days -1.500000000 secs"),
            (Arc::new(BinaryArray::from(vec![&[1_u8, 255][..]])), "01ff"),
            (Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(list)), "[1, ]"),
        ];
        for (array, expected) in cases {
            assert_eq!(array_value_to_string(&array, 0).unwrap(), expected);
        }
        assert_eq!(array_value_to_string(&texts, 1).unwrap(), "b");
        assert!(array_value_to_string(&UInt8Array::from(vec![1]), 0).is_err());
    }
}
