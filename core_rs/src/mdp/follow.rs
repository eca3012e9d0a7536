//! From the first night to the last: expected counts of an episode.
//!
//! The transposes of the operators of [`backward`](super::backward) take the distribution over
//! states through the nights: from states to survivors, `P'(E) = (1 − Σ_{h ∈ B\E} c_h) P(E) +
//! Σ_{h ∈ E} c_h P(E \ h)` agent by agent, and from aftermaths to states. What is counted is linear
//! in how often each state is visited: so visits are added up as long as everybody plays by the same
//! tables, and only then become nights worked and houses saved.

use super::alike::Alike;
use super::fight::Hits;
use super::joint::Joints;
use super::model::{Group, Model};
use super::night::Plan;
use super::outcomes::{Chances, Lane, Outcomes};
use super::parallel::{Crew, pieces, solve};
use super::policy::{Acting, Policy};
use super::runs::ActRuns;
use super::states::{bits, compress};
use super::subsets::most_sets;
use crate::game::counts::Layout;
use crate::pool::RunError;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

impl Model {
    /// The expected count vector of an episode, on so many threads at most (0 for all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn follow(
        &self,
        policies: &[Policy<'_>],
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Vec<f64>, RunError> {
        let follow = |crew: &Crew<'_>| Follow::new(self, policies, crew).run(|_, _| ());
        solve(self.states(), threads, poll, follow)
    }

    /// Expected nights of an episode in each of some runs of nights, which are those of `runs`,
    /// whatever its acts: a state on some nights one after another.
    ///
    /// # Errors
    /// As [`Model::follow`].
    pub fn visits(
        &self,
        policies: &[Policy<'_>],
        runs: &ActRuns,
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Vec<f64>, RunError> {
        solve(self.states(), threads, poll, |crew| {
            let mut nights = vec![0.0; runs.runs()];
            let first = |&code: &u32| runs.first[code as usize] as usize;
            let mut run: Vec<usize> = self.states.code.iter().map(first).collect();
            Follow::new(self, policies, crew).run(|night, chances| {
                for (run, chance) in run.iter_mut().zip(chances) {
                    *run += usize::from(runs.until[*run] as usize <= night);
                    nights[*run] += chance;
                }
            })?;
            Ok(nights)
        })
    }
}

/// Room of one thread.
struct Room {
    hits: Hits,
    /// By sets put out.
    chances: Vec<Line>,
    /// By survivors.
    left: Vec<Line>,
    cells: [Vec<[f64; 1]>; 2],
}

struct Follow<'a> {
    model: &'a Model,
    policies: &'a [Policy<'a>],
    crew: &'a Crew<'a>,
    plan: Plan,
    sources: Sources,
}

/// For each standing set N', the states (N' ∪ F, F), F being the survivors.
struct Sources {
    states: Vec<u32>,
    /// Where those of each standing set begin.
    first: Vec<usize>,
}

impl Sources {
    /// For a game.
    fn new(model: &Model) -> Self {
        let (mut states, mut first) = (Vec::with_capacity(model.states()), vec![0]);
        for &standing in &model.states.standing {
            let standing = usize::from(standing);
            let mut survive = 0usize;
            loop {
                let before = standing | survive;
                let ordinal = usize::from(model.states.ordinal[before]);
                let state = model.states.first[ordinal] + compress(survive, before);
                states.push(state as u32);
                // The next subset of the houses that do not stand.
                survive = ((survive | standing) + 1) & model.states.ring() & !standing;
                if survive == 0 {
                    break;
                }
            }
            first.push(states.len());
        }
        Self { states, first }
    }

