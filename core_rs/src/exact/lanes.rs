//! Eight doubles at a time, and which instructions to use for them.
//!
//! Every path computes the same bits: sums run in the same order, and products are fused with the
//! sums they go into on every path. Where a processor has no such instruction (x86 before 2013),
//! the standard library computes the same numbers, slowly.

/// Eight doubles, aligned so that no vector crosses a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [f64; LANES]);

/// Doubles in a line.
pub const LANES: usize = 8;

/// A line in registers.
///
/// Methods must only run where the processor has the instructions: [`Simd::is_available`].
pub trait Lanes: Copy {
    /// Reads a line.
    fn load(line: &Line) -> Self;
    /// Writes a line.
    fn store(self, line: &mut Line);
    /// The same number everywhere.
    fn splat(x: f64) -> Self;
    /// Lane by lane.
    fn add(self, other: Self) -> Self;
    /// Lane by lane.
    fn mul(self, other: Self) -> Self;
    /// Lane by lane.
    fn div(self, other: Self) -> Self;
    /// `self · factor + sum`, rounded once.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
    /// Reads eight lines and turns them on their side: lane `i` of line `j` becomes lane `j` of line
    /// `i`.
    fn transpose(lines: [&Line; LANES]) -> [Self; LANES];
}

/// Whatever the compiler makes of it, on any processor.
#[derive(Clone, Copy)]
pub struct Portable([f64; LANES]);

impl Lanes for Portable {
    #[inline(always)]
    fn load(line: &Line) -> Self {
        Self(line.0)
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
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], sum.0[i])))
    }
    #[inline(always)]
    fn transpose(lines: [&Line; LANES]) -> [Self; LANES] {
        std::array::from_fn(|i| Self(std::array::from_fn(|j| lines[j].0[i])))
    }
}

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simd {
    /// Any processor.
    Portable,
    /// x86 with AVX2 and FMA.
    Avx2,
    /// x86 with AVX-512.
    Avx512,
}

impl Simd {
    /// All of them, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// Their name, as that of a path of the bit-sliced engine.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has them.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest of this processor.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().find(|simd| simd.is_available()).unwrap_or(Self::Portable)
    }
}

/// Work that is compiled once for each set of instructions.
///
/// `run`, and everything it calls that is generic over the lanes, must be `inline(always)`, so that
/// it is compiled inside the function that has the instructions.
pub trait Task {
    /// What comes of it.
    type Output;
    /// Does it.
    fn run<L: Lanes>(self) -> Self::Output;
}

impl Simd {
    /// Does a task with these instructions.
    ///
    /// # Panics
    /// If this processor does not have them.
    pub fn run<T: Task>(self, task: T) -> T::Output {
        assert!(self.is_available(), "no {self:?} on this processor");
        match self {
            Self::Portable => task.run::<Portable>(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx2 => unsafe { run_avx2(task) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: checked above.
            Self::Avx512 => unsafe { run_avx512(task) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => unreachable!("not available"),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<T: Task>(task: T) -> T::Output {
    task.run::<super::avx2::Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
fn run_avx512<T: Task>(task: T) -> T::Output {
    task.run::<super::avx512::Avx512>()
}

/// Zero lines.
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

    fn check<L: Lanes>() {
        let lines: [Line; 8] =
            std::array::from_fn(|i| Line(std::array::from_fn(|j| (8 * i + j) as f64 + 0.1)));
        let turned = L::transpose(lines.each_ref());
        for i in 0..8 {
            let mut line = Line::default();
            turned[i].store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[j].0[i]));
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
            a.div(turned[i]).store(&mut line);
            assert_eq!(line.0, std::array::from_fn(|j| lines[i].0[j] / lines[j].0[i]));
        }
    }

    #[test]
    fn all_paths_compute_the_same() {
        check::<Portable>();
        #[cfg(target_arch = "x86_64")]
        {
            if Simd::Avx2.is_available() {
                check::<super::super::avx2::Avx2>();
            }
            if Simd::Avx512.is_available() {
                check::<super::super::avx512::Avx512>();
            }
        }
    }
}
