//! The extension module `bucket_brigade._core`: a thin face of this crate for its Python package.
//!
//! Its functions take values that the package has already given the right types, and leave every
//! check of a range to the crate.

mod arrays;
mod chain;
mod envs;
mod episode;
mod errors;
mod machine;
mod mdp;
mod policy;
mod program;
mod progress;
mod scenario;

use pyo3::prelude::*;

use crate::chain::cost;
use crate::game::program::MAX_MIXTURE;
use crate::game::scenario::{AGENTS, HOUSES, MAX_NIGHTS, RULES_VERSION};
use crate::policy::Policy;
use crate::random::address::BLOCK;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RULES_VERSION", RULES_VERSION)?;
    module.add("EPISODES_PER_BLOCK", BLOCK)?;
    module.add("HOUSES", HOUSES.into_inner())?;
    module.add("AGENTS", AGENTS.into_inner())?;
    module.add("MAX_NIGHTS", MAX_NIGHTS.into_inner())?;
    module.add("MAX_MIXTURE", MAX_MIXTURE)?;
    module.add("MAX_EXACT_HOUSES", cost::MOST_HOUSES)?;
    module.add("MAX_EXACT_AGENTS", cost::MOST_AGENTS)?;
    module.add("POLICY_KINDS", Policy::KINDS)?;
    module.add("END_KINDS", crate::game::counts::END_KINDS)?;
    module.add_class::<policy::PyPolicy>()?;
    module.add_class::<program::PyProgram>()?;
    module.add_class::<episode::PyEpisode>()?;
    module.add_class::<envs::PyVectorEnv>()?;
    module.add_function(wrap_pyfunction!(scenario::check_scenario, module)?)?;
    module.add_function(wrap_pyfunction!(scenario::most_episodes, module)?)?;
    module.add_function(wrap_pyfunction!(scenario::reward_weights, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::features, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::weighted_sums, module)?)?;
    module.add_function(wrap_pyfunction!(chain::expected, module)?)?;
    module.add_function(wrap_pyfunction!(chain::expected_gradient, module)?)?;
    module.add_function(wrap_pyfunction!(chain::exact_cost, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::act_runs, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::policy_table, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::policy_values, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::policy_counts, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::policy_visits, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::best_responses, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::deviations, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::certify, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::team_optimum, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::markov_equilibrium, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::selectors, module)?)?;
    module.add_function(wrap_pyfunction!(mdp::policy_cost, module)?)?;
    module.add_function(wrap_pyfunction!(machine::philox4x32_10, module)?)?;
    module.add_function(wrap_pyfunction!(machine::philox_calls, module)?)?;
    module.add_function(wrap_pyfunction!(machine::simd_paths, module)?)?;
    module.add_function(wrap_pyfunction!(machine::simd_words, module)?)?;
    module.add_function(wrap_pyfunction!(machine::pool_threads, module)?)?;
    Ok(())
}
