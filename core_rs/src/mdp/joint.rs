//! What comes of joint acts: the chances of the fires that they put out.
//!
//! Policies of acts say for certain where everybody works, nearly everywhere. If agents work at `w` of
//! the fires, only the `2^w` sets of these can be put out, with chances that are products. States in
//! which as many houses burn and everybody works at the same fires, counted within each, have the same
//! chances; of the 59,049 states of the ring of ten there are some thousand kinds. So the chances are
//! written out once for each kind. Where somebody draws an act, the operators of
//! [`fight`](super::fight) do.

use std::collections::HashMap;

use super::alike::Alike;
use super::cells::half;
use super::cost::MOST_AGENTS;
use super::model::Model;
use super::policy::{ANYWHERE, Acting, NOWHERE};
use super::runs::{pack, unpack};
use super::states::bits;
use crate::simd::doubles::{LANES, Lanes, Line, flat};

/// In [`Joints::of`]: none is written out.
const NONE: u32 = u32::MAX;
/// Most lines of chances; kinds that would need more are not written out.
const MOST_LINES: usize = 1 << 17;

/// Joint acts that occur in states, with a lane for each seat.
pub(super) struct Joints<const S: usize> {
    /// By the number of fires and where everybody works.
    known: HashMap<(u32, u32), u32>,
    /// By state: its joint acts.
    of: Vec<u32>,
    /// By joint acts: where everybody works.
    targets: Vec<u32>,
    /// By joint acts: their first row. There are rows of chances of sets put out by everybody; of
    /// those put out by all but the agent of a lane; and of the latter and each fire, put out as well.
    first: Vec<u32>,
    /// By row: its first line, and the number of all lines at the end.
    rows: Vec<u32>,
    /// `LANES / S` sets to a line, as [`Subsets`](super::subsets::Subsets) numbers them, the last
    /// ones of a row without a chance.
    sets: Vec<u16>,
    chances: Vec<Line>,
}

impl<const S: usize> Joints<S> {
    /// Sets in a line.
    const SETS: usize = LANES / S;

    /// None yet.
    pub fn new(model: &Model) -> Self {
        Self {
            known: HashMap::new(),
            of: vec![NONE; model.states()],
            targets: Vec::new(),
            first: Vec::new(),
            rows: vec![0],
            sets: Vec::new(),
            chances: Vec::new(),
        }
    }

    /// Takes over where agents work now, if that has changed.
    pub fn update(&mut self, model: &Model, acting: &mut Acting<'_>) {
        for state in acting.take_aimed() {
            self.set(model, state as usize, acting.targets[state as usize]);
        }
    }

    /// In a state agents work at these fires ([`Acting::targets`]; any number
    /// that is no fire's for none).
    pub fn set(&mut self, model: &Model, state: usize, targets: u32) {
        let fires = (model.states.fires[state + 1] - model.states.fires[state]) as u8;
        let seats = 0..model.agents();
        if seats.clone().any(|seat| unpack(targets, seat) == ANYWHERE) {
            self.of[state] = NONE;
            return;
        }
        let target = |seat| Some(unpack(targets, seat)).filter(|&fire| fire < fires);
        let targets = pack(seats.map(|seat| target(seat).unwrap_or(NOWHERE)));
        let key = (u32::from(fires), targets);
        self.of[state] = match self.known.get(&key) {
            Some(&joint) => joint,
            None if self.chances.len() < MOST_LINES => {
                let joint = self.first.len() as u32;
                self.targets.push(targets);
                self.first.push(self.rows.len() as u32 - 1);
                self.write(model, usize::from(fires), targets);
                self.known.insert(key, joint);
                joint
            }
            None => NONE,
        };
    }

    /// The joint acts of a state, if they are written out.
    #[inline(always)]
    pub fn of(&self, state: usize) -> Option<u32> {
        Some(self.of[state]).filter(|&joint| joint != NONE)
    }

    /// Those of states side by side in a line, if all are written out.
    #[inline(always)]
    pub fn of_line<const T: usize>(&self, alike: &Alike<T>) -> Option<[u32; LANES]> {
        let mut joints = [0; LANES];
        for g in 0..Alike::<T>::SETS {
            joints[g] = self.of(alike.states[g])?;
        }
        Some(joints)
    }

    /// The fire at which a seat works, or a number that is no fire's.
    #[inline(always)]
    pub fn target(&self, joint: u32, seat: usize) -> u8 {
        unpack(self.targets[joint as usize], seat)
    }

