//! PAL-A: a person is a point in the simplex of K prototypes.
//!
//! With the projector `f` and prototypes `P` in latent space (option `Pw` of the paper's code), person weights
//! `w = softmax(W)` and ideal point `a = Pᵀ w`: `r(x) = -‖f(x) - a‖`, margin `= s (r(first) - r(second))`, logistic
//! loss (the paper's hinge is an option of its code; the logistic gives probabilities). A new person costs K numbers:
//! `f`, `P` and `s` are frozen and `W` is fitted from zero, under N(0, τ²) so that few votes stay near the mean
//! prototype.
//!
//! A viewed item is `[‖f‖², P f]`: distances to any ideal point need no more.
//! State values: the K weights `w`.
//!
//! # Source
//! Chen, Chen, Rege, Wang, Vinayak 2024, "PAL: Pluralistic alignment framework" (arXiv 2406.08469); projector `mlp2`
//! with residual from its code.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use nalgebra::{DMatrix, DVector};
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Table};
use crate::preference::{
    ItemVector, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
    logistic, softplus,
};
use crate::{Error, Result, mlp};

/// Added to squared distances: keeps the gradient finite at an ideal point.
const EPSILON: f64 = 1e-6;
/// Gauss–Newton steps of one fit; it converges in about ten.
const MAX_STEPS: usize = 25;

/// Projector `mlp2`: three linear layers of equal width with residual.
#[derive(Module, Debug)]
pub struct Projector {
    first: Linear,
    second: Linear,
    third: Linear,
}

impl Projector {
    /// Random weights.
    pub fn init(dimension: usize, device: &Device) -> Self {
        let layer = || LinearConfig::new(dimension, dimension).init(device);
        Self {
            first: layer(),
            second: layer(),
            third: layer(),
        }
    }

    /// `[items, dimension] -> [items, dimension]`.
    pub fn forward(&self, items: Tensor<2>) -> Tensor<2> {
        let hidden = relu(self.first.forward(items.clone()));
        let hidden = relu(self.second.forward(hidden));
        items + self.third.forward(hidden)
    }

    /// Writes the weights as tables `pal.*`.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn write(&self, tables: &mut BTreeMap<String, Table>) -> Result<()> {
        mlp::write_linear(tables, "pal.first", &self.first)?;
        mlp::write_linear(tables, "pal.second", &self.second)?;
        mlp::write_linear(tables, "pal.third", &self.third)
    }

    fn from_heads(heads: &Heads, dimension: usize, device: &Device) -> Result<Self> {
        let read = |name: &str| mlp::read_linear(heads, name, [dimension, dimension], device);
        Ok(Self {
            first: read("pal.first")?,
            second: read("pal.second")?,
            third: read("pal.third")?,
        })
    }
}

/// PAL-A with frozen shared weights.
#[derive(Debug)]
pub struct PalA {
    weights: String,
    dimension: usize,
    projector: Projector,
    /// `[K, dimension]`, row-major.
    prototypes: Vec<f32>,
    /// Prototype inner products, `[K, K]`.
    gram: DMatrix<f64>,
    /// Log-odds per unit of distance, `s`.
    scale: f64,
    /// Prior standard deviation of `W`, `τ`.
    prior_sd: f64,
    device: Device,
}

