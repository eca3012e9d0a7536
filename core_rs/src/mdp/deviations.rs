//! What happens if a seat alone leaves a line-up: nights of an episode, and those that it works.
//!
//! A lane for each seat, in which it plays its new policy against the others: all are followed
//! forward at once. Where the others see neither ruins nor nights, what they put out has the same
//! chances as for best responses ([`blind`](super::blind)), by the transpose of the same sums.

use super::alike::side_by_side;
use super::blind::Ternary;
use super::cells::{Cells, half, plus, times};
use super::model::Model;
use super::night::Plan;
use super::outcomes::{Lane, Outcomes};
use super::parallel::{Crew, pieces, solve};
use super::policy::{Acting, Policy};
use super::runs::{ActRuns, DRAWN};
use super::states::bits;
use crate::game::counts::Layout;
use crate::pool::RunError;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Half, LANES, Lanes};

/// What happens when one seat alone plays something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// Expected nights of an episode.
    pub nights: f64,
    /// Expected nights that the seat works.
    pub worked: f64,
}

impl Model {
    /// For each seat, what happens if it alone plays its policy of `acts`, on so many threads at most
    /// (0 for all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn deviations(
        &self,
        policies: &[Policy<'_>],
        acts: &[ActRuns],
        threads: usize,
        mut poll: impl FnMut(u64) -> bool,
    ) -> Result<Vec<Deviation>, RunError> {
        let acting = Acting::new(self, policies, 0);
        let drawn = acts.iter().any(|runs| runs.acts.contains(&DRAWN));
        if !drawn && (0..self.agents()).all(|seat| acting.is_blind(seat)) {
            return solve(self.states(), threads, poll, |crew| match self.agents() {
                1..=4 => Deviations::<4>::new(self, &acting, acts, crew).run(),
                _ => Deviations::<8>::new(self, &acting, acts, crew).run(),
            });
        }
        let layout = Layout { houses: self.houses(), agents: self.agents() };
        let mut found = Vec::new();
        for (seat, runs) in acts.iter().enumerate() {
            let mut played = policies.to_vec();
            played[seat] = Policy::Acts(runs);
            let counts = self.follow(&played, threads, &mut poll)?;
            let worked = counts[layout.worked() + seat];
            found.push(Deviation { nights: counts[Layout::NIGHTS], worked });
        }
        Ok(found)
    }
}

/// A state, by ternary number, in which a seat does something else from a night on.
#[derive(Clone, Copy)]
struct Turn {
    night: u32,
    state: u32,
    seat: u8,
    act: u8,
}

struct Deviations<'a, const S: usize> {
    model: &'a Model,
    crew: &'a Crew<'a>,
    outcomes: Outcomes<S>,
    ternary: Ternary,
    plan: Plan,
    beside: Vec<Vec<usize>>,
    towns: Towns,
    /// See [`Ternary::survive`].
    survive: Vec<u32>,
    /// By ternary number of the state: what is done on the night looked at.
    acts: Vec<[u8; S]>,
    /// In the order of nights.
    turns: Vec<Turn>,
}

/// Room of one thread.
struct Room<const S: usize> {
    /// By ternary number: chances of a town and what survived.
    left: Cells<S>,
    /// Chances of the states of a block.
    here: Cells<S>,
    tables: Tables<S>,
    cells: [Vec<[f64; S]>; 2],
}

impl<'a, const S: usize> Deviations<'a, S> {
    fn new(
        model: &'a Model,
        acting: &Acting<'_>,
        of_seats: &[ActRuns],
        crew: &'a Crew<'a>,
    ) -> Self {
        let ternary = Ternary::new(model);
        let (mut acts, mut turns) = (vec![[0; S]; model.states()], Vec::new());
        for (seat, runs) in of_seats.iter().enumerate() {
            for (&state, &code) in ternary.number.iter().zip(&model.states.code) {
                let [start, end] = [0, 1].map(|i| runs.first[code as usize + i] as usize);
                acts[state as usize][seat] = runs.acts[start];
                for run in start + 1..end {
                    let (night, act) = (runs.until[run - 1], runs.acts[run]);
                    turns.push(Turn { night, state, seat: seat as u8, act });
                }
            }
        }
        turns.sort_unstable_by_key(|turn| turn.night);
        Self {
            model,
            crew,
            outcomes: Outcomes::new(model, acting, Lane::Others),
            beside: ternary.beside(),
            towns: Towns::new(model, &ternary),
            survive: ternary.survive(model, S),
            ternary,
            plan: Plan::new(model, crew.threads, S),
            acts,
            turns,
        }
    }

