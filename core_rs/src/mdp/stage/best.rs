//! The pure equilibrium of a stage with the largest sum of payoffs.
//!
//! Which seat may stand at which place, given where all others work, does not depend on who they
//! are; so an allocation of workers is an equilibrium's if its places can be given to seats that may
//! have them. Nearly every allocation has a place that nobody may have, which one comparison for
//! all seats shows.

use super::{Pure, SEATS, Stage};

impl Stage<'_> {
    /// The pure equilibrium with the largest sum of payoffs, if there is one. Of sums that are equal
    /// within the tolerance, the first allocation is taken. If `before` is an equilibrium, too,
    /// smaller sums are passed over.
    pub fn best_pure(&self, before: Option<&Pure>) -> Option<Pure> {
        if self.seats <= 4 { self.best::<4>(before) } else { self.best::<8>(before) }
    }

    fn best<const S: usize>(&self, before: Option<&Pure>) -> Option<Pure> {
        let mut most = f64::NEG_INFINITY;
        let mut of_most = None;
        if let Some(acts) = before {
            let acts = &acts[..self.seats];
            let workers =
                acts.iter().filter(|&&act| usize::from(act) < self.allocations.fires).count();
            let all = acts.iter().fold(0, |all, &act| self.with(all, usize::from(act)));
            if let Some(acts) = self.settled::<S>(all) {
                most = self.sum::<S>(all) + self.effort(workers);
                of_most = Some((all, acts));
            }
        }
        for (workers, range) in self.allocations.by_workers().enumerate() {
            let effort = self.effort(workers);
            for all in range {
                let all = all as u32;
                let sum = self.sum::<S>(all) + effort;
                if sum > most
                    && let Some(acts) = self.settled::<S>(all)
                {
                    most = sum;
                    of_most = Some((all, acts));
                }
            }
        }
        let (last, acts) = of_most?;
        for (workers, range) in self.allocations.by_workers().enumerate() {
            let least = most - self.tolerance - self.effort(workers);
            for all in range {
                let all = all as u32;
                if all == last {
                    return Some(acts);
                }
                if self.sum::<S>(all) >= least
                    && let Some(acts) = self.settled::<S>(all)
                {
                    return Some(acts);
                }
            }
        }
        Some(acts)
    }

    /// What all seats get for working and resting.
    #[inline(always)]
    fn effort(&self, workers: usize) -> f64 {
        (self.seats - workers) as f64 * self.idle - workers as f64 * self.cost
    }

    /// What an allocation is worth to all seats, without that.
    #[inline(always)]
    fn sum<const S: usize>(&self, all: u32) -> f64 {
        let mut sum = 0.0;
        for cell in self.cells::<S>(all) {
            sum += cell;
        }
        sum
    }

    /// What an allocation is worth to each seat, zero for those that are not there.
    #[inline(always)]
    fn cells<const S: usize>(&self, all: u32) -> &[f64; S] {
        let lanes = &self.worth[all as usize].0[self.lane..];
        lanes.first_chunk().expect("as many lanes as seats")
    }

    /// Who stands where, if an allocation is an equilibrium's.
    #[inline(always)]
    fn settled<const S: usize>(&self, all: u32) -> Option<Pure> {
        let idle = self.allocations.fires;
        let places = self.allocations.places(all);
        let here = self.cells::<S>(all);
        // By place: which seats may have it, as bits.
        let mut seats = [0; SEATS];
        for (i, &place) in places.iter().enumerate() {
            if i > 0 && places[i - 1] == place {
                seats[i] = seats[i - 1];
                continue;
            }
            let others = self.allocations.less(all, i);
            let effort = if usize::from(place) == idle { self.idle } else { -self.cost };
            let mut stay = (1u32 << self.seats) - 1;
            let mut enough = *here;
            for worth in &mut enough {
                *worth = *worth + effort + self.tolerance;
            }
            stay &= at_most(self.cells::<S>(others), self.idle, &enough);
            for fire in 0..idle {
                if stay == 0 {
                    return None;
                }
                let to = self.allocations.plus(others, fire);
                stay &= at_most(self.cells::<S>(to), -self.cost, &enough);
            }
            if stay == 0 {
                return None;
            }
            seats[i] = stay;
        }
        let mut may = [0; SEATS];
        for (i, &set) in seats[..places.len()].iter().enumerate() {
            for (seat, may) in may[..self.seats].iter_mut().enumerate() {
                *may |= ((set >> seat & 1) as u16) << i;
            }
        }
        assign(&may[..self.seats], places)
    }
}

/// Bit by bit, whether a seat gets no more than is enough.
#[inline(always)]
fn at_most<const S: usize>(worth: &[f64; S], effort: f64, enough: &[f64; S]) -> u32 {
    let mut bits = 0;
    for seat in 0..S {
        bits |= u32::from(worth[seat] + effort <= enough[seat]) << seat;
    }
    bits
}

/// Gives every seat one of the places that it may have (as bits), the lowest first.
fn assign(may: &[u16], places: &[u8]) -> Option<Pure> {
    fn next(may: &[u16], places: &[u8], seat: usize, free: u16, acts: &mut Pure) -> bool {
        if seat == may.len() {
            return true;
        }
        let mut last = None;
        for i in (0..places.len()).filter(|&i| may[seat] & free & 1 << i != 0) {
            if last != Some(places[i]) {
                acts[seat] = places[i];
                if next(may, places, seat + 1, free & !(1 << i), acts) {
                    return true;
                }
                last = Some(places[i]);
            }
        }
        false
    }
    let mut acts = [0; SEATS];
    next(may, places, 0, u16::MAX, &mut acts).then_some(acts)
}
