//! What must hold of a referenced row at an instant: the arguments `until` and `while` of `reference`.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::Reading;
use super::lifecycle::EachLife;
use crate::error::{Fault, ValueError};
use crate::ids::{ColumnId, InputId, TableId};
use crate::plan::Plan;
use crate::rows::{Frame, Rows};
use crate::scenario::Key;
use crate::time::States;
use crate::types::Type;

/// What must hold of a row at an instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Still {
    /// The column of its table that tells from when on it is gone; NULL for never.
    pub(crate) until: Option<ColumnId>,
    /// The input of its table with a lifecycle, and the states that it may be in.
    pub(crate) states: Option<(InputId, States)>,
}

impl Still {
    /// The arguments over the rows of a target.
    pub(super) fn read(reading: &mut Reading, target: TableId, to: &Key) -> Result<Self, Fault> {
        let (arguments, resolver) = (reading.arguments, &mut *reading.resolver);
        let until = match arguments.word("until")? {
            None => None,
            Some(key) => {
                let Some(c) = resolver.drafts()[target].column_named(&key.text) else {
                    let draft = &resolver.drafts()[target];
                    let hint = resolver.guess(&key.text, || draft.column_names(), "the columns are");
                    return Err(Fault::at(
                        key.span,
                        format!("unknown column `{}` of `{}`", key.text, to.text),
                    )
                    .maybe_hint(hint));
                };
                let ty = resolver.settled(target, c)?.ty.clone();
                if ty != Type::Instant {
                    return Err(Fault::at(key.span, "`until`: expected a column of instants")
                        .label(format!("`{}` is {ty}", key.text)));
                }
                Some(c)
            }
        };
        let states =
            arguments.expression("while")?.map(|text| resolver.states_in(target, &text)).transpose()?;
        Ok(Self { until, states })
    }

    /// Whether nothing else must hold.
    pub(crate) fn is_empty(&self) -> bool {
        self.until.is_none() && self.states.is_none()
    }

    /// Of rows of the target, each with an instant: for which all holds. What a row does is worked out once.
    pub(crate) fn holds(
        &self,
        plan: &Plan,
        target: TableId,
        asked: &[(u64, i64)],
    ) -> Result<Vec<bool>, ValueError> {
        let mut rows: Vec<u64> = asked.iter().map(|(row, _)| *row).collect();
        rows.sort_unstable();
        rows.dedup();
        let places: Vec<usize> =
            asked.iter().map(|(row, _)| rows.binary_search(row).expect("all are among them")).collect();
        let frame = Frame::new(plan, target, Rows::Picked(rows.into()));
        let mut holds = vec![true; asked.len()];
        if let Some(until) = self.until {
            let until = frame.column(until)?;
            let until = until.as_primitive::<TimestampMicrosecondType>();
            for ((row, (_, at)), holds) in places.iter().zip(asked).zip(&mut holds) {
                *holds = until.is_null(*row) || *at < until.value(*row);
            }
        }
        if let Some((path, states)) = &self.states {
            let lives = EachLife::of(&frame, *path)?;
            for ((row, (_, at)), holds) in
                places.iter().zip(asked).zip(&mut holds).filter(|(_, holds)| **holds)
            {
                let life = lives.get(*row);
                let step = life.holds_at(*at).and_then(|k| life.step(k));
                *holds = step.is_some_and(|step| states.contains(step.state));
            }
        }
        Ok(holds)
    }
}
