//! The chain where no fire spreads: houses without agents are told apart by number only.
//!
//! Under `burn_out_then_spread` nothing burns when fires spread, so that a state between nights is
//! a set of homes that stand and a number of others that do. Few are left, for a ring of any size,
//! and one chance leads from each to each that it can become.

use super::cost::choices;
use super::full::Stretch;
use super::horizon::{Cell, load, mul_add, store, zero};
use super::quiet::ternary;
use super::saves::{BurningHouse, FireAt};
use super::totals::{COUNTED, FINISHED, LAST, Occupancy, Parts, STARTED};
use crate::dynamics::extinguishing::{self, Partition};
use crate::dynamics::ring::Ring;
use crate::policy::Policy;
use crate::simd::Isa;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// Everything about it that line-ups share.
#[derive(Clone, Debug)]
pub struct Lumped {
    partition: Partition,
    simd: Isa,
    /// Supersets before subsets.
    states: Vec<LumpedState>,
    /// What each state can become, itself first.
    targets: Vec<u32>,
    /// Chance that of `n` houses `k` ignite, at `[n][k]`: certain ones; any.
    certain: Vec<Vec<f64>>,
    any: Vec<Vec<f64>>,
}

/// Houses that stand.
#[derive(Clone, Copy, Debug)]
struct LumpedState {
    /// Homes, as bits.
    homes: usize,
    /// Number of others.
    others: usize,
    /// Where that begins, and the chances of it.
    first: usize,
    last: usize,
    /// Whether an episode ends if none of them burns.
    closed: bool,
}

impl LumpedState {
    fn homes_count(self) -> usize {
        self.homes.count_ones() as usize
    }
    fn houses(self) -> usize {
        self.homes_count() + self.others
    }
}

/// Memory for following one line-up after another.
#[derive(Clone, Debug, Default)]
pub struct LumpedWorkspace {
    cells: Vec<Vec<Cell>>,
    starts: Vec<Vec<f64>>,
    factors: Vec<f64>,
}

impl Lumped {
    /// Tables for a ring; `kind(homes, others that stand)` says how an episode ends if none of them
    /// burns.
    pub fn new(
        ring: &Ring,
        partition: Partition,
        simd: Isa,
        kind: impl Fn(usize, usize) -> Option<usize>,
    ) -> (Self, Parts) {
        let mut states = Vec::new();
        let mut parts = Parts::default();
        let mut first = 0;
        let part = |count: usize| count as f64 / partition.others.max(1) as f64;
        for homes in (0..1usize << partition.homes).rev() {
            for others in (0..=partition.others).rev() {
                let kind = kind(homes, others);
                let last = first + ((others + 1) << homes.count_ones());
                states.push(LumpedState { homes, others, first, last, closed: kind.is_some() });
                first = last;
                let of_homes =
                    (0..partition.homes).map(|home| f64::from(u8::from(homes >> home & 1 == 0)));
                let ruined = part(partition.others - others);
                parts.ends.push(kind);
                parts.ruined.extend(of_homes.chain(std::iter::repeat_n(ruined, partition.others)));
            }
        }
        for homes in 0..1usize << partition.homes {
            for others in 0..=partition.others {
                let case =
                    |house| BurningHouse { homes, others, house, near: [None; 2], twice: false };
                for house in 0..ring.houses {
                    if house < partition.homes && homes >> house & 1 != 0 {
                        parts.burn(1.0, case(FireAt::Home(house)));
                    } else if house >= partition.homes && others > 0 {
                        parts.burn(part(others), case(FireAt::Other));
                    } else {
                        parts.burning.push((0.0, 0));
                    }
                }
            }
        }
        let (stays_safe, ignites) = (ring.chance(false, 0), ring.chance(true, 0));
        let chance = |count: usize, fires: usize| {
            ignites.powi(fires as i32) * stays_safe.powi((count - fires) as i32)
        };
        let table = |of: &dyn Fn(usize, usize) -> f64| {
            (0..=ring.houses).map(|count| (0..=count).map(|k| of(count, k)).collect()).collect()
        };
        let certain = table(&chance);
        let any = table(&|count, fires| choices(count, fires) * chance(count, fires));
        let mut targets = Vec::with_capacity(first);
        let all = (1usize << partition.homes) - 1;
        for &state in &states {
            Self::each_loss(state, |_, homes, others| {
                let left = all - (state.homes & !homes);
                let others = partition.others - (state.others - others);
                targets.push((left * (partition.others + 1) + others) as u32);
            });
        }
        (Self { partition, simd, states, targets, certain, any }, parts)
    }

    /// Calls `visit(where its chance stands, homes, others)` for all that a state can become: all
    /// these homes burn down, and this number of others.
    fn each_loss(state: LumpedState, mut visit: impl FnMut(usize, usize, usize)) {
        let mut homes = 0;
        let mut at = state.first;
        loop {
            for others in 0..=state.others {
                visit(at, homes, others);
                at += 1;
            }
            if homes == state.homes {
                break;
            }
            homes = (homes | !state.homes).wrapping_add(1) & state.homes;
        }
    }

