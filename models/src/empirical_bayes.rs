//! Personal logistic regression whose Gaussian prior was learned from the training people.
//!
//! Prior: weights N(mean, factor factorᵀ); `factor` has one column per direction in which people differ. In its
//! coordinates the prior is N(0, I), so a person costs as many numbers as there are directions.
//! State values: see [`crate::linear`].

use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::preference::{
    ItemVector, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
use crate::{Error, Result, linear};

/// Logistic regression with a learned prior.
#[derive(Clone, Debug)]
pub struct EmpiricalBayes {
    weights: String,
    /// `[dimension]`.
    mean: Vec<f32>,
    /// `[dimension, rank]`, row-major.
    factor: Vec<f32>,
    rank: usize,
}

impl EmpiricalBayes {
    /// From prior mean and factor of the prior covariance.
    ///
    /// # Errors
    /// When their sizes do not fit.
    pub fn new(weights: &str, mean: Vec<f32>, factor: Vec<f32>) -> Result<Self> {
        if mean.is_empty() || factor.is_empty() || !factor.len().is_multiple_of(mean.len()) {
            return Err(Error::Weights(
                "the prior's mean and factor do not fit together".into(),
            ));
        }
        let rank = factor.len() / mean.len();
        Ok(Self {
            weights: weights.to_owned(),
            mean,
            factor,
            rank,
        })
    }

    /// Reads tables `eb.mean` and `eb.factor`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let mean = heads.data("eb.mean", &[dimension])?.to_vec();
        Self::new(
            heads.version(),
            mean,
            heads.table("eb.factor")?.data.clone(),
        )
    }

    /// Directions in which people differ.
    pub fn rank(&self) -> usize {
        self.rank
    }
}

impl PreferenceModel for EmpiricalBayes {
    fn id(&self) -> MethodId {
        "eb".into()
    }

    fn name(&self) -> &'static str {
        "Empirical Bayes"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        check_rows("empirical Bayes", items, self.mean.len())?;
        Ok(items
            .iter()
            .map(|row| {
                let mut viewed = vec![0.0; self.rank + 1];
                for ((value, mean), factor) in row
                    .iter()
                    .zip(&self.mean)
                    .zip(self.factor.chunks_exact(self.rank))
                {
                    viewed[0] += value * mean;
                    for (sum, weight) in viewed[1..].iter_mut().zip(factor) {
                        *sum += value * weight;
                    }
                }
                viewed
            })
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("empirical Bayes", pairs, self.rank + 1)?;
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: linear::fit(pairs, self.rank)?,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        linear::margin(&state.values, first, second)
    }
}
