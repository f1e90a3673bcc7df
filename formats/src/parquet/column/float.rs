//! Floating-point numbers, plain: their bits are as good as random.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use parquet::basic::{Encoding, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::ColumnChunk;
use super::integer::write_plain;
use super::pages::Pages;

pub(super) struct FloatWriter {
    pages: Pages,
    /// The numbers of the page under construction.
    arrays: Vec<ArrayRef>,
    page: Bounds,
    bounds: Bounds,
}

#[derive(Clone, Copy)]
struct Bounds {
    least: f64,
    greatest: f64,
    nans: u64,
    numbers: u64,
}

impl FloatWriter {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, arrays: Vec::new(), page: Bounds::NONE, bounds: Bounds::NONE }
    }

    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        self.pages.note(array.len(), array.nulls())?;
        match array.data_type() {
            DataType::Float32 => self.page.include(array.as_primitive::<Float32Type>(), f64::from),
            DataType::Float64 => self.page.include(array.as_primitive::<Float64Type>(), |number| number),
            other => return Err(ParquetError::NYI(format!("floats of type {other}"))),
        }
        self.arrays.push(array.clone());
        if self.pages.is_page_full() {
            self.close_page()?;
        }
        Ok(())
    }

    fn close_page(&mut self) -> Result<(), ParquetError> {
        let Self { pages, arrays, page, bounds } = self;
        if let Some(bloom) = pages.bloom() {
            for array in &*arrays {
                match array.data_type() {
                    DataType::Float32 => {
                        array
                            .as_primitive::<Float32Type>()
                            .iter()
                            .flatten()
                            .for_each(|n| bloom.insert_float(n, -n));
                    }
                    _ => array
                        .as_primitive::<Float64Type>()
                        .iter()
                        .flatten()
                        .for_each(|n| bloom.insert_float(n, -n)),
                }
            }
        }
        let is_single = pages.leaf().physical_type() == Physical::FLOAT;
        // They were widened from this type.
        let plain = |number: f64| match is_single {
            true => (number as f32).to_le_bytes().to_vec(),
            false => number.to_le_bytes().to_vec(),
        };
        let page_bounds = page.of_type().map(|(least, greatest)| (plain(least), plain(greatest)));
        pages.close_page(Encoding::PLAIN, page_bounds, |out| {
            for array in &*arrays {
                match array.data_type() {
                    DataType::Float32 => append(array.as_primitive::<Float32Type>(), out, f32::to_le_bytes),
                    _ => append(array.as_primitive::<Float64Type>(), out, f64::to_le_bytes),
                }
            }
        })?;
        arrays.clear();
        *bounds = bounds.and(page);
        *page = Bounds::NONE;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<ColumnChunk, ParquetError> {
        if !self.pages.is_page_empty() {
            self.close_page()?;
        }
        let (least, greatest) = self.bounds.of_type().unzip();
        let physical = self.pages.leaf().physical_type();
        let nans = Some(self.bounds.nans);
        self.pages.finish(None, |nulls| match physical {
            Physical::FLOAT => {
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

impl Bounds {
    const NONE: Self = Self { least: f64::INFINITY, greatest: f64::NEG_INFINITY, nans: 0, numbers: 0 };

    fn include<T: ArrowPrimitiveType>(&mut self, array: &PrimitiveArray<T>, wide: impl Fn(T::Native) -> f64) {
        let Self { mut least, mut greatest, mut nans, .. } = *self;
        let mut include = |number: T::Native| {
            // Every comparison with NaN is false.
            let number = wide(number);
            least = if number < least { number } else { least };
            greatest = if number > greatest { number } else { greatest };
            nans += u64::from(number.is_nan());
        };
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => array.values().iter().for_each(|number| include(*number)),
            Some(nulls) => nulls.valid_indices().for_each(|i| include(array.value(i))),
        }
        let numbers = self.numbers + (array.len() - array.null_count()) as u64;
        *self = Self { least, greatest, nans, numbers };
    }

    /// The bounds of both.
    fn and(&self, other: &Self) -> Self {
        Self {
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
            nans: self.nans + other.nans,
            numbers: self.numbers + other.numbers,
        }
    }

    /// The bounds in the order of the type, where NaN has no place: with one there are none, for some readers would skip it by
    /// the bounds of the others. An infinity that no number has moved is a value.
    fn of_type(&self) -> Option<(f64, f64)> {
        (self.numbers > 0 && self.nans == 0).then(|| (least_zero(self.least), greatest_zero(self.greatest)))
    }
}

/// A least number as the specification wants it: zero stands for the zeros of both signs.
pub(super) fn least_zero(number: f64) -> f64 {
    if number == 0.0 { -0.0 } else { number }
}

/// A greatest number, likewise.
pub(super) fn greatest_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

/// Appends the numbers that are not NULL.
fn append<T: ArrowPrimitiveType, const SIZE: usize>(
    array: &PrimitiveArray<T>,
    out: &mut Vec<u8>,
    bytes: impl Fn(T::Native) -> [u8; SIZE],
) {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => write_plain(array.values(), out, bytes),
        Some(nulls) => nulls.valid_indices().for_each(|i| out.extend_from_slice(&bytes(array.value(i)))),
    }
}
