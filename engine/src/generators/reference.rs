//! `reference`: the key of a row of another table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::compute::take;

use super::count::too_many;
use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::ANY_NUMBER;
use super::serial::serial_of;
use super::{Ends, Formula, GeneratorDoc, Made, Origin, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, ValueError};
use crate::expression::Name;
use crate::model::arguments::Arguments;
use crate::model::resolve::Resolver;
use crate::model::{Column, Hop, Input, Source};
use crate::random::Stream;
use crate::rows::{Frame, each_once};
use crate::scenario;
use crate::types::Type;

pub(super) const REFERENCE: GeneratorDoc = GeneratorDoc {
    name: "reference",
    version: 1,
    family: "keys",
    summary: "The key of a row of another table; through its name the row's other columns can be used.",
    arguments: &[
        required("to", Kind::Word, "the table"),
        optional("column", Kind::Word, "the column shown; default the table's key"),
        optional(
            "within",
            Kind::Word,
            "only rows under the same row of this table, an ancestor, or of what a reference leads to, as in `memberships.tenant_id`",
        ),
        optional("skew", Kind::Number, "how much early rows are preferred: 0 evenly, 1 about as Zipf's law"),
        optional("distinct", Kind::Boolean, "`true`: no row twice among the children of one parent"),
        optional(
            "starting_with",
            Kind::Word,
            "with `distinct`: the first child refers to the own row of this table",
        ),
        optional(
            "existed_at",
            Kind::Expression,
            "only rows that already existed at this instant; NULL when there is none",
        ),
        optional(
            "by",
            Kind::Word,
            "with `existed_at`: the column that tells when a row came about; default `created_at`",
        ),
    ],
    short: Some("to"),
    group: false,
    example: "parent_user: {reference: {to: people, skew: 0.8}}",
    read,
};

/// A reference to a row of another table.
#[derive(Debug)]
pub(crate) struct Reference {
    /// The table.
    pub(crate) target: usize,
    /// The column of the target that is shown.
    pub(crate) shown: usize,
    /// Among which rows: those under the row of a table that these inputs lead to, or all.
    pub(crate) within: Option<Within>,
    /// How the row is picked.
    pub(crate) pick: Pick,
}

/// The rows under one row of an ancestor of the target.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    /// The way from the row to the ancestor's row.
    pub(crate) hops: Vec<Hop>,
    /// The tables from the ancestor's child down to the target.
    pub(crate) path: Vec<usize>,
}

/// How the row is picked among those allowed.
#[derive(Debug)]
pub(crate) enum Pick {
    /// By chance.
    Random {
        /// Random words, one a row.
        stream: Stream,
        /// How much early rows are preferred; 0 evenly.
        skew: f64,
    },
    /// Without repetition among the children of one parent.
    Distinct {
        /// Random words, two per parent row: the key of its permutation.
        stream: Stream,
        /// The way to a row of the target that the first child names.
        first: Option<Vec<Hop>>,
        /// The input `ordinal`.
        ordinal: usize,
    },
    /// By chance among the rows that existed at an instant.
    Existing {
        /// Random words, one a row.
        stream: Stream,
        /// How much early rows are preferred; 0 evenly.
        skew: f64,
        /// The instant.
        at: Formula,
        /// The target's column that tells when a row came about, rising within its parent.
        by: usize,
    },
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (value_words, distinct_words) = (reading.stream("value"), reading.stream("distinct"));
    let (t, arguments, resolver) = (reading.table, reading.arguments, &mut *reading.resolver);
    let to = arguments.word("to")?.ok_or_else(Fault::reported)?;
    let target = resolver.table_named(&to.text, to.span)?;
    let target_rows = resolver.rows_of(target)?;
    let shown = match arguments.word("column")? {
        None => resolver.shown_key(target, to.span)?,
        Some(key) => {
            resolver.drafts[target].columns.iter().position(|c| c.name == key.text && c.written).ok_or_else(
                || {
                    let hint = resolver.guess(&key.text, || resolver.column_names(target), "the columns are");
                    Fault::at(key.span, format!("unknown column `{}` of `{}`", key.text, to.text))
                        .maybe_hint(hint)
                },
            )?
        }
    };
    resolver.column(target, shown)?;
    let column = resolver.done(target, shown)?;
    let (ty, mut nullable) = (column.ty.clone(), column.nullable);

