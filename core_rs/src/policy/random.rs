//! The random agent: any house, work or rest, and any signal, all alike.

use super::{Action, Sight};
use crate::random::address::{SLOT_CLAIM, SLOT_HOUSE, SLOT_MODE};
use crate::random::threshold::ALWAYS;
use crate::random::uniform::LazyUniform;

/// The threshold of one half.
pub(super) const HALF: u64 = ALWAYS / 2;

pub(super) fn act(sight: &Sight<'_>, mut uniform: impl FnMut(u32) -> LazyUniform) -> Action {
    Action {
        house: uniform(SLOT_HOUSE).index(sight.layout.houses),
        works: uniform(SLOT_MODE).is_below(HALF),
        signal: uniform(SLOT_CLAIM).is_below(HALF),
    }
}

/// The chance to work at each house.
pub(super) fn chances(works: &mut [f64]) {
    let each = 0.5 / works.len() as f64;
    works.fill(each);
}
