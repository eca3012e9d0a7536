//! Fires spread and break out: from states between nights to houses that burn when a night starts.
//!
//! Given the standing houses and which of the border burn, houses catch fire independently, with
//! chances that depend on the fires of the border next to them. Each segment (`states`) has a small
//! matrix of these chances, by fires among its houses and on its border; the matrices are applied
//! one after another. Houses between standing ones see no fire, so their fires are independent of
//! everything else.

use crate::dynamics::states::{Segment, StandingSet, StateSpace};
use crate::simd::doubles::{Lanes, Line};

/// The operator, with memory for intermediate results.
#[derive(Clone, Debug)]
pub struct Spread<const W: usize> {
    /// By fires of the border, and after [`Spread::forward`] by fires among the houses next to it.
    pub lines: Vec<[Line; W]>,
    other: Vec<[Line; W]>,
}

impl<const W: usize> Spread<W> {
    /// Room for the states of a ring.
    pub fn new(space: &StateSpace) -> Self {
        let lines = vec![[Line::default(); W]; 1 << space.houses];
        Self { other: lines.clone(), lines }
    }

    /// From fires of the border to fires of houses next to it.
    #[inline(always)]
    pub fn forward<L: Lanes>(&mut self, space: &StateSpace, set: &StandingSet) {
        let mut size = 1 << set.border;
        let mut inner = 1;
        for &Segment { border, houses, chances } in &space.segments[set.segments.clone()] {
            let (rows, columns) = (1 << houses, 1 << border);
            let chances = &space.chances[chances..][..rows * columns];
            let shape = Contraction { rows, columns, inner, row: columns, column: 1 };
            apply::<L, W>(chances, shape, &self.lines[..size], &mut self.other);
            std::mem::swap(&mut self.lines, &mut self.other);
            size = size / columns * rows;
            inner *= rows;
        }
    }

    /// The adjoint: from what fires among the houses are worth to what those of the border are.
    #[inline(always)]
    pub fn backward<L: Lanes>(&mut self, space: &StateSpace, set: &StandingSet) {
        let mut size = 1 << set.outer.1;
        let mut inner = size;
        for &Segment { border, houses, chances } in
            space.segments[set.segments.clone()].iter().rev()
        {
            let (rows, columns) = (1 << border, 1 << houses);
            inner /= columns;
            let chances = &space.chances[chances..][..rows * columns];
            let shape = Contraction { rows, columns, inner, row: 1, column: rows };
            apply::<L, W>(chances, shape, &self.lines[..size], &mut self.other);
            std::mem::swap(&mut self.lines, &mut self.other);
            size = size / columns * rows;
        }
    }

    /// From fires among the houses next to the border to all fires, by `FireSet::at`.
    #[inline(always)]
    pub fn expand<L: Lanes>(&self, space: &StateSpace, set: &StandingSet, fires: &mut [[Line; W]]) {
        let ignitions = &space.ignitions[set.inner.1];
        let fires = &mut fires[..1 << set.count];
        for inner in space.inner(set) {
            let chance = L::splat(ignitions[usize::from(inner.count)]);
            for (from, outer) in self.lines.iter().zip(space.outer(set)) {
                let to = &mut fires[usize::from(inner.at | outer.at)];
                for w in 0..W {
                    L::load(&from[w]).mul(chance).store(&mut to[w]);
                }
            }
        }
    }

    /// The adjoint of that: from what all fires are worth.
    #[inline(always)]
    pub fn gather<L: Lanes>(&mut self, space: &StateSpace, set: &StandingSet, fires: &[[Line; W]]) {
        let ignitions = &space.ignitions[set.inner.1];
        let fires = &fires[..1 << set.count];
        for (to, outer) in self.lines.iter_mut().zip(space.outer(set)) {
            let mut sum = [L::splat(0.0); W];
            for inner in space.inner(set) {
                let chance = L::splat(ignitions[usize::from(inner.count)]);
                let from = &fires[usize::from(inner.at | outer.at)];
                for w in 0..W {
                    sum[w] = L::load(&from[w]).mul_add(chance, sum[w]);
                }
            }
            for w in 0..W {
                sum[w].store(&mut to[w]);
            }
        }
    }
}

/// A matrix, and what it is applied to: `inner` numbers side by side.
#[derive(Clone, Copy)]
struct Contraction {
    rows: usize,
    columns: usize,
    inner: usize,
    /// Steps from one row of the matrix to the next, and from one column.
    row: usize,
    column: usize,
}

/// Applies a matrix to the middle one of three indices.
#[inline(always)]
fn apply<L: Lanes, const W: usize>(
    chances: &[f64],
    shape: Contraction,
    from: &[[Line; W]],
    to: &mut [[Line; W]],
) {
    let Contraction { rows, columns, .. } = shape;
    // Every number of rows, of columns, and of numbers side by side is a power of 2.
    let count = from.len() / columns;
    let to = &mut to[..count * rows];
    // Most matrices have two columns or four.
    match columns {
        2 => apply_of::<L, W, 2>(chances, shape, from, to, count),
        4 => apply_of::<L, W, 4>(chances, shape, from, to, count),
        _ => apply_of::<L, W, 0>(chances, shape, from, to, count),
    }
}

/// [`apply`] for `COLUMNS` columns, or for any number of them if that is 0.
#[inline(always)]
fn apply_of<L: Lanes, const W: usize, const COLUMNS: usize>(
    chances: &[f64],
    shape: Contraction,
    from: &[[Line; W]],
    to: &mut [[Line; W]],
    count: usize,
) {
    let Contraction { rows, columns, inner, row, column } = shape;
    let columns = if COLUMNS == 0 { columns } else { COLUMNS };
    for k in 0..count {
        let from = &from[first(k, inner, columns)..];
        let to = &mut to[first(k, inner, rows)..];
        for i in 0..rows {
            let mut sum = [L::splat(0.0); W];
            for j in 0..columns {
                let chance = L::splat(chances[i * row + j * column]);
                let cell = &from[j * inner];
                for w in 0..W {
                    sum[w] = L::load(&cell[w]).mul_add(chance, sum[w]);
                }
            }
            let cell = &mut to[i * inner];
            for w in 0..W {
                sum[w].store(&mut cell[w]);
            }
        }
    }
}

/// Where the `i`th of all numbers stands, of which `inner` stand side by side, when each is the first
/// of `of_each` such groups.
#[inline(always)]
fn first(i: usize, inner: usize, of_each: usize) -> usize {
    (i & !(inner - 1)) * of_each + (i & (inner - 1))
}
