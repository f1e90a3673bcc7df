//! `seedbed cases`: rows that have a name, and their keys.

use seedbed_engine::cases::{FoundCase, TooFew};
use seedbed_engine::error::{did_you_mean, listed};
use seedbed_engine::{Finder, Plan};
use serde_json::json;

use crate::arguments::Cases;
use crate::exit::Failure;
use crate::output::report::cases;
use crate::output::{self, Page};
use crate::prepare;

/// Looks through the tables that have cases, and prints what was found.
pub(crate) fn run(arguments: &Cases) -> Result<(), Failure> {
    let (_, plan) = prepare::compile(&arguments.scenario)?;
    check(&plan, &arguments.names)?;
    let asked = |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|asked| asked == name);
    let pool = prepare::pool(&arguments.threads)?;
    let found = pool.install(|| {
        let finder = Finder::of_cases(&plan, |case| asked(&case.name));
        plan.count_unless(&finder.tables(), &|| false)?;
        finder.look_through(&plan)?;
        finder.found(&plan)
    })?;
    let model = plan.model();
    if arguments.json {
        output::print_json(&json!({
            "scenario": model.name,
            "seed": model.seed,
            "scale": model.scale,
            "fingerprint": plan.fingerprint(),
            "cases": cases::json(&found),
        }))?;
    } else {
        output::print(&page(&model.name, &found))?;
    }
    match found.iter().find_map(FoundCase::too_few) {
        Some(too_few) => Err(Failure::running(too_few.to_string()).hint(TooFew::HINT)),
        None => Ok(()),
    }
}

fn page(scenario: &str, found: &[FoundCase]) -> Page {
    if found.is_empty() {
        return output::line(format!("{scenario} has no cases"));
    }
    let mut out = Page::default().lines(cases::lines(found));
    for (case, about) in found.iter().filter_map(|case| Some((case, case.about.as_ref()?))) {
        out = out.line("").line(&case.name).lines(about.lines().map(|line| format!("  {line}")));
    }
    out
}

/// Refuses a name that no case has.
fn check(plan: &Plan, names: &[String]) -> Result<(), Failure> {
    let known: Vec<&str> = plan.model().cases.iter().map(|case| case.name.as_str()).collect();
    let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let hint = match did_you_mean(unknown, known.iter().copied()) {
        Some(guess) => guess,
        None if known.is_empty() => "the scenario has no cases".to_owned(),
        None => format!("the cases are {}", listed(&known)),
    };
    Err(Failure::usage(format!("unknown case `{unknown}`")).hint(hint))
}
