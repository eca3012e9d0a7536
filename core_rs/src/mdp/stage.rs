//! One night in one state, as a game between the seats: its equilibria, pure or mixed.
//!
//! Every agent chooses one of `b` fires or to stay idle; with `k` workers at the fires, seat `a` gets
//! `M_a[k]`, less the cost of its work, or with what idleness is worth. A mixed equilibrium is
//! looked for by its *support*, the acts that each seat plays with a chance: Newton's method solves
//! for indifference among the acts of the support, whose payoffs are multi-affine in the chances.
//! Acts that come out negative leave the support, and acts that would gain enter it (an active-set
//! method); it starts from what best answers in turn run through. If that does not lead to one, two
//! seats with two acts each are tried, then what smoothed answers come close to (McKelvey and
//! Palfrey, *Quantal response equilibria*, 1995), then supports by size. Whatever comes out is checked
//! against every act.

use super::allocations::Allocations;
use crate::simd::doubles::Line;

/// Most seats.
const SEATS: usize = super::cost::MOST_AGENTS;
/// Most acts: a fire each, and to be idle.
const ACTS: usize = super::cost::MOST_HOUSES + 1;

/// Chances of each act of each seat.
pub(super) type Mixed = [[f64; ACTS]; SEATS];

/// An act of each seat: a fire's number, or `b` to be idle.
pub(super) type Pure = [u8; SEATS];

/// A state's game. Payoffs of seat `a` are in lane `lane + a`.
pub(super) struct Stage<'a> {
    pub allocations: &'a Allocations,
    pub worth: &'a [Line],
    pub lane: usize,
    pub seats: usize,
    pub idle: f64,
    pub cost: f64,
    pub tolerance: f64,
}

/// How many times around all seats best answers may go on.
const ROUNDS: usize = 24;
/// How many times around all seats smoothed answers go on.
const SMOOTHED: usize = 600;

