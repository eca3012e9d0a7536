//! Engines of the Bucket Brigade game.
//!
//! [`plain`] plays one episode with ordinary integers and is the readable statement of the rules;
//! [`sliced`] plays 32 episodes in the bits of every word. Both play a [`program::Program`], the
//! integers that a scenario, strategies and line-ups compile to, and return the same counts.

pub mod address;
pub mod counts;
pub mod error;
pub mod exact;
pub mod philox;
pub mod plain;
pub mod program;
#[cfg(feature = "python")]
mod python;
pub mod run;
pub mod scenario;
pub mod sliced;
pub mod threshold;
pub mod uniform;

pub use error::InvalidValue;
