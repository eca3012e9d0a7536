//! From the last night to the first: what policies are worth, and what is best against them.
//!
//! With `V^{n+1}` the values at the start of the night after, night `n` goes backward in two halves.
//!
//! 1. *After the agents*: for each set of standing houses, rewards of the night's end and what is
//!    still to come,
//!    `U(N', B') = team |N' \ B'| / H − penalty (H − |N'|) / H − Σ_{h ∉ N'} burn(h) + [goes on] V^{n+1}(N', B')`,
//!    become expectations `W` given each aftermath ([`spread`](super::spread)).
//! 2. *The agents*: `X(E) = W(aftermath(N, B \ E)) + S(B, E)`, where `S` counts houses saved
//!    ([`payoffs`](super::payoffs)), and the operators of the agents ([`fight`](super::fight)) make
//!    the value of the state of it.
//!
//! Lanes of a cell are seats. For a best response, lane `a` goes without the operator of agent `a`:
//! then `X(∅)` is what an idle agent `a` may expect, and `X({h})` what it may if `h` is put out for
//! certain. Its best act is found by comparing at most `H + 1` numbers, for all seats in one pass.
//! Everybody else plays a function of the houses and the night, so this is a Markov decision process
//! and the best *Markov* policy is best among all (Puterman, Markov Decision Processes, 1994, §4.4).

use super::blind::{Blind, Ternary, Towns};
use super::fight::Hits;
use super::model::{Group, Model};
use super::outcomes::{Chances, Lane, Outcomes};
use super::parallel::{Crew, pieces, solve};
use super::payoffs::{Payoffs, Whose};
use super::policy::{Acting, Policy};
use super::runs::{ActRuns, Collector, unpack};
use super::subsets::most_sets;
use crate::pool::RunError;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Half, LANES, Lanes, Line};

/// What policies are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// By seat: the expected return of an episode.
    pub start: Vec<f64>,
    /// By state (numbered as outside) and seat: what is expected from night 0 on.
    pub states: Vec<f64>,
}

/// Best responses of every seat to the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// What they are worth.
    pub values: Values,
    /// By seat: what to do.
    pub acts: Vec<ActRuns>,
}

/// The most that any seat could gain at any night and state, by any policy from there on.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// What the policies are worth.
    pub values: Vec<f64>,
    /// By seat: what it could gain from the start on.
    pub gains: Vec<f64>,
    /// The largest gain at any night and state.
    pub largest: f64,
    /// At which seat, night and state (numbered as outside).
    pub at: (usize, usize, usize),
}

/// What is computed.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    values: bool,
    best: bool,
}

