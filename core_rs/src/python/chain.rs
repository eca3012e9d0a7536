//! Expected counts without sampling.

use std::sync::{Arc, Mutex};

use numpy::ndarray::{Array2, Array3, ArrayView3};
use numpy::{PyArray2, PyArray3, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use super::scenario::dynamics;
use crate::chain::{Chain, Duty, Lineups, Method, cost};
use crate::error::InvalidValue;
use crate::game::scenario::Dynamics;
use crate::pool::{RunError, lock};

/// Count vectors, and derivatives by (p, q).
type CountsAndGradients<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray3<f64>>);

/// Estimated bytes of a thread up to which a chain is kept for the next call.
const KEPT: f64 = 64e6;

/// The chain of a scenario. The last one is kept, for those who ask for one line-up after another:
/// building its tables is a third of the time of a single one.
fn chain(scenario: &Bound<'_, PyAny>, lumped: Option<bool>) -> PyResult<Arc<Chain>> {
    static LAST: Mutex<Option<(Dynamics, Method, Arc<Chain>)>> = Mutex::new(None);
    let method = match lumped {
        None => Method::Auto,
        Some(false) => Method::Full,
        Some(true) => Method::Lumped,
    };
    let dynamics = dynamics(scenario)?;
    if let Some((known, by, chain)) = &*lock(&LAST)
        && (known, *by) == (&dynamics, method)
    {
        return Ok(Arc::clone(chain));
    }
    // Not under the lock: other threads may ask for other chains meanwhile.
    let chain = Arc::new(Chain::new(&dynamics, method)?);
    if cost(&dynamics, lumped).bytes <= KEPT {
        *lock(&LAST) = Some((dynamics, method, Arc::clone(&chain)));
    }
    Ok(chain)
}

fn lineups(chain: &Chain, duties: ArrayView3<'_, f64>) -> PyResult<Lineups> {
    let agents = chain.layout().agents;
    if duties.shape()[1..] != [agents, 2] {
        let given = format!("an array of shape {:?}", duties.shape());
        let allowed = format!("(p, q) for each of the {agents} seats");
        return Err(InvalidValue::new("duties", given, allowed).into());
    }
    let pairs = duties.lanes(numpy::ndarray::Axis(2));
    let pairs = pairs.into_iter().map(|pair| Duty { work: pair[0], home: pair[1] });
    Ok(Lineups::new(agents, pairs.collect())?)
}

/// Runs `work` without the interpreter, with a `poll` that tells `progress` how many line-ups are
/// done; an exception that it raises, like one of a signal, stops the work and is passed on.
fn without_python<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&mut dyn FnMut(u64) -> bool) -> Result<T, RunError> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = py.detach(|| {
        work(&mut |done| {
            Python::attach(|py| {
                let told = match &progress {
                    Some(progress) => progress.call1(py, (done,)).map(drop),
                    None => Ok(()),
                };
                raised = told.and_then(|()| py.check_signals()).err();
                raised.is_none()
            })
        })
    });
    match (result, raised) {
        (Err(RunError::Cancelled), Some(error)) => Err(error),
        (result, _) => Ok(result?),
    }
}

fn shape_error(error: numpy::ndarray::ShapeError) -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err(error.to_string())
}

/// Expected count vectors (L, D) of line-ups given as (p, q) of each seat (L, A, 2).
///
/// `progress(lineups_done)` is called now and then; what it raises stops the work.
#[pyfunction]
#[pyo3(signature = (scenario, duties, *, threads, progress, lumped = None))]
pub fn expected<'py>(
    scenario: &Bound<'py, PyAny>,
    duties: PyReadonlyArray3<'py, f64>,
    threads: usize,
    progress: Option<Py<PyAny>>,
    lumped: Option<bool>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let chain = chain(scenario, lumped)?;
    let lineups = lineups(&chain, duties.as_array())?;
    let py = scenario.py();
    let counts =
        without_python(py, progress, |poll| chain.expected_of_all(&lineups, threads, poll))?;
    let shape = (lineups.len(), chain.layout().counts());
    let counts = Array2::from_shape_vec(shape, counts).map_err(shape_error)?;
    Ok(PyArray2::from_owned_array(py, counts))
}

/// Expected count vectors (L, D), and the derivatives (L, A, 2) of weights (L, D) times counts by
/// each seat's (p, q).
#[pyfunction]
#[pyo3(signature = (scenario, duties, weights, *, threads, progress, lumped = None))]
pub fn expected_gradient<'py>(
    scenario: &Bound<'py, PyAny>,
    duties: PyReadonlyArray3<'py, f64>,
    weights: PyReadonlyArray2<'py, f64>,
    threads: usize,
    progress: Option<Py<PyAny>>,
    lumped: Option<bool>,
) -> PyResult<CountsAndGradients<'py>> {
    let chain = chain(scenario, lumped)?;
    let lineups = lineups(&chain, duties.as_array())?;
    let (l, d, a) = (lineups.len(), chain.layout().counts(), chain.layout().agents);
    let weights = weights.as_array();
    if weights.shape() != [l, d] {
        let given = format!("an array of shape {:?}", weights.shape());
        let allowed = format!("a weight for each of the {l} line-ups and {d} counts");
        return Err(InvalidValue::new("weights", given, allowed).into());
    }
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
        return Err(InvalidValue::new("weights", weight, "finite numbers").into());
    }
    let weights: Vec<f64> = weights.iter().copied().collect();
    let py = scenario.py();
    let found = without_python(py, progress, |poll| {
        chain.gradient_of_all(&lineups, &weights, threads, poll)
    })?;
    let counts = Array2::from_shape_vec((l, d), found.counts).map_err(shape_error)?;
    let gradients = Array3::from_shape_vec((l, a, 2), found.gradients).map_err(shape_error)?;
    Ok((PyArray2::from_owned_array(py, counts), PyArray3::from_owned_array(py, gradients)))
}

/// Estimated bytes per thread and seconds per line-up of [`expected`], whatever the size; raises
/// `InvalidValue` only for what is not a scenario.
#[pyfunction]
#[pyo3(signature = (scenario, *, lumped = None))]
pub fn exact_cost(scenario: &Bound<'_, PyAny>, lumped: Option<bool>) -> PyResult<(f64, f64)> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    let cost = cost(&dynamics, lumped);
    Ok((cost.bytes, cost.seconds))
}
