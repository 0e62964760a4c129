//! What both forms of PAL share: the projector, and a person's weights on the simplex of K prototypes.
//!
//! A person is `w = softmax(W)` with `W` in R^K. Everything else is shared and frozen once it was trained: a new person's
//! fit starts at `W = 0`, the mean prototype, and moves these K numbers only, under the prior N(0, τ²).

#[cfg(feature = "training")]
pub(crate) mod train;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use nalgebra::{Cholesky, DMatrix, DVector};
#[cfg(feature = "training")]
use rand_chacha::ChaCha8Rng;

use crate::heads::{Heads, Table, Tables};
use crate::preference::{ItemVector, LabelledPair, logistic, softplus};
use crate::{Error, Result, mlp};

/// Rows wider than this are narrowed by a linear layer before `mlp2`, so that heads stay small.
pub const WIDTH: usize = 64;
/// Added to squared distances and lengths: keeps gradients finite at zero.
pub(crate) const EPSILON: f64 = 1e-6;
/// Most Gauss–Newton steps of one fit: on distances it converges in about ten, on angles it can take several times as many.
const MAX_STEPS: usize = 60;

/// The projector `f` of items, by the names of the paper's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `f(x) = x`.
    Identity,
    /// One linear layer with bias.
    Linear,
    /// Three linear layers of equal width with bias and ReLU between them.
    Mlp2 {
        /// Adds the input to the output.
        residual: bool,
    },
}

impl Shape {
    /// Width of what the projector gives for rows of a width.
    pub fn width(self, dimension: usize) -> usize {
        match self {
            Self::Identity => dimension,
            Self::Linear | Self::Mlp2 { .. } => dimension.min(WIDTH),
        }
    }

    /// Layers by the names of their tables, `[input, output]`.
    pub(crate) fn layers(self, dimension: usize) -> Vec<(&'static str, [usize; 2])> {
        let width = self.width(dimension);
        match self {
            Self::Identity => vec![],
            Self::Linear => vec![("linear", [dimension, width])],
            Self::Mlp2 { .. } => {
                let inner = ["first", "second", "third"].map(|name| (name, [width, width]));
                let narrow = (dimension > width).then_some(("narrow", [dimension, width]));
                narrow.into_iter().chain(inner).collect()
            }
        }
    }
}

/// The projector `f`.
///
/// # Source
/// `mlp2` of the code of arXiv 2406.08469, without its dropout.
#[derive(Module, Debug)]
pub struct Projector {
    layers: Vec<Linear>,
    #[module(skip)]
    shape: Shape,
}

impl Projector {
    /// Random weights.
    #[cfg(feature = "training")]
    pub fn random(shape: Shape, dimension: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let layers = shape.layers(dimension).into_iter();
        Self {
            layers: layers
                .map(|(_, sizes)| crate::training::random_linear(sizes, rng, device))
                .collect(),
            shape,
        }
    }

    /// `[items, dimension] -> [items, width]`.
    pub fn forward(&self, items: Tensor<2>) -> Tensor<2> {
        let Shape::Mlp2 { residual } = self.shape else {
            return match self.layers.first() {
                Some(layer) => layer.forward(items),
                None => items,
            };
        };
        let inner = self.layers.len().saturating_sub(3);
        let items = self.layers[..inner]
            .iter()
            .fold(items, |items, narrow| narrow.forward(items));
        let mut hidden = items.clone();
        for (at, layer) in self.layers[inner..].iter().enumerate() {
            hidden = layer.forward(if at == 0 { hidden } else { relu(hidden) });
        }
        if residual { items + hidden } else { hidden }
    }

    /// Projected rows, row-major, by any device.
    pub(crate) async fn project(
        &self,
        rows: &[Vec<f32>],
        dimension: usize,
        device: &Device,
    ) -> Result<Vec<f32>> {
        let there = self.clone().to_device(device);
        let rows = mlp::rows_to_tensor(rows, dimension, device);
        mlp::numbers_later(there.forward(rows)).await
    }

