//! DPL: one distribution of utility for everybody, whose width says where people disagree for reasons the data hides.
//!
//! The model sees no person: it predicts what BTL can predict and no more, and reports hidden disagreement
//! ([`Distributional::r_squared`]) and what an item is worth to those who like it least ([`Distributional::low_utility`]).
//! * *Mean and variance*: utility `N(mu(x), s(x)²)`, `p(first) = Phi((mu1 - mu2) / sqrt(s1² + s2²))`. The paper's code
//!   has `sigma(sqrt(2 pi) z)` in place of `Phi(z)`, which is not its match in slope (1.6) and takes the width for
//!   smaller than it is; [`Link::Published`] is that.
//! * *Categorical*: ten atoms from 0 to 1, `p(first) = Σ_{i>j} p1_i p2_j + ½ Σ_i p1_i p2_i`, minus a bonus on the
//!   entropy of the mean distribution of a batch.
//!
//! A frozen representation takes the place of the paper's language model. There is no user state, and the margin has no
//! variance: no vote of this person would narrow it. A viewed item is `[mu, s]`, or the ten probabilities.
//!
//! # Source
//! Siththaranjan, Laidlaw, Hadfield-Menell 2024, "Distributional preference learning" (arXiv 2312.08358).

use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::heads::Tables;
use crate::methods::{Method, baselines};
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
    softplus,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet};
use crate::{Error, Result};

/// Atoms of the categorical form.
pub const ATOMS: usize = 10;
/// The share of people for whom [`Distributional::low_utility`] answers.
pub const LOW: f64 = 0.01;
/// `Phi^-1(LOW)`.
const LOW_DEVIATIONS: f64 = -2.326_347_874;
/// Slope of the leaky rectifiers.
const LEAK: f64 = 0.2;
/// Numbers added to variances: keeps the first steps finite.
const EPSILON: f64 = 1e-6;

/// From a standardised difference of utilities to a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `Phi(z)`: utilities are Gaussian, as the model says.
    Phi,
    /// `sigma(sqrt(2 pi) z)`, as in the paper's code.
    Published,
}

impl Link {
    /// Log-odds are `linear z + cubic z³`. For `Phi` this is within 1.4e-4 in probability.
    ///
    /// # Source
    /// Bowling, Khasawneh, Kaewkuekool, Cho 2009, "A logistic approximation to the cumulative normal distribution".
    fn coefficients(self) -> [f64; 2] {
        match self {
            Self::Phi => [1.5976, 0.070_56],
            Self::Published => [(2.0 * std::f64::consts::PI).sqrt(), 0.0],
        }
    }
}

/// Which distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Gaussian.
    MeanVariance(Link),
    /// Ten atoms.
    Categorical,
}

/// Trains and loads [`Distributional`].
#[derive(Clone, Copy, Debug)]
pub struct Dpl {
    /// Which distribution.
    pub form: Form,
    /// Hidden units.
    pub hidden: usize,
    /// Gradient steps.
    pub steps: usize,
    /// Weight of the mean sum of squared widths (Gaussian only; 0 in the paper).
    pub width_penalty: f32,
    /// Weight of the entropy bonus (categorical only; 0.1 in the paper).
    pub entropy_bonus: f32,
    /// L2 penalty.
    pub weight_decay: f32,
}

impl Dpl {
    /// The Gaussian form with the link of its own model.
    pub fn mean_variance() -> Self {
        Self::new(Form::MeanVariance(Link::Phi))
    }

    /// The categorical form.
    pub fn categorical() -> Self {
        Self::new(Form::Categorical)
    }

    /// With the settings of the paper, and a penalty for small sets.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            hidden: 32,
            steps: 600,
            width_penalty: 0.0,
            entropy_bonus: 0.1,
            weight_decay: 1e-3,
        }
    }

    fn prefix(self) -> &'static str {
        match self.form {
            Form::MeanVariance(Link::Phi) => "dpl-mv",
            Form::MeanVariance(Link::Published) => "dpl-mv-published",
            Form::Categorical => "dpl-cat",
        }
    }

    fn outputs(self) -> usize {
        match self.form {
            Form::MeanVariance(_) => 2,
            Form::Categorical => ATOMS,
        }
    }
}

impl Method for Dpl {
    fn id(&self) -> String {
        self.prefix().into()
    }

    fn is_personal(&self) -> bool {
        false
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        train::train(*self, set, run)
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Distributional::from_heads(
            heads, dimension, *self,
        )?))
    }
}

#[cfg(feature = "training")]
mod train {
    use burn::module::{Module, Param};
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::activation::{leaky_relu, log_sigmoid, softmax, softplus};
    use burn::tensor::{Tensor, TensorData};
    use rand::Rng;

    use super::*;
    use crate::mlp;
    use crate::training::{Descent, column, descend, noisy, places, sample};

    /// Votes per step.
    const BATCH: usize = 1024;
    /// Differences of more deviations than this have no gradient.
    const MOST_DEVIATIONS: f64 = 6.0;

    #[derive(Module, Debug)]
    struct Head {
        hidden: Linear,
        output: Linear,
    }