impl Model {
    /// Values of policies, one for each seat, on so many threads at most (0 for all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn evaluate(
        &self,
        policies: &[Policy<'_>],
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Values, RunError> {
        let wanted = Wanted { values: true, best: false };
        let found = self.backward(policies, wanted, threads, poll)?;
        Ok(found.values)
    }

    /// The best response of each seat to the other policies, its own being ignored.
    ///
    /// # Errors
    /// As for [`Model::evaluate`].
    pub fn best_responses(
        &self,
        policies: &[Policy<'_>],
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Responses, RunError> {
        let wanted = Wanted { values: false, best: true };
        let found = self.backward(policies, wanted, threads, poll)?;
        Ok(Responses { values: found.best, acts: found.acts })
    }

    /// What each seat could gain anywhere by another policy, the others' being as they are.
    ///
    /// # Errors
    /// As for [`Model::evaluate`].
    pub fn certify(
        &self,
        policies: &[Policy<'_>],
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Certificate, RunError> {
        let wanted = Wanted { values: true, best: true };
        let found = self.backward(policies, wanted, threads, poll)?;
        let gains = found.best.start.iter().zip(&found.values.start).map(|(best, own)| best - own);
        let Largest { gain, seat, night, state } = found.largest;
        Ok(Certificate {
            gains: gains.collect(),
            values: found.values.start,
            largest: gain,
            at: (seat, night, self.states.code[state] as usize),
        })
    }

    fn backward(
        &self,
        policies: &[Policy<'_>],
        wanted: Wanted,
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Found, RunError> {
        solve(self.states(), threads, poll, |crew| match self.agents() {
            1..=4 => Backward::<4>::new(self, policies, wanted, crew).run(),
            _ => Backward::<8>::new(self, policies, wanted, crew).run(),
        })
    }
}

struct Found {
    values: Values,
    best: Values,
    acts: Vec<ActRuns>,
    largest: Largest,
}

/// A gain and where it is.
#[derive(Clone, Copy, Debug)]
struct Largest {
    gain: f64,
    seat: usize,
    night: usize,
    state: usize,
}

/// Values of all states and aftermaths.
struct Column<const S: usize> {
    states: Vec<[f64; S]>,
    aftermaths: Vec<[f64; S]>,
    /// Where nobody sees ruins or nights.
    towns: Option<Towns<S>>,
}

impl<const S: usize> Column<S> {
    fn new(model: &Model, wanted: bool, towns: Option<Towns<S>>) -> Self {
        let room = |count: usize| vec![[0.0; S]; if wanted { count } else { 0 }];
        let towns = towns.filter(|_| wanted);
        Self { states: room(model.states()), aftermaths: room(model.spread.len()), towns }
    }
}

/// Room of one thread.
pub(super) struct Room<const S: usize> {
    /// Values of a standing set, house by house.
    pub cells: [Vec<[f64; S]>; 2],
    /// Of a group: values by survivors.
    pub left: Vec<Line>,
    /// By sets put out.
    pub x: Vec<Line>,
    pub hits: Hits,
    /// Of a line: what it is worth to work at each fire.
    works: Vec<Line>,
}

impl<const S: usize> Room<S> {
    pub fn new(model: &Model) -> Self {
        let cells = vec![[0.0; S]; model.spread.room()];
        Self {
            cells: [cells.clone(), cells],
            left: vec![Line::default(); 1 << model.houses()],
            x: vec![Line::default(); most_sets(&model.subsets)],
            hits: Hits::new(model.houses()),
            works: vec![Line::default(); model.houses()],
        }
    }
}

/// Groups of standing sets, in tasks of about equal work.
pub(super) struct Plan {
    pub groups: Vec<Group>,
    /// Where each task's groups, standing sets, states and aftermaths end.
    pub group_ends: Vec<usize>,
    pub set_ends: Vec<usize>,
    pub state_ends: Vec<usize>,
    pub aftermath_ends: Vec<usize>,
}

impl Plan {
    /// For so many threads and lanes a set.
    pub fn new(model: &Model, threads: usize, seats: usize) -> Self {
        let groups = model.groups(seats);
        let work = |group: &Group| model.survivors.first[1 << group.size];
        let total: usize = groups.iter().map(work).sum();
        let share = total / (16 * threads) + 1;
        let mut plan = Self {
            groups,
            group_ends: Vec::new(),
            set_ends: Vec::new(),
            state_ends: Vec::new(),
            aftermath_ends: Vec::new(),
        };
        let mut done = 0;
        for (i, group) in plan.groups.iter().enumerate() {
            done += work(group);
            if done >= share || i + 1 == plan.groups.len() {
                let end = group.first + group.count;
                plan.group_ends.push(i + 1);
                plan.set_ends.push(end);
                plan.state_ends.push(model.states.first[end]);
                plan.aftermath_ends.push(model.spread.first[end]);
                done = 0;
            }
        }
        plan
    }

    /// Groups of a task.
    pub fn groups(&self, task: usize) -> &[Group] {
        let start = if task == 0 { 0 } else { self.group_ends[task - 1] };
        &self.groups[start..self.group_ends[task]]
    }

    /// Standing sets of a task.
    pub fn sets(&self, task: usize) -> std::ops::Range<usize> {
        let start = if task == 0 { 0 } else { self.set_ends[task - 1] };
        start..self.set_ends[task]
    }
}

struct Backward<'a, const S: usize> {
    model: &'a Model,
    crew: &'a Crew<'a>,
    policies: &'a [Policy<'a>],
    wanted: Wanted,
    payoffs: Payoffs<S>,
    plan: Plan,
}

impl<'a, const S: usize> Backward<'a, S> {
    fn new(
        model: &'a Model,
        policies: &'a [Policy<'a>],
        wanted: Wanted,
        crew: &'a Crew<'a>,
    ) -> Self {
        let payoffs = Payoffs::new(model, Whose::Seats);
        let plan = Plan::new(model, crew.threads, S);
        Self { model, crew, policies, wanted, payoffs, plan }
    }

    fn run(self) -> Result<Found, RunError> {
        let (model, agents) = (self.model, self.model.agents());
        let last = model.nights() - 1;
        let mut rooms: Vec<Room<S>> = (0..self.crew.threads).map(|_| Room::new(model)).collect();
        let mut acting = Acting::new(model, self.policies, last);
        let outcomes = (
            Outcomes::new(model, &acting, Lane::Everybody),
            Outcomes::new(model, &acting, Lane::Others),
        );
        let ternary = Ternary::new(model);
        let blind = outcomes.0.seeing.is_empty().then(|| {
            let of =
                |outcomes, answers| Blind::new(model, &self.payoffs, &ternary, outcomes, answers);
            (of(&outcomes.0, false), of(&outcomes.1, true))
        });
        let towns = |answers| blind.is_some().then(|| Towns::new(model, answers));
        let mut values = Column::new(model, self.wanted.values, towns(false));
        let mut best = Column::new(model, self.wanted.best, towns(true));
        let mut acts = vec![0; if self.wanted.best { model.states() } else { 0 }];
        let mut collector = Collector::new(acts.len());
        let mut largest = Largest { gain: f64::NEG_INFINITY, seat: 0, night: 0, state: 0 };
        for night in (0..=last).rev() {
            acting.turn_to(night);
            for column in [&mut values, &mut best] {
                if !column.states.is_empty() {
                    self.after(night, column, &mut rooms);
                }
            }
            if let Some((of_values, of_best)) = &blind {
                self.blind(of_values, &mut values, &mut [], &mut rooms);
                self.efforts(&acting, &mut values.states);
                self.blind(of_best, &mut best, &mut acts, &mut rooms);
            } else {
                self.agents((&acting, &outcomes), &mut values, &mut best, &mut acts, &mut rooms);
            }
            if !self.crew.goes_on() {
                return Err(RunError::Cancelled);
            }
            for (state, &acts) in acts.iter().enumerate() {
                collector.note(night, night == last, state, (0, acts));
            }
            for (state, (best, own)) in best.states.iter().zip(&values.states).enumerate() {
                for seat in 0..agents {
                    let gain = best[seat] - own[seat];
                    if gain > largest.gain {
                        largest = Largest { gain, seat, night, state };
                    }
                }
            }
            self.crew.night_done();
        }
        let found = |column: Column<S>| Values {
            start: start(model, &column.states, agents),
            states: by_state(model, &column.states, agents),
        };
        Ok(Found {
            values: found(values),
            best: found(best),
            acts: match self.wanted.best {
                true => collector.finish(model, |_, (_, acts), seat, _| unpack(acts, seat)),
                false => Vec::new(),
            },
            largest,
        })
    }

    /// The first half of a night: from states to aftermaths.
    fn after(&self, night: usize, column: &mut Column<S>, rooms: &mut [Room<S>]) {
        let sides = Sides { states: &column.states, aftermaths: &mut column.aftermaths };
        let night = Night { model: self.model, payoffs: &self.payoffs, night };
        night.after_agents(&self.plan, self.crew, sides, rooms, |room| &mut room.cells);
    }

    /// The second half where nobody sees ruins or nights, without what everybody's work costs.
    fn blind(
        &self,
        blind: &Blind<'_, S>,
        column: &mut Column<S>,
        acts: &mut [u32],
        rooms: &mut [Room<S>],
    ) {
        let Some(towns) = &mut column.towns else { return };
        let to = (column.states.as_mut_slice(), acts);
        let ends = &self.plan.state_ends;
        blind.agents(self.crew, rooms, &column.aftermaths, towns, to, ends);
    }

    /// Adds what everybody's work costs, and rest brings.
    fn efforts(&self, acting: &Acting<'_>, values: &mut [[f64; S]]) {
        for (state, value) in values.iter_mut().enumerate() {
            for (a, rows) in acting.rows.iter().enumerate() {
                value[a] += self.payoffs.effort(rows.work[state]);
            }
        }
    }

    /// The second half: from aftermaths to states.
    fn agents(
        &self,
        (acting, outcomes): (&Acting<'_>, &(Outcomes<S>, Outcomes<S>)),
        values: &mut Column<S>,
        best: &mut Column<S>,
        acts: &mut [u32],
        rooms: &mut [Room<S>],
    ) {
        let ends = &self.plan.state_ends;
        let none = vec![0; ends.len()];
        let ends_if = |wanted: bool| if wanted { ends } else { &none };
        let tasks: Vec<_> = pieces(&mut values.states, ends_if(self.wanted.values))
            .into_iter()
            .zip(pieces(&mut best.states, ends_if(self.wanted.best)))
            .zip(pieces(acts, ends_if(self.wanted.best)))
            .enumerate()
            .rev()
            .collect();
        let sources = (&values.aftermaths, &best.aftermaths);
        self.crew.each(rooms, tasks, |room, (task, ((values, best), acts))| {
            self.model.simd.run(Groups {
                model: self.model,
                payoffs: &self.payoffs,
                acting,
                outcomes: (&outcomes.0, &outcomes.1),
                groups: self.plan.groups(task),
                sources: (sources.0, sources.1),
                values,
                best,
                acts,
                room,
            });
        });
    }
}

/// Values of states, and room for those of aftermaths.
pub(super) struct Sides<'a, const S: usize> {
    pub states: &'a [[f64; S]],
    pub aftermaths: &'a mut [[f64; S]],
}

/// A night of a game.
#[derive(Clone, Copy)]
pub(super) struct Night<'a, const S: usize> {
    pub model: &'a Model,
    pub payoffs: &'a Payoffs<S>,
    pub night: usize,
}

impl<const S: usize> Night<'_, S> {
    /// Its first half: from the states to aftermaths. `cells` finds the room that it needs.
    pub fn after_agents<R: Send>(
        self,
        plan: &Plan,
        crew: &Crew<'_>,
        sides: Sides<'_, S>,
        rooms: &mut [R],
        cells: impl Fn(&mut R) -> &mut [Vec<[f64; S]>; 2] + Sync,
    ) {
        let tasks: Vec<_> =
            pieces(sides.aftermaths, &plan.aftermath_ends).into_iter().enumerate().rev().collect();
        let states = sides.states;
        crew.each(rooms, tasks, |room, (task, out)| {
            let cells = cells(room);
            self.model.simd.run(After { night: self, sets: plan.sets(task), states, out, cells });
        });
    }
}

/// The first half for some standing sets.
struct After<'a, const S: usize> {
    night: Night<'a, S>,
    sets: std::ops::Range<usize>,
    states: &'a [[f64; S]],
    out: &'a mut [[f64; S]],
    cells: &'a mut [Vec<[f64; S]>; 2],
}

impl<const S: usize> DoubleKernel for After<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { night: Night { model, payoffs, night }, sets, states, out, cells } = self;
        let start = model.spread.first[sets.start];
        let [x, y] = cells;
        for ordinal in sets {
            let from = model.states.first[ordinal]..model.states.first[ordinal + 1];
            let base = &payoffs.standing[ordinal];
            let last = model.is_last(night);
            let places = &model.spread.place[from.clone()];
            for (local, (&place, next)) in (0u32..).zip(places.iter().zip(&states[from])) {
                let burning = payoffs.burning * f64::from(local.count_ones());
                let x = &mut x[usize::from(place)];
                for a in 0..S {
                    x[a] = base[a] + burning + if last { 0.0 } else { next[a] };
                }
            }
            if model.ends(night, ordinal) {
                x[0] = *base;
            }
            model.spread.expect(ordinal, x, y);
            let to = model.spread.first[ordinal]..model.spread.first[ordinal + 1];
            let count = to.len();
            out[to.start - start..][..count].copy_from_slice(&x[..count]);
        }
    }
}

