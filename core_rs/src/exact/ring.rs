//! How a house left safe by the workers ends the night, from real probabilities.

use crate::scenario::{Dynamics, NightOrder};

/// States of a house as digits of a number in base 3.
pub const SAFE: u8 = 0;
/// Burning; between the two halves of a night, a fire that survived the workers.
pub const BURNING: u8 = 1;
/// Ruined.
pub const RUINED: u8 = 2;

/// The ring's size and its chances of catching fire.
#[derive(Clone, Debug)]
pub struct Ring {
    /// H.
    pub houses: usize,
    /// β, or 0 where spreading comes too late to matter.
    pub spread: f64,
    /// ρ.
    pub ignite: f64,
}

impl Ring {
    /// Of a scenario.
    pub fn new(dynamics: &Dynamics) -> Self {
        let spread = match dynamics.night_order {
            NightOrder::SpreadThenBurnOut => dynamics.prob_fire_spreads_to_neighbor,
            NightOrder::BurnOutThenSpread => 0.0,
        };
        let ignite = dynamics.prob_house_catches_fire;
        Self { houses: dynamics.num_houses, spread, ignite }
    }

    /// Houses next door, the one before and the one after; on a ring of two they are the same.
    pub fn neighbors(&self, house: usize) -> [usize; 2] {
        [(house + self.houses - 1) % self.houses, (house + 1) % self.houses]
    }

    /// The chance that a house left safe stays so (or that it catches fire), with so many fires
    /// next door.
    pub fn chance(&self, catches: bool, fires: usize) -> f64 {
        let stays = (0..fires).fold(1.0 - self.ignite, |stays, _| stays * (1.0 - self.spread));
        match (catches, fires) {
            (false, _) => stays,
            (true, 0) => self.ignite, // not 1 − (1−ρ), which may round differently
            (true, _) => 1.0 - stays,
        }
    }

    /// The chance that houses `first ..` go from `before` (RUINED or not after step 1) to `after`,
    /// given which houses of the whole ring are surviving fires.
    pub fn transition(&self, first: usize, before: &[u8], after: &[u8], fires: &[bool]) -> f64 {
        let houses = before.iter().zip(after).enumerate();
        let safe = houses.filter(|(_, (b, _))| **b == SAFE);
        safe.map(|(i, (_, &after))| {
            let near = self.neighbors(first + i).into_iter().filter(|&h| fires[h]).count();
            self.chance(after == BURNING, near)
        })
        .product()
    }
}

/// Digits of `number` in base 3, the lowest first.
pub fn digits(number: usize, count: usize) -> Vec<u8> {
    let powers = std::iter::successors(Some(1), |p| Some(3 * p));
    powers.take(count).map(|p| (number / p % 3) as u8).collect()
}

/// The number with these digits.
pub fn number(digits: &[u8]) -> usize {
    digits.iter().rev().fold(0, |number, &digit| 3 * number + digit as usize)
}

/// All states with `digits` in which each house may have any of the states that `choices` gives.
pub fn choose(digits: &[u8], choices: impl Fn(usize, u8) -> &'static [u8]) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::with_capacity(digits.len())];
    for (house, &digit) in digits.iter().enumerate() {
        let options = choices(house, digit);
        all = all
            .into_iter()
            .flat_map(|state| {
                options.iter().map(move |&option| {
                    let mut state = state.clone();
                    state.push(option);
                    state
                })
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_numbers() {
        for number_ in 0..81 {
            assert_eq!(number(&digits(number_, 4)), number_);
        }
        assert_eq!(digits(5, 3), [2, 1, 0]);
    }

    #[test]
    fn chances_add_up_and_follow_the_formula() {
        let ring = Ring { houses: 2, spread: 0.3, ignite: 0.1 };
        for fires in 0..=2 {
            let expected = 1.0 - 0.7f64.powi(fires as i32) * 0.9;
            assert!((ring.chance(true, fires) - expected).abs() < 1e-15);
            assert!((ring.chance(true, fires) + ring.chance(false, fires) - 1.0).abs() < 1e-15);
        }
        assert_eq!(ring.neighbors(0), [1, 1]);
        // The one neighbour counts twice.
        let p = ring.transition(0, &[SAFE], &[SAFE], &[false, true]);
        assert!((p - 0.7 * 0.7 * 0.9).abs() < 1e-15);
    }
}
