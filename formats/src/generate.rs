//! The one verb: from a plan and a request to files and a report.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use seedbed_engine::error::listed;
use seedbed_engine::run::{self, Layout};
use seedbed_engine::{Plan, ROWS_PER_BATCH};

use crate::encode::{Encoder, TableEncoder};
use crate::error::Error;
use crate::format::{Compression, Format};
use crate::output::{Directory, Document, Existing, Manifest, Out, Output, Part, Place, folder_of};
use crate::parquet::{ParquetOptions, ROWS_PER_ROW_GROUP};
use crate::request::{Progress, Report, Request, Target};
use crate::stop::Stop;

/// The rows of a chunk of the formats whose files do not show chunks; text takes more memory per row.
const ROWS_PER_CHUNK: u64 = 4 * ROWS_PER_BATCH;
/// The rows of a file unless asked otherwise: about a million, and whole chunks of either kind.
const ROWS_PER_FILE: u64 = 8 * ROWS_PER_ROW_GROUP;

/// Makes and writes what is asked for, with the threads of `pool`. `progress` is called after every chunk.
/// The bytes written do not depend on the number of threads.
///
/// When it fails, the files that it has written are removed again.
///
/// # Errors A request that cannot be met, a value that cannot be computed, or what the file system says; see
/// [`Error`].
pub fn generate(
    plan: &Plan,
    request: Request,
    pool: &rayon::ThreadPool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    generate_until(plan, request, pool, &Stop::new(), progress)
}

/// The same as [`generate`], until it is asked to stop.
///
/// # Errors
/// As for [`generate`], and [`Error::Interrupted`].
pub fn generate_until(
    plan: &Plan,
    request: Request,
    pool: &rayon::ThreadPool,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let begun = Instant::now();
    request.check(plan)?;
    let Request { tables, target, format, compression, parquet, shard, force, .. } = request;
    let layout = layout(&target, format, request.rows_per_file, parquet.rows_per_row_group);
    // Tables that are not asked for may take longer to count than those that are.
    pool.install(|| plan.count_unless(&tables, &|| stop.is_asked()))?;
    if stop.is_asked() {
        return Err(Error::Interrupted);
    }
    let mut files = run::files(plan, &tables, layout)?;
    if let Some(shard) = shard {
        files = shard.select(files);
    }
    let written = if matches!(target, Target::Null) { None } else { Some((format, compression, &parquet)) };
    let encoder = Encoder::new(plan, &tables, written)?;
    // Only a manifest tells the fingerprints of rows.
    let encoder = match target {
        Target::Directory(_) => encoder.with_digests(plan),
        _ => encoder,
    };
    let encoder = encoder.until(stop.clone());
    // What goes down a pipe cannot be undone, and a pipe may make the run wait for ever.
    let can_be_undone = match &target {
        Target::Directory(_) => true,
        Target::File(path) => !is_stream(path),
        Target::Writer(_) | Target::Null => false,
    };
    if can_be_undone && stop.listen() {
        return Err(Error::Interrupted);
    }
    let place = match target {
        Target::Directory(root) => {
            let manifest = Manifest::new(plan, &tables, format, compression, &parquet, layout, shard);
            let names: Vec<_> = files
                .iter()
                .map(|(table, file, _)| (plan.model().tables[*table].name.as_str(), *file))
                .collect();
            Place::Directory(Directory::prepare(root, manifest, format, &names, force)?)
        }
        Target::File(path) => prepare_file(&path, force)?,
        Target::Writer(stream) => Place::One(Some(Out::stream(stream))),
        Target::Null => Place::Null,
    };
    let rows_total = files.iter().map(|(.., rows)| rows.end - rows.start).sum();
    let part = if shard.is_some() { Part::Shard } else { Part::All };
    let output = Output::new(plan, &encoder, &tables, place, part, begun);
    let chunks = files.iter().flat_map(|(table, file, rows)| {
        // What was asked for is exact; otherwise wide rows have smaller row groups.
        let rows_per_chunk = match parquet.rows_per_row_group {
            Some(_) => layout.rows_per_chunk,
            None => plan.rows_per_chunk(*table, layout.rows_per_chunk),
        };
        run::chunks_of(*table, *file, rows.clone(), rows_per_chunk)
    });
    let window = || run::window(pool);
    let report = run::run_within(plan, chunks, pool, window, &encoder, output, |chunk, output| {
        let table = plan.model().tables[chunk.table].name.as_str();
        progress(Progress { table, rows: output.rows(), rows_total, bytes: output.bytes() });
    });
    report.map_err(Error::from_run)
}

