//! Borda's count for votes on pairs: the mean share of votes that a candidate gets against each opponent.
//!
//! Every opponent that it was compared with counts the same, however often they met, so that frequent opponents do not
//! decide. Ties are half. Needs no model; does not allow for who the opponents were, so compare only candidates with the
//! same opponents.

use crate::aggregate::{Aggregate, Scores, Unit};
use crate::error::Error;
use crate::table::Sample;

/// The method; it has no settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Borda;

impl Aggregate for Borda {
    fn id(&self) -> &'static str {
        "borda"
    }

    fn unit(&self) -> Unit {
        Unit::Share
    }

    /// A candidate without any comparison has one half.
    fn aggregate(&self, sample: &Sample<'_>) -> Result<Scores, Error> {
        let pairs = sample.pairs();
        let size = sample.size();
        let score = |one: usize| {
            let shares = (0..size).filter_map(|other| pairs.share(one, other));
            let (sum, count) =
                shares.fold((0.0, 0_u32), |(sum, count), share| (sum + share, count + 1));
            if count == 0 {
                0.5
            } else {
                sum / f64::from(count)
            }
        };
        Ok(Scores::plain((0..size).map(score).collect()))
    }
}
