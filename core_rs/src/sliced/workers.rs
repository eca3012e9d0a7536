//! How many work at which fire.

use super::decide::Acts;
use super::state::{HOUSE_BITS, MOST_AGENTS, MOST_HOUSES, Rules, State};
use crate::simd::words::Words;

/// The number of workers at a fire, as bits, least significant first.
#[derive(Clone, Copy)]
pub struct WorkerCount<W> {
    count: [W; AGENT_BITS],
}

/// Bits of a number of agents.
const AGENT_BITS: usize = (usize::BITS - MOST_AGENTS.leading_zeros()) as usize;

impl<W: Words> WorkerCount<W> {
    /// Of two workers, in the lanes in which each of them is here.
    #[inline(always)]
    pub fn of(a: W, b: W) -> Self {
        let mut count = [W::zero(); AGENT_BITS];
        (count[0], count[1]) = (a ^ b, a & b);
        Self { count }
    }

    /// Lets the pair with this number join, where pair 0 is what it began with.
    #[inline(always)]
    pub fn join(&mut self, pair: usize, a: W, b: W) {
        // The sum of six takes three bits.
        if pair < 3 { self.add::<3>(a, b) } else { self.add::<AGENT_BITS>(a, b) }
    }

    /// Adds two workers to a count of `PLANES` bits: a full adder and, for its carry, half
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

/// Counts the workers at every fire.
#[inline(always)]
pub fn count_workers<W: Words>(
    rules: &Rules<W>,
    state: &State<W>,
    acts: &Acts<W>,
    workers: &mut [WorkerCount<W>; MOST_HOUSES],
) {
    match acts.fires.bits {
        0..=2 => count_among::<W, 2>(rules, state, acts, workers),
        3..=4 => count_among::<W, 4>(rules, state, acts, workers),
        _ => count_among::<W, HOUSE_BITS>(rules, state, acts, workers),
    }
}

/// [`count_workers`], where no lane has `2^B` fires or more.
#[inline(always)]
fn count_among<W: Words, const B: usize>(
    rules: &Rules<W>,
    state: &State<W>,
    acts: &Acts<W>,
    workers: &mut [WorkerCount<W>; MOST_HOUSES],
) {
    let pairs = rules.agents.div_ceil(2);
    for &h in acts.fires.houses() {
        let house = usize::from(h);
        let fire = Fire {
            house,
            none: !state.burning[house],
            rank: &acts.fires.rank[house],
            homes: &rules.homes,
        };
        let mut count = WorkerCount::of(fire.works::<B>(acts, 0), fire.works::<B>(acts, 1));
        for pair in 1..pairs {
            // An odd one out is joined by nobody: beyond the last agent, none ever acts.
            let (a, b) = (2 * pair, 2 * pair + 1);
            count.join(pair, fire.works::<B>(acts, a), fire.works::<B>(acts, b));
        }
        workers[house] = count;
    }
}

/// The fires of one house.
struct Fire<'a, W> {
    house: usize,
    /// Lanes in which it does not burn.
    none: W,
    /// Which of the burning houses it is, where it burns.
    rank: &'a [W; HOUSE_BITS],
    /// The home of each agent.
    homes: &'a [usize; MOST_AGENTS],
}

impl<W: Words> Fire<'_, W> {
    /// The lanes in which an agent works here.
    #[inline(always)]
    fn works<const B: usize>(&self, acts: &Acts<W>, agent: usize) -> W {
        let mut elsewhere = self.none;
        for i in 0..B {
            elsewhere = elsewhere | (acts.index[agent][i] ^ self.rank[i]);
        }
        let goes = acts.goes[agent].and_not(elsewhere);
        if self.homes[agent] == self.house { goes | acts.stays[agent] } else { goes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::words::Portable;

    #[test]
    fn workers_are_counted() {
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
            let mut count = WorkerCount::of(worker(0), worker(1));
            for pair in 1..MOST_AGENTS / 2 {
                count.join(pair, worker(2 * pair as u32), worker(2 * pair as u32 + 1));
            }
            let more = count.more::<15>();
            for lane in 0..8 {
                for bit in 0..32 {
                    let here = |w: W| w.get(lane) >> bit & 1 == 1;
                    let workers = (0..MOST_AGENTS as u32).filter(|&a| here(worker(a))).count();
                    assert_eq!(here(count.more_than(0)), workers > 0);
                    for (i, &lanes) in more.iter().enumerate() {
                        assert_eq!(here(lanes), workers > i + 1);
                    }
                }
            }
        }
    }
}
