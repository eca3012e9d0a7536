//! The workers' half of a night: from fires to those that survive.
//!
//! The chance that exactly some of the fires survive does not depend on which other houses stand
//! (`extinguishing`). For each set of standing houses it is applied directly: every set of fires `B` adds,
//! times a chance, to the state that each set `F` of survivors leads to.
//!
//! The first three standing houses, homes before others, are unrolled (`unrolled`). Fires among
//! further others matter by their number only, so blocks in which equally many of them are put
//! out are added up first.

use super::horizon::{Cell, LINES, add, load, store, zero};
use super::quiet::ternary;
use super::unrolled::{
    PART, UNROLLED, put_out, put_out_back, put_out_back_and_slopes, put_out_part, put_out_slopes,
};
use crate::dynamics::extinguishing::Partition;
use crate::dynamics::states::StateSpace;
use crate::simd::doubles::{Lanes, Line};

/// The step from fires to survivors, for any line-up: where chances stand, and in which order they are needed.
#[derive(Clone, Debug)]
pub struct Survivors {
    /// For each of `StateSpace::sets`.
    sets: Vec<FateTable>,
    /// What leads to survivors, for sets that differ in their chances only.
    programs: Vec<Program>,
    /// Subsets of the other houses, by the number of these.
    subsets: Vec<Subsets>,
    /// Where each chance of a block comes from in the table of `extinguishing`; its length where nothing
    /// does.
    sources: Vec<u32>,
    /// Where cells stand that are added up before chances are applied: behind all sets of fires.
    raised: usize,
    /// How many of them there are at most.
    most_raised: usize,
}

/// The chances of a set of standing houses.
#[derive(Clone, Copy, Debug)]
struct FateTable {
    /// The number of houses that are unrolled.
    low: usize,
    /// Further homes, and further others.
    homes: usize,
    others: usize,
    /// Where its chances begin in `Survivors::sources`: by fates of further homes, then by surviving
    /// fires among further others, then by how many of these are put out, then by fates of the
    /// unrolled houses. A fate, as a digit: not burning, burning on, put out.
    chances: usize,
    /// How many numbers of surviving fires, and of fires put out, there is room for.
    fires: usize,
    levels: usize,
    /// Its place in `Survivors::programs`.
    program: usize,
}

/// For each set of further survivors, the blocks of fires that lead to it.
#[derive(Clone, Debug)]
struct Program {
    /// By set: where its steps begin.
    first: Vec<u32>,
    steps: Vec<Step>,
}

/// A block of fires, and a fate.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Its first cell, among those of all sets of fires and those added up, which follow.
    from: u32,
    /// Where the chances stand, from `FateTable::chances` on.
    chances: u32,
}

impl Program {
    fn new(blocks: FateTable, subsets: &Subsets, raised: usize) -> Self {
        let (mut first, mut steps) = (vec![0], Vec::new());
        for left in 0..1usize << blocks.others {
            for homes_left in 0..1usize << blocks.homes {
                let free = !homes_left & ((1 << blocks.homes) - 1);
                for out in (0..=free).rev().filter(|out| out & !free == 0) {
                    let fate = ternary(homes_left) + 2 * ternary(out);
                    let at = (fate * blocks.fires + left.count_ones() as usize) * blocks.levels;
                    for level in 0..subsets.levels(blocks.others, left) {
                        let homes = homes_left | out;
                        let from = match subsets.of(left, level) {
                            [fires] => (usize::from(*fires) << blocks.homes) + homes,
                            _ => (raised >> blocks.low) + (level << blocks.homes) + homes,
                        };
                        let chances = (at + level) * 3usize.pow(blocks.low as u32);
                        let from = from << blocks.low;
                        steps.push(Step { from: from as u32, chances: chances as u32 });
                    }
                }
                first.push(steps.len() as u32);
            }
        }
        Self { first, steps }
    }

    /// What leads to a set of further survivors, homes in its lowest bits.
    #[inline(always)]
    fn of(&self, left: usize) -> &[Step] {
        &self.steps[self.first[left] as usize..self.first[left + 1] as usize]
    }
}

/// For each set of a number of houses that burn on, the sets of fires that may have been, by how
/// many of these were put out.
#[derive(Clone, Debug)]
struct Subsets {
    levels: usize,
    /// By set and number: where the list begins.
    first: Vec<u32>,
    list: Vec<u16>,
}

