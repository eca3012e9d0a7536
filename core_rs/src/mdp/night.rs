//! A night, going backward: what its halves share, and the first, from states to aftermaths.
//!
//! Groups of standing sets are dealt to tasks, each of which writes a range of its own.

use super::fight::Hits;
use super::model::{Group, Model};
use super::parallel::{Crew, pieces};
use super::payoffs::Payoffs;
use super::subsets::most_sets;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

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
    pub works: Vec<Line>,
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
    /// Of all standing sets, for so many threads and lanes a set.
    pub fn new(model: &Model, threads: usize, seats: usize) -> Self {
        Self::of(model, threads, model.groups(seats))
    }

    /// Of some groups, in order. What lies between them goes with the one before.
    pub fn of(model: &Model, threads: usize, groups: Vec<Group>) -> Self {
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
                let next = plan.groups.get(i + 1);
                let end = next.map_or(model.states.standing.len(), |next| next.first);
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
            let groups = plan.groups(task);
            self.model.simd.run(After { night: self, groups, states, out, cells });
        });
    }
}

/// The first half for some groups.
struct After<'a, const S: usize> {
    night: Night<'a, S>,
    groups: &'a [Group],
    states: &'a [[f64; S]],
    out: &'a mut [[f64; S]],
    cells: &'a mut [Vec<[f64; S]>; 2],
}

impl<const S: usize> DoubleKernel for After<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { night: Night { model, payoffs, night }, groups, states, out, cells } = self;
        let Some(group) = groups.first() else { return };
        let start = model.spread.first[group.first];
        let [x, y] = cells;
        for ordinal in groups.iter().flat_map(|group| group.first..group.first + group.count) {
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
