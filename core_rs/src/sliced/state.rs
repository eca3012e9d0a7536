//! The state of a vector of blocks, what is counted of it, and what a program says about its nights.

use super::draw::CaseThresholds;
use super::stream::Stream;
use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::game::scenario::{AGENTS, EndRule, HOUSES};
use crate::random::address::SLOT_CATCH;
use crate::simd::words::Words;

/// Houses at most.
pub const MOST_HOUSES: usize = *HOUSES.end();
/// Agents at most.
pub const MOST_AGENTS: usize = *AGENTS.end();
/// Bits of a number of houses, at most.
pub const HOUSE_BITS: usize = (usize::BITS - MOST_HOUSES.leading_zeros()) as usize;

/// The rules of a program's nights, laid out for a vector.
pub struct Rules<W: Words> {
    pub layout: Layout,
    pub houses: usize,
    pub agents: usize,
    /// The home of each agent.
    pub homes: [usize; MOST_AGENTS],
    /// Bits of a number of houses.
    pub fire_bits: usize,
    pub min_nights: u32,
    pub max_nights: u32,
    pub no_fires_ends: bool,
    pub catch: CaseThresholds<W>,
    /// Whether the number of fires next door makes no difference.
    pub catch_is_flat: bool,
    pub extinguish: CaseThresholds<W>,
}

impl<W: Words> Rules<W> {
    /// Lays out a program.
    #[inline(always)]
    pub fn new(program: &Program) -> Self {
        let mut homes = [0; MOST_AGENTS];
        for (agent, home) in homes.iter_mut().enumerate() {
            *home = agent % program.layout.houses;
        }
        Self {
            layout: program.layout,
            houses: program.layout.houses,
            agents: program.layout.agents,
            homes,
            fire_bits: (usize::BITS - program.layout.houses.leading_zeros()) as usize,
            min_nights: program.min_nights,
            max_nights: program.max_nights,
            no_fires_ends: program.end_rule == EndRule::NoFires,
            catch: CaseThresholds::new(&program.catch),
            catch_is_flat: program.catch[0] == program.catch[1]
                && program.catch[1] == program.catch[2],
            extinguish: CaseThresholds::new(&program.extinguish),
        }
    }

    /// Draws the fires before night 0.
    #[inline(always)]
    pub fn first_fires(&self, stream: &Stream<W>, lanes: W) -> [W; MOST_HOUSES] {
        let mut burning = [W::zero(); MOST_HOUSES];
        for (h, fires) in burning.iter_mut().enumerate().take(self.houses) {
            *fires = self.catch.draw(stream, SLOT_CATCH + h as u32, lanes, []);
        }
        burning
    }
}

/// Where a vector of blocks stands. Lanes of episodes that are over, or that nobody asked for, are
/// zero in every word.
pub struct State<W: Words> {
    /// Episodes being played.
    pub active: W,
    /// Burning houses, by lane.
    pub burning: [W; MOST_HOUSES],
    /// Ruined houses, by lane.
    pub ruined: [W; MOST_HOUSES],
    /// Nights played, a number per block.
    pub night: W,
    /// All ones in blocks that are past their last night of `min_nights`.
    pub may_end: W,
}

impl<W: Words> State<W> {
    /// A state without episodes.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            active: W::zero(),
            burning: [W::zero(); MOST_HOUSES],
            ruined: [W::zero(); MOST_HOUSES],
            night: W::zero(),
            may_end: W::zero(),
        }
    }
}

/// Events counted since a block began, a number per block each.
pub struct Tally<W: Words> {
    pub nights: W,
    pub worked: [W; MOST_AGENTS],
    pub burning: [W; MOST_HOUSES],
    pub ruined: [W; MOST_HOUSES],
    pub saved: [W; MOST_HOUSES],
    pub ended: [W; 4],
}

impl<W: Words> Tally<W> {
    /// Counts of zero.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            nights: W::zero(),
            worked: [W::zero(); MOST_AGENTS],
            burning: [W::zero(); MOST_HOUSES],
            ruined: [W::zero(); MOST_HOUSES],
            saved: [W::zero(); MOST_HOUSES],
            ended: [W::zero(); 4],
        }
    }
}
