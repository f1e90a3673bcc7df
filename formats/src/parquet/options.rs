//! What can be chosen about Parquet files beside their codec.

/// How values are encoded in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParquetEncodings {
    /// What every reader in use knows: plain values, dictionaries, and numbers as differences.
    #[default]
    Compatible,
    /// Lengths of texts as differences, too, with all bytes behind them: smaller and faster to write, but some
    /// readers refuse it.
    Modern,
}

impl ParquetEncodings {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Compatible, Self::Modern];

    /// The name, `compatible` or `modern`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Modern => "modern",
        }
    }

    /// The choice of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encodings| encodings.name() == name)
    }
}

/// What can be chosen about Parquet files beside their codec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParquetOptions {
    /// How values are encoded in pages.
    pub encodings: ParquetEncodings,
}
