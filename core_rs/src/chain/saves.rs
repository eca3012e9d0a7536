//! The chance that a burning house is saved: put out, and not on fire again.
//!
//! It depends on the fires next door that survive, and only on who lives in which of the three
//! houses, on the homes that burn and on the number of other fires. So a few *cases* cover all
//! states.

use crate::dynamics::extinguishing::{Aim, Crew, Duty, Shape, aims_backward};
use crate::dynamics::ring::Ring;

/// A house that burns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fire {
    /// In a home.
    Home(usize),
    /// Elsewhere.
    Other,
}

/// A burning house that may be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Burning homes, as bits.
    pub homes: usize,
    /// Burning others.
    pub others: usize,
    /// The house.
    pub house: Fire,
    /// Fires next door that may spread to it. If both are the same house, `twice`.
    pub near: [Option<Fire>; 2],
    /// Whether the first of `near` is next door on both sides.
    pub twice: bool,
}

/// Fires looked at together, and how many sets of them there are.
const FIRES: usize = 3;
const SETS: usize = 1 << FIRES;

impl Case {
    /// Of a burning house of a ring, given all houses that burn.
    pub fn new(ring: &Ring, shape: Shape, fires: usize, house: usize) -> Self {
        let fire = |house| if house < shape.homes { Fire::Home(house) } else { Fire::Other };
        let [left, right] = ring.neighbors(house);
        let spreads = |house: usize| ring.spread > 0.0 && fires >> house & 1 != 0;
        let mut near = [left, right].map(|house| Some(fire(house)).filter(|_| spreads(house)));
        let twice = left == right;
        if twice {
            near[1] = None;
        }
        // Which side is which makes no difference.
        if near[0].is_none() || near == [Some(Fire::Other), near[1]] && near[1].is_some() {
            near.swap(0, 1);
        }
        Self {
            homes: fires & ((1 << shape.homes) - 1),
            others: (fires >> shape.homes).count_ones() as usize,
            house: fire(house),
            near,
            twice,
        }
    }

    /// A number that no other case of the ring has.
    pub fn key(&self) -> u64 {
        let code = |fire: Option<Fire>| match fire {
            None => 0,
            Some(Fire::Other) => 1,
            Some(Fire::Home(home)) => 2 + home as u64,
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
    fn hits(&self, crew: &Crew, agent: usize) -> [f64; SETS] {
        let at = |fire: Option<Fire>| match fire {
            Some(Fire::Home(home)) => crew.at(agent, home),
            Some(Fire::Other) => crew.aims[agent].other,
            None => 0.0,
        };
        let of = [at(Some(self.house)), at(self.near[0]), at(self.near[1])];
        let mut hits = [0.0; SETS];
        for set in 1..SETS {
            hits[set] = hits[set & (set - 1)] + of[set.trailing_zeros() as usize];
        }
        hits
    }

    /// The chance.
    pub fn chance(&self, ring: &Ring, crew: &Crew) -> f64 {
        let mut survive = [1.0; SETS];
        for agent in 0..crew.aims.len() {
            let hits = self.hits(crew, agent);
            for set in 0..SETS {
                survive[set] *= 1.0 - hits[set];
            }
        }
        let factors = self.factors(ring);
        (0..SETS).map(|set| factors[set] * survive[set]).sum()
    }

    /// Adds the derivatives of `weight` times the chance by (p, q) of each agent.
    pub fn backward(
        &self,
        ring: &Ring,
        (shape, duties, solo): (Shape, &[Duty], f64),
        crew: &Crew,
        weight: f64,
        gradient: &mut [[f64; 2]],
    ) {
        let factors = self.factors(ring);
        let mut slopes = vec![Aim::default(); duties.len()];
        for agent in 0..duties.len() {
            let mut rest = factors;
            for other in (0..duties.len()).filter(|&other| other != agent) {
                let hits = self.hits(crew, other);
                (0..SETS).for_each(|set| rest[set] *= 1.0 - hits[set]);
            }
            let fires = [Some(self.house), self.near[0], self.near[1]];
            for (i, fire) in fires.into_iter().enumerate() {
                let with = (0..SETS).filter(|set| set >> i & 1 != 0);
                let slope = -weight * with.map(|set| rest[set]).sum::<f64>();
                match fire {
                    Some(Fire::Home(home)) if crew.homes[agent] == home => {
                        slopes[agent].own += slope;
                    }
                    Some(_) => slopes[agent].other += slope,
                    None => {}
                }
            }
        }
        let fires = (self.homes, self.others);
        aims_backward(shape, duties, solo, fires, &slopes, gradient);
    }
}
