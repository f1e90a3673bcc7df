//! The scopes of expressions: which names a table's rows see.

use sqlparser::ast;

use super::constants::instant;
use super::resolve::Resolver;
use super::{Column, Input, TotalKind};
use crate::error::{Fault, Span, listed};
use crate::expression::{Along, Called, Expression, Name, Operand, Position, Scope, Source, Total, names_in};
use crate::generators::Formula;
use crate::ids::{InputId, TableId};
use crate::scenario::{Key, Text};
use crate::types::Type;

/// The scope of one expression of a table.
pub(crate) struct TableScope<'r, 's> {
    pub(crate) resolver: &'r mut Resolver<'s>,
    pub(crate) table: TableId,
    /// In a total over this child, its name is the head of its columns' paths, and other names are the parent's.
    pub(super) child: Option<(String, String)>,
    /// The table's inputs by slot.
    pub(crate) inputs: Vec<InputId>,
}

impl Resolver<'_> {
    /// Compiles an expression over the rows of a table.
    pub(crate) fn formula(&mut self, table: TableId, text: &Text) -> Result<Formula, Fault> {
        let source = Source { text: &text.text, span: text.span, exact: text.exact };
        let mut scope = TableScope { resolver: self, table, child: None, inputs: Vec::new() };
        let expression = Expression::compile(&source, &mut scope)?;
        let formula = Formula { expression, inputs: scope.inputs };
        self.check_zones(table, &formula)?;
        Ok(formula)
    }

    /// Compiles an expression and casts it to a type, as an assignment would.
    pub(crate) fn formula_of(&mut self, table: TableId, text: &Text, ty: &Type) -> Result<Formula, Fault> {
        let formula = self.formula(table, text)?;
        let expression = formula.expression.cast_to(ty, text.span)?;
        Ok(Formula { expression, ..formula })
    }
}

impl<'r, 's> TableScope<'r, 's> {
    pub(crate) fn new(resolver: &'r mut Resolver<'s>, table: TableId) -> Self {
        Self { resolver, table, child: None, inputs: Vec::new() }
    }

    /// The scope of an argument that becomes a column of its own.
    pub(super) fn inner(&mut self) -> TableScope<'_, 's> {
        TableScope {
            resolver: self.resolver,
            table: self.table,
            child: self.child.clone(),
            inputs: Vec::new(),
        }
    }

    /// A path as seen from the rows of the table: within a total, names are the parent's unless they begin with the child's.
    fn seen_from_here(&self, path: &[Name]) -> Vec<Name> {
        match &self.child {
            None => path.to_vec(),
            Some((child, _)) if path.len() > 1 && path[0].text == *child => path[1..].to_vec(),
            Some((_, parent)) => {
                let head = Name { text: parent.clone(), span: path[0].span };
                std::iter::once(head).chain(path.iter().cloned()).collect()
            }
        }
    }

    pub(super) fn slot(&mut self, input: Input) -> usize {
        let input = self.resolver.drafts.input(self.table, input);
        self.inputs.iter().position(|&i| i == input).unwrap_or_else(|| {
            self.inputs.push(input);
            self.inputs.len() - 1
        })
    }
}

impl Scope for TableScope<'_, '_> {
    fn name(&mut self, path: &[Name]) -> Result<Operand, Fault> {
        if let [name] = path {
            // In a total, a name alone is the parent's.
            let parent = self.child.as_ref().and_then(|_| self.resolver.drafts[self.table].parent);
            let table = parent.unwrap_or(self.table);
            let known = self.resolver.drafts[table].columns.iter().any(|c| c.name == name.text);
            let of_scenario = match name.text.as_str() {
                "as_of" => true,
                "since" => self.resolver.constants.since.is_some(),
                _ => false,
            };
            if known && of_scenario {
                let other = format!("the scenario's `{}`", name.text);
                return Err(self.resolver.drafts.two_meanings(table, name, &other));
            }
            match name.text.as_str() {
                "as_of" if !known => return Ok(instant(self.resolver.constants.as_of)),
                "since" if !known => {
                    return self.resolver.constants.since.map(instant).ok_or_else(|| {
                        Fault::at(name.span, "the scenario has no `since`")
                            .hint("add `since: 2023-01-01` at the top")
                    });
                }
                _ => {}
            }
        }
        let path = self.seen_from_here(path);
        let input = self.resolver.path(self.table, &path, Vec::new())?;
        let (ty, nullable) = self.resolver.type_of(self.table, &input)?;
        Ok(Operand::Input { slot: self.slot(input), ty, nullable })
    }

