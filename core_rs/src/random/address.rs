//! Where every random bit lives: seed, block of 32 episodes, tick, slot, plane (`docs/randomness.md`).

use crate::random::philox::philox4x32_10;

/// Episodes in a block: one bit of a `u32` each.
pub const BLOCK: u64 = 32;

/// Slots name decisions; add the house or agent. House `h` catches fire.
pub const SLOT_CATCH: u32 = 0x000;
/// The fire at house `h` is extinguished.
pub const SLOT_EXTINGUISH: u32 = 0x040;
/// Agent `a` works, and whether at its own burning home.
pub const SLOT_WORK: u32 = 0x080;
/// The burning house that agent `a` goes to.
pub const SLOT_PICK: u32 = 0x0C0;
/// Agent `a` signals honestly.
pub const SLOT_SIGNAL: u32 = 0x100;
/// The act that agent `a` draws from its table.
pub const SLOT_ACT: u32 = 0x180;
/// The strategy of its mixture that seat `a` plays (tick 0 only).
pub const SLOT_MIXTURE: u32 = 0x140;
/// The house that agent `a` goes to, of all houses.
pub const SLOT_HOUSE: u32 = 0x1C0;
/// Agent `a` works, wherever it goes.
pub const SLOT_MODE: u32 = 0x200;
/// What agent `a` signals, before it knows whether it works.
pub const SLOT_CLAIM: u32 = 0x240;
/// Agent `a` does anything, whatever it intended.
pub const SLOT_EXPLORE: u32 = 0x280;
/// The house that it then goes to.
pub const SLOT_EXPLORE_HOUSE: u32 = 0x2C0;
/// Whether it then works.
pub const SLOT_EXPLORE_MODE: u32 = 0x300;
/// Agent `a` does what it did last night.
pub const SLOT_REPEAT: u32 = 0x340;

/// The tick before night 0: first fires, and the strategies drawn from mixtures.
pub const TICK_START: u32 = 0;

/// The tick of a night.
#[must_use]
pub fn tick_of_night(night: u32) -> u32 {
    night + 1
}

/// The key words of a seed.
#[must_use]
pub fn key(seed: u64) -> [u32; 2] {
    [seed as u32, (seed >> 32) as u32]
}

/// Four planes of one slot: bit `l` of each belongs to episode `32 · block + l`.
#[must_use]
pub fn planes(seed: u64, block: u64, tick: u32, slot: u32, quad: u32) -> [u32; 4] {
    let counter = [block as u32, (block >> 32) as u32, (tick << 16) + slot, quad];
    philox4x32_10(counter, key(seed))
}

/// The 32-bit uniform of one episode at one slot: plane `j` holds its bit `31 − j`.
///
/// ```
/// use bucket_brigade_core::random::address::{planes, uniform};
/// let top = planes(7, 3, 1, 0x080, 0)[0];
/// assert_eq!(uniform(7, 3 * 32 + 5, 1, 0x080) >> 31, (top >> 5) & 1);
/// ```
#[must_use]
pub fn uniform(seed: u64, episode: u64, tick: u32, slot: u32) -> u32 {
    let lane = episode % BLOCK;
    (0..8)
        .flat_map(|quad| planes(seed, episode / BLOCK, tick, slot, quad))
        .fold(0, |u, plane| (u << 1) | ((plane >> lane) & 1))
}
