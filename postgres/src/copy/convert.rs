//! Values on their way into a column of another type, converted as PostgreSQL converts what it assigns.
//!
//! A value is converted without loss or refused: PostgreSQL would round without a word.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryBuilder, ListArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
};
use seedbed_engine::digest::CanonicalJson;
use seedbed_engine::expression::Expression;
use seedbed_engine::types::Type;

use super::check::decimal;

/// How the values of a type become those of another one.
#[derive(Clone, Debug)]
pub(super) struct Conversion {
    from: Type,
    to: Type,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// As an expression would.
    Cast(Expression),
    /// Exact numbers as the nearest floating-point ones.
    Nearest,
    /// Text that is JSON stays as it is.
    Json,
    /// The text of a `bytea` as its bytes.
    Bytes,
    /// Element by element.
    Elements(Box<Conversion>),
}

/// A value that cannot be converted.
#[derive(Debug)]
pub(super) struct Unconverted {
    pub(super) value: String,
    pub(super) reason: String,
}

impl Conversion {
    /// The conversion between two types; `None` when they are the same.
    ///
    /// # Errors
    /// There is no such conversion.
    pub(super) fn between(from: &Type, to: &Type) -> Result<Option<Self>, String> {
        if from == to {
            return Ok(None);
        }
        let how = match (from, to) {
            (Type::List(from), Type::List(to)) => match Self::between(from, to)? {
                Some(element) => How::Elements(Box::new(element)),
                None => return Ok(None),
            },
            (_, Type::Real | Type::Double) => How::Nearest,
            (Type::Text, Type::Json) => How::Json,
            (Type::Text, Type::Bytes) => How::Bytes,
            _ => How::Cast(Expression::conversion(from, to).map_err(|fault| fault.to_string())?),
        };
        Ok(Some(Self { from: from.clone(), to: to.clone(), how }))
    }

    /// Whether some values may not be converted.
    pub(super) fn can_fail(&self) -> bool {
        match (&self.how, &self.from) {
            (How::Elements(element), _) => element.can_fail(),
            (How::Nearest, Type::SmallInt) => false,
            (How::Nearest, Type::Integer) => self.to == Type::Real,
            (How::Cast(_), from) => matches!(from, Type::Text | Type::Date),
            _ => true,
        }
    }

    /// Converts an array.
    ///
    /// # Errors
    /// The first value that is none of the type, or would be rounded.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Unconverted> {
        let plain = match array.data_type() {
            DataType::Dictionary(_, of) => &cast(array, of).map_err(|error| self.failed(array, &error))?,
            _ => array,
        };
        match &self.how {
            How::Cast(expression) => {
                let evaluated = expression.evaluate(std::slice::from_ref(plain), plain.len());
                evaluated.map_err(|message| self.first_wrong(expression, plain, message))
            }
            How::Nearest => self.nearest(plain),
            How::Json => {
                let mut canonical = CanonicalJson::default();
                match texts(plain).find(|text| canonical.of(text).is_none()) {
                    Some(text) => Err(wrong(text, "it is no JSON")),
                    None => Ok(plain.clone()),
                }
            }
            How::Bytes => {
                let mut bytes = BinaryBuilder::new();
                for text in plain.as_string::<i32>() {
                    let value =
                        text.map(|text| read_bytes(text).ok_or_else(|| wrong(text, "it is no bytea")));
                    bytes.append_option(value.transpose()?);
                }
                Ok(Arc::new(bytes.finish()))
            }
            How::Elements(element) => {
                let lists = plain.as_list::<i32>();
                let offsets = lists.value_offsets();
                let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
                // What lies outside is of no row.
                let values = element.apply(&lists.values().slice(first, last - first))?;
                let lengths = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
                let offsets = arrow::buffer::OffsetBuffer::from_lengths(lengths);
                let field = Arc::new(Field::new("item", values.data_type().clone(), true));
                let lists = ListArray::try_new(field, offsets, values, lists.nulls().cloned());
                Ok(Arc::new(lists.map_err(|error| self.failed(plain, &error))?))
            }
        }
    }

    fn failed(&self, array: &ArrayRef, error: &arrow::error::ArrowError) -> Unconverted {
        Unconverted { value: format!("{} values of {}", array.len(), self.from), reason: error.to_string() }
    }

    /// The first value that an expression fails for.
    fn first_wrong(&self, expression: &Expression, array: &ArrayRef, message: String) -> Unconverted {
        let fails = |row: &usize| expression.evaluate(&[array.slice(*row, 1)], 1).is_err();
        let value = (0..array.len()).find(fails).and_then(|row| self.shown(&array.slice(row, 1)));
        let reason = match (&self.from, &self.to) {
            (Type::Text, to) => format!("it is no {to}"),
            _ => message,
        };
        Unconverted { value: value.unwrap_or_default(), reason }
    }

    /// The one value of an array as text.
    fn shown(&self, one: &ArrayRef) -> Option<String> {
        let text = match self.from {
            Type::Text => one.clone(),
            _ => Expression::conversion(&self.from, &Type::Text)
                .ok()?
                .evaluate(std::slice::from_ref(one), 1)
                .ok()?,
        };
        Some(text.as_string_opt::<i32>()?.value(0).to_owned())
    }

    fn nearest(&self, array: &ArrayRef) -> Result<ArrayRef, Unconverted> {
        match (&self.from, &self.to) {
            (Type::SmallInt, _) => self.floats::<Int16Type>(array, 0),
            (Type::Integer, _) => self.floats::<Int32Type>(array, 0),
            (Type::BigInt, _) => self.floats::<Int64Type>(array, 0),
            (Type::Numeric { scale, .. }, _) => self.floats::<Decimal128Type>(array, scale.unsigned_abs()),
            _ => Ok(array.clone()),
        }
    }

    fn floats<T: ArrowPrimitiveType>(&self, array: &ArrayRef, scale: u8) -> Result<ArrayRef, Unconverted>
    where
        i128: From<T::Native>,
    {
        let array = array.as_primitive::<T>();
        let refused = |value| {
            let reason = format!("the nearest {} is another number", self.to);
            Unconverted { value: decimal(value, scale), reason }
        };
        if self.to == Type::Real {
            return floats::<T, Float32Type>(array, |value| real(value, scale).ok_or_else(|| refused(value)));
        }
        floats::<T, Float64Type>(array, |value| double(value, scale).ok_or_else(|| refused(value)))
    }
}