impl Subsets {
    fn new(houses: usize, most: usize) -> Self {
        let all = (1usize << houses) - 1;
        let levels = most.min(houses) + 1;
        let (mut first, mut list) = (vec![0], Vec::new());
        for fires in 0..=all {
            let free = all & !fires;
            for level in 0..levels as u32 {
                let mut out = free;
                loop {
                    if out.count_ones() == level {
                        list.push((fires | out) as u16);
                    }
                    if out == 0 {
                        break;
                    }
                    out = (out - 1) & free;
                }
                first.push(list.len() as u32);
            }
        }
        Self { levels, first, list }
    }

    #[inline(always)]
    fn of(&self, fires: usize, level: usize) -> &[u16] {
        let at = fires * self.levels + level;
        &self.list[self.first[at] as usize..self.first[at + 1] as usize]
    }

    /// Which numbers of fires put out are possible.
    #[inline(always)]
    fn levels(&self, houses: usize, fires: usize) -> usize {
        (houses - fires.count_ones() as usize + 1).min(self.levels)
    }
}

impl Survivors {
    /// The tables of all sets of a ring.
    pub fn new(space: &StateSpace, partition: Partition) -> Self {
        let others = space.houses - space.homes;
        let mut known = std::collections::HashMap::new();
        let mut sources = Vec::new();
        let mut most_raised = 0;
        let raised = 1 << space.houses;
        let subsets: Vec<_> =
            (0..=others).map(|houses| Subsets::new(houses, partition.agents)).collect();
        let (mut programs, mut numbers) = (Vec::new(), std::collections::HashMap::new());
        let sets = space.sets.iter().map(|set| {
            let low = set.count.min(UNROLLED);
            let low_homes = set.homes.min(low);
            let low_others = low - low_homes;
            let homes = set.houses & ((1 << space.homes) - 1);
            let fires = others - low_others + 1;
            let levels = fires.min(partition.agents + 1);
            let mut blocks = FateTable {
                low,
                homes: set.homes - low_homes,
                others: set.count - set.homes - low_others,
                chances: 0,
                fires,
                levels,
                program: 0,
            };
            most_raised = most_raised.max((levels << blocks.homes) << low);
            let alike = (blocks.homes, blocks.others, low, low_others);
            blocks.program = *numbers.entry(alike).or_insert_with(|| {
                programs.push(Program::new(blocks, &subsets[blocks.others], raised));
                programs.len() - 1
            });
            blocks.chances = *known.entry((homes, low_others)).or_insert_with(|| {
                let first = sources.len();
                list(partition, homes, blocks, &mut sources);
                first
            });
            blocks
        });
        let sets = sets.collect();
        Self { sets, programs, subsets, sources, raised, most_raised }
    }

    /// The chances of a line-up, from its table.
    pub fn chances(&self, mut table: Vec<f64>) -> Vec<f64> {
        table.push(0.0);
        self.sources.iter().map(|&source| table[source as usize]).collect()
    }

    /// Room for the cells of all sets of fires, and for sums of some.
    pub fn fires(&self) -> Vec<Cell> {
        vec![Cell::default(); self.raised + self.most_raised]
    }

    /// Adds what a night makes of `fires`, by `FireSet::at`, to the cells of all states.
    #[inline(always)]
    pub fn forward<L: Lanes>(
        &self,
        (index, targets): (usize, &[u32]),
        chances: &[f64],
        fires: &mut [Cell],
        cells: &mut [Cell],
    ) {
        let blocks = self.sets[index];
        match blocks.low {
            0 => {}
            1 => self.forward_of::<L, 1>(blocks, targets, chances, fires, cells),
            2 => self.forward_of::<L, 2>(blocks, targets, chances, fires, cells),
            _ => self.forward_of::<L, UNROLLED>(blocks, targets, chances, fires, cells),
        }
    }

