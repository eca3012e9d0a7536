//! What agents are shown and given: observations, rewards, and what an ended episode leaves.

use crate::game::counts::{Layout, weighted_sum};
use crate::plain::End;

use super::night::{Scratch, rows};
use super::{CHUNK, Game, Lanes};

/// The arrays into which a step or a reset writes what it shows; lane first, all lanes.
pub struct Seen<'a> {
    /// (N, H): 0 safe, 1 burning, 2 ruined.
    pub houses: &'a mut [u8],
    /// (N, A, 3): house, mode and signal of last night; zeros before night 0.
    pub actions: &'a mut [u8],
    /// (N): the night to come.
    pub night: &'a mut [i32],
    /// (N): the episode that all of this belongs to.
    pub episode: &'a mut [u64],
}

/// The arrays into which a step writes what the night brought.
pub struct Brought<'a> {
    /// (N, A): each agent's reward of the night, a double rounded once.
    pub rewards: &'a mut [f32],
    /// (N): the episode ended for good.
    pub terminated: &'a mut [bool],
    /// (N): it ended with the last night allowed.
    pub truncated: &'a mut [bool],
    /// What the episodes that ended leave; rows of other lanes are not written, but for `end`.
    pub ended: Ended<'a>,
}

/// The arrays into which a step writes what the episodes that ended leave.
pub struct Ended<'a> {
    /// (N, H): the houses after the last night.
    pub houses: &'a mut [u8],
    /// (N, A, 3): the acts of the last night.
    pub actions: &'a mut [u8],
    /// (N): how many nights there were.
    pub nights: &'a mut [i32],
    /// (N): which episode it was.
    pub episode: &'a mut [u64],
    /// (N): 1 + the index of `END_KINDS`; 0 where no episode ended.
    pub end: &'a mut [u8],
    /// (N, A): each agent's return.
    pub returns: &'a mut [f64],
}

macro_rules! splits {
    ($name:ident, { $($field:ident: $size:expr),* }, { $($nested:ident),* }) => {
        impl<'a> $name<'a> {
            /// The rows of the first `lanes` lanes, and the others.
            pub(super) fn split_at(self, lanes: usize, layout: Layout) -> (Self, Self) {
                $(let $field = self.$field.split_at_mut(lanes * ($size)(layout));)*
                $(let $nested = self.$nested.split_at(lanes, layout);)*
                (
                    Self { $($field: $field.0,)* $($nested: $nested.0,)* },
                    Self { $($field: $field.1,)* $($nested: $nested.1,)* },
                )
            }
        }
    };
}
splits!(Seen, {
    houses: |l: Layout| l.houses, actions: |l: Layout| 3 * l.agents, night: |_| 1, episode: |_| 1
}, {});
splits!(Brought, { rewards: |l: Layout| l.agents, terminated: |_| 1, truncated: |_| 1 }, { ended });
splits!(Ended, {
    houses: |l: Layout| l.houses, actions: |l: Layout| 3 * l.agents, nights: |_| 1,
    episode: |_| 1, end: |_| 1, returns: |l: Layout| l.agents
}, {});

/// A byte for each bit of a byte.
const BYTES: [u64; 256] = {
    let mut table = [0; 256];
    let mut bits = 0;
    while bits < 256 {
        let mut i = 0;
        while i < 8 {
            table[bits] |= ((bits >> i & 1) as u64) << (8 * i);
            i += 1;
        }
        bits += 1;
    }
    table
};

/// Writes the state of each house of a ring.
#[inline(always)]
fn write_houses(burning: u32, ruined: u32, out: &mut [u8]) {
    let (burning, ruined) = (burning.to_le_bytes(), ruined.to_le_bytes());
    for (eight, part) in out.chunks_mut(8).enumerate() {
        let codes = BYTES[burning[eight] as usize] + 2 * BYTES[ruined[eight] as usize];
        let length = part.len();
        part.copy_from_slice(&codes.to_le_bytes()[..length]);
    }
}

