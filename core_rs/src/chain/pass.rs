//! All nights of a stretch in one pass over the states.
//!
//! A night never adds a standing house, and only a night without surviving fires keeps them all. So
//! when the states of a set of standing houses are reached, all that leads to them is known, but
//! for the quiet nights, and those are a matter of one number per set.

use super::horizon::{Cell, Horizon, load, mul_add, store, zero};
use super::quiet::{Quiet, QuietOfSet};
use super::survivors::Survivors;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::{FireSet, StandingSet, StateSpace};
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{Lanes, Line};

/// What passes of all line-ups share, and what they need of one.
#[derive(Clone, Copy)]
pub struct Transition<'a> {
    /// The states of the ring.
    pub space: &'a StateSpace,
    /// Where chances stand.
    pub work: &'a Survivors,
    /// For each set of standing houses: whether an episode ends with a night after which none of
    /// them burns. None does before nights count.
    pub closed: Option<&'a [bool]>,
    /// `Survivors::chances`.
    pub chances: &'a [f64],
    /// Chances that no fire is left.
    pub quiet: &'a Quiet,
}

/// Memory for intermediate results of a pass.
#[derive(Clone, Debug)]
pub struct PassWorkspace {
    spread: Spread<2>,
    /// The cells of a set of standing houses.
    settled: Vec<Cell>,
    /// Chances of all sets of fires, and what they are worth, by `FireSet::at`.
    fires: Vec<Cell>,
    of_fires: Vec<Cell>,
    /// What surviving fires are worth.
    reached: Vec<Cell>,
}

impl PassWorkspace {
    /// For the states of a ring.
    pub fn new(space: &StateSpace, work: &Survivors) -> Self {
        let cells = vec![Cell::default(); 1 << space.houses];
        Self {
            spread: Spread::new(space),
            settled: cells.clone(),
            fires: work.fires(),
            of_fires: work.fires(),
            reached: cells,
        }
    }
}

/// Follows a stretch of nights: from chances of all states at its start to their cells.
pub struct Forward<'a> {
    /// The transition of a night.
    pub transition: Transition<'a>,
    /// The nights of the stretch.
    pub horizon: &'a Horizon,
    /// Chances at the start; afterwards, those at the end.
    pub start: &'a mut [f64],
    /// To be filled, with one more at the end. They must be zero before.
    pub cells: &'a mut [Cell],
    /// Whether to keep them, instead of leaving them zero.
    pub keep: bool,
    /// Sums over nights, to which those of the stretch are added.
    pub sums: &'a mut [f64],
    /// Memory for one pass.
    pub workspace: &'a mut PassWorkspace,
}

impl DoubleKernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { transition, horizon, start, cells, keep, sums, workspace } = self;
        let Transition { space, work, chances, quiet, .. } = transition;
        for (index, set) in space.sets.iter().enumerate() {
            let size = 1 << set.border;
            let of_set = &mut cells[set.state..][..size];
            let start = &mut start[set.state..][..size];
            let settled = &mut workspace.settled[..size];
            let lines = &mut workspace.spread.lines;
            lines[0] = Cell::default();
            for state in 1..size {
                let cell = horizon.settle::<L>(load(&of_set[state]), start[state]);
                store(cell, &mut settled[state]);
                store(horizon.started::<L>(&settled[state], start[state]), &mut lines[state]);
                store(if keep { cell } else { zero() }, &mut of_set[state]);
            }
            workspace.spread.forward::<L>(space, set);
            // Quiet nights, which lead to themselves.
            let closed = transition.closed(index);
            let quiet_of = quiet.of(set);
            let lines = &mut workspace.spread.lines;
            let mut come = load::<L>(&of_set[0]);
            for (line, place) in lines.iter().zip(space.outer(set)) {
                let chance = transition.quiet_chance(set, *place, closed, quiet_of);
                come = mul_add(load(line), L::splat(chance), come);
            }
            let stays = transition.stays(set, closed);
            store(horizon.settle_quiet::<L>(come, stays, start[0]), &mut settled[0]);
            let quiet_started = horizon.started::<L>(&settled[0], start[0]);
            for (line, place) in lines.iter_mut().zip(space.outer(set)) {
                let chance = space.ignitions[set.outer.1][usize::from(place.count)];
                store(mul_add(quiet_started, L::splat(chance), load(line)), line);
            }
            horizon.read::<L>(settled, start, &mut sums[set.state..][..size]);
            of_set[0] = if keep { settled[0] } else { Cell::default() };
            workspace.spread.expand::<L>(space, set, &mut workspace.fires);
            let to = (index, space.targets(set));
            work.forward::<L>(to, chances, &mut workspace.fires, cells);
        }
    }
}

