//! Policies of every kind: judged, answered and solved.

use std::sync::{Arc, Mutex};

use numpy::ndarray::{Array1, Array2};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::errors::shape_error;
use super::policy::PyPolicy;
use super::progress::without_python;
use super::scenario::{dynamics, rewards};
use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::game::scenario::{Dynamics, Rewards};
use crate::mdp::cost::cost;
use crate::mdp::{ActRuns, Model, Policy, Selector};
use crate::policy::{Sight, Table};
use crate::pool::{lock, zeros};

/// Where the runs of each state begin, until when each lasts, its act, and chances of drawn acts.
type Runs<'py> = (
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray2<f64>>,
);

/// Estimated bytes up to which a model is kept for the next call.
const KEPT: f64 = 100e6;

/// The model of a scenario. The last one is kept: who judges one line-up often judges another.
fn model(scenario: &Bound<'_, PyAny>) -> PyResult<Arc<Model>> {
    static LAST: Mutex<Option<(Dynamics, Rewards, Arc<Model>)>> = Mutex::new(None);
    let dynamics = dynamics(scenario)?;
    let rewards = rewards(scenario, dynamics.num_agents)?;
    if let Some((known, with, model)) = &*lock(&LAST)
        && (known, with) == (&dynamics, &rewards)
    {
        return Ok(Arc::clone(model));
    }
    let py = scenario.py();
    let model = Arc::new(py.detach(|| Model::new(&dynamics, &rewards))?);
    if cost(&dynamics).bytes <= KEPT {
        *lock(&LAST) = Some((dynamics, rewards, Arc::clone(&model)));
    }
    Ok(model)
}

/// A policy as Python gives it.
enum Given<'py> {
    /// (p, q) of a heuristic agent.
    Heuristic(f64, f64),
    /// Chances of acts, (3^H, 1 + H) or (T, 3^H, 1 + H).
    Table(PyReadonlyArrayDyn<'py, f64>),
    /// Runs of acts.
    Runs(ActRuns),
}

impl<'py> Given<'py> {
    /// From (p, q), an array of chances, or four arrays of runs.
    fn new(given: &Bound<'py, PyAny>, name: &str) -> PyResult<Self> {
        if let Ok(table) = given.extract::<PyReadonlyArrayDyn<'py, f64>>() {
            return Ok(Self::Table(table));
        }
        if let Ok((p, q)) = given.extract::<(f64, f64)>() {
            return Ok(Self::Heuristic(p, q));
        }
        let parts = given.extract::<(
            PyReadonlyArray1<'py, u32>,
            PyReadonlyArray1<'py, u32>,
            PyReadonlyArray1<'py, u8>,
            PyReadonlyArrayDyn<'py, f64>,
        )>();
        let Ok((first, until, acts, chances)) = parts else {
            let allowed = "(p, q), an array of chances, or runs of acts";
            return Err(InvalidValue::new(name, given, allowed).into());
        };
        Ok(Self::Runs(ActRuns {
            first: first.as_array().to_vec(),
            until: until.as_array().to_vec(),
            acts: acts.as_array().to_vec(),
            chances: chances.as_array().iter().copied().collect(),
        }))
    }

    fn policy(&self, name: &str) -> Result<Policy<'_>, InvalidValue> {
        match self {
            Self::Heuristic(work, home) => Ok(Policy::Heuristic { work: *work, home: *home }),
            Self::Runs(runs) => Ok(Policy::Acts(runs)),
            Self::Table(table) => match table.as_slice() {
                Ok(slice) if table.is_c_contiguous() => Ok(Policy::Table(slice)),
                _ => Err(InvalidValue::new(name, "a strided array", "an array in C order")),
            },
        }
    }
}

/// Policies of all seats, checked.
fn policies<'a>(model: &Model, given: &'a [Given<'_>]) -> PyResult<Vec<Policy<'a>>> {
    if given.len() != model.agents() {
        let allowed = format!("one for each of the {} seats", model.agents());
        return Err(InvalidValue::new("policies", given.len(), allowed).into());
    }
    let each = given.iter().enumerate().map(|(seat, given)| {
        let name = format!("policies[{seat}]");
        let policy = given.policy(&name)?;
        policy.check(model, &name)?;
        Ok(policy)
    });
    each.collect()
}

fn all_given<'py>(policies: &[Bound<'py, PyAny>]) -> PyResult<Vec<Given<'py>>> {
    let each = policies.iter().enumerate();
    each.map(|(seat, policy)| Given::new(policy, &format!("policies[{seat}]"))).collect()
}

