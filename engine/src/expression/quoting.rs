//! Names that SQL reads as something else unless they are quoted: `order`, `user`, `first-name`.

use sqlparser::ast::Expr;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::source::Source;
use super::{Scope, source};
use crate::error::{Fault, Span};

/// The longest name, in bytes.
const LONGEST_NAME: usize = 63;

/// Lets a fault at such a name say how it is written, and leaves out others at the same name.
pub(super) fn explained(mut fault: Fault, source: &Source, scope: &dyn Scope) -> Fault {
    // The fault may be one of a column that is named here, or be told already.
    let is_here = |fault: &Fault| fault.span.is_some_and(|span| holds(source.span, span));
    if !source.exact || !std::iter::once(&fault).chain(&fault.also).any(is_here) {
        return fault;
    }
    let names = scope.names();
    let mut told: Vec<&str> = Vec::new();
    let mut explain = |fault: &mut Fault| {
        let name = name_at(fault, source, &names);
        if let Some(name) = name {
            let quoted = name.replace('"', "\"\"");
            fault.hint = Some(format!("in an expression this name stands in double quotes: `\"{quoted}\"`"));
        }
        let is_new = name.is_none_or(|name| !told.contains(&name));
        told.extend(name);
        is_new
    };
    explain(&mut fault);
    fault.also.retain_mut(explain);
    fault
}

/// The name that is written where a fault is, if it is none for SQL.
fn name_at<'n>(fault: &Fault, source: &Source, names: &[&'n str]) -> Option<&'n str> {
    let span = fault.span.filter(|span| holds(source.span, *span))?;
    let (start, end) = (span.start - source.span.start, span.end - source.span.start);
    let written = names.iter().copied().filter(|name| stands_at(name, source.text, start, end));
    written.filter(|name| !is_name(name)).max_by_key(|name| name.len())
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether a name is written, without quotes and in letters of any case, where a fault is or just before it.
fn stands_at(name: &str, text: &str, start: usize, end: usize) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '$');
    (start.saturating_sub(LONGEST_NAME + 1)..=start).any(|at| {
        let until = at + name.len();
        let touches = until + 1 >= start && at <= end;
        let same = || text.get(at..until).is_some_and(|written| written.eq_ignore_ascii_case(name));
        touches && same() && !text[..at].ends_with(is_part) && !text[until..].starts_with(is_part)
    })
}

/// Whether SQL reads a text as a name.
fn is_name(text: &str) -> bool {
    let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(source::DEEPEST_PARSE);
    let Ok(mut parser) = parser.try_with_sql(text) else { return false };
    matches!(parser.parse_expr(), Ok(Expr::Identifier(name)) if name.quote_style.is_none() && name.value == text)
}
