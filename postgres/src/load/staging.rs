//! The private schema in which tables are built, and what dead runs have left of theirs.
//!
//! Every connection of a run takes an advisory lock whose number is in the schema's name, the first one before it makes the
//! schema. They share the lock and keep it while they live; the server lets go of it when a connection ends, however it ends.
//! So a schema whose lock can be had alone is a dead run's.

use std::hash::{BuildHasher, RandomState};

use crate::error::Error;
use crate::session::Session;
use crate::sql::{identifier, literal};

/// How names of private schemas begin; 16 hexadecimal digits follow.
const PREFIX: &str = "seedbed_";

/// Tells private schemas from those of users with such a name.
const COMMENT: &str = "a load of seedbed's is under way here";

/// A private schema.
pub(crate) struct Staging {
    pub(crate) name: String,
}

impl Staging {
    /// Makes one, and marks it as alive for as long as the session lasts.
    pub(crate) fn create(session: &Session) -> Result<Self, Error> {
        let (name, number) = random();
        let doing = "create a private schema for the load";
        share_lock(session, doing, number)?;
        let (schema, comment) = (identifier(&name), literal(COMMENT));
        let statements =
            format!("begin; create schema {schema}; comment on schema {schema} is {comment}; commit");
        session.execute(doing, &statements)?;
        Ok(Self { name })
    }

    /// Marks it as alive for as long as another session lasts, too.
    pub(crate) fn share(&self, session: &Session) -> Result<(), Error> {
        let Some(number) = number(&self.name) else { return Ok(()) };
        share_lock(session, "mark the private schema as alive", number)
    }

    /// Removes it with everything in it.
    pub(crate) fn remove(&self, session: &Session) -> Result<(), Error> {
        remove(session, &self.name)
    }
}

/// A name that is not taken, and the number of its lock.
fn random() -> (String, i64) {
    // Randomly seeded by the standard library; it names a schema and decides no data.
    let number = RandomState::new().hash_one(std::process::id());
    (format!("{PREFIX}{number:016x}"), number.cast_signed())
}

/// A name for a schema that is gone before any other session can see it.
pub(crate) fn trial_name() -> String {
    random().0
}

/// Whether a name could be a private schema's.
pub(crate) fn is_private_name(name: &str) -> bool {
    number(name).is_some()
}

/// The private schemas of dead runs that this role may remove.
pub(crate) fn leftovers(session: &Session) -> Result<Vec<String>, Error> {
    let mut dead = Vec::new();
    for name in candidates(session)? {
        if lock(session, &name)? {
            unlock(session, &name)?;
            dead.push(name);
        }
    }
    Ok(dead)
}

/// Removes the private schemas of dead runs, and gives a sentence about each.
pub(crate) fn sweep(session: &Session) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for name in candidates(session)? {
        if !lock(session, &name)? {
            continue;
        }
        notes.push(match remove(session, &name) {
            Ok(()) => format!("removed schema `{name}`, left by a load that did not end"),
            Err(error @ Error::Server { .. }) => {
                format!("schema `{name}`, left by a load that did not end, stays: {error}")
            }
            Err(error) => return Err(error),
        });
        unlock(session, &name)?;
    }
    Ok(notes)
}

/// Private schemas, dead or alive, that this role may remove.
fn candidates(session: &Session) -> Result<Vec<String>, Error> {
    let query = format!(
        "select nspname from pg_catalog.pg_namespace \
         where nspname ~ '^{PREFIX}[0-9a-f]{{16}}$' \
           and pg_catalog.obj_description(oid, 'pg_namespace') = {} \
           and pg_catalog.pg_has_role(nspowner, 'USAGE') order by nspname",
        literal(COMMENT)
    );
    let rows = session.rows("look for what earlier loads have left", &query)?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

fn share_lock(session: &Session, doing: &str, number: i64) -> Result<(), Error> {
    session.rows(doing, &format!("select pg_catalog.pg_advisory_lock_shared({number})")).map(drop)
}

/// Takes the lock alone, if no session has it.
fn lock(session: &Session, name: &str) -> Result<bool, Error> {
    let Some(number) = number(name) else { return Ok(false) };
    let query = format!("select pg_catalog.pg_try_advisory_lock({number})");
    Ok(session.value("look whether a load is alive", &query)?.as_deref() == Some("t"))
}

fn unlock(session: &Session, name: &str) -> Result<(), Error> {
    let Some(number) = number(name) else { return Ok(()) };
    session
        .rows("look whether a load is alive", &format!("select pg_catalog.pg_advisory_unlock({number})"))
        .map(drop)
}

fn remove(session: &Session, name: &str) -> Result<(), Error> {
    session.execute(
        &format!("remove schema `{name}`"),
        &format!("drop schema if exists {} cascade", identifier(name)),
    )
}

/// The number of the lock of a private schema.
fn number(name: &str) -> Option<i64> {
    let digits = name.strip_prefix(PREFIX)?;
    let valid = digits.len() == 16 && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    valid.then(|| u64::from_str_radix(digits, 16).ok().map(u64::cast_signed)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_name_holds_the_number_of_its_lock() {
        assert_eq!(number("seedbed_00000000000000ff"), Some(255));
        assert_eq!(number("seedbed_ffffffffffffffff"), Some(-1));
        for other in ["seedbed_", "seedbed_ff", "seedbed_00000000000000FF", "seedbed_data", "public"] {
            assert!(!is_private_name(other), "{other}");
        }
    }
}
