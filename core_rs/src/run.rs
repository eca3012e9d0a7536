//! Spreads line-ups × blocks over a thread pool and adds up what comes back.
//!
//! Every sum is one of integers, so the result does not depend on who played which blocks when.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::pool::{RunError, lock, on_pool, threads, zeros};
use crate::simd::SimdPath;
use crate::sliced::{self, BlockRange, Sink};

/// Options of playing a program; none of them changes a result.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads at most; 0 for as many as the pool has. More than that are never used.
    pub threads: usize,
    /// The words to play over.
    pub path: SimdPath,
    /// Whether to keep the counts of every block.
    pub per_block: bool,
}

/// Counts of a run, line-up after line-up.
#[derive(Clone, Debug)]
pub struct EventCounts {
    /// The places of counts.
    pub layout: Layout,
    /// A count vector per line-up: totals over all episodes.
    pub totals: Vec<i64>,
    /// A features × features matrix per line-up: `Σ_b f_b f_bᵀ` over its blocks.
    pub moments: Vec<i64>,
    /// A count vector per line-up and block, if asked for.
    pub blocks: Option<Vec<u32>>,
}

/// Blocks a thread plays before it hands in sums; few enough for threads to end together.
const MOST_BLOCKS: u64 = 2048;

/// Plays a program. `poll` is called on this thread about twenty times a second with the number of
/// blocks done (of line-ups × blocks in all), and stops the run by returning `false`.
///
/// # Errors
/// If stopped, or if there is not enough memory or no thread.
pub fn run(
    program: &Program,
    options: Options,
    mut poll: impl FnMut(u64) -> bool,
) -> Result<EventCounts, RunError> {
    let threads = threads(options.threads)?;
    with_job(program, options.path, threads, options.per_block, |job| {
        let done = || job.done.load(Ordering::Relaxed);
        on_pool(threads, job.cancel, || job.play(), || poll(done()))
    })
}

/// Plays a program on the calling thread alone, without a pool: for counting what it takes.
///
/// # Errors
/// If there is not enough memory.
pub fn run_here(
    program: &Program,
    path: SimdPath,
    per_block: bool,
) -> Result<EventCounts, RunError> {
    with_job(program, path, 1, per_block, |job| {
        job.play();
        Ok(())
    })
}

/// Makes room for the counts of a program, and has `play` fill it.
fn with_job(
    program: &Program,
    path: SimdPath,
    threads: usize,
    per_block: bool,
    play: impl FnOnce(&Job<'_>) -> Result<(), RunError>,
) -> Result<EventCounts, RunError> {
    let layout = program.layout;
    let lineups = program.lineups();
    let blocks = program.blocks();
    let mut per_block = match per_block {
        true => Some(zeros(lineups as u128 * u128::from(blocks) * layout.counts() as u128)?),
        false => None,
    };
    let mut sums = EventCounts {
        layout,
        totals: zeros(lineups as u128 * layout.counts() as u128)?,
        moments: zeros(lineups as u128 * (layout.features() * layout.features()) as u128)?,
        blocks: None,
    };

    let cancel = AtomicBool::new(false);
    let job = Job {
        program,
        path,
        chunk: chunk_size(lineups as u64, blocks, threads, path),
        queue: Mutex::new(Queue { lineup: 0, block: 0, per_block: per_block.as_deref_mut() }),
        sums: Mutex::new(&mut sums),
        cancel: &cancel,
        done: AtomicU64::new(0),
    };
    play(&job)?;
    sums.blocks = per_block;
    Ok(sums)
}

fn chunk_size(lineups: u64, blocks: u64, threads: usize, path: SimdPath) -> u64 {
    // Enough blocks for lanes to be taken up again many times, few enough for all threads to be
    // busy to the end.
    let shared = lineups.saturating_mul(blocks) / (8 * threads as u64);
    shared.clamp(8 * path.words() as u64, MOST_BLOCKS)
}

/// The job that the threads of a run share.
struct Job<'a> {
    program: &'a Program,
    path: SimdPath,
    chunk: u64,
    queue: Mutex<Queue<'a>>,
    sums: Mutex<&'a mut EventCounts>,
    cancel: &'a AtomicBool,
    done: AtomicU64,
}

/// The next blocks to play, and where the counts of blocks still to be played go.
struct Queue<'a> {
    lineup: usize,
    block: u64,
    per_block: Option<&'a mut [u32]>,
}

impl<'a> Job<'a> {
    fn next(&self) -> Option<(BlockRange<'_>, Option<&'a mut [u32]>)> {
        let mut queue = lock(&self.queue);
        if queue.lineup == self.program.lineups() {
            return None;
        }
        let lineup = queue.lineup;
        let start = queue.block;
        let end = self.program.blocks().min(start + self.chunk);
        queue.block = end;
        if end == self.program.blocks() {
            queue.lineup += 1;
            queue.block = 0;
        }
        let length = (end - start) as usize * self.program.layout.counts();
        let out = queue.per_block.take().map(|rest| {
            let (out, rest) = rest.split_at_mut(length);
            queue.per_block = Some(rest);
            out
        });
        let task =
            BlockRange { program: self.program, lineup, blocks: start..end, cancel: self.cancel };
        Some((task, out))
    }

    fn play(&self) {
        let layout = self.program.layout;
        let (c, f) = (layout.counts(), layout.features());
        while let Some((task, out)) = self.next() {
            if self.cancel.load(Ordering::Relaxed) {
                return;
            }
            let lineup = task.lineup;
            let mut sums_here = Sums {
                layout,
                totals: vec![0; c],
                features: vec![0; f],
                moments: vec![0; f * f],
                first_block: task.blocks.start,
                out,
                done: &self.done,
            };
            sliced::play(self.path, &task, &mut sums_here);
            let (totals, moments) = (sums_here.totals, sums_here.moments);
            let mut sums = lock(&self.sums);
            add(&mut sums.totals[lineup * c..][..c], &totals);
            add(&mut sums.moments[lineup * f * f..][..f * f], &moments);
        }
    }
}

/// The sums of one task.
struct Sums<'a> {
    layout: Layout,
    totals: Vec<i64>,
    /// The features of the block at hand.
    features: Vec<u32>,
    moments: Vec<i64>,
    first_block: u64,
    /// Count vectors of the task's blocks, if asked for.
    out: Option<&'a mut [u32]>,
    done: &'a AtomicU64,
}

impl Sink for Sums<'_> {
    #[inline(always)]
    fn finish(&mut self, block: u64, episodes: u32, counts: &[u32]) {
        for (total, &count) in self.totals.iter_mut().zip(counts) {
            *total += i64::from(count);
        }
        self.layout.to_features(episodes, counts, &mut self.features);
        let f = self.features.len();
        for (i, row) in self.moments.chunks_exact_mut(f).enumerate() {
            let x = u64::from(self.features[i]);
            for (moment, &y) in row.iter_mut().zip(&self.features) {
                *moment += (x * u64::from(y)) as i64; // both below 2^32
            }
        }
        if let Some(out) = &mut self.out {
            let at = (block - self.first_block) as usize * counts.len();
            out[at..at + counts.len()].copy_from_slice(counts);
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

fn add(into: &mut [i64], from: &[i64]) {
    for (sum, x) in into.iter_mut().zip(from) {
        *sum += x;
    }
}
