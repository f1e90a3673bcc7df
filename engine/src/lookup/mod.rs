//! One row: found by its key, and the rows around it.

mod lives;

pub use lives::{LifeOfRow, LifeStep};

use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use rayon::prelude::*;

use crate::cases::columns_of_key;
use crate::error::ValueError;
use crate::ids::{ColumnId, TableId};
use crate::model::{Hop, Table};
use crate::plan::Plan;
use crate::rows::{Frame, Rows};
use crate::text::{Cells, Meaning};

/// The rows among which a key is searched that does not tell its row.
const MOST_SEARCHED: u64 = 10_000_000;

/// The children that are put in the order of time.
const MOST_SORTED: u64 = 100_000;

/// What came of looking for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The number of its row, from 0.
    Row(u64),
    /// No row has it.
    Nowhere,
    /// None of the first rows has it, and others were not looked at.
    NotAmong(u64),
}

/// The rows that one row leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relatives {
    /// Its parent, the parent's parent, and so on.
    pub ancestors: Vec<(TableId, u64)>,
    /// For each column that is a reference, the table and the row that it refers to, if there is one.
    pub references: Vec<(ColumnId, TableId, Option<u64>)>,
    /// Its rows in each child table.
    pub children: Vec<(TableId, Range<u64>)>,
}

/// Some children, the first in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTime {
    /// The column that tells the time; `None` where no column does, or where there are too many rows: they are in their own order.
    pub by: Option<ColumnId>,
    /// The rows.
    pub rows: Vec<u64>,
}

impl Plan {
    /// The columns of the key by which a row is found: the primary key or another unique one. None where a table has none: a row is
    /// found by its number, from 1.
    pub fn key_columns(&self, table: TableId) -> &[ColumnId] {
        self.model.tables.get(table.index()).map_or(&[], columns_of_key)
    }

    /// Looks for a key, one text for each of its columns, spelled as [`shown`](crate::text::shown) does. Numbers that count the rows
    /// tell their row; other keys are searched among the first ten million rows, with the threads at hand.
    ///
    /// # Errors
    /// A value that cannot be computed, or another number of texts than the key has columns.
    pub fn row_of_key(&self, table: TableId, key: &[&str]) -> Result<Lookup, ValueError> {
        self.check_table(table)?;
        let described = &self.model.tables[table];
        let columns = columns_of_key(described);
        if key.len() != columns.len().max(1) {
            return Err(self.error_of(table, format!("its key has {} columns", columns.len().max(1))));
        }
        let exists = |row: u64| match self.rows_up_to(table, row.saturating_add(1))? > row {
            true => Ok(Lookup::Row(row)),
            false => Ok(Lookup::Nowhere),
        };
        let counting = match columns {
            [] => Some((1, 1)),
            [column] => {
                described.columns[*column].serial().filter(|_| described.columns[*column].null.is_none())
            }
            _ => None,
        };
        if let Some((start, step)) = counting {
            let row = key[0].trim().parse::<i64>().ok().and_then(|value| row_of_serial(value, start, step));
            return row.map_or(Ok(Lookup::Nowhere), exists);
        }
        self.search(table, columns, key)
    }

    fn search(&self, table: TableId, columns: &[ColumnId], key: &[&str]) -> Result<Lookup, ValueError> {
        let rows = self.rows_up_to(table, MOST_SEARCHED + 1)?;
        let searched = rows.min(MOST_SEARCHED);
        let at_once = self.rows_per_batch(table);
        let found = (0..searched.div_ceil(at_once)).into_par_iter().find_map_first(|i| {
            let range = i * at_once..((i + 1) * at_once).min(searched);
            self.row_among(table, range, columns, key).transpose()
        });
        match found.transpose()? {
            Some(row) => Ok(Lookup::Row(row)),
            None if searched < rows => Ok(Lookup::NotAmong(searched)),
            None => Ok(Lookup::Nowhere),
        }
    }

