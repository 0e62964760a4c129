//! Simulated people with a known taste, for tests and reports: one file a recipe.
//!
//! People named `seen-…` train; `unseen-…` and `between-…` only test. Seen people vote on the first part of the items;
//! others are asked their shots there, and everybody is tested on the second part. So [`crate::protocol::split`] finds its
//! cells in the labels.

use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::data::{About, Comparison, Dataset, Item, Part, User};

/// A data set and the truth behind it.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What methods see.
    pub data: Dataset,
    /// The numbers of each item that tastes are about.
    pub axes: Vec<Vec<f32>>,
    /// Each person's weights on them; a vote prefers the larger weighted sum.
    pub weights: Vec<Vec<f32>>,
}

/// How people vote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voting {
    /// Votes of a person who trains.
    pub training: usize,
    /// Votes of a person who does not, to be fitted.
    pub shots: usize,
    /// Votes that test, of everybody.
    pub tests: usize,
    /// Pairs whose weighted sums differ less are not asked.
    pub least_margin: f32,
    /// Share of votes that are turned around.
    pub flips: f64,
}

/// Lets people vote. `seen_items` of the items, from the first, are seen.
pub(super) fn simulate(
    about: About,
    items: Vec<Item>,
    axes: Vec<Vec<f32>>,
    people: Vec<(User, Vec<f32>)>,
    voting: Voting,
    seen_items: usize,
    rng: &mut ChaCha8Rng,
) -> Simulated {
    let mut data = Dataset {
        about,
        items,
        ..Dataset::default()
    };
    let mut weights = Vec::new();
    for (at, (user, taste)) in people.into_iter().enumerate() {
        let rewards: Vec<f32> = axes.iter().map(|item| dot(item, &taste)).collect();
        let trains = user.id.starts_with("seen");
        let (part, count) = if trains {
            (Part::Train, voting.training)
        } else {
            (Part::Test, voting.shots)
        };
        let mut ask = |pool: Range<usize>, count: usize, part: Part| {
            for _ in 0..count {
                let order = vote(&rewards, pool.clone(), voting, rng);
                data.pairs.push(Comparison::of(at, order, part));
            }
        };
        ask(0..seen_items, count, part);
        ask(seen_items..axes.len(), voting.tests, Part::Test);
        data.users.push(user);
        weights.push(taste);
    }
    Simulated {
        data,
        axes,
        weights,
    }
}

/// Preferred item and other, of a pair drawn from a pool.
pub(super) fn vote(
    rewards: &[f32],
    pool: Range<usize>,
    voting: Voting,
    rng: &mut ChaCha8Rng,
) -> [usize; 2] {
    loop {
        let (a, b) = (
            rng.random_range(pool.clone()),
            rng.random_range(pool.clone()),
        );
        let margin = rewards[a] - rewards[b];
        if a == b || margin.abs() < voting.least_margin {
            continue;
        }
        return if (margin > 0.0) != rng.random_bool(voting.flips) {
            [a, b]
        } else {
            [b, a]
        };
    }
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The vector over its length; a vector without one stays.
pub(super) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = dot(&vector, &vector).sqrt().max(1e-9);
    for value in &mut vector {
        *value /= norm;
    }
    vector
}

/// Independent N(0, 1).
pub(super) fn normals(count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..count)
        .map(|_| rng.sample(rand_distr::StandardNormal))
        .collect()
}

pub(super) fn user(kind: &str, number: usize, attributes: Vec<f32>) -> User {
    User {
        id: format!("{kind}-{number}"),
        attributes,
    }
}
