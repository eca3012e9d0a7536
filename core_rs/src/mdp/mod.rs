//! The whole game, solved: policies of every kind, best responses, team optimum, equilibria.
//!
//! A policy here is any function of the houses and the night to chances of acts; it remembers and
//! hears nothing. Given what the others do, a seat faces a Markov decision process, of 3^H states on
//! each night, so a best policy of this kind is best among all policies (Puterman, *Markov Decision
//! Processes*, 1994). With all seats choosing, it is a stochastic game (Shapley, *Stochastic games*,
//! 1953), whose equilibria in such policies are Markov perfect (Maskin and Tirole, *Markov perfect
//! equilibrium I*, 2001): they hold at every night and in every state, however it came about. With a
//! last night, all of these are found by going backward from it.
//!
//! # One night
//!
//! A state ([`states`]) is a set `N` of houses that stand and a set `B ⊆ N` that burns. A night takes
//! it through an *aftermath* to the next state:
//!
//! ```text
//! (N, B)  --agents put out E ⊆ B-->  F = B \ E survive  --houses of F are lost-->
//! aftermath (N' = N \ F, embers f = F ∩ ∂N')  --fires spread and break out-->  (N', B')
//! ```
//!
//! Both arrows are linear operators, never written out as matrices. The second takes one house at a
//! time ([`spread`]). The first takes one agent at a time ([`fight`]), and as each puts out one fire
//! at most, only sets `E` of at most `A` fires appear ([`subsets`]). Going backward the operators
//! carry values ([`backward`]: the halves of a [`night`], the second for [`seats`] or others, of states
//! that burn [`alike`] at once), and transposed they carry chances forward ([`follow`]).
//!
//! # What is found
//!
//! - [`Model::evaluate`]: what policies are worth; [`Model::follow`]: expected counts under them, and
//!   [`Model::visits`]: how often each state is met.
//! - [`Model::best_responses`] of all seats in one pass, and [`Model::certify`]: how much any seat
//!   could gain at any night and in any state; [`Model::deviations`]: what happens then.
//! - [`Model::team_optimum`]: the best that one planner for all seats could do ([`team`]), by
//!   allocations of workers to fires ([`allocations`]).
//! - [`Model::markov_equilibrium`]: an equilibrium of the whole game ([`equilibrium`]), night by night
//!   and state by state ([`stage`]). `certify` is its proof, by another way: the operators of
//!   agents instead of allocations.
//!
//! # How it is laid out
//!
//! A *line* of eight doubles holds one number for each seat (a lane each, of 4 or 8) in as many
//! states as fit: states in standing sets of one size, with the same burning houses counted within
//! each. These have the same sets `E` and the same steps between them. Sets of one size lie side by
//! side, so each task of a thread ([`parallel`]) writes a range of its own, and results do not depend
//! on threads or on the set of instructions.
//!
//! A planner has one number for all seats, their mean, and as a rule does not tell houses apart. It
//! solves one state of those that the ring's turns and reflections carry into each other
//! ([`symmetry`]), eight with as many fires in a line.
//!
//! Where all agents look at fires alone, much is the same for all nights and all standing houses: then
//! best responses ([`blind`]) and what seats come to by them ([`deviations`]) go through states by
//! their burning houses instead, up to eight standing sets at a time.
//!
//! Where it is certain what everybody does, few sets `E` can be put out. The same *joint acts*
//! ([`joint`]) occur in many states, and what they put out is written down once.
//!
//! What to do changes in few states from night to night, so policies of acts are kept as runs
//! ([`runs`]).

mod alike;
mod allocations;
mod backward;
mod blind;
mod cells;
pub mod cost;
mod deviations;
mod equilibrium;
mod fight;
mod follow;
mod joint;
mod model;
mod night;
mod outcomes;
mod parallel;
mod payoffs;
mod policy;
mod runs;
mod seats;
mod spread;
mod stage;
mod states;
mod subsets;
mod symmetry;
mod team;
#[cfg(test)]
mod tests;

pub use backward::{Certificate, Responses, Values};
pub use deviations::Deviation;
pub use equilibrium::{MarkovEquilibrium, Selector};
pub use model::Model;
pub use policy::Policy;
pub use runs::{ActRuns, DRAWN};
pub use team::TeamOptimum;
