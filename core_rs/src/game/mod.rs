//! What is played: [`scenario`] (parameters and rewards), [`program`] (a request compiled to
//! integers) and [`counts`] (what comes back).

pub mod counts;
pub mod program;
pub mod scenario;
