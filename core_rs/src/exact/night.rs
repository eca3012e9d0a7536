//! One night of the chain, forwards for distributions and backwards for derivatives.
//!
//! A distribution is a matrix: a row per state of the others, a lane per place of the homes. The
//! workers' half mixes places, with factors that depend on the number of fires among the others;
//! so eight rows that agree in it are turned on their side, into a tile with a line per place.
//! Spreading, still in the tile for the homes, mixes rows for the others, with factors that depend
//! on which fires survive at the ends of the homes; so places come back sorted by that, region by
//! region (`homes`). Sums run in the same order on every path.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::fight::Shape;
use super::groups::Chunk;
use super::homes::Homes;
use super::lanes::{LANES, Lanes, Line, Portable, Simd, zero_lines};
use super::others::Others;

/// What a night needs to know; `chances` are those of the line-up.
#[derive(Clone, Copy)]
pub struct Night<'a> {
    /// Who lives where.
    pub shape: Shape,
    /// The homes.
    pub homes: &'a Homes,
    /// The others.
    pub others: &'a Others,
    /// What the workers achieve: for so many other fires that survive, and each of
    /// `Homes::outcomes` in turn, the chances of each level ([`chances`]).
    pub chances: &'a [f64],
}

impl<'a> Night<'a> {
    /// The chances for a chunk.
    #[inline(always)]
    fn chances(self, chunk: &Chunk) -> &'a [f64] {
        let size = self.homes.outcomes.len() * self.shape.levels();
        &self.chances[chunk.fires * size..][..size]
    }
}

/// The chances of `fight::table`, in the order in which a night needs them.
pub fn chances(shape: Shape, homes: &Homes, table: &[f64]) -> Vec<f64> {
    let mut chances = Vec::new();
    for fires in 0..=shape.others {
        for outcome in &homes.outcomes {
            let at = shape.index(fires, outcome.class as usize);
            chances.extend_from_slice(&table[at..][..shape.levels()]);
        }
    }
    chances
}

/// Room for a night's intermediate results.
pub struct Room {
    /// A line per row of a group and slot, and a row for lanes without one.
    middle: Vec<Line>,
    /// Eight rows before or after turning.
    turning: Vec<Line>,
    /// A line per place and level.
    raised: Vec<Line>,
    /// A line per place, after the workers.
    fought: Vec<Line>,
    /// A line per slot.
    slots: Vec<Line>,
}

impl Room {
    /// For nights of these shapes.
    pub fn new(shape: Shape, homes: &Homes, others: &Others) -> Self {
        let largest = others.groups.iter().map(|group| group.size).max().unwrap_or(0);
        let widest = homes.lines.max(homes.slot_lines);
        Self {
            middle: zero_lines((largest + 1) * homes.slot_lines),
            turning: zero_lines(LANES * widest),
            raised: zero_lines(LANES * homes.lines * shape.levels()),
            fought: zero_lines(LANES * homes.lines),
            slots: zero_lines(LANES * homes.slot_lines),
        }
    }
}

/// `$run` with `LEVELS` as a constant, so that loops over levels unroll.
macro_rules! with_levels {
    ($levels:expr, $run:ident::<$lanes:ident, _>($($argument:expr),*)) => {
        match $levels {
            1 => $run::<$lanes, 1>($($argument),*),
            2 => $run::<$lanes, 2>($($argument),*),
            3 => $run::<$lanes, 3>($($argument),*),
            4 => $run::<$lanes, 4>($($argument),*),
            5 => $run::<$lanes, 5>($($argument),*),
            6 => $run::<$lanes, 6>($($argument),*),
            7 => $run::<$lanes, 7>($($argument),*),
            8 => $run::<$lanes, 8>($($argument),*),
            _ => $run::<$lanes, 9>($($argument),*),
        }
    };
}

