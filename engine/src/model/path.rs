//! Paths such as `tenants.place.city`: which row a name leads to, and by which steps.

use super::drafts::{ColumnDraft, Drafts};
use super::resolve::Resolver;
use super::{Hop, Input};
use crate::error::{Fault, Faults, did_you_mean, listed};
use crate::expression::Name;
use crate::generators::Recipe;
use crate::ids::{ColumnId, TableId};
use crate::scenario::{Generator, Key};

/// The most names of a path.
const MOST_STEPS: usize = 32;

impl Resolver<'_> {
    /// What a path such as `tenants.place.city` leads to from a row of a table.
    ///
    /// A name that could mean two rows is refused, so that a column that is added cannot change what a name means.
    pub(super) fn path(&mut self, t: TableId, path: &[Name], mut hops: Vec<Hop>) -> Result<Input, Fault> {
        let (head, rest) = path.split_first().ok_or_else(Fault::reported)?;
        // Every step is a row of another table that is worked out while the one before waits for it.
        if path.len() > MOST_STEPS {
            return Err(Fault::at(head.span, "the path has too many steps")
                .label(format!("expected at most {MOST_STEPS}, found {}", path.len())));
        }
        if let Some(c) = self.drafts[t].column_named(&head.text) {
            if let Some(other) = self.drafts.other_meaning(t, c, head).filter(|_| !rest.is_empty()) {
                return Err(self.drafts.two_meanings(t, head, &other));
            }
            return self.path_of_column(t, c, head, rest, hops);
        }
        if let Some((next, after)) = rest.split_first()
            && head.text == self.drafts[t].name.text
        {
            // The row itself, by its table's name: what follows is a column of it, if there is one.
            return match self.drafts[t].column_named(&next.text) {
                Some(c) => self.path_of_column(t, c, next, after, hops),
                None => self.path(t, rest, hops),
            };
        }
        if !rest.is_empty()
            && let Some((way, next)) = self.way_by_name(t, head)?
        {
            hops.extend(way);
            return self.path(next, rest, hops);
        }
        Err(self.drafts.unknown_name(t, head, !rest.is_empty(), &self.faults))
    }

    fn path_of_column(
        &mut self,
        t: TableId,
        c: ColumnId,
        head: &Name,
        rest: &[Name],
        mut hops: Vec<Hop>,
    ) -> Result<Input, Fault> {
        if self.drafts[t].columns[c].is_record() {
            // What is wrong with the record itself is told first.
            self.column(t, c)?;
            // A field may lead to another row, as the parent in a tree does.
            if let [field, after @ ..] = rest
                && !after.is_empty()
                && let Ok(column) = self.field(t, c, head, std::slice::from_ref(field))
                && self.drafts.done(t, column)?.reference().is_some()
            {
                let (hop, next) = self.hop_through(t, column, field)?;
                hops.push(hop);
                return self.path(next, after, hops);
            }
            let column = self.field(t, c, head, rest)?;
            return Ok(Input::Column { hops, column });
        }
        if rest.is_empty() {
            self.column(t, c)?;
            return Ok(Input::Column { hops, column: c });
        }
        let (hop, next) = self.hop_through(t, c, head)?;
        hops.push(hop);
        self.path(next, rest, hops)
    }

    /// The way to the row that a name stands for which is no column: an ancestor by its table's name, or what a reference leads to.
    fn way_by_name(&mut self, t: TableId, head: &Name) -> Result<Option<(Vec<Hop>, TableId)>, Fault> {
        let ancestors = self.drafts.ancestors(t).unwrap_or_default();
        if let Some(depth) = ancestors.iter().skip(1).position(|&a| self.drafts[a].name.text == head.text) {
            for &table in &ancestors[..=depth] {
                self.rows_of(table)?;
            }
            return Ok(Some((vec![Hop::Parent; depth + 1], ancestors[depth + 1])));
        }
        // `product.price` through a column `product_id`, or through the only reference to that table.
        let with_id = format!("{}_id", head.text);
        let draft = &self.drafts[t];
        let by_name = draft.position(|c| c.name == with_id && c.leads_to().is_some());
        let by_table =
            draft.column_ids().filter(|&c| draft.columns[c].leads_to() == Some(head.text.as_str()));
        let mut found: Vec<ColumnId> = by_name.into_iter().chain(by_table).collect();
        found.sort_unstable();
        found.dedup();
        match found[..] {
            [] => Ok(None),
            [c] => {
                let (hop, next) = self.hop_through(t, c, head)?;
                Ok(Some((vec![hop], next)))
            }
            _ => {
                let names: Vec<String> =
                    found.iter().map(|&c| format!("`{}`", self.drafts[t].columns[c].name)).collect();
                Err(Fault::at(head.span, format!("several columns refer to `{}`", head.text))
                    .hint(format!("name one of them: {}", listed(&names))))
            }
        }
    }

    /// The way to the row that a name leads to: a column that refers to another row, an ancestor by its table's name, or what the
    /// only reference to a table leads to.
    pub(super) fn way_by(&mut self, t: TableId, name: &Name) -> Result<(Vec<Hop>, TableId), Fault> {
        if let Some(c) = self.drafts[t].column_named(&name.text) {
            if let Some(other) = self.drafts.other_meaning(t, c, name) {
                return Err(self.drafts.two_meanings(t, name, &other));
            }
            let (hop, next) = self.hop_through(t, c, name)?;
            return Ok((vec![hop], next));
        }
        match self.way_by_name(t, name)? {
            Some(way) => Ok(way),
            None => Err(self.drafts.unknown_name(t, name, true, &self.faults)),
        }
    }

    fn hop_through(&mut self, t: TableId, c: ColumnId, head: &Name) -> Result<(Hop, TableId), Fault> {
        let column = self.settled(t, c)?;
        match &column.recipe {
            Recipe::Parent(_) => Ok((Hop::Parent, self.drafts[t].parent.ok_or_else(Fault::reported)?)),
            Recipe::Reference(reference) => Ok((Hop::Reference(c), reference.target)),
            _ => Err(Fault::at(head.span, format!("`{}` does not lead to another row", head.text))
                .label(format!("it is a column of type {}", column.ty))
                .hint("only references, parents, places and persons have parts")),
        }
    }

    /// The way from a row to a row of another table, given as the table's name (an ancestor, or what the only reference to it
    /// leads to) or as the path of a reference, such as `memberships.tenant_id`.
    pub(crate) fn way_to(&mut self, t: TableId, key: &Key) -> Result<(Vec<Hop>, TableId), Fault> {
        let name = |text: &str| Name { text: text.to_owned(), span: key.span };
        let path: Vec<Name> = key.text.split('.').map(name).collect();
        let column = self.drafts[t].position(|c| c.name == key.text);
        if let Some(other) =
            column.filter(|_| path.len() == 1).and_then(|c| self.drafts.other_meaning(t, c, &path[0]))
        {
            return Err(self.drafts.two_meanings(t, &path[0], &other));
        }
        if path.len() == 1 && column.is_none() {
            let table = self.table_named(key)?;
            if table == t {
                return Err(Fault::at(key.span, format!("`{}` is the table itself", key.text))
                    .hint("name an ancestor, or a column that refers to another row"));
            }
            return match self.way_by_name(t, &path[0])? {
                Some(way) => Ok(way),
                None => Err(self.drafts.unknown_name(t, &path[0], true, &self.faults)),
            };
        }
        let Input::Column { mut hops, column } = self.path(t, &path, Vec::new())? else {
            return Err(Fault::reported());
        };
        let (end, _) = self.drafts.walk(t, &hops)?;
        let column_name = name(&self.drafts[end].columns[column].name.clone());
        let (hop, next) = self.hop_through(end, column, &column_name)?;
        hops.push(hop);
        Ok((hops, next))
    }
}

