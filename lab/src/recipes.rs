//! Synthetic data sets whose truth is known.

pub mod didactic;
pub mod line;
pub mod pal;
pub mod two_users;
