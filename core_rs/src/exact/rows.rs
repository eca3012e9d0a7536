//! Sums of rows, forwards and backwards.
//!
//! A row is a number of lines, one per eight places. Sums stay in registers; for the number of
//! lines that four homes make (and three, two, one) they are unrolled.

use super::groups::{Chunk, Group, KINDS};
use super::homes::{Homes, Region};
use super::lanes::{LANES, Lanes, Line};

/// Lines of a row with four homes.
const FOUR: usize = 11;
/// First line, number of lines, and first slot line of the regions of four homes.
const REGIONS: [(usize, usize, usize); KINDS] = [(0, FOUR, 0), (6, 5, 11), (4, 4, 16), (6, 2, 20)];
/// Slot lines of four homes.
const SLOTS: usize = 22;

/// Whether the regions are [`REGIONS`].
fn are_of_four_homes(regions: &[Region]) -> bool {
    let is = |(ends, region): (usize, &Region)| {
        let (first_line, lines, slot_line) = REGIONS[ends];
        *region == Region { ends, first_line, lines, slot_line }
    };
    regions.len() == KINDS && regions.iter().enumerate().all(is)
}

/// Fills `raised`, a line per level and place: the chances of the states before that
/// many others were put out. `turning` is room for eight rows.
#[inline(always)]
pub fn raise<L: Lanes>(
    lines: usize,
    chunk: &Chunk,
    from: &[Line],
    turning: &mut [Line],
    raised: &mut [Line],
) {
    match lines {
        1 => raise_rows::<L, 1>(lines, chunk, from, turning, raised),
        2 => raise_rows::<L, 2>(lines, chunk, from, turning, raised),
        4 => raise_rows::<L, 4>(lines, chunk, from, turning, raised),
        FOUR => raise_rows::<L, FOUR>(lines, chunk, from, turning, raised),
        _ => raise_rows::<L, 0>(lines, chunk, from, turning, raised),
    }
}

/// [`raise`] for `N` lines, or any number if that is 0.
#[inline(always)]
fn raise_rows<L: Lanes, const N: usize>(
    lines: usize,
    chunk: &Chunk,
    from: &[Line],
    turning: &mut [Line],
    raised: &mut [Line],
) {
    // With nothing put out, a row comes from itself.
    for i in 0..lines {
        let mut eight = [&from[0]; LANES];
        for lane in 0..LANES {
            eight[lane] = &from[chunk.rows[lane] as usize * lines + i];
        }
        put::<L>(L::transpose(eight), &mut raised[i * LANES..], 1);
    }
    for level in 1..chunk.levels {
        for lane in 0..LANES {
            let (rows, factors) = chunk.raises.terms(level * LANES + lane, 0);
            let out = &mut turning[lane * lines..][..lines];
            if N > 0 {
                add_block::<L, N>(out, (from, N, 0), rows, factors);
            } else {
                add_rows::<L>(out, (from, lines, 0), rows, factors);
            }
        }
        for i in 0..lines {
            let turned = turn::<L>(&turning[i..], lines);
            put::<L>(turned, &mut raised[(level * lines + i) * LANES..], 1);
        }
    }
}

/// The reverse of [`raise`]: adds the lines of `raised` to the rows they come from.
#[inline(always)]
pub fn lower<L: Lanes>(
    lines: usize,
    chunk: &Chunk,
    raised: &[Line],
    turning: &mut [Line],
    to: &mut [Line],
) {
    for level in 0..chunk.levels {
        for i in 0..lines {
            let turned = turn::<L>(&raised[(level * lines + i) * LANES..], 1);
            put::<L>(turned, &mut turning[i..], lines);
        }
        for lane in 0..LANES {
            let (rows, factors) = chunk.raises.terms(level * LANES + lane, 0);
            let from = &turning[lane * lines..][..lines];
            for (&row, &factor) in rows.iter().zip(factors) {
                let factor = L::splat(factor);
                for (to, from) in to[row as usize * lines..][..lines].iter_mut().zip(from) {
                    L::load(from).mul_add(factor, L::load(to)).store(to);
                }
            }
        }
    }
}

