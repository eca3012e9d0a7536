//! One episode of the plain engine, night by night.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::program::PyProgram;
use crate::error::InvalidValue;
use crate::plain::{Action, Game, House};

/// An episode in progress, played by a line-up of a program or by actions from outside.
#[derive(Clone)]
#[pyclass(module = "bucket_brigade._core", name = "Episode")]
pub struct PyEpisode {
    game: Game,
    by_lineup: bool,
}

/// (house, works, signal).
type PyAction = (usize, bool, bool);

fn codes(houses: &[House]) -> Vec<u32> {
    houses.iter().map(|&house| house as u32).collect()
}

#[pymethods]
impl PyEpisode {
    #[new]
    #[pyo3(signature = (program, lineup, episode))]
    fn new(program: &PyProgram, lineup: Option<usize>, episode: u64) -> PyResult<Self> {
        let game = match lineup {
            Some(lineup) => {
                program.check_lineup(lineup)?;
                Game::new(&program.0, lineup, episode)
            }
            None => Game::without_lineup(&program.0, episode),
        };
        Ok(Self { game, by_lineup: lineup.is_some() })
    }

    /// States of the houses: 0 safe, 1 burning, 2 ruined.
    #[getter]
    fn houses(&self) -> Vec<u32> {
        codes(self.game.houses())
    }
    /// The number of the night to come.
    #[getter]
    fn night(&self) -> u32 {
        self.game.night()
    }
    /// Index of the strategy each seat plays, in the program's pool.
    #[getter]
    fn strategies(&self) -> Vec<usize> {
        self.game.policies().to_vec()
    }
    /// House, mode and signal of every agent last night, one after another: zeros before night 0.
    #[getter]
    fn last(&self) -> Vec<u8> {
        self.game.last().to_vec()
    }
    /// The way the episode ended, or None.
    #[getter]
    fn ended(&self) -> Option<&'static str> {
        self.game.end().map(|end| end.name())
    }

    /// The same state, to be played on with the same luck, or with that of another episode.
    #[pyo3(signature = (episode = None))]
    fn copy(&self, episode: Option<u64>) -> Self {
        match episode {
            Some(episode) => {
                Self { game: self.game.with_luck_of(episode), by_lineup: self.by_lineup }
            }
            None => self.clone(),
        }
    }

    /// Puts the episode where another one was left, as its `houses`, `night`, `strategies` and `last`
    /// tell.
    fn resume(
        &mut self,
        houses: Vec<u32>,
        night: u32,
        strategies: Vec<usize>,
        last: Vec<u8>,
    ) -> PyResult<()> {
        let house = |code| match code {
            0 => Ok(House::Safe),
            1 => Ok(House::Burning),
            2 => Ok(House::Ruined),
            _ => Err(InvalidValue::new("houses", code, "0, 1 or 2")),
        };
        let houses = houses.into_iter().map(house).collect::<Result<_, _>>()?;
        Ok(self.game.resume(houses, night, strategies, last)?)
    }

    /// Plays a night with the given actions, or those of the line-up: its events.
    #[pyo3(signature = (actions = None))]
    fn step<'py>(
        &mut self,
        py: Python<'py>,
        actions: Option<Vec<PyAction>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let actions = match actions {
            Some(actions) => actions
                .into_iter()
                .map(|(house, works, signal)| Action { house, works, signal })
                .collect(),
            None if self.by_lineup => self.game.policy_actions(),
            None => Vec::new(),
        };
        let night = self.game.step(&actions)?;
        let acted = |a: &Action| -> PyAction { (a.house, a.works, a.signal) };
        let events = PyDict::new(py);
        events.set_item("night", night.night)?;
        events.set_item("before", codes(&night.before))?;
        events.set_item("actions", night.actions.iter().map(acted).collect::<Vec<_>>())?;
        events.set_item("extinguished", &night.extinguished)?;
        events.set_item("caught", &night.caught)?;
        events.set_item("saved", &night.saved)?;
        events.set_item("after", codes(&night.after))?;
        events.set_item("ended", night.end.map(|end| end.name()))?;
        events.set_item("counts", night.counts(self.game.layout()))?;
        Ok(events)
    }
}
