//! Lifecycles and recurrences by their names: which row's they are, and what expressions ask them.

use sqlparser::ast::{self, BinaryOperator, Expr};

use super::resolve::Resolver;
use super::scope::TableScope;
use super::{Column, Count, Hop, Input};
use crate::error::{Fault, did_you_mean, listed};
use crate::expression::{Called, Expression, Name, Operand, Source, parse, path_of};
use crate::generators::{
    Formula, LifeAsked, LifeOf, Made, Over, Recipe, SeriesAsked, SeriesInputs, StepField, Steps, Timeline,
    Which, WhichSteps,
};
use crate::ids::{InputId, TableId};
use crate::scenario::Text;
use crate::time::States;
use crate::time::lifecycle::MOST_STEPS;
use crate::types::Type;

/// What a lifecycle is asked with an instant, beside the fields of the step that holds then.
const OF_LIVES: [&str; 5] = ["at", "state_at", "first", "last", "entered"];
/// What a recurrence is asked.
const OF_SERIES: [&str; 4] = ["at", "before", "last", "next"];

impl Resolver<'_> {
    /// The lifecycle or recurrence that a path names: the way to its row, and what it is. `wanted` are the generators of those that are
    /// offered where there is none of that name.
    pub(crate) fn timeline(
        &mut self,
        t: TableId,
        path: &[Name],
        wanted: &[&str],
    ) -> Result<(Vec<Hop>, Timeline), Fault> {
        let (last, way) = path.split_last().ok_or_else(Fault::reported)?;
        let (hops, table) = self.way_along(t, way)?;
        let column = self.drafts[table].column_named(&last.text);
        if let Some(c) = column
            && let Recipe::Record(record) = &self.settled(table, c)?.recipe
            && let Some(timeline) = record.timeline()
        {
            return Ok((hops, timeline.clone()));
        }
        let fault = Fault::at(
            last.span,
            match column {
                Some(_) => format!("`{}` is no {}", last.text, wanted.join(" or ")),
                None => format!("unknown {} `{}`", wanted.join(" or "), last.text),
            },
        );
        let draft = &self.drafts[table];
        let records: Vec<&str> =
            draft.columns.iter().filter(|c| c.is_made_by(wanted)).map(|c| c.name.as_str()).collect();
        Err(match (did_you_mean(&last.text, records.iter().copied()), &records[..]) {
            (Some(guess), _) => fault.hint(guess),
            (None, []) => fault.hint(format!("`{}` has none under `let`", draft.name.text)),
            (None, known) => fault.hint(format!("`{}` has {}", draft.name.text, listed(known))),
        })
    }

    /// The lifecycle that a path names, as an input of the table.
    pub(crate) fn life(&mut self, t: TableId, path: &[Name]) -> Result<(InputId, LifeOf), Fault> {
        match self.timeline(t, path, &["lifecycle"])? {
            (hops, Timeline::Life(life)) => {
                let input = self.drafts.input(t, Input::Column { hops, column: life.path });
                Ok((input, life))
            }
            _ => {
                let name = &path[path.len() - 1];
                Err(Fault::at(name.span, format!("`{}` is a recurrence and has no states", name.text)))
            }
        }
    }

    /// What `life in (active, paused)` means: the lives, as an input of the table, and the states.
    pub(crate) fn states_in(&mut self, t: TableId, text: &Text) -> Result<(InputId, States), Fault> {
        self.life_and_states(t, text).map(|(input, _, states)| (input, states))
    }

    fn life_and_states(&mut self, t: TableId, text: &Text) -> Result<(InputId, LifeOf, States), Fault> {
        let source = Source { text: &text.text, span: text.span, exact: text.exact };
        let expected = || {
            Fault::at(text.span, "expected a lifecycle and its states")
                .hint("write it as in `life in (active, past_due)`")
        };
        let ast = parse(&source)?;
        let (life, states): (&Expr, Vec<&Expr>) = match &ast {
            Expr::InList { expr, list, negated: false } => (expr, list.iter().collect()),
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => (left, vec![right]),
            _ => return Err(expected()),
        };
        let path = path_of(life, &source).ok_or_else(expected)?;
        let (input, life) = self.life(t, &path)?;
        let states = named_states(&life, &states, &source)?;
        Ok((input, life, states))
    }

    /// The count of a table with a row for each step of a lifecycle of its parent's, or for those into some states.
    pub(super) fn history(
        &mut self,
        t: TableId,
        parent: TableId,
        text: &Text,
        first: bool,
    ) -> Result<Count, Fault> {
        let (path, life, states) = if text.text.contains(|c: char| c.is_whitespace() || c == '=') {
            let (path, life, states) = self.life_and_states(parent, text)?;
            (path, life, Some(states))
        } else {
            let name = Name { text: text.text.clone(), span: text.span };
            let (path, life) = self.life(parent, &[name])?;
            (path, life, None)
        };
        let table = self.drafts[t].name.text.clone();
        let certain = life.certain && states.is_none() && first;
        let which = WhichSteps { states, first };
        let column = Steps { path, which: which.clone() };
        let column = Column::hidden(format!("rows of {table}"), Type::BigInt, column);
        let column = Some(self.drafts.add_hidden(parent, column));
        self.drafts[t].timeline = Some(Timeline::Steps(life, which));
        Ok(Count { column, min: u64::from(certain), max: MOST_STEPS as u64 })
    }

    /// The way to a row by names of columns and tables.
    fn way_along(&mut self, t: TableId, names: &[Name]) -> Result<(Vec<Hop>, TableId), Fault> {
        let (mut hops, mut table) = (Vec::new(), t);
        for (place, name) in names.iter().enumerate() {
            // The row itself, by its table's name.
            if place == 0
                && name.text == self.drafts[t].name.text
                && self.drafts[t].column_named(&name.text).is_none()
            {
                continue;
            }
            let (way, next) = self.way_by(table, name)?;
            hops.extend(way);
            table = next;
        }
        Ok((hops, table))
    }
}

