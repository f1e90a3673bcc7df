//! Cases and their keys.

use seedbed_engine::cases::{FoundCase, RowKey};
use serde_json::{Value, json};

use crate::output::grid::{Align, Grid, cut};
use crate::output::quantity::count;

/// The keys of a case that are shown, …
const KEYS_SHOWN: usize = 3;
/// … in so many columns of the terminal.
const KEYS_WIDTH: usize = 60;

/// A line per case.
pub(crate) fn lines(cases: &[FoundCase]) -> Vec<String> {
    let mut grid = Grid::new([
        ("case", Align::Left),
        ("table", Align::Left),
        ("rows", Align::Right),
        ("first keys", Align::Left),
    ]);
    for case in cases {
        let mut keys = case.keys.iter().take(KEYS_SHOWN).map(RowKey::to_string).collect::<Vec<_>>().join(" ");
        if case.rows > KEYS_SHOWN as u64 {
            keys += " …";
        }
        grid.row([case.name.clone(), case.table.clone(), count(case.rows), cut(&keys, KEYS_WIDTH)]);
    }
    grid.lines()
}

/// The same as a list of objects.
pub(crate) fn json(cases: &[FoundCase]) -> Value {
    cases
        .iter()
        .map(|case| {
            json!({
                "name": case.name,
                "table": case.table,
                "about": case.about,
                "rows": case.rows,
                "at_least": case.at_least,
                "keys": case.keys.iter().map(object).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// A key as an object. A number with a point or an exponent is text: as a double it could lose digits.
pub(crate) fn object(key: &RowKey) -> Value {
    let member = |(name, value): &(String, String)| {
        let exact = serde_json::from_str::<Value>(value).ok().filter(|value| !value.is_f64());
        (name.clone(), exact.unwrap_or_else(|| Value::from(value.as_str())))
    };
    Value::Object(key.members.iter().map(member).collect())
}
