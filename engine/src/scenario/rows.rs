//! Where the rows of a table come from.

use super::document::{Key, Node};
use super::spec::{Spec, spec};
use super::{Text, boolean, unknown_keys, word};
use crate::error::{Fault, Faults, Span};

/// Where the rows of a table come from.
#[derive(Clone, Debug)]
pub enum RowSource {
    /// `rows: N`, scaled by `--scale` unless `scaled: false`.
    Count {
        /// The number, a parameter or an expression of parameters.
        rows: Node,
        /// Whether `--scale` applies.
        scaled: bool,
    },
    /// `rows: [{…}, …]`, literal rows.
    Literal(Vec<Node>),
    /// `per: parent` with a count law.
    Per {
        /// The parent table.
        parent: Key,
        /// How many children each parent has.
        count: Box<Spec>,
        /// Factors on the count by a column's value, or an expression.
        times: Option<Node>,
        /// The least count.
        min: Option<Node>,
        /// The greatest count.
        max: Option<Node>,
    },
    /// `per: parent` with `every:` or `rate:`, rows that stand for instants.
    Times {
        /// The parent table.
        parent: Key,
        /// `every` or `rate`, where it stands.
        key: Key,
        /// What it says.
        rule: Node,
    },
    /// `history_of: parent.life`, a row for each step of the parent's lifecycle, or for those into some states.
    History {
        /// The parent table.
        parent: Key,
        /// The lifecycle, perhaps with states: `life in (active)`.
        life: Text,
        /// Whether the first step is among them.
        first: bool,
    },
    /// Something wrong that has been noted.
    Faulty,
}

pub(super) fn row_source(key: &Key, node: &Node, faults: &mut Faults) -> Option<RowSource> {
    let what = format!("table `{}`", key.text);
    if let Some(history) = node.get("history_of") {
        return history_of(node, history, faults);
    }
    match (node.get("rows"), node.get("per")) {
        (Some(_), Some(per)) => {
            let fault = Fault::at(per.span, format!("{what} has both `rows` and `per`"));
            faults.push(fault.hint("`rows` makes a root table, `per` makes children of another table"));
            None
        }
        (None, None) => {
            let fault = Fault::at(key.span, format!("{what} does not say where its rows come from"));
            faults.push(fault.hint("add `rows: N`, or `per: parent` with `count: N`"));
            None
        }
        (Some(rows), None) => {
            for (k, _) in node.map().unwrap_or_default() {
                if matches!(k.text.as_str(), "count" | "every" | "rate" | "times" | "min" | "max") {
                    let fault = Fault::at(k.span, format!("`{}` belongs to `per`, not to `rows`", k.text));
                    faults.push(fault.hint("children are counted with `per: parent` and `count:`"));
                }
            }
            if let Some(items) = rows.list() {
                return Some(RowSource::Literal(items.to_vec()));
            }
            let scaled = node.get("scaled").and_then(|n| faults.keep(boolean(n, "scaled"))).unwrap_or(true);
            Some(RowSource::Count { rows: rows.clone(), scaled })
        }
        (None, Some(per)) => {
            let parent = faults.keep(word(per, "the parent table"))?;
            let entries = node.map().unwrap_or_default();
            if let Some((key, rule)) =
                entries.iter().find(|(k, _)| matches!(k.text.as_str(), "every" | "rate"))
            {
                let beside = ["count", "every", "rate", "times", "min", "max"];
                let mut others =
                    entries.iter().map(|(other, _)| other).filter(|other| other.text != key.text);
                if let Some(other) = others.find(|other| beside.contains(&other.text.as_str())) {
                    let fault =
                        Fault::at(other.span, format!("`{}` does not go with `{}`", other.text, key.text));
                    faults.push(fault.hint("how often something happens says how many rows there are"));
                    return None;
                }
                return Some(RowSource::Times { parent, key: key.clone(), rule: rule.clone() });
            }
            let Some(count) = node.get("count") else {
                let fault = Fault::at(per.span, format!("{what} does not say how many rows each parent has"));
                faults.push(
                    fault.hint("add `count: N` or a distribution, such as `count: {poisson: {mean: 3}}`"),
                );
                return None;
            };
            Some(RowSource::Per {
                parent,
                count: Box::new(spec(count, count.span, faults)?),
                times: node.get("times").cloned(),
                min: node.get("min").cloned(),
                max: node.get("max").cloned(),
            })
        }
    }
}

/// `history_of: parent.life`.
fn history_of(node: &Node, history: &Node, faults: &mut Faults) -> Option<RowSource> {
    let beside = ["rows", "per", "count", "every", "rate", "times", "min", "max", "scaled"];
    let mut others = node.map().unwrap_or_default().iter().map(|(other, _)| other);
    if let Some(other) = others.find(|other| beside.contains(&other.text.as_str())) {
        let fault = Fault::at(other.span, format!("`{}` does not go with `history_of`", other.text));
        faults.push(
            fault.hint("the steps of the lifecycle say how many rows there are, and its table is the parent"),
        );
        return None;
    }
    let (history, first) = match history.map() {
        None => (history, true),
        Some(entries) => {
            unknown_keys(entries, &["of", "first"], "`history_of`", faults);
            let Some(of) = history.get("of") else {
                faults.push(
                    Fault::at(history.span, "`history_of` needs `of`")
                        .hint("name the lifecycle, as in `of: subscriptions.life`"),
                );
                return None;
            };
            let first = history.get("first").map_or(Some(true), |node| faults.keep(boolean(node, "first")));
            (of, first?)
        }
    };
    let name = faults.keep(word(history, "`history_of`"))?;
    let Some((parent, life)) = name.text.split_once('.').filter(|(parent, _)| !parent.contains(' ')) else {
        let fault = Fault::at(history.span, "`history_of`: expected a lifecycle of a table");
        faults.push(
            fault.label(format!("found {}", history.describe())).hint("write it as in `subscriptions.life`"),
        );
        return None;
    };
    let exact = history.scalar().is_some_and(|scalar| scalar.exact);
    let from = if exact { name.span.start + parent.len() + 1 } else { name.span.start };
    let span = if exact { Span::new(from, from + life.len()) } else { name.span };
    let life = Text { text: life.to_owned(), span, exact };
    Some(RowSource::History { parent: Key::new(parent, name.span), life, first })
}
