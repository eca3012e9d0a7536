//! Work counters for benchmarks, compiled in by the feature `count-calls` only.

use std::sync::atomic::AtomicU64;

/// Philox calls so far: one gives four planes to every word of a vector.
pub static CALLS: AtomicU64 = AtomicU64::new(0);
/// Nights played so far, one for all blocks of a vector together.
pub static GROUP_NIGHTS: AtomicU64 = AtomicU64::new(0);
