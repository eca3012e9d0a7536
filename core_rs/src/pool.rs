//! The threads of this process, which everything that takes long shares.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Why a run gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The caller asked to stop.
    Cancelled,
    /// The result would not fit into memory; the bytes that were asked for.
    OutOfMemory(u128),
    /// The thread pool could not be started.
    NoThreads(String),
}

/// The time between two questions to the caller whether to go on.
const POLL: Duration = Duration::from_millis(50);

/// The number of threads to use if at most `asked` are wanted; 0 for all of the pool.
///
/// # Errors
/// If the pool can't be started.
pub(crate) fn threads(asked: usize) -> Result<usize, RunError> {
    let all = pool_threads()?;
    Ok(if asked == 0 { all } else { asked.min(all) })
}

/// Does `work` on `threads` threads of the pool at once. `poll` is called on this thread about twenty
/// times a second; when it returns `false`, `cancel` is set for `work` to see.
///
/// # Errors
/// If stopped, or if there is no thread.
pub(crate) fn on_pool(
    threads: usize,
    cancel: &AtomicBool,
    work: impl Fn() + Sync,
    mut poll: impl FnMut() -> bool,
) -> Result<(), RunError> {
    let running = (Mutex::new(threads), Condvar::new());
    let mut cancelled = false;
    pool()?.in_place_scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| {
                // Counts down even if the work panics, so that the caller is never left waiting.
                let _finished = CountDown(&running);
                work();
            });
        }
        let (left, changed) = &running;
        let mut left = lock(left);
        while *left > 0 {
            left = changed.wait_timeout(left, POLL).unwrap_or_else(PoisonError::into_inner).0;
            if *left > 0 && !cancelled {
                drop(left);
                cancelled = !poll();
                cancel.store(cancelled, Ordering::Relaxed);
                left = lock(&running.0);
            }
        }
    });
    if cancelled { Err(RunError::Cancelled) } else { Ok(()) }
}

/// Threads of the pool that all runs of this process share.
///
/// # Errors
/// If the pool can't be started.
pub fn pool_threads() -> Result<usize, RunError> {
    Ok(pool()?.current_num_threads())
}

/// The pool of this process. Threads do not survive a fork, so a child process gets its own.
pub(crate) fn pool() -> Result<Arc<ThreadPool>, RunError> {
    static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
    let mut slot = lock(&POOL);
    let process = std::process::id();
    if let Some((owner, pool)) = &*slot
        && *owner == process
    {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .thread_name(|i| format!("bucket-brigade-{i}"))
        .build()
        .map_err(|error| RunError::NoThreads(error.to_string()))?;
    let pool = Arc::new(pool);
    // The parent's pool must not be dropped here: that would wait for threads that do not exist.
    std::mem::forget(slot.replace((process, Arc::clone(&pool))));
    Ok(pool)
}

pub(crate) fn zeros<T: Clone + Default>(length: u128) -> Result<Vec<T>, RunError> {
    let too_large = || RunError::OutOfMemory(length * size_of::<T>() as u128);
    let length = usize::try_from(length).map_err(|_| too_large())?;
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(length).map_err(|_| too_large())?;
    zeros.resize(length, T::default());
    Ok(zeros)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a thread out when it is dropped.
struct CountDown<'a>(&'a (Mutex<usize>, Condvar));

impl Drop for CountDown<'_> {
    fn drop(&mut self) {
        *lock(&self.0.0) -= 1;
        self.0.1.notify_one();
    }
}
