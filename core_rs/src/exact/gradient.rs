//! Derivatives of a payoff by what every agent does: the nights in reverse.
//!
//! The value of a state at the end of a night is what the night is worth by it, plus what is still
//! to come. Going backwards, each night passes these values on to its start, and the products of
//! values and distributions are the derivatives by the table of what the workers achieve. So the
//! distributions of all nights are needed again: they are kept, or, where that would take more
//! than [`KEPT_BYTES`], only every so many, and the nights in between are played again.

use super::Duty;
use super::chain::{Chain, Follower};
use super::fight;
use super::lanes::{Line, flat, flat_mut, zero_lines};
use super::night::{self, Night, Room};
use super::totals::add_lines;

/// Distributions may take so many bytes per thread before some are computed twice.
pub const KEPT_BYTES: usize = 256 << 20;

/// Counts of a line-up, and derivatives by (p, q) of each agent.
pub type CountsAndGradient = (Vec<f64>, Vec<[f64; 2]>);

impl Chain {
    /// The expected count vector of one line-up, and the derivatives by each agent's (p, q) of
    /// `weights` times counts; nothing if `go_on`, asked every night, says no. There must be a
    /// duty for each agent and a weight for each count.
    #[must_use]
    pub fn gradient(
        &self,
        duties: &[Duty],
        weights: &[f64],
        follower: &mut Follower,
        go_on: impl Fn() -> bool,
    ) -> Option<CountsAndGradient> {
        self.gradient_keeping(every(self), duties, weights, follower, go_on)
    }

    /// The same, keeping the distribution of one night in `every`.
    pub(super) fn gradient_keeping(
        &self,
        every: usize,
        duties: &[Duty],
        weights: &[f64],
        follower: &mut Follower,
        go_on: impl Fn() -> bool,
    ) -> Option<CountsAndGradient> {
        let (homes, others, solo) = (&self.homes, &self.others, self.solo());
        let chances = self.chances(duties);
        let mut kept: Vec<Vec<Line>> = Vec::new();
        let (nights, played) = self.follow(&chances, follower, |night, state| {
            if night % every == 0 {
                kept.push(state.to_vec());
            }
            go_on()
        })?;
        let counts = self.totals.counts(homes, others, (duties, solo), &nights);
        let mut gradient = vec![[0.0; 2]; duties.len()];
        self.totals.backward(homes, (duties, solo), weights, &nights, &mut gradient);

        let starts = self.totals.worth_of_starts(homes, others, (duties, solo), weights);
        let ends = self.totals.worth_of_ends(homes, others, weights);
        let cap = weights[self.layout().ended() + 3];
        let mut to_come = zero_lines(self.lines());
        if played == self.max_nights() {
            flat_mut(&mut to_come).fill(cap);
        }
        // Nights forwards rely on what nights forwards leave behind, and nights backwards too.
        let mut room = Room::new(self.shape, homes, others);
        let mut slopes = zero_lines(self.shape.table());
        let mut values = zero_lines(self.lines());
        while let Some(first) = kept.pop() {
            let begin = kept.len() * every;
            let states = self.again(&chances, (begin, first), played.min(begin + every), follower);
            for (night, state) in states.into_iter().rev() {
                if !go_on() {
                    return None;
                }
                self.values(night, weights, &ends, &to_come, &mut values);
                to_come.copy_from_slice(&starts);
                let step = Night { shape: self.shape, homes, others, chances: &chances };
                night::play_back(
                    self.simd,
                    step,
                    &state,
                    &values,
                    &mut to_come,
                    &mut slopes,
                    &mut room,
                );
            }
        }
        let slopes: Vec<f64> = slopes.iter().map(|line| line.0.iter().sum()).collect();
        fight::table_backward(self.shape, duties, solo, &slopes, &mut gradient);
        Some((counts, gradient))
    }

    /// The distributions at the start of nights from `first` to before `end`.
    fn again(
        &self,
        chances: &[f64],
        first: (usize, Vec<Line>),
        end: usize,
        follower: &mut Follower,
    ) -> Vec<(usize, Vec<Line>)> {
        let mut states = vec![first];
        for night in states[0].0 + 1..end {
            follower.state.copy_from_slice(&states[states.len() - 1].1);
            self.night(chances, follower);
            self.end(night - 1, &mut follower.state, |_, _, _| {});
            states.push((night, follower.state.clone()));
        }
        states
    }

    /// What each state at the end of a night is worth, from that night on.
    fn values(
        &self,
        night: usize,
        weights: &[f64],
        ends: &[Line],
        to_come: &[Line],
        values: &mut [Line],
    ) {
        values.copy_from_slice(to_come);
        if self.may_end(night) {
            for &(at, kind) in &self.ends {
                flat_mut(values)[at] = weights[self.layout().ended() + kind];
            }
        }
        add_lines(values, ends);
        debug_assert!(flat(values).iter().all(|x| x.is_finite()));
    }
}

/// Of how many nights one distribution is kept: all if there is room, else about the square root.
fn every(chain: &Chain) -> usize {
    let nights = chain.max_nights();
    let bytes = nights.saturating_mul(chain.lines() * size_of::<Line>());
    if bytes <= KEPT_BYTES { 1 } else { nights.isqrt() }
}
