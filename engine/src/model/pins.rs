//! Cases that are one row: where it is, and the values that it has whatever its generators say.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};

use super::cases::Named;
use super::constants::ConstantScope;
use super::literal::converted;
use super::resolve::Resolver;
use super::{CaseRows, Declared, Pin, PinnedTo, Values};
use crate::calendar::Zone;
use crate::error::{Fault, did_you_mean, listed};
use crate::expression::{Expression, Name, Source};
use crate::generators::adversarial::Adversarial;
use crate::generators::{Pick, Recipe};
use crate::ids::{ColumnId, TableId};
use crate::scenario::cases::{CaseRows as Written, Row};
use crate::scenario::{Key, Node, Scenario, expression_text};
use crate::text::shown;

/// The values of all pins by the names of table and column, as written. They are read last, when all columns are known; what is found
/// out of the values of a column before asks here.
pub(super) struct WrittenPins<'s>(HashMap<&'s str, HashMap<&'s str, Vec<&'s Node>>>);

impl<'s> WrittenPins<'s> {
    pub(super) fn of(scenario: &'s Scenario) -> Self {
        let mut pins: HashMap<_, HashMap<_, Vec<&Node>>> = HashMap::new();
        for case in &scenario.cases {
            let Written::Row(row) = &case.rows else { continue };
            for (key, node) in &row.pins {
                let of_table = pins.entry(case.table.text.as_str()).or_default();
                of_table.entry(key.text.as_str()).or_default().push(node);
            }
        }
        Self(pins)
    }
}

