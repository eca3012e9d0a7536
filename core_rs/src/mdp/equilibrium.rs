//! Markov perfect equilibria of the whole game: nobody gains by another policy, at no night and in no
//! state, whatever has happened before.
//!
//! From the last night to the first, the seats play a game in each state whose payoffs hold what
//! is still to come (Shapley, Stochastic games, 1953; Maskin and Tirole, Markov perfect equilibrium I,
//! 2001): `u_a(acts) = M_a[k]` less costs, `k` being the workers at each fire
//! ([`allocations`](super::allocations)). An equilibrium of each of these *stages*
//! ([`stage`](super::stage)) makes one of the whole game. Many have several; a [`Selector`] says
//! which is taken, and no answer is *the* equilibrium.

use std::convert::identity;
use std::sync::Mutex;

use super::alike::{Alike, by_survivors};
use super::allocations::Allocations;
use super::backward::start;
use super::joint::Joints;
use super::model::{Group, Model};
use super::night::{Night, Plan, Room, Sides};
use super::parallel::{Crew, pieces, solve};
use super::payoffs::{Payoffs, Whose};
use super::policy::ANYWHERE;
use super::runs::{ActRuns, Collector, DRAWN, Noted};
use super::seats::{Idle, by_act};
use super::stage::{Mixed, Pure, Stage, support};
use super::states::expand;
use super::subsets::Subsets;
use crate::error::InvalidValue;
use crate::pool::{RunError, lock};
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line};

/// Which equilibrium of a stage is taken, where there are several.
///
/// If best answers in turn do not come to rest, the pure equilibrium with the largest sum of payoffs
/// is taken, and if there is none, a mixed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// What was taken in this state on the night after, or where best answers in turn lead from
    /// there; from all at rest on the last night. Policies change least.
    Previous,
    /// Where best answers in turn lead from all at rest.
    Rest,
    /// The pure equilibrium with the largest sum of payoffs.
    Welfare,
}

impl Selector {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Previous, Self::Rest, Self::Welfare];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Rest => "rest",
            Self::Welfare => "welfare",
        }
    }

    /// That of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn from_name(name: &str) -> Result<Self, InvalidValue> {
        let found = Self::ALL.into_iter().find(|selector| selector.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            InvalidValue::new("selector", name, format!("one of {names}"))
        })
    }
}

/// An equilibrium of the whole game.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovEquilibrium {
    /// By seat: the expected return of an episode.
    pub start: Vec<f64>,
    /// By seat: what to do.
    pub acts: Vec<ActRuns>,
    /// Stages (nights times states) in which somebody draws an act.
    pub mixed: u64,
    /// Stages for which no equilibrium was found, where somebody may gain; what is done there is
    /// the best of what was tried.
    pub unsolved: u64,
}

/// In [`Noted`]: acts of all seats, four bits each, by fires.
const PURE: u8 = 0;
/// In [`Noted`]: the number of a mixture.
const MIXED: u8 = 1;

impl Model {
    /// A Markov perfect equilibrium, on so many threads at most (0 for all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn markov_equilibrium(
        &self,
        selector: Selector,
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<MarkovEquilibrium, RunError> {
        let agents = self.agents();
        let allocations: Vec<_> =
            self.subsets.iter().map(|subsets| Allocations::new(subsets, agents)).collect();
        let task = (selector, allocations.as_slice());
        solve(self.states(), threads, poll, |crew| match agents {
            1..=4 => run::<4>(self, task, crew),
            _ => run::<8>(self, task, crew),
        })
    }
}

/// What a task found in states that mix: the state, the chances, and whether nobody can gain.
type Drawn = Vec<(usize, Mixed, bool)>;

