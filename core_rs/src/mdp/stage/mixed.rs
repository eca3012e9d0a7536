//! Mixed equilibria of a stage, looked for by their *support*, the acts that each seat plays with a
//! chance.
//!
//! Acts that come out negative leave the support, and acts that would gain enter it (an active-set
//! method, with [`newton`](super::newton) for each support); it starts from what best answers in turn
//! run through. If that does not lead to one, two seats with two acts each are tried, then what
//! smoothed answers come close to (McKelvey and Palfrey, *Quantal response equilibria*, 1995), then
//! supports by size.

use super::newton::Work;
use super::{ACTS, Mixed, SEATS, Stage, members, support};

/// How many times around all seats smoothed answers go on.
const SMOOTHED: usize = 600;

impl Stage<'_> {
    /// A mixed equilibrium. `through` is what best answers in turn run through, if that is known.
    pub fn mixed(&self, through: Option<[u16; SEATS]>) -> Option<Mixed> {
        let (mut tried, mut work) = (Vec::new(), Work::default());
        let left = self.undominated();
        if let Some(found) =
            through.and_then(|start| self.grown_from(start, None, &mut tried, &mut work))
        {
            return Some(found);
        }
        self.two_seats(&left)
            .or_else(|| {
                let mut found = None;
                self.smoothed(&left, |close| {
                    found = self.near(close, &mut work);
                    found.is_some()
                });
                found
            })
            .or_else(|| self.grown_from(left, None, &mut tried, &mut work))
            .or_else(|| self.by_size(&left, &mut work))
    }

    /// An equilibrium close to some chances: what is hardly played is left out at first, and the
    /// active-set method goes on from there.
    fn near(&self, mixed: &Mixed, work: &mut Work) -> Option<Mixed> {
        let mut tried = Vec::new();
        [0.01, 0.001, 0.05, 0.1].into_iter().find_map(|least| {
            let mut start = *mixed;
            for row in &mut start[..self.seats] {
                let least = least * row.iter().copied().fold(0.0, f64::max);
                row.iter_mut().filter(|chance| **chance < least).for_each(|chance| *chance = 0.0);
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|chance| *chance /= sum);
            }
            self.grown_from(support(&start), Some(&start), &mut tried, work)
        })
    }

    /// Chances close to an equilibrium. Everybody answers the others, in turn, by chances that grow
    /// exponentially with what acts are worth (logit answers), more and more sharply. Now and then
    /// `done` looks whether they will do.
    fn smoothed(&self, left: &[u16; SEATS], mut done: impl FnMut(&Mixed) -> bool) -> Mixed {
        let mut mixed = [[0.0; ACTS]; SEATS];
        for seat in 0..self.seats {
            members(left[seat]).for_each(|act| mixed[seat][act] = 1.0);
            mixed[seat] = mixed[seat].map(|chance| chance / f64::from(left[seat].count_ones()));
        }
        let all = self.worth[..self.allocations.len()].iter();
        let payoffs = all.flat_map(|line| &line.0[self.lane..][..self.seats]);
        let (least, most) =
            payoffs.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let mut noise = 0.1 * (most - least).max(f64::MIN_POSITIVE);
        let mut others = Vec::new();
        for round in 1..=SMOOTHED {
            for seat in 0..self.seats {
                self.spread(&mixed, &[seat], &mut others);
                let mut worth = [f64::NEG_INFINITY; ACTS];
                members(left[seat]).for_each(|act| worth[act] = self.expect(seat, act, &others));
                let most = worth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let answer = worth.map(|worth| ((worth - most) / noise).exp());
                let sum: f64 = answer.iter().sum();
                let row = &mut mixed[seat];
                for (chance, answer) in row.iter_mut().zip(answer) {
                    *chance += 0.2 * (answer / sum - *chance);
                    if *chance < 1e-7 {
                        *chance = 0.0;
                    }
                }
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|chance| *chance /= sum);
            }
            noise *= 0.985;
            if round % (SMOOTHED / 12) == 0 && done(&mixed) {
                break;
            }
        }
        mixed
    }

    /// An equilibrium in which two seats mix two acts each, which is what nearly all stages without
    /// a pure equilibrium have: each makes the other indifferent.
    fn two_seats(&self, left: &[u16; SEATS]) -> Option<Mixed> {
        let mut budget = 4_000_000u64;
        for a in 0..self.seats {
            for b in a + 1..self.seats {
                let mut acts = [usize::MAX; SEATS];
                let found = self.two_of(left, (a, b), 0, 0, &mut acts, &mut budget);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Goes through the others' acts, from `seat` on; `all` holds the workers before it.
    fn two_of(
        &self,
        left: &[u16; SEATS],
        (a, b): (usize, usize),
        seat: usize,
        all: u32,
        acts: &mut [usize; SEATS],
        budget: &mut u64,
    ) -> Option<Mixed> {
        if seat < self.seats {
            if seat == a || seat == b {
                return self.two_of(left, (a, b), seat + 1, all, acts, budget);
            }
            return members(left[seat]).find_map(|act| {
                acts[seat] = act;
                self.two_of(left, (a, b), seat + 1, self.with(all, act), acts, budget)
            });
        }
        let cells = u64::from(left[a].count_ones() * left[b].count_ones());
        *budget = budget.checked_sub(cells * cells / 4 + 1)?;
        // What each of the two gets, by both their acts.
        let mut worth = [[[0.0; 2]; ACTS]; ACTS];
        for i in members(left[a]) {
            for j in members(left[b]) {
                worth[i][j] =
                    [self.payoff(a, i, self.with(all, j)), self.payoff(b, j, self.with(all, i))];
            }
        }
        for i in members(left[a]) {
            for other_i in members(left[a]).filter(|&other| other > i) {
                for j in members(left[b]) {
                    // What the first act of one gains over the second, by the other's act.
                    let of_a = |j: usize| worth[i][j][0] - worth[other_i][j][0];
                    for other_j in members(left[b]).filter(|&other| other > j) {
                        let of_b = |i: usize| worth[i][j][1] - worth[i][other_j][1];
                        let (a_one, a_two) = (of_a(j), of_a(other_j));
                        let (b_one, b_two) = (of_b(i), of_b(other_i));
                        if a_one * a_two >= 0.0 || b_one * b_two >= 0.0 {
                            continue;
                        }
                        let mut mixed = [[0.0; ACTS]; SEATS];
                        for seat in (0..self.seats).filter(|&seat| seat != a && seat != b) {
                            mixed[seat][acts[seat]] = 1.0;
                        }
                        let of_i = b_two / (b_two - b_one);
                        let of_j = a_two / (a_two - a_one);
                        (mixed[a][i], mixed[a][other_i]) = (of_i, 1.0 - of_i);
                        (mixed[b][j], mixed[b][other_j]) = (of_j, 1.0 - of_j);
                        if self.accepts(&mixed) {
                            return Some(mixed);
                        }
                    }
                }
            }
        }
        None
    }

    /// Chances by which nobody gains much, where no equilibrium was found.
    pub fn least_regret(&self) -> Mixed {
        self.smoothed(&self.undominated(), |_| false)
    }

    /// From chances that were an equilibrium of a game much like this one.
    pub fn mixed_again(&self, start: &Mixed) -> Option<Mixed> {
        let mut work = Work::default();
        let found = self.newton(&support(start), Some(start), &mut work)?;
        self.accepts(&found).then_some(found)
    }

    fn accepts(&self, mixed: &Mixed) -> bool {
        let rows = &mixed[..self.seats];
        rows.iter().flatten().all(|&chance| chance >= 0.0)
            && self.judge(mixed).1.0 <= self.tolerance
    }

    /// The active-set method.
    fn grown_from(
        &self,
        mut support: [u16; SEATS],
        start: Option<&Mixed>,
        tried: &mut Vec<[u16; SEATS]>,
        work: &mut Work,
    ) -> Option<Mixed> {
        for _ in 0..32 {
            if tried.contains(&support) {
                return None;
            }
            tried.push(support);
            let from = start.filter(|start| self::support(start) == support);
            let Some(found) = self.newton(&support, from, work) else {
                // Too many acts somewhere: the seat with the most gives up its last one.
                let seat = (0..self.seats).rev().max_by_key(|&seat| support[seat].count_ones())?;
                if support[seat].count_ones() < 2 {
                    return None;
                }
                support[seat] &= !(1 << (15 - support[seat].leading_zeros()));
                continue;
            };
            let (mut least, mut at) = (0.0, None);
            for seat in 0..self.seats {
                for act in 0..self.acts() {
                    if found[seat][act] < least {
                        (least, at) = (found[seat][act], Some((seat, act)));
                    }
                }
            }
            if let Some((seat, act)) = at {
                support[seat] &= !(1 << act);
                continue;
            }
            let (_, (gain, seat, act)) = self.judge(&found);
            if gain <= self.tolerance {
                return Some(found);
            }
            support[seat] |= 1 << act;
        }
        None
    }

    /// All supports of at most three acts a seat within some acts, small ones first.
    fn by_size(&self, within: &[u16; SEATS], work: &mut Work) -> Option<Mixed> {
        let subsets = |acts: u16| -> Vec<u16> {
            let mut all: Vec<u16> = (1..=acts).filter(|set| set & !acts == 0).collect();
            all.retain(|set| set.count_ones() <= 3);
            all
        };
        let options: Vec<Vec<u16>> =
            within[..self.seats].iter().map(|&acts| subsets(acts)).collect();
        let mut budget = 400;
        for size in self.seats + 2..=3 * self.seats {
            let mut support = [0; SEATS];
            if let Some(found) = self.sized(&options, 0, size, &mut support, &mut budget, work) {
                return Some(found);
            }
        }
        None
    }

    fn sized(
        &self,
        options: &[Vec<u16>],
        seat: usize,
        size: usize,
        support: &mut [u16; SEATS],
        budget: &mut usize,
        work: &mut Work,
    ) -> Option<Mixed> {
        *budget = budget.checked_sub(1)?;
        if seat == self.seats {
            // What one seat mixes, the others' chances have to make equal.
            let mixing = |set: u16| set.count_ones() as usize - 1;
            let free: usize = support[..seat].iter().map(|&set| mixing(set)).sum();
            let most = support[..seat].iter().map(|&set| mixing(set)).max().unwrap_or(0);
            if size != 0 || 2 * most > free {
                return None;
            }
            let found = self.newton(support, None, work)?;
            return self.accepts(&found).then_some(found);
        }
        let rest = self.seats - seat - 1;
        for &set in &options[seat] {
            let count = set.count_ones() as usize;
            if count + rest <= size && size <= count + 3 * rest {
                support[seat] = set;
                let found = self.sized(options, seat + 1, size - count, support, budget, work);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Acts left when those strictly dominated by another act have been taken away, again and again.
    fn undominated(&self) -> [u16; SEATS] {
        let mut left = [((1u32 << self.acts()) - 1) as u16; SEATS];
        let mut others = Vec::new();
        loop {
            let before = left;
            for seat in 0..self.seats {
                // Allocations of the others that are still possible.
                others.clear();
                others.push(0u32);
                for other in (0..self.seats).filter(|&other| other != seat) {
                    let all: Vec<u32> = others
                        .iter()
                        .flat_map(|&all| members(left[other]).map(move |act| (all, act)))
                        .map(|(all, act)| self.with(all, act))
                        .collect();
                    others = all;
                    others.sort_unstable();
                    others.dedup();
                }
                for act in members(left[seat]) {
                    let beaten = members(left[seat]).any(|by| {
                        by != act
                            && others.iter().all(|&all| {
                                self.payoff(seat, by, all)
                                    > self.payoff(seat, act, all) + self.tolerance
                            })
                    });
                    if beaten {
                        left[seat] &= !(1 << act);
                    }
                }
            }
            if left == before {
                return left;
            }
        }
    }
}
