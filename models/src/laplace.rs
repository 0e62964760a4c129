//! Bayesian logistic regression under a standard normal prior: the mode by Newton's method, the posterior by Laplace.
//!
//! Every personal linear method is this after a change of coordinates.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::preference::{logistic, softplus};
use crate::{Error, Result};

/// Newton stops when the largest component of the gradient is below this.
const TOLERANCE: f64 = 1e-9;
/// Newton converges in 5 to 8 steps here; more means that something is wrong.
const MAX_STEPS: usize = 50;

/// Differences of items, what the population says of them, and labels.
#[derive(Clone, Debug)]
pub struct Design {
    /// `[pairs, dimension]`: first minus second.
    pub differences: DMatrix<f64>,
    /// Margin of each pair under the prior mean, log-odds.
    pub offsets: DVector<f64>,
    /// 1, 0 or 0.5.
    pub labels: DVector<f64>,
}

impl Design {
    /// No pairs.
    pub fn empty(dimension: usize) -> Self {
        Self {
            differences: DMatrix::zeros(0, dimension),
            offsets: DVector::zeros(0),
            labels: DVector::zeros(0),
        }
    }

    /// Negative log posterior up to a constant, nats.
    pub fn loss(&self, weights: &DVector<f64>) -> f64 {
        let margins = &self.differences * weights + &self.offsets;
        let fit: f64 = margins
            .iter()
            .zip(self.labels.iter())
            .map(|(margin, label)| softplus(*margin) - label * margin)
            .sum();
        fit + 0.5 * weights.norm_squared()
    }

    /// Gradient of [`Self::loss`].
    pub fn gradient(&self, weights: &DVector<f64>) -> DVector<f64> {
        let margins = &self.differences * weights + &self.offsets;
        let residuals = margins.map(logistic) - &self.labels;
        self.differences.tr_mul(&residuals) + weights
    }

    /// Hessian of [`Self::loss`]: identity plus the curvature of the pairs.
    fn hessian(&self, weights: &DVector<f64>) -> DMatrix<f64> {
        let margins = &self.differences * weights + &self.offsets;
        curvature(&self.differences, &margins, 1.0)
    }
}

/// Gaussian approximation of a posterior.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Mode.
    pub mean: DVector<f64>,
    /// Inverse Hessian at the mode.
    pub covariance: DMatrix<f64>,
}

/// Fits weights with prior N(0, I).
///
/// # Errors
/// When the numbers are not finite.
///
/// # Source
/// Bishop 2006, *Pattern Recognition and Machine Learning*, §4.5.1; damped Newton with step halving.
pub fn fit(design: &Design) -> Result<Posterior> {
    let mut weights = DVector::zeros(design.differences.ncols());
    let mut loss = design.loss(&weights);
    for _ in 0..MAX_STEPS {
        let gradient = design.gradient(&weights);
        if gradient.amax() < TOLERANCE {
            break;
        }
        let direction = factor(design.hessian(&weights))?.solve(&gradient);
        let mut step = 1.0;
        let improved = loop {
            let candidate = &weights - &direction * step;
            let candidate_loss = design.loss(&candidate);
            if candidate_loss <= loss {
                weights = candidate;
                loss = candidate_loss;
                break true;
            }
            step *= 0.5;
            if step < 1e-6 {
                break false;
            }
        };
        if !improved {
            break; // At the limit of rounding.
        }
    }
    let covariance = factor(design.hessian(&weights))?.inverse();
    Ok(Posterior {
        mean: weights,
        covariance,
    })
}

/// Fits weights with prior N(0, I) where margins are not linear in them. `linearise` gives margins `[pairs]` and their
/// derivatives `[pairs, dimension]` at some weights.
///
/// The mode from zero by Levenberg's damped Gauss–Newton steps, the covariance from the Gauss–Newton Hessian.
///
/// # Errors
/// When the numbers are not finite.
///
/// # Source
/// Nocedal and Wright 2006, *Numerical Optimization*, §10.3.
pub fn fit_curved(
    dimension: usize,
    labels: &[f64],
    linearise: impl Fn(&DVector<f64>) -> (DVector<f64>, DMatrix<f64>),
) -> Result<Posterior> {
    let loss_of = |margins: &DVector<f64>, weights: &DVector<f64>| {
        let fit = margins.iter().zip(labels);
        fit.map(|(margin, label)| softplus(*margin) - label * margin)
            .sum::<f64>()
            + 0.5 * weights.norm_squared()
    };
    let mut weights = DVector::zeros(dimension);
    let (mut margins, mut jacobian) = linearise(&weights);
    let mut loss = loss_of(&margins, &weights);
    let mut damping = 0.0;
    for _ in 0..MAX_STEPS {
        let residuals =
            DVector::from_fn(labels.len(), |row, _| logistic(margins[row]) - labels[row]);
        let gradient = jacobian.tr_mul(&residuals) + &weights;
        if gradient.amax() < TOLERANCE {
            break;
        }
        let step = factor(curvature(&jacobian, &margins, 1.0 + damping))?.solve(&gradient);
        let candidate = &weights - step;
        let (there, slopes) = linearise(&candidate);
        let candidate_loss = loss_of(&there, &candidate);
        if candidate_loss <= loss {
            let is_settled = loss - candidate_loss < 1e-12 * (1.0 + loss);
            (weights, margins, jacobian, loss) = (candidate, there, slopes, candidate_loss);
            damping *= 0.25;
            if is_settled {
                break;
            }
        } else {
            damping = f64::max(damping * 4.0, 1.0);
        }
    }
    let covariance = factor(curvature(&jacobian, &margins, 1.0))?.inverse();
    Ok(Posterior {
        mean: weights,
        covariance,
    })
}

