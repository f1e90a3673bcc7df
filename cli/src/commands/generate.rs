//! `seedbed generate`: a scenario becomes files. Databases are [`load`](crate::commands::load)'s.

use indicatif::ProgressBar;
use seedbed_engine::{Plan, TableId};
use seedbed_formats::{Error, Request, Stop};
use seedbed_postgres::connect::Target;

use crate::arguments::Generate;
use crate::commands::load;
use crate::exit::Failure;
use crate::output;
use crate::output::progress::Progress;
use crate::output::report::files::{self, Run};
use crate::prepare;
use crate::process;
use crate::target::{Destination, Place};

/// Writes the data of a scenario.
pub(crate) fn run(arguments: &Generate) -> Result<(), Failure> {
    if Target::is_target(&arguments.to) {
        return load::run(arguments);
    }
    if let Some(flag) = arguments.database.first_given() {
        return Err(Failure::usage(format!("`{flag}` is for databases"))
            .hint("leave it out, or write to a database, as in `--to postgres:///demo`"));
    }
    let destination = Destination::parse(&arguments.to, arguments.format)?;
    if arguments.json && destination.place == Place::Stdout {
        return Err(
            Failure::usage("`--json` and `--to -` both write to stdout").hint("leave one of them out")
        );
    }
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    let tables = tables(&plan, &arguments.tables)?;
    let names: Vec<&str> = tables.iter().map(|t| plan.model().tables[*t].name.as_str()).collect();
    destination.check(&names)?;
    let pool = prepare::pool(&arguments.threads)?;
    let run = Run { plan: &plan, destination: &destination, threads: pool.current_num_threads() };

    let mut progress = Progress::new(arguments.quiet, destination.place == Place::Stdout);
    let request = Request {
        tables,
        target: destination.target(),
        format: destination.format,
        compression: arguments.compression.unwrap_or_else(|| destination.format.default_compression()),
        parquet: arguments.parquet.options(destination.format)?,
        rows_per_file: arguments.rows_per_file.map(std::num::NonZeroU64::get),
        shard: arguments.shard,
        force: arguments.force,
    };
    request.check(&plan)?;
    progress.note(&run.opening(names.len()));
    let (stop, bar) = (Stop::new(), progress.bar());
    let asked = stop.clone();
    process::on_stop(move || {
        let waits = asked.stop();
        if !waits {
            // The program ends here, and not where the bar is taken away.
            let bar = bar.clone();
            output::last_words(move || {
                bar.iter().for_each(ProgressBar::finish_and_clear);
                output::note(&output::line("interrupted"));
            });
        }
        waits
    })?;
    let result =
        seedbed_formats::generate_until(&plan, request, &pool, &stop, &mut |step| progress.step(&step));
    progress.finish();
    if matches!(result, Err(Error::Interrupted)) && !stop.stop() {
        // There is nothing to be undone, so the handler of the signal says so and ends the program.
        loop {
            std::thread::park();
        }
    }
    let report = result?;

    if arguments.json {
        output::print_json(&files::json(&run, &report))?;
    } else if !arguments.quiet {
        output::note(&files::table(&run, &report));
    }
    Ok(())
}

/// The tables asked for, in the order of the scenario; all when none is named.
pub(crate) fn tables(plan: &Plan, names: &[String]) -> Result<Vec<TableId>, Failure> {
    if names.is_empty() {
        return Ok(plan.tables().collect());
    }
    let mut tables = Vec::new();
    for name in names {
        tables.push(prepare::table(plan, name.trim())?);
    }
    tables.sort_unstable();
    tables.dedup();
    Ok(tables)
}
