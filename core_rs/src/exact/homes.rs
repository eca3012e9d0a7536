//! The first houses of the ring, told apart by where agents live: rows of the night's first half.
//!
//! What the agents do depends on *which* homes burn, but only on *how many* of the other houses
//! do. So the houses are cut in two: `m` homes (0 … m−1, at least all houses with an agent), and
//! the others. A state of all houses is a pair of a state of the homes, its *place*, and a row of
//! the others (`others`). Places stand side by side in lines of eight.

use std::collections::BTreeMap;

use super::lanes::LANES;
use super::ring::{BURNING, RUINED, Ring, SAFE, choose, digits, number};

/// Which fires at the two ends of a run of houses survived the workers: bit 0 for its first house,
/// bit 1 for its last. The houses beyond the ends need to know.
pub type EndFires = usize;

/// Where the places stand that a night can lead to with given surviving fires at the ends.
///
/// A house at the end that was a surviving fire is ruined afterwards, so few places qualify. Only
/// the lines that hold them are kept, one line after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Fires at the ends.
    pub ends: EndFires,
    /// First line of places.
    pub first_line: usize,
    /// How many lines.
    pub lines: usize,
    /// First line among those of all regions.
    pub slot_line: usize,
}

/// Places that differ only in which of the homes that stand burn.
///
/// They stand side by side: place `first + b` is that in which home `i` of those standing burns if
/// bit `i` of `b` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First place: nothing burns.
    pub first: usize,
    /// How many homes stand.
    pub standing: usize,
}

/// Slots that are reached from equally many places, so that loops over these are all alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    /// How many places.
    pub places: usize,
    /// The slots.
    pub slots: Vec<u32>,
    /// For each slot in turn, the places and chances.
    pub terms: Vec<(u32, f64)>,
    /// The largest of the slots.
    pub most_slot: usize,
    /// The largest of the places in `terms`.
    pub most_place: usize,
}

/// Tables about the homes; nothing here depends on who plays.
#[derive(Clone, Debug)]
pub struct Homes {
    /// m.
    pub count: usize,
    /// State at each place.
    pub states: Vec<Vec<u8>>,
    /// Place of each state, by its number.
    pub places: Vec<usize>,
    /// Lines that all places take; the lanes left over stay zero.
    pub lines: usize,
    /// Regions of the end of the night, one per combination of fires at the ends.
    pub regions: Vec<Region>,
    /// Lines of all regions together.
    pub slot_lines: usize,
    /// Places between which the workers lead.
    pub blocks: Vec<Block>,
    /// What can become of the homes in each block: a number with a digit in base 3 per home that
    /// stands, 0 not burning, 1 still burning, 2 put out. For each in turn, the index of its
    /// chances in the tables of `fight`, where ruined homes have a digit 0.
    pub classes: Vec<u32>,
    /// How each slot is reached when fire spreads and burns out, for each combination of fires at
    /// the ends of the *others*. Slots that can't be reached are left out.
    pub spread: Vec<Vec<Arrivals>>,
}

impl Homes {
    /// Tables for the first `count` houses of a ring.
    pub fn new(ring: &Ring, count: usize) -> Self {
        let size = 3usize.pow(count as u32);
        let spreads = ring.spread > 0.0;
        let mut order: Vec<Vec<u8>> = (0..size).map(|s| digits(s, count)).collect();
        order.sort_by_key(|d| {
            // Places with a ruin at the first end, at the last end, and at both, are neighbours.
            let ends = match (spreads, d[0] == RUINED, d[count - 1] == RUINED) {
                (false, _, _) | (true, false, false) => 0,
                (true, false, true) => 1,
                (true, true, true) => 2,
                (true, true, false) => 3,
            };
            (ends, bits(d, RUINED), bits(d, BURNING))
        });
        let mut places = vec![0; size];
        for (place, state) in order.iter().enumerate() {
            places[number(state)] = place;
        }
        let lines = size.div_ceil(LANES);
        let mut homes = Self {
            count,
            states: order,
            places,
            lines,
            regions: Vec::new(),
            slot_lines: 0,
            blocks: Vec::new(),
            classes: Vec::new(),
            spread: Vec::new(),
        };
        homes.find_regions(spreads);
        homes.find_blocks();
        for ends in 0..4 {
            homes.find_spread(ring, ends);
        }
        homes
    }

    /// Whether a place can follow, at the end of a night, from given surviving fires at the ends.
    fn follows(&self, state: &[u8], ends: EndFires) -> bool {
        self.end_houses(ends).iter().all(|&house| state[house] == RUINED)
    }

    fn end_houses(&self, ends: EndFires) -> Vec<usize> {
        let both = [(1, 0), (2, self.count - 1)];
        both.into_iter().filter(|(bit, _)| ends & bit != 0).map(|(_, house)| house).collect()
    }

