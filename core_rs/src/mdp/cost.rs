//! What solving a game takes, estimated before anything is built.

use super::outcomes::MOST_BYTES;
use crate::error::InvalidValue;
use crate::game::scenario::Dynamics;

/// Most houses.
pub const MOST_HOUSES: usize = 12;
/// Most agents.
pub const MOST_AGENTS: usize = 8;

// Seconds on one thread, as measured on a server of 2023; a model, good to a factor of 2.

/// For a set of fires put out in a state, with four seats.
const SET: f64 = 8e-9;

/// An estimate for best responses of all seats to tables that are the same every night, which take
/// most. One call on rings of 10 to 12 houses with 4 or 8 agents let the peak of a new process grow
/// by 5 to 15 % less; heuristic agents take it without what is kept of tables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Memory, with one thread.
    pub bytes: f64,
    /// Time on one thread.
    pub seconds: f64,
}

/// Estimates a scenario of any size.
#[must_use]
pub fn cost(dynamics: &Dynamics) -> Cost {
    let (houses, agents) = (dynamics.num_houses, dynamics.num_agents);
    // Sets of at most so many fires put out, given who stands and burns (`base` 3) or who burns
    // (`base` 2).
    let sets = |base: f64, most: usize| -> f64 {
        (0..=most.min(houses)).map(|k| choices(houses, k) * base.powi((houses - k) as i32)).sum()
    };
    let lanes: f64 = if agents <= 4 { 4.0 } else { 8.0 };
    let states = 3f64.powi(houses as i32);
    let rows = agents as f64 * (9.0 + 8.0 * houses as f64 / 3.0);
    // What tables put out, where that is kept.
    let kept = sets(3.0, agents.saturating_sub(1)) * 8.0 * lanes;
    let kept = if kept > MOST_BYTES as f64 { 0.0 } else { kept };
    Cost {
        // By state, and tables of saved houses and of what is put out by burning houses.
        bytes: states * (50.0 * lanes + rows) + sets(2.0, agents) * 24.0 * lanes + kept,
        seconds: f64::from(dynamics.max_nights) * sets(3.0, agents) * SET * (lanes / 4.0),
    }
}

/// n over k.
fn choices(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

/// Checks a scenario, and that it is not too large.
///
/// # Errors
/// The first parameter that is not allowed; if the game is too large, with what it would take.
pub fn check(dynamics: &Dynamics) -> Result<(), InvalidValue> {
    dynamics.validate()?;
    for (field, value, most) in [
        ("num_houses", dynamics.num_houses, MOST_HOUSES),
        ("num_agents", dynamics.num_agents, MOST_AGENTS),
    ] {
        if value > most {
            let Cost { bytes, seconds } = cost(dynamics);
            let gigabytes = bytes / 1e9;
            let allowed = format!(
                "at most {most} for policies of every kind (best responses would take about \
                 {gigabytes:.2e} GB and {seconds:.2e} s)"
            );
            return Err(InvalidValue::new(field, value, allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::scenario::tests::default_dynamics;

    #[test]
    fn large_games_are_refused_with_what_they_would_take() {
        let largest = Dynamics { num_houses: 12, num_agents: 8, ..default_dynamics() };
        assert!(check(&largest).is_ok());
        let large = Dynamics { num_houses: 13, ..default_dynamics() };
        let error = check(&large).expect_err("too large");
        assert_eq!(error.field, "num_houses");
        assert!(error.allowed.contains("GB"), "{error}");
        let crowded = Dynamics { num_agents: 9, ..default_dynamics() };
        assert_eq!(check(&crowded).expect_err("too many").field, "num_agents");
        let few = Dynamics { max_nights: 0, ..default_dynamics() };
        assert_eq!(check(&few).expect_err("no nights").field, "max_nights");
        assert!(cost(&large).bytes > cost(&largest).bytes / 2.0);
    }
}
