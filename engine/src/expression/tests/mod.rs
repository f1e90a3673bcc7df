//! What the tests share: a scope over the rows of `testdata/fixture.sql`.

mod bounds;
mod evaluation;
mod faults;
mod postgres;
mod templates;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Int32Type, IntervalMonthDayNano};
use sqlparser::ast;

use super::cast::Context;
use super::kernel::Value;
use super::{Expression, Name, Operand, Position, Scope, Source, Total};
use crate::calendar::text::{Moment, parse_date, parse_time, parse_timestamp};
use crate::error::{Fault, Span, did_you_mean};
use crate::types::Type;

/// Whether the text columns that repeat arrive as dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Dictionary,
}

pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) ty: Type,
    pub(super) array: ArrayRef,
}

/// The columns of a test, as a scope.
pub(super) struct Fixture {
    pub(super) columns: Vec<Column>,
}

impl Fixture {
    pub(super) fn inputs(&self) -> Vec<ArrayRef> {
        self.columns.iter().map(|column| column.array.clone()).collect()
    }

    pub(super) fn row_count(&self) -> usize {
        self.columns[0].array.len()
    }

    pub(super) fn compile(&mut self, text: &str) -> Result<Expression, Fault> {
        Expression::compile(&source(text), self)
    }

    /// The values as text, `∅` for NULL, or the message of a fault or an error.
    pub(super) fn values(&mut self, text: &str) -> Result<Vec<String>, String> {
        let expression = self.compile(text).map_err(|fault| fault.to_string())?;
        let array = expression.evaluate(&self.inputs(), self.row_count())?;
        assert_eq!(array.len(), self.row_count(), "{text}");
        if !expression.nullable() {
            assert_eq!(array.logical_null_count(), 0, "{text} claims to be never NULL");
        }
        show(array, expression.ty())
    }
}

impl Scope for Fixture {
    fn name(&mut self, path: &[Name]) -> Result<Operand, Fault> {
        let name = path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        match self.columns.iter().position(|column| column.name == name) {
            Some(slot) => {
                let column = &self.columns[slot];
                let nullable = column.array.logical_null_count() > 0;
                Ok(Operand::Input { slot, ty: column.ty.clone(), nullable })
            }
            None => Err(Fault::at(path[0].span, format!("unknown column `{name}`"))
                .maybe_hint(did_you_mean(&name, self.columns.iter().map(|column| column.name)))),
        }
    }

    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault> {
        match name.text.as_str() {
            "tenants" => Ok(Operand::Constant(Arc::new(Int64Array::from(vec![200])), Type::BigInt)),
            "label" => Ok(Operand::Constant(Arc::new(StringArray::from(vec!["demo"])), Type::Text)),
            other => Err(Fault::at(name.span, format!("unknown parameter `${other}`"))),
        }
    }

    fn position(&mut self, which: Position, span: Span) -> Result<Operand, Fault> {
        match which {
            Position::Row => self.name(&[Name { text: "j".to_owned(), span }]),
            _ => Err(Fault::at(span, "a root table has no parent")),
        }
    }

    fn rows(&mut self, table: &Name) -> Result<Operand, Fault> {
        match table.text.as_str() {
            "tenants" => Ok(Operand::Constant(Arc::new(Int64Array::from(vec![200])), Type::BigInt)),
            other => Err(Fault::at(table.span, format!("unknown table `{other}`"))),
        }
    }

    fn total(
        &mut self,
        total: Total,
        argument: Option<&ast::Expr>,
        source: &Source,
        span: Span,
    ) -> Result<Operand, Fault> {
        match (total, argument) {
            (Total::Sum, Some(argument)) if super::names_in(argument, source)[0][0].text == "lines" => {
                Ok(Operand::Constant(Arc::new(Int64Array::from(vec![42])), Type::BigInt))
            }
            (Total::Count, None) => Ok(Operand::Constant(Arc::new(Int64Array::from(vec![3])), Type::BigInt)),
            _ => Err(Fault::at(span, "no child table")),
        }
    }
}

pub(super) fn source(text: &str) -> Source<'_> {
    Source { text, span: Span::new(0, text.len()), exact: true }
}

/// Every value as text through the cast to text.
pub(super) fn show(array: ArrayRef, ty: &Type) -> Result<Vec<String>, String> {
    let rows = array.len();
    let cell = Expression::input(0, "cell", ty.clone(), true);
    let text =
        cell.convert(&Type::Text, Context::Explicit, Span::default()).map_err(|fault| fault.to_string())?;
    let text = Value::Array(text.evaluate(&[array], rows)?).plain()?.array_ref();
    let text = text.as_any().downcast_ref::<StringArray>().ok_or("no text")?;
    Ok(text.iter().map(|value| value.unwrap_or("∅").to_owned()).collect())
}

