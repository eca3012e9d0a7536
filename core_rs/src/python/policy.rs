//! Policies as handles: checked once, given to programs and to exact work.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::policy::{Firefighter, Heuristic, Player, Policy, Table, TableRuns, TenParameter};

/// The policy of one seat. Equal ones play alike and signal alike.
#[derive(Clone, PartialEq)]
#[pyclass(frozen, eq, module = "bucket_brigade._core", name = "Policy")]
pub struct PyPolicy(pub Player);

impl PyPolicy {
    /// The policy, if it is one that the chain follows.
    pub fn of_numbers(&self) -> Result<Policy, InvalidValue> {
        match &self.0 {
            Player::Policy(policy) => Ok(*policy),
            other => {
                let given = format!("a policy of the kind {}", other.kind());
                Err(InvalidValue::new("policies", given, "heuristic agents and firefighters"))
            }
        }
    }
}

#[pymethods]
impl PyPolicy {
    /// The heuristic agent of ten numbers.
    #[staticmethod]
    fn heuristic(theta: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        Ok(Self(Policy::Heuristic(Heuristic::from_theta("theta", &ten_numbers(&theta)?)?).into()))
    }

    /// The firefighter who works with chance `w` in a night in which something burns, if
    /// `own_first` at houses that it owns as long as one of these burns.
    #[staticmethod]
    #[pyo3(signature = (w, own_first = false, honesty = 1.0))]
    fn firefighter(w: f64, own_first: bool, honesty: f64) -> PyResult<Self> {
        let policy = Policy::Firefighter(Firefighter { w, own_first, honesty });
        policy.validate("firefighter")?;
        Ok(Self(policy.into()))
    }

    /// The agent that draws any house, mode and signal.
    #[staticmethod]
    fn random() -> Self {
        Self(Player::Random)
    }

    /// The agent that works at its own burning houses only, the lowest first.
    #[staticmethod]
    fn specialist() -> Self {
        Self(Player::Specialist)
    }

    /// The original project's agent, with all of its ten numbers.
    #[staticmethod]
    fn ten_parameter(theta: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        let policy = TenParameter { theta: ten_numbers(&theta)? };
        policy.validate("theta")?;
        Ok(Self(Player::TenParameter(policy)))
    }

    /// A table of acts for a ring of `houses` and so many nights: runs as `act_runs` has them.
    #[staticmethod]
    fn tabular(
        houses: usize,
        nights: u32,
        first: PyReadonlyArray1<'_, u32>,
        until: PyReadonlyArray1<'_, u32>,
        acts: PyReadonlyArray1<'_, u8>,
        chances: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<Self> {
        let runs = TableRuns {
            first: first.as_array().to_vec(),
            until: until.as_array().to_vec(),
            acts: acts.as_array().to_vec(),
            chances: chances.as_array().iter().copied().collect(),
        };
        Ok(Self(Player::Table(Arc::new(Table::new(houses, nights, runs)?))))
    }

    /// The name of its kind.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.0 {
            Player::Policy(policy) => policy.key().hash(&mut hasher),
            Player::Table(table) => table.hash(&mut hasher),
            Player::TenParameter(policy) => policy.theta.map(f64::to_bits).hash(&mut hasher),
            other => other.kind().hash(&mut hasher),
        }
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        match &self.0 {
            Player::Table(table) => format!("<tabular work={}>", table.work()),
            Player::Policy(Policy::Heuristic(Heuristic { p, q, honesty })) => {
                format!("<heuristic p={p} q={q} honesty={honesty}>")
            }
            Player::Policy(Policy::Firefighter(Firefighter { w, own_first, honesty })) => {
                format!("<firefighter w={w} own_first={own_first} honesty={honesty}>")
            }
            Player::TenParameter(policy) => format!("<ten_parameter theta={:?}>", policy.theta),
            other => format!("<{}>", other.kind()),
        }
    }
}

fn ten_numbers(theta: &PyReadonlyArray1<'_, f64>) -> Result<[f64; 10], InvalidValue> {
    let theta = theta.as_array();
    <[f64; 10]>::try_from(theta.to_vec())
        .map_err(|_| InvalidValue::new("theta", theta.len(), "ten numbers"))
}
