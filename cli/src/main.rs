//! `seedbed`: flags in, data, reports and exit codes out.
//!
//! What is typed ([`arguments`]) becomes a plan ([`settings`]), a plan is written to a target ([`generate`]) or
//! looked at ([`check`], [`preview`], [`explain`]). Everything that is printed goes through [`output`], and everything that
//! goes wrong ends in [`exit`].

mod arguments;
mod check;
mod connection_string;
mod ddl;
mod exit;
mod explain;
mod fault;
mod flag_values;
mod generate;
mod grid;
mod load;
mod load_report;
mod memory;
mod moment;
mod output;
mod parquet_flags;
mod preview;
mod progress;
mod quantity;
mod report;
mod scenario_file;
mod scenarios;
mod settings;
mod shipped;
mod shown;
mod signals;
mod target;
mod verify;
mod verify_report;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use exit::Failure;

fn main() -> ExitCode {
    memory::keep();
    signals::ignore_large_files();
    let result = Arguments::try_parse().map_err(Failure::from).and_then(run);
    exit::code(result)
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Preview(arguments) => preview::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fingerprint(arguments) => {
            let (_, plan) = settings::compile(&arguments)?;
            output::print(&output::line(plan.fingerprint()))
        }
        Command::Ddl(arguments) => ddl::run(&arguments),
        Command::Schema => output::print_json(&seedbed_engine::scenario::schema::schema()),
        Command::Scenarios(arguments) => scenarios::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "seedbed", &mut script);
            output::print_data(&String::from_utf8_lossy(&script))
        }
    }
}
