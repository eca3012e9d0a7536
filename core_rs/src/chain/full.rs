//! The chain that tells all houses apart.

use super::horizon::{Cell, Clock};
use super::occupancy::{Collect, Worth};
use super::pass::{Backward, Forward, Game, Room};
use super::quiet::Quiet;
use super::saves::Case;
use super::survivors::Work;
use super::totals::{COUNTED, FINISHED, LAST, Parts, STARTED, Sums};
use crate::dynamics::extinguishing::Duty;
use crate::dynamics::extinguishing::{self, Shape};
use crate::dynamics::ring::Ring;
use crate::dynamics::spread::Spread;
use crate::dynamics::states::Town;
use crate::simd::Isa;
use crate::simd::doubles::Line;

/// Everything about it that line-ups share.
#[derive(Clone, Debug)]
pub struct Full {
    shape: Shape,
    simd: Isa,
    town: Town,
    work: Work,
    /// For each set of standing houses, whether an episode ends if none of them burns.
    closed: Vec<bool>,
}

/// A stretch of nights, and whether an episode could have ended before each of them.
pub type Stretch = (Clock, bool);

/// Room for following one line-up after another.
#[derive(Clone, Debug)]
pub struct FullRoom {
    room: Room,
    spread: Spread<1>,
    slots: Vec<Line>,
    /// Zero between passes.
    cells: Vec<Cell>,
    /// One for each stretch, where cells are kept.
    kept: Vec<Vec<Cell>>,
    starts: Vec<Vec<f64>>,
    worth: Vec<Cell>,
    /// The line-up followed last.
    lineup: Lineup,
}

/// What a night needs to know of a line-up.
#[derive(Clone, Debug, Default)]
struct Lineup {
    chances: Vec<f64>,
    quiet: Quiet,
}

impl Full {
    /// Tables for a ring; `kind(houses that stand)` says how an episode ends if none of them
    /// burns.
    pub fn new(
        ring: &Ring,
        shape: Shape,
        simd: Isa,
        kind: impl Fn(usize) -> Option<usize>,
    ) -> (Self, Parts) {
        let town = Town::new(ring, shape.homes);
        let work = Work::new(&town, shape);
        let houses = ring.houses;
        let mut parts = Parts::default();
        for set in &town.sets {
            parts.ends.push(kind(set.houses));
            let ruined = (0..houses).map(|house| f64::from(u8::from(set.houses >> house & 1 == 0)));
            parts.ruined.extend(ruined);
        }
        for fires in 0..1usize << houses {
            for house in 0..houses {
                if fires >> house & 1 != 0 {
                    parts.burn(1.0, Case::new(ring, shape, fires, house));
                } else {
                    parts.burning.push((0.0, 0));
                }
            }
        }
        let closed = town.sets.iter().map(|set| kind(set.houses).is_some()).collect();
        (Self { shape, simd, town, work, closed }, parts)
    }

    /// Room for one line-up at a time.
    pub fn room(&self) -> FullRoom {
        FullRoom {
            room: Room::new(&self.town, &self.work),
            spread: Spread::new(&self.town),
            slots: vec![Line::default(); self.town.slots],
            cells: vec![Cell::default(); self.town.slots + 1],
            kept: Vec::new(),
            starts: Vec::new(),
            worth: Vec::new(),
            lineup: Lineup::default(),
        }
    }

    fn lineup(&self, duties: &[Duty], solo: f64) -> Lineup {
        let table = extinguishing::table(self.shape, duties, solo);
        let quiet = Quiet::new(&self.town, self.shape, &table);
        Lineup { chances: self.work.chances(table), quiet }
    }

    fn game<'a>(&'a self, lineup: &'a Lineup, counted: bool) -> Game<'a> {
        Game {
            town: &self.town,
            work: &self.work,
            closed: counted.then_some(&self.closed),
            chances: &lineup.chances,
            quiet: &lineup.quiet,
        }
    }

    /// Follows a line-up through all stretches; nothing if `go_on` says no.
    pub fn follow(
        &self,
        (duties, solo): (&[Duty], f64),
        stretches: &[Stretch],
        room: &mut FullRoom,
        keep: bool,
        go_on: &impl Fn() -> bool,
    ) -> Option<Sums> {
        room.lineup = self.lineup(duties, solo);
        let slots = self.town.slots;
        let mut chances = vec![0.0; slots];
        chances[0] = 1.0;
        let mut sums = [vec![0.0; slots], vec![0.0; slots]];
        room.starts.clear();
        for (index, (clock, counted)) in stretches.iter().enumerate() {
            if !go_on() {
                return None;
            }
            let cells = if keep {
                room.starts.push(chances.clone());
                match room.kept.get_mut(index) {
                    Some(cells) => cells.fill(Cell::default()),
                    None => room.kept.push(room.cells.clone()),
                }
                &mut room.kept[index]
            } else {
                &mut room.cells
            };
            self.simd.run(Forward {
                game: self.game(&room.lineup, *counted),
                clock,
                start: &mut chances,
                cells,
                keep,
                sums: &mut sums[usize::from(*counted)],
                room: &mut room.room,
            });
        }
        let [open, counted] = sums;
        for (slot, line) in room.slots.iter_mut().enumerate() {
            let started = open[slot] + counted[slot];
            let first = if slot == 0 { 1.0 } else { 0.0 };
            line.0[STARTED] = started;
            line.0[FINISHED] = started - first + chances[slot];
            line.0[COUNTED] = counted[slot];
            line.0[LAST] = chances[slot];
        }
        let mut sums = Sums::new(self.town.sets.len(), 1 << self.town.houses);
        let FullRoom { spread, slots, .. } = room;
        self.simd.run(Collect { town: &self.town, slots, sums: &mut sums, room: spread });
        Some(sums)
    }

    /// Adds the derivatives by (p, q) of what the nights of the line-up followed before, with
    /// everything kept, are worth; nothing if `go_on` says no.
    pub fn backward(
        &self,
        (duties, solo): (&[Duty], f64),
        stretches: &[Stretch],
        worth: &Sums,
        room: &mut FullRoom,
        gradient: &mut [[f64; 2]],
        go_on: &impl Fn() -> bool,
    ) -> Option<()> {
        let FullRoom { room, spread, slots, kept, starts, worth: of_cells, lineup, .. } = room;
        self.simd.run(Worth { town: &self.town, sums: worth, slots, room: spread });
        of_cells.resize(self.town.slots + 1, Cell::default());
        let mut ends: Vec<f64> = slots.iter().map(|line| line.0[FINISHED] + line.0[LAST]).collect();
        let mut sums = vec![0.0; ends.len()];
        let mut slopes = vec![Line::default(); self.shape.table() + 1];
        for (index, (clock, counted)) in stretches.iter().enumerate().rev() {
            if !go_on() {
                return None;
            }
            for (sum, line) in sums.iter_mut().zip(&*slots) {
                *sum = line.0[STARTED] + line.0[FINISHED];
                if *counted {
                    *sum += line.0[COUNTED];
                }
            }
            self.simd.run(Backward {
                game: self.game(lineup, *counted),
                clock,
                start: &starts[index],
                cells: &kept[index],
                ends: &mut ends,
                sums: &sums,
                worth: of_cells,
                slopes: &mut slopes,
                room,
            });
        }
        let slopes: Vec<f64> = slopes.iter().map(|line| line.0.iter().sum()).collect();
        extinguishing::table_backward(self.shape, duties, solo, &slopes, gradient);
        Some(())
    }
}
