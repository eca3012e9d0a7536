//! One night of a chunk of lanes: what built-in seats do, and what becomes of the houses.
//!
//! A ring is two bit masks, houses that burn and houses in ruins, and a vector holds the masks of
//! as many lanes as it has words. The rules are those of `docs/rules.md`; the plain engine states
//! them for one episode, and every lane plays what that engine plays.

use crate::game::counts::Layout;
use crate::game::program::Program;
use crate::game::scenario::EndRule;
use crate::plain::End;
use crate::policy::{Place, PolicyThresholds, Sight};
use crate::random::address::{
    BLOCK, SLOT_CATCH, SLOT_EXTINGUISH, SLOT_PICK, SLOT_SIGNAL, SLOT_WORK, tick_of_night,
};
use crate::random::threshold::ALWAYS;
use crate::random::uniform::LazyUniform;
use crate::simd::words::Words;

use super::draws::{Keys, MOST, Question, Queue};
use super::{CHUNK, Game, Lanes};

/// The most agents that a ring may have.
const AGENTS: usize = *crate::game::scenario::AGENTS.end();
/// Numbers that a night adds to a lane's sums, at most: see [`rows`].
pub const MOST_ROWS: usize = 3 * AGENTS + 1;

/// A number for each lane of a chunk.
pub type Column = [u32; CHUNK];

/// What rewards and returns depend on besides the number of nights: `worked[A]`, houses safe,
/// houses ruined by owner, houses saved by owner. As in `Layout::to_features`, from its third on.
pub fn rows(layout: Layout) -> usize {
    layout.agents + 1 + 2 * layout.owners()
}

/// The workspace of one chunk's night.
pub struct Scratch {
    queue: Queue,
    picks: Queue,
    /// Of `crowd[k]`, a bit for each house with more than `k` workers.
    crowd: [Column; AGENTS],
    /// Houses at which a fire was put out.
    saved: Column,
    /// Safe houses that catch fire.
    caught: Column,
    /// Houses that could, those of them with a fire next door, and with two.
    safe: Column,
    near: Column,
    between: Column,
    /// The acts of last night, if a policy remembers them.
    last: Vec<u8>,
    /// Numbers that the night adds to the lane's sums.
    pub events: [Column; MOST_ROWS],
    /// How the lane's episode ended with the night: 1 + the index of `END_KINDS`, or 0.
    pub ended: [u8; CHUNK],
}

impl Scratch {
    /// A workspace with nothing in it.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            queue: Queue::new(),
            picks: Queue::new(),
            crowd: [[0; CHUNK]; AGENTS],
            saved: [0; CHUNK],
            caught: [0; CHUNK],
            safe: [0; CHUNK],
            near: [0; CHUNK],
            between: [0; CHUNK],
            last: Vec::new(),
            events: [[0; CHUNK]; MOST_ROWS],
            ended: [0; CHUNK],
        })
    }
}

/// Draws the first fires of some lanes, and what their built-in seats play.
#[inline(always)]
pub fn start<W: Words>(game: &Game, lanes: &mut Lanes<'_>, which: &[usize], scratch: &mut Scratch) {
    let agents = game.layout.agents;
    let queue = &mut scratch.queue;
    queue.begin(SLOT_CATCH, 0);
    for &lane in which {
        let episode = lanes.episode[lane];
        lanes.night[lane] = 0;
        lanes.burning[lane] = 0;
        lanes.ruined[lane] = 0;
        let program = game.program(episode);
        for house in 0..game.layout.houses {
            queue.ask(
                lane,
                crate::random::address::TICK_START,
                house,
                0,
                Question::below(program.catch[0]),
            );
        }
        for agent in 0..agents {
            if !game.outside[agent] {
                lanes.policies[lane * agents + agent] = game.drawn_policy(agent, episode);
            }
        }
    }
    for answer in queue.resolve::<W>(&game.keys, lanes.episode) {
        lanes.burning[answer.lane] |= u32::from(answer.value == 0) << answer.index;
    }
}

