//! Random bits as a pure function of where they are used (`docs/randomness.md`).
//!
//! [`philox`] is the generator, [`address`] gives every decision its place in it, [`uniform`] reads
//! one episode's number there, and [`threshold`] turns probabilities into what it is compared with.

pub mod address;
pub mod philox;
pub mod threshold;
pub mod uniform;
