//! Philox over a vector of blocks, each at its own night.
//!
//! The counter words are (block low, block high, tick · 2^16 + slot, quad). Most of the first three
//! rounds depends on only some of them: on the block (known when a lane takes it up), on the block
//! and the quad (a table, then), or on the slot but not on the quad (shared by the quads of a
//! draw). What is left per quad is a little of rounds 2 and 3, and rounds 4 to 10.

use crate::random::philox::{MULTIPLIERS, ROUNDS, key_schedule};
use crate::simd::SimdPath;
use crate::simd::dispatch::WordKernel;
use crate::simd::words::{Part, Words};

/// Quads of four planes in a slot.
pub const QUADS: usize = 8;

/// The addresses from which a vector of blocks draws.
pub struct Stream<W: Words> {
    keys: [[u32; 2]; ROUNDS],
    /// `M1 · (tick · 2^16)` of each lane.
    tick: W::Wide,
    block: Blocks<W>,
}

/// What the rounds need of each lane's block number, keys included.
struct Blocks<W: Words> {
    /// Block high word, for round 1.
    high: W::Wide,
    /// Low half of `M0 · block low`, for round 2.
    low: W::Wide,
    /// The two halves of `M1 · c2` in round 2, per quad: the upper one for round 2, the lower for 3.
    upper: [W::Wide; QUADS],
    lower: [W::Wide; QUADS],
}

/// The rounds of one slot that all its quads share.
pub struct Slot<W: Words> {
    /// `c1` after round 1.
    first: W::Wide,
    /// `M1 · c2` of round 3: its upper half, and itself.
    third_high: W::Wide,
    third: W::Wide,
    /// `c3` after round 2, with the key of round 3.
    second: W::Wide,
}

impl<W: Words> Stream<W> {
    /// A stream whose lanes have no block yet.
    #[inline(always)]
    pub fn new(key: [u32; 2]) -> Self {
        let zero = W::wide_splat(0);
        Self {
            keys: key_schedule(key),
            tick: zero,
            block: Blocks { high: zero, low: zero, upper: [zero; QUADS], lower: [zero; QUADS] },
        }
    }

    /// Gives a lane its block, at tick 0.
    #[inline(always)]
    pub fn set_block(&mut self, lane: usize, block: u64) {
        let keys = self.keys;
        let low = u64::from(MULTIPLIERS[0]) * (block & 0xFFFF_FFFF);
        W::wide_set(&mut self.tick, lane, 0);
        W::wide_set(&mut self.block.high, lane, (block >> 32) ^ u64::from(keys[0][0]));
        W::wide_set(&mut self.block.low, lane, low ^ u64::from(keys[1][1]));
        for quad in 0..QUADS {
            let c2 = (low >> 32) as u32 ^ quad as u32 ^ keys[0][1];
            let product = u64::from(MULTIPLIERS[1]) * u64::from(c2);
            let upper = (product >> 32) ^ u64::from(keys[1][0]);
            W::wide_set(&mut self.block.upper[quad], lane, upper);
            W::wide_set(&mut self.block.lower[quad], lane, product ^ u64::from(keys[2][0]));
        }
    }

    /// Hands a lane's block and tick over to a lane of another stream with the same key.
    #[inline(always)]
    pub fn copy_lane(&self, from: usize, into: &mut Self, to: usize) {
        let (a, b) = (&self.block, &mut into.block);
        W::wide_set(&mut into.tick, to, W::wide_get(&self.tick, from));
        W::wide_set(&mut b.high, to, W::wide_get(&a.high, from));
        W::wide_set(&mut b.low, to, W::wide_get(&a.low, from));
        for quad in 0..QUADS {
            W::wide_set(&mut b.upper[quad], to, W::wide_get(&a.upper[quad], from));
            W::wide_set(&mut b.lower[quad], to, W::wide_get(&a.lower[quad], from));
        }
    }

    /// Moves every lane to its next tick.
    #[inline(always)]
    pub fn next_tick(&mut self) {
        let step = W::wide_splat(u64::from(MULTIPLIERS[1]) << 16);
        self.tick = W::wide_add(self.tick, step);
    }

    /// Starts the draw of a slot: rounds 1 to 3, as far as they do not depend on the quad.
    #[inline(always)]
    pub fn slot(&self, slot: u32) -> Slot<W> {
        let keys = &self.keys;
        let product = W::wide_splat(u64::from(MULTIPLIERS[1]) * u64::from(slot));
        let first = W::wide_add(self.tick, product);
        let c0 = W::wide_xor(W::high(first), self.block.high);
        let p0 = W::wide_mul(c0, MULTIPLIERS[0]);
        let c2 = W::wide_xor(W::high(p0), self.block.low);
        let third = W::wide_mul(c2, MULTIPLIERS[1]);
        Slot { first, third_high: W::high(third), third, second: W::xor_word(p0, keys[2][1]) }
    }

    /// The counter words after round 3.
    #[inline(always)]
    fn quad_start(&self, slot: &Slot<W>, quad: usize) -> [W::Wide; 4] {
        let c0 = W::wide_xor(self.block.upper[quad], slot.first);
        let p0 = W::wide_mul(c0, MULTIPLIERS[0]);
        [
            W::wide_xor(slot.third_high, self.block.lower[quad]),
            slot.third,
            W::wide_xor(W::high(p0), slot.second),
            p0,
        ]
    }