/// States of a group that burn alike: one in each standing set.
pub(super) struct Alike<const S: usize> {
    /// The states, `LANES / S` of them.
    pub states: [usize; LANES],
    /// Where their fires begin in an agent's rows.
    pub fires: [usize; LANES],
}

impl<const S: usize> Alike<S> {
    /// States side by side in a line.
    pub const SETS: usize = LANES / S;

    /// Those of a group with the same burning houses, as bits within each set.
    #[inline(always)]
    pub fn new(model: &Model, group: &Group, local: usize) -> Self {
        let (mut states, mut fires) = ([0; LANES], [0; LANES]);
        for g in 0..Self::SETS {
            states[g] = model.states.first[group.first + g.min(group.count - 1)] + local;
            fires[g] = model.states.fires[states[g]] as usize;
        }
        Self { states, fires }
    }

    /// `X(E)` for all `E`: what survivors leave (by survivors, within the set), and houses saved.
    #[inline(always)]
    pub fn gather<L: Lanes>(
        &self,
        model: &Model,
        payoffs: &Payoffs<S>,
        local: usize,
        left: &[Line],
        x: &mut [Line],
    ) {
        let survivors = model.survivors.of(local);
        let x = &mut x[..survivors.len()];
        let count = x.len();
        let mut saved: [&[[f64; S]]; LANES] = [&[]; LANES];
        for g in 0..Self::SETS {
            let burning = usize::from(model.states.burning[self.states[g]]);
            saved[g] = &payoffs.saved[model.survivors.first[burning]..][..count];
        }
        for i in 0..count {
            if S == 1 {
                let mut line = left[usize::from(survivors[i])];
                for g in 0..LANES {
                    line.0[g] += saved[g][i][0];
                }
                x[i] = line;
                continue;
            }
            // SAFETY: each of the slices has `count` cells.
            let saved = unsafe { side_by_side::<L, S>(&saved, i) };
            L::load(&left[usize::from(survivors[i])]).add(saved).store(&mut x[i]);
        }
    }
}

