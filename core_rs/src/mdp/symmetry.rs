//! States that are worth the same to all seats together: the ring turned, or seen from the other side.
//!
//! The rules do not tell one house from another, rewards may. A *turn* takes house `h` to `by + h`, or
//! to `by − h` (modulo H). Turns after which every house is worth what it was are a group, and states
//! that they take to each other, an *orbit*, are worth the same. So only the first state of each
//! orbit has to be solved. As states are ordered by their standing sets, its standing set is the
//! first of an orbit as well.

use super::spread::Spread;
use super::states::States;

/// The turns that change nothing, and the orbits of states.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {
    /// By turn: where it takes each house,
    turns: Vec<Vec<u8>>,
    /// and each set of houses,
    images: Vec<Vec<u16>>,
    /// and which turn takes everything back.
    back: Vec<usize>,
    /// By state: the first of its orbit.
    pub first: Vec<u32>,
    /// By state: the turn that takes the first of its orbit to it.
    turn: Vec<u8>,
}

impl Symmetry {
    /// Of a ring where each house is worth so much, in whatever numbers say it.
    pub fn new(states: &States, worth: &[impl PartialEq]) -> Self {
        let houses = states.houses;
        let turned = |by: usize, house: usize| match by {
            _ if by < houses => (by + house) % houses,
            _ => (by - house) % houses,
        };
        let turns: Vec<Vec<u8>> = (0..2 * houses)
            .map(|by| (0..houses).map(|house| turned(by, house) as u8).collect::<Vec<_>>())
            .filter(|turn| {
                turn.iter().zip(worth).all(|(&to, here)| worth[usize::from(to)] == *here)
            })
            .collect();
        let image = |turn: &Vec<u8>| {
            let mut images = vec![0; 1 << houses];
            for set in 1..1usize << houses {
                let lowest = 1 << turn[set.trailing_zeros() as usize];
                images[set] = images[set & (set - 1)] | lowest;
            }
            images
        };
        let images: Vec<Vec<u16>> = turns.iter().map(image).collect();
        let undoes = |back: &[u8], turn: &[u8]| {
            (0..).zip(turn).all(|(house, &to)| back[usize::from(to)] == house)
        };
        let back = turns.iter().map(|turn| {
            turns.iter().position(|back| undoes(back, turn)).expect("turns are a group")
        });
        let mut first = vec![u32::MAX; states.len()];
        let mut turn = vec![0; states.len()];
        for (ordinal, &standing) in states.standing.iter().enumerate() {
            for state in states.first[ordinal]..states.first[ordinal + 1] {
                if first[state] != u32::MAX {
                    continue;
                }
                let burning = usize::from(states.burning[state]);
                for (i, images) in (0..).zip(&images) {
                    let [to, burns] = [usize::from(standing), burning].map(|set| images[set]);
                    let image = states.index(usize::from(to), usize::from(burns));
                    if first[image] == u32::MAX {
                        (first[image], turn[image]) = (state as u32, i);
                    }
                }
            }
        }
        Self { back: back.collect(), turns, images, first, turn }
    }

    /// Whether a state is the first of its orbit.
    pub fn is_first(&self, state: usize) -> bool {
        self.first[state] as usize == state
    }

    /// Standing sets, by ordinal, that are the first of their orbits.
    pub fn sets<'a>(&'a self, states: &'a States) -> impl Iterator<Item = usize> + 'a {
        (0..states.standing.len()).filter(|&ordinal| self.is_first(states.first[ordinal]))
    }

    /// Where the first of a state's orbit has a house, the state has this.
    #[inline(always)]
    pub fn house(&self, state: usize, house: usize) -> u8 {
        self.turns[usize::from(self.turn[state])][house]
    }