    fn asked(&mut self, called: &Called) -> Result<Operand, Fault> {
        let path = self.seen_from_here(called.path);
        Self::asked(self, &path, called)
    }

    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault> {
        self.resolver.constants.parameter(name)
    }

    fn position(&mut self, which: Position, span: Span) -> Result<Operand, Fault> {
        let input = match which {
            Position::Row => Input::Row,
            Position::Ordinal | Position::Siblings => {
                if self.resolver.count_of(self.table)?.is_none() {
                    let table = &self.resolver.drafts[self.table].name.text;
                    return Err(Fault::at(span, format!("the rows of `{table}` have no parent"))
                        .hint("`ordinal()` and `siblings()` need a table with `per:`; `row_number()` is always there"));
                }
                if which == Position::Ordinal { Input::Ordinal } else { Input::Siblings }
            }
        };
        Ok(Operand::Input { slot: self.slot(input), ty: Type::BigInt, nullable: false })
    }

    fn rows(&mut self, table: &Name) -> Result<Operand, Fault> {
        let t = self.resolver.table_named(&Key::new(&table.text, table.span))?;
        self.resolver.rows_of(t)?;
        self.resolver.constants.rows_of(table)
    }

    fn total(
        &mut self,
        total: Total,
        argument: Option<&ast::Expr>,
        source: &Source,
        span: Span,
    ) -> Result<Operand, Fault> {
        if self.child.is_some() {
            return Err(Fault::at(span, "a total inside a total"));
        }
        let drafts = &self.resolver.drafts;
        let children: Vec<TableId> =
            drafts.tables().filter(|&t| drafts[t].parent == Some(self.table)).collect();
        let name_of = |this: &Self, t: TableId| this.resolver.drafts[t].name.text.clone();
        let paths = argument.map(|argument| names_in(argument, source)).unwrap_or_default();
        let named =
            children.iter().copied().find(|&t| paths.iter().any(|path| path[0].text == name_of(self, t)));
        let child = match (named, argument, &children[..]) {
            (Some(child), ..) => child,
            (None, None, [only]) => *only,
            _ if paths
                .iter()
                .any(|path| self.resolver.drafts.iter().any(|d| d.faulty && d.name.text == path[0].text)) =>
            {
                return Err(Fault::reported());
            }
            _ => {
                let table = name_of(self, self.table);
                let names: Vec<String> =
                    children.iter().map(|&t| format!("`{}`", name_of(self, t))).collect();
                let hint = if names.is_empty() {
                    format!("no table is `per: {table}`")
                } else {
                    format!(
                        "the children of `{table}` are {}, as in `sum({}.column)`",
                        listed(&names),
                        name_of(self, children[0])
                    )
                };
                return Err(Fault::at(span, "a total names the child table it is over").hint(hint));
            }
        };
        let count = self.resolver.count_of(child)?.ok_or_else(Fault::reported)?;
        let child_name = name_of(self, child);
        // `count(lines)` and `count(*)` count rows.
        let counts_rows = argument.is_none()
            || matches!(&paths[..], [path] if path.len() == 1 && path[0].text == child_name);
        if counts_rows {
            if total != Total::Count {
                return Err(
                    Fault::at(span, "this total needs a column").hint(format!("write `{child_name}.column`"))
                );
            }
            let slot = self.slot(Input::Total { child, total: TotalKind::Count, column: None });
            return Ok(Operand::Input { slot, ty: Type::BigInt, nullable: false });
        }
        let Some(argument) = argument else { return Err(Fault::reported()) };
        let parent_name = name_of(self, self.table);
        let mut scope = TableScope {
            resolver: self.resolver,
            table: child,
            child: Some((child_name, parent_name)),
            inputs: Vec::new(),
        };
        let expression = Expression::compile_ast(argument, source, &mut scope)?;
        let inputs = scope.inputs;
        let (ty, may_be_null) = (expression.ty().clone(), expression.nullable());
        let result = total_type(total, &ty).ok_or_else(|| {
            Fault::at(span, format!("`{}` of {ty}", total_name(total)))
                .hint("totals are over numbers; min and max also over dates and instants")
        })?;
        let (expression, ty) = match total {
            // Sums run in the type of the result, so that they cannot overflow earlier.
            Total::Sum | Total::Avg => (expression.cast_to(&result, span)?, result.clone()),
            _ => (expression, ty),
        };
        let name = format!("{}(…) of {}", total_name(total), self.resolver.drafts[self.table].name.text);
        let formula = Formula { expression, inputs };
        let hidden = Column { nullable: may_be_null, ..Column::hidden(name, ty, formula) };
        let column = self.resolver.drafts.add_hidden(child, hidden);
        let slot = self.slot(Input::Total { child, total: total.into(), column: Some(column) });
        let nullable = total != Total::Count && (may_be_null || count.min == 0);
        Ok(Operand::Input { slot, ty: result, nullable })
    }

