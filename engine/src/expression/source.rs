//! The text of an expression: parsing it into sqlparser's syntax tree, within bounds, and finding places in it.

use std::ops::Range;

use sqlparser::ast::{self, Spanned};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{self, Location, Token, TokenWithSpan, Tokenizer};

use crate::budget;
use crate::error::{Fault, Span};

/// The longest expression, in bytes.
const LONGEST: usize = 64 * 1024;
/// As many bytes of text count as one part of an expression more.
const BYTES_PER_PART: usize = 16;
/// How deep parentheses may be nested.
const DEEPEST_NESTING: usize = 64;
/// How often the parser may call itself; an operand in parentheses takes two steps.
pub(super) const DEEPEST_PARSE: usize = 160;
/// How many operators and keywords may occur. A chain `a + a + …` makes a tree of that depth, and dropping it must
/// not exhaust the stack of a small thread.
const MOST_OPERATORS: usize = 2000;

/// The text of an expression and where its bytes lie in the scenario.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The text as SQL reads it.
    pub text: &'a str,
    /// Where it stands in the scenario.
    pub span: Span,
    /// Whether byte `i` of the text lies at `span.start + i`. A YAML scalar with escapes or folded lines is not
    /// exact, and then every fault points at the whole of it.
    pub exact: bool,
}

/// A part of a path, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name as written, without quotes.
    pub text: String,
    /// Where it stands in the scenario.
    pub span: Span,
}

impl<'a> Source<'a> {
    /// The place of some bytes of the text in the scenario.
    pub fn place(&self, bytes: Range<usize>) -> Span {
        if self.exact {
            Span::new(self.span.start + bytes.start, self.span.start + bytes.end)
        } else {
            self.span
        }
    }

    /// A part of the text as a source of its own.
    pub(super) fn part(&self, bytes: Range<usize>) -> Source<'a> {
        Source { text: &self.text[bytes.clone()], span: self.place(bytes), exact: self.exact }
    }

    /// The place of a piece of syntax in the scenario; the whole source where the parser kept no place.
    pub(crate) fn span_of(&self, syntax: &impl Spanned) -> Span {
        self.span_at(syntax.span())
    }

    /// The place of a call, from its name to its closing parenthesis, which the parser does not keep.
    pub(super) fn span_of_call(&self, name: &ast::ObjectName) -> Span {
        let name_span = name.span();
        if name_span == tokenizer::Span::empty() || !self.exact {
            return self.span;
        }
        let (start, end) = (self.offset(name_span.start), self.offset(name_span.end));
        let mut depth = 0;
        let mut quote = None;
        for (at, byte) in self.text.bytes().enumerate().skip(end) {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, b'(') => depth += 1,
                (None, b')') if depth <= 1 => return self.place(start..at + 1),
                (None, b')') => depth -= 1,
                _ => {}
            }
        }
        self.place(start..end)
    }

    /// An identifier as a name.
    pub(super) fn name_of(&self, ident: &ast::Ident) -> Name {
        Name { text: ident.value.clone(), span: self.span_at(ident.span) }
    }

    pub(super) fn span_at(&self, span: tokenizer::Span) -> Span {
        if span == tokenizer::Span::empty() || !self.exact {
            return self.span;
        }
        self.place(self.offset(span.start)..self.offset(span.end))
    }

    /// The byte at a line and column; both count from 1, columns count characters.
    fn offset(&self, location: Location) -> usize {
        let mut line_start = 0;
        for _ in 1..location.line {
            match self.text[line_start..].find('\n') {
                Some(length) => line_start += length + 1,
                None => return self.text.len(),
            }
        }
        let column = usize::try_from(location.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let rest = &self.text[line_start..];
        line_start + rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset)
    }
}

