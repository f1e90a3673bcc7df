//! Floating-point numbers, plain: their bits are as good as random.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use parquet::basic::{Encoding, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::ColumnChunk;
use super::integer::write_plain;
use super::pages::Pages;

pub(super) struct FloatWriter {
    pages: Pages,
    /// The numbers of the page under construction, encoded.
    plain: Vec<u8>,
    least: f64,
    greatest: f64,
    nans: u64,
    numbers: u64,
}

impl FloatWriter {
    pub(super) fn new(pages: Pages) -> Self {
        Self {
            pages,
            plain: Vec::new(),
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            nans: 0,
            numbers: 0,
        }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::Float32 => self.extend::<Float32Type, 4>(array, f32::to_le_bytes, f64::from),
            DataType::Float64 => self.extend::<Float64Type, 8>(array, f64::to_le_bytes, |number| number),
            other => return Err(ParquetError::NYI(format!("floats of type {other}"))),
        }
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn extend<T: ArrowPrimitiveType, const SIZE: usize>(
        &mut self,
        array: &ArrayRef,
        bytes: impl Fn(T::Native) -> [u8; SIZE],
        wide: impl Fn(T::Native) -> f64,
    ) {
        let array = array.as_primitive::<T>();
        let valid: Vec<T::Native>;
        let numbers: &[T::Native] = match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => array.values(),
            Some(nulls) => {
                valid = nulls.valid_indices().map(|i| array.value(i)).collect();
                &valid
            }
        };
        write_plain(numbers, &mut self.plain, bytes);
        for number in numbers {
            // NaN has no place in the order, and every comparison with it is false.
            let number = wide(*number);
            if number < self.least {
                self.least = number;
            }
            if number > self.greatest {
                self.greatest = number;
            }
            self.nans += u64::from(number.is_nan());
        }
        self.numbers += numbers.len() as u64;
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let plain = &mut self.plain;
        self.pages.close_page(Encoding::PLAIN, |out| out.extend_from_slice(plain))?;
        plain.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        // The specification: a zero bound stands for the zeros of both signs. An infinity that no number has moved is a value.
        let any = self.numbers > self.nans;
        let least = any.then_some(if self.least == 0.0 { -0.0 } else { self.least });
        let greatest = any.then_some(if self.greatest == 0.0 { 0.0 } else { self.greatest });
        let physical = self.pages.leaf().physical_type();
        let nans = Some(self.nans);
        self.pages.finish(None, |nulls| match physical {
            Physical::FLOAT => {
                // They were widened from this type.
                let narrow = |number: Option<f64>| number.map(|number| number as f32);
                Statistics::Float(
                    ValueStatistics::new(narrow(least), narrow(greatest), None, Some(nulls), false)
                        .with_nan_count(nans),
                )
            }
            _ => Statistics::Double(
                ValueStatistics::new(least, greatest, None, Some(nulls), false).with_nan_count(nans),
            ),
        })
    }
}
