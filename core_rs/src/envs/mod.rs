//! Many episodes in step, with actions from outside: the environment that agents learn in.
//!
//! Every *lane* plays one episode, has a number as every episode has (`docs/randomness.md`), and
//! starts its next one when that is over; what it plays does not depend on the other lanes. Read
//! `lanes` for what is known of a lane, `task` for how lanes are shared out, `night` for the rules
//! over vectors of lanes, `draws` for the draws that few lanes need, `seen` for what agents are shown
//! and given.

mod draws;
mod lanes;
mod night;
mod seen;
mod task;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rayon::prelude::*;

use crate::InvalidValue;
use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::pool::{RunError, pool, threads};
use crate::random::address::key;
use crate::random::philox::key_schedule;
use crate::simd::SimdPath;
use draws::Keys;
use lanes::{Columns, Game, Lanes, chosen_lanes};
use night::{Scratch, rows};
pub use seen::{Brought, Ended, Seen};
use task::{Part, Play, Played, Player, Task};

/// Lanes that are played together, through all phases of a night.
const CHUNK: usize = 128;
/// Lanes whose acts are checked together.
const LIMITED: usize = 32;
/// Lanes that are worth a thread.
const SHARE: usize = 2048;

/// The way lanes go on when an episode ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autoreset {
    /// At once: what is seen after the night is the start of the next episode.
    SameStep,
    /// Not: the lane waits for a reset.
    Disabled,
}

/// The parts that an environment is made of.
pub struct Settings {
    /// Programs, one for each scenario, all of one shape, with one line-up each.
    pub programs: Vec<Arc<Program>>,
    /// By scenario and agent, what each feature is worth.
    pub weights: Vec<Vec<Vec<f64>>>,
    /// The seats whose actions come from outside.
    pub outside: Vec<bool>,
    /// Episodes in step.
    pub lanes: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Lane `i` plays the episodes `first + i + k · stride`.
    pub first: u64,
    /// At least as many as there are lanes.
    pub stride: u64,
    /// The way lanes go on after an end.
    pub autoreset: Autoreset,
    /// Whether an episode that the last night allowed ends counts as terminated, not truncated.
    pub cap_terminates: bool,
    /// The instructions to use.
    pub path: SimdPath,
    /// Threads at most; 0 for as many as the pool has.
    pub threads: usize,
}

/// An environment of many episodes in step.
pub struct VectorEnv {
    game: Game,
    autoreset: Autoreset,
    cap_terminates: bool,
    path: SimdPath,
    threads: usize,
    first: u64,
    stride: u64,
    columns: Columns,
    /// Whether a lane may wait for a reset.
    waiting: bool,
    /// Whether a lane may be without a next episode.
    last: bool,
    /// Workspaces of the parts that are played at once.
    rooms: Vec<Box<Scratch>>,
}

/// The state of some lanes: all that their future depends on, besides the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The episode that each lane plays.
    pub episode: Vec<u64>,
    /// The night to come.
    pub night: Vec<u32>,
    /// A bit for each house that burns.
    pub burning: Vec<u32>,
    /// A bit for each house in ruins.
    pub ruined: Vec<u32>,
    /// House, mode and signal of each agent in the night before, if a built-in agent remembers them.
    pub acts: Option<Vec<u8>>,
}

impl VectorEnv {
    /// An environment whose lanes wait for their first reset.
    ///
    /// # Errors
    /// The first setting that is not allowed.
    pub fn new(settings: Settings) -> Result<Self, InvalidValue> {
        let Settings { programs, weights, outside, lanes, first, stride, .. } = settings;
        let Some(layout) = programs.first().map(|program| program.layout) else {
            return Err(InvalidValue::new("scenario", "an empty list", "at least one scenario"));
        };
        if let Some(i) = programs.iter().position(|program| program.layout != layout) {
            let Layout { houses, agents } = programs[i].layout;
            return Err(InvalidValue::new(
                format!("scenario[{i}]"),
                format!("one of {houses} houses and {agents} agents"),
                format!("{} houses and {} agents, as the first has", layout.houses, layout.agents),
            ));
        }
        let most = (1 << 31) / (3 * layout.agents);
        if !(1..=most).contains(&lanes) {
            return Err(InvalidValue::new(
                "num_envs",
                lanes,
                format!("an integer from 1 to {most}"),
            ));
        }
        if stride < lanes as u64 {
            let allowed =
                format!("at least num_envs ({lanes}), so that no episode is played twice");
            return Err(InvalidValue::new("stride", stride, allowed));
        }
        if first.checked_add(lanes as u64 - 1).is_none() {
            let allowed = format!("at most 2^64 - {lanes}, so that every lane has an episode");
            return Err(InvalidValue::new("first_episode + offset", first, allowed));
        }
        let played = |program: &Arc<Program>| {
            let seats = (0..layout.agents).filter(|&seat| !outside[seat]);
            let mut entries = seats.flat_map(|seat| program.seat(0, seat));
            entries.any(|&(policy, _)| program.policies[policy as usize].remembers())
        };
        let remembers = programs.iter().any(played);
        let one = outside.iter().flat_map(|&outside| match outside {
            true => [layout.houses as u8, 2, 2],
            false => [u8::MAX; 3],
        });
        let limits = one.cycle().take(LIMITED * 3 * layout.agents).collect();
        let game = Game {
            layout,
            seed: settings.seed,
            keys: key_schedule(key(settings.seed)),
            programs,
            weights,
            outside,
            remembers,
            limits,
        };
        let columns = Columns {
            episode: (0..lanes as u64).map(|lane| first + lane).collect(),
            next: (0..lanes as u64).map(|lane| Some(first + lane)).collect(),
            night: vec![0; lanes],
            since: vec![0; lanes],
            burning: vec![0; lanes],
            ruined: vec![0; lanes],
            over: vec![true; lanes],
            policies: vec![0; lanes * layout.agents],
            acts: vec![0; lanes * layout.agents * 3],
            sums: vec![0; lanes.next_multiple_of(CHUNK) * rows(layout)],
        };
        let Settings { autoreset, cap_terminates, path, threads, .. } = settings;
        let (waiting, last, rooms) = (true, false, Vec::new());
        Ok(Self {
            game,
            autoreset,
            cap_terminates,
            path,
            threads,
            first,
            stride,
            columns,
            waiting,
            last,
            rooms,
        })
    }

