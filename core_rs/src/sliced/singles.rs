//! Seats whose policies are played one episode at a time.

use super::decide::Acts;
use super::state::{HOUSE_BITS, MOST_AGENTS, Rules, State};
use crate::game::program::Program;
use crate::policy::{Action, Sight, Single};
use crate::random::address::{BLOCK, tick_of_night};
use crate::random::uniform::LazyUniform;
use crate::simd::words::Words;

/// Episodes of a word.
const EPISODES: usize = u32::BITS as usize;
/// The bytes of an act.
const ACT: usize = 3;

/// A policy at a seat.
pub struct SingleSeat<W> {
    /// The seat.
    pub seat: usize,
    /// Its number in the seat's mixture.
    pub entry: usize,
    /// What is played.
    pub policy: Single,
    /// The lanes that play it.
    pub lanes: W,
}

/// The acts of last night, for policies that remember them: of each episode of a vector, house, mode
/// and signal of every agent. Empty if none does.
pub struct Memory {
    last: Vec<u8>,
    tonight: Vec<u8>,
}

impl Memory {
    /// The memory of a vector of `words`.
    pub fn new<W>(singles: &[SingleSeat<W>], words: usize, agents: usize) -> Self {
        let remembers = singles.iter().any(|single| single.policy.remembers());
        let size = if remembers { words * EPISODES * ACT * agents } else { 0 };
        Self { last: vec![0; size], tonight: vec![0; size] }
    }
}

/// A vector of blocks and their numbers.
pub struct Playing<'a, W: Words> {
    /// What is played.
    pub program: &'a Program,
    /// The same, laid out.
    pub rules: &'a Rules<W>,
    /// The block of each word, numbered from the program's first.
    pub blocks: &'a [u64],
    /// Where they are.
    pub state: &'a State<W>,
}

/// Puts the acts of singles in the place of what [`decide`](super::decide::decide) decided for their
/// lanes, to rest.
#[inline(always)]
pub fn play_singles<W: Words>(
    playing: &Playing<'_, W>,
    singles: &[SingleSeat<W>],
    memory: &mut Memory,
    acts: &mut Acts<W>,
) {
    let active = playing.state.active;
    let all = singles.iter().fold(W::zero(), |all, single| all | single.lanes) & active;
    for word in 0..W::LANES {
        let lanes = all.get(word);
        if lanes != 0 {
            play_word(playing, singles, memory, acts, word, lanes);
        }
    }
    std::mem::swap(&mut memory.last, &mut memory.tonight);
}

/// [`play_singles`] in a word, of which `lanes` have singles.
#[inline(always)]
fn play_word<W: Words>(
    playing: &Playing<'_, W>,
    singles: &[SingleSeat<W>],
    memory: &mut Memory,
    acts: &mut Acts<W>,
    word: usize,
    lanes: u32,
) {
    let Playing { program, rules, blocks, state } = playing;
    let layout = program.layout;
    let night = state.night.get(word);
    let first = (program.first_block() + blocks[word]) * BLOCK;
    let houses = Houses::of(rules, state, word, lanes);
    let size = ACT * layout.agents;
    let at = |episode: usize| (word * EPISODES + episode) * size;
    let remembers = !memory.last.is_empty();
    // At each seat, lanes whose acts are noted already.
    let mut noted = [0u32; MOST_AGENTS];
    for SingleSeat { seat, policy, lanes: of_seat, .. } in singles {
        let here = of_seat.get(word) & lanes;
        noted[*seat] |= here;
        let (mut works, mut goes, mut index) = (0u32, 0u32, [0u32; HOUSE_BITS]);
        for episode in bits(here) {
            let burning = houses.burning[episode];
            let last = match remembers && night > 0 {
                true => &memory.last[at(episode)..][..size],
                false => &[0; ACT * MOST_AGENTS][..size],
            };
            let ruined = houses.ruined[episode];
            let sight = Sight { layout, agent: *seat, night, burning, ruined, last };
            let number = first + episode as u64;
            let act = policy.act(&sight, |slot| {
                let slot = slot + *seat as u32;
                LazyUniform::new(program.episodes.seed, number, tick_of_night(night), slot)
            });
            if remembers {
                memory.tonight[at(episode) + ACT * seat..][..ACT].copy_from_slice(&act.to_bytes());
            }
            let Action { house, works: true, .. } = act else { continue };
            works |= 1 << episode;
            if burning >> house & 1 == 1 {
                goes |= 1 << episode;
                let number = (burning & ((1 << house) - 1)).count_ones();
                for (bit, plane) in index.iter_mut().enumerate() {
                    *plane |= (number >> bit & 1) << episode;
                }
            }
        }
        let put = |plane: &mut W, new: u32| {
            let old = plane.get(word);
            plane.set(word, old & !here | new);
        };
        put(&mut acts.works[*seat], works);
        put(&mut acts.stays[*seat], 0);
        put(&mut acts.goes[*seat], goes);
        for (plane, new) in acts.index[*seat].iter_mut().zip(index) {
            put(plane, new);
        }
    }
    if !remembers {
        return;
    }
    // The others are at home, unless they go to a fire.
    for (agent, noted) in noted.iter().enumerate().take(layout.agents) {
        let goes = acts.goes[agent].get(word);
        for episode in bits(lanes & !noted) {
            let mut house = rules.homes[agent];
            if goes >> episode & 1 == 1 {
                let plane = |bit: usize| acts.index[agent][bit].get(word) >> episode & 1;
                let number = (0..rules.fire_bits).map(|bit| plane(bit) << bit).sum();
                let mut fires = houses.burning[episode];
                (0..number).for_each(|_| fires &= fires - 1);
                house = fires.trailing_zeros() as usize;
            }
            memory.tonight[at(episode) + ACT * agent] = house as u8;
        }
    }
}

/// The houses of the episodes of a word, as bits.
struct Houses {
    burning: [u32; EPISODES],
    ruined: [u32; EPISODES],
}

impl Houses {
    #[inline(always)]
    fn of<W: Words>(rules: &Rules<W>, state: &State<W>, word: usize, lanes: u32) -> Self {
        let mut houses = Self { burning: [0; EPISODES], ruined: [0; EPISODES] };
        for house in 0..rules.houses {
            for episode in bits(state.burning[house].get(word) & lanes) {
                houses.burning[episode] |= 1 << house;
            }
            for episode in bits(state.ruined[house].get(word) & lanes) {
                houses.ruined[episode] |= 1 << house;
            }
        }
        houses
    }
}

/// The bits of a word that are set.
#[inline(always)]
fn bits(mut word: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < EPISODES).then_some(bit)
    })
}
