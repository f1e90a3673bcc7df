//! The time of a row that counts: between two instants, during some states, on the clock of its local hours.

use arrow::array::ArrayRef;

use super::lifecycle::EachLife;
use super::local::{Clock, Clocks};
use crate::error::{Fault, ValueError};
use crate::ids::{InputId, TableId};
use crate::model::arguments::Arguments;
use crate::model::resolve::Resolver;
use crate::rows::Frame;
use crate::time::lifecycle::Address;
use crate::time::{Intensity, States};

/// The states during which time counts: of the life that an input leads to.
#[derive(Clone, Debug)]
pub(crate) struct During {
    pub(crate) path: InputId,
    pub(crate) states: States,
    /// The last instant at which a life is known.
    pub(crate) as_of: i64,
}

impl During {
    /// The argument `during` over the rows of a table.
    pub(crate) fn read(
        resolver: &mut Resolver,
        t: TableId,
        arguments: &Arguments,
    ) -> Result<Option<Self>, Fault> {
        let Some(text) = arguments.expression("during")? else { return Ok(None) };
        let (path, states) = resolver.states_in(t, &text)?;
        Ok(Some(Self { path, states, as_of: resolver.constants().as_of }))
    }
}

/// The times of rows that count.
pub(super) struct EachCovered<'a> {
    clocks: Clocks<'a>,
    lives: Option<(EachLife, &'a During)>,
}

impl<'a> EachCovered<'a> {
    /// By the local hours with the names of zones, and by the states.
    pub(super) fn of(
        frame: &Frame,
        local: Option<(&'a Intensity, &'a ArrayRef)>,
        during: Option<&'a During>,
    ) -> Result<Self, ValueError> {
        let lives = during.map(|during| Ok((EachLife::of(frame, during.path)?, during))).transpose()?;
        Ok(Self { clocks: Clocks::of(local), lives })
    }

    /// Makes `covered` what counts of a row from one instant up to, not including, another; `false` where the zone is NULL.
    pub(super) fn cover(
        &mut self,
        row: usize,
        from: i64,
        end: i64,
        covered: &mut Covered<'a>,
    ) -> Result<bool, String> {
        let Some(clock) = self.clocks.get(row)? else { return Ok(false) };
        let life = self.lives.as_ref().map(|(lives, during)| (lives.get(row), *during));
        let of = (life.map(|(life, _)| life.address()), from, end);
        // Siblings mostly share it.
        if covered.of == Some(of) && covered.clock.is(&clock) {
            return Ok(true);
        }
        *covered = Covered { clock, of: Some(of), spans: std::mem::take(&mut covered.spans), total: 0.0 };
        covered.spans.clear();
        match life {
            None => covered.push(from, end),
            Some((life, during)) => {
                let end = end.min(during.as_of.saturating_add(1));
                for (entered, left) in life.during(&during.states) {
                    covered.push(entered.max(from), left.min(end));
                }
            }
        }
        Ok(true)
    }
}

/// The time that counts: spans of it, in their order.
pub(super) struct Covered<'a> {
    clock: Clock<'a>,
    /// Of which life, from when on and up to when.
    of: Option<(Option<Address>, i64, i64)>,
    spans: Vec<Span>,
    /// All of it; infinite where it has no end.
    pub(super) total: f64,
}

struct Span {
    /// The first instant, and the one behind the last.
    start: i64,
    end: i64,
    /// What has passed at the first one on the clock, and of the time that counts.
    passed: f64,
    before: f64,
}

impl<'a> Covered<'a> {
    /// Nothing.
    pub(super) fn nothing() -> Self {
        Self { clock: Clock::Plain, of: None, spans: Vec::new(), total: 0.0 }
    }

    fn push(&mut self, start: i64, end: i64) {
        if start < end {
            let passed = self.clock.passed(start);
            self.spans.push(Span { start, end, passed, before: self.total });
            let until = if end == i64::MAX { f64::INFINITY } else { self.clock.passed(end) };
            self.total += until - passed;
        }
    }

    /// How much of it is before an instant.
    pub(super) fn before(&self, instant: i64) -> f64 {
        let Some(span) = self.spans.iter().rev().find(|span| span.start < instant) else { return 0.0 };
        span.before + self.clock.passed(instant.min(span.end)) - span.passed
    }

    /// The instant before which so much of it lies, and the first and the last one of its span; `None` where there is no more of it.
    pub(super) fn instant(&self, passed: f64) -> Option<(i64, i64, i64)> {
        if passed >= self.total {
            return None;
        }
        let span = &self.spans[self.spans.partition_point(|span| span.before <= passed).max(1) - 1];
        let instant = self.clock.instant(span.passed + (passed - span.before));
        Some((instant.clamp(span.start, span.end - 1), span.start, span.end - 1))
    }

    /// The last instant of all; `None` where there is none.
    pub(super) fn last(&self) -> Option<i64> {
        self.spans.last().map(|span| span.end - 1)
    }
}
