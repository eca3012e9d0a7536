//! One night of a vector of blocks, given what the agents do: the same steps as
//! `plain::Game::step`, as boolean algebra.

use super::decide::Acts;
use super::state::{MOST_HOUSES, Rules, State, Tally};
use super::stream::Stream;
use super::workers::{WorkerCount, count_workers};
use crate::random::address::{SLOT_CATCH, SLOT_EXTINGUISH};
use crate::simd::words::{Part, Words};

/// What a night works out on its way, kept from night to night because clearing it would take as
/// long as playing.
pub struct Workspace<W> {
    workers: [WorkerCount<W>; MOST_HOUSES],
    put_out: [W; MOST_HOUSES],
    survives: [W; MOST_HOUSES],
}

impl<W: Words> Workspace<W> {
    /// A workspace for any number of nights.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            workers: [WorkerCount::of(W::zero(), W::zero()); MOST_HOUSES],
            put_out: [W::zero(); MOST_HOUSES],
            survives: [W::zero(); MOST_HOUSES],
        }
    }
}

/// Plays one night in every lane that is active, and ends the episodes that are over.
#[inline(always)]
pub fn play_night<W: Words>(
    rules: &Rules<W>,
    stream: &Stream<W>,
    acts: &Acts<W>,
    state: &mut State<W>,
    tally: &mut Tally<W>,
    work: &mut Workspace<W>,
) {
    W::call(Night { rules, stream, acts, state, tally, work });
}

struct Night<'a, W: Words> {
    rules: &'a Rules<W>,
    stream: &'a Stream<W>,
    acts: &'a Acts<W>,
    state: &'a mut State<W>,
    tally: &'a mut Tally<W>,
    work: &'a mut Workspace<W>,
}

impl<W: Words> Part for Night<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rules, stream, acts, state, tally, work } = self;
        for a in 0..rules.agents {
            count(&mut tally.worked[a], acts.works[a]);
        }
        count_workers(rules, state, acts, &mut work.workers);
        let spreads = extinguish(rules, stream, state, acts, work) && !rules.catch_is_flat;
        let (any_fire, any_ruin, all_ruined) = if spreads {
            burn::<W, true>(rules, stream, state, tally, work)
        } else {
            burn::<W, false>(rules, stream, state, tally, work)
        };
        tally.nights = tally.nights.add(state.active.count_ones());
        end_episodes(rules, state, tally, any_fire, any_ruin, all_ruined);
    }
}

/// Step 1: which fires are put out. Whether any survives.
#[inline(always)]
fn extinguish<W: Words>(
    rules: &Rules<W>,
    stream: &Stream<W>,
    state: &State<W>,
    acts: &Acts<W>,
    work: &mut Workspace<W>,
) -> bool {
    for h in 0..rules.houses {
        work.survives[h] = W::zero();
        work.put_out[h] = W::zero();
    }
    let (mut three, mut five, mut nine) = (W::zero(), W::zero(), W::zero());
    for &h in acts.fires.houses() {
        let workers = &work.workers[usize::from(h)];
        three = three | workers.more_than(2);
        five = five | workers.more_than(4);
        nine = nine | workers.more_than(8);
    }
    // Whether no fire has more workers.
    let (two, four, eight) = (three.is_zero(), five.is_zero(), nine.is_zero());
    let mut any = W::zero();
    for &h in acts.fires.houses() {
        let h = usize::from(h);
        let workers = &work.workers[h];
        let (need, slot) = (workers.more_than(0), SLOT_EXTINGUISH + u32::from(h as u8));
        // As many thresholds as the most workers at one fire need.
        let put_out = if two {
            rules.extinguish.draw(stream, slot, need, workers.more::<1>())
        } else if four {
            rules.extinguish.draw(stream, slot, need, workers.more::<3>())
        } else if eight {
            rules.extinguish.draw(stream, slot, need, workers.more::<7>())
        } else {
            rules.extinguish.draw(stream, slot, need, workers.more::<15>())
        };
        let survives = state.burning[h].and_not(put_out);
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
    state: &mut State<W>,
    tally: &mut Tally<W>,
    work: &Workspace<W>,
) -> (W, W, W) {
    let houses = rules.houses;
    let active = state.active;
    let (mut any_fire, mut any_ruin, mut all_ruined) = (W::zero(), W::zero(), active);
    for h in 0..houses {
        let survives = work.survives[h];
        let ruined = state.ruined[h] | survives;
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
        state.burning[h] = caught;
        state.ruined[h] = ruined;
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
    state: &mut State<W>,
    tally: &mut Tally<W>,
    any_fire: W,
    any_ruin: W,
    all_ruined: W,
) {
    let active = state.active;
    state.may_end = state.may_end | state.night.equal(W::splat(rules.min_nights));
    state.night = state.night.add(W::splat(1));
    let at_cap = state.night.equal(W::splat(rules.max_nights));
    let all_safe = active.and_not(any_fire | any_ruin) & state.may_end;
    let all_ruined = all_ruined & state.may_end;
    let mut over = all_safe | all_ruined;
    let mut no_fires = W::zero();
    if rules.no_fires_ends {
        no_fires = (active & state.may_end).and_not(any_fire | over);
        over = over | no_fires;
    }
    let cap = (active & at_cap).and_not(over);
    over = over | cap;
    if !over.is_zero() {
        for (counter, kind) in tally.ended.iter_mut().zip([all_safe, all_ruined, no_fires, cap]) {
            count(counter, kind);
        }
        state.active = active.and_not(over);
        for h in 0..rules.houses {
            state.burning[h] = state.burning[h].and_not(over);
            state.ruined[h] = state.ruined[h].and_not(over);
        }
    }
}

#[inline(always)]
fn count<W: Words>(counter: &mut W, events: W) {
    *counter = counter.add(events.count_ones());
}