    /// Houses and agents.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.game.layout
    }

    /// Episodes in step.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.columns.episode.len()
    }

    /// The last night that an episode may have.
    #[must_use]
    pub fn last_night(&self, episode: u64) -> u32 {
        self.game.program(episode).max_nights - 1
    }

    /// Gives the environment another seed; every lane is to begin with its first episode again.
    pub fn reseed(&mut self, seed: u64) {
        self.game.seed = seed;
        self.game.keys = key_schedule(key(seed));
        for (lane, next) in self.columns.next.iter_mut().enumerate() {
            *next = Some(self.first + lane as u64);
        }
        self.columns.over.fill(true);
        (self.waiting, self.last) = (true, false);
    }

    /// Begins an episode in each chosen lane: its next one, or the given one.
    ///
    /// # Errors
    /// If a lane has no episode left, before any begins one; or if there is no thread.
    pub fn reset(&mut self, chosen: &[bool], episodes: Option<&[u64]>) -> Result<(), EnvError> {
        let stride = self.stride;
        if episodes.is_none()
            && let Some(lane) = chosen_lanes(chosen).find(|&lane| self.columns.next[lane].is_none())
        {
            return Err(self.spent(lane).into());
        }
        let mut columns = self.columns.lanes();
        for lane in chosen_lanes(chosen) {
            match episodes {
                Some(episodes) => columns.episode[lane] = episodes[lane],
                None => _ = columns.advance(lane, stride),
            }
        }
        // Before anything can fail: then lanes are looked through.
        self.waiting = true;
        self.last = self.columns.next.iter().any(Option::is_none);
        self.run(Task::Begin { chosen })?;
        self.waiting = self.columns.over.contains(&true);
        Ok(())
    }

    /// Plays a night in every lane, with the acts (house, mode, signal) of the outside seats;
    /// whether an episode ended with it.
    ///
    /// # Errors
    /// If a lane waits for a reset, an act is not allowed, or a lane whose episode ends has no next
    /// one: then nothing is played in any lane. Or if there is no thread.
    pub fn step(
        &mut self,
        actions: &[u8],
        brought: Brought<'_>,
        seen: Seen<'_>,
    ) -> Result<bool, EnvError> {
        if self.waiting
            && let Some(lane) = self.columns.over.iter().position(|&over| over)
        {
            let given = "a night of an episode that is over or has not begun";
            let allowed = "a reset of that lane first";
            return Err(InvalidValue::new(format!("actions[{lane}]"), given, allowed).into());
        }
        self.check_actions(actions)?;
        let goes_on = self.autoreset == Autoreset::SameStep;
        let before = (goes_on && self.last).then(|| self.columns.clone());
        let Played { ended, spent, last } = self.run(Task::Step { actions, brought, seen })?;
        if let (Some(before), Some(lane)) = (before, spent) {
            self.columns = before;
            return Err(self.spent(lane).into());
        }
        self.last |= last;
        self.waiting |= ended && !goes_on;
        Ok(ended)
    }

    /// Writes what the lanes show now.
    pub fn show(&mut self, mut seen: Seen<'_>) {
        seen::show(&self.columns.lanes(), &mut seen, self.game.layout);
    }

    /// The state of all lanes.
    #[must_use]
    pub fn state(&self) -> State {
        let Columns { episode, night, burning, ruined, acts, .. } = self.columns.clone();
        State { episode, night, burning, ruined, acts: self.game.remembers.then_some(acts) }
    }

    /// Puts chosen lanes into given states. Their returns count from there. The acts of the night
    /// before are zeros, unless a built-in agent remembers them.
    ///
    /// # Errors
    /// If a built-in agent remembers acts that the states lack, or that are not allowed; or if there
    /// is no thread.
    pub fn set_state(&mut self, chosen: &[bool], state: &State) -> Result<(), EnvError> {
        let acts = if self.game.remembers { self.remembered(chosen, state)? } else { None };
        // What its built-in seats play is decided by the episode.
        self.reset(chosen, Some(&state.episode))?;
        let columns = &mut self.columns;
        let size = 3 * self.game.layout.agents;
        for lane in chosen_lanes(chosen) {
            columns.night[lane] = state.night[lane];
            columns.since[lane] = state.night[lane];
            columns.burning[lane] = state.burning[lane];
            columns.ruined[lane] = state.ruined[lane];
            if let Some(acts) = acts {
                let own = lane * size..(lane + 1) * size;
                columns.acts[own.clone()].copy_from_slice(&acts[own]);
            }
        }
        Ok(())
    }

    /// The acts of states, which a built-in agent is to remember, if they are allowed.
    fn remembered<'a>(
        &self,
        chosen: &[bool],
        state: &'a State,
    ) -> Result<Option<&'a [u8]>, InvalidValue> {
        let Layout { houses, agents } = self.game.layout;
        let Some(acts) = &state.acts else {
            let allowed = "the acts of last night, beside a built-in agent that remembers them";
            return Err(InvalidValue::new("lanes.actions", "None", allowed));
        };
        for (i, &act) in acts.iter().enumerate() {
            let (lane, agent, part) = (i / (3 * agents), i / 3 % agents, i % 3);
            if chosen[lane] {
                check_act(act, houses, lane, agent, part)?;
            }
        }
        Ok(Some(acts))
    }

    fn spent(&self, lane: usize) -> InvalidValue {
        let given = format!("{} in lane {lane}", self.columns.episode[lane]);
        let allowed = format!("an episode below 2^64 - {}, to be followed by another", self.stride);
        InvalidValue::new("episode", given, allowed)
    }

    /// Checks the acts of outside seats; finds the first that is not allowed.
    fn check_actions(&self, actions: &[u8]) -> Result<(), InvalidValue> {
        let Layout { houses, agents } = self.game.layout;
        let limits = &self.game.limits;
        let too_large = actions.chunks(limits.len()).any(|part| {
            let pairs = part.iter().zip(limits);
            pairs.fold(0, |any, (&act, &limit)| any | u8::from(act >= limit)) != 0
        });
        if !too_large {
            return Ok(());
        }
        for (i, &act) in actions.iter().enumerate() {
            let (lane, agent, part) = (i / (3 * agents), i / 3 % agents, i % 3);
            if self.game.outside[agent] {
                check_act(act, houses, lane, agent, part)?;
            }
        }
        Ok(())
    }

    /// Does a task in all lanes.
    fn run(&mut self, task: Task<'_>) -> Result<Played, EnvError> {
        let count = self.columns.episode.len();
        let threads = match count / SHARE {
            0 | 1 => 1,
            _ => threads(self.threads)?,
        };
        let player = Player {
            game: &self.game,
            autoreset: self.autoreset,
            cap_terminates: self.cap_terminates,
            stride: self.stride,
        };
        let part = Part { start: 0, lanes: self.columns.lanes(), task };
        let path = self.path;
        self.rooms.resize_with(threads.max(self.rooms.len()), Scratch::new);
        if threads == 1 {
            let scratch = &mut self.rooms[0];
            return Ok(path.run(Play { player, part, scratch }));
        }
        let share = count.div_ceil(threads).next_multiple_of(CHUNK);
        let mut plays = Vec::new();
        let mut rest = part;
        for scratch in &mut self.rooms {
            let lanes = usize::min(share, rest.lanes.count());
            let (part, others) = rest.split_at(lanes, self.game.layout);
            plays.push(Play { player, part, scratch });
            rest = others;
        }
        let pool = pool()?;
        let played = pool.install(|| {
            let each = plays.into_par_iter().map(|play| path.run(play));
            each.reduce(Played::default, Played::and)
        });
        Ok(played)
    }
}

/// Checks a number of an act: its house, mode or signal.
fn check_act(
    act: u8,
    houses: usize,
    lane: usize,
    agent: usize,
    part: usize,
) -> Result<(), InvalidValue> {
    let (limit, allowed) = match part {
        0 => (houses as u8, format!("a house from 0 to {}", houses - 1)),
        1 => (2, "a mode: 0 to rest, 1 to work".to_string()),
        _ => (2, "a signal: 0 or 1".to_string()),
    };
    if act < limit {
        return Ok(());
    }
    Err(InvalidValue::new(format!("actions[{lane}, {agent}, {part}]"), act, allowed))
}

/// Why an environment did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvError {
    /// A value that is not allowed.
    Invalid(InvalidValue),
    /// There is no thread.
    Run(RunError),
}

impl From<InvalidValue> for EnvError {
    fn from(error: InvalidValue) -> Self {
        Self::Invalid(error)
    }
}

impl From<RunError> for EnvError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}
