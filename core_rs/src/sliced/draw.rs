//! Bernoulli draws for a vector of lanes at once: planes of `U` compared with the bits of `T`.

use super::stream::{QUADS, Stream};
use crate::random::threshold::ALWAYS;
use crate::simd::words::Words;

/// The bits of a threshold, a word per bit (most significant first), which may differ from lane to
/// lane; with the lanes whose answer is certain.
#[derive(Clone, Copy)]
pub struct Rows<W> {
    /// Bit `31 − j` of the threshold.
    pub bits: [W; 32],
    /// Lanes whose threshold is 2^32.
    pub always: W,
    /// Lanes whose threshold is neither 0 nor 2^32, so that a draw is needed.
    pub maybe: W,
}

impl<W: Words> Rows<W> {
    /// The same threshold in every lane.
    #[inline(always)]
    pub fn uniform(threshold: u64) -> Self {
        let (always, never) = (threshold == ALWAYS, threshold == 0);
        let bits = if always { 0 } else { threshold as u32 };
        let mut rows = Self {
            bits: [W::zero(); 32],
            always: W::splat(u32::from(always).wrapping_neg()),
            maybe: W::splat(u32::from(!always && !never).wrapping_neg()),
        };
        for (j, word) in rows.bits.iter_mut().enumerate() {
            *word = W::splat((bits >> (31 - j) & 1).wrapping_neg());
        }
        rows
    }

    /// What to combine `self` with, by exclusive or, to get `other`.
    #[inline(always)]
    fn difference(&self, other: &Self) -> Self {
        let mut rows = *self;
        for j in 0..32 {
            rows.bits[j] = self.bits[j] ^ other.bits[j];
        }
        rows.always = self.always ^ other.always;
        rows.maybe = self.maybe ^ other.maybe;
        rows
    }

    #[inline(always)]
    pub fn quad(&self, quad: usize) -> [W; 4] {
        let bits = &self.bits[4 * quad..4 * quad + 4];
        [bits[0], bits[1], bits[2], bits[3]]
    }
}

/// Quads after which the rest of a threshold is zero, so that an undecided `U` is not below it.
#[must_use]
pub fn quads_of(threshold: u64) -> usize {
    match threshold {
        0 | ALWAYS => 0,
        t => QUADS - t.trailing_zeros() as usize / 4,
    }
}

/// Something that looks at the planes of a uniform, four at a time, until it has seen enough.
///
/// A trait and not a closure, because closures can't be `inline(always)`, and code that is not
/// inlined into the functions that enable SIMD instructions is compiled without them.
pub trait Question<W: Words> {
    /// Looks at the planes of one quad; whether the next ones are needed too.
    fn look(&mut self, quad: usize, u: [W; 4]) -> bool;
}

/// Draws the first `quads` quads of a slot for a question, until it has its answer. Where the draw
/// is crowded, one quad will hardly do, and two are begun together.
#[inline(always)]
pub fn ask<W: Words>(
    stream: &Stream<W>,
    slot: u32,
    quads: usize,
    crowded: bool,
    question: &mut impl Question<W>,
) {
    let slot = stream.slot(slot);
    let mut quad = 0;
    if crowded && quads >= 2 {
        let u = [stream.quad(&slot, 0), stream.quad(&slot, 1)];
        question.look(0, u[0]);
        if !question.look(1, u[1]) {
            return;
        }
        quad = 2;
    }
    while quad < quads && question.look(quad, stream.quad(&slot, quad)) {
        quad += 1;
    }
}

/// Whether more lanes wait for an answer than one quad can be expected to serve.
#[inline(always)]
pub fn is_crowded<W: Words>(undecided: W) -> bool {
    4 * undecided.nonzero().count_ones() as usize >= 3 * W::LANES
}

/// Thresholds of which a thermometer chooses one per lane: the first, unless the lane is in the
/// first mask, then the second, unless it is in the second mask too, …
///
/// Kept as the first one's rows and the differences from one to the next, so that any number of
/// cases costs one draw.
pub struct CaseThresholds<W> {
    /// Zero beyond the last threshold: a fixed length lets loops over a few cases be unrolled.
    rows: Box<[Rows<W>; MAX_CASES]>,
    quads: usize,
}

/// Cases, at most.
const MAX_CASES: usize = 16;

impl<W: Words> CaseThresholds<W> {
    /// Tables of at least one threshold.
    #[inline(always)]
    pub fn new(thresholds: &[u64]) -> Self {
        let mut rows = Box::new([Rows::uniform(0); MAX_CASES]);
        let mut last = Rows::uniform(0);
        let mut quads = 0;
        for (row, &threshold) in rows.iter_mut().zip(thresholds) {
            let next = Rows::uniform(threshold);
            *row = last.difference(&next);
            last = next;
            quads = usize::max(quads, quads_of(threshold));
        }
        Self { rows, quads }
    }

    /// The lanes of `need` whose uniform at `slot` is below the threshold that `above` chooses. Masks
    /// beyond the last threshold must be zero.
    #[inline(always)]
    pub fn draw<const CASES: usize>(
        &self,
        stream: &Stream<W>,
        slot: u32,
        need: W,
        above: [W; CASES],
    ) -> W {
        let (mut always, mut maybe) = (self.rows[0].always, self.rows[0].maybe);
        for case in 0..CASES {
            always = always ^ (above[case] & self.rows[case + 1].always);
            maybe = maybe ^ (above[case] & self.rows[case + 1].maybe);
        }
        let undecided = need & maybe;
        let mut draw = CaseDraw { thresholds: self, above, undecided, below: need & always };
        if !undecided.is_zero() {
            ask(stream, slot, self.quads, is_crowded(undecided), &mut draw);
        }
        draw.below
    }
}

struct CaseDraw<'a, W, const CASES: usize> {
    thresholds: &'a CaseThresholds<W>,
    above: [W; CASES],
    undecided: W,
    below: W,
}

impl<W: Words, const CASES: usize> Question<W> for CaseDraw<'_, W, CASES> {
    #[inline(always)]
    fn look(&mut self, quad: usize, u: [W; 4]) -> bool {
        let rows = &self.thresholds.rows;
        let mut t = rows[0].quad(quad);
        for case in 0..CASES {
            let difference = rows[case + 1].quad(quad);
            for j in 0..4 {
                t[j] = t[j] ^ (self.above[case] & difference[j]);
            }
        }
        W::compare(t, u, &mut self.undecided, &mut self.below);
        !self.undecided.is_zero()
    }
}
