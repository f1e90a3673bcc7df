//! Flags that are for Parquet files only.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use seedbed_formats::{Format, ParquetEncodings, ParquetOptions};

use crate::exit::Failure;

#[derive(Args, Debug)]
#[command(next_help_heading = "Parquet")]
pub(crate) struct ParquetFlags {
    /// How values are encoded: what every reader knows (compatible, the default), or smaller, for readers of today (modern)
    #[arg(long, value_parser = PossibleValuesParser::new(ParquetEncodings::ALL.map(ParquetEncodings::name))
        .try_map(|name| ParquetEncodings::from_name(&name).ok_or("unknown encodings")))]
    parquet_encodings: Option<ParquetEncodings>,
}

impl ParquetFlags {
    /// The first flag given, if any.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [("--parquet-encodings", self.parquet_encodings.is_some())];
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
        Ok(ParquetOptions { encodings: self.parquet_encodings.unwrap_or_default() })
    }
}