/// A line of the cells at one place of several slices, one or two of them.
///
/// # Safety
/// Each of them has that many cells.
#[inline(always)]
pub(super) unsafe fn side_by_side<L: Lanes, const S: usize>(
    slices: &[&[[f64; S]]; LANES],
    at: usize,
) -> L {
    // SAFETY: as promised.
    let cell = |g: usize| -> &[f64; S] { unsafe { slices[g].get_unchecked(at) } };
    let half = |lane: usize| -> &Half {
        cell(lane / S)[lane % S..].first_chunk().expect("half a line of a cell that is as long")
    };
    L::load_halves(half(0), half(LANES / 2))
}

/// Values by survivors, for the standing sets of a group side by side.
#[inline(always)]
pub(super) fn by_survivors<const S: usize>(
    model: &Model,
    group: &Group,
    aftermaths: &[[f64; S]],
    left: &mut [Line],
) {
    for g in 0..LANES / S {
        let first = model.states.first[group.first + g.min(group.count - 1)];
        let from = &model.spread.aftermath[first..first + (1 << group.size)];
        for (line, &aftermath) in left.iter_mut().zip(from) {
            line.0[g * S..][..S].copy_from_slice(&aftermaths[aftermath as usize]);
        }
    }
}

/// The second half for some groups.
struct Groups<'a, const S: usize> {
    model: &'a Model,
    payoffs: &'a Payoffs<S>,
    acting: &'a Acting<'a>,
    groups: &'a [Group],
    /// For values, and for best responses.
    outcomes: (&'a Outcomes<S>, &'a Outcomes<S>),
    sources: (&'a [[f64; S]], &'a [[f64; S]]),
    values: &'a mut [[f64; S]],
    best: &'a mut [[f64; S]],
    acts: &'a mut [u32],
    room: &'a mut Room<S>,
}

