//! One episode's uniform at one slot, drawn only as far as an answer needs.

use crate::random::address::{BLOCK, planes};
use crate::random::threshold::ALWAYS;

/// A 32-bit uniform `U` whose leading bits are drawn four at a time, when asked for.
///
/// ```
/// use bucket_brigade_core::random::{address::uniform, uniform::LazyUniform};
/// let u = u64::from(uniform(7, 100, 3, 0x041));
/// let mut lazy = LazyUniform::new(7, 100, 3, 0x041);
/// assert!(lazy.is_below(u + 1) && !lazy.is_below(u));
/// ```
#[derive(Clone, Debug)]
pub struct LazyUniform {
    seed: u64,
    block: u64,
    lane: u32,
    tick: u32,
    slot: u32,
    /// The bits known so far, most significant first.
    bits: u64,
    known: u32,
}

impl LazyUniform {
    /// The uniform of `episode` at `tick` and `slot`.
    #[must_use]
    pub fn new(seed: u64, episode: u64, tick: u32, slot: u32) -> Self {
        Self {
            seed,
            block: episode / BLOCK,
            lane: (episode % BLOCK) as u32,
            tick,
            slot,
            bits: 0,
            known: 0,
        }
    }

    /// A uniform whose bits are known.
    #[must_use]
    pub fn known(u: u32) -> Self {
        Self { bits: u64::from(u), known: 32, seed: 0, block: 0, lane: 0, tick: 0, slot: 0 }
    }

    fn draw_quad(&mut self) {
        let quad = self.known / 4;
        for plane in planes(self.seed, self.block, self.tick, self.slot, quad) {
            self.bits = (self.bits << 1) | u64::from((plane >> self.lane) & 1);
        }
        self.known += 4;
    }

    /// Whether `U < threshold`; draws nothing for the thresholds 0 and 2^32.
    pub fn is_below(&mut self, threshold: u64) -> bool {
        if threshold == 0 || threshold >= ALWAYS {
            return threshold > 0;
        }
        loop {
            // U lies in [low, low + 2^(32 − known)).
            let low = self.bits << (32 - self.known);
            if low + (ALWAYS >> self.known) <= threshold {
                return true;
            }
            if low >= threshold {
                return false;
            }
            self.draw_quad();
        }
    }

    /// `⌊U · n / 2^32⌋`, an index below `n`; draws nothing for `n = 1`.
    pub fn index(&mut self, n: usize) -> usize {
        self.decided(|u| ((u * n as u64) >> 32) as usize)
    }

    /// The first `i` with `⌊U · S / 2^32⌋ < sums[i]`: an index drawn by weights, whose running sums
    /// these are and `S` the last of them.
    pub fn weighted(&mut self, sums: &[u64]) -> usize {
        let total = u128::from(sums.last().copied().unwrap_or(0));
        self.decided(|u| {
            let below = ((u128::from(u) * total) >> 32) as u64;
            sums.iter().take_while(|&&sum| sum <= below).count()
        })
    }

    /// What a function of `U` that never falls says, as soon as all that `U` may still be agrees.
    fn decided(&mut self, answer: impl Fn(u64) -> usize) -> usize {
        loop {
            // U lies in [low, low + 2^(32 − known)).
            let low = self.bits << (32 - self.known);
            let first = answer(low);
            if self.known == 32 || first == answer(low + (ALWAYS >> self.known) - 1) {
                return first;
            }
            self.draw_quad();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::address::uniform;

    #[test]
    fn lazy_answers_are_those_of_the_whole_uniform() {
        for episode in 0..200 {
            let u = u64::from(uniform(11, episode, 2, 0x0C1));
            for n in 1..=32 {
                let index = LazyUniform::new(11, episode, 2, 0x0C1).index(n);
                assert_eq!(index as u64, (u * n as u64) >> 32);
            }
            for sums in [&[7, 9][..], &[0, 1 << 31, 1 << 31, 3 << 33], &[5; 3], &[1 << 38, 1 << 39]]
            {
                let total = u128::from(sums[sums.len() - 1]);
                let below = (u128::from(u) * total) >> 32;
                let index = sums.iter().position(|&sum| below < u128::from(sum));
                let drawn = LazyUniform::new(11, episode, 2, 0x0C1).weighted(sums);
                assert_eq!(Some(drawn), index);
                assert_eq!(LazyUniform::known(u as u32).weighted(sums), drawn);
            }
            for threshold in [0, 1, u, u + 1, 1 << 31, ALWAYS - 1, ALWAYS] {
                let below = LazyUniform::new(11, episode, 2, 0x0C1).is_below(threshold);
                assert_eq!(below, u < threshold);
            }
        }
    }
}
