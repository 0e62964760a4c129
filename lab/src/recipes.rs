//! Simulated data sets whose truth is known, one file each.

pub mod pal;
