//! One night of a vector of blocks: the same steps as `plain::Game::step`, as boolean algebra.

use super::draw::{Ladder, SeatRows};
use super::pick::{BITS, Burning};
use super::stream::Stream;
use super::words::Words;
use crate::address::{SLOT_CATCH, SLOT_EXTINGUISH, SLOT_PICK, SLOT_WORK};
use crate::program::Program;
use crate::scenario::EndRule;

/// Houses and agents at most.
pub const HOUSES: usize = 32;
/// See [`HOUSES`].
pub const AGENTS: usize = 16;

/// What a program says about a night, laid out for a vector.
pub struct Rules<W: Words> {
    houses: usize,
    agents: usize,
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
        Self {
            houses: program.layout.houses,
            agents: program.layout.agents,
            min_nights: program.min_nights,
            max_nights: program.max_nights,
            no_fires_ends: program.end_rule == EndRule::NoFires,
            catch: Ladder::new(&program.catch),
            catch_is_flat: program.catch[0] == program.catch[1] && program.catch[1] == program.catch[2],
            extinguish: Ladder::new(&program.extinguish),
        }
    }

    /// Draws the fires before night 0.
    #[inline(always)]
    pub fn first_fires(&self, stream: &Stream<W>, lanes: W) -> [W; HOUSES] {
        let mut burning = [W::zero(); HOUSES];
        for (h, fires) in burning.iter_mut().enumerate().take(self.houses) {
            *fires = self.catch.draw(stream, SLOT_CATCH + h as u32, lanes, &[]);
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

#[inline(always)]
fn count<W: Words>(counter: &mut W, events: W) {
    if !events.is_zero() {
        *counter = counter.add(events.count_ones());
    }
}

/// The workers at a fire as a thermometer: at least 1, at least 2, …
#[derive(Clone, Copy)]
struct Crew<W> {
    at_least: [W; AGENTS],
    /// Levels that some lane reaches.
    levels: usize,
}

impl<W: Words> Crew<W> {
    #[inline(always)]
    fn join(&mut self, mut worker: W) {
        for level in &mut self.at_least[..self.levels] {
            let full = *level;
            *level = full | worker;
            worker = full & worker;
        }
        if !worker.is_zero() {
            self.at_least[self.levels] = worker;
            self.levels += 1;
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
) {
    let houses = rules.houses;
    let active = ring.active;
    let mut crews = [Crew { at_least: [W::zero(); AGENTS], levels: 0 }; HOUSES];
    send_agents(rules, seats, stream, ring, tally, &mut crews);

    // 1. Extinguish.
    let mut put_out = [W::zero(); HOUSES];
    let mut survives = [W::zero(); HOUSES];
    for h in 0..houses {
        let crew = &crews[h];
        if crew.levels > 0 {
            let more = &crew.at_least[1..crew.levels];
            let slot = SLOT_EXTINGUISH + h as u32;
            put_out[h] = rules.extinguish.draw(stream, slot, crew.at_least[0], more);
        }
        survives[h] = ring.burning[h].and_not(put_out[h]);
    }

    // 2 and 3. Spread, burn out, ignite.
    let mut any_fire = W::zero();
    let mut any_ruin = W::zero();
    let mut all_ruined = active;
    for h in 0..houses {
        let safe = active.and_not(survives[h] | ring.ruined[h]);
        let left = survives[if h == 0 { houses - 1 } else { h - 1 }];
        let right = survives[if h + 1 == houses { 0 } else { h + 1 }];
        let next_door = [left | right, left & right];
        let cases = if rules.catch_is_flat || next_door[0].is_zero() {
            0
        } else {
            2 - usize::from(next_door[1].is_zero())
        };
        let caught = rules.catch.draw(stream, SLOT_CATCH + h as u32, safe, &next_door[..cases]);
        let ruined = ring.ruined[h] | survives[h];
        count(&mut tally.saved[h], put_out[h].and_not(caught));
        count(&mut tally.burning[h], caught);
        count(&mut tally.ruined[h], ruined);
        ring.burning[h] = caught;
        ring.ruined[h] = ruined;
        any_fire = any_fire | caught;
        any_ruin = any_ruin | ruined;
        all_ruined = all_ruined & ruined;
    }
    tally.nights = tally.nights.add(active.count_ones());

    // 5. End.
    ring.may_end = ring.may_end | ring.night.equal(W::splat(rules.min_nights));
    ring.night = ring.night.add(W::splat(1));
    let at_cap = ring.night.equal(W::splat(rules.max_nights));
    let all_safe = active.and_not(any_fire | any_ruin) & ring.may_end;
    all_ruined = all_ruined & ring.may_end;
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
        for h in 0..houses {
            ring.burning[h] = ring.burning[h].and_not(over);
            ring.ruined[h] = ring.ruined[h].and_not(over);
        }
    }
}

/// Lets every agent decide, and puts those that work at a fire into its crew.
#[inline(always)]
fn send_agents<W: Words>(
    rules: &Rules<W>,
    seats: &[SeatRows<W>],
    stream: &Stream<W>,
    ring: &Ring<W>,
    tally: &mut Tally<W>,
    crews: &mut [Crew<W>; HOUSES],
) {
    // Houses that burn in some lane; rank[h]: how many burn before h, as bits.
    let mut on_fire = [0u8; HOUSES];
    let mut fires = 0;
    let mut rank = [[W::zero(); BITS]; HOUSES];
    let mut n = [W::zero(); BITS];
    let mut any_fire = W::zero();
    let mut bits = 0;
    for h in 0..rules.houses {
        let burning = ring.burning[h];
        if burning.is_zero() {
            continue;
        }
        on_fire[fires] = h as u8;
        fires += 1;
        rank[h] = n;
        any_fire = any_fire | burning;
        let mut carry = burning;
        for plane in &mut n[..bits] {
            let full = *plane;
            *plane = full ^ carry;
            carry = full & carry;
        }
        if !carry.is_zero() {
            n[bits] = carry;
            bits += 1;
        }
    }
    let on_fire = &on_fire[..fires];
    let burning = Burning::new(n, bits);

    for (a, seat) in seats.iter().enumerate().take(rules.agents) {
        let home = a % rules.houses;
        let home_burns = ring.burning[home];
        let slot = SLOT_WORK + a as u32;
        let (works, stays) = seat.draw(stream, slot, ring.active, home_burns);
        count(&mut tally.worked[a], works);
        if fires == 0 {
            continue;
        }
        let goes = (works & any_fire).and_not(stays);
        let chooses = goes & burning.several;
        let index = if chooses.is_zero() {
            [W::zero(); BITS]
        } else {
            let mut index = burning.pick(stream, SLOT_PICK + a as u32, chooses);
            for plane in &mut index[..bits] {
                *plane = *plane & chooses;
            }
            index
        };
        for &h in on_fire {
            let h = usize::from(h);
            let mut elsewhere = W::zero();
            for i in 0..bits {
                elsewhere = elsewhere | (index[i] ^ rank[h][i]);
            }
            let mut at = (goes & ring.burning[h]).and_not(elsewhere);
            if h == home {
                at = at | stays;
            }
            crews[h].join(at);
        }
    }
}