    /// The expectation over what everybody does of `x`, by sets put out, whose lanes begin at `lane`.
    #[inline(always)]
    pub fn expectation<L: Lanes>(&self, joint: u32, x: &[Line], lane: usize) -> [f64; S] {
        self.sum::<L>(self.first[joint as usize] as usize, x, lane)
    }

    /// The same over what all do but the agent of each lane; and to the same lanes of `gains`, by
    /// fire, how much more is expected if it is put out for certain.
    #[inline(always)]
    pub fn gains<L: Lanes>(
        &self,
        joint: u32,
        x: &[Line],
        lane: usize,
        gains: &mut [Line],
    ) -> [f64; S] {
        let row = self.first[joint as usize] as usize + 1;
        let without = self.sum::<L>(row, x, lane);
        for (fire, gain) in gains.iter_mut().enumerate() {
            let with = self.sum::<L>(row + 1 + fire, x, lane);
            for a in 0..S {
                gain.0[lane + a] = with[a] - without[a];
            }
        }
        without
    }

    /// Adds to what is left, by survivors and in a lane, what everybody makes of a state that is met
    /// with some chance. `survivors` are by set put out.
    #[inline(always)]
    pub fn push(&self, joint: u32, chance: f64, survivors: &[u16], left: &mut [Line], lane: usize) {
        let row = self.first[joint as usize] as usize;
        let lines = self.rows[row] as usize..self.rows[row + 1] as usize;
        let sets = &self.sets[lines.start * Self::SETS..lines.end * Self::SETS];
        let chances = flat(&self.chances[lines]);
        for at in 0..sets.len() {
            let to = &mut left[usize::from(survivors[usize::from(sets[at])])].0[lane];
            *to = chances[at * S].mul_add(chance, *to);
        }
    }

    #[inline(always)]
    fn sum<L: Lanes>(&self, row: usize, x: &[Line], lane: usize) -> [f64; S] {
        let lines = self.rows[row] as usize..self.rows[row + 1] as usize;
        let sets = &self.sets[lines.start * Self::SETS..lines.end * Self::SETS];
        let chances = &self.chances[lines];
        let mut sum = L::splat(0.0);
        for at in 0..chances.len() {
            let low = &x[usize::from(sets[at * Self::SETS])].0;
            let high = &x[usize::from(sets[at * Self::SETS + Self::SETS - 1])].0;
            let upper = if S == LANES { LANES / 2 } else { lane };
            let x = L::load_halves(half(low, lane), half(high, upper));
            sum = L::load(&chances[at]).mul_add(x, sum);
        }
        let mut line = Line::default();
        sum.store(&mut line);
        let mut total = [0.0; S];
        for a in 0..S {
            total[a] = if S == LANES { line.0[a] } else { line.0[a] + line.0[LANES - S + a] };
        }
        total
    }

