//! A line in one AVX-512 register.
//!
//! Every method must only run where AVX-512F is present: `Simd::is_available`.

use std::arch::x86_64::*;

use super::lanes::{LANES, Lanes, Line};

/// Eight doubles.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Avx512(__m512d);

// SAFETY of every block below: AVX-512 is present (module documentation), lines are aligned.
impl Lanes for Avx512 {
    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(unsafe { _mm512_load_pd(line.0.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, line: &mut Line) {
        unsafe { _mm512_store_pd(line.0.as_mut_ptr(), self.0) }
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
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, sum.0) })
    }
    #[inline(always)]
    fn transpose(r: [Self; LANES]) -> [Self; LANES] {
        // Pairs of doubles, then pairs of 128-bit halves, then of 256-bit halves. Not written with
        // closures: those would not be compiled for AVX-512.
        macro_rules! low {
            ($i:expr) => {
                _mm512_unpacklo_pd(r[$i].0, r[$i + 1].0)
            };
        }
        macro_rules! high {
            ($i:expr) => {
                _mm512_unpackhi_pd(r[$i].0, r[$i + 1].0)
            };
        }
        macro_rules! first {
            ($a:expr, $b:expr) => {
                _mm512_shuffle_f64x2::<0b10_00_10_00>($a, $b)
            };
        }
        macro_rules! second {
            ($a:expr, $b:expr) => {
                _mm512_shuffle_f64x2::<0b11_01_11_01>($a, $b)
            };
        }
        unsafe {
            let (e0, e1, e2, e3) = (low!(0), low!(2), low!(4), low!(6)); // columns 0, 2, 4, 6
            let (o0, o1, o2, o3) = (high!(0), high!(2), high!(4), high!(6));
            let (e04, e04_) = (first!(e0, e1), first!(e2, e3)); // columns 0 and 4
            let (e26, e26_) = (second!(e0, e1), second!(e2, e3));
            let (o15, o15_) = (first!(o0, o1), first!(o2, o3));
            let (o37, o37_) = (second!(o0, o1), second!(o2, o3));
            [
                Self(first!(e04, e04_)),
                Self(first!(o15, o15_)),
                Self(first!(e26, e26_)),
                Self(first!(o37, o37_)),
                Self(second!(e04, e04_)),
                Self(second!(o15, o15_)),
                Self(second!(e26, e26_)),
                Self(second!(o37, o37_)),
            ]
        }
    }
}