fn run<const S: usize>(
    model: &Model,
    (selector, allocations): (Selector, &[Allocations]),
    crew: &Crew<'_>,
) -> Result<MarkovEquilibrium, RunError> {
    let payoffs = &Payoffs::<S>::new(model, Whose::Seats);
    let plan = Plan::new(model, crew.threads, S);
    let most = allocations.iter().map(Allocations::len).max().unwrap_or(0);
    let mut rooms: Vec<(Room<S>, Vec<Line>)> =
        (0..crew.threads).map(|_| (Room::new(model), vec![Line::default(); most])).collect();
    let last = model.nights() - 1;
    let mut states = vec![[0.0; S]; model.states()];
    let mut aftermaths = vec![[0.0; S]; model.spread.len()];
    let mut chosen: Vec<Noted> = (0..model.states())
        .map(|state| {
            let idle = (model.states.fires[state + 1] - model.states.fires[state]) as u8;
            (PURE, pack([idle; 8]))
        })
        .collect();
    // What was done on the night after, where that is certain.
    let mut noted = Joints::new(model);
    let mut mixtures: Vec<(Mixed, bool)> = Vec::new();
    let mut collector = Collector::new(model.states());
    let (mut mixed, mut unsolved) = (0, 0);
    for night in (0..=last).rev() {
        let sides = Sides { states: &states, aftermaths: &mut aftermaths };
        let halves = Night { model, payoffs, night };
        halves.after_agents(&plan, crew, sides, &mut rooms, |room| &mut room.0.cells);
        let tasks: Vec<_> = pieces(&mut states, &plan.state_ends)
            .into_iter()
            .zip(pieces(&mut chosen, &plan.state_ends))
            .enumerate()
            .rev()
            .collect();
        let (source, known, joints) = (&aftermaths, &mixtures, &noted);
        let drawn: Mutex<Drawn> = Mutex::new(Vec::new());
        crew.each(&mut rooms, tasks, |(room, m), (task, (values, chosen))| {
            let groups = plan.groups(task);
            let mut found = Vec::new();
            model.simd.run(Groups {
                model,
                payoffs,
                allocations,
                selector,
                groups,
                source,
                known,
                joints,
                values,
                chosen,
                room,
                m,
                found: &mut found,
            });
            lock(&drawn).append(&mut found);
        });
        if !crew.goes_on() {
            return Err(RunError::Cancelled);
        }
        let mut drawn = drawn.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        drawn.sort_unstable_by_key(|&(state, ..)| state);
        for (state, mixture, solved) in drawn {
            let number = mixtures.len();
            let bytes = (number + 1) as u128 * size_of::<(Mixed, bool)>() as u128;
            mixtures.try_reserve(1).map_err(|_| RunError::OutOfMemory(bytes))?;
            mixtures.push((mixture, solved));
            chosen[state] = (MIXED, number as u32);
        }
        for (state, &chosen) in chosen.iter().enumerate() {
            let is_new = collector.note(night, night == last, state, chosen);
            if is_new && selector == Selector::Previous {
                let drawn = u32::from(ANYWHERE);
                noted.set(model, state, if chosen.0 == PURE { chosen.1 } else { drawn });
            }
            if chosen.0 == MIXED {
                let (mixture, solved) = &mixtures[chosen.1 as usize];
                let draws = support(mixture).iter().any(|set| set.count_ones() > 1);
                mixed += u64::from(draws);
                unsolved += u64::from(!solved);
            }
        }
        crew.night_done();
    }
    let acts = collector.finish(model, identity, |state, noted, seat, chances| {
        let burning = usize::from(model.states.burning[state]);
        let idle = Idle::new(model, payoffs, burning).act;
        let fires = burning.count_ones() as usize;
        let act = |act: usize| match act {
            act if act < fires => 1 + expand(1 << act, burning).trailing_zeros() as u8,
            _ => idle,
        };
        match noted {
            (PURE, packed) => act(usize::from(unpack(packed)[seat])),
            (_, number) => {
                let row = &mixtures[number as usize].0[seat];
                match row.iter().position(|&chance| chance == 1.0) {
                    Some(only) => act(only),
                    None => {
                        let mut of_act = vec![0.0; 1 + model.houses()];
                        for (i, chance) in row[..=fires].iter().enumerate() {
                            of_act[usize::from(act(i))] += chance;
                        }
                        chances.append(&mut of_act);
                        DRAWN
                    }
                }
            }
        }
    });
    Ok(MarkovEquilibrium { start: start(model, &states, model.agents()), acts, mixed, unsolved })
}

fn pack(acts: Pure) -> u32 {
    super::runs::pack(acts.into_iter())
}

fn unpack(packed: u32) -> Pure {
    std::array::from_fn(|seat| super::runs::unpack(packed, seat))
}

/// The agents' half of a night for some groups.
struct Groups<'a, const S: usize> {
    model: &'a Model,
    payoffs: &'a Payoffs<S>,
    allocations: &'a [Allocations],
    selector: Selector,
    groups: &'a [Group],
    source: &'a [[f64; S]],
    known: &'a [(Mixed, bool)],
    joints: &'a Joints<S>,
    values: &'a mut [[f64; S]],
    chosen: &'a mut [Noted],
    room: &'a mut Room<S>,
    m: &'a mut [Line],
    found: &'a mut Drawn,
}

