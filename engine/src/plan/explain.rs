//! A plan prints itself.

use std::fmt::Write;

use super::{Plan, law};
use crate::model::{Column, Hop, Input, Pick, Recipe, Source, Table};

impl Plan {
    /// The plan of all tables, of one table, or of one column, line by line. Names and texts stand in a line as they were written.
    pub fn explain(&self, table: Option<usize>, column: Option<&str>) -> Vec<String> {
        let mut out = Vec::new();
        for (t, each) in
            self.model.tables.iter().enumerate().filter(|(t, _)| table.is_none_or(|only| only == *t))
        {
            if !out.is_empty() {
                out.push(String::new());
            }
            self.explain_table(t, each, column, &mut out);
        }
        out
    }

    fn explain_table(&self, t: usize, table: &Table, only: Option<&str>, out: &mut Vec<String>) {
        let name = &table.name;
        match &table.source {
            Source::Root { rows } => out.push(format!("{name}: {rows} rows")),
            Source::Per { parent, count } => {
                let parent = &self.model.tables[*parent];
                let bounds = match (count.column, count.max) {
                    (None, count) => format!("{count} rows"),
                    (Some(_), most) if most >= 1 << 40 => format!("at least {} rows", count.min),
                    (Some(_), most) => format!("{} to {most} rows", count.min),
                };
                out.push(format!("{name}: {bounds} per row of {}", parent.name));
                if let (Some(column), None) = (count.column, only) {
                    let recipe = self.recipe(*parent_of(table), &parent.columns[column]);
                    out.push(format!("  count = {recipe}"));
                }
            }
        }
        if let (Some(about), None) = (&table.about, only) {
            out.extend(about.lines().map(|line| format!("  {line}")));
        }
        let shown =
            |c: &&Column| only.is_none_or(|name| c.name == name || c.name.starts_with(&format!("{name}.")));
        for column in table.columns.iter().filter(shown) {
            let mut notes = Vec::new();
            if !column.written {
                notes.push("let".to_owned());
            }
            if column.unique {
                notes.push("unique".to_owned());
            }
            if let Some((threshold, _)) = column.null {
                notes.push(format!("{:.4}% null", threshold as f64 / u64::MAX as f64 * 100.0));
            } else if column.nullable {
                notes.push("null possible".to_owned());
            }
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
            out.push(format!("  {} {}{notes} = {}", column.name, column.sql_type(), self.recipe(t, column)));
            if let (Some(about), Some(_)) = (&column.about, only) {
                out.extend(about.lines().map(|line| format!("    {line}")));
            }
        }
        if only.is_none() {
            self.explain_keys(table, out);
        }
    }

