//! Chances of the sets of fires that agents put out who do the same every night.
//!
//! Heuristic agents and firefighters see neither ruins nor the night. What several such *blind* agents
//! put out together of the burning houses `B` is then a distribution `P(E)` over sets `E ⊆ B` that is
//! the same for all nights and all standing houses. It is found once for each `B`, by the transposed
//! operators of [`fight`](super::fight), and turns an expectation over what they do into a sum of
//! products `Σ P(E) X(E)`. Where agents tell few houses apart, many `B` have the same distribution,
//! counted within each. It is kept once: of the ring of ten and four heuristic agents 112 of 1,024
//! are left, which stay in a near cache.
//!
//! Tables that are the same for all nights see ruins: then there is a distribution for each state.
//! Reading them takes less than half the time of going through operators, though they leave the
//! caches: of four agents on the ring of ten 8 MB, and of the others of each seat 26 MB. All others
//! go through their operators every night, unless it is certain what everybody does
//! ([`joint`](super::joint)).

use std::collections::HashMap;

use super::alike::{Alike, side_by_side};
use super::cells::Cells;
use super::fight::Hits;
use super::model::{Group, Model};
use super::policy::Acting;
use super::subsets::{Subsets, most_sets};
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// Bytes that distributions by state may fill; if they do not fit, they are not kept.
pub(super) const MOST_BYTES: usize = 1 << 29;

/// Distributions over the sets of fires that some agents put out, with a lane for each seat.
pub(super) struct Outcomes<const S: usize> {
    /// The other agents, who go through their operators every night, in rising order.
    pub nightly: Vec<usize>,
    /// How many fires a set that has a chance holds at most.
    pub most: usize,
    by: By,
    /// Where the chances of each set of burning houses, or of each state, begin in `chances`.
    first: Vec<u32>,
    /// By the number of burning houses: how many sets have a chance, and how many there are.
    lengths: Vec<[usize; 2]>,
    /// By distribution and the set put out, as [`Subsets`] lists them.
    chances: Cells<S>,
}

/// What a distribution depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Burning,
    State,
}

/// Whose chances a lane holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Those of all blind agents.
    Everybody,
    /// Those of all but the agent whose number is the lane's.
    Others,
}

impl<const S: usize> Outcomes<S> {
    /// Of the agents that are blind.
    pub fn new(model: &Model, acting: &Acting<'_>, lane: Lane) -> Self {
        Self::of_those(model, acting, lane, By::Burning)
    }

    /// Of the agents that do the same every night, by state if need be and if there is room.
    pub fn steady(model: &Model, acting: &Acting<'_>, lane: Lane) -> Self {
        let mut steady = (0..acting.rows.len()).filter(|&agent| acting.is_steady(agent));
        let most = steady.clone().count();
        let sets = |fires: &u16| model.subsets[fires.count_ones() as usize].count(most);
        let cells: usize = model.states.burning.iter().map(sets).sum();
        let fits = cells * size_of::<[f64; S]>() <= MOST_BYTES;
        let all_blind = steady.all(|agent| acting.is_blind(agent));
        let by = if all_blind || !fits { By::Burning } else { By::State };
        Self::of_those(model, acting, lane, by)
    }

    fn of_those(model: &Model, acting: &Acting<'_>, lane: Lane, by: By) -> Self {
        let (those, nightly): (Vec<_>, Vec<_>) =
            (0..acting.rows.len()).partition(|&agent| match by {
                By::Burning => acting.is_blind(agent),
                By::State => acting.is_steady(agent),
            });
        // In a lane without its own agent one fire less is put out, if that agent is one of those.
        let less = usize::from(lane == Lane::Others && nightly.is_empty());
        let most = those.len().saturating_sub(less);
        model.simd.run(Tabulate { model, acting, lane, by, those: &those, nightly, most })
    }

    /// Whether all agents are blind.
    pub fn all_blind(&self) -> bool {
        self.by == By::Burning && self.nightly.is_empty()
    }

