//! How a house left safe by the workers ends the night, from real probabilities.

use crate::game::scenario::Dynamics;

/// The ring's size and its chances of catching fire.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Houses, H.
    pub houses: usize,
    /// β, or 0 where spreading comes too late to matter.
    pub spread: f64,
    /// The chance to catch fire without a burning neighbour, ρ.
    pub ignite: f64,
}

impl Ring {
    /// The ring of a scenario.
    pub fn new(dynamics: &Dynamics) -> Self {
        let ignite = dynamics.prob_house_catches_fire;
        Self { houses: dynamics.num_houses, spread: dynamics.spread(), ignite }
    }

    /// Houses next door, the one before and the one after; on a ring of two they are the same.
    pub fn neighbors(&self, house: usize) -> [usize; 2] {
        [(house + self.houses - 1) % self.houses, (house + 1) % self.houses]
    }

    /// The chance that a house left safe stays so (or, with `catches`, that it catches fire),
    /// with `fires` fires next door.
    pub fn chance(&self, catches: bool, fires: usize) -> f64 {
        let stays = (0..fires).fold(1.0 - self.ignite, |stays, _| stays * (1.0 - self.spread));
        match (catches, fires) {
            (false, _) => stays,
            (true, 0) => self.ignite, // not 1 − (1−ρ), which may round differently
            (true, _) => 1.0 - stays,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_add_up_and_follow_the_formula() {
        let ring = Ring { houses: 2, spread: 0.3, ignite: 0.1 };
        for fires in 0..=2 {
            let expected = 1.0 - 0.7f64.powi(fires as i32) * 0.9;
            assert!((ring.chance(true, fires) - expected).abs() < 1e-15);
            assert!((ring.chance(true, fires) + ring.chance(false, fires) - 1.0).abs() < 1e-15);
        }
        assert_eq!(ring.neighbors(0), [1, 1]);
    }
}
