//! The agents' half of a night where nobody sees ruins or the night: a night of few tables.
//!
//! What such agents put out together has a distribution `P(E)` that depends on the burning houses `B`
//! alone ([`outcomes`](super::outcomes)). With `W(N, F)` the value of a town that stood as `N` when the
//! fires `F` survived, a state is worth
//!
//! ```text
//! Σ_E P(E) (W(N, B \ E) + S(B, E)),
//! ```
//!
//! and so all that concerns saved houses (`S`) is a constant for each `B`. An agent that works at `h`
//! while the others put out `E` turns this, with its own share κ, into
//!
//! ```text
//! (1 − κ) Σ_E P(E) X(E) + κ Σ_{E ∋ h} (P(E) + P(E \ h)) X(E).
//! ```
//!
//! Chances are the same for all `N ⊇ B`, of which up to eight are worked on at a time. They are found by
//! *ternary* numbers, `Σ_{h ∈ N} 3^h + Σ_{h ∈ F} 3^h` for (N, F) and (N, B): among states with the same
//! `B` and `F` only the first sum varies. Its higher digits divide all work into blocks, whose
//! values stay in a near cache.

use super::cells::{Cells, half};
use super::cost::MOST_HOUSES;
use super::model::Model;
use super::night::Room;
use super::outcomes::Outcomes;
use super::parallel::{Crew, pieces};
use super::payoffs::Payoffs;
use super::seats::{Idle, best_acts};
use super::states::bits;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Half, LANES, Lanes, Line};

/// Houses that the lower digits of ternary numbers are about, at most.
const LOW: usize = 6;
/// Standing sets that are worked on at a time, at most.
const SETS: usize = 8;
/// Lines of numbers that are worked on at a time.
const LINES: usize = 4;

/// Ternary numbers of states.
pub(super) struct Ternary {
    /// By set of houses: `Σ 3^h`.
    pub power: Vec<u32>,
    /// By ternary number (N, F): the aftermath when the fires F survive.
    pub aftermath: Vec<u32>,
    /// By ternary number: the state.
    pub state: Vec<u32>,
    /// By state: its ternary number.
    pub number: Vec<u32>,
    /// How many houses the lower digits are about.
    pub low: usize,
    /// The higher houses that stand, and those that burn, of each block of states.
    pub blocks: Vec<(usize, usize)>,
}

impl Ternary {
    /// For a ring.
    pub fn new(model: &Model) -> Self {
        let houses = model.houses();
        let sum = |set| bits(set).map(|h| 3u32.pow(h as u32)).sum();
        let power: Vec<u32> = (0..1usize << houses).map(sum).collect();
        let low = houses.min(LOW);
        let none = vec![0; model.states()];
        let (mut aftermath, mut states, mut numbers) = (none.clone(), none.clone(), none);
        let mut blocks = vec![(0, 0); 3usize.pow((houses - low) as u32)];
        let size = 3usize.pow(low as u32);
        for (i, range) in model.states.first.windows(2).enumerate() {
            let standing = usize::from(model.states.standing[i]);
            for at in range[0]..range[1] {
                let burning = usize::from(model.states.burning[at]);
                let number = power[standing] + power[burning];
                (numbers[at], states[number as usize]) = (number, at as u32);
                aftermath[number as usize] = model.spread.aftermath[at];
                blocks[number as usize / size] = (standing >> low << low, burning >> low << low);
            }
        }
        Self { power, aftermath, state: states, number: numbers, low, blocks }
    }

    /// States in a block.
    pub fn size(&self) -> usize {
        3usize.pow(self.low as u32)
    }

    /// By burning houses and set put out ([`Survivors`](super::subsets::Survivors)): how many numbers
    /// further on, of so many to a cell, a town stands of which the rest survives.
    pub fn survive(&self, model: &Model, seats: usize) -> Vec<u32> {
        let left = model.survivors.left.iter();
        left.map(|&left| seats as u32 * self.power[usize::from(left)]).collect()
    }

