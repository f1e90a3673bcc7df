//! The manifest: what a dataset is and which files it has. It comes last, so that a directory with a manifest
//! is complete, and it holds nothing that differs between two runs: no time, no host, no number of threads.

use std::fmt::{self, Write};

use seedbed_engine::calendar::TZDB_VERSION;
use seedbed_engine::calendar::text::{Style, write_instant};
use seedbed_engine::cases::FoundCase;
use seedbed_engine::digest::TableDigest;
use seedbed_engine::run::{Layout, Shard};
use seedbed_engine::{Plan, TableId};
use serde_json::Value;

use crate::format::{Compression, Format};
use crate::parquet::ParquetOptions;

/// What stands in a manifest.
pub(crate) struct Manifest {
    /// The lines that say what the dataset is, the same in every shard.
    head: String,
    shard: Option<Shard>,
    tables: Vec<ManifestTable>,
    cases: Vec<FoundCase>,
}

struct ManifestTable {
    name: String,
    /// Names, SQL types, and whether NULL occurs.
    columns: Vec<(String, String, bool)>,
    files: Vec<ManifestFile>,
}

/// A file of a table.
pub(crate) struct ManifestFile {
    /// Relative to the directory, with `/`.
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// BLAKE3 in hexadecimal digits.
    pub(crate) checksum: String,
    /// Of the rows, whatever the format.
    pub(crate) digest: TableDigest,
}

impl Manifest {
    pub(crate) const NAME: &str = "manifest.json";

    /// A manifest without files.
    pub(crate) fn new(
        plan: &Plan,
        tables: &[TableId],
        format: Format,
        compression: Compression,
        parquet: &ParquetOptions,
        layout: Layout,
        shard: Option<Shard>,
    ) -> Self {
        let tables = tables.iter().map(|table| {
            let table = &plan.model().tables[*table];
            let columns =
                table.written().map(|column| (column.name.clone(), column.ty.to_string(), column.nullable));
            ManifestTable { name: table.name.clone(), columns: columns.collect(), files: Vec::new() }
        });
        let head = head(plan, format, compression, parquet, layout);
        Self { head, shard, tables: tables.collect(), cases: Vec::new() }
    }

    /// The name of the file it is kept in: `manifest.json`, or that of a shard.
    pub(crate) fn file_name(&self) -> String {
        match self.shard {
            None => Self::NAME.to_owned(),
            Some(shard) => Self::shard_file_name(shard),
        }
    }

    /// The name of the file that the manifest of a shard is kept in.
    pub(crate) fn shard_file_name(Shard { index, count }: Shard) -> String {
        format!("manifest-shard-{index:05}-of-{count:05}.json")
    }

    pub(crate) fn shard(&self) -> Option<Shard> {
        self.shard
    }

