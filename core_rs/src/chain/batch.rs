//! Many line-ups, spread over the thread pool.
//!
//! Each is followed by one thread from beginning to end, so its numbers do not depend on threads.
//! Of line-ups that are equal, or mirror images of each other (`mirror`), one is followed for all;
//! it is chosen by itself, so numbers do not depend on which others are there either.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::evaluate::{Chain, ChainWorkspace};
use super::mirror::{is_reversed, reflected, reversed};
use crate::error::InvalidValue;
use crate::policy::Policy;
use crate::pool::{RunError, lock, on_pool, threads, zeros};

/// Line-ups as the policy of each seat, one after another, checked.
#[derive(Clone, Debug)]
pub struct Lineups {
    agents: usize,
    policies: Vec<Policy>,
}

impl Lineups {
    /// A batch from the policy of each agent of each line-up, one after another.
    ///
    /// # Errors
    /// If a number is not a probability (seat `s` of line-up `i` is called `lineups[i][s]`), or the
    /// chain can't follow a policy (see [`Chain::check_policies`]).
    pub fn new(chain: &Chain, policies: Vec<Policy>) -> Result<Self, InvalidValue> {
        let agents = chain.layout().agents;
        for (i, policy) in policies.iter().enumerate() {
            policy.validate(&format!("lineups[{}][{}]", i / agents, i % agents))?;
        }
        chain.check_policies(&policies)?;
        Ok(Self { agents, policies })
    }

    /// The number of line-ups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies.len() / self.agents
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    fn policies(&self, lineup: usize) -> &[Policy] {
        &self.policies[lineup * self.agents..][..self.agents]
    }
}

/// Counts of all line-ups, and derivatives by the numbers of all policies.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// A count vector per line-up.
    pub counts: Vec<f64>,
    /// Per line-up and agent two numbers: by p and q of a heuristic, by w of a firefighter and 0.
    pub gradients: Vec<f64>,
}

impl Chain {
    /// The expected count vectors of line-ups, one after another, on at most `asked` threads (0 for
    /// all of the pool). `poll` is called about twenty times a second with the number of line-ups
    /// done, and stops everything by returning `false`.
    ///
    /// # Errors
    /// If stopped, or if there is not enough memory or no thread.
    pub fn expected_of_all(
        &self,
        lineups: &Lineups,
        asked: usize,
        mut poll: impl FnMut(u64) -> bool,
    ) -> Result<Vec<f64>, RunError> {
        let layout = self.layout();
        let columns = layout.counts();
        let mut counts = zeros(lineups.len() as u128 * columns as u128)?;
        // Line-ups to follow, and for each of all: which of them, and whether that is its mirror
        // image.
        let mut follow: Vec<Vec<Policy>> = Vec::new();
        let mut known = HashMap::new();
        let mut source = Vec::with_capacity(lineups.len());
        for lineup in 0..lineups.len() {
            let given = lineups.policies(lineup);
            let mirrored = is_reversed(layout, given);
            let policies = if mirrored { reversed(given) } else { given.to_vec() };
            let key: Vec<_> = policies.iter().map(Policy::key).collect();
            let index = *known.entry(key).or_insert_with(|| {
                follow.push(policies);
                follow.len() - 1
            });
            source.push((index, mirrored));
        }
        let found = vec![Vec::new(); follow.len()];
        let found = Mutex::new((0, found));
        // Progress is told in line-ups as given.
        let share = lineups.len() as f64 / follow.len().max(1) as f64;
        let poll = |done: u64| poll((done as f64 * share) as u64);
        self.each(follow.len(), asked, poll, |workspace, go_on| {
            let index = {
                let next = &mut lock(&found).0;
                *next += 1;
                *next - 1
            };
            let Some(policies) = follow.get(index) else { return false };
            let Some(counts) = self.expected(policies, workspace, go_on) else { return false };
            lock(&found).1[index] = counts;
            true
        })?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner).1;
        for (row, (index, mirrored)) in counts.chunks_exact_mut(columns).zip(source) {
            let counts = &found[index];
            if mirrored {
                row.copy_from_slice(&reflected(layout, counts));
            } else {
                row.copy_from_slice(counts);
            }
        }
        Ok(counts)
    }

    /// The same, with the derivatives by each policy's numbers of weights times counts. `weights`
    /// holds a number per line-up and count.
    ///
    /// # Errors
    /// If stopped, or if there is not enough memory or no thread.
    pub fn gradient_of_all(
        &self,
        lineups: &Lineups,
        weights: &[f64],
        asked: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<Gradients, RunError> {
        let layout = self.layout();
        let (columns, agents) = (layout.counts(), lineups.agents);
        let mut counts = zeros(lineups.len() as u128 * columns as u128)?;
        let mut gradients = zeros(lineups.len() as u128 * 2 * agents as u128)?;
        let rows = counts.chunks_exact_mut(columns).zip(gradients.chunks_exact_mut(2 * agents));
        let rows = Mutex::new(rows.enumerate());
        self.each(lineups.len(), asked, poll, |workspace, go_on| {
            let Some((lineup, (to_counts, to_gradient))) = lock(&rows).next() else {
                return false;
            };
            let mut policies = lineups.policies(lineup).to_vec();
            let mut weights = weights[lineup * columns..][..columns].to_vec();
            let mirrored = is_reversed(layout, &policies);
            if mirrored {
                (policies, weights) = (reversed(&policies), reflected(layout, &weights));
            }
            let Some((mut counts, mut gradient)) =
                self.gradient(&policies, &weights, workspace, go_on)
            else {
                return false;
            };
            if mirrored {
                (counts, gradient) = (reflected(layout, &counts), reversed(&gradient));
            }
            to_counts.copy_from_slice(&counts);
            to_gradient.copy_from_slice(gradient.as_flattened());
            true
        })?;
        Ok(Gradients { counts, gradients })
    }

    /// Calls `next(workspace, go_on)` on all threads until it says there is nothing left.
    fn each(
        &self,
        lineups: usize,
        asked: usize,
        mut poll: impl FnMut(u64) -> bool,
        next: impl Fn(&mut ChainWorkspace, &dyn Fn() -> bool) -> bool + Sync,
    ) -> Result<(), RunError> {
        let (cancel, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let go_on = || !cancel.load(Ordering::Relaxed);
        let work = || {
            let mut workspace = ChainWorkspace::default();
            while go_on() && next(&mut workspace, &go_on) {
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let threads = threads(asked)?.min(lineups);
        on_pool(threads, &cancel, work, || poll(done.load(Ordering::Relaxed)))
    }
}
