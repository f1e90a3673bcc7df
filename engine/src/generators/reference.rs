//! `reference`: the key of a row of another table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::compute::take;

use super::doc::{ArgumentKind as Kind, optional, required};
use super::facts::unknown;
use super::serial::serial_of;
use super::still::Still;
use super::tree::told;
use super::{Ends, Formula, GeneratorDoc, Made, Origin, Prepared, Reading, Shown, Texts};
use crate::error::{Fault, Span, ValueError};
use crate::ids::{ColumnId, InputId, TableId};
use crate::model::{Column, Hop, Input, MAX_COUNT, Source};
use crate::random::{Stream, TreeBounds};
use crate::rows::{Frame, each_once};
use crate::scenario::{self, Key, Text};
use crate::together::Together;
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
            "key",
            Kind::Expression,
            "the key of the row; NULL for none. The table has keys that count, or is small",
        ),
        optional(
            "within",
            Kind::Word,
            "only rows under the same row of this table, an ancestor, or of what a reference leads to, as in `memberships.tenant_id`",
        ),
        optional("skew", Kind::Number, "how much early rows are preferred: 0 evenly, 1 about as Zipf's law"),
        optional("distinct", Kind::Boolean, "`true`: no row twice among the children of one parent"),
        optional(
            "except",
            Kind::Word,
            "not the row itself, by the name of its table, and not the row that this name or path leads to, as in `users`",
        ),
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
        optional(
            "latest",
            Kind::Boolean,
            "with `existed_at`: `true` for the last row that came about, the one that covers the instant",
        ),
        optional(
            "until",
            Kind::Word,
            "with `existed_at`: the column that tells from when on a row is gone, NULL for never; only rows that were not",
        ),
        optional(
            "while",
            Kind::Expression,
            "with `existed_at`: only rows that were in some states of a lifecycle of theirs then, as in `life in (active)`",
        ),
    ],
    short: Some("to"),
    group: false,
    example: "parent_user: {reference: {to: people, skew: 0.8}}",
    read,
};

/// The most rows of a table that is searched for a key.
const MOST_SEARCHED: u64 = 1 << 16;

/// A reference to a row of another table.
#[derive(Debug)]
pub(crate) struct Reference {
    /// The table.
    pub(crate) target: TableId,
    /// The column of the target that is shown.
    pub(crate) shown: ColumnId,
    /// Among which rows: those under the row of a table that these inputs lead to, or all.
    pub(crate) within: Option<Within>,
    /// The way to a row that is left out; no steps for the row itself.
    pub(crate) except: Option<Vec<Hop>>,
    /// How the row is picked.
    pub(crate) pick: Pick,
}

/// The rows under one row of an ancestor of the target.
#[derive(Clone, Debug)]
pub(crate) struct Within {
    /// The way from the row to the ancestor's row.
    pub(crate) hops: Vec<Hop>,
    /// The tables from the ancestor's child down to the target.
    pub(crate) path: Vec<TableId>,
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
        ordinal: InputId,
    },
    /// Without repetition among the children of one parent, and none its own row: the next one in a ring of all rows.
    Ring {
        /// Random words, two per parent row: the key of its permutation.
        stream: Stream,
    },
    /// Every row another one, by the order of a permutation of all rows of the target.
    Unique {
        /// The key of the permutation.
        key: [u64; 2],
        /// How many rows the target has.
        rows: u64,
    },
    /// The parent in a tree of rows of the table itself.
    Tree {
        /// Random words, some for each tree.
        stream: Stream,
        /// What trees keep to.
        bounds: TreeBounds,
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
        by: ColumnId,
        /// What else must hold of the row then.
        still: Still,
    },
    /// The row with a key.
    Keyed {
        /// The key.
        key: Formula,
    },
    /// The last row that came about up to an instant.
    Latest {
        /// The instant.
        at: Formula,
        /// The target's column that tells when a row came about, rising within its parent.
        by: ColumnId,
    },
}

