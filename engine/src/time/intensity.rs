//! Intensities: how likely something is at each local hour, weekday and month.
//!
//! The intensity at an instant is the product of three factors: month × weekday × local hour. Its integral is a clock of its own: it
//! runs fast when much happens and stands still when nothing does, and over the years it keeps pace with other clocks. An
//! [`Intensity`] is that clock on the wall, without a zone; an [`InZone`] is the same for instants. A local hour that a clock change
//! skips is no time on it, and one that comes twice is there twice. To draw an instant between two others, draw a time on that clock
//! between theirs.
//!
//! ```
//! use seedbed_engine::calendar::Zone;
//! use seedbed_engine::time::Intensity;
//!
//! let mut hours = [0.0; 24];
//! hours[9..17].fill(1.0);
//! let intensity = Intensity::new(&hours, &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], &[1.0; 12])?;
//! let tokyo = intensity.in_zone(Zone::named("Asia/Tokyo").unwrap());
//! // From noon of Friday, 5 June 2026, to noon of Tuesday lie 16 such hours, and noon of Monday is in their middle.
//! let (from, to) = (tokyo.passed(1_780_628_400_000_000), tokyo.passed(1_780_974_000_000_000));
//! assert_eq!(tokyo.instant((from + to) / 2.0), 1_780_887_600_000_000);
//! # Ok::<(), seedbed_engine::random::Invalid>(())
//! ```

use std::sync::OnceLock;

use crate::calendar::Zone;
use crate::calendar::civil::{
    MICROS_PER_DAY, civil_from_days, days_from_civil, days_in_month, split_micros, weekday,
};
use crate::random::Invalid;

const MICROS_PER_HOUR: i64 = MICROS_PER_DAY / 24;
/// Microseconds of a day.
const DAY: f64 = MICROS_PER_DAY as f64;
/// The years with hours, weekdays and months: from the first to the one before the second. Outside, all times are alike.
const YEARS: (i32, i32) = (1900, 2200);

/// How likely wall clocks are.
#[derive(Clone, Debug)]
pub struct Intensity {
    /// For each hour, the share of the day before it; and the whole, which is 1.
    hours: [f64; 25],
    /// The weights of the weekdays from Monday, of mean 1.
    weekdays: [f64; 7],
    /// For each weekday, the weights of the days from it on up to each of a week's, added up.
    week_from: [[f64; 7]; 7],
    /// The weights of the months from January, of mean 1.
    months: [f64; 12],
    /// The weight of the days before each month of the years, and in the end of all, in days; 0 at the beginning of 1970.
    before: Box<[f64]>,
    /// The first days of these months, and the one behind the last.
    first_days: Box<[i32]>,
    /// The tables of the zones that were asked for, by their places.
    zones: Box<[OnceLock<Box<Changes>>]>,
}

