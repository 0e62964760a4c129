//! VPL: a person is a Gaussian over a latent vector z, inferred from their votes by a network; rewards are `r(x, z)`.
//!
//! `p(first) = sigma(r(first, z) - r(second, z))`, `z ~ q(z | votes)` diagonal Gaussian, prior `p(z)`. Trained end to end on
//! episodes: some votes of a person infer z, others of the same person are predicted, minus the KL divergence to the prior.
//! A new person costs one pass through the encoder, no gradient.
//!
//! What differs from the paper and its code:
//! * *Posterior.* The paper's code averages over pairs and clamps log variances to [-1, 1], so that votes cannot narrow
//!   it. Here every pair, having attended to the others, gives evidence (a location and a precision) and the posterior is
//!   the precision-weighted sum with the prior: it is the prior without votes, narrows with them, and a repeated vote
//!   counts as often as it was given. Log variances are cut at [`LEAST_LOG_VARIANCE`], in training as in use.
//! * *Scale of z.* The code rescales z in training but not in use; here it is never rescaled.
//! * *Likelihood.* The paper takes one sample of z. Here the margin is the one that is used later: its mean at the mean of
//!   z, its variance from the spread of z, averaged by [`Margin::probability`]. In training the spread is one random
//!   direction, in use all axes.
//! * *Targets.* Votes that are predicted are never among those that infer z, and some episodes infer it from none.
//! * *Frozen representation* in place of a fine-tuned language model; sizes are those of a page.
//!
//! A viewed item is the first layers: `[decoder, encoder as winner, encoder as loser]`, each as wide as the hidden layers.
//! State values: the means of z, then its log variances.
//!
//! # Source
//! Poddar, Wan, Ivison, Gupta, Jaques 2024, "Personalizing reinforcement learning from human feedback with variational
//! preference learning" (arXiv 2408.10075), eq. 3; swap guidance: the regularisers of "Swap-guided preference learning"
//! (SPL).

pub mod questions;
#[cfg(feature = "training")]
mod train;

use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::heads::Tables;
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
    logistic, softplus,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet};
use crate::{Error, Result};

/// Log variances of z are cut here, in training and in use.
pub const LEAST_LOG_VARIANCE: f64 = -8.0;
/// A latent number is active when its mean varies more than this over people (Burda, Grosse, Salakhutdinov 2016).
pub const ACTIVE_VARIANCE: f64 = 0.01;
/// Slope of the leaky rectifiers, as in the paper's code.
const LEAK: f64 = 0.2;

/// Regularisers against a posterior that ignores the votes.
///
/// # Source
/// SPL: `(1 + cos(mu, mu')) / 2 + eta (1 - cos(l, l')) / 2`, with mean and log variance of a person and, primed, of the same
/// votes with their labels exchanged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwapGuidance {
    /// Weight of both.
    pub weight: f32,
    /// Weight of the second against the first, `eta`.
    pub eta: f32,
}

/// Trains and loads [`Vpl`].
#[derive(Clone, Debug)]
pub struct VplMethod {
    /// Width of the hidden layers.
    pub hidden: usize,
    /// Width of z.
    pub latent: usize,
    /// Candidates for the weight of the KL divergence against the mean loss of a predicted vote, nats to nats. One vote
    /// against the prior is `1 / targets`.
    pub kl_weights: Vec<f32>,
    /// Gradient steps.
    pub steps: usize,
    /// First learning rate.
    pub rate: f64,
    /// L2 penalty.
    pub weight_decay: f32,
    /// Episodes a step.
    pub batch: usize,
    /// Most votes that infer z.
    pub most_context: usize,
    /// Votes that are predicted.
    pub targets: usize,
    /// Share of episodes in which the votes that infer z are those of two people, half and half: they teach what votes tell
    /// that contradict each other.
    pub mixed: f64,
    /// Weight of the KL divergence from the posterior that also knows the predicted votes to the one that does not, by
    /// which variances say how far more votes would move the mean.
    pub foresight: f32,
    /// Learn mean and variance of the prior; else it is N(0, I).
    pub learned_prior: bool,
    /// Swap guidance, if any.
    pub swap_guidance: Option<SwapGuidance>,
}

