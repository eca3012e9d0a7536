//! A line in one AVX-512 register.
//!
//! Every method must only run where AVX-512F is present: `Isa::is_available`.

use std::arch::x86_64::*;

use super::{Half, LANES, Lanes, Line};

/// A register of eight doubles.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx512(__m512d);

// SAFETY of every block below: AVX-512 is present (module documentation), lines are aligned.
impl Lanes for Avx512 {
    const REGISTERS: usize = 32;
    #[inline(always)]
    fn prefetch(line: &Line) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.0.as_ptr().cast()) }
    }
    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(unsafe { _mm512_load_pd(line.0.as_ptr()) })
    }
    #[inline(always)]
    fn load_halves(low: &Half, high: &Half) -> Self {
        unsafe {
            let low = _mm512_castpd256_pd512(_mm256_loadu_pd(low.as_ptr()));
            Self(_mm512_insertf64x4::<1>(low, _mm256_loadu_pd(high.as_ptr())))
        }
    }
    #[inline(always)]
    fn store(self, line: &mut Line) {
        unsafe { _mm512_store_pd(line.0.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn store_halves(self, low: &mut Half, high: &mut Half) {
        unsafe {
            _mm256_storeu_pd(low.as_mut_ptr(), _mm512_castpd512_pd256(self.0));
            _mm256_storeu_pd(high.as_mut_ptr(), _mm512_extractf64x4_pd::<1>(self.0));
        }
    }
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self(unsafe { _mm512_set1_pd(x) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(unsafe { _mm512_mul_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(unsafe { _mm512_div_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> u32 {
        u32::from(unsafe { _mm512_cmp_pd_mask::<_CMP_GE_OQ>(self.0, other.0) })
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, sum.0) })
    }
    #[inline(always)]
    fn transpose(r: [&Line; LANES]) -> [Self; LANES] {
        // Halves of two rows side by side, which loads can do; then pairs of doubles; then pairs of
        // quarters. Not written with closures: those would not be compiled for AVX-512.
        macro_rules! halves {
            ($i:expr, $j:expr, $at:expr) => {
                _mm512_insertf64x4::<1>(
                    _mm512_castpd256_pd512(_mm256_load_pd(r[$i].0.as_ptr().add($at))),
                    _mm256_load_pd(r[$j].0.as_ptr().add($at)),
                )
            };
        }
        macro_rules! first {
            ($a:expr, $b:expr) => {
                Self(_mm512_shuffle_f64x2::<0b10_00_10_00>($a, $b))
            };
        }
        macro_rules! second {
            ($a:expr, $b:expr) => {
                Self(_mm512_shuffle_f64x2::<0b11_01_11_01>($a, $b))
            };
        }
        // Columns `at` to `at + 3`.
        macro_rules! columns {
            ($at:expr) => {{
                let (a, b) = (halves!(0, 2, $at), halves!(1, 3, $at));
                let (c, d) = (halves!(4, 6, $at), halves!(5, 7, $at));
                let (even, even_) = (_mm512_unpacklo_pd(a, b), _mm512_unpacklo_pd(c, d));
                let (odd, odd_) = (_mm512_unpackhi_pd(a, b), _mm512_unpackhi_pd(c, d));
                (first!(even, even_), first!(odd, odd_), second!(even, even_), second!(odd, odd_))
            }};
        }
        unsafe {
            let (c0, c1, c2, c3) = columns!(0);
            let (c4, c5, c6, c7) = columns!(4);
            [c0, c1, c2, c3, c4, c5, c6, c7]
        }
    }
}
