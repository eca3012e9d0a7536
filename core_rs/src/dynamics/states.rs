//! Which houses stand, and which of the others burn down tonight: the states of the full chain.
//!
//! Under either order of the night, no fire is older than a night: it is put out, or its house is
//! ruined. So between two nights it is enough to know which houses *stand*, and which houses have
//! just been ruined, whose fires may still spread. Of the latter only those next to a house that
//! stands matter: the *ends*. A state is a set of standing houses with a set of ends.
//!
//! Sets of standing houses only get smaller. They are listed so that each comes before its subsets,
//! and their states, the *slots*, stand in a row in the same order.

use std::collections::HashMap;
use std::ops::Range;

use crate::dynamics::ring::Ring;

/// A set of standing houses.
#[derive(Clone, Debug)]
pub struct Standing {
    /// As bits.
    pub houses: usize,
    /// How many.
    pub count: usize,
    /// How many of them are homes.
    pub homes: usize,
    /// Those next to an end, as bits.
    pub outer_houses: usize,
    /// Its first slot. Bits of a slot's number, counted from there, are the ends that burn.
    pub slot: usize,
    /// How many ends there are.
    pub ends: usize,
    /// Its arcs, in `Town::arcs`.
    pub arcs: Range<usize>,
    /// Where sets of houses next to ends are listed in `Town::places`, and how many houses.
    pub outer: (usize, usize),
    /// The same for the houses between standing ones.
    pub inner: (usize, usize),
    /// Where its targets begin in `Town::targets`.
    pub targets: usize,
}

/// Ends and standing houses in turns, as far as they follow each other around the ring. Arcs do
/// not see each other: each end belongs to one, and so do all houses next to it.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    /// How many ends.
    pub ends: usize,
    /// How many standing houses.
    pub houses: usize,
    /// Where its chances begin in `Town::chances`: by fires among the houses and among the ends.
    pub chances: usize,
}

/// A set of standing houses that burn.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// As bits.
    pub fires: u16,
    /// As bits of the numbers of these houses among the standing ones.
    pub at: u16,
    /// How many.
    pub count: u16,
}

/// All sets of standing houses of a ring.
#[derive(Clone, Debug)]
pub struct Town {
    /// H.
    pub houses: usize,
    /// Houses 0 to this are homes.
    pub homes: usize,
    /// Sets before their subsets; first by the homes, then by the others.
    pub sets: Vec<Standing>,
    /// How many slots.
    pub slots: usize,
    /// See [`Standing::arcs`].
    pub arcs: Vec<Arc>,
    /// See [`Arc::chances`].
    pub chances: Vec<f64>,
    /// See [`Standing::outer`].
    pub places: Vec<Place>,
    /// The slot in which surviving fires, as bits like [`Place::at`], leave a set. No fire leads
    /// to `slots`, which is no state.
    pub targets: Vec<u32>,
    /// Chances of so many fires, in certain ones of so many houses, without fires next door.
    pub sparks: Vec<Vec<f64>>,
}

