//! Flags that are for Parquet files only.

use std::num::NonZeroU64;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use seedbed_formats::{BloomColumns, Format, ParquetEncodings, ParquetOptions, ParquetReader};

use crate::arguments::values::one_or_more;
use crate::exit::Failure;

#[derive(Args, Debug)]
#[command(next_help_heading = "Parquet")]
pub(crate) struct ParquetFlags {
    /// How values are encoded: what every reader knows (compatible, the default), or smaller, for readers of today (modern)
    #[arg(long, value_parser = PossibleValuesParser::new(ParquetEncodings::ALL.map(ParquetEncodings::name))
        .try_map(|name| ParquetEncodings::from_name(&name).ok_or("unknown encodings")))]
    parquet_encodings: Option<ParquetEncodings>,
    /// The reader whose types are written; default any. For spark, which refuses them, `uuid` and `time` become text
    #[arg(long, value_parser = PossibleValuesParser::new(ParquetReader::ALL.map(ParquetReader::name))
        .try_map(|name| ParquetReader::from_name(&name).ok_or("unknown reader")))]
    parquet_for: Option<ParquetReader>,
    /// Bloom filters for these columns, separated by commas, as in users.email; `keys` for those of primary, unique and
    /// foreign keys
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = bloom)]
    parquet_bloom: Vec<BloomColumns>,
    /// The rows of every row group but a file's last; default at most 122,880. A row group is encoded in memory, and two
    /// for every thread are under way
    #[arg(long, value_name = "N", value_parser = one_or_more, allow_negative_numbers = true)]
    row_group_rows: Option<NonZeroU64>,
}

impl ParquetFlags {
    /// The first flag given, if any.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--parquet-encodings", self.parquet_encodings.is_some()),
            ("--parquet-for", self.parquet_for.is_some()),
            ("--parquet-bloom", !self.parquet_bloom.is_empty()),
            ("--row-group-rows", self.row_group_rows.is_some()),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }

    /// What they mean for files of a format.
    pub(crate) fn options(&self, format: Format) -> Result<ParquetOptions, Failure> {
        if let Some(flag) = self.first_given().filter(|_| format != Format::Parquet) {
            return Err(Failure::usage(format!(
                "`{flag}` is for Parquet, and {} is to be written",
                format.name()
            ))
            .hint("leave it out, or write parquet"));
        }
        Ok(ParquetOptions {
            encodings: self.parquet_encodings.unwrap_or_default(),
            reader: self.parquet_for.unwrap_or_default(),
            bloom: self.parquet_bloom.clone(),
            rows_per_row_group: self.row_group_rows.map(NonZeroU64::get),
        })
    }
}

fn bloom(text: &str) -> Result<BloomColumns, String> {
    BloomColumns::from_name(text.trim())
        .ok_or_else(|| "expected `keys`, or columns such as users.email".to_owned())
}
