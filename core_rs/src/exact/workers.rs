//! What the workers do to a tile, a line per place of the homes.
//!
//! Homes that are ruined stay so, and places that differ only in fires stand side by side
//! (`homes::Block`). A fire has two fates: it goes on or is put out. With a digit for each home that
//! stands (0 not burning, 1 burning still, 2 put out) the fates of a block are the numbers in base 3
//! of so many digits. Up to four homes at a time are unrolled, with all places in registers.

use std::marker::PhantomData;

use super::homes::{Block, Homes};
use super::lanes::{LANES, Lanes, Line};

/// Homes whose fates are unrolled.
const UNROLLED: usize = 4;
/// Places of as many homes.
const PLACES: usize = 1 << UNROLLED;
/// Fates of as many homes.
const FATES: usize = 81;

/// What happens to a pair of places.
trait Visit {
    /// For places before and after, relative to the first, and the number of the fates.
    fn visit(&mut self, from: usize, to: usize, fate: usize);
}

#[inline(always)]
fn fates_0<V: Visit>(visitor: &mut V, from: usize, to: usize, fate: usize) {
    visitor.visit(from, to, fate);
}

/// All fates of a number of homes, from those of one home less.
macro_rules! fates {
    ($name:ident, $less:ident, $places:literal, $fates:literal) => {
        #[inline(always)]
        fn $name<V: Visit>(visitor: &mut V, from: usize, to: usize, fate: usize) {
            $less(visitor, from, to, fate);
            $less(visitor, from + $places, to + $places, fate + $fates);
            $less(visitor, from + $places, to, fate + 2 * $fates);
        }
    };
}
fates!(fates_1, fates_0, 1, 1);
fates!(fates_2, fates_1, 2, 3);
fates!(fates_3, fates_2, 4, 9);
fates!(fates_4, fates_3, 8, 27);

/// Visits all fates of `K` homes, up to four.
#[inline(always)]
fn fates<V: Visit, const K: usize>(visitor: &mut V) {
    match K {
        0 => fates_0(visitor, 0, 0, 0),
        1 => fates_1(visitor, 0, 0, 0),
        2 => fates_2(visitor, 0, 0, 0),
        3 => fates_3(visitor, 0, 0, 0),
        _ => fates_4(visitor, 0, 0, 0),
    }
}

/// `$run` with the number of unrolled homes as a constant.
macro_rules! with_homes {
    ($homes:expr, $run:ident::<$lanes:ident, _>($($argument:expr),*)) => {
        match $homes {
            0 => $run::<$lanes, 0>($($argument),*),
            1 => $run::<$lanes, 1>($($argument),*),
            2 => $run::<$lanes, 2>($($argument),*),
            3 => $run::<$lanes, 3>($($argument),*),
            _ => $run::<$lanes, 4>($($argument),*),
        }
    };
}

/// The fates of all homes beyond the first four, one after another.
struct High {
    /// First place before and after.
    from: usize,
    to: usize,
    /// Number of the first fates.
    fate: usize,
    /// Whether nothing is put out. No earlier fates lead to these places, or come from them.
    first: bool,
}

fn high(homes: usize) -> impl Iterator<Item = High> {
    let homes = homes.saturating_sub(UNROLLED);
    (0..3usize.pow(homes as u32)).map(move |number| {
        let mut high = High { from: 0, to: 0, fate: number * FATES, first: true };
        let mut rest = number;
        for home in 0..homes {
            let fate = rest % 3;
            rest /= 3;
            high.from += usize::from(fate > 0) * (PLACES << home);
            high.to += usize::from(fate == 1) * (PLACES << home);
            high.first &= fate < 2;
        }
        high
    })
}

/// Where the numbers of each level stand.
#[derive(Clone, Copy)]
struct Levels {
    /// How many levels.
    count: usize,
    /// Lines of `raised` per level.
    places: usize,
    /// Chances of a block per level.
    fates: usize,
}

/// Sums of chances times lines of one level, by place afterwards.
struct Forward<'a, L, const K: usize> {
    raised: &'a [Line],
    chances: &'a [f64],
    out: [L; PLACES],
}

impl<L: Lanes, const K: usize> Visit for Forward<'_, L, K> {
    #[inline(always)]
    fn visit(&mut self, from: usize, to: usize, fate: usize) {
        let chance = L::splat(self.chances[fate]);
        self.out[to] = L::load(&self.raised[from]).mul_add(chance, self.out[to]);
    }
}

/// From `raised`, a line per level and place, to `fought`, a line per place. `chances` has
/// numbers by block (`most` levels of them), level and fates.
#[inline(always)]
pub fn fight<L: Lanes>(
    homes: &Homes,
    chances: &[f64],
    (levels, most): (usize, usize),
    raised: &[Line],
    fought: &mut [Line],
) {
    let mut chances = chances;
    for &Block { first, standing } in &homes.blocks {
        let fates = 3usize.pow(standing as u32);
        let levels = Levels { count: levels, places: homes.lines * LANES, fates };
        for high in high(standing) {
            let (raised, chances) = (&raised[first + high.from..], &chances[high.fate..]);
            let out = &mut fought[first + high.to..];
            with_homes!(standing, fight_low::<L, _>(raised, chances, levels, high.first, out));
        }
        chances = &chances[fates * most..];
    }
}