fn floats<T: ArrowPrimitiveType, F: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    float: impl Fn(i128) -> Result<F::Native, Unconverted>,
) -> Result<ArrayRef, Unconverted>
where
    i128: From<T::Native>,
{
    let values = array.iter().map(|value| value.map(|value| float(i128::from(value))).transpose());
    Ok(Arc::new(values.collect::<Result<PrimitiveArray<F>, _>>()?))
}

/// The nearest double of a decimal, if it is the same number or is shown as the same. Any of 15 digits is.
fn double(value: i128, scale: u8) -> Option<f64> {
    const EXACT: u128 = 1_000_000_000_000_000;
    if value.unsigned_abs() < EXACT && scale <= 22 {
        // Both are exact, so that the division rounds once.
        return Some(value as f64 / 10u128.pow(u32::from(scale)) as f64);
    }
    let text = decimal(value, scale);
    let double: f64 = text.parse().ok()?;
    // The first has all digits, the second as few as tell it from its neighbours.
    (format!("{double:.*}", usize::from(scale)) == text || is_shown(&double.to_string(), &text))
        .then_some(double)
}

/// The same of a number of 32 bits.
fn real(value: i128, scale: u8) -> Option<f32> {
    const EXACT: u128 = 1_000_000;
    if value.unsigned_abs() < EXACT && scale <= 10 {
        return Some(value as f32 / 10u128.pow(u32::from(scale)) as f32);
    }
    let text = decimal(value, scale);
    let real: f32 = text.parse().ok()?;
    (format!("{real:.*}", usize::from(scale)) == text || is_shown(&real.to_string(), &text)).then_some(real)
}

/// Whether two texts are one decimal, but for zeros at its end.
fn is_shown(shortest: &str, decimal: &str) -> bool {
    let behind = decimal.strip_prefix(shortest);
    behind.is_some_and(|behind| {
        let zeros = if shortest.contains('.') { behind } else { behind.strip_prefix('.').unwrap_or("") };
        behind.is_empty() || (!zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0'))
    })
}

fn wrong(value: &str, reason: &str) -> Unconverted {
    Unconverted { value: value.to_owned(), reason: reason.to_owned() }
}

fn texts(array: &ArrayRef) -> impl Iterator<Item = &str> {
    array.as_string::<i32>().iter().flatten()
}

/// Reads the text of a `bytea`: `\x` and pairs of hexadecimal digits, perhaps with blanks between, or bytes as they are with `\\`
/// for a backslash and `\ooo` for any byte.
fn read_bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("\\x") {
        let mut digits = hex.bytes().peekable();
        let mut bytes = Vec::with_capacity(hex.len() / 2);
        while let Some(digit) = digits.next() {
            if matches!(digit, b' ' | b'\n' | b'\t' | b'\r') {
                continue;
            }
            let nibble = |digit: u8| char::from(digit).to_digit(16);
            bytes.push((nibble(digit)? << 4 | nibble(digits.next()?)?) as u8);
        }
        return Some(bytes);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest
            }
            [b'\\', ..] => return None,
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_bytes_is_read_as_the_server_reads_it() {
        assert_eq!(read_bytes("\\x0aFF 00"), Some(vec![10, 255, 0]));
        assert_eq!(read_bytes("a\\\\b\\001ü"), Some(b"a\\b\x01\xc3\xbc".to_vec()));
        assert_eq!(read_bytes(""), Some(Vec::new()));
        for wrong in ["\\x0", "\\x0 0", "\\xgg", "\\", "\\400", "\\12", "\\a"] {
            assert_eq!(read_bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_become_the_nearest_ones_that_show_them() {
        assert_eq!(double(1234, 2), Some(12.34));
        assert_eq!(double(9_007_199_254_740_992, 0), Some(9_007_199_254_740_992.0));
        assert_eq!(double(9_007_199_254_740_993, 0), None);
        assert_eq!(double(-1_234_567_890_123_456_789, 10), None);
        assert_eq!(double(-10i128.pow(37), 37), Some(-1.0));
        assert_eq!(double(1 << 60, 0), Some((1u64 << 60) as f64));
        assert_eq!((real(10i128.pow(19), 0), real(10i128.pow(21), 2)), (Some(1e19), Some(1e19)));
        assert_eq!((real(123_456_789, 2), real(10i128.pow(19) + 1, 0)), (None, None));
        assert_eq!((real(16_777_216, 0), real(16_777_217, 0)), (Some(16_777_216.0), None));
        assert_eq!((real(12_345_678, 2), real(1234, 2)), (Some(123_456.78), Some(12.34)));
    }
}
