//! The chain of a scenario, and the evaluation of one line-up.

use std::sync::OnceLock;

use super::cost::{check, is_lumped};
use super::full::{Full, FullWorkspace, Stretch};
use super::horizon::Horizon;
use super::lumped::{Lumped, LumpedWorkspace};
use super::totals::{Occupancy, Totals};
use crate::dynamics::extinguishing::Partition;
use crate::dynamics::ring::Ring;
use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::game::scenario::{Dynamics, EndRule};
use crate::policy::Policy;
use crate::simd::Isa;

/// The states that the chain tells apart.
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
    dynamics: Dynamics,
    method: Method,
    isa: Isa,
    stretches: Vec<Stretch>,
    /// For policies that tell no house but their home from others.
    by_homes: Tables,
    /// For policies that tell all houses they own from others, built when first asked for.
    by_houses: OnceLock<Tables>,
}

/// The states told apart, and what counts need to know of them.
#[derive(Clone, Debug)]
struct Tables {
    states: States,
    totals: Totals,
}

#[derive(Clone, Debug)]
enum States {
    Full(Box<Full>),
    Lumped(Lumped),
}

/// Memory for following one line-up after another.
#[derive(Clone, Debug, Default)]
pub struct ChainWorkspace {
    by_homes: Option<Workspace>,
    by_houses: Option<Workspace>,
}

#[derive(Clone, Debug)]
enum Workspace {
    Full(Box<FullWorkspace>),
    Lumped(LumpedWorkspace),
}

/// Counts of a line-up, and derivatives by two numbers of each policy: (p, q) of a heuristic, (w,
/// nothing) of a firefighter.
pub type CountsAndGradient = (Vec<f64>, Vec<[f64; 2]>);

impl Tables {
    /// The tables of a scenario, where houses from `apart` on are alike.
    fn new(dynamics: &Dynamics, isa: Isa, lumped: bool, apart: usize) -> Self {
        let ring = Ring::new(dynamics);
        let (houses, agents) = (dynamics.num_houses, dynamics.num_agents);
        let partition = Partition { homes: apart, others: houses - apart, agents, houses };
        let kind = |standing: usize| match (standing, dynamics.end_rule) {
            (all, _) if all == houses => Some(0),
            (0, _) => Some(1),
            (_, EndRule::NoFires) => Some(2),
            (_, EndRule::AllSafeOrAllRuined) => None,
        };
        let (states, parts) = if lumped {
            let of = |homes: usize, others| kind(homes.count_ones() as usize + others);
            let (lumped, parts) = Lumped::new(&ring, partition, isa, of);
            (States::Lumped(lumped), parts)
        } else {
            let of = |standing: usize| kind(standing.count_ones() as usize);
            let (full, parts) = Full::new(&ring, partition, isa, of);
            (States::Full(Box::new(full)), parts)
        };
        let may_end = dynamics.min_nights < dynamics.max_nights;
        let totals = Totals::new(Layout { houses, agents }, partition, &ring, parts, may_end);
        Self { states, totals }
    }

    fn workspace(&self) -> Workspace {
        match &self.states {
            States::Full(full) => Workspace::Full(Box::new(full.workspace())),
            States::Lumped(_) => Workspace::Lumped(LumpedWorkspace::default()),
        }
    }

    /// Follows a line-up through all stretches; nothing if `go_on` says no.
    fn follow(
        &self,
        given: (&[Policy], f64),
        stretches: &[Stretch],
        workspace: &mut Workspace,
        keep: bool,
        go_on: &impl Fn() -> bool,
    ) -> Option<Occupancy> {
        match (&self.states, workspace) {
            (States::Full(full), Workspace::Full(workspace)) => {
                full.follow(given, stretches, workspace, keep, go_on)
            }
            (States::Lumped(lumped), Workspace::Lumped(workspace)) => {
                lumped.follow(given, stretches, workspace, keep, go_on)
            }
            _ => unreachable!("the workspace belongs to another chain"),
        }
    }
}

impl Chain {
    /// Builds the tables.
    ///
    /// # Errors
    /// If a parameter is not allowed, the ring is too large (`cost::check`), or houses are to be
    /// lumped where they can't be.
    pub fn new(dynamics: &Dynamics, method: Method) -> Result<Self, InvalidValue> {
        Self::with_isa(dynamics, method, Isa::best())
    }

    /// The same for a given set of instructions; the numbers do not depend on it.
    ///
    /// # Errors
    /// As for [`Chain::new`].
    pub fn with_isa(dynamics: &Dynamics, method: Method, isa: Isa) -> Result<Self, InvalidValue> {
        let stretches = stretches(dynamics, Horizon::stretches);
        Self::with_stretches(dynamics, method, isa, stretches)
    }