    /// The four planes of one quad.
    ///
    /// The chain of multiplications in here waits for its own results most of the time, and only a
    /// second, independent quad keeps the processor busy. Two calls without a branch between them
    /// are enough for that; interleaving them by hand overflows the sixteen AVX2 registers.
    #[inline(always)]
    pub fn quad(&self, slot: &Slot<W>, quad: usize) -> [W; 4] {
        finish::<W, 3>(self.quad_start(slot, quad), &self.keys)
    }
}

/// Makes `2 · slots` Philox calls, for benchmarks to time; the value only keeps them from being
/// optimised away, and is the same for paths of as many words.
///
/// # Panics
/// If the path is not available here.
#[must_use]
pub fn philox_calls(path: SimdPath, seed: u64, slots: u32) -> u32 {
    path.run(Calls { seed, slots })
}

struct Calls {
    seed: u64,
    slots: u32,
}

impl WordKernel for Calls {
    type Output = u32;

    #[inline(always)]
    fn run<W: Words>(self) -> u32 {
        combine_planes::<W>(self.seed, self.slots)
    }
}

/// The rounds of Philox from number `FROM` on, and the words that they draw.
#[inline(always)]
pub fn finish<W: Words, const FROM: usize>(
    counters: [W::Wide; 4],
    keys: &[[u32; 2]; ROUNDS],
) -> [W; 4] {
    let finish = Finish::<W, FROM> { counters, keys };
    if W::COMPACT { W::call(finish) } else { finish.run() }
}

struct Finish<'a, W: Words, const FROM: usize> {
    counters: [W::Wide; 4],
    keys: &'a [[u32; 2]; ROUNDS],
}

impl<W: Words, const FROM: usize> Part for Finish<'_, W, FROM> {
    type Output = [W; 4];

    #[inline(always)]
    fn run(self) -> [W; 4] {
        let (c, keys) = (self.counters, self.keys);
        // Not a loop: the compiler would leave it one.
        let c = if FROM < 1 { round::<W>(c, keys[0]) } else { c };
        let c = if FROM < 2 { round::<W>(c, keys[1]) } else { c };
        let c = if FROM < 3 { round::<W>(c, keys[2]) } else { c };
        let c = round::<W>(c, keys[3]);
        let c = round::<W>(c, keys[4]);
        let c = round::<W>(c, keys[5]);
        let c = round::<W>(c, keys[6]);
        let c = round::<W>(c, keys[7]);
        let c = round::<W>(c, keys[8]);
        last_round(c, keys[ROUNDS - 1])
    }
}

/// One round over a vector of counters, of which the lower halves of the 64-bit lanes count.
#[inline(always)]
fn round<W: Words>(c: [W::Wide; 4], k: [u32; 2]) -> [W::Wide; 4] {
    let p0 = W::wide_mul(c[0], MULTIPLIERS[0]);
    let p1 = W::wide_mul(c[2], MULTIPLIERS[1]);
    [
        W::wide_xor(W::high(p1), W::xor_word(c[1], k[0])),
        p1,
        W::wide_xor(W::high(p0), W::xor_word(c[3], k[1])),
        p0,
    ]
}

/// The last round, with the words moved back from 64-bit lanes.
#[inline(always)]
fn last_round<W: Words>(c: [W::Wide; 4], k: [u32; 2]) -> [W; 4] {
    #[cfg(feature = "count-calls")]
    super::calls::CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let p0 = W::wide_mul(c[0], MULTIPLIERS[0]);
    let p1 = W::wide_mul(c[2], MULTIPLIERS[1]);
    [
        W::narrow_high(p1) ^ W::narrow(c[1]) ^ W::splat(k[0]),
        W::narrow(p1),
        W::narrow_high(p0) ^ W::narrow(c[3]) ^ W::splat(k[1]),
        W::narrow(p0),
    ]
}

/// Draws two quads of each of `slots` slots and combines all planes, by exclusive or.
#[inline(always)]
fn combine_planes<W: Words>(seed: u64, slots: u32) -> u32 {
    let mut stream = Stream::<W>::new(crate::random::address::key(seed));
    for lane in 0..W::LANES {
        stream.set_block(lane, lane as u64);
    }
    let mut sum = W::zero();
    for slot in 0..slots {
        let slot = stream.slot(slot);
        let (a, b) = (stream.quad(&slot, 0), stream.quad(&slot, 1));
        for j in 0..4 {
            sum = sum ^ a[j] ^ b[j];
        }
    }
    let mut combined = 0;
    for lane in 0..W::LANES {
        combined ^= sum.get(lane);
    }
    combined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::address;
    use crate::simd::words::Portable;

    #[test]
    fn planes_are_those_of_their_addresses() {
        let seed = 0x0123_4567_89AB_CDEF;
        let blocks = [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX / 32];
        let mut stream = Stream::<Portable<5>>::new(address::key(seed));
        for (lane, block) in blocks.into_iter().enumerate() {
            stream.set_block(lane, block);
        }
        for tick in 0..3 {
            for slot in [0, 0x05F, 0x14F] {
                let start = stream.slot(slot);
                for quad in 0..QUADS {
                    let drawn = stream.quad(&start, quad);
                    for (lane, &block) in blocks.iter().enumerate() {
                        let expected = address::planes(seed, block, tick, slot, quad as u32);
                        for j in 0..4 {
                            assert_eq!(drawn[j].get(lane), expected[j]);
                        }
                    }
                }
            }
            stream.next_tick();
        }
    }
}
