//! Chances that make the acts of a support equal for every seat: Newton's method, since payoffs are
//! multi-affine in the chances.

use super::{ACTS, Mixed, SEATS, Stage, members};

/// Most steps; where they lead anywhere, few do.
const STEPS: usize = 15;

/// Room for Newton's method.
#[derive(Default)]
pub(super) struct Work {
    /// Seats that mix, and which of the unknowns are theirs: chances of all acts but the first.
    mixing: Vec<(usize, usize)>,
    others: Vec<(u32, f64)>,
    /// What each act of one seat is worth to it with each act of another.
    pair: [[f64; ACTS]; ACTS],
    matrix: Vec<f64>,
    /// Supports that were looked at.
    pub tried: Vec<[u16; SEATS]>,
}

impl Work {
    /// Acts of all supports that were looked at.
    pub(super) fn seen(&self) -> [u16; SEATS] {
        let mut seen = [0; SEATS];
        for support in &self.tried {
            seen.iter_mut().zip(support).for_each(|(seen, acts)| *seen |= acts);
        }
        seen
    }
}

impl Stage<'_> {
    /// Chances on a support that make its acts equal for every seat; may be negative. The search
    /// begins at `start`, as far as it is on the support, or with equal chances.
    pub(super) fn newton(
        &self,
        support: &[u16; SEATS],
        start: Option<&Mixed>,
        work: &mut Work,
    ) -> Option<Mixed> {
        let Work { mixing, others, pair, matrix, .. } = work;
        let mut size = 0;
        mixing.clear();
        let mut mixed = [[0.0; ACTS]; SEATS];
        for seat in 0..self.seats {
            let acts = support[seat].count_ones();
            let known = |act: usize| start.map_or(0.0, |start| start[seat][act]);
            let sum: f64 = members(support[seat]).map(known).sum();
            for act in members(support[seat]) {
                mixed[seat][act] = if sum > 0.0 { known(act) / sum } else { 1.0 / f64::from(acts) };
            }
            if acts > 1 {
                mixing.push((seat, size));
                size += acts as usize - 1;
            }
        }
        // What one seat mixes, the others' chances have to make equal.
        if mixing.iter().any(|&(seat, _)| 2 * (support[seat].count_ones() as usize - 1) > size) {
            return None;
        }
        let width = size + 1;
        let mut before = f64::INFINITY;
        for _ in 0..STEPS {
            matrix.clear();
            matrix.resize(size * width, 0.0);
            for &(seat, row) in mixing.iter() {
                let first = support[seat].trailing_zeros() as usize;
                for &(other, column) in mixing.iter().filter(|&&(other, _)| other != seat) {
                    self.spread(&mixed, &[seat, other], others);
                    for by in members(support[other]) {
                        for act in members(support[seat]) {
                            let each = others.iter().map(|&(all, chance)| {
                                chance * self.payoff(seat, act, self.with(all, by))
                            });
                            pair[act][by] = each.sum();
                        }
                    }
                    let first_by = support[other].trailing_zeros() as usize;
                    for (i, act) in members(support[seat]).skip(1).enumerate() {
                        let gain = |by: usize| pair[act][by] - pair[first][by];
                        let at_first = gain(first_by);
                        let line = &mut matrix[(row + i) * width..][..width];
                        let mut gap = mixed[other][first_by] * at_first;
                        for (j, by) in members(support[other]).skip(1).enumerate() {
                            line[column + j] = gain(by) - at_first;
                            gap += mixed[other][by] * gain(by);
                        }
                        line[size] = -gap;
                    }
                }
            }
            solve(matrix, size)?;
            let mut step: f64 = 0.0;
            for &(seat, row) in mixing.iter() {
                let mut rest = 0.0;
                for (i, act) in members(support[seat]).skip(1).enumerate() {
                    let change = matrix[(row + i) * width + size];
                    step = step.max(change.abs());
                    mixed[seat][act] += change;
                    rest += mixed[seat][act];
                }
                mixed[seat][support[seat].trailing_zeros() as usize] = 1.0 - rest;
            }
            if !step.is_finite() || step > 1e6 {
                return None;
            }
            // Steps get smaller until they are all rounding. With two seats the equations are linear,
            // and one step has solved them.
            if mixing.len() == 2 || step < 1e-13 || step < 1e-6 && step > 0.25 * before {
                for chance in mixed.iter_mut().flatten() {
                    if chance.abs() < 1e-12 {
                        *chance = 0.0;
                    }
                }
                return Some(mixed);
            }
            before = step;
        }
        None
    }
}

/// Solves linear equations, whose right sides are the last column, in place.
pub(super) fn solve(matrix: &mut [f64], size: usize) -> Option<()> {
    let width = size + 1;
    for column in 0..size {
        let pivot = (column..size).max_by(|&i, &j| {
            matrix[i * width + column].abs().total_cmp(&matrix[j * width + column].abs())
        })?;
        let scale =
            matrix[pivot * width..][..size].iter().fold(0.0f64, |most, x| most.max(x.abs()));
        if matrix[pivot * width + column].abs() <= 1e-12 * scale.max(1e-300) {
            return None;
        }
        for i in 0..width {
            matrix.swap(column * width + i, pivot * width + i);
        }
        for row in (0..size).filter(|&row| row != column) {
            let factor = matrix[row * width + column] / matrix[column * width + column];
            for i in column..width {
                matrix[row * width + i] -= factor * matrix[column * width + i];
            }
        }
    }
    for row in 0..size {
        matrix[row * width + size] /= matrix[row * width + row];
    }
    Some(())
}