    /// What a database is told beside the columns.
    fn explain_keys(&self, table: &Table, out: &mut Vec<String>) {
        let names = |of: &Table, columns: &[usize]| {
            columns.iter().map(|&c| of.columns[c].name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let keys = &table.keys;
        for key in keys.unique_keys() {
            let kind = if keys.primary.as_ref() == Some(key) { "primary key" } else { "unique" };
            let proven = if key.proven { "" } else { ", as the scenario says: only the database checks it" };
            out.push(format!("  {kind} ({}){proven}", names(table, &key.columns)));
        }
        for key in &keys.foreign {
            let target = &self.model.tables[key.target];
            let (own, other) = (names(table, &key.columns), names(target, &key.references));
            let written =
                if key.derived { "" } else { ", as the scenario says: only the database checks it" };
            out.push(format!("  foreign key ({own}) to {} ({other}){written}", target.name));
        }
        for index in &keys.indexes {
            out.push(format!("  index ({})", names(table, &index.columns)));
        }
        for check in &keys.checks {
            out.push(format!("  check ({}), as the scenario says: only the database checks it", check.sql));
        }
        for choice in &keys.choices {
            let column = &table.columns[choice.column];
            let kind = match column.declared() {
                Some(crate::model::Declared::Enum { name: Some(name) }) => format!("enum {name}"),
                _ => "check".to_owned(),
            };
            out.push(format!("  {kind} ({} is one of {})", column.name, choice.labels.join(", ")));
        }
    }

    fn recipe(&self, t: usize, column: &Column) -> String {
        let input = |i: usize| self.input_name(t, &self.model.tables[t].inputs[i]);
        match &column.recipe {
            Recipe::Group => "drawn together".to_owned(),
            Recipe::Formula(formula) => formula.expression.to_string(),
            Recipe::Template { template, .. } => format!("text {template}"),
            Recipe::Literal(values) => format!("literal {}", law::values(&values.0)),
            Recipe::Serial { start, step } => format!("{start} + row × {step}"),
            Recipe::Parent { key } => input(*key),
            Recipe::Reference(reference) => {
                let target = &self.model.tables[reference.target];
                let within = match &reference.within {
                    Some(within) => {
                        format!(" under the same row of {}", self.hops(t, &within.hops).trim_end_matches('.'))
                    }
                    None => String::new(),
                };
                let pick = match &reference.pick {
                    Pick::Random { skew: 0.0, .. } => "any row".to_owned(),
                    Pick::Random { skew, .. } => format!("any row, skew {skew}"),
                    Pick::Distinct { .. } => "a row not yet taken under the parent".to_owned(),
                    Pick::Existing { at, .. } => format!("any row that existed at {}", at.expression),
                };
                format!("{}.{} of {pick}{within}", target.name, target.columns[reference.shown].name)
            }
            Recipe::Uuid4 { .. } => "uuid version 4".to_owned(),
            Recipe::Uuid7 { at, .. } => format!("uuid version 7 at {}", at.expression),
            Recipe::Integer { law, .. } => format!("uniform integer {} to {}", law.low(), law.high()),
            Recipe::UniqueInteger { from, domain, .. } => {
                format!("permutation of {from} to {}", i128::from(*from) + i128::from(*domain) - 1)
            }
            Recipe::Decimal { law, .. } => {
                format!("uniform decimal, last digits {} to {}", law.low(), law.high())
            }
            Recipe::Real { law, bounds, .. } => law::real(law, *bounds),
            Recipe::Discrete { law, bounds, .. } => law::discrete(law, *bounds),
            Recipe::Boolean { threshold, .. } => {
                format!("true for {:.4}%", *threshold as f64 / u64::MAX as f64 * 100.0)
            }
            Recipe::Choose { values, .. } => format!("one of {}", law::values(&values.0)),
            Recipe::Switch { index, cases } => {
                let cases = cases.iter().map(|case| case.map_or("NULL".to_owned(), input));
                format!("case number {} of [{}]", index.expression, cases.collect::<Vec<_>>().join(", "))
            }
            Recipe::Text { law, .. } => match law {
                crate::model::TextLaw::Word(vocabulary) => format!("one of {} words", vocabulary.words.len()),
                crate::model::TextLaw::Words { vocabulary, length, .. } => {
                    format!("{} characters of {} words", law::length(*length), vocabulary.words.len())
                }
                crate::model::TextLaw::Sentence { words } => {
                    format!("a sentence of {} words", law::length(*words))
                }
                crate::model::TextLaw::Paragraph { sentences } => {
                    format!("{} sentences", law::length(*sentences))
                }
                crate::model::TextLaw::Characters { alphabet, length } => {
                    format!("{} of {} characters", law::length(*length), alphabet.len())
                }
                crate::model::TextLaw::Product => "a product".to_owned(),
                crate::model::TextLaw::UserAgent => "a user agent".to_owned(),
            },
            Recipe::Bytes { length, content, .. } => {
                let content = match content {
                    crate::model::BytesContent::Random => "random bytes",
                    crate::model::BytesContent::Text(_) => "bytes of words",
                    crate::model::BytesContent::Zeros => "zeros",
                };
                format!("{} {content}", law::length(*length))
            }
            Recipe::Person { field, locale, .. } => {
                let locale =
                    locale.as_ref().map_or("'en-US'".to_owned(), |locale| locale.expression.to_string());
                format!("{} of a person, locale {locale}", law::person_field(*field))
            }
            Recipe::Place { values, .. } => format!("of a place, one of {}", law::values(&values.0)),
            Recipe::Company { country, .. } => match country {
                Some(country) => format!("a company of country {}", country.expression),
                None => "a company".to_owned(),
            },
            Recipe::Moment { from, to, growth, stratum, .. } => {
                let growth = if growth.rate == 0.0 {
                    String::new()
                } else {
                    let month = libm::expm1(growth.rate * 365.2425 / 12.0 * 86_400e6) * 100.0;
                    format!(", growing {month:.2}% per month")
                };
                let order = if stratum.is_some() { ", rising within the parent" } else { "" };
                format!("an instant from {} to {}{growth}{order}", from.expression, to.expression)
            }
            Recipe::Date { from, to, .. } => format!("a date from {} to {}", from.expression, to.expression),
            Recipe::Json { members } => {
                let members: Vec<String> =
                    members.iter().map(|(name, i)| format!("{name}: {}", input(*i))).collect();
                format!("{{{}}}", members.join(", "))
            }
            Recipe::Array { length, element, .. } => {
                format!("{} of: {}", law::length(*length), self.recipe(t, element))
            }
            Recipe::Count { base, times, min, max } => {
                let times =
                    times.as_ref().map(|times| format!(" × {}", times.expression)).unwrap_or_default();
                let most = if *max >= 1 << 40 { String::new() } else { format!(", at most {max}") };
                let least = if *min == 0 { String::new() } else { format!(", at least {min}") };
                format!("round({}{times}){least}{most}", input(*base))
            }
        }
    }

    fn input_name(&self, t: usize, input: &Input) -> String {
        match input {
            Input::Column { hops, column } => {
                let end = hops.iter().fold(t, |t, hop| self.after(t, *hop));
                format!("{}{}", self.hops(t, hops), self.model.tables[end].columns[*column].name)
            }
            Input::Row => "row_number()".to_owned(),
            Input::Ordinal => "ordinal()".to_owned(),
            Input::Siblings => "siblings()".to_owned(),
            Input::Total { child, total, .. } => {
                format!("{total:?} over {}", self.model.tables[*child].name).to_lowercase()
            }
        }
    }

    fn hops(&self, t: usize, hops: &[Hop]) -> String {
        let (mut out, mut table) = (String::new(), t);
        for hop in hops {
            let next = self.after(table, *hop);
            match hop {
                Hop::Parent => out = format!("{}.", self.model.tables[next].name),
                Hop::Reference(c) => _ = write!(out, "{}.", self.model.tables[table].columns[*c].name),
            }
            table = next;
        }
        out
    }

    /// The table after one step.
    pub(crate) fn after(&self, t: usize, hop: Hop) -> usize {
        match hop {
            Hop::Parent => *parent_of(&self.model.tables[t]),
            Hop::Reference(c) => match &self.model.tables[t].columns[c].recipe {
                Recipe::Reference(reference) => reference.target,
                _ => t,
            },
        }
    }
}

fn parent_of(table: &Table) -> &usize {
    match &table.source {
        Source::Per { parent, .. } => parent,
        // Only child tables have steps to a parent: the resolver made sure.
        Source::Root { .. } => &0,
    }
}
