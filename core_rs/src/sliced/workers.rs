//! Who works at which fire, and how many they are.

use super::night::AGENTS;
use super::pick::BITS;
use crate::simd::words::Words;

/// The number of workers at a fire, as bits, least significant first.
#[derive(Clone, Copy)]
pub struct Crew<W> {
    count: [W; CREW_BITS],
}

/// Bits of a number of agents.
const CREW_BITS: usize = (usize::BITS - AGENTS.leading_zeros()) as usize;

impl<W: Words> Crew<W> {
    /// Of two workers, in the lanes in which each of them is here.
    #[inline(always)]
    pub fn of(a: W, b: W) -> Self {
        let mut count = [W::zero(); CREW_BITS];
        (count[0], count[1]) = (a ^ b, a & b);
        Self { count }
    }

    /// Lets the pair with this number join, where pair 0 is what it began with.
    #[inline(always)]
    pub fn join(&mut self, pair: usize, a: W, b: W) {
        // The sum of six takes three bits.
        if pair < 3 { self.add::<3>(a, b) } else { self.add::<CREW_BITS>(a, b) }
    }

    /// Adds two, where so many bits hold the sum: a full adder and, for its carry, half
    /// adders.
    #[inline(always)]
    fn add<const PLANES: usize>(&mut self, a: W, b: W) {
        let count = &mut self.count;
        let either = count[0] ^ a;
        let mut carry = (count[0] & a) | (either & b);
        count[0] = either ^ b;
        for plane in &mut count[1..PLANES] {
            let full = *plane;
            *plane = full ^ carry;
            carry = full & carry;
        }
    }

    /// The lanes with more than `least` workers.
    #[inline(always)]
    pub fn more_than(&self, least: usize) -> W {
        let mut more = W::zero();
        for (i, &plane) in self.count.iter().enumerate() {
            more = if least >> i & 1 == 1 { more & plane } else { more | plane };
        }
        more
    }

    /// The lanes with more than 1, more than 2, … workers.
    #[inline(always)]
    pub fn more<const N: usize>(&self) -> [W; N] {
        let mut more = [W::zero(); N];
        for (i, lanes) in more.iter_mut().enumerate() {
            *lanes = self.more_than(i + 1);
        }
        more
    }
}

/// What the agents decided.
pub struct Agents<W> {
    /// Lanes in which an agent works at home.
    pub stays: [W; AGENTS],
    /// Lanes in which it goes to a fire.
    pub goes: [W; AGENTS],
    /// To which one: its number among the fires, as bits.
    pub index: [[W; BITS]; AGENTS],
}

impl<W: Words> Agents<W> {
    /// Agents who rest.
    #[inline(always)]
    pub fn new() -> Self {
        let none = [W::zero(); AGENTS];
        Self { stays: none, goes: none, index: [[W::zero(); BITS]; AGENTS] }
    }

    /// The lanes in which an agent works at the fire of a house.
    #[inline(always)]
    pub fn at<const B: usize>(&self, agent: usize, fire: &Fire<'_, W>) -> W {
        let mut elsewhere = fire.none;
        for i in 0..B {
            elsewhere = elsewhere | (self.index[agent][i] ^ fire.rank[i]);
        }
        let goes = self.goes[agent].and_not(elsewhere);
        if fire.homes[agent] == fire.house { goes | self.stays[agent] } else { goes }
    }
}

/// The fires of one house.
pub struct Fire<'a, W> {
    pub house: usize,
    /// Lanes in which it does not burn.
    pub none: W,
    /// Which of the burning houses it is, where it burns.
    pub rank: &'a [W; BITS],
    /// Where each agent lives.
    pub homes: &'a [usize; AGENTS],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::words::Portable;

    #[test]
    fn crews_are_counted() {
        type W = Portable<8>;
        for seed in 0..50u32 {
            // Any bits will do: mostly none here, mostly all there.
            let worker = |a: u32| {
                let mut word = W::splat(0);
                for lane in 0..8 {
                    let bits = |n: u32| {
                        let x =
                            (seed * 1000 + a * 8 + lane).wrapping_mul(0x9E37_79B9).wrapping_add(n);
                        (x ^ x >> 15).wrapping_mul(0x2C1B_3C6D)
                    };
                    word.set(
                        lane as usize,
                        if seed % 2 == 0 { bits(1) & bits(2) } else { bits(1) | bits(2) },
                    );
                }
                word
            };
            let mut crew = Crew::of(worker(0), worker(1));
            for pair in 1..AGENTS / 2 {
                crew.join(pair, worker(2 * pair as u32), worker(2 * pair as u32 + 1));
            }
            let more = crew.more::<15>();
            for lane in 0..8 {
                for bit in 0..32 {
                    let here = |w: W| w.get(lane) >> bit & 1 == 1;
                    let workers = (0..AGENTS as u32).filter(|&a| here(worker(a))).count();
                    assert_eq!(here(crew.more_than(0)), workers > 0);
                    for (i, &lanes) in more.iter().enumerate() {
                        assert_eq!(here(lanes), workers > i + 1);
                    }
                }
            }
        }
    }
}