    pub(super) fn train(method: Dpl, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let device = run.device.clone().autodiff();
        let mut rng = run.rng(0xd91);
        let mut layer = |input: usize, output: usize| {
            let bound = 1.0 / (input.max(1) as f32).sqrt();
            let mut draw = |count: usize| -> Vec<f32> {
                (0..count)
                    .map(|_| rng.random_range(-bound..bound))
                    .collect()
            };
            let mut layer = LinearConfig::new(input, output).init(&device);
            let weight = TensorData::new(draw(input * output), [input, output]);
            layer.weight = Param::from_data(weight, &device);
            layer.bias = Some(Param::from_data(
                TensorData::new(draw(output), [output]),
                &device,
            ));
            layer
        };
        let head = Head {
            hidden: layer(set.dimension(), method.hidden),
            output: layer(method.hidden, method.outputs()),
        };
        let (items, votes) = (set.tensor(&device), set.flat());
        let noise = f64::from(set.item_noise);
        let descent = Descent {
            steps: method.steps,
            rate: 5e-3,
            weight_decay: method.weight_decay,
        };
        let (head, _) = descend(head, descent, run, |head, _, rng| {
            let batch = sample(&votes, BATCH, rng);
            let items = noisy(items.clone(), noise);
            let out = head
                .output
                .forward(leaky_relu(head.hidden.forward(items), LEAK));
            let first = places(batch.iter().map(|(_, vote)| vote.first), &device);
            let second = places(batch.iter().map(|(_, vote)| vote.second), &device);
            let labels = column(batch.iter().map(|(_, vote)| vote.label), &device);
            match method.form {
                Form::MeanVariance(link) => {
                    let mean = out.clone().narrow(1, 0, 1);
                    let width = softplus(out.narrow(1, 1, 1), 1.0);
                    let of = |values: &Tensor<2>, at| values.clone().select(0, at).squeeze_dim(1);
                    let gap: Tensor<1> = of(&mean, first.clone()) - of(&mean, second.clone());
                    let squares: Tensor<2> = width.clone() * width;
                    let squares: Tensor<1> = of(&squares, first) + of(&squares, second);
                    let z = (gap / (squares.clone() + EPSILON).sqrt())
                        .clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS);
                    let [linear, cubic] = link.coefficients();
                    let margins = z.clone() * linear + z.clone() * z.clone() * z * cubic;
                    let nats = log_sigmoid(margins.clone().neg()).neg() - labels * margins;
                    nats.mean() + squares.mean() * method.width_penalty
                }
                Form::Categorical => {
                    let shares = softmax(out, 1);
                    let (first, second) =
                        (shares.clone().select(0, first), shares.select(0, second));
                    let wins: Vec<f32> = (0..ATOMS * ATOMS)
                        .map(|at| match (at / ATOMS).cmp(&(at % ATOMS)) {
                            std::cmp::Ordering::Greater => 1.0,
                            std::cmp::Ordering::Equal => 0.5,
                            std::cmp::Ordering::Less => 0.0,
                        })
                        .collect();
                    let wins: Tensor<2> =
                        Tensor::from_data(TensorData::new(wins, [ATOMS, ATOMS]), &device);
                    let p = (first.clone().matmul(wins) * second.clone())
                        .sum_dim(1)
                        .squeeze_dim::<1>(1);
                    let p = p.clamp(1e-6, 1.0 - 1e-6);
                    let nats = labels.clone() * p.clone().log()
                        + (labels.neg() + 1.0) * (p.neg() + 1.0).log();
                    let mean = (first + second).mean_dim(0) * 0.5;
                    let entropy = (mean.clone() * (mean + 1e-9).log()).sum();
                    nats.mean().neg() + entropy * method.entropy_bonus
                }
            }
        })?;
        let mut tables = Tables::new();
        mlp::write_linear(
            &mut tables,
            &format!("{}.hidden", method.prefix()),
            &head.hidden,
        )?;
        mlp::write_linear(
            &mut tables,
            &format!("{}.output", method.prefix()),
            &head.output,
        )?;
        Ok(tables)
    }
}

/// A distribution of utility for every item.
#[derive(Clone, Debug)]
pub struct Distributional {
    weights: String,
    dimension: usize,
    method: Dpl,
    /// `[dimension, hidden]` and `[hidden, outputs]`, row-major, with their biases.
    hidden: [Vec<f32>; 2],
    output: [Vec<f32>; 2],
}

/// `input · weight + bias`.
fn linear([weight, bias]: &[Vec<f32>; 2], input: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut output: Vec<f64> = bias.iter().map(|value| f64::from(*value)).collect();
    for (value, row) in input.zip(weight.chunks_exact(bias.len().max(1))) {
        for (sum, weight) in output.iter_mut().zip(row) {
            *sum += value * f64::from(*weight);
        }
    }
    output
}