    /// The chances in a state, by sets of at most [`most`](Self::most) fires.
    #[inline(always)]
    fn of_state(&self, model: &Model, state: usize) -> &[[f64; S]] {
        let burning = usize::from(model.states.burning[state]);
        let [length, _] = self.lengths[burning.count_ones() as usize];
        let at = match self.by {
            By::Burning => burning,
            By::State => state,
        };
        &self.chances[self.first[at] as usize..][..length]
    }

    /// Those of blind agents where these houses burn, by sets of at most [`most`](Self::most) fires.
    #[inline(always)]
    pub fn of(&self, burning: usize) -> &[[f64; S]] {
        debug_assert_eq!(self.by, By::Burning);
        let [length, _] = self.lengths[burning.count_ones() as usize];
        &self.chances[self.first[burning] as usize..][..length]
    }

    /// The same for all sets, larger ones having no chance.
    #[inline(always)]
    pub fn of_all(&self, burning: usize) -> &[[f64; S]] {
        debug_assert_eq!(self.by, By::Burning);
        let [_, length] = self.lengths[burning.count_ones() as usize];
        &self.chances[self.first[burning] as usize..][..length]
    }
}

/// The distributions of states side by side in a line, with `S` lanes for each state, which have
/// chances of their own or (with `C` = 1) share them.
pub(super) struct Chances<'a, const S: usize, const C: usize> {
    /// By state; each as long as the first.
    of: [&'a [[f64; C]]; LANES],
}

impl<'a, const S: usize, const C: usize> Chances<'a, S, C> {
    /// Of states that burn alike.
    #[inline(always)]
    pub fn new(model: &Model, alike: &Alike<S>, outcomes: &'a Outcomes<C>) -> Self {
        let mut of: [&[[f64; C]]; LANES] = [&[]; LANES];
        for g in 0..Alike::<S>::SETS {
            of[g] = outcomes.of_state(model, alike.states[g]);
            assert_eq!(of[g].len(), of[0].len());
        }
        Self { of }
    }

    /// How many sets have a chance.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.of[0].len()
    }

    /// That of a set.
    ///
    /// # Safety
    /// It is one of [`len`](Self::len).
    #[inline(always)]
    unsafe fn at<L: Lanes>(&self, set: usize) -> L {
        // SAFETY: all distributions are as long (`new`).
        unsafe {
            if C == S {
                return side_by_side(&self.of, set);
            }
            let low = self.of[0].get_unchecked(set)[0];
            let high = self.of[LANES / 2 / S].get_unchecked(set)[0];
            L::load_halves(&[low; LANES / 2], &[high; LANES / 2])
        }
    }

    /// The expectation of `X(E)`.
    #[inline(always)]
    pub fn expectation<L: Lanes>(&self, x: &[Line]) -> L {
        let mut sum = L::splat(0.0);
        for (set, x) in x[..self.len()].iter().enumerate() {
            // SAFETY: there are as many.
            sum = L::load(x).mul_add(unsafe { self.at(set) }, sum);
        }
        sum
    }

    /// How much more is expected if a fire is put out for certain: that of `X(E ∪ h) − X(E)`.
    /// Sets of more than `most` fires have no chance.
    #[inline(always)]
    pub fn gain<L: Lanes>(&self, subsets: &Subsets, fire: usize, most: usize, x: &[Line]) -> L {
        assert!(x.len() >= subsets.sets.len() && self.len() == subsets.count(most));
        let mut sum = L::splat(0.0);
        for &(without, with) in subsets.pairs_of(fire, most) {
            let (without, with) = (usize::from(without), usize::from(with));
            // SAFETY: pairs are of sets that there are (`Subsets::new`), the first ones of at most
            // `most` fires, and there are as many as asserted.
            let (less, more, chance) =
                unsafe { (x.get_unchecked(without), x.get_unchecked(with), self.at::<L>(without)) };
            let gain = L::load(less).mul_add(L::splat(-1.0), L::load(more));
            sum = gain.mul_add(chance, sum);
        }
        sum
    }
}

impl Chances<'_, 1, 1> {
    /// The distributions, times the chance of each state.
    #[inline(always)]
    pub fn times(&self, states: &Line, x: &mut [Line]) {
        for (set, x) in x[..self.len()].iter_mut().enumerate() {
            for g in 0..LANES {
                x.0[g] = states.0[g] * self.of[g][set][0];
            }
        }
    }
}