    /// For each set of low houses, the numbers of those beside it: what further houses add that
    /// stand and do not burn.
    pub fn beside(&self) -> Vec<Vec<usize>> {
        let all = 1usize << self.low;
        let of = |set: usize| {
            let rest = (0..all).filter(|rest| rest & set == 0);
            rest.map(|rest| self.power[rest] as usize).collect()
        };
        (0..all).map(of).collect()
    }
}

/// What agents put out together, as all nights need it.
pub(super) struct Blind<'a, const S: usize> {
    model: &'a Model,
    payoffs: &'a Payoffs<S>,
    ternary: &'a Ternary,
    outcomes: &'a Outcomes<S>,
    beside: Vec<Vec<usize>>,
    /// See [`Ternary::survive`].
    survive: Vec<u32>,
    /// By burning houses: what houses saved are worth.
    saved: Vec<[f64; S]>,
    /// By burning houses and fire, [`MOST_HOUSES`] to each: κ times what houses saved are worth if
    /// that fire is put out for certain, less the cost. Empty if nobody is to answer.
    saved_more: Vec<[f64; S]>,
}

impl<'a, const S: usize> Blind<'a, S> {
    /// Of policies by their outcomes; whether one more agent is to answer them.
    pub fn new(
        model: &'a Model,
        payoffs: &'a Payoffs<S>,
        ternary: &'a Ternary,
        outcomes: &'a Outcomes<S>,
        answers: bool,
    ) -> Self {
        let all = 1usize << model.houses();
        let mut saved = vec![[0.0; S]; all];
        let mut saved_more = vec![[0.0; S]; if answers { MOST_HOUSES * all } else { 0 }];
        for burning in 0..all {
            let chances = outcomes.of_all(burning);
            let worth = &payoffs.saved[model.survivors.first[burning]..];
            let add = |to: &mut [f64; S], less: usize, set: usize| {
                (0..S).for_each(|a| to[a] += chances[less][a] * worth[set][a]);
            };
            for set in 0..chances.len() {
                add(&mut saved[burning], set, set);
            }
            let subsets = &model.subsets[burning.count_ones() as usize];
            for fire in 0..if answers { subsets.fires } else { 0 } {
                let sum = &mut saved_more[MOST_HOUSES * burning + fire];
                for &(less, more) in subsets.pairs_of(fire, outcomes.most) {
                    add(sum, usize::from(less), usize::from(more));
                    add(sum, usize::from(more), usize::from(more));
                }
                (0..S).for_each(|a| sum[a] = model.solo() * sum[a] - payoffs.cost);
            }
        }
        let (beside, survive) = (ternary.beside(), ternary.survive(model, S));
        Self { model, payoffs, ternary, outcomes, beside, survive, saved, saved_more }
    }
}

/// Values of all states by ternary number, and what they are made of, as nights need them again.
pub(super) struct Towns<const S: usize> {
    /// By ternary number (N, F): of what is left.
    left: Cells<S>,
    /// By ternary number (N, B).
    found: Vec<[f64; S]>,
    acts: Vec<u32>,
}

impl<const S: usize> Towns<S> {
    /// For a game, with room for acts if they are asked for.
    pub fn new(model: &Model, answers: bool) -> Self {
        let states = model.states();
        Self {
            left: Cells::new(states),
            found: vec![[0.0; S]; states],
            acts: vec![0; if answers { states } else { 0 }],
        }
    }
}

