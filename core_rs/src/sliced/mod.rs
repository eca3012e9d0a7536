//! The bit-sliced engine: a block's 32 episodes in the bits of a word, several blocks in a vector.
//!
//! Every night, `decide` writes what the agents do, `singles` what those do whose policies are played
//! one episode at a time, and `night` plays it by the rules, with `workers` for how many are where.
//! Read `state` for what is kept from night to night, `group` for how blocks follow one another,
//! `draw` and `pick` for the draws, `stream` for where their bits come from, and
//! [`crate::simd::words`] for the vectors underneath.

#[cfg(feature = "count-calls")]
pub mod calls;
mod decide;
mod draw;
mod group;
mod night;
mod pick;
mod singles;
mod state;
pub(crate) mod stream;
mod workers;

pub use group::{BlockRange, Sink, play};
pub use stream::philox_calls;
