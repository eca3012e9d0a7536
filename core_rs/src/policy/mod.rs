//! Who plays: what the agent in a seat does, given the houses.
//!
//! A [`Policy`] holds real numbers, checked. From it come the integers that the engines compare
//! random bits with ([`Policy::thresholds`]), and, since every policy here remembers nothing, the
//! chances of its acts given the houses ([`Policy::hits`]), which is all that exact work needs.
//!
//! To add a kind: a file with its numbers, its thresholds and its chances, a variant of the two
//! enums, and how it decides in `plain` and in `sliced::decide`. A kind that need not be as fast is
//! a [`Single`], played one episode at a time: its act is written once, for all engines, and exact
//! work takes it as a table ([`Player::chances`]).

mod firefighter;
mod heuristic;
mod random;
mod single;
mod specialist;
mod table;
mod ten_parameter;

pub use firefighter::{Firefighter, FirefighterThresholds};
pub use heuristic::{Heuristic, HeuristicThresholds};
pub use single::{Action, Sight, Single};
pub use table::{Table, TableRuns};
#[cfg(feature = "python")]
pub(crate) use ten_parameter::{FIRE, LEAST};
pub use ten_parameter::{TenParameter, TenParameterThresholds};

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

/// A player of a program: a policy that the engines play many episodes at a time, and the chain
/// follows, or one of another kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Player {
    /// A policy of a few numbers.
    Policy(Policy),
    /// A table of acts.
    Table(Arc<Table>),
    /// Any house, mode and signal.
    Random,
    /// Works at its own burning houses only, the lowest first.
    Specialist,
    /// The original project's agent, with all of its ten numbers.
    TenParameter(TenParameter),
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
            Self::Random | Self::Specialist => Ok(()),
            Self::TenParameter(policy) => policy.validate(name),
        }
    }

    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Policy(policy) => policy.kind(),
            Self::Table(_) => Policy::KINDS[2],
            Self::Random => Policy::KINDS[3],
            Self::Specialist => Policy::KINDS[4],
            Self::TenParameter(_) => Policy::KINDS[5],
        }
    }

    /// The player compiled to integers, for a ring of `houses`.
    #[must_use]
    pub fn thresholds(&self, houses: usize) -> PolicyThresholds {
        PolicyThresholds::Single(match self {
            Self::Policy(policy) => return policy.thresholds(),
            Self::Table(table) => Single::Table(Arc::clone(table)),
            Self::Random => Single::Random,
            Self::Specialist => Single::Specialist,
            Self::TenParameter(policy) => Single::TenParameter(Arc::new(policy.thresholds(houses))),
        })
    }

    /// The chances of the acts of an agent that depends on the houses alone: to rest, and to work at
    /// each house.
    ///
    /// # Errors
    /// If it is a table, or it remembers last night.
    pub fn chances(&self, sight: &Sight<'_>, acts: &mut [f64]) -> Result<(), InvalidValue> {
        let refuse = |given| {
            let allowed = "one that depends on the houses alone";
            Err(InvalidValue::new("policy", given, allowed))
        };
        let works = &mut acts[1..];
        match self {
            Self::Policy(policy) => policy.chances(sight, works),
            Self::Table(_) => return refuse("a table"),
            Self::Random => random::chances(works),
            Self::Specialist => specialist::chances(sight, works),
            Self::TenParameter(policy) if !policy.is_memoryless() => {
                return refuse("an agent that remembers last night");
            }
            Self::TenParameter(policy) => policy.chances(sight, works),
        }
        let works: f64 = works.iter().sum();
        acts[0] = f64::max(1.0 - works, 0.0);
        Ok(())
    }
}

/// A policy compiled to integers: the event of a threshold `T` happens when a uniform `U < T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyThresholds {
    /// Those of a [`Heuristic`].
    Heuristic(HeuristicThresholds),
    /// Those of a [`Firefighter`].
    Firefighter(FirefighterThresholds),
    /// Those of a policy that is played one episode at a time.
    Single(Single),
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
    #[inline]
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
            Self::Single(policy) => policy.kind(),
        }
    }

    /// Whether what it does depends on last night.
    #[must_use]
    pub fn remembers(&self) -> bool {
        matches!(self, Self::Single(policy) if policy.remembers())
    }
}

impl Policy {
    /// Names of the kinds.
    pub const KINDS: [&'static str; 6] =
        ["heuristic", "firefighter", "tabular", "random", "specialist", "ten_parameter"];

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
            // Who never works need not choose a house.
            Self::Heuristic(policy) if policy.p == 0.0 => (0, [0, 0]),
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

    /// The chance to work at each house.
    fn chances(&self, sight: &Sight<'_>, works: &mut [f64]) {
        let place = Place::new(sight.agent, sight.layout.houses, sight.layout.agents);
        let burning = sight.burning as usize;
        let fires = Burning { houses: burning, count: burning.count_ones() as usize };
        let hits = self.hits(1.0, place, fires);
        for (house, chance) in works.iter_mut().enumerate() {
            *chance = match burning >> house & 1 {
                0 => 0.0,
                _ if hits.preferred >> house & 1 == 1 => hits.own,
                _ => hits.other,
            };
        }
        let (work, only_at_fires) = self.work();
        if burning == 0 && !only_at_fires {
            works[place.home] = work;
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
