//! Expected counts of line-ups without sampling, and their derivatives.
//!
//! Policies that remember nothing make the states of the houses a Markov chain, with the real
//! probabilities β, κ, ρ, p and q where the other engines round each to a multiple of 2^−32.
//! Between two nights a state is a set of houses that stand, and some that were just ruined
//! (`dynamics::states`). Fires spread from there (`dynamics::spread`), and workers put some out
//! (`dynamics::extinguishing`, `survivors`, `unrolled`). What stands only gets less, so one pass over
//! the states (`pass`), in falling order, follows all nights at once (`horizon`, `rational`). Counts
//! are linear in the chances of states, added up over the nights (`occupancy`, `totals`, `saves`).
//!
//! Where no fire spreads, few states suffice (`lumped`).
//!
//! Derivatives are taken in reverse, by adjoints: what a number *is worth* is the derivative of the
//! value by it.

pub mod batch;
pub mod cost;
pub mod evaluate;
mod full;
mod horizon;
mod lumped;
mod mirror;
mod occupancy;
mod pass;
mod quiet;
mod rational;
mod saves;
mod survivors;
#[cfg(test)]
mod tests;
mod totals;
mod unrolled;

pub use batch::Lineups;
pub use cost::{Cost, cost};
pub use evaluate::{Chain, ChainWorkspace, Method};
