//! One night of a vector of blocks: the same steps as `plain::Game::step`, as boolean algebra.

use super::draw::{Ladder, SeatRows};
use super::pick::{BITS, Choice};
use super::stream::Stream;
use super::workers::{Agents, Crew, Fire};
use crate::game::program::Program;
use crate::game::scenario::EndRule;
use crate::random::address::{SLOT_CATCH, SLOT_EXTINGUISH, SLOT_PICK, SLOT_WORK};
use crate::simd::words::Words;

/// Houses and agents at most.
pub const HOUSES: usize = 32;
/// See [`HOUSES`].
pub const AGENTS: usize = 16;

/// What a program says about a night, laid out for a vector.
pub struct Rules<W: Words> {
    houses: usize,
    agents: usize,
    /// Where each agent lives.
    homes: [usize; AGENTS],
    /// Bits of a number of houses.
    fire_bits: usize,
    min_nights: u32,
    max_nights: u32,
    no_fires_ends: bool,
    catch: Ladder<W>,
    /// Whether the number of fires next door makes no difference.
    catch_is_flat: bool,
    extinguish: Ladder<W>,
}

impl<W: Words> Rules<W> {
    /// Lays out a program.
    #[inline(always)]
    pub fn new(program: &Program) -> Self {
        let mut homes = [0; AGENTS];
        for (agent, home) in homes.iter_mut().enumerate() {
            *home = agent % program.layout.houses;
        }
        Self {
            houses: program.layout.houses,
            agents: program.layout.agents,
            homes,
            fire_bits: (usize::BITS - program.layout.houses.leading_zeros()) as usize,
            min_nights: program.min_nights,
            max_nights: program.max_nights,
            no_fires_ends: program.end_rule == EndRule::NoFires,
            catch: Ladder::new(&program.catch),
            catch_is_flat: program.catch[0] == program.catch[1]
                && program.catch[1] == program.catch[2],
            extinguish: Ladder::new(&program.extinguish),
        }
    }

    /// Draws the fires before night 0.
    #[inline(always)]
    pub fn first_fires(&self, stream: &Stream<W>, lanes: W) -> [W; HOUSES] {
        let mut burning = [W::zero(); HOUSES];
        for (h, fires) in burning.iter_mut().enumerate().take(self.houses) {
            *fires = self.catch.draw(stream, SLOT_CATCH + h as u32, lanes, []);
        }
        burning
    }
}

/// The state of a vector of blocks. Lanes of episodes that are over, or that nobody asked for, are
/// zero in every word.
pub struct Ring<W: Words> {
    /// Episodes being played.
    pub active: W,
    /// Fires.
    pub burning: [W; HOUSES],
    /// Ruins.
    pub ruined: [W; HOUSES],
    /// Nights played, a number per block.
    pub night: W,
    /// All ones in blocks that are past their last night of `min_nights`.
    pub may_end: W,
}

/// Events counted since a block began, a number per block each.
pub struct Tally<W: Words> {
    pub nights: W,
    pub worked: [W; AGENTS],
    pub burning: [W; HOUSES],
    pub ruined: [W; HOUSES],
    pub saved: [W; HOUSES],
    pub ended: [W; 4],
}

impl<W: Words> Tally<W> {
    /// Nothing counted.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            nights: W::zero(),
            worked: [W::zero(); AGENTS],
            burning: [W::zero(); HOUSES],
            ruined: [W::zero(); HOUSES],
            saved: [W::zero(); HOUSES],
            ended: [W::zero(); 4],
        }
    }
}

/// What a night works out on its way, kept from night to night because clearing it would take as
/// long as playing.
pub struct Workspace<W> {
    fires: Fires<W>,
    agents: Agents<W>,
    crews: [Crew<W>; HOUSES],
    put_out: [W; HOUSES],
    survives: [W; HOUSES],
}

impl<W: Words> Workspace<W> {
    /// A workspace for any number of nights.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            fires: Fires {
                houses: [0; HOUSES],
                number: 0,
                rank: [[W::zero(); BITS]; HOUSES],
                count: [W::zero(); BITS],
                bits: 0,
                any: W::zero(),
            },
            agents: Agents::new(),
            crews: [Crew::of(W::zero(), W::zero()); HOUSES],
            put_out: [W::zero(); HOUSES],
            survives: [W::zero(); HOUSES],
        }
    }
}

