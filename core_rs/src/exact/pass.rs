//! All nights of a stretch in one pass over the states.
//!
//! A night never adds a standing house, and only a night without surviving fires keeps them all. So
//! when the states of a set of standing houses are reached, all that leads to them is known, but
//! for the quiet nights, and those are a matter of one number per set.

use super::clock::{Cell, Clock, load, mul_add, store, zero};
use super::lanes::{Lanes, Line, Task};
use super::quiet::Quiet;
use super::spread::Spread;
use super::town::{Place, Standing, Town};
use super::work::Work;

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
    /// To be filled, with one more at the end.
    pub cells: &'a mut [Cell],
    /// Sums over nights, to which those of the stretch are added.
    pub sums: &'a mut [f64],
    /// Room.
    pub room: &'a mut Room,
}

impl Task for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { game, clock, start, cells, sums, room } = self;
        let Game { town, work, chances, quiet, .. } = game;
        cells.fill(Cell::default());
        for (index, set) in town.sets.iter().enumerate() {
            let of_set = &mut cells[set.slot..][..1 << set.ends];
            let start = &start[set.slot..][..1 << set.ends];
            let lines = &mut room.spread.lines;
            lines[0] = Cell::default();
            for slot in 1..of_set.len() {
                clock.settle::<L>(&mut of_set[slot], start[slot]);
                store(clock.started::<L>(&of_set[slot], start[slot]), &mut lines[slot]);
            }
            room.spread.forward::<L>(town, set);
            // Quiet nights, which lead to themselves.
            let closed = game.closed(index);
            let lines = &mut room.spread.lines;
            let mut come = zero::<L>();
            for (line, place) in lines.iter().zip(town.outer(set)) {
                let chance = game.calm(set, *place, closed, quiet);
                come = mul_add(load(line), L::splat(chance), come);
            }
            clock.settle_quiet::<L>(&mut of_set[0], come, game.stays(set, closed), start[0]);
            let calm = clock.started::<L>(&of_set[0], start[0]);
            for (line, place) in lines.iter_mut().zip(town.outer(set)) {
                let chance = town.sparks[set.outer.1][place.fires.count_ones() as usize];
                store(mul_add(calm, L::splat(chance), load(line)), line);
            }
            room.spread.expand::<L>(town, set, &mut room.fires);
            if closed {
                room.fires[0] = Cell::default();
            }
            let to = (index, town.targets(set));
            work.forward::<L>(to, chances, &room.fires, cells, &mut room.raised);
        }
        clock.read::<L>(&cells[..town.slots], start, sums);
    }
}

impl Game<'_> {
    #[inline(always)]
    fn closed(&self, index: usize) -> bool {
        self.closed.is_some_and(|closed| closed[index])
    }

    /// The chance that no fire is left and the episode goes on, given the fires next to ends.
    #[inline(always)]
    fn calm(&self, set: &Standing, outer: Place, closed: bool, quiet: &Quiet) -> f64 {
        let chance = quiet.of(set, outer);
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

impl Task for Backward<'_> {
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
            work.backward::<L>(index, chances, &room.reached, &mut room.of_fires, &mut room.raised);
            if closed {
                room.fires[0] = Cell::default();
                room.of_fires[0] = Cell::default();
            }
            room.spread.gather::<L>(town, set, &room.of_fires);
            let outer = town.outer(set);
            let mut calm = zero::<L>();
            for (line, place) in room.spread.lines.iter().zip(outer) {
                let chance = town.sparks[set.outer.1][place.fires.count_ones() as usize];
                calm = mul_add(load(line), L::splat(chance), calm);
            }
            let of = |slot: usize, ends: &[f64]| clock.worth::<L>(ends[slot], sums[slot]);
            let (reached, of_start) =
                clock.unsettle_quiet(of(first, ends), calm, game.stays(set, closed));
            store(reached, &mut worth[first]);
            ends[first] = of_start + clock.worth_of_start(sums[first]);
            for (line, place) in room.spread.lines.iter_mut().zip(outer) {
                let chance = game.calm(set, *place, closed, quiet);
                store(mul_add(reached, L::splat(chance), load(line)), line);
            }
            room.spread.backward::<L>(town, set);
            for slot in first + 1..first + size {
                let nights = load(&room.spread.lines[slot - first]);
                let (reached, of_start) = clock.unsettle::<L>(of(slot, ends), nights);
                store(reached, &mut worth[slot]);
                ends[slot] = of_start + clock.worth_of_start(sums[slot]);
            }
            room.reached[0] = worth[first];
            work.slopes::<L>(index, &room.fires, &room.reached, slopes, &mut room.raised);
        }
    }
}
