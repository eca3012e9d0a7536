//! Fires spread and break out: from what the agents leave to the houses at the end of the night.
//!
//! After the agents, fires `F` have survived and their houses are lost; `N' = N \ F` stand. What
//! happens next depends on `N'` and on the *embers* `f = F ∩ ∂N'`: the surviving fires next to a
//! house that stands (none, where houses burn out before fires spread). The pair is an
//! *aftermath*. Given one, each standing house burns at the end of the night independently, with
//! chance `1 − s_k` where `k` counts the embers next to it.
//!
//! So the expectation, over the next set of burning houses `B'`, of a function given by its `2^|N'|`
//! values is found house by house: a *step* takes one house of `N'` out of the index and, if embers
//! next to it have not come up yet, brings those in,
//!
//! ```text
//! y[f, bits] = s_k(f) x[f', bits, 0] + (1 − s_k(f)) x[f', bits, 1].
//! ```
//!
//! Houses that no ember can touch go first, while few embers have come up. On the ring of ten a pass
//! over all standing sets computes 131,839 numbers. Distributions go through the transposed steps in
//! the opposite order. The house taken out is always the highest bit of the index, so that a
//! step runs over numbers side by side; [`Spread::place`] says where values begin.

use super::cells::{plus, times};
use super::states::{States, bits};
use crate::dynamics::ring::Ring;

/// One house that is taken out of the index.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// How many are left after it.
    left: u32,
    /// How many embers have come up before, and come up with it.
    known: u32,
    new: u32,
    /// Embers on either side, as bits that are tested (0 where there can be none).
    beside: [u32; 2],
}

/// All aftermaths, and the steps that lead from them to states.
#[derive(Clone, Debug)]
pub struct Spread {
    /// First aftermath of each standing set (by ordinal), and the number of all at the end. Bits of
    /// an aftermath's number, counted from there, are embers in the order in which they come up.
    pub first: Vec<usize>,
    /// By state (N, F): the aftermath when the fires F survive.
    pub aftermath: Vec<u32>,
    /// By state: its place among the states of its standing set before the first step, that is,
    /// with the house that is taken out first as the highest bit.
    pub place: Vec<u16>,
    steps: Vec<Step>,
    /// First step of each standing set, and the number of all at the end.
    steps_of: Vec<usize>,
    /// s_k and 1 − s_k.
    safe: [f64; 3],
    burns: [f64; 3],
}

impl Spread {
    /// For a ring.
    pub fn new(states: &States, ring: &Ring) -> Self {
        let (mut first, mut steps, mut steps_of) = (vec![0], Vec::new(), vec![0]);
        // Embers of each standing set, in the order in which they come up.
        let mut embers: Vec<Vec<usize>> = Vec::with_capacity(states.standing.len());
        let mut place = Vec::with_capacity(states.len());
        for &standing in &states.standing {
            let standing = usize::from(standing);
            let beside = |house: usize| {
                ring.neighbors(house)
                    .map(|h| (ring.spread > 0.0 && standing >> h & 1 == 0).then_some(h))
            };
            let touched = |house: usize| beside(house) != [None; 2];
            let mut order: Vec<usize> = bits(standing).collect();
            order.sort_by_key(|&house| touched(house));
            let mut left = order.len();
            let mut known: Vec<usize> = Vec::new();
            let cells = states.first[embers.len()]..states.first[embers.len() + 1];
            place.extend(states.burning[cells].iter().map(|&burning| {
                order.iter().fold(0, |place, &house| place << 1 | (burning >> house & 1))
            }));
            for house in order {
                let before = known.len();
                let tested = beside(house).map(|ember| {
                    ember.map_or(0, |ember| {
                        let at = known.iter().position(|&h| h == ember).unwrap_or_else(|| {
                            known.push(ember);
                            known.len() - 1
                        });
                        1 << at
                    })
                });
                left -= 1;
                steps.push(Step {
                    left: left as u32,
                    known: before as u32,
                    new: (known.len() - before) as u32,
                    beside: tested,
                });
            }
            steps_of.push(steps.len());
            first.push(first[first.len() - 1] + (1 << known.len()));
            embers.push(known);
        }
        let aftermath = states
            .standing
            .iter()
            .enumerate()
            .flat_map(|(ordinal, &standing)| {
                (states.first[ordinal]..states.first[ordinal + 1])
                    .map(move |state| (standing, state))
            })
            .map(|(standing, state)| {
                let survive = states.burning[state];
                let left = usize::from(states.ordinal[usize::from(standing & !survive)]);
                let known = &embers[left];
                let bits = known.iter().enumerate();
                let f = bits.fold(0, |f, (i, &h)| f | usize::from(survive >> h & 1) << i);
                (first[left] + f) as u32
            })
            .collect();
        let safe = std::array::from_fn(|k| ring.chance(false, k));
        let burns = std::array::from_fn(|k| ring.chance(true, k));
        Self { first, aftermath, place, steps, steps_of, safe, burns }
    }

    /// How many aftermaths.
    pub fn len(&self) -> usize {
        self.first[self.first.len() - 1]
    }

    fn steps(&self, ordinal: usize) -> &[Step] {
        &self.steps[self.steps_of[ordinal]..self.steps_of[ordinal + 1]]
    }