    fn along(
        &mut self,
        along: Along,
        argument: Option<&ast::Expr>,
        source: &Source,
        span: Span,
    ) -> Result<Operand, Fault> {
        self.read_along(along, argument, source, span)
    }

    fn names(&self) -> Vec<&str> {
        if !self.resolver.faults.may_guess() {
            return Vec::new();
        }
        let drafts = &self.resolver.drafts;
        let own = drafts[self.table].columns.iter();
        let others = drafts.iter().flat_map(|draft| &draft.columns);
        let known = own.chain(others).filter(|column| column.is_known());
        let columns = known.map(|column| column.name.as_str());
        drafts.iter().map(|draft| draft.name.text.as_str()).chain(columns).take(MOST_NAMES).collect()
    }
}

/// The most names that are looked at for a hint.
const MOST_NAMES: usize = 5000;

/// A scope with the one name `made`: the values that a recipe made, before its cast.
pub(crate) struct MadeScope<'t> {
    pub(crate) ty: &'t Type,
}

impl Scope for MadeScope<'_> {
    fn name(&mut self, _: &[Name]) -> Result<Operand, Fault> {
        Ok(Operand::Input { slot: 0, ty: self.ty.clone(), nullable: true })
    }

    fn parameter(&mut self, name: &Name) -> Result<Operand, Fault> {
        Err(Fault::at(name.span, "no parameters here"))
    }

    fn position(&mut self, _: Position, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "no positions here"))
    }

    fn total(&mut self, _: Total, _: Option<&ast::Expr>, _: &Source, span: Span) -> Result<Operand, Fault> {
        Err(Fault::at(span, "no totals here"))
    }

    fn rows(&mut self, table: &Name) -> Result<Operand, Fault> {
        Err(Fault::at(table.span, "no tables here"))
    }
}

pub(super) fn total_name(total: Total) -> &'static str {
    match total {
        Total::Sum => "sum",
        Total::Count => "count",
        Total::Min => "min",
        Total::Max => "max",
        Total::Avg => "avg",
    }
}

/// As PostgreSQL has it, but that sums of integers stay `bigint` and means are `double precision`.
pub(super) fn total_type(total: Total, of: &Type) -> Option<Type> {
    match (total, of) {
        (Total::Count, _) => Some(Type::BigInt),
        (Total::Min | Total::Max, Type::Date | Type::Instant | Type::Timestamp | Type::Time) => {
            Some(of.clone())
        }
        (Total::Min | Total::Max, _) if of.is_number() => Some(of.clone()),
        (Total::Sum, Type::Numeric { scale, .. }) => Some(Type::Numeric { precision: 38, scale: *scale }),
        (Total::Sum, _) if of.is_integer() => Some(Type::BigInt),
        (Total::Sum, Type::Real | Type::Double) => Some(Type::Double),
        (Total::Avg, _) if of.is_number() => Some(Type::Double),
        _ => None,
    }
}
