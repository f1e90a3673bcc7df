//! `seedbed`: flags in, data, reports and exit codes out.
//!
//! What is typed ([`arguments`]) becomes a plan ([`prepare`]), which each of the [`commands`] writes, compares or shows. Everything
//! that is printed goes through [`output`], and everything that goes wrong ends in [`exit`].

mod arguments;
mod commands;
mod connection_string;
mod exit;
mod output;
mod prepare;
mod process;
mod shipped;
mod target;
mod time_limit;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use commands::{cases, check, ddl, entity, explain, generate, preview, scenarios, verify};
use exit::Failure;

fn main() -> ExitCode {
    process::keep_memory();
    process::ignore_large_files();
    let result = Arguments::try_parse().map_err(Failure::from).and_then(run);
    exit::code(result)
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Preview(arguments) => preview::run(&arguments),
        Command::Cases(arguments) => cases::run(&arguments),
        Command::Entity(arguments) => entity::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fingerprint(arguments) => {
            let (_, plan) = prepare::compile(&arguments)?;
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
