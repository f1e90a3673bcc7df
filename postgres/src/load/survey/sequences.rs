//! Whether sequences of columns that are there can be set past the last value.

use seedbed_engine::Plan;

use super::super::table::serial_range;
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::session::Session;
use crate::sql::{literal, qualified};

/// Refuses sequences that this role may not set, and those that end before the last number of the scenario.
pub(super) fn check(
    session: &Session,
    plan: &Plan,
    ddl: &Schema,
    existing: &[ExistingTable],
    schema: &str,
) -> Result<(), Error> {
    let (mut asked, mut columns) = (Vec::new(), Vec::new());
    for table in &ddl.tables {
        let Some(there) = existing.iter().find(|there| there.name == table.name) else { continue };
        for column in there.columns.iter().filter(|column| column.has_sequence) {
            let mut written = plan.model().tables[table.id].written();
            let Some(written) = written.find(|written| written.name == column.name) else { continue };
            let name = literal(&qualified(schema, &table.name));
            asked.push(format!("({}, {name}, {})", columns.len(), literal(&column.name)));
            columns.push((table, written));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let query = format!(
        "select q.seqrelid::pg_catalog.regclass, pg_catalog.has_sequence_privilege(q.seqrelid, 'UPDATE') \
           and pg_catalog.has_sequence_privilege(q.seqrelid, 'SELECT, USAGE'), q.seqincrement > 0, q.seqmin, q.seqmax, asked.n \
         from (values {}) asked(n, of_table, of_column) join pg_catalog.pg_sequence q \
           on q.seqrelid = pg_catalog.pg_get_serial_sequence(asked.of_table, asked.of_column)::pg_catalog.regclass order by asked.n",
        asked.join(", ")
    );
    for row in session.rows("look at the sequences of columns", &query)? {
        let Some((table, written)) = row.get(5).and_then(|n| columns.get(n.parse::<usize>().ok()?)) else {
            continue;
        };
        let name = row.get(0).unwrap_or_default();
        let what = format!("sequence {name} of column `{}.{}`", table.name, written.name);
        if row.get(1) != Some("t") {
            let hint = format!("the owner can allow it: grant update, usage on sequence {name} to …");
            return Err(Error::usage(format!("this role may not set {what}"), hint));
        }
        let Some((start, step)) = written.serial() else { continue };
        let Some((lowest, highest)) = serial_range(plan, table.id, start, step)? else { continue };
        let number = |i| row.get(i).and_then(|text: &str| text.parse::<i64>().ok());
        let (bound, word, last) = match row.get(2) {
            Some("t") => (number(4).filter(|most| *most < highest), "maxvalue", highest),
            _ => (number(3).filter(|least| *least > lowest), "minvalue", lowest),
        };
        if let Some(bound) = bound {
            let message = format!("{what} ends at {bound}, and the scenario's last number is {last}");
            return Err(Error::usage(message, format!("alter sequence {name} {word} …")));
        }
    }
    Ok(())
}