/// From the distribution at the start of a night to that at its end. Adds it to `sums`, and returns
/// its total.
#[inline(always)]
fn forward<L: Lanes>(
    night: Night<'_>,
    state: &mut [Line],
    sums: &mut [Line],
    room: &mut Room,
) -> f64 {
    let Night { homes, others, .. } = night;
    let slot_lines = homes.slot_lines;
    let mut total = L::splat(0.0);
    for group in &others.groups {
        for chunk in &group.chunks {
            raise::<L>(night, chunk, state, room);
            with_levels!(chunk.levels, fight::<L, _>(night, chunk, room));
            for arrivals in &homes.spread[chunk.ends] {
                let terms = arrivals.terms.chunks_exact(arrivals.places);
                for (&slot, terms) in arrivals.slots.iter().zip(terms) {
                    let mut line = L::splat(0.0);
                    for &(place, factor) in terms {
                        line =
                            L::load(&room.fought[place as usize]).mul_add(L::splat(factor), line);
                    }
                    line.store(&mut room.slots[slot as usize]);
                }
            }
            for i in 0..slot_lines {
                let turned = turn::<L>(&room.slots[i * LANES..][..LANES], 1);
                for (lane, line) in turned.into_iter().enumerate() {
                    line.store(&mut room.middle[chunk.middle[lane] as usize * slot_lines + i]);
                }
            }
        }
        // Rows of a set come from the same rows, which should not leave the cache in between.
        for set in &group.sets {
            for (i, region) in homes.regions.iter().enumerate() {
                let (blocks, size) = blocks(region.lines);
                for block in 0..blocks {
                    let offset = block * size;
                    let lines = size.min(region.lines - offset);
                    for sum in set.clone() {
                        let at = group.to[sum] as usize * homes.lines + region.first_line + offset;
                        let (from, factors) = group.spread.terms(sum, region.ends);
                        let middle =
                            (room.middle.as_slice(), slot_lines, region.slot_line + offset);
                        add_rows::<L>(&mut state[at..][..lines], middle, from, factors, i == 0);
                    }
                }
            }
            for &row in &group.to[set.clone()] {
                let range = row as usize * homes.lines..(row as usize + 1) * homes.lines;
                for (line, sum) in state[range.clone()].iter().zip(&mut sums[range]) {
                    let line = L::load(line);
                    total = total.add(line);
                    L::load(sum).add(line).store(sum);
                }
            }
        }
    }
    let mut lanes = Line::default();
    total.store(&mut lanes);
    lanes.0.iter().sum()
}

/// Derivatives of a value by the distribution at the start of a night, added to `to`, from those
/// by the distribution at its end, `from`. Adds those by the entries of the night's table, for the
/// distribution `start`, to `slopes`, a line of parts for each.
#[inline(always)]
fn backward<L: Lanes>(
    night: Night<'_>,
    start: &[Line],
    from: &[Line],
    to: &mut [Line],
    slopes: &mut [Line],
    room: &mut Room,
) {
    let Night { homes, others, .. } = night;
    let slot_lines = homes.slot_lines;
    for group in &others.groups {
        for row in 0..group.size {
            let middle = &mut room.middle[row * slot_lines..][..slot_lines];
            for region in &homes.regions {
                let out = &mut middle[region.slot_line..][..region.lines];
                let (rows, factors) = group.back.terms(row, region.ends);
                add_rows::<L>(out, (from, homes.lines, region.first_line), rows, factors, true);
            }
        }
        room.middle[group.size * slot_lines..][..slot_lines].fill(Line::default());
        for chunk in &group.chunks {
            raise::<L>(night, chunk, start, room);
            for i in 0..slot_lines {
                let mut lines = [L::splat(0.0); LANES];
                for lane in 0..LANES {
                    lines[lane] =
                        L::load(&room.middle[chunk.middle[lane] as usize * slot_lines + i]);
                }
                for (slot, line) in room.slots[i * LANES..].iter_mut().zip(L::transpose(lines)) {
                    line.store(slot);
                }
            }
            room.fought.fill(Line::default());
            for arrivals in &homes.spread[chunk.ends] {
                let terms = arrivals.terms.chunks_exact(arrivals.places);
                for (&slot, terms) in arrivals.slots.iter().zip(terms) {
                    let slot = L::load(&room.slots[slot as usize]);
                    for &(place, factor) in terms {
                        let fought = &mut room.fought[place as usize];
                        slot.mul_add(L::splat(factor), L::load(fought)).store(fought);
                    }
                }
            }
            with_levels!(chunk.levels, fight_back::<L, _>(night, chunk, slopes, room));
            lower::<L>(night, chunk, to, room);
        }
    }
}

/// Fills `raised`: for each place and level, the chances of the states before that many others
/// were put out.
#[inline(always)]
fn raise<L: Lanes>(night: Night<'_>, chunk: &Chunk, from: &[Line], room: &mut Room) {
    let lines = night.homes.lines;
    for level in 0..chunk.levels {
        for lane in 0..LANES {
            let (rows, factors) = chunk.raises.terms(level * LANES + lane, 0);
            let out = &mut room.turning[lane * lines..][..lines];
            add_rows::<L>(out, (from, lines, 0), rows, factors, true);
        }
        for i in 0..lines {
            for (j, line) in turn::<L>(&room.turning[i..], lines).into_iter().enumerate() {
                line.store(&mut room.raised[(i * LANES + j) * chunk.levels + level]);
            }
        }
    }
}

