//! What can be typed: commands, flags and their help.

pub(crate) mod parquet;
pub(crate) mod values;

use std::num::{NonZeroU64, NonZeroUsize};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use seedbed_engine::DEFAULT_SEED;
use seedbed_engine::run::Shard;
use seedbed_formats::{Compression, Format};

use crate::arguments::parquet::ParquetFlags;
use crate::arguments::values::{
    compression, jobs, key_value, one_or_more, rows_previewed, rows_shown, scale, seed, shard, share, threads,
};

/// Fills large test databases with data that behaves like production.
///
/// A scenario describes the data once, in YAML. The same scenario and seed give the same data on every machine, at any
/// number of threads and in any format.
#[derive(Parser, Debug)]
#[command(name = "seedbed", version, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Start with: seedbed generate minimal --to demo")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Write the data of a scenario
    Generate(Generate),
    /// Compare what was written with what the scenario makes, row by row
    Verify(Verify),
    /// Show every fault of a scenario at once, or what it holds
    Check(Check),
    /// Show the first rows of tables; any rows can be looked up without generating those before
    Preview(Preview),
    /// Show one row with its ancestors, the rows it refers to, and its children in time
    Entity(Entity),
    /// Show the cases of a scenario, which are rows with a name, and their keys
    Cases(Cases),
    /// Show how tables and columns come about
    Explain(Explain),
    /// Print the cache key: equal fingerprints mean equal data
    #[command(long_about = "Print the cache key: equal fingerprints mean equal data.\n\n\
        It covers the scenario without its comments and layout, seed, scale, parameters and as-of, and the versions of \
        generators, vocabulary and time zones; not the format and not the choice of tables. Nothing is generated.")]
    Fingerprint(ScenarioArguments),
    /// Print the tables as a script for PostgreSQL: types, keys, indexes, checks, comments
    Ddl(Ddl),
    /// Print the JSON Schema of the scenario language, for editors
    #[command(long_about = "Print the JSON Schema of the scenario language, for editors.\n\n\
        With the YAML extension of VS Code and others, save it beside the scenario and begin the scenario with:\n\
        # yaml-language-server: $schema=seedbed.schema.json")]
    Schema,
    /// List the scenarios that ship in the binary, or print one to start from
    Scenarios(Scenarios),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What decides the data.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArguments {
    /// A shipped scenario (see `seedbed scenarios`), the path of a YAML file, or `-` for stdin
    pub(crate) scenario: String,
    /// The seed; every number gives a dataset of its own
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED, value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// The factor on the rows of root tables: 0.01 for a small dataset, 10 for a large one
    #[arg(long, value_name = "X", default_value = "1", value_parser = scale, allow_negative_numbers = true)]
    pub(crate) scale: f64,
    /// A parameter of the scenario; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) set: Vec<(String, String)>,
    /// The dataset's "now" in place of the scenario's, as in 2026-04-13T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// Mix values that break software into a share of the rows, as in 1%: in columns on which no other column, key or check depends
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) adversarial: Option<f64>,
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  Parquet files, one folder per table, and a manifest:
    seedbed generate saas --to saas-data

  Ten times the rows, another seed, one parameter, smaller files:
    seedbed generate saas --to big --scale 10 --seed 7 --set tenants=500 --compression zstd

  One table as CSV into another program:
    seedbed generate minimal --tables members --to - | head

  A quarter of the files, for the first of four machines:
    seedbed generate saas --to part --shard 1/4

  PostgreSQL, with keys and indexes, all or nothing:
    seedbed generate saas --to postgres:///demo
    seedbed generate saas --to postgres:///demo --replace --jobs 8 --scale 10

How long generating alone takes: --to null:")]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// Where to: a directory (one with a dot in its name ends in `/`), a file such as users.csv, a database (postgres://host/name, or `postgres:` for what
    /// DATABASE_URL or PGHOST and the others say), `-` for stdout, or `null:` for nowhere
    #[arg(long, value_name = "TARGET")]
    pub(crate) to: String,
    /// Only these tables, separated by commas; their rows are the same as in the whole dataset
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// The file format; default by the extension, parquet in directories, csv on stdout
    #[arg(long, value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| Format::from_name(&name).ok_or("unknown format")))]
    pub(crate) format: Option<Format>,
    /// The codec of Parquet files: snappy (default), zstd, zstd(1) to zstd(22), or none
    #[arg(long, value_name = "CODEC", value_parser = compression)]
    pub(crate) compression: Option<Compression>,
    /// The rows of every file but a table's last
    #[arg(long, value_name = "N", value_parser = one_or_more, allow_negative_numbers = true)]
    pub(crate) rows_per_file: Option<NonZeroU64>,
    /// One part of the files of N, for N machines; together they are the whole dataset
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<Shard>,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Replace an earlier dataset of seedbed's, or a file
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the report as one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Print errors only
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) parquet: ParquetFlags,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// What matters for databases only.
#[derive(Args, Debug)]
#[command(next_help_heading = "PostgreSQL")]
pub(crate) struct Database {
    /// The schema of the tables; default public
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// Put the new rows in the place of those that tables hold, in one step
    #[arg(long, conflicts_with = "append")]
    pub(crate) replace: bool,
    /// Add the new rows to those that tables hold
    #[arg(long)]
    pub(crate) append: bool,
    /// Fill tables that are there, and make none: a table that is missing is refused
    #[arg(long)]
    pub(crate) existing: bool,
    /// Connections that load and build indexes side by side; default as many as threads, at most 8
    #[arg(long, short, value_name = "N", value_parser = jobs, allow_negative_numbers = true)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Tables and rows only: no keys, indexes, constraints, nor ANALYZE
    #[arg(long)]
    pub(crate) no_keys: bool,
    /// Leave out the table `seedbed_cases`, which lists the keys of cases
    #[arg(long)]
    pub(crate) no_cases: bool,
    /// Write to a server on another machine
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Connect and print what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl Database {
    /// The first flag given, if any.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--schema", self.schema.is_some()),
            ("--replace", self.replace),
            ("--append", self.append),
            ("--existing", self.existing),
            ("--jobs", self.jobs.is_some()),
            ("--no-keys", self.no_keys),
            ("--no-cases", self.no_cases),
            ("--allow-remote", self.allow_remote),
            ("--dry-run", self.dry_run),
        ];
        given.into_iter().find_map(|(name, given)| given.then_some(name))
    }
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
Give the same scenario, seed, scale and parameters that the data was generated with. The exit code is 0 when everything is
equal, 1 when something differs, and 2 when there is nothing to compare.

