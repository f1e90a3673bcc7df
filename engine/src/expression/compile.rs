//! From syntax to the typed tree: names get their meaning, every node gets its type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array};
use sqlparser::ast::{self, BinaryOperator, Expr, UnaryOperator};

use super::cast::{Context, unify_all};
use super::function;
use super::literal::{length_limit, number, quoted};
use super::names;
use super::operator::{self, Arithmetic, Comparison, Placed, Test};
use super::quoting;
use super::source::{Name, Source, parse, path_of};
use super::template::compose;
use super::tree::{Case, Connective, Expression, Node};
use super::{Operand, Scope};
use crate::budget;
use crate::error::{Fault, Span};
use crate::types::Type;

/// How deep the tree may be. A chain `a + b + …` of this many operands is that deep, too.
const DEEPEST: usize = 128;

impl Expression {
    /// Parses and compiles an expression.
    ///
    /// # Errors
    /// The first fault: wrong syntax, an unknown name, types that do not go together, or a constant part whose value
    /// does not exist, as in `1 / 0`. Further names that are unknown come with it.
    pub fn compile(source: &Source, scope: &mut dyn Scope) -> Result<Self, Fault> {
        let compiled = parse(source).and_then(|ast| Self::compile_ast(&ast, source, scope));
        compiled.map_err(|fault| quoting::explained(fault, source, scope))
    }

    /// Compiles an expression, or a part of one, that was parsed from `source` with [`parse`].
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn compile_ast(ast: &Expr, source: &Source, scope: &mut dyn Scope) -> Result<Self, Fault> {
        let compiled = Compiler { source, scope, depth: 0 }.expr(ast);
        let expression = compiled.map_err(|fault| names::and_unknown(fault, ast, source, scope))?;
        if let Some(fault) = expression.fault() {
            return Err(fault);
        }
        // A quoted literal that nothing gave a type is text from here on.
        Ok(match expression.node {
            Node::Constant { value, untyped: true } => Self::constant_of(value, expression.ty),
            _ => expression,
        })
    }
}

pub(super) struct Compiler<'a, 'b> {
    pub(super) source: &'a Source<'b>,
    pub(super) scope: &'a mut dyn Scope,
    depth: usize,
}