/// The reverse of [`raise`]: adds the lines of `raised` to the rows they come from.
#[inline(always)]
fn lower<L: Lanes>(night: Night<'_>, chunk: &Chunk, to: &mut [Line], room: &mut Room) {
    let lines = night.homes.lines;
    for level in 0..chunk.levels {
        for i in 0..lines {
            let turned = turn::<L>(&room.raised[i * LANES * chunk.levels + level..], chunk.levels);
            for (lane, line) in turned.into_iter().enumerate() {
                line.store(&mut room.turning[lane * lines + i]);
            }
        }
        for lane in 0..LANES {
            let (rows, factors) = chunk.raises.terms(level * LANES + lane, 0);
            let from = &room.turning[lane * lines..][..lines];
            for (&row, &factor) in rows.iter().zip(factors) {
                let factor = L::splat(factor);
                for (to, from) in to[row as usize * lines..][..lines].iter_mut().zip(from) {
                    L::load(from).mul_add(factor, L::load(to)).store(to);
                }
            }
        }
    }
}

/// From `raised` to `fought`: the workers do what they can.
#[inline(always)]
fn fight<L: Lanes, const LEVELS: usize>(night: Night<'_>, chunk: &Chunk, room: &mut Room) {
    let homes = night.homes;
    let raised = room.raised.as_chunks::<LEVELS>().0;
    let mut chances = night.chances(chunk);
    let mut start = 0;
    for &(from, end) in &homes.fights {
        let before = load::<L, LEVELS>(&raised[from as usize]);
        let outcomes = &homes.outcomes[start..end as usize];
        start = end as usize;
        for (i, outcome) in outcomes.iter().enumerate() {
            let (now, later) = chances.split_at(night.shape.levels());
            chances = later;
            let now: &[f64; LEVELS] = now.first_chunk().expect("at least so many levels");
            let to = &mut room.fought[outcome.to as usize];
            // Nobody has led to `from` before its own first outcome (`Homes::fights`).
            let mut line = if i == 0 { L::splat(0.0) } else { L::load(to) };
            for level in 0..LEVELS {
                line = before[level].mul_add(L::splat(now[level]), line);
            }
            line.store(to);
        }
    }
}

/// The reverse of [`fight`]; derivatives by the table need what `raised` was, and replace it.
#[inline(always)]
fn fight_back<L: Lanes, const LEVELS: usize>(
    night: Night<'_>,
    chunk: &Chunk,
    slopes: &mut [Line],
    room: &mut Room,
) {
    let (shape, homes) = (night.shape, night.homes);
    let raised = room.raised.as_chunks_mut::<LEVELS>().0;
    let mut chances = night.chances(chunk);
    let mut start = 0;
    for &(from, end) in &homes.fights {
        let before = load::<L, LEVELS>(&raised[from as usize]);
        let mut back = [L::splat(0.0); LEVELS];
        let outcomes = &homes.outcomes[start..end as usize];
        start = end as usize;
        for outcome in outcomes {
            let (now, later) = chances.split_at(shape.levels());
            chances = later;
            let now: &[f64; LEVELS] = now.first_chunk().expect("at least so many levels");
            let at = shape.index(chunk.fires, outcome.class as usize);
            let slopes = &mut slopes[at..][..LEVELS];
            let line = L::load(&room.fought[outcome.to as usize]);
            for level in 0..LEVELS {
                back[level] = line.mul_add(L::splat(now[level]), back[level]);
                let slope = &mut slopes[level];
                line.mul_add(before[level], L::load(slope)).store(slope);
            }
        }
        for (to, line) in raised[from as usize].iter_mut().zip(back) {
            line.store(to);
        }
    }
}

/// Eight lines, `stride` apart, on their side.
#[inline(always)]
fn turn<L: Lanes>(lines: &[Line], stride: usize) -> [L; LANES] {
    let mut loaded = [L::splat(0.0); LANES];
    for i in 0..LANES {
        loaded[i] = L::load(&lines[i * stride]);
    }
    L::transpose(loaded)
}

/// Some lines, in registers. (Closures would not be compiled for the lanes' instructions, and so
/// neither `map` nor `from_fn` can do this.)
#[inline(always)]
fn load<L: Lanes, const N: usize>(lines: &[Line; N]) -> [L; N] {
    let mut loaded = [L::splat(0.0); N];
    for i in 0..N {
        loaded[i] = L::load(&lines[i]);
    }
    loaded
}

