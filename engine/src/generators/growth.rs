//! Growth: how the rate at which things happen changes, such as `6% per month`.

use super::per_time::{per_time, told_growth};
use crate::error::Fault;
use crate::scenario::Node;

/// How a rate grows: by `e^(rate × t)`, t in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// The exponent per microsecond; 0 for even.
    pub(super) rate: f64,
}

/// Even.
pub(super) const EVEN: Growth = Growth { rate: 0.0 };

impl Growth {
    /// A share per time.
    pub(super) fn read(node: &Node) -> Result<Self, Fault> {
        let expected = || {
            Fault::at(node.span, "`growth`: expected a share per time, such as `6% per month`")
                .label(format!("found {}", node.describe()))
                .hint("the units are minute, hour, day, week, month and year")
        };
        let text = node.scalar().ok_or_else(expected)?.text.trim();
        let (share, micros) = per_time(node, text).map_err(|_| expected())?;
        let share: f64 =
            share.trim().strip_suffix('%').and_then(|s| s.trim().parse().ok()).ok_or_else(expected)?;
        if !(share > -100.0 && share <= 10_000.0) {
            return Err(Fault::at(node.span, "`growth`: expected more than -100% and at most 10000%")
                .label(format!("found {share}%")));
        }
        Ok(Self { rate: libm::log1p(share / 100.0) / micros })
    }

    /// In words, behind what grows.
    pub(super) fn told(self) -> String {
        match self.rate {
            0.0 => String::new(),
            rate => format!(", growing {}", told_growth(rate)),
        }
    }

    /// What has passed of a span when a share of all events has.
    pub(super) fn prepared(self) -> impl FnMut(f64, f64) -> f64 {
        // Siblings mostly share their bounds, and with them the growth over the whole span.
        let (mut known, mut grown) = (0.0, 0.0);
        move |share, length| {
            if self.rate == 0.0 {
                return share * length;
            }
            if length != known {
                (known, grown) = (length, libm::expm1(self.rate * length));
            }
            if grown.is_finite() {
                libm::log1p(share * grown) / self.rate
            } else {
                // The same, divided by e^(g L), which is too large a number.
                let shrunk = libm::exp(-self.rate * length);
                length + libm::log(share + (1.0 - share) * shrunk) / self.rate
            }
        }
    }

    /// How much has happened after a time, at a rate of 1 in the beginning.
    pub(super) fn happened(self, time: f64) -> f64 {
        if self.rate == 0.0 { time } else { libm::expm1(self.rate * time) / self.rate }
    }

    /// The time after which so much has happened; infinite where it never has.
    pub(super) fn time(self, happened: f64) -> f64 {
        if self.rate == 0.0 {
            return happened;
        }
        let time = libm::log1p(happened * self.rate) / self.rate;
        // Where a rate falls, there is an end to what happens.
        if time.is_nan() { f64::INFINITY } else { time }
    }
}