/// Plays a night of every lane of a chunk, in which outside seats act as `actions` say; `lanes.acts`
/// gets the acts of all.
#[inline(always)]
pub fn play<W: Words>(game: &Game, lanes: &mut Lanes<'_>, actions: &[u8], scratch: &mut Scratch) {
    if game.remembers {
        scratch.last.clear();
        scratch.last.extend_from_slice(lanes.acts);
    }
    lanes.acts.copy_from_slice(actions);
    if game.outside.contains(&false) {
        decide::<W>(game, lanes, scratch);
    }
    gather(game, lanes, scratch);
    fight::<W>(game, lanes, scratch);
    catch::<W>(game, lanes, scratch);
    settle(game, lanes, scratch);
}

/// Decides for the built-in seats.
#[inline(always)]
fn decide<W: Words>(game: &Game, lanes: &mut Lanes<'_>, scratch: &mut Scratch) {
    let Layout { houses, agents } = game.layout;
    let Scratch { queue, picks, last, .. } = scratch;
    let Lanes { episode: episodes, night, burning, ruined, policies: playing, acts, .. } = lanes;
    let seats = || {
        let built_in = |&agent: &usize| !game.outside[agent];
        (0..episodes.len())
            .flat_map(move |lane| (0..agents).filter(built_in).map(move |a| (lane, a)))
    };
    let policy = |lane: usize, agent: usize| {
        &game.program(episodes[lane]).policies[playing[lane * agents + agent] as usize]
    };
    // The fires among which a worker draws.
    let fires = |lane: usize, agent: usize| match policy(lane, agent) {
        PolicyThresholds::Firefighter(policy) if policy.own_first => {
            let owned = burning[lane] & Place::new(agent, houses, agents).owned as u32;
            if owned == 0 { burning[lane] } else { owned }
        }
        _ => burning[lane],
    };
    // 0: it works at home; 1: at a fire, if there is one; 2: it rests.
    queue.begin(SLOT_WORK, 0);
    for (lane, agent) in seats() {
        let (home, work) = match policy(lane, agent) {
            PolicyThresholds::Heuristic(policy) => {
                let home_burns = burning[lane] >> (agent % houses) & 1 == 1;
                (if home_burns { policy.home } else { 0 }, policy.work)
            }
            PolicyThresholds::Firefighter(policy) => {
                (0, if burning[lane] == 0 { 0 } else { policy.work })
            }
            PolicyThresholds::Single(policy) => {
                let size = 3 * agents;
                let sight = Sight {
                    layout: game.layout,
                    agent,
                    night: night[lane],
                    burning: burning[lane],
                    ruined: ruined[lane],
                    last: if game.remembers { &last[lane * size..][..size] } else { &[] },
                };
                let act = policy.act(&sight, |slot| {
                    let (tick, slot) = (tick_of_night(night[lane]), slot + agent as u32);
                    LazyUniform::new(game.seed, episodes[lane], tick, slot)
                });
                acts[lane * size + 3 * agent..][..3].copy_from_slice(&act.to_bytes());
                continue;
            }
        };
        queue.ask(lane, tick_of_night(night[lane]), agent, 0, Question::Between(home, work));
    }
    picks.begin(SLOT_PICK, 0);
    for answer in queue.resolve::<W>(&game.keys, episodes) {
        let (lane, agent) = (answer.lane, answer.index);
        let act = &mut acts[(lane * agents + agent) * 3..][..3];
        act[0] = (agent % houses) as u8;
        act[1] = u8::from(answer.value < 2);
        let fires = fires(lane, agent).count_ones();
        if answer.value == 1 && fires > 0 {
            picks.ask(lane, tick_of_night(night[lane]), agent, 0, Question::Index(fires));
        }
    }
    for answer in picks.resolve::<W>(&game.keys, episodes) {
        let mut fires = fires(answer.lane, answer.index);
        for _ in 0..answer.value {
            fires &= fires - 1;
        }
        acts[(answer.lane * agents + answer.index) * 3] = fires.trailing_zeros() as u8;
    }
    queue.begin(SLOT_SIGNAL, 0);
    for (lane, agent) in seats() {
        let honesty = match policy(lane, agent) {
            PolicyThresholds::Heuristic(policy) => policy.honesty,
            PolicyThresholds::Firefighter(policy) => policy.honesty,
            PolicyThresholds::Single(_) => continue,
        };
        queue.ask(lane, tick_of_night(night[lane]), agent, 0, Question::below(honesty));
    }
    for answer in queue.resolve::<W>(&game.keys, episodes) {
        let act = &mut acts[(answer.lane * agents + answer.index) * 3..][..3];
        act[2] = if answer.value == 0 { act[1] } else { 1 - act[1] };
    }
}

