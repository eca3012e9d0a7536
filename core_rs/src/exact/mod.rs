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
pub mod chain;
mod fight;
pub mod gradient;
mod homes;
pub mod lanes;
mod night;
mod others;
mod ring;
#[cfg(test)]
mod tests;
mod totals;

pub use chain::{Chain, Method};

use crate::error::InvalidValue;
use crate::scenario::Dynamics;

/// What the heuristic agent in one seat does: all of its strategy that matters for counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duty {
    /// p = θ1 (1 − θ8): it works, per night.
    pub work: f64,
    /// q = θ3: as a worker whose own home burns, it stays there.
    pub home: f64,
}

/// Most houses and agents of a ring whose chain is followed.
pub const MOST: (usize, usize) = (12, 8);

/// Checks a scenario, and that its chain is not too large.
///
/// # Errors
/// The first parameter that is not allowed.
pub fn check(dynamics: &Dynamics) -> Result<(), InvalidValue> {
    dynamics.validate()?;
    let (houses, agents) = MOST;
    if dynamics.num_houses > houses {
        let allowed = format!("at most {houses} for exact payoffs");
        return Err(InvalidValue::new("num_houses", dynamics.num_houses, allowed));
    }
    if dynamics.num_agents > agents {
        let allowed = format!("at most {agents} for exact payoffs");
        return Err(InvalidValue::new("num_agents", dynamics.num_agents, allowed));
    }
    Ok(())
}
