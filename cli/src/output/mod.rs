//! The one place that prints: data and what was asked for to stdout, all else to stderr.
//!
//! Text for people is a [`Page`], whose lines are escaped when they are added, so that nothing in a scenario, a file or a
//! database steers the terminal. Data is [`print_data`]: bytes of files, scripts for other programs. `clippy.toml` keeps
//! everything else in this crate from the streams.

pub(crate) mod fault;
pub(crate) mod grid;
pub(crate) mod progress;
pub(crate) mod quantity;
pub(crate) mod report;
pub(crate) mod shown;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::exit::Failure;
use shown::{coloured, shown, shown_json, shown_lines};

/// Lines for people.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    /// One line, in which any line break is from elsewhere and spelled out.
    pub(crate) fn line(mut self, text: impl AsRef<str>) -> Self {
        self.0 += &shown(text.as_ref());
        self.0.push('\n');
        self
    }

    /// Lines of the program's own, such as a grid, or such as other crates give.
    pub(crate) fn lines<T: AsRef<str>>(self, lines: impl IntoIterator<Item = T>) -> Self {
        lines.into_iter().fold(self, Self::line)
    }

    /// A text that may have several lines of its own. Those after the first are set off.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0 += &shown_lines(text);
        self.0.push('\n');
        self
    }

    /// Text with colours, made of pieces that have been escaped already.
    pub(crate) fn coloured(mut self, text: &str) -> Self {
        self.0 += &coloured(text);
        self
    }

    /// Another page after this one.
    pub(crate) fn page(mut self, page: &Self) -> Self {
        self.0 += &page.0;
        self
    }

    #[cfg(test)]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of one line.
pub(crate) fn line(text: impl AsRef<str>) -> Page {
    Page::default().line(text)
}

/// Prints to stdout.
pub(crate) fn print(page: &Page) -> Result<(), Failure> {
    print_data(&page.0)
}

/// Prints a report that programs read, to stdout.
pub(crate) fn print_json(json: &serde_json::Value) -> Result<(), Failure> {
    print_data(&(shown_json(json) + "\n"))
}

/// Prints to stdout what is not for people, as it is.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn print_data(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Stdout for the bytes of a file.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn data() -> Box<dyn Write + Send> {
    Box::new(io::stdout())
}

/// Prints clap's help to stdout, in colours when that is a terminal that wants them.
pub(crate) fn print_styled(text: &clap::builder::StyledStr) -> Result<(), Failure> {
    if stdout_is_terminal() && wants_colour() {
        print(&Page::default().coloured(&text.ansi().to_string()))
    } else {
        print(&Page::default().coloured(&text.to_string()))
    }
}

/// Prints to stderr. A failure cannot be reported.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn note(page: &Page) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(page.0.as_bytes()).and_then(|()| stderr.flush());
}

/// Says something before the program ends, unless stderr has no reader: where stderr leads to a pager that has stopped, saying
/// it would wait for ever.
pub(crate) fn last_words(say: impl FnOnce() + Send + 'static) {
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        say();
        let _ = said.send(());
    });
    let _ = heard.recv_timeout(Duration::from_millis(500));
}

/// The width of stdout, when that is a terminal.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Whether a person may be reading stdout.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a person may be reading stderr.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether stderr takes colours.
pub(crate) fn colour() -> bool {
    stderr_is_terminal() && wants_colour()
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