impl Distributional {
    /// Reads the tables of a form.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize, method: Dpl) -> Result<Self> {
        let prefix = method.prefix();
        let width = heads.table(&format!("{prefix}.hidden.bias"))?.data.len();
        if width == 0 {
            return Err(Error::Weights("the layers of DPL have no width".into()));
        }
        let read = |name: &str, input: usize, output: usize| -> Result<[Vec<f32>; 2]> {
            let part = |part: &str, shape: &[usize]| {
                let data = heads.data(&format!("{prefix}.{name}.{part}"), shape)?;
                Ok::<_, Error>(data.to_vec())
            };
            Ok([part("weight", &[input, output])?, part("bias", &[output])?])
        };
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            method,
            hidden: read("hidden", dimension, width)?,
            output: read("output", width, method.outputs())?,
        })
    }

    /// Mean and standard deviation of a viewed item's utility over people, in units of utility.
    pub fn utility(&self, item: &ItemVector) -> (f64, f64) {
        if let Form::MeanVariance(_) = self.method.form {
            let number = |at: usize| item.get(at).copied().map_or(0.0, f64::from);
            return (number(0), number(1));
        }
        let moment = |power: i32| -> f64 {
            let atoms = item.iter().zip(0..);
            atoms
                .map(|(share, at)| f64::from(*share) * atom(at).powi(power))
                .sum()
        };
        let mean = moment(1);
        (mean, (moment(2) - mean * mean).max(0.0).sqrt())
    }

    /// The utility that only [`LOW`] of people find lower: what a careful ranking goes by.
    pub fn low_utility(&self, item: &ItemVector) -> f64 {
        if let Form::MeanVariance(_) = self.method.form {
            let (mean, deviation) = self.utility(item);
            return mean + LOW_DEVIATIONS * deviation;
        }
        let mut below = 0.0;
        for (share, at) in item.iter().zip(0..) {
            below += f64::from(*share);
            if below >= LOW {
                return atom(at);
            }
        }
        1.0
    }

    /// Share of the variance of utilities that lies between items, `Var(mu) / (Var(mu) + mean s²)`; low where much
    /// disagreement is hidden. 1 without items.
    pub fn r_squared(&self, items: &[Vec<f32>]) -> f64 {
        let count = items.len().max(1) as f64;
        let utilities: Vec<(f64, f64)> = items.iter().map(|item| self.utility(item)).collect();
        let mean = utilities.iter().map(|(mu, _)| mu).sum::<f64>() / count;
        let between = utilities
            .iter()
            .map(|(mu, _)| (mu - mean).powi(2))
            .sum::<f64>();
        let within = utilities.iter().map(|(_, s)| s * s).sum::<f64>();
        if between + within > 0.0 {
            between / (between + within)
        } else {
            1.0
        }
    }

    fn log_odds(&self, first: &ItemVector, second: &ItemVector) -> f64 {
        match self.method.form {
            Form::MeanVariance(link) => {
                let ((a, s), (b, t)) = (self.utility(first), self.utility(second));
                let z = (a - b) / (s * s + t * t + EPSILON).sqrt();
                let [linear, cubic] = link.coefficients();
                linear * z + cubic * z.powi(3)
            }
            Form::Categorical => {
                let (mut wins, mut losses) = (0.0, 0.0);
                for (at, one) in first.iter().enumerate() {
                    for (other_at, other) in second.iter().enumerate() {
                        let share = f64::from(*one) * f64::from(*other);
                        match at.cmp(&other_at) {
                            std::cmp::Ordering::Greater => wins += share,
                            std::cmp::Ordering::Less => losses += share,
                            std::cmp::Ordering::Equal => {
                                wins += 0.5 * share;
                                losses += 0.5 * share;
                            }
                        }
                    }
                }
                (wins.max(EPSILON) / losses.max(EPSILON)).ln()
            }
        }
    }
}

/// Utility of an atom of the categorical form.
fn atom(at: i32) -> f64 {
    f64::from(at) / (ATOMS - 1) as f64
}

impl PreferenceModel for Distributional {
    fn id(&self) -> MethodId {
        self.method.prefix().into()
    }

    fn name(&self) -> &'static str {
        match self.method.form {
            Form::MeanVariance(_) => "DPL, mean and variance",
            Form::Categorical => "DPL, categorical",
        }
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        false
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("DPL", items.rows, self.dimension)?;
        let view = |row: &Vec<f32>| {
            let hidden = linear(&self.hidden, row.iter().map(|value| f64::from(*value)));
            let hidden = hidden
                .into_iter()
                .map(|v| if v < 0.0 { LEAK * v } else { v });
            let mut out = linear(&self.output, hidden);
            match self.method.form {
                Form::MeanVariance(_) => out[1] = softplus(out[1]),
                Form::Categorical => {
                    let largest = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = out.iter().map(|logit| (logit - largest).exp()).sum();
                    for logit in &mut out {
                        *logit = (*logit - largest).exp() / sum;
                    }
                }
            }
            out.into_iter().map(|value| value as f32).collect()
        };
        Ok(items.rows.iter().map(view).collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("DPL", pairs, self.method.outputs())?;
        Ok(baselines::stateless(self))
    }

    fn margin(&self, _state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        Margin {
            mean: self.log_odds(first, second),
            variance: 0.0,
        }
    }
}
