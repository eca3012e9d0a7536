//! The steps of a night as operators on real probabilities, for work without sampling.
//!
//! [`ring`] holds the chances of a house catching fire, [`states`] lists what can be left when the
//! workers are done, [`spread`] leads from there to the fires of the next night, and
//! [`extinguishing`] from fires to those that the workers leave.

pub mod extinguishing;
pub mod ring;
pub mod spread;
pub mod states;
