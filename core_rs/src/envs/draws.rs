//! Draws that few lanes need: collected in a queue, then answered a vector at a time.
//!
//! Each draw asks where an addressed 32-bit uniform `U` (`docs/randomness.md`) stands among some
//! boundaries. Its leading bits come four at a time, and it leaves the queue as soon as they decide.

use crate::random::address::BLOCK;
use crate::random::philox::ROUNDS;
use crate::simd::words::Words;

/// Key words of every round of Philox.
pub type Keys = [[u32; 2]; ROUNDS];

/// A question asked of a uniform.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// The number of two thresholds, each at most 2^32, that are not above `U`: 0, 1 or 2.
    Between(u64, u64),
    /// `⌊U · n / 2^32⌋`, an index below `n`.
    Index(u32),
}

impl Question {
    /// Whether `U` is below a threshold: the answer is 0 if it is, else 2.
    pub fn below(threshold: u64) -> Self {
        Self::Between(threshold, threshold)
    }

    #[inline(always)]
    fn answer(self, u: u64) -> u32 {
        match self {
            Self::Between(first, second) => u32::from(u >= first) + u32::from(u >= second),
            Self::Index(n) => ((u * u64::from(n)) >> 32) as u32,
        }
    }

    /// The answer, if it is the same for every `U` whose first `known` bits are `bits`.
    #[inline(always)]
    fn decided(self, bits: u32, known: u32) -> Option<u32> {
        let low = u64::from(bits) << (32 - known);
        let answer = self.answer(low);
        (answer == self.answer(low + (1u64 << (32 - known)) - 1)).then_some(answer)
    }
}

/// A draw that waits for more bits.
#[derive(Clone, Copy, Debug)]
struct Draw {
    lane: u32,
    /// `tick · 2^16 + slot`.
    place: u32,
    bits: u32,
    question: Question,
}

/// An answered draw.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The lane of the chunk.
    pub lane: usize,
    /// House or agent, whatever was added to the first slot of a kind.
    pub index: usize,
    /// The answer (see [`Question`]).
    pub value: u32,
}

/// Draws of one kind of slot, all of whose first `known` bits are known.
#[derive(Debug)]
pub struct Queue {
    slot: u32,
    known: u32,
    waiting: Vec<Draw>,
    answers: Vec<Answer>,
}

impl Queue {
    /// An empty queue.
    pub fn new() -> Self {
        Self { slot: 0, known: 0, waiting: Vec::new(), answers: Vec::new() }
    }

    /// Empties the queue for draws at `slot` and above, of which `known` bits (a multiple of four)
    /// are known.
    pub fn begin(&mut self, slot: u32, known: u32) {
        self.slot = slot;
        self.known = known;
        self.waiting.clear();
        self.answers.clear();
    }

    /// Asks a question of the uniform of a lane at a tick, at `index` above the first slot.
    #[inline(always)]
    pub fn ask(&mut self, lane: usize, tick: u32, index: usize, bits: u32, question: Question) {
        let place = (tick << 16) + self.slot + index as u32;
        match question.decided(bits, self.known) {
            Some(value) => self.answers.push(Answer { lane, index, value }),
            None => self.waiting.push(Draw { lane: lane as u32, place, bits, question }),
        }
    }

    /// Answers all questions; `episodes` are those of the chunk's lanes.
    #[inline(always)]
    pub fn resolve<W: Words>(&mut self, keys: &Keys, episodes: &[u64]) -> &[Answer] {
        while !self.waiting.is_empty() {
            let quad = self.known / 4;
            self.known += 4;
            let mut kept = 0;
            let mut start = 0;
            while start < self.waiting.len() {
                let count = usize::min(W::LANES, self.waiting.len() - start);
                let (mut low, mut high, mut place) = ([0; MOST], [0; MOST], [0; MOST]);
                for (i, draw) in self.waiting[start..start + count].iter().enumerate() {
                    let block = episodes[draw.lane as usize] / BLOCK;
                    low[i] = block as u32;
                    high[i] = (block >> 32) as u32;
                    place[i] = draw.place;
                }
                let counter = [W::load(&low), W::load(&high), W::load(&place), W::splat(quad)];
                let mut planes = [[0; MOST]; 4];
                let drawn = philox(counter, keys);
                for (j, plane) in planes.iter_mut().enumerate() {
                    drawn[j].store(plane);
                }
                for i in 0..count {
                    let mut draw = self.waiting[start + i];
                    let lane = draw.lane as usize;
                    let bit = (episodes[lane] % BLOCK) as u32;
                    for plane in &planes {
                        draw.bits = (draw.bits << 1) | ((plane[i] >> bit) & 1);
                    }
                    match draw.question.decided(draw.bits, self.known) {
                        Some(value) => {
                            let index = ((draw.place & 0xFFFF) - self.slot) as usize;
                            self.answers.push(Answer { lane, index, value });
                        }
                        None => {
                            self.waiting[kept] = draw;
                            kept += 1;
                        }
                    }
                }
                start += count;
            }
            self.waiting.truncate(kept);
        }
        &self.answers
    }
}

/// Words of the widest vector.
pub const MOST: usize = 16;

/// Philox of a vector of counters: a quad of planes each.
#[inline(always)]
fn philox<W: Words>(counter: [W; 4], keys: &Keys) -> [W; 4] {
    let [a, b, c, d] = counter;
    crate::sliced::stream::finish::<W, 0>([a.widen(), b.widen(), c.widen(), d.widen()], keys)
}