fn runs<'py>(py: Python<'py>, runs: ActRuns, acts: usize) -> PyResult<Runs<'py>> {
    let rows = runs.chances.len() / acts;
    let chances = Array2::from_shape_vec((rows, acts), runs.chances).map_err(shape_error)?;
    Ok((
        PyArray1::from_vec(py, runs.first),
        PyArray1::from_vec(py, runs.until),
        PyArray1::from_vec(py, runs.acts),
        PyArray2::from_owned_array(py, chances),
    ))
}

fn all_runs<'py>(py: Python<'py>, model: &Model, all: Vec<ActRuns>) -> PyResult<Vec<Runs<'py>>> {
    all.into_iter().map(|each| runs(py, each, 1 + model.houses())).collect()
}

fn matrix<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    columns: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let shape = (values.len() / columns, columns);
    let values = Array2::from_shape_vec(shape, values).map_err(shape_error)?;
    Ok(PyArray2::from_owned_array(py, values))
}

/// The chances of the acts of a policy in every state of a ring of `houses`, in the seat of one of so
/// many `agents`: (3^H, 1 + H).
#[pyfunction]
pub fn policy_table<'py>(
    py: Python<'py>,
    policy: &PyPolicy,
    houses: usize,
    agents: usize,
    seat: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    if houses > Table::MOST_HOUSES {
        let allowed = format!("at most {}, for a table of all states", Table::MOST_HOUSES);
        return Err(InvalidValue::new("num_houses", houses, allowed).into());
    }
    let (layout, width) = (Layout { houses, agents }, 1 + houses);
    let mut rows: Vec<f64> = zeros(3u128.pow(houses as u32) * width as u128)?;
    let mut codes = vec![0u8; houses];
    for row in rows.chunks_exact_mut(width) {
        let bits = |code| codes.iter().rev().fold(0, |bits, &c| bits << 1 | u32::from(c == code));
        let (burning, ruined) = (bits(1), bits(2));
        policy
            .0
            .chances(&Sight { layout, agent: seat, night: 0, burning, ruined, last: &[] }, row)?;
        // The next state: the first house is the lowest digit.
        for code in &mut codes {
            *code = (*code + 1) % 3;
            if *code != 0 {
                break;
            }
        }
    }
    matrix(py, rows, width)
}

/// Runs of acts (see [`ActRuns`]) from tables of acts (T, 3^H), uint8.
#[pyfunction]
pub fn act_runs<'py>(py: Python<'py>, tables: PyReadonlyArrayDyn<'py, u8>) -> PyResult<Runs<'py>> {
    let tables = tables.as_array();
    let &[nights, states] = tables.shape() else {
        let given = format!("an array of shape {:?}", tables.shape());
        return Err(InvalidValue::new("tables", given, "two axes: night and state").into());
    };
    let flat: Vec<u8> = tables.iter().copied().collect();
    if nights == 0 || states == 0 {
        return Err(InvalidValue::new("tables", "an empty array", "acts").into());
    }
    runs(py, ActRuns::from_tables(&flat, nights), 1)
}

/// Values of policies, one a seat: expected returns (A), and by state on night 0 (3^H, A).
///
/// `progress(nights_done)` is called now and then; what it raises stops the work.
#[pyfunction]
#[pyo3(signature = (scenario, policies, *, threads, progress))]
#[expect(clippy::type_complexity, reason = "two arrays")]
pub fn policy_values<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray2<f64>>)> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let found = without_python(py, progress, |poll| model.evaluate(&policies, threads, poll))?;
    Ok((PyArray1::from_vec(py, found.start), matrix(py, found.states, model.agents())?))
}

/// The expected count vector (D) of policies, one a seat.
#[pyfunction]
#[pyo3(signature = (scenario, policies, *, threads, progress))]
pub fn policy_counts<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let counts = without_python(py, progress, |poll| model.follow(&policies, threads, poll))?;
    Ok(PyArray1::from_owned_array(py, Array1::from_vec(counts)))
}

/// Runs of acts for a game, and nothing else.
fn given_runs(model: &Model, given: &Bound<'_, PyAny>, name: &str) -> PyResult<ActRuns> {
    let Given::Runs(runs) = Given::new(given, name)? else {
        return Err(InvalidValue::new(name, "another policy", "runs of acts").into());
    };
    Policy::Acts(&runs).check(model, name)?;
    Ok(runs)
}