impl<const S: usize> Blind<'_, S> {
    /// From aftermaths to states, whose values (and best acts, if these are asked for) go to pieces
    /// that end at `ends`.
    pub fn agents(
        &self,
        crew: &Crew<'_>,
        rooms: &mut [Room<S>],
        aftermaths: &[[f64; S]],
        towns: &mut Towns<S>,
        (values, acts): (&mut [[f64; S]], &mut [u32]),
        ends: &[usize],
    ) {
        let (model, ternary) = (self.model, self.ternary);
        let size = ternary.size();
        let parts = towns.left.chunks_mut(size).zip(ternary.aftermath.chunks(size));
        crew.each(rooms, parts.collect(), |_, (left, from)| {
            for (left, &aftermath) in left.iter_mut().zip(from) {
                *left = aftermaths[aftermath as usize];
            }
        });
        let mut of_acts = towns.acts.chunks_mut(size);
        let blocks = towns.found.chunks_mut(size).zip(&ternary.blocks);
        let mut blocks: Vec<_> = blocks
            .map(|(found, &block)| (block, found, of_acts.next().unwrap_or(&mut [])))
            .collect();
        // The most work first; blocks of the same standing houses read the same values.
        blocks.sort_by_key(|&((standing, _), ..)| (standing.count_zeros(), standing));
        let left = &*towns.left;
        crew.each(rooms, blocks, |_, (block, found, acts)| {
            let works = [[Line::default(); MOST_HOUSES]; LINES];
            model.simd.run(Block { blind: self, block, left, found, acts, works });
        });
        let acts_ends = if acts.is_empty() { &vec![0; ends.len()] } else { ends };
        let parts = pieces(values, ends).into_iter().zip(pieces(acts, acts_ends));
        let numbers = ends
            .iter()
            .scan(0, |start, &end| Some(&ternary.number[std::mem::replace(start, end)..end]));
        crew.each(rooms, parts.zip(numbers).collect(), |_, ((values, acts), numbers)| {
            for (value, &number) in values.iter_mut().zip(numbers) {
                *value = towns.found[number as usize];
            }
            for (act, &number) in acts.iter_mut().zip(numbers) {
                *act = towns.acts[number as usize];
            }
        });
    }
}

/// The states of a block.
struct Block<'a, const S: usize> {
    blind: &'a Blind<'a, S>,
    /// Of the higher houses: who stands, and who burns.
    block: (usize, usize),
    left: &'a [[f64; S]],
    found: &'a mut [[f64; S]],
    acts: &'a mut [u32],
    /// What it is worth to work at each fire, by line.
    works: [[Line; MOST_HOUSES]; LINES],
}

impl<const S: usize> DoubleKernel for Block<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let Blind { ternary, beside, .. } = self.blind;
        let (standing, higher) = self.block;
        for lower in 0..1usize << ternary.low {
            let burning = higher | lower;
            let power = |set: usize| ternary.power[set] as usize;
            let first = power(standing) + power(lower);
            let last = first + power(((1 << ternary.low) - 1) & !lower) + power(burning);
            let numbers = self.left.as_flattened();
            assert!(S * last < numbers.len());
            for some in beside[lower].chunks(Self::SETS) {
                let (mut starts, mut places) = ([numbers; SETS], [0; SETS]);
                for i in 0..Self::SETS {
                    let rest = some[i.min(some.len() - 1)];
                    (starts[i], places[i]) =
                        (&numbers[S * (first + rest)..], 2 * power(lower) + rest);
                }
                let places = &places[..some.len()];
                // SAFETY: the last town is that of the most houses beside and all fires.
                unsafe {
                    match (places.len() * S).div_ceil(LANES) {
                        1 => self.states::<L, 1>(burning, &starts, places),
                        2 => self.states::<L, 2>(burning, &starts, places),
                        _ => self.states::<L, LINES>(burning, &starts, places),
                    }
                }
            }
        }
    }
}