    /// As [`Spread::aftermath`], but of the standing set that is the first of its orbit; known for
    /// states of standing sets that are the first of theirs.
    pub fn aftermath(&self, states: &States, spread: &Spread) -> Vec<u32> {
        let mut aftermath = spread.aftermath.clone();
        for ordinal in self.sets(states) {
            let standing = states.standing[ordinal];
            for state in states.first[ordinal]..states.first[ordinal + 1] {
                let survive = states.burning[state];
                let left = usize::from(states.ordinal[usize::from(standing & !survive)]);
                let images = &self.images[self.back[usize::from(self.turn[states.first[left]])]];
                let [to, burns] = [standing, survive].map(|set| images[usize::from(set)]);
                let image = states.index(usize::from(to), usize::from(burns));
                aftermath[state] = spread.aftermath[image];
            }
        }
        aftermath
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::ring::Ring;
    use crate::mdp::states::{bits, expand};

    /// Worth by house, and how many orbits there are of states and of standing sets.
    const RINGS: [(&[u8], usize, usize); 8] = [
        (&[1, 1], 6, 3),
        (&[1, 2], 9, 4),
        (&[1, 1, 1], 10, 4),
        (&[1, 1, 2], 18, 6),
        // Turned by two and by four houses; mirrored about houses.
        (&[1, 2, 1, 2, 1, 2], 165, 20),
        // Mirrored about a house only.
        (&[1, 2, 3, 2, 1], 135, 20),
        // Turned by three houses only.
        (&[1, 2, 3, 1, 2, 3], 378, 36),
        (&[1; 10], 3210, 78),
    ];

    #[test]
    fn orbits_are_those_of_turns_that_leave_worth_alone() {
        for (worth, orbits, sets) in RINGS {
            let states = States::new(worth.len());
            let symmetry = Symmetry::new(&states, worth);
            let firsts = (0..states.len()).filter(|&state| symmetry.is_first(state)).count();
            assert_eq!((firsts, symmetry.sets(&states).count()), (orbits, sets), "{worth:?}");
            for (ordinal, &standing) in states.standing.iter().enumerate() {
                for state in states.first[ordinal]..states.first[ordinal + 1] {
                    let first = symmetry.first[state] as usize;
                    assert!(first <= state && symmetry.is_first(first));
                    let turned = |set: usize| {
                        bits(set).fold(0, |set, house| set | 1 << symmetry.house(state, house))
                    };
                    let of = states.first.partition_point(|&start| start <= first) - 1;
                    let from = [states.standing[of], states.burning[first]].map(usize::from);
                    let to = [standing, states.burning[state]].map(usize::from);
                    assert_eq!(from.map(turned), to);
                    assert!(
                        (0..worth.len())
                            .all(|h| worth[usize::from(symmetry.house(state, h))] == worth[h])
                    );
                }
            }
        }
    }

    #[test]
    fn as_much_is_expected_after_every_turn() {
        for (worth, ..) in &RINGS[..7] {
            let houses = worth.len();
            let states = States::new(houses);
            let symmetry = Symmetry::new(&states, worth);
            let spread = Spread::new(&states, &Ring { houses, spread: 0.3, ignite: 0.1 });
            // Of the same value throughout an orbit.
            let value = |state: usize| f64::from(symmetry.first[state] * 7919 % 101);
            let mut expected = vec![0.0; spread.len()];
            let (mut x, mut y) = (vec![[0.0]; spread.room()], vec![[0.0]; spread.room()]);
            for ordinal in 0..states.standing.len() {
                for state in states.first[ordinal]..states.first[ordinal + 1] {
                    x[usize::from(spread.place[state])] = [value(state)];
                }
                spread.expect(ordinal, &mut x, &mut y);
                let to = spread.first[ordinal]..spread.first[ordinal + 1];
                expected[to].iter_mut().zip(&x).for_each(|(to, x)| *to = x[0]);
            }
            let aftermath = symmetry.aftermath(&states, &spread);
            for set in symmetry.sets(&states) {
                let standing = usize::from(states.standing[set]);
                for local in 0..1 << states.size(set) {
                    let state = states.first[set] + local;
                    let [one, other] = [aftermath[state], spread.aftermath[state]];
                    let [one, other] = [one, other].map(|at| expected[at as usize]);
                    assert!((one - other).abs() < 1e-12, "{one} {other}");
                    // Only sets that are the first of their orbits are needed.
                    let left = standing & !expand(local, standing);
                    let at =
                        spread.first.partition_point(|&start| start <= aftermath[state] as usize);
                    assert!(symmetry.is_first(states.first[at - 1]));
                    assert_eq!(states.size(at - 1), left.count_ones() as usize);
                }
            }
        }
    }
}
