//! Vectors: 32-bit words for the bit-sliced engine, doubles for exact work.
//!
//! [`isa`] says what this processor can do, [`dispatch`] runs code that is compiled once for each
//! set of instructions, [`words`] and [`doubles`] are what such code computes with.

pub mod dispatch;
pub mod doubles;
pub mod isa;
pub mod words;

pub use isa::{Isa, SimdPath};
