//! A vector of blocks that are taken up one after another: as soon as the last episode of a block
//! is over, its lane takes the next block, so that short blocks never wait for long ones.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::draw::{Ladder, Rows, SeatRows, quads_of};
use super::night::{HOUSES, Ring, Rules, Tally, Workspace, play_night};
use super::stream::Stream;
use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::random::address::{self, SLOT_MIXTURE};
use crate::simd::SimdPath;
use crate::simd::dispatch::WordKernel;
use crate::simd::words::Words;

/// Some blocks of one line-up.
pub struct BlockRange<'a> {
    /// What to play.
    pub program: &'a Program,
    /// Which line-up.
    pub lineup: usize,
    /// Which blocks, numbered from the program's first.
    pub blocks: Range<u64>,
    /// Set from outside to stop early.
    pub cancel: &'a AtomicBool,
}

/// What becomes of finished blocks, which come in no particular order.
pub trait Sink {
    /// Takes the counts of a block, by its number from the program's first. Implementations should
    /// be `inline(always)`, to be compiled with the instructions of the words.
    fn finish(&mut self, block: u64, episodes: u32, counts: &[u32]);
}

/// Plays blocks over the words of a path into a sink. When cancelled, blocks are left out.
///
/// # Panics
/// If the path is not available here.
pub fn play(path: SimdPath, blocks: &BlockRange<'_>, sink: &mut impl Sink) {
    path.run(Play { blocks, sink });
}

struct Play<'a, S> {
    blocks: &'a BlockRange<'a>,
    sink: &'a mut S,
}

impl<S: Sink> WordKernel for Play<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<W: Words>(self) {
        play_blocks::<W>(self.blocks, self.sink);
    }
}

#[inline(always)]
fn play_blocks<W: Words>(task: &BlockRange<'_>, sink: &mut impl Sink) {
    let program = task.program;
    let layout = program.layout;
    let rules = Rules::<W>::new(program);
    let mut seats = Seats::new(program, task.lineup);
    let mut stream = Stream::<W>::new(address::key(program.episodes.seed));
    let mut ring = Ring {
        active: W::zero(),
        burning: [W::zero(); HOUSES],
        ruined: [W::zero(); HOUSES],
        night: W::zero(),
        may_end: W::zero(),
    };
    let mut tally = Box::new(Tally::new());
    let mut work = Box::new(Workspace::new());
    let mut counts = vec![0u32; layout.counts()];

    let mut queue = Queue::new(task);
    let mut playing = vec![0u64; W::LANES];
    let mut occupied = 0u32;
    loop {
        // Lanes whose block is done, and at the start all of them.
        let mut idle = !ring.active.nonzero() & (u32::MAX >> (32 - W::LANES));
        while idle != 0 {
            let lane = idle.trailing_zeros() as usize;
            idle &= idle - 1;
            if occupied >> lane & 1 == 1 {
                take_counts(&mut tally, layout, lane, &mut counts);
                sink.finish(playing[lane], program.lanes(playing[lane]).count_ones(), &counts);
                occupied &= !(1 << lane);
            }
            if let Some((from, block)) = queue.next(&rules, &seats) {
                playing[lane] = block;
                occupied |= 1 << lane;
                queue.stream.copy_lane(from, &mut stream, lane);
                ring.active.set(lane, queue.lanes.get(from));
                for h in 0..layout.houses {
                    ring.burning[h].set(lane, queue.burning[h].get(from));
                    ring.ruined[h].set(lane, 0);
                }
                ring.night.set(lane, 0);
                ring.may_end.set(lane, 0);
                seats.take_up(lane, &queue.chosen, from);
            }
        }
        if occupied == 0 || task.cancel.load(Ordering::Relaxed) {
            return;
        }
        stream.next_tick();
        #[cfg(feature = "count-calls")]
        super::calls::GROUP_NIGHTS.fetch_add(1, Ordering::Relaxed);
        play_night(&rules, &seats.rows, &stream, &mut ring, &mut tally, &mut work);
    }
}

/// Moves what was counted in one lane into a count vector, and starts the lane afresh.
#[inline(always)]
fn take_counts<W: Words>(tally: &mut Tally<W>, layout: Layout, lane: usize, counts: &mut [u32]) {
    let nights = take(&mut tally.nights, lane);
    counts[Layout::NIGHTS] = nights;
    for a in 0..layout.agents {
        counts[layout.worked() + a] = take(&mut tally.worked[a], lane);
    }
    for h in 0..layout.houses {
        let ruined = take(&mut tally.ruined[h], lane);
        counts[layout.safe() + h] = nights - ruined - take(&mut tally.burning[h], lane);
        counts[layout.ruined() + h] = ruined;
        counts[layout.saved() + h] = take(&mut tally.saved[h], lane);
    }
    for (kind, counter) in tally.ended.iter_mut().enumerate() {
        counts[layout.ended() + kind] = take(counter, lane);
    }
}

#[inline(always)]
fn take<W: Words>(counter: &mut W, lane: usize) -> u32 {
    let count = counter.get(lane);
    counter.set(lane, 0);
    count
}

/// Blocks about to be played, a vector of them at tick 0: their first fires, and the strategies
/// their mixed seats drew.
struct Queue<'a, W: Words> {
    program: &'a Program,
    rest: Range<u64>,
    first: u64,
    ready: Range<usize>,
    stream: Stream<W>,
    lanes: W,
    burning: [W; HOUSES],
    /// Per mixed seat and strategy of its mixture, the lanes that drew it.
    chosen: Vec<Vec<W>>,
}

