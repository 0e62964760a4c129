//! Person = a Gaussian over weights: what ridge and empirical Bayes share.
//!
//! A viewed item is `[offset, coordinates…]`: its reward under the population, and its coordinates in a space where the
//! prior is N(0, I). State values: posterior mean, then the lower triangle of the covariance.

use nalgebra::{DMatrix, DVector};

use crate::Result;
use crate::laplace::{self, Design};
use crate::preference::{ItemVector, LabelledPair, Margin};

/// Fits the packed posterior of a person to viewed pairs.
pub(crate) fn fit(pairs: &[LabelledPair<'_>], dimension: usize) -> Result<Vec<f64>> {
    Ok(laplace::fit(&design(pairs, dimension))?.pack())
}

/// The posterior's mode only, for many pairs.
#[cfg(feature = "training")]
pub(crate) fn mode(pairs: &[LabelledPair<'_>], dimension: usize) -> Result<DVector<f64>> {
    Ok(laplace::fit(&design(pairs, dimension))?.mean)
}

fn design(pairs: &[LabelledPair<'_>], dimension: usize) -> Design {
    let difference =
        |pair: &LabelledPair<'_>, at: usize| f64::from(pair.first[at]) - f64::from(pair.second[at]);
    Design {
        differences: DMatrix::from_fn(pairs.len(), dimension, |row, column| {
            difference(&pairs[row], column + 1)
        }),
        offsets: DVector::from_fn(pairs.len(), |row, _| difference(&pairs[row], 0)),
        labels: DVector::from_fn(pairs.len(), |row, _| pairs[row].label),
    }
}

/// Margin of viewed items under a packed posterior.
pub(crate) fn margin(values: &[f64], first: &ItemVector, second: &ItemVector) -> Margin {
    let mut differences = first
        .iter()
        .zip(second)
        .map(|(a, b)| f64::from(*a) - f64::from(*b));
    let offset = differences.next().unwrap_or(0.0);
    let direction: Vec<f64> = differences.collect();
    let (mean, variance) = laplace::project(values, &direction);
    Margin {
        mean: offset + mean,
        variance,
    }
}

/// Mean and variance of each coordinate of a packed posterior.
pub(crate) fn latent(values: &[f64], dimension: usize) -> Vec<Margin> {
    let mut at = dimension;
    let mut step = 0;
    let mut own = || {
        let variance = values.get(at).copied().unwrap_or(0.0);
        step += 1;
        at += step + 1;
        variance
    };
    let means = values.iter().take(dimension);
    means
        .map(|mean| Margin {
            mean: *mean,
            variance: own(),
        })
        .collect()
}
