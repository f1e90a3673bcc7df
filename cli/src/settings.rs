//! From what was typed to a plan and the threads that run it.

use seedbed_engine::error::{did_you_mean, listed};
use seedbed_engine::{Plan, Settings};

use crate::arguments::{ScenarioArguments, Threads};
use crate::exit::Failure;
use crate::scenario_file::{self, ScenarioFile};

/// Reads and compiles a scenario under the settings given.
pub(crate) fn compile(arguments: &ScenarioArguments) -> Result<(ScenarioFile, Plan), Failure> {
    let file = scenario_file::read(&arguments.scenario)?;
    let settings = Settings {
        seed: arguments.seed,
        scale: arguments.scale,
        params: arguments.set.clone(),
        as_of: arguments.as_of.clone(),
    };
    match Plan::compile(&file.text, &settings) {
        Ok(plan) => Ok((file, plan)),
        Err(faults) => Err(Failure::Scenario { file, faults }),
    }
}

/// The number of a table, by name.
pub(crate) fn table(plan: &Plan, name: &str) -> Result<usize, Failure> {
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
