//! Bloom filters: which values a column chunk does not hold.

use parquet::bloom_filter::Sbbf;
use parquet::data_type::AsBytes;
use parquet::errors::ParquetError;

/// How often a filter says that a value may be there which is not.
pub(super) const FALSE_POSITIVES: f64 = 0.01;

/// The filter of a column chunk.
pub(super) struct Bloom(Sbbf);

impl Bloom {
    /// A filter for at most so many values.
    pub(super) fn new(values: u64) -> Result<Self, ParquetError> {
        Ok(Self(Sbbf::new_with_ndv_fpp(values, FALSE_POSITIVES)?))
    }

    /// Puts a value in.
    pub(super) fn insert<T: AsBytes + ?Sized>(&mut self, value: &T) {
        self.0.insert(value);
    }

    /// Puts a floating-point number in. The zeros are equal and have different bits, so both are put in.
    pub(super) fn insert_float<T: AsBytes + PartialEq>(&mut self, number: T, negative: T) {
        self.0.insert(&number);
        if number == negative {
            self.0.insert(&negative);
        }
    }

    /// The filter as it stands in a file, no larger than its values need.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, ParquetError> {
        self.0.fold_to_target_fpp(FALSE_POSITIVES);
        bytes(&self.0)
    }
}

/// A filter as it stands in a file.
pub(super) fn bytes(filter: &Sbbf) -> Result<Vec<u8>, ParquetError> {
    let mut bytes = Vec::new();
    filter.write(&mut bytes)?;
    Ok(bytes)
}
