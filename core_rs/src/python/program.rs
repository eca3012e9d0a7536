//! Programs: compiled once, run here or read by another backend.

use std::collections::BTreeMap;
use std::sync::Arc;

use numpy::ndarray::{Array2, Array3, ArrayView1};
use numpy::{PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::errors::shape_error;
use super::policy::PyPolicy;
use super::progress::without_python;
use super::scenario::dynamics;
use crate::error::InvalidValue;
use crate::game::counts::weighted_sum;
use crate::game::program::{Episodes, Program, Seat};
use crate::plain::Game;
use crate::policy::{FIRE, Heuristic, LEAST, Player, Policy, PolicyThresholds, Single};
use crate::random::threshold::{ALWAYS, threshold};
use crate::run::{Options, run};
use crate::simd::SimdPath;

/// Totals, second moments, and the counts of every block if asked for.
type Counts<'py> =
    (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray3<i64>>, Option<Bound<'py, PyArray3<u32>>>);

/// Scenario, strategies, line-ups and episodes, compiled to integers; and what they were compiled from,
/// if that was given, for who compiles parts of them elsewhere.
#[pyclass(frozen, module = "bucket_brigade._core", name = "Program")]
pub struct PyProgram(pub Arc<Program>, Option<Py<PyAny>>);

#[pymethods]
impl PyProgram {
    /// `strategies` is (S, 10), or a list of policies. Seat `s` of line-up `l` mixes the next `sizes[l, s]` entries of
    /// `indices` (into strategies) and `weights`.
    #[new]
    #[pyo3(signature = (
        scenario, strategies, sizes, indices, weights, *, seed, first_episode, episodes, source=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "what a program consists of")]
    fn new(
        scenario: &Bound<'_, PyAny>,
        strategies: &Bound<'_, PyAny>,
        sizes: PyReadonlyArray2<'_, i64>,
        indices: PyReadonlyArray1<'_, i64>,
        weights: PyReadonlyArray1<'_, f64>,
        seed: u64,
        first_episode: u64,
        episodes: u64,
        source: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let pool = pool(strategies)?;
        let (indices, weights) = (indices.as_array(), weights.as_array());
        let mut entries = indices.iter().zip(weights.iter());
        let lineups: Vec<Vec<Seat>> = sizes
            .as_array()
            .rows()
            .into_iter()
            .map(|row| row.iter().map(|&size| seat(&mut entries, size)).collect())
            .collect();
        let episodes = Episodes { seed, first: first_episode, count: episodes };
        let program = Program::compile(&dynamics(scenario)?, &pool, &lineups, episodes)?;
        Ok(Self(Arc::new(program), source))
    }

    /// What was given as such: whatever the program can be compiled from again.
    #[getter]
    fn source(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.1.as_ref().map(|source| source.clone_ref(py))
    }

    /// Plays the program on the CPU. `progress(blocks_done)` is called now and then; an exception
    /// it raises, like one of a signal, stops the run and is passed on.
    #[pyo3(signature = (*, threads, simd, per_block, progress))]
    fn run<'py>(
        &self,
        py: Python<'py>,
        threads: usize,
        simd: &str,
        per_block: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Counts<'py>> {
        let options = Options { threads, path: SimdPath::from_name(simd)?, per_block };
        let program = &self.0;
        let counts = without_python(py, progress, |poll| run(program, options, poll))?;
        let layout = program.layout;
        let (l, d, f) = (program.lineups(), layout.counts(), layout.features());
        let totals = Array2::from_shape_vec((l, d), counts.totals).map_err(shape_error)?;
        let moments = Array3::from_shape_vec((l, f, f), counts.moments).map_err(shape_error)?;
        let blocks = match counts.blocks {
            Some(blocks) => {
                let blocks = Array3::from_shape_vec((l, program.blocks() as usize, d), blocks);
                Some(PyArray3::from_owned_array(py, blocks.map_err(shape_error)?))
            }
            None => None,
        };
        let totals = PyArray2::from_owned_array(py, totals);
        Ok((totals, PyArray3::from_owned_array(py, moments), blocks))
    }

    /// Plays one episode of a line-up with the plain engine, while other Python threads run: its
    /// count vector.
    fn play(&self, py: Python<'_>, lineup: usize, episode: u64) -> PyResult<Vec<i64>> {
        self.check_lineup(lineup)?;
        Ok(py.detach(|| Game::new(&self.0, lineup, episode).play_out()))
    }

    /// The return of one agent in one episode of a line-up, by the plain engine.
    fn play_return(
        &self,
        py: Python<'_>,
        lineup: usize,
        episode: u64,
        weights: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<f64> {
        let layout = self.0.layout;
        let weights = weights.as_array().to_vec();
        if weights.len() != layout.features() {
            let allowed = format!("{} numbers", layout.features());
            return Err(InvalidValue::new("weights", weights.len(), allowed).into());
        }
        let mut features = vec![0; layout.features()];
        layout.to_features(1, &self.play(py, lineup, episode)?, &mut features);
        Ok(weighted_sum(&weights, &features))
    }

    #[getter]
    fn houses(&self) -> usize {
        self.0.layout.houses
    }
    #[getter]
    fn agents(&self) -> usize {
        self.0.layout.agents
    }
    #[getter]
    fn min_nights(&self) -> u32 {
        self.0.min_nights
    }
    #[getter]
    fn max_nights(&self) -> u32 {
        self.0.max_nights
    }
    #[getter]
    fn end_rule(&self) -> &'static str {
        self.0.end_rule.name()
    }
    #[getter]
    fn catch(&self) -> [u64; 3] {
        self.0.catch
    }
    #[getter]
    fn extinguish(&self) -> Vec<u64> {
        self.0.extinguish.clone()
    }
    /// Thresholds of each strategy: work, home, honesty. Shape (S, 3). Raises `InvalidValue` if
    /// there is a policy of another kind, whose numbers mean something else (see `policies`).
    #[getter]
    fn strategies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u64>>> {
        let mut rows = Vec::with_capacity(self.0.policies.len());
        for policy in &self.0.policies {
            match policy {
                PolicyThresholds::Heuristic(policy) => {
                    rows.push([policy.work, policy.home, policy.honesty]);
                }
                other => {
                    let allowed = "heuristic agents only; `policies` tells kinds apart";
                    let given = format!("a policy of kind {}", other.kind());
                    return Err(InvalidValue::new("strategies", given, allowed).into());
                }
            }
        }
        let thresholds = Array2::from_shape_fn((rows.len(), 3), |(i, j)| rows[i][j]);
        Ok(PyArray2::from_owned_array(py, thresholds))
    }
    /// The kind of each policy of the pool, and its integers by name.
    #[getter]
    fn policies(&self) -> Vec<(&'static str, BTreeMap<&'static str, u64>)> {
        let of = |policy: &PolicyThresholds| {
            let integers = match policy {
                PolicyThresholds::Heuristic(policy) => BTreeMap::from([
                    ("work", policy.work),
                    ("home", policy.home),
                    ("honesty", policy.honesty),
                ]),
                PolicyThresholds::Firefighter(policy) => BTreeMap::from([
                    ("work", policy.work),
                    ("own_first", u64::from(policy.own_first)),
                    ("honesty", policy.honesty),
                ]),
                PolicyThresholds::Single(policy) => BTreeMap::from([
                    ("work", policy.work()),
                    ("sum", policy.sum()),
                    ("honesty", ALWAYS),
                    ("remembers", u64::from(policy.remembers())),
                ]),
            };
            (policy.kind(), integers)
        };
        self.0.policies.iter().map(of).collect()
    }
    /// What a policy of the pool that is played one episode at a time decides by, as arrays by name:
    /// of a table its compiled runs, of a ten-parameter agent its thresholds and weights, `intents`
    /// (claims, works) by number of fires and by whether its home burns. Of others nothing.
    fn numbers<'py>(&self, py: Python<'py>, policy: usize) -> PyResult<Bound<'py, PyDict>> {
        let numbers = PyDict::new(py);
        let Some(policy) = self.0.policies.get(policy) else {
            let allowed = format!("an index below the {} policies", self.0.policies.len());
            return Err(InvalidValue::new("policy", policy, allowed).into());
        };
        match policy {
            PolicyThresholds::Single(Single::Table(table)) => {
                numbers.set_item("always", PyArray1::from_slice(py, &table.always))?;
                numbers.set_item("first", PyArray1::from_slice(py, &table.first))?;
                numbers.set_item("until", PyArray1::from_slice(py, &table.until))?;
                numbers.set_item("acts", PyArray1::from_slice(py, &table.acts))?;
                numbers.set_item("drawn", PyArray1::from_slice(py, &table.drawn))?;
                numbers.set_item("cumulative", PyArray1::from_slice(py, &table.cumulative))?;
            }
            PolicyThresholds::Single(Single::TenParameter(of)) => {
                let weights = [of.home, of.beside, of.crowd, of.danger];
                let fixed = [threshold(LEAST), threshold(FIRE)];
                let draws = [of.honesty, of.explores, of.repeats];
                let intents = of.intents.iter().flatten();
                let intents = intents.flat_map(|one| [u64::from(one.claims), one.works]);
                numbers.set_item("draws", PyArray1::from_slice(py, &draws))?;
                numbers.set_item("weights", PyArray1::from_slice(py, &weights))?;
                numbers.set_item("fixed", PyArray1::from_slice(py, &fixed))?;
                numbers.set_item("near", PyArray1::from_slice(py, &of.near))?;
                numbers.set_item("intents", PyArray1::from_iter(py, intents))?;
            }
            _ => {}
        }
        Ok(numbers)
    }
    /// The kinds that the pool holds, each once.
    #[getter]
    fn policy_kinds(&self) -> Vec<&'static str> {
        let holds = |kind: &&str| self.0.policies.iter().any(|policy| policy.kind() == *kind);
        Policy::KINDS.into_iter().filter(holds).collect()
    }
    /// The number of strategies that each seat mixes: shape (line-ups, agents).
    #[getter]
    fn seat_sizes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u32>> {
        let shape = (self.0.lineups(), self.0.layout.agents);
        let sizes = Array2::from_shape_fn(shape, |(l, s)| self.0.seat(l, s).len() as u32);
        PyArray2::from_owned_array(py, sizes)
    }
    /// The mixtures, seat after seat: strategies, and cumulative thresholds.
    #[getter]
    fn seat_entries<'py>(
        &self,
        py: Python<'py>,
    ) -> (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<u64>>) {
        let seats = (0..self.0.lineups() * self.0.layout.agents)
            .flat_map(|i| self.0.seat(i / self.0.layout.agents, i % self.0.layout.agents));
        let (strategies, thresholds): (Vec<_>, Vec<_>) = seats.copied().unzip();
        (PyArray1::from_vec(py, strategies), PyArray1::from_vec(py, thresholds))
    }
    #[getter]
    fn lineups(&self) -> usize {
        self.0.lineups()
    }
    #[getter]
    fn seed(&self) -> u64 {
        self.0.episodes.seed
    }
    #[getter]
    fn first_episode(&self) -> u64 {
        self.0.episodes.first
    }
    #[getter]
    fn episodes(&self) -> u64 {
        self.0.episodes.count
    }
    /// Blocks that hold an episode of the program, per line-up.
    #[getter]
    fn blocks(&self) -> u64 {
        self.0.blocks()
    }
    /// How many episodes each of the next blocks has, and how many blocks these are: runs of equal
    /// ones, of which there are three at most.
    #[getter]
    fn block_runs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.block_runs())
    }
    /// Episodes of each block.
    #[getter]
    fn block_episodes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let blocks = self.0.blocks();
        let sizes = (0..blocks).map(|block| i64::from(self.0.lanes(block).count_ones()));
        PyArray1::from_iter(py, sizes)
    }
}