impl Town {
    /// Of a ring whose first so many houses are homes.
    pub fn new(ring: &Ring, homes: usize) -> Self {
        let houses = ring.houses;
        let all = (1usize << houses) - 1;
        // Others in the lower digits.
        let mask = |number: usize| {
            let others = houses - homes;
            (number >> others) | (number & ((1 << others) - 1)) << homes
        };
        let sparks = (0..=houses).map(|count| {
            let of = |fires: usize| {
                let burn = ring.chance(true, 0).powi(fires as i32);
                burn * ring.chance(false, 0).powi((count - fires) as i32)
            };
            (0..=count).map(of).collect()
        });
        let mut town = Self {
            houses,
            homes,
            sets: Vec::with_capacity(all + 1),
            slots: 0,
            arcs: Vec::new(),
            chances: Vec::new(),
            places: Vec::new(),
            targets: Vec::new(),
            sparks: sparks.collect(),
        };
        // By set of standing houses: the first slot, and the bit of each end.
        let mut bits = vec![[0u16; 16]; all + 1];
        let mut first = vec![0u32; all + 1];
        let mut matrices = HashMap::new();
        for number in (0..=all).rev() {
            let standing = mask(number);
            let set = town.list(ring, standing, &mut bits[standing], &mut matrices);
            first[standing] = set.slot as u32;
            town.sets.push(set);
        }
        let half = houses.div_ceil(2);
        let low = (1usize << half) - 1;
        // Sums of bits, for the lower and the upper half of the houses.
        let width = low + 1;
        let mut sums = vec![[0u16; 2]; (all + 1) * width];
        for (bits, sums) in bits.iter().zip(sums.chunks_exact_mut(width)) {
            for some in 1..width {
                let (rest, house) = (some & (some - 1), some.trailing_zeros() as usize);
                sums[some][0] = sums[rest][0] + bits[house];
                sums[some][1] = sums[rest][1] + bits[(house + half).min(15)];
            }
        }
        let mut targets = Vec::with_capacity(3usize.pow(houses as u32));
        let mut fires = Vec::new();
        for set in &mut town.sets {
            set.targets = targets.len();
            fires.clear();
            fires.push(0);
            for house in (0..houses).filter(|house| set.houses >> house & 1 != 0) {
                for i in 0..fires.len() {
                    fires.push(fires[i] | 1 << house);
                }
            }
            targets.push(town.slots as u32);
            targets.extend(fires[1..].iter().map(|&fires: &usize| {
                let left = set.houses & !fires;
                let sums = &sums[left * width..][..width];
                first[left] + u32::from(sums[fires & low][0]) + u32::from(sums[fires >> half][1])
            }));
        }
        town.targets = targets;
        town
    }

    /// Lists a set of standing houses, and the bit of each end.
    fn list(
        &mut self,
        ring: &Ring,
        standing: usize,
        bits: &mut [u16; 16],
        matrices: &mut HashMap<(bool, usize, bool), usize>,
    ) -> Standing {
        let stands = |house: usize| standing >> (house % self.houses) & 1 != 0;
        let is_cut = |house: usize| stands(house) == stands(house + 1);
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        let mut ends = 0;
        let first_arc = self.arcs.len();
        let cut = (0..self.houses).find(|&house| is_cut(house));
        let mut house = cut.map_or(0, |house| house + 1);
        let last = house + self.houses;
        while house < last {
            let mut length = 1;
            while house + length < last && !is_cut(house + length - 1) {
                length += 1;
            }
            let arc: Vec<usize> = (house..house + length).map(|h| h % self.houses).collect();
            house += length;
            if length == 1 {
                inner.extend(arc.iter().copied().filter(|&house| stands(house)));
                continue;
            }
            let key = (stands(arc[0]), length, cut.is_none());
            let chances = *matrices.entry(key).or_insert_with(|| {
                let first = self.chances.len();
                self.chances.extend(chances_of(ring, &arc, stands));
                first
            });
            let (houses, of_arc): (Vec<usize>, Vec<usize>) =
                arc.iter().copied().partition(|&house| stands(house));
            for &house in &of_arc {
                bits[house] = 1 << ends;
                ends += 1;
            }
            self.arcs.push(Arc { ends: of_arc.len(), houses: houses.len(), chances });
            outer.extend(houses);
        }
        let slot = self.slots;
        self.slots += 1 << ends;
        let is_home = (1usize << self.homes) - 1;
        let outer_houses = outer.iter().map(|house| 1 << house).sum();
        let outer = self.list_places(standing, &outer);
        let inner = self.list_places(standing, &inner);
        Standing {
            houses: standing,
            count: standing.count_ones() as usize,
            homes: (standing & is_home).count_ones() as usize,
            outer_houses,
            slot,
            ends,
            arcs: first_arc..self.arcs.len(),
            outer,
            inner,
            targets: 0,
        }
    }

