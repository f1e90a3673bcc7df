//! Zones by name, for whole columns.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::Int32Type;

use crate::calendar::Zone;

/// The zones of a column of names, each looked up once.
pub(crate) enum Zones<'a> {
    /// Of a dictionary.
    Keyed {
        /// Which entry each row has.
        keys: &'a [i32],
        /// The zones of the entries.
        zones: Vec<Result<&'static Zone, String>>,
    },
    /// Of texts.
    Named {
        /// The names.
        names: &'a StringArray,
        /// Whether one name stands for all rows.
        scalar: bool,
        /// Those looked up so far, and the last one asked for: neighbours mostly share it.
        known: HashMap<&'a str, &'static Zone>,
        last: Option<(&'a str, &'static Zone)>,
    },
}

impl<'a> Zones<'a> {
    /// The zones of names, texts or a dictionary; `scalar` if one name stands for all rows.
    pub(crate) fn of(names: &'a dyn Array, scalar: bool) -> Self {
        if let Some(dictionary) = names.as_dictionary_opt::<Int32Type>() {
            let zones = dictionary.values().as_string::<i32>().iter();
            let zones = zones
                .map(|name| Zone::named(name.unwrap_or_default()).map_err(|unknown| unknown.to_string()));
            return Self::Keyed { keys: dictionary.keys().values(), zones: zones.collect() };
        }
        Self::Named { names: names.as_string(), scalar, known: HashMap::new(), last: None }
    }

    /// The zone of a row whose name is not NULL.
    pub(crate) fn get(&mut self, row: usize) -> Result<&'static Zone, String> {
        match self {
            // Keys are never negative: `DictionaryArray` has checked them.
            Self::Keyed { keys, zones } => zones[keys[row] as usize].clone(),
            Self::Named { names, scalar, known, last } => {
                let name = names.value(if *scalar { 0 } else { row });
                if let Some((_, zone)) = last.filter(|(last, _)| *last == name) {
                    return Ok(zone);
                }
                let zone = match known.get(name) {
                    Some(zone) => *zone,
                    None => {
                        let zone = Zone::named(name).map_err(|unknown| unknown.to_string())?;
                        known.insert(name, zone);
                        zone
                    }
                };
                *last = Some((name, zone));
                Ok(zone)
            }
        }
    }
}
