//! Policies that every engine plays one episode at a time.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Policy, Table, TenParameterThresholds, random, specialist};
use crate::game::counts::Layout;
use crate::random::address::SLOT_ACT;
use crate::random::threshold::ALWAYS;
use crate::random::uniform::LazyUniform;

/// The act of one agent in one night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// The house where the agent is.
    pub house: usize,
    /// Whether it works there or rests.
    pub works: bool,
    /// The act it claims to do; it may lie.
    pub signal: bool,
}

impl Action {
    /// House, mode and signal as bytes.
    #[inline]
    #[must_use]
    pub fn to_bytes(self) -> [u8; 3] {
        [self.house as u8, u8::from(self.works), u8::from(self.signal)]
    }
}

/// What an agent sees when a night begins.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The shape of the ring and the team.
    pub layout: Layout,
    /// Which agent it is.
    pub agent: usize,
    /// The number of the night.
    pub night: u32,
    /// Burning houses, as bits.
    pub burning: u32,
    /// Houses in ruins, as bits.
    pub ruined: u32,
    /// House, mode and signal of every agent last night: zeros before night 0. Only policies that
    /// [remember](Single::remembers) read it.
    pub last: &'a [u8],
}

/// A policy that is played one episode at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Single {
    /// A table of acts.
    Table(Arc<Table>),
    /// Any house, mode and signal.
    Random,
    /// Works at its own burning houses only, the lowest first.
    Specialist,
    /// The original project's agent, with all of its ten numbers.
    TenParameter(Arc<TenParameterThresholds>),
}

impl Single {
    /// The act on a night; `uniform` gives the agent's uniform at a slot.
    #[inline(always)]
    pub fn act(&self, sight: &Sight<'_>, mut uniform: impl FnMut(u32) -> LazyUniform) -> Action {
        match self {
            Self::Table(table) => {
                let state = Table::state(sight.burning, sight.ruined);
                let home = sight.agent % sight.layout.houses;
                table.action(state, sight.night, home, || uniform(SLOT_ACT))
            }
            Self::Random => random::act(sight, uniform),
            Self::Specialist => specialist::act(sight),
            Self::TenParameter(policy) => policy.act(sight, uniform),
        }
    }

    /// Whether what it does depends on last night.
    #[must_use]
    pub fn remembers(&self) -> bool {
        matches!(self, Self::TenParameter(policy) if policy.remembers())
    }

    /// The name of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => Policy::KINDS[2],
            Self::Random => Policy::KINDS[3],
            Self::Specialist => Policy::KINDS[4],
            Self::TenParameter(_) => Policy::KINDS[5],
        }
    }

    /// The threshold of working, if it were the same always: 0 if it never works, 2^32 if it always
    /// does (the specialist: if something of its own burns), and anything between otherwise.
    #[must_use]
    pub fn work(&self) -> u64 {
        match self {
            Self::Table(table) => table.work(),
            Self::Random => random::HALF,
            Self::Specialist => ALWAYS,
            Self::TenParameter(policy) => policy.work(),
        }
    }

    /// A number that differs where policies do.
    #[must_use]
    pub fn sum(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}