    /// Lists all sets of some of the standing houses.
    fn list_places(&mut self, standing: usize, houses: &[usize]) -> (usize, usize) {
        let first = self.places.len();
        self.places.push(Place { fires: 0, at: 0, count: 0 });
        for &house in houses {
            let below = standing & ((1 << house) - 1);
            for i in first..self.places.len() {
                let Place { fires, at, count } = self.places[i];
                let (fires, at) = (fires | 1 << house, at | 1 << below.count_ones());
                let place = Place { fires, at, count: count + 1 };
                self.places.push(place);
            }
        }
        (first, houses.len())
    }

    /// Sets of fires among the houses next to ends, of a set of standing houses.
    #[inline(always)]
    pub fn outer(&self, set: &Standing) -> &[Place] {
        &self.places[set.outer.0..][..1 << set.outer.1]
    }

    /// Sets of fires among the houses between standing ones.
    #[inline(always)]
    pub fn inner(&self, set: &Standing) -> &[Place] {
        &self.places[set.inner.0..][..1 << set.inner.1]
    }

    /// Slots where surviving fires leave a set, by [`Place::at`].
    #[inline(always)]
    pub fn targets(&self, set: &Standing) -> &[u32] {
        &self.targets[set.targets..][..1 << set.count]
    }
}

/// The chances of an arc: by fires among its standing houses, and among its ends.
fn chances_of(ring: &Ring, arc: &[usize], stands: impl Fn(usize) -> bool) -> Vec<f64> {
    let (houses, ends): (Vec<usize>, Vec<usize>) = arc.iter().partition(|&&house| stands(house));
    let mut chances = Vec::with_capacity(1 << arc.len());
    for burning in 0..1usize << houses.len() {
        for fires in 0..1usize << ends.len() {
            let burns = |house: usize| {
                ends.iter().position(|&end| end == house).is_some_and(|i| fires >> i & 1 != 0)
            };
            let of_houses = houses.iter().enumerate().map(|(i, &house)| {
                let near = ring.neighbors(house).into_iter().filter(|&h| burns(h)).count();
                ring.chance(burning >> i & 1 != 0, near)
            });
            chances.push(of_houses.product());
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_targets() {
        for (houses, homes) in [(2, 1), (2, 2), (3, 2), (4, 4), (6, 2), (7, 3)] {
            let ring = Ring { houses, spread: 0.3, ignite: 0.1 };
            let town = Town::new(&ring, homes);
            assert_eq!(town.sets.len(), 1 << houses);
            assert_eq!(town.targets.len(), 3usize.pow(houses as u32));
            let next_to = |h: usize, set: usize| {
                ring.neighbors(h).into_iter().any(|neighbor| set >> neighbor & 1 != 0)
            };
            let end = |set: &Standing| {
                (0..houses).filter(|&h| set.houses >> h & 1 == 0 && next_to(h, set.houses)).count()
            };
            let of_slot = |slot| town.sets.iter().rfind(|set| set.slot <= slot).expect("a set");
            for set in &town.sets {
                assert_eq!(set.ends, end(set));
                // Different fires at ends lead to different slots; without, to the first one.
                for (at, &target) in town.targets(set).iter().enumerate().skip(1) {
                    let house = |i| (0..houses).filter(|h| set.houses >> h & 1 != 0).nth(i);
                    let fires: usize = (0..set.count)
                        .filter(|i| at >> i & 1 != 0)
                        .map(|i| 1 << house(i).expect("stands"))
                        .sum();
                    let to = of_slot(target as usize);
                    assert_eq!(to.houses, set.houses & !fires);
                    let at_ends =
                        (0..houses).filter(|&h| fires >> h & 1 != 0 && next_to(h, to.houses));
                    assert_eq!((target as usize - to.slot).count_ones() as usize, at_ends.count());
                }
            }
        }
    }
}
