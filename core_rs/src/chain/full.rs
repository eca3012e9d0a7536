//! The chain that tells all houses apart.

use super::horizon::{Cell, Horizon};
use super::occupancy::{Collect, CollectAdjoint};
use super::pass::{Backward, Forward, PassWorkspace, Transition};
use super::quiet::Quiet;
use super::saves::BurningHouse;
use super::survivors::Survivors;
use super::totals::{COUNTED, FINISHED, LAST, Occupancy, Parts, STARTED};
use crate::dynamics::extinguishing::{self, Partition};
use crate::dynamics::ring::Ring;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::StateSpace;
use crate::policy::Policy;
use crate::simd::Isa;
use crate::simd::doubles::Line;

/// Everything about it that line-ups share.
#[derive(Clone, Debug)]
pub struct Full {
    partition: Partition,
    simd: Isa,
    space: StateSpace,
    work: Survivors,
    /// For each set of standing houses, whether an episode ends if none of them burns.
    closed: Vec<bool>,
}

/// A stretch of nights, and whether an episode could have ended before each of them.
pub type Stretch = (Horizon, bool);

/// Memory for following one line-up after another.
#[derive(Clone, Debug)]
pub struct FullWorkspace {
    workspace: PassWorkspace,
    spread: Spread<1>,
    states: Vec<Line>,
    /// Zero between passes.
    cells: Vec<Cell>,
    /// One for each stretch, where cells are kept.
    kept: Vec<Vec<Cell>>,
    starts: Vec<Vec<f64>>,
    adjoint: Vec<Cell>,
    /// The line-up followed last.
    lineup: LineupTables,
}

/// What a night needs to know of a line-up.
#[derive(Clone, Debug, Default)]
struct LineupTables {
    chances: Vec<f64>,
    quiet: Quiet,
}

impl Full {
    /// Tables for a ring; `kind(houses that stand)` says how an episode ends if none of them
    /// burns.
    pub fn new(
        ring: &Ring,
        partition: Partition,
        simd: Isa,
        kind: impl Fn(usize) -> Option<usize>,
    ) -> (Self, Parts) {
        let space = StateSpace::new(ring, partition.homes);
        let work = Survivors::new(&space, partition);
        let houses = ring.houses;
        let mut parts = Parts::default();
        for set in &space.sets {
            parts.ends.push(kind(set.houses));
            let ruined = (0..houses).map(|house| f64::from(u8::from(set.houses >> house & 1 == 0)));
            parts.ruined.extend(ruined);
        }
        for fires in 0..1usize << houses {
            for house in 0..houses {
                if fires >> house & 1 != 0 {
                    parts.burn(1.0, BurningHouse::new(ring, partition, fires, house));
                } else {
                    parts.burning.push((0.0, 0));
                }
            }
        }
        let closed = space.sets.iter().map(|set| kind(set.houses).is_some()).collect();
        (Self { partition, simd, space, work, closed }, parts)
    }

    /// Memory for one line-up at a time.
    pub fn workspace(&self) -> FullWorkspace {
        FullWorkspace {
            workspace: PassWorkspace::new(&self.space, &self.work),
            spread: Spread::new(&self.space),
            states: vec![Line::default(); self.space.states],
            cells: vec![Cell::default(); self.space.states + 1],
            kept: Vec::new(),
            starts: Vec::new(),
            adjoint: Vec::new(),
            lineup: LineupTables::default(),
        }
    }

    fn lineup(&self, policies: &[Policy], solo: f64) -> LineupTables {
        let table = extinguishing::table(self.partition, policies, solo);
        let quiet = Quiet::new(&self.space, self.partition, &table);
        LineupTables { chances: self.work.chances(table), quiet }
    }

    fn transition<'a>(&'a self, lineup: &'a LineupTables, counted: bool) -> Transition<'a> {
        Transition {
            space: &self.space,
            work: &self.work,
            closed: counted.then_some(&self.closed),
            chances: &lineup.chances,
            quiet: &lineup.quiet,
        }
    }

