//! Synthetic data sets whose truth is known.

pub mod continuous;
pub mod didactic;
pub mod line;
pub mod pal;
pub mod structured;
pub mod tastes;
pub mod two_users;
