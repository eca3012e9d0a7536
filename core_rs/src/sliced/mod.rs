//! The bit-sliced engine: a block's 32 episodes in the bits of a word, several blocks in a vector.
//!
//! Read `night` for the rules, `crew` for who works where, `group` for how blocks follow one
//! another, `draw` and `pick` for the draws, `stream` for where their bits come from, `words` for
//! the vectors underneath.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(feature = "count-calls")]
pub mod calls;
mod crew;
mod draw;
mod group;
mod night;
mod pick;
mod stream;
mod words;

use crate::error::InvalidValue;
pub use group::{Sink, Task};
use words::Portable;

/// A way to hold words: how many, and with which instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// One word, ordinary instructions.
    Portable1,
    /// Eight words, whatever the compiler makes of them (on ARM, NEON).
    Portable8,
    /// Sixteen words, likewise.
    Portable16,
    /// Eight words in AVX2 registers.
    Avx2,
    /// Sixteen words in AVX-512 registers.
    Avx512,
}

impl Path {
    /// All paths.
    pub const ALL: [Self; 5] =
        [Self::Portable1, Self::Portable8, Self::Portable16, Self::Avx2, Self::Avx512];

    /// Its name in results and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable1 => "portable1",
            Self::Portable8 => "portable8",
            Self::Portable16 => "portable16",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Words it holds.
    #[must_use]
    pub fn words(self) -> usize {
        match self {
            Self::Portable1 => 1,
            Self::Portable8 | Self::Avx2 => 8,
            Self::Portable16 | Self::Avx512 => 16,
        }
    }

    /// Whether this processor can take it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable1 | Self::Portable8 | Self::Portable16 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vpopcntdq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest path of this processor.
    #[must_use]
    pub fn best() -> Self {
        let simd = [Self::Avx512, Self::Avx2].into_iter().find(|path| path.is_available());
        simd.unwrap_or(Self::Portable8)
    }

    /// The path of a name, if this processor can take it; `"auto"` is the best one.
    ///
    /// # Errors
    /// If there is none of that name here.
    pub fn from_name(name: &str) -> Result<Self, InvalidValue> {
        let usable = || Self::ALL.into_iter().filter(|path| path.is_available());
        if name == "auto" {
            return Ok(Self::best());
        }
        usable().find(|path| path.name() == name).ok_or_else(|| {
            let names: Vec<_> = usable().map(Self::name).collect();
            InvalidValue::new(
                "simd",
                format!("{name:?}"),
                format!("auto or one of {}", names.join(", ")),
            )
        })
    }

    /// Plays a task over these words into a sink.
    ///
    /// # Panics
    /// If the path is not available here.
    pub fn play(self, task: &Task<'_>, sink: &mut impl Sink) {
        assert!(self.is_available(), "no {} on this processor", self.name());
        match self {
            Self::Portable1 => group::play_blocks::<Portable<1>>(task, sink),
            Self::Portable8 => group::play_blocks::<Portable<8>>(task, sink),
            Self::Portable16 => group::play_blocks::<Portable<16>>(task, sink),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx2 => unsafe { play_avx2(task, sink) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx512 => unsafe { play_avx512(task, sink) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => unreachable!("not available"),
        }
    }

    /// Makes `2 · slots` Philox calls, for benchmarks to time; the value only keeps them from being
    /// optimised away, and is the same for paths of as many words.
    ///
    /// # Panics
    /// If the path is not available here.
    #[must_use]
    pub fn philox_calls(self, seed: u64, slots: u32) -> u32 {
        assert!(self.is_available(), "no {} on this processor", self.name());
        match self {
            Self::Portable1 => stream::combine_planes::<Portable<1>>(seed, slots),
            Self::Portable8 => stream::combine_planes::<Portable<8>>(seed, slots),
            Self::Portable16 => stream::combine_planes::<Portable<16>>(seed, slots),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx2 => unsafe { calls_avx2(seed, slots) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx512 => unsafe { calls_avx512(seed, slots) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => unreachable!("not available"),
        }
    }
}

// Everything generic over the words is `inline(always)`, so that it is compiled inside the
// functions below, with their instructions.

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn play_avx2(task: &Task<'_>, sink: &mut impl Sink) {
    group::play_blocks::<avx2::Avx2>(task, sink);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f,avx512vpopcntdq")]
fn play_avx512(task: &Task<'_>, sink: &mut impl Sink) {
    group::play_blocks::<avx512::Avx512>(task, sink);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn calls_avx2(seed: u64, slots: u32) -> u32 {
    stream::combine_planes::<avx2::Avx2>(seed, slots)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f,avx512vpopcntdq")]
fn calls_avx512(seed: u64, slots: u32) -> u32 {
    stream::combine_planes::<avx512::Avx512>(seed, slots)
}
