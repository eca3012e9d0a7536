//! The most that all agents together can get: one planner for all seats.
//!
//! A Markov decision process whose acts are allocations of workers to fires
//! ([`allocations`](super::allocations)). To draw acts, or to draw them together, can't help, since
//! some pure joint act is best in every state.
//!
//! To the planner houses differ only by what they are worth to all seats together: mostly not at
//! all. So the ring may be turned ([`symmetry`](super::symmetry)), and on the ring of ten 3,210 states
//! stand for 59,049. Eight that have as many fires go side by side.

use super::allocations::Allocations;
use super::backward::start;
use super::model::{Group, Model};
use super::night::{Night, Plan, Sides};
use super::parallel::{Crew, solve};
use super::payoffs::{Payoffs, Whose};
use super::runs::{ActRuns, Collector, Noted, pack, unpack};
use super::seats::Idle;
use super::states::expand;
use super::subsets::most_sets;
use super::symmetry::Symmetry;
use crate::pool::RunError;
use crate::simd::dispatch::DoubleKernel;
use crate::simd::doubles::{LANES, Lanes, Line, flat, zero_lines};

/// Lines that a thread takes at a time.
const LINES: usize = 16;

/// The best joint policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamOptimum {
    /// The expected return of an episode, its mean over seats.
    pub mean: f64,
    /// By state (numbered as outside): what is expected from night 0 on.
    pub states: Vec<f64>,
    /// By seat: what to do. Of what is as good, up to rounding, that with the fewest workers, and
    /// the same in states that look the same when the ring is turned. Lower seats take lower houses.
    pub acts: Vec<ActRuns>,
}

impl Model {
    /// The joint policy with the largest mean return over seats, on so many threads at most (0 for
    /// all of the pool).
    ///
    /// # Errors
    /// If stopped, or if there is no memory or no thread.
    pub fn team_optimum(
        &self,
        threads: usize,
        poll: impl FnMut(u64) -> bool,
    ) -> Result<TeamOptimum, RunError> {
        let agents = self.agents();
        let allocations: Vec<_> =
            self.subsets.iter().map(|subsets| Allocations::new(subsets, agents)).collect();
        solve(self.states(), threads, poll, |crew| run(self, &allocations, crew))
    }
}

fn run(
    model: &Model,
    allocations: &[Allocations],
    crew: &Crew<'_>,
) -> Result<TeamOptimum, RunError> {
    let payoffs = &Payoffs::new(model, Whose::Mean);
    let symmetry = Symmetry::new(&model.states, &payoffs.houses);
    let (lines, place) = lines(model, &symmetry);
    let group = |first| Group { first, count: 1, size: model.states.size(first) };
    let sets: Vec<_> = symmetry.sets(&model.states).map(group).collect();
    let states_of = |set: &Group| model.states.first[set.first]..model.states.first[set.first + 1];
    let solved: Vec<usize> = sets.iter().flat_map(states_of).collect();
    let plan = Plan::of(model, crew.threads, sets);
    let aftermath = symmetry.aftermath(&model.states, &model.spread);
    let mut rooms: Vec<_> = (0..crew.threads).map(|_| Room::new(model, allocations)).collect();
    let last = model.nights() - 1;
    let mut states = vec![[0.0]; model.states()];
    let mut aftermaths = vec![[0.0]; model.spread.len()];
    let mut left = vec![0.0; model.states()];
    let mut values = zero_lines(lines.len());
    let mut chosen = vec![[0; LANES]; lines.len()];
    let mut collector = Collector::new(lines.len() * LANES);
    for night in (0..=last).rev() {
        let sides = Sides { states: &states, aftermaths: &mut aftermaths };
        let halves = Night { model, payoffs, night };
        halves.after_agents(&plan, crew, sides, &mut rooms, |room| &mut room.cells);
        for &state in &solved {
            left[state] = aftermaths[aftermath[state] as usize][0];
        }
        let left = &left;
        let found = values.chunks_mut(LINES).zip(chosen.chunks_mut(LINES));
        let tasks = lines.chunks(LINES).zip(found).rev().collect();
        crew.each(&mut rooms, tasks, |room, (lines, (values, chosen))| {
            let solve = Solve { model, payoffs, allocations, lines, left, values, chosen, room };
            model.simd.run(solve);
        });
        if !crew.goes_on() {
            return Err(RunError::Cancelled);
        }
        for &state in &solved {
            states[state] = [flat(&values)[place[state]]];
        }
        for (i, &chosen) in chosen.as_flattened().iter().enumerate() {
            collector.note(night, night == last, i, (0, chosen));
        }
        crew.night_done();
    }
    collector.change(|place, (_, chosen): Noted| {
        let burning = lines.as_flattened()[place].burning;
        let fires = burning.count_ones() as usize;
        let act = |&fire: &u8| match usize::from(fire) {
            fire if fire < fires => 1 + expand(1 << fire, burning).trailing_zeros() as u8,
            _ => 0,
        };
        (0, pack(allocations[fires].places(chosen).iter().map(act)))
    });
    let of = |state: usize| place[state];
    let acts = collector.finish(model, of, |state, (_, packed), seat, _| {
        let mut acts = [u8::MAX; LANES];
        for (seat, to) in acts[..model.agents()].iter_mut().enumerate() {
            if let house @ 1.. = unpack(packed, seat) {
                *to = 1 + symmetry.house(state, usize::from(house - 1));
            }
        }
        acts[..model.agents()].sort_unstable();
        match acts[seat] {
            u8::MAX => Idle::new(model, payoffs, usize::from(model.states.burning[state])).act,
            act => act,
        }
    });
    let inside = model.states.inside.iter();
    Ok(TeamOptimum {
        mean: start(model, &states, 1)[0],
        states: inside.map(|&state| flat(&values)[place[state as usize]]).collect(),
        acts,
    })
}

