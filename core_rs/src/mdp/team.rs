//! The most that all agents together can get: one planner for all seats.
//!
//! A Markov decision process whose acts are allocations of workers to fires
//! ([`allocations`](super::allocations)). To draw acts, or to draw them together, can't help, since
//! some pure joint act is best in every state.

use super::allocations::Allocations;
use super::backward::{Alike, Idle, Night, Plan, Room, Sides, by_survivors, start};
use super::model::{Group, Model};
use super::parallel::{Crew, pieces, solve};
use super::payoffs::{Payoffs, Whose};
use super::runs::{ActRuns, Collector};
use super::states::expand;
use crate::pool::RunError;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// The best joint policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamOptimum {
    /// The expected return of an episode, its mean over seats.
    pub mean: f64,
    /// By state (numbered as outside): what is expected from night 0 on.
    pub states: Vec<f64>,
    /// By seat: what to do. Where it does not matter who works, lower seats take lower houses.
    pub acts: Vec<ActRuns>,
}

impl Model {
    /// The joint policy with the largest mean return over seats, on so many threads at most (0 for
    /// all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn team_optimum(
        &self,
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<TeamOptimum, RunError> {
        let agents = self.agents();
        let allocations: Vec<_> =
            self.subsets.iter().map(|subsets| Allocations::new(subsets, agents)).collect();
        solve(self.states(), threads, poll, |crew| run(self, &allocations, crew))
    }
}

fn run(
    model: &Model,
    allocations: &[Allocations],
    crew: &Crew<'_>,
) -> Result<TeamOptimum, RunError> {
    let payoffs = &Payoffs::new(model, Whose::Mean);
    let plan = Plan::new(model, crew.threads, 1);
    let most = allocations.iter().map(Allocations::len).max().unwrap_or(0);
    let mut rooms: Vec<(Room<1>, Vec<Line>)> =
        (0..crew.threads).map(|_| (Room::new(model), vec![Line::default(); most])).collect();
    let last = model.nights() - 1;
    let mut states = vec![[0.0]; model.states()];
    let mut aftermaths = vec![[0.0]; model.spread.len()];
    let mut chosen = vec![0; model.states()];
    let mut collector = Collector::new(model.states());
    for night in (0..=last).rev() {
        let sides = Sides { states: &states, aftermaths: &mut aftermaths };
        let halves = Night { model, payoffs, night };
        halves.after_agents(&plan, crew, sides, &mut rooms, |room| &mut room.0.cells);
        let tasks: Vec<_> = pieces(&mut states, &plan.state_ends)
            .into_iter()
            .zip(pieces(&mut chosen, &plan.state_ends))
            .enumerate()
            .rev()
            .collect();
        let source = &aftermaths;
        crew.each(&mut rooms, tasks, |(room, m), (task, (values, chosen))| {
            let groups = plan.groups(task);
            model.simd.run(Groups {
                model,
                payoffs,
                allocations,
                groups,
                source,
                values,
                chosen,
                room,
                m,
            });
        });
        if !crew.goes_on() {
            return Err(RunError::Cancelled);
        }
        for (state, &chosen) in chosen.iter().enumerate() {
            collector.note(night, night == last, state, (0, chosen));
        }
        crew.night_done();
    }
    let acts = collector.finish(model, |state, (_, chosen), seat, _| {
        let burning = usize::from(model.states.burning[state]);
        let fires = burning.count_ones() as usize;
        match usize::from(allocations[fires].places(chosen)[seat]) {
            fire if fire < fires => 1 + expand(1 << fire, burning).trailing_zeros() as u8,
            _ => Idle::new(model, payoffs, burning).act,
        }
    });
    let inside = model.states.inside.iter();
    Ok(TeamOptimum {
        mean: start(model, &states, 1)[0],
        states: inside.map(|&state| states[state as usize][0]).collect(),
        acts,
    })
}

/// The agents' half of a night for some groups; a line holds the same fires in as many standing
/// sets.
struct Groups<'a> {
    model: &'a Model,
    payoffs: &'a Payoffs<1>,
    allocations: &'a [Allocations],
    groups: &'a [Group],
    source: &'a [[f64; 1]],
    values: &'a mut [[f64; 1]],
    chosen: &'a mut [u32],
    room: &'a mut Room<1>,
    m: &'a mut [Line],
}

impl DoubleKernel for Groups<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { model, payoffs, allocations, groups, source, values, chosen, room, m } = self;
        let Some(group) = groups.first() else { return };
        let start = model.states.first[group.first];
        for group in groups {
            by_survivors(model, group, source, &mut room.left);
            for local in 0..1usize << group.size {
                let fires = local.count_ones() as usize;
                let (subsets, allocations) = (&model.subsets[fires], &allocations[fires]);
                let alike = Alike::new(model, group, local);
                alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
                allocations.worth::<L>(subsets, model.solo(), &mut room.x, m);
                let mut best = Best::new(payoffs.tolerance);
                let mut idle = [0.0; LANES];
                for g in 0..LANES {
                    let burning = usize::from(model.states.burning[alike.states[g]]);
                    idle[g] = Idle::new(model, payoffs, burning).worth;
                }
                for (workers, range) in allocations.by_workers().enumerate() {
                    let working = workers as f64 / model.agents() as f64;
                    let mut effort = [0.0; LANES];
                    for g in 0..LANES {
                        effort[g] = (1.0 - working) * idle[g] - working * payoffs.cost;
                    }
                    for i in range {
                        best.try_one(&m[i], &effort, i);
                    }
                }
                for g in 0..group.count {
                    let to = alike.states[g] - start;
                    values[to] = [best.most[g]];
                    chosen[to] = best.chosen[g] as u32;
                }
            }
        }
    }
}

/// The largest of many numbers, and the first that is not worth less by more than a tolerance.
struct Best {
    most: [f64; LANES],
    enough: [f64; LANES],
    chosen: [f64; LANES],
    tolerance: f64,
}

impl Best {
    #[inline(always)]
    fn new(tolerance: f64) -> Self {
        let least = [f64::NEG_INFINITY; LANES];
        Self { most: least, enough: least, chosen: [0.0; LANES], tolerance }
    }

    #[inline(always)]
    fn try_one(&mut self, worth: &Line, effort: &[f64; LANES], i: usize) {
        for g in 0..LANES {
            let value = worth.0[g] + effort[g];
            let better = value > self.enough[g];
            self.most[g] = if value > self.most[g] { value } else { self.most[g] };
            self.enough[g] = if better { value + self.tolerance } else { self.enough[g] };
            self.chosen[g] = if better { i as f64 } else { self.chosen[g] };
        }
    }
}