struct Tabulate<'a, const S: usize> {
    model: &'a Model,
    acting: &'a Acting<'a>,
    lane: Lane,
    by: By,
    those: &'a [usize],
    nightly: Vec<usize>,
    most: usize,
}

impl<const S: usize> Tabulate<'_, S> {
    /// By the set put out: chances in states that burn alike.
    #[inline(always)]
    fn find<L: Lanes>(&self, alike: &Alike<S>, fires: u32, hits: &mut Hits, x: &mut [Line]) {
        let subsets = &self.model.subsets[fires as usize];
        x[..subsets.sets.len()].fill(Line::default());
        x[0] = Line([1.0; LANES]);
        let mut size = 0;
        for &agent in self.those {
            let skip = if self.lane == Lane::Others { agent } else { S };
            let rows = &self.acting.rows[agent];
            let acts = hits.apply_transposed::<L, S>(rows, alike, skip, subsets, size, x);
            size += usize::from(acts);
        }
    }

    /// Where the distribution of each set of burning houses begins, and all, each of them once.
    #[inline(always)]
    fn by_burning<L: Lanes>(&self, hits: &mut Hits, x: &mut [Line]) -> (Vec<u32>, Cells<S>) {
        let model = self.model;
        let ordinal = model.states.standing.len() - 1;
        let ring = Group { first: ordinal, count: 1, size: model.houses() };
        let (mut first, mut chances) = (Vec::new(), Vec::<[f64; S]>::new());
        let mut known: HashMap<(u32, Vec<u64>), u32> = HashMap::new();
        for burning in 0..1usize << model.houses() {
            let (fires, before) = (burning.count_ones(), chances.len());
            self.find::<L>(&Alike::new(model, &ring, burning), fires, hits, x);
            for line in &x[..model.subsets[fires as usize].sets.len()] {
                chances.push(std::array::from_fn(|lane| line.0[lane]));
            }
            let bits = chances[before..].as_flattened().iter().map(|chance| chance.to_bits());
            let at = *known.entry((fires, bits.collect())).or_insert(before as u32);
            if at != before as u32 {
                chances.truncate(before);
            }
            first.push(at);
        }
        (first, chances.into_iter().collect())
    }

    /// Where the distribution of each state begins, and all, up to sets of `most` fires.
    #[inline(always)]
    fn by_state<L: Lanes>(&self, hits: &mut Hits, x: &mut [Line]) -> (Vec<u32>, Cells<S>) {
        let (model, mut first, mut total) = (self.model, Vec::new(), 0);
        for burning in &model.states.burning {
            first.push(total as u32);
            total += model.subsets[burning.count_ones() as usize].count(self.most);
        }
        let mut chances = Cells::new(total);
        for group in &model.groups(S) {
            for local in 0..1usize << group.size {
                let (fires, alike) = (local.count_ones(), Alike::new(model, group, local));
                self.find::<L>(&alike, fires, hits, x);
                let x = &x[..model.subsets[fires as usize].count(self.most)];
                for g in 0..group.count {
                    let to = &mut chances[first[alike.states[g]] as usize..];
                    for (to, line) in to.iter_mut().zip(x) {
                        to.copy_from_slice(&line.0[g * S..][..S]);
                    }
                }
            }
        }
        (first, chances)
    }
}

impl<const S: usize> DoubleKernel for Tabulate<'_, S> {
    type Output = Outcomes<S>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Outcomes<S> {
        let (model, by, most) = (self.model, self.by, self.most);
        let mut hits = Hits::new(model.houses());
        let mut x = vec![Line::default(); most_sets(&model.subsets)];
        let (first, chances) = match by {
            By::Burning => self.by_burning::<L>(&mut hits, &mut x),
            By::State => self.by_state::<L>(&mut hits, &mut x),
        };
        let lengths = model.subsets.iter().map(|subsets| match by {
            By::Burning => [subsets.count(most), subsets.sets.len()],
            By::State => [subsets.count(most); 2],
        });
        Outcomes { nightly: self.nightly, most, by, first, lengths: lengths.collect(), chances }
    }
}
