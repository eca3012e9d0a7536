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
use super::homes::{Arrivals, Homes};
use super::lanes::{LANES, Lanes, Line, Portable, Simd, zero_lines};
use super::others::Others;
use super::rows::{lower, raise, spread, spread_back, turn};
use super::workers::{fight, fight_back};

/// What a night needs to know; `chances` are those of the line-up.
#[derive(Clone, Copy)]
pub struct Night<'a> {
    /// Who lives where.
    pub shape: Shape,
    /// The homes.
    pub homes: &'a Homes,
    /// The others.
    pub others: &'a Others,
    /// What the workers achieve ([`chances`]).
    pub chances: &'a [f64],
}

impl<'a> Night<'a> {
    /// The chances for a chunk.
    #[inline(always)]
    fn chances(self, chunk: &Chunk) -> &'a [f64] {
        let size = self.homes.classes.len() * self.shape.levels();
        &self.chances[chunk.fires * size..][..size]
    }
}

/// The chances of `fight::table`, in the order in which a night needs them: by surviving fires of
/// the others, block, level and fates.
pub fn chances(shape: Shape, homes: &Homes, table: &[f64]) -> Vec<f64> {
    let mut chances = Vec::with_capacity(homes.classes.len() * shape.levels());
    for fires in 0..=shape.others {
        let mut classes = homes.classes.as_slice();
        for block in &homes.blocks {
            let (of_block, rest) = classes.split_at(3usize.pow(block.standing as u32));
            classes = rest;
            for level in 0..shape.levels() {
                let at = |&class: &u32| table[shape.index(fires, level, class as usize)];
                chances.extend(of_block.iter().map(at));
            }
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
    /// A line per level and place.
    raised: Vec<Line>,
    /// A line per place, after the workers.
    fought: Vec<Line>,
    /// A line per slot; zero for those that can't be reached.
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

/// From the distribution at the start of a night to that at its end. Adds it to `sums`, and returns
/// its total.
#[inline(always)]
fn forward<L: Lanes>(
    night: Night<'_>,
    state: &mut [Line],
    sums: &mut [Line],
    room: &mut Room,
) -> f64 {
    let Night { homes, others, shape, .. } = night;
    let Room { middle, turning, raised, fought, slots } = room;
    let levels = shape.levels();
    let mut total = L::splat(0.0);
    for group in &others.groups {
        for chunk in &group.chunks {
            raise::<L>(homes.lines, chunk, state, turning, raised);
            let chances = night.chances(chunk);
            fight::<L>(homes, chances, (chunk.levels, levels), raised, fought);
            for arrivals in &homes.spread[chunk.ends] {
                arrive::<L>(arrivals, fought, slots);
            }
            for i in 0..homes.slot_lines {
                let turned = turn::<L>(&slots[i * LANES..], 1);
                for lane in 0..LANES {
                    let at = chunk.middle[lane] as usize * homes.slot_lines + i;
                    turned[lane].store(&mut middle[at]);
                }
            }
        }
        spread::<L>(homes, group, middle, state, sums, &mut total);
    }
    let mut lanes = Line::default();
    total.store(&mut lanes);
    lanes.0.iter().sum()
}

/// Derivatives of a value by the distribution at the start of a night, added to `to`, from those
/// by the distribution at its end, `from`. Adds those by the chances, for the distribution
/// `start`, to `slopes`: a line of parts by surviving fires of the others, level and class.
#[inline(always)]
fn backward<L: Lanes>(
    night: Night<'_>,
    start: &[Line],
    from: &[Line],
    to: &mut [Line],
    slopes: &mut [Line],
    room: &mut Room,
) {
    let Night { homes, others, shape, .. } = night;
    let Room { middle, turning, raised, fought, slots } = room;
    let levels = shape.levels();
    for group in &others.groups {
        spread_back::<L>(homes, group, from, middle);
        for chunk in &group.chunks {
            raise::<L>(homes.lines, chunk, start, turning, raised);
            for i in 0..homes.slot_lines {
                let mut eight = [&middle[0]; LANES];
                for lane in 0..LANES {
                    eight[lane] = &middle[chunk.middle[lane] as usize * homes.slot_lines + i];
                }
                let eight = L::transpose(eight);
                for lane in 0..LANES {
                    eight[lane].store(&mut slots[i * LANES + lane]);
                }
            }
            fought.fill(Line::default());
            for arrivals in &homes.spread[chunk.ends] {
                arrive_back::<L>(arrivals, slots, fought);
            }
            let chances = night.chances(chunk);
            let of_level = shape.classes();
            let slopes = &mut slopes[chunk.fires * of_level * levels..][..of_level * chunk.levels];
            fight_back::<L>(homes, chances, (chunk.levels, levels), raised, fought, slopes);
            lower::<L>(homes.lines, chunk, raised, turning, to);
        }
    }
    // `forward` never writes slots that can't be reached.
    slots.fill(Line::default());
}

/// Fire spreads from and to the homes: from `fought` to slots.
#[inline(always)]
fn arrive<L: Lanes>(arrivals: &Arrivals, fought: &[Line], slots: &mut [Line]) {
    match arrivals.places {
        1 => arrive_from::<L, 1>(arrivals, fought, slots),
        2 => arrive_from::<L, 2>(arrivals, fought, slots),
        4 => arrive_from::<L, 4>(arrivals, fought, slots),
        places => {
            let terms = arrivals.terms.chunks_exact(places);
            for (&slot, terms) in arrivals.slots.iter().zip(terms) {
                let mut line = L::splat(0.0);
                for &(place, factor) in terms {
                    line = L::load(&fought[place as usize]).mul_add(L::splat(factor), line);
                }
                line.store(&mut slots[slot as usize]);
            }
        }
    }
}

/// [`arrive`] from `N` places each.
#[inline(always)]
fn arrive_from<L: Lanes, const N: usize>(arrivals: &Arrivals, fought: &[Line], slots: &mut [Line]) {
    let terms = arrivals.terms.as_chunks::<N>().0;
    assert!(arrivals.most_place < fought.len() && arrivals.most_slot < slots.len());
    for (&slot, terms) in arrivals.slots.iter().zip(terms) {
        let mut line = L::splat(0.0);
        for i in 0..N {
            let (place, factor) = terms[i];
            // SAFETY: no place is above the most.
            let from = unsafe { fought.get_unchecked(place as usize) };
            line = L::load(from).mul_add(L::splat(factor), line);
        }
        // SAFETY: no slot is above the most.
        line.store(unsafe { slots.get_unchecked_mut(slot as usize) });
    }
}

/// The reverse of [`arrive`].
#[inline(always)]
fn arrive_back<L: Lanes>(arrivals: &Arrivals, slots: &[Line], fought: &mut [Line]) {
    let terms = arrivals.terms.chunks_exact(arrivals.places);
    for (&slot, terms) in arrivals.slots.iter().zip(terms) {
        let slot = L::load(&slots[slot as usize]);
        for &(place, factor) in terms {
            let fought = &mut fought[place as usize];
            slot.mul_add(L::splat(factor), L::load(fought)).store(fought);
        }
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
