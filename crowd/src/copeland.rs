//! Copeland's count: how many opponents a candidate beats by majority, a draw or an opponent never met being half.
//!
//! A candidate with `candidates − 1` beats everyone (a Condorcet winner). How clear a majority is does not count, so single
//! votes can move it: read it beside the ratings.

use crate::aggregate::{Aggregate, Scores, Unit};
use crate::error::Error;
use crate::table::Sample;

/// The method; it has no settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copeland;

impl Aggregate for Copeland {
    fn id(&self) -> &'static str {
        "copeland"
    }

    fn unit(&self) -> Unit {
        Unit::Opponents
    }

    fn aggregate(&self, sample: &Sample<'_>) -> Result<Scores, Error> {
        let pairs = sample.pairs();
        let size = sample.size();
        let against = |one: usize, other: usize| {
            let (wins, losses) = (pairs.wins(one, other), pairs.wins(other, one));
            if wins > losses {
                1.0
            } else if wins < losses {
                0.0
            } else {
                0.5
            }
        };
        let score = |one: usize| {
            let others = (0..size).filter(|other| *other != one);
            others.map(|other| against(one, other)).sum()
        };
        Ok(Scores::plain((0..size).map(score).collect()))
    }
}
