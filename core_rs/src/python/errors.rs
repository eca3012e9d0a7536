//! Errors as Python exceptions.

use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::pool::RunError;

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

/// An array that does not have the shape it was made for, which is a bug.
pub fn shape_error(error: numpy::ndarray::ShapeError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