/// The states among some expressions, each a name or a text.
fn named_states(life: &LifeOf, states: &[&Expr], source: &Source) -> Result<States, Fault> {
    let names: Vec<&str> = life.rule.states.iter().map(|state| state.name.as_str()).collect();
    let places = states.iter().map(|expr| {
        let name = match expr {
            Expr::Identifier(name) => name.value.clone(),
            Expr::Value(value) => match &value.value {
                ast::Value::SingleQuotedString(text) => text.clone(),
                other => other.to_string(),
            },
            other => other.to_string(),
        };
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let hint = did_you_mean(&name, names.iter().copied())
                .unwrap_or_else(|| format!("the states are {}", listed(&names)));
            Fault::at(source.span_of(*expr), format!("unknown state `{name}`")).hint(hint)
        })
    });
    Ok(States::of(places.collect::<Result<Vec<usize>, Fault>>()?))
}

impl TableScope<'_, '_> {
    /// The answer to a question, as a hidden column of the table.
    pub(super) fn asked(&mut self, path: &[Name], called: &Called) -> Result<Operand, Fault> {
        let (t, function) = (self.table, called.function);
        let (hops, timeline) = self.resolver.timeline(t, path, &["lifecycle", "recurrence"])?;
        let known: &[&str] = match timeline {
            Timeline::Life(_) => &OF_LIVES,
            Timeline::Series(_) => &OF_SERIES,
            // That of a table is not named.
            Timeline::Steps(..) | Timeline::Rate(_) => &[],
        };
        if !known.contains(&function.text.as_str()) {
            let name = &path[path.len() - 1].text;
            let hint = did_you_mean(&function.text, known.iter().copied()).unwrap_or_else(|| {
                let each: Vec<String> = known.iter().map(|known| format!("`{name}.{known}(…)`")).collect();
                format!("it answers to {}", listed(&each))
            });
            return Err(
                Fault::at(function.span, format!("`{name}` has no function `{}`", function.text)).hint(hint)
            );
        }
        // The same question has the same column. Within a total, the same words mean something else.
        let within = if self.child.is_some() { " in a total" } else { "" };
        let names = path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let arguments = called.arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let field = called.field.map_or(String::new(), |field| format!(".{}", field.text));
        let name = format!("{names}.{}({arguments}){field}{within}", function.text);
        let draft = &self.resolver.drafts()[t];
        if let Some(column) = draft.position(|c| c.name == name && !c.is_known()) {
            let known = self.resolver.settled(t, column)?;
            let (ty, nullable) = (known.ty.clone(), known.nullable);
            let slot = self.slot(Input::Column { hops: Vec::new(), column });
            return Ok(Operand::Input { slot, ty, nullable });
        }
        let made = match timeline {
            Timeline::Life(life) => {
                let input = self.resolver.input(t, Input::Column { hops, column: life.path });
                self.asked_of_life(called, input, &life)?
            }
            Timeline::Steps(..) | Timeline::Rate(_) => return Err(Fault::reported()),
            Timeline::Series(series) => {
                if let Some(field) = called.field {
                    return Err(Fault::at(field.span, format!("an instant has no `{}`", field.text)));
                }
                let series = SeriesInputs::along(self.resolver, t, &hops, &series);
                let (which, wanted) = match function.text.as_str() {
                    "at" => (Which::Number, Type::BigInt),
                    "before" => (Which::Before, Type::Instant),
                    "last" => (Which::Last, Type::Instant),
                    _ => (Which::Next, Type::Instant),
                };
                let argument = self.only(called, &wanted)?;
                SeriesAsked::made(series, which, argument)
            }
        };
        let Made { recipe, ty, nullable, dictionary, .. } = made;
        let column = Column { nullable, dictionary, ..Column::hidden(name, ty.clone(), recipe) };
        let column = self.resolver.add_hidden(t, column);
        let slot = self.slot(Input::Column { hops: Vec::new(), column });
        Ok(Operand::Input { slot, ty, nullable })
    }