    /// Calls `visit(number, standing others, others lost, entry of the table, factor)` for all ways
    /// in which a number of others is lost, given the fates of the homes: 2 for a fire put out.
    fn each_way(&self, class: usize, mut visit: impl FnMut(usize, usize, f64)) {
        let partition = self.partition;
        let mut number = 0;
        for others in 0..=partition.others {
            for lost in 0..=others {
                for out in 0..=partition.agents.min(others - lost) {
                    let factor = self.any[others][lost + out] * choices(lost + out, out);
                    visit(number, partition.index(lost, out, class), factor);
                }
                number += 1;
            }
        }
    }

    /// How many pairs of standing and lost others there are.
    fn ways(&self) -> usize {
        (self.partition.others + 1) * (self.partition.others + 2) / 2
    }

    /// Calls `visit(where a chance stands, class of homes, number of a way, factor)`: a chance of a
    /// state is the sum over these.
    fn each_factor(&self, mut visit: impl FnMut(usize, usize, f64)) {
        let ways = self.ways();
        for &state in &self.states {
            let first_way = state.others * (state.others + 1) / 2;
            let count = state.homes_count();
            Self::each_loss(state, |at, lost, others| {
                let free = state.homes & !lost;
                let mut out = free;
                loop {
                    if out.count_ones() as usize <= self.partition.agents {
                        let class = ternary(lost) + 2 * ternary(out);
                        let fires = (lost | out).count_ones() as usize;
                        let way = class * ways + first_way + others;
                        visit(at, way, self.certain[count][fires]);
                    }
                    if out == 0 {
                        break;
                    }
                    out = (out - 1) & free;
                }
            });
        }
    }

    /// The chances of what each state can become, for a line-up.
    fn factors(&self, table: &[f64], factors: &mut Vec<f64>) {
        let ways = self.ways();
        let mut of_ways = vec![0.0; self.partition.classes() * ways];
        for class in 0..self.partition.classes() {
            let of_ways = &mut of_ways[class * ways..][..ways];
            self.each_way(class, |way, at, factor| of_ways[way] += factor * table[at]);
        }
        factors.clear();
        factors.resize(self.targets.len(), 0.0);
        self.each_factor(|at, way, factor| factors[at] += factor * of_ways[way]);
    }

    /// The chance that a state stays, if only quiet nights that do not end the episode count.
    fn stays(&self, state: LumpedState, counted: bool, factors: &[f64]) -> f64 {
        let ended = if counted && state.closed { self.certain[state.houses()][0] } else { 0.0 };
        factors[state.first] - ended
    }

    /// Follows a line-up through all stretches; nothing if `go_on` says no.
    pub fn follow(
        &self,
        (policies, solo): (&[Policy], f64),
        stretches: &[Stretch],
        workspace: &mut LumpedWorkspace,
        keep: bool,
        go_on: &impl Fn() -> bool,
    ) -> Option<Occupancy> {
        let table = extinguishing::table(self.partition, policies, solo);
        self.factors(&table, &mut workspace.factors);
        let mut chances = vec![0.0; self.states.len()];
        chances[0] = 1.0;
        let mut sums = [chances.clone(), chances.clone()];
        sums.iter_mut().for_each(|sums| sums[0] = 0.0);
        workspace.starts.clear();
        for (index, stretch) in stretches.iter().enumerate() {
            if !go_on() {
                return None;
            }
            let index = if keep { index } else { 0 };
            if keep {
                workspace.starts.push(chances.clone());
            }
            if workspace.cells.len() <= index {
                workspace.cells.push(vec![Cell::default(); self.states.len()]);
            }
            self.simd.run(Forward {
                chain: self,
                stretch,
                start: &mut chances,
                cells: &mut workspace.cells[index],
                sums: &mut sums[usize::from(stretch.1)],
                factors: &workspace.factors,
            });
        }
        let [open, counted] = sums;
        let side = self.partition.others + 1;
        let mut sums = Occupancy::new(self.states.len(), side << self.partition.homes);
        for (index, state) in self.states.iter().enumerate() {
            let started = open[index] + counted[index];
            let first = if index == 0 { 1.0 } else { 0.0 };
            let line = &mut sums.standing[index];
            line.0[STARTED] = started;
            line.0[FINISHED] = started - first + chances[index];
            line.0[COUNTED] = counted[index];
            line.0[LAST] = chances[index];
            let line = *line;
            sums.without_fires[index] = Line(line.0.map(|x| x * self.certain[state.houses()][0]));
            self.each_fire(*state, |at, chance| {
                for lane in 0..LANES {
                    sums.burning[at].0[lane] += chance * line.0[lane];
                }
            });
        }
        Some(sums)
    }

    /// Calls `visit(set of burning houses, chance)` for those that can burn in a state.
    fn each_fire(&self, state: LumpedState, mut visit: impl FnMut(usize, f64)) {
        let side = self.partition.others + 1;
        let mut homes = state.homes;
        loop {
            let of_homes = self.certain[state.homes_count()][homes.count_ones() as usize];
            for (others, chance) in self.any[state.others].iter().enumerate() {
                visit(homes * side + others, of_homes * chance);
            }
            if homes == 0 {
                break;
            }
            homes = (homes - 1) & state.homes;
        }
    }

