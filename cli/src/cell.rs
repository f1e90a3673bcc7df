//! Single values as text, as PostgreSQL shows them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, IntervalMonthDayNanoType, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use seedbed_engine::calendar::Style;
use seedbed_engine::calendar::text;

/// The text of a value; `NULL` when there is none.
pub(crate) fn shown(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    let mut out = String::new();
    match array.data_type() {
        DataType::Date32 => {
            text::write_date(&mut out, array.as_primitive::<Date32Type>().value(row), Style::Sql)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            text::write_time(&mut out, array.as_primitive::<Time64MicrosecondType>().value(row));
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            match zone {
                Some(_) => text::write_instant(&mut out, micros, 0, Style::Sql),
                None => text::write_timestamp(&mut out, micros, Style::Sql),
            }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let (months, days, nanos) = IntervalMonthDayNanoType::to_parts(
                array.as_primitive::<IntervalMonthDayNanoType>().value(row),
            );
            text::write_interval(&mut out, months, days, nanos);
        }
        DataType::Float64 => out = array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Float32 => out = array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::FixedSizeBinary(16) => out = uuid(array.as_fixed_size_binary().value(row)),
        DataType::Binary => {
            out.push_str("\\x");
            array.as_binary::<i32>().value(row).iter().for_each(|byte| out += &format!("{byte:02x}"));
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items: Vec<String> = (0..items.len()).map(|i| shown(&items, i)).collect();
            out = format!("{{{}}}", items.join(","));
        }
        _ => out = arrow::util::display::array_value_to_string(array, row).unwrap_or_default(),
    }
    out
}

/// Whether values of a type line up on the right.
pub(crate) fn is_number(ty: &DataType) -> bool {
    ty.is_numeric()
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
fn uuid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out += &format!("{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        Date32Array, FixedSizeBinaryArray, ListArray, StringArray, TimestampMicrosecondArray,
    };
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;

    #[test]
    fn values_are_shown_as_postgresql_shows_them() {
        let instant = TimestampMicrosecondArray::from(vec![Some(1_500_000), None]).with_timezone("UTC");
        let instant: ArrayRef = Arc::new(instant);
        assert_eq!(shown(&instant, 0), "1970-01-01 00:00:01.5+00");
        assert_eq!(shown(&instant, 1), "NULL");
        let date: ArrayRef = Arc::new(Date32Array::from(vec![19_753]));
        assert_eq!(shown(&date, 0), "2024-01-31");
        let bytes = std::iter::once((0..16).collect::<Vec<u8>>());
        let uuid = FixedSizeBinaryArray::try_from_iter(bytes).unwrap();
        let uuid: ArrayRef = Arc::new(uuid);
        assert_eq!(shown(&uuid, 0), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None])]);
        let list: ArrayRef = Arc::new(list);
        assert_eq!(shown(&list, 0), "{1,NULL}");
        let text: ArrayRef = Arc::new(StringArray::from(vec!["ü"]));
        assert_eq!(shown(&text, 0), "ü");
    }
}