    /// Follows a line-up through all stretches; nothing if `go_on` says no.
    pub fn follow(
        &self,
        (policies, solo): (&[Policy], f64),
        stretches: &[Stretch],
        workspace: &mut FullWorkspace,
        keep: bool,
        go_on: &impl Fn() -> bool,
    ) -> Option<Occupancy> {
        workspace.lineup = self.lineup(policies, solo);
        let states = self.space.states;
        let mut chances = vec![0.0; states];
        chances[0] = 1.0;
        let mut sums = [vec![0.0; states], vec![0.0; states]];
        workspace.starts.clear();
        for (index, (horizon, counted)) in stretches.iter().enumerate() {
            if !go_on() {
                return None;
            }
            let cells = if keep {
                workspace.starts.push(chances.clone());
                match workspace.kept.get_mut(index) {
                    Some(cells) => cells.fill(Cell::default()),
                    None => workspace.kept.push(workspace.cells.clone()),
                }
                &mut workspace.kept[index]
            } else {
                &mut workspace.cells
            };
            self.simd.run(Forward {
                transition: self.transition(&workspace.lineup, *counted),
                horizon,
                start: &mut chances,
                cells,
                keep,
                sums: &mut sums[usize::from(*counted)],
                workspace: &mut workspace.workspace,
            });
        }
        let [open, counted] = sums;
        for (state, line) in workspace.states.iter_mut().enumerate() {
            let started = open[state] + counted[state];
            let first = if state == 0 { 1.0 } else { 0.0 };
            line.0[STARTED] = started;
            line.0[FINISHED] = started - first + chances[state];
            line.0[COUNTED] = counted[state];
            line.0[LAST] = chances[state];
        }
        let mut sums = Occupancy::new(self.space.sets.len(), 1 << self.space.houses);
        let FullWorkspace { spread, states, .. } = workspace;
        self.simd.run(Collect { space: &self.space, states, sums: &mut sums, workspace: spread });
        Some(sums)
    }

    /// Adds the derivatives by the numbers of each policy of what the nights of the line-up followed
    /// before, with everything kept, are worth; nothing if `go_on` says no.
    pub fn backward(
        &self,
        (policies, solo): (&[Policy], f64),
        stretches: &[Stretch],
        adjoint: &Occupancy,
        workspace: &mut FullWorkspace,
        gradient: &mut [[f64; 2]],
        go_on: &impl Fn() -> bool,
    ) -> Option<()> {
        let FullWorkspace {
            workspace,
            spread,
            states,
            kept,
            starts,
            adjoint: of_cells,
            lineup,
            ..
        } = workspace;
        self.simd.run(CollectAdjoint {
            space: &self.space,
            sums: adjoint,
            states,
            workspace: spread,
        });
        of_cells.resize(self.space.states + 1, Cell::default());
        let mut ends: Vec<f64> =
            states.iter().map(|line| line.0[FINISHED] + line.0[LAST]).collect();
        let mut sums = vec![0.0; ends.len()];
        let mut slopes = vec![Line::default(); self.partition.table() + 1];
        for (index, (horizon, counted)) in stretches.iter().enumerate().rev() {
            if !go_on() {
                return None;
            }
            for (sum, line) in sums.iter_mut().zip(&*states) {
                *sum = line.0[STARTED] + line.0[FINISHED];
                if *counted {
                    *sum += line.0[COUNTED];
                }
            }
            self.simd.run(Backward {
                transition: self.transition(lineup, *counted),
                horizon,
                start: &starts[index],
                cells: &kept[index],
                end_adjoint: &mut ends,
                sums: &sums,
                adjoint: of_cells,
                slopes: &mut slopes,
                workspace,
            });
        }
        let slopes: Vec<f64> = slopes.iter().map(|line| line.0.iter().sum()).collect();
        extinguishing::table_backward(self.partition, policies, solo, &slopes, gradient);
        Some(())
    }
}