impl Stage<'_> {
    /// Acts of a seat.
    fn acts(&self) -> usize {
        self.allocations.fires + 1
    }

    /// What an act is worth to a seat if the others' workers are so allocated.
    #[inline(always)]
    fn payoff(&self, seat: usize, act: usize, others: u32) -> f64 {
        let lane = self.lane + seat;
        if act == self.allocations.fires {
            self.worth[others as usize].0[lane] + self.idle
        } else {
            let all = self.allocations.plus(others, act);
            self.worth[all as usize].0[lane] - self.cost
        }
    }

    /// The workers of all seats but one.
    fn others(&self, acts: &Pure, seat: usize) -> u32 {
        let others = (0..self.seats).filter(|&other| other != seat);
        others.fold(0, |all, other| match usize::from(acts[other]) {
            act if act == self.allocations.fires => all,
            fire => self.allocations.plus(all, fire),
        })
    }

    /// A seat's best answer and its gain over what it does. It stays if it gains no more than the
    /// tolerance; of acts that are as good, the idle one comes first, then the lowest fire.
    fn answer(&self, acts: &Pure, seat: usize) -> Option<u8> {
        let others = self.others(acts, seat);
        let idle = self.allocations.fires;
        let now = self.payoff(seat, usize::from(acts[seat]), others);
        let (mut best, mut most) = (idle, self.payoff(seat, idle, others));
        for fire in 0..idle {
            let worth = self.payoff(seat, fire, others);
            if worth > most + self.tolerance {
                (best, most) = (fire, worth);
            }
        }
        (most > now + self.tolerance).then_some(best as u8)
    }

    /// What acts are worth to each seat.
    pub fn payoffs(&self, acts: &Pure) -> [f64; SEATS] {
        let mut payoffs = [0.0; SEATS];
        for seat in 0..self.seats {
            payoffs[seat] = self.payoff(seat, usize::from(acts[seat]), self.others(acts, seat));
        }
        payoffs
    }

    /// Best answers in turn, from some acts on; `Err` with the acts that they run through if they
    /// do not come to rest.
    pub fn answers(&self, mut acts: Pure) -> Result<Pure, [u16; SEATS]> {
        let mut through = [0; SEATS];
        for round in 0..ROUNDS {
            let mut rests = true;
            for seat in 0..self.seats {
                if let Some(act) = self.answer(&acts, seat) {
                    acts[seat] = act;
                    rests = false;
                }
                if round >= ROUNDS / 2 {
                    through[seat] |= 1 << acts[seat];
                }
            }
            if rests {
                return Ok(acts);
            }
        }
        Err(through)
    }

    /// Nobody fights a fire.
    pub fn all_idle(&self) -> Pure {
        [self.allocations.fires as u8; SEATS]
    }

    /// The pure equilibrium with the largest sum of payoffs, of all.
    ///
    /// Allocations are tried from the best down. Which seat may stand at which place, given where
    /// all others work, does not depend on who they are; so an allocation is an equilibrium's if
    /// its places can be given to seats that may have them.
    pub fn best_pure(&self) -> Option<Pure> {
        let mut sums = Vec::with_capacity(self.allocations.len());
        for (workers, range) in self.allocations.by_workers().enumerate() {
            let effort = (self.seats - workers) as f64 * self.idle - workers as f64 * self.cost;
            for all in range {
                let sum: f64 = self.worth[all].0[self.lane..][..self.seats].iter().sum();
                sums.push(sum + effort);
            }
        }
        for _ in 0..sums.len() {
            let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let all = sums.iter().position(|&sum| sum >= most - self.tolerance)?;
            sums[all] = f64::NEG_INFINITY;
            let places = self.allocations.places(all as u32);
            // Places that each seat may have, as bits.
            let mut may = [0u16; SEATS];
            for (i, &place) in places.iter().enumerate() {
                if i > 0 && places[i - 1] == place {
                    for set in &mut may {
                        *set |= (*set >> (i - 1) & 1) << i;
                    }
                    continue;
                }
                let others = (places.iter().enumerate())
                    .filter(|&(j, _)| j != i)
                    .fold(0, |k, (_, &p)| self.with(k, usize::from(p)));
                for seat in 0..self.seats {
                    let worth = self.payoff(seat, usize::from(place), others);
                    let stays = (0..self.acts())
                        .all(|act| self.payoff(seat, act, others) <= worth + self.tolerance);
                    may[seat] |= u16::from(stays) << i;
                }
            }
            if let Some(acts) = assign(&may[..self.seats], places) {
                return Some(acts);
            }
        }
        None
    }

    /// Chances of the others' allocations; `fixed` seats count as idle.
    fn spread(&self, mixed: &Mixed, fixed: &[usize], to: &mut Vec<(u32, f64)>) {
        to.clear();
        to.push((0, 1.0));
        for seat in (0..self.seats).filter(|seat| !fixed.contains(seat)) {
            let before = to.len();
            let row = &mixed[seat];
            let mut used = (0..self.acts()).filter(|&act| row[act] != 0.0);
            let first = used.next().unwrap_or(self.allocations.fires);
            for act in used {
                for i in 0..before {
                    let (all, chance) = to[i];
                    to.push((self.with(all, act), chance * row[act]));
                }
            }
            for (all, chance) in &mut to[..before] {
                (*all, *chance) = (self.with(*all, first), *chance * row[first]);
            }
        }
    }

    fn with(&self, all: u32, act: usize) -> u32 {
        if act == self.allocations.fires { all } else { self.allocations.plus(all, act) }
    }

    fn expect(&self, seat: usize, act: usize, others: &[(u32, f64)]) -> f64 {
        others.iter().map(|&(all, chance)| chance * self.payoff(seat, act, all)).sum()
    }

    /// What chances are worth to each seat; and the largest gain by any act, with seat and act.
    pub fn judge(&self, mixed: &Mixed) -> ([f64; SEATS], (f64, usize, usize)) {
        let mut others = Vec::new();
        let (mut payoffs, mut largest) = ([0.0; SEATS], (f64::NEG_INFINITY, 0, 0));
        for seat in 0..self.seats {
            self.spread(mixed, &[seat], &mut others);
            let mut worth = [0.0; ACTS];
            for act in 0..self.acts() {
                worth[act] = self.expect(seat, act, &others);
            }
            payoffs[seat] = (0..self.acts()).map(|act| mixed[seat][act] * worth[act]).sum();
            for act in 0..self.acts() {
                if worth[act] - payoffs[seat] > largest.0 {
                    largest = (worth[act] - payoffs[seat], seat, act);
                }
            }
        }
        (payoffs, largest)
    }

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

    /// Chances on a support that make its acts equal for every seat; may be negative.
    fn newton(
        &self,
        support: &[u16; SEATS],
        start: Option<&Mixed>,
        work: &mut Work,
    ) -> Option<Mixed> {
        let Work { unknowns, first, others, matrix } = work;
        unknowns.clear();
        let mut mixed = [[0.0; ACTS]; SEATS];
        for seat in 0..self.seats {
            let acts = support[seat].count_ones();
            first[seat] = support[seat].trailing_zeros() as usize;
            for act in members(support[seat]) {
                mixed[seat][act] = 1.0 / f64::from(acts);
                if act != first[seat] {
                    unknowns.push((seat, act));
                }
            }
        }
        if let Some(start) = start {
            mixed = *start;
        }
        let size = unknowns.len();
        let width = size + 1;
        for _ in 0..40 {
            matrix.clear();
            matrix.resize(size * width, 0.0);
            for (i, &(seat, act)) in unknowns.iter().enumerate() {
                self.spread(&mixed, &[seat], others);
                let gap = self.expect(seat, act, others) - self.expect(seat, first[seat], others);
                matrix[i * width + size] = -gap;
                for (j, &(other, by)) in unknowns.iter().enumerate() {
                    if other != seat {
                        self.spread(&mixed, &[seat, other], others);
                        let slope: f64 = others
                            .iter()
                            .map(|&(all, chance)| {
                                let more = self.with(all, by);
                                let less = self.with(all, first[other]);
                                let gap = |all| {
                                    self.payoff(seat, act, all)
                                        - self.payoff(seat, first[seat], all)
                                };
                                chance * (gap(more) - gap(less))
                            })
                            .sum();
                        matrix[i * width + j] = slope;
                    }
                }
            }
            solve(matrix, size)?;
            let mut step: f64 = 0.0;
            for (i, &(seat, act)) in unknowns.iter().enumerate() {
                let change = matrix[i * width + size];
                step = step.max(change.abs());
                mixed[seat][act] += change;
            }
            for seat in 0..self.seats {
                let rest: f64 = members(support[seat])
                    .filter(|&act| act != first[seat])
                    .map(|act| mixed[seat][act])
                    .sum();
                mixed[seat][first[seat]] = 1.0 - rest;
            }
            if !step.is_finite() || step > 1e6 {
                return None;
            }
            if step < 1e-13 {
                for chance in mixed.iter_mut().flatten() {
                    if chance.abs() < 1e-12 {
                        *chance = 0.0;
                    }
                }
                return Some(mixed);
            }
        }
        None
    }
}

