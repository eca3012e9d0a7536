//! `bucket_brigade.Scenario` objects, read attribute by attribute.

use numpy::{PyArray2, ndarray::Array2};
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::game::scenario::{
    AGENTS, Dynamics, EndRule, HOUSES, MAX_NIGHTS, NightOrder, Rewards, integer_in,
};

fn get<'py, T>(scenario: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    scenario.getattr(name)?.extract()
}

/// An integer field; one too large for its type is out of range, not a type error.
fn whole<'py, T: TryFrom<i128>>(
    scenario: &Bound<'py, PyAny>,
    name: &str,
    allowed: &str,
) -> PyResult<T> {
    let value = scenario.getattr(name)?;
    let small: Option<i128> = value.extract::<i64>().ok().map(i128::from);
    let fits = small.and_then(|x| T::try_from(x).ok());
    fits.ok_or_else(|| InvalidValue::new(name, value, allowed).into())
}

/// The dynamics of a scenario, not yet checked.
pub fn dynamics(scenario: &Bound<'_, PyAny>) -> PyResult<Dynamics> {
    let night_order: String = get(scenario, "night_order")?;
    let end_rule: String = get(scenario, "end_rule")?;
    Ok(Dynamics {
        num_houses: whole(scenario, "num_houses", &integer_in(&HOUSES))?,
        num_agents: whole(scenario, "num_agents", &integer_in(&AGENTS))?,
        prob_fire_spreads_to_neighbor: get(scenario, "prob_fire_spreads_to_neighbor")?,
        prob_solo_agent_extinguishes_fire: get(scenario, "prob_solo_agent_extinguishes_fire")?,
        prob_house_catches_fire: get(scenario, "prob_house_catches_fire")?,
        min_nights: whole(scenario, "min_nights", "an integer from 0 to max_nights")?,
        max_nights: whole(scenario, "max_nights", &integer_in(&MAX_NIGHTS))?,
        night_order: NightOrder::from_name(&night_order)?,
        end_rule: EndRule::from_name(&end_rule)?,
    })
}

/// The rewards of a scenario, not yet checked, scalars repeated for every agent.
pub fn rewards(scenario: &Bound<'_, PyAny>, num_agents: usize) -> PyResult<Rewards> {
    let per_agent = |name: &str| -> PyResult<Vec<f64>> {
        let value = scenario.getattr(name)?;
        match value.extract::<f64>() {
            Ok(one) => Ok(vec![one; num_agents]),
            Err(_) => value.extract(),
        }
    };
    Ok(Rewards {
        team_reward_house_survives: get(scenario, "team_reward_house_survives")?,
        team_penalty_house_burns: get(scenario, "team_penalty_house_burns")?,
        reward_own_house_survives: per_agent("reward_own_house_survives")?,
        reward_other_house_survives: per_agent("reward_other_house_survives")?,
        penalty_own_house_burns: per_agent("penalty_own_house_burns")?,
        penalty_other_house_burns: per_agent("penalty_other_house_burns")?,
        cost_to_work_one_night: get(scenario, "cost_to_work_one_night")?,
        reward_rest: get(scenario, "reward_rest")?,
    })
}

/// Raises `InvalidValue` for the first parameter that is not allowed.
#[pyfunction]
pub fn check_scenario(scenario: &Bound<'_, PyAny>) -> PyResult<()> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    rewards(scenario, dynamics.num_agents)?.validate(dynamics.num_agents)?;
    Ok(())
}

/// Episodes that one call may play (see `most_episodes` of the crate).
#[pyfunction]
pub fn most_episodes(scenario: &Bound<'_, PyAny>) -> PyResult<u64> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    let layout = Layout { houses: dynamics.num_houses, agents: dynamics.num_agents };
    Ok(crate::game::program::most_episodes(dynamics.max_nights, layout))
}

/// The worth of each feature to each agent: shape (agents, features).
#[pyfunction]
pub fn reward_weights<'py>(scenario: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    let rewards = rewards(scenario, dynamics.num_agents)?;
    rewards.validate(dynamics.num_agents)?;
    let layout = Layout { houses: dynamics.num_houses, agents: dynamics.num_agents };
    let rows = rewards.weights(layout);
    let weights = Array2::from_shape_fn((layout.agents, layout.features()), |(a, f)| rows[a][f]);
    Ok(PyArray2::from_owned_array(scenario.py(), weights))
}