/// Expected nights of an episode (R) in each of the R runs of nights that `runs` has, whatever its
/// acts, when policies play, one a seat.
#[pyfunction]
#[pyo3(signature = (scenario, policies, runs, *, threads, progress))]
pub fn policy_visits<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    runs: &Bound<'py, PyAny>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let watched = given_runs(&model, runs, "runs")?;
    let visits =
        without_python(py, progress, |poll| model.visits(&policies, &watched, threads, poll))?;
    Ok(PyArray1::from_vec(py, visits))
}

/// Best responses of all seats: what they are worth (A), the same by state on night 0 (3^H, A), and
/// runs of acts for each seat.
#[pyfunction]
#[pyo3(signature = (scenario, policies, *, threads, progress))]
pub fn best_responses<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let found =
        without_python(py, progress, |poll| model.best_responses(&policies, threads, poll))?;
    let states = matrix(py, found.values.states, model.agents())?;
    let runs = all_runs(py, &model, found.acts)?;
    (PyArray1::from_vec(py, found.values.start), states, runs).into_pyobject(py)
}

/// For each seat, expected nights of an episode and nights that it works (A, 2), if it alone plays
/// its policy of `acts` in a line-up.
#[pyfunction]
#[pyo3(signature = (scenario, policies, acts, *, threads, progress))]
pub fn deviations<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    acts: Vec<Bound<'py, PyAny>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let of_seats = acts.iter().enumerate();
    let of_seats = of_seats
        .map(|(seat, given)| given_runs(&model, given, &format!("acts[{seat}]")))
        .collect::<PyResult<Vec<_>>>()?;
    if of_seats.len() != model.agents() {
        let allowed = format!("one for each of the {} seats", model.agents());
        return Err(InvalidValue::new("acts", of_seats.len(), allowed).into());
    }
    let found =
        without_python(py, progress, |poll| model.deviations(&policies, &of_seats, threads, poll))?;
    matrix(py, found.iter().flat_map(|each| [each.nights, each.worked]).collect(), 2)
}

/// What policies are worth (A), what each seat could gain at the start by any other policy (A), and
/// the largest gain of a seat at any night and state, with (seat, night, state).
#[pyfunction]
#[pyo3(signature = (scenario, policies, *, threads, progress))]
pub fn certify<'py>(
    scenario: &Bound<'py, PyAny>,
    policies: Vec<Bound<'py, PyAny>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let given = all_given(&policies)?;
    let policies = self::policies(&model, &given)?;
    let found = without_python(py, progress, |poll| model.certify(&policies, threads, poll))?;
    let (values, gains) =
        (PyArray1::from_vec(py, found.values), PyArray1::from_vec(py, found.gains));
    (values, gains, found.largest, found.at).into_pyobject(py)
}

/// The best joint policy: its expected return, mean over seats, the same by state on night 0 (3^H),
/// and runs of acts for each seat.
#[pyfunction]
#[pyo3(signature = (scenario, *, threads, progress))]
pub fn team_optimum<'py>(
    scenario: &Bound<'py, PyAny>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let (py, model) = (scenario.py(), model(scenario)?);
    let found = without_python(py, progress, |poll| model.team_optimum(threads, poll))?;
    let runs = all_runs(py, &model, found.acts)?;
    (found.mean, PyArray1::from_vec(py, found.states), runs).into_pyobject(py)
}

/// Estimated bytes and seconds (on one thread) of [`best_responses`], whatever the size; raises
/// `InvalidValue` only for what is not a scenario.
#[pyfunction]
pub fn policy_cost(scenario: &Bound<'_, PyAny>) -> PyResult<(f64, f64)> {
    let dynamics = dynamics(scenario)?;
    dynamics.validate()?;
    let cost = cost(&dynamics);
    Ok((cost.bytes, cost.seconds))
}

/// A Markov perfect equilibrium of the whole game: expected returns (A), runs of acts for each seat,
/// and how many stages mix and how many were not solved.
#[pyfunction]
#[pyo3(signature = (scenario, *, selector, threads, progress))]
pub fn markov_equilibrium<'py>(
    scenario: &Bound<'py, PyAny>,
    selector: &str,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let selector = Selector::from_name(selector)?;
    let (py, model) = (scenario.py(), model(scenario)?);
    let found =
        without_python(py, progress, |poll| model.markov_equilibrium(selector, threads, poll))?;
    let runs = all_runs(py, &model, found.acts)?;
    let start = PyArray1::from_vec(py, found.start);
    (start, runs, found.mixed, found.unsolved).into_pyobject(py)
}

/// Names of the selectors of [`markov_equilibrium`].
#[pyfunction]
pub fn selectors() -> Vec<&'static str> {
    Selector::ALL.map(Selector::name).to_vec()
}
