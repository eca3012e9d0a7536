//! Counts from the distributions of all nights added up, and what counts are worth to a state.
//!
//! A house is saved if it burned, is put out and does not catch fire again. The chance of that
//! depends on which fires survive next door, and these chances are products over agents
//! (`Crew::spares`), given the homes that burn, how many others do, and which neighbours. States
//! that agree in this share a *bucket*, so few chances have to be computed.

use std::collections::BTreeMap;

use super::Duty;
use super::fight::{Aim, Crew, Shape, aims_backward};
use super::homes::{Homes, bits};
use super::lanes::{LANES, Line, flat, flat_mut, zero_lines};
use super::others::Others;
use super::ring::{BURNING, RUINED, Ring, SAFE};
use crate::counts::Layout;

/// Rows of the others that are alike for the houses in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    /// One of the others, or all burning homes.
    house: Option<usize>,
    /// Burning others.
    fires: usize,
    /// Which others next door burn: before and after the house, or after and before the homes.
    near: [bool; 2],
}

/// Where rows and places are counted.
#[derive(Clone, Debug)]
pub struct Totals {
    layout: Layout,
    shape: Shape,
    ring: Ring,
    buckets: Vec<Bucket>,
    /// Buckets that a row belongs to, and with which part of it.
    of_row: Vec<Vec<(usize, f64)>>,
}

/// Distributions added up over the nights of an episode.
#[derive(Clone, Debug)]
pub struct Nights {
    /// At the start of each night played.
    pub started: Vec<Line>,
    /// At the end.
    pub finished: Vec<Line>,
    /// Chances of the ways to end.
    pub ended: [f64; 4],
}

impl Totals {
    /// Tables for a ring.
    pub fn new(layout: Layout, shape: Shape, ring: &Ring, others: &Others) -> Self {
        let mut buckets = BTreeMap::new();
        let mut find = |bucket| {
            let next = buckets.len();
            *buckets.entry(bucket).or_insert(next)
        };
        let of_row = (0..others.rows).map(|row| {
            let fires = others.fires[row];
            let burns = |i: Option<usize>| match (&others.states, i) {
                (Some(states), Some(i)) if ring.spread > 0.0 => {
                    states[row].get(i) == Some(&BURNING)
                }
                _ => false,
            };
            let near = [burns(Some(0)), burns(others.count.checked_sub(1))];
            let mut list = vec![(find(Bucket { house: None, fires, near }), 1.0)];
            for (i, &part) in others.burning[row].iter().enumerate().filter(|(_, x)| **x > 0.0) {
                let near = [burns(i.checked_sub(1)), burns(Some(i + 1))];
                let house = Some(shape.homes + i);
                list.push((find(Bucket { house, fires, near }), part));
            }
            list
        });
        let of_row = of_row.collect();
        let mut list: Vec<_> = buckets.into_iter().collect();
        list.sort_by_key(|&(_, index)| index);
        let buckets = list.into_iter().map(|(bucket, _)| bucket).collect();
        Self { layout, shape, ring: ring.clone(), buckets, of_row }
    }

    /// The count vector of an episode.
    pub fn counts(
        &self,
        homes: &Homes,
        others: &Others,
        (duties, solo): (&[Duty], f64),
        nights: &Nights,
    ) -> Vec<f64> {
        let layout = self.layout;
        let mut counts = vec![0.0; layout.counts()];
        let played: f64 = column_sums(&nights.started, homes.lines).iter().sum();
        counts[Layout::NIGHTS] = played;
        for (agent, duty) in duties.iter().enumerate() {
            counts[layout.worked() + agent] = duty.work * played;
        }
        let places = column_sums(&nights.finished, homes.lines);
        for (state, sum) in homes.states.iter().zip(&places) {
            for (house, &digit) in state.iter().enumerate() {
                match digit {
                    SAFE => counts[layout.safe() + house] += sum,
                    RUINED => counts[layout.ruined() + house] += sum,
                    _ => {}
                }
            }
        }
        for row in 0..others.rows {
            let sum = line_sum(&nights.finished[row * homes.lines..][..homes.lines]);
            for i in 0..others.count {
                let house = self.shape.homes + i;
                let (burning, ruined) = (others.burning[row][i], others.ruined[row][i]);
                counts[layout.safe() + house] += sum * (1.0 - burning - ruined);
                counts[layout.ruined() + house] += sum * ruined;
            }
        }
        self.each_rescue(
            homes,
            &self.collect(homes, nights),
            (duties, solo),
            |house, sum, case| {
                counts[layout.saved() + house] += sum * case.chance(&self.ring);
            },
        );
        counts[layout.ended()..].copy_from_slice(&nights.ended);
        counts
    }

