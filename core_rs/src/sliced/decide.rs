//! What every agent does tonight, from the fires that it sees: the acts that `night` plays.

use super::draw::{Question, Rows, ask, is_crowded, quads_of};
use super::pick::Choice;
use super::state::{HOUSE_BITS, MOST_AGENTS, MOST_HOUSES, Rules, State};
use super::stream::Stream;
use crate::policy::PolicyThresholds;
use crate::random::address::{SLOT_PICK, SLOT_WORK};
use crate::simd::words::{Part, Words};

/// The fires of a night, and what the agents do about them. Kept from night to night, because
/// clearing it would take as long as playing.
pub struct Acts<W> {
    /// The fires at its start.
    pub fires: Fires<W>,
    /// Lanes in which an agent works.
    pub works: [W; MOST_AGENTS],
    /// Of these, lanes in which it works at its own burning home because it prefers that.
    pub stays: [W; MOST_AGENTS],
    /// Lanes in which it goes to a fire that it draws.
    pub goes: [W; MOST_AGENTS],
    /// To which one: its number among all fires, as bits.
    pub index: [[W; HOUSE_BITS]; MOST_AGENTS],
}

impl<W: Words> Acts<W> {
    /// Agents who rest.
    #[inline(always)]
    pub fn new() -> Self {
        let none = [W::zero(); MOST_AGENTS];
        let index = [[W::zero(); HOUSE_BITS]; MOST_AGENTS];
        Self { fires: Fires::new(), works: none, stays: none, goes: none, index }
    }
}

/// Lets every agent decide; `firefighters` says whether a seat is one in some lane.
#[inline(always)]
pub fn decide<W: Words>(
    rules: &Rules<W>,
    seats: &[Seat<W>],
    firefighters: bool,
    stream: &Stream<W>,
    state: &State<W>,
    acts: &mut Acts<W>,
) {
    acts.fires.find(rules, state);
    let decide = Decide { rules, seats, stream, state, acts };
    // Small numbers take few bits; which loops are unrolled over them is worth three copies. So is
    // one more for firefighters, whose questions would slow everybody down.
    match decide.acts.fires.bits {
        _ if firefighters || W::COMPACT => W::call(Among::<W, HOUSE_BITS, true>(decide)),
        0..=2 => W::call(Among::<W, 2, false>(decide)),
        3..=4 => W::call(Among::<W, 4, false>(decide)),
        _ => W::call(Among::<W, HOUSE_BITS, false>(decide)),
    }
}

struct Decide<'a, W: Words> {
    rules: &'a Rules<W>,
    seats: &'a [Seat<W>],
    stream: &'a Stream<W>,
    state: &'a State<W>,
    acts: &'a mut Acts<W>,
}

/// [`decide`], where no lane has `2^B` fires or more, and no seat is a firefighter unless
/// `FIREFIGHTERS`.
struct Among<'a, W: Words, const B: usize, const FIREFIGHTERS: bool>(Decide<'a, W>);

impl<W: Words, const B: usize, const FIREFIGHTERS: bool> Part for Among<'_, W, B, FIREFIGHTERS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Decide { rules, seats, stream, state, acts } = self.0;
        let Acts { fires, .. } = acts;
        let choice = Choice::<W, B>::new(&fires.count);
        for (a, seat) in seats.iter().enumerate().take(rules.agents) {
            let mut willing = state.active;
            if FIREFIGHTERS {
                willing = willing.and_not(seat.waits.and_not(fires.any));
            }
            let home_burns = state.burning[rules.homes[a]];
            let (works, stays) = seat.draw(stream, SLOT_WORK + a as u32, willing, home_burns);
            let goes = (works & fires.any).and_not(stays);
            let slot = SLOT_PICK + a as u32;
            let index = if FIREFIGHTERS && !(goes & seat.own_first).is_zero() {
                own_first::<W, B>(rules, seat, a, stream, state, fires, goes)
            } else {
                choice.pick_where_needed(stream, slot, goes)
            };
            acts.works[a] = works;
            acts.stays[a] = stays;
            acts.goes[a] = goes;
            acts.index[a][..B].copy_from_slice(&index);
        }
    }
}

/// The number among all fires of the one that an agent goes to, which in lanes of
/// [`Seat::own_first`] it draws among the burning houses that it owns, as long as there are any.
#[inline(always)]
fn own_first<W: Words, const B: usize>(
    rules: &Rules<W>,
    seat: &Seat<W>,
    agent: usize,
    stream: &Stream<W>,
    state: &State<W>,
    fires: &Fires<W>,
    goes: W,
) -> [W; B] {
    let owned = (agent..rules.houses).step_by(rules.agents);
    // Of the owned houses alone: how many burn before each, and in all.
    let mut rank = [[W::zero(); B]; MOST_HOUSES];
    let mut count = [W::zero(); B];
    let mut own = W::zero();
    for h in owned.clone() {
        let mut carry = state.burning[h] & seat.own_first;
        rank[h] = count;
        own = own | carry;
        for plane in &mut count {
            let full = *plane;
            *plane = full ^ carry;
            carry = full & carry;
        }
    }
    let mut eligible = [W::zero(); HOUSE_BITS];
    for i in 0..B {
        eligible[i] = fires.count[i].and_not(own) | (count[i] & own);
    }
    let slot = SLOT_PICK + agent as u32;
    let drawn = Choice::<W, B>::new(&eligible).pick_where_needed(stream, slot, goes);
    let mut index = drawn;
    for h in owned {
        let mut elsewhere = !state.burning[h];
        for i in 0..B {
            elsewhere = elsewhere | (drawn[i] ^ rank[h][i]);
        }
        let here = own.and_not(elsewhere);
        for i in 0..B {
            index[i] = index[i].and_not(here) | (fires.rank[h][i] & here);
        }
    }
    index
}