impl Resolver<'_> {
    /// What is pinned in a column, or in a part of a group of values, as written.
    pub(super) fn pins_of(&self, t: TableId, column: &str) -> &[&Node] {
        let of_table = self.written_pins.0.get(self.drafts[t].name.text.as_str());
        of_table.and_then(|pins| pins.get(column)).map_or(&[], Vec::as_slice)
    }

    /// Which row of a table a case is; all tables of cases are known.
    pub(super) fn row_of_case(
        &mut self,
        named: &[Named],
        table: TableId,
        row: &Row,
    ) -> Result<CaseRows, Fault> {
        if let Some(of) = &row.of {
            let parent = self.drafts[table].parent;
            let (case, of_table) = self.case_of_one_row(named, of)?;
            if Some(of_table) != parent {
                let (own, other) = (&self.drafts[table].name.text, &self.drafts[of_table].name.text);
                return Err(Fault::at(of.span, format!("`{own}` is not `per: {other}`"))
                    .label(format!("`{}` is a row of `{other}`", of.text))
                    .hint("`of` names a case that is a row of the parent table"));
            }
            let ordinal = row.ordinal.as_ref();
            let ordinal = ordinal.map_or(Ok(1), |node| self.constants.whole(node, "ordinal", 1, i64::MAX))?;
            let most = self.count_of(table)?.map_or(u64::MAX, |count| count.max);
            if let Some(node) = row.ordinal.as_ref().filter(|_| ordinal.unsigned_abs() > most) {
                let parent = &self.drafts[of_table].name.text;
                let message = format!("`ordinal`: a row of `{parent}` has at most {most} rows");
                return Err(Fault::at(node.span, message).label(format!("found {ordinal}")));
            }
            return Ok(CaseRows::Child { of: case, ordinal: ordinal.unsigned_abs() });
        }
        let number = match &row.number {
            None => 1,
            Some(node) => self.constants.whole(node, "row", 1, super::MAX_ROWS.cast_signed())?.unsigned_abs(),
        };
        self.rows_of(table)?;
        if let Some(rows) = self.drafts.known_rows(table).filter(|rows| number > *rows) {
            let name = &self.drafts[table].name;
            let span = row.number.as_ref().map_or(row.node.span, |node| node.span);
            let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            return Err(Fault::at(span, format!("there is no row {number} of `{}`", name.text))
                .label(format!("it has {rows}"))
                .hint("take a row that is there at every scale, such as the first"));
        }
        Ok(CaseRows::Row { row: number - 1 })
    }

    /// The number of a case that is one row, and its table.
    fn case_of_one_row(&self, named: &[Named], name: &Key) -> Result<(usize, TableId), Fault> {
        let Some(case) = named.iter().position(|case| case.name == name.text) else {
            if self.scenario.cases.iter().any(|case| case.name.text == name.text) {
                return Err(Fault::reported());
            }
            let known: Vec<&str> = named.iter().map(|case| case.name).collect();
            let guess = did_you_mean(&name.text, known.iter().copied());
            let hint = guess.unwrap_or_else(|| format!("the cases are: {}", listed(&known)));
            return Err(Fault::at(name.span, format!("unknown case `{}`", name.text)).hint(hint));
        };
        if named[case].row.is_none() {
            return Err(Fault::at(name.span, format!("case `{}` is not one row", name.text))
                .hint("its rows are found by a condition; name a case with `row`, `of` or `pin`"));
        }
        let table = named[case].table.ok_or_else(Fault::reported)?;
        Ok((case, table))
    }

    /// Gives the columns of a case's row their values.
    pub(super) fn pin(&mut self, named: &[Named], number: usize, table: TableId, row: &Row) {
        for moved in &row.moves {
            let moved = self.table_named(moved);
            self.faults.keep(moved);
        }
        for (key, node) in &row.pins {
            let pinned = self.pinned(named, table, key, node);
            let pinned = pinned.and_then(|(column, to)| {
                let pins = &mut self.drafts.done_mut(table, column).ok_or_else(Fault::reported)?.pins;
                pins.push(Pin { case: number, to, span: key.span });
                // A value that is pinned is none of those that break software.
                let column = self.drafts.done(table, column)?;
                if let Recipe::Adversarial(Adversarial { told, .. }) = column.recipe {
                    let to = PinnedTo::Value(Values::new(Arc::new(BooleanArray::from(vec![false]))));
                    let told = self.drafts.done_mut(table, told).ok_or_else(Fault::reported)?;
                    told.pins.push(Pin { case: number, to, span: key.span });
                }
                Ok(())
            });
            self.faults.keep(pinned);
        }
    }

    fn pinned(
        &mut self,
        named: &[Named],
        table: TableId,
        key: &Key,
        node: &Node,
    ) -> Result<(ColumnId, PinnedTo), Fault> {
        let c = self.pinned_column(table, key)?;
        self.column(table, c)?;
        self.check_may_be_pinned(table, c, key)?;
        let column = self.drafts.done(table, c)?;
        let (ty, declared) = (column.ty.clone(), column.declared().cloned());
        if node.is_null() {
            if !column.nullable {
                return Err(Fault::at(node.span, format!("`{}` is never NULL", key.text))
                    .hint("give it `null: 1%`, or pin a value"));
            }
            return Ok((c, PinnedTo::Value(Values::new(new_null_array(&ty.arrow(), 1)))));
        }
        if let Some(reference) = column.reference() {
            let target = reference.target;
            let name = &self.drafts[target].name.text;
            let case = node.map().filter(|entries| entries.len() == 1).and_then(|_| node.get("case"));
            let Some(case) = case else {
                return Err(Fault::at(node.span, format!("`{}` refers to a row of `{name}`", key.text))
                    .label(format!("found {}", node.describe()))
                    .hint("name a case that is this row, as in `{case: acme}`"));
            };
            let case_key = crate::scenario::word(case, "`case`")?;
            let (case, other) = self.case_of_one_row(named, &case_key)?;
            if other != target {
                let other = &self.drafts[other].name.text;
                return Err(Fault::at(
                    case_key.span,
                    format!("case `{}` is a row of `{other}`", case_key.text),
                )
                .label(format!("expected a row of `{name}`")));
            }
            return Ok((c, PinnedTo::Row(case)));
        }
        let value = self.pinned_value(node, &key.text, &ty)?;
        if let Some(most) = declared.as_ref().and_then(Declared::most_characters) {
            let text = shown(&value, 0);
            if value.is_valid(0) && text.chars().count() > most as usize {
                return Err(Fault::at(node.span, format!("`{text}` is longer than {most} characters")));
            }
        }
        let column = self.drafts.done(table, c)?;
        let text = shown(&value, 0);
        if matches!(column.recipe, Recipe::Place(_)) && key.text.ends_with(".zone") {
            Zone::named(&text)
                .map_err(|unknown| Fault::at(node.span, unknown.to_string()).maybe_hint(unknown.hint))?;
        }
        // What is unique by the way it is composed relies on these.
        if column.recipe.is_without_digits() && text.contains(|c: char| c.is_ascii_digit()) {
            return Err(Fault::at(node.span, format!("`{}` never holds a digit", key.text))
                .label(format!("found `{text}`"))
                .hint("texts that are composed of it are unique for that reason; leave the digits out"));
        }
        if column.unique && column.recipe.highest(0).is_some() && text.starts_with('-') {
            return Err(Fault::at(node.span, format!("`{}` is never negative", key.text))
                .label(format!("found {text}")));
        }
        Ok((c, PinnedTo::Value(Values::new(value))))
    }

    /// A value as it is written, in the type of its column.
    pub(super) fn pinned_value(
        &self,
        node: &Node,
        what: &str,
        ty: &crate::types::Type,
    ) -> Result<ArrayRef, Fault> {
        if let Some(text) = expression_text(node) {
            let source = Source { text: &text.text, span: text.span, exact: text.exact };
            let expression = Expression::compile(&source, &mut ConstantScope { constants: &self.constants })?;
            let value = expression.cast_to(ty, node.span)?.constant();
            return value.ok_or_else(|| Fault::at(node.span, format!("`{what}`: expected a constant")));
        }
        let Some(scalar) = node.scalar() else {
            return Err(Fault::at(node.span, format!("`{what}`: expected a value"))
                .label(format!("found {}", node.describe())));
        };
        // A parameter alone is its value.
        if !scalar.quoted && scalar.text.starts_with('$') {
            let source = Source { text: &scalar.text, span: node.span, exact: scalar.exact };
            let expression = Expression::compile(&source, &mut ConstantScope { constants: &self.constants })?;
            let value = expression.cast_to(ty, node.span)?.constant();
            return value.ok_or_else(|| Fault::at(node.span, format!("`{what}`: expected a constant")));
        }
        let key = Key { text: scalar.text.clone(), span: node.span, quoted: scalar.quoted };
        converted(&[key], ty, &self.constants)
    }

    /// The column that a key of `pin` names: one of the table, or a part of a group of values.
    fn pinned_column(&mut self, table: TableId, key: &Key) -> Result<ColumnId, Fault> {
        if self.drafts[table].faulty {
            return Err(Fault::reported());
        }
        let name = |text: &str| Name { text: text.to_owned(), span: key.span };
        let (head, rest) = match key.text.split_once('.') {
            Some((head, part)) => (head, vec![name(part)]),
            None => (key.text.as_str(), Vec::new()),
        };
        let Some(c) = self.drafts[table].column_named(head) else {
            let fault = Fault::at(key.span, format!("`pin`: unknown column `{head}`"));
            let known = || self.drafts[table].column_names();
            return Err(fault.maybe_hint(self.guess(head, known, "the columns are")));
        };
        match (self.drafts[table].columns[c].is_record(), rest.is_empty()) {
            (true, _) => self.field(table, c, &name(head), &rest),
            (false, true) => Ok(c),
            (false, false) => Err(Fault::at(key.span, format!("`{head}` has no parts"))),
        }
    }

    /// Refuses columns whose values follow from where rows stand, or which are unique because of how they are made.
    fn check_may_be_pinned(&self, table: TableId, c: ColumnId, key: &Key) -> Result<(), Fault> {
        let Some((why, hint)) = why_not(self.drafts.done(table, c)?) else { return Ok(()) };
        let hint = match (hint, self.known_behind(table, c)) {
            (Some(hint), _) => hint.to_owned(),
            (None, Some(such)) => format!("pin what it follows from, such as {such}"),
            (None, None) => "pin another column".to_owned(),
        };
        Err(Fault::at(key.span, why.replace("{}", &format!("`{}`", key.text))).hint(hint))
    }

    /// The first column that the scenario names, and that may be pinned, among those from which a column follows.
    fn known_behind(&self, table: TableId, c: ColumnId) -> Option<String> {
        let mut columns = VecDeque::from([(table, c)]);
        let mut looked_at = HashSet::new();
        while let Some((t, c)) = columns.pop_front() {
            for input in self.drafts.done(t, c).ok()?.recipe.inputs() {
                let Some((t, c)) = self.drafts.column_at(t, &self.drafts[t].inputs[input]) else { continue };
                let (draft, Ok(column)) = (&self.drafts[t].columns[c], self.drafts.done(t, c)) else {
                    continue;
                };
                if draft.is_known() && why_not(column).is_none() {
                    let name = &column.name;
                    return Some(match t == table {
                        true => format!("`{name}`"),
                        false => format!("`{name}` of `{}`", self.drafts[t].name.text),
                    });
                }
                if !draft.is_known() && looked_at.insert((t, c)) {
                    columns.push_back((t, c));
                }
            }
        }
        None
    }

    /// Refuses what two cases, or the rows of one table, cannot have together.
    pub(super) fn check_pins(&mut self, cases: &[super::Case]) {
        for table in self.drafts.tables() {
            for c in self.drafts[table].column_ids() {
                let Ok(column) = self.drafts.done(table, c) else { continue };
                let faults = clashes(column, cases);
                faults.into_iter().for_each(|fault| self.faults.push(fault));
            }
        }
    }
}