    /// Most numbers that a standing set has at any step.
    pub fn room(&self) -> usize {
        let sizes =
            self.steps.iter().flat_map(|s| [s.known + 1, s.known + s.new].map(|f| f + s.left));
        1 << sizes.max().unwrap_or(0)
    }

    /// Multiplications and additions of one pass over all standing sets.
    #[cfg(test)]
    fn operations(&self) -> usize {
        self.steps.iter().map(|step| 1usize << (step.known + step.new + step.left)).sum()
    }

    /// From values of the states of a standing set, in `x` at their [`place`](Self::place), to
    /// expectations given each aftermath, which are left in `x`. Both need
    /// [`room`](Self::room).
    #[inline(always)]
    pub fn expect<const S: usize>(
        &self,
        ordinal: usize,
        x: &mut Vec<[f64; S]>,
        y: &mut Vec<[f64; S]>,
    ) {
        for step in self.steps(ordinal) {
            let size = 1usize << step.left;
            let (old, new) = (1usize << step.known, 1usize << (step.known + step.new));
            for f in 0..new {
                let (safe, burns) = self.chances(step, f);
                let (zero, one) = x[(f & (old - 1)) * 2 * size..][..2 * size].split_at(size);
                let to = &mut y[f * size..][..size];
                for i in 0..size {
                    let (zero, one) = (zero[i], one[i]);
                    for a in 0..S {
                        to[i][a] = one[a].mul_add(burns, zero[a] * safe);
                    }
                }
            }
            std::mem::swap(x, y);
        }
    }

    /// The transpose: from the chances of aftermaths, in `x`, to those of states, left in `x` at
    /// their [`place`](Self::place).
    #[inline(always)]
    pub fn push<const S: usize>(
        &self,
        ordinal: usize,
        x: &mut Vec<[f64; S]>,
        y: &mut Vec<[f64; S]>,
    ) {
        for step in self.steps(ordinal).iter().rev() {
            let size = 1usize << step.left;
            let (old, new) = (1usize << step.known, 1usize << (step.known + step.new));
            for f in 0..new {
                let (safe, burns) = self.chances(step, f);
                let from = &x[f * size..][..size];
                let to = &mut y[(f & (old - 1)) * 2 * size..][..2 * size];
                let (zero, one) = to.split_at_mut(size);
                for i in 0..size {
                    let (safe, burns) = (times(&from[i], &[safe; S]), times(&from[i], &[burns; S]));
                    // The first ones come to each place, and others with more embers to some.
                    let more = f >= old;
                    zero[i] = if more { plus(&zero[i], &safe) } else { safe };
                    one[i] = if more { plus(&one[i], &burns) } else { burns };
                }
            }
            std::mem::swap(x, y);
        }
    }

    /// Chances that the house of a step stays safe and catches fire, given embers.
    #[inline(always)]
    fn chances(&self, step: &Step, embers: usize) -> (f64, f64) {
        let k = step.beside.iter().filter(|&&tested| embers & tested as usize != 0).count();
        (self.safe[k], self.burns[k])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(houses: usize, spread: f64) -> Ring {
        Ring { houses, spread, ignite: 0.07 }
    }

    #[test]
    fn the_ring_of_ten_takes_as_much_as_the_page_says() {
        let states = States::new(10);
        let spread = Spread::new(&states, &ring(10, 0.25));
        assert_eq!(spread.len(), 17_666);
        assert_eq!(spread.operations(), 131_839);
        let alone = Spread::new(&states, &ring(10, 0.0));
        assert_eq!(alone.len(), 1024);
    }

    #[test]
    fn expectations_are_those_of_independent_houses() {
        for houses in [2, 3, 5] {
            let (states, ring) = (States::new(houses), ring(houses, 0.3));
            let spread = Spread::new(&states, &ring);
            for (ordinal, &standing) in states.standing.iter().enumerate() {
                for state in states.first[ordinal]..states.first[ordinal + 1] {
                    let survive = states.burning[state];
                    let left = usize::from(standing & !survive);
                    let to = usize::from(states.ordinal[left]);
                    let cells = states.first[to]..states.first[to + 1];
                    let value = |state: usize| ((state * 7919) % 101) as f64;
                    let mut expected = 0.0;
                    for next in cells.clone() {
                        let chance = bits(left).fold(1.0, |chance, house| {
                            let fires = ring
                                .neighbors(house)
                                .into_iter()
                                .filter(|&h| survive >> h & 1 == 1)
                                .count();
                            let burns = states.burning[next] >> house & 1 == 1;
                            chance * ring.chance(burns, fires)
                        });
                        expected += chance * value(next);
                    }
                    let aftermath = spread.aftermath[state] as usize;
                    let mut x = vec![[0.0]; 2 << houses];
                    let mut y = x.clone();
                    for state in cells.clone() {
                        x[usize::from(spread.place[state])] = [value(state)];
                    }
                    spread.expect(to, &mut x, &mut y);
                    let found = x[aftermath - spread.first[to]][0];
                    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
                    let (mut x, mut y) = (vec![[0.0]; 2 << houses], vec![[0.0]; 2 << houses]);
                    x[aftermath - spread.first[to]] = [1.0];
                    spread.push(to, &mut x, &mut y);
                    let chance = |state: usize| x[usize::from(spread.place[state])][0];
                    let pushed: f64 = cells.map(|state| chance(state) * value(state)).sum();
                    assert!((pushed - expected).abs() < 1e-12, "{pushed} {expected}");
                }
            }
        }
    }
}
