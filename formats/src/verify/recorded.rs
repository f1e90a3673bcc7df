//! What the manifests of a dataset say.

use std::fs;
use std::io::Read;
use std::path::Path;

use seedbed_engine::Plan;
use seedbed_engine::run::{Layout, Shard};
use serde_json::Value;

use crate::error::Error;
use crate::format::Format;
use crate::output::Manifest;
use crate::parquet::ParquetOptions;
use crate::read;

/// How many shards that are missing are named.
const MOST_MISSING_NAMED: usize = 20;

/// A dataset by its manifest, or by those of its shards.
pub(super) struct Recorded {
    /// The manifest, or that of the first shard that is there: but for the files, shards say the same.
    manifest: Value,
    pub(super) format: Format,
    pub(super) rows_per_file: u64,
    pub(super) tables: Vec<RecordedTable>,
    /// The shards that are not there.
    missing: Missing,
}

/// A table by its manifest.
pub(super) struct RecordedTable {
    pub(super) name: String,
    pub(super) files: Vec<RecordedFile>,
    /// Whether the manifests of all files are there.
    pub(super) is_complete: bool,
    /// Whether files of shards that are not verified may be there.
    beside_others: bool,
    /// The sum of the fingerprints of its rows, by version.
    fingerprints: Vec<String>,
}

/// A file by its manifest.
pub(super) struct RecordedFile {
    pub(super) name: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) checksum: String,
}

/// Shards that should be there.
#[derive(Default)]
struct Missing {
    /// The first of them.
    first: Vec<Shard>,
    count: u64,
}

impl Recorded {
    /// Reads the manifests of a directory: that of one shard if asked to, else all.
    pub(super) fn read(root: &Path, shard: Option<Shard>) -> Result<Self, Error> {
        if !root.is_dir() {
            let message = format!("`{}` is not a directory", root.display());
            return Err(Error::usage(message, "name the directory that a dataset was written to"));
        }
        let whole = root.join(Manifest::NAME);
        if whole.is_file() {
            if shard.is_some() {
                let message = format!("the dataset in `{}` has no shards", root.display());
                return Err(Error::usage(message, "leave `--shard` out"));
            }
            return Self::of(root, vec![manifest(&whole)?], Missing::default(), false);
        }
        let there = shards_in(root);
        let Some(Shard { count, .. }) = shard.or_else(|| there.last().copied()) else {
            let message =
                format!("`{}` holds no complete dataset: there is no {}", root.display(), Manifest::NAME);
            return Err(Error::usage(message, "a run that failed, or has not ended, leaves no manifest"));
        };
        // Only those that are there are gone through: how many there should be is what the name of a file says.
        let of_count = |one: &&Shard| one.count == count && shard.is_none_or(|shard| shard == **one);
        let there: Vec<Shard> = there.iter().filter(of_count).copied().collect();
        let manifests = there.iter().map(|shard| manifest(&root.join(Manifest::shard_file_name(*shard))));
        let manifests = manifests.collect::<Result<Vec<_>, _>>()?;
        let missing = if shard.is_some() { Missing::default() } else { Missing::among(&there, count) };
        if manifests.is_empty() {
            let message = format!("`{}` does not have this shard", root.display());
            return Err(Error::usage(message, "name one whose manifest is there"));
        }
        Self::of(root, manifests, missing, shard.is_some())
    }

    fn of(root: &Path, manifests: Vec<Value>, missing: Missing, beside_others: bool) -> Result<Self, Error> {
        let broken = |what: &str| {
            let message = format!("the manifest in `{}` has no {what}", root.display());
            Error::usage(message, "it has been changed, or is of a version to come")
        };
        let first = manifests.first().ok_or_else(|| broken("content"))?;
        let format =
            first["format"].as_str().and_then(Format::from_name).ok_or_else(|| broken("known format"))?;
        let rows_per_file = first["rows_per_file"].as_u64().filter(|rows| *rows > 0);
        let rows_per_file = rows_per_file.ok_or_else(|| broken("rows per file"))?;
        let mut tables: Vec<RecordedTable> = Vec::new();
        for manifest in &manifests {
            for table in manifest["tables"].as_array().ok_or_else(|| broken("tables"))? {
                let name = table["name"].as_str().ok_or_else(|| broken("names of tables"))?;
                let known = tables.iter().position(|known| known.name == name);
                let known = known.unwrap_or_else(|| {
                    tables.push(RecordedTable {
                        name: name.to_owned(),
                        files: Vec::new(),
                        is_complete: missing.count == 0,
                        beside_others,
                        fingerprints: Vec::new(),
                    });
                    tables.len() - 1
                });
                let known = &mut tables[known];
                known.fingerprints.extend(table["rows_fingerprint"].as_str().map(str::to_owned));
                for file in table["files"].as_array().ok_or_else(|| broken("files"))? {
                    known.files.push(RecordedFile::of(file).ok_or_else(|| broken("complete list of files"))?);
                }
            }
        }
        let manifest = manifests.into_iter().next().unwrap_or_default();
        Ok(Self { manifest, format, rows_per_file, tables, missing })
    }

