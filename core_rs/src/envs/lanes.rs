//! Lanes: what they play, and a column for each fact about them.

use std::sync::Arc;

use super::night::{self, Scratch, rows};
use super::{CHUNK, Keys};
use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::random::address::{SLOT_MIXTURE, TICK_START};
use crate::random::uniform::LazyUniform;
use crate::simd::words::Words;

/// The game that all lanes have in common.
pub(super) struct Game {
    pub(super) layout: Layout,
    pub(super) seed: u64,
    pub(super) keys: Keys,
    /// Episode `e` plays the one of number `e mod S`.
    pub(super) programs: Vec<Arc<Program>>,
    /// By scenario and agent, what each feature is worth (see `Rewards::weights`).
    pub(super) weights: Vec<Vec<Vec<f64>>>,
    /// The seats whose actions come from outside; the others play the programs' line-up.
    pub(super) outside: Vec<bool>,
    /// Whether a policy depends on the acts of last night.
    pub(super) remembers: bool,
    /// The least value that is too large, for each number of some lanes' acts: of enough lanes for
    /// SIMD. Nothing is too large for a built-in seat.
    pub(super) limits: Vec<u8>,
}

impl Game {
    pub(super) fn scenario(&self, episode: u64) -> usize {
        match self.programs.len() {
            1 => 0,
            several => (episode % several as u64) as usize,
        }
    }

    #[inline(always)]
    pub(super) fn program(&self, episode: u64) -> &Program {
        &self.programs[self.scenario(episode)]
    }

    /// The policy of a seat's mixture that it plays in an episode.
    pub(super) fn drawn_policy(&self, seat: usize, episode: u64) -> u8 {
        let entries = self.program(episode).seat(0, seat);
        let mut u = LazyUniform::new(self.seed, episode, TICK_START, SLOT_MIXTURE + seat as u32);
        let drawn = entries.iter().position(|&(_, cumulative)| u.is_below(cumulative));
        entries[drawn.unwrap_or(entries.len() - 1)].0 as u8
    }
}

/// The lanes of a chunk, or of several: a column for each fact.
pub(super) struct Lanes<'a> {
    pub(super) episode: &'a mut [u64],
    /// The episode after this one, unless there is none: episodes are below 2^64.
    pub(super) next: &'a mut [Option<u64>],
    pub(super) night: &'a mut [u32],
    /// The night that returns count from: 0, or that of the state which the lane was put into.
    pub(super) since: &'a mut [u32],
    pub(super) burning: &'a mut [u32],
    pub(super) ruined: &'a mut [u32],
    pub(super) over: &'a mut [bool],
    /// What each built-in seat plays this episode: a number for each seat of each lane.
    pub(super) policies: &'a mut [u8],
    /// House, mode and signal of each agent in the last night: zeros before night 0.
    pub(super) acts: &'a mut [u8],
    /// What happened since the episode began: for each chunk, [`rows`] columns.
    pub(super) sums: &'a mut [u32],
}

impl<'a> Lanes<'a> {
    pub(super) fn count(&self) -> usize {
        self.episode.len()
    }

    /// The first `lanes` of these, a multiple of `CHUNK` unless it is all, and the others.
    pub(super) fn split_at(self, lanes: usize, layout: Layout) -> (Self, Self) {
        let agents = layout.agents;
        let sums = lanes.div_ceil(CHUNK) * CHUNK * rows(layout);
        let episode = self.episode.split_at_mut(lanes);
        let next = self.next.split_at_mut(lanes);
        let night = self.night.split_at_mut(lanes);
        let since = self.since.split_at_mut(lanes);
        let burning = self.burning.split_at_mut(lanes);
        let ruined = self.ruined.split_at_mut(lanes);
        let over = self.over.split_at_mut(lanes);
        let policies = self.policies.split_at_mut(lanes * agents);
        let acts = self.acts.split_at_mut(lanes * agents * 3);
        let sums = self.sums.split_at_mut(sums);
        (
            Self {
                episode: episode.0,
                next: next.0,
                night: night.0,
                since: since.0,
                burning: burning.0,
                ruined: ruined.0,
                over: over.0,
                policies: policies.0,
                acts: acts.0,
                sums: sums.0,
            },
            Self {
                episode: episode.1,
                next: next.1,
                night: night.1,
                since: since.1,
                burning: burning.1,
                ruined: ruined.1,
                over: over.1,
                policies: policies.1,
                acts: acts.1,
                sums: sums.1,
            },
        )
    }

    /// Gives a lane the number of its next episode; whether there is one.
    pub(super) fn advance(&mut self, lane: usize, stride: u64) -> bool {
        let Some(next) = self.next[lane] else { return false };
        self.episode[lane] = next;
        self.next[lane] = next.checked_add(stride);
        true
    }

    /// Begins episodes: those of `which` lanes, numbered in `episode` already.
    #[inline(always)]
    pub(super) fn begin<W: Words>(&mut self, game: &Game, which: &[usize], scratch: &mut Scratch) {
        let agents = game.layout.agents;
        for &lane in which {
            self.over[lane] = false;
            self.since[lane] = 0;
            self.acts[lane * agents * 3..][..agents * 3].fill(0);
            for sums in self.sums.chunks_exact_mut(CHUNK) {
                sums[lane] = 0;
            }
        }
        night::start::<W>(game, self, which, scratch);
    }
}

/// A column for each fact about the lanes.
#[derive(Clone)]
pub(super) struct Columns {
    pub(super) episode: Vec<u64>,
    pub(super) next: Vec<Option<u64>>,
    pub(super) night: Vec<u32>,
    pub(super) since: Vec<u32>,
    pub(super) burning: Vec<u32>,
    pub(super) ruined: Vec<u32>,
    pub(super) over: Vec<bool>,
    pub(super) policies: Vec<u8>,
    pub(super) acts: Vec<u8>,
    pub(super) sums: Vec<u32>,
}

impl Columns {
    pub(super) fn lanes(&mut self) -> Lanes<'_> {
        Lanes {
            episode: &mut self.episode,
            next: &mut self.next,
            night: &mut self.night,
            since: &mut self.since,
            burning: &mut self.burning,
            ruined: &mut self.ruined,
            over: &mut self.over,
            policies: &mut self.policies,
            acts: &mut self.acts,
            sums: &mut self.sums,
        }
    }
}

/// The lanes that are chosen.
pub(super) fn chosen_lanes(chosen: &[bool]) -> impl Iterator<Item = usize> {
    (0..chosen.len()).filter(|&lane| chosen[lane])
}
