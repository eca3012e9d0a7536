//! Counts from chances added up over nights, and what these chances are worth to counts.

use std::collections::HashMap;

use super::saves::BurningHouse;
use crate::dynamics::extinguishing::{Partition, Team};
use crate::dynamics::ring::Ring;
use crate::game::counts::Layout;
use crate::policy::Policy;
use crate::simd::doubles::Line;

/// Lanes in which chances are added up: over the starts of all nights,
pub const STARTED: usize = 0;
/// over the ends of all nights,
pub const FINISHED: usize = 1;
/// over the starts of nights (from the first that may follow an end on), before ends are taken out,
pub const COUNTED: usize = 2;
/// and after the last night.
pub const LAST: usize = 3;

/// Index of `cap` among the ways to end.
const CAP: usize = 3;

/// The facts about states from which counts are made.
#[derive(Clone, Debug)]
pub struct Totals {
    layout: Layout,
    partition: Partition,
    ring: Ring,
    /// For each set of standing houses, how an episode ends if none of them burns.
    ends: Vec<Option<usize>>,
    /// For each set of standing houses, the part of each house that is ruined.
    ruined: Vec<f64>,
    /// For each set of burning houses, the part of each house that burns, and which of `cases`.
    burning: Vec<(f64, u32)>,
    cases: Vec<BurningHouse>,
    /// Whether the night after which episodes are cut off may also end them in another way.
    may_end: bool,
}

/// Chances added up, in the lanes above.
#[derive(Clone, Debug)]
pub struct Occupancy {
    /// By set of standing houses.
    pub standing: Vec<Line>,
    /// By set of standing houses, none of which burns.
    pub without_fires: Vec<Line>,
    /// By set of burning houses.
    pub burning: Vec<Line>,
}

impl Occupancy {
    /// Sums of zeros.
    pub fn new(standing: usize, burning: usize) -> Self {
        let lines = |count| vec![Line::default(); count];
        Self { standing: lines(standing), without_fires: lines(standing), burning: lines(burning) }
    }
}

/// Sets of houses, by the part of each house.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The way an episode ends in each set, if none burns (see [`Totals`]).
    pub ends: Vec<Option<usize>>,
    /// The part of each house that is ruined (see [`Totals`]).
    pub ruined: Vec<f64>,
    /// The part of each house that burns (see [`Totals`]).
    pub burning: Vec<(f64, u32)>,
    cases: Vec<BurningHouse>,
    known: HashMap<u64, u32>,
}

impl Parts {
    /// Adds the part of a house that burns.
    pub fn burn(&mut self, part: f64, case: BurningHouse) {
        let next = self.cases.len() as u32;
        let index = *self.known.entry(case.key()).or_insert(next);
        if index == next {
            self.cases.push(case);
        }
        self.burning.push((part, index));
    }
}

impl Totals {
    /// Tables for a ring.
    pub fn new(
        layout: Layout,
        partition: Partition,
        ring: &Ring,
        parts: Parts,
        may_end: bool,
    ) -> Self {
        let Parts { ends, ruined, burning, cases, .. } = parts;
        Self { layout, partition, ring: ring.clone(), ends, ruined, burning, cases, may_end }
    }

    /// The count vector of an episode.
    pub fn counts(&self, (policies, solo): (&[Policy], f64), sums: &Occupancy) -> Vec<f64> {
        let layout = self.layout;
        let houses = layout.houses;
        let mut counts = vec![0.0; layout.counts()];
        let mut ended = [0.0; 4];
        let mut finished = 0.0;
        let (mut played, mut with_fire) = (0.0, 0.0);
        let sets = self.ends.iter().zip(self.ruined.chunks_exact(houses));
        for ((end, ruined), (all, without_fires)) in
            sets.zip(sums.standing.iter().zip(&sums.without_fires))
        {
            played += all.0[STARTED];
            with_fire += all.0[STARTED] - without_fires.0[STARTED];
            finished += all.0[FINISHED];
            for (count, part) in counts[layout.ruined()..].iter_mut().zip(ruined) {
                *count += part * all.0[FINISHED];
            }
            ended[CAP] += all.0[LAST];
            if let &Some(kind) = end {
                played -= without_fires.0[COUNTED];
                ended[kind] += without_fires.0[COUNTED];
                if self.may_end {
                    ended[kind] += without_fires.0[LAST];
                    ended[CAP] -= without_fires.0[LAST];
                }
            }
        }
        let chances = self.chances(policies, solo);
        let mut burning = vec![0.0; houses];
        let saved = layout.saved()..layout.saved() + houses;
        for (parts, sum) in self.burning.chunks_exact(houses).zip(&sums.burning) {
            let counts = burning.iter_mut().zip(&mut counts[saved.clone()]);
            for ((burning, saved), &(part, case)) in counts.zip(parts) {
                *burning += part * sum.0[FINISHED];
                *saved += part * chances[case as usize] * sum.0[STARTED];
            }
        }
        for house in 0..houses {
            let other = burning[house] + counts[layout.ruined() + house];
            counts[layout.safe() + house] = finished - other;
        }
        counts[Layout::NIGHTS] = played;
        for (agent, policy) in policies.iter().enumerate() {
            let (chance, at_fires) = policy.work();
            counts[layout.worked() + agent] = chance * if at_fires { with_fire } else { played };
        }
        counts[layout.ended()..].copy_from_slice(&ended);
        // What is nothing may have been rounded to less.
        counts.iter_mut().for_each(|count| *count = count.max(0.0));
        counts
    }

