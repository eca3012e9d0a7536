//! The chain of a scenario: its tables, and one line-up's way through the nights.

use super::Duty;
use super::cost::check;
use super::fight::{self, Shape};
use super::homes::Homes;
use super::lanes::{Line, Simd, flat, flat_mut, zero_lines};
use super::night::{self, Night, Room};
use super::others::Others;
use super::ring::{BURNING, RUINED, Ring, SAFE};
use super::totals::{Nights, Totals, line_sum};
use crate::counts::Layout;
use crate::error::InvalidValue;
use crate::scenario::{Dynamics, EndRule, NightOrder};

/// An episode is followed until less than this chance is left that it still goes on.
pub const NEGLIGIBLE: f64 = 1e-16;

/// Which states the chain tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The fewest that the rules allow.
    Auto,
    /// Every state of every house.
    Full,
    /// Houses without agents only by number. Allowed where no fire spreads.
    Lumped,
}

/// Everything about a scenario that the nights of all line-ups share.
#[derive(Clone, Debug)]
pub struct Chain {
    dynamics: Dynamics,
    pub(super) simd: Simd,
    pub(super) shape: Shape,
    pub(super) homes: Homes,
    pub(super) others: Others,
    pub(super) totals: Totals,
    /// States that can end an episode: where they stand, and how they end it.
    pub(super) ends: Vec<(usize, usize)>,
}

/// Room for following one line-up after another.
pub struct Follower {
    pub(super) state: Vec<Line>,
    finished: Vec<Line>,
    pub(super) room: Room,
}

/// Index of `cap` among the ways to end.
const CAP: usize = 3;

impl Chain {
    /// Builds the tables.
    ///
    /// # Errors
    /// If a parameter is not allowed, the ring is too large (`cost::check`), or houses are to be
    /// lumped where they can't be.
    pub fn new(dynamics: &Dynamics, method: Method) -> Result<Self, InvalidValue> {
        Self::with_simd(dynamics, method, Simd::best())
    }

    /// The same for a given set of instructions; the numbers do not depend on it.
    pub(super) fn with_simd(
        dynamics: &Dynamics,
        method: Method,
        simd: Simd,
    ) -> Result<Self, InvalidValue> {
        let lumped = match method {
            Method::Auto => is_lumped(dynamics),
            Method::Full => false,
            Method::Lumped => true,
        };
        check(dynamics, lumped)?;
        let ring = Ring::new(dynamics);
        if method == Method::Lumped && dynamics.night_order != NightOrder::BurnOutThenSpread {
            let allowed = "false or None unless night_order is burn_out_then_spread";
            return Err(InvalidValue::new("lumped", "True", allowed));
        }
        let (houses, agents) = (dynamics.num_houses, dynamics.num_agents);
        let count = homes_of(houses, agents, lumped);
        let homes = Homes::new(&ring, count);
        let others = match lumped {
            true => Others::classes(&ring, count, agents),
            false => Others::sets(&ring, count, agents),
        };
        let layout = Layout { houses, agents };
        let shape = Shape { homes: count, others: houses - count, agents, houses };
        let totals = Totals::new(layout, shape, &ring, &others);
        let ends = ends(dynamics.end_rule, &homes, &others);
        Ok(Self { dynamics: dynamics.clone(), simd, shape, homes, others, totals, ends })
    }

