//! Chances of the sets of fires that agents put out who look at the burning houses alone.
//!
//! Heuristic agents and firefighters see neither ruins nor the night. What several such *blind* agents
//! put out together of the burning houses `B` is then a distribution `P(E)` over sets `E ⊆ B` that is
//! the same for all nights and all standing houses. It is found once for each `B`, by the transposed
//! operators of [`fight`](super::fight), and turns an expectation over what they do into a sum of
//! products `Σ P(E) X(E)`. All others, who *see*, go through their operators every night.
//!
//! Where agents tell few houses apart, many `B` have the same distribution, counted within each. It
//! is kept once: of the ring of ten and four heuristic agents 112 of 1,024 are left, which stay in a
//! near cache.

use std::collections::HashMap;

use super::alike::{Alike, side_by_side};
use super::cells::Cells;
use super::fight::Hits;
use super::model::{Group, Model};
use super::policy::Acting;
use super::subsets::{Subsets, most_sets};
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// Distributions over the sets of fires that blind agents put out, with a lane for each seat.
pub(super) struct Outcomes<const S: usize> {
    /// The agents that see ruins or nights, in rising order.
    pub seeing: Vec<usize>,
    /// How many fires a set that has a chance holds at most.
    pub most: usize,
    /// Where the chances of each set of burning houses begin in `chances`.
    first: Vec<u32>,
    /// By the number of burning houses: how many sets have a chance, and how many there are.
    lengths: Vec<[usize; 2]>,
    /// By distribution and the set put out, as [`Subsets`] lists them.
    chances: Cells<S>,
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
        let agents = 0..acting.rows.len();
        let (blind, seeing): (Vec<_>, Vec<_>) = agents.partition(|&agent| acting.is_blind(agent));
        // In a lane without its own agent one fire less is put out, if that agent is blind.
        let less = usize::from(lane == Lane::Others && seeing.is_empty());
        let most = blind.len().saturating_sub(less);
        model.simd.run(Tabulate { model, acting, lane, blind: &blind, seeing, most })
    }

    /// The chances where these houses burn, by sets of at most [`most`](Self::most) fires.
    #[inline(always)]
    pub fn of(&self, burning: usize) -> &[[f64; S]] {
        let [length, _] = self.lengths[burning.count_ones() as usize];
        &self.chances[self.first[burning] as usize..][..length]
    }

    /// The same for all sets, larger ones having no chance.
    #[inline(always)]
    pub fn of_all(&self, burning: usize) -> &[[f64; S]] {
        let [_, length] = self.lengths[burning.count_ones() as usize];
        &self.chances[self.first[burning] as usize..][..length]
    }
}

/// The distributions of states side by side in a line.
pub(super) struct Chances<'a, const S: usize> {
    /// By state; each as long as the first.
    of: [&'a [[f64; S]]; LANES],
}

impl<'a, const S: usize> Chances<'a, S> {
    /// Of states that burn alike.
    #[inline(always)]
    pub fn new(model: &Model, alike: &Alike<S>, outcomes: &'a Outcomes<S>) -> Self {
        let mut of: [&[[f64; S]]; LANES] = [&[]; LANES];
        for g in 0..Alike::<S>::SETS {
            of[g] = outcomes.of(usize::from(model.states.burning[alike.states[g]]));
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
        unsafe { side_by_side(&self.of, set) }
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

impl Chances<'_, 1> {
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
    blind: &'a [usize],
    seeing: Vec<usize>,
    most: usize,
}

impl<const S: usize> DoubleKernel for Tabulate<'_, S> {
    type Output = Outcomes<S>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Outcomes<S> {
        let Self { model, acting, lane, blind, seeing, most } = self;
        let ordinal = model.states.standing.len() - 1;
        let ring = Group { first: ordinal, count: 1, size: model.houses() };
        let mut hits = Hits::new(model.houses());
        let mut x = vec![Line::default(); most_sets(&model.subsets)];
        let (mut first, mut chances) = (Vec::new(), Vec::<[f64; S]>::new());
        let mut known: HashMap<(u32, Vec<u64>), u32> = HashMap::new();
        for burning in 0..1usize << model.houses() {
            let subsets = &model.subsets[burning.count_ones() as usize];
            let alike = Alike::<S>::new(model, &ring, burning);
            x.fill(Line::default());
            x[0] = Line([1.0; LANES]);
            let mut size = 0;
            for &agent in blind {
                let skip = if lane == Lane::Others { agent } else { S };
                let rows = &acting.rows[agent];
                let acts = hits.apply_transposed::<L, S>(rows, &alike, skip, subsets, size, &mut x);
                size += usize::from(acts);
            }
            let (fires, before) = (burning.count_ones(), chances.len());
            for line in &x[..subsets.sets.len()] {
                chances.push(std::array::from_fn(|lane| line.0[lane]));
            }
            let bits = chances[before..].as_flattened().iter().map(|chance| chance.to_bits());
            let at = *known.entry((fires, bits.collect())).or_insert(before as u32);
            if at != before as u32 {
                chances.truncate(before);
            }
            first.push(at);
        }
        let lengths = model.subsets.iter().map(|each| [each.count(most), each.sets.len()]);
        let (lengths, chances) = (lengths.collect(), chances.into_iter().collect());
        Outcomes { seeing, most, first, lengths, chances }
    }
}
