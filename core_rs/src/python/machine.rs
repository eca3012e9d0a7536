//! What this processor can do, and the generator by itself, for tests and benchmarks.

use pyo3::prelude::*;

use crate::random::philox;
use crate::simd::SimdPath;
use crate::{pool, sliced};

/// Philox4x32-10, for tests of the known answers.
#[pyfunction]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    philox::philox4x32_10(counter, key)
}

/// Names of the SIMD paths this processor can take, and of the one it takes by default.
#[pyfunction]
pub fn simd_paths() -> (Vec<&'static str>, &'static str) {
    let usable = SimdPath::ALL.into_iter().filter(|path| path.is_available());
    (usable.map(SimdPath::name).collect(), SimdPath::best().name())
}

/// Makes 2 · slots Philox calls on a SIMD path, for benchmarks.
#[pyfunction]
pub fn philox_calls(py: Python<'_>, simd: &str, slots: u32) -> PyResult<u32> {
    let path = SimdPath::from_name(simd)?;
    Ok(py.detach(|| sliced::philox_calls(path, 0, slots)))
}

/// Words a SIMD path plays at once.
#[pyfunction]
pub fn simd_words(simd: &str) -> PyResult<usize> {
    Ok(SimdPath::from_name(simd)?.words())
}

/// Threads of the pool that all runs share.
#[pyfunction]
pub fn pool_threads() -> PyResult<usize> {
    Ok(pool::pool_threads()?)
}
