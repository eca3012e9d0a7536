//! Many episodes in step, over arrays that are made once.

use std::ops::Range;

use numpy::npyffi::array::PyArray_CheckExact;
use numpy::{
    Element, PyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1,
    PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::program::PyProgram;
use crate::envs::{Autoreset, Brought, Ended, EnvError, Seen, Settings, State, VectorEnv};
use crate::error::InvalidValue;
use crate::game::counts::Layout;
use crate::simd::SimdPath;

impl From<EnvError> for PyErr {
    fn from(error: EnvError) -> Self {
        match error {
            EnvError::Invalid(error) => error.into(),
            EnvError::Run(error) => error.into(),
        }
    }
}

/// Lanes from which on a night takes longer than to let other threads of Python in meanwhile.
const BRIEF: usize = 16;

/// What agents see and get after a step: all of it is written by every step.
struct Shown {
    houses: Py<PyArray2<u8>>,
    actions: Py<PyArray3<u8>>,
    night: Py<PyArray1<i32>>,
    episode: Py<PyArray1<u64>>,
    rewards: Py<PyArray2<f32>>,
    terminated: Py<PyArray1<bool>>,
    truncated: Py<PyArray1<bool>>,
}

impl Shown {
    fn zeros(py: Python<'_>, lanes: usize, layout: Layout) -> Self {
        let Layout { houses, agents } = layout;
        Self {
            houses: PyArray2::zeros(py, [lanes, houses], false).unbind(),
            actions: PyArray3::zeros(py, [lanes, agents, 3], false).unbind(),
            night: PyArray1::zeros(py, [lanes], false).unbind(),
            episode: PyArray1::zeros(py, [lanes], false).unbind(),
            rewards: PyArray2::zeros(py, [lanes, agents], false).unbind(),
            terminated: PyArray1::zeros(py, [lanes], false).unbind(),
            truncated: PyArray1::zeros(py, [lanes], false).unbind(),
        }
    }
}

/// The arrays of [`Shown`], and whether an episode ended.
type Stepped = (
    Py<PyArray2<u8>>,
    Py<PyArray3<u8>>,
    Py<PyArray1<i32>>,
    Py<PyArray1<u64>>,
    Py<PyArray2<f32>>,
    Py<PyArray1<bool>>,
    Py<PyArray1<bool>>,
    bool,
);

/// The arrays that steps and resets write, step after step.
struct Arrays {
    shown: Shown,
    final_houses: Py<PyArray2<u8>>,
    final_actions: Py<PyArray3<u8>>,
    final_night: Py<PyArray1<i32>>,
    final_episode: Py<PyArray1<u64>>,
    end: Py<PyArray1<u8>>,
    returns: Py<PyArray2<f64>>,
    /// Where in memory all of these are.
    places: Vec<Range<usize>>,
}

impl Arrays {
    /// All of them, by the names that Python knows.
    fn by_name<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (arrays, shown) = (self, &self.shown);
        let all = PyDict::new(py);
        all.set_item("houses", &shown.houses)?;
        all.set_item("actions", &shown.actions)?;
        all.set_item("night", &shown.night)?;
        all.set_item("episode", &shown.episode)?;
        all.set_item("rewards", &shown.rewards)?;
        all.set_item("terminated", &shown.terminated)?;
        all.set_item("truncated", &shown.truncated)?;
        all.set_item("final_houses", &arrays.final_houses)?;
        all.set_item("final_actions", &arrays.final_actions)?;
        all.set_item("final_night", &arrays.final_night)?;
        all.set_item("final_episode", &arrays.final_episode)?;
        all.set_item("end", &arrays.end)?;
        all.set_item("returns", &arrays.returns)?;
        Ok(all)
    }
}

/// The numbers of an array that this module has made.
///
/// # Safety
/// While they are borrowed, nobody else may borrow them. Python may read them meanwhile, as it may
/// read any array that NumPy is writing: it then sees some of the old and some of the new.
unsafe fn numbers<'a, T: Element, D: numpy::ndarray::Dimension>(
    py: Python<'a>,
    array: &'a Py<PyArray<T, D>>,
) -> PyResult<&'a mut [T]> {
    // SAFETY: as promised by the caller.
    Ok(unsafe { array.bind(py).as_slice_mut() }?)
}

