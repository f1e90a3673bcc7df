//! What was written: the outline of a scenario with source positions, nothing resolved yet.
//!
//! [`document`] reads YAML into nodes, and this module reads nodes into tables and columns. What they mean is decided in
//! [`crate::model`], and for generators in [`crate::generators`].

pub mod document;
pub mod keys;
pub mod cases;
pub mod checks;
pub(crate) mod cut;
mod mixins;
pub mod schema;
mod value;
pub mod write;

pub use document::{Key, Node, NodeKind, Scalar};
pub(crate) use value::check_name;
pub use value::{as_expression, boolean, expression_text, map_of, unknown_keys, word};

use value::text_of;

use crate::error::{Fault, Faults, Span, did_you_mean};
use crate::generators;
use crate::ids::{TableId, indexed};

/// A scenario as written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: Option<Key>,
    /// A sentence about it.
    pub about: Option<String>,
    /// The dataset's "now", as written.
    pub as_of: Option<Node>,
    /// The start of history, as written.
    pub since: Option<Node>,
    /// Parameters in the order written.
    pub params: Vec<Param>,
    /// Tables in the order written.
    pub tables: Vec<Table>,
    /// Cases in the order written.
    pub cases: Vec<cases::Case>,
    /// Checks of the whole dataset in the order written.
    pub checks: Vec<checks::Check>,
    /// Where the mixins stand, whose columns are among those of the tables.
    pub mixins: Option<Span>,
    /// The whole document with the columns of mixins in their tables, for the fingerprint.
    pub document: Node,
}

indexed! {
    Vec<Table>, TableId => Table;
}

/// A parameter: a name that the command line can set.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name, without the `$`.
    pub name: Key,
    /// The value when nothing is set; `None` when it is missing, which is a fault that has been noted.
    pub default: Option<Node>,
    /// The least value allowed.
    pub min: Option<Node>,
    /// The greatest value allowed.
    pub max: Option<Node>,
    /// A sentence of help.
    pub help: Option<String>,
}

/// A table as written.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: Key,
    /// A sentence about it.
    pub about: Option<String>,
    /// Where its rows come from.
    pub source: RowSource,
    /// The column that references show, when it is named.
    pub key: Option<Node>,
    /// Keys, indexes and checks.
    pub keys: keys::Keys,
    /// `let` columns and then written ones.
    pub columns: Vec<Column>,
}

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

/// A column as written.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: Key,
    /// Whether it is written out; a `let` column is not.
    pub written: bool,
    /// What it holds.
    pub spec: Spec,
}

/// What a column holds: a generator and its modifiers.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The whole value.
    pub span: Span,
    /// The generator.
    pub generator: Generator,
    /// The share of NULLs, as written.
    pub null: Option<Node>,
    /// The share of values that break software, as written.
    pub adversarial: Option<Node>,
    /// Where `unique: true` was asked for.
    pub unique: Option<Span>,
    /// `references` and `index`.
    pub keys: keys::ColumnKeys,
    /// The SQL type asked for, as written.
    pub sql_type: Option<Node>,
    /// A sentence about it.
    pub about: Option<String>,
}

impl Spec {
    fn of(span: Span, generator: Generator) -> Self {
        let keys = keys::ColumnKeys::default();
        Self {
            span,
            generator,
            null: None,
            adversarial: None,
            unique: None,
            keys,
            sql_type: None,
            about: None,
        }
    }
}

/// How values come about, as written.
#[derive(Clone, Debug)]
pub enum Generator {
    /// `= SQL expression`, without the equals sign, or a plain number or boolean.
    Expression(Text),
    /// `name` or `{name: arguments}`.
    Named(Key, Option<Node>),
    /// Only modifiers: the type of a column of literal rows.
    Literal,
    /// Something wrong that has been noted.
    Faulty,
}

/// A piece of text in the scenario.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether byte `i` lies at `span.start + i`.
    pub exact: bool,
}

const MODIFIERS: [&str; 7] =
    ["null", "adversarial", "unique", "type", "about", keys::MODIFIERS[0], keys::MODIFIERS[1]];