    /// Adds the derivatives by the numbers of each policy of what the nights of the line-up followed
    /// before, with everything kept, are worth; nothing if `go_on` says no.
    pub fn backward(
        &self,
        (policies, solo): (&[Policy], f64),
        stretches: &[Stretch],
        adjoint: &Occupancy,
        workspace: &mut LumpedWorkspace,
        gradient: &mut [[f64; 2]],
        go_on: &impl Fn() -> bool,
    ) -> Option<()> {
        let LumpedWorkspace { cells, starts, factors } = workspace;
        let adjoint_of = |(index, state): (usize, &LumpedState)| {
            let mut line = adjoint.standing[index];
            let stays_safe = self.certain[state.houses()][0];
            for lane in 0..LANES {
                line.0[lane] += stays_safe * adjoint.without_fires[index].0[lane];
            }
            self.each_fire(*state, |at, chance| {
                for lane in 0..LANES {
                    line.0[lane] += chance * adjoint.burning[at].0[lane];
                }
            });
            line
        };
        let lines: Vec<Line> = self.states.iter().enumerate().map(adjoint_of).collect();
        let mut ends: Vec<f64> = lines.iter().map(|line| line.0[FINISHED] + line.0[LAST]).collect();
        let mut slopes = vec![Line::default(); factors.len()];
        for (index, stretch) in stretches.iter().enumerate().rev() {
            if !go_on() {
                return None;
            }
            let sums = lines.iter().map(|line| {
                let counted = if stretch.1 { line.0[COUNTED] } else { 0.0 };
                line.0[STARTED] + line.0[FINISHED] + counted
            });
            self.simd.run(Backward {
                chain: self,
                stretch,
                start: &starts[index],
                cells: &cells[index],
                ends: &mut ends,
                sums: sums.collect(),
                slopes: &mut slopes,
                factors,
            });
        }
        let ways = self.ways();
        let mut of_ways = vec![0.0; self.partition.classes() * ways];
        let slopes: Vec<f64> = slopes.iter().map(|line| line.0.iter().sum()).collect();
        self.each_factor(|at, way, factor| of_ways[way] += factor * slopes[at]);
        let mut of_table = vec![0.0; self.partition.table()];
        for class in 0..self.partition.classes() {
            let of_ways = &of_ways[class * ways..][..ways];
            self.each_way(class, |way, at, factor| of_table[at] += factor * of_ways[way]);
        }
        extinguishing::table_backward(self.partition, policies, solo, &of_table, gradient);
        Some(())
    }
}

/// A pass, as in `pass`.
struct Forward<'a> {
    chain: &'a Lumped,
    stretch: &'a Stretch,
    start: &'a mut [f64],
    cells: &'a mut [Cell],
    sums: &'a mut [f64],
    factors: &'a [f64],
}

impl DoubleKernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { chain, stretch: (horizon, counted), start, cells, sums, factors } = self;
        cells.fill(Cell::default());
        for (index, &state) in chain.states.iter().enumerate() {
            let stays = chain.stays(state, *counted, factors);
            let settled = horizon.settle_quiet::<L>(load(&cells[index]), stays, start[index]);
            store(settled, &mut cells[index]);
            let started = horizon.started::<L>(&cells[index], start[index]);
            for at in state.first + 1..state.last {
                let cell = &mut cells[chain.targets[at] as usize];
                store(mul_add(started, L::splat(factors[at]), load(cell)), cell);
            }
        }
        horizon.read::<L>(cells, start, sums);
    }
}

/// The reverse of a pass, as in `pass`.
struct Backward<'a> {
    chain: &'a Lumped,
    stretch: &'a Stretch,
    start: &'a [f64],
    cells: &'a [Cell],
    ends: &'a mut [f64],
    sums: Vec<f64>,
    slopes: &'a mut [Line],
    factors: &'a [f64],
}

impl DoubleKernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { chain, stretch, start, cells, ends, sums, slopes, factors } = self;
        let (horizon, counted) = stretch;
        let mut adjoint = vec![Cell::default(); cells.len()];
        for (index, &state) in chain.states.iter().enumerate().rev() {
            let [a, b] = horizon.started::<L>(&cells[index], start[index]);
            let mut nights = zero::<L>();
            for at in state.first + 1..state.last {
                let reached = load(&adjoint[chain.targets[at] as usize]);
                nights = mul_add(reached, L::splat(factors[at]), nights);
            }
            let of_cell = horizon.adjoint::<L>(ends[index], sums[index]);
            let stays = chain.stays(state, *counted, factors);
            let (reached, of_start) = horizon.unsettle_quiet(of_cell, nights, stays);
            store(reached, &mut adjoint[index]);
            for at in state.first..state.last {
                let [c, d] = load::<L>(&adjoint[chain.targets[at] as usize]);
                let slope = &mut slopes[at];
                a.mul_add(c, b.mul_add(d, L::load(slope))).store(slope);
            }
            ends[index] = of_start + horizon.adjoint_of_start(sums[index]);
        }
    }
}
