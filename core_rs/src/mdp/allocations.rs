//! How many agents work at each fire, and what that is worth.
//!
//! `M[k]` is the expectation of `X(E)` ([`fight`](super::fight)) when `k_h` agents work at fire `h`.
//! All agents have the same κ, so it does not matter which of them do. With one worker at each
//! fire of a set, house by house,
//!
//! ```text
//! M(S) = (1 − κ) M(S \ h) + κ M(S),
//! ```
//!
//! in place, starting from `X`; another worker at a fire adds what the one before did, times 1 − κ:
//!
//! ```text
//! M[k + 2h] = M[k + h] + (1 − κ) (M[k + h] − M[k]).
//! ```

use std::collections::HashMap;
use std::ops::Range;

use super::subsets::Subsets;
use crate::simd::doubles::{Lanes, Line};

/// Allocations of at most `A` agents to `b` fires, by number of workers, then by their fires in
/// rising order.
#[derive(Clone, Debug)]
pub struct Allocations {
    /// b.
    pub fires: usize,
    /// How many allocations have at most so many workers.
    pub upto: Vec<usize>,
    /// For each allocation of fewer than `A` workers and each fire: that with a worker more there.
    plus: Vec<u32>,
    /// For each allocation and each of its `A` places: that without this worker, if there is one.
    less: Vec<u32>,
    /// Allocations with one worker at a fire at most, and the set of those fires.
    plain: Vec<(u32, u16)>,
    /// All others in order, with one worker less at a fire that has several, and with two.
    crowded: Vec<[u32; 3]>,
    /// Fires of the workers of each allocation, `A` to each, filled up with `b`.
    places: Vec<u8>,
    agents: usize,
}

impl Allocations {
    /// Of so many agents to the fires of `subsets`.
    pub fn new(subsets: &Subsets, agents: usize) -> Self {
        let fires = subsets.fires;
        let mut places: Vec<Vec<u8>> = vec![Vec::new()];
        let mut upto = vec![1];
        let mut start = 0;
        for _ in 0..agents {
            let end = places.len();
            for i in start..end {
                let last = places[i].last().copied().unwrap_or(0);
                for fire in last..fires as u8 {
                    let mut more = places[i].clone();
                    more.push(fire);
                    places.push(more);
                }
            }
            start = end;
            upto.push(places.len());
        }
        let index: HashMap<&[u8], u32> =
            places.iter().zip(0..).map(|(workers, i)| (workers.as_slice(), i)).collect();
        let mut plus = Vec::new();
        for workers in &places[..if agents == 0 { 0 } else { upto[agents - 1] }] {
            for fire in 0..fires as u8 {
                let mut more = workers.clone();
                more.insert(more.partition_point(|&other| other <= fire), fire);
                plus.push(index[more.as_slice()]);
            }
        }
        let (mut plain, mut crowded) = (Vec::new(), Vec::new());
        for (workers, i) in places.iter().zip(0..) {
            match workers.windows(2).rposition(|pair| pair[0] == pair[1]) {
                None => {
                    let set = workers.iter().fold(0, |set, &fire| set | 1u16 << fire);
                    plain.push((i, subsets.place(set) as u16));
                }
                Some(at) => {
                    let mut less = workers.clone();
                    less.remove(at);
                    let one = index[less.as_slice()];
                    less.remove(at);
                    crowded.push([i, one, index[less.as_slice()]]);
                }
            }
        }
        let mut flat = Vec::with_capacity(places.len() * agents);
        let mut less = Vec::with_capacity(places.len() * agents);
        for (workers, i) in places.iter().zip(0..) {
            for place in 0..agents {
                let mut others = workers.clone();
                less.push(if place < workers.len() {
                    others.remove(place);
                    index[others.as_slice()]
                } else {
                    i
                });
            }
            flat.extend_from_slice(workers);
            flat.extend(std::iter::repeat_n(fires as u8, agents - workers.len()));
        }
        Self { fires, upto, plus, less, plain, crowded, places: flat, agents }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.upto[self.agents]
    }

    /// Allocations by their number of workers.
    pub fn by_workers(&self) -> impl Iterator<Item = Range<usize>> {
        (0..=self.agents).map(|k| if k == 0 { 0 } else { self.upto[k - 1] }..self.upto[k])
    }

    /// The allocation with a worker more at a fire; `allocation` has fewer than `A`.
    #[inline(always)]
    pub fn plus(&self, allocation: u32, fire: usize) -> u32 {
        self.plus[allocation as usize * self.fires + fire]
    }

    /// The allocation without the worker at one of its places, or the same if nobody works there.
    #[inline(always)]
    pub fn less(&self, allocation: u32, place: usize) -> u32 {
        self.less[allocation as usize * self.agents + place]
    }

    /// Fires of the workers, in rising order, and then `b` for each agent that is left.
    pub fn places(&self, allocation: u32) -> &[u8] {
        &self.places[allocation as usize * self.agents..][..self.agents]
    }

    /// From `X`, which is overwritten, to `M`.
    #[inline(always)]
    pub fn worth<L: Lanes>(&self, subsets: &Subsets, solo: f64, x: &mut [Line], m: &mut [Line]) {
        let minus = L::splat(-1.0);
        let (works, fails) = (L::splat(solo), L::splat(1.0 - solo));
        for pairs in &subsets.pairs {
            for &(without, with) in pairs {
                let here = L::load(&x[usize::from(without)]);
                let gain = here.mul_add(minus, L::load(&x[usize::from(with)]));
                gain.mul_add(works, here).store(&mut x[usize::from(with)]);
            }
        }
        for &(allocation, set) in &self.plain {
            m[allocation as usize] = x[usize::from(set)];
        }
        for &[allocation, one, two] in &self.crowded {
            let before = L::load(&m[one as usize]);
            let gain = L::load(&m[two as usize]).mul_add(minus, before);
            gain.mul_add(fails, before).store(&mut m[allocation as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::doubles::Portable;

    #[test]
    fn worth_is_that_of_every_fire_put_out_or_not() {
        for (fires, agents) in [(0, 2), (1, 3), (3, 2), (3, 4), (4, 3)] {
            let subsets = Subsets::new(fires, agents);
            let allocations = Allocations::new(&subsets, agents);
            let value = |set: usize| ((set * 31 + 7) % 17) as f64;
            let mut x: Vec<Line> =
                subsets.sets.iter().map(|&set| Line([value(usize::from(set)); 8])).collect();
            let mut m = vec![Line::default(); allocations.len()];
            let solo = 0.3;
            allocations.worth::<Portable>(&subsets, solo, &mut x, &mut m);
            for i in 0..allocations.len() as u32 {
                let places = allocations.places(i);
                let workers =
                    |fire: usize| places.iter().filter(|&&p| usize::from(p) == fire).count();
                let mut expected = 0.0;
                for set in 0..1usize << fires {
                    let chance = (0..fires).fold(1.0, |chance, fire| {
                        let burns = (1.0 - solo).powi(workers(fire) as i32);
                        chance * if set >> fire & 1 == 1 { 1.0 - burns } else { burns }
                    });
                    expected += chance * value(set);
                }
                assert!((m[i as usize].0[3] - expected).abs() < 1e-12);
                if usize::from(places[agents - 1]) == fires {
                    for fire in 0..fires {
                        let mut more: Vec<u8> = places[..agents - 1].to_vec();
                        more.push(fire as u8);
                        more.sort_unstable();
                        assert_eq!(allocations.places(allocations.plus(i, fire)), more);
                    }
                }
            }
        }
    }
}
