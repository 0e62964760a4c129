//! Ideal points of simulated people: the recipe on which PAL must find as many prototypes as there are.
//!
//! Items x ~ N(0, I/d); a map F ~ N(0, 1/d) of d × d; K* prototypes ~ N(0, I/d); a person's point a is one prototype or a
//! mixture of all with weights from a flat Dirichlet. A person prefers the item with the smaller ‖F(x - a)‖, always.
//!
//! # Source
//! Form of Canal, Mason, Vinayak, Nowak 2022, "One for all: simultaneous metric and preference learning over multiple
//! users" (arXiv 2207.03609), as the simulated study of arXiv 2406.08469 uses it.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::data::{About, Comparison, Dataset, Item, Part, User};

/// How people relate to prototypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// Each person is at one prototype.
    Partition,
    /// Each person is a mixture of all.
    Mixture,
}

/// Sizes of the recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Seed of everything.
    pub seed: u64,
    /// How people relate to prototypes.
    pub people: People,
    /// Width of an item, d.
    pub dimension: usize,
    /// Prototypes that there are, K*.
    pub prototypes: usize,
    /// People who train; those on whom choices are made come out of these.
    pub seen: usize,
    /// Training votes of each; people who do not train have twice as many on the same items.
    pub votes: usize,
    /// People who do not train.
    pub unseen: usize,
    /// Votes of everybody on items that nobody trains on.
    pub tests: usize,
    /// Items that train, and as many that only test.
    pub items: usize,
}

impl Recipe {
    /// 165 people of 50 votes, of whom 15 may be kept for choices, 60 new people, 16 numbers an item, 3 prototypes.
    pub fn new(people: People, seed: u64) -> Self {
        Self {
            seed,
            people,
            dimension: 16,
            prototypes: 3,
            seen: 165,
            votes: 50,
            unseen: 60,
            tests: 100,
            items: 2000,
        }
    }

    /// The data set. A person's attributes are their true weights of the prototypes.
    pub fn dataset(&self) -> Dataset {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ 0x9a1_0000);
        let sd = (1.0 / self.dimension as f32).sqrt();
        let mut normal = |rows: usize| -> Vec<Vec<f32>> {
            let mut row = || {
                (0..self.dimension)
                    .map(|_| rng.sample::<f32, _>(StandardNormal) * sd)
                    .collect()
            };
            (0..rows).map(|_| row()).collect()
        };
        let (map, prototypes) = (normal(self.dimension), normal(self.prototypes));
        let items = normal(2 * self.items);
        let apply = |x: &[f32]| -> Vec<f32> {
            let product = |row: &Vec<f32>| row.iter().zip(x).map(|(a, b)| a * b).sum();
            map.iter().map(product).collect()
        };
        let mapped: Vec<Vec<f32>> = items.iter().map(|item| apply(item)).collect();
        let mut data = Dataset {
            about: About::simulated("pal-simulated", "Ideal points around prototypes", ""),
            items: items
                .into_iter()
                .enumerate()
                .map(|(at, vector)| Item::of_vector(format!("i{at}"), vector))
                .collect(),
            ..Dataset::default()
        };
        for user in 0..self.seen + self.unseen {
            let weights = self.weights(user, &mut rng);
            let point: Vec<f32> = (0..self.dimension)
                .map(|at| {
                    prototypes
                        .iter()
                        .zip(&weights)
                        .map(|(p, w)| p[at] * w)
                        .sum()
                })
                .collect();
            let point = apply(&point);
            let distance = |item: usize| -> f32 {
                let gaps = mapped[item].iter().zip(&point);
                gaps.map(|(x, a)| (x - a).powi(2)).sum()
            };
            let trains = user < self.seen;
            let learned = if trains { self.votes } else { 2 * self.votes };
            for vote in 0..learned + self.tests {
                let start = if vote < learned { 0 } else { self.items };
                let one = start + rng.random_range(0..self.items);
                let step = rng.random_range(1..self.items);
                let other = start + (one - start + step) % self.items;
                let order = if distance(one) < distance(other) {
                    [one, other]
                } else {
                    [other, one]
                };
                let part = if trains && vote < learned {
                    Part::Train
                } else {
                    Part::Test
                };
                data.pairs.push(Comparison::of(user, order, part));
            }
            data.users.push(User {
                id: format!("u{user}"),
                attributes: weights,
            });
        }
        data
    }

    /// Simplex weights of a person.
    fn weights(&self, user: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        match self.people {
            People::Partition => {
                let mut weights = vec![0.0; self.prototypes];
                weights[user % self.prototypes] = 1.0;
                weights
            }
            People::Mixture => {
                // Dirichlet(1, …, 1): exponentials over their sum.
                let powers: Vec<f32> = (0..self.prototypes)
                    .map(|_| -(1.0 - rng.random::<f32>()).ln())
                    .collect();
                let sum: f32 = powers.iter().sum();
                powers
                    .iter()
                    .map(|power| power / sum.max(f32::MIN_POSITIVE))
                    .collect()
            }
        }
    }
}