/// From rows in between to those at the end of the night. Adds these to `sums` and `total`.
#[inline(always)]
pub fn spread<L: Lanes>(
    homes: &Homes,
    group: &Group,
    middle: &[Line],
    state: &mut [Line],
    sums: &mut [Line],
    total: &mut L,
) {
    let lines = homes.lines;
    let of_four = are_of_four_homes(&homes.regions);
    for (sum, &row) in group.to.iter().enumerate() {
        let range = row as usize * lines..(row as usize + 1) * lines;
        let (to, sums) = (&mut state[range.clone()], &mut sums[range]);
        if of_four {
            let (rows, factors) = group.spread.all_terms(sum);
            let row = spread_of_four::<L>(to, sums, middle, rows, factors);
            *total = total.add(row);
            continue;
        }
        for (i, region) in homes.regions.iter().enumerate() {
            let out = &mut to[region.first_line..][..region.lines];
            let (rows, factors) = group.spread.terms(sum, region.ends);
            if i == 0 {
                // This region has all lines, and the others add to them.
                let from = (middle, homes.slot_lines, region.slot_line);
                add_rows::<L>(out, from, rows, factors);
                continue;
            }
            for (&row, &factor) in rows.iter().zip(factors) {
                let at = row as usize * homes.slot_lines + region.slot_line;
                let factor = L::splat(factor);
                for (out, from) in out.iter_mut().zip(&middle[at..][..region.lines]) {
                    L::load(from).mul_add(factor, L::load(out)).store(out);
                }
            }
        }
        for (line, sum) in to.iter().zip(sums) {
            let line = L::load(line);
            *total = total.add(line);
            L::load(sum).add(line).store(sum);
        }
    }
}

/// One row of [`spread`], of four homes; returns its total.
#[inline(always)]
fn spread_of_four<L: Lanes>(
    to: &mut [Line],
    sums: &mut [Line],
    middle: &[Line],
    rows: &[u32],
    factors: [&[f64]; KINDS],
) -> L {
    let (to, sums) = (&mut to[..FOUR], &mut sums[..FOUR]);
    let [f0, f1, f2, f3] = factors;
    let factors = [&f0[..rows.len()], &f1[..rows.len()], &f2[..rows.len()], &f3[..rows.len()]];
    let mut out = [L::splat(0.0); FOUR];
    for (term, &row) in rows.iter().enumerate() {
        let from: &[Line; SLOTS] =
            middle[row as usize * SLOTS..].first_chunk().expect("a row of slots");
        for kind in 0..KINDS {
            let (first, lines, slot) = REGIONS[kind];
            let factor = L::splat(factors[kind][term]);
            for i in 0..lines {
                out[first + i] = L::load(&from[slot + i]).mul_add(factor, out[first + i]);
            }
        }
    }
    let mut totals = [L::splat(0.0); 2];
    for i in 0..FOUR {
        out[i].store(&mut to[i]);
        L::load(&sums[i]).add(out[i]).store(&mut sums[i]);
        totals[i % 2] = totals[i % 2].add(out[i]);
    }
    totals[0].add(totals[1])
}

/// The reverse of [`spread`]: derivatives by a group's rows in between, `middle`, from those by
/// the rows at the end of the night.
#[inline(always)]
pub fn spread_back<L: Lanes>(homes: &Homes, group: &Group, from: &[Line], middle: &mut [Line]) {
    let of_four = are_of_four_homes(&homes.regions);
    for row in 0..group.size {
        let middle = &mut middle[row * homes.slot_lines..][..homes.slot_lines];
        if of_four {
            let (rows, factors) = group.back.all_terms(row);
            spread_back_of_four::<L>(middle, from, rows, factors);
        } else {
            for region in &homes.regions {
                let out = &mut middle[region.slot_line..][..region.lines];
                let (rows, factors) = group.back.terms(row, region.ends);
                add_rows::<L>(out, (from, homes.lines, region.first_line), rows, factors);
            }
        }
    }
    // Lanes without a row.
    middle[group.size * homes.slot_lines..][..homes.slot_lines].fill(Line::default());
}