/// The fires at the start of a night.
pub struct Fires<W> {
    /// Houses that burn in some lane.
    houses: [u8; MOST_HOUSES],
    number: usize,
    /// The number of burning houses before a house, as bits, least significant first.
    pub rank: [[W; HOUSE_BITS]; MOST_HOUSES],
    /// The number of burning houses, as bits.
    count: [W; HOUSE_BITS],
    /// Bits of the largest such count.
    pub bits: usize,
    /// Lanes with a fire.
    any: W,
}

impl<W: Words> Fires<W> {
    /// No fires counted.
    #[inline(always)]
    fn new() -> Self {
        Self {
            houses: [0; MOST_HOUSES],
            number: 0,
            rank: [[W::zero(); HOUSE_BITS]; MOST_HOUSES],
            count: [W::zero(); HOUSE_BITS],
            bits: 0,
            any: W::zero(),
        }
    }

    #[inline(always)]
    fn find(&mut self, rules: &Rules<W>, state: &State<W>) {
        self.number = 0;
        self.count = [W::zero(); HOUSE_BITS];
        self.any = W::zero();
        self.bits = 0;
        for h in 0..rules.houses {
            let burning = state.burning[h];
            self.houses[self.number] = h as u8;
            self.number += usize::from(!burning.is_zero());
            self.rank[h] = self.count;
            self.any = self.any | burning;
            let mut carry = burning;
            for plane in &mut self.count[..rules.fire_bits] {
                let full = *plane;
                *plane = full ^ carry;
                carry = full & carry;
            }
        }
        for (i, plane) in self.count.iter().enumerate() {
            if !plane.is_zero() {
                self.bits = i + 1;
            }
        }
    }

    /// Houses that burn in some lane.
    #[inline(always)]
    pub fn houses(&self) -> &[u8] {
        &self.houses[..self.number]
    }
}

/// The decision of one seat, by lane.
#[derive(Clone, Copy)]
pub struct Seat<W> {
    /// The thresholds of working.
    pub work: Rows<W>,
    /// The thresholds of working at its own home, where that burns.
    pub home: Rows<W>,
    /// Quads after which the rest of every `work` threshold is zero.
    pub work_quads: usize,
    /// The same of `home`.
    pub home_quads: usize,
    /// Whether it is a firefighter in some lane.
    pub firefights: bool,
    /// Lanes in which it works only if something burns.
    pub waits: W,
    /// Lanes in which it goes to fires of the houses that it owns first.
    pub own_first: W,
}

impl<W: Words> Seat<W> {
    /// The same policy in every lane.
    #[inline(always)]
    pub fn new(policy: &PolicyThresholds) -> Self {
        let (work, home, firefights, own_first) = match policy {
            PolicyThresholds::Heuristic(policy) => (policy.work, policy.home, false, false),
            PolicyThresholds::Firefighter(policy) => (policy.work, 0, true, policy.own_first),
            // Rests: its acts are put in afterwards, by `singles`.
            PolicyThresholds::Single(_) => (0, 0, false, false),
        };
        Self {
            work: Rows::uniform(work),
            home: Rows::uniform(home),
            work_quads: quads_of(work),
            home_quads: quads_of(home),
            firefights,
            waits: if firefights { W::ones() } else { W::zero() },
            own_first: if own_first { W::ones() } else { W::zero() },
        }
    }

    /// The lanes of `active` in which the agent works, and of `home_burns` in which it stays home
    /// to do so: one uniform, two thresholds.
    #[inline(always)]
    fn draw(&self, stream: &Stream<W>, slot: u32, active: W, home_burns: W) -> (W, W) {
        let (open_work, open_home) = (active & self.work.maybe, home_burns & self.home.maybe);
        let mut question = WorkOrHome {
            seat: self,
            open_work,
            works: active & self.work.always,
            open_home,
            stays: home_burns & self.home.always,
            any_work: !open_work.is_zero(),
            any_home: !open_home.is_zero(),
        };
        if question.any_work || question.any_home {
            let quads = usize::max(
                if question.any_work { self.work_quads } else { 0 },
                if question.any_home { self.home_quads } else { 0 },
            );
            ask(stream, slot, quads, is_crowded(open_work | open_home), &mut question);
        }
        (question.works, question.stays)
    }
}

/// One uniform against two thresholds.
struct WorkOrHome<'a, W> {
    seat: &'a Seat<W>,
    open_work: W,
    works: W,
    open_home: W,
    stays: W,
    any_work: bool,
    any_home: bool,
}

impl<W: Words> Question<W> for WorkOrHome<'_, W> {
    #[inline(always)]
    fn look(&mut self, quad: usize, u: [W; 4]) -> bool {
        if self.any_work {
            W::compare(self.seat.work.quad(quad), u, &mut self.open_work, &mut self.works);
        }
        if self.any_home {
            W::compare(self.seat.home.quad(quad), u, &mut self.open_home, &mut self.stays);
        }
        !(self.open_work | self.open_home).is_zero()
    }
}
