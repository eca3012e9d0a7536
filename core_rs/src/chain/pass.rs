//! All nights of a stretch in one pass over the states.
//!
//! A night never adds a standing house, and only a night without surviving fires keeps them all. So
//! when the states of a set of standing houses are reached, all that leads to them is known, but
//! for the quiet nights, and those are a matter of one number per set.

use super::horizon::{Cell, Clock, load, mul_add, store, zero};
use super::quiet::{Quiet, QuietOf};
use super::survivors::Work;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::{Place, Standing, Town};
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

/// What passes of all line-ups share, and what they need of one.
#[derive(Clone, Copy)]
pub struct Game<'a> {
    /// States.
    pub town: &'a Town,
    /// Where chances stand.
    pub work: &'a Work,
    /// For each set of standing houses: whether an episode ends with a night after which none of
    /// them burns. None does before nights count.
    pub closed: Option<&'a [bool]>,
    /// `Work::chances`.
    pub chances: &'a [f64],
    /// Chances that no fire is left.
    pub quiet: &'a Quiet,
}

/// Room for intermediate results of a pass.
#[derive(Clone, Debug)]
pub struct Room {
    spread: Spread<2>,
    /// The cells of a set of standing houses.
    settled: Vec<Cell>,
    /// Chances of all sets of fires, and what they are worth, by `Place::at`.
    fires: Vec<Cell>,
    of_fires: Vec<Cell>,
    /// What surviving fires are worth.
    reached: Vec<Cell>,
    raised: Vec<Cell>,
}

impl Room {
    /// For a town.
    pub fn new(town: &Town, work: &Work) -> Self {
        let fires = vec![Cell::default(); 1 << town.houses];
        Self {
            spread: Spread::new(town),
            settled: fires.clone(),
            fires: fires.clone(),
            of_fires: fires.clone(),
            reached: fires,
            raised: work.room(),
        }
    }
}

/// Plays a stretch of nights: from chances of all slots at its start to their cells.
pub struct Forward<'a> {
    /// Who plays.
    pub game: Game<'a>,
    /// How many nights.
    pub clock: &'a Clock,
    /// Chances at the start; afterwards, those at the end.
    pub start: &'a mut [f64],
    /// To be filled, with one more at the end. They must be zero before.
    pub cells: &'a mut [Cell],
    /// Whether to keep them, instead of leaving them zero.
    pub keep: bool,
    /// Sums over nights, to which those of the stretch are added.
    pub sums: &'a mut [f64],
    /// Room.
    pub room: &'a mut Room,
}

impl DoubleKernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { game, clock, start, cells, keep, sums, room } = self;
        let Game { town, work, chances, quiet, .. } = game;
        for (index, set) in town.sets.iter().enumerate() {
            let size = 1 << set.ends;
            let of_set = &mut cells[set.slot..][..size];
            let start = &mut start[set.slot..][..size];
            let settled = &mut room.settled[..size];
            let lines = &mut room.spread.lines;
            lines[0] = Cell::default();
            for slot in 1..size {
                let cell = clock.settle::<L>(load(&of_set[slot]), start[slot]);
                store(cell, &mut settled[slot]);
                store(clock.started::<L>(&settled[slot], start[slot]), &mut lines[slot]);
                store(if keep { cell } else { zero() }, &mut of_set[slot]);
            }
            room.spread.forward::<L>(town, set);
            // Quiet nights, which lead to themselves.
            let closed = game.closed(index);
            let quiet_of = quiet.of(set);
            let lines = &mut room.spread.lines;
            let mut come = load::<L>(&of_set[0]);
            for (line, place) in lines.iter().zip(town.outer(set)) {
                let chance = game.calm(set, *place, closed, quiet_of);
                come = mul_add(load(line), L::splat(chance), come);
            }
            let stays = game.stays(set, closed);
            store(clock.settle_quiet::<L>(come, stays, start[0]), &mut settled[0]);
            let calm = clock.started::<L>(&settled[0], start[0]);
            for (line, place) in lines.iter_mut().zip(town.outer(set)) {
                let chance = town.sparks[set.outer.1][usize::from(place.count)];
                store(mul_add(calm, L::splat(chance), load(line)), line);
            }
            clock.read::<L>(settled, start, &mut sums[set.slot..][..size]);
            of_set[0] = if keep { settled[0] } else { Cell::default() };
            room.spread.expand::<L>(town, set, &mut room.fires);
            let to = (index, town.targets(set));
            work.forward::<L>(to, chances, &room.fires, cells, &mut room.raised);
        }
    }
}

