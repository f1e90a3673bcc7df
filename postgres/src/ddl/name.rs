//! Names of constraints and indexes, as the server would choose them.

use std::collections::HashSet;

use super::check_name;
use crate::error::Error;
use crate::sql::MOST_NAME_BYTES;

/// The names that are taken in one schema. Tables, indexes and enums share them with each other, and constraints keep out of the
/// way of all.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Takes a name that the scenario gives.
    pub(super) fn take(&mut self, what: &str, name: &str) -> Result<(), Error> {
        check_name(what, name)?;
        if self.0.insert(name.to_owned()) {
            return Ok(());
        }
        Err(Error::usage(
            format!("the {what} `{name}` would have the name of another table or enum"),
            "tables and enums share their names: choose another one, as in `type: enum(name)`",
        ))
    }

    /// Makes up a name: the table, the columns and what it is, with a number where that is taken.
    pub(super) fn make(&mut self, table: &str, columns: &[String], what: &str) -> String {
        let mut name = joined(table, &columns.join("_"), what);
        let mut number = 0;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = joined(table, &columns.join("_"), &format!("{what}{number}"));
        }
        name
    }
}

/// The parts with underscores between, the longer of the first two cut until they fit.
fn joined(first: &str, second: &str, last: &str) -> String {
    let between = usize::from(!second.is_empty());
    let room = MOST_NAME_BYTES - between - 1 - last.len();
    let (mut first_len, mut second_len) = (first.len(), second.len());
    while first_len + second_len > room {
        if first_len > second_len { first_len -= 1 } else { second_len -= 1 }
    }
    let (first, second) = (cut(first, first_len), cut(second, second_len));
    if between == 1 { format!("{first}_{second}_{last}") } else { format!("{first}_{last}") }
}

/// At most so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_servers() {
        let mut names = Names::default();
        names.take("table", "users").unwrap();
        assert_eq!(names.make("users", &[], "pkey"), "users_pkey");
        assert_eq!(names.make("users", &["email".into()], "key"), "users_email_key");
        assert_eq!(names.make("users", &["a".into(), "b".into()], "idx"), "users_a_b_idx");
        assert_eq!(names.make("users", &["a".into(), "b".into()], "idx"), "users_a_b_idx1");
        assert!(names.take("enum", "users").is_err());
    }

    #[test]
    fn long_names_lose_from_the_longer_part() {
        let (table, column) = ("t".repeat(63), "c".repeat(40));
        let name = joined(&table, &column, "fkey");
        assert_eq!(name, format!("{}_{}_fkey", "t".repeat(29), "c".repeat(28)));
        let name = joined(&"é".repeat(31), &"ü".repeat(31), "key");
        assert!(name.len() <= MOST_NAME_BYTES, "{name}");
        assert_eq!(name, format!("{}_{}_key", "é".repeat(14), "ü".repeat(14)));
    }
}