/// A state, as it is needed.
#[derive(Clone, Copy)]
struct State {
    /// The first state of its standing set,
    base: usize,
    /// its fires as bits within that set,
    local: usize,
    /// and as houses.
    burning: usize,
}

/// The first states of all orbits, in lines of as many fires, filled up with the last; and for every
/// state, where the first of its orbit is.
fn lines(model: &Model, symmetry: &Symmetry) -> (Vec<[State; LANES]>, Vec<usize>) {
    let states = &model.states;
    let fires = |state: &State| state.burning.count_ones();
    let mut firsts = Vec::new();
    for set in symmetry.sets(states) {
        let (base, end) = (states.first[set], states.first[set + 1]);
        let those = (base..end).filter(|&state| symmetry.is_first(state));
        firsts.extend(those.map(|state| State {
            base,
            local: state - base,
            burning: usize::from(states.burning[state]),
        }));
    }
    firsts.sort_by_key(fires);
    let mut place = vec![0; states.len()];
    let mut lines = Vec::new();
    for alike in firsts.chunk_by(|one, other| fires(one) == fires(other)) {
        for line in alike.chunks(LANES) {
            for (lane, state) in line.iter().enumerate() {
                place[state.base + state.local] = lines.len() * LANES + lane;
            }
            lines.push(std::array::from_fn(|lane| line[lane.min(line.len() - 1)]));
        }
    }
    for state in 0..states.len() {
        place[state] = place[symmetry.first[state] as usize];
    }
    (lines, place)
}

/// Room of one thread.
struct Room {
    /// Values of a standing set, house by house.
    cells: [Vec<[f64; 1]>; 2],
    /// Of a line: by sets put out, and by allocations.
    x: Vec<Line>,
    m: Vec<Line>,
}

impl Room {
    fn new(model: &Model, allocations: &[Allocations]) -> Self {
        let cells = vec![[0.0]; model.spread.room()];
        let most = allocations.iter().map(Allocations::len).max().unwrap_or(0);
        Self {
            cells: [cells.clone(), cells],
            x: zero_lines(most_sets(&model.subsets)),
            m: zero_lines(most),
        }
    }
}

/// The planner's half of a night for some lines.
struct Solve<'a> {
    model: &'a Model,
    payoffs: &'a Payoffs<1>,
    allocations: &'a [Allocations],
    lines: &'a [[State; LANES]],
    /// By state: what is expected when its fires survive.
    left: &'a [f64],
    values: &'a mut [Line],
    chosen: &'a mut [[u32; LANES]],
    room: &'a mut Room,
}

impl DoubleKernel for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { model, payoffs, allocations, lines, left, values, chosen, room } = self;
        let Room { x, m, .. } = room;
        for ((line, values), chosen) in lines.iter().zip(values).zip(chosen) {
            let fires = line[0].burning.count_ones() as usize;
            let (subsets, allocations) = (&model.subsets[fires], &allocations[fires]);
            let mut idle = Line::default();
            for (g, state) in line.iter().enumerate() {
                idle.0[g] = Idle::new(model, payoffs, state.burning).worth;
                let left = &left[state.base..];
                let saved = &payoffs.saved[model.survivors.first[state.burning]..];
                let survivors = model.survivors.of(state.local).iter().zip(saved);
                for (x, (&survivors, saved)) in x.iter_mut().zip(survivors) {
                    x.0[g] = left[usize::from(survivors)] + saved[0];
                }
            }
            allocations.worth::<L>(subsets, model.solo(), x, m);
            let idle = L::load(&idle);
            let mut most = L::splat(f64::NEG_INFINITY);
            for (workers, range) in allocations.by_workers().enumerate() {
                let working = workers as f64 / model.agents() as f64;
                let effort = L::splat(-working * payoffs.cost);
                let effort = idle.mul_add(L::splat(1.0 - working), effort);
                for m in &mut m[range] {
                    let worth = L::load(m).add(effort);
                    worth.store(m);
                    most = most.max(worth);
                }
            }
            most.store(values);
            // The first that is not worth less by more than the tolerance.
            let enough = most.add(L::splat(-payoffs.tolerance));
            let mut open = 0xFF;
            for (i, m) in (0..).zip(&m[..allocations.len()]) {
                let mut found = open & L::load(m).at_least(enough);
                open &= !found;
                while found != 0 {
                    chosen[found.trailing_zeros() as usize] = i;
                    found &= found - 1;
                }
                if open == 0 {
                    break;
                }
            }
        }
    }
}
