//! All tests of the crate's front door, in one binary.

mod abuse;
mod biases;
mod intervals;
mod lotteries;
mod people;
mod pinned;
mod properties;
mod ratings;
mod references;