impl Transition<'_> {
    #[inline(always)]
    fn closed(&self, index: usize) -> bool {
        self.closed.is_some_and(|closed| closed[index])
    }

    /// The chance that no fire is left and the episode goes on, given the fires next to the border.
    #[inline(always)]
    fn quiet_chance(
        &self,
        set: &StandingSet,
        outer: FireSet,
        closed: bool,
        quiet: QuietOfSet<'_>,
    ) -> f64 {
        let chance = quiet.given(outer);
        if closed && outer.fires == 0 {
            chance - self.space.ignitions[set.inner.1][0]
        } else {
            chance
        }
    }

    /// The chance that a quiet night follows another one.
    #[inline(always)]
    fn stays(&self, set: &StandingSet, closed: bool) -> f64 {
        let ended = if closed { self.space.ignitions[set.count][0] } else { 0.0 };
        self.quiet.stays(set) - ended
    }
}

/// The adjoint of [`Forward`]: from what chances at the end of a stretch and sums over its nights are
/// worth, to what chances at its start are worth, and to derivatives by the workers' table.
pub struct Backward<'a> {
    /// The transition of a night.
    pub transition: Transition<'a>,
    /// The nights of the stretch.
    pub horizon: &'a Horizon,
    /// Chances at the start.
    pub start: &'a [f64],
    /// What came of them.
    pub cells: &'a [Cell],
    /// What chances of states at the end are worth; afterwards, those at the start.
    pub end_adjoint: &'a mut [f64],
    /// What the sums over nights are worth.
    pub sums: &'a [f64],
    /// What cells are worth where they are reached; to be filled.
    pub adjoint: &'a mut [Cell],
    /// Parts of derivatives by the table of `extinguishing`, and by one number more.
    pub slopes: &'a mut [Line],
    /// Memory for one pass.
    pub workspace: &'a mut PassWorkspace,
}

impl DoubleKernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self {
            transition,
            horizon,
            start,
            cells,
            end_adjoint,
            sums,
            adjoint,
            slopes,
            workspace,
        } = self;
        let Transition { space, work, chances, quiet, .. } = transition;
        for (index, set) in space.sets.iter().enumerate().rev() {
            let (first, size) = (set.state, 1 << set.border);
            let closed = transition.closed(index);
            let targets = space.targets(set);
            // What the night started with.
            for state in 0..size {
                let started = horizon.started::<L>(&cells[first + state], start[first + state]);
                store(started, &mut workspace.spread.lines[state]);
            }
            workspace.spread.forward::<L>(space, set);
            workspace.spread.expand::<L>(space, set, &mut workspace.fires);
            // What that is worth, apart from quiet nights.
            for (reached, &target) in workspace.reached.iter_mut().zip(targets) {
                *reached = adjoint[target as usize];
            }
            workspace.reached[0] = Cell::default();
            let size_of_fires = 1 << set.count;
            workspace.of_fires[..size_of_fires].fill(Cell::default());
            let PassWorkspace { fires, of_fires, reached, .. } = &mut *workspace;
            work.backward::<L>((index, chances), (fires, reached), of_fires, slopes);
            workspace.spread.gather::<L>(space, set, &workspace.of_fires);
            let outer = space.outer(set);
            let quiet_of = quiet.of(set);
            let mut quiet_started = zero::<L>();
            for (line, place) in workspace.spread.lines.iter().zip(outer) {
                let chance = space.ignitions[set.outer.1][usize::from(place.count)];
                quiet_started = mul_add(load(line), L::splat(chance), quiet_started);
            }
            let of_cell = horizon.adjoint::<L>(end_adjoint[first], sums[first]);
            let stays = transition.stays(set, closed);
            let (reached, of_start) = horizon.unsettle_quiet(of_cell, quiet_started, stays);
            store(reached, &mut adjoint[first]);
            end_adjoint[first] = of_start + horizon.adjoint_of_start(sums[first]);
            for (line, place) in workspace.spread.lines.iter_mut().zip(outer) {
                let chance = transition.quiet_chance(set, *place, closed, quiet_of);
                store(mul_add(reached, L::splat(chance), load(line)), line);
            }
            workspace.spread.backward::<L>(space, set);
            for state in first + 1..first + size {
                let nights = load(&workspace.spread.lines[state - first]);
                let of_cell = horizon.adjoint::<L>(end_adjoint[state], sums[state]);
                let (reached, of_start) = horizon.unsettle::<L>(of_cell, nights);
                store(reached, &mut adjoint[state]);
                end_adjoint[state] = of_start + horizon.adjoint_of_start(sums[state]);
            }
            workspace.reached[0] = adjoint[first];
            work.slopes_of_quiet::<L>(index, &mut workspace.fires, &workspace.reached, slopes);
        }
    }
}
