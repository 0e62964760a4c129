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

use burn::module::Module;
#[cfg(feature = "training")]
use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use nalgebra::{DMatrix, DVector};
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Table, Tables};
use crate::methods::Method;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
    logistic, softplus,
};
#[cfg(feature = "training")]
use crate::training::{
    Descent, Run, TrainingSet, column, descend, load, logistic_loss, places, validation_loss,
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
    pub fn write(&self, tables: &mut Tables) -> Result<()> {
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

/// Trains and loads [`PalA`].
#[derive(Clone, Debug)]
pub struct PalAMethod {
    /// Candidates for the number of prototypes, K.
    pub prototypes: Vec<usize>,
    /// Gradient steps.
    pub steps: usize,
}

impl Default for PalAMethod {
    fn default() -> Self {
        Self {
            prototypes: vec![4, 8, 16],
            steps: 1000,
        }
    }
}

impl Method for PalAMethod {
    fn id(&self) -> String {
        "pal-a".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let inner = set.for_choices();
        let mut best: Option<(f64, usize, f32, Tables)> = None;
        for count in &self.prototypes {
            let tables = train::shared(inner, *count, self.steps, run)?;
            for prior_sd in PRIORS {
                let tables = with_prior(&tables, prior_sd);
                let model = load(self, &tables, inner.dimension())?;
                let loss = validation_loss(model.as_ref(), inner)?;
                if best.as_ref().is_none_or(|best| loss < best.0) {
                    best = Some((loss, *count, prior_sd, tables));
                }
            }
        }
        let (_, count, prior_sd, tables) =
            best.ok_or_else(|| Error::Input("PAL-A needs a number of prototypes to try".into()))?;
        if set.choosing.is_none() {
            return Ok(tables);
        }
        Ok(with_prior(
            &train::shared(set, count, self.steps, run)?,
            prior_sd,
        ))
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(PalA::from_heads(heads, dimension)?))
    }
}

/// Candidates for the prior standard deviation of a person's logits.
#[cfg(feature = "training")]
const PRIORS: [f32; 6] = [1e-3, 0.3, 0.7, 1.5, 3.0, 6.0];

/// The tables with another prior standard deviation of a person's logits.
#[cfg(feature = "training")]
fn with_prior(tables: &Tables, prior_sd: f32) -> Tables {
    let mut tables = tables.clone();
    if let Some(constants) = tables.get_mut("pal.constants") {
        constants.data[1] = prior_sd;
    }
    tables
}

/// The shared weights (projector, prototypes, scale) together with the training people's weights.
#[cfg(feature = "training")]
mod train {
    use burn::tensor::activation::softmax;
    use burn::tensor::{Distribution, TensorData};
    use rand::Rng;
    use rand_distr::StandardNormal;

    use super::*;

    /// Votes per step.
    const BATCH: usize = 2048;
    const LEARNING_RATE: f64 = 4e-3;
    /// People's logits and the log of the scale are stored divided by this, which multiplies their learning rate.
    const FAST: f32 = 10.0;
    /// Initial length of a prototype's coordinates.
    const PROTOTYPE_SD: f32 = 1.0;
    /// Times [`TrainingSet::item_noise`]: a projector bends around single items more easily than a line does.
    const NOISE_FACTOR: f32 = 3.0;

    #[derive(Module, Debug)]
    struct Trainer {
        projector: Projector,
        /// `[K, dimension]`.
        prototypes: Param<Tensor<2>>,
        /// `[people, K]`, logits / [`FAST`].
        people: Param<Tensor<2>>,
        /// `[1]`, ln s / [`FAST`].
        log_scale: Param<Tensor<1>>,
    }

    /// Tables of K prototypes; the prior of a person's logits is left at 1.
    pub(super) fn shared(
        set: &TrainingSet,
        count: usize,
        steps: usize,
        run: &mut Run<'_>,
    ) -> Result<Tables> {
        let device = run.device.clone().autodiff();
        device.seed(run.seed);
        let mut rng = run.rng(0x9a1);
        let mut normal = |rows: usize, width: usize, sd: f32| {
            let data: Vec<f32> = (0..rows * width)
                .map(|_| rng.sample::<f32, _>(StandardNormal) * sd)
                .collect();
            Param::from_data(TensorData::new(data, [rows, width]), &device)
        };
        let dimension = set.dimension();
        let trainer = Trainer {
            prototypes: normal(count, dimension, PROTOTYPE_SD),
            people: normal(set.people.len(), count, 0.1 / FAST),
            projector: Projector::init(dimension, &device),
            log_scale: Param::from_data(TensorData::new(vec![0.0_f32], [1]), &device),
        };
        let (items, votes) = (set.tensor(&device), set.flat());
        let descent = Descent {
            steps,
            rate: LEARNING_RATE,
            weight_decay: 0.0,
        };
        let noise = f64::from(NOISE_FACTOR * set.item_noise);
        let (trainer, _) = descend(trainer, descent, run, |trainer, _, rng| {
            let batch: Vec<_> = (0..BATCH)
                .map(|_| votes[rng.random_range(0..votes.len())])
                .collect();
            let items = if noise > 0.0 {
                items.clone() + items.random_like(Distribution::Normal(0.0, noise))
            } else {
                items.clone()
            };
            let latent = trainer.projector.forward(items);
            let points = softmax(trainer.people.val() * FAST, 1)
                .matmul(trainer.prototypes.val())
                .select(0, places(batch.iter().map(|(person, _)| *person), &device));
            let distance = |indices| {
                let gap = latent.clone().select(0, indices) - points.clone();
                ((gap.clone() * gap).sum_dim(1) + EPSILON).sqrt()
            };
            let margins = distance(places(batch.iter().map(|(_, vote)| vote.second), &device))
                - distance(places(batch.iter().map(|(_, vote)| vote.first), &device));
            logistic_loss(
                margins.squeeze_dim::<1>(1) * (trainer.log_scale.val() * FAST).exp(),
                column(batch.iter().map(|(_, vote)| vote.label), &device),
            )
        })?;
        let mut tables = Tables::new();
        trainer.projector.write(&mut tables)?;
        let prototypes = mlp::numbers(trainer.prototypes.val())?;
        tables.insert(
            "pal.prototypes".into(),
            Table::new(&[count, dimension], prototypes),
        );
        let scale = (mlp::numbers(trainer.log_scale.val())?[0] * FAST).exp();
        tables.insert("pal.constants".into(), Table::new(&[2], vec![scale, 1.0]));
        Ok(tables)
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
    pub fn shared_weights(&self) -> Result<Tables> {
        let mut tables = Tables::new();
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

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("PAL-A", items.rows, self.dimension)?;
        if items.rows.is_empty() {
            return Ok(vec![]);
        }
        let latent = mlp::numbers(self.projector.forward(mlp::rows_to_tensor(
            items.rows,
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
