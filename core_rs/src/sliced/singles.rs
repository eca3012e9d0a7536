//! Seats whose policies are played one episode at a time.

use super::decide::Acts;
use super::state::{HOUSE_BITS, MOST_AGENTS, Rules, State};
use super::stream::{QUADS, Stream};
use crate::policy::{Action, Sight, Single, Table};
use crate::random::address::SLOT_ACT;
use crate::random::uniform::LazyUniform;
use crate::simd::words::{Part, Words};

/// Words of a vector at most.
const MOST_WORDS: usize = 16;
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

/// What is kept from night to night.
pub struct Memory {
    /// The acts of last night, for policies that remember them: of each episode of a vector, house,
    /// mode and signal of every agent. Empty if none does.
    last: Vec<u8>,
    /// Those of this night.
    tonight: Vec<u8>,
    /// Room for what a seat draws.
    uniforms: Vec<Uniforms>,
}

impl Memory {
    /// The memory of a vector of `words`.
    pub fn new<W>(singles: &[SingleSeat<W>], words: usize, agents: usize) -> Self {
        let remembers = singles.iter().any(|single| single.policy.remembers());
        let size = if remembers { words * EPISODES * ACT * agents } else { 0 };
        Self { last: vec![0; size], tonight: vec![0; size], uniforms: Vec::new() }
    }
}

/// Puts the acts of singles in the place of what [`decide`](super::decide::decide) decided for their
/// lanes, to rest.
#[inline(always)]
pub fn play_singles<W: Words>(
    rules: &Rules<W>,
    singles: &[SingleSeat<W>],
    stream: &Stream<W>,
    state: &State<W>,
    memory: &mut Memory,
    acts: &mut Acts<W>,
) {
    let all = singles.iter().fold(W::zero(), |all, single| all | single.lanes) & state.active;
    let mut houses = [Houses::NONE; MOST_WORDS];
    for (word, houses) in houses.iter_mut().enumerate().take(W::LANES) {
        houses.find(rules, state, word, all.get(word));
    }
    // At each seat, lanes whose acts are noted already.
    let mut noted = [W::zero(); MOST_AGENTS];
    for single in singles {
        let lanes = single.lanes & state.active;
        let mut drawn =
            Drawn { stream, seat: single.seat, uniforms: &mut memory.uniforms, slots: 0 };
        for (word, houses) in houses.iter().enumerate().take(W::LANES) {
            let here = lanes.get(word);
            if here != 0 {
                let (last, tonight) = (&memory.last, &mut memory.tonight);
                let night = Night { rules, number: state.night.get(word), word, houses, last };
                night.play(&single.policy, single.seat, here, &mut drawn, tonight, acts);
            }
        }
        noted[single.seat] = noted[single.seat] | lanes;
    }
    if !memory.tonight.is_empty() {
        note_others(rules, all, &noted, &houses, acts, &mut memory.tonight);
        std::mem::swap(&mut memory.last, &mut memory.tonight);
    }
}

/// A night of a word.
struct Night<'a, W: Words> {
    rules: &'a Rules<W>,
    number: u32,
    word: usize,
    houses: &'a Houses,
    last: &'a [u8],
}

impl<W: Words> Night<'_, W> {
    /// Plays a seat's policy in some lanes.
    #[inline(always)]
    fn play(
        &self,
        policy: &Single,
        seat: usize,
        lanes: u32,
        drawn: &mut Drawn<'_, W>,
        tonight: &mut [u8],
        acts: &mut Acts<W>,
    ) {
        let Self { rules, number: night, word, houses, last } = *self;
        if let Single::Table(table) = policy {
            // What `Single::act` does, with states that were counted once for all seats.
            let home = rules.homes[seat];
            let act = |episode: usize| {
                let uniform = || drawn.uniform(SLOT_ACT, word, episode);
                table.action(houses.states[episode], night, home, uniform)
            };
            return self.put(seat, lanes, act, tonight, acts);
        }
        let size = ACT * rules.layout.agents;
        let remembers = night > 0 && !last.is_empty();
        let act = |episode: usize| {
            let last = match remembers {
                true => &last[(word * EPISODES + episode) * size..][..size],
                false => &[0; ACT * MOST_AGENTS][..size],
            };
            let (burning, ruined) = (houses.burning[episode], houses.ruined[episode]);
            let sight = Sight { layout: rules.layout, agent: seat, night, burning, ruined, last };
            policy.act(&sight, |slot| drawn.uniform(slot, word, episode))
        };
        self.put(seat, lanes, act, tonight, acts);
    }

    /// Puts the acts of a seat in some lanes where they belong.
    #[inline(always)]
    fn put(
        &self,
        seat: usize,
        lanes: u32,
        mut act: impl FnMut(usize) -> Action,
        tonight: &mut [u8],
        acts: &mut Acts<W>,
    ) {
        let Self { rules, word, houses, .. } = *self;
        let (mut works, mut goes, mut index) = (0u32, 0u32, [0u32; HOUSE_BITS]);
        for episode in bits(lanes) {
            let act = act(episode);
            if !tonight.is_empty() {
                let place = ((word * EPISODES + episode) * rules.layout.agents + seat) * ACT;
                tonight[place..][..ACT].copy_from_slice(&act.to_bytes());
            }
            let Action { house, works: true, .. } = act else { continue };
            works |= 1 << episode;
            let burning = houses.burning[episode];
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
            plane.set(word, old & !lanes | new);
        };
        put(&mut acts.works[seat], works);
        put(&mut acts.stays[seat], 0);
        put(&mut acts.goes[seat], goes);
        for (plane, new) in acts.index[seat].iter_mut().zip(index) {
            put(plane, new);
        }
    }
}