/// Sets `out` to the sum of rows times factors, or (unless `fresh`) adds it. Row `r` is found at
/// line `r · stride + offset` of `lines`.
#[inline(always)]
fn add_rows<L: Lanes>(
    out: &mut [Line],
    (lines, stride, offset): (&[Line], usize, usize),
    rows: &[u32],
    factors: &[f64],
    fresh: bool,
) {
    let (_, size) = blocks(out.len());
    for (block, out) in out.chunks_mut(size).enumerate() {
        let from = (lines, stride, offset + block * size);
        match out.len() {
            1 => add_block::<L, 1>(out, from, rows, factors, fresh),
            2 => add_block::<L, 2>(out, from, rows, factors, fresh),
            3 => add_block::<L, 3>(out, from, rows, factors, fresh),
            4 => add_block::<L, 4>(out, from, rows, factors, fresh),
            5 => add_block::<L, 5>(out, from, rows, factors, fresh),
            6 => add_block::<L, 6>(out, from, rows, factors, fresh),
            7 => add_block::<L, 7>(out, from, rows, factors, fresh),
            _ => add_block::<L, 8>(out, from, rows, factors, fresh),
        }
    }
}

/// How many blocks of lines, and how large, so that sums stay in registers.
#[inline(always)]
fn blocks(lines: usize) -> (usize, usize) {
    let blocks = lines.div_ceil(8).max(1);
    (blocks, lines.div_ceil(blocks).max(1))
}

/// [`add_rows`] for `N` lines, which stay in registers.
#[inline(always)]
fn add_block<L: Lanes, const N: usize>(
    out: &mut [Line],
    (lines, stride, offset): (&[Line], usize, usize),
    rows: &[u32],
    factors: &[f64],
    fresh: bool,
) {
    let out: &mut [Line; N] = (&mut out[..N]).try_into().expect("N lines");
    let mut sums = if fresh { [L::splat(0.0); N] } else { load::<L, N>(out) };
    for (&row, &factor) in rows.iter().zip(factors) {
        let from = &lines[row as usize * stride + offset..][..N];
        let factor = L::splat(factor);
        for i in 0..N {
            sums[i] = L::load(&from[i]).mul_add(factor, sums[i]);
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        sum.store(out);
    }
}

/// [`forward`] with given instructions.
///
/// # Panics
/// If this processor does not have them.
pub fn play(
    simd: Simd,
    night: Night<'_>,
    state: &mut [Line],
    sum: &mut [Line],
    room: &mut Room,
) -> f64 {
    assert!(simd.is_available(), "no {simd:?} on this processor");
    match simd {
        Simd::Portable => forward::<Portable>(night, state, sum, room),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: checked above.
        Simd::Avx2 => unsafe { forward_avx2(night, state, sum, room) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: checked above.
        Simd::Avx512 => unsafe { forward_avx512(night, state, sum, room) },
        #[cfg(not(target_arch = "x86_64"))]
        Simd::Avx2 | Simd::Avx512 => unreachable!("not available"),
    }
}

/// [`backward`] with given instructions.
///
/// # Panics
/// If this processor does not have them.
pub fn play_back(
    simd: Simd,
    night: Night<'_>,
    start: &[Line],
    from: &[Line],
    to: &mut [Line],
    slopes: &mut [Line],
    room: &mut Room,
) {
    assert!(simd.is_available(), "no {simd:?} on this processor");
    match simd {
        Simd::Portable => backward::<Portable>(night, start, from, to, slopes, room),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: checked above.
        Simd::Avx2 => unsafe { backward_avx2(night, start, from, to, slopes, room) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: checked above.
        Simd::Avx512 => unsafe { backward_avx512(night, start, from, to, slopes, room) },
        #[cfg(not(target_arch = "x86_64"))]
        Simd::Avx2 | Simd::Avx512 => unreachable!("not available"),
    }
}

// Everything generic over the lanes is `inline(always)`, so that it is compiled inside the
// functions below, with their instructions.

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn forward_avx2(night: Night<'_>, state: &mut [Line], sum: &mut [Line], room: &mut Room) -> f64 {
    forward::<Avx2>(night, state, sum, room)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
fn forward_avx512(night: Night<'_>, state: &mut [Line], sum: &mut [Line], room: &mut Room) -> f64 {
    forward::<Avx512>(night, state, sum, room)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn backward_avx2(
    night: Night<'_>,
    start: &[Line],
    from: &[Line],
    to: &mut [Line],
    slopes: &mut [Line],
    room: &mut Room,
) {
    backward::<Avx2>(night, start, from, to, slopes, room);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
fn backward_avx512(
    night: Night<'_>,
    start: &[Line],
    from: &[Line],
    to: &mut [Line],
    slopes: &mut [Line],
    room: &mut Room,
) {
    backward::<Avx512>(night, start, from, to, slopes, room);
}
