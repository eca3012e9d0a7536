//! Acts of all nights, as runs: for each state, what to do until which night.
//!
//! What is best changes close to the last night, and elsewhere in few states: of the 59,049 states of
//! the ring of ten some ten a night. So runs take little more room than one night's acts.

use super::model::Model;

/// Stands in a table of acts where the agent draws one.
pub const DRAWN: u8 = u8::MAX;

/// A policy of acts: 0 to rest, `1 + h` to work at house `h`, [`DRAWN`] to draw one. States are
/// numbered as outside ([`states`](super::states)).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActRuns {
    /// Where the runs of each state begin, and the number of all runs at the end.
    pub first: Vec<u32>,
    /// The night before which each run ends; runs of a state follow each other.
    pub until: Vec<u32>,
    /// What to do meanwhile.
    pub acts: Vec<u8>,
    /// For each run that draws, in order: chances of the 1 + H acts.
    pub chances: Vec<f64>,
}

impl ActRuns {
    /// From acts by night and state, `nights` tables one after another.
    ///
    /// # Panics
    /// If there are not as many acts.
    #[must_use]
    pub fn from_tables(acts: &[u8], nights: usize) -> Self {
        let states = acts.len() / nights;
        let mut runs = Self { first: vec![0], ..Self::default() };
        for state in 0..states {
            for night in 0..nights {
                let act = acts[night * states + state];
                if night + 1 == nights || acts[(night + 1) * states + state] != act {
                    runs.until.push(night as u32 + 1);
                    runs.acts.push(act);
                }
            }
            runs.first.push(runs.until.len() as u32);
        }
        runs
    }

    /// How many runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.until.len()
    }
}

/// What all seats do in a state, as the solvers note it: the kind and a number, which only they
/// understand.
pub(super) type Noted = (u8, u32);

/// Acts of up to eight seats in one number, four bits each.
pub(super) fn pack(acts: impl Iterator<Item = u8>) -> u32 {
    acts.enumerate().fold(0, |packed, (seat, act)| packed | u32::from(act) << (4 * seat))
}

/// The act of a seat.
pub(super) fn unpack(packed: u32, seat: usize) -> u8 {
    (packed >> (4 * seat) & 15) as u8
}

/// Collects what is done, from the last night to the first.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    /// By state: what is done on the night noted last.
    current: Vec<Noted>,
    /// What was different on some night: the state, that night, and what is done after it.
    later: Vec<(u32, u32, Noted)>,
}

impl Collector {
    /// For so many states.
    pub fn new(states: usize) -> Self {
        Self { current: vec![(0, 0); states], later: Vec::new() }
    }

    /// Notes what is done in a state on the night before the one noted last (or on the last night).
    /// Returns whether that is news.
    #[inline(always)]
    pub fn note(&mut self, night: usize, is_last: bool, state: usize, now: Noted) -> bool {
        let current = &mut self.current[state];
        let changes = *current != now;
        if changes {
            if !is_last {
                self.later.push((state as u32, night as u32, *current));
            }
            *current = now;
        }
        is_last || changes
    }

    /// Puts something else for what is noted of a state.
    pub fn change(&mut self, to: impl Fn(usize, Noted) -> Noted) {
        for (state, noted) in self.current.iter_mut().enumerate() {
            *noted = to(state, *noted);
        }
        for (state, _, noted) in &mut self.later {
            *noted = to(*state as usize, *noted);
        }
    }

    /// The runs of each seat. What is noted for a state is that of `of(state)`, and
    /// `act(state, noted, seat, chances)` what a seat does; if it draws, its chances are added to the
    /// last argument.
    pub fn finish(
        mut self,
        model: &Model,
        of: impl Fn(usize) -> usize,
        mut act: impl FnMut(usize, Noted, usize, &mut Vec<f64>) -> u8,
    ) -> Vec<ActRuns> {
        // Runs of a state follow each other by their nights.
        self.later.sort_unstable_by_key(|&(state, night, _)| (state, night));
        let mut first = vec![0; self.current.len() + 1];
        for &(state, ..) in &self.later {
            first[state as usize + 1] += 1;
        }
        for state in 0..self.current.len() {
            first[state + 1] += first[state];
        }
        let runs_of = |seat: usize| {
            let mut runs = ActRuns { first: vec![0], ..ActRuns::default() };
            for &state in &model.states.inside {
                let start = runs.until.len();
                let noted = of(state as usize);
                let mut now = self.current[noted];
                let mut later = self.later[first[noted]..first[noted + 1]].iter();
                loop {
                    let next = later.next();
                    let until = next.map_or(model.nights() as u32, |&(_, night, _)| night + 1);
                    let acts = act(state as usize, now, seat, &mut runs.chances);
                    let goes_on = runs.acts.len() > start && runs.acts.last() == Some(&acts);
                    if goes_on && acts != DRAWN {
                        let last = runs.until.len() - 1;
                        runs.until[last] = until;
                    } else {
                        runs.until.push(until);
                        runs.acts.push(acts);
                    }
                    match next {
                        Some(&(_, _, then)) => now = then,
                        None => break,
                    }
                }
                runs.first.push(runs.until.len() as u32);
            }
            runs
        };
        (0..model.agents()).map(runs_of).collect()
    }
}