impl Default for VplMethod {
    fn default() -> Self {
        Self {
            hidden: 32,
            latent: 4,
            kl_weights: vec![1e-2, 1e-1],
            steps: 1000,
            rate: 4e-3,
            weight_decay: 0.0,
            batch: 64,
            most_context: 12,
            targets: 8,
            mixed: 0.15,
            foresight: 0.1,
            learned_prior: false,
            swap_guidance: None,
        }
    }
}

impl Method for VplMethod {
    fn id(&self) -> String {
        "vpl".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        train::train(self, set, run)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        train::train_both(self, set, run)
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Vpl::from_heads(heads, dimension)?))
    }
}

/// A linear layer in plain numbers.
#[derive(Clone, Debug)]
struct Layer {
    /// `[input, output]`, row-major.
    weight: Vec<f64>,
    bias: Vec<f64>,
}

impl Layer {
    /// Reads `{name}.weight` and `{name}.bias`.
    fn read(heads: &Heads, name: &str, input: usize, output: usize) -> Result<Self> {
        let numbers = |part: &str, shape: &[usize]| -> Result<Vec<f64>> {
            let data = heads.data(&format!("{name}.{part}"), shape)?;
            Ok(data.iter().map(|value| f64::from(*value)).collect())
        };
        Ok(Self {
            weight: numbers("weight", &[input, output])?,
            bias: numbers("bias", &[output])?,
        })
    }

    /// Adds `input · weight` to `output`.
    fn add(&self, input: impl IntoIterator<Item = f64>, output: &mut [f64]) {
        for (value, row) in input
            .into_iter()
            .zip(self.weight.chunks_exact(output.len()))
        {
            for (sum, weight) in output.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
    }

    fn apply(&self, input: &[f64]) -> Vec<f64> {
        let mut output = self.bias.clone();
        self.add(input.iter().copied(), &mut output);
        output
    }
}

fn leaky(value: f64) -> f64 {
    if value < 0.0 { LEAK * value } else { value }
}

fn rectify(values: &mut [f64]) {
    for value in values {
        *value = leaky(*value);
    }
}

/// Where a person is believed to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// Means of z.
    pub mean: Vec<f64>,
    /// Log variances of z.
    pub log_variance: Vec<f64>,
}

/// What the encoder makes of one pair before it sees the others.
type Token = Vec<f64>;

/// VPL with frozen weights.
#[derive(Clone, Debug)]
pub struct Vpl {
    weights: String,
    dimension: usize,
    hidden: usize,
    latent: usize,
    /// First layers of an item: in the decoder, and in the encoder as winner and as loser.
    items: [Layer; 3],
    decoder_latent: Layer,
    decoder_hidden: Layer,
    decoder_output: Layer,
    token: Layer,
    query: Layer,
    key: Layer,
    value: Layer,
    mix: Layer,
    evidence: Layer,
    prior: Posterior,
}

/// Names of the first layers' tables, in the order of a viewed item.
const ITEM_LAYERS: [&str; 3] = ["vpl.decoder.item", "vpl.pair.winner", "vpl.pair.loser"];

