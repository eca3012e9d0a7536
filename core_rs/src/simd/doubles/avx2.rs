//! A line in two AVX registers.
//!
//! Every method must only run where AVX2 and FMA are present: `Isa::is_available`.

use std::arch::x86_64::*;

use super::{Half, LANES, Lanes, Line};

/// Eight doubles, the first four in one register.
#[derive(Clone, Copy)]
pub struct Avx2(__m256d, __m256d);

/// Turns four registers of four doubles on their side. A macro, since a closure or an array's `map`
/// would not be compiled for AVX.
macro_rules! transpose4 {
    ($a:expr, $b:expr, $c:expr, $d:expr) => {{
        let (even, even_) = (_mm256_unpacklo_pd($a, $b), _mm256_unpacklo_pd($c, $d));
        let (odd, odd_) = (_mm256_unpackhi_pd($a, $b), _mm256_unpackhi_pd($c, $d));
        [
            _mm256_permute2f128_pd::<0x20>(even, even_),
            _mm256_permute2f128_pd::<0x20>(odd, odd_),
            _mm256_permute2f128_pd::<0x31>(even, even_),
            _mm256_permute2f128_pd::<0x31>(odd, odd_),
        ]
    }};
}

// SAFETY of every block below: AVX2 and FMA are present (module documentation), lines are aligned.
impl Lanes for Avx2 {
    const REGISTERS: usize = 8;
    #[inline(always)]
    fn prefetch(line: &Line) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.0.as_ptr().cast()) }
    }
    #[inline(always)]
    fn load(line: &Line) -> Self {
        let at = line.0.as_ptr();
        Self(unsafe { _mm256_load_pd(at) }, unsafe { _mm256_load_pd(at.add(4)) })
    }
    #[inline(always)]
    fn load_halves(low: &Half, high: &Half) -> Self {
        unsafe { Self(_mm256_loadu_pd(low.as_ptr()), _mm256_loadu_pd(high.as_ptr())) }
    }
    #[inline(always)]
    fn store(self, line: &mut Line) {
        let at = line.0.as_mut_ptr();
        unsafe {
            _mm256_store_pd(at, self.0);
            _mm256_store_pd(at.add(4), self.1);
        }
    }
    #[inline(always)]
    fn store_halves(self, low: &mut Half, high: &mut Half) {
        unsafe {
            _mm256_storeu_pd(low.as_mut_ptr(), self.0);
            _mm256_storeu_pd(high.as_mut_ptr(), self.1);
        }
    }
    #[inline(always)]
    fn splat(x: f64) -> Self {
        let all = unsafe { _mm256_set1_pd(x) };
        Self(all, all)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_pd(self.0, other.0) }, unsafe { _mm256_add_pd(self.1, other.1) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(unsafe { _mm256_mul_pd(self.0, other.0) }, unsafe { _mm256_mul_pd(self.1, other.1) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(unsafe { _mm256_div_pd(self.0, other.0) }, unsafe { _mm256_div_pd(self.1, other.1) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(unsafe { _mm256_max_pd(self.0, other.0) }, unsafe { _mm256_max_pd(self.1, other.1) })
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> u32 {
        unsafe {
            let low = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GE_OQ>(self.0, other.0));
            let high = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GE_OQ>(self.1, other.1));
            (low | high << 4) as u32
        }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        unsafe {
            let low = _mm256_fmadd_pd(self.0, factor.0, sum.0);
            Self(low, _mm256_fmadd_pd(self.1, factor.1, sum.1))
        }
    }
    #[inline(always)]
    fn transpose(lines: [&Line; LANES]) -> [Self; LANES] {
        let mut r = [Self::splat(0.0); LANES];
        for i in 0..LANES {
            r[i] = Self::load(lines[i]);
        }
        unsafe {
            let upper_left = transpose4!(r[0].0, r[1].0, r[2].0, r[3].0);
            let upper_right = transpose4!(r[0].1, r[1].1, r[2].1, r[3].1);
            let lower_left = transpose4!(r[4].0, r[5].0, r[6].0, r[7].0);
            let lower_right = transpose4!(r[4].1, r[5].1, r[6].1, r[7].1);
            [
                Self(upper_left[0], lower_left[0]),
                Self(upper_left[1], lower_left[1]),
                Self(upper_left[2], lower_left[2]),
                Self(upper_left[3], lower_left[3]),
                Self(upper_right[0], lower_right[0]),
                Self(upper_right[1], lower_right[1]),
                Self(upper_right[2], lower_right[2]),
                Self(upper_right[3], lower_right[3]),
            ]
        }
    }
}