/// Why a column cannot be pinned, with `{}` for its name, and a way out; without one it is what the column follows from.
fn why_not(column: &super::Column) -> Option<(&'static str, Option<&'static str>)> {
    if column.is_parent() {
        let why = "{} is the parent, which follows from where the row stands";
        return Some((why, Some("say whose child the row is, as in `of: acme`")));
    }
    if column.serial().is_some() {
        return Some(("{} counts the rows", Some("say which row is meant, as in `row: 2`")));
    }
    let another = Some("pin another column");
    Some(match &column.recipe {
        Recipe::Reference(reference) => match reference.pick {
            Pick::Unique { .. } => (
                "every row has another {}, so no row can be given one",
                Some("leave `unique` out, or pin another column"),
            ),
            Pick::Distinct { .. } | Pick::Ring { .. } => (
                "{} differs among the children of one parent by the way it is made",
                Some("leave `distinct` out, use `starting_with`, or pin another column"),
            ),
            Pick::Tree { .. } => ("{} is a place in a tree, whose bounds hold for all rows", another),
            Pick::Random { .. } | Pick::Existing { .. } | Pick::Keyed { .. } | Pick::Latest { .. } => {
                return None;
            }
        },
        Recipe::Literal(_) => ("{} is written out row by row", Some("change the value where it is written")),
        Recipe::Node(_) => ("{} is a place in a tree, whose bounds hold for all rows", another),
        Recipe::LifeAsked(_) | Recipe::OverLife(_) => ("{} is told by the life of the row", None),
        Recipe::Taken(_) => ("{} is told by the life of the parent", None),
        Recipe::Occurrence(_) | Recipe::Event(_) => ("{} is told by the rule of the table", None),
        Recipe::SeriesAsked(_) => ("{} is told by the recurrence", None),
        Recipe::Walk(_) => ("{} goes on from row to row", None),
        _ => return None,
    })
}

