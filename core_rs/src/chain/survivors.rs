//! The workers' half of a night: from fires to those that survive.
//!
//! The chance that exactly some of the fires survive does not depend on which other houses stand
//! (`extinguishing`). For each set of standing houses it is applied directly: every set of fires `B` adds,
//! times a chance, to the state that each set `F` of survivors leads to.
//!
//! The first three standing houses, homes before others, are unrolled (`unrolled`). Fires among
//! further others matter by their number only, so blocks in which equally many of them are put
//! out are added up first.

use super::horizon::{Cell, load, mul_add, store, zero};
use super::quiet::ternary;
use super::unrolled::{UNROLLED, put_out, put_out_back, put_out_back_and_slopes, put_out_slopes};
use crate::dynamics::extinguishing::Partition;
use crate::dynamics::states::StateSpace;
use crate::simd::doubles::{Lanes, Line};

/// Runs a block of code for all fates of further homes that leave `$homes_left` of them burning, and
/// all numbers of further others put out, with `$left` others burning on: given that number, the
/// burning homes, and where the chances begin. A macro, since a closure would not be compiled for
/// the instructions of the function around it.
macro_rules! each_fate {
    (
        $blocks:expr, $homes_left:expr, $left:expr, $levels:expr,
        |$level:ident, $homes:ident, $at:ident| $do:block
    ) => {
        let (blocks, homes_left): (FateTable, usize) = ($blocks, $homes_left);
        let free = !homes_left & ((1 << blocks.homes) - 1);
        let mut out = free;
        loop {
            let fate = ternary(homes_left) + 2 * ternary(out);
            let first = (fate * blocks.fires + $left.count_ones() as usize) * blocks.levels;
            let $homes = homes_left | out;
            for $level in 0..$levels {
                let $at = blocks.chances + (first + $level) * 3usize.pow(blocks.low as u32);
                $do
            }
            if out == 0 {
                break;
            }
            out = (out - 1) & free;
        }
    };
}

/// The step from fires to survivors, for any line-up: where chances stand, and in which order they are needed.
#[derive(Clone, Debug)]
pub struct Survivors {
    /// For each of `StateSpace::sets`.
    sets: Vec<FateTable>,
    /// Subsets of the other houses, by the number of these.
    subsets: Vec<Subsets>,
    /// Where each chance of a block comes from in the table of `extinguishing`; its length where nothing
    /// does.
    sources: Vec<u32>,
    /// Cells that are added up before chances are applied, at most.
    raised: usize,
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
}