    /// For each bucket and set of burning homes, the nights that started so.
    fn collect(&self, homes: &Homes, nights: &Nights) -> Vec<Vec<f64>> {
        let mut lines = zero_lines(self.buckets.len() * homes.lines);
        for (row, list) in self.of_row.iter().enumerate() {
            let from = flat(&nights.started[row * homes.lines..][..homes.lines]);
            for &(bucket, part) in list {
                let to = flat_mut(&mut lines[bucket * homes.lines..][..homes.lines]);
                to.iter_mut().zip(from).for_each(|(to, x)| *to += part * x);
            }
        }
        let burning: Vec<usize> = homes.states.iter().map(|s| bits(s, BURNING)).collect();
        let sums = lines.chunks(homes.lines).map(|lines| {
            let mut sums = vec![0.0; 1 << homes.count];
            flat(lines).iter().zip(&burning).for_each(|(x, &set)| sums[set] += x);
            sums
        });
        sums.collect()
    }

    /// Calls `visit(house, sum, case)` for all burning houses in all buckets whose sum is not 0.
    fn each_rescue(
        &self,
        homes: &Homes,
        sums: &[Vec<f64>],
        (duties, solo): (&[Duty], f64),
        mut visit: impl FnMut(usize, f64, &Rescue),
    ) {
        for set in 0..1 << homes.count {
            // Nearly all buckets of a set have a crew in common.
            let mut crews: Vec<Option<Crew>> = vec![None; self.shape.others + 1];
            for (index, (bucket, sums)) in self.buckets.iter().zip(sums).enumerate() {
                if sums[set] == 0.0 {
                    continue;
                }
                let crew = crews[bucket.fires]
                    .get_or_insert_with(|| Crew::new(self.shape, duties, solo, set, bucket.fires));
                let of_bucket = |house| {
                    let near = self.near(bucket, house, set);
                    Rescue { house, bucket: index, near, fires: (set, bucket.fires), crew }
                };
                match bucket.house {
                    Some(house) => visit(house, sums[set], &of_bucket(house)),
                    None => {
                        for house in (0..homes.count).filter(|house| set >> house & 1 != 0) {
                            visit(house, sums[set], &of_bucket(house));
                        }
                    }
                }
            }
        }
    }

    /// The houses next door, as far as they burn.
    fn near(&self, bucket: &Bucket, house: usize, set: usize) -> [Option<usize>; 2] {
        let m = self.shape.homes;
        let mut near = self.ring.neighbors(house).map(Some);
        for (side, slot) in near.iter_mut().enumerate() {
            *slot = slot.filter(|&neighbor| match bucket.house {
                _ if neighbor < m => set >> neighbor & 1 != 0,
                Some(_) => bucket.near[side],
                None => bucket.near[usize::from(neighbor != m)],
            });
        }
        near
    }

    /// What a night that ends in each state is worth by `safe` and `ruined`, given what each count
    /// is worth.
    pub fn worth_of_ends(&self, homes: &Homes, others: &Others, weights: &[f64]) -> Vec<Line> {
        let layout = self.layout;
        let worth = |house: usize, safe: f64, ruined: f64| {
            weights[layout.safe() + house] * safe + weights[layout.ruined() + house] * ruined
        };
        let of_places: Vec<f64> = homes
            .states
            .iter()
            .map(|state| {
                let is = |digit, want| f64::from(u8::from(digit == want));
                let houses = state.iter().enumerate();
                houses.map(|(h, &d)| worth(h, is(d, SAFE), is(d, RUINED))).sum()
            })
            .collect();
        let mut lines = zero_lines((others.rows + 1) * homes.lines);
        for row in 0..others.rows {
            let of_row: f64 = (0..others.count)
                .map(|i| {
                    let (burning, ruined) = (others.burning[row][i], others.ruined[row][i]);
                    worth(self.shape.homes + i, 1.0 - burning - ruined, ruined)
                })
                .sum();
            let to = flat_mut(&mut lines[row * homes.lines..][..homes.lines]);
            to.iter_mut().zip(&of_places).for_each(|(to, x)| *to = x + of_row);
        }
        lines
    }