/// The most tables of a scenario.
const MAX_TABLES: usize = 1000;
/// The most parameters of a scenario.
const MAX_PARAMS: usize = 1000;
/// The most columns of a table, as in PostgreSQL.
pub(crate) const MAX_COLUMNS: usize = 1600;

/// Reads the outline of a scenario.
///
/// # Errors
/// Every fault of the outline at once; when the YAML itself is wrong, that alone.
pub fn read(text: &str) -> Result<Scenario, Faults> {
    let (scenario, faults) = read_with_faults(text)?;
    match faults.into_result() {
        Ok(()) => Ok(scenario),
        Err(faults) => Err(cut::explain(faults, &scenario.document, text)),
    }
}

/// Reads the outline as far as it can be read, and its faults; what is wrong is marked as faulty, so that the rest can
/// be looked at too.
pub(crate) fn read_with_faults(text: &str) -> Result<(Scenario, Faults), Faults> {
    let document = document::read(text)?;
    let mut faults = Faults::default();
    match outline(document, &mut faults) {
        Some(scenario) => Ok((scenario, faults)),
        None => Err(faults.into_result().err().unwrap_or_default()),
    }
}

fn outline(mut document: Node, faults: &mut Faults) -> Option<Scenario> {
    const KEYS: [&str; 9] =
        ["scenario", "about", "as_of", "since", "params", "mixins", "tables", "cases", "checks"];
    let mixins = match mixins::expand(&mut document, faults) {
        Ok(mixins) => mixins,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let entries = faults.keep(map_of(&document, "the scenario", "`tables:` and the keys beside it"))?;
    unknown_keys(entries, &KEYS, "the scenario", faults);
    let name = document.get("scenario").and_then(|node| faults.keep(word(node, "the name of the scenario")));
    let about = text_of(document.get("about"), "about", faults);
    let mut params = Vec::new();
    if let Some(node) = document.get("params") {
        let entries = faults.keep(map_of(node, "`params`", "one entry per parameter")).unwrap_or_default();
        if entries.len() > MAX_PARAMS {
            let message = format!("{} parameters, more than {MAX_PARAMS}", entries.len());
            faults.push(Fault::at(entries[MAX_PARAMS].0.span, message));
            return None;
        }
        for (key, value) in entries {
            params.push(param(key, value, faults));
        }
    }
    let mut tables = Vec::new();
    match document.get("tables") {
        // A wrong key may be `tables` misspelt.
        None if faults.0.is_empty() => {
            faults.push(Fault::at(Span::new(0, 0), "the scenario has no tables").hint("add `tables:`"));
        }
        None => return None,
        Some(node) => {
            let entries = faults.keep(map_of(node, "`tables`", "one entry per table")).unwrap_or_default();
            if entries.is_empty() && node.map().is_some() {
                faults.push(Fault::at(node.span, "the scenario has no tables"));
            }
            if entries.len() > MAX_TABLES {
                let message = format!("{} tables, more than {MAX_TABLES}", entries.len());
                faults.push(Fault::at(entries[MAX_TABLES].0.span, message));
                return None;
            }
            for (key, value) in entries {
                check_name(key, "table", faults);
                if let Some(other) =
                    tables.iter().find(|t: &&Table| t.name.text.eq_ignore_ascii_case(&key.text))
                {
                    let message =
                        format!("tables `{}` and `{}` differ only by case", other.name.text, key.text);
                    faults.push(
                        Fault::at(key.span, message).hint("their files would share a folder on some systems"),
                    );
                }
                tables.push(table(key, value, faults));
            }
        }
    }
    let cases = document.get("cases").map_or_else(Vec::new, |node| cases::read(node, faults));
    let checks = document.get("checks").map_or_else(Vec::new, |node| checks::read(node, faults));
    Some(Scenario {
        name,
        about,
        as_of: document.get("as_of").cloned(),
        since: document.get("since").cloned(),
        params,
        tables,
        cases,
        checks,
        mixins,
        document,
    })
}

fn param(key: &Key, node: &Node, faults: &mut Faults) -> Param {
    check_name(key, "parameter", faults);
    let Some(entries) = node.map() else {
        // `tenants: 200` is short for `tenants: {default: 200}`.
        return Param { name: key.clone(), default: Some(node.clone()), min: None, max: None, help: None };
    };
    unknown_keys(entries, &["default", "min", "max", "help"], &format!("parameter `{}`", key.text), faults);
    let default = node.get("default").cloned();
    if default.is_none() {
        let fault = Fault::at(key.span, format!("parameter `{}` has no default", key.text));
        faults.push(fault.hint("add `default:`"));
    }
    Param {
        name: key.clone(),
        default,
        min: node.get("min").cloned(),
        max: node.get("max").cloned(),
        help: text_of(node.get("help"), "help", faults),
    }
}

fn table(key: &Key, node: &Node, faults: &mut Faults) -> Table {
    // A message lists the first of them.
    const KEYS: [&str; 15] = [
        "rows",
        "per",
        "count",
        "every",
        "rate",
        "history_of",
        "columns",
        "let",
        "mixins",
        "key",
        "times",
        "min",
        "max",
        "scaled",
        "about",
    ];
    let what = format!("table `{}`", key.text);
    let Some(entries) = faults.keep(map_of(node, &what, "`rows:` or `per:`, and `columns:`")) else {
        return Table {
            name: key.clone(),
            about: None,
            source: RowSource::Faulty,
            key: None,
            keys: keys::Keys::default(),
            columns: Vec::new(),
        };
    };
    let faults_before = faults.0.len();
    let known: Vec<&str> = KEYS.iter().copied().chain(keys::TABLE_KEYS).collect();
    unknown_keys(entries, &known, &what, faults);
    // What is missing may be there under a wrong key.
    let keys_are_right = faults.0.len() == faults_before;
    let source = match node.get("rows").or(node.get("per")).or(node.get("history_of")) {
        None if !keys_are_right => None,
        _ => row_source(key, node, faults),
    };
    let faults_before = faults.0.len();
    let columns = columns_of(node, faults);
    let literal = matches!(source, Some(RowSource::Literal(_)));
    if columns.is_empty()
        && !literal
        && keys_are_right
        && node.get("mixins").is_none()
        && faults.0.len() == faults_before
    {
        faults.push(Fault::at(key.span, format!("{what} has no columns")).hint("add `columns:`"));
    }
    // Mixins that could not be put in have been noted, and their columns are missing.
    let source = source.filter(|_| node.get("mixins").is_none()).unwrap_or(RowSource::Faulty);
    Table {
        name: key.clone(),
        about: text_of(node.get("about"), "about", faults),
        // A table without columns has been noted, and is looked at no further.
        source: if columns.is_empty() && !literal { RowSource::Faulty } else { source },
        key: node.get("key").cloned(),
        keys: keys::of_table(node, faults),
        columns,
    }
}

/// The columns under `let:` and `columns:`.
fn columns_of(node: &Node, faults: &mut Faults) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (section, written) in [("let", false), ("columns", true)] {
        let Some(section_node) = node.get(section).filter(|node| !node.is_null()) else { continue };
        let entries = map_of(section_node, &format!("`{section}`"), "one entry per column");
        let entries = faults.keep(entries).unwrap_or_default();
        if entries.len() > MAX_COLUMNS {
            let message = format!("{} columns, more than {MAX_COLUMNS}", entries.len());
            faults.push(Fault::at(entries[MAX_COLUMNS].0.span, message));
            continue;
        }
        for (name, value) in entries {
            check_name(name, "column", faults);
            if columns.iter().any(|c| c.name.text == name.text) {
                let fault = Fault::at(name.span, format!("column `{}` is defined twice", name.text));
                faults.push(fault.hint("a `let` column and a written column cannot share a name"));
            }
            let spec = column_spec(value, name.span, faults)
                .unwrap_or_else(|| Spec::of(value.span, Generator::Faulty));
            columns.push(Column { name: name.clone(), written, spec });
        }
    }
    columns
}

