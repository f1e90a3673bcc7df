//! Which column of a table references show: its key.
//!
//! Neither the order of the columns nor a column that is added may change what references give. So the key is the column that
//! `key:` names, else `id`, else the column that is plainly `serial`. Where two columns of these have different values, the
//! scenario has to name one.

use super::Column;
use super::resolve::Resolver;
use crate::error::{Fault, Span};
use crate::ids::{ColumnId, TableId};
use crate::scenario::{self, Generator, Key};

impl Resolver<'_> {
    /// The column that a parent or a reference at `span` shows, settled. It is unique and never NULL, or vouched for by `key:`.
    pub(crate) fn shown_key(&mut self, t: TableId, span: Span) -> Result<ColumnId, Fault> {
        let column = match self.named_key(t)? {
            Some(named) => named,
            None => self.evident_key(t, span)?,
        };
        let scenario = self.scenario;
        let key = self.settled(t, column)?;
        if scenario.tables[t].key.is_some() || (key.unique && !key.nullable) {
            return Ok(column);
        }
        let name = key.name.clone();
        Err(self.not_unique(t, &name, span))
    }

    fn not_unique(&self, t: TableId, key: &str, span: Span) -> Fault {
        let table = &self.drafts[t].name.text;
        Fault::at(span, format!("table `{table}` has no key that is known to be unique"))
            .label(format!("its `{key}` is not"))
            .hint(format!(
                "give `{table}` a column `id: serial`, or say `key: {key}` if it is unique all the same"
            ))
    }

    /// The column that is the primary key when none is written: the key or, in a table that no reference shows, the first column.
    pub(crate) fn likely_key(&mut self, t: TableId) -> ColumnId {
        let named = self.named_key(t);
        if let Some(named) = self.faults.keep(named).flatten() {
            return named;
        }
        let id = self.drafts[t].position(|c| c.written && c.name == "id");
        id.or_else(|| self.plain_serials(t).first().copied())
            .or_else(|| self.drafts[t].position(|c| c.written))
            .unwrap_or(ColumnId::new(0))
    }

    /// The column that `key:` names.
    fn named_key(&self, t: TableId) -> Result<Option<ColumnId>, Fault> {
        let Some(node) = self.scenario.tables[t].key.as_ref().filter(|_| !self.drafts[t].faulty) else {
            return Ok(None);
        };
        let key = scenario::word(node, "`key`")?;
        let found = self.drafts[t].position(|c| c.name == key.text && c.written);
        found.map(Some).ok_or_else(|| {
            let fault = Fault::at(node.span, format!("`key`: unknown column `{}`", key.text));
            fault.maybe_hint(self.guess(&key.text, || self.drafts[t].column_names(), "the columns are"))
        })
    }

    /// The column that is the key without being named.
    fn evident_key(&mut self, t: TableId, span: Span) -> Result<ColumnId, Fault> {
        if self.drafts[t].faulty {
            return Err(Fault::reported());
        }
        let id = self.drafts[t].position(|c| c.written && c.name == "id");
        let serials = self.plain_serials(t);
        // Plain serials of one type have the same values, so that it does not matter which of them is shown.
        let mut known = id.into_iter().chain(serials);
        let Some(key) = known.next() else { return Err(self.no_key(t, span)) };
        let column = self.settled(t, key)?;
        let (key_type, plain) = (column.ty.clone(), is_plain_serial(column));
        for other in known {
            if !plain || self.drafts.done(t, other)?.ty != key_type {
                let columns = &self.drafts[t].columns;
                let (first, second) = (&columns[key].name, &columns[other].name);
                let table = &self.drafts[t].name.text;
                let fault =
                    Fault::at(span, format!("`{first}` and `{second}` could both be the key of `{table}`"));
                return Err(fault.hint(format!("say which one, as in `key: {first}`")));
            }
        }
        Ok(key)
    }

    /// The written columns that are 1, 2, 3, …, settled.
    fn plain_serials(&mut self, t: TableId) -> Vec<ColumnId> {
        let is_serial =
            |generator: &Generator| matches!(generator, Generator::Named(key, _) if key.text == "serial");
        let columns = ColumnId::enumerate(&self.drafts[t].columns);
        let serials: Vec<ColumnId> = columns
            .filter(|(_, c)| c.written && c.spec.as_ref().is_some_and(|spec| is_serial(&spec.generator)))
            .map(|(c, _)| c)
            .collect();
        let plain = |c: &ColumnId| {
            let plain = self.settled(t, *c).map(is_plain_serial);
            self.faults.keep(plain).unwrap_or(false)
        };
        serials.into_iter().filter(plain).collect()
    }

    fn no_key(&mut self, t: TableId, span: Span) -> Fault {
        let written: Vec<ColumnId> =
            self.drafts[t].column_ids().filter(|&c| self.drafts[t].columns[c].written).collect();
        let Some(&first) = written.first() else { return Fault::reported() };
        // Only what can be unique is settled for the hint, as other columns may hang on the one that asks.
        for &c in &written {
            let may_be = self.drafts[t].columns[c].spec.as_ref().is_some_and(|spec| {
                let named = |key: &Key| matches!(key.text.as_str(), "serial" | "uuid");
                spec.unique.is_some() || matches!(&spec.generator, Generator::Named(key, _) if named(key))
            });
            if may_be {
                let settled = self.column(t, c);
                self.faults.keep(settled);
            }
        }
        let is_unique =
            |c: &ColumnId| self.drafts[t].columns[*c].state.done().is_some_and(|c| c.unique && !c.nullable);
        let primary = self.scenario.tables[t].keys.primary.as_ref().filter(|key| key.names.len() == 1);
        let primary = primary.map(|key| key.names[0].text.clone());
        let unique = written.iter().find(|c| is_unique(c)).map(|&c| self.drafts[t].columns[c].name.clone());
        let Some(likely) = primary.or(unique) else {
            return self.not_unique(t, &self.drafts[t].columns[first].name, span);
        };
        let table = &self.drafts[t].name.text;
        Fault::at(span, format!("table `{table}` does not say by which column its rows are referred to"))
            .label("it has no `key:`, no column `id` and none that is plainly `serial`")
            .hint(format!("say which column that is, as in `key: {likely}`"))
    }
}

fn is_plain_serial(column: &Column) -> bool {
    column.serial() == Some((1, 1)) && column.null.is_none()
}
