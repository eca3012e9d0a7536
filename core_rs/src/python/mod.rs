//! The extension module `bucket_brigade._core`: a thin face of this crate for its Python package.
//!
//! Its functions take values that the package has already given the right types, and leave every
//! check of a range to the crate.

mod arrays;
mod chain;
mod episode;
mod program;
mod scenario;

use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::pool::{RunError, pool_threads as threads_of_pool};
use crate::simd::SimdPath;
use crate::sliced::philox_calls as philox_calls_on;

mod exceptions {
    pyo3::import_exception!(bucket_brigade.errors, InvalidValue);
}

impl From<InvalidValue> for PyErr {
    fn from(error: InvalidValue) -> Self {
        exceptions::InvalidValue::new_err((error.field, error.value, error.allowed))
    }
}

impl From<RunError> for PyErr {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Cancelled => PyRuntimeError::new_err("the run was stopped"),
            RunError::OutOfMemory(bytes) => PyMemoryError::new_err(format!(
                "the counts would take {bytes} bytes; ask for fewer line-ups, or for totals only"
            )),
            RunError::NoThreads(why) => {
                PyRuntimeError::new_err(format!("the thread pool could not be started: {why}"))
            }
        }
    }
}

/// Philox4x32-10, for tests of the known answers.
#[pyfunction]
fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    crate::random::philox::philox4x32_10(counter, key)
}

/// Names of the SIMD paths this processor can take, and of the one it takes by default.
#[pyfunction]
fn simd_paths() -> (Vec<&'static str>, &'static str) {
    let usable = SimdPath::ALL.into_iter().filter(|path| path.is_available());
    (usable.map(SimdPath::name).collect(), SimdPath::best().name())
}

/// Makes 2 · slots Philox calls on a SIMD path, for benchmarks.
#[pyfunction]
fn philox_calls(py: Python<'_>, simd: &str, slots: u32) -> PyResult<u32> {
    let path = SimdPath::from_name(simd)?;
    Ok(py.detach(|| philox_calls_on(path, 0, slots)))
}

/// Words a SIMD path plays at once.
#[pyfunction]
fn simd_words(simd: &str) -> PyResult<usize> {
    Ok(SimdPath::from_name(simd)?.words())
}

/// Threads of the pool that all runs share.
#[pyfunction]
fn pool_threads() -> PyResult<usize> {
    Ok(threads_of_pool()?)
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RULES_VERSION", crate::game::scenario::RULES_VERSION)?;
    module.add("END_KINDS", crate::game::counts::END_KINDS)?;
    module.add_class::<program::PyProgram>()?;
    module.add_class::<episode::PyEpisode>()?;
    module.add_function(wrap_pyfunction!(scenario::check_scenario, module)?)?;
    module.add_function(wrap_pyfunction!(scenario::most_episodes, module)?)?;
    module.add_function(wrap_pyfunction!(scenario::reward_weights, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::features, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::weighted_sums, module)?)?;
    module.add_function(wrap_pyfunction!(chain::expected, module)?)?;
    module.add_function(wrap_pyfunction!(chain::expected_gradient, module)?)?;
    module.add_function(wrap_pyfunction!(chain::exact_cost, module)?)?;
    module.add_function(wrap_pyfunction!(philox4x32_10, module)?)?;
    module.add_function(wrap_pyfunction!(philox_calls, module)?)?;
    module.add_function(wrap_pyfunction!(simd_paths, module)?)?;
    module.add_function(wrap_pyfunction!(simd_words, module)?)?;
    module.add_function(wrap_pyfunction!(pool_threads, module)?)?;
    Ok(())
}
