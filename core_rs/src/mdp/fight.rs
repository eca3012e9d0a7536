//! What agents achieve against fires: operators on functions of the set `E` of fires put out.
//!
//! `X(E)` is what a state is worth if exactly the fires of `E` are put out. One agent that works at
//! fire `h` turns it into
//!
//! ```text
//! (T_h X)(E) = X(E) + κ (X(E ∪ h) − X(E)),
//! ```
//!
//! and one that works at `h` with chance `c_h / κ`, and at no fire otherwise, into
//! `X(E) + Σ_h c_h (X(E ∪ h) − X(E))`. These operators commute, and several workers at one fire come
//! out right: `T_h^k` holds `1 − (1 − κ)^k`. After all agents, `X(∅)` is the expectation. An operator
//! that only has to be right for sets of at most `k` fires looks at sets of at most `k + 1`, and may
//! overwrite them in rising order.
//!
//! Distributions over `E` go through the transposed operators.

use super::alike::Alike;
use super::policy::{MANY_FIRES, NO_FIRE, Rows};
use super::subsets::Subsets;
use crate::simd::doubles::{LANES, Lanes, Line};

/// An agent's chances to put out each fire of the states of a line.
pub(super) struct Hits {
    /// By fire.
    chances: Vec<Line>,
}

/// How many fires an agent may put out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// None in any of the states.
    Nothing,
    /// At most one in each.
    One,
    /// More than one in some.
    Many,
}

impl Hits {
    /// Room for so many fires.
    pub fn new(houses: usize) -> Self {
        Self { chances: vec![Line::default(); houses] }
    }

    /// Reads an agent's chances in states side by side, `S` lanes each. Lane `skip` of each state
    /// (one that is no lane for none) stays without the agent.
    #[inline(always)]
    fn read<L: Lanes, const S: usize>(
        &mut self,
        rows: &Rows,
        alike: &Alike<S>,
        fires: usize,
        skip: usize,
    ) {
        let mut hits: [&[f64]; LANES] = [&[]; LANES];
        let mut keep = Line([1.0; LANES]);
        for g in 0..LANES / S {
            hits[g] = &rows.hits[alike.fires[g]..][..fires];
            if skip < S {
                keep.0[g * S + skip] = 0.0;
            }
        }
        let keep = L::load(&keep);
        for (fire, chance) in self.chances[..fires].iter_mut().enumerate() {
            if S == 1 {
                for g in 0..LANES {
                    chance.0[g] = hits[g][fire];
                }
                continue;
            }
            let (low, high) = (hits[0][fire], hits[LANES / 2 / S][fire]);
            let hit = L::load_halves(&[low; LANES / 2], &[high; LANES / 2]);
            hit.mul(keep).store(chance);
        }
    }

    /// Applies the operator of an agent, for sets of at most `limit` fires.
    #[inline(always)]
    pub fn apply<L: Lanes, const S: usize>(
        &mut self,
        rows: &Rows,
        alike: &Alike<S>,
        skip: usize,
        subsets: &Subsets,
        limit: usize,
        x: &mut [Line],
    ) {
        match aim(rows, alike) {
            Aim::Nothing => {}
            Aim::One => {
                for g in 0..LANES / S {
                    let only = rows.only[alike.states[g]];
                    if only != NO_FIRE {
                        let mut chance = Line::default();
                        let hit = rows.hits[alike.fires[g] + usize::from(only)];
                        for a in 0..S {
                            chance.0[g * S + a] = if a == skip { 0.0 } else { hit };
                        }
                        apply_one::<L>(subsets, usize::from(only), L::load(&chance), limit, x);
                    }
                }
            }
            Aim::Many => {
                self.read::<L, S>(rows, alike, subsets.fires, skip);
                apply_many::<L>(subsets, &self.chances, limit, x);
            }
        }
    }

    /// Applies the transposed operator to a distribution over sets of at most `limit` fires, which
    /// leaves one over sets of at most `limit + 1`. Returns whether there was anything to do.
    #[inline(always)]
    pub fn apply_transposed<L: Lanes, const S: usize>(
        &mut self,
        rows: &Rows,
        alike: &Alike<S>,
        skip: usize,
        subsets: &Subsets,
        limit: usize,
        x: &mut [Line],
    ) -> bool {
        if aim(rows, alike) == Aim::Nothing || subsets.most() == 0 {
            return false;
        }
        self.read::<L, S>(rows, alike, subsets.fires, skip);
        let top = limit.min(subsets.most() - 1);
        let mut end = subsets.up_upto[top];
        for size in (0..=top).rev() {
            let count = subsets.fires - size;
            for at in subsets.of_size(size).rev() {
                let here = L::load(&x[at]);
                let minus = here.mul(L::splat(-1.0));
                let mut stays = here;
                for step in &subsets.up[end - count..end] {
                    let chance = L::load(&self.chances[usize::from(step.fire)]);
                    let to = &mut x[usize::from(step.to)];
                    here.mul_add(chance, L::load(to)).store(to);
                    stays = minus.mul_add(chance, stays);
                }
                stays.store(&mut x[at]);
                end -= count;
            }
        }
        true
    }
}

/// How many fires an agent may put out in states side by side.
#[inline(always)]
fn aim<const S: usize>(rows: &Rows, alike: &Alike<S>) -> Aim {
    let mut aim = Aim::Nothing;
    for g in 0..LANES / S {
        match rows.only[alike.states[g]] {
            NO_FIRE => {}
            MANY_FIRES => return Aim::Many,
            _ => aim = Aim::One,
        }
    }
    aim
}

/// An agent that works at any of the fires, with chances to put each out.
#[inline(always)]
fn apply_many<L: Lanes>(subsets: &Subsets, chances: &[Line], limit: usize, x: &mut [Line]) {
    if subsets.most() == 0 {
        return;
    }
    assert!(x.len() >= subsets.sets.len() && chances.len() >= subsets.fires);
    let mut up = subsets.up.as_slice();
    for size in 0..=limit.min(subsets.most() - 1) {
        for at in subsets.of_size(size) {
            let steps;
            (steps, up) = up.split_at(subsets.fires - size);
            let here = L::load(&x[at]);
            let minus = here.mul(L::splat(-1.0));
            let mut sum = here;
            for step in steps {
                // SAFETY: steps lead to sets, by fires, that there are (`Subsets::new`), and both
                // slices are as long as asserted above.
                let (to, chance) = unsafe {
                    let to = x.get_unchecked(usize::from(step.to));
                    (to, chances.get_unchecked(usize::from(step.fire)))
                };
                let gain = L::load(to).add(minus);
                sum = gain.mul_add(L::load(chance), sum);
            }
            sum.store(&mut x[at]);
        }
    }
}

/// An agent that works at one fire, with chances `chance` to put it out.
#[inline(always)]
pub(super) fn apply_one<L: Lanes>(
    subsets: &Subsets,
    fire: usize,
    chance: L,
    limit: usize,
    x: &mut [Line],
) {
    for &(from, to) in subsets.pairs_of(fire, limit) {
        let here = L::load(&x[usize::from(from)]);
        let gain = here.mul_add(L::splat(-1.0), L::load(&x[usize::from(to)]));
        gain.mul_add(chance, here).store(&mut x[usize::from(from)]);
    }
}
