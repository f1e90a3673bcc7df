//! Compares a dataset in a directory with what its plan makes.
//!
//! The manifest is read first: whose dataset it is, which files it has. Then the files: whether they are there, and whether
//! their bytes are those that were written. Then the rows, table by table, also where a file has been written anew: they are
//! read, in any order, and compared with the plan's. A binary file of the same length with another checksum is damaged, and is
//! not read: one changed bit may claim anything.

mod lossy;
mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use seedbed_engine::compare::{Comparison, Expected, Meter, Progress, TableVerification, Visit};
use seedbed_engine::digest;
use seedbed_engine::run::{self, Layout, Shard};
use seedbed_engine::{Plan, TableId, ValueError};

use crate::error::Error;
use crate::format::Format;
use crate::output::{part, put_back};
use crate::read::{self, Shape};
use recorded::{Recorded, RecordedTable};

/// What to verify.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The directory of the dataset.
    pub root: PathBuf,
    /// The tables, by their numbers in the plan.
    pub tables: Vec<TableId>,
    /// The shard that is there alone; `None` for all of them, or a dataset without shards.
    pub shard: Option<Shard>,
    /// How many rows that differ are shown per table, at most.
    pub most_shown: usize,
}

/// What was found out about a dataset.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The format of its files.
    pub format: Format,
    /// What is wrong with it as a whole. When its manifest is another plan's, tables are not read.
    pub problems: Vec<String>,
    /// Table by table.
    pub tables: Vec<TableVerification>,
}

impl Verification {
    /// Whether everything is as the plan makes it.
    pub fn is_equal(&self) -> bool {
        self.problems.is_empty() && self.tables.iter().all(TableVerification::is_equal)
    }
}

/// A file that should be there.
struct Planned {
    /// Relative to the directory.
    name: String,
    rows: Range<u64>,
}

/// Why the rows of a table could not be compared.
enum Stop {
    Value(ValueError),
    /// A file cannot be read, in words.
    Unreadable(String),
}

impl From<ValueError> for Stop {
    fn from(error: ValueError) -> Self {
        Self::Value(error)
    }
}

