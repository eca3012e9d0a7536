//! Which burning house: the index `⌊U · n / 2^32⌋` for lanes with different `n`, in bit-sliced
//! arithmetic.
//!
//! After `k` planes the prefix `u` of `U` puts `U · n / 2^32` into an interval that starts at
//! `u n / 2^k` and is `n / 2^k` long. While it holds a whole number other than its start the index is
//! open, and the number in question is the next one up, at a distance of `d = e + 1` units of
//! 2^-k. The next plane's bit `b` turns `d` into `2 d − b n`: below one the number is passed, from `n`
//! up it can't be reached any more. So a lane only carries its small `e`, compared with `n − 1`.

use super::draw::{Question, ask, is_crowded};
use super::state::HOUSE_BITS;
use super::stream::{QUADS, Stream};
use crate::simd::words::Words;

/// Bits of such a number times five planes, at most.
const PRODUCT: usize = HOUSE_BITS + 5;

/// A choice among the `n` burning houses of each lane, where `n < 2^B`.
#[derive(Clone, Copy)]
pub struct Choice<W, const B: usize> {
    /// `n` as bits, least significant first.
    count: [W; B],
    /// `n − 1`, where `n ≥ 1`.
    less_one: [W; B],
    /// Lanes with two or more.
    several: W,
}

impl<W: Words, const B: usize> Choice<W, B> {
    /// The planes of a uniform to take together at first: as many as it takes for the intervals to
    /// hold at most one open number, which is when 2^planes ≥ n.
    const LEAD: usize = if B > 4 { 5 } else { 4 };

    /// The pick among `n`, from its bits.
    #[inline(always)]
    pub fn new(bits: &[W; HOUSE_BITS]) -> Self {
        let mut count = [W::zero(); B];
        count.copy_from_slice(&bits[..B]);
        let mut less_one = count;
        let mut borrow = W::ones();
        let mut several = W::zero();
        for i in 0..B {
            less_one[i] = count[i] ^ borrow;
            borrow = borrow.and_not(count[i]);
            if i > 0 {
                several = several | count[i];
            }
        }
        Self { count, less_one, several }
    }

    /// The index drawn at `slot` in the lanes of `goes` that have several; 0 in others.
    #[inline(always)]
    pub fn pick_where_needed(&self, stream: &Stream<W>, slot: u32, goes: W) -> [W; B] {
        let chooses = goes & self.several;
        if chooses.is_zero() { [W::zero(); B] } else { self.pick(stream, slot, chooses) }
    }

    /// The index drawn at `slot` in the lanes of `need`, which must lie in `several`; 0 in others.
    #[inline(always)]
    fn pick(&self, stream: &Stream<W>, slot: u32, need: W) -> [W; B] {
        let mut question = IndexQuestion {
            choice: self,
            planes: 0,
            product: [W::zero(); PRODUCT],
            excess: [W::zero(); HOUSE_BITS],
            undecided: need,
            passed: W::zero(),
        };
        ask(stream, slot, QUADS, is_crowded(need), &mut question);
        let mut index = [W::zero(); B];
        let mut carry = question.passed;
        for i in 0..B {
            let bit = question.product[Self::LEAD + i] & need;
            index[i] = bit ^ carry;
            carry = bit & carry;
        }
        index
    }
}

struct IndexQuestion<'a, W, const B: usize> {
    choice: &'a Choice<W, B>,
    /// The number of planes seen.
    planes: usize,
    /// The first planes of `U` times `n`.
    product: [W; PRODUCT],
    /// `e`, at least where undecided.
    excess: [W; HOUSE_BITS],
    undecided: W,
    /// Lanes whose index is one above what the product says.
    passed: W,
}

impl<W: Words, const B: usize> Question<W> for IndexQuestion<'_, W, B> {
    #[inline(always)]
    fn look(&mut self, _quad: usize, u: [W; 4]) -> bool {
        let lead = Choice::<W, B>::LEAD;
        for plane in u {
            if self.planes < lead {
                self.multiply(plane);
            } else {
                self.halve(plane);
            }
            self.planes += 1;
            if self.planes == lead {
                self.settle();
            }
        }
        self.planes < lead || !self.undecided.is_zero()
    }
}