/// Parses one SQL expression.
///
/// # Errors
/// A fault where the syntax is wrong, or the expression is longer or deeper than allowed.
pub fn parse(source: &Source) -> Result<ast::Expr, Fault> {
    if source.text.len() > LONGEST {
        return Err(Fault::at(source.span, "the expression is too long")
            .label(format!("expected at most {LONGEST} bytes, found {}", source.text.len())));
    }
    // Parsing takes about as long as compiling what is parsed.
    budget::spend_expression(1 + source.text.len() / BYTES_PER_PART, source.span)?;
    let dialect = PostgreSqlDialect {};
    let mut tokens = Tokenizer::new(&dialect, source.text).tokenize_with_location().map_err(|error| {
        let start = source.offset(error.location);
        let message = lower_first(error.message.trim_end_matches(['.', ' ']));
        Fault::at(source.place(start.min(source.text.len())..source.text.len()), message)
    })?;
    name_paths(&mut tokens);
    check_bounds(source, &tokens)?;

    let mut parser =
        Parser::new(&dialect).with_recursion_limit(DEEPEST_PARSE).with_tokens_with_locations(tokens.clone());
    let expr = parser.parse_expr().map_err(|error| syntax_fault(source, &tokens, &error))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        return Err(Fault::at(source.span_at(rest.span), format!("unexpected `{}`", rest.token))
            .label("expected an operator or the end of the expression"));
    }
    Ok(expr)
}

/// A word right before a point begins a path, whatever it means to SQL alone: `user.name` is a column of the row that `user_id` refers
/// to.
fn name_paths(tokens: &mut [TokenWithSpan]) {
    for i in 1..tokens.len() {
        let (before, token) = tokens.split_at_mut(i);
        if token[0].token == Token::Period
            && let Some(TokenWithSpan { token: Token::Word(word), .. }) = before.last_mut()
        {
            word.keyword = Keyword::NoKeyword;
        }
    }
}

/// Refuses what could exhaust the stack before the parser sees it, and subqueries, whose parser is far larger than
/// the one for expressions.
fn check_bounds(source: &Source, tokens: &[TokenWithSpan]) -> Result<(), Fault> {
    let (mut nesting, mut operators) = (0usize, 0usize);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => nesting += 1,
            Token::RParen | Token::RBracket | Token::RBrace => nesting = nesting.saturating_sub(1),
            Token::Word(word) => {
                if matches!(word.keyword, Keyword::SELECT | Keyword::EXISTS | Keyword::INSERT) {
                    return Err(Fault::at(source.span_at(token.span), "an expression cannot hold a query")
                        .hint("name the columns of this row, its parents and its references directly"));
                }
                operators += usize::from(word.keyword != Keyword::NoKeyword);
            }
            Token::Whitespace(_)
            | Token::Comma
            | Token::Period
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Placeholder(_) => {}
            _ => operators += 1,
        }
        if nesting > DEEPEST_NESTING {
            return Err(Fault::at(source.span_at(token.span), "the expression is nested too deeply")
                .label(format!("expected at most {DEEPEST_NESTING} levels of parentheses")));
        }
        if operators > MOST_OPERATORS {
            return Err(Fault::at(source.span, "the expression has too many operators")
                .label(format!("expected at most {MOST_OPERATORS}")));
        }
    }
    Ok(())
}

/// Turns `Expected: an expression, found: ) at Line: 1, Column: 5` into a fault of our style.
fn syntax_fault(source: &Source, tokens: &[TokenWithSpan], error: &ParserError) -> Fault {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => {
            return Fault::at(source.span, "the expression is nested too deeply");
        }
    };
    let (text, location) = split_location(text);
    let place = location.map_or(source.place(source.text.len()..source.text.len()), |location| {
        let token = tokens.iter().find(|token| token.span.start == location);
        match token {
            Some(token) => source.span_at(token.span),
            None => source.place(source.offset(location)..source.text.len()),
        }
    });
    match text.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: ")) {
        Some((expected, "EOF")) => {
            Fault::at(place, "the expression ends too early").label(format!("expected {expected}"))
        }
        Some((expected, found)) => {
            Fault::at(place, format!("unexpected `{found}`")).label(format!("expected {expected}"))
        }
        None => Fault::at(place, lower_first(text)),
    }
}

/// Cuts ` at Line: L, Column: C` off the end of a message.
fn split_location(text: &str) -> (&str, Option<Location>) {
    let cut = || {
        let (message, place) = text.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Location::new(line.parse().ok()?, column.trim().parse().ok()?)))
    };
    cut().map_or((text, None), |(message, location)| (message, Some(location)))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// The path an identifier spells, if the expression is one.
