//! Seats that play tables: each episode is in a state of its own, so that they are taken one by one.

use std::sync::Arc;

use super::decide::Acts;
use super::state::{HOUSE_BITS, Rules, State};
use super::stream::{QUADS, Stream};
use crate::policy::Table;
use crate::random::address::SLOT_ACT;
use crate::simd::words::Words;

/// Words of a vector at most.
const MOST_WORDS: usize = 16;
/// Episodes of a word.
const EPISODES: usize = u32::BITS as usize;

/// A table at a seat.
pub struct TableSeat<W> {
    /// The seat.
    pub seat: usize,
    /// Its number in the seat's mixture.
    pub entry: usize,
    /// What is played.
    pub table: Arc<Table>,
    /// The lanes that play it.
    pub lanes: W,
}

/// Puts the acts of tables in the place of what [`decide`](super::decide::decide) decided for their
/// lanes, to rest.
#[inline(always)]
pub fn play_tables<W: Words>(
    rules: &Rules<W>,
    tables: &[TableSeat<W>],
    stream: &Stream<W>,
    state: &State<W>,
    acts: &mut Acts<W>,
) {
    let all = tables.iter().fold(W::zero(), |all, table| all | table.lanes) & state.active;
    let mut houses = [Houses::default(); MOST_WORDS];
    for (word, houses) in houses.iter_mut().enumerate().take(W::LANES) {
        houses.find(rules, state, word, all.get(word));
    }
    for TableSeat { seat, table, lanes, .. } in tables {
        let lanes = *lanes & state.active;
        let mut planes = None;
        for (word, houses) in houses.iter().enumerate().take(W::LANES) {
            let here = lanes.get(word);
            if here == 0 {
                continue;
            }
            let night = state.night.get(word);
            let (mut works, mut goes, mut index) = (0u32, 0u32, [0u32; HOUSE_BITS]);
            let mut left = here;
            while left != 0 {
                let episode = left.trailing_zeros() as usize;
                left &= left - 1;
                let act = table.act(houses.state[episode] as usize, night, |threshold| {
                    let planes = planes.get_or_insert_with(|| planes_of(stream, *seat));
                    uniform(planes, word, episode) < threshold
                });
                if act == 0 {
                    continue;
                }
                works |= 1 << episode;
                let burning = houses.burning[episode];
                if burning >> (act - 1) & 1 == 1 {
                    goes |= 1 << episode;
                    let number = (burning & ((1 << (act - 1)) - 1)).count_ones();
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
    }
}

/// The houses of the episodes of a word.
#[derive(Clone, Copy)]
struct Houses {
    /// The number of the state of each.
    state: [u32; EPISODES],
    /// The burning houses of each, as bits.
    burning: [u32; EPISODES],
}

impl Default for Houses {
    fn default() -> Self {
        Self { state: [0; EPISODES], burning: [0; EPISODES] }
    }
}

impl Houses {
    #[inline(always)]
    fn find<W: Words>(&mut self, rules: &Rules<W>, state: &State<W>, word: usize, lanes: u32) {
        let mut digit = 1;
        for house in 0..rules.houses {
            for episode in episodes(state.burning[house].get(word) & lanes) {
                self.state[episode] += digit;
                self.burning[episode] |= 1 << house;
            }
            for episode in episodes(state.ruined[house].get(word) & lanes) {
                self.state[episode] += 2 * digit;
            }
            digit = u32::wrapping_mul(digit, 3); // tables are for rings whose states are counted
        }
    }
}

/// The episodes of a word.
#[inline(always)]
fn episodes(mut word: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let episode = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (episode < EPISODES).then_some(episode)
    })
}

/// All planes of an agent's draw of an act.
#[inline(always)]
fn planes_of<W: Words>(stream: &Stream<W>, seat: usize) -> [W; 4 * QUADS] {
    let slot = stream.slot(SLOT_ACT + seat as u32);
    let mut planes = [W::zero(); 4 * QUADS];
    for (quad, planes) in planes.chunks_exact_mut(4).enumerate() {
        planes.copy_from_slice(&stream.quad(&slot, quad));
    }
    planes
}

/// The uniform of an episode, whose planes hold its bits from the most significant on.
#[inline(always)]
fn uniform<W: Words>(planes: &[W; 4 * QUADS], word: usize, episode: usize) -> u64 {
    planes.iter().fold(0, |u, plane| u << 1 | u64::from(plane.get(word) >> episode & 1))
}
