//! Nights after which no fire is left.
//!
//! Only these keep the set of standing houses as it is. What matters is the chance that all fires
//! are put out, given the fires next to the border, on average over those that break out elsewhere.

use super::cost::MOST_HOUSES;
use crate::dynamics::extinguishing::Partition;
use crate::dynamics::states::{FireSet, StandingSet, StateSpace};

/// The chances of a line-up that no fire is left.
///
/// By the homes, each a digit in base 3 (not burning, burning, may catch fire by itself), the
/// number of burning others, and how many others may catch fire by themselves.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    partition: Partition,
    chances: Vec<f64>,
    /// By set of burning houses: what they add to the place of a chance.
    of_fires: Vec<u32>,
}

impl Quiet {
    /// From a line-up's table.
    pub fn new(space: &StateSpace, partition: Partition, table: &[f64]) -> Self {
        let side = partition.others + 1;
        let (ignites, stays_safe) = (space.ignitions[1][1], space.ignitions[1][0]);
        let mut chances = vec![0.0; partition.classes() * side * side];
        for class in 0..partition.classes() {
            let powers = (0..partition.homes).map(|home| 3usize.pow(home as u32));
            let open = powers.clone().find(|power| class / power % 3 == 2);
            for others in 0..side {
                for fires in 0..side - others {
                    let at = |class: usize, fires: usize, others: usize| {
                        (class * side + fires) * side + others
                    };
                    let chance = if others > 0 {
                        let burning = chances[at(class, fires + 1, others - 1)];
                        stays_safe * chances[at(class, fires, others - 1)] + ignites * burning
                    } else if let Some(power) = open {
                        let burning = chances[at(class - power, fires, 0)];
                        stays_safe * chances[at(class - 2 * power, fires, 0)] + ignites * burning
                    } else if fires <= partition.agents {
                        table[partition.index(0, fires, 2 * class)]
                    } else {
                        0.0
                    };
                    chances[at(class, fires, others)] = chance;
                }
            }
        }
        let mut quiet = Self { partition, chances, of_fires: Vec::new() };
        let of_fires = (0..1usize << space.houses).map(|fires| {
            let others = (fires >> partition.homes).count_ones() as usize;
            quiet.at(ternary(fires & quiet.is_home()), others) as u32
        });
        quiet.of_fires = of_fires.collect();
        quiet
    }

    /// Of a set of standing houses, before fires next to the border are known.
    #[inline(always)]
    pub fn of(&self, set: &StandingSet) -> QuietOfSet<'_> {
        let inner = set.houses & !set.outer_houses;
        let others = (inner >> self.partition.homes).count_ones() as usize;
        QuietOfSet { quiet: self, first: self.at(2 * ternary(inner & self.is_home()), 0) + others }
    }

    fn is_home(&self) -> usize {
        (1 << self.partition.homes) - 1
    }

    fn at(&self, class: usize, fires: usize) -> usize {
        let side = self.partition.others + 1;
        (class * side + fires) * side
    }

    /// The chance that a night without surviving fires is followed by another one.
    #[inline(always)]
    pub fn stays(&self, set: &StandingSet) -> f64 {
        let others = (set.houses >> self.partition.homes).count_ones() as usize;
        self.chances[self.at(2 * ternary(set.houses & self.is_home()), 0) + others]
    }
}

/// The chances of a set of standing houses.
#[derive(Clone, Copy)]
pub struct QuietOfSet<'a> {
    quiet: &'a Quiet,
    first: usize,
}

impl QuietOfSet<'_> {
    /// Given the fires next to the border.
    #[inline(always)]
    pub fn given(self, outer: FireSet) -> f64 {
        self.quiet.chances[self.first + self.quiet.of_fires[usize::from(outer.fires)] as usize]
    }
}

/// The number whose digits in base 3 are these bits.
#[inline(always)]
pub fn ternary(bits: usize) -> usize {
    const COUNT: usize = 1 << MOST_HOUSES;
    static OF_BITS: [u32; COUNT] = {
        let mut of_bits = [0; COUNT];
        let mut bits = 1;
        while bits < COUNT {
            of_bits[bits] = 3 * of_bits[bits >> 1] + (bits & 1) as u32;
            bits += 1;
        }
        of_bits
    };
    OF_BITS[bits] as usize
}
