//! Text composed of pieces: templates such as `{first}.{last}@{domain|slug}.example`, and SQL's `||`.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;

use sqlparser::ast;

use super::kernel::{Value, check_length, text_rows_where};
use super::operator::Placed;
use super::print::Printer;
use super::source::Source;
use super::tree::{Call, Contract, Expression, Form};
use super::{Scope, function};
use crate::budget;
use crate::error::{Fault, Span};
use crate::together::Together;
use crate::types::Type;

/// Literal text with expressions in braces, composed in one pass over the rows.
///
/// `{{` and `}}` stand for braces. `{name|slug}` means `slug(name)`, `{id|lpad(9, '0')}` means `lpad(id::text, 9, '0')`;
/// `||` inside braces is SQL's concatenation. The result is NULL when any expression in it is.
#[derive(Clone, Debug)]
pub struct Template {
    text: Expression,
}

impl Template {
    /// Compiles the text of a template.
    ///
    /// # Errors
    /// A fault at a brace without its counterpart, and whatever [`Expression::compile`] finds in the expressions.
    pub fn compile(text: &Source, scope: &mut dyn Scope) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let doubled = rest.peek().is_some_and(|(_, next)| *next == c);
            match c {
                '{' | '}' if doubled => {
                    rest.next();
                    literal.push(c);
                }
                '}' => {
                    return Err(Fault::at(text.place(at..at + 1), "a `}` without its `{`")
                        .hint("write `}}` for a brace"));
                }
                '{' => {
                    let Some(hole) = Hole::find(&text.text[at + 1..]) else {
                        return Err(Fault::at(text.place(at..text.text.len()), "a `{` without its `}`")
                            .hint("write `{{` for a brace"));
                    };
                    if !literal.is_empty() {
                        pieces
                            .push(Ok((Expression::text_constant(&std::mem::take(&mut literal)), text.span)));
                    }
                    pieces.push(hole.compile(text, at + 1, scope));
                    let end = at + 1 + hole.length;
                    while rest.next_if(|(next, _)| *next <= end).is_some() {}
                }
                _ => literal.push(c),
            }
        }
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(Ok((Expression::text_constant(&literal), text.span)));
        }
        Ok(Self { text: compose(pieces.together().map_err(Fault::each_once)?, text.span)? })
    }

    /// Whether the result may be NULL.
    pub fn nullable(&self) -> bool {
        self.text.nullable()
    }

    /// The slots it reads, in ascending order.
    pub fn inputs(&self) -> Vec<usize> {
        self.text.inputs()
    }

    /// The texts of `rows` rows, as `Utf8`.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate(&self, inputs: &[ArrayRef], rows: usize) -> Result<ArrayRef, String> {
        let array = self.text.evaluate(inputs, rows)?;
        Ok(Value::Array(array).plain()?.array_ref())
    }

    pub(super) fn text(&self) -> &Expression {
        &self.text
    }

    /// The same as an expression, for use inside others.
    pub fn into_expression(self) -> Expression {
        self.text
    }
}

/// What stands between two braces: an expression and filters, as byte ranges of the text after the opening brace.
struct Hole {
    length: usize,
    /// Where the bars stand that begin a filter.
    bars: Vec<usize>,
}

impl Hole {
    /// Finds the closing brace and the filter bars outside quotes and parentheses.
    fn find(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut depth, mut bars, mut i) = (0usize, Vec::new(), 0);
        while i < bytes.len() {
            match bytes[i] {
                quote @ (b'\'' | b'"') => {
                    // A doubled quote ends one string and begins the next, which comes to the same.
                    i += 1 + bytes[i + 1..].iter().position(|b| *b == quote)?;
                }
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.saturating_sub(1),
                b'|' if bytes.get(i + 1) == Some(&b'|') => i += 1,
                b'|' if depth == 0 => bars.push(i),
                b'}' => return Some(Self { length: i, bars }),
                b'{' => return None,
                _ => {}
            }
            i += 1;
        }
        None
    }

    /// `start` is the byte of the template after the opening brace.
    fn compile(&self, text: &Source, start: usize, scope: &mut dyn Scope) -> Result<Placed, Fault> {
        let end = start + self.length;
        let place = text.place(start..end);
        let mut stops: Vec<usize> = self.bars.iter().map(|bar| start + bar).collect();
        stops.push(end);
        let source = text.part(start..stops[0]);
        if source.text.trim().is_empty() {
            return Err(Fault::at(text.place(start - 1..end + 1), "the braces are empty")
                .label("expected an expression")
                .hint("write `{{}}` for braces"));
        }
        let filters = stops.windows(2).map(|stop| Filter::find(text.part(stop[0] + 1..stop[1])));
        let filters = filters.collect::<Vec<_>>().together();
        let (mut value, filters) = (Expression::compile(&source, scope), filters).together()?;
        for filter in filters {
            value = filter.applied(value, scope, place)?;
        }
        Ok((value, place))
    }
}

/// `value|name(arguments)` is `name(value::text, arguments)`.
struct Filter<'a> {
    name: String,
    name_span: Span,
    /// The arguments in their parentheses, if there are any.
    list: Option<Source<'a>>,
    span: Span,
}

