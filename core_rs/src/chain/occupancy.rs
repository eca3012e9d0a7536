//! From chances of slots, added up over the nights, to sums by houses that stand or burn; and back.

use super::totals::Sums;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::Town;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

/// Adds up slots.
pub struct Collect<'a> {
    /// States.
    pub town: &'a Town,
    /// Of each slot, in the lanes of `totals`.
    pub slots: &'a [Line],
    /// To be filled.
    pub sums: &'a mut Sums,
    /// Room.
    pub room: &'a mut Spread<1>,
}

impl DoubleKernel for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { town, slots, sums, room } = self;
        for (index, set) in town.sets.iter().enumerate() {
            let size = 1 << set.ends;
            room.lines[..size].as_flattened_mut().copy_from_slice(&slots[set.slot..][..size]);
            room.forward::<L>(town, set);
            let outer = town.outer(set);
            let lines = room.lines[..outer.len()].as_flattened();
            let mut all = L::splat(0.0);
            for line in lines {
                all = all.add(L::load(line));
            }
            all.store(&mut sums.standing[index]);
            let sparks = &town.sparks[set.inner.1];
            L::load(&lines[0]).mul(L::splat(sparks[0])).store(&mut sums.calm[index]);
            for inner in town.inner(set) {
                let chance = L::splat(sparks[usize::from(inner.count)]);
                for (line, outer) in lines.iter().zip(outer) {
                    let to = &mut sums.burning[usize::from(outer.fires | inner.fires)];
                    L::load(line).mul_add(chance, L::load(to)).store(to);
                }
            }
        }
    }
}

/// The reverse of [`Collect`]: from what sums are worth to what slots are.
pub struct Worth<'a> {
    /// States.
    pub town: &'a Town,
    /// What sums are worth.
    pub sums: &'a Sums,
    /// To be filled.
    pub slots: &'a mut [Line],
    /// Room.
    pub room: &'a mut Spread<1>,
}

impl DoubleKernel for Worth<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { town, sums, slots, room } = self;
        for (index, set) in town.sets.iter().enumerate() {
            let sparks = &town.sparks[set.inner.1];
            let all = L::load(&sums.standing[index]);
            for (line, outer) in room.lines.as_flattened_mut().iter_mut().zip(town.outer(set)) {
                let mut sum = all;
                for inner in town.inner(set) {
                    let chance = L::splat(sparks[usize::from(inner.count)]);
                    let from = &sums.burning[usize::from(outer.fires | inner.fires)];
                    sum = L::load(from).mul_add(chance, sum);
                }
                if outer.fires == 0 {
                    sum = L::load(&sums.calm[index]).mul_add(L::splat(sparks[0]), sum);
                }
                sum.store(line);
            }
            room.backward::<L>(town, set);
            let size = 1 << set.ends;
            slots[set.slot..][..size].copy_from_slice(room.lines[..size].as_flattened());
        }
    }
}