/// For each set of a number of houses, the sets of further fires put out, by their number.
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
                        list.push(out as u16);
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
        let mut raised = 0;
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
            };
            raised = raised.max((levels << blocks.homes) << low);
            blocks.chances = *known.entry((homes, low_others)).or_insert_with(|| {
                let first = sources.len();
                list(partition, homes, blocks, &mut sources);
                first
            });
            blocks
        });
        let sets = sets.collect();
        let subsets = (0..=others).map(|houses| Subsets::new(houses, partition.agents)).collect();
        Self { sets, subsets, sources, raised }
    }

    /// The chances of a line-up, from its table.
    pub fn chances(&self, mut table: Vec<f64>) -> Vec<f64> {
        table.push(0.0);
        self.sources.iter().map(|&source| table[source as usize]).collect()
    }

    /// Cells that are added up, and their derivatives, empty.
    pub fn workspace(&self) -> Vec<Cell> {
        vec![Cell::default(); 2 * self.raised]
    }

    /// Adds what a night makes of `fires`, by `FireSet::at`, to the cells of all states.
    #[inline(always)]
    pub fn forward<L: Lanes>(
        &self,
        (index, targets): (usize, &[u32]),
        chances: &[f64],
        fires: &[Cell],
        cells: &mut [Cell],
        workspace: &mut [Cell],
    ) {
        let blocks = self.sets[index];
        match blocks.low {
            0 => {}
            1 => self.forward_of::<L, 1>(blocks, targets, chances, fires, cells, workspace),
            2 => self.forward_of::<L, 2>(blocks, targets, chances, fires, cells, workspace),
            _ => self.forward_of::<L, UNROLLED>(blocks, targets, chances, fires, cells, workspace),
        }
    }

    #[inline(always)]
    fn forward_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        targets: &[u32],
        chances: &[f64],
        fires: &[Cell],
        cells: &mut [Cell],
        workspace: &mut [Cell],
    ) {
        let subsets = &self.subsets[blocks.others];
        for left in 0..1usize << blocks.others {
            let levels = subsets.levels(blocks.others, left);
            self.raise::<L, K>(blocks, left, fires, workspace);
            for homes_left in 0..1usize << blocks.homes {
                let mut sums = [zero::<L>(); 1 << UNROLLED];
                each_fate!(blocks, homes_left, left, levels, |level, homes, at| {
                    let from = self.raised::<K>(blocks, (left, level, homes), fires, workspace);
                    let chances = &chances[at..][..3usize.pow(K as u32)];
                    put_out::<L, K>(from, chances, &mut sums);
                });
                let targets = &targets[((left << blocks.homes) + homes_left) << K..][..1 << K];
                for (&target, &sum) in targets.iter().zip(&sums) {
                    let cell = &mut cells[target as usize];
                    store(mul_add(sum, L::splat(1.0), load(cell)), cell);
                }
            }
        }
    }

    /// The adjoint of [`Survivors::forward`]: from what surviving fires are worth (`reached`) and the
    /// chances of fires, adds to what fires are worth and to derivatives by the table of chances.
    /// Of the latter, those are left out in which no unrolled or further fire survives.
    #[inline(always)]
    pub fn backward<L: Lanes>(
        &self,
        (index, chances): (usize, &[f64]),
        (fires, reached): (&[Cell], &[Cell]),
        of_fires: &mut [Cell],
        slopes: &mut [Line],
        workspace: &mut [Cell],
    ) {
        let blocks = self.sets[index];
        let from = (fires, reached);
        match blocks.low {
            0 => {}
            1 => self.backward_of::<L, 1>(blocks, chances, from, of_fires, slopes, workspace),
            2 => self.backward_of::<L, 2>(blocks, chances, from, of_fires, slopes, workspace),
            _ => {
                self.backward_of::<L, UNROLLED>(blocks, chances, from, of_fires, slopes, workspace)
            }
        }
    }

    #[inline(always)]
    fn backward_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        chances: &[f64],
        (fires, reached): (&[Cell], &[Cell]),
        of_fires: &mut [Cell],
        slopes: &mut [Line],
        workspace: &mut [Cell],
    ) {
        let subsets = &self.subsets[blocks.others];
        let (workspace, of_workspace) = workspace.split_at_mut(self.raised);
        for left in 0..1usize << blocks.others {
            let levels = subsets.levels(blocks.others, left);
            self.raise::<L, K>(blocks, left, fires, workspace);
            of_workspace[..(levels << blocks.homes) << K].fill(Cell::default());
            for homes_left in 0..1usize << blocks.homes {
                let reached = &reached[((left << blocks.homes) + homes_left) << K..][..1 << K];
                each_fate!(blocks, homes_left, left, levels, |level, homes, at| {
                    let from = self.raised::<K>(blocks, (left, level, homes), fires, workspace);
                    let to = &mut of_workspace[((level << blocks.homes) + homes) << K..][..1 << K];
                    let chances = &chances[at..][..3usize.pow(K as u32)];
                    let sources = &self.sources[at..][..3usize.pow(K as u32)];
                    if (left, homes_left) == (0, 0) {
                        put_out_back::<L, K>(reached, chances, to);
                    } else {
                        put_out_back_and_slopes::<L, K>(
                            (from, reached),
                            (chances, sources),
                            to,
                            slopes,
                        );
                    }
                });
            }
            for level in 0..levels {
                for &out in subsets.of(left, level) {
                    for homes in 0..1usize << blocks.homes {
                        let from =
                            &of_workspace[((level << blocks.homes) + homes) << K..][..1 << K];
                        let to = ((left | usize::from(out)) << blocks.homes) + homes;
                        let to = &mut of_fires[to << K..][..1 << K];
                        for i in 0..1 << K {
                            let sum = mul_add(load::<L>(&from[i]), L::splat(1.0), load(&to[i]));
                            store(sum, &mut to[i]);
                        }
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
        fires: &[Cell],
        reached: &[Cell],
        slopes: &mut [Line],
        workspace: &mut [Cell],
    ) {
        let blocks = self.sets[index];
        let from = (fires, reached);
        match blocks.low {
            // Nothing burns, and none is put out for certain.
            0 => {}
            1 => self.slopes_of_quiet_of::<L, 1>(blocks, from, slopes, workspace),
            2 => self.slopes_of_quiet_of::<L, 2>(blocks, from, slopes, workspace),
            _ => self.slopes_of_quiet_of::<L, UNROLLED>(blocks, from, slopes, workspace),
        }
    }

    #[inline(always)]
    fn slopes_of_quiet_of<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        (fires, reached): (&[Cell], &[Cell]),
        slopes: &mut [Line],
        workspace: &mut [Cell],
    ) {
        let levels = self.subsets[blocks.others].levels(blocks.others, 0);
        self.raise::<L, K>(blocks, 0, fires, workspace);
        each_fate!(blocks, 0, 0usize, levels, |level, homes, at| {
            let from = self.raised::<K>(blocks, (0, level, homes), fires, workspace);
            let sources = &self.sources[at..][..3usize.pow(K as u32)];
            put_out_slopes::<L, K>(from, &reached[..1 << K], sources, slopes);
        });
    }

    /// A block of what [`Survivors::raise`] adds up; the only one where there is nothing to add.
    #[inline(always)]
    fn raised<'a, const K: usize>(
        &self,
        blocks: FateTable,
        (left, level, homes): (usize, usize, usize),
        fires: &'a [Cell],
        workspace: &'a [Cell],
    ) -> &'a [Cell] {
        let from = match self.subsets[blocks.others].of(left, level) {
            [out] => &fires[(((left | usize::from(*out)) << blocks.homes) + homes) << K..],
            _ => &workspace[((level << blocks.homes) + homes) << K..],
        };
        &from[..1 << K]
    }

    /// Adds up blocks in which the fires of further others that survive are `left`, by how many
    /// others are put out.
    #[inline(always)]
    fn raise<L: Lanes, const K: usize>(
        &self,
        blocks: FateTable,
        left: usize,
        fires: &[Cell],
        workspace: &mut [Cell],
    ) {
        let subsets = &self.subsets[blocks.others];
        for level in 0..subsets.levels(blocks.others, left) {
            let list = subsets.of(left, level);
            if list.len() == 1 {
                continue;
            }
            for homes in 0..1usize << blocks.homes {
                let mut sums = [zero::<L>(); 1 << UNROLLED];
                for &out in list {
                    let from = ((left | usize::from(out)) << blocks.homes) + homes;
                    let from = &fires[from << K..][..1 << K];
                    for i in 0..1 << K {
                        sums[i] = mul_add(load(&from[i]), L::splat(1.0), sums[i]);
                    }
                }
                let to = &mut workspace[((level << blocks.homes) + homes) << K..][..1 << K];
                for i in 0..1 << K {
                    store(sums[i], &mut to[i]);
                }
            }
        }
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
