//! The chance that a burning house is saved: put out, and not on fire again.
//!
//! It depends on the fires next door that survive, and only on who lives in which of the three
//! houses, on the homes that burn and on the number of other fires. So a few burning houses stand
//! for those of all states.

use crate::dynamics::extinguishing::{Partition, Team, hits_backward};
use crate::dynamics::ring::Ring;
use crate::policy::{Hits, Policy};

/// A house that burns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireAt {
    /// A fire in this home.
    Home(usize),
    /// A fire in another house.
    Other,
}

/// A burning house that may be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurningHouse {
    /// Burning homes, as bits.
    pub homes: usize,
    /// The number of others that burn.
    pub others: usize,
    /// The place of the house itself.
    pub house: FireAt,
    /// Fires next door that may spread to it. If both are the same house, `twice`.
    pub near: [Option<FireAt>; 2],
    /// Whether the first of `near` is next door on both sides.
    pub twice: bool,
}

/// Fires looked at together, and how many sets of them there are.
const FIRES: usize = 3;
const SETS: usize = 1 << FIRES;

impl BurningHouse {
    /// Of a burning house of a ring, given all houses that burn.
    pub fn new(ring: &Ring, partition: Partition, fires: usize, house: usize) -> Self {
        let fire =
            |house| if house < partition.homes { FireAt::Home(house) } else { FireAt::Other };
        let [left, right] = ring.neighbors(house);
        let spreads = |house: usize| ring.spread > 0.0 && fires >> house & 1 != 0;
        let mut near = [left, right].map(|house| Some(fire(house)).filter(|_| spreads(house)));
        let twice = left == right;
        if twice {
            near[1] = None;
        }
        // Which side is which makes no difference.
        if near[0].is_none() || near == [Some(FireAt::Other), near[1]] && near[1].is_some() {
            near.swap(0, 1);
        }
        Self {
            homes: fires & ((1 << partition.homes) - 1),
            others: (fires >> partition.homes).count_ones() as usize,
            house: fire(house),
            near,
            twice,
        }
    }

    /// A number that no other one of the ring has.
    pub fn key(&self) -> u64 {
        let code = |fire: Option<FireAt>| match fire {
            None => 0,
            Some(FireAt::Other) => 1,
            Some(FireAt::Home(home)) => 2 + home as u64,
        };
        let fires = [Some(self.house), self.near[0], self.near[1]];
        let fires = fires.into_iter().fold(0, |all, fire| all << 8 | code(fire));
        (self.homes as u64) << 40 | (self.others as u64) << 32 | fires
    }

    /// The chance is a sum over sets of fires of the chance that all of them survive: the house is
    /// bit 0, those next door are bits 1 and 2.
    ///
    /// With 1 for each that survives, and 0 otherwise, it is the mean of
    /// `(1−ρ) (1−[house]) (1−β[left]) (1−β[right])`.
    fn factors(&self, ring: &Ring) -> [f64; SETS] {
        let spread = match self.twice {
            true => 1.0 - (1.0 - ring.spread) * (1.0 - ring.spread),
            false => ring.spread,
        };
        let of = [-1.0, -spread, -spread];
        std::array::from_fn(|set| {
            let all = (0..FIRES).filter(|fire| set >> fire & 1 != 0);
            let exists = |fire: usize| fire == 0 || self.near[fire - 1].is_some();
            match all.clone().all(exists) {
                true => (1.0 - ring.ignite) * all.map(|fire| of[fire]).product::<f64>(),
                false => 0.0,
            }
        })
    }

    /// For an agent: the chance to put out one of a set of fires, by sets.
    fn hits(&self, team: &Team, agent: usize) -> [f64; SETS] {
        let at = |fire: Option<FireAt>| match fire {
            Some(FireAt::Home(home)) => team.at(agent, home),
            Some(FireAt::Other) => team.0[agent].other,
            None => 0.0,
        };
        let of = [at(Some(self.house)), at(self.near[0]), at(self.near[1])];
        let mut hits = [0.0; SETS];
        for set in 1..SETS {
            hits[set] = hits[set & (set - 1)] + of[set.trailing_zeros() as usize];
        }
        hits
    }

    /// The chance that it is saved.
    pub fn chance(&self, ring: &Ring, team: &Team) -> f64 {
        let mut survive = [1.0; SETS];
        for agent in 0..team.0.len() {
            let hits = self.hits(team, agent);
            for set in 0..SETS {
                survive[set] *= 1.0 - hits[set];
            }
        }
        let factors = self.factors(ring);
        (0..SETS).map(|set| factors[set] * survive[set]).sum()
    }

    /// Adds the derivatives of `weight` times the chance by the numbers of each policy.
    pub fn backward(
        &self,
        ring: &Ring,
        (partition, policies, solo): (Partition, &[Policy], f64),
        team: &Team,
        weight: f64,
        gradient: &mut [[f64; 2]],
    ) {
        let factors = self.factors(ring);
        let mut slopes: Vec<Hits> = team.slopes();
        for agent in 0..policies.len() {
            let mut rest = factors;
            for other in (0..policies.len()).filter(|&other| other != agent) {
                let hits = self.hits(team, other);
                (0..SETS).for_each(|set| rest[set] *= 1.0 - hits[set]);
            }
            let fires = [Some(self.house), self.near[0], self.near[1]];
            for (i, fire) in fires.into_iter().enumerate() {
                let with = (0..SETS).filter(|set| set >> i & 1 != 0);
                let slope = -weight * with.map(|set| rest[set]).sum::<f64>();
                match fire {
                    Some(FireAt::Home(home)) if slopes[agent].preferred >> home & 1 != 0 => {
                        slopes[agent].own += slope;
                    }
                    Some(_) => slopes[agent].other += slope,
                    None => {}
                }
            }
        }
        let fires = (self.homes, self.others);
        hits_backward(partition, policies, solo, fires, &slopes, gradient);
    }
}