impl PyProgram {
    /// Raises `InvalidValue` unless there is such a line-up.
    pub fn check_lineup(&self, lineup: usize) -> PyResult<()> {
        if lineup < self.0.lineups() {
            return Ok(());
        }
        let allowed = format!("an index below the {} line-ups", self.0.lineups());
        Err(InvalidValue::new("lineup", lineup, allowed).into())
    }
}

/// Policies given as an array of ten numbers each, or as a list of handles.
fn pool(strategies: &Bound<'_, PyAny>) -> PyResult<Vec<Player>> {
    let Ok(rows) = strategies.extract::<PyReadonlyArray2<'_, f64>>() else {
        let policies: Vec<PyRef<'_, PyPolicy>> = strategies.extract()?;
        return Ok(policies.iter().map(|policy| policy.0.clone()).collect());
    };
    let rows = rows.as_array();
    if rows.ncols() != 10 {
        let given = format!("an array of shape {:?}", rows.shape());
        return Err(InvalidValue::new("strategies", given, "ten numbers a strategy").into());
    }
    let policy = |(i, row): (usize, ArrayView1<'_, f64>)| {
        let theta = std::array::from_fn(|j| row[j]);
        Heuristic::from_theta(&format!("strategies[{i}]"), &theta)
            .map(|policy| Policy::Heuristic(policy).into())
    };
    Ok(rows.rows().into_iter().enumerate().map(policy).collect::<Result<_, _>>()?)
}

fn seat<'a>(entries: &mut impl Iterator<Item = (&'a i64, &'a f64)>, size: i64) -> Seat {
    let size = usize::try_from(size).unwrap_or(0);
    // An index below 0 wraps to one far beyond any pool, and is refused as such.
    entries.take(size).map(|(&strategy, &weight)| (strategy as usize, weight)).collect()
}