fn row_source(key: &Key, node: &Node, faults: &mut Faults) -> Option<RowSource> {
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

/// Reads what a count, an array element or a JSON member holds.
pub fn spec(node: &Node, name_span: Span, faults: &mut Faults) -> Option<Spec> {
    keys::refuse(node, faults);
    if let Some(share) = node.get("adversarial") {
        faults.push(Fault::at(share.span, "`adversarial` belongs to a column"));
    }
    column_spec(node, name_span, faults).map(|spec| Spec { adversarial: None, ..spec })
}

/// Reads what a column holds.
fn column_spec(node: &Node, name_span: Span, faults: &mut Faults) -> Option<Spec> {
    let mut spec = Spec::of(node.span, Generator::Literal);
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            spec.generator = faults.keep(scalar_generator(scalar, node, name_span))?;
        }
        NodeKind::List(_) => {
            let fault = Fault::at(node.span, "expected a generator, found a list");
            faults.push(fault.hint("to choose one of a list write `{choose: [a, b, c]}`"));
            return None;
        }
        NodeKind::Map(entries) => {
            spec.null = node.get("null").cloned();
            spec.adversarial = node.get("adversarial").cloned();
            spec.sql_type = node.get("type").cloned();
            spec.about = text_of(node.get("about"), "about", faults);
            spec.keys = keys::of_column(node, faults);
            if let Some(unique) = node.get("unique") {
                spec.unique = faults.keep(boolean(unique, "unique"))?.then_some(unique.span);
            }
            let mut named = entries.iter().filter(|(key, _)| !MODIFIERS.contains(&key.text.as_str()));
            let generator = named.next();
            if let (Some((first, _)), Some((second, _))) = (generator, named.next()) {
                let known = generators::names().chain(MODIFIERS);
                let unknown = [first, second].into_iter().find(|k| generators::find(&k.text).is_none());
                let fault = match unknown {
                    Some(key) => Fault::at(key.span, format!("unknown generator or modifier `{}`", key.text))
                        .maybe_hint(did_you_mean(&key.text, known)),
                    None => Fault::at(
                        second.span,
                        format!("two generators: `{}` and `{}`", first.text, second.text),
                    )
                    .hint("a column has one generator; its arguments go inside its own map"),
                };
                faults.push(fault);
                return None;
            }
            if let Some((key, value)) = generator {
                if generators::find(&key.text).is_none() {
                    faults.push(unknown_generator(key));
                    return None;
                }
                spec.generator = Generator::Named(key.clone(), (!value.is_null()).then(|| value.clone()));
            } else if spec.sql_type.is_none() && spec.unique.is_none() && !spec.keys.says_something() {
                faults.push(
                    Fault::at(node.span, "no generator")
                        .hint("name one, such as `{integer: {from: 1, to: 6}}`"),
                );
                return None;
            }
        }
    }
    Some(spec)
}