    fn write(&mut self, model: &Model, fires: usize, targets: u32) {
        let subsets = &model.subsets[fires];
        let seats = 0..model.agents();
        let target = |seat| usize::from(unpack(targets, seat));
        let worked = seats.clone().map(target).filter(|&fire| fire < fires);
        let worked: Vec<usize> = bits(worked.fold(0, |set, fire| set | 1 << fire)).collect();
        // The chance that a fire survives if all agents but one do as they do.
        let survives = |fire: usize, without: usize| -> f64 {
            let there = seats.clone().filter(|&seat| seat != without && target(seat) == fire);
            (1.0 - model.solo()).powi(there.count() as i32)
        };
        let row = |without: &dyn Fn(usize) -> usize, more: u16| -> Vec<(u16, [f64; S])> {
            let mut row: Vec<(u16, [f64; S])> = vec![(more, [1.0; S])];
            for &fire in &worked {
                let survives: [f64; S] = std::array::from_fn(|a| survives(fire, without(a)));
                let put_out = row.clone();
                for (at, (set, mut chances)) in put_out.into_iter().enumerate() {
                    if set >> fire & 1 == 1 {
                        continue;
                    }
                    for a in 0..S {
                        row[at].1[a] *= survives[a];
                        chances[a] *= 1.0 - survives[a];
                    }
                    row.push((set | 1 << fire, chances));
                }
            }
            // Of more fires than there are agents none is ever put out.
            row.retain(|&(set, _)| set.count_ones() as usize <= subsets.most());
            row
        };
        let nobody = |_: usize| MOST_AGENTS;
        let own = |lane: usize| lane;
        let mut rows = vec![row(&nobody, 0), row(&own, 0)];
        rows.extend((0..fires).map(|fire| row(&own, 1 << fire)));
        for mut row in rows {
            row.resize(row.len().next_multiple_of(Self::SETS), (0, [0.0; S]));
            for sets in row.chunks_exact(Self::SETS) {
                let mut line = Line::default();
                for (to, (set, chances)) in line.0.chunks_exact_mut(S).zip(sets) {
                    self.sets.push(subsets.place(*set) as u16);
                    to.copy_from_slice(chances);
                }
                self.chances.push(line);
            }
            self.rows.push(self.chances.len() as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::scenario::tests::default_dynamics;
    use crate::game::scenario::{Dynamics, Rewards};
    use crate::simd::doubles::Portable;

    /// The expectation of a function of the fires put out if agents work at these fires.
    fn expected(solo: f64, workers: &[u8], forced: Option<u8>, value: &dyn Fn(u16) -> f64) -> f64 {
        let mut sum = 0.0;
        for succeed in 0..1u32 << workers.len() {
            let (mut chance, mut set) = (1.0, 0);
            for (i, &fire) in workers.iter().enumerate() {
                let works = succeed >> i & 1 == 1;
                chance *= if works { solo } else { 1.0 - solo };
                set |= if works { 1 << fire } else { 0 };
            }
            sum += chance * value(set | forced.map_or(0, |fire| 1 << fire));
        }
        sum
    }

    fn agree<const S: usize>(agents: usize, lane: usize) {
        let dynamics = Dynamics { num_houses: 5, num_agents: agents, ..default_dynamics() };
        let each = || vec![1.0; agents];
        let rewards = Rewards {
            team_reward_house_survives: 1.0,
            team_penalty_house_burns: 1.0,
            reward_own_house_survives: each(),
            reward_other_house_survives: each(),
            penalty_own_house_burns: each(),
            penalty_other_house_burns: each(),
            cost_to_work_one_night: 0.5,
            reward_rest: 0.5,
        };
        let model = Model::new(&dynamics, &rewards).expect("a small game");
        let mut joints = Joints::<S>::new(&model);
        let value = |set: u16| f64::from(set * 31 % 17);
        for state in 0..model.states() {
            let fires = (model.states.fires[state + 1] - model.states.fires[state]) as u8;
            let of_seat = |seat: usize| ((state as u32 * 7919) >> (2 * seat)) as u8 % (fires + 2);
            joints.set(&model, state, pack((0..agents).map(of_seat)));
            let joint = joints.of(state).expect("few kinds");
            let subsets = &model.subsets[usize::from(fires)];
            let x: Vec<Line> = subsets.sets.iter().map(|&set| Line([value(set); LANES])).collect();
            let workers = |without: usize| -> Vec<u8> {
                let others = (0..agents).filter(|&seat| seat != without);
                others.map(of_seat).filter(|&fire| fire < fires).collect()
            };
            let of =
                |without: usize, forced| expected(model.solo(), &workers(without), forced, &value);
            let all = joints.expectation::<Portable>(joint, &x, lane);
            let mut gains = vec![Line::default(); usize::from(fires)];
            let without = joints.gains::<Portable>(joint, &x, lane, &mut gains);
            for seat in 0..agents {
                assert!((all[seat] - of(agents, None)).abs() < 1e-12);
                assert!((without[seat] - of(seat, None)).abs() < 1e-12);
                for fire in 0..fires {
                    let gain = of(seat, Some(fire)) - of(seat, None);
                    assert!((gains[usize::from(fire)].0[lane + seat] - gain).abs() < 1e-12);
                }
            }
            let survivors: Vec<u16> = (0..subsets.sets.len() as u16).collect();
            let mut left = vec![Line::default(); survivors.len()];
            joints.push(joint, 0.5, &survivors, &mut left, 3);
            let pushed: f64 = left.iter().zip(&x).map(|(left, x)| left.0[3] * x.0[0]).sum();
            assert!((pushed - 0.5 * of(agents, None)).abs() < 1e-12);
        }
        joints.set(&model, 7, pack([ANYWHERE].into_iter()));
        assert_eq!(joints.of(7), None);
    }

    #[test]
    fn chances_are_those_of_every_worker_alone() {
        agree::<4>(1, 4);
        agree::<4>(3, 0);
        agree::<4>(4, 4);
        agree::<8>(7, 0);
    }
}