    /// Writes the weights as tables `{prefix}.*`.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn write(&self, tables: &mut Tables, prefix: &str, dimension: usize) -> Result<()> {
        mlp::now(self.write_later(tables, prefix, dimension))
    }

    /// [`Self::write`] from any device.
    pub(crate) async fn write_later(
        &self,
        tables: &mut Tables,
        prefix: &str,
        dimension: usize,
    ) -> Result<()> {
        for ((name, _), layer) in self.shape.layers(dimension).iter().zip(&self.layers) {
            mlp::write_linear_later(tables, &format!("{prefix}.{name}"), layer).await?;
        }
        Ok(())
    }

    /// Reads what [`Self::write`] wrote.
    pub(crate) fn read(
        heads: &Heads,
        prefix: &str,
        shape: Shape,
        dimension: usize,
        device: &Device,
    ) -> Result<Self> {
        let layers = shape.layers(dimension).into_iter();
        Ok(Self {
            layers: layers
                .map(|(name, sizes)| {
                    mlp::read_linear(heads, &format!("{prefix}.{name}"), sizes, device)
                })
                .collect::<Result<_>>()?,
            shape,
        })
    }
}

/// Rows divided by their unit.
pub(crate) fn scaled(rows: &[Vec<f32>], unit: f32) -> Vec<Vec<f32>> {
    let scale = |row: &Vec<f32>| row.iter().map(|value| value / unit).collect();
    rows.iter().map(scale).collect()
}

/// The unit of rows; 1 in heads that have none.
pub(crate) fn read_unit(heads: &Heads, prefix: &str) -> f32 {
    let unit = heads.data(&format!("{prefix}.unit"), &[1]);
    unit.map_or(1.0, |unit| unit[0])
}

/// Writes what [`read_unit`] reads.
pub(crate) fn write_unit(tables: &mut Tables, prefix: &str, unit: f32) {
    tables.insert(format!("{prefix}.unit"), Table::new(&[1], vec![unit]));
}

/// What a person's fit minimises, as a function of the margin `m` of a pair and its label `y` in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Likelihood {
    /// `-y ln σ(s m) - (1 - y) ln σ(-s m)`, `s` log-odds per unit of reward.
    Logistic(f64),
    /// `y h(m) + (1 - y) h(-m)` with `h(m) = max(0, 1 - m)`, rounded off by a parabola over the last [`ROUND`].
    Hinge,
}

/// Width of the parabola that joins the two lines of the hinge; Newton's method needs some curvature.
const ROUND: f64 = 0.5;

/// The rounded hinge with its first two derivatives.
fn hinge(margin: f64) -> [f64; 3] {
    let short = 1.0 - margin;
    if short <= 0.0 {
        [0.0; 3]
    } else if short < ROUND {
        [short * short / (2.0 * ROUND), -short / ROUND, 1.0 / ROUND]
    } else {
        [short - ROUND / 2.0, -1.0, 0.0]
    }
}

impl Likelihood {
    /// Loss with its first two derivatives by the margin.
    fn at(self, margin: f64, label: f64) -> [f64; 3] {
        match self {
            Self::Logistic(scale) => {
                let p = logistic(scale * margin);
                [
                    softplus(scale * margin) - label * scale * margin,
                    scale * (p - label),
                    scale * scale * p * (1.0 - p),
                ]
            }
            Self::Hinge => {
                let ([won, up, bend], [lost, down, sag]) = (hinge(margin), hinge(-margin));
                let other = 1.0 - label;
                [
                    label * won + other * lost,
                    label * up - other * down,
                    label * bend + other * sag,
                ]
            }
        }
    }
}

