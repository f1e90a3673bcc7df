//! Poisson processes: how often something happens that happens at a rate, and when.
//!
//! The time of a [`Process`] is what is expected up to an instant: a time of 12 is when 12 are expected. It is cut into cells of a few,
//! and each cell has a number and places by words of its own. So what has happened before an instant does not depend on what comes
//! later, and any cell is known alone; the number before an instant is a sum over the cells up to it.

use std::sync::{Arc, Mutex};

use crate::random::{Poisson, Trickle, unit};

/// How many are expected in a cell.
const PER_CELL: f64 = 4.0;
/// The most that a cell can hold, which is beyond every draw.
const MOST_IN_CELL: usize = 64;
/// So many cells apart, the number before a cell is remembered.
const CELLS_PER_MARK: u64 = 256;
/// Marks of a process that has as many are kept for those who look at it later: the last so many processes.
const LONG: usize = 64;
const MOST_KEPT: usize = 32;

/// How the times of all processes are drawn.
#[derive(Debug)]
pub struct Process {
    law: Poisson,
    /// The marks of long processes, by their words.
    kept: Mutex<Vec<(u64, Arc<[u64]>)>>,
}

/// The times of one process.
#[derive(Clone, Debug)]
pub struct Times<'p> {
    process: &'p Process,
    word: u64,
    /// The cell that was looked at last, and how many are before it.
    cell: u64,
    before: u64,
    /// How many are before every 256th cell, from the 256th on, as far as they have been counted.
    marks: Vec<u64>,
    /// A cell whose places are known.
    known: Option<(u64, Places)>,
}

impl Process {
    /// The one way.
    ///
    /// # Panics
    /// Never: the law of a small mean exists.
    pub fn new() -> Self {
        let law = Poisson::new(PER_CELL).expect("the mean is small and above 0");
        Self { law, kept: Mutex::default() }
    }

    /// The times that a random word stands for.
    pub fn times(&self, word: u64) -> Times<'_> {
        Times { process: self, word, cell: 0, before: 0, marks: Vec::new(), known: None }
    }

    /// What is known of a long process. It follows from the word, so it does not matter who counted.
    fn kept(&self, word: u64) -> Option<Arc<[u64]>> {
        let kept = self.kept.lock().ok()?;
        kept.iter().find(|(known, _)| *known == word).map(|(_, marks)| marks.clone())
    }

    fn keep(&self, word: u64, marks: &[u64]) {
        let Ok(mut kept) = self.kept.lock() else { return };
        match kept.iter_mut().find(|(known, _)| *known == word) {
            Some((_, known)) if known.len() >= marks.len() => {}
            Some((_, known)) => *known = marks.into(),
            None => {
                if kept.len() == MOST_KEPT {
                    kept.remove(0);
                }
                kept.push((word, marks.into()));
            }
        }
    }
}

impl Default for Process {
    fn default() -> Self {
        Self::new()
    }
}

