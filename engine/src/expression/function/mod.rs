//! The functions an expression can call: one table per family, each entry with its documentation, its types and its
//! loop. The reference is printed from these tables, and a test runs every example.

mod bytes;
mod condition;
mod double;
mod format;
mod hard;
mod interval;
mod like;
mod number;
mod pattern;
mod regex;
mod text;
mod time;

use std::sync::LazyLock;

use arrow::array::ArrayRef;

use super::kernel::Value;
use super::operator::Placed;
use super::tree::{Call, Contract, Expression, Form};
use crate::error::{Fault, Span, did_you_mean};
use crate::types::Type;

pub(super) use bytes::{from_text as bytes_from_text, joined as join_bytes};
pub(super) use hard::names as hard_moments;
pub(super) use like::like;
pub(super) use regex::matches as matches_regex;

/// What the reference says about a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionDoc {
    /// The name, in lower case.
    pub name: &'static str,
    /// How it is called: `lpad(text, length, fill)`.
    pub signature: &'static str,
    /// What it yields, in one sentence.
    pub summary: &'static str,
    /// A call without columns.
    pub example: &'static str,
    /// What the example yields, as text; `null` for NULL.
    pub result: &'static str,
}

/// Every function, family by family.
pub fn functions() -> &'static [FunctionDoc] {
    static DOCS: LazyLock<Vec<FunctionDoc>> = LazyLock::new(|| all().map(|function| function.doc).collect());
    &DOCS
}

/// One entry of a table.
struct Function {
    doc: FunctionDoc,
    /// Other names it has in PostgreSQL.
    aliases: &'static [&'static str],
    /// The fewest and the most arguments.
    arity: (usize, usize),
    /// Checks the types and makes the call.
    build: fn(Site) -> Result<Expression, Fault>,
}

const MANY: usize = usize::MAX;

/// `name, signature, summary, example, result` of an entry, in this order.
const fn doc(lines: [&'static str; 5]) -> FunctionDoc {
    let [name, signature, summary, example, result] = lines;
    FunctionDoc { name, signature, summary, example, result }
}

fn all() -> impl Iterator<Item = &'static Function> {
    text::FUNCTIONS
        .iter()
        .chain(pattern::FUNCTIONS)
        .chain(regex::FUNCTIONS)
        .chain(bytes::FUNCTIONS)
        .chain(number::FUNCTIONS)
        .chain(double::FUNCTIONS)
        .chain(time::FUNCTIONS)
        .chain(hard::FUNCTIONS)
        .chain(interval::FUNCTIONS)
        .chain(condition::FUNCTIONS)
}

fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.doc.name == name || function.aliases.contains(&name))
}

/// Refuses unknown names.
pub(super) fn lookup(name: &str, span: Span) -> Result<(), Fault> {
    if find(name).is_some() {
        return Ok(());
    }
    let others = [
        "sum",
        "count",
        "min",
        "max",
        "avg",
        "row_number",
        "ordinal",
        "siblings",
        "rows",
        "previous",
        "next",
        "running_sum",
        "running_count",
        "running_min",
        "running_max",
        "running_avg",
    ];
    let known =
        all().flat_map(|function| function.aliases.iter().copied().chain([function.doc.name])).chain(others);
    if let Some((_, why)) = ELSEWHERE.iter().find(|(names, _)| names.contains(&name)) {
        return Err(Fault::at(span, format!("`{name}` is not possible here")).hint(*why));
    }
    Err(Fault::at(span, format!("unknown function `{name}`")).maybe_hint(did_you_mean(name, known)))
}

/// Functions of PostgreSQL that an expression over one row cannot have, and what is there instead.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["lag", "lead"], "write `previous(x)` or `next(x)`, the value of the sibling before or behind"),
    (
        &[
            "first_value",
            "last_value",
            "nth_value",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist",
            "ntile",
        ],
        "`previous(x)` and `next(x)` are the row's neighbours; `row_number()` and `ordinal()` say where it stands",
    ),
    (
        &[
            "string_agg",
            "array_agg",
            "json_agg",
            "jsonb_agg",
            "json_object_agg",
            "jsonb_object_agg",
            "bool_and",
            "bool_or",
            "every",
            "bit_and",
            "bit_or",
            "any_value",
            "mode",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "variance",
            "var_pop",
            "var_samp",
            "corr",
            "percentile_cont",
            "percentile_disc",
            "median",
        ],
        "the totals over child rows are `sum`, `count`, `min`, `max` and `avg`",
    ),
    (
        &["gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v4"],
        "it would give other data on every run; write a column `{uuid: 4}` or `{uuid: {version: 7, at: …}}`",
    ),
    (
        &["random_normal", "setseed", "gen_random_bytes"],
        "it would give other data on every run; draw with a generator column",
    ),
    (
        &["nextval", "currval", "lastval", "setval"],
        "a value depends on its row alone; write a column `serial`, or `row_number()`",
    ),
    (
        &["timeofday", "transaction_timestamp", "txid_current", "pg_current_xact_id"],
        "it would give other data on every run; write `as_of`, the dataset's now",
    ),
    (
        &["version", "current_setting", "current_database", "current_schema", "pg_sleep", "pg_typeof"],
        "there is no server while rows are made",
    ),
    (
        &[
            "generate_series",
            "unnest",
            "regexp_matches",
            "regexp_split_to_table",
            "string_to_table",
            "jsonb_each",
        ],
        "an expression gives one value for each row; rows come from `rows:` and `per:`",
    ),
];