impl Game<'_> {
    #[inline(always)]
    fn closed(&self, index: usize) -> bool {
        self.closed.is_some_and(|closed| closed[index])
    }

    /// The chance that no fire is left and the episode goes on, given the fires next to ends.
    #[inline(always)]
    fn calm(&self, set: &Standing, outer: Place, closed: bool, quiet: QuietOf<'_>) -> f64 {
        let chance = quiet.given(outer);
        if closed && outer.fires == 0 { chance - self.town.sparks[set.inner.1][0] } else { chance }
    }

    /// The chance that a quiet night follows another one.
    #[inline(always)]
    fn stays(&self, set: &Standing, closed: bool) -> f64 {
        let ended = if closed { self.town.sparks[set.count][0] } else { 0.0 };
        self.quiet.stays(set) - ended
    }
}

/// The reverse of [`Forward`]: from what chances at the end of a stretch and sums over its nights
/// are worth, to what chances at its start are worth, and to derivatives by the workers' table.
pub struct Backward<'a> {
    /// Who plays.
    pub game: Game<'a>,
    /// How many nights.
    pub clock: &'a Clock,
    /// Chances at the start.
    pub start: &'a [f64],
    /// What came of them.
    pub cells: &'a [Cell],
    /// What chances of slots at the end are worth; afterwards, those at the start.
    pub ends: &'a mut [f64],
    /// What the sums over nights are worth.
    pub sums: &'a [f64],
    /// What cells are worth where they are reached; to be filled.
    pub worth: &'a mut [Cell],
    /// Parts of derivatives by the table of `fight`, and by one number more.
    pub slopes: &'a mut [Line],
    /// Room.
    pub room: &'a mut Room,
}

impl DoubleKernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { game, clock, start, cells, ends, sums, worth, slopes, room } = self;
        let Game { town, work, chances, quiet, .. } = game;
        for (index, set) in town.sets.iter().enumerate().rev() {
            let (first, size) = (set.slot, 1 << set.ends);
            let closed = game.closed(index);
            let targets = town.targets(set);
            // What the night started with.
            for slot in 0..size {
                let started = clock.started::<L>(&cells[first + slot], start[first + slot]);
                store(started, &mut room.spread.lines[slot]);
            }
            room.spread.forward::<L>(town, set);
            room.spread.expand::<L>(town, set, &mut room.fires);
            // What that is worth, apart from quiet nights.
            for (reached, &target) in room.reached.iter_mut().zip(targets) {
                *reached = worth[target as usize];
            }
            room.reached[0] = Cell::default();
            let size_of_fires = 1 << set.count;
            room.of_fires[..size_of_fires].fill(Cell::default());
            let Room { fires, of_fires, reached, raised, .. } = &mut *room;
            work.backward::<L>((index, chances), (fires, reached), of_fires, slopes, raised);
            room.spread.gather::<L>(town, set, &room.of_fires);
            let outer = town.outer(set);
            let quiet_of = quiet.of(set);
            let mut calm = zero::<L>();
            for (line, place) in room.spread.lines.iter().zip(outer) {
                let chance = town.sparks[set.outer.1][usize::from(place.count)];
                calm = mul_add(load(line), L::splat(chance), calm);
            }
            let of_cell = clock.worth::<L>(ends[first], sums[first]);
            let stays = game.stays(set, closed);
            let (reached, of_start) = clock.unsettle_quiet(of_cell, calm, stays);
            store(reached, &mut worth[first]);
            ends[first] = of_start + clock.worth_of_start(sums[first]);
            for (line, place) in room.spread.lines.iter_mut().zip(outer) {
                let chance = game.calm(set, *place, closed, quiet_of);
                store(mul_add(reached, L::splat(chance), load(line)), line);
            }
            room.spread.backward::<L>(town, set);
            for slot in first + 1..first + size {
                let nights = load(&room.spread.lines[slot - first]);
                let of_cell = clock.worth::<L>(ends[slot], sums[slot]);
                let (reached, of_start) = clock.unsettle::<L>(of_cell, nights);
                store(reached, &mut worth[slot]);
                ends[slot] = of_start + clock.worth_of_start(sums[slot]);
            }
            room.reached[0] = worth[first];
            work.slopes_of_quiet::<L>(index, &room.fires, &room.reached, slopes, &mut room.raised);
        }
    }
}