impl<'a> Filter<'a> {
    fn find(filter: Source<'a>) -> Result<Self, Fault> {
        let text = filter.text.trim_end();
        let begin = text.len() - text.trim_start().len();
        let name_end = text[begin..].find('(').map_or(text.len(), |open| begin + open);
        let name = text[begin..name_end].trim_end();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(Fault::at(filter.place(begin..text.len()), "a filter is the name of a function")
                .label("expected `{value|slug}` or `{value|lpad(9, '0')}`"));
        }
        let list = (name_end < text.len()).then(|| filter.part(name_end..text.len()));
        if let Some(list) = list.filter(|list| list.text.trim_matches(['(', ')', ' ']).is_empty()) {
            return Err(Fault::at(list.span, "the parentheses are empty").hint("leave them out"));
        }
        let (name_span, span) = (filter.place(begin..begin + name.len()), filter.place(begin..text.len()));
        let name = name.to_lowercase();
        function::lookup(&name, name_span)?;
        Ok(Self { name, name_span, list, span })
    }

    fn applied(&self, value: Expression, scope: &mut dyn Scope, place: Span) -> Result<Expression, Fault> {
        let mut others = Vec::new();
        if let Some(list) = &self.list {
            // `(a, b)` reads as a row of values.
            let values = match super::parse(list)? {
                ast::Expr::Nested(value) => vec![*value],
                ast::Expr::Tuple(values) => values,
                _ => return Err(Fault::at(list.span, "expected the filter's arguments in parentheses")),
            };
            for value in values {
                others.push((Expression::compile_ast(&value, list, scope)?, list.span_of(&value)));
            }
        }
        let call = |value: Expression| {
            let arguments = std::iter::once((value, place)).chain(others.iter().cloned()).collect();
            function::call(&self.name, arguments, self.name_span, self.span)
        };
        // `{price|round(1)}` wants the number, `{id|lpad(9, '0')}` its text.
        call(value.clone()).or_else(|fault| match value.ty() {
            Type::Text => Err(fault),
            ty if !Printer::supports(ty) => Err(fault),
            _ => call(value.cast_to(&Type::Text, place)?).map_err(|_| fault),
        })
    }
}

/// Joins pieces to one text; NULL when any of them is.
pub(super) fn compose(pieces: Vec<Placed>, span: Span) -> Result<Expression, Fault> {
    // A NULL that is written out settles the text, as it does for other operators.
    let is_null = |(piece, _): &Placed| piece.constant().is_some_and(|value| value.logical_null_count() > 0);
    if pieces.iter().any(is_null) && pieces.iter().all(|(piece, _)| piece.fault().is_none()) {
        return Ok(Expression::null(Type::Text));
    }
    let mut merged: Vec<Expression> = Vec::with_capacity(pieces.len());
    // Neighbouring constants are one piece.
    let mut literal: Option<String> = None;
    for (piece, place) in pieces {
        if !Printer::supports(piece.ty()) {
            return Err(Fault::at(place, format!("`{}` has no text form", piece.ty())));
        }
        let piece = if piece.constant().is_some() { piece.cast_to(&Type::Text, place)? } else { piece };
        match piece.constant_text() {
            Some(text) => {
                let literal = literal.get_or_insert_default();
                check_length(literal.len() + text.len())
                    .and_then(|()| budget::spend(text.len()))
                    .map_err(|message| Fault::at(place, message))?;
                literal.push_str(&text);
            }
            None => {
                merged.extend(literal.take().map(|text| Expression::text_constant(&text)));
                merged.push(piece);
            }
        }
    }
    merged.extend(literal.map(|text| Expression::text_constant(&text)));
    if merged.len() == 1 && *merged[0].ty() == Type::Text {
        return Ok(merged.remove(0));
    }
    let nullable = merged.iter().any(Expression::nullable);
    let types: Vec<Type> = merged.iter().map(|piece| piece.ty().clone()).collect();
    let call = Call {
        form: Form::Infix("||"),
        arguments: merged,
        contract: Contract::Native,
        run: Arc::new(move |a, rows| compose_rows(a, &types, rows)),
    };
    Ok(Expression::call(call, Type::Text, nullable, span))
}

fn compose_rows(a: &[Value], types: &[Type], rows: usize) -> Result<ArrayRef, String> {
    if a.iter().any(Value::is_null_scalar) {
        return Ok(arrow::array::new_null_array(&Type::Text.arrow(), rows));
    }
    let printers =
        a.iter().zip(types).map(|(value, ty)| Printer::new(value, ty)).collect::<Result<Vec<_>, _>>()?;
    let nulls = a
        .iter()
        .filter(|value| !value.is_scalar())
        .fold(None, |nulls, value| NullBuffer::union(nulls.as_ref(), value.nulls().as_ref()));
    text_rows_where(nulls, rows, |row, out| {
        let begin = out.len();
        for printer in &printers {
            printer.print(row, out);
            check_length(out.len() - begin)?;
        }
        Ok(())
    })
}