/// Notes where the others are, in lanes with a single: at home, unless they go to a fire.
#[inline(always)]
fn note_others<W: Words>(
    rules: &Rules<W>,
    lanes: W,
    noted: &[W; MOST_AGENTS],
    houses: &[Houses; MOST_WORDS],
    acts: &Acts<W>,
    tonight: &mut [u8],
) {
    let agents = rules.layout.agents;
    for (agent, noted) in noted.iter().enumerate().take(agents) {
        for (word, houses) in houses.iter().enumerate().take(W::LANES) {
            let goes = acts.goes[agent].get(word);
            for episode in bits(lanes.get(word) & !noted.get(word)) {
                let mut house = rules.homes[agent];
                if goes >> episode & 1 == 1 {
                    let plane = |bit: usize| acts.index[agent][bit].get(word) >> episode & 1;
                    let number = (0..rules.fire_bits).map(|bit| plane(bit) << bit).sum();
                    let mut fires = houses.burning[episode];
                    (0..number).for_each(|_| fires &= fires - 1);
                    house = fires.trailing_zeros() as usize;
                }
                tonight[((word * EPISODES + episode) * agents + agent) * ACT] = house as u8;
            }
        }
    }
}

/// The uniforms of all episodes of a vector at a slot.
struct Uniforms {
    slot: u32,
    numbers: [[u32; EPISODES]; MOST_WORDS],
}

/// What a seat draws on a night: all episodes at once, when the first one asks.
struct Drawn<'a, W: Words> {
    stream: &'a Stream<W>,
    seat: usize,
    uniforms: &'a mut Vec<Uniforms>,
    /// How many of `uniforms` are this seat's, of this night.
    slots: usize,
}

impl<W: Words> Drawn<'_, W> {
    fn uniform(&mut self, slot: u32, word: usize, episode: usize) -> LazyUniform {
        let known = self.uniforms[..self.slots].iter().position(|known| known.slot == slot);
        let at = known.unwrap_or_else(|| {
            if self.slots == self.uniforms.len() {
                self.uniforms.push(Uniforms { slot, numbers: [[0; EPISODES]; MOST_WORDS] });
            }
            let room = &mut self.uniforms[self.slots];
            room.slot = slot;
            let slot = slot + self.seat as u32;
            W::call(Draw { stream: self.stream, slot, numbers: &mut room.numbers });
            self.slots += 1;
            self.slots - 1
        });
        LazyUniform::known(self.uniforms[at].numbers[word][episode])
    }
}

/// Draws all bits of a slot.
struct Draw<'a, W: Words> {
    stream: &'a Stream<W>,
    slot: u32,
    numbers: &'a mut [[u32; EPISODES]; MOST_WORDS],
}

impl<W: Words> Part for Draw<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let slot = self.stream.slot(self.slot);
        let mut planes = [W::zero(); 4 * QUADS];
        for (quad, planes) in planes.chunks_exact_mut(4).enumerate() {
            planes.copy_from_slice(&self.stream.quad(&slot, quad));
        }
        // Of a number the first plane has the highest bit.
        planes.reverse();
        for (word, numbers) in self.numbers.iter_mut().enumerate().take(W::LANES) {
            *numbers = planes.map(|plane| plane.get(word));
            transpose(numbers);
        }
    }
}

/// Makes bit `i` of word `j` bit `j` of word `i`: changes places of halves, then of quarters, and so
/// on.
#[inline(always)]
fn transpose(words: &mut [u32; EPISODES]) {
    let (mut width, mut low) = (EPISODES / 2, u32::MAX >> (EPISODES / 2));
    while width > 0 {
        let mut at = 0;
        while at < EPISODES {
            let swapped = (words[at] >> width ^ words[at + width]) & low;
            words[at] ^= swapped << width;
            words[at + width] ^= swapped;
            // The next one in the first half of its block.
            at = (at + width + 1) & !width;
        }
        width /= 2;
        low ^= low << width;
    }
}

/// The houses of the episodes of a word, as bits.
struct Houses {
    burning: [u32; EPISODES],
    ruined: [u32; EPISODES],
    /// The number of the state that they make, for tables.
    states: [usize; EPISODES],
}

impl Houses {
    const NONE: Self =
        Self { burning: [0; EPISODES], ruined: [0; EPISODES], states: [0; EPISODES] };

    #[inline(always)]
    fn find<W: Words>(&mut self, rules: &Rules<W>, state: &State<W>, word: usize, lanes: u32) {
        for house in 0..rules.layout.houses {
            self.burning[house] = state.burning[house].get(word) & lanes;
            self.ruined[house] = state.ruined[house].get(word) & lanes;
        }
        transpose(&mut self.burning);
        transpose(&mut self.ruined);
        for (state, (&burning, &ruined)) in
            self.states.iter_mut().zip(self.burning.iter().zip(&self.ruined))
        {
            *state = Table::state(burning, ruined);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let mut words = std::array::from_fn(|i| 0x9E37_79B9_u32.wrapping_mul(i as u32 + 1));
        let before = words;
        transpose(&mut words);
        for (i, j) in (0..32).flat_map(|i| (0..32).map(move |j| (i, j))) {
            assert_eq!(words[i] >> j & 1, before[j] >> i & 1);
        }
    }
}