/// Who works where: the crowd at every house, and the nights worked.
#[inline(always)]
fn gather(game: &Game, lanes: &Lanes<'_>, scratch: &mut Scratch) {
    let agents = game.layout.agents;
    let Scratch { crowd, events, .. } = scratch;
    for lane in 0..lanes.count() {
        let acts = &lanes.acts[lane * agents * 3..][..agents * 3];
        let mut here = [0u32; AGENTS];
        for (agent, act) in acts.chunks_exact(3).enumerate() {
            let works = u32::from(act[1]);
            events[agent][lane] = works;
            let mut arrives = works << act[0];
            for house in &mut here[..=agent] {
                let joins = *house & arrives;
                *house |= arrives;
                arrives = joins;
            }
        }
        for (column, &houses) in crowd.iter_mut().zip(&here[..agents]) {
            column[lane] = houses;
        }
    }
}

/// Step 1: fires with workers are put out, or not.
#[inline(always)]
fn fight<W: Words>(game: &Game, lanes: &Lanes<'_>, scratch: &mut Scratch) {
    let Scratch { queue, crowd, saved, .. } = scratch;
    queue.begin(SLOT_EXTINGUISH, 0);
    for lane in 0..lanes.count() {
        saved[lane] = 0;
        let mut fights = lanes.burning[lane] & crowd[0][lane];
        if fights == 0 {
            continue;
        }
        let program = game.program(lanes.episode[lane]);
        let tick = tick_of_night(lanes.night[lane]);
        while fights != 0 {
            let house = fights.trailing_zeros() as usize;
            fights &= fights - 1;
            let more = crowd[1..game.layout.agents].iter();
            let workers = more.take_while(|column| column[lane] >> house & 1 == 1).count();
            queue.ask(lane, tick, house, 0, Question::below(program.extinguish[workers]));
        }
    }
    for answer in queue.resolve::<W>(&game.keys, lanes.episode) {
        saved[answer.lane] |= u32::from(answer.value == 0) << answer.index;
    }
}

/// The first four bits of the three thresholds of catching fire, as words to compare with planes:
/// those of no fire next door, and what to combine them with for one and for two.
struct FirstQuad<W> {
    bits: [[W; 4]; 3],
    always: [W; 3],
    maybe: [W; 3],
}

impl<W: Words> FirstQuad<W> {
    #[inline(always)]
    fn new(catch: [u64; 3]) -> Self {
        let word = |set: bool| u32::from(set).wrapping_neg();
        let bit = |t: u64, j: usize| word(t < ALWAYS && t >> (31 - j) & 1 == 1);
        let always = |t: u64| word(t == ALWAYS);
        let maybe = |t: u64| word(t != 0 && t != ALWAYS);
        let mut quad =
            Self { bits: [[W::zero(); 4]; 3], always: [W::zero(); 3], maybe: [W::zero(); 3] };
        let mut before = 0;
        for (k, t) in catch.into_iter().enumerate() {
            for j in 0..4 {
                quad.bits[k][j] = W::splat(bit(before, j) ^ bit(t, j));
            }
            quad.always[k] = W::splat(always(before) ^ always(t));
            quad.maybe[k] = W::splat(maybe(before) ^ maybe(t));
            before = t;
        }
        quad
    }

    #[inline(always)]
    fn choose(rows: [W; 3], near: W, between: W) -> W {
        rows[0] ^ (near & rows[1]) ^ (between & rows[2])
    }
}

