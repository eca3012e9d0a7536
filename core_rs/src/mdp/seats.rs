//! The second half of a night, going backward: what seats get by their policies, and by their best.

use super::alike::{Alike, by_survivors};
use super::joint::Joints;
use super::model::{Group, Model};
use super::night::Room;
use super::outcomes::{Chances, Outcomes};
use super::payoffs::Payoffs;
use super::policy::Acting;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// The second half for some groups.
pub(super) struct Groups<'a, const S: usize> {
    pub model: &'a Model,
    pub payoffs: &'a Payoffs<S>,
    pub acting: &'a Acting<'a>,
    pub joints: &'a Joints<S>,
    pub groups: &'a [Group],
    /// For values, and for best responses.
    pub outcomes: (&'a Outcomes<1>, &'a Outcomes<S>),
    pub sources: (&'a [[f64; S]], &'a [[f64; S]]),
    pub values: &'a mut [[f64; S]],
    pub best: &'a mut [[f64; S]],
    pub acts: &'a mut [u32],
    pub room: &'a mut Room<S>,
}

impl<const S: usize> DoubleKernel for Groups<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let Some(group) = self.groups.first() else { return };
        let start = self.model.states.first[group.first];
        for group in self.groups {
            if !self.values.is_empty() {
                by_survivors(self.model, group, self.sources.0, &mut self.room.left);
                for local in 0..1 << group.size {
                    self.value::<L>(start, group, local);
                }
            }
            if !self.best.is_empty() {
                by_survivors(self.model, group, self.sources.1, &mut self.room.left);
                for local in 0..1 << group.size {
                    self.respond::<L>(start, group, local);
                }
            }
        }
    }
}

impl<const S: usize> Groups<'_, S> {
    /// What the policies are worth.
    #[inline(always)]
    fn value<L: Lanes>(&mut self, start: usize, group: &Group, local: usize) {
        let Self { model, payoffs, acting, joints, outcomes: (outcomes, _), room, .. } = self;
        let subsets = &model.subsets[local.count_ones() as usize];
        let alike = Alike::<S>::new(model, group, local);
        alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
        let mut expected = Line::default();
        if let Some(of) = joints.of_line(&alike) {
            for g in 0..Alike::<S>::SETS {
                let worth = joints.expectation::<L>(of[g], &room.x, g * S);
                expected.0[g * S..][..S].copy_from_slice(&worth);
            }
        } else {
            for (before, &agent) in outcomes.nightly.iter().enumerate().rev() {
                let limit = before + outcomes.most;
                let rows = &acting.rows[agent];
                room.hits.apply::<L, S>(rows, &alike, S, subsets, limit, &mut room.x);
            }
            let chances = Chances::<S, 1>::new(model, &alike, outcomes);
            chances.expectation::<L>(&room.x).store(&mut expected);
        }
        for g in 0..group.count {
            let state = alike.states[g];
            let to = &mut self.values[state - start];
            for (a, rows) in acting.rows.iter().enumerate() {
                to[a] = expected.0[g * S + a] + payoffs.effort(rows.work[state]);
            }
        }
    }

    /// The best act of each seat against the others' policies, and what it is worth.
    #[inline(always)]
    fn respond<L: Lanes>(&mut self, start: usize, group: &Group, local: usize) {
        let Self { model, payoffs, acting, joints, outcomes: (_, outcomes), room, .. } = self;
        let subsets = &model.subsets[local.count_ones() as usize];
        let alike = Alike::<S>::new(model, group, local);
        alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
        // Expected without this agent; and, in `works`, how much more if a fire is put out for certain.
        let without = if let Some(of) = joints.of_line(&alike) {
            let mut without = Line::default();
            for g in 0..Alike::<S>::SETS {
                let gains = &mut room.works[..subsets.fires];
                let worth = joints.gains::<L>(of[g], &room.x, g * S, gains);
                without.0[g * S..][..S].copy_from_slice(&worth);
            }
            L::load(&without)
        } else {
            let steady = acting.rows.len() - outcomes.nightly.len();
            for (before, &agent) in outcomes.nightly.iter().enumerate().rev() {
                // Behind this agent, lane `a` still has as many operators before it as there are
                // steady agents and nightly ones before this, or one less if its own is among them;
                // and then one fire is looked at.
                let last = before + 1 == outcomes.nightly.len();
                let limit = before + steady + usize::from(!last);
                let rows = &acting.rows[agent];
                room.hits.apply::<L, S>(rows, &alike, agent, subsets, limit, &mut room.x);
            }
            let chances = Chances::<S, S>::new(model, &alike, outcomes);
            for fire in 0..subsets.fires {
                let gain: L = chances.gain(subsets, fire, outcomes.most, &room.x);
                gain.store(&mut room.works[fire]);
            }
            chances.expectation::<L>(&room.x)
        };
        let works = &mut room.works[..subsets.fires];
        let (idle, states) = by_act::<L, S>(model, payoffs, &alike, without, works);
        let mut acts = [0; LANES];
        let best = best_acts::<L, S>(idle, works, payoffs.tolerance, states, &mut acts);
        for g in 0..group.count {
            let to = alike.states[g] - start;
            self.acts[to] = acts[g];
            self.best[to].copy_from_slice(&best.0[g * S..][..S]);
        }
    }
}