impl Drafts {
    /// What the name of column `c` would lead to if the column were not there.
    fn other_meaning(&self, t: TableId, c: ColumnId, head: &Name) -> Option<String> {
        if head.text == self[t].name.text {
            return Some("the table itself".to_owned());
        }
        let ancestors = self.ancestors(t).unwrap_or_default();
        let above = ancestors.iter().skip(1).position(|&a| self[a].name.text == head.text);
        let generator = |c: ColumnId| self[t].columns[c].spec.as_ref().map(|spec| &spec.generator);
        let is_parent = matches!(generator(c), Some(Generator::Named(key, _)) if key.text == "parent");
        match above {
            Some(0) if is_parent => return None,
            Some(_) => return Some("a table above it".to_owned()),
            None => {}
        }
        let with_id = format!("{}_id", head.text);
        let leads =
            |other: &ColumnDraft| other.leads_to().is_some_and(|to| to == head.text || other.name == with_id);
        let mut others = ColumnId::enumerate(&self[t].columns).filter(|(i, _)| *i != c);
        others.find(|(_, other)| leads(other)).map(|(_, other)| format!("what `{}` refers to", other.name))
    }

    pub(super) fn two_meanings(&self, t: TableId, head: &Name, other: &str) -> Fault {
        let (name, table) = (&head.text, &self[t].name.text);
        Fault::at(head.span, format!("`{name}` is a column of `{table}` and {other}"))
            .hint(format!("write `{table}.{name}` for the column, or give it another name"))
    }

    fn unknown_name(&self, t: TableId, head: &Name, leads_on: bool, faults: &Faults) -> Fault {
        // What is missing may belong to what is wrong.
        if self[t].faulty || (leads_on && self.iter().any(|d| d.faulty && d.name.text == head.text)) {
            return Fault::reported();
        }
        let table = &self[t].name.text;
        let what = if leads_on { "unknown column or table" } else { "unknown column" };
        let fault = Fault::at(head.span, format!("{what} `{}`", head.text));
        if leads_on && self.iter().any(|d| d.name.text == head.text) {
            let message =
                format!("`{}` is neither an ancestor of `{table}` nor referred to by it", head.text);
            return Fault::at(head.span, message)
                .hint("add a column `{reference: …}` under `let`, and use its name");
        }
        if !faults.may_guess() {
            return fault;
        }
        let columns = self[t].column_names();
        let ancestors = self.ancestors(t).unwrap_or_default();
        let ancestors = ancestors.iter().skip(1).map(|&a| self[a].name.text.as_str());
        let known = columns.iter().map(String::as_str).chain(ancestors).chain(["as_of", "since"]);
        let hint = did_you_mean(&head.text, known);
        fault.hint(hint.unwrap_or_else(|| format!("the columns of `{table}` are: {}", listed(&columns))))
    }
}

impl ColumnDraft {
    /// The table that its generator leads to, by what is written.
    fn leads_to(&self) -> Option<&str> {
        match &self.spec.as_ref()?.generator {
            Generator::Named(key, Some(argument)) if key.text == "reference" => {
                Some(&argument.get("to").unwrap_or(argument).scalar()?.text)
            }
            _ => None,
        }
    }
}