    fn run(mut self) -> Result<Vec<Deviation>, RunError> {
        let (model, crew, agents) = (self.model, self.crew, self.model.agents());
        let cells = vec![[0.0; S]; model.spread.room()];
        let room = || Room {
            left: Cells::new(model.states() + 1),
            here: Cells::new(self.ternary.size()),
            tables: Tables::default(),
            cells: [cells.clone(), cells.clone()],
        };
        let mut rooms: Vec<Room<S>> = (0..crew.threads).map(|_| room()).collect();
        let mut chances = vec![[0.0; S]; model.states()];
        let full = model.states.index(model.states.ring(), 0);
        for (chance, start) in chances[full..].iter_mut().zip(model.start()) {
            *chance = [start; S];
        }
        let mut left = Cells::new(model.states());
        let mut sums = vec![[[0.0; S]; 2]; self.ternary.blocks.len()];
        let mut turns = std::mem::take(&mut self.turns).into_iter().peekable();
        let (mut nights, mut worked) = ([0.0; S], [0.0; S]);
        for night in 0..model.nights() {
            while let Some(turn) = turns.next_if(|turn| turn.night as usize == night) {
                self.acts[turn.state as usize][usize::from(turn.seat)] = turn.act;
            }
            self.agents(&chances, &mut left, &mut sums, &mut rooms);
            for [all, works] in &sums {
                for seat in 0..S {
                    nights[seat] += all[seat];
                    worked[seat] += works[seat];
                }
            }
            self.spread(&left, &mut chances, &mut rooms);
            if !crew.goes_on() {
                return Err(RunError::Cancelled);
            }
            for ordinal in 0..model.states.standing.len() {
                if model.ends(night, ordinal) {
                    chances[model.states.first[ordinal]] = [0.0; S];
                }
            }
            crew.night_done();
        }
        let of = |seat: usize| Deviation { nights: nights[seat], worked: worked[seat] };
        Ok((0..agents).map(of).collect())
    }

    /// From states to what the agents leave. How often there is a night in a block of states, and
    /// how often each seat works there, goes to `sums`.
    fn agents(
        &self,
        chances: &[[f64; S]],
        left: &mut Cells<S>,
        sums: &mut [[[f64; S]; 2]],
        rooms: &mut [Room<S>],
    ) {
        let mut tasks: Vec<_> = (0..self.ternary.blocks.len())
            .map(|_| Vec::new())
            .take(1 << (self.model.houses() - self.ternary.low))
            .collect();
        let pieces = left.chunks_mut(self.ternary.size()).zip(sums);
        for ((left, sums), &(standing, burning)) in pieces.zip(&self.ternary.blocks) {
            tasks[standing >> self.ternary.low].push(Block { burning, left, sums });
        }
        // The most work first.
        let mut tasks: Vec<_> = tasks.into_iter().enumerate().collect();
        tasks.sort_by_key(|(standing, _)| standing.count_zeros());
        self.crew.each(rooms, tasks, |room, (standing, blocks)| {
            let standing = standing << self.ternary.low;
            self.model.simd.run(Agents { of: self, chances, standing, blocks, room });
        });
    }

    /// From what the agents leave to the states at the end of the night.
    fn spread(&self, left: &[[f64; S]], chances: &mut [[f64; S]], rooms: &mut [Room<S>]) {
        let parts = pieces(chances, &self.plan.state_ends).into_iter().enumerate().rev();
        self.crew.each(rooms, parts.collect(), |room, (task, out)| {
            let sets = self.plan.sets(task);
            let cells = &mut room.cells;
            self.model.simd.run(Spread { of: self, sets, left, out, cells });
        });
    }
}

/// The agents' half of a night where some of the higher houses stand.
struct Agents<'a, 'b, const S: usize> {
    of: &'a Deviations<'a, S>,
    chances: &'a [[f64; S]],
    standing: usize,
    blocks: Vec<Block<'b, S>>,
    room: &'a mut Room<S>,
}

/// What is found out about the states in which some of the higher houses burn, and others stand.
struct Block<'a, const S: usize> {
    burning: usize,
    /// See [`Room::left`].
    left: &'a mut [[f64; S]],
    /// How often there is a night, and how often each seat works.
    sums: &'a mut [[f64; S]; 2],
}

