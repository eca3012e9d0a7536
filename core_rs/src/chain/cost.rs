//! What following a line-up takes, estimated before anything is built.

use super::horizon::{Cell, MOST_STEPS, STEPS};
use crate::error::InvalidValue;
use crate::game::scenario::{Dynamics, NightOrder};

/// Most houses whose every state is told apart.
pub const MOST_HOUSES: usize = 12;
/// The most agents that exact work takes.
pub const MOST_AGENTS: usize = 8;

// Seconds, as measured on a server of 2023; a model, good to a factor of 1.5 on one like it.

/// Seconds for a cell that is added to another one, times a chance.
const CELL: f64 = 0.85e-9;
/// Seconds for a set of fires, and for a state, all in all.
const FIRES: f64 = 13e-9;
const STATE: f64 = 20e-9;
/// Seconds for a step in what the workers achieve.
const EXTINGUISHING: f64 = 2.1e-9;
/// Seconds for the part of a chance that leads from one lumped state to another.
const PART: f64 = 3e-9;
/// Seconds for a house that may burn, and be saved, in a lumped state.
const HOUSE: f64 = 30e-9;
/// Seconds for a line-up, whatever its size.
const LINEUP: f64 = 5e-6;

/// An estimate for one line-up on one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Bytes of memory that a thread needs.
    pub bytes: f64,
    /// Seconds of one thread.
    pub seconds: f64,
}

/// Estimates a line-up of a scenario of any size; `lumped` as for the chain, `None` for whichever
/// it would choose. `by_houses` says whether a policy tells all houses that it owns apart, for
/// which nothing is lumped. Derivatives take three to four times the time, and the memory of the cells once
/// more for each stretch of nights.
#[must_use]
pub fn cost(dynamics: &Dynamics, lumped: Option<bool>, by_houses: bool) -> Cost {
    let lumped = !by_houses && lumped.unwrap_or_else(|| is_lumped(dynamics));
    let (houses, agents) = (dynamics.num_houses, dynamics.num_agents);
    let homes = if by_houses { houses } else { agents.min(houses) };
    let others = houses - homes;
    let nights = dynamics.max_nights as usize;
    let open = nights.min(dynamics.min_nights as usize + 1);
    let passes = (passes(open) + passes(nights - open)) as f64;
    let levels = agents.min(others) as f64 + 1.0;
    // Of each number of others, and how many of them are lost or put out.
    let pairs = ((others + 1) * (others + 2)) as f64 / 2.0;
    let power = |base: f64, exponent: usize| base.powi(exponent as i32);
    // What the workers achieve, agent by agent.
    let extinguishing =
        power(3.0, homes) * (others + 1) as f64 * levels * (agents * (homes + 2)) as f64;
    let (states, fires, pass, once);
    if lumped {
        states = power(2.0, homes) * (others + 1) as f64;
        fires = power(3.0, homes) * pairs;
        let parts = power(4.0, homes) * pairs + fires * levels / 2.0 + 2.0 * fires;
        pass = CELL * fires + STATE * states;
        once = PART * parts + HOUSE * states * houses as f64;
    } else {
        // Houses whose fates are told apart, and others whose fires are added up first.
        let apart = homes.max(3.min(houses));
        let alike = houses - apart;
        let sets = |free: usize| choices(alike, free) * power(2.0, alike - free);
        let added: f64 =
            (0..=agents.min(alike)).map(|out| choices(alike, out) * power(3.0, alike - out)).sum();
        let applied: f64 = (0..=alike).map(|free| sets(free) * (agents.min(free) + 1) as f64).sum();
        states = 1.06 * power(2.66, houses);
        fires = power(3.0, houses);
        let cells = power(4.0, apart) * applied + power(3.0, apart) * added / 2.0;
        pass = CELL * cells + FIRES * fires + STATE * states;
        once = 0.0;
    }
    let cell = size_of::<Cell>() as f64;
    let chances = power(4.0, homes) * (others + 1) as f64 * levels;
    Cost {
        bytes: states * (cell + 80.0)
            + 4.0 * power(2.0, houses.min(16)) * cell
            + 12.0 * (fires + chances),
        seconds: pass * passes + once + EXTINGUISHING * extinguishing + LINEUP,
    }
}

/// Whether houses without agents are told apart by number only, unless asked otherwise: no fire
/// spreads.
pub(super) fn is_lumped(dynamics: &Dynamics) -> bool {
    dynamics.night_order == NightOrder::BurnOutThenSpread
}

/// The number of passes over the states for a number of nights.
fn passes(nights: usize) -> usize {
    if nights > MOST_STEPS { 1 } else { nights.div_ceil(STEPS) }
}

/// Checks a scenario, and that its chain is not too large.
///
/// # Errors
/// The first parameter that is not allowed; if the ring is too large, with what it would take.
pub fn check(dynamics: &Dynamics, lumped: bool) -> Result<(), InvalidValue> {
    dynamics.validate()?;
    let refuse = |field: &str, value: usize, most: usize| {
        let Cost { bytes, seconds } = cost(dynamics, Some(lumped), false);
        let gigabytes = bytes / 1e9;
        let allowed = format!(
            "at most {most} for exact payoffs (this would take about {gigabytes:.2e} GB and \
             {seconds:.2e} s a line-up)"
        );
        Err(InvalidValue::new(field, value, allowed))
    };
    if !lumped && dynamics.num_houses > MOST_HOUSES {
        return refuse("num_houses", dynamics.num_houses, MOST_HOUSES);
    }
    if dynamics.num_agents > MOST_AGENTS {
        return refuse("num_agents", dynamics.num_agents, MOST_AGENTS);
    }
    Ok(())
}

/// n over k.
pub(super) fn choices(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::scenario::tests::default_dynamics;

    #[test]
    fn large_rings_are_refused_with_what_they_would_take() {
        let largest = Dynamics { num_houses: 12, num_agents: 8, ..default_dynamics() };
        assert!(check(&largest, false).is_ok());
        let large = Dynamics { num_houses: 13, ..default_dynamics() };
        let error = check(&large, false).expect_err("too large");
        assert_eq!(error.field, "num_houses");
        assert!(error.allowed.contains("GB"), "{error}");
        assert!(check(&large, true).is_ok());
        let crowded = Dynamics { num_agents: 9, ..default_dynamics() };
        assert_eq!(check(&crowded, true).expect_err("too many").field, "num_agents");
    }

    #[test]
    fn estimates_grow_with_the_ring_and_shrink_by_lumping() {
        let of = |num_houses, night_order| {
            cost(&Dynamics { num_houses, night_order, ..default_dynamics() }, None, false)
        };
        let mut before = Cost { bytes: 0.0, seconds: 0.0 };
        for houses in 4..=32 {
            let full = of(houses, NightOrder::SpreadThenBurnOut);
            let lumped = of(houses, NightOrder::BurnOutThenSpread);
            assert!(full.bytes > before.bytes && full.seconds > before.seconds);
            if houses > 6 {
                assert!(lumped.bytes < full.bytes && lumped.seconds < full.seconds);
            }
            before = full;
        }
    }
}
