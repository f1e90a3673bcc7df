//! What users see of a generator: its arguments and a runnable example.
//!
//! It serves four readers: the check for unknown words, the JSON Schema, `seedbed explain` and the reference manual, whose
//! examples are run by tests.

use super::{Made, Reading};
use crate::error::Fault;

/// A generator as its users see it.
#[derive(Clone, Copy, Debug)]
pub struct GeneratorDoc {
    /// Its name in a scenario.
    pub name: &'static str,
    /// The version of its values, part of its random addresses: raised with every change that alters values, which also
    /// gets a `VALUE-BREAKING` line in the changelog.
    pub version: u32,
    /// The family it stands in.
    pub family: &'static str,
    /// What it makes, in a sentence.
    pub summary: &'static str,
    /// Its arguments.
    pub arguments: &'static [ArgumentDoc],
    /// The argument that a plain value stands for, as in `boolean: 30%`.
    pub short: Option<&'static str>,
    /// Whether it is a group of values that belongs under `let`.
    pub group: bool,
    /// A column, as one line of YAML.
    pub example: &'static str,
    /// Makes a recipe of its arguments.
    pub(crate) read: fn(&mut Reading) -> Result<Made, Fault>,
}

/// An argument of a generator.
#[derive(Clone, Copy, Debug)]
pub struct ArgumentDoc {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: ArgumentKind,
    /// Whether it must be given.
    pub required: bool,
    /// What it means, with its unit, range and default.
    pub summary: &'static str,
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A number, a parameter or an expression of parameters.
    Number,
    /// A share such as `5%` or `0.05`.
    Share,
    /// An SQL expression over the row.
    Expression,
    /// One of a few words.
    Word,
    /// `true` or `false`.
    Boolean,
    /// Text, possibly with `{expressions}`.
    Text,
    /// A list, or a map from values to weights.
    Weights,
    /// A generator.
    Spec,
    /// A map from names to generators.
    Specs,
    /// Anything else, explained in the summary.
    Any,
}

pub(super) const fn required(name: &'static str, kind: ArgumentKind, summary: &'static str) -> ArgumentDoc {
    ArgumentDoc { name, kind, required: true, summary }
}

pub(super) const fn optional(name: &'static str, kind: ArgumentKind, summary: &'static str) -> ArgumentDoc {
    ArgumentDoc { name, kind, required: false, summary }
}

pub(super) const MIN: ArgumentDoc = optional("min", ArgumentKind::Number, "values below become this one");
pub(super) const MAX: ArgumentDoc = optional("max", ArgumentKind::Number, "values above become this one");
