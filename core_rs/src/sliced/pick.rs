//! Which burning house: the index `⌊U · n / 2^32⌋` for lanes with different `n`, in bit-sliced
//! arithmetic.
//!
//! After `k` planes the prefix `u` of `U` puts `U · n / 2^32` into an interval that starts at
//! `u n / 2^k` and is `n / 2^k` long. While it holds a whole number other than its start the index is
//! open, and the number in question is the next one up, at a distance of `d = e + 1` units of
//! 2^-k. The next plane's bit `b` turns `d` into `2 d − b n`: below one the number is passed, from `n`
//! up it can't be reached any more. So a lane only carries its small `e`, compared with `n − 1`.

use super::draw::{Question, ask, is_crowded};
use super::stream::{QUADS, Stream};
use super::words::Words;

/// Bits of a number of houses or of an index into them.
pub const BITS: usize = 6;

/// How many houses burn in each lane, as bits, least significant first.
#[derive(Clone, Copy)]
pub struct Burning<W> {
    /// `n`.
    count: [W; BITS],
    /// `n − 1`, where `n ≥ 1`.
    less_one: [W; BITS],
    /// Bits in use.
    bits: usize,
    /// Lanes with two or more.
    pub several: W,
}

impl<W: Words> Burning<W> {
    /// From the bits of `n`, of which the first `bits` are not zero everywhere.
    #[inline(always)]
    pub fn new(count: [W; BITS], bits: usize) -> Self {
        let mut less_one = count;
        let mut borrow = W::ones();
        let mut several = W::zero();
        for i in 0..bits {
            less_one[i] = count[i] ^ borrow;
            borrow = borrow.and_not(count[i]);
            if i > 0 {
                several = several | count[i];
            }
        }
        Self { count, less_one, bits, several }
    }

    /// The index drawn at `slot` in the lanes of `need`, which must lie in `several`; other lanes
    /// are left with anything.
    #[inline(always)]
    pub fn pick(&self, stream: &Stream<W>, slot: u32, need: W) -> [W; BITS] {
        // The intervals hold at most one open number once 2^k ≥ n, so the first planes are taken
        // together, by multiplication.
        let lead = if self.bits > 4 { 5 } else { 4 };
        let mut state = State {
            burning: self,
            lead,
            planes: 0,
            product: [W::zero(); BITS + 5],
            excess: [W::zero(); BITS],
            undecided: need,
            passed: W::zero(),
        };
        ask(stream, slot, QUADS, is_crowded(need), &mut state);
        let mut index = [W::zero(); BITS];
        let mut carry = state.passed;
        for i in 0..self.bits {
            let bit = state.product[lead + i];
            index[i] = bit ^ carry;
            carry = bit & carry;
        }
        index
    }
}

struct State<'a, W> {
    burning: &'a Burning<W>,
    /// How many planes to take together at first.
    lead: usize,
    /// Planes seen.
    planes: usize,
    /// The first planes of `U` times `n`.
    product: [W; BITS + 5],
    /// `e`, at least where undecided.
    excess: [W; BITS],
    undecided: W,
    /// Lanes whose index is one above what the product says.
    passed: W,
}

impl<W: Words> Question<W> for State<'_, W> {
    #[inline(always)]
    fn look(&mut self, _quad: usize, u: [W; 4]) -> bool {
        for plane in u {
            self.planes += 1;
            if self.planes <= self.lead {
                self.multiply(plane);
                if self.planes == self.lead {
                    self.settle();
                }
            } else {
                self.halve(plane);
            }
        }
        self.planes < self.lead || !self.undecided.is_zero()
    }
}

impl<W: Words> State<'_, W> {
    /// `product = 2 · product + (u ? n : 0)`.
    #[inline(always)]
    fn multiply(&mut self, u: W) {
        let (p, bits) = (&mut self.product, self.burning.bits);
        let width = bits + self.planes;
        for i in (1..width).rev() {
            p[i] = p[i - 1];
        }
        p[0] = W::zero();
        let mut carry = W::zero();
        for i in 0..width {
            let addend = if i < bits { self.burning.count[i] & u } else { W::zero() };
            let half = p[i] ^ addend;
            let next = (p[i] & addend) | (half & carry);
            p[i] = half ^ carry;
            carry = next;
        }
    }

    /// From the product of the first planes: `e = d − 1`, and which lanes it leaves open.
    #[inline(always)]
    fn settle(&mut self) {
        for i in 0..self.lead {
            self.excess[i] = !self.product[i];
        }
        let mut open = W::zero(); // e < n − 1
        for i in 0..usize::max(self.burning.bits, self.lead) {
            let (e, n) = (self.excess[i], self.burning.less_one[i]);
            open = n.and_not(e) | open.and_not(e ^ n);
        }
        self.undecided = self.undecided & open;
    }

    /// One more plane: compares `x = 2 e + !u` with `n − 1`.
    #[inline(always)]
    fn halve(&mut self, u: W) {
        let bits = self.burning.bits;
        let mut x = !u;
        let mut borrow = W::zero();
        for i in 0..bits {
            let n = self.burning.less_one[i];
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
    use crate::address;
    use crate::sliced::words::Portable;

    /// Every `n` on every ring size, in lanes with different `n`, against the definition.
    #[test]
    fn picks_are_exact() {
        type W = Portable<4>;
        let seed = 99;
        for houses in 2..=32u32 {
            for block in (0..40).step_by(4) {
                let mut stream = Stream::<W>::new(address::key(seed));
                (0..4).for_each(|lane| stream.set_block(lane, block + lane as u64));
                let n_of = |lane: usize, bit: u32| 1 + (lane as u32 * 32 + bit + block as u32) % houses;
                let mut count = [W::zero(); BITS];
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
                let burning = Burning::new(count, (u32::BITS - houses.leading_zeros()) as usize);
                let index = burning.pick(&stream, 0x0C3, need);
                for lane in 0..4 {
                    for bit in 0..32u32 {
                        let n = n_of(lane, bit);
                        assert_eq!(burning.several.get(lane) >> bit & 1 == 1, n > 1);
                        if n > 1 {
                            let episode = (block + lane as u64) * 32 + u64::from(bit);
                            let u = u64::from(address::uniform(seed, episode, 0, 0x0C3));
                            let picked =
                                (0..BITS).fold(0, |x, i| x | u64::from(index[i].get(lane) >> bit & 1) << i);
                            assert_eq!(picked, u * u64::from(n) >> 32, "n = {n} of {houses}");
                        }
                    }
                }
            }
        }
    }
}