/// Hessian of the negative log-likelihood of margins that are linear in the weights with slopes `[pairs, dimension]`, plus
/// a diagonal.
fn curvature(slopes: &DMatrix<f64>, margins: &DVector<f64>, diagonal: f64) -> DMatrix<f64> {
    // One pair a column, so that scaling and the product run along memory.
    let mut scaled = slopes.transpose();
    for (mut pair, margin) in scaled.column_iter_mut().zip(margins.iter()) {
        let p = logistic(*margin);
        pair *= (p * (1.0 - p)).sqrt();
    }
    let mut curvature = &scaled * scaled.transpose();
    for at in 0..curvature.nrows() {
        curvature[(at, at)] += diagonal;
    }
    curvature
}

fn factor(hessian: DMatrix<f64>) -> Result<Cholesky<f64, nalgebra::Dyn>> {
    Cholesky::new(hessian)
        .ok_or_else(|| Error::Input("the votes gave numbers that are not finite".into()))
}

impl Posterior {
    /// Mean, then the lower triangle of the covariance, row by row.
    pub fn pack(&self) -> Vec<f64> {
        let dimension = self.mean.len();
        let mut values: Vec<f64> = self.mean.iter().copied().collect();
        for row in 0..dimension {
            values.extend((0..=row).map(|column| self.covariance[(row, column)]));
        }
        values
    }
}

/// Mean and variance of `direction · weights` under a packed posterior.
///
/// A direction of the wrong width gives what its common part gives; [`crate::preference::PreferenceModel::fit`] has
/// checked widths before.
pub fn project(values: &[f64], direction: &[f64]) -> (f64, f64) {
    let (mean, triangle) = values.split_at(direction.len().min(values.len()));
    let along = mean.iter().zip(direction).map(|(m, d)| m * d).sum();
    let mut variance = 0.0;
    let mut start = 0;
    for (row, value) in direction.iter().enumerate() {
        let Some(line) = triangle.get(start..=start + row) else {
            break;
        };
        let below: f64 = line[..row].iter().zip(direction).map(|(c, d)| c * d).sum();
        variance += value * (2.0 * below + line[row] * value);
        start += row + 1;
    }
    (along, variance.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> Design {
        Design {
            differences: DMatrix::from_row_slice(4, 2, &[1.0, 0.5, -0.5, 2.0, 0.3, -1.0, 2.0, 2.0]),
            offsets: DVector::from_row_slice(&[0.1, 0.0, -0.2, 0.0]),
            labels: DVector::from_row_slice(&[1.0, 1.0, 0.0, 0.5]),
        }
    }

    #[test]
    fn gradient_is_zero_at_the_mode() {
        let posterior = fit(&design()).expect("finite");
        assert!(design().gradient(&posterior.mean).amax() < 1e-8);
    }

    #[test]
    fn gradient_matches_differences_of_the_loss() {
        let (design, at) = (design(), DVector::from_row_slice(&[0.3, -0.7]));
        let gradient = design.gradient(&at);
        for component in 0..2 {
            let mut step = DVector::zeros(2);
            step[component] = 1e-6;
            let numeric = (design.loss(&(&at + &step)) - design.loss(&(&at - &step))) / 2e-6;
            assert!((gradient[component] - numeric).abs() < 1e-6);
        }
    }

    #[test]
    fn curved_and_straight_fits_agree_where_margins_are_linear() {
        let design = design();
        let straight = fit(&design).expect("finite");
        let labels: Vec<f64> = design.labels.iter().copied().collect();
        let curved = fit_curved(2, &labels, |weights| {
            let margins = &design.differences * weights + &design.offsets;
            (margins, design.differences.clone())
        })
        .expect("finite");
        assert!((straight.mean - curved.mean).amax() < 1e-7);
        assert!((straight.covariance - curved.covariance).amax() < 1e-7);
    }

    #[test]
    fn no_pairs_give_the_prior() {
        let posterior = fit(&Design::empty(3)).expect("finite");
        assert_eq!(posterior.mean, DVector::zeros(3));
        assert_eq!(posterior.covariance, DMatrix::identity(3, 3));
    }

    #[test]
    fn a_packed_posterior_projects_like_the_full_one() {
        let posterior = fit(&design()).expect("finite");
        let direction = DVector::from_row_slice(&[0.4, -1.3]);
        let (mean, variance) = project(&posterior.pack(), direction.as_slice());
        assert!((mean - posterior.mean.dot(&direction)).abs() < 1e-12);
        let full = (direction.transpose() * &posterior.covariance * &direction)[(0, 0)];
        assert!((variance - full).abs() < 1e-12);
    }
}
