//! Looks at the values that are for tables of the user's own before any is sent: the server would round or cut some without a
//! word, and others it would refuse after an hour.
//!
//! Only columns that may refuse a value are made, and only for tables that are there: one that seedbed makes takes what the
//! scenario makes.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use seedbed_engine::Plan;

use super::super::table::encoder;
use crate::catalog::ExistingTable;
use crate::ddl::Schema;
use crate::error::Error;
use crate::stop::Stop;

/// Refuses the first value that its column cannot take as it is.
pub(super) fn check(
    plan: &Plan,
    ddl: &Schema,
    existing: &[ExistingTable],
    pool: &rayon::ThreadPool,
    stop: &Stop,
) -> Result<(), Error> {
    for table in &ddl.tables {
        let Some(there) = existing.iter().find(|there| there.name == table.name) else { continue };
        let encoder = encoder(plan, table, there)?;
        let doubtful = encoder.doubtful();
        if doubtful.is_empty() {
            continue;
        }
        let (rows, step) = (plan.rows(table.id)?, plan.rows_per_batch(table.id));
        let check = |batch: u64| -> Result<(), Error> {
            if stop.is_asked() {
                return Err(Error::Interrupted);
            }
            let range = batch * step..rows.min((batch + 1) * step);
            let values = plan.columns(table.id, range.clone(), &doubtful)?;
            encoder.check(&doubtful, &values).or_else(|error| {
                let whole = plan.batch(table.id, range.clone())?;
                Err(encoder.in_row(error, range.start, &whole))
            })
        };
        let first = pool
            .install(|| (0..rows.div_ceil(step)).into_par_iter().find_map_first(|batch| check(batch).err()));
        if let Some(error) = first {
            return Err(error);
        }
    }
    Ok(())
}