    let within = match arguments.word("within")? {
        None => None,
        Some(key) => Some(resolver.within(t, target, &key)?),
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
            nullable |= resolver.least_rows(target)? == 0;
        }
    }
    let skew = match arguments.get("skew") {
        None => 0.0,
        Some(node) => {
            let skew = resolver.number(node, "skew")?;
            if !(0.0..=10.0).contains(&skew) {
                return Err(Fault::at(node.span, "`skew`: expected 0 to 10").label(format!("found {skew}")));
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
                None => resolver.least_rows(target)?,
            };
            resolver.distinct(t, target, least, arguments, distinct_words)?
        }
        (false, None) => Pick::Random { stream: value_words, skew },
        (false, Some(at)) => {
            let at = resolver.formula_of(t, &at, &Type::Instant)?;
            let by =
                resolver.birth_column(target, within.as_ref().map(|(within, ..)| within), arguments, &to)?;
            nullable = true;
            Pick::Existing { stream: value_words, skew, at, by }
        }
    };
    if let (Some(node), false) = (arguments.get("starting_with"), distinct) {
        return Err(Fault::at(node.span, "`starting_with` belongs to `distinct: true`"));
    }
    let reference = Reference { target, shown, within: within.map(|(within, ..)| within), pick };
    Ok(Made { nullable, ..Made::new(reference, ty) })
}

impl Prepared for Reference {
    fn values(&self, frame: &Frame, column: &Column) -> Result<ArrayRef, ValueError> {
        let picks = frame.picks(column, self)?;
        let target = &frame.plan.model.tables[self.target];
        // A serial needs no frame.
        if let Some(serial) = target.columns[self.shown].plain_serial() {
            let value = |row: u64| serial_of(row, serial);
            if picks.iter().all(Option::is_some) {
                let values = picks.iter().flatten().copied().map(value);
                return Ok(Arc::new(Int64Array::from_iter_values(values)));
            }
            return Ok(Arc::new(picks.iter().map(|pick| pick.map(value)).collect::<Int64Array>()));
        }
        let (rows, map) = each_once(&picks);
        let values = Frame::new(frame.plan, self.target, rows).column(self.shown)?;
        match map {
            None => Ok(values),
            Some(map) => {
                take(&values, &map, None).map_err(|error| frame.value_error(column, error.to_string()))
            }
        }
    }

    fn explain(&self, shown: &Shown) -> String {
        let within = match &self.within {
            Some(within) => {
                format!(" under the same row of {}", shown.way(&within.hops).trim_end_matches('.'))
            }
            None => String::new(),
        };
        let pick = match &self.pick {
            Pick::Random { skew: 0.0, .. } => "any row".to_owned(),
            Pick::Random { skew, .. } => format!("any row, skew {skew}"),
            Pick::Distinct { .. } => "a row not yet taken under the parent".to_owned(),
            Pick::Existing { at, .. } => format!("any row that existed at {}", at.expression),
        };
        format!("{} of {pick}{within}", shown.column(self.target, self.shown))
    }

    fn inputs(&self) -> Vec<usize> {
        // The rows that it reads are those of its pick; see `crate::model::work`.
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Of(Origin::Column { table: self.target, column: self.shown })
    }

    fn bounds(&self) -> (f64, f64) {
        ANY_NUMBER
    }

    fn highest(&self, _: u64) -> Option<i128> {
        None
    }

    fn longest(&self) -> Option<u64> {
        None
    }

    fn texts(&self) -> Texts<'_> {
        Texts::HandedOn(Origin::Column { table: self.target, column: self.shown })
    }

    fn is_without_digits(&self) -> bool {
        false
    }

    fn rises_with(&self) -> Option<Vec<usize>> {
        None
    }

    fn is_independent(&self) -> bool {
        false
    }

    fn serial(&self) -> Option<(i64, i64)> {
        None
    }
}

impl Resolver<'_> {
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
        let (_, may_miss) = self.walk(t, &hops)?;
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
        let (end, _) = self.walk(t, &hops)?;
        let column_name = name(&self.drafts[end].columns[column].name.clone());
        let (hop, next) = self.hop_through(end, column, &column_name)?;
        hops.push(hop);
        Ok((hops, next))
    }

    /// The least number of rows a table can have.
    pub(crate) fn least_rows(&mut self, t: usize) -> Result<u64, Fault> {
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
        stream: Stream,
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
        Ok(Pick::Distinct { stream, first, ordinal })
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
        let is_shared = |input: &usize| match &self.drafts[target].inputs[*input] {
            Input::Column { hops, .. } => hops.first() == Some(&Hop::Parent),
            Input::Siblings => true,
            _ => false,
        };
        let rises = self.done(target, c)?.recipe.rises_with();
        let rises = rises.is_some_and(|inputs| inputs.iter().all(is_shared));
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
