//! Closed choices: columns whose texts are one of a few by the way they are made, and the enums among them.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use super::{Choice, Keys};
use crate::error::{Fault, Span};
use crate::model::resolve::Resolver;
use crate::model::{Column, Declared, Hop, Input, Recipe, TextLaw};
use crate::types::Type;

/// The most values that are checked without being asked for.
const MOST_CHECKED: usize = 50;
/// The most labels of an enum.
const MOST_LABELS: usize = 1000;
/// The most bytes of a label or a name, as in PostgreSQL.
const MOST_BYTES: usize = 63;

/// How far texts are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reach {
    /// Choices and expressions that choose.
    Choices,
    /// Also literal rows, words and referenced rows.
    All,
}

/// Texts that have been looked for, so that no column is looked at twice.
type Known = HashMap<(usize, usize, Reach), Option<Vec<String>>>;

impl Resolver<'_> {
    /// Gives enums without a name the one that follows from table and column.
    pub(super) fn name_enums(&mut self) {
        for t in 0..self.drafts.len() {
            let table = self.drafts[t].name.text.clone();
            for c in 0..self.drafts[t].columns.len() {
                if !self.drafts[t].columns[c].written {
                    continue;
                }
                let name = cut(&format!("{table}_{}", self.drafts[t].columns[c].name));
                let span = self.span_of(t, c);
                let Some(column) = self.done_mut(t, c) else { continue };
                let Some(Declared::Enum { name: chosen }) = column.declared().cloned() else { continue };
                let name = chosen.unwrap_or(name);
                let wrong = name.is_empty() || name.len() > MOST_BYTES;
                column.declared = Some(Declared::Enum { name: Some(name) });
                if wrong {
                    let message = format!("the name of an enum has 1 to {MOST_BYTES} bytes");
                    self.faults.push(Fault::at(span, message));
                }
            }
        }
    }

    fn span_of(&self, t: usize, c: usize) -> Span {
        let draft = &self.drafts[t].columns[c];
        let spec = draft.spec.as_ref();
        spec.map_or(self.drafts[t].name.span, |spec| {
            spec.sql_type.as_ref().map_or(spec.span, |node| node.span)
        })
    }

    /// Adds the closed choices of all tables, and refuses enums that are none.
    pub(super) fn choices(&mut self, keys: &mut [Keys]) {
        let mut known = Known::new();
        // The first column of every enum, and its labels.
        let mut enums: HashMap<String, (String, Vec<String>)> = HashMap::new();
        for t in 0..self.drafts.len() {
            for c in 0..self.drafts[t].columns.len() {
                let Ok(column) = self.done(t, c) else { continue };
                if !self.drafts[t].columns[c].written {
                    continue;
                }
                let declared = column.declared().cloned();
                let most = declared.as_ref().and_then(Declared::most_characters);
                let span = self.span_of(t, c);
                let Some(Declared::Enum { name }) = declared else {
                    let plain = matches!(declared, None | Some(Declared::Varchar(_) | Declared::Char(_)));
                    let reach = if most.is_some() { Reach::All } else { Reach::Choices };
                    let labels = self.texts(t, c, reach, &mut known);
                    let too_long = labels
                        .iter()
                        .flatten()
                        .find(|label| most.is_some_and(|most| label.chars().count() > most as usize));
                    if let Some(label) = too_long {
                        let ty = self.done(t, c).map(Column::sql_type).unwrap_or_default();
                        self.faults.push(Fault::at(span, format!("`{label}` does not fit {ty}")));
                    }
                    let labels = self.texts(t, c, Reach::Choices, &mut known);
                    let text = self.done(t, c).is_ok_and(|column| column.ty == Type::Text);
                    if let Some(labels) =
                        labels.filter(|labels| plain && text && (1..=MOST_CHECKED).contains(&labels.len()))
                    {
                        keys[t].choices.push(Choice { column: c, labels });
                    }
                    continue;
                };
                let labels = self.texts(t, c, Reach::All, &mut known);
                let column_name = format!("{}.{}", self.drafts[t].name.text, self.drafts[t].columns[c].name);
                let checked = enum_labels(span, &column_name, labels);
                let Some(labels) = self.faults.keep(checked) else { continue };
                let name = name.unwrap_or_default();
                let first =
                    enums.entry(name.clone()).or_insert_with(|| (column_name.clone(), labels.clone()));
                let agree =
                    first.1.len() == labels.len() && labels.iter().all(|label| first.1.contains(label));
                if !agree {
                    let fault =
                        Fault::at(span, format!("`{column_name}` and `{}` have different labels", first.0));
                    let fault = fault.label(format!("both are of the enum `{name}`"));
                    self.faults.push(fault.hint("give one of them another name, as in `type: enum(name)`"));
                }
                let labels = first.1.clone();
                keys[t].choices.push(Choice { column: c, labels });
            }
        }
    }

    /// The texts that a column can have, when they are known to be few.
    fn texts(&self, t: usize, c: usize, reach: Reach, known: &mut Known) -> Option<Vec<String>> {
        if let Some(found) = known.get(&(t, c, reach)) {
            return found.clone();
        }
        let found = self.done(t, c).ok().and_then(|column| self.texts_of(t, column, reach, known));
        let found = found.filter(|texts| texts.len() <= MOST_LABELS);
        known.insert((t, c, reach), found.clone());
        found
    }

    fn texts_of(&self, t: usize, column: &Column, reach: Reach, known: &mut Known) -> Option<Vec<String>> {
        let of_input = |this: &Self, input: usize, known: &mut Known| {
            let Input::Column { hops, column } = &this.drafts[t].inputs[input] else { return None };
            let mut end = t;
            for hop in hops {
                end = match *hop {
                    Hop::Parent => this.drafts[end].parent?,
                    Hop::Reference(c) => match &this.done(end, c).ok()?.recipe {
                        Recipe::Reference(reference) => reference.target,
                        _ => return None,
                    },
                };
            }
            this.texts(end, *column, reach, known)
        };
        if column.cast.is_some() {
            return None;
        }
        match &column.recipe {
            Recipe::Choose { values, .. } => strings(&values.0),
            Recipe::Array { element, .. } => self.texts_of(t, element, reach, known),
            Recipe::Formula(formula) if column.ty == Type::Text => formula
                .expression
                .texts(MOST_LABELS, &mut |slot| of_input(self, *formula.inputs.get(slot)?, known)),
            Recipe::Switch { cases, .. } if column.ty == Type::Text => {
                let mut texts: Vec<String> = Vec::new();
                for input in cases.iter().flatten() {
                    let more = of_input(self, *input, known)?;
                    texts.extend(more.into_iter().filter(|text| !texts.contains(text)).collect::<Vec<_>>());
                }
                Some(texts)
            }
            Recipe::Literal(values) if reach == Reach::All => strings(&values.0),
            Recipe::Text { law: TextLaw::Word(vocabulary), .. } if reach == Reach::All => {
                Some(vocabulary.words.iter().take(MOST_LABELS + 1).map(ToString::to_string).collect())
            }
            Recipe::Parent { key } if reach == Reach::All => of_input(self, *key, known),
            Recipe::Reference(reference) if reach == Reach::All => {
                self.texts(reference.target, reference.shown, reach, known)
            }
            _ => None,
        }
    }
}

/// The strings of an array, each once; `None` for other types.
fn strings(values: &dyn Array) -> Option<Vec<String>> {
    if *values.data_type() != DataType::Utf8 {
        return None;
    }
    let mut texts: Vec<String> = Vec::new();
    for text in values.as_string::<i32>().iter().flatten() {
        if texts.len() > MOST_LABELS {
            return None;
        }
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
    Some(texts)
}

fn enum_labels(span: Span, column: &str, labels: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let labels = labels.filter(|labels| !labels.is_empty()).ok_or_else(|| {
        Fault::at(span, format!("`{column}` is not a choice among some texts"))
            .label("an enum needs to know its labels")
            .hint("an enum goes with `choose` of texts, or with a `case` among them")
    })?;
    let wrong = labels.iter().find(|label| label.len() > MOST_BYTES);
    match wrong {
        Some(label) => Err(Fault::at(span, format!("the label `{label}` has {} bytes", label.len()))
            .hint(format!("PostgreSQL keeps {MOST_BYTES} bytes of a label"))),
        None => Ok(labels),
    }
}

/// As much of a name as PostgreSQL keeps.
fn cut(name: &str) -> String {
    let mut end = name.len().min(MOST_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}
