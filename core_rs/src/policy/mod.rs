//! Who plays: what the agent in a seat does, given the houses.
//!
//! A [`Policy`] holds real numbers, checked. From it come the integers that the engines compare
//! random bits with ([`Policy::thresholds`]), and, since every policy here remembers nothing, the
//! chances of its acts given the houses ([`Policy::hits`]), which is all that exact work needs.
//!
//! To add a kind: a file with its numbers, its thresholds and its chances, a variant of the two
//! enums, and how it decides in `plain` and in `sliced::decide`.

mod firefighter;
mod heuristic;
mod table;

pub use firefighter::{Firefighter, FirefighterThresholds};
pub use heuristic::{Heuristic, HeuristicThresholds};
pub use table::{Table, TableRuns};

use std::sync::Arc;

use crate::error::InvalidValue;

/// A policy of one seat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Works with one probability every night, and prefers its own burning home with another.
    Heuristic(Heuristic),
    /// Works only if something burns.
    Firefighter(Firefighter),
}

/// A player of a program: a policy of a few numbers, the chances of whose acts exact work knows how to
/// compute, or a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Player {
    /// A policy of a few numbers.
    Policy(Policy),
    /// A table of acts.
    Table(Arc<Table>),
}

impl From<Policy> for Player {
    fn from(policy: Policy) -> Self {
        Self::Policy(policy)
    }
}

impl Player {
    /// Checks whether it may be in a program of so many houses and nights.
    ///
    /// # Errors
    /// The first number that is not a probability, called `name` and its own name; or a table for
    /// another game.
    pub fn validate(&self, name: &str, houses: usize, nights: u32) -> Result<(), InvalidValue> {
        match self {
            Self::Policy(policy) => policy.validate(name),
            Self::Table(table) => table.validate(name, houses, nights),
        }
    }

    /// The player compiled to integers.
    #[must_use]
    pub fn thresholds(&self) -> PolicyThresholds {
        match self {
            Self::Policy(policy) => policy.thresholds(),
            Self::Table(table) => PolicyThresholds::Table(Arc::clone(table)),
        }
    }
}

/// A policy compiled to integers: the event of a threshold `T` happens when a uniform `U < T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyThresholds {
    /// Those of a [`Heuristic`].
    Heuristic(HeuristicThresholds),
    /// Those of a [`Firefighter`].
    Firefighter(FirefighterThresholds),
    /// A table of acts.
    Table(Arc<Table>),
}

/// The home of an agent, and the houses that it owns, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The agent's home, `a mod H`.
    pub home: usize,
    /// Every house `h` with `h mod A = a`.
    pub owned: usize,
}

impl Place {
    /// The place of an agent on a ring of `houses` houses with `agents` agents.
    #[must_use]
    pub fn new(agent: usize, houses: usize, agents: usize) -> Self {
        let owned = (agent..houses).step_by(agents).map(|house| 1 << house).sum();
        Self { home: agent % houses, owned }
    }
}

/// Fires at the start of a night, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burning {
    /// Burning houses that are told apart, as bits.
    pub houses: usize,
    /// Number of burning houses, these and others.
    pub count: usize,
}

/// The chances of one agent, given the fires, to put out any one of some houses, or another one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hits {
    /// The houses that it prefers, as bits, whether they burn or not.
    pub preferred: usize,
    /// Its chance to put out each burning house of these.
    pub own: f64,
    /// Its chance to put out each other burning house.
    pub other: f64,
}

impl PolicyThresholds {
    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Heuristic(_) => Policy::KINDS[0],
            Self::Firefighter(_) => Policy::KINDS[1],
            Self::Table(_) => Policy::KINDS[2],
        }
    }
}

impl Policy {
    /// Names of the kinds.
    pub const KINDS: [&'static str; 3] = ["heuristic", "firefighter", "tabular"];

    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.thresholds().kind()
    }

    /// Checks its numbers.
    ///
    /// # Errors
    /// The first one that is not a probability, called `name` and its own name.
    pub fn validate(&self, name: &str) -> Result<(), InvalidValue> {
        match self {
            Self::Heuristic(policy) => policy.validate(name),
            Self::Firefighter(policy) => policy.validate(name),
        }
    }

    /// The policy compiled to integers.
    #[must_use]
    pub fn thresholds(&self) -> PolicyThresholds {
        match self {
            Self::Heuristic(policy) => PolicyThresholds::Heuristic(policy.thresholds()),
            Self::Firefighter(policy) => PolicyThresholds::Firefighter(policy.thresholds()),
        }
    }

    /// A key that policies have in common which play alike, but for signals that nobody reads.
    #[must_use]
    pub fn key(&self) -> (u8, [u64; 2]) {
        match self {
            Self::Heuristic(policy) => (0, [policy.p.to_bits(), policy.q.to_bits()]),
            Self::Firefighter(policy) => (1 + u8::from(policy.own_first), [policy.w.to_bits(), 0]),
        }
    }

    /// Whether all that it owns matters to it, and not its home alone.
    #[must_use]
    pub fn tells_owned_apart(&self) -> bool {
        matches!(self, Self::Firefighter(policy) if policy.own_first)
    }

    /// The chances to put fires out, where one worker puts a fire out with chance `solo` (with 1:
    /// to work at them).
    #[must_use]
    pub fn hits(&self, solo: f64, place: Place, fires: Burning) -> Hits {
        match self {
            Self::Heuristic(policy) => policy.hits(solo, place, fires),
            Self::Firefighter(policy) => policy.hits(solo, place, fires),
        }
    }

    /// From the derivatives of a value by [`Policy::hits`] to those by the policy's numbers: (p, q)
    /// of a heuristic, (w, nothing) of a firefighter.
    #[must_use]
    pub fn hits_backward(&self, solo: f64, place: Place, fires: Burning, slope: Hits) -> [f64; 2] {
        match self {
            Self::Heuristic(policy) => policy.hits_backward(solo, place, fires, slope),
            Self::Firefighter(policy) => policy.hits_backward(solo, place, fires, slope),
        }
    }

    /// The chance to work, per night, and whether that is in nights with a fire only: its first
    /// number.
    #[must_use]
    pub fn work(&self) -> (f64, bool) {
        match self {
            Self::Heuristic(policy) => (policy.p, false),
            Self::Firefighter(policy) => (policy.w, true),
        }
    }
}
