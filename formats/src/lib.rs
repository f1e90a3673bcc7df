//! seedbed's file formats: record batches in, Parquet, CSV, JSON Lines or Arrow IPC out.
//!
//! [`generate`] takes a [`Plan`](seedbed_engine::Plan) and a [`Request`] and does everything else: batches are
//! made and encoded by all threads and written in order, into a directory, a file or a stream. The bytes written
//! depend on the plan and the request alone. A file appears under its name when it is complete; a dataset in a
//! directory has a manifest that comes last; a run that fails removes what it has written.
//!
//! ```
//! use seedbed_engine::{Plan, Settings};
//! use seedbed_formats::{Compression, Format, ParquetOptions, Request, Target, generate};
//!
//! let plan = Plan::compile("tables: {people: {rows: 3, columns: {id: serial}}}", &Settings::default())?;
//! let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
//! let folder = tempfile::tempdir()?;
//! let request = Request {
//!     tables: plan.tables().collect(),
//!     target: Target::Directory(folder.path().to_owned()),
//!     format: Format::Csv,
//!     compression: Compression::None,
//!     parquet: ParquetOptions::default(),
//!     rows_per_file: None,
//!     shard: None,
//!     force: false,
//! };
//! let report = generate(&plan, request, &pool, &mut |_| {})?;
//! assert_eq!((report.rows, report.bytes), (3, 9));
//! assert_eq!(std::fs::read_to_string(folder.path().join("people/part-00000.csv"))?, "id\n1\n2\n3\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`verify`] reads a dataset back and compares it with its plan.
//!
//! What it does not do: it prints nothing, knows no command line, and reads no files but those that it has written.

pub mod error;
mod format;
mod request;
mod stop;

mod generate;

mod schema;

mod encode;
mod ipc;
mod parquet;
mod text;

mod output;

mod read;

mod verify;

pub use error::Error;
pub use format::{Compression, Format};
pub use generate::{encode_batches, encode_parquet, generate, generate_until};
pub use parquet::{BloomColumns, ParquetEncodings, ParquetOptions, ParquetReader};
pub use request::{Progress, Report, Request, TableReport, Target};
pub use stop::Stop;
pub use verify::{Verification, VerifyRequest, verify};