    /// Those of a standing set.
    #[inline(always)]
    fn of(&self, ordinal: usize) -> &[u32] {
        &self.states[self.first[ordinal]..self.first[ordinal + 1]]
    }
}

impl<'a> Follow<'a> {
    fn new(model: &'a Model, policies: &'a [Policy<'a>], crew: &'a Crew<'a>) -> Self {
        let (plan, sources) = (Plan::new(model, crew.threads, 1), Sources::new(model));
        Self { model, policies, crew, plan, sources }
    }

    /// Expected counts; `watch` sees the distribution over states on each night.
    fn run(self, mut watch: impl FnMut(usize, &[f64])) -> Result<Vec<f64>, RunError> {
        let Self { model, crew, plan, .. } = &self;
        let layout = Layout { houses: model.houses(), agents: model.agents() };
        let mut counts = vec![0.0; layout.counts()];
        let cells = vec![[0.0]; model.spread.room()];
        let room = || Room {
            hits: Hits::new(model.houses()),
            chances: vec![Line::default(); most_sets(&model.subsets)],
            left: vec![Line::default(); 1 << model.houses()],
            cells: [cells.clone(), cells.clone()],
        };
        let mut rooms: Vec<Room> = (0..crew.threads).map(|_| room()).collect();
        let mut acting = Acting::new(model, self.policies, 0);
        let outcomes = Outcomes::steady(model, &acting, Lane::Everybody);
        let mut joints = Joints::new(model);
        let mut chances = vec![0.0; model.states()];
        let full = model.states.index(model.states.ring(), 0);
        chances[full..].copy_from_slice(&model.start());
        let mut survive = vec![0.0; model.states()];
        // Since the tables last changed, and at the ends of all nights.
        let (mut visits, mut after) = (vec![0.0; model.states()], vec![0.0; model.states()]);
        for night in 0..model.nights() {
            if night > 0 {
                match acting.changing(night) {
                    None => count_visits(model, &acting, &mut visits, layout, &mut counts),
                    Some(states) => {
                        for state in states {
                            count_visit(model, &acting, state, &mut visits, layout, &mut counts);
                        }
                    }
                }
                acting.turn_to(night);
            }
            for (visits, chance) in visits.iter_mut().zip(&chances) {
                *visits += chance;
            }
            watch(night, &chances);
            joints.update(model, &mut acting);
            let tasks: Vec<_> =
                pieces(&mut survive, &plan.state_ends).into_iter().enumerate().rev().collect();
            crew.each(&mut rooms, tasks, |room, (task, out)| {
                let groups = plan.groups(task);
                model.simd.run(Agents {
                    model,
                    acting: &acting,
                    joints: &joints,
                    outcomes: &outcomes,
                    groups,
                    chances: &chances,
                    out,
                    room,
                });
            });
            let tasks: Vec<_> = pieces(&mut chances, &plan.state_ends)
                .into_iter()
                .zip(pieces(&mut after, &plan.state_ends))
                .enumerate()
                .rev()
                .collect();
            crew.each(&mut rooms, tasks, |room, (task, (out, after))| {
                self.spread(plan.sets(task), &survive, out, after, room);
            });
            if !crew.goes_on() {
                return Err(RunError::Cancelled);
            }
            self.end(night, &mut chances, &mut counts[layout.ended()..]);
            crew.night_done();
        }
        count_visits(model, &acting, &mut visits, layout, &mut counts);
        count_ends(model, &after, layout, &mut counts);
        Ok(counts)
    }

    /// From survivors to the states of some standing sets.
    fn spread(
        &self,
        sets: std::ops::Range<usize>,
        survive: &[f64],
        out: &mut [f64],
        after: &mut [f64],
        room: &mut Room,
    ) {
        let model = self.model;
        let start = model.states.first[sets.start];
        let [x, y] = &mut room.cells;
        for ordinal in sets {
            let first = model.spread.first[ordinal];
            x[..model.spread.first[ordinal + 1] - first].fill([0.0]);
            for &source in self.sources.of(ordinal) {
                let aftermath = model.spread.aftermath[source as usize] as usize;
                x[aftermath - first][0] += survive[source as usize];
            }
            model.spread.push(ordinal, x, y);
            let range =
                model.states.first[ordinal] - start..model.states.first[ordinal + 1] - start;
            let places = &model.spread.place[model.states.first[ordinal]..][..range.len()];
            let states = out[range.clone()].iter_mut().zip(&mut after[range]);
            for ((out, after), &place) in states.zip(places) {
                *out = x[usize::from(place)][0];
                *after += *out;
            }
        }
    }

    /// Takes out what is over after a night. `ended` is by kind.
    fn end(&self, night: usize, chances: &mut [f64], ended: &mut [f64]) {
        let model = self.model;
        for ordinal in 0..model.states.standing.len() {
            if model.ends(night, ordinal) {
                let size = model.states.size(ordinal);
                let kind = if size == model.houses() {
                    0
                } else if size == 0 {
                    1
                } else {
                    2
                };
                ended[kind] += std::mem::take(&mut chances[model.states.first[ordinal]]);
            }
        }
        if model.is_last(night) {
            ended[3] += by_set(model, chances).sum::<f64>();
        }
    }
}

/// Sums over the states of each standing set: millions of tiny numbers, added up group by group.
fn by_set<'a>(model: &'a Model, chances: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    model.states.first.windows(2).map(|range| chances[range[0]..range[1]].iter().sum())
}

/// Nights, nights worked, and houses saved, of all visits, which are forgotten.
fn count_visits(
    model: &Model,
    acting: &Acting<'_>,
    visits: &mut [f64],
    layout: Layout,
    counts: &mut [f64],
) {
    let mut of_set = vec![0.0; counts.len()];
    for range in model.states.first.windows(2) {
        of_set.fill(0.0);
        for state in range[0]..range[1] {
            count_visit(model, acting, state, visits, layout, &mut of_set);
        }
        for (count, of_set) in counts.iter_mut().zip(&of_set) {
            *count += of_set;
        }
    }
}

/// The same for one state.
fn count_visit(
    model: &Model,
    acting: &Acting<'_>,
    state: usize,
    visits: &mut [f64],
    layout: Layout,
    counts: &mut [f64],
) {
    let visits = std::mem::take(&mut visits[state]);
    if visits != 0.0 {
        counts[Layout::NIGHTS] += visits;
        for (agent, rows) in acting.rows.iter().enumerate() {
            counts[layout.worked() + agent] += visits * rows.work[state];
        }
        let saved = &mut counts[layout.saved()..][..layout.houses];
        add_saved(model, acting, state, visits, saved);
    }
}

/// Houses saved in a state: put out, and safe at the end although fires next door survive.
///
/// With q = 1 − β and a fire next door that survives with chance p given that this one is put out,
/// the house stays safe with 1 − ρ times the mean of q^(survivors). Chances that sets of fires all
/// survive multiply over agents, each of whom puts out one at most.
fn add_saved(model: &Model, acting: &Acting<'_>, state: usize, visits: f64, saved: &mut [f64]) {
    let burning = usize::from(model.states.burning[state]);
    let first = model.states.fires[state] as usize;
    // The chance that none of these fires is put out.
    let survive = |fires: &[usize]| -> f64 {
        let each = acting
            .rows
            .iter()
            .map(|rows| 1.0 - fires.iter().map(|&fire| rows.hits[first + fire]).sum::<f64>());
        each.product()
    };
    // That the first is put out, and the others are not.
    let put_out = |fires: &[usize]| survive(&fires[1..]) - survive(fires);
    let [safe, safe_one, safe_two] = [0, 1, 2].map(|k| model.ring.chance(false, k));
    for (fire, house) in bits(burning).enumerate() {
        let place = |h: usize| {
            (burning >> h & 1 == 1).then(|| compress(1 << h, burning).trailing_zeros() as usize)
        };
        let stays = match model.ring.neighbors(house).map(place) {
            [None, None] => safe * put_out(&[fire]),
            [Some(one), Some(other)] if one == other => {
                safe * put_out(&[fire]) - (safe - safe_two) * put_out(&[fire, one])
            }
            [Some(one), Some(other)] => {
                let each = put_out(&[fire, one]) + put_out(&[fire, other]);
                let both = put_out(&[fire, one, other]);
                safe * put_out(&[fire]) - (safe - safe_one) * each
                    + (safe - 2.0 * safe_one + safe_two) * both
            }
            [Some(one), None] | [None, Some(one)] => {
                safe * put_out(&[fire]) - (safe - safe_one) * put_out(&[fire, one])
            }
        };
        saved[house] += visits * stays;
    }
}

/// Houses safe and ruined, from how often nights end in each state.
fn count_ends(model: &Model, after: &[f64], layout: Layout, counts: &mut [f64]) {
    for ordinal in 0..model.states.standing.len() {
        let range = model.states.first[ordinal]..model.states.first[ordinal + 1];
        let total: f64 = after[range.clone()].iter().sum();
        let mut burning = [0.0; 16];
        for state in range {
            model.states.burning_houses(state).for_each(|h| burning[h] += after[state]);
        }
        let standing = usize::from(model.states.standing[ordinal]);
        for house in 0..layout.houses {
            if standing >> house & 1 == 0 {
                counts[layout.ruined() + house] += total;
            } else {
                counts[layout.safe() + house] += total - burning[house];
            }
        }
    }
}

/// The agents' part of a night, for some groups.
struct Agents<'a> {
    model: &'a Model,
    acting: &'a Acting<'a>,
    joints: &'a Joints<4>,
    outcomes: &'a Outcomes<1>,
    groups: &'a [Group],
    chances: &'a [f64],
    out: &'a mut [f64],
    room: &'a mut Room,
}

