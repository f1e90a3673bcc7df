//! An expression printed as SQL.

use std::fmt;

use arrow::array::{Array, ArrayRef};

use super::kernel::Value;
use super::print::Printer;
use super::tree::{Call, Connective, Expression, Form, Node};
use crate::types::Type;

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Constant { value, .. } => write_literal(f, value, &self.ty),
            Node::Input { name, .. } => f.write_str(name),
            Node::Call(call) => write!(f, "{call}"),
            Node::Logic { connective, sides } => {
                let word = if *connective == Connective::And { "and" } else { "or" };
                write!(f, "({} {word} {})", sides[0], sides[1])
            }
            Node::Case(case) => {
                f.write_str("case")?;
                for (condition, result) in &case.branches {
                    write!(f, " when {condition} then {result}")?;
                }
                write!(f, " else {} end", case.otherwise)
            }
            Node::Coalesce(values) => {
                f.write_str("coalesce(")?;
                write_list(f, values)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({self} : {}{})", self.ty, if self.nullable { "" } else { " not null" })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.form, &self.arguments[..]) {
            (Form::Infix(operator), [first, rest @ ..]) => {
                write!(f, "({first}")?;
                rest.iter().try_for_each(|argument| write!(f, " {operator} {argument}"))?;
                f.write_str(")")
            }
            (Form::Prefix(operator), [argument]) => write!(f, "({operator}{argument})"),
            (Form::Postfix(words), [argument]) => write!(f, "({argument} {words})"),
            (Form::Cast(ty), [argument]) => write!(f, "{argument}::{ty}"),
            (Form::In(list), [argument]) => write!(f, "({argument} in ({list}))"),
            (Form::Function(name), arguments) => {
                write!(f, "{name}(")?;
                write_list(f, arguments)?;
                f.write_str(")")
            }
            (form, arguments) => write!(f, "{form:?}{arguments:?}"),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, values: &[Expression]) -> fmt::Result {
    values.iter().enumerate().try_for_each(|(i, value)| {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{value}")
    })
}

fn write_literal(f: &mut fmt::Formatter<'_>, value: &ArrayRef, ty: &Type) -> fmt::Result {
    if value.logical_null_count() > 0 {
        return f.write_str("null");
    }
    let value = Value::scalar(value.clone());
    let mut text = String::new();
    match Printer::new(&value, ty) {
        Ok(printer) => printer.print(0, &mut text),
        Err(_) => text.push('…'),
    }
    if *ty == Type::Boolean || ty.is_number() {
        f.write_str(&text)
    } else if *ty == Type::Text {
        write!(f, "'{}'", text.replace('\'', "''"))
    } else {
        write!(f, "'{}'::{ty}", text.replace('\'', "''"))
    }
}
