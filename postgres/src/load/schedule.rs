//! What is to be done, what may be done already, and who does it: workers take the heaviest task that is ready.
//!
//! A table's rows come first, over one connection or several. When all are in, its statistics are gathered; then its indexes
//! are built, several at a time; then they become keys. When all tables have theirs, foreign keys are added at once and
//! checked table by table.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::stop::Stop;

/// Something that one worker does on its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Fill a table, together with others who have the same task.
    Rows(usize),
    /// Gather the statistics of a table.
    Analyze(usize),
    /// Build an index of a table: the number counts its primary key, unique keys and other indexes.
    Index(usize, usize),
    /// Make indexes into keys and check constraints.
    Constraints(usize),
    /// Add all foreign keys, unchecked.
    ForeignKeys,
    /// Check the foreign keys of a table.
    Validate(usize),
}

/// What has to be done for a table.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// How many connections fill it.
    pub(crate) streams: usize,
    pub(crate) indexes: usize,
    pub(crate) has_constraints: bool,
    pub(crate) has_foreign_keys: bool,
    /// About how many bytes it takes.
    pub(crate) bytes: u64,
}

/// The state of all tasks.
pub(crate) struct Schedule {
    work: Vec<Work>,
    state: Mutex<State>,
    changed: Condvar,
    /// Stops the tasks in progress when another one has failed.
    stop: Stop,
}

struct State {
    /// Tasks that may be done, with their weights.
    ready: Vec<(u64, Task)>,
    /// Tasks that are being done.
    running: usize,
    /// What is left of each table: streams, then indexes.
    streams_left: Vec<usize>,
    indexes_left: Vec<usize>,
    /// Tables that do not have their keys yet.
    tables_left: usize,
    failure: Option<Failure>,
}