/// Calls a function by name; `name_span` is where the name stands, `span` the whole call.
pub(super) fn call(
    name: &str,
    arguments: Vec<Placed>,
    name_span: Span,
    span: Span,
) -> Result<Expression, Fault> {
    lookup(name, name_span)?;
    let Some(function) = find(name) else { return Err(Fault::at(name_span, "unknown function")) };
    let (least, most) = function.arity;
    if !(least..=most).contains(&arguments.len()) {
        let expected = match (least, most) {
            (least, most) if least == most => format!("{least}"),
            (least, MANY) => format!("at least {least}"),
            (least, most) => format!("{least} to {most}"),
        };
        return Err(Fault::at(span, format!("`{name}` has the wrong number of arguments"))
            .label(format!("expected {expected}, found {}", arguments.len()))
            .hint(format!("it is called as `{}`", function.doc.signature)));
    }
    (function.build)(Site { doc: &function.doc, span, arguments })
}

/// A call being compiled.
pub(super) struct Site {
    doc: &'static FunctionDoc,
    span: Span,
    arguments: Vec<Placed>,
}

impl Site {
    fn len(&self) -> usize {
        self.arguments.len()
    }

    fn ty(&self, i: usize) -> Type {
        self.arguments[i].0.ty().clone()
    }

    /// Converts argument `i`, if PostgreSQL would without being asked, or between integers with a check.
    fn want(&mut self, i: usize, ty: &Type) -> Result<(), Fault> {
        let (value, span) = self.arguments[i].clone();
        let fits = value.is_untyped() || (value.ty().is_integer() && ty.is_integer());
        let converted = if fits { value.clone().cast_to(ty, span) } else { value.clone().widen(ty, span) };
        self.arguments[i].0 = converted.map_err(|fault| match value.is_untyped() {
            // The text of a literal was wrong, and the fault says how.
            true => fault,
            false => self.wrong(i, &ty.to_string()),
        })?;
        Ok(())
    }

    /// Converts arguments in order.
    fn wants(&mut self, types: &[Type]) -> Result<(), Fault> {
        let count = types.len().min(self.len());
        types[..count].iter().enumerate().try_for_each(|(i, ty)| self.want(i, ty))
    }

    /// The fault of an argument of the wrong type.
    fn wrong(&self, i: usize, expected: &str) -> Fault {
        let (value, span) = &self.arguments[i];
        Fault::at(*span, format!("`{}` cannot take this argument", self.doc.name))
            .label(format!("expected {expected}, found {}", value.ty()))
            .hint(format!("it is called as `{}`", self.doc.signature))
    }

    /// The text of an argument that must be a constant.
    fn constant_text(&self, i: usize) -> Result<String, Fault> {
        let (value, span) = &self.arguments[i];
        value.constant_text().ok_or_else(|| {
            Fault::at(*span, format!("`{}` needs a quoted literal here", self.doc.name))
                .hint(format!("it is called as `{}`", self.doc.signature))
        })
    }

    fn argument_span(&self, i: usize) -> Span {
        self.arguments[i].1
    }

    /// The call, NULL when an argument is.
    fn strict(
        self,
        ty: Type,
        run: impl Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync + 'static,
    ) -> Result<Expression, Fault> {
        let arguments = self.arguments.into_iter().map(|(value, _)| value).collect();
        Ok(Expression::strict(Form::Function(self.doc.name), arguments, ty, self.span, run))
    }

    /// The call, whose loop decides about NULL.
    fn total(
        self,
        ty: Type,
        nullable: bool,
        run: impl Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync + 'static,
    ) -> Result<Expression, Fault> {
        let arguments = self.arguments.into_iter().map(|(value, _)| value).collect();
        let form = Form::Function(self.doc.name);
        let call = Call { form, arguments, contract: Contract::Total, run: std::sync::Arc::new(run) };
        Ok(Expression::call(call, ty, nullable, self.span))
    }
}
