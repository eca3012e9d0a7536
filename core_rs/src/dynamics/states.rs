//! Which houses stand, and which of the others burn down tonight: the states of the full chain.
//!
//! Under either order of the night, no fire is older than a night: it is put out, or its house is
//! ruined. So between two nights it is enough to know which houses *stand*, and which houses have
//! just been ruined, whose fires may still spread. Of the latter only those next to a house that
//! stands matter: its *border*, ruins next to it. A state is a set of standing houses, and which
//! houses of its border still burn.
//!
//! Sets of standing houses only get smaller. They are listed so that each comes before its subsets,
//! and their states stand in a row in the same order.

use std::collections::HashMap;
use std::ops::Range;

use crate::dynamics::ring::Ring;

/// A set of standing houses.
#[derive(Clone, Debug)]
pub struct StandingSet {
    /// The standing houses, as bits.
    pub houses: usize,
    /// The number of standing houses.
    pub count: usize,
    /// The number of homes among them.
    pub homes: usize,
    /// Those next to the border, as bits.
    pub outer_houses: usize,
    /// Its first state. Bits of a state's number, counted from there, are the houses of the border
    /// that burn.
    pub state: usize,
    /// The number of houses of its border.
    pub border: usize,
    /// The range of its segments in `StateSpace::segments`.
    pub segments: Range<usize>,
    /// Where sets of houses next to the border are listed in `StateSpace::fire_sets`, and how many
    /// houses.
    pub outer: (usize, usize),
    /// The same for the houses between standing ones.
    pub inner: (usize, usize),
    /// Where its targets begin in `StateSpace::targets`.
    pub targets: usize,
}

/// Houses of the border and standing ones in turns, as far as they follow each other around the
/// ring. Segments do not see each other: each house of the border belongs to one, and so do all
/// houses next to it.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The number of houses of the border.
    pub border: usize,
    /// The number of standing houses.
    pub houses: usize,
    /// Where its chances begin in `StateSpace::chances`: by fires among the houses and on the border.
    pub chances: usize,
}

/// A set of standing houses that burn.
#[derive(Clone, Copy, Debug)]
pub struct FireSet {
    /// The burning houses, as bits.
    pub fires: u16,
    /// As bits of the numbers of these houses among the standing ones.
    pub at: u16,
    /// The number of fires.
    pub count: u16,
}

/// All sets of standing houses of a ring.
#[derive(Clone, Debug)]
pub struct StateSpace {
    /// Houses, H.
    pub houses: usize,
    /// Houses 0 to this are told apart by policies: homes, or all.
    pub homes: usize,
    /// Sets before their subsets; first by the homes, then by the others.
    pub sets: Vec<StandingSet>,
    /// The number of states.
    pub states: usize,
    /// The segments of all sets (see [`StandingSet::segments`]).
    pub segments: Vec<Segment>,
    /// The chances of all segments (see [`Segment::chances`]).
    pub chances: Vec<f64>,
    /// The sets of fires of all standing sets (see [`StandingSet::outer`]).
    pub fire_sets: Vec<FireSet>,
    /// The state in which surviving fires, as bits like [`FireSet::at`], leave a set. No fire leads
    /// to `states`, which is no state.
    pub targets: Vec<u32>,
    /// Chance that of `n` houses without fires next door `k` certain ones ignite, at `[n][k]`.
    pub ignitions: Vec<Vec<f64>>,
}

