//! A vector of 32-bit words, one block of 32 episodes in each, and what the engine does with it.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;

use std::ops::{BitAnd, BitOr, BitXor, Not};

/// A vector of `LANES` words.
///
/// Philox multiplies 32-bit words into 64-bit products, so it works on [`Words::Wide`]: one 64-bit
/// lane per word, of which the upper half may hold anything (a product's upper half is fetched with
/// [`Words::high`], and multiplication reads lower halves only). That costs SIMD code no shuffles.
///
/// # Safety
/// The implementing type must have the size and layout of `[u32; LANES]`, and `Wide` that of
/// `LANES` `u64`s in an order of its own, told by [`Words::wide_index`].
pub unsafe trait Words:
    Copy + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self> + Not<Output = Self>
{
    /// Words in the vector.
    const LANES: usize;
    /// Whether the code should be small rather than fast. What the compiler makes of words without
    /// intrinsics is long, and takes it minutes where everything is inlined.
    const COMPACT: bool = false;
    /// One 64-bit lane per word.
    type Wide: Copy;

    /// The same word everywhere.
    fn splat(word: u32) -> Self;
    /// Whether every word is zero.
    fn is_zero(self) -> bool;
    /// Bit `i` is set if word `i` is not zero.
    fn nonzero(self) -> u32;
    /// `self & !other`.
    fn and_not(self, other: Self) -> Self;
    /// Adds words, wrapping.
    fn add(self, other: Self) -> Self;
    /// Counts the set bits of each word.
    fn count_ones(self) -> Self;
    /// All ones where words are equal, else zero.
    fn equal(self, other: Self) -> Self;

    /// The same 64-bit lane everywhere.
    fn wide_splat(lane: u64) -> Self::Wide;
    /// Adds 64-bit lanes, wrapping.
    fn wide_add(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Exclusive or of the lower halves with a word; the upper halves are left with anything.
    fn xor_word(a: Self::Wide, word: u32) -> Self::Wide;
    /// Exclusive or of 64-bit lanes.
    fn wide_xor(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Lower half of each lane times `factor`, 64 bits.
    fn wide_mul(a: Self::Wide, factor: u32) -> Self::Wide;
    /// Upper half of each lane, moved to its lower half.
    fn high(a: Self::Wide) -> Self::Wide;
    /// The lower halves as words.
    fn narrow(a: Self::Wide) -> Self;
    /// The upper halves as words.
    fn narrow_high(a: Self::Wide) -> Self;
    /// The words in the lower halves of 64-bit lanes.
    fn widen(self) -> Self::Wide;
    /// Where the 64-bit lane of word `lane` stands in a `Wide`.
    fn wide_index(lane: usize) -> usize;

    /// Runs a part as a function of its own, compiled with the instructions of these words.
    fn call<P: Part>(part: P) -> P::Output;

    /// One comparison step for four planes of `U` against four of `T`, most significant first:
    /// moves lanes that differ out of `undecided`, and into `below` where `T` has the one.
    #[inline(always)]
    fn compare(t: [Self; 4], u: [Self; 4], undecided: &mut Self, below: &mut Self) {
        for j in 0..4 {
            let decided = *undecided & (t[j] ^ u[j]);
            *undecided = *undecided ^ decided;
            *below = *below | (decided & t[j]);
        }
    }

    /// The first words of a slice, `LANES` of them.
    #[inline(always)]
    fn load(words: &[u32]) -> Self {
        assert!(words.len() >= Self::LANES);
        // SAFETY: the trait promises the layout of [u32; LANES].
        unsafe { words.as_ptr().cast::<Self>().read_unaligned() }
    }
    /// Writes the words to the front of a slice.
    #[inline(always)]
    fn store(self, words: &mut [u32]) {
        assert!(words.len() >= Self::LANES);
        // SAFETY: as in `load`.
        unsafe { words.as_mut_ptr().cast::<Self>().write_unaligned(self) }
    }
    /// The word of one lane.
    #[inline(always)]
    fn get(&self, lane: usize) -> u32 {
        assert!(lane < Self::LANES);
        // SAFETY: the trait promises the layout of [u32; LANES].
        unsafe { *std::ptr::from_ref(self).cast::<u32>().add(lane) }
    }
    /// Replaces the word of one lane.
    #[inline(always)]
    fn set(&mut self, lane: usize, word: u32) {
        assert!(lane < Self::LANES);
        // SAFETY: as in `get`.
        unsafe { *std::ptr::from_mut(self).cast::<u32>().add(lane) = word }
    }
    /// The 64-bit lane of one word.
    #[inline(always)]
    fn wide_get(wide: &Self::Wide, lane: usize) -> u64 {
        assert!(lane < Self::LANES);
        // SAFETY: the trait promises LANES u64s, and wide_index stays below LANES.
        unsafe { *std::ptr::from_ref(wide).cast::<u64>().add(Self::wide_index(lane)) }
    }
    /// Replaces the 64-bit lane of one word.
    #[inline(always)]
    fn wide_set(wide: &mut Self::Wide, lane: usize, value: u64) {
        assert!(lane < Self::LANES);
        // SAFETY: as in `wide_get`.
        unsafe { *std::ptr::from_mut(wide).cast::<u64>().add(Self::wide_index(lane)) = value }
    }
    /// Words that are all zero.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0)
    }
    /// Words of which all bits are set.
    #[inline(always)]
    fn ones() -> Self {
        Self::splat(u32::MAX)
    }
}

/// A part of a kernel that is not inlined where it is run ([`Words::call`]): the time to compile a
/// function grows with the square of its length.
///
/// `run`, and everything it calls that is generic over the words, must be `inline(always)`.
pub trait Part {
    /// The result of the work.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Words without SIMD intrinsics, for any processor; the compiler vectorises what it can.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Portable<const N: usize>([u32; N]);

macro_rules! lanewise {
    ($trait:ident, $method:ident, $op:tt) => {
        impl<const N: usize> $trait for Portable<N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i] $op other.0[i]))
            }
        }
    };
}
lanewise!(BitAnd, bitand, &);
lanewise!(BitOr, bitor, |);
lanewise!(BitXor, bitxor, ^);

