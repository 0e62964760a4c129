//! Personal logistic regression whose Gaussian prior was learned from the training people.
//!
//! Prior: weights N(mean, factor factorᵀ); `factor` has one column per direction in which people differ. In its
//! coordinates the prior is N(0, I), so a person costs as many numbers as there are directions.
//! State values: see [`crate::linear`].

#[cfg(feature = "training")]
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::heads::{Table, Tables};
#[cfg(feature = "training")]
use crate::laplace::{self, Design};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet, Vote, choose, load, validation_loss};
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

/// Trains and loads [`EmpiricalBayes`]: mean and covariance of people's weights by expectation maximisation with a
/// Laplace E-step.
///
/// # Source
/// Bishop 2006, *Pattern Recognition and Machine Learning*, §9.4; MacKay 1992 for the Laplace evidence.
#[derive(Clone, Copy, Debug)]
pub struct EmpiricalBayesMethod {
    /// Steps of expectation maximisation.
    pub steps: usize,
    /// Most directions in which people may differ.
    pub rank: usize,
}

impl Default for EmpiricalBayesMethod {
    fn default() -> Self {
        Self {
            steps: 15,
            rank: 20,
        }
    }
}

impl Method for EmpiricalBayesMethod {
    fn id(&self) -> String {
        "eb".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        // In small sets the covariance is mostly noise: how much of it to believe is chosen like everything else.
        let inner = set.for_choices();
        let prior = self.prior(inner, run)?;
        let breadth = choose(BREADTHS, |breadth| {
            let model = load(self, &self.tables(&prior, breadth), inner.dimension())?;
            validation_loss(model.as_ref(), inner)
        })?;
        let smaller = self.tables(&prior, breadth);
        let whole = match set.choosing {
            Some(_) => self.tables(&self.prior(set, run)?, breadth),
            None => smaller.clone(),
        };
        Ok(Both { whole, smaller })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(EmpiricalBayes::from_heads(heads, dimension)?))
    }
}

/// Standard deviation of every weight before the first step.
#[cfg(feature = "training")]
const START: f64 = 0.4;
/// Directions with less than this share of the largest variance are dropped on the way.
#[cfg(feature = "training")]
const NEGLIGIBLE: f64 = 1e-4;
/// Directions that ship hold at least this share of the total variance.
#[cfg(feature = "training")]
const SHIPPED: f64 = 2e-3;
/// Candidates for the factor on the learned covariance.
#[cfg(feature = "training")]
const BREADTHS: [f64; 6] = [1.0, 0.5, 0.25, 0.1, 0.03, 1e-6];

/// Mean and covariance.
#[cfg(feature = "training")]
type Prior = (DVector<f64>, DMatrix<f64>);

#[cfg(feature = "training")]
impl EmpiricalBayesMethod {
    fn tables(&self, (mean, covariance): &Prior, breadth: f64) -> Tables {
        let factor = root(covariance * breadth, self.rank, |_, total| total * SHIPPED);
        let flat = factor.transpose().iter().map(|v| *v as f32).collect();
        let shape = [mean.len(), factor.ncols()];
        let mean = mean.iter().map(|v| *v as f32).collect();
        Tables::from([
            ("eb.mean".to_owned(), Table::new(&shape[..1], mean)),
            ("eb.factor".to_owned(), Table::new(&shape, flat)),
        ])
    }

    /// The learned prior as tables `eb.*`, all of it believed.
    pub(crate) fn prior_tables(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.tables(&self.prior(set, run)?, 1.0))
    }

    /// Mean and covariance of people's weights.
    fn prior(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Prior> {
        let dimension = set.dimension();
        let mut rng = run.rng(0xeb);
        let people: Vec<(DMatrix<f64>, DVector<f64>)> = set
            .people
            .iter()
            .map(|votes| design(set, votes, &mut rng))
            .collect();
        let mut mean = DVector::zeros(dimension);
        let mut factor = DMatrix::identity(dimension, dimension) * START;
        for _ in 0..self.steps {
            let rank = factor.ncols();
            let mut first = DVector::zeros(rank);
            let mut second = DMatrix::zeros(rank, rank);
            for (differences, labels) in &people {
                let posterior = laplace::fit(&Design {
                    offsets: differences * &mean,
                    differences: differences * &factor,
                    labels: labels.clone(),
                })?;
                second += &posterior.covariance + &posterior.mean * posterior.mean.transpose();
                first += posterior.mean;
            }
            let count = people.len().max(1) as f64;
            first /= count;
            second = second / count - &first * first.transpose();
            mean += &factor * first;
            let covariance = &factor * second * factor.transpose();
            factor = root(covariance, dimension, |largest, _| largest * NEGLIGIBLE);
        }
        Ok((mean, &factor * factor.transpose()))
    }
}

/// Differences and labels of one person's votes. Noise on every number stands for what other items would do: it keeps
/// the prior from leaning on what only these items share (Bishop 1995, "Training with noise is equivalent to Tikhonov
/// regularization").
#[cfg(feature = "training")]
fn design(
    set: &TrainingSet,
    votes: &[Vote],
    rng: &mut rand_chacha::ChaCha8Rng,
) -> (DMatrix<f64>, DVector<f64>) {
    use rand::Rng;
    let noise = f64::from(set.item_noise) * std::f64::consts::SQRT_2;
    let mut jitter = || {
        if noise == 0.0 {
            0.0
        } else {
            noise * rng.sample::<f64, _>(rand_distr::StandardNormal)
        }
    };
    let differences = DMatrix::from_fn(votes.len(), set.dimension(), |row, column| {
        let vote = &votes[row];
        f64::from(set.rows[vote.first][column]) - f64::from(set.rows[vote.second][column])
            + jitter()
    });
    let labels = DVector::from_fn(votes.len(), |row, _| f64::from(votes[row].label));
    (differences, labels)
}

/// Columns `sqrt(λ) u` of a covariance, largest first, at most `most` but one at least, those above a threshold of
/// (largest, total).
#[cfg(feature = "training")]
fn root(
    covariance: DMatrix<f64>,
    most: usize,
    threshold: impl Fn(f64, f64) -> f64,
) -> DMatrix<f64> {
    let symmetric = (&covariance + covariance.transpose()) * 0.5;
    let eigen = SymmetricEigen::new(symmetric);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let least = threshold(eigen.eigenvalues[order[0]], eigen.eigenvalues.sum());
    let mut kept: Vec<usize> = order
        .iter()
        .copied()
        .filter(|at| eigen.eigenvalues[*at] > least.max(0.0))
        .take(most)
        .collect();
    if kept.is_empty() {
        kept.push(order[0]);
    }
    DMatrix::from_fn(covariance.nrows(), kept.len(), |row, column| {
        let at = kept[column];
        let vector = eigen.eigenvectors.column(at);
        vector[row] * vector[vector.icamax()].signum() * eigen.eigenvalues[at].max(0.0).sqrt()
    })
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

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("empirical Bayes", items.rows, self.mean.len())?;
        Ok(items
            .rows
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