impl<const S: usize> DoubleKernel for Groups<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let Some(group) = self.groups.first() else { return };
        let start = self.model.states.first[group.first];
        for group in self.groups {
            if !self.values.is_empty() {
                by_survivors(self.model, group, self.sources.0, &mut self.room.left);
                for local in 0..1 << group.size {
                    self.value::<L>(start, group, local);
                }
            }
            if !self.best.is_empty() {
                by_survivors(self.model, group, self.sources.1, &mut self.room.left);
                for local in 0..1 << group.size {
                    self.respond::<L>(start, group, local);
                }
            }
        }
    }
}

impl<const S: usize> Groups<'_, S> {
    /// What the policies are worth.
    #[inline(always)]
    fn value<L: Lanes>(&mut self, start: usize, group: &Group, local: usize) {
        let Self { model, payoffs, acting, outcomes: (outcomes, _), room, .. } = self;
        let subsets = &model.subsets[local.count_ones() as usize];
        let alike = Alike::<S>::new(model, group, local);
        alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
        for (before, &agent) in outcomes.seeing.iter().enumerate().rev() {
            let limit = before + outcomes.most;
            room.hits.apply::<L, S>(&acting.rows[agent], &alike, S, subsets, limit, &mut room.x);
        }
        let mut expected = Line::default();
        let chances = Chances::new(model, &alike, outcomes);
        chances.expectation::<L>(&room.x).store(&mut expected);
        for g in 0..group.count {
            let state = alike.states[g];
            let to = &mut self.values[state - start];
            for (a, rows) in acting.rows.iter().enumerate() {
                to[a] = expected.0[g * S + a] + payoffs.effort(rows.work[state]);
            }
        }
    }

    /// The best act of each seat against the others' policies, and what it is worth.
    #[inline(always)]
    fn respond<L: Lanes>(&mut self, start: usize, group: &Group, local: usize) {
        let Self { model, payoffs, acting, outcomes: (_, outcomes), room, .. } = self;
        let subsets = &model.subsets[local.count_ones() as usize];
        let alike = Alike::<S>::new(model, group, local);
        alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
        let blind = acting.rows.len() - outcomes.seeing.len();
        for (before, &agent) in outcomes.seeing.iter().enumerate().rev() {
            // Behind this agent, lane `a` still has as many operators before it as there are blind
            // agents and seeing ones before this, or one less if its own is among them; and then one
            // fire is looked at.
            let last = before + 1 == outcomes.seeing.len();
            let limit = before + blind + usize::from(!last);
            let rows = &acting.rows[agent];
            room.hits.apply::<L, S>(rows, &alike, agent, subsets, limit, &mut room.x);
        }
        let chances = Chances::new(model, &alike, outcomes);
        // Expected without this agent; and how much more if a fire is put out for certain.
        let without = chances.expectation::<L>(&room.x);
        let mut idle = Line::default();
        let (mut burning, mut idle_acts) = ([0; LANES], [0; LANES]);
        for g in 0..Alike::<S>::SETS {
            burning[g] = usize::from(model.states.burning[alike.states[g]]);
            let Idle { worth, act } = Idle::new(model, payoffs, burning[g]);
            idle.0[g * S..][..S].fill(worth);
            idle_acts[g] = act;
        }
        let idle = without.add(L::load(&idle));
        let (works, solo) = (without.add(L::splat(-payoffs.cost)), L::splat(model.solo()));
        for fire in 0..subsets.fires {
            let gain: L = chances.gain(subsets, fire, outcomes.most, &room.x);
            gain.mul_add(solo, works).store(&mut room.works[fire]);
        }
        let (mut acts, works) = ([0; LANES], &room.works[..subsets.fires]);
        let states = (burning, idle_acts);
        let best = best_acts::<L, S>(idle, works, payoffs.tolerance, states, &mut acts);
        for g in 0..group.count {
            let to = alike.states[g] - start;
            self.acts[to] = acts[g];
            self.best[to].copy_from_slice(&best.0[g * S..][..S]);
        }
    }
}