impl<const N: usize> Not for Portable<N> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(self.0.map(|x| !x))
    }
}

// SAFETY: a transparent [u32; N], and Wide is [u64; N] in lane order.
unsafe impl<const N: usize> Words for Portable<N> {
    const LANES: usize = N;
    const COMPACT: bool = true;
    type Wide = [u64; N];

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([word; N])
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.0.iter().fold(0, |all, x| all | x) == 0
    }
    #[inline(always)]
    fn nonzero(self) -> u32 {
        (0..N).fold(0, |mask, i| mask | (u32::from(self.0[i] != 0) << i))
    }
    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        self & !other
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
    #[inline(always)]
    fn count_ones(self) -> Self {
        Self(self.0.map(u32::count_ones))
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] == other.0[i] { u32::MAX } else { 0 }))
    }
    #[inline(always)]
    fn wide_splat(lane: u64) -> Self::Wide {
        [lane; N]
    }
    #[inline(always)]
    fn wide_add(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    fn wide_xor(a: Self::Wide, b: Self::Wide) -> Self::Wide {
        std::array::from_fn(|i| a[i] ^ b[i])
    }
    #[inline(always)]
    fn xor_word(a: Self::Wide, word: u32) -> Self::Wide {
        a.map(|x| x ^ u64::from(word))
    }
    #[inline(always)]
    fn wide_mul(a: Self::Wide, factor: u32) -> Self::Wide {
        a.map(|x| u64::from(x as u32) * u64::from(factor))
    }
    #[inline(always)]
    fn high(a: Self::Wide) -> Self::Wide {
        a.map(|x| x >> 32)
    }
    #[inline(always)]
    fn narrow(a: Self::Wide) -> Self {
        Self(a.map(|x| x as u32))
    }
    #[inline(always)]
    fn narrow_high(a: Self::Wide) -> Self {
        Self(a.map(|x| (x >> 32) as u32))
    }
    #[inline(always)]
    fn widen(self) -> Self::Wide {
        self.0.map(u64::from)
    }
    #[inline(never)]
    fn call<P: Part>(part: P) -> P::Output {
        part.run()
    }
    #[inline(always)]
    fn wide_index(lane: usize) -> usize {
        lane
    }
}
