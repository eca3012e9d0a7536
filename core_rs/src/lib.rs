//! The game Bucket Brigade, played in batches and solved exactly.
//!
//! A [`policy`] is what the agent in a seat does. Three ways lead from policies to counts:
//!
//! - [`plain`] plays one episode with ordinary integers and is the readable statement of the rules;
//! - [`sliced`] plays 32 episodes in the bits of every word, over the threads of [`run`];
//! - [`chain`] computes expected counts, without sampling, of these policies, which remember nothing.
//!
//! And [`mdp`] solves the whole game: values of any policy that sees the houses and the night, best
//! responses among all policies, and equilibria.
//!
//! [`envs`] plays many episodes in step, with actions from outside.
//!
//! `plain` and `sliced` play a [`game::program::Program`], the integers that a scenario, policies and
//! line-ups compile to, and return the same counts for the same seed.

pub mod chain;
pub mod dynamics;
pub mod envs;
pub mod error;
pub mod game;
pub mod mdp;
pub mod plain;
pub mod policy;
mod pool;
#[cfg(feature = "python")]
mod python;
pub mod random;
pub mod run;
pub mod simd;
pub mod sliced;

pub use error::InvalidValue;
pub use pool::{RunError, pool_threads};
