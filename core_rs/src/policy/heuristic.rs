//! The heuristic agent of ten numbers, of which its play depends on two.
//!
//! This is the only place where θ becomes (p, q).

use super::{Burning, Hits, Place};
use crate::error::{InvalidValue, check_probability};
use crate::random::threshold::threshold;

/// The heuristic agent: all of θ that its play depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heuristic {
    /// p = θ1 (1 − θ8): it works, per night.
    pub p: f64,
    /// q = θ3: as a worker whose own home burns, it stays there.
    pub q: f64,
    /// θ0: its signal is honest. Nobody reads signals.
    pub honesty: f64,
}

/// The integers of a [`Heuristic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeuristicThresholds {
    /// It works: p.
    pub work: u64,
    /// It works at its own burning home: that, times q, rounded down.
    pub home: u64,
    /// Its signal is honest.
    pub honesty: u64,
}

impl Heuristic {
    /// The agent of two numbers, with honest signals.
    #[must_use]
    pub fn new(p: f64, q: f64) -> Self {
        Self { p, q, honesty: 1.0 }
    }

    /// The agent of a strategy vector θ.
    ///
    /// # Errors
    /// If a number is not a probability: number `j` is called `name[j]`.
    pub fn from_theta(name: &str, theta: &[f64; 10]) -> Result<Self, InvalidValue> {
        for (j, &x) in theta.iter().enumerate() {
            check_probability(&format!("{name}[{j}]"), x)?;
        }
        Ok(Self { p: theta[1] * (1.0 - theta[8]), q: theta[3], honesty: theta[0] })
    }

    pub(super) fn validate(&self, name: &str) -> Result<(), InvalidValue> {
        check_probability(&format!("{name}.p"), self.p)?;
        check_probability(&format!("{name}.q"), self.q)?;
        check_probability(&format!("{name}.honesty"), self.honesty)
    }

    pub(super) fn thresholds(&self) -> HeuristicThresholds {
        let work = threshold(self.p);
        let home = (u128::from(work) * u128::from(threshold(self.q))) >> 32;
        HeuristicThresholds { work, home: home as u64, honesty: threshold(self.honesty) }
    }

    pub(super) fn hits(&self, solo: f64, place: Place, fires: Burning) -> Hits {
        let preferred = 1 << place.home;
        let share = 1.0 / fires.count.max(1) as f64;
        let strength = solo * self.p;
        if fires.houses & preferred != 0 {
            let other = (1.0 - self.q) * share;
            Hits { preferred, own: strength * (self.q + other), other: strength * other }
        } else {
            Hits { preferred, own: 0.0, other: strength * share }
        }
    }

    pub(super) fn hits_backward(
        &self,
        solo: f64,
        place: Place,
        fires: Burning,
        slope: Hits,
    ) -> [f64; 2] {
        let share = 1.0 / fires.count.max(1) as f64;
        if fires.houses >> place.home & 1 != 0 {
            let other = (1.0 - self.q) * share;
            let p = solo * ((self.q + other) * slope.own + other * slope.other);
            [p, solo * self.p * ((1.0 - share) * slope.own - share * slope.other)]
        } else {
            [solo * share * slope.other, 0.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::threshold::ALWAYS;

    #[test]
    fn certain_workers_need_more_than_64_bits() {
        let mut theta = [0.0; 10];
        theta[1] = 1.0;
        theta[3] = 1.0;
        let t = Heuristic::from_theta("theta", &theta).expect("probabilities").thresholds();
        assert_eq!((t.work, t.home), (ALWAYS, ALWAYS));
    }

    #[test]
    fn errors_name_the_number() {
        let mut theta = [0.5; 10];
        theta[7] = 1.5;
        let error = Heuristic::from_theta("strategies[2]", &theta).expect_err("no probability");
        assert_eq!(error.field, "strategies[2][7]");
        let error = Heuristic::new(0.5, f64::NAN).validate("seat").expect_err("no probability");
        assert_eq!(error.field, "seat.q");
    }
}
