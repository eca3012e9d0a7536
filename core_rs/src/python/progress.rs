//! Long work, while other Python threads run.

use pyo3::prelude::*;

use crate::pool::RunError;

/// Runs `work` without the interpreter, with a `poll` that tells `progress` how much is done; an
/// exception that it raises, like one of a signal, stops the work and is passed on.
pub fn without_python<T: Send>(
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