    pub(crate) fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.name.as_str())
    }

    /// Notes a file that is complete.
    pub(crate) fn add(&mut self, table: &str, file: ManifestFile) {
        if let Some(table) = self.tables.iter_mut().find(|known| known.name == table) {
            table.files.push(file);
        }
    }

    /// Notes what was found of the cases.
    pub(crate) fn note_cases(&mut self, cases: &[FoundCase]) {
        self.cases = cases.to_vec();
    }

    /// The files noted, relative to the directory.
    pub(crate) fn files(&self) -> impl Iterator<Item = &ManifestFile> {
        self.tables.iter().flat_map(|table| &table.files)
    }

    /// Whether the text of another manifest describes another shard of this very dataset, or this one.
    pub(crate) fn is_same_dataset(&self, other: &str) -> bool {
        let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
        let (Some(mine), Some(other)) = (parse(&self.to_string()), parse(other)) else { return false };
        let same = |key: &str| mine[key] == other[key];
        let tables = |manifest: &Value| -> Vec<Value> {
            manifest["tables"].as_array().into_iter().flatten().map(|table| table["name"].clone()).collect()
        };
        ["seedbed", "fingerprint", "format", "compression", "parquet", "rows_per_file", "rows_per_chunk"]
            .into_iter()
            .all(same)
            && mine["shard"]["count"] == other["shard"]["count"]
            && tables(&mine) == tables(&other)
    }

    /// The tables that the text of a manifest names, each with its files; `None` when it is no manifest of seedbed's.
    pub(crate) fn files_named(text: &str) -> Option<Vec<(String, Vec<String>)>> {
        let manifest: Value = serde_json::from_str(text).ok()?;
        manifest.get("seedbed")?;
        let tables = manifest.get("tables")?.as_array()?.iter().filter_map(|table| {
            let files = table["files"].as_array().into_iter().flatten();
            let files = files.filter_map(|file| file["name"].as_str().map(str::to_owned)).collect();
            Some((table["name"].as_str()?.to_owned(), files))
        });
        Some(tables.collect())
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn head(
    plan: &Plan,
    format: Format,
    compression: Compression,
    parquet: &ParquetOptions,
    layout: Layout,
) -> String {
    let model = plan.model();
    let mut as_of = String::new();
    write_instant(&mut as_of, model.as_of, 0, Style::Iso);
    let params: Vec<_> =
        model.params.iter().map(|p| format!("{}: {}", quoted(&p.name), quoted(&p.value))).collect();
    let bloom: Vec<_> = parquet.bloom.iter().map(|columns| quoted(columns.name())).collect();
    let parquet = format!(
        "{{\"encodings\": {}, \"for\": {}, \"bloom\": [{}]}}",
        quoted(parquet.encodings.name()),
        quoted(parquet.reader.name()),
        bloom.join(", ")
    );
    let lines = [
        ("seedbed", quoted(env!("CARGO_PKG_VERSION"))),
        ("scenario", quoted(&model.name)),
        ("fingerprint", quoted(plan.fingerprint())),
        ("seed", model.seed.to_string()),
        ("scale", Value::from(model.scale).to_string()),
        ("as_of", quoted(&as_of)),
        ("adversarial", model.adversarial.map_or_else(String::new, |share| Value::from(share).to_string())),
        ("params", format!("{{{}}}", params.join(", "))),
        ("tzdb", quoted(TZDB_VERSION)),
        ("format", quoted(format.name())),
        ("compression", quoted(&compression.name())),
        ("parquet", parquet),
        ("rows_per_file", layout.rows_per_file.to_string()),
        ("rows_per_chunk", layout.rows_per_chunk.to_string()),
    ];
    let is_written = |key: &str| match key {
        "parquet" => format == Format::Parquet,
        "adversarial" => model.adversarial.is_some(),
        _ => true,
    };
    lines.iter().filter(|(key, _)| is_written(key)).fold(String::new(), |mut head, (key, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(head, "  \"{key}\": {value},");
        head
    })
}

/// As JSON, with a line for each column, each file and each case.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: fn(&ManifestFile) -> u64| self.files().map(of).sum::<u64>();
        write!(f, "{{\n{}", self.head)?;
        if let Some(Shard { index, count }) = self.shard {
            writeln!(f, "  \"shard\": {{\"index\": {index}, \"count\": {count}}},")?;
        }
        writeln!(f, "  \"rows\": {},\n  \"bytes\": {},", sum(|file| file.rows), sum(|file| file.bytes))?;
        f.write_str("  \"tables\": [")?;
        list(f, "\n    ", &self.tables, |f, table| {
            let sum = |of: fn(&ManifestFile) -> u64| table.files.iter().map(of).sum::<u64>();
            let (rows, bytes) = (sum(|file| file.rows), sum(|file| file.bytes));
            let mut digest = TableDigest::default();
            table.files.iter().for_each(|file| digest.merge(file.digest));
            write!(f, "{{\"name\": {}, \"rows\": {rows}, \"bytes\": {bytes},", quoted(&table.name))?;
            write!(f, "\n      \"rows_fingerprint\": \"{digest}\",")?;
            f.write_str("\n      \"columns\": [")?;
            list(f, "\n        ", &table.columns, |f, (name, ty, nullable)| {
                write!(
                    f,
                    "{{\"name\": {}, \"type\": {}, \"nullable\": {nullable}}}",
                    quoted(name),
                    quoted(ty)
                )
            })?;
            f.write_str("],\n      \"files\": [")?;
            list(f, "\n        ", &table.files, |f, file| {
                let ManifestFile { name, rows, bytes, checksum, digest } = file;
                write!(f, "{{\"name\": {}, \"rows\": {rows}, \"bytes\": {bytes},", quoted(name))?;
                write!(f, " \"rows_fingerprint\": \"{digest}\", \"blake3\": \"{checksum}\"}}")
            })?;
            f.write_str("]}")
        })?;
        f.write_str("]")?;
        if !self.cases.is_empty() {
            f.write_str(",\n  \"cases\": [")?;
            list(f, "\n    ", &self.cases, |f, case| {
                let (name, table) = (quoted(&case.name), quoted(&case.table));
                write!(f, "{{\"name\": {name}, \"table\": {table}, \"rows\": {}", case.rows)?;
                write!(f, ", \"keys\": [")?;
                for (i, key) in case.keys.iter().enumerate() {
                    write!(f, "{}{key}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]}")
            })?;
            f.write_str("]")?;
        }
        f.write_str("\n}\n")
    }
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        f.write_str(if i > 0 { "," } else { "" })?;
        f.write_str(before)?;
        write(f, item)?;
    }
    Ok(())
}