/// One row of [`spread_back`], of four homes.
#[inline(always)]
fn spread_back_of_four<L: Lanes>(
    middle: &mut [Line],
    from: &[Line],
    rows: &[u32],
    factors: [&[f64]; KINDS],
) {
    let middle = &mut middle[..SLOTS];
    let [f0, f1, f2, f3] = factors;
    let factors = [&f0[..rows.len()], &f1[..rows.len()], &f2[..rows.len()], &f3[..rows.len()]];
    let mut out = [L::splat(0.0); SLOTS];
    for (term, &row) in rows.iter().enumerate() {
        let from: &[Line; FOUR] = from[row as usize * FOUR..].first_chunk().expect("a row");
        for kind in 0..KINDS {
            let (first, lines, slot) = REGIONS[kind];
            let factor = L::splat(factors[kind][term]);
            for i in 0..lines {
                out[slot + i] = L::load(&from[first + i]).mul_add(factor, out[slot + i]);
            }
        }
    }
    for i in 0..SLOTS {
        out[i].store(&mut middle[i]);
    }
}

/// Eight lines, `stride` apart, on their side.
#[inline(always)]
pub fn turn<L: Lanes>(lines: &[Line], stride: usize) -> [L; LANES] {
    let lines = &lines[..7 * stride + 1];
    let mut eight = [&lines[0]; LANES];
    for i in 0..LANES {
        eight[i] = &lines[i * stride];
    }
    L::transpose(eight)
}

/// Writes eight lines, `stride` apart.
#[inline(always)]
fn put<L: Lanes>(eight: [L; LANES], lines: &mut [Line], stride: usize) {
    let lines = &mut lines[..7 * stride + 1];
    for i in 0..LANES {
        eight[i].store(&mut lines[i * stride]);
    }
}

/// Sets `out` to the sum of rows times factors. Row `r` is found at line `r · stride + offset` of
/// `lines`.
#[inline(always)]
fn add_rows<L: Lanes>(
    out: &mut [Line],
    (lines, stride, offset): (&[Line], usize, usize),
    rows: &[u32],
    factors: &[f64],
) {
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let from = (lines, stride, offset + block * LANES);
        match out.len() {
            1 => add_block::<L, 1>(out, from, rows, factors),
            2 => add_block::<L, 2>(out, from, rows, factors),
            3 => add_block::<L, 3>(out, from, rows, factors),
            4 => add_block::<L, 4>(out, from, rows, factors),
            5 => add_block::<L, 5>(out, from, rows, factors),
            6 => add_block::<L, 6>(out, from, rows, factors),
            7 => add_block::<L, 7>(out, from, rows, factors),
            _ => add_block::<L, 8>(out, from, rows, factors),
        }
    }
}

/// [`add_rows`] for `N` lines.
#[inline(always)]
fn add_block<L: Lanes, const N: usize>(
    out: &mut [Line],
    (lines, stride, offset): (&[Line], usize, usize),
    rows: &[u32],
    factors: &[f64],
) {
    let out = &mut out[..N];
    // Closures and `from_fn` would not be compiled for the lanes' instructions.
    let mut sums = [L::splat(0.0); N];
    for (&row, &factor) in rows.iter().zip(factors) {
        let from: &[Line; N] =
            lines[row as usize * stride + offset..].first_chunk().expect("N lines");
        let factor = L::splat(factor);
        for i in 0..N {
            sums[i] = L::load(&from[i]).mul_add(factor, sums[i]);
        }
    }
    for i in 0..N {
        sums[i].store(&mut out[i]);
    }
}
