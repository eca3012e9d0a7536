//! Counts from chances added up over nights, and what counts are worth to a state.

use std::collections::HashMap;

use super::saves::Case;
use crate::dynamics::extinguishing::{Crew, Duty, Shape};
use crate::dynamics::ring::Ring;
use crate::game::counts::Layout;
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

/// What counts need to know of the states.
#[derive(Clone, Debug)]
pub struct Totals {
    layout: Layout,
    shape: Shape,
    ring: Ring,
    /// For each set of standing houses, how an episode ends if none of them burns.
    ends: Vec<Option<usize>>,
    /// For each set of standing houses, the part of each house that is ruined.
    ruined: Vec<f64>,
    /// For each set of burning houses, the part of each house that burns, and its case.
    burning: Vec<(f64, u32)>,
    cases: Vec<Case>,
    /// Whether the night after which episodes are cut off may also end them in another way.
    may_end: bool,
}

/// Chances added up, in the lanes above.
#[derive(Clone, Debug)]
pub struct Sums {
    /// By set of standing houses.
    pub standing: Vec<Line>,
    /// By set of standing houses, none of which burns.
    pub calm: Vec<Line>,
    /// By set of burning houses.
    pub burning: Vec<Line>,
}

impl Sums {
    /// Nothing yet.
    pub fn new(standing: usize, burning: usize) -> Self {
        let lines = |count| vec![Line::default(); count];
        Self { standing: lines(standing), calm: lines(standing), burning: lines(burning) }
    }
}

/// Sets of houses, by the part of each house.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// See [`Totals`].
    pub ends: Vec<Option<usize>>,
    /// See [`Totals`].
    pub ruined: Vec<f64>,
    /// See [`Totals`].
    pub burning: Vec<(f64, u32)>,
    cases: Vec<Case>,
    known: HashMap<u64, u32>,
}

impl Parts {
    /// Adds the part of a house that burns.
    pub fn burn(&mut self, part: f64, case: Case) {
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
    pub fn new(layout: Layout, shape: Shape, ring: &Ring, parts: Parts, may_end: bool) -> Self {
        let Parts { ends, ruined, burning, cases, .. } = parts;
        Self { layout, shape, ring: ring.clone(), ends, ruined, burning, cases, may_end }
    }

    /// The count vector of an episode.
    pub fn counts(&self, (duties, solo): (&[Duty], f64), sums: &Sums) -> Vec<f64> {
        let layout = self.layout;
        let houses = layout.houses;
        let mut counts = vec![0.0; layout.counts()];
        let mut ended = [0.0; 4];
        let mut finished = 0.0;
        let mut played = 0.0;
        let sets = self.ends.iter().zip(self.ruined.chunks_exact(houses));
        for ((end, ruined), (all, calm)) in sets.zip(sums.standing.iter().zip(&sums.calm)) {
            played += all.0[STARTED];
            finished += all.0[FINISHED];
            for (count, part) in counts[layout.ruined()..].iter_mut().zip(ruined) {
                *count += part * all.0[FINISHED];
            }
            ended[CAP] += all.0[LAST];
            if let &Some(kind) = end {
                played -= calm.0[COUNTED];
                ended[kind] += calm.0[COUNTED];
                if self.may_end {
                    ended[kind] += calm.0[LAST];
                    ended[CAP] -= calm.0[LAST];
                }
            }
        }
        let chances = self.chances(duties, solo);
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
        for (agent, duty) in duties.iter().enumerate() {
            counts[layout.worked() + agent] = duty.work * played;
        }
        counts[layout.ended()..].copy_from_slice(&ended);
        // What is nothing may have been rounded to less.
        counts.iter_mut().for_each(|count| *count = count.max(0.0));
        counts
    }

    /// What sums are worth, given what each count is worth.
    pub fn worth(&self, (duties, solo): (&[Duty], f64), weights: &[f64]) -> Sums {
        let layout = self.layout;
        let houses = layout.houses;
        let worked = duties.iter().enumerate().map(|(a, d)| weights[layout.worked() + a] * d.work);
        let night = weights[Layout::NIGHTS] + worked.sum::<f64>();
        let [safe, ruined, saved] = [layout.safe(), layout.ruined(), layout.saved()]
            .map(|first| &weights[first..first + houses]);
        let ended = &weights[layout.ended()..];
        let all_safe: f64 = safe.iter().sum();
        let mut worth = Sums::new(self.ends.len(), self.burning.len() / houses);
        let sets = self.ends.iter().zip(self.ruined.chunks_exact(houses));
        let lines = worth.standing.iter_mut().zip(&mut worth.calm);
        for ((end, parts), (all, calm)) in sets.zip(lines) {
            all.0[STARTED] = night;
            let parts = parts.iter().zip(ruined).zip(safe);
            let lost = parts.map(|((part, ruined), safe)| part * (ruined - safe));
            all.0[FINISHED] = all_safe + lost.sum::<f64>();
            all.0[LAST] = ended[CAP];
            if let &Some(kind) = end {
                calm.0[COUNTED] = ended[kind] - night;
                if self.may_end {
                    calm.0[LAST] = ended[kind] - ended[CAP];
                }
            }
        }
        let chances = self.chances(duties, solo);
        for (parts, line) in self.burning.chunks_exact(houses).zip(&mut worth.burning) {
            for (house, &(part, case)) in parts.iter().enumerate() {
                line.0[STARTED] += part * chances[case as usize] * saved[house];
                line.0[FINISHED] -= part * safe[house];
            }
        }
        worth
    }

    /// Adds the derivatives by (p, q) of what counts are worth, with the nights held as they are.
    pub fn backward(
        &self,
        (duties, solo): (&[Duty], f64),
        weights: &[f64],
        (counts, sums): (&[f64], &Sums),
        gradient: &mut [[f64; 2]],
    ) {
        let layout = self.layout;
        for (agent, gradient) in gradient.iter_mut().enumerate() {
            gradient[0] += weights[layout.worked() + agent] * counts[Layout::NIGHTS];
        }
        let mut of_cases = vec![0.0; self.cases.len()];
        for (parts, sum) in self.burning.chunks_exact(layout.houses).zip(&sums.burning) {
            for (&(part, case), weight) in parts.iter().zip(&weights[layout.saved()..]) {
                of_cases[case as usize] += part * sum.0[STARTED] * weight;
            }
        }
        let mut crews = Crews::new(self.shape, duties, solo);
        for (case, &weight) in self.cases.iter().zip(&of_cases) {
            let crew = crews.get(case);
            case.backward(&self.ring, (self.shape, duties, solo), crew, weight, gradient);
        }
    }

    /// The chance of each case.
    fn chances(&self, duties: &[Duty], solo: f64) -> Vec<f64> {
        let mut crews = Crews::new(self.shape, duties, solo);
        self.cases.iter().map(|case| case.chance(&self.ring, crews.get(case))).collect()
    }
}

/// Agents against fires: many cases have them in common.
struct Crews<'a> {
    shape: Shape,
    duties: &'a [Duty],
    solo: f64,
    known: Vec<Option<Crew>>,
}

impl<'a> Crews<'a> {
    fn new(shape: Shape, duties: &'a [Duty], solo: f64) -> Self {
        Self { shape, duties, solo, known: vec![None; (shape.others + 1) << shape.homes] }
    }

    fn get(&mut self, case: &Case) -> &Crew {
        let Self { shape, duties, solo, known } = self;
        known[(case.others << shape.homes) + case.homes]
            .get_or_insert_with(|| Crew::new(*shape, duties, *solo, case.homes, case.others))
    }
}
