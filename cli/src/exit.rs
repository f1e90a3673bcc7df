//! How the program ends: 0 done, 1 failed while running, or `verify` found a difference, 2 wrong usage or wrong scenario, 130
//! interrupted.

use std::process::ExitCode;

use seedbed_engine::{Faults, ValueError};

use crate::output::{self, fault};
use crate::prepare::ScenarioFile;

/// Why a command did not do what was asked.
pub(crate) enum Failure {
    /// Wrong usage.
    Usage { message: String, hint: Option<String> },
    /// Wrong flags, in clap's words; also `--help` and `--version`, which are no failures.
    Flags(clap::Error),
    /// A wrong scenario.
    Scenario { file: ScenarioFile, faults: Faults },
    /// Something failed on the way.
    Running { message: String, hint: Option<String> },
    /// The reader of our output went away: no failure.
    ClosedPipe,
    /// What is there is not what the plan makes; the report says so on stdout.
    Differs,
    /// The program was asked to stop; what has become of the target.
    Interrupted(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    pub(crate) fn running(message: impl Into<String>) -> Self {
        Self::Running { message: message.into(), hint: None }
    }

    /// Says what to try.
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { hint, .. } | Self::Running { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::Flags(error)
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::running(error.to_string())
    }
}

impl From<seedbed_formats::Error> for Failure {
    fn from(error: seedbed_formats::Error) -> Self {
        use seedbed_formats::Error;
        if error.is_broken_pipe() {
            return Self::ClosedPipe;
        }
        let (message, hint) = (error.to_string(), error.hint());
        match error {
            Error::Usage { .. } | Error::NotEmpty { .. } | Error::Exists { .. } | Error::InUse { .. } => {
                Self::Usage { message, hint }
            }
            Error::Interrupted => Self::Interrupted("what was written has been removed".to_owned()),
            _ => Self::Running { message, hint },
        }
    }
}

impl From<seedbed_postgres::Error> for Failure {
    fn from(error: seedbed_postgres::Error) -> Self {
        use seedbed_postgres::Error;
        let (message, hint) = (error.to_string(), error.hint());
        match error.without_leftover() {
            Error::Usage { .. } => Self::Usage { message, hint },
            Error::Interrupted => {
                let left = error.leftover().map_or_else(String::new, |left| format!("; {left}"));
                Self::Interrupted(format!("the target is as it was{left}"))
            }
            _ => Self::Running { message, hint },
        }
    }
}

/// Says what went wrong, and gives the exit code.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    let code = match &failure {
        Failure::ClosedPipe => return ExitCode::SUCCESS,
        Failure::Flags(error) if !error.use_stderr() => {
            return match output::print_styled(&error.render()) {
                Err(Failure::Running { .. }) => ExitCode::from(1),
                _ => ExitCode::SUCCESS,
            };
        }
        Failure::Interrupted(_) => 130,
        Failure::Running { .. } | Failure::Differs => 1,
        Failure::Usage { .. } | Failure::Flags(_) | Failure::Scenario { .. } => 2,
    };
    match failure {
        Failure::Flags(error) => output::note(&fault::flags(&error, output::colour())),
        Failure::Scenario { file, faults } => output::note(&fault::render(&file, &faults, output::colour())),
        Failure::Usage { message, hint } | Failure::Running { message, hint } => {
            output::note(&fault::plain(&message, hint.as_deref(), output::colour()));
        }
        Failure::Interrupted(target) => output::note(&output::line(format!("interrupted: {target}"))),
        Failure::ClosedPipe | Failure::Differs => {}
    }
    ExitCode::from(code)
}
