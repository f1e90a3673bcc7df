//! `seedbed verify`: what is in a directory or a database, compared with what the plan makes.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use seedbed_engine::compare::Progress as Step;
use seedbed_engine::{Plan, TableId};
use seedbed_postgres::Stop;
use seedbed_postgres::connect::Target;

use crate::arguments::Verify;
use crate::commands::{generate, load};
use crate::exit::Failure;
use crate::output;
use crate::output::progress::Progress;
use crate::output::report::{self, verify::Findings};
use crate::prepare;
use crate::target::check_path;

/// Compares, and prints what was found.
pub(crate) fn run(arguments: &Verify) -> Result<(), Failure> {
    let is_database = Target::is_target(&arguments.to);
    check(arguments, is_database)?;
    let target =
        if is_database { Some(load::target(&arguments.to, arguments.schema.as_deref())?) } else { None };
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let tables = generate::tables(&plan, &arguments.tables)?;
    let pool = prepare::pool(&arguments.threads)?;
    let begun = Instant::now();
    let progress = Mutex::new(Progress::new(arguments.quiet, false));
    let listen = |step: Step| {
        // A step that comes while another one is being shown is not shown.
        if let Ok(mut progress) = progress.try_lock() {
            progress.rows(&plan.model().tables[step.table].name, step.rows, step.rows_total, None);
        }
    };
    let findings = match target {
        Some(target) => database(arguments, &plan, tables, &target, &pool, &listen),
        None => files(arguments, &plan, tables, &pool, &listen),
    };
    if let Ok(progress) = progress.lock() {
        progress.finish();
    }
    let mut findings = findings?;
    findings.elapsed = begun.elapsed();
    if arguments.json {
        output::print_json(&report::verify::json(&plan, &findings))?;
    } else if !arguments.quiet || !findings.is_equal() {
        output::print(&report::verify::text(&plan, &findings))?;
    }
    if findings.is_equal() { Ok(()) } else { Err(Failure::Differs) }
}

fn files(
    arguments: &Verify,
    plan: &Plan,
    tables: Vec<TableId>,
    pool: &rayon::ThreadPool,
    listen: &(dyn Fn(Step) + Sync),
) -> Result<Findings, Failure> {
    let request = seedbed_formats::VerifyRequest {
        root: PathBuf::from(&arguments.to),
        tables,
        shard: arguments.shard,
        most_shown: arguments.rows,
    };
    let verified = seedbed_formats::verify(plan, &request, pool, listen)?;
    let place = format!("`{}` ({})", arguments.to, verified.format.name());
    Ok(Findings { place, problems: verified.problems, tables: verified.tables, elapsed: Duration::ZERO })
}

fn database(
    arguments: &Verify,
    plan: &Plan,
    tables: Vec<TableId>,
    target: &Target,
    pool: &rayon::ThreadPool,
    listen: &(dyn Fn(Step) + Sync),
) -> Result<Findings, Failure> {
    let schema = arguments.schema.clone().unwrap_or_else(|| "public".to_owned());
    let place = format!("{}, schema `{schema}`", target.display());
    let request = seedbed_postgres::verify::VerifyRequest { tables, schema, most_shown: arguments.rows };
    let tables = seedbed_postgres::verify::verify(plan, target, &request, pool, &Stop::new(), listen)?;
    Ok(Findings { place, problems: Vec::new(), tables, elapsed: Duration::ZERO })
}

/// Refuses flags that do not belong to the target, and targets that cannot be read back.
fn check(arguments: &Verify, is_database: bool) -> Result<(), Failure> {
    if is_database && arguments.shard.is_some() {
        return Err(Failure::usage("`--shard` is for files").hint("leave it out"));
    }
    if !is_database && arguments.schema.is_some() {
        return Err(Failure::usage("`--schema` is for databases").hint("leave it out"));
    }
    if matches!(arguments.to.as_str(), "" | "-" | "null:") {
        return Err(Failure::usage("there is nothing to be read back")
            .hint("name the directory of a dataset, or a database such as `postgres:///demo`"));
    }
    if is_database { Ok(()) } else { check_path(&arguments.to) }
}
