//! The one error a caller can cause: a value outside what is allowed.

use std::fmt;

/// A parameter whose value is not allowed; says which, what it was, and what would do.
///
/// ```
/// use bucket_brigade_core::InvalidValue;
/// let error = InvalidValue::new("num_houses", 1, "an integer from 2 to 32");
/// assert_eq!(error.to_string(), "num_houses = 1 is not allowed: expected an integer from 2 to 32");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The parameter, by the name its user knows it by.
    pub field: String,
    /// The value that was given, as text.
    pub value: String,
    /// What is allowed instead.
    pub allowed: String,
}

impl InvalidValue {
    /// An error about `field`.
    pub fn new(field: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), value: value.to_string(), allowed: allowed.into() }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} is not allowed: expected {}", self.field, self.value, self.allowed)
    }
}

impl std::error::Error for InvalidValue {}

/// Checks that `p` lies in [0, 1].
///
/// # Errors
/// If it does not, or is not a number.
pub fn check_probability(name: &str, p: f64) -> Result<(), InvalidValue> {
    if (0.0..=1.0).contains(&p) {
        Ok(())
    } else {
        Err(InvalidValue::new(name, p, "a number from 0 to 1"))
    }
}