fn scalar_generator(scalar: &Scalar, node: &Node, name_span: Span) -> Result<Generator, Fault> {
    if node.is_null() {
        let fault = Fault::at(name_span, "no generator");
        return Err(fault.hint("write a generator, such as `serial`, or `= expression`"));
    }
    if let Some(expression) = expression_text(node) {
        return Ok(Generator::Expression(expression));
    }
    if !scalar.quoted && is_number_or_boolean(&scalar.text) {
        return Ok(Generator::Expression(Text {
            text: scalar.text.replace('_', ""),
            span: node.span,
            exact: scalar.exact && !scalar.text.contains('_'),
        }));
    }
    if !scalar.quoted && scalar.text.starts_with('$') {
        return Ok(Generator::Expression(Text {
            text: scalar.text.clone(),
            span: node.span,
            exact: scalar.exact,
        }));
    }
    let key = Key { text: scalar.text.clone(), span: node.span, quoted: scalar.quoted };
    if generators::find(&key.text).is_none() {
        return Err(unknown_generator(&key));
    }
    Ok(Generator::Named(key, None))
}

fn unknown_generator(key: &Key) -> Fault {
    let shown: String = key.text.chars().take(60).collect();
    let constant =
        format!("an expression starts with `=`; for constant text write `= '{}'`", shown.replace('\'', "''"));
    // Generators are in small letters; a name or a sentence is meant as such.
    let is_word = key.text.chars().all(|c| c.is_lowercase() || c == '_');
    let guess = if is_word { did_you_mean(&key.text, generators::names()) } else { None };
    let hint = guess.unwrap_or(constant);
    Fault::at(key.span, format!("unknown generator `{shown}`")).hint(hint)
}

fn is_number_or_boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
        || (text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
            && text.replace('_', "").parse::<f64>().is_ok())
}