/// The part of the arrays that a reset writes, too.
///
/// # Safety
/// As for [`numbers`].
unsafe fn seen<'a>(py: Python<'a>, shown: &'a Shown) -> PyResult<Seen<'a>> {
    // SAFETY: as promised by the caller.
    unsafe {
        Ok(Seen {
            houses: numbers(py, &shown.houses)?,
            actions: numbers(py, &shown.actions)?,
            night: numbers(py, &shown.night)?,
            episode: numbers(py, &shown.episode)?,
        })
    }
}

/// An environment of many lanes.
#[pyclass(module = "bucket_brigade._core", name = "VectorEnv")]
pub struct PyVectorEnv {
    env: VectorEnv,
    arrays: Arrays,
}

#[pymethods]
impl PyVectorEnv {
    /// One program of one line-up for each scenario, its reward weights (agents, features), and
    /// which seats' actions come from outside.
    #[new]
    #[pyo3(signature = (programs, weights, outside, *, lanes, seed, first, stride, same_step,
                        cap_terminates, simd, threads))]
    #[expect(clippy::too_many_arguments, reason = "what an environment consists of")]
    fn new(
        py: Python<'_>,
        programs: Vec<PyRef<'_, PyProgram>>,
        weights: Vec<PyReadonlyArray2<'_, f64>>,
        outside: Vec<bool>,
        lanes: usize,
        seed: u64,
        first: u64,
        stride: u64,
        same_step: bool,
        cap_terminates: bool,
        simd: &str,
        threads: usize,
    ) -> PyResult<Self> {
        let rows = |weights: &PyReadonlyArray2<'_, f64>| -> Vec<Vec<f64>> {
            weights.as_array().rows().into_iter().map(|row| row.to_vec()).collect()
        };
        let env = VectorEnv::new(Settings {
            programs: programs.iter().map(|program| program.0.clone()).collect(),
            weights: weights.iter().map(rows).collect(),
            outside,
            lanes,
            seed,
            first,
            stride,
            autoreset: if same_step { Autoreset::SameStep } else { Autoreset::Disabled },
            cap_terminates,
            path: SimdPath::from_name(simd)?,
            threads,
        })?;
        let (h, a) = (env.layout().houses, env.layout().agents);
        let mut arrays = Arrays {
            shown: Shown::zeros(py, lanes, env.layout()),
            final_houses: PyArray2::zeros(py, [lanes, h], false).unbind(),
            final_actions: PyArray3::zeros(py, [lanes, a, 3], false).unbind(),
            final_night: PyArray1::zeros(py, [lanes], false).unbind(),
            final_episode: PyArray1::zeros(py, [lanes], false).unbind(),
            end: PyArray1::zeros(py, [lanes], false).unbind(),
            returns: PyArray2::zeros(py, [lanes, a], false).unbind(),
            places: Vec::new(),
        };
        for (_, array) in arrays.by_name(py)? {
            let data = array.getattr("__array_interface__")?.get_item("data")?;
            let (start, size): (usize, usize) =
                (data.get_item(0)?.extract()?, array.getattr("nbytes")?.extract()?);
            arrays.places.push(start..start + size);
        }
        Ok(Self { env, arrays })
    }

    /// The arrays that steps and resets write.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.arrays.by_name(py)
    }

    /// Gives the environment another seed: the next reset of a lane begins its first episode.
    fn reseed(&mut self, seed: u64) {
        self.env.reseed(seed);
    }

    /// Begins an episode in each chosen lane, its next one or the given one, and shows all lanes.
    #[pyo3(signature = (chosen, episodes = None))]
    fn reset(
        &mut self,
        py: Python<'_>,
        chosen: PyReadonlyArray1<'_, bool>,
        episodes: Option<PyReadonlyArray1<'_, u64>>,
    ) -> PyResult<()> {
        let chosen = chosen.as_slice()?;
        check_length("mask", chosen.len(), self.env.lanes())?;
        let episodes = match &episodes {
            Some(episodes) => {
                check_length("episodes", episodes.len(), self.env.lanes())?;
                Some(episodes.as_slice()?)
            }
            None => None,
        };
        let env = &mut self.env;
        py.detach(|| env.reset(chosen, episodes))?;
        self.show(py)
    }

    /// Plays a night; whether an episode ended with it. `None`, with nothing played, if `actions` is
    /// not a plain array of bytes (N, A, 3) in C order.
    fn step(&mut self, py: Python<'_>, actions: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
        self.play(py, actions, None)
    }

    /// The same, written into new arrays, which it returns: houses, actions, night, episode, rewards,
    /// terminated, truncated; and whether an episode ended.
    fn step_anew(
        &mut self,
        py: Python<'_>,
        actions: &Bound<'_, PyAny>,
    ) -> PyResult<Option<Stepped>> {
        let shown = Shown::zeros(py, self.env.lanes(), self.env.layout());
        let Some(ended) = self.play(py, actions, Some(&shown))? else { return Ok(None) };
        let Shown { houses, actions, night, episode, rewards, terminated, truncated } = shown;
        Ok(Some((houses, actions, night, episode, rewards, terminated, truncated, ended)))
    }

    /// The episode of each lane, its night to come, its houses (codes, lane first), and the acts of
    /// last night, if a built-in agent remembers them.
    #[expect(clippy::type_complexity, reason = "four arrays")]
    fn state<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(
        Bound<'py, PyArray1<u64>>,
        Bound<'py, PyArray1<i32>>,
        Bound<'py, PyArray2<u8>>,
        Option<Bound<'py, PyArray3<u8>>>,
    )> {
        let state = self.env.state();
        let (houses, agents) = (self.env.layout().houses, self.env.layout().agents);
        let codes: Vec<u8> = state
            .burning
            .iter()
            .zip(&state.ruined)
            .flat_map(|(b, r)| (0..houses).map(move |h| (b >> h & 1 | (r >> h & 1) << 1) as u8))
            .collect();
        let night = state.night.iter().map(|&night| night as i32);
        Ok((
            PyArray1::from_vec(py, state.episode),
            PyArray1::from_iter(py, night),
            PyArray1::from_vec(py, codes).reshape([self.env.lanes(), houses])?,
            state
                .acts
                .map(|acts| PyArray1::from_vec(py, acts).reshape([self.env.lanes(), agents, 3]))
                .transpose()?,
        ))
    }

    /// Puts chosen lanes into given states, and shows all lanes.
    #[pyo3(signature = (chosen, episode, night, houses, actions = None))]
    fn set_state(
        &mut self,
        py: Python<'_>,
        chosen: PyReadonlyArray1<'_, bool>,
        episode: PyReadonlyArray1<'_, u64>,
        night: PyReadonlyArray1<'_, i32>,
        houses: PyReadonlyArray2<'_, u8>,
        actions: Option<PyReadonlyArray3<'_, u8>>,
    ) -> PyResult<()> {
        let chosen = chosen.as_slice()?;
        let (lanes, ring) = (self.env.lanes(), self.env.layout().houses);
        check_length("mask", chosen.len(), lanes)?;
        check_length("episode", episode.len(), lanes)?;
        check_length("night", night.len(), lanes)?;
        let codes = houses.as_slice()?;
        check_length("houses", codes.len(), lanes * ring)?;
        let masks = |code: u8| -> Vec<u32> {
            let bit = |(h, &x): (usize, &u8)| u32::from(x == code) << h;
            codes.chunks(ring).map(|ring| ring.iter().enumerate().map(bit).sum()).collect()
        };
        let nights = night.as_slice()?;
        for lane in (0..lanes).filter(|&lane| chosen[lane]) {
            if let Some(h) = codes[lane * ring..][..ring].iter().position(|&code| code > 2) {
                let field = format!("houses[{lane}, {h}]");
                let allowed = "0 (safe), 1 (burning) or 2 (ruined)";
                return Err(InvalidValue::new(field, codes[lane * ring + h], allowed).into());
            }
            let most = self.env.last_night(episode.as_slice()?[lane]) as i32;
            if !(0..=most).contains(&nights[lane]) {
                let allowed = format!("a night from 0 to {most}");
                let field = format!("night[{lane}]");
                return Err(InvalidValue::new(field, nights[lane], allowed).into());
            }
        }
        let acts = match &actions {
            Some(actions) => {
                let acts = actions.as_slice()?;
                check_length("actions", acts.len(), lanes * self.env.layout().agents * 3)?;
                Some(acts.to_vec())
            }
            None => None,
        };
        let state = State {
            episode: episode.as_slice()?.to_vec(),
            night: nights.iter().map(|&night| night as u32).collect(),
            burning: masks(1),
            ruined: masks(2),
            acts,
        };
        let env = &mut self.env;
        py.detach(|| env.set_state(chosen, &state))?;
        self.show(py)
    }
}

