//! Simulated people: sparse tastes over the axes, with label noise.

use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::axes::COLUMNS;

/// Share of labels that are flipped: no method can be right more often than 1 − this.
pub const FLIPS: f64 = 0.05;
/// Pairs that a person likes about equally are not asked.
pub const MIN_MARGIN: f64 = 0.2;

/// A taste: unit weights on one to three of the axes' columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    weights: [f64; COLUMNS],
}

/// A labelled pair: items by index, and whether the first is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// First item.
    pub first: usize,
    /// Second item.
    pub second: usize,
    /// The label, noise included.
    pub first_wins: bool,
}

impl Person {
    /// Draws a taste.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let count = rng.random_range(1..=3);
        let mut weights = [0.0; COLUMNS];
        for column in index::sample(rng, COLUMNS, count) {
            weights[column] = rng.sample::<f64, _>(StandardNormal);
        }
        let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt().max(1e-9);
        Self {
            weights: weights.map(|w| w / norm),
        }
    }

    /// The weights, as what is known of the person beside votes.
    pub fn description(&self) -> Vec<f32> {
        self.weights.map(|weight| weight as f32).to_vec()
    }

    /// How much better `first` is than `second`.
    pub fn margin(&self, first: &[f64; COLUMNS], second: &[f64; COLUMNS]) -> f64 {
        (0..COLUMNS)
            .map(|at| self.weights[at] * (first[at] - second[at]))
            .sum()
    }

    /// The person's vote, sides at random; `None` when the pair is too close.
    pub fn vote(
        &self,
        axes: &[[f64; COLUMNS]],
        pair: (usize, usize),
        rng: &mut ChaCha8Rng,
    ) -> Option<Vote> {
        let (first, second) = if rng.random_bool(0.5) {
            pair
        } else {
            (pair.1, pair.0)
        };
        let margin = self.margin(&axes[first], &axes[second]);
        if margin.abs() < MIN_MARGIN {
            return None;
        }
        Some(Vote {
            first,
            second,
            first_wins: (margin > 0.0) != rng.random_bool(FLIPS),
        })
    }

    /// `count` votes on distinct pairs drawn uniformly; fewer when the pairs do not suffice.
    pub fn votes(
        &self,
        axes: &[[f64; COLUMNS]],
        pairs: &[(usize, usize)],
        count: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Vote> {
        let mut votes = Vec::with_capacity(count);
        for at in index::sample(rng, pairs.len(), pairs.len()) {
            if votes.len() == count {
                break;
            }
            votes.extend(self.vote(axes, pairs[at], rng));
        }
        votes
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn tastes_are_sparse_unit_vectors() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..200 {
            let person = Person::draw(&mut rng);
            let active = person.weights.iter().filter(|w| **w != 0.0).count();
            assert!((1..=3).contains(&active));
            assert!((person.weights.iter().map(|w| w * w).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn about_one_label_in_twenty_is_flipped() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut weights = [0.0; COLUMNS];
        weights[0] = 1.0;
        let person = Person { weights };
        let (mut low, mut high) = ([0.0; COLUMNS], [0.0; COLUMNS]);
        (low[0], high[0]) = (-1.0, 1.0);
        let axes = [low, high];
        let mut wrong = 0.0;
        for _ in 0..20_000 {
            let vote = person
                .vote(&axes, (0, 1), &mut rng)
                .expect("the margin is 2");
            wrong += f64::from(u8::from(vote.first_wins != (vote.first == 1))) / 20_000.0;
        }
        assert!((wrong - FLIPS).abs() < 0.01, "{wrong}");
        assert_eq!(person.vote(&[low, low], (0, 1), &mut rng), None);
    }
}
