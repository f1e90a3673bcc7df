//! What is called: functions, totals, rows beside a row, and questions to lifecycles and recurrences.

use sqlparser::ast::{self, Expr};

use super::compile::{Compiler, operand};
use super::source::{Name, path_of};
use super::tree::Expression;
use super::{Along, Called, Position, Total, function, names};
use crate::error::{Fault, Span};

impl Compiler<'_, '_> {
    pub(super) fn function(&mut self, function: &ast::Function) -> Result<Expression, Fault> {
        let span = self.source.span_of_call(&function.name);
        let name_span = self.source.span_of(&function.name);
        let name = names::of_function(function);
        if is_clock(&name) {
            return Err(no_clock(&name, name_span));
        }
        let (arguments, wildcard) = self.arguments(function, span)?;
        if let [_, .., _] = function.name.0[..] {
            let arguments = self.plain_arguments(function, span)?;
            return self.asked(Vec::new(), function, &arguments, None, span);
        }
        if let Some(total) = Total::named(&name) {
            let argument = match (&arguments[..], wildcard) {
                ([], true) if total == Total::Count => None,
                ([ast], false) => Some(*ast),
                _ => {
                    return Err(Fault::at(span, format!("`{name}` takes one argument"))
                        .label(format!("expected `{name}(child.column)`"))
                        .hint("the larger or smaller of several values is `greatest` or `least`"));
                }
            };
            return Ok(operand(self.scope.total(total, argument, self.source, span)?, &function.to_string()));
        }
        if let Some(along) = Along::named(&name) {
            let argument = match (&arguments[..], wildcard) {
                ([], true) if along == Along::Running(Total::Count) => None,
                ([ast], false) => Some(*ast),
                _ => {
                    return Err(Fault::at(span, format!("`{name}` takes one argument"))
                        .label(format!("expected `{name}(column)`")));
                }
            };
            return Ok(operand(self.scope.along(along, argument, self.source, span)?, &function.to_string()));
        }
        if wildcard {
            return Err(Fault::at(span, format!("`{name}` does not take `*`")));
        }
        if name == "rows" {
            let path = arguments.first().and_then(|ast| path_of(ast, self.source)).unwrap_or_default();
            return match (&path[..], arguments.len()) {
                ([table], 1) => Ok(operand(self.scope.rows(table)?, &format!("rows({})", table.text))),
                _ => Err(Fault::at(span, "`rows` takes the name of a table").label("expected `rows(table)`")),
            };
        }
        if let Some(position) = Position::named(&name) {
            if !arguments.is_empty() {
                return Err(Fault::at(span, format!("`{name}` takes no arguments"))
                    .label(format!("expected none, found {}", arguments.len())));
            }
            return Ok(operand(self.scope.position(position, span)?, &format!("{name}()")));
        }
        // The name is looked up first: a wrong function is the better fault than a wrong argument of it.
        function::lookup(&name, name_span)?;
        let arguments = self.all(&arguments)?;
        function::call(&name, arguments, name_span, span)
    }

    /// The arguments of a call, of which none is `*`.
    fn plain_arguments<'f>(&self, function: &'f ast::Function, span: Span) -> Result<Vec<&'f Expr>, Fault> {
        let (arguments, wildcard) = self.arguments(function, span)?;
        match wildcard {
            false => Ok(arguments),
            true => Err(Fault::at(span, format!("`{}` does not take `*`", names::of_function(function)))),
        }
    }

    /// The arguments of a call, and whether `*` is among them.
    fn arguments<'f>(&self, function: &'f ast::Function, span: Span) -> Result<(Vec<&'f Expr>, bool), Fault> {
        let name = names::of_function(function);
        if function.over.is_some() {
            return Err(Fault::at(span, "window functions are not possible")
                .hint("`running_sum(x)`, `previous(x)`, `ordinal()` and `row_number()` need no `over`"));
        }
        let plain = function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && matches!(function.parameters, ast::FunctionArguments::None);
        let list = match &function.args {
            ast::FunctionArguments::List(list)
                if plain && list.clauses.is_empty() && list.duplicate_treatment.is_none() =>
            {
                list
            }
            _ => return Err(Fault::at(span, format!("`{name}` takes plain arguments only"))),
        };
        let mut arguments = Vec::with_capacity(list.args.len());
        let mut wildcard = false;
        for argument in &list.args {
            match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast)) => arguments.push(ast),
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard) => wildcard = true,
                _ => return Err(Fault::at(span, format!("`{name}` takes plain arguments only"))),
            }
        }
        Ok((arguments, wildcard))
    }

    /// `life.at(t).until`, of which the parser makes names, then the call, then the field.
    pub(super) fn field_of_answer(
        &mut self,
        root: &Expr,
        access: &[ast::AccessExpr],
        wrong: impl Fn() -> Fault,
    ) -> Result<Expression, Fault> {
        let mut path = path_of(root, self.source).unwrap_or_default();
        let mut rest = access.iter().map(|access| match access {
            ast::AccessExpr::Dot(expr) => Some(expr),
            ast::AccessExpr::Subscript(_) => None,
        });
        let (function, field) = match root {
            Expr::Function(function) => (function, rest.next()),
            _ => loop {
                match rest.next() {
                    Some(Some(Expr::Function(function))) => break (function, rest.next()),
                    Some(Some(Expr::Identifier(ident))) => path.push(self.source.name_of(ident)),
                    _ => return Err(wrong()),
                }
            },
        };
        match (field, rest.next()) {
            (Some(Some(Expr::Identifier(field))), None) if !path.is_empty() || function.name.0.len() > 1 => {
                let span = self.source.span_of_call(&function.name);
                let arguments = self.plain_arguments(function, span)?;
                self.asked(path, function, &arguments, Some(&self.source.name_of(field)), span)
            }
            _ => Err(wrong()),
        }
    }

    /// A question to a lifecycle or a recurrence.
    fn asked(
        &mut self,
        before: Vec<Name>,
        function: &ast::Function,
        arguments: &[&Expr],
        field: Option<&Name>,
        span: Span,
    ) -> Result<Expression, Fault> {
        let idents = function.name.0.iter().filter_map(ast::ObjectNamePart::as_ident);
        let names: Vec<Name> =
            before.into_iter().chain(idents.map(|ident| self.source.name_of(ident))).collect();
        let Some((name, path)) = names.split_last().filter(|(_, path)| !path.is_empty()) else {
            return Err(Fault::at(span, "the answer of a function has no parts"));
        };
        let called = Called { path, function: name, arguments, field, source: self.source, span };
        let names = names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let arguments = arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let field = field.map_or(String::new(), |field| format!(".{}", field.text));
        Ok(operand(self.scope.asked(&called)?, &format!("{names}({arguments}){field}")))
    }
}

/// Refuses a name that no function has.
pub(super) fn known_function(name: &str, span: Span) -> Result<(), Fault> {
    match name {
        _ if is_clock(name) => Err(no_clock(name, span)),
        _ if Along::named(name).is_some() => Ok(()),
        _ => function::lookup(name, span),
    }
}

fn is_clock(name: &str) -> bool {
    const CLOCKS: [&str; 9] = [
        "now",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "clock_timestamp",
        "statement_timestamp",
        "random",
    ];
    CLOCKS.contains(&name.to_lowercase().as_str())
}

fn no_clock(name: &str, span: Span) -> Fault {
    let fault = Fault::at(span, format!("`{name}` would give other data on every run"));
    fault.hint(if name == "random" {
        "draw with a generator column"
    } else {
        "write `as_of`, the dataset's now"
    })
}