/// What the best acts in the states of a line are worth: to be `idle`, or to work at one of the
/// burning houses. The acts go to `acts`, by state and with four bits a seat.
///
/// Of acts that are as good, the idle one comes first, then the lowest house.
#[inline(always)]
pub(super) fn best_acts<L: Lanes, const S: usize>(
    idle: L,
    works: &[Line],
    tolerance: f64,
    (mut burning, idle_acts): ([usize; LANES], [u8; LANES]),
    acts: &mut [u32; LANES],
) -> Line {
    let mut most = idle;
    for works in works {
        most = most.max(L::load(works));
    }
    let enough = most.add(L::splat(-tolerance));
    let found = idle.at_least(enough);
    let mut open = !found & 0xFF;
    for g in 0..LANES / S {
        acts[g] = of_lanes::<S>(found, g) * u32::from(idle_acts[g]);
    }
    for works in works {
        let found = open & L::load(works).at_least(enough);
        open &= !found;
        for g in 0..LANES / S {
            acts[g] += of_lanes::<S>(found, g) * (1 + burning[g].trailing_zeros());
            burning[g] &= burning[g].wrapping_sub(1);
        }
    }
    let mut best = Line::default();
    most.store(&mut best);
    best
}

/// For the lanes of a state, of those in a set, the lowest of their four bits.
#[inline(always)]
fn of_lanes<const S: usize>(lanes: u32, state: usize) -> u32 {
    const NIBBLES: [u32; 256] = {
        let mut nibbles = [0; 256];
        let mut set = 0;
        while set < 256 {
            let mut lane = 0;
            while lane < LANES {
                nibbles[set] |= (set as u32 >> lane & 1) << (4 * lane);
                lane += 1;
            }
            set += 1;
        }
        nibbles
    };
    NIBBLES[(lanes >> (state * S)) as usize & ((1 << S) - 1)]
}

