//! Intensities: how likely something is at each local hour, weekday, month, and as the years go by.
//!
//! The intensity at an instant is the product of four factors: growth × month × weekday × local hour. An [`Intensity`] draws instants
//! between two bounds by inverting its integral: a table of the days before, and within a day the hours. Growth, month and weekday
//! are those of the local date and constant within it. So the share of a day does not depend on a zone, and one table serves all
//! zones.
//!
//! A local hour that a clock change skips has no weight, and one that comes twice has it twice; the weight of the day is shared among
//! the hours that it has.
//!
//! ```
//! use seedbed_engine::calendar::Zone;
//! use seedbed_engine::time::Intensity;
//!
//! let mut hours = [0.0; 24];
//! hours[9..17].fill(1.0);
//! let intensity = Intensity::new(&hours, &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], &[1.0; 12], 0.0)?;
//! // From noon of Friday, 5 June 2026, to noon of Tuesday, in Tokyo, lie 16 such hours, and noon of Monday is in their middle.
//! let (from, to) = (1_780_628_400_000_000, 1_780_974_000_000_000);
//! let at = intensity.draw(Zone::named("Asia/Tokyo").unwrap(), from, to, 0.5);
//! assert_eq!(at, Some(1_780_887_600_000_000));
//! # Ok::<(), seedbed_engine::random::Invalid>(())
//! ```

use std::sync::Arc;

use crate::calendar::civil::{MICROS_PER_DAY, civil_from_days, days_from_civil, split_micros, weekday};
use crate::calendar::{Fold, Zone};
use crate::random::Invalid;

const MICROS_PER_HOUR: i64 = MICROS_PER_DAY / 24;
/// The days of the table: from 1 January of the first year to 31 December of the year before the last one.
const YEARS: (i32, i32) = (1900, 2200);
/// The steepest growth of the table, as an exponent: e^±600 are doubles with room to spare.
const MOST_GROWTH: f64 = 600.0;

/// How likely instants are.
#[derive(Clone, Debug)]
pub struct Intensity {
    /// Per hour, the share of the day before it, and the whole; the last one is 1.
    hours: [f64; 25],
    /// Per day from the first one, the weight of all days before it, and in the end of all.
    days: Arc<[f64]>,
    /// The first day.
    first: i32,
}

impl Intensity {
    /// By the weights of the 24 hours of a day, of the weekdays from Monday and of the months from January, each 0 or more; and by the
    /// growth, an exponent per day.
    ///
    /// # Errors
    /// Weights that are negative or no numbers, or all 0; growth that is no number.
    pub fn new(
        hours: &[f64; 24],
        weekdays: &[f64; 7],
        months: &[f64; 12],
        growth: f64,
    ) -> Result<Self, Invalid> {
        check("hours", hours)?;
        check("weekdays", weekdays)?;
        check("season", months)?;
        if !growth.is_finite() {
            return Err(Invalid::new("growth", "a finite number", format!("`{growth}`")));
        }
        let (first, last) = (days_from_civil(YEARS.0, 1, 1), days_from_civil(YEARS.1, 1, 1));
        // A day of its own and not `as_of`, so that a later one changes no digit.
        let one = days_from_civil(2025, 1, 1);
        let mut days = Vec::with_capacity((last - first + 1) as usize);
        let mut sum = 0.0;
        for day in first..last {
            days.push(sum);
            let (_, month, _) = civil_from_days(day);
            let exponent = (growth * f64::from(day - one)).clamp(-MOST_GROWTH, MOST_GROWTH);
            let weight = weekdays[weekday(day) as usize - 1] * months[month as usize - 1];
            sum += weight * if growth == 0.0 { 1.0 } else { libm::exp(exponent) };
        }
        days.push(sum);
        let all: f64 = hours.iter().sum();
        let mut shares = [0.0; 25];
        for hour in 0..24 {
            shares[hour + 1] = shares[hour] + hours[hour] / all;
        }
        shares[24] = 1.0;
        Ok(Self { hours: shares, days: days.into(), first })
    }