impl Intensity {
    /// By the weights of the 24 hours of a day, of the weekdays from Monday and of the months from January, each 0 or more.
    ///
    /// # Errors
    /// Weights that are negative or no numbers, or all 0.
    pub fn new(hours: &[f64; 24], weekdays: &[f64; 7], months: &[f64; 12]) -> Result<Self, Invalid> {
        let hours = scaled("hours", hours, &[1.0; 24])?;
        let weekdays = scaled("weekdays", weekdays, &[1.0; 7])?;
        // As many days as the months have over the years.
        let days = [31.0, 28.2425, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0];
        let months = scaled("season", months, &days)?;

        let mut shares = [0.0; 25];
        for hour in 0..24 {
            shares[hour + 1] = shares[hour] + hours[hour] / 24.0;
        }
        shares[24] = 1.0;
        let week_from = std::array::from_fn(|first| {
            let mut sum = 0.0;
            std::array::from_fn(|day| {
                sum += weekdays[(first + day) % 7];
                sum
            })
        });
        let mut intensity = Self {
            hours: shares,
            weekdays,
            week_from,
            months,
            before: Box::default(),
            first_days: Box::default(),
            zones: Box::default(),
        };
        let (mut before, mut first_days, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for year in YEARS.0..YEARS.1 {
            for month in 1..=12 {
                before.push(sum);
                let first = days_from_civil(year, month, 1);
                first_days.push(first);
                sum += months[month as usize - 1]
                    * intensity.days(weekday(first) - 1, days_in_month(year, month));
            }
        }
        before.push(sum);
        first_days.push(days_from_civil(YEARS.1, 1, 1));
        intensity.first_days = first_days.into();
        // Numbers are finest near zero.
        let epoch = before[(1970 - YEARS.0) as usize * 12];
        intensity.before = before.into_iter().map(|before| before - epoch).collect();
        intensity.zones = (0..Zone::COUNT).map(|_| OnceLock::new()).collect();
        Ok(intensity)
    }

    /// The same for the instants of a zone. The first call for a zone builds its table, which takes some microseconds.
    pub fn in_zone(&self, zone: &'static Zone) -> InZone<'_> {
        let changes = self.zones[zone.place()].get_or_init(|| Box::new(Changes::new(self, zone)));
        InZone { intensity: self, zone, changes }
    }

    /// The bytes of its tables.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.before) + size_of_val(&*self.first_days) + size_of_val(&*self.zones)
    }

    /// The weight of some days on end, the first of which is a weekday, counted from 0, Monday.
    #[inline]
    fn days(&self, first: u32, days: u32) -> f64 {
        let rest = (0..days % 7).map(|day| self.weekdays[((first + day) % 7) as usize]);
        f64::from(days / 7) * 7.0 + rest.sum::<f64>()
    }

    /// The time that has passed at a wall clock, in microseconds.
    fn passed(&self, local: i64) -> f64 {
        let (date, time) = split_micros(local);
        let (year, month, day) = civil_from_days(date);
        if !(YEARS.0..YEARS.1).contains(&year) {
            let (edge, before) = self.edge(year < YEARS.0);
            return before + (local - edge) as f64;
        }
        let index = (year - YEARS.0) as usize * 12 + month as usize - 1;
        let first = (weekday(date) + 7 - 1 - (day - 1) % 7) % 7;
        let today = self.weekdays[weekday(date) as usize - 1] * self.share(time);
        (self.before[index] + self.months[month as usize - 1] * (self.days(first, day - 1) + today)) * DAY
    }

    /// The wall clock at which a time has passed. Where that is so for some while, its end.
    fn local(&self, passed: f64) -> i64 {
        let days = passed / DAY;
        let early = days < self.before[0];
        if early || days >= self.before[self.before.len() - 1] {
            let (edge, before) = self.edge(early);
            // The cast saturates.
            return edge.saturating_add((passed - before) as i64);
        }
        let index = self.month(days);
        let (first, length) =
            (self.first_days[index], (self.first_days[index + 1] - self.first_days[index]) as u32);
        let left = (days - self.before[index]) / self.months[index % 12];
        // A week weighs seven days.
        let weeks = ((left / 7.0) as u32).min(length / 7);
        let left = (left - f64::from(weeks * 7)).max(0.0);
        let week = &self.week_from[(weekday(first) - 1) as usize];
        let day = week.iter().filter(|sum| **sum <= left).count();
        if let Some(sum) = week.get(day)
            && weeks * 7 + (day as u32) < length
        {
            let weight = self.weekdays[(weekday(first) as usize - 1 + day) % 7];
            return at(first, weeks * 7 + day as u32, self.time(1.0 - (sum - left) / weight));
        }
        // Rounding can leave a rest: it is the end of the last day that counts, of the week or of the month.
        let end = if day == week.len() { length.min(weeks * 7 + 7) } else { length };
        let counts = |day: &u32| self.weekdays[((weekday(first) - 1 + day) % 7) as usize] > 0.0;
        at(first, (0..end).rev().find(counts).unwrap_or(length - 1), MICROS_PER_DAY - 1)
    }

    /// The month in which so many days have passed.
    #[inline]
    fn month(&self, days: f64) -> usize {
        // Seasons are never far from the mean: a few steps from it are faster than halving.
        let mean = (days * (12.0 / 365.2425)) as i64 + i64::from(1970 - YEARS.0) * 12;
        let mut index = mean.clamp(0, self.before.len() as i64 - 2) as usize;
        while self.before[index] > days {
            index -= 1;
        }
        while self.before[index + 1] <= days {
            index += 1;
        }
        index
    }

    /// A wall clock at an end of the years, and the time that has passed then.
    fn edge(&self, first: bool) -> (i64, f64) {
        let (year, place) = if first { (YEARS.0, 0) } else { (YEARS.1, self.before.len() - 1) };
        (i64::from(days_from_civil(year, 1, 1)) * MICROS_PER_DAY, self.before[place] * DAY)
    }

    /// The share of a day up to a time of it.
    #[inline]
    fn share(&self, time: i64) -> f64 {
        let hour = (time / MICROS_PER_HOUR) as usize;
        let within = (time % MICROS_PER_HOUR) as f64 / MICROS_PER_HOUR as f64;
        self.hours[hour] + within * (self.hours[hour + 1] - self.hours[hour])
    }

    /// The time of a day up to which a share of it lies.
    #[inline]
    fn time(&self, share: f64) -> i64 {
        let hour = self.hours[..24].partition_point(|before| *before <= share).max(1) - 1;
        let weight = self.hours[hour + 1] - self.hours[hour];
        let within = if weight > 0.0 { ((share - self.hours[hour]) / weight).min(1.0) } else { 0.0 };
        // Down, so that nothing is drawn behind the end; but not by what doubles of this size are rounded by.
        let time = hour as i64 * MICROS_PER_HOUR + (within * MICROS_PER_HOUR as f64 + 0.25) as i64;
        time.min(MICROS_PER_DAY - 1)
    }
}

/// A time of the day that is so many days after another.
fn at(first: i32, days: u32, time: i64) -> i64 {
    (i64::from(first) + i64::from(days)) * MICROS_PER_DAY + time
}

/// An intensity for the instants of a zone. Clock changes are known up to the end of 2099.
#[derive(Clone, Copy, Debug)]
pub struct InZone<'i> {
    intensity: &'i Intensity,
    zone: &'static Zone,
    changes: &'i Changes,
}