impl<const S: usize> DoubleKernel for Agents<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { of, chances, standing, mut blocks, room } = self;
        let ternary = &of.ternary;
        let power = |set: usize| ternary.power[set] as usize;
        let size = ternary.size();
        let first = |burning: usize| power(standing) + power(burning);
        for block in &blocks {
            room.left[first(block.burning)..][..size].fill([0.0; S]);
        }
        for block in &mut blocks {
            let states = first(block.burning)..first(block.burning) + size;
            let acts = &of.acts[states.clone()];
            let (mut all, mut works) = ([0.0; S], [0.0; S]);
            let places = room.here.iter_mut().zip(&ternary.state[states]);
            for ((here, &state), acts) in places.zip(acts) {
                let chance = chances[state as usize];
                for seat in 0..S {
                    all[seat] += chance[seat];
                    works[seat] += if acts[seat] == 0 { 0.0 } else { chance[seat] };
                }
                *here = chance;
            }
            *block.sums = [all, works];
            for lower in 0..1usize << ternary.low {
                of.states::<L>(block.burning | lower, first(lower), lower, acts, room);
            }
        }
        for block in blocks {
            block.left.copy_from_slice(&room.left[first(block.burning)..][..size]);
        }
    }
}

impl<const S: usize> Deviations<'_, S> {
    /// Adds what states of a block lead to that have the same fires, of which `lower` are among the
    /// lower houses. `first` is the first town without survivors in which these stand.
    #[inline(always)]
    fn states<L: Lanes>(
        &self,
        burning: usize,
        first: usize,
        lower: usize,
        acts: &[[u8; S]],
        room: &mut Room<S>,
    ) {
        let Self { model, outcomes, ternary, survive, .. } = self;
        let Room { left, here: chances, tables, .. } = room;
        let range = model.survivors.first[burning]..model.survivors.first[burning + 1];
        let survive = &survive[range];
        assert_eq!(outcomes.of_all(burning).len(), survive.len());
        tables.clear();
        for some in self.beside[lower].chunks(LANES / S) {
            // Where there is no other state, the next cell gets nothing added.
            let none = [0.0; S];
            let (mut here, mut at) = ([&none; LANES], [0; LANES]);
            let mut starts = [S * (first + some[0]), S * (first + some[0] + 1)];
            for (i, &rest) in some.iter().enumerate() {
                let place = 2 * ternary.power[lower] as usize + rest;
                (here[i], starts[i]) = (&chances[place], S * (first + rest));
                at[i] = tables.find(model, outcomes, burning, acts[place]);
            }
            let mut put_out: [&[[f64; S]]; LANES] = [&[]; LANES];
            for i in 0..LANES / S {
                put_out[i] = &tables.cells[at[i]..][..survive.len()];
            }
            let mut to = Places::<S>::new(left, starts, ternary.power[burning] as usize);
            let here = L::load_halves(half(here[0], 0), half(here[LANES / 2 / S], LANES / 2));
            for (set, &number) in survive.iter().enumerate() {
                // SAFETY: tables are as long, and nothing is further on than all fires.
                unsafe { to.add(number as usize, side_by_side::<L, S>(&put_out, set), here) };
            }
        }
    }
}

/// Chances of the sets that are put out where some houses burn, if each seat alone leaves the line-up
/// and does something: a table for each combination of what they do.
#[derive(Default)]
struct Tables<const S: usize> {
    /// What all seats do, and where the chances begin.
    known: Vec<([u8; S], usize)>,
    cells: Vec<[f64; S]>,
}

impl<const S: usize> Tables<S> {
    /// Forgets all.
    #[inline(always)]
    fn clear(&mut self) {
        self.known.clear();
        self.cells.clear();
    }

    /// Where the chances begin, by set. They are made if they were not asked for before.
    #[inline(always)]
    fn find(
        &mut self,
        model: &Model,
        outcomes: &Outcomes<S>,
        burning: usize,
        acts: [u8; S],
    ) -> usize {
        for &(known, at) in self.known.iter().rev() {
            if known == acts {
                return at;
            }
        }
        let at = self.cells.len();
        self.known.push((acts, at));
        // Of each seat: the share of what the others do alone, and the fire that it works at.
        let solo = model.solo();
        let (mut alone, mut fires, mut fought) = ([1.0; S], [0; S], 0);
        for seat in 0..S {
            let fire = 1usize << acts[seat] >> 1 & burning;
            if fire != 0 {
                alone[seat] = 1.0 - solo;
                fought |= fire;
            }
            fires[seat] = fire;
        }
        let chances = outcomes.of_all(burning);
        self.cells.extend_from_slice(chances);
        let cells = &mut self.cells[at..];
        for cell in &mut *cells {
            *cell = times(cell, &alone);
        }
        let subsets = &model.subsets[burning.count_ones() as usize];
        assert!(cells.len() == chances.len() && cells.len() == subsets.sets.len());
        for (fire, house) in bits(burning).enumerate() {
            if fought >> house & 1 == 0 {
                continue;
            }
            let mut works = [0.0; S];
            for seat in 0..S {
                works[seat] = if fires[seat] == 1 << house { solo } else { 0.0 };
            }
            for &(less, more) in subsets.pairs_of(fire, outcomes.most) {
                // SAFETY: pairs are of sets that there are, as many as asserted.
                unsafe {
                    let one = chances.get_unchecked(usize::from(less));
                    let other = chances.get_unchecked(usize::from(more));
                    let cell = cells.get_unchecked_mut(usize::from(more));
                    *cell = plus(cell, &times(&plus(one, other), &works));
                }
            }
        }
        at
    }
}