/// Steps 2 and 3: safe houses catch fire, with the chance that their neighbours make.
#[inline(always)]
fn catch<W: Words>(game: &Game, lanes: &Lanes<'_>, scratch: &mut Scratch) {
    let houses = game.layout.houses;
    let all = u32::MAX >> (32 - houses);
    let Scratch { queue, saved, caught, safe, near, between, .. } = scratch;
    caught[..lanes.count()].fill(0);
    queue.begin(SLOT_CATCH, 4);
    let padded = lanes.count().next_multiple_of(W::LANES);
    safe[lanes.count()..padded].fill(0);
    for lane in 0..lanes.count() {
        let f = lanes.burning[lane] & !saved[lane];
        let left = (f << 1 | f >> (houses - 1)) & all;
        let right = (f >> 1 | f << (houses - 1)) & all;
        near[lane] = left | right;
        between[lane] = left & right;
        safe[lane] = all & !lanes.ruined[lane] & !f;
    }
    if let [program] = &game.programs[..] {
        let first = FirstQuad::<W>::new(program.catch);
        for start in (0..padded).step_by(W::LANES) {
            let group = Group { start, lanes, near, between, safe };
            group.first_quad(game, program, &first, queue, caught);
        }
    } else {
        queue.begin(SLOT_CATCH, 0);
        for lane in 0..lanes.count() {
            let program = game.program(lanes.episode[lane]);
            let tick = tick_of_night(lanes.night[lane]);
            for house in 0..houses {
                if safe[lane] >> house & 1 == 1 {
                    let k = (near[lane] >> house & 1) + (between[lane] >> house & 1);
                    let question = Question::below(program.catch[k as usize]);
                    queue.ask(lane, tick, house, 0, question);
                }
            }
        }
    }
    for answer in queue.resolve::<W>(&game.keys, lanes.episode) {
        caught[answer.lane] |= u32::from(answer.value == 0) << answer.index;
    }
}

/// The lanes of a chunk that fill a vector, from `start` on.
struct Group<'a> {
    start: usize,
    lanes: &'a Lanes<'a>,
    near: &'a Column,
    between: &'a Column,
    safe: &'a Column,
}

impl Group<'_> {
    /// Compares the first four bits of every safe house's uniform; what they leave open is queued.
    #[inline(always)]
    fn first_quad<W: Words>(
        &self,
        game: &Game,
        program: &Program,
        first: &FirstQuad<W>,
        queue: &mut Queue,
        caught: &mut Column,
    ) {
        let (start, end) = (self.start, usize::min(self.start + W::LANES, self.lanes.count()));
        let (mut low, mut high) = ([0; MOST], [0; MOST]);
        let (mut ticks, mut bits) = ([0; MOST], [0; MOST]);
        for lane in start..end {
            let episode = self.lanes.episode[lane];
            low[lane - start] = (episode / BLOCK) as u32;
            high[lane - start] = ((episode / BLOCK) >> 32) as u32;
            ticks[lane - start] = tick_of_night(self.lanes.night[lane]) << 16;
            bits[lane - start] = 1 << (episode % BLOCK);
        }
        let column = |column: &Column| W::load(&column[start..]);
        let (near, between, safe) = (column(self.near), column(self.between), column(self.safe));
        let (bits, quads) = (W::load(&bits), Quads::<W>::new(&low, &high, &ticks, &game.keys));
        let mut burns = W::zero();
        for house in 0..game.layout.houses {
            let here = W::splat(1 << house);
            let is = |column: W| (column & here).equal(here);
            let open = bits & is(safe);
            if open.is_zero() {
                continue;
            }
            let (near, between) = (is(near), is(between));
            let mut below = open & FirstQuad::choose(first.always, near, between);
            let mut undecided = open & FirstQuad::choose(first.maybe, near, between);
            if !undecided.is_zero() {
                // No closure goes to the standard library here or in `draws`: what is compiled there
                // lacks the vectors' instructions, and calls each one as a function.
                let mut t = [W::zero(); 4];
                for (j, word) in t.iter_mut().enumerate() {
                    let rows = [first.bits[0][j], first.bits[1][j], first.bits[2][j]];
                    *word = FirstQuad::choose(rows, near, between);
                }
                W::compare(
                    t,
                    quads.first(SLOT_CATCH + house as u32, &game.keys),
                    &mut undecided,
                    &mut below,
                );
                let mut left = undecided.nonzero();
                while left != 0 {
                    let lane = start + left.trailing_zeros() as usize;
                    left &= left - 1;
                    let k = (self.near[lane] >> house & 1) + (self.between[lane] >> house & 1);
                    let t = program.catch[k as usize];
                    let tick = tick_of_night(self.lanes.night[lane]);
                    // Undecided after four bits: they are those of the threshold.
                    queue.ask(lane, tick, house, (t >> 28) as u32, Question::below(t));
                }
            }
            burns = burns | here.and_not(below.equal(W::zero()));
        }
        let mut words = [0; MOST];
        burns.store(&mut words);
        caught[start..end].copy_from_slice(&words[..end - start]);
    }
}