/// The bytes of a file, made of batches that are at hand. They are one chunk: in Parquet, one row group.
///
/// # Errors
/// A codec that the format does not have, or a type that the engine does not make.
pub fn encode_batches(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
    compression: Compression,
) -> Result<Vec<u8>, Error> {
    format.check(compression)?;
    encode(schema, batches, format, compression, &ParquetOptions::default())
}

/// The bytes of a Parquet file, made of batches that are at hand. They are one row group of a table `batches`.
///
/// # Errors
/// A type that the engine does not make.
pub fn encode_parquet(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    compression: Compression,
    options: &ParquetOptions,
) -> Result<Vec<u8>, Error> {
    encode(schema, batches, Format::Parquet, compression, options)
}

fn encode(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
    compression: Compression,
    parquet: &ParquetOptions,
) -> Result<Vec<u8>, Error> {
    let named = parquet.bloom.iter().filter_map(|columns| columns.name().strip_prefix("batches."));
    let bloom = named.map(str::to_owned).collect();
    let encoder = TableEncoder::new("batches", schema.clone(), format, compression, parquet, &bloom)?;
    let mut out = Out::memory();
    let mut document = Document::begin(&encoder, &mut out)?;
    let mut batches = batches.iter().cloned();
    let piece = encoder.encode(&mut || Ok(batches.next())).map_err(Error::from_run)?;
    document.write(piece, &mut out)?;
    document.finish(&mut out)?;
    Ok(out.into_memory())
}

impl Request {
    /// Refuses what cannot be, whatever is there already.
    ///
    /// # Errors
    /// [`Error::Usage`], with the way out.
    pub fn check(&self, plan: &Plan) -> Result<(), Error> {
        self.format.check(self.compression)?;
        if self.format != Format::Parquet && self.parquet != ParquetOptions::default() {
            let message = format!("{} files have no choices of Parquet's", self.format.name());
            return Err(Error::usage(message, "leave them out, or write parquet"));
        }
        self.parquet.check(plan)?;
        let one_table = matches!(self.target, Target::File(_) | Target::Writer(_));
        if one_table && self.tables.len() != 1 {
            let names: Vec<_> = plan.model().tables.iter().map(|table| table.name.as_str()).collect();
            let message = format!("one file takes one table, and {} are to be written", self.tables.len());
            let hint = format!(
                "choose one with --tables, or write to a directory; the tables are {}",
                listed(&names)
            );
            return Err(Error::usage(message, hint));
        }
        if one_table && self.shard.is_some() {
            return Err(Error::usage("a single file cannot be split into shards", "write to a directory"));
        }
        if one_table && self.rows_per_file.is_some() {
            return Err(Error::usage(
                "a single file has no rows per file",
                "leave them out, or write to a directory",
            ));
        }
        if self.rows_per_file == Some(0) {
            return Err(Error::usage("a file without rows is of no use", "ask for 1 row per file or more"));
        }
        if let Some(shard) = self.shard
            && !(1..=shard.count).contains(&shard.index)
        {
            let message = format!("there is no shard {} of {}", shard.index, shard.count);
            return Err(Error::usage(message, format!("shards are numbered from 1 to {}", shard.count)));
        }
        Ok(())
    }
}

