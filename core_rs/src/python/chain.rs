//! Expected counts without sampling.

use std::sync::{Arc, Mutex};

use numpy::ndarray::{Array2, Array3, ArrayView1};
use numpy::{PyArray2, PyArray3, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use super::errors::shape_error;
use super::policy::PyPolicy;
use super::progress::without_python;
use super::scenario::dynamics;
use crate::chain::{Chain, Lineups, Method, cost};
use crate::error::InvalidValue;
use crate::game::scenario::Dynamics;
use crate::policy::{Heuristic, Policy};
use crate::pool::lock;

/// Count vectors, and derivatives by the numbers of each policy.
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
    if cost(&dynamics, lumped, false).bytes <= KEPT {
        *lock(&LAST) = Some((dynamics, method, Arc::clone(&chain)));
    }
    Ok(chain)
}

/// Line-ups (L, A, 2) as (p, q) of each seat, or with `policies` (L, A) as indices into these.
fn lineups(
    chain: &Chain,
    lineups: &Bound<'_, PyAny>,
    policies: Option<Vec<PyRef<'_, PyPolicy>>>,
) -> PyResult<Lineups> {
    let agents = chain.layout().agents;
    let wrong = |shape: &[usize], allowed: &str| {
        let allowed = format!("{allowed} for each of the {agents} seats");
        InvalidValue::new("lineups", format!("an array of shape {shape:?}"), allowed)
    };
    let Some(pool) = policies else {
        let pairs: PyReadonlyArray3<'_, f64> = lineups.extract()?;
        let pairs = pairs.as_array();
        if pairs.shape()[1..] != [agents, 2] {
            return Err(wrong(pairs.shape(), "(p, q)").into());
        }
        let pairs = pairs.lanes(numpy::ndarray::Axis(2));
        let of = |pair: ArrayView1<'_, f64>| Policy::Heuristic(Heuristic::new(pair[0], pair[1]));
        return Ok(Lineups::new(chain, pairs.into_iter().map(of).collect())?);
    };
    let indices: PyReadonlyArray2<'_, i64> = lineups.extract()?;
    let indices = indices.as_array();
    if indices.ncols() != agents {
        return Err(wrong(indices.shape(), "an index").into());
    }
    let of = |&index: &i64| {
        let policy = usize::try_from(index).ok().and_then(|index| pool.get(index));
        let allowed = || format!("an index below the {} policies", pool.len());
        policy.ok_or_else(|| InvalidValue::new("lineups", index, allowed()))?.of_numbers()
    };
    Ok(Lineups::new(chain, indices.iter().map(of).collect::<Result<_, _>>()?)?)
}

/// Expected count vectors (L, D) of line-ups: (p, q) of each seat (L, A, 2), or with `policies` an
/// index into these for each seat (L, A).
///
/// `progress(lineups_done)` is called now and then; what it raises stops the work.
#[pyfunction]
#[pyo3(signature = (scenario, lineups, *, threads, progress, lumped = None, policies = None))]
pub fn expected<'py>(
    scenario: &Bound<'py, PyAny>,
    lineups: &Bound<'py, PyAny>,
    threads: usize,
    progress: Option<Py<PyAny>>,
    lumped: Option<bool>,
    policies: Option<Vec<PyRef<'py, PyPolicy>>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let chain = chain(scenario, lumped)?;
    let lineups = self::lineups(&chain, lineups, policies)?;
    let py = scenario.py();
    let counts =
        without_python(py, progress, |poll| chain.expected_of_all(&lineups, threads, poll))?;
    let shape = (lineups.len(), chain.layout().counts());
    let counts = Array2::from_shape_vec(shape, counts).map_err(shape_error)?;
    Ok(PyArray2::from_owned_array(py, counts))
}

/// Expected count vectors (L, D) as [`expected`], and the derivatives (L, A, 2) of weights (L, D)
/// times counts: by (p, q) of a heuristic, by w of a firefighter and 0.
#[pyfunction]
#[pyo3(signature = (scenario, lineups, weights, *, threads, progress, lumped = None, policies = None))]
pub fn expected_gradient<'py>(
    scenario: &Bound<'py, PyAny>,
    lineups: &Bound<'py, PyAny>,
    weights: PyReadonlyArray2<'py, f64>,
    threads: usize,
    progress: Option<Py<PyAny>>,
    lumped: Option<bool>,
    policies: Option<Vec<PyRef<'py, PyPolicy>>>,
) -> PyResult<CountsAndGradients<'py>> {
    let chain = chain(scenario, lumped)?;
    let lineups = self::lineups(&chain, lineups, policies)?;
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

/// Estimated bytes per thread and seconds per line-up of [`expected`], whatever the size, if
/// `by_houses` for policies that tell all houses apart which they own; raises
/// `InvalidValue` only for what is not a scenario.
#[pyfunction]
#[pyo3(signature = (scenario, *, lumped = None, by_houses = false))]
pub fn exact_cost(
    scenario: &Bound<'_, PyAny>,
    lumped: Option<bool>,
    by_houses: bool,
) -> PyResult<(f64, f64)> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    let cost = cost(&dynamics, lumped, by_houses);
    Ok((cost.bytes, cost.seconds))
}