    fn asked_of_life(&mut self, called: &Called, input: InputId, life: &LifeOf) -> Result<Made, Fault> {
        let function = called.function.text.as_str();
        let field = match (function, called.field) {
            ("at", Some(field)) => {
                StepField::ALL.iter().find(|(name, _)| *name == field.text).map(|(_, of)| *of).ok_or_else(
                    || {
                        let known = StepField::ALL.map(|(name, _)| name);
                        let hint = did_you_mean(&field.text, known)
                            .unwrap_or_else(|| format!("it has {}", listed(&known)));
                        Fault::at(field.span, format!("a step has no `{}`", field.text)).hint(hint)
                    },
                )?
            }
            ("at", None) => {
                return Err(Fault::at(called.span, "a step is a group of values")
                    .hint("name one of them, as in `life.at(t).until`, or write `life.state_at(t)`"));
            }
            (_, Some(field)) => {
                return Err(Fault::at(field.span, format!("`{function}` gives no group of values"))
                    .hint(format!("leave `.{}` out", field.text)));
            }
            _ => StepField::To,
        };
        let over = match function {
            "first" => Over::First,
            "last" => Over::Last,
            "entered" => Over::Entered,
            _ => return Ok(LifeAsked::at(input, life, field, self.only(called, &Type::Instant)?)),
        };
        if called.arguments.is_empty() {
            return Err(Fault::at(called.span, format!("`{function}` takes states"))
                .hint(format!("as in `{function}({})`", life.rule.states[0].name)));
        }
        Ok(over.made(input, named_states(life, called.arguments, called.source)?))
    }

    /// The only argument of a call.
    fn only(&mut self, called: &Called, ty: &Type) -> Result<Formula, Fault> {
        let [argument] = called.arguments else {
            return Err(Fault::at(called.span, format!("`{}` takes one argument", called.function.text))
                .label(format!("expected {ty}, found {} arguments", called.arguments.len())));
        };
        let mut scope = self.inner();
        let expression = Expression::compile_ast(argument, called.source, &mut scope)?;
        let inputs = scope.inputs;
        Ok(Formula { expression: expression.cast_to(ty, called.source.span_of(*argument))?, inputs })
    }
}