Examples:
  seedbed verify saas --to saas-data
  seedbed verify saas --to part --shard 1/4
  seedbed verify saas --to postgres:///demo --json")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// What to compare: the directory of a dataset, or a database (postgres://host/name)
    #[arg(long, value_name = "TARGET")]
    pub(crate) to: String,
    /// Only these tables, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// Only this shard, where the directory holds a part of the dataset
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<Shard>,
    /// The schema of the tables in a database; default public
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// Leave the checks of the scenario out, which are SQL queries; in a database they are run when all tables are compared
    #[arg(long)]
    pub(crate) no_checks: bool,
    /// How many rows that differ are shown per table
    #[arg(long, value_name = "N", default_value = "5", value_parser = rows_shown, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Print the report as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print nothing when everything is equal
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Threads {
    /// Threads; default all processors. The data does not depend on it
    #[arg(long = "threads", value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub(crate) count: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  seedbed preview saas
  seedbed preview saas users --rows 3
  seedbed preview saas users --from 41237113 --scale 1000000")]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// The table; default all
    pub(crate) table: Option<String>,
    /// How many rows; default 10 of one table, 5 of each when no table is named
    #[arg(long, value_name = "N", value_parser = rows_previewed, allow_negative_numbers = true)]
    pub(crate) rows: Option<u64>,
    /// The number of the first row, counted from 1 as `row_number()` does
    #[arg(long, value_name = "N", default_value = "1", value_parser = one_or_more, allow_negative_numbers = true)]
    pub(crate) from: NonZeroU64,
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
Only these rows are made. A serial number tells its row; other keys are searched among the first ten million rows.

Examples:
  seedbed entity saas tenants 7
  seedbed entity saas users 1234 --rows 50
  seedbed entity mine.yaml members 3,17 --json")]
pub(crate) struct Entity {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// The table
    pub(crate) table: String,
    /// The key of the row, as `seedbed preview` shows it; of several columns with commas between, in a table without a key its number
    #[arg(allow_hyphen_values = true)]
    pub(crate) key: String,
    /// How many rows are shown of each child table
    #[arg(long, value_name = "N", default_value = "10", value_parser = rows_previewed, allow_negative_numbers = true)]
    pub(crate) rows: u64,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Print them as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
The rows of their tables are looked through, and nothing is written. The exit code is 1 when a case has too few rows.

Examples:
  seedbed cases saas
  seedbed cases saas --scale 10 --seed 7 --json")]
pub(crate) struct Cases {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// Only these cases; default all
    #[arg(value_name = "CASE")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Print them as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// The table, or one column of it; default everything
    #[arg(value_name = "TABLE[.COLUMN]")]
    pub(crate) what: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  All tables, in one transaction, stopping at the first error:
    seedbed ddl saas | psql -1 -v ON_ERROR_STOP=1 -f - demo

  Tables without keys, to load files into; then the rest would be added by hand:
    seedbed ddl saas --schema bench --no-keys | psql -1 -v ON_ERROR_STOP=1 -f - demo

The script has no transaction of its own, as the scripts of pg_dump have none. Names are in double quotes. Keys, foreign \
keys and checks are those that the scenario writes and those that follow from its generators; `seedbed explain` lists them.")]
pub(crate) struct Ddl {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    /// The schema of the tables; another one than `public` is created if it is not there
    #[arg(long, value_name = "NAME", default_value = "public")]
    pub(crate) schema: String,
    /// Only these tables, separated by commas; foreign keys to others are left out, and named in a comment
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// Only types, tables and comments: no keys, indexes, checks and foreign keys
    #[arg(long)]
    pub(crate) no_keys: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Scenarios {
    /// Print this scenario's YAML, as in: seedbed scenarios minimal > mine.yaml
    pub(crate) name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_fit_together() {
        Arguments::command().debug_assert();
    }
}
