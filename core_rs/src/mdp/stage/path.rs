//! The way to an equilibrium that does not depend on a good guess.
//!
//! When all seats answer each other by chances in proportion to `exp(λ · worth)` of their acts
//! (McKelvey and Palfrey, *Quantal response equilibria for normal form games*, 1995), λ = 0 leaves
//! one solution, all acts alike, and as λ grows without bound the solutions that hang together with
//! it lead to an equilibrium. The curve may turn back on its way, so it is followed by its length
//! (Turocy, *A dynamic homotopy interpretation of the logistic quantal response equilibrium
//! correspondence*, 2005), in logarithms of chances and of λ. A change of a logarithm counts in
//! proportion to its chance. Where seats are alike, curves cross, and one may come back on another to
//! where it began; other curves begin where some acts are preferred for no reason, and don't cross.

use super::newton::solve;
use super::{ACTS, Mixed, SEATS, Stage};

/// Most steps along the curve.
const STEPS: usize = 300;
/// Payoffs read at most: what a game of many seats can take.
const READS: u64 = 100_000_000;

struct Path<'a> {
    stage: &'a Stage<'a>,
    acts: usize,
    /// Logarithms: of the chance of each act of each seat, and of λ.
    at: Vec<f64>,
    /// How each of them changes along the curve.
    tangent: Vec<f64>,
    /// What is added to the logarithms of answers, which means less and less as λ grows.
    lean: Vec<f64>,
    matrix: Vec<f64>,
    others: Vec<(u32, f64)>,
    /// Of payoffs, at most.
    rounding: f64,
    /// Payoffs read.
    reads: u64,
}

impl Stage<'_> {
    /// Goes along the curve that leans so much; now and then `done` looks whether that is close enough.
    pub(super) fn follow(&self, lean: f64, mut done: impl FnMut(&Mixed) -> bool) {
        let acts = self.acts();
        let size = self.seats * acts + 1;
        let worth = self.worth[..self.allocations.len()].iter();
        let payoffs = worth.flat_map(|line| &line.0[self.lane..][..self.seats]);
        let (least, most) =
            payoffs.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let mut at = vec![-(acts as f64).ln(); size];
        at[size - 1] = (0.1 / (most - least).max(f64::MIN_POSITIVE)).ln();
        let low = at[size - 1] - 1.0;
        let mut tangent = vec![0.0; size];
        tangent[size - 1] = 1.0;
        let golden = 0.618_033_988_749_895;
        let lean = (0..size).map(|unknown| lean * (unknown as f64 * golden).fract()).collect();
        let (matrix, others) = (Vec::new(), Vec::new());
        let mut path = Path {
            stage: self,
            acts,
            at,
            tangent,
            lean,
            matrix,
            others,
            rounding: 4e-15 * least.abs().max(most.abs()),
            reads: 0,
        };
        if path.correct().and_then(|_| path.turn()).is_none() {
            return;
        }
        let (mut length, mut steps) = (0.2, 0);
        while steps < STEPS && length > 1e-7 && path.reads < READS && path.at[size - 1] > low {
            let before = (path.at.clone(), path.tangent.clone());
            for (at, tangent) in path.at.iter_mut().zip(&path.tangent) {
                *at += length * tangent;
            }
            let turned = path.correct().filter(|&far| far < 0.5 * length).and_then(|_| path.turn());
            if turned.is_some() {
                length = f64::min(1.5 * length, 1.0);
            } else {
                (path.at, path.tangent) = before;
                length *= 0.4;
            }
            steps += 1;
            if steps % 6 == 0 && done(&path.mixed()) {
                return;
            }
        }
        done(&path.mixed());
    }
}