impl Compiler<'_, '_> {
    fn expr(&mut self, ast: &Expr) -> Result<Expression, Fault> {
        budget::spend_expression(1, self.source.span)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::at(self.source.span, "the expression is nested too deeply")
                .label(format!("expected at most {DEEPEST} levels"))
                .hint("compute parts of it in `let` columns"));
        }
        let result = self.node(ast);
        self.depth -= 1;
        result
    }

    fn placed(&mut self, ast: &Expr) -> Result<Placed, Fault> {
        Ok((self.expr(ast)?, self.span(ast)))
    }

    fn span(&self, ast: &Expr) -> Span {
        match ast {
            Expr::Function(function) => self.source.span_of_call(&function.name),
            _ => self.source.span_of(ast),
        }
    }

    pub(super) fn all(&mut self, asts: &[&Expr]) -> Result<Vec<Placed>, Fault> {
        asts.iter().map(|ast| self.placed(ast)).collect()
    }

    fn boolean(&mut self, ast: &Expr, role: &str) -> Result<Expression, Fault> {
        let (value, span) = self.placed(ast)?;
        if value.ty != Type::Boolean && !value.is_untyped() {
            return Err(Fault::at(span, format!("{role} must be true or false"))
                .label(format!("expected boolean, found {}", value.ty)));
        }
        value.widen(&Type::Boolean, span)
    }

    fn node(&mut self, ast: &Expr) -> Result<Expression, Fault> {
        let span = self.span(ast);
        match ast {
            Expr::Nested(inner) => self.expr(inner),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                let path = path_of(ast, self.source).unwrap_or_default();
                let name = path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
                Ok(operand(self.scope.name(&path)?, &name))
            }
            Expr::Value(value) => self.literal(&value.value, span),
            Expr::TypedString(typed) => {
                let ty = self.ty(&typed.data_type, span)?;
                self.literal(&typed.value.value, span)?.convert(&ty, Context::Explicit, span)
            }
            Expr::Interval(interval) => self.interval(interval, span),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, span),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, span),
            Expr::IsNull(e) => operator::test(Test::Null, self.expr(e)?, span),
            Expr::IsNotNull(e) => operator::test(Test::NotNull, self.expr(e)?, span),
            Expr::IsTrue(e) => operator::test(Test::True, self.boolean(e, "the operand of `is true`")?, span),
            Expr::IsNotTrue(e) => {
                operator::test(Test::NotTrue, self.boolean(e, "the operand of `is not true`")?, span)
            }
            Expr::IsFalse(e) => {
                operator::test(Test::False, self.boolean(e, "the operand of `is false`")?, span)
            }
            Expr::IsNotFalse(e) => {
                operator::test(Test::NotFalse, self.boolean(e, "the operand of `is not false`")?, span)
            }
            Expr::IsUnknown(e) => {
                operator::test(Test::Null, self.boolean(e, "the operand of `is unknown`")?, span)
            }
            Expr::IsNotUnknown(e) => {
                operator::test(Test::NotNull, self.boolean(e, "the operand of `is not unknown`")?, span)
            }
            Expr::IsDistinctFrom(a, b) => operator::distinct(false, self.placed(a)?, self.placed(b)?, span),
            Expr::IsNotDistinctFrom(a, b) => operator::distinct(true, self.placed(a)?, self.placed(b)?, span),
            Expr::Between { expr, negated, low, high } => {
                let (value, low, high) = (self.placed(expr)?, self.placed(low)?, self.placed(high)?);
                let above = operator::compare(Comparison::GreaterOrEqual, value.clone(), low, span)?;
                let below = operator::compare(Comparison::LessOrEqual, value, high, span)?;
                negate_if(*negated, Expression::logic(Connective::And, above, below, span), span)
            }
            Expr::InList { expr, list, negated } => {
                let found = self.in_list(expr, list, span)?;
                negate_if(*negated, found, span)
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let escape = self.escape(escape_char.as_deref())?;
                let like = function::like(self.placed(expr)?, self.placed(pattern)?, escape, false, span)?;
                negate_if(*negated, like, span)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                let escape = self.escape(escape_char.as_deref())?;
                let like = function::like(self.placed(expr)?, self.placed(pattern)?, escape, true, span)?;
                negate_if(*negated, like, span)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), span)
            }
            Expr::Cast {
                kind: ast::CastKind::Cast | ast::CastKind::DoubleColon,
                expr,
                data_type,
                format: None,
            } => self.cast(expr, data_type, span),
            Expr::AtTimeZone { timestamp, time_zone } => {
                let arguments = self.all(&[time_zone, timestamp])?;
                function::call("timezone", arguments, span, span)
            }
            Expr::Extract { field, expr, .. } => {
                let field = field.to_string();
                let field = Expression::text_constant(field.trim_matches('\''));
                let value = self.placed(expr)?;
                function::call("extract", vec![(field, span), value], span, span)
            }
            Expr::Ceil { expr, field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) } => {
                self.call("ceil", &[expr], span)
            }
            Expr::Floor {
                expr,
                field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime),
            } => self.call("floor", &[expr], span),
            Expr::Position { expr, r#in } => self.call("strpos", &[r#in, expr], span),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                match (substring_from.as_deref(), substring_for.as_deref()) {
                    (Some(from), Some(length)) => self.call("substr", &[expr, from, length], span),
                    (Some(from), None) => self.call("substr", &[expr, from], span),
                    (None, Some(length)) => self.call("left", &[expr, length], span),
                    (None, None) => Err(Fault::at(span, "`substring` needs a place")
                        .label("expected `substring(text from start for length)`")),
                }
            }
            Expr::Trim { expr, trim_where, trim_what, trim_characters } => {
                let name = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                let mut arguments = vec![&**expr];
                arguments.extend(trim_what.as_deref());
                arguments.extend(trim_characters.iter().flatten());
                self.call(name, &arguments, span)
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut arguments = vec![&**expr, &**overlay_what, &**overlay_from];
                arguments.extend(overlay_for.as_deref());
                self.call("overlay", &arguments, span)
            }
            Expr::Function(function) => self.function(function),
            Expr::CompoundFieldAccess { root, access_chain } => {
                let wrong = || Fault::at(span, format!("`{ast}` is not possible in an expression"));
                self.field_of_answer(root, access_chain, wrong)
            }
            _ => Err(Fault::at(span, format!("`{ast}` is not possible in an expression"))),
        }
    }

    fn literal(&mut self, value: &ast::Value, span: Span) -> Result<Expression, Fault> {
        match value {
            ast::Value::Number(text, false) => number(text, span),
            ast::Value::SingleQuotedString(text)
            | ast::Value::EscapedStringLiteral(text)
            | ast::Value::UnicodeStringLiteral(text) => Ok(quoted(text)),
            ast::Value::DollarQuotedString(text) => Ok(quoted(&text.value)),
            ast::Value::Boolean(flag) => {
                Ok(Expression::constant_of(Arc::new(BooleanArray::from(vec![*flag])), Type::Boolean))
            }
            ast::Value::Null => Ok(Expression::null(Type::Null)),
            ast::Value::Placeholder(text) => {
                let name = Name { text: text.trim_start_matches('$').to_owned(), span };
                Ok(operand(self.scope.parameter(&name)?, text))
            }
            _ => Err(Fault::at(span, format!("`{value}` is not a literal of an expression"))
                .hint("write text in single quotes")),
        }
    }

    fn interval(&mut self, interval: &ast::Interval, span: Span) -> Result<Expression, Fault> {
        let Expr::Value(value) = &*interval.value else {
            return Err(Fault::at(span, "an interval literal is written in quotes")
                .label("expected `interval '1 day'`")
                .hint("multiply to compute one: `n * interval '1 day'`"));
        };
        let text = match &value.value {
            ast::Value::SingleQuotedString(text) | ast::Value::Number(text, _) => text,
            other => {
                return Err(Fault::at(span, format!("`{other}` is not an interval"))
                    .label("expected `interval '1 day'`"));
            }
        };
        let text = match (&interval.leading_field, &interval.last_field) {
            (None, None) => text.clone(),
            (Some(unit), None) => format!("{text} {unit}"),
            _ => {
                return Err(Fault::at(span, "ranges of units are not possible")
                    .hint("write `interval '1 day 2 hours'`"));
            }
        };
        quoted(&text).convert(&Type::Interval, Context::Explicit, span)
    }

    fn unary(&mut self, op: UnaryOperator, operand: &Expr, span: Span) -> Result<Expression, Fault> {
        match op {
            UnaryOperator::Minus => {
                // The sign belongs to the literal, so that the smallest number of a type can be written.
                if let Expr::Value(value) = operand
                    && let ast::Value::Number(text, false) = &value.value
                {
                    return number(&format!("-{text}"), span);
                }
                // A sign binds tighter than a power in PostgreSQL, and looser for the parser.
                if let Expr::BinaryOp { left, op: BinaryOperator::PGExp, right } = operand {
                    let base = (self.unary(op, left, span)?, self.span(left));
                    return function::call("power", vec![base, self.placed(right)?], span, span);
                }
                operator::negate(self.expr(operand)?, span)
            }
            UnaryOperator::Plus => {
                let value = self.expr(operand)?;
                if value.ty.is_number() {
                    Ok(value)
                } else {
                    Err(Fault::at(span, format!("no operator `+ {}`", value.ty)))
                }
            }
            UnaryOperator::Not => operator::not(self.boolean(operand, "the operand of `not`")?, span),
            _ => Err(Fault::at(span, format!("the operator `{op}` is not known"))),
        }
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        span: Span,
    ) -> Result<Expression, Fault> {
        let arithmetic = match op {
            BinaryOperator::Plus => Some(Arithmetic::Add),
            BinaryOperator::Minus => Some(Arithmetic::Subtract),
            BinaryOperator::Multiply => Some(Arithmetic::Multiply),
            BinaryOperator::Divide => Some(Arithmetic::Divide),
            BinaryOperator::Modulo => Some(Arithmetic::Remainder),
            _ => None,
        };
        if let Some(op) = arithmetic {
            return operator::arithmetic(op, self.placed(left)?, self.placed(right)?, span);
        }
        let comparison = match op {
            BinaryOperator::Eq => Some(Comparison::Equal),
            BinaryOperator::NotEq => Some(Comparison::NotEqual),
            BinaryOperator::Lt => Some(Comparison::Less),
            BinaryOperator::LtEq => Some(Comparison::LessOrEqual),
            BinaryOperator::Gt => Some(Comparison::Greater),
            BinaryOperator::GtEq => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        if let Some(op) = comparison {
            return operator::compare(op, self.placed(left)?, self.placed(right)?, span);
        }
        match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let (connective, role) = match op {
                    BinaryOperator::And => (Connective::And, "each side of `and`"),
                    _ => (Connective::Or, "each side of `or`"),
                };
                let (left, right) = (self.boolean(left, role)?, self.boolean(right, role)?);
                Ok(Expression::logic(connective, left, right, span))
            }
            BinaryOperator::StringConcat => {
                let mut pieces = Vec::new();
                self.concatenated(left, &mut pieces)?;
                self.concatenated(right, &mut pieces)?;
                let some_bytes = pieces.iter().any(|(piece, _)| piece.ty == Type::Bytes);
                let are_bytes = |(piece, _): &Placed| piece.ty == Type::Bytes || piece.is_untyped();
                if some_bytes && pieces.iter().all(are_bytes) {
                    return function::join_bytes(pieces, span);
                }
                let some_text = pieces.iter().any(|(piece, _)| matches!(piece.ty, Type::Text | Type::Null));
                match pieces.first() {
                    Some((piece, place)) if !some_text => Err(Fault::at(*place, "`||` joins text")
                        .label(format!("expected text, found {}", piece.ty))
                        .hint("convert one side with `::text`")),
                    _ => compose(pieces, span),
                }
            }
            BinaryOperator::PGExp | BinaryOperator::BitwiseXor => self.call("power", &[left, right], span),
            BinaryOperator::PGRegexMatch
            | BinaryOperator::PGRegexIMatch
            | BinaryOperator::PGRegexNotMatch
            | BinaryOperator::PGRegexNotIMatch => {
                let ignore_case =
                    matches!(op, BinaryOperator::PGRegexIMatch | BinaryOperator::PGRegexNotIMatch);
                let negated =
                    matches!(op, BinaryOperator::PGRegexNotMatch | BinaryOperator::PGRegexNotIMatch);
                let found =
                    function::matches_regex(self.placed(left)?, self.placed(right)?, ignore_case, span)?;
                negate_if(negated, found, span)
            }
            _ => Err(Fault::at(span, format!("the operator `{op}` is not known"))),
        }
    }

    /// The operands of a chain of `||`, which is composed in one pass.
    fn concatenated(&mut self, ast: &Expr, pieces: &mut Vec<Placed>) -> Result<(), Fault> {
        if let Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } = ast {
            self.depth += 1;
            if self.depth <= DEEPEST {
                self.concatenated(left, pieces)?;
                self.concatenated(right, pieces)?;
                self.depth -= 1;
                return Ok(());
            }
        }
        pieces.push(self.placed(ast)?);
        Ok(())
    }

    fn in_list(&mut self, operand: &Expr, list: &[Expr], span: Span) -> Result<Expression, Fault> {
        let mut values = vec![self.placed(operand)?];
        for element in list {
            values.push(self.placed(element)?);
        }
        let spans: Vec<Span> = values.iter().map(|(_, span)| *span).collect();
        let mut values = unify_all(values)?;
        let operand = values.remove(0);
        if values.iter().all(|value| value.constant().is_some()) {
            return operator::in_constants(operand, values, span);
        }
        let mut found: Option<Expression> = None;
        for (value, place) in values.into_iter().zip(&spans[1..]) {
            let equal =
                operator::compare(Comparison::Equal, (operand.clone(), spans[0]), (value, *place), span)?;
            found = Some(match found {
                None => equal,
                Some(found) => Expression::logic(Connective::Or, found, equal, span),
            });
        }
        found.ok_or_else(|| Fault::at(span, "the list is empty"))
    }

    fn escape(&mut self, escape: Option<&Expr>) -> Result<Option<char>, Fault> {
        let Some(ast) = escape else { return Ok(Some('\\')) };
        let (value, span) = self.placed(ast)?;
        let text = value.constant_text().unwrap_or_else(|| "??".to_owned());
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (escape, None) => Ok(escape),
            _ => Err(Fault::at(span, "the escape must be one character")),
        }
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        whens: &[ast::CaseWhen],
        otherwise: Option<&Expr>,
        span: Span,
    ) -> Result<Expression, Fault> {
        let operand = operand.map(|ast| self.placed(ast)).transpose()?;
        let mut conditions = Vec::with_capacity(whens.len());
        let mut results = Vec::with_capacity(whens.len() + 1);
        for when in whens {
            conditions.push(match &operand {
                None => self.boolean(&when.condition, "a condition")?,
                Some(operand) => {
                    let value = self.placed(&when.condition)?;
                    operator::compare(Comparison::Equal, operand.clone(), value, span)?
                }
            });
            results.push(self.placed(&when.result)?);
        }
        results.push(match otherwise {
            Some(ast) => self.placed(ast)?,
            None => (Expression::null(Type::Null), span),
        });
        let mut results = unify_all(results)?;
        let Some(otherwise) = results.pop() else { return Err(Fault::at(span, "the case is empty")) };
        // Branches that a constant condition rules out are dropped; one that always holds ends the list.
        let mut branches = Vec::with_capacity(conditions.len());
        let mut last = otherwise;
        for (condition, result) in conditions.into_iter().zip(results) {
            match condition.constant().map(|value| is_true(&value)) {
                Some(false) => {}
                Some(true) => {
                    last = result;
                    break;
                }
                None => branches.push((condition, result)),
            }
        }
        if branches.is_empty() { Ok(last) } else { Ok(Expression::case(Case::new(branches, last), span)) }
    }

    fn cast(&mut self, ast: &Expr, data_type: &ast::DataType, span: Span) -> Result<Expression, Fault> {
        let value = self.expr(ast)?;
        let unbounded = matches!(
            data_type,
            ast::DataType::Numeric(ast::ExactNumberInfo::None)
                | ast::DataType::Decimal(ast::ExactNumberInfo::None)
        );
        if let (true, Some((precision, scale))) = (unbounded, super::cast::as_numeric(&value.ty)) {
            // `numeric` without a precision keeps all digits.
            return value.convert(&Type::Numeric { precision, scale }, Context::Explicit, span);
        }
        let ty = self.ty(data_type, span)?;
        let value = value.convert(&ty, Context::Explicit, span)?;
        match length_limit(data_type) {
            Some(length) => {
                let length = Expression::constant_of(Arc::new(Int32Array::from(vec![length])), Type::Integer);
                function::call("left", vec![(value, span), (length, span)], span, span)
            }
            None => Ok(value),
        }
    }

    fn ty(&self, data_type: &ast::DataType, span: Span) -> Result<Type, Fault> {
        let name = data_type.to_string().to_lowercase();
        if name.starts_with("char") && !name.starts_with("character varying") {
            return Err(Fault::at(span, format!("`{name}` pads with spaces, which is not possible here"))
                .hint("write `text` or `varchar(n)`"));
        }
        Type::from_sql(&name).ok_or_else(|| Fault::at(span, format!("unknown type `{name}`")))
    }

    fn call(&mut self, name: &str, arguments: &[&Expr], span: Span) -> Result<Expression, Fault> {
        let arguments = self.all(arguments)?;
        function::call(name, arguments, span, span)
    }
}

/// Compiles a part of an expression for its faults.
pub(super) fn part(ast: &Expr, source: &Source, scope: &mut dyn Scope) -> Result<Expression, Fault> {
    Compiler { source, scope, depth: 0 }.expr(ast)
}

pub(super) fn operand(operand: Operand, name: &str) -> Expression {
    match operand {
        Operand::Input { slot, ty, nullable } => Expression::input(slot, name, ty, nullable),
        Operand::Constant(value, ty) => Expression::constant_of(value, ty),
    }
}

fn negate_if(negated: bool, value: Expression, span: Span) -> Result<Expression, Fault> {
    if negated { operator::not(value, span) } else { Ok(value) }
}

fn is_true(value: &ArrayRef) -> bool {
    value.is_valid(0) && value.as_boolean().value(0)
}
