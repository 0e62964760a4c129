//! Two kinds of people on a line who agree below one half and disagree above it; labels without noise.
//!
//! # Source
//! The one-dimensional task of neural-process preference learning ("few-shot steerable alignment", Kobalczyk et al.).

use super::line::{self, Recipe, Sizes};
use crate::data::About;

/// Reward of a place for kind 0 or 1.
pub fn reward(kind: usize, x: f64) -> f64 {
    match (x < 0.5, kind) {
        (true, _) => x,
        (false, 0) => 2.0 * x,
        (false, _) => 1.0 - x,
    }
}

/// Draws the data set.
pub fn draw(sizes: &Sizes, seed: u64) -> Recipe {
    let about = About::simulated(
        "two-users",
        "Two kinds of people on a line",
        "Simulated: two kinds of people who disagree on half of the pairs.",
    );
    line::draw(about, sizes, 2, seed, |kind, a, b, _| {
        reward(kind, f64::from(a)) > reward(kind, f64::from(b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_disagree_on_half_of_the_pairs() {
        let steps = 400;
        let mut differ = 0.0;
        for first in 0..steps {
            for second in 0..steps {
                let at = |step: i32| (f64::from(step) + 0.5) / f64::from(steps);
                let wins = |kind| reward(kind, at(first)) > reward(kind, at(second));
                differ += f64::from(u8::from(wins(0) != wins(1))) / f64::from(steps * steps);
            }
        }
        assert!((differ - 0.502).abs() < 0.01, "{differ}");
    }
}