impl Path<'_> {
    fn mixed(&self) -> Mixed {
        let mut mixed = [[0.0; ACTS]; SEATS];
        for (row, logs) in mixed.iter_mut().zip(self.at.chunks_exact(self.acts)) {
            let sum: f64 = logs.iter().map(|log| log.exp()).sum();
            row.iter_mut().zip(logs).for_each(|(chance, log)| *chance = log.exp() / sum);
        }
        mixed
    }

    /// By how much a change of an unknown counts.
    fn weight(&self, unknown: usize) -> f64 {
        if unknown + 1 == self.at.len() { 1.0 } else { self.at[unknown].exp().min(1.0) }
    }

    /// Goes to the curve, at right angles to the tangent; how far.
    fn correct(&mut self) -> Option<f64> {
        let size = self.at.len();
        let mut far = 0.0;
        for _ in 0..7 {
            self.equations();
            solve(&mut self.matrix, size)?;
            let mut step = 0.0;
            for unknown in 0..size {
                let change = self.matrix[unknown * (size + 1) + size];
                step += self.weight(unknown) * change * change;
                self.at[unknown] += change;
            }
            let step = step.sqrt();
            far += step;
            if far.is_nan() || far >= 2.0 {
                return None;
            }
            if step < f64::max(1e-8, self.rounding * self.at[size - 1].exp()) {
                return Some(far);
            }
        }
        None
    }

    /// Finds the tangent here, in the direction of the one before.
    fn turn(&mut self) -> Option<()> {
        let size = self.at.len();
        self.equations();
        for row in 0..size {
            self.matrix[row * (size + 1) + size] = f64::from(u8::from(row + 1 == size));
        }
        solve(&mut self.matrix, size)?;
        let mut square = 0.0;
        for unknown in 0..size {
            let tangent = self.matrix[unknown * (size + 1) + size];
            self.tangent[unknown] = tangent;
            square += self.weight(unknown) * tangent * tangent;
        }
        let length = square.sqrt();
        self.tangent.iter_mut().for_each(|tangent| *tangent /= length);
        // The product with the tangent before is one, so this is the angle between them.
        (length < 1.4).then_some(())
    }

    /// Linear equations for the step to the curve: a row for each act of each seat, which for the
    /// first says that chances add up to one, and one that the step is at right angles to the tangent.
    fn equations(&mut self) {
        let (stage, acts, size) = (self.stage, self.acts, self.at.len());
        let width = size + 1;
        let mut chances = [[0.0; ACTS]; SEATS];
        for (row, logs) in chances.iter_mut().zip(self.at.chunks_exact(acts)) {
            row.iter_mut().zip(logs).for_each(|(chance, log)| *chance = log.exp());
        }
        let lambda = self.at[size - 1].exp();
        self.matrix.clear();
        self.matrix.resize(size * width, 0.0);
        for seat in 0..stage.seats {
            let first = seat * acts;
            let mut worth = [0.0; ACTS];
            for other in (0..stage.seats).filter(|&other| other != seat) {
                stage.spread(&chances, &[seat, other], &mut self.others);
                self.reads += (self.others.len() * acts * acts) as u64;
                worth = [0.0; ACTS];
                for by in 0..acts {
                    let mut of_act = [0.0; ACTS];
                    for &(all, chance) in &self.others {
                        let all = stage.with(all, by);
                        for act in 0..acts {
                            of_act[act] += chance * stage.payoff(seat, act, all);
                        }
                    }
                    let chance = chances[other][by];
                    for act in 0..acts {
                        worth[act] += chance * of_act[act];
                        self.matrix[(first + act) * width + other * acts + by] =
                            -lambda * chance * (of_act[act] - of_act[0]);
                    }
                }
            }
            let row = &mut self.matrix[first * width..][..width];
            let mut rest = 1.0;
            for act in 0..acts {
                row[first + act] = chances[seat][act];
                rest -= chances[seat][act];
            }
            row[size] = rest;
            for act in 1..acts {
                let row = &mut self.matrix[(first + act) * width..][..width];
                let gap = lambda * (worth[act] - worth[0]);
                row[first + act] = 1.0;
                row[first] = -1.0;
                row[size - 1] = -gap;
                row[size] = gap + self.lean[first + act]
                    - self.lean[first]
                    - (self.at[first + act] - self.at[first]);
                let most = row[..size].iter().fold(1.0, |most: f64, x| most.max(x.abs()));
                row.iter_mut().for_each(|x| *x /= most);
            }
        }
        for unknown in 0..size {
            self.matrix[(size - 1) * width + unknown] =
                self.weight(unknown) * self.tangent[unknown];
        }
    }
}