impl PalA {
    /// Reads tables `pal.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let device = Device::flex();
        let prototypes = heads.table("pal.prototypes")?.data.clone();
        if prototypes.is_empty() || !prototypes.len().is_multiple_of(dimension) {
            return Err(Error::Weights(
                "the prototypes of PAL have another width than the items".into(),
            ));
        }
        let constants = heads.data("pal.constants", &[2])?;
        let projector = Projector::from_heads(heads, dimension, &device)?;
        let count = prototypes.len() / dimension;
        let matrix =
            DMatrix::from_row_iterator(count, dimension, prototypes.iter().map(|v| f64::from(*v)));
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            projector,
            gram: &matrix * matrix.transpose(),
            prototypes,
            scale: f64::from(constants[0]),
            prior_sd: f64::from(constants[1]),
            device,
        })
    }

    /// Number of prototypes, K.
    pub fn prototypes(&self) -> usize {
        self.gram.nrows()
    }

    /// Squared distance of a viewed item to a prototype.
    pub fn prototype_distance(&self, item: &ItemVector, prototype: usize) -> f64 {
        let mut weights = DVector::zeros(self.prototypes());
        weights[prototype] = 1.0;
        self.ideal(weights).distance(item).powi(2)
    }

    /// The shared weights as tables, for comparison.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn shared_weights(&self) -> Result<BTreeMap<String, Table>> {
        let mut tables = BTreeMap::new();
        self.projector.write(&mut tables)?;
        let shape = [self.prototypes(), self.dimension];
        tables.insert(
            "pal.prototypes".into(),
            Table::new(&shape, self.prototypes.clone()),
        );
        let constants = vec![self.scale as f32, self.prior_sd as f32];
        tables.insert("pal.constants".into(), Table::new(&[2], constants));
        Ok(tables)
    }

    /// An ideal point, ready for distances.
    fn ideal(&self, weights: DVector<f64>) -> Ideal {
        let gram_weights = &self.gram * &weights;
        Ideal {
            norm: gram_weights.dot(&weights),
            gram_weights,
            weights,
        }
    }

    /// Margins of all pairs and, if asked for, their derivatives by `W`: `[pairs, K]`.
    fn linearise(
        &self,
        logits: &DVector<f64>,
        pairs: &[LabelledPair<'_>],
    ) -> (DVector<f64>, DMatrix<f64>) {
        let ideal = self.ideal(softmax(logits));
        let count = self.prototypes();
        let mut margins = DVector::zeros(pairs.len());
        let mut jacobian = DMatrix::zeros(pairs.len(), count);
        for (row, pair) in pairs.iter().enumerate() {
            let first = ideal.distance(pair.first);
            let second = ideal.distance(pair.second);
            margins[row] = self.scale * (second - first);
            let slope = |k: usize| {
                let towards = |item: &ItemVector, distance: f64| {
                    (ideal.gram_weights[k] - f64::from(item[k + 1])) / distance
                };
                self.scale * (towards(pair.second, second) - towards(pair.first, first))
            };
            let slopes: Vec<f64> = (0..count).map(slope).collect();
            let mean: f64 = slopes
                .iter()
                .zip(ideal.weights.iter())
                .map(|(s, w)| s * w)
                .sum();
            for k in 0..count {
                jacobian[(row, k)] = ideal.weights[k] * (slopes[k] - mean);
            }
        }
        (margins, jacobian)
    }

    /// Negative log posterior of `W`, nats.
    fn loss(&self, logits: &DVector<f64>, pairs: &[LabelledPair<'_>]) -> f64 {
        let ideal = self.ideal(softmax(logits));
        let fit: f64 = pairs
            .iter()
            .map(|pair| {
                let margin =
                    self.scale * (ideal.distance(pair.second) - ideal.distance(pair.first));
                softplus(margin) - pair.label * margin
            })
            .sum();
        fit + 0.5 * logits.norm_squared() / self.prior_sd.powi(2)
    }

    /// The mode of `W` from zero by Levenberg–Marquardt on the Gauss–Newton Hessian.
    fn fit_logits(&self, pairs: &[LabelledPair<'_>]) -> Result<DVector<f64>> {
        let count = self.prototypes();
        let precision = self.prior_sd.powi(-2);
        let mut logits = DVector::zeros(count);
        let mut loss = self.loss(&logits, pairs);
        let mut damping = 0.0;
        for _ in 0..MAX_STEPS {
            let (margins, jacobian) = self.linearise(&logits, pairs);
            let residuals = DVector::from_fn(pairs.len(), |row, _| {
                logistic(margins[row]) - pairs[row].label
            });
            let gradient = jacobian.tr_mul(&residuals) + &logits * precision;
            if gradient.amax() < 1e-7 {
                break;
            }
            let mut scaled = jacobian;
            for (mut row, margin) in scaled.row_iter_mut().zip(margins.iter()) {
                let p = logistic(*margin);
                row *= (p * (1.0 - p)).sqrt();
            }
            let mut hessian = scaled.tr_mul(&scaled);
            for at in 0..count {
                hessian[(at, at)] += precision + damping;
            }
            let step = nalgebra::Cholesky::new(hessian)
                .ok_or_else(|| {
                    Error::Input("PAL: the votes gave numbers that are not finite".into())
                })?
                .solve(&gradient);
            let candidate = &logits - &step;
            let candidate_loss = self.loss(&candidate, pairs);
            if candidate_loss <= loss {
                logits = candidate;
                damping *= 0.25;
                if loss - candidate_loss < 1e-9 * (1.0 + loss) {
                    break;
                }
                loss = candidate_loss;
            } else {
                damping = (damping * 4.0).max(precision);
            }
        }
        Ok(logits)
    }
}

/// The ideal point of simplex weights, in the coordinates of viewed items.
struct Ideal {
    weights: DVector<f64>,
    gram_weights: DVector<f64>,
    /// Squared length.
    norm: f64,
}

impl Ideal {
    /// Distance of a viewed item.
    fn distance(&self, item: &ItemVector) -> f64 {
        let cross: f64 = item[1..]
            .iter()
            .zip(self.weights.iter())
            .map(|(c, w)| f64::from(*c) * w)
            .sum();
        (f64::from(item[0]) - 2.0 * cross + self.norm + EPSILON)
            .max(EPSILON)
            .sqrt()
    }
}

/// Simplex weights of logits.
fn softmax(logits: &DVector<f64>) -> DVector<f64> {
    let largest = logits.max();
    let powers = logits.map(|logit| (logit - largest).exp());
    let sum = powers.sum();
    powers / sum
}

impl PreferenceModel for PalA {
    fn id(&self) -> MethodId {
        "pal-a".into()
    }

    fn name(&self) -> &'static str {
        "PAL-A"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        check_rows("PAL-A", items, self.dimension)?;
        if items.is_empty() {
            return Ok(vec![]);
        }
        let latent = mlp::numbers(self.projector.forward(mlp::rows_to_tensor(
            items,
            self.dimension,
            &self.device,
        )))?;
        Ok(latent
            .chunks_exact(self.dimension)
            .map(|item| {
                let dot = |other: &[f32]| item.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
                [dot(item)]
                    .into_iter()
                    .chain(self.prototypes.chunks_exact(self.dimension).map(dot))
                    .collect()
            })
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("PAL-A", pairs, self.prototypes() + 1)?;
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: softmax(&self.fit_logits(pairs)?).iter().copied().collect(),
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let weights = DVector::from_column_slice(&state.values);
        let mean = if weights.len() == self.prototypes()
            && first.len() == second.len()
            && first.len() > weights.len()
        {
            {
                let ideal = self.ideal(weights);
                self.scale * (ideal.distance(second) - ideal.distance(first))
            }
        } else {
            0.0
        };
        Margin {
            mean,
            variance: 0.0,
        }
    }
}
