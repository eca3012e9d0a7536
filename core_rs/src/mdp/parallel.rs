//! The nights of a solution, one after another, each spread over threads.
//!
//! A night has two halves, and the second needs all of the first. Within a half, every task writes
//! numbers of its own, so results do not depend on threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::pool::{RunError, lock, on_pool, threads};

/// Fewer states than this are not worth a second thread.
const FEW_STATES: usize = 2000;

/// What a solution may use, and whether it is to go on.
pub(super) struct Crew<'a> {
    /// How many threads.
    pub threads: usize,
    cancel: &'a AtomicBool,
    done: &'a AtomicU64,
}

impl Crew<'_> {
    /// Whether nobody asked to stop.
    pub fn goes_on(&self) -> bool {
        !self.cancel.load(Ordering::Relaxed)
    }

    /// Tells that another night is done.
    pub fn night_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Does all tasks, in order, each with one of the rooms (one for each thread); leaves the rest
    /// undone when asked to stop.
    pub fn each<R: Send, T: Send>(
        &self,
        rooms: &mut [R],
        tasks: Vec<T>,
        each: impl Fn(&mut R, T) + Sync,
    ) {
        let queue = Mutex::new(tasks.into_iter());
        let work = |room: &mut R| {
            while self.goes_on() {
                let Some(task) = lock(&queue).next() else { return };
                each(room, task);
            }
        };
        let Some((first, others)) = rooms.split_first_mut() else { return };
        if others.is_empty() {
            return work(first);
        }
        rayon::scope(|scope| {
            for room in others {
                scope.spawn(|_| work(room));
            }
            work(first);
        });
    }
}

/// Runs `work` on threads of the pool: `asked` at most (0 for all). `poll` is called about twenty
/// times a second with the number of nights done, and stops everything by returning `false`.
///
/// # Errors
/// If stopped, if `work` gives up, or if there is no thread.
pub(super) fn solve<T: Send>(
    states: usize,
    asked: usize,
    mut poll: impl FnMut(u64) -> bool,
    work: impl Fn(&Crew<'_>) -> Result<T, RunError> + Sync,
) -> Result<T, RunError> {
    let threads = if states < FEW_STATES { 1 } else { threads(asked)? };
    let (cancel, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let found = Mutex::new(None);
    let run = || {
        let crew = Crew { threads, cancel: &cancel, done: &done };
        let result = work(&crew);
        *lock(&found) = Some(result);
    };
    on_pool(1, &cancel, run, || poll(done.load(Ordering::Relaxed)))?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.unwrap_or(Err(RunError::Cancelled))
}

/// Consecutive pieces of a slice, which end at `bounds`.
pub(super) fn pieces<'a, T>(mut slice: &'a mut [T], bounds: &[usize]) -> Vec<&'a mut [T]> {
    let mut pieces = Vec::with_capacity(bounds.len());
    let mut start = 0;
    for &end in bounds {
        let (piece, rest) = slice.split_at_mut(end - start);
        pieces.push(piece);
        (slice, start) = (rest, end);
    }
    pieces
}