/// Plays one night in every lane that is active, and ends the episodes that are over.
#[inline(always)]
pub fn play_night<W: Words>(
    rules: &Rules<W>,
    seats: &[SeatRows<W>],
    stream: &Stream<W>,
    ring: &mut Ring<W>,
    tally: &mut Tally<W>,
    work: &mut Workspace<W>,
) {
    work.fires.find(rules, ring);
    // Small numbers take few bits; which loops are unrolled over them is worth three copies.
    match work.fires.bits {
        0..=2 => send_agents::<W, 2>(rules, seats, stream, ring, tally, work),
        3..=4 => send_agents::<W, 4>(rules, seats, stream, ring, tally, work),
        _ => send_agents::<W, BITS>(rules, seats, stream, ring, tally, work),
    }
    let spreads = extinguish(rules, stream, ring, work) && !rules.catch_is_flat;
    let (any_fire, any_ruin, all_ruined) = if spreads {
        burn::<W, true>(rules, stream, ring, tally, work)
    } else {
        burn::<W, false>(rules, stream, ring, tally, work)
    };
    tally.nights = tally.nights.add(ring.active.count_ones());
    end_episodes(rules, ring, tally, any_fire, any_ruin, all_ruined);
}

/// The fires at the start of a night.
struct Fires<W> {
    /// Houses that burn in some lane.
    houses: [u8; HOUSES],
    number: usize,
    /// How many houses burn before a house, as bits, least significant first.
    rank: [[W; BITS]; HOUSES],
    /// How many burn in all.
    count: [W; BITS],
    /// Bits of the largest such count.
    bits: usize,
    /// Lanes with a fire.
    any: W,
}

impl<W: Words> Fires<W> {
    #[inline(always)]
    fn find(&mut self, rules: &Rules<W>, ring: &Ring<W>) {
        self.number = 0;
        self.count = [W::zero(); BITS];
        self.any = W::zero();
        self.bits = 0;
        for h in 0..rules.houses {
            let burning = ring.burning[h];
            self.houses[self.number] = h as u8;
            self.number += usize::from(!burning.is_zero());
            self.rank[h] = self.count;
            self.any = self.any | burning;
            let mut carry = burning;
            for plane in &mut self.count[..rules.fire_bits] {
                let full = *plane;
                *plane = full ^ carry;
                carry = full & carry;
            }
        }
        for (i, plane) in self.count.iter().enumerate() {
            if !plane.is_zero() {
                self.bits = i + 1;
            }
        }
    }

    #[inline(always)]
    fn houses(&self) -> &[u8] {
        &self.houses[..self.number]
    }
}

/// Lets every agent decide, and counts the workers at every fire. No lane may have `2^B` fires or
/// more.
#[inline(always)]
fn send_agents<W: Words, const B: usize>(
    rules: &Rules<W>,
    seats: &[SeatRows<W>],
    stream: &Stream<W>,
    ring: &Ring<W>,
    tally: &mut Tally<W>,
    work: &mut Workspace<W>,
) {
    let Workspace { fires, agents, crews, .. } = work;
    let choice = Choice::<W, B>::new(&fires.count);
    for (a, seat) in seats.iter().enumerate().take(rules.agents) {
        let home = rules.homes[a];
        let slot = SLOT_WORK + a as u32;
        let (works, stays) = seat.draw(stream, slot, ring.active, ring.burning[home]);
        tally.worked[a] = tally.worked[a].add(works.count_ones());
        let goes = (works & fires.any).and_not(stays);
        let chooses = goes & choice.several;
        let mut index = [W::zero(); B];
        if !chooses.is_zero() {
            index = choice.pick(stream, SLOT_PICK + a as u32, chooses);
        }
        agents.stays[a] = stays;
        agents.goes[a] = goes;
        agents.index[a][..B].copy_from_slice(&index);
    }
    // An odd one out is joined by nobody.
    let pairs = rules.agents.div_ceil(2);
    if rules.agents % 2 == 1 {
        agents.stays[rules.agents] = W::zero();
        agents.goes[rules.agents] = W::zero();
    }
    for &h in fires.houses() {
        let h = usize::from(h);
        let (none, rank, homes) = (!ring.burning[h], &fires.rank[h], &rules.homes);
        let fire = Fire { house: h, none, rank, homes };
        let mut crew = Crew::of(agents.at::<B>(0, &fire), agents.at::<B>(1, &fire));
        for pair in 1..pairs {
            let (a, b) = (agents.at::<B>(2 * pair, &fire), agents.at::<B>(2 * pair + 1, &fire));
            crew.join(pair, a, b);
        }
        crews[h] = crew;
    }
}