/// How tables are cut, by what was asked for alone.
fn layout(
    target: &Target,
    format: Format,
    rows_per_file: Option<u64>,
    rows_per_row_group: Option<u64>,
) -> Layout {
    let most = match (target, format) {
        (Target::Null, _) | (_, Format::Csv | Format::Jsonl | Format::Arrow) => ROWS_PER_CHUNK,
        (_, Format::Parquet) => rows_per_row_group.unwrap_or(ROWS_PER_ROW_GROUP),
    };
    match (target, rows_per_file) {
        (Target::File(_) | Target::Writer(_), _) => Layout { rows_per_file: u64::MAX, rows_per_chunk: most },
        (_, None) => Layout { rows_per_file: ROWS_PER_FILE, rows_per_chunk: most },
        (_, Some(rows_per_file)) if rows_per_row_group.is_some() => {
            Layout { rows_per_file, rows_per_chunk: most }
        }
        (_, Some(rows_per_file)) => {
            // Chunks of about the same size, in whole batches, instead of full ones and a crumb.
            let chunks = rows_per_file.div_ceil(most);
            let rows_per_chunk = rows_per_file.div_ceil(chunks).next_multiple_of(ROWS_PER_BATCH).min(most);
            Layout { rows_per_file, rows_per_chunk }
        }
    }
}

/// Begins a file that is fit to be written. What is there and no file (a pipe, a device) is written to as it is.
fn prepare_file(path: &Path, force: bool) -> Result<Place, Error> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
    let there = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        there => Some(there.map_err(Error::io("create", path))?),
    };
    match there {
        Some(there) if there.is_dir() => {
            let message = format!("`{}` is a directory", path.display());
            return Err(Error::usage(message, "name a file in it"));
        }
        Some(there) if !there.is_file() => {
            let stream = File::options().write(true).open(path).map_err(Error::io("open", path))?;
            if stream.metadata().map_err(Error::io("open", path))?.is_file() {
                // Another file has taken the name meanwhile.
                return Err(Error::Exists { path: path.to_owned() });
            }
            return Ok(Place::One(Some(Out::stream(Box::new(stream)))));
        }
        Some(_) if !force => return Err(Error::Exists { path: path.to_owned() }),
        Some(_) => {}
        None if is_link => {
            let message = format!("`{}` is a link to something that is not there", path.display());
            return Err(Error::usage(message, "name the file itself, or remove the link"));
        }
        None => {
            fs::metadata(folder_of(path)).map_err(Error::io("create a file in", folder_of(path)))?;
        }
    }
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let out = match is_link {
        // It stays one: what it leads to is replaced.
        true => Out::file(&fs::canonicalize(path).map_err(Error::io("read", path))?, existing)?,
        false => Out::file(path, existing)?,
    };
    // Another run may have completed it before this one got hold of it.
    if !force && path.exists() {
        return Err(Error::Exists { path: path.to_owned() });
    }
    Ok(Place::One(Some(out)))
}

/// Whether something is there that is written to as it is: a pipe, a device.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn files_have_the_rows_asked_for_and_even_chunks() {
        let directory = Target::Directory(PathBuf::new());
        let rows = |target: &Target, format, rows| {
            let Layout { rows_per_file, rows_per_chunk } = layout(target, format, rows, None);
            (rows_per_file, rows_per_chunk)
        };
        assert_eq!(rows(&directory, Format::Parquet, None), (983_040, 122_880));
        assert_eq!(rows(&directory, Format::Csv, None), (983_040, 32_768));
        assert_eq!(rows(&directory, Format::Parquet, Some(10)), (10, 8_192));
        assert_eq!(rows(&directory, Format::Parquet, Some(125_000)), (125_000, 65_536));
        assert_eq!(rows(&directory, Format::Parquet, Some(1_000_000)), (1_000_000, 114_688));
        assert_eq!(rows(&directory, Format::Parquet, Some(u64::MAX)), (u64::MAX, 122_880));
        assert_eq!(rows(&Target::File(PathBuf::new()), Format::Parquet, None), (u64::MAX, 122_880));
    }
}
