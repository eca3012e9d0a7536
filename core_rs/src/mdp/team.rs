//! The most that all agents together can get: one planner for all seats.
//!
//! A Markov decision process whose acts are allocations of workers to fires
//! ([`allocations`](super::allocations)). To draw acts, or to draw them together, can't help, since
//! some pure joint act is best in every state.

use super::alike::{Alike, by_survivors};
use super::allocations::Allocations;
use super::backward::start;
use super::model::{Group, Model};
use super::night::{Night, Plan, Room, Sides};
use super::parallel::{Crew, pieces, solve};
use super::payoffs::{Payoffs, Whose};
use super::runs::{ActRuns, Collector};
use super::seats::Idle;
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
                let mut idle = Line::default();
                for g in 0..LANES {
                    let burning = usize::from(model.states.burning[alike.states[g]]);
                    idle.0[g] = Idle::new(model, payoffs, burning).worth;
                }
                let idle = L::load(&idle);
                let mut most = L::splat(f64::NEG_INFINITY);
                for (workers, range) in allocations.by_workers().enumerate() {
                    let working = workers as f64 / model.agents() as f64;
                    let effort = L::splat(-working * payoffs.cost);
                    let effort = idle.mul_add(L::splat(1.0 - working), effort);
                    for m in &mut m[range] {
                        let worth = L::load(m).add(effort);
                        worth.store(m);
                        most = most.max(worth);
                    }
                }
                let mut best = Line::default();
                most.store(&mut best);
                // The first that is not worth less by more than the tolerance.
                let enough = most.add(L::splat(-payoffs.tolerance));
                let mut first = [0; LANES];
                let mut open = 0xFF;
                for (i, m) in (0..).zip(&m[..allocations.len()]) {
                    let mut found = open & L::load(m).at_least(enough);
                    open &= !found;
                    while found != 0 {
                        first[found.trailing_zeros() as usize] = i;
                        found &= found - 1;
                    }
                    if open == 0 {
                        break;
                    }
                }
                for g in 0..group.count {
                    let to = alike.states[g] - start;
                    values[to] = [best.0[g]];
                    chosen[to] = first[g];
                }
            }
        }
    }
}