    #[inline(always)]
    fn forward_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        targets: &[u32],
        chances: &[f64],
        fires: &mut [Cell],
        cells: &mut [Cell],
    ) {
        let program = &self.programs[blocks.program];
        let chances = &chances[blocks.chances..];
        let mut ahead = targets.chunks_exact(1 << K);
        fetch::<L>(ahead.next(), cells);
        for (block, targets) in targets.chunks_exact(1 << K).enumerate() {
            // A block ahead, since its own work may take less than fetching its cells does.
            fetch::<L>(ahead.next(), cells);
            if block & ((1 << blocks.homes) - 1) == 0 {
                self.raise::<L, K>(blocks, block >> blocks.homes, fires);
            }
            let steps = program.of(block);
            if L::REGISTERS > LINES << UNROLLED {
                let mut sums = [zero::<L>(); 1 << UNROLLED];
                for step in steps {
                    let (from, chances) = step.of::<K>(fires, chances);
                    put_out::<L, K>(from, chances, &mut sums);
                }
                for (&target, &sum) in targets.iter().zip(&sums) {
                    let cell = &mut cells[target as usize];
                    store(add(sum, load(cell)), cell);
                }
                continue;
            }
            let (out, burns) = targets.split_at(1 << (K - 1));
            macro_rules! part {
                ($burns:literal, $targets:expr, $line:expr) => {
                    let mut sums = [L::splat(0.0); PART];
                    for step in steps {
                        let (from, chances) = step.of::<K>(fires, chances);
                        put_out_part::<L, K, $burns>(from, chances, $line, &mut sums);
                    }
                    for (&target, &sum) in $targets.iter().zip(&sums) {
                        let line = &mut cells[target as usize][$line];
                        sum.add(L::load(line)).store(line);
                    }
                };
            }
            part!(false, out, 0);
            part!(true, burns, 0);
            part!(false, out, 1);
            part!(true, burns, 1);
        }
    }

    /// The adjoint of [`Survivors::forward`]: from what surviving fires are worth (`reached`) and the
    /// chances of fires, adds to what fires are worth and to derivatives by the table of chances.
    /// Of the latter, those are left out in which no unrolled or further fire survives.
    #[inline(always)]
    pub fn backward<L: Lanes>(
        &self,
        (index, chances): (usize, &[f64]),
        (fires, reached): (&mut [Cell], &[Cell]),
        of_fires: &mut [Cell],
        slopes: &mut [Line],
    ) {
        let blocks = self.sets[index];
        let from = (fires, reached);
        match blocks.low {
            0 => {}
            1 => self.backward_of::<L, 1>(blocks, chances, from, of_fires, slopes),
            2 => self.backward_of::<L, 2>(blocks, chances, from, of_fires, slopes),
            _ => self.backward_of::<L, UNROLLED>(blocks, chances, from, of_fires, slopes),
        }
    }

    #[inline(always)]
    fn backward_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        chances: &[f64],
        (fires, reached): (&mut [Cell], &[Cell]),
        of_fires: &mut [Cell],
        slopes: &mut [Line],
    ) {
        let (program, subsets) = (&self.programs[blocks.program], &self.subsets[blocks.others]);
        let chances = &chances[blocks.chances..];
        let sources = &self.sources[blocks.chances..];
        for left in 0..1usize << blocks.others {
            self.raise::<L, K>(blocks, left, fires);
            of_fires[self.raised..].fill(Cell::default());
            for homes_left in 0..1usize << blocks.homes {
                let block = (left << blocks.homes) + homes_left;
                let reached = &reached[block << K..][..1 << K];
                for step in program.of(block) {
                    let (from, chances) = step.of::<K>(fires, chances);
                    let to = &mut of_fires[step.from as usize..][..1 << K];
                    if block == 0 {
                        put_out_back::<L, K>(reached, chances, to);
                    } else {
                        let sources = &sources[step.chances as usize..][..chances.len()];
                        put_out_back_and_slopes::<L, K>(
                            (from, reached),
                            (chances, sources),
                            to,
                            slopes,
                        );
                    }
                }
            }
            let (of_fires, of_raised) = of_fires.split_at_mut(self.raised);
            for level in 0..subsets.levels(blocks.others, left) {
                let list = subsets.of(left, level);
                if list.len() == 1 {
                    continue;
                }
                let size = 1 << (blocks.homes + K);
                let from = &of_raised[level * size..][..size];
                for &others in list {
                    let to = &mut of_fires[usize::from(others) * size..][..size];
                    for (from, to) in from.iter().zip(to) {
                        store(add::<L>(load(from), load(to)), to);
                    }
                }
            }
        }
    }

    /// Adds the derivatives that [`Survivors::backward`] leaves out, now that `reached` is complete.
    #[inline(always)]
    pub fn slopes_of_quiet<L: Lanes>(
        &self,
        index: usize,
        fires: &mut [Cell],
        reached: &[Cell],
        slopes: &mut [Line],
    ) {
        let blocks = self.sets[index];
        let from = (fires, reached);
        match blocks.low {
            // Nothing burns, and none is put out for certain.
            0 => {}
            1 => self.slopes_of_quiet_of::<L, 1>(blocks, from, slopes),
            2 => self.slopes_of_quiet_of::<L, 2>(blocks, from, slopes),
            _ => self.slopes_of_quiet_of::<L, UNROLLED>(blocks, from, slopes),
        }
    }

    #[inline(always)]
    fn slopes_of_quiet_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        (fires, reached): (&mut [Cell], &[Cell]),
        slopes: &mut [Line],
    ) {
        self.raise::<L, K>(blocks, 0, fires);
        for step in self.programs[blocks.program].of(0) {
            let sources = &self.sources[blocks.chances + step.chances as usize..];
            let from = &fires[step.from as usize..][..1 << K];
            put_out_slopes::<L, K>(from, &reached[..1 << K], sources, slopes);
        }
    }

    /// Adds up blocks in which the fires of further others that survive are `left`, by how many
    /// others are put out.
    #[inline(always)]
    fn raise<L: Lanes, const K: usize>(&self, blocks: FateTable, left: usize, fires: &mut [Cell]) {
        let subsets = &self.subsets[blocks.others];
        let (fires, raised) = fires.split_at_mut(self.raised);
        let size = 1 << (blocks.homes + K);
        for level in 0..subsets.levels(blocks.others, left) {
            let list = subsets.of(left, level);
            if list.len() == 1 {
                continue;
            }
            let to = &mut raised[level * size..][..size];
            // Two cells at a time, for which there are registers.
            for (pair, to) in to.chunks_exact_mut(2).enumerate() {
                let mut sums = [zero::<L>(); 2];
                for &others in list {
                    let from = &fires[usize::from(others) * size + 2 * pair..][..2];
                    for i in 0..2 {
                        sums[i] = add(load(&from[i]), sums[i]);
                    }
                }
                for i in 0..2 {
                    store(sums[i], &mut to[i]);
                }
            }
        }
    }
}

