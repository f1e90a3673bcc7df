//! How far a run is: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use seedbed_formats::Progress as Step;

use crate::output::quantity::{count, per_second, size, time};
use crate::output::shown::shown;
use crate::output::{self, Page};

/// Between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Between two drawings of the bar's text.
const BETWEEN_TEXTS: Duration = Duration::from_millis(100);

/// Tells how far a run is.
pub(crate) struct Progress {
    display: Display,
    started: Instant,
    told: Instant,
}

enum Display {
    Silent,
    Lines,
    Bar(ProgressBar),
}

impl Progress {
    /// A bar would disturb data on the same terminal.
    pub(crate) fn new(quiet: bool, data_on_stdout: bool) -> Self {
        let terminal = output::stderr_is_terminal();
        let display = if quiet {
            Display::Silent
        } else if terminal && !(data_on_stdout && output::stdout_is_terminal()) {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            Display::Bar(bar)
        } else {
            Display::Lines
        };
        let now = Instant::now();
        Self { display, started: now, told: now }
    }

    /// Says something before the first step.
    pub(crate) fn note(&self, page: &Page) {
        if !matches!(self.display, Display::Silent) {
            output::note(page);
        }
    }

    /// One step further.
    pub(crate) fn step(&mut self, step: &Step) {
        self.rows(step.table, step.rows, step.rows_total, Some(step.bytes));
    }

    /// Some rows further, with the subject of the rows, and their bytes where they have any.
    pub(crate) fn rows(&mut self, subject: &str, rows: u64, rows_total: u64, bytes: Option<u64>) {
        let pause = match &self.display {
            Display::Silent => return,
            Display::Lines => BETWEEN_LINES,
            Display::Bar(_) => BETWEEN_TEXTS,
        };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let text = self.text(subject, rows, rows_total, bytes);
        match &self.display {
            Display::Bar(bar) => {
                show(bar, &text);
                bar.set_length(rows_total);
                bar.set_position(rows);
            }
            _ => output::note(&output::line(format!("{:>3}%  {text}", rows * 100 / rows_total.max(1)))),
        }
    }

    /// The bar, where there is one.
    pub(crate) fn bar(&self) -> Option<ProgressBar> {
        match &self.display {
            Display::Bar(bar) => Some(bar.clone()),
            Display::Silent | Display::Lines => None,
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Something that has no rows.
    pub(crate) fn doing(&mut self, doing: &str) {
        match &self.display {
            Display::Silent => {}
            Display::Bar(bar) => show(bar, doing),
            Display::Lines if self.told.elapsed() < BETWEEN_LINES => {}
            Display::Lines => {
                self.told = Instant::now();
                output::note(&output::line(doing));
            }
        }
    }

    fn text(&self, subject: &str, rows: u64, rows_total: u64, bytes: Option<u64>) -> String {
        let elapsed = self.started.elapsed();
        let per_sec = per_second(rows, elapsed);
        let left = Duration::from_secs(rows_total.saturating_sub(rows) / per_sec.max(1));
        let left = if left.as_secs() < 60 { format!("{} s", left.as_secs()) } else { time(left) };
        let bytes =
            bytes.map_or_else(String::new, |bytes| format!(" {}/s,", size(per_second(bytes, elapsed))));
        format!(
            "{subject}: {} of {} rows, {} rows/s,{bytes} {left} left",
            count(rows),
            count(rows_total),
            count(per_sec),
        )
    }
}

/// Puts a text beside the bar.
#[expect(clippy::disallowed_methods, reason = "what it shows is escaped here")]
fn show(bar: &ProgressBar, text: &str) {
    bar.set_message(shown(text).into_owned());
}