/// Step 1: which fires are put out. Whether any survives.
#[inline(always)]
fn extinguish<W: Words>(
    rules: &Rules<W>,
    stream: &Stream<W>,
    ring: &Ring<W>,
    work: &mut Workspace<W>,
) -> bool {
    for h in 0..rules.houses {
        work.survives[h] = W::zero();
        work.put_out[h] = W::zero();
    }
    let (mut three, mut five, mut nine) = (W::zero(), W::zero(), W::zero());
    for &h in work.fires.houses() {
        let crew = &work.crews[usize::from(h)];
        three = three | crew.more_than(2);
        five = five | crew.more_than(4);
        nine = nine | crew.more_than(8);
    }
    // Whether no crew is larger.
    let (two, four, eight) = (three.is_zero(), five.is_zero(), nine.is_zero());
    let mut any = W::zero();
    for &h in work.fires.houses() {
        let h = usize::from(h);
        let crew = &work.crews[h];
        let (need, slot) = (crew.more_than(0), SLOT_EXTINGUISH + u32::from(h as u8));
        // As many thresholds as the largest crew needs.
        let put_out = if two {
            rules.extinguish.draw(stream, slot, need, crew.more::<1>())
        } else if four {
            rules.extinguish.draw(stream, slot, need, crew.more::<3>())
        } else if eight {
            rules.extinguish.draw(stream, slot, need, crew.more::<7>())
        } else {
            rules.extinguish.draw(stream, slot, need, crew.more::<15>())
        };
        let survives = ring.burning[h].and_not(put_out);
        work.put_out[h] = put_out;
        work.survives[h] = survives;
        any = any | survives;
    }
    !any.is_zero()
}

/// Steps 2 and 3: spread, burn out, ignite. Returns the lanes with a fire, with a ruin, and with
/// ruins only. `SPREADS` says whether a fire next door makes a difference.
#[inline(always)]
fn burn<W: Words, const SPREADS: bool>(
    rules: &Rules<W>,
    stream: &Stream<W>,
    ring: &mut Ring<W>,
    tally: &mut Tally<W>,
    work: &Workspace<W>,
) -> (W, W, W) {
    let houses = rules.houses;
    let active = ring.active;
    let (mut any_fire, mut any_ruin, mut all_ruined) = (W::zero(), W::zero(), active);
    for h in 0..houses {
        let survives = work.survives[h];
        let ruined = ring.ruined[h] | survives;
        let safe = active.and_not(ruined);
        let slot = SLOT_CATCH + h as u32;
        let caught = if SPREADS {
            let left = work.survives[if h == 0 { houses - 1 } else { h - 1 }];
            let right = work.survives[if h + 1 == houses { 0 } else { h + 1 }];
            rules.catch.draw(stream, slot, safe, [left | right, left & right])
        } else {
            rules.catch.draw(stream, slot, safe, [])
        };
        count(&mut tally.saved[h], work.put_out[h].and_not(caught));
        count(&mut tally.burning[h], caught);
        count(&mut tally.ruined[h], ruined);
        ring.burning[h] = caught;
        ring.ruined[h] = ruined;
        any_fire = any_fire | caught;
        any_ruin = any_ruin | ruined;
        all_ruined = all_ruined & ruined;
    }
    (any_fire, any_ruin, all_ruined)
}

/// Step 5: ends the episodes that are over, and clears their lanes.
#[inline(always)]
fn end_episodes<W: Words>(
    rules: &Rules<W>,
    ring: &mut Ring<W>,
    tally: &mut Tally<W>,
    any_fire: W,
    any_ruin: W,
    all_ruined: W,
) {
    let active = ring.active;
    ring.may_end = ring.may_end | ring.night.equal(W::splat(rules.min_nights));
    ring.night = ring.night.add(W::splat(1));
    let at_cap = ring.night.equal(W::splat(rules.max_nights));
    let all_safe = active.and_not(any_fire | any_ruin) & ring.may_end;
    let all_ruined = all_ruined & ring.may_end;
    let mut over = all_safe | all_ruined;
    let mut no_fires = W::zero();
    if rules.no_fires_ends {
        no_fires = (active & ring.may_end).and_not(any_fire | over);
        over = over | no_fires;
    }
    let cap = (active & at_cap).and_not(over);
    over = over | cap;
    if !over.is_zero() {
        for (counter, kind) in tally.ended.iter_mut().zip([all_safe, all_ruined, no_fires, cap]) {
            count(counter, kind);
        }
        ring.active = active.and_not(over);
        for h in 0..rules.houses {
            ring.burning[h] = ring.burning[h].and_not(over);
            ring.ruined[h] = ring.ruined[h].and_not(over);
        }
    }
}

#[inline(always)]
fn count<W: Words>(counter: &mut W, events: W) {
    *counter = counter.add(events.count_ones());
}