    /// What sums are worth, given what each count is worth.
    pub fn adjoint(&self, (policies, solo): (&[Policy], f64), weights: &[f64]) -> Occupancy {
        let layout = self.layout;
        let houses = layout.houses;
        // Of working in any night, and in nights with a fire.
        let worked = |wanted: bool| -> f64 {
            let works = policies.iter().map(Policy::work).zip(&weights[layout.worked()..]);
            works.filter(|((_, at), _)| *at == wanted).map(|((chance, _), w)| w * chance).sum()
        };
        let night = weights[Layout::NIGHTS] + worked(false);
        let at_fires = worked(true);
        let [safe, ruined, saved] = [layout.safe(), layout.ruined(), layout.saved()]
            .map(|first| &weights[first..first + houses]);
        let ended = &weights[layout.ended()..];
        let all_safe: f64 = safe.iter().sum();
        let mut adjoint = Occupancy::new(self.ends.len(), self.burning.len() / houses);
        let sets = self.ends.iter().zip(self.ruined.chunks_exact(houses));
        let lines = adjoint.standing.iter_mut().zip(&mut adjoint.without_fires);
        for ((end, parts), (all, without_fires)) in sets.zip(lines) {
            all.0[STARTED] = night + at_fires;
            without_fires.0[STARTED] = -at_fires;
            let parts = parts.iter().zip(ruined).zip(safe);
            let lost = parts.map(|((part, ruined), safe)| part * (ruined - safe));
            all.0[FINISHED] = all_safe + lost.sum::<f64>();
            all.0[LAST] = ended[CAP];
            if let &Some(kind) = end {
                without_fires.0[COUNTED] = ended[kind] - night;
                if self.may_end {
                    without_fires.0[LAST] = ended[kind] - ended[CAP];
                }
            }
        }
        let chances = self.chances(policies, solo);
        for (parts, line) in self.burning.chunks_exact(houses).zip(&mut adjoint.burning) {
            for (house, &(part, case)) in parts.iter().enumerate() {
                line.0[STARTED] += part * chances[case as usize] * saved[house];
                line.0[FINISHED] -= part * safe[house];
            }
        }
        adjoint
    }

    /// Adds the derivatives by the numbers of each policy of what counts are worth, with the nights
    /// held as they are.
    pub fn backward(
        &self,
        (policies, solo): (&[Policy], f64),
        weights: &[f64],
        (counts, sums): (&[f64], &Occupancy),
        gradient: &mut [[f64; 2]],
    ) {
        let layout = self.layout;
        let sets = sums.standing.iter().zip(&sums.without_fires);
        let with_fire: f64 =
            sets.map(|(all, without_fires)| all.0[STARTED] - without_fires.0[STARTED]).sum();
        for (agent, gradient) in gradient.iter_mut().enumerate() {
            let nights = if policies[agent].work().1 { with_fire } else { counts[Layout::NIGHTS] };
            gradient[0] += weights[layout.worked() + agent] * nights;
        }
        let mut of_cases = vec![0.0; self.cases.len()];
        for (parts, sum) in self.burning.chunks_exact(layout.houses).zip(&sums.burning) {
            for (&(part, case), weight) in parts.iter().zip(&weights[layout.saved()..]) {
                of_cases[case as usize] += part * sum.0[STARTED] * weight;
            }
        }
        let mut teams = Teams::new(self.partition, policies, solo);
        for (case, &weight) in self.cases.iter().zip(&of_cases) {
            let team = teams.get(case);
            case.backward(&self.ring, (self.partition, policies, solo), team, weight, gradient);
        }
    }

    /// The chance of each of `cases`.
    fn chances(&self, policies: &[Policy], solo: f64) -> Vec<f64> {
        let mut teams = Teams::new(self.partition, policies, solo);
        self.cases.iter().map(|case| case.chance(&self.ring, teams.get(case))).collect()
    }
}

/// Agents against fires, which many burning houses have in common.
struct Teams<'a> {
    partition: Partition,
    policies: &'a [Policy],
    solo: f64,
    known: Vec<Option<Team>>,
}

impl<'a> Teams<'a> {
    fn new(partition: Partition, policies: &'a [Policy], solo: f64) -> Self {
        Self {
            partition,
            policies,
            solo,
            known: vec![None; (partition.others + 1) << partition.homes],
        }
    }

    fn get(&mut self, case: &BurningHouse) -> &Team {
        let Self { partition, policies, solo, known } = self;
        known[(case.others << partition.homes) + case.homes]
            .get_or_insert_with(|| Team::new(*partition, policies, *solo, case.homes, case.others))
    }
}