/// The rows of `testdata/fixture.sql`.
pub(super) fn fixture(form: Form) -> Fixture {
    let text = |values: [Option<&str>; 6]| -> ArrayRef {
        match form {
            Form::Plain => Arc::new(StringArray::from(values.to_vec())),
            Form::Dictionary => Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>()),
        }
    };
    let micros = |text: &str| match parse_timestamp(text) {
        Ok(Moment::Wall(micros) | Moment::Instant(micros)) => micros,
        Err(error) => panic!("{text}: {error}"),
    };
    let date = |text: &str| parse_date(text).unwrap();
    let time = |text: &str| parse_time(text).unwrap();
    let interval = |months, days, micros: i64| Some(IntervalMonthDayNano::new(months, days, micros * 1000));
    let numeric = |values: [Option<i128>; 6], precision, scale| -> ArrayRef {
        let array = Decimal128Array::from(values.to_vec()).with_precision_and_scale(precision, scale);
        Arc::new(array.unwrap())
    };
    let second = 1_000_000;
    let columns: Vec<(&'static str, Type, ArrayRef)> = vec![
        (
            "i",
            Type::Integer,
            Arc::new(Int32Array::from(vec![Some(7), Some(-3), Some(0), None, Some(i32::MAX), Some(12)])),
        ),
        ("j", Type::Integer, Arc::new(Int32Array::from(vec![2, 5, -4, 3, 1, 10]))),
        (
            "b",
            Type::BigInt,
            Arc::new(Int64Array::from(vec![Some(10_000_000_000), Some(-1), None, Some(0), Some(5), Some(9)])),
        ),
        (
            "s",
            Type::SmallInt,
            Arc::new(Int16Array::from(vec![Some(1), Some(2), Some(3), None, Some(-5), Some(100)])),
        ),
        (
            "n",
            Type::Numeric { precision: 12, scale: 2 },
            numeric([Some(1999), Some(-5), Some(0), Some(123_456_789), None, Some(250)], 12, 2),
        ),
        (
            "m",
            Type::Numeric { precision: 8, scale: 4 },
            numeric([Some(12345), Some(-25000), Some(33333), None, Some(1), Some(1_000_000)], 8, 4),
        ),
        (
            "d",
            Type::Double,
            Arc::new(Float64Array::from(vec![
                Some(0.1),
                Some(-2.5),
                Some(1e20),
                None,
                Some(0.0),
                Some(3.75),
            ])),
        ),
        (
            "r",
            Type::Real,
            Arc::new(Float32Array::from(vec![Some(1.5), Some(0.1), None, Some(-2.0), Some(1e10), Some(3.0)])),
        ),
        (
            "t",
            Type::Text,
            text([Some("Hello World"), Some("ünï Çode"), Some(""), None, Some("a_b%c"), Some("  trim me  ")]),
        ),
        (
            "k",
            Type::Text,
            text([Some("free"), Some("pro"), Some("free"), None, Some("enterprise"), Some("pro")]),
        ),
        (
            "z",
            Type::Text,
            text([
                Some("Europe/Berlin"),
                Some("America/New_York"),
                Some("Asia/Kathmandu"),
                Some("UTC"),
                None,
                Some("Australia/Lord_Howe"),
            ]),
        ),
        (
            "da",
            Type::Date,
            Arc::new(Date32Array::from(vec![
                Some(date("2024-02-29")),
                Some(date("2026-03-29")),
                Some(date("2025-12-31")),
                None,
                Some(date("1999-01-01")),
                Some(date("2027-01-01")),
            ])),
        ),
        (
            "ts",
            Type::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(micros("2024-02-29 13:14:15.678901")),
                Some(micros("2026-03-29 02:30:00")),
                Some(micros("2025-10-26 02:30:00")),
                None,
                Some(micros("1999-12-31 23:59:59.999999")),
                Some(micros("2026-04-05 01:45:00")),
            ])),
        ),
        (
            "tz",
            Type::Instant,
            Arc::new(
                TimestampMicrosecondArray::from(vec![
                    Some(micros("2024-02-29 23:30:00Z")),
                    Some(micros("2026-03-29 01:00:00Z")),
                    Some(micros("2025-10-26 00:30:00Z")),
                    None,
                    Some(0),
                    Some(micros("2026-04-04 15:15:00.5Z")),
                ])
                .with_timezone("UTC"),
            ),
        ),
        (
            "ti",
            Type::Time,
            Arc::new(Time64MicrosecondArray::from(vec![
                Some(time("10:20:30")),
                Some(0),
                Some(time("23:59:59.5")),
                None,
                Some(time("12:00:00")),
                Some(time("06:07:08.000009")),
            ])),
        ),
        (
            "iv",
            Type::Interval,
            Arc::new(IntervalMonthDayNanoArray::from(vec![
                interval(1, 0, 0),
                interval(0, -3, (4 * 3600 + 5 * 60 + 6) * second),
                interval(14, 3, 0),
                None,
                interval(0, 0, 36 * 3600 * second),
                interval(0, 0, 0),
            ])),
        ),
        (
            "p",
            Type::Boolean,
            Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(false), None])),
        ),
        (
            "q",
            Type::Boolean,
            Arc::new(BooleanArray::from(vec![Some(true), Some(true), Some(false), None, None, None])),
        ),
    ];
    Fixture { columns: columns.into_iter().map(|(name, ty, array)| Column { name, ty, array }).collect() }
}