/// Fetches cells for later.
#[inline(always)]
fn fetch<L: Lanes>(targets: Option<&[u32]>, cells: &[Cell]) {
    for &target in targets.unwrap_or(&[]) {
        let cell = &cells[target as usize];
        L::prefetch(&cell[0]);
        L::prefetch(&cell[1]);
    }
}

impl Step {
    /// The cells and the chances of a step.
    #[inline(always)]
    fn of<'a, const K: usize>(
        self,
        fires: &'a [Cell],
        chances: &'a [f64],
    ) -> (&'a [Cell], &'a [f64]) {
        let chances = &chances[self.chances as usize..][..3usize.pow(K as u32)];
        (&fires[self.from as usize..][..1 << K], chances)
    }
}

/// Lists where the chances of a set of standing houses come from.
fn list(partition: Partition, homes: usize, blocks: FateTable, sources: &mut Vec<u32>) {
    let homes: Vec<usize> = (0..partition.homes).filter(|home| homes >> home & 1 != 0).collect();
    let (low, high) = homes.split_at(homes.len() - blocks.homes);
    let class = |houses: &[usize], fates: usize| -> usize {
        let digit = |i: usize| fates / 3usize.pow(i as u32) % 3;
        houses.iter().enumerate().map(|(i, &home)| digit(i) * 3usize.pow(home as u32)).sum()
    };
    let of_low = |fates: usize| {
        let others = (low.len()..blocks.low).map(|i| fates / 3usize.pow(i as u32) % 3);
        let count = |digit| others.clone().filter(|&d| d == digit).count();
        (class(low, fates), count(1), count(2))
    };
    let of_low: Vec<_> = (0..3usize.pow(blocks.low as u32)).map(of_low).collect();
    for fates in 0..3usize.pow(high.len() as u32) {
        let of_high = class(high, fates);
        for fires in 0..blocks.fires {
            for level in 0..blocks.levels {
                sources.extend(of_low.iter().map(|&(class, left, out)| {
                    let (left, out) = (fires + left, level + out);
                    let possible = left + out <= partition.others && out <= partition.agents;
                    let at = if possible {
                        partition.index(left, out, of_high + class)
                    } else {
                        partition.table()
                    };
                    at as u32
                }));
            }
        }
    }
}
