//! States of the houses between nights, in the order in which the engine keeps them.
//!
//! A state is a set `N` of standing houses (not ruined) with a set `B ⊆ N` of burning ones. Standing
//! sets are ordered by size and then by value, so that sets of one size lie together; the states of
//! one standing set lie side by side, numbered by `B` as bits *within* `N`: bit `i` is the `i`th
//! standing house. Outside this module a state has the number `Σ_h code_h 3^h`, with code 0 for a
//! safe house, 1 for a burning and 2 for a ruined one.

/// All states of a ring.
#[derive(Clone, Debug)]
pub struct States {
    /// H.
    pub houses: usize,
    /// Standing sets as bits, by size and value.
    pub standing: Vec<u16>,
    /// Where a standing set is in `standing`, by its bits.
    pub ordinal: Vec<u16>,
    /// First state of each standing set, and the number of all states at the end.
    pub first: Vec<usize>,
    /// By state: the burning houses as bits.
    pub burning: Vec<u16>,
    /// By state: its number outside, `Σ_h code_h 3^h`.
    pub code: Vec<u32>,
    /// By number outside: the state.
    pub inside: Vec<u32>,
    /// By state: how many houses burn in all states before it; and all of them at the end.
    pub fires: Vec<u32>,
}

impl States {
    /// Of a ring of so many houses.
    pub fn new(houses: usize) -> Self {
        let all = 1usize << houses;
        let mut standing: Vec<u16> = (0..all).map(|set| set as u16).collect();
        standing.sort_by_key(|set| (set.count_ones(), *set));
        let mut ordinal = vec![0; all];
        for (i, &set) in standing.iter().enumerate() {
            ordinal[usize::from(set)] = i as u16;
        }
        let count = 3usize.pow(houses as u32);
        let power: Vec<u32> = (0..houses as u32).map(|h| 3u32.pow(h)).collect();
        let value = |set: usize| -> u32 { bits(set).map(|h| power[h]).sum() };
        let mut first = Vec::with_capacity(all + 1);
        let mut burning = Vec::with_capacity(count);
        let mut code = Vec::with_capacity(count);
        let mut fires = Vec::with_capacity(count + 1);
        let mut total = 0;
        for &set in &standing {
            let set = usize::from(set);
            first.push(burning.len());
            let ruined = 2 * value(all - 1 - set);
            for local in 0..1usize << set.count_ones() {
                let there = expand(local, set);
                burning.push(there as u16);
                code.push(ruined + value(there));
                fires.push(total);
                total += there.count_ones();
            }
        }
        first.push(count);
        fires.push(total);
        let mut inside = vec![0; count];
        for (state, &code) in code.iter().enumerate() {
            inside[code as usize] = state as u32;
        }
        Self { houses, standing, ordinal, first, burning, code, inside, fires }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.burning.len()
    }

    /// All houses as bits.
    pub fn ring(&self) -> usize {
        (1 << self.houses) - 1
    }

    /// Number of houses in the `ordinal`th standing set.
    pub fn size(&self, ordinal: usize) -> usize {
        self.standing[ordinal].count_ones() as usize
    }

    /// The state of a standing set, as bits, and burning houses in it.
    pub fn index(&self, standing: usize, burning: usize) -> usize {
        self.first[usize::from(self.ordinal[standing])] + compress(burning, standing)
    }

    /// Burning houses of a state, in rising order.
    pub fn burning_houses(&self, state: usize) -> impl Iterator<Item = usize> + use<> {
        bits(usize::from(self.burning[state]))
    }
}

/// Members of a set, in rising order.
pub fn bits(mut set: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let at = set.trailing_zeros() as usize;
            set &= set - 1;
            at
        })
    })
}

/// Members of `set` as bits within `of`, which contains it.
pub fn compress(set: usize, of: usize) -> usize {
    bits(of).enumerate().fold(0, |local, (i, at)| local | (set >> at & 1) << i)
}

/// The members of `of` that `local` counts.
pub fn expand(local: usize, of: usize) -> usize {
    bits(of).enumerate().fold(0, |set, (i, at)| set | (local >> i & 1) << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_place() {
        for houses in 2..=6 {
            let states = States::new(houses);
            assert_eq!(states.len(), 3usize.pow(houses as u32));
            let mut seen = vec![false; states.len()];
            for (i, &set) in states.standing.iter().enumerate() {
                let set = usize::from(set);
                assert_eq!(usize::from(states.ordinal[set]), i);
                for state in states.first[i]..states.first[i + 1] {
                    let burning = usize::from(states.burning[state]);
                    assert_eq!(states.index(set, burning), state);
                    let number: usize = (0..houses)
                        .map(|h| match (set >> h & 1, burning >> h & 1) {
                            (0, _) => 2 * 3usize.pow(h as u32),
                            (_, burns) => burns * 3usize.pow(h as u32),
                        })
                        .sum();
                    assert_eq!(states.code[state] as usize, number);
                    assert_eq!(states.inside[number] as usize, state);
                    assert!(!std::mem::replace(&mut seen[number], true));
                    let fires = states.fires[state + 1] - states.fires[state];
                    assert_eq!(fires as usize, states.burning_houses(state).count());
                }
            }
        }
    }
}
