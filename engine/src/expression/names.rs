//! Names in an expression that nothing has: when one is wrong, the others are looked for, too.

use sqlparser::ast::{self, Expr};

use super::source::{Name, Source, operands, path_of};
use super::{Position, Scope, Total, calls, compile};
use crate::error::Fault;

/// The most faults of one expression.
const MOST_FAULTS: usize = 50;

/// A fault of an expression, and the names of it that are unknown besides, each once.
pub(super) fn and_unknown(fault: Fault, ast: &Expr, source: &Source, scope: &mut dyn Scope) -> Fault {
    let mut unknown = Unknown { source, scope, faults: vec![fault] };
    unknown.look_at(ast);
    unknown.faults.into_iter().fold(Fault::reported(), Fault::and).each_once()
}

struct Unknown<'a, 'b> {
    source: &'a Source<'b>,
    scope: &'a mut dyn Scope,
    faults: Vec<Fault>,
}

impl Unknown<'_, '_> {
    fn look_at(&mut self, ast: &Expr) {
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        match ast {
            Expr::Value(value) => {
                if let ast::Value::Placeholder(text) = &value.value {
                    let span = self.source.span_of(ast);
                    let name = Name { text: text.trim_start_matches('$').to_owned(), span };
                    let found = self.scope.parameter(&name);
                    self.keep(found);
                }
            }
            Expr::Function(function) => {
                let name = of_function(function);
                // What stands within these are names of other tables.
                let asks = function.name.0.len() > 1;
                if asks || Total::named(&name).is_some() || Position::named(&name).is_some() || name == "rows"
                {
                    let found = compile::part(ast, self.source, self.scope);
                    return self.keep(found);
                }
                self.keep(calls::known_function(&name, self.source.span_of(&function.name)));
                operands(ast).into_iter().for_each(|operand| self.look_at(operand));
            }
            Expr::CompoundFieldAccess { .. } => {
                let found = compile::part(ast, self.source, self.scope);
                self.keep(found);
            }
            _ => match path_of(ast, self.source) {
                Some(path) => {
                    let found = self.scope.name(&path);
                    self.keep(found);
                }
                None => operands(ast).into_iter().for_each(|operand| self.look_at(operand)),
            },
        }
    }

    fn keep<T>(&mut self, found: Result<T, Fault>) {
        self.faults.extend(found.err());
    }
}

/// The name of a function, as they are looked up.
pub(super) fn of_function(function: &ast::Function) -> String {
    function.name.to_string().replace('"', "").to_lowercase()
}
