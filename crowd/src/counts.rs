//! What is counted: the weight of each outcome, and the sides that were chosen.

use palate_shared::stats::{Share, wilson};

use crate::comparison::Outcome;

/// Weight of each outcome in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// For the cell's first candidate.
    pub first: f64,
    /// For its second candidate.
    pub second: f64,
    /// For neither.
    pub tie: f64,
    /// Neither is acceptable.
    pub both_unacceptable: f64,
}

impl Counts {
    pub(crate) fn of(outcome: Outcome, weight: f64) -> Self {
        let mut counts = Self::default();
        *match outcome {
            Outcome::First => &mut counts.first,
            Outcome::Second => &mut counts.second,
            Outcome::Tie => &mut counts.tie,
            Outcome::BothUnacceptable => &mut counts.both_unacceptable,
        } = weight;
        counts
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.first + self.second + self.tie + self.both_unacceptable
    }

    /// The same with sides swapped.
    pub(crate) fn mirrored(self) -> Self {
        Self {
            first: self.second,
            second: self.first,
            ..self
        }
    }

    pub(crate) fn turned(self, is_mirrored: bool) -> Self {
        if is_mirrored { self.mirrored() } else { self }
    }

    pub(crate) fn add_scaled(&mut self, other: &Self, factor: f64) {
        self.first += factor * other.first;
        self.second += factor * other.second;
        self.tie += factor * other.tie;
        self.both_unacceptable += factor * other.both_unacceptable;
    }
}

/// Sides that raters chose, in votes; ties choose none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sides {
    first: u32,
    second: u32,
    longer: u32,
    shorter: u32,
}

impl Sides {
    pub(crate) fn of(outcome: Outcome, length_difference: f64) -> Self {
        let mut sides = Self::default();
        let longer_won = match outcome {
            Outcome::First => {
                sides.first = 1;
                length_difference > 0.0
            }
            Outcome::Second => {
                sides.second = 1;
                length_difference < 0.0
            }
            Outcome::Tie | Outcome::BothUnacceptable => return sides,
        };
        if longer_won {
            sides.longer = 1;
        } else if length_difference != 0.0 {
            sides.shorter = 1;
        }
        sides
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            first: self.first + other.first,
            second: self.second + other.second,
            longer: self.longer + other.longer,
            shorter: self.shorter + other.shorter,
        }
    }

    pub(crate) fn less(self, other: Self) -> Self {
        Self {
            first: self.first.saturating_sub(other.first),
            second: self.second.saturating_sub(other.second),
            longer: self.longer.saturating_sub(other.longer),
            shorter: self.shorter.saturating_sub(other.shorter),
        }
    }

    /// Share for the one shown first.
    pub(crate) fn first_shown(&self) -> Option<Share> {
        wilson(f64::from(self.first), self.first + self.second)
    }

    /// Share for the longer one.
    pub(crate) fn longer(&self) -> Option<Share> {
        wilson(f64::from(self.longer), self.longer + self.shorter)
    }
}