    /// Which count stands where.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout { houses: self.dynamics.num_houses, agents: self.dynamics.num_agents }
    }

    /// Rows × lines of a distribution, and a row that stays zero.
    pub(super) fn lines(&self) -> usize {
        (self.others.rows + 1) * self.homes.lines
    }

    /// Nights at most.
    pub(super) fn max_nights(&self) -> usize {
        self.dynamics.max_nights as usize
    }

    /// κ.
    pub(super) fn solo(&self) -> f64 {
        self.dynamics.prob_solo_agent_extinguishes_fire
    }

    /// Room for one line-up at a time.
    #[must_use]
    pub fn follower(&self) -> Follower {
        Follower {
            state: zero_lines(self.lines()),
            finished: zero_lines(self.lines()),
            room: Room::new(self.shape, &self.homes, &self.others),
        }
    }

    /// The expected count vector of one line-up per episode, or nothing if `go_on`, asked every
    /// night, says no. There must be a duty for each agent.
    #[must_use]
    pub fn expected(
        &self,
        duties: &[Duty],
        follower: &mut Follower,
        go_on: impl Fn() -> bool,
    ) -> Option<Vec<f64>> {
        let chances = self.chances(duties);
        let (nights, _) = self.follow(&chances, follower, |_, _| go_on())?;
        Some(self.totals.counts(&self.homes, &self.others, (duties, self.solo()), &nights))
    }

    /// Plays all nights; `each(night, distribution at its start)` may stop it. Returns the sums
    /// over nights, and how many nights were played.
    pub(super) fn follow(
        &self,
        chances: &[f64],
        follower: &mut Follower,
        mut each: impl FnMut(usize, &[Line]) -> bool,
    ) -> Option<(Nights, usize)> {
        self.start(&mut follower.state);
        let mut started = follower.state.clone();
        follower.finished.fill(Line::default());
        let mut ended = [0.0; 4];
        let mut nights = 0;
        loop {
            if !each(nights, &follower.state) {
                return None;
            }
            let total = self.night(chances, follower);
            let removed = self.end(nights, &mut follower.state, |at, kind, chance| {
                ended[kind] += chance;
                flat_mut(&mut started)[at] -= chance;
            });
            nights += 1;
            let mut left = total - removed;
            if left < 1e-3 * total || nights == self.max_nights() {
                left = line_sum(&follower.state); // the difference has lost its digits
            }
            if nights == self.max_nights() {
                ended[CAP] += left;
            }
            if nights == self.max_nights() || left < NEGLIGIBLE {
                break;
            }
        }
        // Every night but the first starts as the last ended, unless the episode did.
        let last = flat(&follower.state);
        let finished = flat(&follower.finished);
        for ((sum, finished), last) in flat_mut(&mut started).iter_mut().zip(finished).zip(last) {
            *sum += finished - last;
        }
        Some((Nights { started, finished: follower.finished.clone(), ended }, nights))
    }

    /// The distribution before night 0.
    pub(super) fn start(&self, state: &mut [Line]) {
        state.fill(Line::default());
        let lines = self.homes.lines;
        let ignite = self.dynamics.prob_house_catches_fire;
        let of_places: Vec<f64> = self
            .homes
            .states
            .iter()
            .map(|state| {
                let chance = |&digit: &u8| match digit {
                    SAFE => 1.0 - ignite,
                    BURNING => ignite,
                    _ => 0.0,
                };
                state.iter().map(chance).product()
            })
            .collect();
        for (row, chance) in self.others.initial.iter().enumerate() {
            let to = flat_mut(&mut state[row * lines..][..lines]);
            to.iter_mut().zip(&of_places).for_each(|(to, of_place)| *to = of_place * chance);
        }
    }

    /// Plays a night; the chance of its being played at all.
    pub(super) fn night(&self, chances: &[f64], follower: &mut Follower) -> f64 {
        let Self { shape, homes, others, .. } = self;
        let night = Night { shape: *shape, homes, others, chances };
        let Follower { state, finished, room } = follower;
        night::play(self.simd, night, state, finished, room)
    }

    /// What a night needs to know of a line-up.
    pub(super) fn chances(&self, duties: &[Duty]) -> Vec<f64> {
        let table = fight::table(self.shape, duties, self.solo());
        night::chances(self.shape, &self.homes, &table)
    }

    /// Whether episodes can end with a night because of their state.
    pub(super) fn may_end(&self, night: usize) -> bool {
        night >= self.dynamics.min_nights as usize
    }

    /// Takes out the states that end the episode with this night, telling `visit` where, how, and
    /// with which chance; returns the sum of the chances.
    pub(super) fn end(
        &self,
        night: usize,
        state: &mut [Line],
        mut visit: impl FnMut(usize, usize, f64),
    ) -> f64 {
        let mut removed = 0.0;
        if self.may_end(night) {
            let state = flat_mut(state);
            for &(at, kind) in &self.ends {
                let chance = std::mem::take(&mut state[at]);
                removed += chance;
                visit(at, kind, chance);
            }
        }
        removed
    }
}

/// Whether [`Method::Auto`] lumps: no fire spreads.
pub(super) fn is_lumped(dynamics: &Dynamics) -> bool {
    dynamics.night_order == NightOrder::BurnOutThenSpread
}

/// How many houses to tell apart by agents: those where agents live. Where all houses are told
/// apart anyway, a few more make better use of lines.
pub(super) fn homes_of(houses: usize, agents: usize, lumped: bool) -> usize {
    let inhabited = agents.min(houses);
    if lumped { inhabited } else { inhabited.max((2 * houses).div_ceil(5)) }
}

/// The states that end an episode, and how.
fn ends(rule: EndRule, homes: &Homes, others: &Others) -> Vec<(usize, usize)> {
    let mut ends = Vec::new();
    for row in 0..others.rows {
        for (place, state) in homes.states.iter().enumerate() {
            let all = |digit| state.iter().all(|&d| d == digit);
            let kind = if row == others.all_safe && all(SAFE) {
                0
            } else if row == others.all_ruined && all(RUINED) {
                1
            } else if others.fires[row] == 0
                && !state.contains(&BURNING)
                && rule == EndRule::NoFires
            {
                2
            } else {
                continue;
            };
            ends.push((row * homes.lines * super::lanes::LANES + place, kind));
        }
    }
    ends
}
