//! Fires among the first standing houses, and what the workers make of them, unrolled.
//!
//! A *block* is the eight cells of the sets of fires among three houses; among fewer, the first two
//! or four of these. 27 chances lead from one block to another: one for each fate of the houses, as
//! digits in base 3 (not burning, burning on, put out).

use super::horizon::{Cell, Loaded, load, mul_add, store};
use crate::simd::doubles::{Lanes, Line};

/// Standing houses that are unrolled.
pub const UNROLLED: usize = 3;

/// Cells of half a block.
pub const PART: usize = 1 << (UNROLLED - 1);

/// Calls a macro with each set of fires among unrolled houses, and the sets that may survive of it.
macro_rules! each_fire {
    ($visit:ident) => {
        $visit!(0 => 0);
        $visit!(1 => 0 1);
        $visit!(2 => 0 2);
        $visit!(3 => 0 1 2 3);
        $visit!(4 => 0 4);
        $visit!(5 => 0 1 4 5);
        $visit!(6 => 0 2 4 6);
        $visit!(7 => 0 1 2 3 4 5 6 7);
    };
}

/// Fires of unrolled houses are put out: from a block to another one.
///
/// Where registers are few, `put_out_part` takes it in parts instead.
#[inline(always)]
pub fn put_out<L: Lanes, const K: usize>(
    from: &[Cell],
    chances: &[f64],
    sums: &mut [Loaded<L>; 1 << UNROLLED],
) {
    macro_rules! visit {
        ($from:literal => $($to:literal)*) => {
            if $from < 1 << K {
                let cell = load::<L>(&from[$from]);
                $(
                    let chance = L::splat(chances[fate($from, $to)]);
                    sums[$to] = mul_add(cell, chance, sums[$to]);
                )*
            }
        };
    }
    each_fire!(visit);
}

/// Of what [`put_out`] adds up: line `line` of those cells in whose sets of survivors the last of
/// the unrolled houses still burns, or of those in which it doesn't.
#[inline(always)]
pub fn put_out_part<L: Lanes, const K: usize, const BURNS: bool>(
    from: &[Cell],
    chances: &[f64],
    line: usize,
    sums: &mut [L; PART],
) {
    macro_rules! visit {
        ($from:literal => $($to:literal)*) => {
            if $from < 1 << K && (!BURNS || $from >> (K - 1) & 1 != 0) {
                let number = L::load(&from[$from][line]);
                $(
                    if ($to >> (K - 1) & 1 != 0) == BURNS {
                        let chance = L::splat(chances[fate($from, $to)]);
                        let sum = &mut sums[$to & ((1 << (K - 1)) - 1)];
                        *sum = number.mul_add(chance, *sum);
                    }
                )*
            }
        };
    }
    each_fire!(visit);
}

/// The adjoint of [`put_out`].
#[inline(always)]
pub fn put_out_back<L: Lanes, const K: usize>(reached: &[Cell], chances: &[f64], to: &mut [Cell]) {
    macro_rules! visit {
        ($from:literal => $($to:literal)*) => {
            if $from < 1 << K {
                let mut sum = load::<L>(&to[$from]);
                $(
                    let chance = L::splat(chances[fate($from, $to)]);
                    sum = mul_add(load(&reached[$to]), chance, sum);
                )*
                store(sum, &mut to[$from]);
            }
        };
    }
    each_fire!(visit);
}

/// [`put_out_back`] and [`put_out_slopes`] at once.
#[inline(always)]
pub fn put_out_back_and_slopes<L: Lanes, const K: usize>(
    (from, reached): (&[Cell], &[Cell]),
    (chances, sources): (&[f64], &[u32]),
    to: &mut [Cell],
    slopes: &mut [Line],
) {
    macro_rules! visit {
        ($from:literal => $($to:literal)*) => {
            if $from < 1 << K {
                let [a, b] = load::<L>(&from[$from]);
                let mut sum = load::<L>(&to[$from]);
                $(
                    let cell = load::<L>(&reached[$to]);
                    sum = mul_add(cell, L::splat(chances[fate($from, $to)]), sum);
                    let slope = &mut slopes[sources[fate($from, $to)] as usize];
                    a.mul_add(cell[0], b.mul_add(cell[1], L::load(slope))).store(slope);
                )*
                store(sum, &mut to[$from]);
            }
        };
    }
    each_fire!(visit);
}

/// Adds the derivatives of [`put_out`] by the chances.
#[inline(always)]
pub fn put_out_slopes<L: Lanes, const K: usize>(
    from: &[Cell],
    reached: &[Cell],
    sources: &[u32],
    slopes: &mut [Line],
) {
    macro_rules! visit {
        ($from:literal => $($to:literal)*) => {
            if $from < 1 << K {
                let [a, b] = load::<L>(&from[$from]);
                $(
                    let slope = &mut slopes[sources[fate($from, $to)] as usize];
                    let [c, d] = load::<L>(&reached[$to]);
                    a.mul_add(c, b.mul_add(d, L::load(slope))).store(slope);
                )*
            }
        };
    }
    each_fire!(visit);
}

/// The number of the fates in which fires `to` out of `from` survive.
#[inline(always)]
fn fate(from: usize, to: usize) -> usize {
    let digit = |house: usize| (from >> house & 1) * (2 - (to >> house & 1));
    digit(0) + 3 * digit(1) + 9 * digit(2)
}