impl Times<'_> {
    /// How many are before a time, which is up to 2^53 or so; `None` where that is more than `most` cells away.
    pub fn before(&mut self, time: f64, most: u64) -> Option<u64> {
        if time.is_nan() || time <= 0.0 {
            return Some(0);
        }
        // The cast saturates.
        let cell = (time / PER_CELL) as u64;
        if cell > most {
            return None;
        }
        if cell < self.cell || cell - self.cell > CELLS_PER_MARK {
            self.recall(cell);
            self.go_to_mark(cell / CELLS_PER_MARK, cell < self.cell);
        }
        let marks = self.marks.len();
        while self.cell < cell {
            self.pass(self.in_cell(self.cell));
        }
        self.tell(marks);
        let within = time - cell as f64 * PER_CELL;
        let earlier = self.places(cell).iter().filter(|place| **place < within).count() as u64;
        Some(self.before + earlier)
    }

    /// The time of the `k`-th, counted from 0.
    pub fn nth(&mut self, k: u64) -> f64 {
        if k < self.before || k - self.before > CELLS_PER_MARK * PER_CELL as u64 {
            self.recall(k / PER_CELL as u64);
            let mark = self.marks.partition_point(|before| *before <= k);
            self.go_to_mark(mark as u64, k < self.before);
        }
        let marks = self.marks.len();
        loop {
            let (cell, before) = (self.cell, self.before);
            let count = match &self.known {
                Some((known, places)) if *known == cell => places.count as u64,
                _ => self.in_cell(cell),
            };
            if k < before + count {
                self.tell(marks);
                return cell as f64 * PER_CELL + self.places(cell)[(k - before) as usize];
            }
            self.pass(count);
        }
    }

    /// Takes over what others know, where a cell is far behind the marks.
    fn recall(&mut self, cell: u64) {
        if cell / CELLS_PER_MARK > (self.marks.len() + LONG) as u64
            && let Some(kept) = self.process.kept(self.word)
            && kept.len() > self.marks.len()
        {
            self.marks = kept.to_vec();
        }
    }

    /// Lets others know the marks, where many are new.
    fn tell(&self, known: usize) {
        if self.marks.len() > known + LONG {
            self.process.keep(self.word, &self.marks);
        }
    }

    /// Goes to the cell of a mark, or of the last one before it: back, or else forward if it is ahead.
    fn go_to_mark(&mut self, mark: u64, back: bool) {
        let mark = (mark as usize).min(self.marks.len());
        let before = mark.checked_sub(1).map_or(0, |place| self.marks[place]);
        let cell = mark as u64 * CELLS_PER_MARK;
        if back || cell > self.cell {
            (self.cell, self.before) = (cell, before);
        }
    }

    /// Goes on to the next cell, behind so many of this one.
    #[inline]
    fn pass(&mut self, count: u64) {
        self.before += count;
        self.cell += 1;
        if self.cell == (self.marks.len() as u64 + 1) * CELLS_PER_MARK {
            self.marks.push(self.before);
        }
    }

    /// How many are in a cell.
    #[inline]
    fn in_cell(&self, cell: u64) -> u64 {
        self.process.law.sample(self.of_cell(cell)).min(MOST_IN_CELL as u64)
    }

    fn of_cell(&self, cell: u64) -> u64 {
        Trickle::new(self.word).nth(cell)
    }

    /// Where they are in it, rising.
    fn places(&mut self, cell: u64) -> &[f64] {
        if self.known.as_ref().is_none_or(|(known, _)| *known != cell) {
            let count = self.in_cell(cell) as usize;
            // The number took the word itself, the places take what follows from another.
            let mut words = Trickle::new(!self.of_cell(cell));
            let mut places = Places { places: [0.0; MOST_IN_CELL], count };
            places.places[..count].fill_with(|| unit(words.next()) * PER_CELL);
            places.places[..count].sort_unstable_by(f64::total_cmp);
            self.known = Some((cell, places));
        }
        self.known.as_ref().map_or(&[], |(_, places)| &places.places[..places.count])
    }
}

/// Some places in a cell.
#[derive(Clone, Debug)]
struct Places {
    places: [f64; MOST_IN_CELL],
    count: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::goodness;

    #[test]
    fn counts_and_places_agree() {
        let process = Process::new();
        for word in 0..50 {
            let mut times = process.times(word);
            let all: Vec<f64> = (0..200).map(|k| times.nth(k)).collect();
            assert!(all.is_sorted());
            for (k, at) in all.iter().enumerate().step_by(7) {
                assert_eq!(process.times(word).nth(k as u64).to_bits(), at.to_bits(), "any alone");
                assert_eq!(times.before(at - 1e-9, u64::MAX), Some(k as u64));
                assert_eq!(times.before(at + 1e-9, u64::MAX), Some(k as u64 + 1));
            }
        }
        assert_eq!(process.times(1).before(1e9, 1000), None);
        // Far ahead and back, with what others have counted and without.
        let (mut marked, process) = (process.times(1), Process::new());
        let far = marked.before(400_000.0, u64::MAX).unwrap();
        let counted = (0..100_000).map(|cell| process.times(1).in_cell(cell)).sum::<u64>();
        assert_eq!(far, counted);
        for k in [far - 1, 5, far / 2, far / 2 + 1, 9000, far / 3] {
            let at = process.times(1).nth(k).to_bits();
            assert_eq!([marked.nth(k).to_bits(), marked.process.times(1).nth(k).to_bits()], [at; 2]);
        }
        assert_eq!(process.times(1).before(f64::NAN, 1000), Some(0));
    }

    /// The witness is the law: gaps are exponential of mean 1, counts in any stretch Poisson.
    #[test]
    fn gaps_are_exponential_and_stretches_poisson() {
        let process = Process::new();
        let mut gaps = Vec::new();
        let mut counts = [0u64; 9];
        for word in goodness::words("process", 2000) {
            let mut times = process.times(word);
            let before = [3.3, 5.5].map(|time| times.before(time, u64::MAX).unwrap());
            counts[((before[1] - before[0]) as usize).min(8)] += 1;
            let all: Vec<f64> = (0..20).map(|k| times.nth(k)).collect();
            gaps.extend(all.windows(2).map(|pair| pair[1] - pair[0]));
        }
        goodness::assert_continuous(gaps, |gap| 1.0 - (-gap).exp());
        let mut probabilities = [0.0; 9];
        let mut chance = (-2.2f64).exp();
        for (count, probability) in probabilities.iter_mut().enumerate().take(8) {
            *probability = chance;
            chance *= 2.2 / (count + 1) as f64;
        }
        probabilities[8] = 1.0 - probabilities.iter().sum::<f64>();
        goodness::assert_discrete(&counts, &probabilities);
    }
}