    /// The first of some rows that has a key.
    fn row_among(
        &self,
        table: TableId,
        rows: Range<u64>,
        columns: &[ColumnId],
        key: &[&str],
    ) -> Result<Option<u64>, ValueError> {
        let frame = Frame::new(self, table, Rows::Range(rows.clone()));
        let arrays: Vec<ArrayRef> = columns.iter().map(|&c| frame.column(c)).collect::<Result<_, _>>()?;
        let cells: Vec<Cells> = arrays.iter().map(|array| Cells::new(array, Meaning::Text)).collect();
        let mut text = String::new();
        let has = |row: &u64| {
            let i = (row - rows.start) as usize;
            cells.iter().zip(key).all(|(cells, wanted)| {
                text.clear();
                if !cells.is_null(i) {
                    cells.values().write_sql(i, &mut text);
                }
                !cells.is_null(i) && text == *wanted
            })
        };
        Ok(rows.clone().find(has))
    }

    /// The rows that a row leads to.
    ///
    /// # Errors
    /// A value that cannot be computed, such as a count; a row that is not there.
    pub fn relatives(&self, table: TableId, row: u64) -> Result<Relatives, ValueError> {
        self.check_table(table)?;
        if self.rows_up_to(table, row.saturating_add(1))? <= row {
            return Err(self.error_of(table, format!("there is no row {}", row.saturating_add(1))));
        }
        let mut ancestors = Vec::new();
        let mut below = (table, row);
        while let Some(parent) = self.model.tables[below.0].parent() {
            let family = self.families(below.0, &[below.1])?;
            below = (parent, family[0].parent);
            ancestors.push(below);
        }
        let frame = Frame::new(self, table, Rows::Picked([row].into()));
        let columns = ColumnId::enumerate(&self.model.tables[table].columns);
        let references = columns.filter_map(|(c, column)| Some((c, column.reference()?.target)));
        let references = references.map(|(c, target)| {
            let rows = frame.rows_at(&[Hop::Reference(c)])?;
            Ok((c, target, rows[0]))
        });
        let references = references.collect::<Result<_, ValueError>>()?;
        let children = self.tables().filter(|&child| self.model.tables[child].parent() == Some(table));
        let children = children.map(|child| {
            let siblings = self.children(child, &[row])?;
            Ok((child, siblings[0].start..siblings[0].end))
        });
        let children = children.collect::<Result<_, ValueError>>()?;
        Ok(Relatives { ancestors, references, children })
    }

    /// The first of some rows in the order of the first column that is an instant, a timestamp or a date; rows without one come last.
    ///
    /// # Errors
    /// A value that cannot be computed.
    pub fn first_in_time(&self, table: TableId, rows: Range<u64>, most: u64) -> Result<InTime, ValueError> {
        self.check_table(table)?;
        let own = rows.start..rows.end.min(rows.start.saturating_add(most));
        let by = time_column(&self.model.tables[table]).filter(|_| rows.end - rows.start <= MOST_SORTED);
        let Some(by) = by else { return Ok(InTime { by: None, rows: own.collect() }) };
        let mut order: Vec<(bool, i64, u64)> = Vec::new();
        let step = self.rows_per_batch(table);
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min(start.saturating_add(step));
            let times = Frame::new(self, table, Rows::Range(start..end)).column(by)?;
            let time = |i: usize| match times.data_type() {
                DataType::Date32 => i64::from(times.as_primitive::<Date32Type>().value(i)),
                _ => times.as_primitive::<TimestampMicrosecondType>().value(i),
            };
            order.extend((start..end).enumerate().map(|(i, row)| match times.is_null(i) {
                true => (true, 0, row),
                false => (false, time(i), row),
            }));
            start = end;
        }
        order.sort_unstable();
        let rows = order.into_iter().map(|(.., row)| row).take(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(InTime { by: Some(by), rows: rows.collect() })
    }

    /// A row of a table as a batch of one, unless it takes too much memory.
    ///
    /// # Errors
    /// As [`Plan::batch_to_show`].
    pub fn row_to_show(&self, table: TableId, row: u64) -> Result<RecordBatch, ValueError> {
        self.batch_to_show(table, row..row.saturating_add(1))
    }
}

/// The first written column that tells a time, an instant before all others.
fn time_column(table: &Table) -> Option<ColumnId> {
    let is = |wanted: fn(&DataType) -> bool| {
        table.written_ids().find(move |&c| wanted(&table.columns[c].ty.arrow()))
    };
    is(|ty| matches!(ty, DataType::Timestamp(_, Some(_))))
        .or_else(|| is(|ty| matches!(ty, DataType::Timestamp(_, None))))
        .or_else(|| is(|ty| matches!(ty, DataType::Date32)))
}

