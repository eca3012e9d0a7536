//! A scenario with all tables that do not depend on who plays.

use super::spread::Spread;
use super::states::States;
use super::subsets::{Subsets, Survivors};
use crate::dynamics::ring::Ring;
use crate::error::InvalidValue;
use crate::game::scenario::{Dynamics, EndRule, Rewards};
use crate::simd::Isa;
use crate::simd::doubles::LANES;

/// Standing sets of equal size, side by side in a line.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Ordinal of the first; the others follow.
    pub first: usize,
    /// How many there are, at least 1; lanes beyond repeat the last.
    pub count: usize,
    /// Houses in each.
    pub size: usize,
}

/// Everything about a scenario that all policies share.
#[derive(Clone, Debug)]
pub struct Model {
    /// The rules.
    pub dynamics: Dynamics,
    /// The rewards.
    pub rewards: Rewards,
    pub(super) ring: Ring,
    pub(super) states: States,
    /// By number of fires.
    pub(super) subsets: Vec<Subsets>,
    pub(super) survivors: Survivors,
    pub(super) spread: Spread,
    pub(super) simd: Isa,
}

impl Model {
    /// Builds the tables.
    ///
    /// # Errors
    /// If a parameter is not allowed or the game is too large (`cost::check`).
    pub fn new(dynamics: &Dynamics, rewards: &Rewards) -> Result<Self, InvalidValue> {
        Self::with_simd(dynamics, rewards, Isa::best())
    }

    /// The same for a given set of instructions; the numbers do not depend on it.
    ///
    /// # Errors
    /// As for [`Model::new`].
    pub fn with_simd(
        dynamics: &Dynamics,
        rewards: &Rewards,
        simd: Isa,
    ) -> Result<Self, InvalidValue> {
        super::cost::check(dynamics)?;
        rewards.validate(dynamics.num_agents)?;
        let ring = Ring::new(dynamics);
        let states = States::new(ring.houses);
        let subsets: Vec<_> =
            (0..=ring.houses).map(|fires| Subsets::new(fires, dynamics.num_agents)).collect();
        let survivors = Survivors::new(ring.houses, &subsets);
        let spread = Spread::new(&states, &ring);
        let (dynamics, rewards) = (dynamics.clone(), rewards.clone());
        Ok(Self { dynamics, rewards, ring, states, subsets, survivors, spread, simd })
    }

    /// H.
    #[must_use]
    pub fn houses(&self) -> usize {
        self.states.houses
    }

    /// A.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.dynamics.num_agents
    }

    /// T, `max_nights`.
    #[must_use]
    pub fn nights(&self) -> usize {
        self.dynamics.max_nights as usize
    }

    /// 3^H.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// κ.
    #[inline(always)]
    pub(super) fn solo(&self) -> f64 {
        self.dynamics.prob_solo_agent_extinguishes_fire
    }

    /// Whether an episode is over after a night that leaves nothing burning and this set standing.
    pub(super) fn ends(&self, night: usize, ordinal: usize) -> bool {
        let size = self.states.size(ordinal);
        night >= self.dynamics.min_nights as usize
            && (size == 0 || size == self.houses() || self.dynamics.end_rule == EndRule::NoFires)
    }

    /// Whether no night follows.
    pub(super) fn is_last(&self, night: usize) -> bool {
        night + 1 == self.nights()
    }

    /// The chance that an episode starts in each state of the full ring, by burning houses as bits.
    pub(super) fn start(&self) -> Vec<f64> {
        let rho = self.dynamics.prob_house_catches_fire;
        let mut chances = vec![1.0];
        for _ in 0..self.houses() {
            let caught: Vec<f64> = chances.iter().map(|chance| chance * rho).collect();
            chances.iter_mut().for_each(|chance| *chance *= 1.0 - rho);
            chances.extend(caught);
        }
        chances
    }

    /// Standing sets side by side, with `seats` lanes each.
    pub(super) fn groups(&self, seats: usize) -> Vec<Group> {
        let (standing, side_by_side) = (self.states.standing.len(), LANES / seats);
        let mut groups: Vec<Group> = Vec::new();
        for ordinal in 0..standing {
            let size = self.states.size(ordinal);
            match groups.last_mut() {
                Some(group) if group.size == size && group.count < side_by_side => group.count += 1,
                _ => groups.push(Group { first: ordinal, count: 1, size }),
            }
        }
        groups
    }
}
