//! The arguments of a generator, by the entry that lists them.

use crate::error::{Fault, Span, did_you_mean, listed};
use crate::generators::GeneratorDoc;
use crate::random::{Invalid, Trickle};
use crate::scenario::{self, Key, Node, Text};
use crate::together::Together;

/// The arguments given to a generator, checked against those it knows.
pub(crate) struct Arguments<'n> {
    generator: &'static GeneratorDoc,
    span: Span,
    given: Given<'n>,
}

enum Given<'n> {
    Nothing,
    /// A plain value that stands for one argument.
    Short(&'n Node),
    Named(&'n [(Key, Node)]),
}

impl<'n> Arguments<'n> {
    /// The arguments of a generator; unknown and missing ones are faults.
    pub(crate) fn new(
        generator: &'static GeneratorDoc,
        key: &Key,
        node: Option<&'n Node>,
    ) -> Result<Self, Fault> {
        let (arguments, unknown) = Self::known(generator, key, node)?;
        unknown.map_or(Ok(()), Err)?;
        let required = generator.arguments.iter().filter(|argument| argument.required);
        let missing = required.filter(|argument| arguments.get(argument.name).is_none()).map(|argument| {
            Err(Fault::at(key.span, format!("`{}` needs `{}`", generator.name, argument.name))
                .hint(format!("{}; as in `{}`", argument.summary, generator.example)))
        });
        missing.collect::<Vec<Result<(), Fault>>>().together()?;
        Ok(arguments)
    }

    /// The arguments of a generator that it knows, and the fault of others. What is missing may be there under a wrong name.
    pub(crate) fn known(
        generator: &'static GeneratorDoc,
        key: &Key,
        node: Option<&'n Node>,
    ) -> Result<(Self, Option<Fault>), Fault> {
        let span = key.span;
        let names: Vec<&str> = generator.arguments.iter().map(|argument| argument.name).collect();
        let given = match node {
            None => Given::Nothing,
            Some(node) => match node.map() {
                // A map of weights or of members is the argument itself, unless it has the argument's name.
                Some(entries)
                    if !takes_map(generator)
                        || entries.iter().any(|(k, _)| names.contains(&k.text.as_str())) =>
                {
                    Given::Named(entries)
                }
                _ if generator.short.is_some() => Given::Short(node),
                _ => {
                    let expected = if names.is_empty() {
                        "no arguments".into()
                    } else {
                        format!("a map with {}", list(&names))
                    };
                    return Err(Fault::at(node.span, format!("`{}`: expected {expected}", generator.name))
                        .label(format!("found {}", node.describe())));
                }
            },
        };
        let entries = if let Given::Named(entries) = given { entries } else { &[] };
        let unknown = entries.iter().map(|(key, _)| key).filter(|key| !names.contains(&key.text.as_str()));
        let unknown = unknown.map(|key| {
            let hint = did_you_mean(&key.text, names.iter().copied()).unwrap_or_else(|| {
                if names.is_empty() { "it takes none".into() } else { format!("it takes {}", list(&names)) }
            });
            let message = format!("unknown argument `{}` of `{}`", key.text, generator.name);
            Err(Fault::at(key.span, message).hint(hint))
        });
        let unknown = unknown.collect::<Vec<Result<(), Fault>>>().together().err();
        Ok((Self { generator, span, given }, unknown))
    }

    /// The argument of that name, if given.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(
            self.generator.arguments.iter().any(|argument| argument.name == name),
            "{name} is documented"
        );
        match self.given {
            Given::Nothing => None,
            Given::Short(node) => (self.generator.short == Some(name)).then_some(node),
            Given::Named(entries) => entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node),
        }
    }

    /// The same for a name that may be none of the generator's arguments.
    fn find(&self, name: &str) -> Option<&'n Node> {
        self.generator
            .arguments
            .iter()
            .find(|argument| argument.name == name)
            .and_then(|argument| self.get(argument.name))
    }

    /// An argument that is required, and so is there.
    pub(crate) fn required(&self, name: &str) -> Result<&'n Node, Fault> {
        self.get(name)
            .ok_or_else(|| Fault::at(self.span, format!("`{}` needs `{name}`", self.generator.name)))
    }

    /// An argument as an expression.
    pub(crate) fn expression(&self, name: &str) -> Result<Option<Text>, Fault> {
        self.get(name).map(|node| scenario::as_expression(node, &format!("`{name}`"))).transpose()
    }

    /// One of some words.
    pub(crate) fn word(&self, name: &str) -> Result<Option<Key>, Fault> {
        self.get(name).map(|node| scenario::word(node, &format!("`{name}`"))).transpose()
    }

    /// What a law says about an argument, at that argument.
    pub(crate) fn invalid(&self, invalid: &Invalid) -> Fault {
        let span = self.find(invalid.argument).map_or(self.span(), |node| node.span);
        Fault::at(span, format!("`{}`: expected {}", invalid.argument, invalid.expected))
            .label(format!("found {}", invalid.found))
    }

    /// The generator's name.
    pub(crate) fn generator(&self) -> &'static str {
        self.generator.name
    }

    /// Where the generator's name stands.
    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

fn takes_map(generator: &GeneratorDoc) -> bool {
    use crate::generators::ArgumentKind::{Any, Specs, Weights};
    let short = generator.short.and_then(|short| generator.arguments.iter().find(|a| a.name == short));
    short.is_some_and(|argument| matches!(argument.kind, Weights | Specs) || argument.kind == Any)
}

/// The names in backticks.
fn list(names: &[&str]) -> String {
    listed(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

/// The longest generated text, in characters.
pub(crate) const MAX_LENGTH: i64 = 1 << 15;

/// How a length is drawn: evenly from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    /// The least.
    pub(crate) from: u64,
    /// The greatest.
    pub(crate) to: u64,
}

impl Length {
    /// The same without zero.
    pub(crate) fn at_least_one(self) -> Self {
        Self { from: self.from.max(1), to: self.to.max(1) }
    }

    /// A length.
    pub(crate) fn drawn(self, trickle: &mut Trickle) -> u64 {
        self.from + trickle.below(self.to - self.from + 1)
    }
}

/// Values, whether each stands in quotes, and their weights; `None` for evenly.
pub(crate) type Weights = (Vec<Key>, Vec<bool>, Option<Vec<f64>>);