/// What all first quads of a group's lanes at one tick share: of the first two rounds of Philox,
/// everything that does not depend on the slot.
struct Quads<W: Words> {
    /// `M1 · (tick · 2^16)`.
    tick: W::Wide,
    /// The block's high word, with a key word of the first round.
    high: W::Wide,
    /// The lower half of `M0 · low`, with a key word of the second round.
    low: W::Wide,
    /// `M1 · c2` of the second round: its upper half with a key word, and itself.
    upper: W::Wide,
    lower: W::Wide,
}

impl<W: Words> Quads<W> {
    #[inline(always)]
    fn new(low: &[u32], high: &[u32], ticks: &[u32], keys: &Keys) -> Self {
        use crate::random::philox::MULTIPLIERS;
        let product = W::wide_mul(W::load(low).widen(), MULTIPLIERS[0]);
        let c2 = W::xor_word(W::high(product), keys[0][1]);
        let second = W::wide_mul(c2, MULTIPLIERS[1]);
        Self {
            tick: W::wide_mul(W::load(ticks).widen(), MULTIPLIERS[1]),
            high: W::xor_word(W::load(high).widen(), keys[0][0]),
            low: W::xor_word(product, keys[1][1]),
            upper: W::xor_word(W::high(second), keys[1][0]),
            lower: second,
        }
    }

    /// The first quad of a slot.
    #[inline(always)]
    fn first(&self, slot: u32, keys: &Keys) -> [W; 4] {
        use crate::random::philox::MULTIPLIERS;
        use crate::sliced::stream::finish;
        let product = W::wide_splat(u64::from(MULTIPLIERS[1]) * u64::from(slot));
        let p1 = W::wide_add(self.tick, product);
        let p0 = W::wide_mul(W::wide_xor(W::high(p1), self.high), MULTIPLIERS[0]);
        let c = [W::wide_xor(self.upper, p1), self.lower, W::wide_xor(W::high(p0), self.low), p0];
        finish::<W, 2>(c, keys)
    }
}

/// Burning out, what the night adds to the sums, and whether the episode is over.
#[inline(always)]
fn settle(game: &Game, lanes: &mut Lanes<'_>, scratch: &mut Scratch) {
    let Layout { houses, agents } = game.layout;
    let owners = game.layout.owners();
    let all = u32::MAX >> (32 - houses);
    let Scratch { saved, caught, near, safe, events, ended, .. } = scratch;
    let count = lanes.count();
    // From here on, `near` is free for the houses saved, and `safe` for those safe in the end.
    let (kept, stands) = (near, safe);
    for lane in 0..count {
        let before = lanes.burning[lane];
        lanes.ruined[lane] |= before & !saved[lane];
        lanes.burning[lane] = caught[lane];
        kept[lane] = saved[lane] & !caught[lane];
        stands[lane] = all & !lanes.ruined[lane] & !caught[lane];
        events[agents][lane] = stands[lane].count_ones();
        lanes.night[lane] += 1;
    }
    for owner in 0..owners {
        let mut owned = 0u32;
        for house in (owner..houses).step_by(agents) {
            owned |= 1 << house;
        }
        for lane in 0..count {
            events[agents + 1 + owner][lane] = (lanes.ruined[lane] & owned).count_ones();
            events[agents + 1 + owners + owner][lane] = (kept[lane] & owned).count_ones();
        }
    }
    for lane in 0..count {
        let program = game.program(lanes.episode[lane]);
        let night = lanes.night[lane] - 1;
        let may_end = night >= program.min_nights;
        let no_fires = program.end_rule == EndRule::NoFires && caught[lane] == 0;
        let end = if may_end && stands[lane] == all {
            Some(End::AllSafe)
        } else if may_end && lanes.ruined[lane] == all {
            Some(End::AllRuined)
        } else if may_end && no_fires {
            Some(End::NoFires)
        } else if night + 1 >= program.max_nights {
            Some(End::Cap)
        } else {
            None
        };
        ended[lane] = end.map_or(0, |end| 1 + end as u8);
    }
}