    /// The bytes of its tables.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.days)
    }

    /// The instant between two others, both included, before which a share of the intensity between them lies; `share` is 0 to 1.
    /// `None` where there is no intensity between them, or they are not between 1900 and 2200.
    pub fn draw(&self, zone: &Zone, from: i64, to: i64, share: f64) -> Option<i64> {
        let (start, end) = (self.before(zone, from)?, self.before(zone, to)?);
        if end <= start {
            return None;
        }
        let wanted = start + share * (end - start);
        // Days without weight have the same sum as the day behind them, which is the one that is meant.
        let [low, high] = [from, to].map(|instant| self.index(zone, instant));
        let (low, high) = (low?, high?);
        let day = low + self.days[low..=high].partition_point(|before| *before <= wanted).max(1) - 1;
        let weight = self.days[day + 1] - self.days[day];
        let within = if weight > 0.0 { ((wanted - self.days[day]) / weight).clamp(0.0, 1.0) } else { 0.0 };
        Some(self.instant(zone, self.first + day as i32, within).clamp(from, to))
    }

    /// Which day of the table an instant lies in.
    fn index(&self, zone: &Zone, instant: i64) -> Option<usize> {
        let (date, _) = split_micros(zone.to_local(instant));
        let index = usize::try_from(i64::from(date) - i64::from(self.first)).ok()?;
        (index + 1 < self.days.len()).then_some(index)
    }

    /// The intensity before an instant.
    fn before(&self, zone: &Zone, instant: i64) -> Option<f64> {
        let index = self.index(zone, instant)?;
        let weight = self.days[index + 1] - self.days[index];
        let (date, time) = split_micros(zone.to_local(instant));
        let within = match Day::of(zone, date) {
            Day::Plain { .. } => self.share(time),
            Day::Changed(pieces) => {
                let all: f64 = pieces.iter().map(|piece| self.of_piece(piece, piece.end)).sum();
                let before =
                    pieces.iter().map(|piece| self.of_piece(piece, instant.clamp(piece.start, piece.end)));
                if all > 0.0 { before.sum::<f64>() / all } else { 0.0 }
            }
        };
        Some(self.days[index] + weight * within)
    }

    /// The share of a day without a change of the clock up to a time of day.
    #[inline]
    fn share(&self, time: i64) -> f64 {
        let hour = (time / MICROS_PER_HOUR) as usize;
        let within = (time % MICROS_PER_HOUR) as f64 / MICROS_PER_HOUR as f64;
        self.hours[hour] + within * (self.hours[hour + 1] - self.hours[hour])
    }

    /// The time of a day without a change of the clock up to which a share of it lies.
    #[inline]
    fn time(&self, share: f64) -> i64 {
        let hour = self.hours[..24].partition_point(|before| *before <= share).max(1) - 1;
        let weight = self.hours[hour + 1] - self.hours[hour];
        let within = if weight > 0.0 { ((share - self.hours[hour]) / weight).min(1.0) } else { 0.0 };
        let time = hour as i64 * MICROS_PER_HOUR + (within * MICROS_PER_HOUR as f64) as i64;
        time.min(MICROS_PER_DAY - 1)
    }

    /// The weight of a piece of a day up to an instant in it.
    fn of_piece(&self, piece: &Piece, until: i64) -> f64 {
        let local = |instant: i64| instant + piece.offset - piece.midnight;
        let share = |time: i64| if time >= MICROS_PER_DAY { 1.0 } else { self.share(time.max(0)) };
        share(local(until)) - share(local(piece.start))
    }

    /// The instant of a local date before which a share of its intensity lies.
    fn instant(&self, zone: &Zone, date: i32, share: f64) -> i64 {
        let pieces = match Day::of(zone, date) {
            Day::Plain { midnight } => return midnight + self.time(share),
            Day::Changed(pieces) => pieces,
        };
        let all: f64 = pieces.iter().map(|piece| self.of_piece(piece, piece.end)).sum();
        let mut wanted = share * all;
        for (i, piece) in pieces.iter().enumerate() {
            let weight = self.of_piece(piece, piece.end);
            if wanted < weight || (i + 1 == pieces.len()) {
                let begun =
                    self.share((piece.start + piece.offset - piece.midnight).clamp(0, MICROS_PER_DAY - 1));
                let time = self.time((begun + wanted).clamp(0.0, 1.0));
                return (piece.midnight + time - piece.offset).clamp(piece.start, piece.end);
            }
            wanted -= weight;
        }
        pieces[0].start
    }
}

/// A local day.
enum Day {
    /// The clock goes on all day: the instant of its midnight.
    Plain { midnight: i64 },
    /// The clock changes: what is before and what is behind that.
    Changed([Piece; 2]),
}

/// A part of a local day in which the clock goes on.
struct Piece {
    /// The first instant, and the one behind the last.
    start: i64,
    end: i64,
    /// East of UTC, in microseconds.
    offset: i64,
    /// The midnight by which the day begins, on the wall.
    midnight: i64,
}

impl Day {
    #[inline]
    fn of(zone: &Zone, date: i32) -> Self {
        let midnight = i64::from(date) * MICROS_PER_DAY;
        // Where midnight comes twice, the day begins with the first; where it is skipped, with what comes after it.
        let start = zone.to_utc(midnight, Fold::Earlier);
        let end = zone.to_utc(midnight + MICROS_PER_DAY, Fold::Earlier);
        let offset = |instant: i64| i64::from(zone.offset_at(instant)) * 1_000_000;
        if end - start == MICROS_PER_DAY && offset(start) == offset(end - 1) {
            return Self::Plain { midnight: start };
        }
        // The first instant with another offset.
        let (before, mut low, mut high) = (offset(start), start, end);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if offset(middle) == before { low = middle } else { high = middle }
        }
        Self::Changed([
            Piece { start, end: high, offset: before, midnight },
            Piece { start: high, end, offset: offset(high), midnight },
        ])
    }
}

fn check(name: &'static str, weights: &[f64]) -> Result<(), Invalid> {
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
        return Err(Invalid::new(name, "weights of 0 or more", format!("`{weight}`")));
    }
    if weights.iter().all(|weight| *weight == 0.0) {
        return Err(Invalid::new(name, "a weight above 0", "only zeros"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