/// What it is worth to be idle; and, in `works`, to work at each fire, given how much more is expected
/// if it is put out for certain. `without` is what is expected without the seat. Also the burning
/// houses of each state, and what the idle do.
#[inline(always)]
pub(super) fn by_act<L: Lanes, const S: usize>(
    model: &Model,
    payoffs: &Payoffs<S>,
    alike: &Alike<S>,
    without: L,
    works: &mut [Line],
) -> (L, ([usize; LANES], [u8; LANES])) {
    let mut idle = Line::default();
    let (mut burning, mut idle_acts) = ([0; LANES], [0; LANES]);
    for g in 0..Alike::<S>::SETS {
        burning[g] = usize::from(model.states.burning[alike.states[g]]);
        let Idle { worth, act } = Idle::new(model, payoffs, burning[g]);
        idle.0[g * S..][..S].fill(worth);
        idle_acts[g] = act;
    }
    let (less, solo) = (without.add(L::splat(-payoffs.cost)), L::splat(model.solo()));
    for works in works {
        L::load(works).mul_add(solo, less).store(works);
    }
    (without.add(L::load(&idle)), (burning, idle_acts))
}

/// What the best acts in the states of a line are worth: to be `idle`, or to work at one of the
/// burning houses. The acts go to `acts`, by state and with four bits a seat.
///
/// Of acts that are as good, the idle one comes first, then the lowest house.
#[inline(always)]
pub(super) fn best_acts<L: Lanes, const S: usize>(
    idle: L,
    works: &[Line],
    tolerance: f64,
    (mut burning, idle_acts): ([usize; LANES], [u8; LANES]),
    acts: &mut [u32; LANES],
) -> Line {
    let mut most = idle;
    for works in works {
        most = most.max(L::load(works));
    }
    let enough = most.add(L::splat(-tolerance));
    let found = idle.at_least(enough);
    let mut open = !found & 0xFF;
    for g in 0..LANES / S {
        acts[g] = of_lanes::<S>(found, g) * u32::from(idle_acts[g]);
    }
    for works in works {
        let found = open & L::load(works).at_least(enough);
        open &= !found;
        for g in 0..LANES / S {
            acts[g] += of_lanes::<S>(found, g) * (1 + burning[g].trailing_zeros());
            burning[g] &= burning[g].wrapping_sub(1);
        }
    }
    let mut best = Line::default();
    most.store(&mut best);
    best
}

/// For the lanes of a state, of those in a set, the lowest of their four bits.
#[inline(always)]
fn of_lanes<const S: usize>(lanes: u32, state: usize) -> u32 {
    const NIBBLES: [u32; 256] = {
        let mut nibbles = [0; 256];
        let mut set = 0;
        while set < 256 {
            let mut lane = 0;
            while lane < LANES {
                nibbles[set] |= (set as u32 >> lane & 1) << (4 * lane);
                lane += 1;
            }
            set += 1;
        }
        nibbles
    };
    NIBBLES[(lanes >> (state * S)) as usize & ((1 << S) - 1)]
}

/// What there is to do without fighting a fire.
#[derive(Clone, Copy)]
pub(super) struct Idle {
    /// What it is worth.
    pub worth: f64,
    /// The act.
    pub act: u8,
}

impl Idle {
    /// In a state with these burning houses, as bits. To rest, or, where that pays more, to work at
    /// the lowest house that does not burn.
    #[inline(always)]
    pub fn new<const S: usize>(model: &Model, payoffs: &Payoffs<S>, burning: usize) -> Self {
        let safe = model.states.ring() & !burning;
        if safe != 0 && -payoffs.cost > payoffs.rest + payoffs.tolerance {
            Self { worth: -payoffs.cost, act: 1 + safe.trailing_zeros() as u8 }
        } else {
            Self { worth: payoffs.rest, act: 0 }
        }
    }
}
