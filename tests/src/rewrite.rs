//! Scenarios as trees that tests change and write anew.

use std::fmt::Write;
use std::fs;

use seedbed_engine::scenario::document::{self, Node, NodeKind};

use crate::{documents, shipped};

/// A value of YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// Text, and whether it stands in quotes.
    Scalar(String, bool),
    /// A list.
    List(Vec<Yaml>),
    /// A map: keys, whether they stand in quotes, and values.
    Map(Vec<(String, bool, Yaml)>),
}

impl Yaml {
    /// Reads a scenario, aliases expanded.
    ///
    /// # Panics
    /// When it is no YAML.
    pub fn read(text: &str) -> Self {
        Self::of(&document::read(text).unwrap_or_else(|fault| panic!("{fault}\n{text}")))
    }

    fn of(node: &Node) -> Self {
        match &node.kind {
            NodeKind::Scalar(scalar) => Self::Scalar(scalar.text.clone(), scalar.quoted),
            NodeKind::List(items) => Self::List(items.iter().map(Self::of).collect()),
            NodeKind::Map(entries) => Self::Map(
                entries.iter().map(|(key, value)| (key.text.clone(), key.quoted, Self::of(value))).collect(),
            ),
        }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[(String, bool, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, ..)| name == key).map(|(.., value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(name, ..)| name == key).map(|(.., value)| value),
            _ => None,
        }
    }

    /// The text of the scenario, on one line.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String) {
        let list = |out: &mut String, ends: [char; 2], each: &mut dyn FnMut(&mut String, usize), count| {
            out.push(ends[0]);
            for i in 0..count {
                if i > 0 {
                    out.push_str(", ");
                }
                each(out, i);
            }
            out.push(ends[1]);
        };
        match self {
            Self::Scalar(text, quoted) => scalar(text, *quoted, out),
            Self::List(items) => list(out, ['[', ']'], &mut |out, i| items[i].write(out), items.len()),
            Self::Map(entries) => {
                let mut entry = |out: &mut String, i: usize| {
                    let (key, quoted, value) = &entries[i];
                    scalar(key, *quoted, out);
                    out.push_str(": ");
                    value.write(out);
                };
                list(out, ['{', '}'], &mut entry, entries.len());
            }
        }
    }
}

/// Plain where it is plain and may be so between brackets. What may not is text in either form.
fn scalar(text: &str, quoted: bool, out: &mut String) {
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '_' | '.' | '+' | '-' | '$' | '%' | '~' | ' ' | '/' | '(' | ')' | '*' | '=' | '<' | '>'
            )
    };
    let starts = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '$' | '~' | '=' | '/' | '(');
    let negative = text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let may = text.chars().all(plain) && (text.starts_with(starts) || negative) && text.trim() == text;
    if !quoted && text.is_empty() {
        // Nothing at all is NULL; between brackets it needs a sign.
        out.push('~');
    } else if !quoted && may {
        out.push_str(text);
    } else {
        let _ = write!(out, "{}", serde_json::Value::from(text));
    }
}

/// The shipped scenarios but the largest, which take too long to be changed a thousand times, and those of the documents that stand
/// for themselves, each with where it is from.
///
/// # Panics
/// When a document cannot be read.
pub fn scenarios() -> Vec<(String, String)> {
    let names =
        shipped::names().into_iter().filter(|name| !matches!(name.as_str(), "ledger" | "saas" | "shop"));
    let shipped = names.map(|name| (name.clone(), shipped::text(&name)));
    let paths = documents::paths();
    let documents = paths.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
        let mut found = Vec::new();
        let mut open: Option<(usize, String)> = None;
        for (line, content) in text.lines().enumerate() {
            match (&mut open, content.trim_end()) {
                (None, "```yaml") => open = Some((line, String::new())),
                (Some((start, _)), "```") => {
                    let place = format!("{}:{}", documents::name(path), *start + 1);
                    found.extend(open.take().map(|(_, block)| (place, block)));
                }
                (Some((_, block)), _) => {
                    block.push_str(content);
                    block.push('\n');
                }
                (None, _) => {}
            }
        }
        found
    });
    shipped.chain(documents).collect()
}