/// Room for Newton's method.
#[derive(Default)]
struct Work {
    unknowns: Vec<(usize, usize)>,
    first: [usize; SEATS],
    others: Vec<(u32, f64)>,
    matrix: Vec<f64>,
}

/// Acts with a chance.
pub(super) fn support(mixed: &Mixed) -> [u16; SEATS] {
    let mut support = [0; SEATS];
    for (set, row) in support.iter_mut().zip(mixed) {
        for (act, &chance) in row.iter().enumerate() {
            *set |= u16::from(chance != 0.0) << act;
        }
    }
    support
}

fn members(set: u16) -> impl Iterator<Item = usize> + Clone {
    (0..ACTS).filter(move |&act| set >> act & 1 == 1)
}

/// Gives every seat one of the places that it may have (as bits), the lowest first.
fn assign(may: &[u16], places: &[u8]) -> Option<Pure> {
    fn next(may: &[u16], places: &[u8], seat: usize, free: u16, acts: &mut Pure) -> bool {
        if seat == may.len() {
            return true;
        }
        let mut last = None;
        for i in (0..places.len()).filter(|&i| may[seat] & free & 1 << i != 0) {
            if last != Some(places[i]) {
                acts[seat] = places[i];
                if next(may, places, seat + 1, free & !(1 << i), acts) {
                    return true;
                }
                last = Some(places[i]);
            }
        }
        false
    }
    let mut acts = [0; SEATS];
    next(may, places, 0, u16::MAX, &mut acts).then_some(acts)
}

/// Solves linear equations, whose right sides are the last column, in place.
fn solve(matrix: &mut [f64], size: usize) -> Option<()> {
    let width = size + 1;
    for column in 0..size {
        let pivot = (column..size).max_by(|&i, &j| {
            matrix[i * width + column].abs().total_cmp(&matrix[j * width + column].abs())
        })?;
        let scale =
            matrix[pivot * width..][..size].iter().fold(0.0f64, |most, x| most.max(x.abs()));
        if matrix[pivot * width + column].abs() <= 1e-12 * scale.max(1e-300) {
            return None;
        }
        for i in 0..width {
            matrix.swap(column * width + i, pivot * width + i);
        }
        for row in (0..size).filter(|&row| row != column) {
            let factor = matrix[row * width + column] / matrix[column * width + column];
            for i in column..width {
                matrix[row * width + i] -= factor * matrix[column * width + i];
            }
        }
    }
    for row in 0..size {
        matrix[row * width + size] /= matrix[row * width + row];
    }
    Some(())
}
