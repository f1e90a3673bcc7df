//! From what was typed to a plan and the threads that run it: the text of a scenario, settings, names of tables.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use seedbed_engine::error::{did_you_mean, listed};
use seedbed_engine::scenario::document::MAX_BYTES;
use seedbed_engine::{Plan, Settings, TableId};

use crate::arguments::{ScenarioArguments, Threads};
use crate::connection_string;
use crate::exit::Failure;
use crate::shipped;

/// The text of a scenario and the name that messages use for it.
pub(crate) struct ScenarioFile {
    /// The path as typed, or the name of a shipped scenario.
    pub(crate) name: String,
    /// The text, without a byte order mark.
    pub(crate) text: String,
}

/// Reads and compiles a scenario under the settings given.
pub(crate) fn compile(arguments: &ScenarioArguments) -> Result<(ScenarioFile, Plan), Failure> {
    let file = read(&arguments.scenario)?;
    let settings = Settings {
        seed: arguments.seed,
        scale: arguments.scale,
        params: arguments.set.clone(),
        as_of: arguments.as_of.clone(),
        adversarial: arguments.adversarial,
    };
    match Plan::compile(&file.text, &settings) {
        Ok(plan) => Ok((file, plan)),
        Err(faults) => Err(Failure::Scenario { file, faults }),
    }
}

/// The number of a table, by name.
pub(crate) fn table(plan: &Plan, name: &str) -> Result<TableId, Failure> {
    plan.table(name).ok_or_else(|| {
        let names: Vec<&str> = plan.model().tables.iter().map(|table| table.name.as_str()).collect();
        let hint = did_you_mean(name, names.iter().copied())
            .unwrap_or_else(|| format!("the tables are {}", listed(&names)));
        Failure::usage(format!("unknown table `{name}`")).hint(hint)
    })
}

/// A pool of the threads asked for, or one per processor.
pub(crate) fn pool(threads: &Threads) -> Result<rayon::ThreadPool, Failure> {
    // Zero lets rayon take the number of processors.
    let count = threads.count.map_or(0, std::num::NonZeroUsize::get);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(count).thread_name(|i| format!("seedbed-{i}")).build();
    pool.map_err(|error| Failure::running(format!("cannot start threads: {error}")))
}

/// Reads a scenario: `-` is stdin, a shipped name is that one, and all else a path.
fn read(scenario: &str) -> Result<ScenarioFile, Failure> {
    if scenario == "-" {
        return text("<stdin>", io::stdin().lock());
    }
    if let Some(shipped) = shipped::find(scenario) {
        return Ok(ScenarioFile { name: scenario.to_owned(), text: shipped.text.to_owned() });
    }
    let path = Path::new(scenario);
    if let Some((_, hint)) = connection_string::resemblance(scenario).filter(|_| !path.exists()) {
        let message = "the scenario looks like the name of a database";
        return Err(Failure::usage(message).hint(format!("the database is what `--to` takes; {hint}")));
    }
    if !looks_like_a_path(scenario) && !path.exists() {
        return Err(unknown(scenario));
    }
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => unknown(scenario),
        _ => Failure::usage(format!("cannot read `{scenario}`: {error}")),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(
            Failure::usage(format!("`{scenario}` is a directory")).hint("name the scenario file in it")
        );
    }
    if metadata.len() > MAX_BYTES as u64 {
        return Err(too_large(scenario, &format!("{} bytes", metadata.len())));
    }
    text(scenario, file)
}

fn looks_like_a_path(scenario: &str) -> bool {
    scenario.contains(['/', '\\']) || scenario.ends_with(".yaml") || scenario.ends_with(".yml")
}

fn text(name: &str, source: impl Read) -> Result<ScenarioFile, Failure> {
    let mut bytes = Vec::new();
    let failed = |error| Failure::usage(format!("cannot read `{name}`: {error}"));
    source.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(too_large(name, &format!("more than {MAX_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        Failure::usage(format!("`{name}` is not UTF-8: line {line}, byte {at}"))
            .hint("save the file as UTF-8")
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(ScenarioFile { name: name.to_owned(), text })
}

fn unknown(scenario: &str) -> Failure {
    let names = listed(&shipped::names().collect::<Vec<_>>());
    let list = format!("the shipped scenarios are {names}; anything else is the path of a file");
    let typed = Path::new(scenario).file_stem().and_then(|stem| stem.to_str()).unwrap_or(scenario);
    let hint = match did_you_mean(typed, shipped::names()) {
        Some(guess) => format!("{guess} {list}"),
        None => list,
    };
    let message = match looks_like_a_path(scenario) {
        true => format!("there is no file `{scenario}`"),
        false => format!("unknown scenario `{scenario}`"),
    };
    Failure::usage(message).hint(hint)
}

fn too_large(name: &str, found: &str) -> Failure {
    Failure::usage(format!("`{name}` has {found}; a scenario has at most {MAX_BYTES}"))
        .hint("is this the right file?")
}
