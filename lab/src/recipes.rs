//! Synthetic data sets whose truth is known, for checks of what a method must show (`methods/core.md` §5).

pub mod didactic;
pub mod line;
pub mod two_users;
