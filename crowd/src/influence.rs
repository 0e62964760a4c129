//! How much raters count, and how much new ones may count together.
//!
//! Who is settled and which checks a person failed is for whoever knows people (the server). Here are the caps that need
//! the votes: they hold in every table, so also in a cohort.

/// Votes of a rater that count in full.
const FULL_VOTES: f64 = 50.0;

/// What is said of one rater when a table is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Influence {
    /// Factor for each vote of this rater, at least 0.
    pub weight: f64,
    /// Whether the rater is no longer new. New ones together are capped ([`Caps`]).
    pub is_settled: bool,
}

impl Influence {
    /// A settled rater whose votes count as given.
    pub const FULL: Self = Self {
        weight: 1.0,
        is_settled: true,
    };

    /// A settled rater by the number of votes: 1 up to 50 votes, then √(50/n), so that the rater's total grows with the
    /// square root.
    pub fn by_votes(votes: u64) -> Self {
        Self {
            weight: (FULL_VOTES / votes.max(1) as f64).sqrt().min(1.0),
            is_settled: true,
        }
    }
}

/// How much new raters may weigh together. Nothing is capped while nobody is settled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps {
    /// Most that they weigh as a share of all votes, and of the votes on each candidate; below 1.
    pub share: f64,
    /// Whether they also weigh at most √w on a candidate on which settled raters weigh w. A share by itself lets new
    /// raters move a rating by the same amount however many votes there are, while the interval shrinks with √w; this
    /// cap shrinks with it.
    pub square_root: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            share: 0.1,
            square_root: true,
        }
    }
}

impl Caps {
    /// No cap.
    pub const NONE: Self = Self {
        share: f64::INFINITY,
        square_root: false,
    };

    /// Most that new raters weigh where settled ones weigh `settled`.
    fn most(self, settled: f64) -> f64 {
        if self.share.is_infinite() {
            return f64::INFINITY;
        }
        let by_share = settled * self.share / (1.0 - self.share);
        if self.square_root {
            by_share.min(settled.sqrt())
        } else {
            by_share
        }
    }

    /// Factor in [0, 1] for what new raters weigh on each candidate, from what settled and new raters weigh on each.
    pub(crate) fn by_candidate(self, settled: &[f64], new: &[f64]) -> Vec<f64> {
        if settled.iter().all(|weight| *weight == 0.0) {
            return vec![1.0; settled.len()];
        }
        let pairs = settled.iter().zip(new);
        pairs
            .map(|(settled, new)| factor(self.most(*settled), *new))
            .collect()
    }

    /// Factor in [0, 1] for all votes of new raters, from the totals.
    pub fn of_total(self, settled: f64, new: f64) -> f64 {
        if settled == 0.0 || self.share.is_infinite() {
            return 1.0;
        }
        factor(settled * self.share / (1.0 - self.share), new)
    }
}

fn factor(most: f64, weight: f64) -> f64 {
    if weight > most { most / weight } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rater_grows_with_the_square_root_beyond_fifty_votes() {
        let weights = [1, 50, 200, 5000].map(|votes| Influence::by_votes(votes).weight);
        assert_eq!(weights, [1.0, 1.0, 0.5, 0.1]);
    }

    #[test]
    fn new_raters_weigh_a_tenth_at_most() {
        let caps = Caps::default();
        let new = 10_000.0 * caps.of_total(900.0, 10_000.0);
        assert!((new / (900.0 + new) - 0.1).abs() < 1e-12);
        assert_eq!(caps.of_total(900.0, 50.0), 1.0);
        assert_eq!(caps.of_total(0.0, 50.0), 1.0, "on a new site nobody is cut");
    }

    #[test]
    fn on_a_candidate_they_also_stay_under_the_square_root() {
        let factors = Caps::default().by_candidate(&[9.0, 10_000.0, 0.0], &[5.0, 500.0, 3.0]);
        assert_eq!(factors, [0.2, 0.2, 0.0]);
        assert_eq!(Caps::NONE.by_candidate(&[9.0], &[5.0]), [1.0]);
    }
}
