//! The didactic example of VPL: four kinds of people, each with a bell of utility at another place of a line.
//!
//! `e^r = N(x; mu, 0.1)`, labels drawn by Bradley–Terry. A user-blind model sees four bells at once.
//!
//! # Source
//! Poddar et al. 2024 (arXiv 2408.10075), appendix A.1.

use palate_models::preference::logistic;
use rand::Rng;

use super::line::{self, Recipe, Sizes};
use crate::data::About;

/// Where the bells of the kinds stand.
pub const CENTRES: [f64; 4] = [0.2, 0.4, 0.6, 0.8];
/// Their standard deviation.
pub const WIDTH: f64 = 0.1;

/// Reward of a place for a kind, log-odds, up to a constant.
pub fn reward(kind: usize, x: f64) -> f64 {
    -0.5 * ((x - CENTRES[kind]) / WIDTH).powi(2)
}

/// Draws people of one kind, who differ by chance only: a personal method must find nothing among them.
pub fn alike(sizes: &Sizes, seed: u64) -> Recipe {
    let about = About::simulated(
        "didactic-alike",
        "One bell on a line",
        "Simulated: people who are all alike, Bradley-Terry labels.",
    );
    line::draw(about, sizes, 1, seed, |_, a, b, rng| {
        let margin = reward(1, f64::from(a)) - reward(1, f64::from(b));
        rng.random_bool(logistic(margin))
    })
}

/// Draws the data set.
pub fn draw(sizes: &Sizes, seed: u64) -> Recipe {
    let about = About::simulated(
        "didactic",
        "Four bells on a line",
        "Simulated: four kinds of people, Bradley-Terry labels.",
    );
    line::draw(about, sizes, CENTRES.len(), seed, |kind, a, b, rng| {
        let margin = reward(kind, f64::from(a)) - reward(kind, f64::from(b));
        rng.random_bool(logistic(margin))
    })
}
