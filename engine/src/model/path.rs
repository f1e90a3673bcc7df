//! Paths such as `tenants.place.city`: which row a name leads to, and by which steps.

use super::resolve::{ColumnDraft, Resolver};
use super::{Hop, Input, Recipe};
use crate::error::{Fault, did_you_mean};
use crate::expression::Name;
use crate::scenario::Generator;

impl Resolver<'_> {
    /// What a path such as `tenants.place.city` leads to from a row of a table.
    pub(super) fn path(&mut self, t: usize, path: &[Name], mut hops: Vec<Hop>) -> Result<Input, Fault> {
        let (head, rest) = path.split_first().ok_or_else(Fault::reported)?;
        let is_named = |c: &ColumnDraft| c.name == head.text && (c.spec.is_some() || c.written);
        if let Some(c) = self.drafts[t].columns.iter().position(is_named) {
            if self.is_group(t, c) {
                let column = self.group_field(t, c, head, rest)?;
                return Ok(Input::Column { hops, column });
            }
            if rest.is_empty() {
                self.column(t, c)?;
                return Ok(Input::Column { hops, column: c });
            }
            let (hop, next) = self.hop_through(t, c, head)?;
            hops.push(hop);
            return self.path(next, rest, hops);
        }
        if !rest.is_empty() && head.text == self.drafts[t].name.text {
            // The row itself, by its table's name.
            return self.path(t, rest, hops);
        }
        if !rest.is_empty() {
            // An ancestor by its table's name.
            let ancestors = self.ancestors(t).unwrap_or_default();
            if let Some(depth) = ancestors.iter().skip(1).position(|&a| self.drafts[a].name.text == head.text)
            {
                for &table in &ancestors[..=depth] {
                    self.rows_of(table)?;
                    hops.push(Hop::Parent);
                }
                return self.path(ancestors[depth + 1], rest, hops);
            }
            // `product.price` through a column `product_id`, or through the only reference to that table.
            let with_id = format!("{}_id", head.text);
            let by_name =
                self.drafts[t].columns.iter().position(|c| c.name == with_id && self.leads_to(c).is_some());
            let by_table: Vec<usize> = (0..self.drafts[t].columns.len())
                .filter(|&c| self.leads_to(&self.drafts[t].columns[c]).as_deref() == Some(head.text.as_str()))
                .collect();
            let found = by_name.or(if by_table.len() == 1 { Some(by_table[0]) } else { None });
            if let Some(c) = found {
                let (hop, next) = self.hop_through(t, c, head)?;
                hops.push(hop);
                return self.path(next, rest, hops);
            }
            if by_table.len() > 1 {
                let names: Vec<String> =
                    by_table.iter().map(|&c| format!("`{}`", self.drafts[t].columns[c].name)).collect();
                return Err(Fault::at(head.span, format!("several columns refer to `{}`", head.text))
                    .hint(format!("name one of them: {}", names.join(", "))));
            }
        }
        Err(self.unknown_name(t, head, !rest.is_empty()))
    }

    fn unknown_name(&self, t: usize, head: &Name, leads_on: bool) -> Fault {
        // What is missing may belong to what is wrong.
        if self.drafts[t].faulty
            || (leads_on && self.drafts.iter().any(|d| d.faulty && d.name.text == head.text))
        {
            return Fault::reported();
        }
        let table = &self.drafts[t].name.text;
        let mut known = self.column_names(t);
        let ancestors = self.ancestors(t).unwrap_or_default();
        known.extend(ancestors.iter().skip(1).map(|&a| self.drafts[a].name.text.clone()));
        known.extend(["as_of".to_owned(), "since".to_owned()]);
        let what = if leads_on { "unknown column or table" } else { "unknown column" };
        let fault = Fault::at(head.span, format!("{what} `{}`", head.text));
        if leads_on && self.drafts.iter().any(|d| d.name.text == head.text) {
            let message =
                format!("`{}` is neither an ancestor of `{table}` nor referred to by it", head.text);
            return Fault::at(head.span, message)
                .hint("add a column `{reference: …}` under `let`, and use its name");
        }
        let hint = did_you_mean(&head.text, known.iter().map(String::as_str))
            .unwrap_or_else(|| format!("the columns of `{table}` are: {}", self.column_names(t).join(", ")));
        fault.hint(hint)
    }

    /// The table that a column's generator leads to, by what is written.
    fn leads_to(&self, column: &ColumnDraft) -> Option<String> {
        match &column.spec.as_ref()?.generator {
            Generator::Named(key, Some(argument)) if key.text == "reference" => {
                let to = argument.get("to").unwrap_or(argument);
                Some(to.scalar()?.text.clone())
            }
            _ => None,
        }
    }

    pub(super) fn hop_through(&mut self, t: usize, c: usize, head: &Name) -> Result<(Hop, usize), Fault> {
        self.column(t, c)?;
        let column = self.done(t, c)?;
        match &column.recipe {
            Recipe::Parent { .. } => {
                let parent = self.drafts[t].parent.ok_or_else(Fault::reported)?;
                Ok((Hop::Parent, parent))
            }
            Recipe::Reference(reference) => Ok((Hop::Reference(c), reference.target)),
            _ => Err(Fault::at(head.span, format!("`{}` does not lead to another row", head.text))
                .label(format!("it is a column of type {}", column.ty))
                .hint("only references, parents, places and persons have parts")),
        }
    }
}