impl Vpl {
    /// Reads tables `vpl.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let hidden = heads.table("vpl.decoder.item.bias")?.data.len();
        let latent = heads.table("vpl.prior.mean")?.data.len();
        if hidden == 0 || latent == 0 {
            return Err(Error::Weights("the layers of VPL have no width".into()));
        }
        let square = |name: &str| Layer::read(heads, name, hidden, hidden);
        let [decoder, winner, loser] =
            ITEM_LAYERS.map(|name| Layer::read(heads, name, dimension, hidden));
        let prior = |name: &str| -> Result<Vec<f64>> {
            let data = heads.data(name, &[latent])?;
            Ok(data.iter().map(|value| f64::from(*value)).collect())
        };
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            hidden,
            latent,
            items: [decoder?, winner?, loser?],
            decoder_latent: Layer::read(heads, "vpl.decoder.latent", latent, hidden)?,
            decoder_hidden: square("vpl.decoder.hidden")?,
            decoder_output: Layer::read(heads, "vpl.decoder.output", hidden, 1)?,
            token: square("vpl.pair.token")?,
            query: square("vpl.set.query")?,
            key: square("vpl.set.key")?,
            value: square("vpl.set.value")?,
            mix: square("vpl.set.mix")?,
            evidence: Layer::read(heads, "vpl.set.evidence", hidden, 2 * latent)?,
            prior: Posterior {
                mean: prior("vpl.prior.mean")?,
                log_variance: prior("vpl.prior.log_variance")?,
            },
        })
    }

    /// Width of z.
    pub fn latent_width(&self) -> usize {
        self.latent
    }

    /// What the encoder makes of a pair alone. A label between 0 and 1 mixes both orders.
    fn token(&self, first: &ItemVector, second: &ItemVector, label: f64) -> Token {
        let width = self.hidden;
        let mut hidden: Vec<f64> = (width..2 * width)
            .map(|at| {
                let (as_winner, as_loser) = (at, at + width);
                let one = f64::from(first[as_winner]) + f64::from(second[as_loser]);
                let other = f64::from(second[as_winner]) + f64::from(first[as_loser]);
                leaky(label * one + (1.0 - label) * other)
            })
            .collect();
        hidden = self.token.apply(&hidden);
        rectify(&mut hidden);
        hidden
    }

    /// Tokens of pairs whose widths were checked.
    fn tokens(&self, pairs: &[LabelledPair<'_>]) -> Vec<Token> {
        pairs
            .iter()
            .map(|pair| self.token(pair.first, pair.second, pair.label))
            .collect()
    }

    /// `q(z | votes)`.
    fn posterior(&self, tokens: &[Token]) -> Posterior {
        let of = |layer: &Layer| -> Vec<Vec<f64>> {
            tokens.iter().map(|token| layer.apply(token)).collect()
        };
        let (queries, keys, values) = (of(&self.query), of(&self.key), of(&self.value));
        let scale = 1.0 / (self.hidden as f64).sqrt();
        let mut precision: Vec<f64> = self.prior.log_variance.iter().map(|l| (-l).exp()).collect();
        let mut weighted: Vec<f64> = self
            .prior
            .mean
            .iter()
            .zip(&precision)
            .map(|(mean, precision)| mean * precision)
            .collect();
        let mut scores = vec![0.0; tokens.len()];
        for (token, query) in tokens.iter().zip(&queries) {
            for (score, key) in scores.iter_mut().zip(&keys) {
                *score = scale * query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>();
            }
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            for score in &mut scores {
                *score = (*score - largest).exp();
                sum += *score;
            }
            let mut attended = token.clone();
            for (score, value) in scores.iter().zip(&values) {
                for (out, value) in attended.iter_mut().zip(value) {
                    *out += score / sum * value;
                }
            }
            let mut mixed = self.mix.apply(&attended);
            rectify(&mut mixed);
            let evidence = self.evidence.apply(&mixed);
            let (locations, precisions) = evidence.split_at(self.latent);
            for at in 0..self.latent {
                let added = softplus(precisions[at]);
                precision[at] += added;
                weighted[at] += added * locations[at];
            }
        }
        Posterior {
            mean: weighted
                .iter()
                .zip(&precision)
                .map(|(weighted, precision)| weighted / precision)
                .collect(),
            log_variance: precision
                .iter()
                .map(|precision| (-precision.ln()).max(LEAST_LOG_VARIANCE))
                .collect(),
        }
    }

    /// Margins of two viewed items at z plus each of `steps` along one axis of z; the first number is that at z itself.
    fn margins(
        &self,
        first: &ItemVector,
        second: &ItemVector,
        mean: &[f64],
        steps: impl Iterator<Item = (usize, f64)>,
    ) -> impl Iterator<Item = f64> {
        let width = self.hidden;
        let mut at_mean = self.decoder_latent.bias.clone();
        self.decoder_latent.add(mean.iter().copied(), &mut at_mean);
        let reward = move |item: &ItemVector, shift: Option<(usize, f64)>, space: &mut [f64]| {
            space.copy_from_slice(&self.decoder_hidden.bias);
            let along = shift.map(|(axis, step)| {
                (
                    &self.decoder_latent.weight[axis * width..(axis + 1) * width],
                    step,
                )
            });
            let input = (0..width).map(|at| {
                let shifted = along.map_or(0.0, |(row, step)| step * row[at]);
                leaky(f64::from(item[at]) + at_mean[at] + shifted)
            });
            self.decoder_hidden.add(input, space);
            let output = space.iter().zip(&self.decoder_output.weight);
            output
                .map(|(value, weight)| leaky(*value) * weight)
                .sum::<f64>()
        };
        let mut space = vec![0.0; width];
        [None]
            .into_iter()
            .chain(steps.map(Some))
            .map(move |shift| reward(first, shift, &mut space) - reward(second, shift, &mut space))
    }
}

