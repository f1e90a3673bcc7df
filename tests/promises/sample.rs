//! The first rows of every table, as text.

use std::collections::BTreeMap;

use seedbed_engine::{Plan, TableId};
use seedbed_tests::value::{Cell, texts};

/// Type and cells by table and column; what cannot be computed has the words of its error.
pub(crate) type Sample = BTreeMap<(String, String), (String, Vec<Cell>)>;

/// So many rows of every table are compared.
pub(crate) const ROWS: u64 = 5;

/// The first rows of all tables.
pub(crate) fn sample(plan: &Plan) -> Sample {
    let mut found = Sample::new();
    for (t, table) in TableId::enumerate(&plan.model().tables) {
        let batch = plan.batch(t, 0..ROWS);
        for (c, column) in table.written().enumerate() {
            let cells = match &batch {
                Ok(batch) => texts(batch.column(c)),
                Err(error) => vec![Some(error.to_string())],
            };
            found.insert((table.name.clone(), column.name.clone()), (column.ty.to_string(), cells));
        }
    }
    found
}
