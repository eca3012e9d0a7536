//! Chances that make the acts of a support equal for every seat: Newton's method, since payoffs are
//! multi-affine in the chances.

use super::{ACTS, Mixed, SEATS, Stage, members};

/// Room for Newton's method.
#[derive(Default)]
pub(super) struct Work {
    unknowns: Vec<(usize, usize)>,
    first: [usize; SEATS],
    others: Vec<(u32, f64)>,
    matrix: Vec<f64>,
}

impl Stage<'_> {
    /// Chances on a support that make its acts equal for every seat; may be negative.
    pub(super) fn newton(
        &self,
        support: &[u16; SEATS],
        start: Option<&Mixed>,
        work: &mut Work,
    ) -> Option<Mixed> {
        let Work { unknowns, first, others, matrix } = work;
        unknowns.clear();
        let mut mixed = [[0.0; ACTS]; SEATS];
        for seat in 0..self.seats {
            let acts = support[seat].count_ones();
            first[seat] = support[seat].trailing_zeros() as usize;
            for act in members(support[seat]) {
                mixed[seat][act] = 1.0 / f64::from(acts);
                if act != first[seat] {
                    unknowns.push((seat, act));
                }
            }
        }
        if let Some(start) = start {
            mixed = *start;
        }
        let size = unknowns.len();
        let width = size + 1;
        for _ in 0..40 {
            matrix.clear();
            matrix.resize(size * width, 0.0);
            for (i, &(seat, act)) in unknowns.iter().enumerate() {
                self.spread(&mixed, &[seat], others);
                let gap = self.expect(seat, act, others) - self.expect(seat, first[seat], others);
                matrix[i * width + size] = -gap;
                for (j, &(other, by)) in unknowns.iter().enumerate() {
                    if other != seat {
                        self.spread(&mixed, &[seat, other], others);
                        let slope: f64 = others
                            .iter()
                            .map(|&(all, chance)| {
                                let more = self.with(all, by);
                                let less = self.with(all, first[other]);
                                let gap = |all| {
                                    self.payoff(seat, act, all)
                                        - self.payoff(seat, first[seat], all)
                                };
                                chance * (gap(more) - gap(less))
                            })
                            .sum();
                        matrix[i * width + j] = slope;
                    }
                }
            }
            solve(matrix, size)?;
            let mut step: f64 = 0.0;
            for (i, &(seat, act)) in unknowns.iter().enumerate() {
                let change = matrix[i * width + size];
                step = step.max(change.abs());
                mixed[seat][act] += change;
            }
            for seat in 0..self.seats {
                let rest: f64 = members(support[seat])
                    .filter(|&act| act != first[seat])
                    .map(|act| mixed[seat][act])
                    .sum();
                mixed[seat][first[seat]] = 1.0 - rest;
            }
            if !step.is_finite() || step > 1e6 {
                return None;
            }
            if step < 1e-13 {
                for chance in mixed.iter_mut().flatten() {
                    if chance.abs() < 1e-12 {
                        *chance = 0.0;
                    }
                }
                return Some(mixed);
            }
        }
        None
    }
}

/// Solves linear equations, whose right sides are the last column, in place.
fn solve(matrix: &mut [f64], size: usize) -> Option<()> {
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
