//! The one place that prints: data to stdout, all else to stderr.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// Prints to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Prints clap's help to stdout, in colours when that is a terminal that wants them.
pub(crate) fn print_styled(text: &clap::builder::StyledStr) -> Result<(), Failure> {
    if io::stdout().is_terminal() && wants_colour() {
        print(&text.ansi().to_string())
    } else {
        print(&text.to_string())
    }
}

/// Prints to stderr. Nobody can be told when that fails.
pub(crate) fn note(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Says something before the program ends, unless nobody reads: where stderr leads to a pager that has stopped, saying it would
/// wait for ever.
pub(crate) fn last_words(say: impl FnOnce() + Send + 'static) {
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        say();
        let _ = said.send(());
    });
    let _ = heard.recv_timeout(std::time::Duration::from_millis(500));
}

/// The width of stdout, when that is a terminal.
pub(crate) fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Whether stderr takes colours.
pub(crate) fn colour() -> bool {
    io::stderr().is_terminal() && wants_colour()
}

fn wants_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn written(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
        _ => Failure::running(format!("cannot write to stdout: {error}")),
    })
}