/// Writes what lanes show.
#[inline(always)]
pub(super) fn show(lanes: &Lanes<'_>, seen: &mut Seen<'_>, layout: Layout) {
    let houses = layout.houses;
    for lane in 0..lanes.count() {
        let ring = &mut seen.houses[lane * houses..][..houses];
        write_houses(lanes.burning[lane], lanes.ruined[lane], ring);
        seen.night[lane] = lanes.night[lane] as i32;
    }
    seen.actions.copy_from_slice(lanes.acts);
    seen.episode.copy_from_slice(lanes.episode);
}

/// Writes rewards and ends of a night that has been played, adds it to the lanes' sums, and lists
/// the lanes whose episode ended.
#[inline(always)]
pub(super) fn bring(
    game: &Game,
    lanes: &mut Lanes<'_>,
    scratch: &Scratch,
    brought: &mut Brought<'_>,
    over: &mut Vec<usize>,
    cap_terminates: bool,
) {
    let layout = game.layout;
    let (houses, agents) = (layout.houses, layout.agents);
    let rows = rows(layout);
    for (sums, events) in lanes.sums.chunks_exact_mut(CHUNK).zip(&scratch.events[..rows]) {
        for (sum, &event) in sums[..lanes.episode.len()].iter_mut().zip(events) {
            *sum += event;
        }
    }
    reward(game, lanes, scratch, brought.rewards);
    over.clear();
    for lane in 0..lanes.count() {
        let end = scratch.ended[lane];
        let capped = end == 1 + End::Cap as u8 && !cap_terminates;
        brought.terminated[lane] = end != 0 && !capped;
        brought.truncated[lane] = capped;
        brought.ended.end[lane] = end;
        if end != 0 {
            over.push(lane);
        }
    }
    let ended = &mut brought.ended;
    for &lane in over.iter() {
        let ring = &mut ended.houses[lane * houses..][..houses];
        write_houses(lanes.burning[lane], lanes.ruined[lane], ring);
        let acts = 3 * agents * lane..3 * agents * (lane + 1);
        ended.actions[acts.clone()].copy_from_slice(&lanes.acts[acts]);
        ended.nights[lane] = lanes.night[lane] as i32;
        let episode = lanes.episode[lane];
        ended.episode[lane] = episode;
        let mut features = vec![1, i64::from(lanes.night[lane] - lanes.since[lane])];
        features.extend((0..rows).map(|row| i64::from(lanes.sums[row * CHUNK + lane])));
        let weights = &game.weights[game.scenario(episode)];
        for (out, weights) in ended.returns[lane * agents..][..agents].iter_mut().zip(weights) {
            *out = weighted_sum(weights, &features);
        }
    }
}

/// Each agent's reward of the night, added up as `weighted_sum` does it.
#[inline(always)]
fn reward(game: &Game, lanes: &Lanes<'_>, scratch: &Scratch, out: &mut [f32]) {
    let layout = game.layout;
    let (agents, rows, count) = (layout.agents, rows(layout), lanes.count());
    if let [weights] = &game.weights[..] {
        for (agent, weights) in weights.iter().enumerate() {
            // The features "one episode" and "one night", then the rows; those without a weight add
            // a zero, which changes nothing.
            let mut sums = [0.0; CHUNK];
            sums[..count].fill(0.0 + weights[0] + weights[1]);
            for (row, &weight) in weights[2..].iter().enumerate().filter(|&(_, &w)| w != 0.0) {
                for (sum, &event) in sums[..count].iter_mut().zip(&scratch.events[row]) {
                    *sum += weight * f64::from(event as i32);
                }
            }
            for (lane, &sum) in sums[..count].iter().enumerate() {
                out[lane * agents + agent] = sum as f32;
            }
        }
        return;
    }
    let mut features = vec![1; 2 + rows];
    for lane in 0..count {
        for row in 0..rows {
            features[2 + row] = i64::from(scratch.events[row][lane]);
        }
        let weights = &game.weights[game.scenario(lanes.episode[lane])];
        for (agent, weights) in weights.iter().enumerate() {
            out[lane * agents + agent] = weighted_sum(weights, &features) as f32;
        }
    }
}