impl<'a, W: Words> Queue<'a, W> {
    #[inline(always)]
    fn new(task: &BlockRange<'a>) -> Self {
        Self {
            program: task.program,
            rest: task.blocks.clone(),
            first: 0,
            ready: 0..0,
            stream: Stream::new(address::key(task.program.episodes.seed)),
            lanes: W::zero(),
            burning: [W::zero(); HOUSES],
            chosen: Vec::new(),
        }
    }

    /// The lane of the queue that holds the next block, and the block's number.
    #[inline(always)]
    fn next(&mut self, rules: &Rules<W>, seats: &Seats<W>) -> Option<(usize, u64)> {
        if self.ready.is_empty() {
            self.refill(rules, seats);
        }
        let lane = self.ready.next()?;
        Some((lane, self.first + lane as u64))
    }

    #[inline(always)]
    fn refill(&mut self, rules: &Rules<W>, seats: &Seats<W>) {
        self.first = self.rest.start;
        let size = u64::min(W::LANES as u64, self.rest.end - self.rest.start);
        self.rest.start += size;
        self.ready = 0..size as usize;
        if size == 0 {
            return;
        }
        self.lanes = W::zero();
        for lane in self.ready.clone() {
            let block = self.first + lane as u64;
            self.stream.set_block(lane, self.program.first_block() + block);
            self.lanes.set(lane, self.program.lanes(block));
        }
        self.burning = rules.first_fires(&self.stream, self.lanes);
        seats.draw_mixtures(&self.stream, self.lanes, &mut self.chosen);
    }
}

/// The seats of a line-up.
struct Seats<W: Words> {
    rows: Vec<SeatRows<W>>,
    /// Seats that mix: their number, and what they choose among.
    mixed: Vec<(usize, Vec<Entry<W>>)>,
}

struct Entry<W: Words> {
    /// Selects this strategy, if no earlier one was selected.
    cumulative: Ladder<W>,
    work: Rows<W>,
    home: Rows<W>,
}

impl<W: Words> Seats<W> {
    #[inline(always)]
    fn new(program: &Program, lineup: usize) -> Self {
        let mut seats = Self { rows: Vec::new(), mixed: Vec::new() };
        for seat in 0..program.layout.agents {
            let mut entries = Vec::new();
            let (mut work_quads, mut home_quads) = (0, 0);
            for &(strategy, cumulative) in program.seat(lineup, seat) {
                let strategy = program.strategies[strategy as usize];
                work_quads = usize::max(work_quads, quads_of(strategy.work));
                home_quads = usize::max(home_quads, quads_of(strategy.home));
                entries.push(Entry {
                    cumulative: Ladder::new(&[cumulative]),
                    work: Rows::uniform(strategy.work),
                    home: Rows::uniform(strategy.home),
                });
            }
            // A mixed seat's rows are filled in as its lanes take up blocks.
            let (work, home) = (entries[0].work, entries[0].home);
            seats.rows.push(SeatRows { work, home, work_quads, home_quads });
            if entries.len() > 1 {
                seats.mixed.push((seat, entries));
            }
        }
        seats
    }

    /// Draws which strategy each mixed seat plays in each lane.
    #[inline(always)]
    fn draw_mixtures(&self, stream: &Stream<W>, lanes: W, chosen: &mut Vec<Vec<W>>) {
        chosen.clear();
        for (seat, entries) in &self.mixed {
            let mut left = lanes;
            let mut drawn = Vec::with_capacity(entries.len());
            for entry in entries {
                let slot = SLOT_MIXTURE + *seat as u32;
                let here = entry.cumulative.draw(stream, slot, left, []);
                left = left.and_not(here);
                drawn.push(here);
            }
            chosen.push(drawn);
        }
    }

    /// Gives the mixed seats of a lane the thresholds of the strategies drawn in a lane of a queue.
    #[inline(always)]
    fn take_up(&mut self, lane: usize, chosen: &[Vec<W>], from: usize) {
        for ((seat, entries), chosen) in self.mixed.iter().zip(chosen) {
            let rows = &mut self.rows[*seat];
            let (mut work, mut home) = (Row::default(), Row::default());
            for (entry, drawn) in entries.iter().zip(chosen) {
                let drawn = drawn.get(from);
                work.add(&entry.work, drawn, rows.work_quads);
                home.add(&entry.home, drawn, rows.home_quads);
            }
            work.put(&mut rows.work, lane, rows.work_quads);
            home.put(&mut rows.home, lane, rows.home_quads);
        }
    }
}

/// One lane of `Rows`.
#[derive(Default)]
struct Row {
    bits: [u32; 32],
    always: u32,
    maybe: u32,
}

impl Row {
    /// Adds the episodes of `drawn`, which play a strategy with these thresholds.
    #[inline(always)]
    fn add<W: Words>(&mut self, rows: &Rows<W>, drawn: u32, quads: usize) {
        for (bit, row) in self.bits[..4 * quads].iter_mut().zip(&rows.bits) {
            *bit |= drawn & row.get(0);
        }
        self.always |= drawn & rows.always.get(0);
        self.maybe |= drawn & rows.maybe.get(0);
    }

    #[inline(always)]
    fn put<W: Words>(&self, rows: &mut Rows<W>, lane: usize, quads: usize) {
        for (row, &bit) in rows.bits[..4 * quads].iter_mut().zip(&self.bits) {
            row.set(lane, bit);
        }
        rows.always.set(lane, self.always);
        rows.maybe.set(lane, self.maybe);
    }
}