/// Two halves of a line, from certain numbers on.
struct Places<'a, const S: usize> {
    numbers: &'a mut [f64],
    starts: [usize; 2],
}

impl<'a, const S: usize> Places<'a, S> {
    /// Cells that start there, and others up to so many cells further on.
    #[inline(always)]
    fn new(cells: &'a mut Cells<S>, starts: [usize; 2], most: usize) -> Self {
        let numbers = cells.as_flattened_mut();
        let starts = if S == LANES { [starts[0], starts[0] + LANES / 2] } else { starts };
        assert!(starts[0].abs_diff(starts[1]) >= LANES / 2);
        assert!(starts[0].max(starts[1]) + S * most + LANES / 2 <= numbers.len());
        Self { numbers, starts }
    }

    /// Adds a product of lines `further` numbers on.
    ///
    /// # Safety
    /// That is no more than promised.
    #[inline(always)]
    unsafe fn add<L: Lanes>(&mut self, further: usize, chance: L, factor: L) {
        let [low, high] = self.starts;
        // SAFETY: both are inside, and do not overlap (`new`).
        let (low, high) = unsafe {
            let first = self.numbers.as_mut_ptr().add(further);
            (&mut *first.add(low).cast::<Half>(), &mut *first.add(high).cast::<Half>())
        };
        chance.mul_add(factor, L::load_halves(low, high)).store_halves(low, high);
    }
}

/// The houses' half of a night for some standing sets.
struct Spread<'a, const S: usize> {
    of: &'a Deviations<'a, S>,
    sets: std::ops::Range<usize>,
    left: &'a [[f64; S]],
    out: &'a mut [[f64; S]],
    cells: &'a mut [Vec<[f64; S]>; 2],
}

impl<const S: usize> DoubleKernel for Spread<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { of: Deviations { model, towns, .. }, sets, left, out, cells: [x, y] } = self;
        let start = model.states.first[sets.start];
        for ordinal in sets {
            let from = model.spread.first[ordinal]..model.spread.first[ordinal + 1];
            for (to, aftermath) in x.iter_mut().zip(from) {
                let mut sum = [0.0; S];
                for &town in towns.of(aftermath) {
                    sum = plus(&sum, &left[town as usize]);
                }
                *to = sum;
            }
            model.spread.push(ordinal, x, y);
            let range = model.states.first[ordinal]..model.states.first[ordinal + 1];
            let places = &model.spread.place[range.clone()];
            for (to, &place) in out[range.start - start..range.end - start].iter_mut().zip(places) {
                *to = x[usize::from(place)];
            }
        }
    }
}

/// The towns that each aftermath may come of, by ternary number.
struct Towns {
    numbers: Vec<u32>,
    /// Where those of each aftermath begin, and the number of all at the end.
    first: Vec<u32>,
}

impl Towns {
    fn new(model: &Model, ternary: &Ternary) -> Self {
        let mut numbers: Vec<u32> = (0..ternary.aftermath.len() as u32).collect();
        numbers.sort_by_key(|&number| ternary.aftermath[number as usize]);
        let mut first = vec![0; model.spread.len() + 1];
        for &aftermath in &ternary.aftermath {
            first[aftermath as usize + 1] += 1;
        }
        for aftermath in 0..model.spread.len() {
            first[aftermath + 1] += first[aftermath];
        }
        Self { numbers, first }
    }

    #[inline(always)]
    fn of(&self, aftermath: usize) -> &[u32] {
        &self.numbers[self.first[aftermath] as usize..self.first[aftermath + 1] as usize]
    }
}
