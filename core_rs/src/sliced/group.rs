//! A vector of blocks that are taken up one after another: as soon as the last episode of a block
//! is over, its lane takes the next block, so that short blocks never wait for long ones.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::decide::{Acts, Seat, decide};
use super::draw::{CaseThresholds, Rows};
use super::night::{Workspace, play_night};
use super::singles::{Memory, SingleSeat, play_singles};
use super::state::{MOST_HOUSES, Rules, State, Tally};
use super::stream::Stream;
use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::policy::PolicyThresholds;
use crate::random::address::{self, SLOT_MIXTURE};
use crate::simd::SimdPath;
use crate::simd::dispatch::WordKernel;
use crate::simd::words::Words;

/// A range of blocks of one line-up.
pub struct BlockRange<'a> {
    /// The program to play.
    pub program: &'a Program,
    /// The index of the line-up.
    pub lineup: usize,
    /// The range of blocks, numbered from the program's first.
    pub blocks: Range<u64>,
    /// Set from outside to stop early.
    pub cancel: &'a AtomicBool,
}

/// A taker of finished blocks, which come in no particular order.
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
    let firefighters = seats.rows.iter().any(|seat: &Seat<W>| seat.firefights);
    let mut stream = Stream::<W>::new(address::key(program.episodes.seed));
    let mut state = State::<W>::new();
    let mut tally = Box::new(Tally::new());
    let mut acts = Box::new(Acts::new());
    let mut work = Box::new(Workspace::new());
    let mut memory = Memory::new(&seats.singles, W::LANES, layout.agents);
    let mut counts = vec![0u32; layout.counts()];

    let mut queue = Queue::new(task);
    let mut playing = vec![0u64; W::LANES];
    let mut occupied = 0u32;
    loop {
        // Lanes whose block is done, and at the start all of them.
        let mut idle = !state.active.nonzero() & (u32::MAX >> (32 - W::LANES));
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
                state.active.set(lane, queue.lanes.get(from));
                for h in 0..layout.houses {
                    state.burning[h].set(lane, queue.burning[h].get(from));
                    state.ruined[h].set(lane, 0);
                }
                state.night.set(lane, 0);
                state.may_end.set(lane, 0);
                seats.take_up(lane, &queue.chosen, from);
            }
        }
        if occupied == 0 || task.cancel.load(Ordering::Relaxed) {
            return;
        }
        stream.next_tick();
        #[cfg(feature = "count-calls")]
        super::calls::GROUP_NIGHTS.fetch_add(1, Ordering::Relaxed);
        decide(&rules, &seats.rows, firefighters, &stream, &state, &mut acts);
        if !seats.singles.is_empty() {
            play_singles(&rules, &seats.singles, &stream, &state, &mut memory, &mut acts);
        }
        play_night(&rules, &stream, &acts, &mut state, &mut tally, &mut work);
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

/// Blocks about to be played, a vector of them at tick 0: their first fires, and the policies
/// their mixed seats drew.
struct Queue<'a, W: Words> {
    program: &'a Program,
    rest: Range<u64>,
    first: u64,
    ready: Range<usize>,
    stream: Stream<W>,
    lanes: W,
    burning: [W; MOST_HOUSES],
    /// Per mixed seat and policy of its mixture, the lanes that drew it.
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
            burning: [W::zero(); MOST_HOUSES],
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
    rows: Vec<Seat<W>>,
    /// Seats that mix: their number, and what they choose among.
    mixed: Vec<(usize, Vec<Entry<W>>)>,
    /// Policies that are played one episode at a time, at some seat, in some lanes.
    singles: Vec<SingleSeat<W>>,
}

struct Entry<W: Words> {
    /// Selects this policy, if no earlier one was selected.
    cumulative: CaseThresholds<W>,
    policy: Seat<W>,
}

impl<W: Words> Seats<W> {
    #[inline(always)]
    fn new(program: &Program, lineup: usize) -> Self {
        let mut seats = Self { rows: Vec::new(), mixed: Vec::new(), singles: Vec::new() };
        for seat in 0..program.layout.agents {
            let mut entries = Vec::new();
            let mixes = program.seat(lineup, seat).len() > 1;
            for (entry, &(policy, cumulative)) in program.seat(lineup, seat).iter().enumerate() {
                if let PolicyThresholds::Single(policy) = &program.policies[policy as usize] {
                    let lanes = if mixes { W::zero() } else { W::ones() };
                    seats.singles.push(SingleSeat { seat, entry, policy: policy.clone(), lanes });
                }
                entries.push(Entry {
                    cumulative: CaseThresholds::new(&[cumulative]),
                    policy: Seat::new(&program.policies[policy as usize]),
                });
            }
            // A mixed seat's lanes are filled in as they take up blocks.
            let mut all = entries[0].policy;
            for Entry { policy, .. } in &entries[1..] {
                all.work_quads = usize::max(all.work_quads, policy.work_quads);
                all.home_quads = usize::max(all.home_quads, policy.home_quads);
                all.firefights |= policy.firefights;
            }
            seats.rows.push(all);
            if entries.len() > 1 {
                seats.mixed.push((seat, entries));
            }
        }
        seats
    }

    /// Draws which policy each mixed seat plays in each lane.
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

    /// Gives the mixed seats of a lane the policies drawn in a lane of a queue.
    #[inline(always)]
    fn take_up(&mut self, lane: usize, chosen: &[Vec<W>], from: usize) {
        for ((seat, entries), chosen) in self.mixed.iter().zip(chosen) {
            for single in self.singles.iter_mut().filter(|single| single.seat == *seat) {
                single.lanes.set(lane, chosen[single.entry].get(from));
            }
            let to = &mut self.rows[*seat];
            let (mut work, mut home) = (Row::default(), Row::default());
            let (mut waits, mut own_first) = (0, 0);
            for (Entry { policy, .. }, drawn) in entries.iter().zip(chosen) {
                let drawn = drawn.get(from);
                work.add(&policy.work, drawn, to.work_quads);
                home.add(&policy.home, drawn, to.home_quads);
                waits |= drawn & policy.waits.get(0);
                own_first |= drawn & policy.own_first.get(0);
            }
            work.put(&mut to.work, lane, to.work_quads);
            home.put(&mut to.home, lane, to.home_quads);
            if to.firefights {
                to.waits.set(lane, waits);
                to.own_first.set(lane, own_first);
            }
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
    /// Adds the episodes of `drawn`, which play a policy with these thresholds.
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
