//! Native laboratory: data sets, simulated people, training of population heads, evaluation, pack building.
//!
//! Must not know: web-sys, leptos, axum.

pub use palate_pack::{build, encode, folder, source};

pub mod axes;
pub mod data;
pub mod embed;
pub mod eval;
pub mod evaluate;
pub mod factors;
pub mod import;
pub mod pack_source;
pub mod people;
pub mod protocol;
pub mod recipes;
pub mod regret;
pub mod report;
pub mod represent;
pub mod simulate;
pub mod train;