fn read(reading: &mut Reading) -> Result<Made, Fault> {
    let (arguments, resolver) = (reading.arguments, &mut *reading.resolver);
    let to = arguments.word("to")?.ok_or_else(Fault::reported)?;
    let target = resolver.table_named(&to)?;
    let target_rows = resolver.rows_of(target)?;
    let shown = match arguments.word("column")? {
        None => resolver.shown_key(target, to.span)?,
        Some(key) => {
            let draft = &resolver.drafts()[target];
            draft.written_named(&key.text).ok_or_else(|| {
                let hint = resolver.guess(&key.text, || draft.column_names(), "the columns are");
                Fault::at(key.span, format!("unknown column `{}` of `{}`", key.text, to.text))
                    .maybe_hint(hint)
            })?
        }
    };
    let column = resolver.settled(target, shown)?;
    let (ty, key_is_nullable, key_is_unique) = (column.ty.clone(), column.nullable, column.unique);
    let within = arguments.word("within")?.map(|key| reading.within(target, &key)).transpose()?;
    let except = arguments.word("except")?.map(|key| reading.except(target, &key)).transpose()?;
    let least = match &within {
        // Some row of the ancestor may have no rows of the target.
        Some(within) => within.least,
        None => {
            let empty = match target_rows {
                Source::Root { rows } => rows == 0,
                Source::Per { count, .. } => count.max == 0,
            };
            if empty {
                return Err(Fault::at(to.span, format!("table `{}` has no rows to refer to", to.text)));
            }
            reading.resolver.least_rows(target)?
        }
    };
    // One of them may be the one that is left out.
    let least = least.saturating_sub(u64::from(except.is_some()));
    // The rows under different parents are different rows.
    let under_parent = within.as_ref().is_some_and(|within| within.rows.hops == [Hop::Parent]);
    let only_child = reading.resolver.count_of(reading.table)?.is_some_and(|count| count.max <= 1);
    let path = within.as_ref().map(|within| &within.rows.path[..]);
    let pick = reading.pick(&to, target, path, least, except.as_deref())?;
    let nullable = key_is_nullable
        || least == 0
        || within.as_ref().is_some_and(|within| within.may_miss)
        || matches!(pick, Pick::Existing { .. } | Pick::Latest { .. });
    let nullable = match &pick {
        Pick::Keyed { key } => key.expression.nullable(),
        _ => nullable,
    };
    let apart = only_child || matches!(pick, Pick::Distinct { .. } | Pick::Ring { .. });
    let unique = key_is_unique && under_parent && apart;
    let reference = Reference { target, shown, within: within.map(|within| within.rows), except, pick };
    Ok(Made { nullable, unique, ..Made::new(reference, ty) })
}

impl Reference {
    /// The same with every row of the target, of which there are so many, at most once. `None` where not every row is as likely.
    pub(crate) fn each_once(&self, rows: u64) -> Option<Self> {
        match (&self.pick, &self.within, self.except.as_deref()) {
            (Pick::Random { stream, skew: 0.0 }, None, None | Some([])) => {
                let pick = Pick::Unique { key: [stream.word(0), stream.word(1)], rows };
                Some(Self { pick, within: None, except: self.except.clone(), ..*self })
            }
            _ => None,
        }
    }
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
            Pick::Distinct { .. } | Pick::Ring { .. } => "a row not yet taken under the parent".to_owned(),
            Pick::Unique { .. } => "a row not yet taken".to_owned(),
            Pick::Keyed { key } => format!("the row with the key {}", key.expression),
            Pick::Latest { at, .. } => format!("the last row that existed at {}", at.expression),
            Pick::Existing { at, still, .. } => {
                let also = if still.is_empty() { "" } else { " and was not yet over" };
                format!("any row that existed at {}{also}", at.expression)
            }
            Pick::Tree { bounds, .. } => format!("the parent in a tree, {}", told(bounds)),
        };
        let except = match self.except.as_deref() {
            None => String::new(),
            Some([]) => ", not itself".to_owned(),
            Some(hops) => format!(", not that of {}", shown.way(hops).trim_end_matches('.')),
        };
        format!("{} of {pick}{within}{except}", shown.column(self.target, self.shown))
    }

    fn inputs(&self) -> Vec<InputId> {
        // The rows that it reads are those of its pick; see `crate::model::work`.
        Vec::new()
    }

    fn ends(&self, _: u64, _: &Type) -> Ends {
        Ends::Of(Origin::Column { table: self.target, column: self.shown })
    }

    fn texts(&self) -> Texts<'_> {
        Texts::HandedOn(Origin::Column { table: self.target, column: self.shown })
    }

    unknown!(bounds, highest, longest, is_without_digits, rises_with, is_independent, serial);
}

