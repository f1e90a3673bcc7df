//! `seedbed generate … --to postgres:…`: a scenario becomes tables of a database.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use seedbed_postgres::Stop;
use seedbed_postgres::connect::Target;
use seedbed_postgres::load::{self, CaseTable, Existing, Keys, Missing, Progress as Step, Request};

use crate::arguments::Generate;
use crate::commands::generate;
use crate::exit::Failure;
use crate::output::progress::Progress;
use crate::output::report::{self, load::Run};
use crate::output::{self, Page};
use crate::prepare;
use crate::process;

/// More connections than this have to be asked for.
const MOST_JOBS: usize = 8;

/// Brings the data of a scenario into a database.
pub(crate) fn run(arguments: &Generate) -> Result<(), Failure> {
    check(arguments)?;
    let target = target(&arguments.to, arguments.database.schema.as_deref())?;
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let tables = generate::tables(&plan, &arguments.tables)?;
    let pool = prepare::pool(&arguments.threads)?;
    let database = &arguments.database;
    let request = Request {
        tables,
        schema: database.schema.clone().unwrap_or_else(|| "public".to_owned()),
        existing: match (database.replace, database.append) {
            (true, _) => Existing::Replace,
            (_, true) => Existing::Append,
            _ => Existing::Refuse,
        },
        missing: if database.existing { Missing::Refuse } else { Missing::Make },
        jobs: database.jobs.map_or(pool.current_num_threads().min(MOST_JOBS), NonZeroUsize::get),
        keys: if database.no_keys { Keys::Omitted } else { Keys::All },
        cases: if database.no_cases { CaseTable::LeftOut } else { CaseTable::Written },
        allow_remote: database.allow_remote,
    };
    let stop = Stop::new();
    let asked = stop.clone();
    process::on_stop(move || {
        asked.stop();
        true
    })?;
    if database.dry_run {
        let survey = load::survey(&plan, &target, &request, &pool, &stop)?;
        return output::print(&Page::default().lines(survey.lines()));
    }

    let run = Run { plan: &plan, target: &target, request: &request, threads: pool.current_num_threads() };
    let progress = Progress::new(arguments.quiet, false);
    progress.note(&run.opening());
    let progress = Mutex::new(progress);
    let listen = |step: Step| {
        // A step that comes while another one is being shown is not shown.
        if let Ok(mut progress) = progress.try_lock() {
            match step {
                Step::Rows { rows, rows_total, bytes } => {
                    progress.rows("load", rows, rows_total, Some(bytes))
                }
                Step::Step(doing) => progress.doing(&doing),
            }
        }
    };
    let result = load::load(&plan, &target, &request, &pool, &stop, &listen);
    if let Ok(progress) = progress.lock() {
        progress.finish();
    }
    let report = result?;
    if arguments.json {
        output::print_json(&report::load::json(&run, &report))?;
    } else if !arguments.quiet {
        output::note(&report::load::table(&run, &report));
    }
    Ok(())
}

/// The database that a text names. Notes about the text are printed to stderr.
pub(crate) fn target(text: &str, schema: Option<&str>) -> Result<Target, Failure> {
    let target = Target::parse(text, &|name| std::env::var(name).ok())?;
    for warning in target.warnings() {
        output::note(&output::line(format!("warning: {warning}")));
    }
    if let (Some(named), None) = (target.schema_parameter(), schema) {
        output::note(&output::line(format!(
            "hint: tables go to schema `public`; `--schema {named}` puts them where the URL says"
        )));
    }
    Ok(target)
}

/// Refuses flags that are for files.
fn check(arguments: &Generate) -> Result<(), Failure> {
    let for_files = [
        ("--format", arguments.format.is_some()),
        ("--compression", arguments.compression.is_some()),
        ("--rows-per-file", arguments.rows_per_file.is_some()),
        ("--shard", arguments.shard.is_some()),
    ];
    let given = for_files.into_iter().find_map(|(flag, given)| given.then_some(flag));
    if let Some(flag) = given.or_else(|| arguments.parquet.first_given()) {
        return Err(Failure::usage(format!("`{flag}` is for files")).hint("leave it out"));
    }
    if arguments.force {
        return Err(Failure::usage("`--force` is for files")
            .hint("`--replace` puts the new rows in the place of those that tables hold"));
    }
    Ok(())
}
