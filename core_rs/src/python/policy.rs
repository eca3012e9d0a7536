//! Policies as handles: checked once, given to programs and to exact work.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::policy::{Firefighter, Heuristic, Policy};

/// The policy of one seat. Equal ones play alike and signal alike.
#[derive(Clone, Copy, PartialEq)]
#[pyclass(frozen, eq, module = "bucket_brigade._core", name = "Policy")]
pub struct PyPolicy(pub Policy);

#[pymethods]
impl PyPolicy {
    /// The heuristic agent of ten numbers.
    #[staticmethod]
    fn heuristic(theta: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        let theta = theta.as_array();
        let Ok(theta) = <[f64; 10]>::try_from(theta.to_vec()) else {
            return Err(InvalidValue::new("theta", theta.len(), "ten numbers").into());
        };
        Ok(Self(Policy::Heuristic(Heuristic::from_theta("theta", &theta)?)))
    }

    /// The firefighter who works with chance `w` in a night in which something burns, if
    /// `own_first` at houses that it owns as long as one of these burns.
    #[staticmethod]
    #[pyo3(signature = (w, own_first = false, honesty = 1.0))]
    fn firefighter(w: f64, own_first: bool, honesty: f64) -> PyResult<Self> {
        let policy = Policy::Firefighter(Firefighter { w, own_first, honesty });
        policy.validate("firefighter")?;
        Ok(Self(policy))
    }

    /// The name of its kind.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.key().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        match self.0 {
            Policy::Heuristic(Heuristic { p, q, honesty }) => {
                format!("<heuristic p={p} q={q} honesty={honesty}>")
            }
            Policy::Firefighter(Firefighter { w, own_first, honesty }) => {
                format!("<firefighter w={w} own_first={own_first} honesty={honesty}>")
            }
        }
    }
}
