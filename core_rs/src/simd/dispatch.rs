//! Code that is compiled once for each set of instructions, and chosen when the program runs.
//!
//! A kernel is a struct and not a closure, because closures can't be `inline(always)`, and only what
//! is inlined into the functions below, which enable the instructions, is compiled with them.

use super::doubles::{self, Lanes};
use super::isa::{Isa, SimdPath};
use super::words::{self, Words};
#[cfg(target_arch = "x86_64")]
use super::{
    doubles::{avx2::Avx2 as Avx2Lanes, avx512::Avx512 as Avx512Lanes},
    words::{avx2::Avx2 as Avx2Words, avx512::Avx512 as Avx512Words},
};

/// A computation over vectors of words.
///
/// `run`, and everything it calls that is generic over the words, must be `inline(always)`.
pub trait WordKernel {
    /// The result of the work.
    type Output;
    /// Does the work on vectors of one type.
    fn run<W: Words>(self) -> Self::Output;
}

impl SimdPath {
    /// Runs a kernel over these words.
    ///
    /// # Panics
    /// If this processor does not have the instructions.
    pub fn run<K: WordKernel>(self, kernel: K) -> K::Output {
        assert!(self.is_available(), "no {} on this processor", self.name());
        match self {
            Self::Portable1 => words_portable::<1, K>(kernel),
            Self::Portable8 => words_portable::<8, K>(kernel),
            Self::Portable16 => words_portable::<16, K>(kernel),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx2 => unsafe { words_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx512 => unsafe { words_avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => unreachable!("not available"),
        }
    }
}

// Not inlined, so that the compiler works on the engines of all paths at the same time.
#[inline(never)]
fn words_portable<const N: usize, K: WordKernel>(kernel: K) -> K::Output {
    kernel.run::<words::Portable<N>>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn words_avx2<K: WordKernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2Words>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f,avx512vpopcntdq")]
fn words_avx512<K: WordKernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512Words>()
}

/// A computation over lines of doubles.
///
/// `run`, and everything it calls that is generic over the lanes, must be `inline(always)`.
pub trait DoubleKernel {
    /// The result of the work.
    type Output;
    /// Does the work on vectors of one type.
    fn run<L: Lanes>(self) -> Self::Output;
}

impl Isa {
    /// Runs a kernel with these instructions.
    ///
    /// # Panics
    /// If this processor does not have them.
    pub fn run<K: DoubleKernel>(self, kernel: K) -> K::Output {
        assert!(self.is_available(), "no {} on this processor", self.name());
        match self {
            Self::Portable => doubles_portable(kernel),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx2 => unsafe { doubles_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx512 => unsafe { doubles_avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => unreachable!("not available"),
        }
    }
}

#[inline(never)]
fn doubles_portable<K: DoubleKernel>(kernel: K) -> K::Output {
    kernel.run::<doubles::Portable>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn doubles_avx2<K: DoubleKernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2Lanes>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
fn doubles_avx512<K: DoubleKernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512Lanes>()
}
