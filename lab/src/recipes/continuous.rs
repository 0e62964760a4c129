//! Continuous users: every taste is a direction, items are points around the origin.
//!
//! Unit weights in R^d, items N(0, I), the item with the larger inner product is preferred, without noise. A user-blind
//! model is right half the time. People `between-…` are mixtures of two training people, renormalised.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tastes::{Simulated, Voting, normals, simulate, unit, user};
use crate::data::{About, Item};

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Continuous {
    /// Numbers of an item and of a taste.
    pub dimension: usize,
    /// People who train.
    pub seen: usize,
    /// People who do not.
    pub unseen: usize,
    /// Mixtures of two people who train.
    pub between: usize,
    /// Items that are seen, and as many that are not.
    pub items: usize,
    /// How they vote.
    pub voting: Voting,
}

impl Default for Continuous {
    fn default() -> Self {
        Self {
            dimension: 8,
            seen: 100,
            unseen: 100,
            between: 0,
            items: 2000,
            voting: Voting {
                training: 500,
                shots: 64,
                tests: 50,
                least_margin: 0.0,
                flips: 0.0,
            },
        }
    }
}

/// Draws people, items and votes.
pub fn continuous(sizes: &Continuous, seed: u64) -> Simulated {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let axes: Vec<Vec<f32>> = (0..2 * sizes.items)
        .map(|_| normals(sizes.dimension, &mut rng))
        .collect();
    let items = axes
        .iter()
        .enumerate()
        .map(|(at, vector)| Item::of_vector(format!("item-{at}"), vector.clone()))
        .collect();
    let tastes = |count: usize, rng: &mut ChaCha8Rng| -> Vec<Vec<f32>> {
        (0..count)
            .map(|_| unit(normals(sizes.dimension, rng)))
            .collect()
    };
    let seen = tastes(sizes.seen, &mut rng);
    let unseen = tastes(sizes.unseen, &mut rng);
    let between: Vec<Vec<f32>> = (0..sizes.between)
        .map(|_| {
            let pair = rand::seq::index::sample(&mut rng, sizes.seen, 2);
            let share = rng.random_range(0.25..0.75);
            let mix = seen[pair.index(0)].iter().zip(&seen[pair.index(1)]);
            unit(mix.map(|(a, b)| share * a + (1.0 - share) * b).collect())
        })
        .collect();
    let people = [("seen", seen), ("unseen", unseen), ("between", between)]
        .into_iter()
        .flat_map(|(kind, tastes)| {
            let numbered = tastes.into_iter().enumerate();
            numbered.map(move |(at, taste)| (user(kind, at, taste.clone()), taste))
        })
        .collect();
    simulate(
        About::simulated("continuous-users", "Continuous users (simulated)", ""),
        items,
        axes,
        people,
        sizes.voting,
        sizes.items,
        &mut rng,
    )
}