/// The faults of the pins of one column: two for one row, or one value twice where values are unique.
fn clashes(column: &super::Column, cases: &[super::Case]) -> Vec<Fault> {
    let (mut rows, mut values, mut faults) = (HashSet::new(), HashSet::new(), Vec::new());
    for pin in &column.pins {
        let case = |number: usize| format!("`{}`", cases[number].name);
        let place = match cases[pin.case].rows {
            CaseRows::Row { row } => (None, row),
            CaseRows::Child { of, ordinal } => (Some(of), ordinal),
            CaseRows::Where { .. } => continue,
        };
        let earlier = |same: &dyn Fn(&Pin) -> bool| {
            column.pins.iter().find(|other| same(other)).map(|other| case(other.case))
        };
        if !rows.insert(place) {
            let same = |other: &Pin| cases[other.case].rows == cases[pin.case].rows;
            let other = earlier(&same).unwrap_or_default();
            let fault = Fault::at(pin.span, format!("case {other} pins `{}` of the same row", column.name));
            faults.push(fault.hint("take another row, as in `row: 2`, or another `ordinal`"));
        }
        if let (PinnedTo::Value(Values(value)), true) = (&pin.to, column.unique)
            && value.is_valid(0)
            && !values.insert(shown(value, 0))
        {
            let text = shown(value, 0);
            let same =
                |other: &Pin| matches!(&other.to, PinnedTo::Value(Values(other)) if shown(other, 0) == text);
            let other = earlier(&same).unwrap_or_default();
            let message = format!("`{}` is unique, and case {other} has the same value", column.name);
            faults.push(Fault::at(pin.span, message));
        }
    }
    faults
}
