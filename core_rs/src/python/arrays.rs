//! Counts and returns as arrays.

use numpy::ndarray::{Array2, ArrayView2};
use numpy::{PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::InvalidValue;
use crate::game::counts::{Layout, weighted_sum};

fn check_columns<T>(name: &str, array: ArrayView2<'_, T>, columns: usize) -> PyResult<()> {
    if array.ncols() == columns {
        return Ok(());
    }
    let given = format!("an array of shape {:?}", array.shape());
    Err(InvalidValue::new(name, given, format!("{columns} columns")).into())
}

/// Features (n, F) of count vectors (n, D), each over its number of episodes (n).
#[pyfunction]
pub fn features<'py>(
    py: Python<'py>,
    houses: usize,
    agents: usize,
    episodes: PyReadonlyArray1<'py, i64>,
    counts: PyReadonlyArray2<'py, i64>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let layout = Layout { houses, agents };
    let (episodes, counts) = (episodes.as_array(), counts.as_array());
    check_columns("counts", counts, layout.counts())?;
    if episodes.len() != counts.nrows() {
        let allowed = format!("one number for each of the {} count vectors", counts.nrows());
        return Err(InvalidValue::new("episodes", episodes.len(), allowed).into());
    }
    let mut all = Array2::zeros((counts.nrows(), layout.features()));
    let mut features = vec![0; layout.features()];
    for ((mut row, counts), &episodes) in
        all.rows_mut().into_iter().zip(counts.rows()).zip(episodes)
    {
        layout.to_features(episodes, &counts.to_vec(), &mut features);
        row.iter_mut().zip(&features).for_each(|(to, &x)| *to = x);
    }
    Ok(PyArray2::from_owned_array(py, all))
}

/// Weights (A, F) times features (n, F), added feature by feature: shape (n, A).
#[pyfunction]
pub fn weighted_sums<'py>(
    py: Python<'py>,
    weights: PyReadonlyArray2<'py, f64>,
    features: PyReadonlyArray2<'py, i64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (weights, features) = (weights.as_array(), features.as_array());
    check_columns("features", features, weights.ncols())?;
    let rows: Vec<Vec<f64>> = weights.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut sums = Array2::zeros((features.nrows(), rows.len()));
    for (mut to, features) in sums.rows_mut().into_iter().zip(features.rows()) {
        let features = features.to_vec();
        to.iter_mut().zip(&rows).for_each(|(sum, row)| *sum = weighted_sum(row, &features));
    }
    Ok(PyArray2::from_owned_array(py, sums))
}