    /// What a night that starts in each state is worth by `nights`, `worked` and `saved`.
    pub fn worth_of_starts(
        &self,
        homes: &Homes,
        others: &Others,
        (duties, solo): (&[Duty], f64),
        weights: &[f64],
    ) -> Vec<Line> {
        let layout = self.layout;
        let worked = duties.iter().enumerate().map(|(a, d)| weights[layout.worked() + a] * d.work);
        let all = weights[Layout::NIGHTS] + worked.sum::<f64>();
        let mut of_buckets = vec![vec![0.0; 1 << homes.count]; self.buckets.len()];
        let ones = vec![vec![1.0; 1 << homes.count]; self.buckets.len()];
        self.each_rescue(homes, &ones, (duties, solo), |house, _, case| {
            of_buckets[case.bucket][case.fires.0] +=
                weights[layout.saved() + house] * case.chance(&self.ring);
        });
        let burning: Vec<usize> = homes.states.iter().map(|s| bits(s, BURNING)).collect();
        let mut lines = zero_lines((others.rows + 1) * homes.lines);
        for (row, list) in self.of_row.iter().enumerate() {
            let to = flat_mut(&mut lines[row * homes.lines..][..homes.lines]);
            for (to, &set) in to.iter_mut().zip(&burning) {
                *to = list.iter().fold(all, |sum, &(b, part)| sum + part * of_buckets[b][set]);
            }
        }
        lines
    }

    /// Adds the derivatives by (p, q) of what counts are worth, with the nights held as they are.
    pub fn backward(
        &self,
        homes: &Homes,
        (duties, solo): (&[Duty], f64),
        weights: &[f64],
        nights: &Nights,
        gradient: &mut [[f64; 2]],
    ) {
        let layout = self.layout;
        let played: f64 = column_sums(&nights.started, homes.lines).iter().sum();
        for (agent, gradient) in gradient.iter_mut().enumerate() {
            gradient[0] += weights[layout.worked() + agent] * played;
        }
        self.each_rescue(
            homes,
            &self.collect(homes, nights),
            (duties, solo),
            |house, sum, case| {
                let mut slopes = vec![Aim::default(); duties.len()];
                case.backward(&self.ring, sum * weights[layout.saved() + house], &mut slopes);
                aims_backward(self.shape, duties, solo, case.fires, &slopes, gradient);
            },
        );
    }
}

/// A burning house that may be saved.
struct Rescue<'a> {
    house: usize,
    /// Index of its bucket.
    bucket: usize,
    /// Houses next door that burn.
    near: [Option<usize>; 2],
    /// Burning homes (as bits) and number of burning others.
    fires: (usize, usize),
    crew: &'a Crew,
}

impl Rescue<'_> {
    /// The chance is a sum of products: `visit(factor, fires spared)` for each.
    ///
    /// With surviving fires as events `h`, `l`, `r` (this house, the ones next door) it is the
    /// mean of `(1−ρ) (1−[h]) (1−β[l]) (1−β[r])`.
    fn terms(&self, ring: &Ring, mut visit: impl FnMut(f64, &[usize])) {
        let [left, right] = self.near;
        let sides = [(None, None), (left, None), (None, right), (left, right)];
        for (i, (l, r)) in sides.into_iter().enumerate() {
            // A neighbour that does not burn makes no term.
            let wanted = usize::from(i & 1 != 0) + usize::from(i & 2 != 0);
            let found = usize::from(l.is_some()) + usize::from(r.is_some());
            if found < wanted || (wanted > 0 && ring.spread == 0.0) {
                continue;
            }
            let mut fires = Vec::with_capacity(3);
            fires.extend(l);
            fires.extend(r.filter(|_| l != r));
            let factor = (1.0 - ring.ignite) * (-ring.spread).powi(wanted as i32);
            visit(factor, &fires);
            fires.push(self.house);
            visit(-factor, &fires);
        }
    }

    fn chance(&self, ring: &Ring) -> f64 {
        let mut chance = 0.0;
        self.terms(ring, |factor, fires| chance += factor * self.crew.spares(fires));
        chance
    }

    fn backward(&self, ring: &Ring, weight: f64, slopes: &mut [Aim]) {
        self.terms(ring, |factor, fires| {
            self.crew.spares_backward(fires, weight * factor, slopes);
        });
    }
}

/// Sums of all rows.
fn column_sums(rows: &[Line], lines: usize) -> Vec<f64> {
    let mut sums = zero_lines(lines);
    for row in rows.chunks_exact(lines) {
        add_lines(&mut sums, row);
    }
    flat(&sums).to_vec()
}

/// Adds lines to others.
pub fn add_lines(to: &mut [Line], from: &[Line]) {
    flat_mut(to).iter_mut().zip(flat(from)).for_each(|(to, x)| *to += x);
}

/// The sum of all doubles.
pub fn line_sum(lines: &[Line]) -> f64 {
    let mut sums = [0.0; LANES];
    for line in lines {
        sums.iter_mut().zip(line.0).for_each(|(sum, x)| *sum += x);
    }
    sums.iter().sum()
}
