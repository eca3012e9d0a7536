//! Sets of fires that the agents put out together, and the steps between them.
//!
//! Each agent puts out one fire at most, so of `b` fires only sets of at most `A` matter. They are
//! listed by size, then by value; sets of at most `k` fires are the first `upto[k]`.

use std::ops::Range;

use super::states::expand;

/// Sets of at most `A` of `b` fires.
#[derive(Clone, Debug)]
pub struct Subsets {
    /// b.
    pub fires: usize,
    /// As bits; the empty one first, then those of one fire in order.
    pub sets: Vec<u16>,
    /// By bits: where a set is in `sets`; for larger ones than there are, 0.
    place: Vec<u16>,
    /// How many sets have at most so many fires; ends with the largest size there is.
    pub upto: Vec<usize>,
    /// For each set, and each fire not in it: the set with that fire, and the fire. Sets of the
    /// largest size have none.
    pub up: Vec<Up>,
    /// By size k: where the entries of `up` for sets of at most k fires end.
    pub up_upto: Vec<usize>,
    /// By fire: for each set without it, in order, that set and the one with it.
    pub pairs: Vec<Vec<(u16, u16)>>,
    /// By fire and size k: how many of its pairs start from a set of at most k fires.
    pub pairs_upto: Vec<Vec<usize>>,
}

/// A fire that could be put out as well.
#[derive(Clone, Copy, Debug)]
pub struct Up {
    /// The set with that fire.
    pub to: u16,
    /// The fire.
    pub fire: u16,
}

impl Subsets {
    /// Sets of at most `agents` of so many fires.
    pub fn new(fires: usize, agents: usize) -> Self {
        let most = agents.min(fires);
        let mut sets: Vec<u16> = (0..1u16 << fires).collect();
        sets.retain(|set| set.count_ones() as usize <= most);
        sets.sort_by_key(|set| (set.count_ones(), *set));
        let mut place = vec![0; 1 << fires];
        for (i, &set) in sets.iter().enumerate() {
            place[usize::from(set)] = i as u16;
        }
        let size = |set: u16| set.count_ones() as usize;
        let upto = (0..=most).map(|k| sets.iter().filter(|&&set| size(set) <= k).count()).collect();
        let mut up = Vec::new();
        let mut up_upto = vec![0; most];
        let mut pairs = vec![Vec::new(); fires];
        let mut pairs_upto = vec![vec![0; most]; fires];
        for (i, &set) in sets.iter().enumerate().filter(|&(_, &set)| size(set) < most) {
            for fire in (0..fires).filter(|fire| set >> fire & 1 == 0) {
                let to = place[usize::from(set | 1 << fire)];
                up.push(Up { to, fire: fire as u16 });
                pairs[fire].push((i as u16, to));
                for count in &mut pairs_upto[fire][size(set)..] {
                    *count += 1;
                }
            }
            up_upto[size(set)] = up.len();
        }
        Self { fires, sets, place, upto, up, up_upto, pairs, pairs_upto }
    }

    /// Where a set, given as bits, is in [`sets`](Self::sets); 0 for one of more than `A` fires.
    #[inline(always)]
    pub fn place(&self, set: u16) -> usize {
        usize::from(self.place[usize::from(set)])
    }

    /// The largest size of a set.
    pub fn most(&self) -> usize {
        self.upto.len() - 1
    }

    /// Number of sets of at most `size` fires.
    pub fn count(&self, size: usize) -> usize {
        self.upto[size.min(self.most())]
    }

    /// The pairs of a fire that start from sets of at most `size` fires.
    #[inline(always)]
    pub fn pairs_of(&self, fire: usize, size: usize) -> &[(u16, u16)] {
        let upto = &self.pairs_upto[fire];
        &self.pairs[fire][..upto[size.min(upto.len() - 1)]]
    }

    /// The sets of exactly `size` fires.
    #[inline(always)]
    pub fn of_size(&self, size: usize) -> Range<usize> {
        let start = if size == 0 { 0 } else { self.upto[size - 1] };
        start..self.upto[size]
    }
}

/// For every set of burning houses (as bits in whatever numbers them), the survivors when each of
/// the sets of [`Subsets`] is put out.
#[derive(Clone, Debug)]
pub struct Survivors {
    /// First entry of each set of burning houses, and the number of all entries at the end.
    pub first: Vec<usize>,
    /// The burning houses left, by the set put out.
    pub left: Vec<u16>,
}

impl Survivors {
    /// For all sets of so many houses; `subsets` by number of fires.
    pub fn new(houses: usize, subsets: &[Subsets]) -> Self {
        let (mut first, mut left) = (vec![0], Vec::new());
        for burning in 0..1usize << houses {
            let sets = &subsets[burning.count_ones() as usize].sets;
            let out = sets.iter().map(|&set| expand(usize::from(set), burning));
            left.extend(out.map(|out| (burning & !out) as u16));
            first.push(left.len());
        }
        Self { first, left }
    }

    /// What is left of a set of burning houses.
    #[inline(always)]
    pub fn of(&self, burning: usize) -> &[u16] {
        &self.left[self.first[burning]..self.first[burning + 1]]
    }
}

/// The largest members of all lists, for room: most sets of fires put out.
pub fn most_sets(subsets: &[Subsets]) -> usize {
    subsets.iter().map(|subsets| subsets.sets.len()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::states::bits;

    #[test]
    fn sets_are_listed_by_size_with_all_steps() {
        for (fires, agents) in [(0, 3), (1, 1), (4, 2), (5, 8), (6, 4)] {
            let subsets = Subsets::new(fires, agents);
            let most = agents.min(fires);
            assert_eq!(subsets.most(), most);
            assert_eq!(subsets.count(most + 3), subsets.sets.len());
            let mut up = subsets.up.iter();
            for (i, &set) in subsets.sets.iter().enumerate() {
                let size = set.count_ones() as usize;
                assert!(i < subsets.count(size) && (size == 0 || i >= subsets.count(size - 1)));
                for fire in (0..fires).filter(|&fire| size < most && set >> fire & 1 == 0) {
                    let step = up.next().expect("a step");
                    assert_eq!(usize::from(step.fire), fire);
                    assert_eq!(subsets.sets[usize::from(step.to)], set | 1 << fire);
                    assert!(subsets.pairs[fire].contains(&(i as u16, step.to)));
                }
            }
            assert!(up.next().is_none());
            for fire in 0..fires {
                for size in 0..most {
                    let count = subsets.pairs_upto[fire][size];
                    let pairs = &subsets.pairs[fire];
                    assert!(
                        pairs.iter().enumerate().all(|(i, &(from, _))| (i < count)
                            == (usize::from(from) < subsets.count(size)))
                    );
                }
            }
        }
    }

    #[test]
    fn survivors_burned_and_were_not_put_out() {
        let subsets: Vec<_> = (0..=4).map(|fires| Subsets::new(fires, 2)).collect();
        let survivors = Survivors::new(4, &subsets);
        for burning in 0..16usize {
            let left = survivors.of(burning);
            let fires = bits(burning).count();
            assert_eq!(left.len(), subsets[fires].sets.len());
            for (&left, &set) in left.iter().zip(&subsets[fires].sets) {
                assert_eq!(usize::from(left) & !burning, 0);
                assert_eq!(burning.count_ones() - left.count_ones(), set.count_ones());
            }
        }
    }
}
