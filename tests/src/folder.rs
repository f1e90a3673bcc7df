//! Datasets in folders, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use seedbed_engine::Plan;
use seedbed_engine::run::Shard;
use seedbed_formats::{Format, ParquetOptions, Request, Target, generate};

/// How a dataset is written.
#[derive(Clone, Debug)]
pub struct Writing {
    /// Threads.
    pub threads: usize,
    /// The format, with its usual codec.
    pub format: Format,
    /// Tables by name; none stands for all.
    pub tables: Vec<String>,
    /// The rows of every file but a table's last.
    pub rows_per_file: Option<u64>,
    /// The part of the files to write.
    pub shard: Option<Shard>,
}

impl Writing {
    /// All tables with two threads.
    pub fn all(format: Format) -> Self {
        Self { threads: 2, format, tables: Vec::new(), rows_per_file: None, shard: None }
    }

    /// A request for this.
    ///
    /// # Panics
    /// When there is no table of a name.
    pub fn request(&self, plan: &Plan, target: Target) -> Request {
        let number = |name: &String| plan.table(name).unwrap_or_else(|| panic!("no table `{name}`"));
        let tables = match &self.tables[..] {
            [] => plan.tables().collect(),
            names => names.iter().map(number).collect(),
        };
        Request {
            tables,
            target,
            format: self.format,
            compression: self.format.default_compression(),
            parquet: ParquetOptions::default(),
            rows_per_file: self.rows_per_file,
            shard: self.shard,
            force: false,
        }
    }

    /// Writes into a folder and gives the files.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_into(&self, folder: &Path, plan: &Plan) -> BTreeMap<String, Vec<u8>> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .expect("threads can be started");
        let request = self.request(plan, Target::Directory(folder.to_owned()));
        generate(plan, request, &pool, &mut |_| {}).unwrap_or_else(|error| panic!("{self:?}: {error}"));
        files(folder)
    }

    /// The files that are written into a new folder.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn files(&self, plan: &Plan) -> BTreeMap<String, Vec<u8>> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        self.write_into(folder.path(), plan)
    }
}

/// Every file below a folder: its name relative to the folder, and its bytes.
///
/// # Panics
/// When something cannot be read.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).expect("a folder can be listed") {
            let name = below.join(entry.expect("an entry can be read").file_name());
            if folder.join(&name).is_dir() {
                folders.push(name);
            } else {
                let bytes = fs::read(folder.join(&name)).expect("a file can be read");
                files.insert(name.to_string_lossy().into_owned(), bytes);
            }
        }
    }
    files
}

/// Fails at the first file that is missing, too many, or different.
///
/// # Panics
/// When the files differ.
pub fn assert_same_files(
    found: &BTreeMap<String, Vec<u8>>,
    expected: &BTreeMap<String, Vec<u8>>,
    what: &str,
) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}: the names of the files");
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{what}: `{name}` differs");
    }
}
