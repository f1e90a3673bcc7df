//! Closed choices: columns whose texts are one of a few by the way they are made, and the enums among them.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use super::{Choice, Keys, KeysOf};
use crate::error::{Fault, Span};
use crate::generators::{Origin, Texts};
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::{Column, Declared, PinnedTo, Values};
use crate::text::shown;
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
type Known = HashMap<(TableId, ColumnId, Reach), Option<Vec<String>>>;

/// The first column of every enum, and its labels.
type Enums = HashMap<String, (String, Vec<String>)>;

impl KeysOf<'_> {
    /// Gives enums without a name the one that follows from table and column.
    pub(super) fn name_enums(&mut self) {
        for t in self.drafts.tables() {
            let table = self.drafts[t].name.text.clone();
            for c in self.drafts[t].column_ids() {
                if !self.drafts[t].columns[c].written {
                    continue;
                }
                let name = enum_name(&table, &self.drafts[t].columns[c].name);
                let span = self.span_of(t, c);
                let Some(column) = self.drafts.done_mut(t, c) else { continue };
                let Some(Declared::Enum { name: chosen }) = column.declared().cloned() else { continue };
                let name = chosen.unwrap_or(name);
                let message = if name.is_empty() || name.len() > MOST_BYTES {
                    Some(format!("the name of an enum has 1 to {MOST_BYTES} bytes"))
                } else {
                    let control = name.chars().find(|c| c.is_control());
                    control.map(|c| format!("the name of an enum cannot hold {c:?}"))
                };
                column.declared = Some(Declared::Enum { name: Some(name) });
                if let Some(message) = message {
                    self.faults.push(Fault::at(span, message));
                }
            }
        }
    }

    fn span_of(&self, t: TableId, c: ColumnId) -> Span {
        let draft = &self.drafts[t].columns[c];
        let spec = draft.spec.as_ref();
        spec.map_or(self.drafts[t].name.span, |spec| {
            spec.sql_type.as_ref().map_or(spec.span, |node| node.span)
        })
    }

    /// Adds the closed choices of all tables, and refuses enums that are none.
    pub(super) fn choices(&mut self, keys: &mut [Keys]) {
        let (mut enums, mut known) = (Enums::new(), Known::new());
        for (t, keys) in TableId::enumerate(keys) {
            for c in self.drafts[t].column_ids() {
                let Ok(column) = self.drafts.done(t, c) else { continue };
                if !column.written {
                    continue;
                }
                let labels = match column.declared() {
                    Some(Declared::Enum { name: Some(name) }) => {
                        self.labels_of_enum(t, c, name, &mut enums, &mut known).map(Some)
                    }
                    _ => self.texts_to_check(t, c, &mut known),
                };
                let labels = self.faults.keep(labels).flatten();
                keys.choices.extend(labels.map(|labels| Choice { column: c, labels }));
            }
        }
    }

    /// The texts that a check lists. Those of a column with a limit must keep to it.
    fn texts_to_check(
        &self,
        t: TableId,
        c: ColumnId,
        known: &mut Known,
    ) -> Result<Option<Vec<String>>, Fault> {
        let column = self.drafts.done(t, c)?;
        if let Some(most) = column.declared().and_then(Declared::most_characters) {
            let texts = self.texts(t, c, Reach::All, known).unwrap_or_default();
            if let Some(text) = texts.iter().find(|text| text.chars().count() > most as usize) {
                let message = format!("`{text}` does not fit {}", column.sql_type());
                return Err(Fault::at(self.span_of(t, c), message).hint("raise the limit"));
            }
        }
        let plain = matches!(column.declared(), None | Some(Declared::Varchar(_) | Declared::Char(_)));
        if column.ty != Type::Text || !plain {
            return Ok(None);
        }
        let texts = self.texts(t, c, Reach::Choices, known);
        Ok(texts.filter(|texts| (1..=MOST_CHECKED).contains(&texts.len())))
    }

    /// The labels of an enum: those of its first column, which all others agree with.
    fn labels_of_enum(
        &self,
        t: TableId,
        c: ColumnId,
        name: &str,
        enums: &mut Enums,
        known: &mut Known,
    ) -> Result<Vec<String>, Fault> {
        let span = self.span_of(t, c);
        let column = format!("{}.{}", self.drafts[t].name.text, self.drafts[t].columns[c].name);
        let labels = enum_labels(span, &column, self.texts(t, c, Reach::All, known))?;
        let (first, of_first) =
            enums.entry(name.to_owned()).or_insert_with(|| (column.clone(), labels.clone()));
        let names = |labels: &[String]| labels.iter().cloned().collect::<BTreeSet<String>>();
        if of_first == &labels || names(of_first) == names(&labels) {
            return Ok(of_first.clone());
        }
        Err(Fault::at(span, format!("`{column}` and `{first}` have different labels"))
            .label(format!("both are of the enum `{name}`"))
            .hint("give one of them another name, as in `type: enum(name)`"))
    }

    /// The texts that a column can have, when they are known to be few.
    fn texts(&self, t: TableId, c: ColumnId, reach: Reach, known: &mut Known) -> Option<Vec<String>> {
        if let Some(found) = known.get(&(t, c, reach)) {
            return found.clone();
        }
        let column = self.drafts.done(t, c).ok();
        let mut found = column.and_then(|column| self.texts_of(t, column, reach, known));
        // What is pinned is among them, too.
        for pin in column.iter().flat_map(|column| &column.pins) {
            if let (Some(found), PinnedTo::Value(Values(value))) = (&mut found, &pin.to)
                && value.is_valid(0)
                && !found.contains(&shown(value, 0))
            {
                found.push(shown(value, 0));
            }
        }
        let found = found.filter(|texts| texts.len() <= MOST_LABELS);
        known.insert((t, c, reach), found.clone());
        found
    }

    fn texts_of(&self, t: TableId, column: &Column, reach: Reach, known: &mut Known) -> Option<Vec<String>> {
        if column.cast.is_some() {
            return None;
        }
        match column.recipe.texts() {
            Texts::Unknown => None,
            Texts::Chosen(values) => match *values.data_type() {
                DataType::Utf8 => few(values.as_string::<i32>().iter().flatten()),
                _ => None,
            },
            Texts::Listed(texts) => (reach == Reach::All).then(|| few(texts))?,
            Texts::Of(element) => self.texts_of(t, element, reach, known),
            Texts::Expression(formula) if column.ty == Type::Text => formula
                .expression
                .texts(MOST_LABELS, &mut |slot| self.texts_at(t, *formula.inputs.get(slot)?, reach, known)),
            Texts::Inputs(inputs) if column.ty == Type::Text => {
                let (mut texts, mut there) = (Vec::new(), HashSet::new());
                for input in inputs {
                    let more = self.texts_at(t, input, reach, known)?;
                    texts.extend(more.into_iter().filter(|text| there.insert(text.clone())));
                    if texts.len() > MOST_LABELS {
                        return None;
                    }
                }
                Some(texts)
            }
            Texts::Expression(_) | Texts::Inputs(_) => None,
            Texts::HandedOn(origin) if reach == Reach::All => match origin {
                Origin::Input(input) => self.texts_at(t, input, reach, known),
                Origin::Column { table, column } => self.texts(table, column, reach, known),
            },
            Texts::HandedOn(_) => None,
        }
    }

    /// The texts of an input of a table.
    fn texts_at(&self, t: TableId, input: InputId, reach: Reach, known: &mut Known) -> Option<Vec<String>> {
        let (table, column) = self.drafts.column_at(t, &self.drafts[t].inputs[input])?;
        self.texts(table, column, reach, known)
    }
}

/// Some texts, each once, and at most one more than labels may be.
fn few<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Vec<String>> {
    let (mut few, mut known) = (Vec::new(), HashSet::new());
    for text in texts {
        if few.len() > MOST_LABELS {
            return None;
        }
        if known.insert(text) {
            few.push(text.to_owned());
        }
    }
    Some(few)
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

/// `table_column`, the longer part cut where PostgreSQL would not keep the whole.
fn enum_name(table: &str, column: &str) -> String {
    let (mut table, mut column) = (table, column);
    while table.len() + 1 + column.len() > MOST_BYTES {
        let longer = if table.len() > column.len() { &mut table } else { &mut column };
        let last = longer.char_indices().next_back().map_or(0, |(at, _)| at);
        *longer = &longer[..last];
    }
    format!("{table}_{column}")
}