/// Latent numbers that differ between people: those whose mean varies more than [`ACTIVE_VARIANCE`]. None are active when
/// the posterior has collapsed to the prior.
pub fn active_units(model: &dyn PreferenceModel, people: &[UserState]) -> usize {
    let latent: Vec<Vec<Margin>> = people.iter().map(|state| model.latent(state)).collect();
    let width = latent.iter().map(Vec::len).min().unwrap_or(0);
    let count = latent.len() as f64;
    (0..width)
        .filter(|at| {
            let mean = latent.iter().map(|z| z[*at].mean).sum::<f64>() / count;
            let squares = latent.iter().map(|z| (z[*at].mean - mean).powi(2));
            squares.sum::<f64>() / count > ACTIVE_VARIANCE
        })
        .count()
}

/// How often the person would prefer an item to those of a fixed reference set, in [0, 1]. Comparable between people, which
/// rewards are not; keeps the person's order of items, since it uses the mean of the margin only. One half without a reference.
///
/// # Source
/// Poddar et al. 2024, §4.1 ("SPO" scaling).
pub fn win_share(
    model: &dyn PreferenceModel,
    state: &UserState,
    item: &ItemVector,
    reference: &[&ItemVector],
) -> f64 {
    if reference.is_empty() {
        return 0.5;
    }
    let wins = reference
        .iter()
        .map(|other| logistic(model.margin(state, item, other).mean));
    wins.sum::<f64>() / reference.len() as f64
}

impl PreferenceModel for Vpl {
    fn id(&self) -> MethodId {
        "vpl".into()
    }

    fn name(&self) -> &'static str {
        "VPL"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("VPL", items.rows, self.dimension)?;
        let view = |row: &Vec<f32>| {
            let parts = self.items.iter().flat_map(|layer| {
                let mut part = layer.bias.clone();
                layer.add(row.iter().map(|value| f64::from(*value)), &mut part);
                part
            });
            parts.map(|value| value as f32).collect()
        };
        Ok(items.rows.iter().map(view).collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("VPL", pairs, 3 * self.hidden)?;
        let posterior = self.posterior(&self.tokens(pairs));
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: [posterior.mean, posterior.log_variance].concat(),
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let mut margin = Margin {
            mean: 0.0,
            variance: 0.0,
        };
        let fits = state.values.len() == 2 * self.latent
            && first.len() == 3 * self.hidden
            && second.len() == first.len();
        if !fits {
            return margin;
        }
        // Half the squared change one standard deviation to either side, summed over the axes of z.
        let (mean, log_variance) = state.values.split_at(self.latent);
        let steps = log_variance.iter().enumerate().flat_map(|(axis, log)| {
            let deviation = (0.5 * log).exp();
            [(axis, deviation), (axis, -deviation)]
        });
        for (at, value) in self.margins(first, second, mean, steps).enumerate() {
            if at == 0 {
                margin.mean = value;
            } else {
                margin.variance += 0.5 * (value - margin.mean).powi(2);
            }
        }
        margin
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        let (mean, log_variance) = state.values.split_at(state.values.len() / 2);
        mean.iter()
            .zip(log_variance)
            .map(|(mean, log)| Margin {
                mean: *mean,
                variance: log.exp(),
            })
            .collect()
    }
}
