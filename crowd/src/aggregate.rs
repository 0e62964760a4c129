//! Many people's votes to one ranking or lottery. A method is one file that implements [`Aggregate`].

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::linear::Square;
use crate::table::Sample;

/// What a method's scores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Differences are log-odds of a win against a loss; the mean over candidates is 0. For display as Elo:
    /// `1000 + rating · 400 / ln 10`.
    LogOdds,
    /// A share in [0, 1].
    Share,
    /// Opponents beaten, a draw half.
    Opponents,
    /// Probabilities that add up to 1.
    Probability,
}

/// What must be said beside scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// These candidates were never compared with the others, directly or by way of third ones; how they stand to them
    /// comes from the prior alone.
    Disconnected(Vec<String>),
    /// These candidates never lost or tied against the others; how far above they stand comes from the prior.
    NeverLoses(Vec<String>),
    /// Wins and ties do not overlap; how far candidates stand apart comes from the prior.
    TiesApart,
}

/// Scores of all candidates, higher is better.
#[derive(Clone, Debug)]
pub struct Scores {
    /// In the order of the table.
    pub values: Vec<f64>,
    /// Further parameters, if the method has some; each method says which.
    pub further: Vec<f64>,
    /// What must be said beside them.
    pub cautions: Vec<Caution>,
    /// Covariance of values and further parameters as if every vote were independent, where the method knows it.
    pub(crate) covariance: Option<Square>,
}

impl Scores {
    pub(crate) fn plain(values: Vec<f64>) -> Self {
        Self {
            values,
            further: vec![],
            cautions: vec![],
            covariance: None,
        }
    }

    /// Standard error of value or further parameter `at`, as if every vote were independent.
    pub fn standard_error(&self, at: usize) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        Some(covariance.at(at, at).max(0.0).sqrt())
    }

    /// The same of the difference of two.
    pub fn difference_error(&self, one: usize, other: usize) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        let variance =
            covariance.at(one, one) + covariance.at(other, other) - 2.0 * covariance.at(one, other);
        Some(variance.max(0.0).sqrt())
    }
}

/// A way to put many people's votes together.
pub trait Aggregate {
    /// Stable name, for example `bradley-terry`.
    fn id(&self) -> &'static str;

    /// What the scores are.
    fn unit(&self) -> Unit;

    /// Scores of these counts.
    ///
    /// # Errors
    /// When the counts do not determine them, or a setting is out of range.
    fn aggregate(&self, sample: &Sample<'_>) -> Result<Scores, Error>;

    /// Scores of a resample, given those of everyone: a start from there may be faster. No covariance and no cautions are
    /// asked for.
    ///
    /// # Errors
    /// As [`Aggregate::aggregate`].
    fn again(&self, sample: &Sample<'_>, _everyone: &Scores) -> Result<Scores, Error> {
        self.aggregate(sample)
    }

    /// # Errors
    /// When the method's settings do not allow that it is resampled.
    fn can_resample(&self) -> Result<(), Error> {
        Ok(())
    }
}
