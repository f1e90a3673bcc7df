//! Files with a changed bit, files cut short, and files of garbage: `verify` says so. It does not panic, and does not believe how
//! large something claims to be.

use std::fs;
use std::path::Path;

use seedbed_engine::{Plan, Settings, TableId};
use seedbed_formats::{
    Error, Format, ParquetOptions, Request, Target, Verification, VerifyRequest, generate, verify,
};

const SCENARIO: &str = r#"
tables:
  t:
    rows: 40
    columns:
      id: serial
      name: {text: "person {id}", null: 20%}
      kind: {choose: [one, two, three]}
      price: {decimal: {from: 0, to: 100, scale: 2}}
      share: "= row_number()::double precision / 7"
      at: {moment: {from: 2025-01-01, to: 2025-02-01}}
      tags: {array: {of: {choose: [a, b]}, length: {from: 0, to: 3}}}
      code: uuid
      span: "= interval '1 day' * row_number()"
      fit: "= row_number() % 3 = 0"
      about: {json: {n: {integer: {from: 0, to: 9}}}}
"#;

struct Dataset {
    plan: Plan,
    pool: rayon::ThreadPool,
    folder: tempfile::TempDir,
    file: String,
    bytes: Vec<u8>,
    manifest: String,
}

impl Dataset {
    fn new(format: Format) -> Self {
        let plan =
            Plan::compile(SCENARIO, &Settings::default()).unwrap_or_else(|faults| panic!("{faults:?}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let request = Request { force: true, ..request(&folder, format) };
        generate(&plan, request, &pool, &mut |_| {}).unwrap();
        let file = format!("t/part-00000.{}", format.extension());
        let bytes = fs::read(folder.path().join(&file)).unwrap();
        let manifest = fs::read_to_string(folder.path().join("manifest.json")).unwrap();
        Self { plan, pool, folder, file, bytes, manifest }
    }

    fn verify(&self) -> Result<Verification, Error> {
        let root = self.folder.path().to_owned();
        let request = VerifyRequest { root, tables: vec![TableId::new(0)], shard: None, most_shown: 3 };
        verify(&self.plan, &request, &self.pool, &|_| {})
    }

    /// What is found when the file has other bytes, and the manifest knows of it or not.
    fn with(&self, bytes: &[u8], manifest: &str) -> Verification {
        fs::write(self.folder.path().join(&self.file), bytes).unwrap();
        fs::write(self.folder.path().join("manifest.json"), manifest).unwrap();
        self.verify().unwrap_or_else(|error| panic!("{error}"))
    }

    /// A manifest that fits other bytes of the file.
    fn manifest_of(&self, bytes: &[u8]) -> String {
        let checksum = |bytes| blake3::hash(bytes).to_hex().to_string();
        let length = |bytes: &[u8]| format!("\"bytes\": {},", bytes.len());
        self.manifest
            .replace(&checksum(&self.bytes), &checksum(bytes))
            .replace(&length(&self.bytes), &length(bytes))
    }
}

fn request(folder: &tempfile::TempDir, format: Format) -> Request {
    Request {
        tables: vec![TableId::new(0)],
        target: Target::Directory(folder.path().to_owned()),
        format,
        compression: format.default_compression(),
        rows_per_file: None,
        shard: None,
        force: false,
        parquet: ParquetOptions::default(),
    }
}

/// The most memory that this process has ever had, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10
}

fn problems(verification: &Verification) -> Vec<String> {
    verification
        .problems
        .iter()
        .chain(verification.tables.iter().flat_map(|t| &t.problems))
        .cloned()
        .collect()
}

/// An Arrow file with one changed bit made `verify` panic.
#[test]
fn one_changed_bit_is_found() {
    for format in Format::ALL {
        let dataset = Dataset::new(format);
        assert!(dataset.verify().unwrap().is_equal());
        for at in (0..dataset.bytes.len()).step_by(31) {
            let mut bytes = dataset.bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            let found = dataset.with(&bytes, &dataset.manifest);
            let expected = format!("`{}` has another checksum than when it was written", dataset.file);
            assert_eq!(problems(&found)[0], expected, "{format:?}, byte {at}");
        }
    }
}

/// A manifest may be as wrong as the file, so that no checksum tells.
#[test]
fn decoders_are_not_believed() {
    with_changed_bits(23, |at| at % 8);
}

#[test]
#[ignore = "takes minutes"]
fn decoders_are_not_believed_whatever_the_bit() {
    for bit in 0..8 {
        with_changed_bits(1, |_| bit);
    }
}

/// Changes a bit of each of some bytes.
fn with_changed_bits(step: usize, bit: impl Fn(usize) -> usize) {
    for format in Format::ALL {
        let dataset = Dataset::new(format);
        let before = peak_memory();
        for at in (0..dataset.bytes.len()).step_by(step) {
            let mut bytes = dataset.bytes.clone();
            bytes[at] ^= 1 << bit(at);
            let found = dataset.with(&bytes, &dataset.manifest_of(&bytes));
            // Some bits mean nothing, such as those that fill up a word.
            assert!(found.is_equal() || !problems(&found).is_empty() || found.tables[0].comparison.is_some());
        }
        let grown = peak_memory().saturating_sub(before);
        assert!(grown < 1 << 30, "{format:?}: {grown} bytes");
    }
}

#[test]
fn files_cut_short_and_garbage_are_found() {
    for format in Format::ALL {
        let dataset = Dataset::new(format);
        let length = dataset.bytes.len();
        let garbage: Vec<u8> = (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut cuts: Vec<Vec<u8>> = [0, 1, 4, 12, length / 3, length / 2, length - 9, length - 1]
            .map(|n| dataset.bytes[..n].to_vec())
            .into();
        let framed = [&dataset.bytes[..8], &garbage[..], &dataset.bytes[length - 12..]].concat();
        cuts.extend([garbage, framed]);
        for bytes in cuts {
            let found = dataset.with(&bytes, &dataset.manifest);
            assert!(!found.is_equal(), "{format:?}, {} bytes", bytes.len());
            // Text without the last line break says the same.
            let found = dataset.with(&bytes, &dataset.manifest_of(&bytes));
            let is_text = matches!(format, Format::Csv | Format::Jsonl) && bytes.len() == length - 1;
            assert_eq!(found.is_equal(), is_text, "{format:?}, {} bytes", bytes.len());
        }
    }
}

/// Waiting for a writer took for ever.
#[test]
#[cfg(unix)]
fn a_pipe_is_no_file_of_a_dataset() {
    let dataset = Dataset::new(Format::Csv);
    for name in [dataset.file.as_str(), "manifest.json"] {
        let path = dataset.folder.path().join(name);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        match dataset.verify() {
            Ok(found) => assert!(problems(&found)[0].ends_with("cannot be read: it is no file"), "{found:?}"),
            Err(error) => assert!(matches!(error, Error::Usage { .. }), "{error}"),
        }
    }
    assert!(Path::new(dataset.folder.path()).exists());
}
