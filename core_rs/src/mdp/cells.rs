//! Numbers of the seats, kept so that those of one place are read at once.

use std::ops::{Deref, DerefMut};

use crate::simd::doubles::{Half, LANES, Line, flat, flat_mut, zero_lines};

/// Cells of `S` numbers, none of which crosses a line of the cache.
#[derive(Clone)]
pub(super) struct Cells<const S: usize> {
    lines: Vec<Line>,
    count: usize,
}

impl<const S: usize> Cells<S> {
    /// So many, all of zeros.
    pub fn new(count: usize) -> Self {
        Self { lines: zero_lines((count * S).div_ceil(LANES)), count }
    }
}

impl<const S: usize> Deref for Cells<S> {
    type Target = [[f64; S]];

    #[inline(always)]
    fn deref(&self) -> &[[f64; S]] {
        &flat(&self.lines).as_chunks().0[..self.count]
    }
}

impl<const S: usize> DerefMut for Cells<S> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [[f64; S]] {
        &mut flat_mut(&mut self.lines).as_chunks_mut().0[..self.count]
    }
}

impl<const S: usize> FromIterator<[f64; S]> for Cells<S> {
    fn from_iter<I: IntoIterator<Item = [f64; S]>>(cells: I) -> Self {
        let given: Vec<_> = cells.into_iter().collect();
        let mut cells = Self::new(given.len());
        cells.copy_from_slice(&given);
        cells
    }
}

/// The half of a line that begins with a lane, of cells that are as long or repeated.
#[inline(always)]
pub(super) fn half<const S: usize>(cell: &[f64; S], lane: usize) -> &Half {
    cell[lane % S..].first_chunk().expect("cells of 4 or 8 numbers, and halves of 4")
}

/// Number by number.
#[inline(always)]
pub(super) fn plus<const S: usize>(one: &[f64; S], other: &[f64; S]) -> [f64; S] {
    let mut sum = *one;
    for i in 0..S {
        sum[i] += other[i];
    }
    sum
}

/// Number by number.
#[inline(always)]
pub(super) fn times<const S: usize>(one: &[f64; S], other: &[f64; S]) -> [f64; S] {
    let mut product = *one;
    for i in 0..S {
        product[i] *= other[i];
    }
    product
}
