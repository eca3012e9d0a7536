//! What happens if a seat alone leaves a line-up: nights of an episode, and those that it works.
//!
//! A lane for each seat, in which it plays its new policy against the others: all are followed
//! forward at once. Where the others see neither ruins nor nights, what they put out has the same
//! chances as for best responses ([`blind`](super::blind)), by the transpose of the same sums.

use super::blind::{Ternary, everywhere};
use super::cells::Cells;
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
use crate::simd::doubles::{Half, LANES, Lanes, Line};

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

/// A state in which a seat does something else from a night on.
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
    /// See [`Ternary::survive`].
    survive: Vec<u32>,
    /// By state and seat: what is done on the night looked at.
    acts: Vec<[u8; S]>,
    /// In the order of nights.
    turns: Vec<Turn>,
}

/// Room of one thread.
struct Room<const S: usize> {
    /// By ternary number: chances of a town and what survived.
    left: Cells<S>,
    cells: [Vec<[f64; S]>; 2],
}

impl<'a, const S: usize> Deviations<'a, S> {
    fn new(
        model: &'a Model,
        acting: &Acting<'_>,
        of_seats: &[ActRuns],
        crew: &'a Crew<'a>,
    ) -> Self {
        let (mut acts, mut turns) = (vec![[0; S]; model.states()], Vec::new());
        for (seat, runs) in of_seats.iter().enumerate() {
            for (state, &code) in model.states.code.iter().enumerate() {
                let [start, end] = [0, 1].map(|i| runs.first[code as usize + i] as usize);
                acts[state][seat] = runs.acts[start];
                for run in start + 1..end {
                    let (night, act) = (runs.until[run - 1], runs.acts[run]);
                    turns.push(Turn { night, state: state as u32, seat: seat as u8, act });
                }
            }
        }
        turns.sort_unstable_by_key(|turn| turn.night);
        let ternary = Ternary::new(model);
        Self {
            model,
            crew,
            outcomes: Outcomes::new(model, acting, Lane::Others),
            beside: ternary.beside(),
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
        let room =
            || Room { left: Cells::new(model.states() + 1), cells: [cells.clone(), cells.clone()] };
        let mut rooms: Vec<Room<S>> = (0..crew.threads).map(|_| room()).collect();
        let mut chances = vec![[0.0; S]; model.states()];
        let full = model.states.index(model.states.ring(), 0);
        for (chance, start) in chances[full..].iter_mut().zip(model.start()) {
            *chance = [start; S];
        }
        let mut left = Cells::new(model.states());
        let mut aftermaths = vec![[0.0; S]; model.spread.len()];
        let mut turns = std::mem::take(&mut self.turns).into_iter().peekable();
        let (mut nights, mut worked) = ([0.0; S], [0.0; S]);
        for night in 0..model.nights() {
            while let Some(turn) = turns.next_if(|turn| turn.night as usize == night) {
                self.acts[turn.state as usize][usize::from(turn.seat)] = turn.act;
            }
            self.count(&chances, &mut nights, &mut worked);
            self.agents(&chances, &mut left, &mut rooms);
            model.simd.run(Gather {
                aftermaths: &self.ternary.aftermath,
                left: &left,
                to: &mut aftermaths,
            });
            self.spread(&aftermaths, &mut chances, &mut rooms);
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

    /// Adds up how often there is a night, and how often each seat works on it.
    fn count(&self, chances: &[[f64; S]], nights: &mut [f64; S], worked: &mut [f64; S]) {
        for range in self.model.states.first.windows(2) {
            // Millions of tiny numbers, added up set by set.
            let (mut all, mut works) = ([0.0; S], [0.0; S]);
            let range = range[0]..range[1];
            for (chance, acts) in chances[range.clone()].iter().zip(&self.acts[range]) {
                for a in 0..S {
                    all[a] += chance[a];
                    works[a] += if acts[a] == 0 { 0.0 } else { chance[a] };
                }
            }
            for a in 0..S {
                nights[a] += all[a];
                worked[a] += works[a];
            }
        }
    }

    /// From states to what the agents leave.
    fn agents(&self, chances: &[[f64; S]], left: &mut Cells<S>, rooms: &mut [Room<S>]) {
        let mut tasks: Vec<_> = (0..self.ternary.blocks.len())
            .map(|_| Vec::new())
            .take(1 << (self.model.houses() - self.ternary.low))
            .collect();
        for (left, &(standing, burning)) in
            left.chunks_mut(self.ternary.size()).zip(&self.ternary.blocks)
        {
            tasks[standing >> self.ternary.low].push((burning, left));
        }
        // The most work first.
        let mut tasks: Vec<_> = tasks.into_iter().enumerate().collect();
        tasks.sort_by_key(|(standing, _)| standing.count_zeros());
        self.crew.each(rooms, tasks, |room, (standing, blocks)| {
            let standing = standing << self.ternary.low;
            self.model.simd.run(Agents {
                of: self,
                chances,
                standing,
                blocks,
                left: &mut room.left,
            });
        });
    }

    /// From aftermaths to the states at the end of the night.
    fn spread(&self, aftermaths: &[[f64; S]], chances: &mut [[f64; S]], rooms: &mut [Room<S>]) {
        let parts = pieces(chances, &self.plan.state_ends).into_iter().enumerate().rev();
        self.crew.each(rooms, parts.collect(), |room, (task, out)| {
            let sets = self.plan.sets(task);
            let (model, cells) = (self.model, &mut room.cells);
            model.simd.run(Spread { model, sets, aftermaths, out, cells });
        });
    }
}

/// The agents' half of a night where some of the higher houses stand.
struct Agents<'a, 'b, const S: usize> {
    of: &'a Deviations<'a, S>,
    chances: &'a [[f64; S]],
    standing: usize,
    /// For each set of higher houses that burn.
    blocks: Vec<(usize, &'b mut [[f64; S]])>,
    left: &'a mut Cells<S>,
}

impl<const S: usize> DoubleKernel for Agents<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { of, chances, standing, blocks, left } = self;
        let ternary = &of.ternary;
        let power = |set: usize| ternary.power[set] as usize;
        let size = ternary.size();
        let first = |burning: usize| power(standing) + power(burning);
        for (burning, _) in &blocks {
            left[first(*burning)..][..size].fill([0.0; S]);
        }
        for (higher, _) in &blocks {
            for lower in 0..1usize << ternary.low {
                let burning = higher | lower;
                of.states::<L>(burning, first(lower), &of.beside[lower], chances, left);
            }
        }
        for (burning, to) in blocks {
            to.copy_from_slice(&left[first(burning)..][..size]);
        }
    }
}

impl<const S: usize> Deviations<'_, S> {
    /// Adds what states with the same fires lead to. The first town of each without survivors is
    /// `first` and one of `beside` further on.
    #[inline(always)]
    fn states<L: Lanes>(
        &self,
        burning: usize,
        first: usize,
        beside: &[usize],
        chances: &[[f64; S]],
        left: &mut Cells<S>,
    ) {
        let Self { model, outcomes, ternary, acts, survive, .. } = self;
        let range = model.survivors.first[burning]..model.survivors.first[burning + 1];
        let survive = &survive[range];
        let of_all = outcomes.of_all(burning);
        assert_eq!(of_all.len(), survive.len());
        let subsets = &model.subsets[burning.count_ones() as usize];
        let solo = model.solo();
        for some in beside.chunks(LANES / S) {
            // The chances of each seat; and if it works at a fire, those that it is not put out.
            let (mut here, mut alone, mut houses) = (Line::default(), Line::default(), [0; LANES]);
            // Where there is no other state, the next cell gets nothing added.
            let mut starts = [S * (first + some[0]), S * (first + some[0] + 1)];
            let (mut fought, mut met) = (0usize, false);
            for (i, &rest) in some.iter().enumerate() {
                starts[i] = S * (first + rest);
                let state = ternary.state[first + rest + ternary.power[burning] as usize] as usize;
                for a in 0..S {
                    let chance = chances[state][a];
                    let house = usize::from(acts[state][a]).wrapping_sub(1);
                    let works = house < LANES * 2 && burning >> house & 1 == 1;
                    here.0[i * S + a] = chance;
                    alone.0[i * S + a] = if works { chance * (1.0 - solo) } else { chance };
                    houses[i * S + a] = house;
                    fought |= if works { 1 << house } else { 0 };
                    met |= chance != 0.0;
                }
            }
            if !met {
                continue;
            }
            let mut to = Places::<S>::new(left, starts, ternary.power[burning] as usize);
            let alone = L::load(&alone);
            for (chance, &number) in outcomes.of(burning).iter().zip(survive) {
                // SAFETY: nothing is further on than all fires.
                unsafe { to.add::<L>(number as usize, everywhere::<L, S>(chance), alone) };
            }
            for (fire, house) in bits(burning).enumerate().filter(|&(_, h)| fought >> h & 1 == 1) {
                let mut works = Line::default();
                for lane in 0..LANES {
                    works.0[lane] = if houses[lane] == house { solo * here.0[lane] } else { 0.0 };
                }
                let works = L::load(&works);
                for &(less, more) in subsets.pairs_of(fire, outcomes.most) {
                    let (less, more) = (usize::from(less), usize::from(more));
                    // SAFETY: pairs are of sets that there are, as many as asserted; and nothing is
                    // further on than all fires.
                    unsafe {
                        let one: L = everywhere(of_all.get_unchecked(less));
                        let both = one.add(everywhere(of_all.get_unchecked(more)));
                        to.add(*survive.get_unchecked(more) as usize, both, works);
                    }
                }
            }
        }
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

/// From towns and what survived there to aftermaths. By one thread: towns are read in their order,
/// and aftermaths stay in a near cache.
struct Gather<'a, const S: usize> {
    /// By ternary number.
    aftermaths: &'a [u32],
    left: &'a [[f64; S]],
    to: &'a mut [[f64; S]],
}

impl<const S: usize> DoubleKernel for Gather<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        self.to.fill([0.0; S]);
        for (left, &aftermath) in self.left.iter().zip(self.aftermaths) {
            let to = &mut self.to[aftermath as usize];
            for a in 0..S {
                to[a] += left[a];
            }
        }
    }
}

/// The houses' half of a night for some standing sets.
struct Spread<'a, const S: usize> {
    model: &'a Model,
    sets: std::ops::Range<usize>,
    aftermaths: &'a [[f64; S]],
    out: &'a mut [[f64; S]],
    cells: &'a mut [Vec<[f64; S]>; 2],
}

impl<const S: usize> DoubleKernel for Spread<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { model, sets, aftermaths, out, cells: [x, y] } = self;
        let start = model.states.first[sets.start];
        for ordinal in sets {
            let from = model.spread.first[ordinal]..model.spread.first[ordinal + 1];
            x[..from.len()].copy_from_slice(&aftermaths[from]);
            model.spread.push(ordinal, x, y);
            let range = model.states.first[ordinal]..model.states.first[ordinal + 1];
            let places = &model.spread.place[range.clone()];
            for (to, &place) in out[range.start - start..range.end - start].iter_mut().zip(places) {
                *to = x[usize::from(place)];
            }
        }
    }
}