impl<W: Words, const B: usize> IndexQuestion<'_, W, B> {
    /// `product = 2 · product + (u ? n : 0)`.
    #[inline(always)]
    fn multiply(&mut self, u: W) {
        let p = &mut self.product;
        let width = B + self.planes + 1;
        for i in (1..width).rev() {
            p[i] = p[i - 1];
        }
        p[0] = W::zero();
        let mut carry = W::zero();
        for i in 0..width {
            let addend = if i < B { self.choice.count[i] & u } else { W::zero() };
            let half = p[i] ^ addend;
            let next = (p[i] & addend) | (half & carry);
            p[i] = half ^ carry;
            carry = next;
        }
    }

    /// From the product of the first planes: `e = d − 1`, and which lanes it leaves open.
    #[inline(always)]
    fn settle(&mut self) {
        let mut open = W::zero(); // e < n − 1
        for i in 0..usize::max(B, Choice::<W, B>::LEAD) {
            let n = if i < B { self.choice.less_one[i] } else { W::zero() };
            let e = if i < Choice::<W, B>::LEAD { !self.product[i] } else { W::zero() };
            self.excess[i] = e;
            open = n.and_not(e) | open.and_not(e ^ n);
        }
        self.undecided = self.undecided & open;
    }

    /// One more plane: compares `x = 2 e + !u` with `n − 1`.
    #[inline(always)]
    fn halve(&mut self, u: W) {
        let mut x = !u;
        let mut borrow = W::zero();
        for i in 0..B {
            let n = self.choice.less_one[i];
            let next = x ^ (u & (n ^ borrow));
            borrow = n.and_not(x) | borrow.and_not(x ^ n);
            x = self.excess[i];
            self.excess[i] = next;
        }
        // What is left of 2 e beyond the bits in use makes x the larger one.
        let less = borrow.and_not(x);
        self.passed = self.passed | (self.undecided & u & less);
        self.undecided = self.undecided & (u ^ less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::address;
    use crate::simd::words::Portable;

    /// Every `n` of `B` bits, in lanes with different `n`, against the definition.
    fn picks_are_exact<const B: usize>() {
        type W = Portable<4>;
        let seed = 99;
        let most = u32::min((1 << B) - 1, 32);
        for block in (0..200).step_by(4) {
            let mut stream = Stream::<W>::new(address::key(seed));
            (0..4).for_each(|lane| stream.set_block(lane, block + lane as u64));
            let n_of = |lane: usize, bit: u32| 1 + (lane as u32 * 32 + bit + block as u32) % most;
            let mut count = [W::zero(); HOUSE_BITS];
            let mut need = W::zero();
            for lane in 0..4 {
                for bit in 0..32 {
                    let n = n_of(lane, bit);
                    for (i, plane) in count.iter_mut().enumerate() {
                        plane.set(lane, plane.get(lane) | (n >> i & 1) << bit);
                    }
                    need.set(lane, need.get(lane) | u32::from(n > 1) << bit);
                }
            }
            let choice = Choice::<W, B>::new(&count);
            let index = choice.pick(&stream, 0x0C3, need);
            for lane in 0..4 {
                assert_eq!(choice.several.get(lane), need.get(lane));
                for bit in 0..32u32 {
                    let n = n_of(lane, bit);
                    let episode = (block + lane as u64) * 32 + u64::from(bit);
                    let u = u64::from(address::uniform(seed, episode, 0, 0x0C3));
                    let bits = index.iter().enumerate();
                    let picked =
                        bits.fold(0, |x, (i, b)| x | u64::from(b.get(lane) >> bit & 1) << i);
                    assert_eq!(picked, (u * u64::from(n)) >> 32, "n = {n}");
                }
            }
        }
    }

    #[test]
    fn picks_are_exact_at_every_size() {
        picks_are_exact::<2>();
        picks_are_exact::<4>();
        picks_are_exact::<6>();
    }
}
