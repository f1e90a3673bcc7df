//! What is wrong, where in the scenario, and what to try.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

pub use crate::spelling::{did_you_mean, listed};

/// A range of bytes in the text of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// One thing that is wrong with a scenario or with the settings given to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in the text of the scenario; `None` when the fault lies in a setting from outside.
    pub span: Option<Span>,
    /// A lowercase fragment that says what is wrong, literals in backticks.
    pub message: String,
    /// What was expected and what was found, shown under the excerpt.
    pub label: Option<String>,
    /// The way out.
    pub hint: Option<String>,
    /// What else is wrong in the same generator or expression and does not follow from this; [`Faults::push`] lists it.
    pub also: Vec<Fault>,
}

impl Fault {
    /// A fault at a place in the scenario.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), message: message.into(), label: None, hint: None, also: Vec::new() }
    }

    /// A fault in a setting that came from outside the scenario.
    pub fn setting(message: impl Into<String>) -> Self {
        Self { span: None, message: message.into(), label: None, hint: None, also: Vec::new() }
    }

    /// Stands for a fault that has been noted already; noting it again does nothing.
    pub(crate) fn reported() -> Self {
        Self::setting(String::new())
    }

    /// This fault and another one that does not follow from it.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if self == Self::reported() {
            return other;
        }
        if other != Self::reported() {
            let (first, more) = other.alone();
            self.also.push(first);
            self.also.extend(more);
        }
        self
    }

    /// The same without those of the others that say the same, wherever they are.
    pub(crate) fn each_once(mut self) -> Self {
        let mut told = HashSet::from([self.message.clone()]);
        self.also.retain(|fault| told.insert(fault.message.clone()));
        self
    }

    /// The fault itself, and what came with it.
    pub(crate) fn alone(mut self) -> (Self, Vec<Self>) {
        let also = std::mem::take(&mut self.also);
        (self, also)
    }

    /// Says what was expected and what was found.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what to try when there is something to say.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(label) = &self.label {
            write!(f, " ({label})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// The most wrong names with a guess at what was meant.
pub(crate) const MOST_GUESSES: usize = 50;

/// The most bytes of a message, a label or a hint.
const LONGEST_TEXT: usize = 2000;

/// Every fault of a scenario, in the order of the text; never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Notes one more fault, and those that it brings. What they quote may be very long, and is cut off then.
    pub fn push(&mut self, fault: Fault) {
        let (fault, also) = fault.alone();
        if fault != Fault::reported() {
            self.0.push(Fault {
                message: cut_off(fault.message),
                label: fault.label.map(cut_off),
                hint: fault.hint.map(cut_off),
                ..fault
            });
        }
        also.into_iter().for_each(|fault| self.push(fault));
    }

    /// Keeps the value of a result, or notes its fault.
    pub fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    /// Whether a wrong name still gets a guess at what was meant. Where there are so many faults that not all of them are
    /// shown, it does not: a thousand wrong names among a thousand right ones would take long.
    pub(crate) fn may_guess(&self) -> bool {
        self.0.len() < MOST_GUESSES
    }

    /// What a wrong name may have been meant to be, or else the names there are.
    pub(crate) fn guess(
        &self,
        wrong: &str,
        known: impl FnOnce() -> Vec<String>,
        otherwise: &str,
    ) -> Option<String> {
        if !self.may_guess() {
            return None;
        }
        let known = known();
        let guess = did_you_mean(wrong, known.iter().map(String::as_str));
        Some(guess.unwrap_or_else(|| format!("{otherwise}: {}", listed(&known))))
    }

    /// `Ok` when nothing was noted; otherwise all of it, sorted by place, each fault once.
    pub fn into_result(mut self) -> Result<(), Self> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_by_key(|fault| fault.span);
        let mut told = HashSet::new();
        self.0.retain(|fault| told.insert((fault.span, fault.message.clone())));
        Err(self)
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        let mut faults = Self::default();
        faults.push(fault);
        faults
    }
}

/// A text of a fault, at most [`LONGEST_TEXT`] bytes of it.
fn cut_off(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push('…');
    }
    text
}

/// The most bytes of a value that a message quotes.
const LONGEST_QUOTE: usize = 200;

/// A value as a message quotes it: all of it or, where it is long, how it begins.
pub(crate) fn excerpt(value: &str) -> Cow<'_, str> {
    if value.len() <= LONGEST_QUOTE {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("{}…", &value[..value.floor_char_boundary(LONGEST_QUOTE)]))
}

/// The message where a text is none of a type.
pub(crate) fn invalid_input(ty: impl fmt::Display, text: &str) -> String {
    format!("invalid input syntax for type {ty}: `{}`", excerpt(text))
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A value that could not be computed while generating, such as an integer overflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{table}{}`: {message}{}",
    if column == "*" { String::new() } else { format!(".{column}") },
    row.map_or(String::new(), |row| format!(" (row {})", row + 1)),
)]
pub struct ValueError {
    /// The table that was being generated.
    pub table: String,
    /// The column whose value has no answer; `*` for the table as a whole.
    pub column: String,
    /// What happened.
    pub message: String,
    /// The number of the row in that table, from 0, where it is known.
    pub row: Option<u64>,
}
