//! `seedbed verify`: what is in a directory or a database, compared with what the plan makes.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use seedbed_engine::compare::Progress as Step;
use seedbed_engine::{Plan, TableId};
use seedbed_postgres::Stop;
use seedbed_postgres::connect::Target;
use seedbed_postgres::verify::{Verification, VerifyRequest};

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
    let checks_left_out = left_out(plan, "because they need PostgreSQL");
    let (problems, tables) = (verified.problems, verified.tables);
    Ok(Findings { place, problems, tables, checks: Vec::new(), checks_left_out, elapsed: Duration::ZERO })
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
    // A check may read any table.
    let checks_left_out = match (arguments.no_checks, &arguments.tables[..]) {
        (true, _) => left_out(plan, "as asked"),
        (false, [_, ..]) => left_out(plan, "because they are run when all tables are compared"),
        (false, []) => None,
    };
    let checks = if checks_left_out.is_some() { Vec::new() } else { plan.model().checks.clone() };
    let request = VerifyRequest { tables, schema, most_shown: arguments.rows, checks };
    let Verification { tables, checks } =
        seedbed_postgres::verify::verify(plan, target, &request, pool, &Stop::new(), listen)?;
    Ok(Findings { place, problems: Vec::new(), tables, checks, checks_left_out, elapsed: Duration::ZERO })
}

/// Why the checks of the scenario are not run, if it has any.
fn left_out(plan: &Plan, reason: &'static str) -> Option<&'static str> {
    (!plan.model().checks.is_empty()).then_some(reason)
}

/// Refuses flags that do not belong to the target, and targets that cannot be read back.
fn check(arguments: &Verify, is_database: bool) -> Result<(), Failure> {
    if is_database && arguments.shard.is_some() {
        return Err(Failure::usage("`--shard` is for files").hint("leave it out"));
    }
    if !is_database && arguments.no_checks {
        return Err(Failure::usage("`--no-checks` is for databases").hint("leave it out: files have none"));
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