/// What an argument `within` means.
pub(super) struct Under {
    /// The rows.
    pub(super) rows: Within,
    /// How many of them there are at least.
    least: u64,
    /// Whether the way to them may end in NULL.
    may_miss: bool,
}

impl Reading<'_, '_, '_> {
    /// How a row of the target is picked: among those on the path of tables, or all; there are at least so many.
    fn pick(
        &mut self,
        to: &Key,
        target: TableId,
        path: Option<&[TableId]>,
        least: u64,
        except: Option<&[Hop]>,
    ) -> Result<Pick, Fault> {
        let (arguments, stream) = (self.arguments, self.stream("value"));
        if let Some(text) = arguments.expression("key")? {
            return self.keyed(target, to, &text);
        }
        let skew = match self.number("skew")? {
            None => 0.0,
            Some(skew) if (0.0..=10.0).contains(&skew) => skew,
            Some(skew) => {
                let fault = Fault::at(self.required("skew")?.span, "`skew`: expected 0 to 10");
                return Err(fault.label(format!("found {skew}")));
            }
        };
        let distinct =
            arguments.get("distinct").map(|node| scenario::boolean(node, "distinct")).transpose()?;
        let existed_at = arguments.expression("existed_at")?;
        if distinct == Some(true) {
            if let Some(at) = existed_at {
                return Err(Fault::at(at.span, "`distinct` and `existed_at` cannot be combined yet")
                    .hint("leave one of them out"));
            }
            return self.distinct(target, least, except);
        }
        if let Some(node) = arguments.get("starting_with") {
            return Err(Fault::at(node.span, "`starting_with` belongs to `distinct: true`"));
        }
        let Some(at) = existed_at else {
            for name in ["by", "latest", "until", "while"] {
                if let Some(node) = arguments.get(name) {
                    return Err(Fault::at(node.span, format!("`{name}` belongs to `existed_at`")));
                }
            }
            return Ok(Pick::Random { stream, skew });
        };
        let at = self.resolver.formula_of(self.table, &at, &Type::Instant);
        let by = self.birth_column(target, path, to);
        let (at, by, still) = (at, by, Still::read(self, target, to)).together()?;
        if let Some(node) = arguments.get("latest")
            && scenario::boolean(node, "latest")?
        {
            for name in ["skew", "until", "while", "except"] {
                if let Some(node) = arguments.get(name) {
                    return Err(Fault::at(node.span, format!("`latest` and `{name}` cannot be combined"))
                        .hint("there is one last row: leave one of them out"));
                }
            }
            return Ok(Pick::Latest { at, by });
        }
        Ok(Pick::Existing { stream, skew, at, by, still })
    }

    /// The row with a key, which is the only thing to say about it.
    fn keyed(&mut self, target: TableId, to: &Key, text: &Text) -> Result<Pick, Fault> {
        let others = [
            "within",
            "skew",
            "distinct",
            "except",
            "starting_with",
            "existed_at",
            "by",
            "latest",
            "until",
            "while",
        ];
        for name in others {
            if let Some(node) = self.arguments.get(name) {
                return Err(Fault::at(node.span, format!("`key` and `{name}` cannot be combined"))
                    .hint("there is one row with a key: leave one of them out"));
            }
        }
        let resolver = &mut *self.resolver;
        let c = resolver.shown_key(target, to.span)?;
        let column = resolver.settled(target, c)?;
        let (ty, counts) = (column.ty.clone(), column.plain_serial().is_some());
        let small = matches!(resolver.rows_of(target)?, Source::Root { rows } if rows <= MOST_SEARCHED);
        if !counts && !small {
            return Err(Fault::at(to.span, format!("a row of `{}` cannot be found by its key", to.text))
                .hint(format!("its key must be a `serial`, or the table have up to {MOST_SEARCHED} rows")));
        }
        Ok(Pick::Keyed { key: resolver.formula_of(self.table, text, &ty)? })
    }

    /// The rows of the target that are under the row which `within` names.
    pub(super) fn within(&mut self, target: TableId, key: &Key) -> Result<Under, Fault> {
        let (t, resolver) = (self.table, &mut *self.resolver);
        let own = &resolver.drafts()[t];
        // Rows under the row itself.
        let itself = own.name.text == key.text && own.column_named(&key.text).is_none();
        let (hops, ancestor) = if itself { (Vec::new(), t) } else { resolver.way_to(t, key)? };
        let chain = resolver.drafts().ancestors(target).unwrap_or_default();
        let Some(depth) = chain.iter().skip(1).position(|&a| a == ancestor) else {
            let name = |table: TableId| &resolver.drafts()[table].name.text;
            let (target, ancestor) = (name(target), name(ancestor));
            return Err(Fault::at(key.span, format!("`{target}` is not under `{ancestor}`"))
                .hint(format!("`within` leads to a row of a table that `{target}` is under by `per:`")));
        };
        let (_, may_miss) = resolver.drafts().walk(t, &hops)?;
        let mut path = chain[..=depth].to_vec();
        path.reverse();
        let mut least = 1;
        for &table in &path {
            least = u64::saturating_mul(least, resolver.count_of(table)?.map_or(0, |count| count.min));
        }
        Ok(Under { rows: Within { hops, path }, least, may_miss })
    }

    /// The way to the row that is left out.
    fn except(&mut self, target: TableId, key: &Key) -> Result<Vec<Hop>, Fault> {
        let (t, resolver) = (self.table, &mut *self.resolver);
        let own = &resolver.drafts()[t];
        let itself = own.name.text == key.text && own.column_named(&key.text).is_none();
        let (hops, end) = if itself { (Vec::new(), t) } else { resolver.way_to(t, key)? };
        if end == target {
            return Ok(hops);
        }
        let name = |table: TableId| &resolver.drafts()[table].name.text;
        Err(Fault::at(key.span, format!("`except` must lead to a row of `{}`", name(target))).label(format!(
            "`{}` leads to `{}`",
            key.text,
            name(end)
        )))
    }

    /// Rows that the children of one parent share among them; there are at least so many.
    fn distinct(&mut self, target: TableId, least: u64, except: Option<&[Hop]>) -> Result<Pick, Fault> {
        let stream = self.stream("distinct");
        let (t, arguments, resolver) = (self.table, self.arguments, &mut *self.resolver);
        let node = arguments.required("distinct")?;
        if let Some(skew) = arguments.get("skew") {
            return Err(Fault::at(skew.span, "`distinct` and `skew` cannot be combined")
                .hint("leave one of them out"));
        }
        let Some(count) = resolver.count_of(t)? else {
            return Err(Fault::at(
                node.span,
                "`distinct` is among the children of one parent, and these rows have none",
            )
            .hint("give the table a `per:`"));
        };
        if let Some(hops) = except.filter(|hops| hops.first() != Some(&Hop::Parent)) {
            return self.distinct_but_itself(hops, stream);
        }
        if count.max > least {
            let table = resolver.drafts()[target].name.text.clone();
            return Err(too_many(node.span, count.max, least, &table));
        }
        let first = match arguments.word("starting_with")? {
            None => None,
            Some(key) => {
                let table = resolver.table_named(&key)?;
                if table != target {
                    return Err(Fault::at(
                        key.span,
                        format!("`starting_with` must name `{}`", resolver.drafts()[target].name.text),
                    ));
                }
                for other in ["within", "except"] {
                    if let Some(node) = arguments.get(other) {
                        let message = format!("`starting_with` and `{other}` cannot be combined");
                        return Err(Fault::at(node.span, message));
                    }
                }
                let above = resolver.drafts().ancestors(t).unwrap_or_default();
                let depth = above.iter().position(|&a| a == table).filter(|depth| *depth > 0);
                let depth =
                    depth.ok_or_else(|| Fault::at(key.span, format!("`{}` is not an ancestor", key.text)))?;
                Some(vec![Hop::Parent; depth])
            }
        };
        let ordinal = resolver.input(t, Input::Ordinal);
        Ok(Pick::Distinct { stream, first, ordinal })
    }

    /// The same where each of the children leaves out itself: it takes the row behind its own in a ring of all of them.
    fn distinct_but_itself(&mut self, except: &[Hop], stream: Stream) -> Result<Pick, Fault> {
        let (t, arguments, resolver) = (self.table, self.arguments, &mut *self.resolver);
        if !except.is_empty() {
            return Err(Fault::at(
                arguments.required("except")?.span,
                "`distinct` cannot leave out a row that differs among siblings",
            )
            .hint("`except` with `distinct` names the table itself or an ancestor, or begins with one"));
        }
        if let Some(node) = arguments.get("starting_with") {
            return Err(Fault::at(node.span, "`starting_with` and `except` cannot be combined"));
        }
        if let Some(key) = arguments.word("within")?
            && resolver.way_to(t, &key)?.0.iter().any(|hop| *hop != Hop::Parent)
        {
            return Err(Fault::at(
                key.span,
                "`distinct` without the row itself is among rows under an ancestor",
            )
            .hint("name a table above this one"));
        }
        Ok(Pick::Ring { stream })
    }

    /// The target's column that tells when a row came about; it must rise in the order of the rows looked at.
    fn birth_column(
        &mut self,
        target: TableId,
        path: Option<&[TableId]>,
        to: &Key,
    ) -> Result<ColumnId, Fault> {
        let (arguments, resolver) = (self.arguments, &mut *self.resolver);
        let by = arguments.word("by")?;
        let (name, span) = by.map_or(("created_at".to_owned(), to.span), |key| (key.text, key.span));
        let Some(c) = resolver.drafts()[target].position(|c| c.name == name) else {
            return Err(Fault::at(span, format!("`{}` has no column `{name}`", to.text))
                .hint("say with `by:` which column tells when its rows came about"));
        };
        resolver.column(target, c)?;
        // Bounds that differ between siblings would let the instants fall.
        let drafts = resolver.drafts();
        let is_shared = |input: &InputId| match &drafts[target].inputs[*input] {
            Input::Column { hops, .. } => hops.first() == Some(&Hop::Parent),
            Input::Siblings => true,
            _ => false,
        };
        let rises = drafts.rises_with(target, c).is_some_and(|inputs| inputs.iter().all(is_shared));
        let siblings = path.is_some_and(|path| path.len() == 1);
        if rises && siblings {
            return Ok(c);
        }
        let parent = drafts[target].parent.map(|p| drafts[p].name.text.clone());
        let hint = match parent {
            Some(parent) => format!(
                "make `{}.{name}` a `moment` with `order: within parent` and bounds of the parent, or the `start` of an `occurrence`, and look `within` a row of `{parent}`",
                to.text
            ),
            None => format!("`{}` needs a `per:` and `{name}` an `order: within parent`", to.text),
        };
        let fault = Fault::at(span, "`existed_at` needs rows whose instants rise").hint(hint);
        let may_be_null = drafts.done(target, c).is_ok_and(|column| column.nullable);
        Err(match may_be_null {
            true => fault
                .label(format!("`{}.{name}` can be NULL", to.text))
                .hint("leave its `null` out, or name a column that is never NULL with `by`"),
            false => fault,
        })
    }
}

/// Where a count law cannot promise what a reference needs.
fn too_many(span: Span, needed: u64, there: u64, table: &str) -> Fault {
    let found = if needed >= MAX_COUNT { "no upper bound".to_owned() } else { format!("up to {needed}") };
    Fault::at(span, format!("`distinct` needs at least as many rows of `{table}` as a parent has children"))
        .label(format!("children: {found}; rows of `{table}`: {there}"))
        .hint("bound the count with `max:`")
}
