//! How the server spells values of types that it has a text of its own for: `a=>1` of a `hstore` comes back as `"a"=>"1"`.
//!
//! What a scenario makes is given to the type's input function and read from its output function, as a load and a reader would.
//! The query has it as a literal of the type, so no user-defined cast takes part.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arrow::array::StringArray;

use crate::error::Error;
use crate::session::Session;
use crate::sql::literal;

/// The values of a statement.
const MOST_VALUES: usize = 500;

/// The bytes of the values of a statement, unless one alone is longer.
const MOST_BYTES: usize = 1 << 20;

/// After so many values that are none of their type, those that follow are left as they are: the table holds something else.
const MOST_WRONG: usize = 1_000;

const DOING: &str = "ask for the server's spelling of values";

/// A connection that is asked for spellings. A value that is none of its type must not end a transaction that reads.
pub(super) struct Speller {
    session: Mutex<Session>,
    wrong: Mutex<usize>,
}

impl Speller {
    pub(super) fn new(session: Session) -> Self {
        Self { session: Mutex::new(session), wrong: Mutex::new(0) }
    }

    /// Texts as the server spells them when they are of a type; what is none of it stays as it is.
    pub(super) fn spell(&self, ty: &str, texts: &StringArray) -> Result<StringArray, Error> {
        let mut spelled: BTreeMap<&str, String> = BTreeMap::new();
        let mut different: Vec<&str> = texts.iter().flatten().collect();
        different.sort_unstable();
        different.dedup();
        let mut rest = &different[..];
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |text: &&&str| {
                bytes += text.len();
                bytes <= MOST_BYTES
            };
            let values = rest.iter().take(MOST_VALUES).take_while(fits).count().max(1);
            self.ask(ty, &rest[..values], &mut spelled)?;
            rest = &rest[values..];
        }
        let spelled =
            texts.iter().map(|text| text.map(|text| spelled.get(text).map_or(text, String::as_str)));
        Ok(spelled.collect())
    }

    /// Asks for some values; where one is wrong, for both halves.
    fn ask<'t>(
        &self,
        ty: &str,
        texts: &[&'t str],
        spelled: &mut BTreeMap<&'t str, String>,
    ) -> Result<(), Error> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if *wrong >= MOST_WRONG {
            return Ok(());
        }
        let values = texts.iter().enumerate().map(|(i, text)| format!("({i}, {}::{ty})", literal(text)));
        let query = format!(
            "select v.n, pg_catalog.format('%s', v.x) from (values {}) v(n, x)",
            values.collect::<Vec<_>>().join(", ")
        );
        let answer = self.session.lock().unwrap_or_else(PoisonError::into_inner).rows(DOING, &query);
        match answer {
            Ok(rows) => {
                for row in rows {
                    let text = row.get(0).and_then(|n| texts.get(n.parse::<usize>().ok()?));
                    if let (Some(text), Some(found)) = (text, row.get(1)) {
                        spelled.insert(text, found.to_owned());
                    }
                }
                Ok(())
            }
            Err(error) if error.sqlstate().is_none() => Err(error),
            Err(_) if texts.len() == 1 => {
                *wrong += 1;
                Ok(())
            }
            Err(_) => {
                drop(wrong);
                let (first, second) = texts.split_at(texts.len() / 2);
                self.ask(ty, first, spelled)?;
                self.ask(ty, second, spelled)
            }
        }
    }
}
