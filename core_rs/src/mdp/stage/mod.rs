//! One night in one state, as a game between the seats: its equilibria, pure or mixed.
//!
//! Every agent chooses one of `b` fires or to stay idle; with `k` workers at the fires, seat `a` gets
//! `M_a[k]`, less the cost of its work, or with what idleness is worth. What comes out of any search,
//! for pure equilibria here and in [`best`] or for [`mixed`] ones, is checked against every act.

mod best;
mod mixed;
mod newton;
mod path;
#[cfg(test)]
mod tests;

use super::allocations::Allocations;
use super::states::bits;
use crate::simd::doubles::Line;

/// Most seats.
const SEATS: usize = super::cost::MOST_AGENTS;
/// Most acts: a fire each, and to be idle.
const ACTS: usize = super::cost::MOST_HOUSES + 1;

/// Chances of each act of each seat.
pub(super) type Mixed = [[f64; ACTS]; SEATS];

/// An act of each seat: a fire's number, or `b` to be idle.
pub(super) type Pure = [u8; SEATS];

/// A state's game. Payoffs of seat `a` are in lane `lane + a`.
pub(super) struct Stage<'a> {
    pub allocations: &'a Allocations,
    pub worth: &'a [Line],
    pub lane: usize,
    pub seats: usize,
    pub idle: f64,
    pub cost: f64,
    pub tolerance: f64,
}

/// How many times around all seats best answers may go on.
const ROUNDS: usize = 24;

impl Stage<'_> {
    /// Acts of a seat.
    fn acts(&self) -> usize {
        self.allocations.fires + 1
    }

    /// What an act is worth to a seat if the others' workers are so allocated.
    #[inline(always)]
    fn payoff(&self, seat: usize, act: usize, others: u32) -> f64 {
        let lane = self.lane + seat;
        if act == self.allocations.fires {
            self.worth[others as usize].0[lane] + self.idle
        } else {
            let all = self.allocations.plus(others, act);
            self.worth[all as usize].0[lane] - self.cost
        }
    }

    /// The workers of all seats but one.
    fn others(&self, acts: &Pure, seat: usize) -> u32 {
        let others = (0..self.seats).filter(|&other| other != seat);
        others.fold(0, |all, other| match usize::from(acts[other]) {
            act if act == self.allocations.fires => all,
            fire => self.allocations.plus(all, fire),
        })
    }

    /// A seat's best answer and its gain over what it does. It stays if it gains no more than the
    /// tolerance; of acts that are as good, the idle one comes first, then the lowest fire.
    fn answer(&self, acts: &Pure, seat: usize) -> Option<u8> {
        let others = self.others(acts, seat);
        let idle = self.allocations.fires;
        let now = self.payoff(seat, usize::from(acts[seat]), others);
        let (mut best, mut most) = (idle, self.payoff(seat, idle, others));
        for fire in 0..idle {
            let worth = self.payoff(seat, fire, others);
            if worth > most + self.tolerance {
                (best, most) = (fire, worth);
            }
        }
        (most > now + self.tolerance).then_some(best as u8)
    }

    /// What acts are worth to each seat.
    pub fn payoffs(&self, acts: &Pure) -> [f64; SEATS] {
        let mut payoffs = [0.0; SEATS];
        for seat in 0..self.seats {
            payoffs[seat] = self.payoff(seat, usize::from(acts[seat]), self.others(acts, seat));
        }
        payoffs
    }

    /// Best answers in turn, from some acts on; `Err` with the acts that they run through if they
    /// do not come to rest.
    pub fn answers(&self, mut acts: Pure) -> Result<Pure, [u16; SEATS]> {
        let mut through = [0; SEATS];
        for round in 0..ROUNDS {
            let mut rests = true;
            for seat in 0..self.seats {
                if let Some(act) = self.answer(&acts, seat) {
                    acts[seat] = act;
                    rests = false;
                }
                if round >= ROUNDS / 2 {
                    through[seat] |= 1 << acts[seat];
                }
            }
            if rests {
                return Ok(acts);
            }
        }
        Err(through)
    }

    /// Nobody fights a fire.
    pub fn all_idle(&self) -> Pure {
        [self.allocations.fires as u8; SEATS]
    }

    /// Chances of the others' allocations; `fixed` seats count as idle.
    fn spread(&self, mixed: &Mixed, fixed: &[usize], to: &mut Vec<(u32, f64)>) {
        to.clear();
        to.push((0, 1.0));
        for seat in (0..self.seats).filter(|seat| !fixed.contains(seat)) {
            let before = to.len();
            let row = &mixed[seat];
            let mut used = (0..self.acts()).filter(|&act| row[act] != 0.0);
            let first = used.next().unwrap_or(self.allocations.fires);
            for act in used {
                for i in 0..before {
                    let (all, chance) = to[i];
                    to.push((self.with(all, act), chance * row[act]));
                }
            }
            for (all, chance) in &mut to[..before] {
                (*all, *chance) = (self.with(*all, first), *chance * row[first]);
            }
            // Many ways lead to the same allocation.
            if to.len() > 32 {
                to.sort_by_key(|&(all, _)| all);
                to.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    kept.1 += if same { next.1 } else { 0.0 };
                    same
                });
            }
        }
    }

    fn with(&self, all: u32, act: usize) -> u32 {
        if act == self.allocations.fires { all } else { self.allocations.plus(all, act) }
    }

    fn expect(&self, seat: usize, act: usize, others: &[(u32, f64)]) -> f64 {
        others.iter().map(|&(all, chance)| chance * self.payoff(seat, act, all)).sum()
    }

    /// What chances are worth to each seat; and the most that it gains by any act, with that act.
    pub fn judge(&self, mixed: &Mixed) -> ([f64; SEATS], [(f64, usize); SEATS]) {
        let mut others = Vec::new();
        let (mut payoffs, mut gains) = ([0.0; SEATS], [(f64::NEG_INFINITY, 0); SEATS]);
        for seat in 0..self.seats {
            self.spread(mixed, &[seat], &mut others);
            let mut worth = [0.0; ACTS];
            for act in 0..self.acts() {
                worth[act] = self.expect(seat, act, &others);
            }
            payoffs[seat] = (0..self.acts()).map(|act| mixed[seat][act] * worth[act]).sum();
            for act in 0..self.acts() {
                let gain = worth[act] - payoffs[seat];
                if gain > gains[seat].0 {
                    gains[seat] = (gain, act);
                }
            }
        }
        (payoffs, gains)
    }

    /// The most that a seat gains by any act.
    fn regret(&self, mixed: &Mixed) -> f64 {
        self.judge(mixed).1.iter().fold(f64::NEG_INFINITY, |most, gain| most.max(gain.0))
    }
}

/// Acts with a chance.
pub(super) fn support(mixed: &Mixed) -> [u16; SEATS] {
    let mut support = [0; SEATS];
    for (set, row) in support.iter_mut().zip(mixed) {
        for (act, &chance) in row.iter().enumerate() {
            *set |= u16::from(chance != 0.0) << act;
        }
    }
    support
}

/// Members of a set of acts.
fn members(set: u16) -> impl Iterator<Item = usize> {
    // Not all acts, filtered: the compiler would unroll that, and make a loop around it for each way
    // in which they can be members.
    bits(usize::from(set))
}