/// Rewards of viewed items as a function of simplex weights.
pub(crate) trait Rewards {
    /// What a person's weights come to before any item is looked at.
    type Point;
    /// Number of prototypes, K.
    fn count(&self) -> usize;
    /// Prepares weights for rewards and, where asked for, slopes.
    fn point(&self, weights: DVector<f64>, for_slopes: bool) -> Self::Point;
    /// Reward of an item, in the units of the loss.
    fn reward(&self, point: &Self::Point, item: &ItemVector) -> f64;
    /// Adds `sign` times the derivatives of the reward by the K weights.
    fn add_slopes(&self, point: &Self::Point, item: &ItemVector, sign: f64, slopes: &mut [f64]);
}

/// Simplex weights of a person: the mode of `W` from zero by Levenberg–Marquardt on the Gauss–Newton Hessian.
///
/// # Errors
/// When numbers stop being finite.
pub(crate) fn fit<R: Rewards>(
    rewards: &R,
    pairs: &[LabelledPair<'_>],
    likelihood: Likelihood,
    prior_sd: f64,
) -> Result<Vec<f64>> {
    let count = rewards.count();
    let precision = prior_sd.powi(-2);
    let margin = |point: &R::Point, pair: &LabelledPair<'_>| {
        rewards.reward(point, pair.first) - rewards.reward(point, pair.second)
    };
    let loss = |logits: &DVector<f64>| {
        let point = rewards.point(softmax(logits), false);
        let fit: f64 = pairs
            .iter()
            .map(|pair| likelihood.at(margin(&point, pair), pair.label)[0])
            .sum();
        fit + 0.5 * precision * logits.norm_squared()
    };
    let mut logits = DVector::zeros(count);
    let mut least = loss(&logits);
    let mut damping = 0.0;
    for _ in 0..MAX_STEPS {
        let weights = softmax(&logits);
        let point = rewards.point(weights.clone(), true);
        let mut gradient = &logits * precision;
        let mut hessian = DMatrix::from_diagonal_element(count, count, precision + damping);
        let mut slopes = vec![0.0; count];
        for pair in pairs {
            let [_, slope, curvature] = likelihood.at(margin(&point, pair), pair.label);
            slopes.fill(0.0);
            rewards.add_slopes(&point, pair.first, 1.0, &mut slopes);
            rewards.add_slopes(&point, pair.second, -1.0, &mut slopes);
            // By the softmax: dm/dW_k = w_k (dm/dw_k - Σ_j w_j dm/dw_j).
            let mean: f64 = slopes.iter().zip(weights.iter()).map(|(s, w)| s * w).sum();
            for (of, weight) in slopes.iter_mut().zip(weights.iter()) {
                *of = weight * (*of - mean);
            }
            for (row, of) in slopes.iter().enumerate() {
                gradient[row] += slope * of;
                for (column, other) in slopes[..=row].iter().enumerate() {
                    hessian[(row, column)] += curvature * of * other;
                }
            }
        }
        if gradient.amax() < 1e-7 {
            break;
        }
        // Only the lower triangle is filled, and read.
        let step = Cholesky::new(hessian)
            .ok_or_else(|| Error::Input("PAL: the votes gave numbers that are not finite".into()))?
            .solve(&gradient);
        let candidate = &logits - &step;
        let candidate_loss = loss(&candidate);
        if candidate_loss <= least {
            logits = candidate;
            damping *= 0.25;
            if least - candidate_loss < 1e-9 * (1.0 + least) {
                break;
            }
            least = candidate_loss;
        } else {
            damping = (damping * 4.0).max(precision);
        }
    }
    Ok(softmax(&logits).iter().copied().collect())
}

/// Simplex weights of logits.
pub(crate) fn softmax(logits: &DVector<f64>) -> DVector<f64> {
    let largest = logits.max();
    let powers = logits.map(|logit| (logit - largest).exp());
    let sum = powers.sum();
    powers / sum
}

/// Inner product.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Divides by the length.
pub(crate) fn to_unit(row: &mut [f32]) {
    let length = (dot(row, row) + EPSILON as f32).sqrt();
    row.iter_mut().for_each(|value| *value /= length);
}