/// [`fight`] for the first `K` homes of a block.
#[inline(always)]
fn fight_low<L: Lanes, const K: usize>(
    raised: &[Line],
    chances: &[f64],
    levels: Levels,
    first: bool,
    out: &mut [Line],
) {
    let out = &mut out[..1 << K];
    let mut sums = [L::splat(0.0); PLACES];
    if !first {
        for place in 0..1 << K {
            sums[place] = L::load(&out[place]);
        }
    }
    for level in 0..levels.count {
        let mut forward = Forward::<L, K> {
            raised: &raised[level * levels.places..][..1 << K],
            chances: &chances[level * levels.fates..][..3usize.pow(K as u32)],
            out: sums,
        };
        fates::<_, K>(&mut forward);
        sums = forward.out;
    }
    for place in 0..1 << K {
        sums[place].store(&mut out[place]);
    }
}

/// Sums of chances times lines of one level, by place before.
struct Back<'a, L, const K: usize> {
    fought: &'a [Line],
    chances: &'a [f64],
    out: [L; PLACES],
}

impl<L: Lanes, const K: usize> Visit for Back<'_, L, K> {
    #[inline(always)]
    fn visit(&mut self, from: usize, to: usize, fate: usize) {
        let chance = L::splat(self.chances[fate]);
        self.out[from] = L::load(&self.fought[to]).mul_add(chance, self.out[from]);
    }
}

/// Products of lines before and after, added by class.
struct Slopes<'a, L, const K: usize> {
    raised: &'a [Line],
    fought: &'a [Line],
    classes: &'a [u32],
    slopes: &'a mut [Line],
    lanes: PhantomData<L>,
}

impl<L: Lanes, const K: usize> Visit for Slopes<'_, L, K> {
    #[inline(always)]
    fn visit(&mut self, from: usize, to: usize, fate: usize) {
        let slope = &mut self.slopes[self.classes[fate] as usize];
        let before = L::load(&self.raised[from]);
        L::load(&self.fought[to]).mul_add(before, L::load(slope)).store(slope);
    }
}

/// The reverse of [`fight`]: adds derivatives by the chances to `slopes`, a line per level and
/// class, and replaces `raised` by derivatives by it, from those by `fought`.
#[inline(always)]
pub fn fight_back<L: Lanes>(
    homes: &Homes,
    chances: &[f64],
    (levels, most): (usize, usize),
    raised: &mut [Line],
    fought: &[Line],
    slopes: &mut [Line],
) {
    let mut chances = chances;
    let mut classes = homes.classes.as_slice();
    for &Block { first, standing } in &homes.blocks {
        let fates = 3usize.pow(standing as u32);
        let levels = Levels { count: levels, places: homes.lines * LANES, fates };
        for high in high(standing) {
            let (raised, fought) = (&raised[first + high.from..], &fought[first + high.to..]);
            let classes = &classes[high.fate..];
            with_homes!(standing, slopes_low::<L, _>(raised, fought, classes, levels, slopes));
        }
        // Only now may `raised` change.
        for high in high(standing) {
            let (raised, fought) = (&mut raised[first + high.from..], &fought[first + high.to..]);
            let chances = &chances[high.fate..];
            with_homes!(standing, back_low::<L, _>(raised, chances, levels, high.first, fought));
        }
        (chances, classes) = (&chances[fates * most..], &classes[fates..]);
    }
}

/// The slopes of [`fight_back`] for the first `K` homes of a block.
#[inline(always)]
fn slopes_low<L: Lanes, const K: usize>(
    raised: &[Line],
    fought: &[Line],
    classes: &[u32],
    levels: Levels,
    slopes: &mut [Line],
) {
    let all = slopes.len() / levels.count;
    for level in 0..levels.count {
        let mut slopes = Slopes::<L, K> {
            raised: &raised[level * levels.places..][..1 << K],
            fought: &fought[..1 << K],
            classes: &classes[..3usize.pow(K as u32)],
            slopes: &mut slopes[level * all..][..all],
            lanes: PhantomData,
        };
        fates::<_, K>(&mut slopes);
    }
}

/// What [`fight_back`] makes of `raised`, for the first `K` homes of a block.
#[inline(always)]
fn back_low<L: Lanes, const K: usize>(
    raised: &mut [Line],
    chances: &[f64],
    levels: Levels,
    first: bool,
    fought: &[Line],
) {
    for level in 0..levels.count {
        let raised = &mut raised[level * levels.places..][..1 << K];
        let mut back = Back::<L, K> {
            fought: &fought[..1 << K],
            chances: &chances[level * levels.fates..][..3usize.pow(K as u32)],
            out: [L::splat(0.0); PLACES],
        };
        if !first {
            for place in 0..1 << K {
                back.out[place] = L::load(&raised[place]);
            }
        }
        fates::<_, K>(&mut back);
        for place in 0..1 << K {
            back.out[place].store(&mut raised[place]);
        }
    }
}
