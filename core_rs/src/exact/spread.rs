//! Fires spread and break out: from states between nights to houses that burn when a night starts.
//!
//! Given the standing houses and the ends that burn, houses catch fire independently, with chances
//! that depend on the ends next to them. Each arc (`town`) has a small matrix of these chances, by
//! fires among its houses and among its ends; the matrices are applied one after another. Houses
//! between standing ones see no fire, so their fires are independent of everything else.

use super::lanes::{Lanes, Line};
use super::town::{Arc, Standing, Town};

/// Room for intermediate results.
#[derive(Clone, Debug)]
pub struct Spread<const W: usize> {
    /// By ends that burn, and after [`Spread::forward`] by fires among the houses next to ends.
    pub lines: Vec<[Line; W]>,
    other: Vec<[Line; W]>,
}

impl<const W: usize> Spread<W> {
    /// For a town.
    pub fn new(town: &Town) -> Self {
        let lines = vec![[Line::default(); W]; 1 << town.houses];
        Self { other: lines.clone(), lines }
    }

    /// From ends that burn to houses next to ends that burn.
    #[inline(always)]
    pub fn forward<L: Lanes>(&mut self, town: &Town, set: &Standing) {
        let mut size = 1 << set.ends;
        let mut inner = 1;
        for &Arc { ends, houses, chances } in &town.arcs[set.arcs.clone()] {
            let (rows, columns) = (1 << houses, 1 << ends);
            let chances = &town.chances[chances..][..rows * columns];
            let shape = Shape { rows, columns, inner, row: columns, column: 1 };
            apply::<L, W>(chances, shape, &self.lines[..size], &mut self.other);
            std::mem::swap(&mut self.lines, &mut self.other);
            size = size / columns * rows;
            inner *= rows;
        }
    }

    /// The reverse: from what fires among the houses are worth to what those at the ends are.
    #[inline(always)]
    pub fn backward<L: Lanes>(&mut self, town: &Town, set: &Standing) {
        let mut size = 1 << set.outer.1;
        let mut inner = size;
        for &Arc { ends, houses, chances } in town.arcs[set.arcs.clone()].iter().rev() {
            let (rows, columns) = (1 << ends, 1 << houses);
            inner /= columns;
            let chances = &town.chances[chances..][..rows * columns];
            let shape = Shape { rows, columns, inner, row: 1, column: rows };
            apply::<L, W>(chances, shape, &self.lines[..size], &mut self.other);
            std::mem::swap(&mut self.lines, &mut self.other);
            size = size / columns * rows;
        }
    }

    /// From fires among the houses next to ends to all fires, by `Place::at`.
    #[inline(always)]
    pub fn expand<L: Lanes>(&self, town: &Town, set: &Standing, fires: &mut [[Line; W]]) {
        let sparks = &town.sparks[set.inner.1];
        let fires = &mut fires[..1 << set.count];
        for inner in town.inner(set) {
            let chance = L::splat(sparks[inner.fires.count_ones() as usize]);
            for (from, outer) in self.lines.iter().zip(town.outer(set)) {
                let to = &mut fires[usize::from(inner.at | outer.at)];
                for w in 0..W {
                    L::load(&from[w]).mul(chance).store(&mut to[w]);
                }
            }
        }
    }

    /// The reverse: from what fires are worth.
    #[inline(always)]
    pub fn gather<L: Lanes>(&mut self, town: &Town, set: &Standing, fires: &[[Line; W]]) {
        let sparks = &town.sparks[set.inner.1];
        let fires = &fires[..1 << set.count];
        for (to, outer) in self.lines.iter_mut().zip(town.outer(set)) {
            let mut sum = [L::splat(0.0); W];
            for inner in town.inner(set) {
                let chance = L::splat(sparks[inner.fires.count_ones() as usize]);
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
struct Shape {
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
    shape: Shape,
    from: &[[Line; W]],
    to: &mut [[Line; W]],
) {
    let Shape { rows, columns, inner, row, column } = shape;
    let outer = from.chunks_exact(columns * inner).zip(to.chunks_exact_mut(rows * inner));
    if (rows, columns) == (2, 2) {
        let c = [0, column, row, row + column].map(|i| L::splat(chances[i]));
        for (from, to) in outer {
            let (from, from_) = from.split_at(inner);
            let (to, to_) = to.split_at_mut(inner);
            let pairs = from.iter().zip(from_).zip(to.iter_mut().zip(to_));
            for ((a, b), (x, y)) in pairs {
                for w in 0..W {
                    let (a, b) = (L::load(&a[w]), L::load(&b[w]));
                    b.mul_add(c[1], a.mul(c[0])).store(&mut x[w]);
                    b.mul_add(c[3], a.mul(c[2])).store(&mut y[w]);
                }
            }
        }
        return;
    }
    for (from, to) in outer {
        for i in 0..rows {
            for k in 0..inner {
                let mut sum = [L::splat(0.0); W];
                for j in 0..columns {
                    let chance = L::splat(chances[i * row + j * column]);
                    let cell = &from[j * inner + k];
                    for w in 0..W {
                        sum[w] = L::load(&cell[w]).mul_add(chance, sum[w]);
                    }
                }
                for w in 0..W {
                    sum[w].store(&mut to[i * inner + k][w]);
                }
            }
        }
    }
}