/// Why the work is not done to its end.
enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl Schedule {
    pub(crate) fn new(work: Vec<Work>, stop: Stop) -> Self {
        let mut ready = Vec::new();
        for (t, table) in work.iter().enumerate() {
            let weight = table.bytes / table.streams as u64;
            ready.extend((0..table.streams).map(|_| (weight, Task::Rows(t))));
        }
        let state = State {
            ready,
            running: 0,
            streams_left: work.iter().map(|table| table.streams).collect(),
            indexes_left: work.iter().map(|table| table.indexes).collect(),
            tables_left: work.len(),
            failure: None,
        };
        Self { work, state: Mutex::new(state), changed: Condvar::new(), stop }
    }

    /// Takes tasks and does them until none is left or one has failed. Every worker calls this.
    pub(crate) fn work_on(&self, mut perform: impl FnMut(&Task) -> Result<(), Error>) {
        while let Some(task) = self.next() {
            // A worker that is gone must not keep the others waiting for it. Nothing that it leaves half done is used
            // again: all the work ends here.
            let result = catch_unwind(AssertUnwindSafe(|| perform(&task)));
            let mut state = self.lock();
            state.running -= 1;
            match result {
                Ok(Ok(())) => self.done(&mut state, &task),
                Ok(Err(error)) => self.failed(&mut state, Failure::Error(error)),
                Err(panic) => self.failed(&mut state, Failure::Panic(panic)),
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Waits until nothing is left to do, and checks now and then whether it makes sense to go on.
    pub(crate) fn watch(&self, interval: Duration, mut look: impl FnMut() -> Result<(), Error>) {
        let mut state = self.lock();
        while state.failure.is_none() && (state.running > 0 || !state.ready.is_empty()) {
            let waited = self.changed.wait_timeout(state, interval);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if timeout.timed_out() {
                drop(state);
                let looked = look();
                state = self.lock();
                if let Err(error) = looked {
                    self.failed(&mut state, Failure::Error(error));
                    self.changed.notify_all();
                }
            }
        }
    }

    /// How it ended, when all workers are done.
    ///
    /// # Panics
    /// When a worker has.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.failure {
            None => Ok(()),
            Some(Failure::Error(error)) => Err(error),
            Some(Failure::Panic(panic)) => resume_unwind(panic),
        }
    }

    fn failed(&self, state: &mut State, failure: Failure) {
        // Later failures follow from the first.
        state.failure.get_or_insert(failure);
        self.stop.stop();
    }

    /// The heaviest task that is ready; waits while others may still make one ready.
    fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.failure.is_some() {
                return None;
            }
            let heaviest = (0..state.ready.len()).max_by_key(|i| (state.ready[*i].0, std::cmp::Reverse(*i)));
            if let Some(i) = heaviest {
                state.running += 1;
                return Some(state.ready.remove(i).1);
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes ready what was waiting for a task.
    fn done(&self, state: &mut State, task: &Task) {
        match *task {
            Task::Rows(t) => {
                state.streams_left[t] -= 1;
                if state.streams_left[t] == 0 {
                    state.ready.push((self.work[t].bytes, Task::Analyze(t)));
                }
            }
            Task::Analyze(t) => {
                for i in 0..self.work[t].indexes {
                    state.ready.push((self.work[t].bytes, Task::Index(t, i)));
                }
                if self.work[t].indexes == 0 {
                    self.indexed(state, t);
                }
            }
            Task::Index(t, _) => {
                state.indexes_left[t] -= 1;
                if state.indexes_left[t] == 0 {
                    self.indexed(state, t);
                }
            }
            Task::Constraints(_) => self.table_done(state),
            Task::ForeignKeys => {
                let tables = self.work.iter().enumerate().filter(|(_, table)| table.has_foreign_keys);
                state.ready.extend(tables.map(|(t, table)| (table.bytes, Task::Validate(t))));
            }
            Task::Validate(_) => {}
        }
    }

    fn indexed(&self, state: &mut State, t: usize) {
        if self.work[t].has_constraints {
            state.ready.push((self.work[t].bytes, Task::Constraints(t)));
        } else {
            self.table_done(state);
        }
    }

    fn table_done(&self, state: &mut State) {
        state.tables_left -= 1;
        if state.tables_left == 0 && self.work.iter().any(|table| table.has_foreign_keys) {
            state.ready.push((0, Task::ForeignKeys));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(streams: usize, indexes: usize, foreign: bool, bytes: u64) -> Work {
        Work { streams, indexes, has_constraints: indexes > 0, has_foreign_keys: foreign, bytes }
    }

    #[test]
    fn tasks_follow_each_other() {
        let schedule = Schedule::new(vec![table(1, 0, false, 5), table(2, 2, true, 100)], Stop::new());
        let mut done = Vec::new();
        schedule.work_on(|task| {
            done.push(task.clone());
            Ok(())
        });
        let expected = [
            Task::Rows(1),
            Task::Rows(1),
            Task::Analyze(1),
            Task::Index(1, 0),
            Task::Index(1, 1),
            Task::Constraints(1),
            Task::Rows(0),
            Task::Analyze(0),
            Task::ForeignKeys,
            Task::Validate(1),
        ];
        assert_eq!(done, expected);
        assert!(schedule.finish().is_ok());
    }

    #[test]
    fn several_workers_do_every_task_once() {
        let schedule = Schedule::new((0..7).map(|i| table(3, 4, true, i * 10)).collect(), Stop::new());
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    schedule.work_on(|task| {
                        std::thread::yield_now();
                        done.lock().unwrap().push(format!("{task:?}"));
                        Ok(())
                    });
                });
            }
        });
        let mut done = done.into_inner().unwrap();
        assert_eq!(done.len(), 7 * (3 + 1 + 4 + 1 + 1) + 1);
        done.sort();
        done.dedup();
        assert_eq!(done.len(), 7 * 8 + 1);
    }

    #[test]
    fn the_first_failure_stops_all() {
        let stop = Stop::new();
        let schedule = Schedule::new(vec![table(5, 1, true, 1)], stop.clone());
        let mut tries = 0;
        schedule.work_on(|_| {
            tries += 1;
            if tries == 2 { Err(Error::usage("no", "try")) } else { Ok(()) }
        });
        assert_eq!(tries, 2);
        assert!(stop.is_asked());
        assert!(schedule.finish().is_err());
    }

    /// A worker that panicked left the others waiting forever.
    #[test]
    fn a_panic_stops_all_and_reaches_the_waiting_thread() {
        let stop = Stop::new();
        let schedule = Schedule::new(vec![table(1, 0, false, 1)], stop.clone());
        let begun = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                schedule.work_on(|_| {
                    begun.wait();
                    // Time for the other worker to find nothing to do, and to wait.
                    std::thread::sleep(Duration::from_millis(50));
                    panic!("a defect")
                });
            });
            scope.spawn(|| {
                begun.wait();
                schedule.work_on(|task| panic!("{task:?} follows from one that failed"));
            });
        });
        assert!(stop.is_asked());
        let ended = catch_unwind(AssertUnwindSafe(|| schedule.finish()));
        assert_eq!(ended.err().and_then(|panic| panic.downcast_ref().copied()), Some("a defect"));
    }

    #[test]
    fn who_watches_can_end_the_work() {
        let stop = Stop::new();
        let schedule = Schedule::new(vec![table(1, 0, false, 1)], stop.clone());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                schedule.work_on(|_| {
                    while !stop.is_asked() {
                        std::thread::yield_now();
                    }
                    Err(Error::Interrupted)
                });
            });
            schedule.watch(Duration::from_millis(1), || Err(Error::usage("no", "try")));
        });
        assert!(matches!(schedule.finish(), Err(Error::Usage { .. })));
    }

    #[test]
    fn who_watches_ends_with_the_work() {
        let schedule = Schedule::new(vec![table(2, 1, true, 1)], Stop::new());
        std::thread::scope(|scope| {
            scope.spawn(|| schedule.work_on(|_| Ok(())));
            schedule.watch(Duration::from_secs(600), || Err(Error::usage("no", "try")));
        });
        assert!(schedule.finish().is_ok());
    }
}