pub(crate) fn path_of(expr: &ast::Expr, source: &Source) -> Option<Vec<Name>> {
    match expr {
        ast::Expr::Identifier(ident) => Some(vec![source.name_of(ident)]),
        ast::Expr::CompoundIdentifier(idents) => {
            Some(idents.iter().map(|ident| source.name_of(ident)).collect())
        }
        _ => None,
    }
}

/// The paths of all identifiers in an expression that was parsed from `source`, in the order of the text.
///
/// Names inside syntax that expressions do not have are not found; compiling refuses that syntax.
pub fn names_in(expr: &ast::Expr, source: &Source) -> Vec<Vec<Name>> {
    let mut names = Vec::new();
    collect_names(expr, source, &mut names);
    names
}

fn collect_names(expr: &ast::Expr, source: &Source, names: &mut Vec<Vec<Name>>) {
    // A question to a lifecycle begins with the way to it.
    match expr {
        ast::Expr::Function(function) if function.name.0.len() > 1 => {
            let idents = function.name.0.iter().filter_map(ast::ObjectNamePart::as_ident);
            names.push(idents.map(|ident| source.name_of(ident)).collect());
        }
        ast::Expr::CompoundFieldAccess { root, .. } => names.extend(path_of(root, source)),
        _ => {}
    }
    match path_of(expr, source) {
        Some(path) => names.push(path),
        None => operands(expr).into_iter().for_each(|operand| collect_names(operand, source, names)),
    }
}

/// The expressions directly inside one.
pub(super) fn operands(expr: &ast::Expr) -> Vec<&ast::Expr> {
    use ast::Expr::{
        AtTimeZone, Between, BinaryOp, Case, Cast, Ceil, CompoundFieldAccess, Extract, Floor, Function,
        ILike, InList, Interval, IsDistinctFrom, IsFalse, IsNotDistinctFrom, IsNotFalse, IsNotNull,
        IsNotTrue, IsNotUnknown, IsNull, IsTrue, IsUnknown, Like, Nested, Overlay, Position, Substring, Trim,
        Tuple, UnaryOp,
    };
    match expr {
        IsFalse(e) | IsNotFalse(e) | IsTrue(e) | IsNotTrue(e) | IsNull(e) | IsNotNull(e) | IsUnknown(e)
        | IsNotUnknown(e) | Nested(e) => vec![e],
        UnaryOp { expr, .. }
        | Cast { expr, .. }
        | Ceil { expr, .. }
        | Floor { expr, .. }
        | Extract { expr, .. } => vec![expr],
        Interval(interval) => vec![&interval.value],
        IsDistinctFrom(a, b) | IsNotDistinctFrom(a, b) => vec![a, b],
        BinaryOp { left, right, .. } => vec![left, right],
        AtTimeZone { timestamp, time_zone } => vec![timestamp, time_zone],
        Position { expr, r#in } => vec![expr, r#in],
        Like { expr, pattern, .. } | ILike { expr, pattern, .. } => vec![expr, pattern],
        Between { expr, low, high, .. } => vec![expr, low, high],
        InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        Tuple(values) => values.iter().collect(),
        CompoundFieldAccess { access_chain, .. } => {
            let parts = access_chain.iter().filter_map(|access| match access {
                ast::AccessExpr::Dot(part @ Function(_)) => Some(part),
                _ => None,
            });
            parts.collect()
        }
        Substring { expr, substring_from, substring_for, .. } => {
            std::iter::once(expr).chain(substring_from).chain(substring_for).map(|e| &**e).collect()
        }
        Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            [expr, overlay_what, overlay_from].into_iter().chain(overlay_for).map(|e| &**e).collect()
        }
        Trim { expr, trim_what, trim_characters, .. } => {
            let first = std::iter::once(expr).chain(trim_what).map(|e| &**e);
            first.chain(trim_characters.iter().flatten()).collect()
        }
        Case { operand, conditions, else_result, .. } => {
            let branches = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            operand.as_deref().into_iter().chain(branches).chain(else_result.as_deref()).collect()
        }
        Function(function) => match &function.args {
            ast::FunctionArguments::List(list) => list.args.iter().filter_map(argument).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn argument(argument: &ast::FunctionArg) -> Option<&ast::Expr> {
    match argument {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}
