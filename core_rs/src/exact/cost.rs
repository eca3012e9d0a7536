//! What following a line-up takes, estimated before anything is built.

use super::chain::is_lumped;
use super::lanes::{LANES, Line};
use crate::error::InvalidValue;
use crate::scenario::Dynamics;

/// Most houses whose every state is told apart.
pub const MOST_HOUSES: usize = 12;
/// Most agents.
pub const MOST_AGENTS: usize = 8;

/// Seconds per operation on a line, as measured on a server of 2023; a model, good to a factor 3.
const SECONDS_PER_OPERATION: f64 = 5.0e-10;
/// Operations that turning eight lines on their side is worth.
const TURN: f64 = 40.0;

/// An estimate for one line-up on one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Memory a thread needs.
    pub bytes: f64,
    /// Time, if the episode can last `max_nights`.
    pub seconds: f64,
}

/// Estimates a line-up of a scenario of any size; `lumped` as for the chain, `None` for whichever
/// it would choose. Derivatives take about three times the time, and memory for the distributions
/// of the nights on top (`gradient::KEPT_BYTES`).
#[must_use]
pub fn cost(dynamics: &Dynamics, lumped: Option<bool>) -> Cost {
    let lumped = lumped.unwrap_or_else(|| is_lumped(dynamics));
    let agents = dynamics.num_agents;
    let m = agents.min(dynamics.num_houses);
    let n = dynamics.num_houses - m;
    let places = 3f64.powi(m as i32);
    let lines = (places / LANES as f64).ceil();
    // Pairs of rows between which the workers and the spread lead.
    let (rows, raised, spread) = if lumped {
        let rows = ((n + 1) * (n + 2)) as f64 / 2.0;
        (rows, rows * (agents.min(n) as f64 + 1.0), rows * (n as f64 + 3.0) / 3.0)
    } else {
        let raised = (0..=n).map(|safe| {
            let rows = choices(n, safe) * 2f64.powi((n - safe) as i32);
            rows * (0..=agents.min(safe)).map(|out| choices(safe, out)).sum::<f64>()
        });
        (3f64.powi(n as i32), raised.sum(), 4f64.powi(n as i32))
    };
    let slot_lines = if lumped { lines } else { lines * 16.0 / 9.0 + 4.0 };
    let chunks = rows / LANES as f64 + n as f64 + 1.0;
    let levels = 1.0 + (n as f64 / 3.0).min(agents as f64) * 1.2;
    let pairs: f64 =
        (0..=agents.min(m)).map(|out| choices(m, out) * 3f64.powi((m - out) as i32)).sum();
    let operations = raised * lines
        + chunks * (levels * lines + slot_lines) * TURN
        + chunks * (pairs * (levels + 2.0) + 2.0 * 4f64.powi(m as i32))
        + spread * slot_lines;
    // The table of what the workers achieve, once.
    let table = 3f64.powi(m as i32) * (n as f64 + 1.0) * (agents as f64 + 1.0);
    let once = table * agents as f64 * 10.0;
    let line = size_of::<Line>() as f64;
    Cost {
        bytes: line * (rows * (5.0 * lines + slot_lines) + 8.0 * lines * (agents as f64 + 4.0))
            + 8.0 * table,
        seconds: SECONDS_PER_OPERATION * (operations * f64::from(dynamics.max_nights) + once),
    }
}

/// Checks a scenario, and that its chain is not too large.
///
/// # Errors
/// The first parameter that is not allowed; if the ring is too large, with what it would take.
pub fn check(dynamics: &Dynamics, lumped: bool) -> Result<(), InvalidValue> {
    dynamics.validate()?;
    let refuse = |field: &str, value: usize, most: usize| {
        let Cost { bytes, seconds } = cost(dynamics, Some(lumped));
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

fn choices(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::NightOrder;
    use crate::scenario::tests::default_dynamics;

    #[test]
    fn large_rings_are_refused_with_what_they_would_take() {
        assert!(check(&default_dynamics(), false).is_ok());
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
            cost(&Dynamics { num_houses, night_order, ..default_dynamics() }, None)
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