/// The clock of an intensity between the changes of a zone's.
#[derive(Clone, Debug)]
struct Changes {
    /// Before the first change, and from each one on.
    spans: Box<[Span]>,
    /// The span that begins last before each bucket of what has passed, so that a search starts where it ends.
    of_bucket: Box<[u16]>,
}

/// A time in which the clock is not changed.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The first instant.
    start: i64,
    /// What has passed then.
    passed: f64,
    /// East of UTC, in microseconds.
    offset: i64,
    /// What has passed at an instant, beyond what has passed on the wall.
    correction: f64,
}

/// A bucket is 2^41 microseconds, 25 days: hardly ever more than one change.
const BUCKET_BITS: u32 = 41;

/// The bucket of what has passed. The years before the first are all in the first one.
#[inline]
fn bucket(passed: f64) -> usize {
    // The cast saturates.
    let since = (passed as i64).saturating_add((1970 - YEARS.0 as i64) * 366 * MICROS_PER_DAY);
    (since.max(0) >> BUCKET_BITS) as usize
}

impl Changes {
    fn new(intensity: &Intensity, zone: &Zone) -> Self {
        let micros = |seconds: i32| i64::from(seconds) * 1_000_000;
        let transitions = zone.transitions();
        let mut spans = Vec::with_capacity(transitions.len() + 1);
        let (mut correction, mut offset) = (0.0, micros(zone.offset_at(i64::MIN / 2)));
        spans.push(Span { start: i64::MIN, passed: f64::NEG_INFINITY, offset, correction });
        for change in transitions {
            // The clock goes on where it stands, whatever the hands do.
            let passed = intensity.passed(change.at + offset) + correction;
            offset = micros(change.after);
            correction = passed - intensity.passed(change.at + offset);
            spans.push(Span { start: change.at, passed, offset, correction });
        }
        let mut of_bucket = vec![0];
        for (place, span) in spans.iter().enumerate().skip(1) {
            // Buckets behind that of its beginning begin within it, or in a later span.
            of_bucket.resize(bucket(span.passed).max(of_bucket.len() - 1) + 1, place as u16 - 1);
        }
        of_bucket.push(spans.len() as u16 - 1);
        Self { spans: spans.into(), of_bucket: of_bucket.into() }
    }

    /// The span in which so much has passed: the last one that begins with no more.
    #[inline]
    fn span(&self, passed: f64) -> usize {
        let mut place = usize::from(self.of_bucket[bucket(passed).min(self.of_bucket.len() - 1)]);
        while self.spans.get(place + 1).is_some_and(|next| next.passed <= passed) {
            place += 1;
        }
        place
    }
}

impl InZone<'_> {
    /// The zone.
    #[inline]
    pub fn zone(&self) -> &'static Zone {
        self.zone
    }

    /// The time that has passed at an instant, in microseconds; never falls when the instant rises.
    #[inline]
    pub fn passed(&self, instant: i64) -> f64 {
        let span = self.changes.spans[self.zone.changes_up_to(instant)];
        self.intensity.passed(instant.saturating_add(span.offset)) + span.correction
    }

    /// The instant at which a time has passed. Where that is so for some while, its end.
    #[inline]
    pub fn instant(&self, passed: f64) -> i64 {
        let place = self.changes.span(passed);
        let span = self.changes.spans[place];
        let end = self.changes.spans.get(place + 1).map_or(i64::MAX, |next| next.start);
        let instant = self.intensity.local(passed - span.correction).saturating_sub(span.offset);
        instant.clamp(span.start, end)
    }
}

/// Weights brought to a mean of 1, where each stands for so many.
fn scaled<const N: usize>(
    name: &'static str,
    weights: &[f64; N],
    times: &[f64; N],
) -> Result<[f64; N], Invalid> {
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
        return Err(Invalid::new(name, "weights of 0 or more", format!("`{weight}`")));
    }
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    if greatest == 0.0 {
        return Err(Invalid::new(name, "a weight above 0", "only zeros"));
    }
    // Divided by the greatest first, so that no sum overflows.
    let weights = weights.map(|weight| weight / greatest);
    let sum: f64 = weights.iter().zip(times).map(|(weight, times)| weight * times).sum();
    let mean = sum / times.iter().sum::<f64>();
    Ok(weights.map(|weight| weight / mean))
}

#[cfg(test)]
mod tests;
