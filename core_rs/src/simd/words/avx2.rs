//! Eight words in an AVX2 register.
//!
//! Every method must only run where AVX2 is present: `SimdPath` checks before it starts an
//! engine over these words.

use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::{Part, Words};

/// Eight words; even words are multiplied in one register, odd words in another.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx2(__m256i);

macro_rules! logic {
    ($trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for Avx2 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: AVX2 is present (module documentation).
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}
logic!(BitAnd, bitand, _mm256_and_si256);
logic!(BitOr, bitor, _mm256_or_si256);
logic!(BitXor, bitxor, _mm256_xor_si256);

impl Not for Avx2 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ Self::ones()
    }
}

// SAFETY: a transparent register of eight u32; Wide is two registers of four u64, even words first.
// In every block below, AVX2 is present (module documentation).
unsafe impl Words for Avx2 {
    const LANES: usize = 8;
    type Wide = [__m256i; 2];

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(unsafe { _mm256_set1_epi32(word as i32) })
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        unsafe { _mm256_testz_si256(self.0, self.0) != 0 }
    }
    #[inline(always)]
    fn nonzero(self) -> u32 {
        let zero = self.equal(Self::zero());
        !unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(zero.0)) } as u32 & 0xFF
    }
    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Self(unsafe { _mm256_andnot_si256(other.0, self.0) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn count_ones(self) -> Self {
        // Look up the count of each half byte, then add up the bytes of a word.
        unsafe {
            let table = _mm256_setr_epi8(
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3,
                2, 3, 3, 4,
            );
            let half = _mm256_set1_epi8(0x0F);
            let low = _mm256_shuffle_epi8(table, _mm256_and_si256(self.0, half));
            let high = _mm256_and_si256(_mm256_srli_epi16(self.0, 4), half);
            let bytes = _mm256_add_epi8(low, _mm256_shuffle_epi8(table, high));
            let pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
            Self(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(unsafe { _mm256_cmpeq_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn wide_splat(lane: u64) -> Self::Wide {
        [unsafe { _mm256_set1_epi64x(lane as i64) }; 2]
    }
    #[inline(always)]
    fn wide_add(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        unsafe { [_mm256_add_epi64(a[0], b[0]), _mm256_add_epi64(a[1], b[1])] }
    }
    #[inline(always)]
    fn wide_xor(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        unsafe { [_mm256_xor_si256(a[0], b[0]), _mm256_xor_si256(a[1], b[1])] }
    }
    #[inline(always)]
    fn xor_word(a: Self::Wide, word: u32) -> Self::Wide {
        unsafe {
            let word = _mm256_set1_epi32(word as i32);
            [_mm256_xor_si256(a[0], word), _mm256_xor_si256(a[1], word)]
        }
    }
    #[inline(always)]
    fn wide_mul(a: Self::Wide, factor: u32) -> Self::Wide {
        unsafe {
            let factor = _mm256_set1_epi32(factor as i32);
            [_mm256_mul_epu32(a[0], factor), _mm256_mul_epu32(a[1], factor)]
        }
    }
    #[inline(always)]
    fn high(a: Self::Wide) -> Self::Wide {
        unsafe {
            [_mm256_shuffle_epi32(a[0], 0b1111_0101), _mm256_shuffle_epi32(a[1], 0b1111_0101)]
        }
    }
    #[inline(always)]
    fn narrow(a: Self::Wide) -> Self {
        Self(unsafe { _mm256_blend_epi32(a[0], _mm256_slli_epi64(a[1], 32), 0b1010_1010) })
    }
    #[inline(always)]
    fn narrow_high(a: Self::Wide) -> Self {
        Self(unsafe { _mm256_blend_epi32(_mm256_srli_epi64(a[0], 32), a[1], 0b1010_1010) })
    }
    #[inline(always)]
    fn widen(self) -> Self::Wide {
        unsafe { [self.0, _mm256_srli_epi64(self.0, 32)] }
    }
    #[inline(always)]
    fn call<P: Part>(part: P) -> P::Output {
        unsafe { call(part) }
    }
    #[inline(always)]
    fn wide_index(lane: usize) -> usize {
        (lane % 2) * 4 + lane / 2
    }
}

#[inline(never)]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn call<P: Part>(part: P) -> P::Output {
    part.run()
}
