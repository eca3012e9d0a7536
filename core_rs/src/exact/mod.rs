//! Expected counts of line-ups without sampling, and their derivatives.
//!
//! The heuristic agent remembers nothing, so the states of the houses are a Markov chain, with the
//! real probabilities β, κ, ρ, p and q where the other engines round each to a multiple of 2^−32.
//! Between two nights a state is a set of houses that stand, and some that were just ruined
//! (`town`). Fires spread from there (`spread`), and workers put some out (`fight`, `work`,
//! `unrolled`). What stands only gets less, so one pass over the states (`pass`), in falling order,
//! follows all nights at once (`clock`, `rational`). Counts are linear in the chances of states,
//! added up over the nights (`book`, `totals`, `rescue`).
//!
//! Where no fire spreads, few states suffice (`lumped`).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod batch;
mod book;
pub mod chain;
mod clock;
pub mod cost;
mod fight;
mod full;
pub mod lanes;
mod lumped;
mod mirror;
mod pass;
mod quiet;
mod rational;
mod rescue;
mod ring;
mod spread;
#[cfg(test)]
mod tests;
mod totals;
mod town;
mod unrolled;
mod work;

pub use batch::Lineups;
pub use chain::{Chain, Method};
pub use cost::{Cost, cost};

/// What the heuristic agent in one seat does: all of its strategy that matters for counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duty {
    /// p = θ1 (1 − θ8): it works, per night.
    pub work: f64,
    /// q = θ3: as a worker whose own home burns, it stays there.
    pub home: f64,
}
