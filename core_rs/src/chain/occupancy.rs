//! From chances of states, added up over the nights, to sums by houses that stand or burn; and back.

use super::totals::Occupancy;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::StateSpace;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

/// Adds up states.
pub struct Collect<'a> {
    /// The states of the ring.
    pub space: &'a StateSpace,
    /// Chances of each state, in the lanes of `totals`.
    pub states: &'a [Line],
    /// The sums to fill.
    pub sums: &'a mut Occupancy,
    /// Memory for one reading.
    pub workspace: &'a mut Spread<1>,
}

impl DoubleKernel for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { space, states, sums, workspace } = self;
        for (index, set) in space.sets.iter().enumerate() {
            let size = 1 << set.border;
            workspace.lines[..size]
                .as_flattened_mut()
                .copy_from_slice(&states[set.state..][..size]);
            workspace.forward::<L>(space, set);
            let outer = space.outer(set);
            let lines = workspace.lines[..outer.len()].as_flattened();
            let mut all = L::splat(0.0);
            for line in lines {
                all = all.add(L::load(line));
            }
            all.store(&mut sums.standing[index]);
            let ignitions = &space.ignitions[set.inner.1];
            L::load(&lines[0]).mul(L::splat(ignitions[0])).store(&mut sums.without_fires[index]);
            for inner in space.inner(set) {
                let chance = L::splat(ignitions[usize::from(inner.count)]);
                for (line, outer) in lines.iter().zip(outer) {
                    let to = &mut sums.burning[usize::from(outer.fires | inner.fires)];
                    L::load(line).mul_add(chance, L::load(to)).store(to);
                }
            }
        }
    }
}

/// The adjoint of [`Collect`]: from what sums are worth to what states are.
pub struct CollectAdjoint<'a> {
    /// The states of the ring.
    pub space: &'a StateSpace,
    /// What sums are worth.
    pub sums: &'a Occupancy,
    /// The worth of states, to fill.
    pub states: &'a mut [Line],
    /// Memory for one reading.
    pub workspace: &'a mut Spread<1>,
}

impl DoubleKernel for CollectAdjoint<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { space, sums, states, workspace } = self;
        for (index, set) in space.sets.iter().enumerate() {
            let ignitions = &space.ignitions[set.inner.1];
            let all = L::load(&sums.standing[index]);
            for (line, outer) in workspace.lines.as_flattened_mut().iter_mut().zip(space.outer(set))
            {
                let mut sum = all;
                for inner in space.inner(set) {
                    let chance = L::splat(ignitions[usize::from(inner.count)]);
                    let from = &sums.burning[usize::from(outer.fires | inner.fires)];
                    sum = L::load(from).mul_add(chance, sum);
                }
                if outer.fires == 0 {
                    sum = L::load(&sums.without_fires[index]).mul_add(L::splat(ignitions[0]), sum);
                }
                sum.store(line);
            }
            workspace.backward::<L>(space, set);
            let size = 1 << set.border;
            states[set.state..][..size].copy_from_slice(workspace.lines[..size].as_flattened());
        }
    }
}