impl<const S: usize> DoubleKernel for Groups<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { model, payoffs, allocations, groups, values, chosen, room, m, found, .. } = self;
        let Some(group) = groups.first() else { return };
        let start = model.states.first[group.first];
        for group in groups {
            by_survivors(model, group, self.source, &mut room.left);
            for local in 0..1usize << group.size {
                let fires = local.count_ones() as usize;
                let (subsets, allocations) = (&model.subsets[fires], &allocations[fires]);
                let alike = Alike::new(model, group, local);
                alike.gather::<L>(model, payoffs, local, &room.left, &mut room.x);
                let as_before = match self.selector {
                    Selector::Previous => {
                        as_before::<L, S>(model, payoffs, (&alike, subsets), self.joints, room)
                    }
                    _ => [None; LANES],
                };
                let mut open = false;
                for g in 0..group.count {
                    match as_before[g] {
                        Some(worth) => values[alike.states[g] - start] = worth,
                        None => open = true,
                    }
                }
                if !open {
                    continue;
                }
                allocations.worth::<L>(subsets, model.solo(), &mut room.x, m);
                for g in 0..group.count {
                    let state = alike.states[g];
                    if as_before[g].is_some() {
                        continue;
                    }
                    let burning = usize::from(model.states.burning[state]);
                    let stage = Stage {
                        allocations,
                        worth: m,
                        lane: g * S,
                        seats: model.agents(),
                        idle: Idle::new(model, payoffs, burning).worth,
                        cost: payoffs.cost,
                        tolerance: payoffs.tolerance,
                    };
                    let at = state - start;
                    let (now, worth) = choose(&stage, self.selector, chosen[at], self.known);
                    match now {
                        Choice::Pure(acts) => chosen[at] = (PURE, pack(acts)),
                        Choice::AsBefore => {}
                        Choice::Mixed(mixed, solved) => found.push((state, mixed, solved)),
                    }
                    values[at].copy_from_slice(&worth[..S]);
                }
            }
        }
    }
}

/// What the acts of the night after are worth to the seats, where they are an equilibrium again. That
/// takes what each act is worth to a seat if the others act so, and not what all allocations are worth.
#[inline(always)]
fn as_before<L: Lanes, const S: usize>(
    model: &Model,
    payoffs: &Payoffs<S>,
    (alike, subsets): (&Alike<S>, &Subsets),
    joints: &Joints<S>,
    room: &mut Room<S>,
) -> [Option<[f64; S]>; LANES] {
    let (mut of, mut without) = ([None; LANES], Line::default());
    let works = &mut room.works[..subsets.fires];
    for g in 0..Alike::<S>::SETS {
        of[g] = joints.of(alike.states[g]);
        if let Some(joint) = of[g] {
            let worth = joints.gains::<L>(joint, &room.x, g * S, works);
            without.0[g * S..][..S].copy_from_slice(&worth);
        }
    }
    let (idle, _) = by_act::<L, S>(model, payoffs, alike, L::load(&without), works);
    let mut most = idle;
    for works in &*works {
        most = most.max(L::load(works));
    }
    let (mut own, seats) = (Line::default(), model.agents());
    idle.store(&mut own);
    for g in 0..Alike::<S>::SETS {
        if let Some(joint) = of[g] {
            for seat in 0..seats {
                if let Some(works) = works.get(usize::from(joints.target(joint, seat))) {
                    own.0[g * S + seat] = works.0[g * S + seat];
                }
            }
        }
    }
    let content = L::load(&own).add(L::splat(payoffs.tolerance)).at_least(most);
    let mut worth = [None; LANES];
    for g in 0..Alike::<S>::SETS {
        let lanes = ((1 << seats) - 1) << (g * S);
        if of[g].is_some() && content & lanes == lanes {
            worth[g] = own.0[g * S..].first_chunk().copied();
        }
    }
    worth
}

#[expect(clippy::large_enum_variant, reason = "one at a time on the stack")]
enum Choice {
    Pure(Pure),
    AsBefore,
    Mixed(Mixed, bool),
}

/// An equilibrium of a stage, and what it is worth to each seat.
fn choose(
    stage: &Stage<'_>,
    selector: Selector,
    before: Noted,
    known: &[(Mixed, bool)],
) -> (Choice, [f64; 8]) {
    let pure = (before.0 == PURE).then(|| unpack(before.1));
    let mixture = (before.0 == MIXED).then(|| &known[before.1 as usize]);
    let mixture = mixture.filter(|(_, solved)| *solved).map(|(mixture, _)| mixture);
    // Where acts were drawn on the night after, they mostly are on this night. What nights lose adds
    // up, so the same chances have to be better than just good enough.
    if selector != Selector::Welfare
        && let Some(mixture) = mixture
    {
        let (worth, gains) = stage.judge(mixture);
        if gains.iter().all(|gain| gain.0 <= 0.01 * stage.tolerance) {
            return (Choice::AsBefore, worth);
        }
    }
    let through = if selector == Selector::Welfare {
        None
    } else {
        let from = pure.filter(|_| selector == Selector::Previous);
        match stage.answers(from.unwrap_or_else(|| stage.all_idle())) {
            Ok(acts) => return (Choice::Pure(acts), stage.payoffs(&acts)),
            Err(acts) => Some(acts),
        }
    };
    if let Some(acts) = stage.best_pure(pure.as_ref()) {
        return (Choice::Pure(acts), stage.payoffs(&acts));
    }
    let through = through.or_else(|| stage.answers(stage.all_idle()).err());
    let (mixed, solved) = stage.mixed(mixture, through);
    (Choice::Mixed(mixed, solved), stage.judge(&mixed).0)
}