/// What there is to do without fighting a fire.
#[derive(Clone, Copy)]
pub(super) struct Idle {
    /// What it is worth.
    pub worth: f64,
    /// The act.
    pub act: u8,
}

impl Idle {
    /// In a state with these burning houses, as bits. To rest, or, where that pays more, to work at
    /// the lowest house that does not burn.
    #[inline(always)]
    pub fn new<const S: usize>(model: &Model, payoffs: &Payoffs<S>, burning: usize) -> Self {
        let safe = model.states.ring() & !burning;
        if safe != 0 && -payoffs.cost > payoffs.rest + payoffs.tolerance {
            Self { worth: -payoffs.cost, act: 1 + safe.trailing_zeros() as u8 }
        } else {
            Self { worth: payoffs.rest, act: 0 }
        }
    }
}

/// The expectation at the start of an episode, by seat.
pub(super) fn start<const S: usize>(model: &Model, states: &[[f64; S]], seats: usize) -> Vec<f64> {
    if states.is_empty() {
        return Vec::new();
    }
    let first = model.states.index(model.states.ring(), 0);
    let chances = model.start();
    (0..seats)
        .map(|a| {
            states[first..].iter().zip(&chances).map(|(value, chance)| value[a] * chance).sum()
        })
        .collect()
}

/// Values by state, numbered as outside, and seat.
fn by_state<const S: usize>(model: &Model, states: &[[f64; S]], seats: usize) -> Vec<f64> {
    if states.is_empty() {
        return Vec::new();
    }
    let inside = model.states.inside.iter();
    inside.flat_map(|&state| states[state as usize][..seats].iter().copied()).collect()
}
