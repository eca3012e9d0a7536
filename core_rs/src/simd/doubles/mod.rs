//! Eight doubles at a time.
//!
//! Every path computes the same bits: sums run in the same order, and products are fused with the
//! sums they go into on every path. Where a processor has no such instruction (x86 before 2013),
//! the standard library computes the same numbers, slowly.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;

/// Eight doubles, aligned so that no vector crosses a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [f64; LANES]);

/// Doubles in a line.
pub const LANES: usize = 8;

/// Half as many doubles, anywhere.
pub type Half = [f64; LANES / 2];

/// A line in registers.
///
/// Methods must only run where the processor has the instructions: `Isa::is_available`.
pub trait Lanes: Copy {
    /// How many lines the processor's registers hold: what is added up should be fewer.
    const REGISTERS: usize;
    /// Fetches a line into the nearest cache, for later.
    fn prefetch(line: &Line);
    /// Reads a line.
    fn load(line: &Line) -> Self;
    /// Reads the halves of a line from two places.
    fn load_halves(low: &Half, high: &Half) -> Self;
    /// Writes a line.
    fn store(self, line: &mut Line);
    /// Writes the halves of a line to two places.
    fn store_halves(self, low: &mut Half, high: &mut Half);
    /// A vector that holds one number everywhere.
    fn splat(x: f64) -> Self;
    /// Lane by lane.
    fn add(self, other: Self) -> Self;
    /// Lane by lane.
    fn mul(self, other: Self) -> Self;
    /// Lane by lane.
    fn div(self, other: Self) -> Self;
    /// The larger, lane by lane; neither is NaN.
    fn max(self, other: Self) -> Self;
    /// Bit `i` is set if lane `i` is not less than that of `other`.
    fn at_least(self, other: Self) -> u32;
    /// `self · factor + sum`, rounded once.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
    /// Reads eight lines and turns them on their side: lane `i` of line `j` becomes lane `j` of line
    /// `i`.
    fn transpose(lines: [&Line; LANES]) -> [Self; LANES];
}

/// Doubles by what the compiler makes of arrays, on any processor.
#[derive(Clone, Copy)]
pub struct Portable([f64; LANES]);

impl Lanes for Portable {
    // Unknown; many, so that tests compare sums of few lines (AVX2) with sums of many.
    const REGISTERS: usize = 32;
    #[inline(always)]
    fn prefetch(_: &Line) {}
    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0)
    }
    #[inline(always)]
    fn load_halves(low: &Half, high: &Half) -> Self {
        Self(std::array::from_fn(|i| if i < 4 { low[i] } else { high[i - 4] }))
    }
    #[inline(always)]
    fn store_halves(self, low: &mut Half, high: &mut Half) {
        low.copy_from_slice(&self.0[..LANES / 2]);
        high.copy_from_slice(&self.0[LANES / 2..]);
    }
    #[inline(always)]
    fn store(self, line: &mut Line) {
        line.0 = self.0;
    }
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] / other.0[i]))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> u32 {
        (0..LANES).fold(0, |mask, i| mask | (u32::from(self.0[i] >= other.0[i]) << i))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], sum.0[i])))
    }
    #[inline(always)]
    fn transpose(lines: [&Line; LANES]) -> [Self; LANES] {
        std::array::from_fn(|i| Self(std::array::from_fn(|j| lines[j].0[i])))
    }
}

/// Lines of zeros.
pub fn zero_lines(count: usize) -> Vec<Line> {
    vec![Line::default(); count]
}

/// The doubles of lines.
pub fn flat(lines: &[Line]) -> &[f64] {
    // SAFETY: a line is eight doubles without padding.
    unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), lines.len() * LANES) }
}

/// The doubles of lines, to be written.
pub fn flat_mut(lines: &mut [Line]) -> &mut [f64] {
    // SAFETY: a line is eight doubles without padding.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * LANES) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;

    fn check<L: Lanes>() {
        let lines: [Line; 8] =
            std::array::from_fn(|i| Line(std::array::from_fn(|j| (8 * i + j) as f64 + 0.1)));
        let turned = L::transpose(lines.each_ref());
        for i in 0..8 {
            let mut line = Line::default();
            turned[i].store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[j].0[i]));
            let (low, high) = lines[i].0.split_at(4);
            let halves = [high, low].map(|half| half.try_into().expect("four doubles"));
            L::load_halves(halves[0], halves[1]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[(j + 4) % 8]));
            let (mut low, mut high) = (Half::default(), Half::default());
            L::load(&lines[i]).store_halves(&mut low, &mut high);
            assert_eq!([low, high].concat(), lines[i].0);
            let (a, b) = (L::load(&lines[i]), L::splat(1.0 / 3.0));
            a.mul_add(b, turned[i]).store(&mut line);
            assert_eq!(
                line.0,
                std::array::from_fn(|j| lines[i].0[j].mul_add(1.0 / 3.0, lines[j].0[i]))
            );
            a.add(turned[i]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[j] + lines[j].0[i]));
            a.mul(turned[i]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[j] * lines[j].0[i]));
            a.max(turned[i]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[j].max(lines[j].0[i])));
            let at_least = (0..8).filter(|&j| lines[i].0[j] >= lines[j].0[i]);
            assert_eq!(a.at_least(turned[i]), at_least.fold(0, |mask, j| mask | 1 << j));
            a.div(turned[i]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[j] / lines[j].0[i]));
        }
    }

    #[test]
    fn all_paths_compute_the_same() {
        check::<Portable>();
        #[cfg(target_arch = "x86_64")]
        {
            if Isa::Avx2.is_available() {
                check::<avx2::Avx2>();
            }
            if Isa::Avx512.is_available() {
                check::<avx512::Avx512>();
            }
        }
    }
}