    fn find_regions(&mut self, spreads: bool) {
        let kinds: &[EndFires] = match (spreads, self.count) {
            (false, _) => &[0],
            (true, 1) => &[0, 3],
            (true, _) => &[0, 1, 2, 3],
        };
        for &ends in kinds {
            let fits = |state: &Vec<u8>| self.follows(state, ends);
            let first = self.states.iter().position(fits).unwrap_or(0);
            let last = self.states.iter().rposition(fits).unwrap_or(0);
            let first_line = first / LANES;
            let lines = last / LANES + 1 - first_line;
            self.regions.push(Region { ends, first_line, lines, slot_line: self.slot_lines });
            self.slot_lines += lines;
        }
    }

    fn find_blocks(&mut self) {
        for (first, state) in self.states.iter().enumerate() {
            if state.contains(&BURNING) {
                continue;
            }
            let standing: Vec<usize> = (0..self.count).filter(|&h| state[h] == SAFE).collect();
            self.blocks.push(Block { first, standing: standing.len() });
            for fates in 0..3usize.pow(standing.len() as u32) {
                let fates = digits(fates, standing.len()).into_iter().zip(&standing);
                let class: usize =
                    fates.map(|(fate, &house)| fate as usize * 3usize.pow(house as u32)).sum();
                self.classes.push(class as u32);
            }
        }
    }

    fn find_spread(&mut self, ring: &Ring, other_ends: EndFires) {
        let mut all: BTreeMap<usize, Arrivals> = BTreeMap::new();
        for region in &self.regions {
            for lane in 0..region.lines * LANES {
                let after = self.states.get(region.first_line * LANES + lane);
                let Some(after) = after.filter(|after| self.follows(after, region.ends)) else {
                    continue;
                };
                let terms = self.arrivals(ring, after, region, other_ends);
                let places = terms.len();
                let arrivals = all.entry(places).or_insert_with(|| Arrivals {
                    places,
                    slots: Vec::new(),
                    terms: Vec::new(),
                    most_slot: 0,
                    most_place: 0,
                });
                let slot = region.slot_line * LANES + lane;
                arrivals.slots.push(slot as u32);
                arrivals.most_slot = arrivals.most_slot.max(slot);
                let most = terms.iter().map(|&(place, _)| place as usize).max().unwrap_or(0);
                arrivals.most_place = arrivals.most_place.max(most);
                arrivals.terms.extend(terms);
            }
        }
        self.spread.push(all.into_values().collect());
    }

    /// The terms of one slot.
    fn arrivals(
        &self,
        ring: &Ring,
        after: &[u8],
        region: &Region,
        other_ends: EndFires,
    ) -> Vec<(u32, f64)> {
        let fires_at_ends = self.end_houses(region.ends);
        let told_apart = if ring.spread > 0.0 { self.end_houses(3) } else { Vec::new() };
        let befores = choose(after, |house, digit| match digit {
            RUINED if fires_at_ends.contains(&house) => &[BURNING],
            RUINED if told_apart.contains(&house) => &[RUINED],
            RUINED => &[BURNING, RUINED],
            _ => &[SAFE],
        });
        let arrival = |before: Vec<u8>| {
            let mut fires: Vec<bool> = before.iter().map(|&digit| digit == BURNING).collect();
            fires.resize(ring.houses, false);
            if self.count < ring.houses {
                fires[self.count] |= other_ends & 1 != 0;
                fires[ring.houses - 1] |= other_ends & 2 != 0;
            }
            let chance = ring.transition(0, &before, after, &fires);
            (self.places[number(&before)] as u32, chance)
        };
        befores.into_iter().map(arrival).collect()
    }
}

/// The houses in a given state, as bits.
pub fn bits(state: &[u8], digit: u8) -> usize {
    state.iter().enumerate().map(|(i, &d)| usize::from(d == digit) << i).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_from_every_place_add_up_to_one() {
        for count in 1..=4 {
            for spread in [0.0, 0.4] {
                let ring = Ring { houses: 5, spread, ignite: 0.2 };
                let homes = Homes::new(&ring, count);
                for arrivals in &homes.spread {
                    let mut sums = vec![0.0; homes.states.len()];
                    for &(from, chance) in arrivals.iter().flat_map(|a| &a.terms) {
                        sums[from as usize] += chance;
                    }
                    assert!(sums.iter().all(|sum| (sum - 1.0f64).abs() < 1e-14));
                }
            }
        }
    }

    #[test]
    fn blocks_hold_all_places_in_order() {
        for spread in [0.0, 0.1] {
            let homes = Homes::new(&Ring { houses: 6, spread, ignite: 0.0 }, 4);
            let mut place = 0;
            for block in &homes.blocks {
                assert_eq!(block.first, place);
                let ruins = bits(&homes.states[place], RUINED);
                for burning in 0..1 << block.standing {
                    let state = &homes.states[place];
                    assert_eq!(bits(state, RUINED), ruins);
                    let standing = state.iter().filter(|&&digit| digit != RUINED);
                    let flags = standing.enumerate().map(|(i, &d)| usize::from(d == BURNING) << i);
                    assert_eq!(flags.sum::<usize>(), burning);
                    place += 1;
                }
            }
            assert_eq!(place, homes.states.len());
            assert_eq!(homes.classes.len(), 4usize.pow(4));
        }
    }
}