impl StateSpace {
    /// The states of a ring whose first `homes` houses are told apart by policies.
    pub fn new(ring: &Ring, homes: usize) -> Self {
        let houses = ring.houses;
        let all = (1usize << houses) - 1;
        // Others in the lower digits.
        let mask = |number: usize| {
            let others = houses - homes;
            (number >> others) | (number & ((1 << others) - 1)) << homes
        };
        let ignitions = (0..=houses).map(|count| {
            let of = |fires: usize| {
                let burn = ring.chance(true, 0).powi(fires as i32);
                burn * ring.chance(false, 0).powi((count - fires) as i32)
            };
            (0..=count).map(of).collect()
        });
        let mut space = Self {
            houses,
            homes,
            sets: Vec::with_capacity(all + 1),
            states: 0,
            segments: Vec::new(),
            chances: Vec::new(),
            fire_sets: Vec::new(),
            targets: Vec::new(),
            ignitions: ignitions.collect(),
        };
        // By set of standing houses: the first state, and the bit of each house of the border.
        let mut bits = vec![[0u16; 16]; all + 1];
        let mut first = vec![0u32; all + 1];
        let mut matrices = HashMap::new();
        for number in (0..=all).rev() {
            let standing = mask(number);
            let set = space.list(ring, standing, &mut bits[standing], &mut matrices);
            first[standing] = set.state as u32;
            space.sets.push(set);
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
        for set in &mut space.sets {
            set.targets = targets.len();
            fires.clear();
            fires.push(0);
            for house in (0..houses).filter(|house| set.houses >> house & 1 != 0) {
                for i in 0..fires.len() {
                    fires.push(fires[i] | 1 << house);
                }
            }
            targets.push(space.states as u32);
            targets.extend(fires[1..].iter().map(|&fires: &usize| {
                let left = set.houses & !fires;
                let sums = &sums[left * width..][..width];
                first[left] + u32::from(sums[fires & low][0]) + u32::from(sums[fires >> half][1])
            }));
        }
        space.targets = targets;
        space
    }

    /// Lists a set of standing houses, and the bit of each house of its border.
    fn list(
        &mut self,
        ring: &Ring,
        standing: usize,
        bits: &mut [u16; 16],
        matrices: &mut HashMap<(bool, usize, bool), usize>,
    ) -> StandingSet {
        let stands = |house: usize| standing >> (house % self.houses) & 1 != 0;
        let is_cut = |house: usize| stands(house) == stands(house + 1);
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        let mut border = 0;
        let first_segment = self.segments.len();
        let cut = (0..self.houses).find(|&house| is_cut(house));
        let mut house = cut.map_or(0, |house| house + 1);
        let last = house + self.houses;
        while house < last {
            let mut length = 1;
            while house + length < last && !is_cut(house + length - 1) {
                length += 1;
            }
            let segment: Vec<usize> = (house..house + length).map(|h| h % self.houses).collect();
            house += length;
            if length == 1 {
                inner.extend(segment.iter().copied().filter(|&house| stands(house)));
                continue;
            }
            let key = (stands(segment[0]), length, cut.is_none());
            let chances = *matrices.entry(key).or_insert_with(|| {
                let first = self.chances.len();
                self.chances.extend(chances_of(ring, &segment, stands));
                first
            });
            let (houses, of_segment): (Vec<usize>, Vec<usize>) =
                segment.iter().copied().partition(|&house| stands(house));
            for &house in &of_segment {
                bits[house] = 1 << border;
                border += 1;
            }
            self.segments.push(Segment { border: of_segment.len(), houses: houses.len(), chances });
            outer.extend(houses);
        }
        let state = self.states;
        self.states += 1 << border;
        let is_home = (1usize << self.homes) - 1;
        let outer_houses = outer.iter().map(|house| 1 << house).sum();
        let outer = self.list_fire_sets(standing, &outer);
        let inner = self.list_fire_sets(standing, &inner);
        StandingSet {
            houses: standing,
            count: standing.count_ones() as usize,
            homes: (standing & is_home).count_ones() as usize,
            outer_houses,
            state,
            border,
            segments: first_segment..self.segments.len(),
            outer,
            inner,
            targets: 0,
        }
    }

    /// Lists all sets of some of the standing houses.
    fn list_fire_sets(&mut self, standing: usize, houses: &[usize]) -> (usize, usize) {
        let first = self.fire_sets.len();
        self.fire_sets.push(FireSet { fires: 0, at: 0, count: 0 });
        for &house in houses {
            let below = standing & ((1 << house) - 1);
            for i in first..self.fire_sets.len() {
                let FireSet { fires, at, count } = self.fire_sets[i];
                let (fires, at) = (fires | 1 << house, at | 1 << below.count_ones());
                let place = FireSet { fires, at, count: count + 1 };
                self.fire_sets.push(place);
            }
        }
        (first, houses.len())
    }

    /// Sets of fires among the houses next to the border, of a set of standing houses.
    #[inline(always)]
    pub fn outer(&self, set: &StandingSet) -> &[FireSet] {
        &self.fire_sets[set.outer.0..][..1 << set.outer.1]
    }

    /// Sets of fires among the houses between standing ones.
    #[inline(always)]
    pub fn inner(&self, set: &StandingSet) -> &[FireSet] {
        &self.fire_sets[set.inner.0..][..1 << set.inner.1]
    }

    /// States in which surviving fires leave a set, by [`FireSet::at`].
    #[inline(always)]
    pub fn targets(&self, set: &StandingSet) -> &[u32] {
        &self.targets[set.targets..][..1 << set.count]
    }
}

/// The chances of a segment: by fires among its standing houses, and on its border.
fn chances_of(ring: &Ring, segment: &[usize], stands: impl Fn(usize) -> bool) -> Vec<f64> {
    let (houses, border): (Vec<usize>, Vec<usize>) =
        segment.iter().partition(|&&house| stands(house));
    let mut chances = Vec::with_capacity(1 << segment.len());
    for burning in 0..1usize << houses.len() {
        for fires in 0..1usize << border.len() {
            let burns = |house: usize| {
                border.iter().position(|&end| end == house).is_some_and(|i| fires >> i & 1 != 0)
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
            let space = StateSpace::new(&ring, homes);
            assert_eq!(space.sets.len(), 1 << houses);
            assert_eq!(space.targets.len(), 3usize.pow(houses as u32));
            let next_to = |h: usize, set: usize| {
                ring.neighbors(h).into_iter().any(|neighbor| set >> neighbor & 1 != 0)
            };
            let end = |set: &StandingSet| {
                (0..houses).filter(|&h| set.houses >> h & 1 == 0 && next_to(h, set.houses)).count()
            };
            let of_state =
                |state| space.sets.iter().rfind(|set| set.state <= state).expect("a set");
            for set in &space.sets {
                assert_eq!(set.border, end(set));
                // Different fires at border lead to different states; without, to the first one.
                for (at, &target) in space.targets(set).iter().enumerate().skip(1) {
                    let house = |i| (0..houses).filter(|h| set.houses >> h & 1 != 0).nth(i);
                    let fires: usize = (0..set.count)
                        .filter(|i| at >> i & 1 != 0)
                        .map(|i| 1 << house(i).expect("stands"))
                        .sum();
                    let to = of_state(target as usize);
                    assert_eq!(to.houses, set.houses & !fires);
                    let at_ends =
                        (0..houses).filter(|&h| fires >> h & 1 != 0 && next_to(h, to.houses));
                    assert_eq!((target as usize - to.state).count_ones() as usize, at_ends.count());
                }
            }
        }
    }
}