impl<const S: usize> Block<'_, S> {
    /// Standing sets that are worked on at a time.
    const SETS: usize = LINES * LANES / S;

    /// States with the same fires, in `N` lines: values of towns from that without survivors on, and
    /// the places of the states in the block.
    ///
    /// # Safety
    /// Each start goes on for each of `survive`, and a cell more.
    #[inline(always)]
    unsafe fn states<L: Lanes, const N: usize>(
        &mut self,
        burning: usize,
        starts: &[&[f64]; SETS],
        places: &[usize],
    ) {
        let Blind { model, payoffs, outcomes, saved, saved_more, .. } = self.blind;
        let range = model.survivors.first[burning]..model.survivors.first[burning + 1];
        let survive = &self.blind.survive[range];
        let subsets = &model.subsets[burning.count_ones() as usize];
        let zeros = [L::splat(0.0); N];
        let mut sums = zeros;
        let chances = outcomes.of(burning);
        assert_eq!(subsets.sets.len(), survive.len());
        for (chance, &number) in chances.iter().zip(survive) {
            let chance = everywhere::<L, S>(chance);
            for line in 0..N {
                // SAFETY: as promised.
                let left: L = unsafe { line_at::<L, S>(starts, line, number as usize) };
                sums[line] = left.mul_add(chance, sums[line]);
            }
        }
        let saved = everywhere::<L, S>(&saved[burning]);
        for line in 0..N {
            sums[line] = sums[line].add(saved);
        }
        let mut best = [Line::default(); N];
        if saved_more.is_empty() {
            for line in 0..N {
                sums[line].store(&mut best[line]);
            }
            return self.keep(places, &best, None);
        }
        let chances = outcomes.of_all(burning);
        assert_eq!(chances.len(), survive.len());
        let (solo, fails) = (L::splat(model.solo()), L::splat(1.0 - model.solo()));
        let works = &mut self.works;
        let of_fires = &saved_more[MOST_HOUSES * burning..][..subsets.fires];
        for (fire, saved) in of_fires.iter().enumerate() {
            let mut more = zeros;
            for &(without, with) in subsets.pairs_of(fire, outcomes.most) {
                // SAFETY: pairs are of sets that there are (`Subsets::new`), as many as asserted.
                let (number, one, other) = unsafe {
                    let (without, with) = (usize::from(without), usize::from(with));
                    let (one, other) =
                        (chances.get_unchecked(without), chances.get_unchecked(with));
                    (*survive.get_unchecked(with), one, other)
                };
                let chance = everywhere::<L, S>(one).add(everywhere::<L, S>(other));
                for line in 0..N {
                    // SAFETY: as promised.
                    let left: L = unsafe { line_at::<L, S>(starts, line, number as usize) };
                    more[line] = left.mul_add(chance, more[line]);
                }
            }
            let saved = everywhere::<L, S>(saved);
            for line in 0..N {
                let rest = sums[line].mul_add(fails, saved);
                more[line].mul_add(solo, rest).store(&mut works[line][fire]);
            }
        }
        let Idle { worth, act } = Idle::new(model, payoffs, burning);
        let mut acts = [[0; LANES]; N];
        for line in 0..N {
            let idle = sums[line].add(L::splat(worth));
            let works = &works[line][..subsets.fires];
            let acts = &mut acts[line];
            best[line] = best_acts::<L, S>(
                idle,
                works,
                payoffs.tolerance,
                ([burning; LANES], [act; LANES]),
                acts,
            );
        }
        self.keep(places, &best, Some(&acts));
    }

    /// Keeps values, and acts if there are any.
    #[inline(always)]
    fn keep(&mut self, places: &[usize], best: &[Line], acts: Option<&[[u32; LANES]]>) {
        for (i, &place) in places.iter().enumerate() {
            let (line, lane) = (i * S / LANES, i * S % LANES);
            self.found[place].copy_from_slice(&best[line].0[lane..][..S]);
            if let Some(acts) = acts {
                self.acts[place] = acts[line][lane / S];
            }
        }
    }
}

/// A cell for each of the states in a line.
#[inline(always)]
pub(super) fn everywhere<L: Lanes, const S: usize>(cell: &[f64; S]) -> L {
    L::load_halves(half(cell, 0), half(cell, LANES / 2))
}

/// A line of cells, `number` numbers further on.
///
/// # Safety
/// There are such cells.
#[inline(always)]
unsafe fn line_at<L: Lanes, const S: usize>(
    starts: &[&[f64]; SETS],
    line: usize,
    number: usize,
) -> L {
    let half = |lane: usize| -> &Half {
        let at = line * LANES + lane;
        // SAFETY: as promised.
        unsafe { &*starts[at / S].as_ptr().add(number + at % S).cast() }
    };
    L::load_halves(half(0), half(LANES / 2))
}
