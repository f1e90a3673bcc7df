//! The formats, their codecs, and their names.

use crate::error::Error;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values, RFC 4180, with a header line.
    Csv,
    /// JSON Lines: one object per row.
    Jsonl,
    /// Apache Arrow's IPC file format.
    Arrow,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Parquet, Self::Csv, Self::Jsonl, Self::Arrow];

    /// The format that a file's extension stands for, in any case, without the dot.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "arrow" | "feather" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The name, `parquet`, `csv`, `jsonl` or `arrow`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Arrow => "arrow",
        }
    }

    /// The extension of files, without the dot; the same as the name.
    pub fn extension(self) -> &'static str {
        self.name()
    }

    /// The codec used when none is asked for: snappy in Parquet, none elsewhere.
    pub fn default_compression(self) -> Compression {
        match self {
            Self::Parquet => Compression::Snappy,
            _ => Compression::None,
        }
    }

    /// Refuses a codec that the format does not have.
    pub(crate) fn check(self, compression: Compression) -> Result<(), Error> {
        if self == Self::Parquet || compression == Compression::None {
            return Ok(());
        }
        let message = format!("{} files cannot be compressed with {}", self.name(), compression.name());
        Err(Error::usage(message, "leave the compression out, or write parquet"))
    }
}

/// A codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// No compression.
    None,
    /// Snappy: fast, the default of Parquet.
    Snappy,
    /// Zstandard at a level from 1 to 22: smaller and slower.
    Zstd(i32),
}

impl Compression {
    /// Zstandard's own default level.
    const ZSTD_LEVEL: i32 = 3;

    /// The codec of a name: `none`, `snappy`, `zstd` or `zstd(9)`.
    ///
    /// ```
    /// use seedbed_formats::Compression;
    /// assert_eq!(Compression::from_name("zstd(9)"), Some(Compression::Zstd(9)));
    /// assert_eq!(Compression::from_name("zstd(23)"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "snappy" => Some(Self::Snappy),
            "zstd" => Some(Self::Zstd(Self::ZSTD_LEVEL)),
            _ => {
                let level = name.strip_prefix("zstd(")?.strip_suffix(')')?.parse().ok()?;
                (1..=22).contains(&level).then_some(Self::Zstd(level))
            }
        }
    }

    /// The name that [`from_name`](Self::from_name) reads.
    pub fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Snappy => "snappy".to_owned(),
            Self::Zstd(level) => format!("zstd({level})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
            assert_eq!(Format::from_extension(&format.extension().to_uppercase()), Some(format));
        }
        for compression in
            [Compression::None, Compression::Snappy, Compression::Zstd(1), Compression::Zstd(22)]
        {
            assert_eq!(Compression::from_name(&compression.name()), Some(compression));
        }
        for wrong in ["", "ZSTD", "zstd()", "zstd(0)", "zstd(1", "gzip"] {
            assert_eq!(Compression::from_name(wrong), None, "{wrong}");
        }
    }
}