    /// The same for given stretches.
    pub(super) fn with_stretches(
        dynamics: &Dynamics,
        method: Method,
        isa: Isa,
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
        let homes = dynamics.num_agents.min(dynamics.num_houses);
        let by_homes = Tables::new(dynamics, isa, lumped, homes);
        let (dynamics, by_houses) = (dynamics.clone(), OnceLock::new());
        Ok(Self { dynamics, method, isa, stretches, by_homes, by_houses })
    }

    /// Which count stands where.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout { houses: self.dynamics.num_houses, agents: self.dynamics.num_agents }
    }

    /// Checks that line-ups of these policies can be followed: where one tells apart all houses that
    /// it owns, so must the chain, whatever the night order.
    ///
    /// # Errors
    /// If the ring is too large for that, or houses are to be lumped.
    pub fn check_policies(&self, policies: &[Policy]) -> Result<(), InvalidValue> {
        if self.by_houses(policies) {
            if self.method == Method::Lumped {
                let allowed = "false or None where a firefighter puts its own houses first";
                return Err(InvalidValue::new("lumped", "True", allowed));
            }
            check(&self.dynamics, false)?;
        }
        Ok(())
    }

    /// Whether the policies tell houses apart that are nobody's home.
    fn by_houses(&self, policies: &[Policy]) -> bool {
        self.dynamics.num_agents < self.dynamics.num_houses
            && policies.iter().any(Policy::tells_owned_apart)
    }

    /// The tables that policies need, and memory to follow them.
    fn tables<'a>(
        &'a self,
        policies: &[Policy],
        workspace: &'a mut ChainWorkspace,
    ) -> (&'a Tables, &'a mut Workspace) {
        let (tables, workspace) = if self.by_houses(policies) {
            let build = || Tables::new(&self.dynamics, self.isa, false, self.dynamics.num_houses);
            (self.by_houses.get_or_init(build), &mut workspace.by_houses)
        } else {
            (&self.by_homes, &mut workspace.by_homes)
        };
        (tables, workspace.get_or_insert_with(|| tables.workspace()))
    }

    /// The expected count vector of one line-up per episode, or nothing if `go_on`, asked now and
    /// then, says no. There must be a policy for each agent, checked by [`Chain::check_policies`].
    /// The workspace may be used for many line-ups of one chain, one after another.
    #[must_use]
    pub fn expected(
        &self,
        policies: &[Policy],
        workspace: &mut ChainWorkspace,
        go_on: impl Fn() -> bool,
    ) -> Option<Vec<f64>> {
        let given = (policies, self.dynamics.prob_solo_agent_extinguishes_fire);
        let (tables, workspace) = self.tables(policies, workspace);
        let sums = tables.follow(given, &self.stretches, workspace, false, &go_on)?;
        Some(tables.totals.counts(given, &sums))
    }

    /// The expected count vector of one line-up, and the derivatives by the numbers of each policy
    /// of `weights` times counts; nothing if `go_on`, asked now and then, says no. There must be a
    /// policy for each agent, as in [`Chain::expected`], and a weight for each count.
    ///
    /// By adjoints, in reverse: from what counts are worth to what the nights are worth, and what the
    /// chances of the workers are.
    #[must_use]
    pub fn gradient(
        &self,
        policies: &[Policy],
        weights: &[f64],
        workspace: &mut ChainWorkspace,
        go_on: impl Fn() -> bool,
    ) -> Option<CountsAndGradient> {
        let given = (policies, self.dynamics.prob_solo_agent_extinguishes_fire);
        let stretches = &self.stretches;
        let (tables, workspace) = self.tables(policies, workspace);
        let sums = tables.follow(given, stretches, workspace, true, &go_on)?;
        let counts = tables.totals.counts(given, &sums);
        let mut gradient = vec![[0.0; 2]; policies.len()];
        tables.totals.backward(given, weights, (&counts, &sums), &mut gradient);
        let adjoint = tables.totals.adjoint(given, weights);
        match (&tables.states, workspace) {
            (States::Full(full), Workspace::Full(workspace)) => {
                full.backward(given, stretches, &adjoint, workspace, &mut gradient, &go_on)?;
            }
            (States::Lumped(lumped), Workspace::Lumped(workspace)) => {
                lumped.backward(given, stretches, &adjoint, workspace, &mut gradient, &go_on)?;
            }
            _ => unreachable!("the workspace belongs to another chain"),
        }
        Some((counts, gradient))
    }
}

/// The nights of a scenario: those that start before an episode can have ended, and the others.
pub(super) fn stretches(
    dynamics: &Dynamics,
    horizons: impl Fn(usize) -> Vec<Horizon>,
) -> Vec<Stretch> {
    let nights = dynamics.max_nights as usize;
    let open = nights.min(dynamics.min_nights as usize + 1);
    let of = |nights: usize, counted: bool| horizons(nights).into_iter().map(move |c| (c, counted));
    of(open, false).chain(of(nights - open, true)).collect()
}