    pub(super) fn table(&self, name: &str) -> Option<&RecordedTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// How the manifest's plan differs from the one given.
    pub(super) fn differences(&self, plan: &Plan) -> Vec<String> {
        if self.manifest["fingerprint"] == plan.fingerprint() {
            return Vec::new();
        }
        let layout = Layout { rows_per_file: self.rows_per_file, rows_per_chunk: self.rows_per_file };
        let compression = self.format.default_compression();
        let parquet = ParquetOptions::default();
        let ours = Manifest::new(plan, &[], self.format, compression, &parquet, layout, None);
        let ours: Value = serde_json::from_str(&ours.to_string()).unwrap_or_default();
        let mut problems = Vec::new();
        let mut compare = |what: &str, theirs: &Value, ours: &Value| {
            if theirs != ours {
                problems.push(format!(
                    "the dataset was made with {what} {}, not {}",
                    shown(theirs),
                    shown(ours)
                ));
            }
        };
        let keys = [
            ("scenario", "scenario"),
            ("seed", "seed"),
            ("scale", "scale"),
            ("as_of", "as_of"),
            ("adversarial", "adversarial values in a share of"),
            ("tzdb", "the time zones"),
            ("seedbed", "seedbed"),
        ];
        for (key, what) in keys {
            compare(what, &self.manifest[key], &ours[key]);
        }
        let empty = serde_json::Map::new();
        let of = |manifest: &Value| manifest["params"].as_object().unwrap_or(&empty).clone();
        let (theirs, ours) = (of(&self.manifest), of(&ours));
        let names: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        for name in names {
            let of = |params: &serde_json::Map<String, Value>| params.get(name).cloned().unwrap_or_default();
            compare(&format!("parameter `{name}`"), &of(&theirs), &of(&ours));
        }
        if problems.is_empty() {
            let message =
                "the dataset was made from another text of the scenario, or by other versions of generators";
            problems.push(message.to_owned());
        }
        problems
    }

    /// A line for each shard that is not there, or for the first of them and how many more there are.
    pub(super) fn missing_shards(&self) -> Vec<String> {
        let Missing { first, count } = &self.missing;
        let line = |shard: &Shard| format!("shard {} of {} is missing", shard.index, shard.count);
        let more = count - first.len() as u64;
        let more = (more > 0).then(|| format!("{more} more shards are missing"));
        first.iter().map(line).chain(more).collect()
    }
}

impl Missing {
    /// Those of `count` shards that are not among some, which are in order.
    fn among(there: &[Shard], count: u64) -> Self {
        let is_there = |index: &u64| there.binary_search_by_key(index, |shard| shard.index).is_ok();
        let first = (1..=count).filter(|index| !is_there(index)).map(|index| Shard { index, count });
        Self { first: first.take(MOST_MISSING_NAMED).collect(), count: count - there.len() as u64 }
    }
}

impl RecordedTable {
    /// The fingerprint of the rows of all shards together, if it is known.
    pub(super) fn rows_fingerprint(&self) -> Option<String> {
        if !self.is_complete {
            return None;
        }
        let mut sum = 0_u128;
        let mut version = "";
        for fingerprint in &self.fingerprints {
            let (of, digits) = fingerprint.split_once(':')?;
            if !version.is_empty() && version != of {
                return None;
            }
            version = of;
            sum = sum.checked_add(u128::from_str_radix(digits, 16).ok()?)?;
        }
        (!version.is_empty()).then(|| format!("{version}:{sum:032x}"))
    }

    /// Whether a file may belong to a shard that is not verified.
    pub(super) fn may_be_of_other_shard(&self) -> bool {
        self.beside_others || !self.is_complete
    }
}

impl RecordedFile {
    fn of(file: &Value) -> Option<Self> {
        Some(Self {
            name: file["name"].as_str()?.to_owned(),
            rows: file["rows"].as_u64()?,
            bytes: file["bytes"].as_u64()?,
            checksum: file["blake3"].as_str()?.to_owned(),
        })
    }
}

fn manifest(path: &Path) -> Result<Value, Error> {
    let mut text = Vec::new();
    let read = read::open_file(path).and_then(|mut file| file.read_to_end(&mut text));
    read.map_err(Error::io("read", path))?;
    let manifest: Option<Value> = serde_json::from_slice(&text).ok();
    manifest.filter(|manifest| manifest.get("seedbed").is_some()).ok_or_else(|| {
        let message = format!("`{}` is not a manifest of seedbed's", path.display());
        Error::usage(message, "name the directory that a dataset was written to")
    })
}

/// The shards whose manifests are there, by their names, in order.
fn shards_in(root: &Path) -> Vec<Shard> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let shards = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (index, count) =
            name.strip_prefix("manifest-shard-")?.strip_suffix(".json")?.split_once("-of-")?;
        let shard = Shard { index: index.parse().ok()?, count: count.parse().ok()? };
        let is_one = (1..=shard.count).contains(&shard.index) && name == Manifest::shard_file_name(shard);
        is_one.then_some(shard)
    });
    let mut shards: Vec<Shard> = shards.collect();
    shards.sort_unstable_by_key(|shard| (shard.count, shard.index));
    shards
}

/// A value of a manifest for a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}
