//! Tasks for lanes, shared out in parts and done chunk after chunk.

use super::lanes::{Game, Lanes, chosen_lanes};
use super::night::{self, Scratch};
use super::seen::{self, Brought, Seen};
use super::{Autoreset, CHUNK};
use crate::game::counts::Layout;
use crate::simd::dispatch::WordKernel;
use crate::simd::words::Words;

/// A task for some lanes.
#[expect(clippy::large_enum_variant, reason = "one for a whole step")]
pub(super) enum Task<'a> {
    /// Begin the episodes of chosen lanes, numbered already.
    Begin { chosen: &'a [bool] },
    /// Play a night.
    Step { actions: &'a [u8], brought: Brought<'a>, seen: Seen<'a> },
}

/// Some lanes, from number `start` on, with their part of a task.
pub(super) struct Part<'a> {
    pub(super) start: usize,
    pub(super) lanes: Lanes<'a>,
    pub(super) task: Task<'a>,
}

impl Part<'_> {
    /// The part of the first `lanes` lanes, and that of the others.
    pub(super) fn split_at(self, lanes: usize, layout: Layout) -> (Self, Self) {
        let (one, other) = self.lanes.split_at(lanes, layout);
        let (task, others) = match self.task {
            Task::Begin { chosen } => {
                let (chosen, others) = chosen.split_at(lanes);
                (Task::Begin { chosen }, Task::Begin { chosen: others })
            }
            Task::Step { actions, brought, seen } => {
                let actions = actions.split_at(lanes * layout.agents * 3);
                let brought = brought.split_at(lanes, layout);
                let seen = seen.split_at(lanes, layout);
                (
                    Task::Step { actions: actions.0, brought: brought.0, seen: seen.0 },
                    Task::Step { actions: actions.1, brought: brought.1, seen: seen.1 },
                )
            }
        };
        (
            Self { start: self.start, lanes: one, task },
            Self { start: self.start + lanes, lanes: other, task: others },
        )
    }
}

/// The player of a part, chunk after chunk.
#[derive(Clone, Copy)]
pub(super) struct Player<'a> {
    pub(super) game: &'a Game,
    pub(super) autoreset: Autoreset,
    pub(super) cap_terminates: bool,
    pub(super) stride: u64,
}

/// What came of a task.
#[derive(Clone, Copy, Default)]
pub(super) struct Played {
    /// Whether an episode ended.
    pub(super) ended: bool,
    /// The first lane without a next episode, where one was needed.
    pub(super) spent: Option<usize>,
    /// Whether a lane began an episode that has no next one.
    pub(super) last: bool,
}

impl Played {
    /// What came of two tasks.
    pub(super) fn and(self, other: Self) -> Self {
        let spent = self.spent.into_iter().chain(other.spent).min();
        Self { ended: self.ended | other.ended, spent, last: self.last | other.last }
    }
}

/// A part and what plays it.
pub(super) struct Play<'a> {
    pub(super) player: Player<'a>,
    pub(super) part: Part<'a>,
    pub(super) scratch: &'a mut Scratch,
}

impl WordKernel for Play<'_> {
    type Output = Played;

    #[inline(always)]
    fn run<W: Words>(self) -> Self::Output {
        let Self { player, mut part, scratch } = self;
        let (mut ended, mut played) = (Vec::new(), Played::default());
        while part.lanes.count() > 0 {
            let count = usize::min(CHUNK, part.lanes.count());
            let (Part { start, mut lanes, task }, rest) = part.split_at(count, player.game.layout);
            match task {
                Task::Begin { chosen } => {
                    ended.clear();
                    ended.extend(chosen_lanes(chosen));
                    lanes.begin::<W>(player.game, &ended, scratch);
                }
                Task::Step { actions, mut brought, mut seen } => {
                    night::play::<W>(player.game, &mut lanes, actions, scratch);
                    let cap = player.cap_terminates;
                    seen::bring(player.game, &mut lanes, scratch, &mut brought, &mut ended, cap);
                    played.ended |= !ended.is_empty();
                    match player.autoreset {
                        Autoreset::SameStep => {
                            for &lane in &ended {
                                if !lanes.advance(lane, player.stride) {
                                    played.spent = played.spent.or(Some(start + lane));
                                }
                                played.last |= lanes.next[lane].is_none();
                            }
                            lanes.begin::<W>(player.game, &ended, scratch);
                        }
                        Autoreset::Disabled => {
                            ended.iter().for_each(|&lane| lanes.over[lane] = true);
                        }
                    }
                    seen::show(&lanes, &mut seen, player.game.layout);
                }
            }
            part = rest;
        }
        played
    }
}
