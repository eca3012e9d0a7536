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

use std::convert::identity;

use super::blind::{Blind, Ternary, Towns};
use super::joint::Joints;
use super::model::Model;
use super::night::{Night, Plan, Room, Sides};
use super::outcomes::{Lane, Outcomes};
use super::parallel::{Crew, pieces, solve};
use super::payoffs::{Payoffs, Whose};
use super::policy::{Acting, Policy};
use super::runs::{ActRuns, Collector, unpack};
use super::seats::Groups;
use crate::pool::RunError;

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
            match self.wanted.values {
                true => Outcomes::steady(model, &acting, Lane::Everybody),
                false => Outcomes::new(model, &acting, Lane::Everybody),
            },
            match self.wanted.best {
                true => Outcomes::steady(model, &acting, Lane::Others),
                false => Outcomes::new(model, &acting, Lane::Others),
            },
        );
        // Blind agents are followed in cells of all seats.
        let of_blind =
            outcomes.0.all_blind().then(|| Outcomes::<S>::new(model, &acting, Lane::Everybody));
        let ternary = Ternary::new(model);
        let blind = of_blind.as_ref().map(|everybody| {
            let of =
                |outcomes, answers| Blind::new(model, &self.payoffs, &ternary, outcomes, answers);
            (of(everybody, false), of(&outcomes.1, true))
        });
        let towns = |answers| blind.is_some().then(|| Towns::new(model, answers));
        let mut values = Column::new(model, self.wanted.values, towns(false));
        let mut best = Column::new(model, self.wanted.best, towns(true));
        let mut joints = Joints::new(model);
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
                joints.update(model, &mut acting);
                let who = (&acting, &joints, &outcomes);
                self.agents(who, &mut values, &mut best, &mut acts, &mut rooms);
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
                true => {
                    collector.finish(model, identity, |_, (_, acts), seat, _| unpack(acts, seat))
                }
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
        (acting, joints, outcomes): (&Acting<'_>, &Joints<S>, &(Outcomes<1>, Outcomes<S>)),
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
                joints,
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
