//! References: to which table, among which rows, and how one is picked.

use super::count::too_many;
use super::{Address, Made};
use crate::error::Fault;
use crate::expression::Name;
use crate::model::arguments::Arguments;
use crate::model::recipe::{Pick, Reference, Within};
use crate::model::resolve::Resolver;
use crate::model::{Hop, Input, Recipe, Source};
use crate::scenario;
use crate::types::Type;

impl Resolver<'_> {
    pub(super) fn reference(
        &mut self,
        t: usize,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        let to = arguments.word("to")?.ok_or_else(Fault::reported)?;
        let target = self.table_named(&to.text, to.span)?;
        let target_rows = self.rows_of(target)?;
        let shown = match arguments.word("column")? {
            None => self.shown_key(target, to.span)?,
            Some(key) => {
                self.drafts[target].columns.iter().position(|c| c.name == key.text && c.written).ok_or_else(
                    || {
                        let hint = self.guess(&key.text, || self.column_names(target), "the columns are");
                        Fault::at(key.span, format!("unknown column `{}` of `{}`", key.text, to.text))
                            .maybe_hint(hint)
                    },
                )?
            }
        };
        self.column(target, shown)?;
        let column = self.done(target, shown)?;
        let (ty, mut nullable) = (column.ty.clone(), column.nullable);

        let within = match arguments.word("within")? {
            None => None,
            Some(key) => Some(self.within(t, target, &key)?),
        };
        match &within {
            // Some row of the ancestor may have no rows of the target.
            Some((_, least, may_miss)) => nullable |= *least == 0 || *may_miss,
            None => {
                let empty = match target_rows {
                    Source::Root { rows } => rows == 0,
                    Source::Per { count, .. } => count.max == 0,
                };
                if empty {
                    return Err(Fault::at(to.span, format!("table `{}` has no rows to refer to", to.text)));
                }
                nullable |= self.least_rows(target)? == 0;
            }
        }
        let skew = match arguments.get("skew") {
            None => 0.0,
            Some(node) => {
                let skew = self.number(node, "skew")?;
                if !(0.0..=10.0).contains(&skew) {
                    return Err(
                        Fault::at(node.span, "`skew`: expected 0 to 10").label(format!("found {skew}"))
                    );
                }
                skew
            }
        };
        let distinct =
            arguments.get("distinct").map(|n| scenario::boolean(n, "distinct")).transpose()?.unwrap_or(false);
        let existed_at = arguments.expression("existed_at")?;
        let pick = match (distinct, existed_at) {
            (true, Some(at)) => {
                return Err(Fault::at(at.span, "`distinct` and `existed_at` cannot be combined yet")
                    .hint("leave one of them out"));
            }
            (true, None) => {
                let least = match &within {
                    Some((_, least, _)) => *least,
                    None => self.least_rows(target)?,
                };
                self.distinct(t, target, least, arguments, address)?
            }
            (false, None) => Pick::Random { stream: address.stream("reference", "value"), skew },
            (false, Some(at)) => {
                let at = self.formula_of(t, &at, &Type::Instant)?;
                let by =
                    self.birth_column(target, within.as_ref().map(|(within, ..)| within), arguments, &to)?;
                nullable = true;
                Pick::Existing { stream: address.stream("reference", "value"), skew, at, by }
            }
        };
        if let (Some(node), false) = (arguments.get("starting_with"), distinct) {
            return Err(Fault::at(node.span, "`starting_with` belongs to `distinct: true`"));
        }
        let reference = Reference { target, shown, within: within.map(|(within, ..)| within), pick };
        Ok(Made { nullable, ..Made::new(Recipe::Reference(reference), ty) })
    }

    /// The way to the row whose rows of the target are meant; the least number of them there is, and
    /// whether the way may end in NULL.
    fn within(
        &mut self,
        t: usize,
        target: usize,
        key: &crate::scenario::Key,
    ) -> Result<(Within, u64, bool), Fault> {
        let (hops, ancestor) = self.way_to(t, key)?;
        let chain = self.ancestors(target).unwrap_or_default();
        let Some(depth) = chain.iter().skip(1).position(|&a| a == ancestor) else {
            let (target, ancestor) = (&self.drafts[target].name.text, &self.drafts[ancestor].name.text);
            return Err(Fault::at(key.span, format!("`{target}` is not under `{ancestor}`"))
                .hint(format!("`within` leads to a row of a table that `{target}` is under by `per:`")));
        };
        let (_, may_miss) = self.way_type(t, &hops)?;
        let mut path: Vec<usize> = chain[..=depth].to_vec();
        path.reverse();
        let mut least = 1;
        for &table in &path {
            least = u64::saturating_mul(least, self.count_of(table)?.map_or(0, |count| count.min));
        }
        Ok((Within { hops, path }, least, may_miss))
    }

    /// The way from a row to a row of another table, given as the table's name (an ancestor, or what the only reference to it
    /// leads to) or as the path of a reference, such as `memberships.tenant_id`.
    fn way_to(&mut self, t: usize, key: &crate::scenario::Key) -> Result<(Vec<Hop>, usize), Fault> {
        let name = |text: &str| Name { text: text.to_owned(), span: key.span };
        let path: Vec<Name> = key.text.split('.').map(name).collect();
        let column = self.drafts[t].columns.iter().position(|c| c.name == key.text);
        if let Some(other) =
            column.filter(|_| path.len() == 1).and_then(|c| self.other_meaning(t, c, &path[0]))
        {
            return Err(self.two_meanings(t, &path[0], &other));
        }
        if path.len() == 1 && column.is_none() {
            let table = self.table_named(&key.text, key.span)?;
            if table == t {
                return Err(Fault::at(key.span, format!("`{}` is the table itself", key.text))
                    .hint("name an ancestor, or a column that refers to another row"));
            }
            return match self.way_by_name(t, &path[0])? {
                Some(way) => Ok(way),
                None => Err(self.unknown_name(t, &path[0], true)),
            };
        }
        let Input::Column { mut hops, column } = self.path(t, &path, Vec::new())? else {
            return Err(Fault::reported());
        };
        let (end, _) = self.way_type(t, &hops)?;
        let column_name = name(&self.drafts[end].columns[column].name.clone());
        let (hop, next) = self.hop_through(end, column, &column_name)?;
        hops.push(hop);
        Ok((hops, next))
    }

    fn way_type(&mut self, t: usize, hops: &[Hop]) -> Result<(usize, bool), Fault> {
        let (mut table, mut nullable) = (t, false);
        for hop in hops {
            match *hop {
                Hop::Parent => table = self.drafts[table].parent.ok_or_else(Fault::reported)?,
                Hop::Reference(c) => {
                    let column = self.done(table, c)?;
                    nullable |= column.nullable;
                    let Recipe::Reference(reference) = &column.recipe else { return Err(Fault::reported()) };
                    table = reference.target;
                }
            }
        }
        Ok((table, nullable))
    }

    /// The least number of rows a table can have.
    pub(in crate::model) fn least_rows(&mut self, t: usize) -> Result<u64, Fault> {
        Ok(match self.rows_of(t)? {
            Source::Root { rows } => rows,
            Source::Per { parent, count } => self.least_rows(parent)?.saturating_mul(count.min),
        })
    }

    fn distinct(
        &mut self,
        t: usize,
        target: usize,
        least: u64,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Pick, Fault> {
        let node = arguments.required("distinct")?;
        if let Some(skew) = arguments.get("skew") {
            return Err(Fault::at(skew.span, "`distinct` and `skew` cannot be combined")
                .hint("leave one of them out"));
        }
        let Some(count) = self.count_of(t)? else {
            return Err(Fault::at(
                node.span,
                "`distinct` is among the children of one parent, and these rows have none",
            )
            .hint("give the table a `per:`"));
        };
        if count.max > least {
            let table = self.drafts[target].name.text.clone();
            return Err(too_many(node.span, count.max, least, &table));
        }
        let first = match arguments.word("starting_with")? {
            None => None,
            Some(key) => {
                let table = self.table_named(&key.text, key.span)?;
                if table != target {
                    return Err(Fault::at(
                        key.span,
                        format!("`starting_with` must name `{}`", self.drafts[target].name.text),
                    ));
                }
                if let Some(within) = arguments.get("within") {
                    return Err(Fault::at(within.span, "`starting_with` and `within` cannot be combined"));
                }
                Some(
                    self.ancestor_way(t, table)
                        .ok_or_else(|| Fault::at(key.span, format!("`{}` is not an ancestor", key.text)))?,
                )
            }
        };
        let ordinal = self.input(t, Input::Ordinal);
        Ok(Pick::Distinct { stream: address.stream("reference", "distinct"), first, ordinal })
    }

    fn ancestor_way(&self, t: usize, ancestor: usize) -> Option<Vec<Hop>> {
        let depth = self.ancestors(t)?.iter().position(|&a| a == ancestor)?;
        (depth > 0).then(|| vec![Hop::Parent; depth])
    }

    /// The target's column that tells when a row came about; it must rise in the order of the rows looked at.
    fn birth_column(
        &mut self,
        target: usize,
        within: Option<&Within>,
        arguments: &Arguments,
        to: &crate::scenario::Key,
    ) -> Result<usize, Fault> {
        let by = arguments.word("by")?;
        let (name, span) = by.map_or(("created_at".to_owned(), to.span), |key| (key.text, key.span));
        let Some(c) = self.drafts[target].columns.iter().position(|c| c.name == name) else {
            return Err(Fault::at(span, format!("`{}` has no column `{name}`", to.text))
                .hint("say with `by:` which column tells when its rows came about"));
        };
        self.column(target, c)?;
        // Bounds that differ between siblings would let the instants fall.
        let shared = |formula: &crate::model::Formula| {
            formula.inputs.iter().all(|&i| match &self.drafts[target].inputs[i] {
                Input::Column { hops, .. } => hops.first() == Some(&Hop::Parent),
                Input::Siblings => true,
                _ => false,
            })
        };
        let rises = match &self.done(target, c)?.recipe {
            Recipe::Moment { stratum: Some(_), from, to, .. } => shared(from) && shared(to),
            _ => false,
        };
        let siblings = within.is_some_and(|within| within.path.len() == 1);
        let born = self.done(target, c)?;
        if rises && siblings && !born.nullable && born.cast.is_none() {
            return Ok(c);
        }
        let parent = self.drafts[target].parent.map(|p| self.drafts[p].name.text.clone());
        let hint = match parent {
            Some(parent) => format!(
                "make `{}.{name}` a `moment` with `order: within parent` and bounds of the parent, and look `within` a row of `{parent}`",
                to.text
            ),
            None => format!("`{}` needs a `per:` and `{name}` an `order: within parent`", to.text),
        };
        Err(Fault::at(span, "`existed_at` needs rows whose instants rise").hint(hint))
    }
}
