//! Expected counts of line-ups without sampling, and their derivatives.
//!
//! The heuristic agent remembers nothing, so the states of the houses are a Markov chain. Its
//! distribution is pushed forward night by night (`night`), with the real probabilities β, κ, ρ, p
//! and q where the other engines round each to a multiple of 2^−32. Counts are linear in the
//! nights' distributions, so it suffices to add those up and count once (`totals`).
//!
//! The houses are cut in two: `homes`, where agents live, and `others`. What the workers achieve
//! (`fight`) depends on which homes burn, but only on how many others do.

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