/// Compares a dataset with its plan, with the threads of `pool`, and tells `progress` how far it is. What differs is the result
/// and no error. An earlier dataset that a killed run had set aside is put back first.
///
/// # Errors
/// A directory without a manifest of seedbed's, a shard where there are none, a value that cannot be computed.
pub fn verify(
    plan: &Plan,
    request: &VerifyRequest,
    pool: &rayon::ThreadPool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verification, Error> {
    if request.root.is_dir() {
        put_back(&request.root)?;
    }
    let recorded = Recorded::read(&request.root, request.shard)?;
    let mut verification =
        Verification { format: recorded.format, problems: recorded.differences(plan), tables: Vec::new() };
    if verification.problems.is_empty() {
        verification.problems = recorded.missing_shards();
        pool.install(|| plan.count_unless(&request.tables, &|| false))?;
        let files = planned(plan, &recorded, request.shard)?;
        let asked = files.iter().filter(|(table, _)| request.tables.contains(table));
        let meter = Meter::new(asked.map(|(_, file)| file.rows.end - file.rows.start).sum(), progress);
        for &table in &request.tables {
            let files =
                files.iter().filter(|(of, ..)| *of == table).map(|(_, file)| file).collect::<Vec<_>>();
            let verified = pool.install(|| verify_table(plan, request, &recorded, table, &files, &meter))?;
            verification.tables.push(verified);
        }
    }
    Ok(verification)
}

/// The files that the plan cuts the recorded tables into.
fn planned(plan: &Plan, recorded: &Recorded, shard: Option<Shard>) -> Result<Vec<(TableId, Planned)>, Error> {
    let tables: Vec<TableId> = recorded.tables.iter().filter_map(|table| plan.table(&table.name)).collect();
    // For reading, the division of files into chunks does not matter.
    let layout = Layout { rows_per_file: recorded.rows_per_file, rows_per_chunk: recorded.rows_per_file };
    let mut files = run::files(plan, &tables, layout)?;
    if let Some(shard) = shard {
        files = shard.select(files);
    }
    let files = files.into_iter().map(|(table, file, rows)| {
        let name = part(&plan.model().tables[table].name, file, recorded.format.extension());
        (table, Planned { name, rows })
    });
    Ok(files.collect())
}

fn verify_table(
    plan: &Plan,
    request: &VerifyRequest,
    recorded: &Recorded,
    table: TableId,
    files: &[&Planned],
    meter: &Meter,
) -> Result<TableVerification, Error> {
    let name = &plan.model().tables[table].name;
    let mut verified = TableVerification::without_rows(table, Vec::new());
    let Some(of_manifest) = recorded.table(name) else {
        verified.problems.push("the manifest does not have this table".to_owned());
        return Ok(verified);
    };
    let (problems, is_damaged) = problems_of_files(&request.root, name, files, of_manifest, recorded.format);
    verified.problems = problems;
    if is_damaged {
        verified.problems.push("the rows have not been compared".to_owned());
        return Ok(verified);
    }
    let columns = plan.model().tables[table].written();
    let shape = Shape { columns: columns.map(|column| (column.name.clone(), column.ty.clone())).collect() };
    let loses = recorded.format == Format::Jsonl && lossy::can_lose(&shape.columns);
    match compare(plan, request, recorded.format, table, files, &shape, meter) {
        Ok(comparison) => {
            // The manifest speaks of the rows before anything was lost, and the comparison of what is left.
            if !loses {
                verified.problems.extend(problem_of_fingerprint(of_manifest, &comparison));
            }
            verified.comparison = Some(comparison);
        }
        Err(Stop::Value(error)) => return Err(error.into()),
        Err(Stop::Unreadable(message)) => verified.problems.push(message),
    }
    Ok(verified)
}

fn compare(
    plan: &Plan,
    request: &VerifyRequest,
    format: Format,
    table: TableId,
    files: &[&Planned],
    shape: &Shape,
    meter: &Meter,
) -> Result<Comparison, Stop> {
    let adapt = |batch| lossy::as_json_lines(batch, &shape.columns);
    let rows = files.iter().map(|file| file.rows.clone()).filter(|rows| !rows.is_empty()).collect();
    let mut expected = Expected::new(plan, table)?.rows(rows).metered(meter);
    if format == Format::Jsonl {
        expected = expected.adapted(&adapt);
    }
    expected.compare(request.most_shown, |visit: &Visit| {
        files.par_iter().try_for_each(|file| {
            let path = request.root.join(&file.name);
            if !path.exists() {
                // Its rows are missing, and so it is told.
                return Ok(());
            }
            read::read(&path, format, shape, &|batch| visit(batch).map_err(|error| error.to_string()))
                .map_err(|error| Stop::Unreadable(format!("`{}` cannot be read: {error}", file.name)))
        })
    })
}

/// Whether the manifest tells another fingerprint of the rows than the plan's; of another version nothing is known.
fn problem_of_fingerprint(recorded: &RecordedTable, comparison: &Comparison) -> Option<String> {
    let wanted = comparison.expected.to_string();
    let version = format!("v{}:", digest::VERSION);
    let told = recorded.rows_fingerprint().filter(|told| told.starts_with(&version) && *told != wanted)?;
    Some(format!("the manifest's fingerprint of the rows is {told}, the plan's {wanted}"))
}

/// What the files of a table have that was not written, or have not; and whether one of them is not to be read.
fn problems_of_files(
    root: &Path,
    table: &str,
    files: &[&Planned],
    recorded: &RecordedTable,
    format: Format,
) -> (Vec<String>, bool) {
    let found: Vec<Problem> =
        files.par_iter().flat_map(|file| problem_of_file(root, file, recorded)).collect();
    let is_binary = matches!(format, Format::Parquet | Format::Arrow);
    let is_damaged = is_binary && found.iter().any(|problem| problem.is_damage);
    let mut problems: Vec<String> = found.into_iter().map(|problem| problem.message).collect();
    let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let more = recorded.files.iter().filter(|file| !names.contains(file.name.as_str()));
    problems.extend(more.map(|file| format!("the manifest has `{}`, the plan has not", file.name)));
    for entry in fs::read_dir(root.join(table)).into_iter().flatten().flatten() {
        let name = format!("{table}/{}", entry.file_name().to_string_lossy());
        let is_known = names.contains(name.as_str()) || recorded.files.iter().any(|file| file.name == name);
        if !is_known && !recorded.may_be_of_other_shard() {
            problems.push(format!("`{name}` is no file of this dataset"));
        }
    }
    (problems, is_damaged)
}

/// What is wrong with a file.
struct Problem {
    message: String,
    /// Whether its length is right and its bytes are not, as after a fault of the disk.
    is_damage: bool,
}

fn problem_of_file(root: &Path, file: &Planned, recorded: &RecordedTable) -> Option<Problem> {
    let name = &file.name;
    let problem = |message| Some(Problem { message, is_damage: false });
    let Some(told) = recorded.files.iter().find(|told| told.name == *name) else {
        let message = format!("the manifest does not have `{name}`");
        return recorded.is_complete.then_some(message).and_then(problem);
    };
    let rows = file.rows.end - file.rows.start;
    if told.rows != rows {
        return problem(format!(
            "the manifest says that `{name}` has {} rows, and the plan {rows}",
            told.rows
        ));
    }
    match checksum(&root.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => problem(format!("`{name}` is missing")),
        Err(error) => problem(format!("`{name}` cannot be read: {error}")),
        Ok((bytes, _)) if bytes != told.bytes => {
            problem(format!("`{name}` has {bytes} bytes, and {} were written", told.bytes))
        }
        Ok((_, checksum)) if checksum != told.checksum => Some(Problem {
            message: format!("`{name}` has another checksum than when it was written"),
            is_damage: true,
        }),
        Ok(_) => None,
    }
}

/// The bytes of a file and their BLAKE3 in hexadecimal digits.
fn checksum(path: &Path) -> io::Result<(u64, String)> {
    let mut file = read::open_file(path)?;
    let (mut hasher, mut buffer, mut bytes) = (blake3::Hasher::new(), vec![0; 1 << 18], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hasher.finalize().to_hex().to_string())),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