/// The row whose number in a series is a value.
fn row_of_serial(value: i64, start: i64, step: i64) -> Option<u64> {
    let distance = i128::from(value) - i128::from(start);
    let step = i128::from(step);
    let counts = step != 0 && distance % step == 0;
    counts.then(|| u64::try_from(distance / step).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    const TEXT: &str = "
as_of: 2026-01-01
tables:
  shops: {rows: 20, columns: {id: {serial: {start: 100, step: -3}}, name: {text: \"shop {id}\", unique: true}}}
  people: {rows: 50000, key: u, columns: {u: uuid}}
  sales:
    per: shops
    count: {poisson: {mean: 30}}
    primary key: [shop_id, n]
    columns:
      shop_id: parent
      n: = ordinal()
      by: {reference: people, null: 20%}
      sold_on: {date: {from: \"date '2025-01-01'\", to: \"date '2025-12-31'\"}, null: 10%}
  notes: {per: sales, count: 1, columns: {t: = 1}}
";

    fn plan() -> Plan {
        Plan::compile(TEXT, &Settings::default()).unwrap()
    }

    /// Every row is found by what the batch shows as its key.
    #[test]
    fn rows_are_found_by_their_keys() {
        let plan = plan();
        for (name, of) in [("shops", &["id"][..]), ("people", &["u"]), ("sales", &["shop_id", "n"])] {
            let table = plan.table(name).unwrap();
            for row in [0, 7, 19] {
                let batch = plan.batch(table, row..row + 1).unwrap();
                let key: Vec<String> = of
                    .iter()
                    .map(|name| crate::text::shown(batch.column_by_name(name).unwrap(), 0))
                    .collect();
                let key: Vec<&str> = key.iter().map(String::as_str).collect();
                assert_eq!(plan.row_of_key(table, &key), Ok(Lookup::Row(row)), "{name} {key:?}");
            }
        }
        let shops = plan.table("shops").unwrap();
        for nowhere in ["101", "99", "103", "40", "x", "", "9999999999999999999", "-9223372036854775808"] {
            assert_eq!(plan.row_of_key(shops, &[nowhere]), Ok(Lookup::Nowhere), "{nowhere}");
        }
        assert_eq!(plan.row_of_key(plan.table("people").unwrap(), &["x"]), Ok(Lookup::Nowhere));
        assert_eq!(plan.row_of_key(plan.table("notes").unwrap(), &["3"]), Ok(Lookup::Row(2)));
        assert!(plan.row_of_key(shops, &["1", "2"]).is_err());
    }

    #[test]
    fn relatives_are_those_that_the_columns_name() {
        let plan = plan();
        let (shops, sales) = (plan.table("shops").unwrap(), plan.table("sales").unwrap());
        let all = plan.batch(sales, 0..plan.rows(sales).unwrap()).unwrap();
        let shown = |c: usize, row: u64| crate::text::shown(all.column(c), row as usize);
        for row in [0, 5, 100, 300] {
            let Relatives { ancestors, references, children } = plan.relatives(sales, row).unwrap();
            let [(table, parent)] = ancestors[..] else { panic!("{ancestors:?}") };
            assert_eq!((table, (100 - 3 * parent as i64).to_string()), (shops, shown(0, row)));
            let [(_, people, person)] = references[..] else { panic!("{references:?}") };
            let key = person
                .map(|person| crate::text::shown(plan.row_to_show(people, person).unwrap().column(0), 0));
            assert_eq!(key.unwrap_or_else(|| "NULL".to_owned()), shown(2, row));
            assert_eq!(children, [(plan.table("notes").unwrap(), row..row + 1)]);
        }
        for shop in 0..20 {
            let children = plan.relatives(shops, shop).unwrap().children;
            let [(_, ref rows)] = children[..] else { panic!("{children:?}") };
            let expected = (0..all.num_rows() as u64)
                .filter(|&row| shown(0, row) == (100 - 3 * shop as i64).to_string());
            assert!(rows.clone().eq(expected), "{shop}: {rows:?}");
            let in_time = plan.first_in_time(sales, rows.clone(), 1000).unwrap();
            let mut sorted: Vec<u64> = rows.clone().collect();
            // "NULL" comes after all digits.
            sorted.sort_by_key(|&row| (shown(3, row), row));
            assert_eq!((in_time.by.map(ColumnId::index), in_time.rows), (Some(3), sorted));
        }
        assert!(plan.relatives(shops, 20).is_err());
    }
}