impl DoubleKernel for Agents<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { model, acting, joints, outcomes, groups, chances, out, room } = self;
        let Some(group) = groups.first() else { return };
        let start = model.states.first[group.first];
        for group in groups {
            let left = &mut room.left[..1 << group.size];
            left.fill(Line::default());
            for local in 0..1usize << group.size {
                let alike = Alike::<1>::new(model, group, local);
                let mut here = Line::default();
                for g in 0..group.count {
                    here.0[g] = chances[alike.states[g]];
                }
                if here == Line::default() {
                    continue;
                }
                let survivors = model.survivors.of(local);
                if let Some(of) = joints.of_line(&alike) {
                    for g in 0..group.count {
                        joints.push(of[g], here.0[g], survivors, left, g);
                    }
                    continue;
                }
                let subsets = &model.subsets[local.count_ones() as usize];
                let x = &mut room.chances[..subsets.sets.len()];
                let chances = Chances::<1, 1>::new(model, &alike, outcomes);
                chances.times(&here, x);
                x[chances.len()..].fill(Line::default());
                let mut size = outcomes.most.min(subsets.most());
                for &agent in &outcomes.nightly {
                    let rows = &acting.rows[agent];
                    let acts =
                        room.hits.apply_transposed::<L, 1>(rows, &alike, 1, subsets, size, x);
                    size += usize::from(acts);
                }
                for (&survive, x) in survivors.iter().zip(&x[..subsets.count(size)]) {
                    let to = &mut left[usize::from(survive)];
                    L::load(to).add(L::load(x)).store(to);
                }
            }
            for g in 0..group.count {
                let first = model.states.first[group.first + g] - start;
                for (to, left) in out[first..].iter_mut().zip(&*left) {
                    *to = left.0[g];
                }
            }
        }
    }
}
