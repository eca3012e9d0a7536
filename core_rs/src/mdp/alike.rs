//! States that burn alike, side by side in a line: the values of what survives, gathered.

use super::cells::half;
use super::model::{Group, Model};
use super::payoffs::Payoffs;
use crate::simd::doubles::{LANES, Lanes, Line};

/// States of a group that burn alike: one in each standing set.
pub(super) struct Alike<const S: usize> {
    /// The states, `LANES / S` of them.
    pub states: [usize; LANES],
    /// Where their fires begin in an agent's rows.
    pub fires: [usize; LANES],
}

impl<const S: usize> Alike<S> {
    /// States side by side in a line.
    pub const SETS: usize = LANES / S;

    /// Those of a group with the same burning houses, as bits within each set.
    #[inline(always)]
    pub fn new(model: &Model, group: &Group, local: usize) -> Self {
        let (mut states, mut fires) = ([0; LANES], [0; LANES]);
        for g in 0..Self::SETS {
            states[g] = model.states.first[group.first + g.min(group.count - 1)] + local;
            fires[g] = model.states.fires[states[g]] as usize;
        }
        Self { states, fires }
    }

    /// `X(E)` for all `E`: what survivors leave (by survivors, within the set), and houses saved.
    #[inline(always)]
    pub fn gather<L: Lanes>(
        &self,
        model: &Model,
        payoffs: &Payoffs<S>,
        local: usize,
        left: &[Line],
        x: &mut [Line],
    ) {
        let survivors = model.survivors.of(local);
        let x = &mut x[..survivors.len()];
        let count = x.len();
        let mut saved: [&[[f64; S]]; LANES] = [&[]; LANES];
        for g in 0..Self::SETS {
            let burning = usize::from(model.states.burning[self.states[g]]);
            saved[g] = &payoffs.saved[model.survivors.first[burning]..][..count];
        }
        for i in 0..count {
            // SAFETY: each of the slices has `count` cells.
            let saved = unsafe { side_by_side::<L, S>(&saved, i) };
            L::load(&left[usize::from(survivors[i])]).add(saved).store(&mut x[i]);
        }
    }
}

/// A line of the cells at one place of several slices, one or two of them.
///
/// # Safety
/// Each of them has that many cells.
#[inline(always)]
pub(super) unsafe fn side_by_side<L: Lanes, const S: usize>(
    slices: &[&[[f64; S]]; LANES],
    at: usize,
) -> L {
    // SAFETY: as promised.
    let cell = |g: usize| -> &[f64; S] { unsafe { slices[g].get_unchecked(at) } };
    L::load_halves(half(cell(0), 0), half(cell(LANES / 2 / S), LANES / 2))
}

/// Values by survivors, for the standing sets of a group side by side.
#[inline(always)]
pub(super) fn by_survivors<const S: usize>(
    model: &Model,
    group: &Group,
    aftermaths: &[[f64; S]],
    left: &mut [Line],
) {
    for g in 0..LANES / S {
        let first = model.states.first[group.first + g.min(group.count - 1)];
        let from = &model.spread.aftermath[first..first + (1 << group.size)];
        for (line, &aftermath) in left.iter_mut().zip(from) {
            line.0[g * S..][..S].copy_from_slice(&aftermaths[aftermath as usize]);
        }
    }
}
