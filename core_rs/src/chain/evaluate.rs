//! The chain of a scenario, and one line-up's way through it.

use super::cost::check;
use super::full::{Full, FullRoom, Stretch};
use super::horizon::Clock;
use super::lumped::{Lumped, LumpedRoom};
use super::totals::{Sums, Totals};
use crate::dynamics::extinguishing::Duty;
use crate::dynamics::extinguishing::Shape;
use crate::dynamics::ring::Ring;
use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::game::scenario::{Dynamics, EndRule, NightOrder};
use crate::simd::Isa;

/// Which states the chain tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The fewest that the rules allow.
    Auto,
    /// Every state of every house.
    Full,
    /// Houses without agents only by number. Allowed where no fire spreads.
    Lumped,
}

/// Everything about a scenario that all line-ups share.
#[derive(Clone, Debug)]
pub struct Chain {
    layout: Layout,
    solo: f64,
    stretches: Vec<Stretch>,
    states: States,
    totals: Totals,
}

#[derive(Clone, Debug)]
enum States {
    Full(Full),
    Lumped(Lumped),
}

/// Room for following one line-up after another.
#[derive(Clone, Debug)]
pub struct Follower(Room);

#[derive(Clone, Debug)]
enum Room {
    Full(Box<FullRoom>),
    Lumped(LumpedRoom),
}

/// Counts of a line-up, and derivatives by (p, q) of each agent.
pub type CountsAndGradient = (Vec<f64>, Vec<[f64; 2]>);

impl Chain {
    /// Builds the tables.
    ///
    /// # Errors
    /// If a parameter is not allowed, the ring is too large (`cost::check`), or houses are to be
    /// lumped where they can't be.
    pub fn new(dynamics: &Dynamics, method: Method) -> Result<Self, InvalidValue> {
        Self::with_simd(dynamics, method, Isa::best())
    }

    /// The same for a given set of instructions; the numbers do not depend on it.
    ///
    /// # Errors
    /// As for [`Chain::new`].
    pub fn with_simd(dynamics: &Dynamics, method: Method, simd: Isa) -> Result<Self, InvalidValue> {
        let stretches = stretches(dynamics, Clock::stretches);
        Self::with_stretches(dynamics, method, simd, stretches)
    }

    /// The same for given stretches.
    pub(super) fn with_stretches(
        dynamics: &Dynamics,
        method: Method,
        simd: Isa,
        stretches: Vec<Stretch>,
    ) -> Result<Self, InvalidValue> {
        let lumped = match method {
            Method::Auto => is_lumped(dynamics),
            Method::Full => false,
            Method::Lumped => true,
        };
        check(dynamics, lumped)?;
        if method == Method::Lumped && !is_lumped(dynamics) {
            let allowed = "false or None unless night_order is burn_out_then_spread";
            return Err(InvalidValue::new("lumped", "True", allowed));
        }
        let ring = Ring::new(dynamics);
        let (houses, agents) = (dynamics.num_houses, dynamics.num_agents);
        let layout = Layout { houses, agents };
        let homes = agents.min(houses);
        let shape = Shape { homes, others: houses - homes, agents, houses };
        let kind = |standing: usize| match (standing, dynamics.end_rule) {
            (all, _) if all == houses => Some(0),
            (0, _) => Some(1),
            (_, EndRule::NoFires) => Some(2),
            (_, EndRule::AllSafeOrAllRuined) => None,
        };
        let (states, parts) = if lumped {
            let of = |homes: usize, others| kind(homes.count_ones() as usize + others);
            let (lumped, parts) = Lumped::new(&ring, shape, simd, of);
            (States::Lumped(lumped), parts)
        } else {
            let of = |standing: usize| kind(standing.count_ones() as usize);
            let (full, parts) = Full::new(&ring, shape, simd, of);
            (States::Full(full), parts)
        };
        let may_end = dynamics.min_nights < dynamics.max_nights;
        let totals = Totals::new(layout, shape, &ring, parts, may_end);
        let solo = dynamics.prob_solo_agent_extinguishes_fire;
        Ok(Self { layout, solo, stretches, states, totals })
    }

    /// Which count stands where.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Room for one line-up at a time.
    #[must_use]
    pub fn follower(&self) -> Follower {
        Follower(match &self.states {
            States::Full(full) => Room::Full(Box::new(full.room())),
            States::Lumped(_) => Room::Lumped(LumpedRoom::default()),
        })
    }

    /// The expected count vector of one line-up per episode, or nothing if `go_on`, asked now and
    /// then, says no. There must be a duty for each agent.
    #[must_use]
    pub fn expected(
        &self,
        duties: &[Duty],
        follower: &mut Follower,
        go_on: impl Fn() -> bool,
    ) -> Option<Vec<f64>> {
        let sums = self.follow(duties, follower, false, &go_on)?;
        Some(self.totals.counts((duties, self.solo), &sums))
    }

    /// The expected count vector of one line-up, and the derivatives by each agent's (p, q) of
    /// `weights` times counts; nothing if `go_on`, asked now and then, says no. There must be a
    /// duty for each agent and a weight for each count.
    ///
    /// In reverse: from what counts are worth to what the nights are worth, and what the chances
    /// of the workers are.
    #[must_use]
    pub fn gradient(
        &self,
        duties: &[Duty],
        weights: &[f64],
        follower: &mut Follower,
        go_on: impl Fn() -> bool,
    ) -> Option<CountsAndGradient> {
        let sums = self.follow(duties, follower, true, &go_on)?;
        let given = (duties, self.solo);
        let counts = self.totals.counts(given, &sums);
        let mut gradient = vec![[0.0; 2]; duties.len()];
        self.totals.backward(given, weights, (&counts, &sums), &mut gradient);
        let worth = self.totals.worth(given, weights);
        let stretches = &self.stretches;
        match (&self.states, &mut follower.0) {
            (States::Full(full), Room::Full(room)) => {
                full.backward(given, stretches, &worth, room, &mut gradient, &go_on)?;
            }
            (States::Lumped(lumped), Room::Lumped(room)) => {
                lumped.backward(given, stretches, &worth, room, &mut gradient, &go_on)?;
            }
            _ => unreachable!("the follower belongs to another chain"),
        }
        Some((counts, gradient))
    }

    fn follow(
        &self,
        duties: &[Duty],
        follower: &mut Follower,
        keep: bool,
        go_on: &impl Fn() -> bool,
    ) -> Option<Sums> {
        let given = (duties, self.solo);
        match (&self.states, &mut follower.0) {
            (States::Full(full), Room::Full(room)) => {
                full.follow(given, &self.stretches, room, keep, go_on)
            }
            (States::Lumped(lumped), Room::Lumped(room)) => {
                lumped.follow(given, &self.stretches, room, keep, go_on)
            }
            _ => unreachable!("the follower belongs to another chain"),
        }
    }
}

/// Whether [`Method::Auto`] lumps: no fire spreads.
pub(super) fn is_lumped(dynamics: &Dynamics) -> bool {
    dynamics.night_order == NightOrder::BurnOutThenSpread
}

/// The nights of a scenario: those that start before an episode can have ended, and the others.
pub(super) fn stretches(dynamics: &Dynamics, clocks: impl Fn(usize) -> Vec<Clock>) -> Vec<Stretch> {
    let nights = dynamics.max_nights as usize;
    let open = nights.min(dynamics.min_nights as usize + 1);
    let of = |nights: usize, counted: bool| clocks(nights).into_iter().map(move |c| (c, counted));
    of(open, false).chain(of(nights - open, true)).collect()
}
