//! Nights after which no fire is left.
//!
//! Only these keep the set of standing houses as it is. What matters is the chance that all fires
//! are put out, given the fires next to ends, on average over those that break out elsewhere.

use super::fight::Shape;
use super::town::{Place, Standing, Town};

/// The chances of a line-up that no fire is left.
///
/// By the homes, each a digit in base 3 (not burning, burning, may catch fire by itself), the
/// number of burning others, and how many others may catch fire by themselves.
#[derive(Clone, Debug)]
pub struct Quiet {
    shape: Shape,
    chances: Vec<f64>,
}

impl Quiet {
    /// From a line-up's table.
    pub fn new(town: &Town, shape: Shape, table: &[f64]) -> Self {
        let side = shape.others + 1;
        let (spark, calm) = (town.sparks[1][1], town.sparks[1][0]);
        let mut chances = vec![0.0; shape.classes() * side * side];
        for class in 0..shape.classes() {
            let powers = (0..shape.homes).map(|home| 3usize.pow(home as u32));
            let open = powers.clone().find(|power| class / power % 3 == 2);
            for others in 0..side {
                for fires in 0..side - others {
                    let at = |class: usize, fires: usize, others: usize| {
                        (class * side + fires) * side + others
                    };
                    let chance = if others > 0 {
                        let burning = chances[at(class, fires + 1, others - 1)];
                        calm * chances[at(class, fires, others - 1)] + spark * burning
                    } else if let Some(power) = open {
                        let burning = chances[at(class - power, fires, 0)];
                        calm * chances[at(class - 2 * power, fires, 0)] + spark * burning
                    } else if fires <= shape.agents {
                        table[shape.index(0, fires, 2 * class)]
                    } else {
                        0.0
                    };
                    chances[at(class, fires, others)] = chance;
                }
            }
        }
        Self { shape, chances }
    }

    /// Of fires next to ends in a set of standing houses.
    #[inline(always)]
    pub fn of(&self, set: &Standing, outer: Place) -> f64 {
        let fires = usize::from(outer.fires);
        let is_home = (1usize << self.shape.homes) - 1;
        let inner = set.houses & !set.outer_houses;
        let class = ternary(fires & is_home) + 2 * ternary(inner & is_home);
        let count = |houses: usize| (houses >> self.shape.homes).count_ones() as usize;
        let side = self.shape.others + 1;
        self.chances[(class * side + count(fires)) * side + count(inner)]
    }

    /// The chance that a night without surviving fires is followed by another one.
    #[inline(always)]
    pub fn stays(&self, set: &Standing) -> f64 {
        let is_home = (1usize << self.shape.homes) - 1;
        let others = (set.houses >> self.shape.homes).count_ones() as usize;
        let side = self.shape.others + 1;
        self.chances[2 * ternary(set.houses & is_home) * side * side + others]
    }
}

/// The number whose digits in base 3 are these bits.
#[inline(always)]
pub fn ternary(bits: usize) -> usize {
    const OF_BITS: [u16; 256] = {
        let mut of_bits = [0; 256];
        let mut bits = 1;
        while bits < 256 {
            of_bits[bits] = 3 * of_bits[bits >> 1] + (bits & 1) as u16;
            bits += 1;
        }
        of_bits
    };
    usize::from(OF_BITS[bits])
}
