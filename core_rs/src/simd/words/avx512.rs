//! Sixteen words in an AVX-512 register.
//!
//! Every method must only run where AVX-512 (F and VPOPCNTDQ) is present: `SimdPath` checks
//! before it starts an engine over these words.

use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::{Part, Words};

/// Sixteen words; even words are multiplied in one register, odd words in another.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx512(__m512i);

macro_rules! logic {
    ($trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for Avx512 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: AVX-512 is present (module documentation).
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}
logic!(BitAnd, bitand, _mm512_and_si512);
logic!(BitOr, bitor, _mm512_or_si512);
logic!(BitXor, bitxor, _mm512_xor_si512);

impl Not for Avx512 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ Self::ones()
    }
}

/// The odd words of a register.
const ODD: __mmask16 = 0b1010_1010_1010_1010;

// SAFETY: a transparent register of sixteen u32; Wide is two registers of eight u64, even words
// first. In every block below, AVX-512 is present (module documentation).
unsafe impl Words for Avx512 {
    const LANES: usize = 16;
    type Wide = [__m512i; 2];

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(unsafe { _mm512_set1_epi32(word as i32) })
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.nonzero() == 0
    }
    #[inline(always)]
    fn nonzero(self) -> u32 {
        u32::from(unsafe { _mm512_test_epi32_mask(self.0, self.0) })
    }
    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Self(unsafe { _mm512_andnot_si512(other.0, self.0) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn count_ones(self) -> Self {
        Self(unsafe { _mm512_popcnt_epi32(self.0) })
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(unsafe { _mm512_maskz_set1_epi32(_mm512_cmpeq_epi32_mask(self.0, other.0), -1) })
    }
    #[inline(always)]
    fn wide_splat(lane: u64) -> Self::Wide {
        [unsafe { _mm512_set1_epi64(lane as i64) }; 2]
    }
    #[inline(always)]
    fn wide_add(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        unsafe { [_mm512_add_epi64(a[0], b[0]), _mm512_add_epi64(a[1], b[1])] }
    }
    #[inline(always)]
    fn wide_xor(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        unsafe { [_mm512_xor_si512(a[0], b[0]), _mm512_xor_si512(a[1], b[1])] }
    }
    #[inline(always)]
    fn xor_word(a: Self::Wide, word: u32) -> Self::Wide {
        unsafe {
            let word = _mm512_set1_epi32(word as i32);
            [_mm512_xor_si512(a[0], word), _mm512_xor_si512(a[1], word)]
        }
    }
    #[inline(always)]
    fn wide_mul(a: Self::Wide, factor: u32) -> Self::Wide {
        unsafe {
            let factor = _mm512_set1_epi32(factor as i32);
            [_mm512_mul_epu32(a[0], factor), _mm512_mul_epu32(a[1], factor)]
        }
    }
    #[inline(always)]
    fn high(a: Self::Wide) -> Self::Wide {
        unsafe { [_mm512_srli_epi64(a[0], 32), _mm512_srli_epi64(a[1], 32)] }
    }
    #[inline(always)]
    fn narrow(a: Self::Wide) -> Self {
        Self(unsafe { _mm512_mask_shuffle_epi32(a[0], ODD, a[1], _MM_PERM_CCAA) })
    }
    #[inline(always)]
    fn narrow_high(a: Self::Wide) -> Self {
        Self(unsafe { _mm512_mask_shuffle_epi32(a[1], !ODD, a[0], _MM_PERM_DDBB) })
    }
    #[inline(always)]
    fn widen(self) -> Self::Wide {
        unsafe { [self.0, _mm512_srli_epi64(self.0, 32)] }
    }
    #[inline(always)]
    fn call<P: Part>(part: P) -> P::Output {
        unsafe { call(part) }
    }
    #[inline(always)]
    fn wide_index(lane: usize) -> usize {
        (lane % 2) * 8 + lane / 2
    }

    /// Least significant plane first: then `U < T` is the majority of `t`, `!u` and the answer so
    /// far, one three-input instruction a plane.
    #[inline(always)]
    fn compare(t: [Self; 4], u: [Self; 4], undecided: &mut Self, below: &mut Self) {
        unsafe {
            let mut lower = _mm512_andnot_si512(u[3].0, t[3].0);
            let mut differ = _mm512_xor_si512(t[3].0, u[3].0);
            for j in [2, 1, 0] {
                // 0xB2: t & !u | (t | !u) & lower; 0xF6: differ | t ^ u.
                lower = _mm512_ternarylogic_epi32(t[j].0, u[j].0, lower, 0xB2);
                differ = _mm512_ternarylogic_epi32(differ, t[j].0, u[j].0, 0xF6);
            }
            // 0xF8: below | undecided & lower.
            below.0 = _mm512_ternarylogic_epi32(below.0, undecided.0, lower, 0xF8);
            undecided.0 = _mm512_andnot_si512(differ, undecided.0);
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f,avx512vpopcntdq")]
fn call<P: Part>(part: P) -> P::Output {
    part.run()
}
