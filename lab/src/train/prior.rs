//! The empirical-Bayes prior: mean and covariance of people's weights, by expectation maximisation with a Laplace
//! E-step (Bishop 2006, §9.4; MacKay 1992 for the Laplace evidence).

use std::collections::BTreeMap;

use anyhow::Result;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use palate_models::heads::Table;
use palate_models::laplace::{self, Design};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{TrainConfig, TrainingSet};
use crate::people::Vote;

/// Standard deviation of every weight before the first step.
const START: f64 = 0.4;
/// Directions with less than this share of the largest variance are dropped on the way.
const NEGLIGIBLE: f64 = 1e-4;
/// Directions that ship hold at least this share of the total variance.
const SHIPPED: f64 = 2e-3;

/// Learns the prior, writes tables `eb.*` and returns the number of directions.
pub(super) fn fit(
    set: &TrainingSet,
    people: &[Vec<Vote>],
    config: &TrainConfig,
    tables: &mut BTreeMap<String, Table>,
) -> Result<usize> {
    let dimension = set.dimension;
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0xeb);
    let people: Vec<(DMatrix<f64>, DVector<f64>)> = people
        .iter()
        .map(|votes| design(set, votes, config.noise, &mut rng))
        .collect();
    let mut mean = DVector::zeros(dimension);
    let mut factor = DMatrix::identity(dimension, dimension) * START;
    for _ in 0..config.prior_steps {
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
        let count = people.len() as f64;
        first /= count;
        second = second / count - &first * first.transpose();
        mean += &factor * first;
        let covariance = &factor * second * factor.transpose();
        factor = root(covariance, dimension, |largest, _| largest * NEGLIGIBLE);
    }
    let covariance = &factor * factor.transpose();
    let factor = root(covariance, config.rank, |_, total| total * SHIPPED);
    let rank = factor.ncols();
    let flat: Vec<f32> = factor
        .transpose()
        .iter()
        .map(|value| *value as f32)
        .collect();
    tables.insert(
        "eb.mean".into(),
        Table::new(&[dimension], mean.iter().map(|v| *v as f32).collect()),
    );
    tables.insert("eb.factor".into(), Table::new(&[dimension, rank], flat));
    anyhow::ensure!(rank > 0, "the prior has no direction");
    Ok(rank)
}

/// Differences and labels of one person's votes. Noise on every number stands for what an answer to another prompt
/// would do: it keeps the prior from leaning on what only these answers share (Bishop 1995, "Training with noise is
/// equivalent to Tikhonov regularization").
fn design(
    set: &TrainingSet,
    votes: &[Vote],
    noise: f64,
    rng: &mut ChaCha8Rng,
) -> (DMatrix<f64>, DVector<f64>) {
    let noise = noise * std::f64::consts::SQRT_2;
    let differences = DMatrix::from_fn(votes.len(), set.dimension, |row, column| {
        let vote = &votes[row];
        f64::from(set.rows[vote.first][column]) - f64::from(set.rows[vote.second][column])
            + noise * rng.sample::<f64, _>(StandardNormal)
    });
    let labels = DVector::from_fn(votes.len(), |row, _| {
        f64::from(u8::from(votes[row].first_wins))
    });
    (differences, labels)
}

/// Columns `sqrt(λ) u` of a covariance, largest first, at most `most`, those above a threshold of (largest, total).
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
    order.retain(|at| eigen.eigenvalues[*at] > least.max(0.0));
    order.truncate(most);
    DMatrix::from_fn(covariance.nrows(), order.len(), |row, column| {
        let at = order[column];
        let vector = eigen.eigenvectors.column(at);
        vector[row] * vector[vector.icamax()].signum() * eigen.eigenvalues[at].sqrt()
    })
}