impl PyVectorEnv {
    /// Plays a night, if `actions` fit, and writes what agents see and get into the arrays of this
    /// object or into others.
    fn play(
        &mut self,
        py: Python<'_>,
        actions: &Bound<'_, PyAny>,
        shown: Option<&Shown>,
    ) -> PyResult<Option<bool>> {
        let (arrays, layout, lanes) = (&self.arrays, self.env.layout(), self.env.lanes());
        // SAFETY: any object may be asked for its type.
        if unsafe { PyArray_CheckExact(py, actions.as_ptr()) } == 0 {
            return Ok(None);
        }
        let Ok(actions) = actions.cast::<PyArray3<u8>>() else { return Ok(None) };
        if actions.shape() != [lanes, layout.agents, 3] || !actions.is_c_contiguous() {
            return Ok(None);
        }
        // What agents were shown may be what they do: it is read before it is written.
        let start = actions.data().addr();
        let given = start..start + actions.len();
        let own = |place: &Range<usize>| place.start < given.end && given.start < place.end;
        let copied = if arrays.places.iter().any(own) { Some(actions.to_vec()?) } else { None };
        // SAFETY: nobody writes to it here; of Python's other threads what `numbers` says is true.
        let actions = match &copied {
            Some(copy) => &copy[..],
            None => unsafe { actions.as_slice()? },
        };
        let shown = shown.unwrap_or(&arrays.shown);
        // SAFETY: `&mut self` keeps every other call of this object out; the slices end with this.
        let (brought, seen) = unsafe {
            let ended = Ended {
                houses: numbers(py, &arrays.final_houses)?,
                actions: numbers(py, &arrays.final_actions)?,
                nights: numbers(py, &arrays.final_night)?,
                episode: numbers(py, &arrays.final_episode)?,
                end: numbers(py, &arrays.end)?,
                returns: numbers(py, &arrays.returns)?,
            };
            let brought = Brought {
                rewards: numbers(py, &shown.rewards)?,
                terminated: numbers(py, &shown.terminated)?,
                truncated: numbers(py, &shown.truncated)?,
                ended,
            };
            (brought, seen(py, shown)?)
        };
        let env = &mut self.env;
        let played = if lanes < BRIEF {
            env.step(actions, brought, seen)
        } else {
            py.detach(|| env.step(actions, brought, seen))
        };
        if played.is_err() {
            // Nothing was played, but something may have been shown.
            self.show(py)?;
        }
        Ok(Some(played?))
    }

    /// Writes what the lanes show now.
    fn show(&mut self, py: Python<'_>) -> PyResult<()> {
        // SAFETY: `&mut self` keeps every other call of this object out.
        let seen = unsafe { seen(py, &self.arrays.shown) }?;
        self.env.show(seen);
        Ok(())
    }
}

fn check_length(name: &str, given: usize, expected: usize) -> PyResult<()> {
    if given == expected {
        return Ok(());
    }
    let given = format!("an array of {given} numbers");
    Err(PyRuntimeError::new_err(format!("{name}: {given}, not {expected}")))
}
