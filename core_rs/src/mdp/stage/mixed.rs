//! Mixed equilibria of a stage, looked for by their *support*, the acts that each seat plays with a
//! chance.
//!
//! The search goes from support to support: [`newton`](super::newton) finds the chances of one, and
//! what is wrong with them, acts with a negative chance or seats that gain by another act, says which
//! supports to look at next. It starts from the night after, then from what best answers in turn run
//! through. Nearly always these lead to an equilibrium in which two seats mix two acts each; if
//! not, [`path`](super::path) comes close to one.

use super::newton::Work;
use super::{ACTS, Mixed, SEATS, Stage, members, support};

/// Work from one start: each support takes 1, and more if it is large.
const WORK: u32 = 60;
/// What is tried in turn to keep curves from crossing where seats are alike, see
/// [`path`](super::path).
const LEANS: [f64; 3] = [0.0, 0.3, 1.0];

impl Stage<'_> {
    /// A mixed equilibrium, and true; or chances by which nobody gains much, and false. `before` was
    /// an equilibrium of a game much like this one, `through` is what best answers in turn run through.
    pub fn mixed(&self, before: Option<&Mixed>, through: Option<[u16; SEATS]>) -> (Mixed, bool) {
        let mut work = Work::default();
        let found = before
            .and_then(|before| self.from(support(before), Some(before), &mut work))
            .or_else(|| through.and_then(|through| self.from(through, None, &mut work)))
            .or_else(|| self.two_seats(&work.seen()));
        if let Some(found) = found {
            return (found, true);
        }
        // Regret, chances, and whether that will do.
        let mut least = (f64::INFINITY, [[0.0; ACTS]; SEATS], false);
        for row in &mut least.1[..self.seats] {
            row[..self.acts()].fill(1.0 / self.acts() as f64);
        }
        for lean in LEANS {
            self.follow(lean, |close| {
                let regret = self.regret(close);
                if regret < least.0 {
                    least = (regret, *close, regret <= self.tolerance);
                }
                if !least.2
                    && let Some(found) = self.near(close)
                {
                    least = (0.0, found, true);
                }
                least.2
            });
            if least.2 {
                break;
            }
        }
        (least.1, least.2)
    }

    fn accepts(&self, mixed: &Mixed) -> bool {
        let rows = &mixed[..self.seats];
        rows.iter().flatten().all(|&chance| chance >= 0.0) && self.regret(mixed) <= self.tolerance
    }

    /// From some support on, those first whose chances leave the least to gain.
    fn from(&self, first: [u16; SEATS], start: Option<&Mixed>, work: &mut Work) -> Option<Mixed> {
        let mut open = vec![(0.0_f64, first)];
        let mut budget = WORK;
        loop {
            let next = (0..open.len()).min_by(|&i, &j| open[i].0.total_cmp(&open[j].0))?;
            let (regret, support) = open.swap_remove(next);
            if work.tried.contains(&support) {
                continue;
            }
            let acts: u32 = support.iter().map(|acts| acts.count_ones()).sum();
            budget = budget.checked_sub(1 + (acts - self.seats as u32).pow(2) / 16)?;
            work.tried.push(support);
            let without = |seat: usize, act: usize| {
                let mut less = support;
                less[seat] &= !(1 << act);
                less
            };
            let Some(found) = self.newton(&support, start, work) else {
                // Too many acts somewhere.
                let seat = (0..self.seats).max_by_key(|&seat| support[seat].count_ones())?;
                if support[seat].count_ones() > 1 {
                    open.extend(members(support[seat]).map(|act| (regret, without(seat, act))));
                }
                continue;
            };
            let (mut least, mut at) = (0.0, None);
            for seat in 0..self.seats {
                for act in members(support[seat]) {
                    if found[seat][act] < least {
                        (least, at) = (found[seat][act], Some((seat, act)));
                    }
                }
            }
            if let Some((seat, act)) = at {
                open.push((regret, without(seat, act)));
                continue;
            }
            let (_, gains) = self.judge(&found);
            let regret = gains.iter().fold(0.0, |most: f64, gain| most.max(gain.0));
            if regret <= self.tolerance {
                return Some(found);
            }
            for (seat, &(gain, act)) in gains.iter().enumerate() {
                if gain > self.tolerance {
                    let with = |mut set: [u16; SEATS]| {
                        set[seat] |= 1 << act;
                        (regret, set)
                    };
                    open.push(with(support));
                    let instead = members(support[seat]).map(|old| with(without(seat, old)));
                    open.extend(instead);
                }
            }
        }
    }

    /// An equilibrium in which two seats mix two acts each, of some acts: each makes the other
    /// indifferent.
    fn two_seats(&self, within: &[u16; SEATS]) -> Option<Mixed> {
        let mut budget = 200_000u64;
        for a in 0..self.seats {
            for b in a + 1..self.seats {
                let mut acts = [usize::MAX; SEATS];
                let found = self.two_of(within, (a, b), 0, 0, &mut acts, &mut budget);
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
        within: &[u16; SEATS],
        (a, b): (usize, usize),
        seat: usize,
        all: u32,
        acts: &mut [usize; SEATS],
        budget: &mut u64,
    ) -> Option<Mixed> {
        if seat < self.seats {
            if seat == a || seat == b {
                return self.two_of(within, (a, b), seat + 1, all, acts, budget);
            }
            return members(within[seat]).find_map(|act| {
                acts[seat] = act;
                self.two_of(within, (a, b), seat + 1, self.with(all, act), acts, budget)
            });
        }
        let cells = u64::from(within[a].count_ones() * within[b].count_ones());
        *budget = budget.checked_sub(cells * cells / 4 + 1)?;
        // What each of the two gets, by both their acts.
        let mut worth = [[[0.0; 2]; ACTS]; ACTS];
        for i in members(within[a]) {
            for j in members(within[b]) {
                worth[i][j] =
                    [self.payoff(a, i, self.with(all, j)), self.payoff(b, j, self.with(all, i))];
            }
        }
        for i in members(within[a]) {
            for other_i in members(within[a]).filter(|&other| other > i) {
                for j in members(within[b]) {
                    // What the first act of one gains over the second, by the other's act.
                    let of_a = |j: usize| worth[i][j][0] - worth[other_i][j][0];
                    for other_j in members(within[b]).filter(|&other| other > j) {
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

    /// An equilibrium close to some chances: what is hardly played is left out at first.
    fn near(&self, close: &Mixed) -> Option<Mixed> {
        let mut work = Work::default();
        [0.01, 0.001, 0.05, 0.1].into_iter().find_map(|least| {
            let mut start = *close;
            for row in &mut start[..self.seats] {
                let least = least * row.iter().copied().fold(0.0, f64::max);
                row.iter_mut().filter(|chance| **chance < least).for_each(|chance| *chance = 0.0);
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|chance| *chance /= sum);
            }
            if self.accepts(&start) {
                return Some(start);
            }
            self.from(support(&start), Some(&start), &mut work)
        })
    }
}
