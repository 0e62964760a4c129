//! Training of VPL: episodes as tensors `[episodes, votes, width]` with masks.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{leaky_relu, log_sigmoid, softmax, softplus};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{ITEM_LAYERS, LEAK, LEAST_LOG_VARIANCE, VplMethod};
use crate::heads::{Table, Tables};
use crate::methods::Both;
use crate::training::{Descent, Run, TrainingSet, Vote, descend, load, validation_loss};
use crate::{Error, Result, mlp};

/// Rises of the KL weight during a training; each rises for its first half and stays for the rest.
const CYCLES: f64 = 4.0;
/// Share of the KL weight at the start of a rise.
const FLOOR: f64 = 0.1;

/// Chooses the KL weight if there are several, and learns.
pub(super) fn train(method: &VplMethod, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
    match method.kl_weights[..] {
        [only] => learn(method, set, only, run),
        _ => Ok(train_both(method, set, run)?.whole),
    }
}

/// The same, on both sets.
pub(super) fn train_both(method: &VplMethod, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
    let inner = set.for_choices();
    let mut best: Option<(f64, f32, Tables)> = None;
    for weight in &method.kl_weights {
        let tables = learn(method, inner, *weight, run)?;
        let loss = match method.kl_weights[..] {
            [_] => 0.0,
            _ => validation_loss(load(method, &tables, inner.dimension())?.as_ref(), inner)?,
        };
        if best.as_ref().is_none_or(|best| loss < best.0) {
            best = Some((loss, *weight, tables));
        }
    }
    let (_, weight, smaller) =
        best.ok_or_else(|| Error::Input("VPL needs a KL weight to try".into()))?;
    let whole = match set.choosing {
        Some(_) => learn(method, set, weight, run)?,
        None => smaller.clone(),
    };
    Ok(Both { whole, smaller })
}

/// The share of the KL weight at a step of a cyclical schedule.
///
/// # Source
/// Fu et al. 2019, "Cyclical annealing schedule" (arXiv 1903.10145), with half a cosine for the rise as in the code of VPL.
fn annealing(progress: f64) -> f64 {
    let rise = (2.0 * (progress * CYCLES).fract()).min(1.0);
    FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 - (std::f64::consts::PI * rise).cos())
}

#[derive(Module, Debug)]
struct Network {
    decoder_item: Linear,
    winner: Linear,
    loser: Linear,
    decoder_latent: Linear,
    decoder_hidden: Linear,
    decoder_output: Linear,
    token: Linear,
    query: Linear,
    key: Linear,
    value: Linear,
    mix: Linear,
    evidence: Linear,
    prior_mean: Param<Tensor<1>>,
    prior_log_variance: Param<Tensor<1>>,
}

/// Votes of some people as tensors. Rows are standardised.
struct Episodes {
    /// `[episodes · votes, dimension]`: winners and losers, those that infer z and then those that are predicted; a tie is
    /// half of both. Zero where there is no vote.
    winners: Tensor<2>,
    losers: Tensor<2>,
    /// `[episodes, votes]`: 1 for a vote that infers z, else 0.
    mask: Tensor<2>,
    /// `[episodes, votes]`: 1 for a vote that tells the truth of the person, else 0.
    all: Tensor<2>,
    /// `[episodes, 2 · targets, dimension]`: first items, then second items.
    targets: Tensor<3>,
    /// `[episodes, targets]`.
    labels: Tensor<2>,
    /// `[episodes, targets]`, sums to 1.
    shares: Tensor<2>,
    /// `[episodes, latent]`, standard normal.
    noise: Tensor<2>,
}

/// Means and log variances, `[episodes, latent]` each.
struct Posteriors {
    mean: Tensor<2>,
    log_variance: Tensor<2>,
}

fn rectify<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    leaky_relu(tensor, LEAK)
}

fn tensor<const D: usize>(numbers: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

impl Network {
    /// Random weights; all from `rng`, so that trainings beside each other do not disturb their draws.
    fn init(method: &VplMethod, dimension: usize, device: &Device, rng: &mut ChaCha8Rng) -> Self {
        let (hidden, latent) = (method.hidden, method.latent);
        let mut layer = |input: usize, output: usize| {
            let bound = 1.0 / (input as f32).sqrt();
            let mut draw = |count: usize| -> Vec<f32> {
                (0..count)
                    .map(|_| rng.random_range(-bound..bound))
                    .collect()
            };
            let mut layer = LinearConfig::new(input, output).init(device);
            layer.weight = Param::from_data(
                TensorData::new(draw(input * output), [input, output]),
                device,
            );
            layer.bias = Some(Param::from_data(
                TensorData::new(draw(output), [output]),
                device,
            ));
            layer
        };
        let zeros = || Param::from_data(TensorData::new(vec![0.0_f32; latent], [latent]), device);
        Self {
            decoder_item: layer(dimension, hidden),
            winner: layer(dimension, hidden),
            loser: layer(dimension, hidden),
            decoder_latent: layer(latent, hidden),
            decoder_hidden: layer(hidden, hidden),
            decoder_output: layer(hidden, 1),
            token: layer(hidden, hidden),
            query: layer(hidden, hidden),
            key: layer(hidden, hidden),
            value: layer(hidden, hidden),
            mix: layer(hidden, hidden),
            evidence: layer(hidden, 2 * latent),
            prior_mean: zeros(),
            prior_log_variance: zeros(),
        }
    }

    /// What the encoder makes of each pair alone, `[episodes · votes, hidden]`.
    fn tokens(&self, winners: Tensor<2>, losers: Tensor<2>) -> Tensor<2> {
        let pairs = rectify(self.winner.forward(winners) + self.loser.forward(losers));
        rectify(self.token.forward(pairs))
    }

    /// `q(z | votes)`; see [`super::Vpl::posterior`].
    fn posterior(&self, tokens: Tensor<2>, mask: &Tensor<2>, learned_prior: bool) -> Posteriors {
        let [episodes, context] = mask.dims();
        let [_, hidden] = tokens.dims();
        let of = |layer: &Linear| {
            layer
                .forward(tokens.clone())
                .reshape([episodes, context, hidden])
        };
        let scores = of(&self.query).matmul(of(&self.key).swap_dims(1, 2)) / (hidden as f64).sqrt();
        let absent = (mask.clone() - 1.0) * 1e9;
        let attention = softmax(scores + absent.reshape([episodes, 1, context]), 2);
        let attended = attention
            .matmul(of(&self.value))
            .reshape([-1, hidden as i32])
            + tokens;
        let evidence = self.evidence.forward(rectify(self.mix.forward(attended)));
        let [_, both] = evidence.dims();
        let latent = both / 2;
        let evidence = evidence.reshape([episodes, context, both]);
        let mask = mask.clone().reshape([episodes, context, 1]);
        let locations = evidence.clone().narrow(2, 0, latent);
        let precisions = softplus(evidence.narrow(2, latent, latent), 1.0) * mask;
        let (prior_mean, prior_log_variance) = self.prior(learned_prior);
        let prior_precision = prior_log_variance.neg().exp();
        let sum = |tensor: Tensor<3>| tensor.sum_dim(1).reshape([episodes, latent]);
        let precision = sum(precisions.clone()) + prior_precision.clone();
        Posteriors {
            mean: (sum(precisions * locations) + prior_mean * prior_precision) / precision.clone(),
            log_variance: precision.log().neg().clamp_min(LEAST_LOG_VARIANCE),
        }
    }

    /// Mean and log variance of the prior, `[1, latent]` each.
    fn prior(&self, learned: bool) -> (Tensor<2>, Tensor<2>) {
        let of = |param: &Param<Tensor<1>>| {
            let value = param.val();
            let value = if learned { value } else { value.detach() };
            value.unsqueeze::<2>()
        };
        (of(&self.prior_mean), of(&self.prior_log_variance))
    }

    /// Mean loss of predicted votes and KL divergence of an episode, nats, and the value of the other terms.
    fn loss(&self, method: &VplMethod, episodes: Episodes) -> [Tensor<1>; 3] {
        let [count, doubled, dimension] = episodes.targets.dims();
        let targets = doubled / 2;
        let tokens = self.tokens(episodes.winners.clone(), episodes.losers.clone());
        let posterior = self.posterior(tokens.clone(), &episodes.mask, method.learned_prior);
        let sample =
            posterior.mean.clone() + (posterior.log_variance.clone() * 0.5).exp() * episodes.noise;
        let items = self
            .decoder_item
            .forward(episodes.targets.reshape([count * doubled, dimension]))
            .reshape([count, doubled, method.hidden]);
        let at = |z: Tensor<2>| {
            let shift = self.decoder_latent.forward(z);
            items.clone() + shift.reshape([count, 1, method.hidden])
        };
        let hidden = Tensor::cat(vec![at(posterior.mean.clone()), at(sample)], 1);
        let hidden = rectify(hidden).reshape([count * 2 * doubled, method.hidden]);
        let rewards = self
            .decoder_output
            .forward(rectify(self.decoder_hidden.forward(hidden)))
            .reshape([count, 2 * doubled]);
        let part = |start: usize| rewards.clone().narrow(1, start * targets, targets);
        let mean = part(0) - part(1);
        let deviation = part(2) - part(3) - mean.clone();
        let variance = deviation.clone() * deviation;
        let margins = mean / (variance * (std::f64::consts::PI / 8.0) + 1.0).sqrt();
        let nats = log_sigmoid(margins.clone().neg()).neg() - episodes.labels * margins;
        let loss = (nats * episodes.shares).sum();
        let (prior_mean, prior_log_variance) = self.prior(method.learned_prior);
        let gap = posterior.mean.clone() - prior_mean;
        let log_ratio = posterior.log_variance.clone() - prior_log_variance.clone();
        let kl = log_ratio.clone().exp() + gap.clone() * gap * prior_log_variance.neg().exp()
            - log_ratio
            - 1.0;
        let kl = (kl * 0.5).sum() / count as f64;
        let mut extra = kl.clone() * 0.0;
        if method.foresight > 0.0 {
            let later = self.posterior(tokens.detach(), &episodes.all, method.learned_prior);
            let (mean, log_variance) = (later.mean.detach(), later.log_variance.detach());
            let gap = posterior.mean.clone().detach() - mean;
            let inverse = posterior.log_variance.clone().neg().exp();
            let kl =
                (log_variance.exp() + gap.clone() * gap) * inverse + posterior.log_variance.clone();
            extra = extra + kl.sum() * (0.5 * method.foresight) / count as f64;
        }
        match method.swap_guidance {
            None => {}
            Some(guidance) => {
                let tokens = self.tokens(episodes.losers, episodes.winners);
                let swapped = self.posterior(tokens, &episodes.mask, method.learned_prior);
                let present = episodes.mask.max_dim(1);
                let cosine = |a: Tensor<2>, b: Tensor<2>| {
                    let norm = |x: &Tensor<2>| (x.clone() * x.clone()).sum_dim(1) + 1e-8;
                    let norms = (norm(&a) * norm(&b)).sqrt();
                    (a * b).sum_dim(1) / norms
                };
                let means = cosine(posterior.mean, swapped.mean) + 1.0;
                let logs = cosine(posterior.log_variance, swapped.log_variance);
                let logs = (logs.neg() + 1.0) * guidance.eta;
                let sum = ((means + logs) * present).sum();
                extra = extra + sum * (0.5 * guidance.weight) / count as f64;
            }
        }
        [loss, kl, extra]
    }

    /// Tables for rows as they are, not standardised.
    fn write(&self, rows: &Standard) -> Result<Tables> {
        let mut tables = Tables::new();
        let layers = [
            (ITEM_LAYERS[0], &self.decoder_item),
            (ITEM_LAYERS[1], &self.winner),
            (ITEM_LAYERS[2], &self.loser),
            ("vpl.decoder.latent", &self.decoder_latent),
            ("vpl.decoder.hidden", &self.decoder_hidden),
            ("vpl.decoder.output", &self.decoder_output),
            ("vpl.pair.token", &self.token),
            ("vpl.set.query", &self.query),
            ("vpl.set.key", &self.key),
            ("vpl.set.value", &self.value),
            ("vpl.set.mix", &self.mix),
            ("vpl.set.evidence", &self.evidence),
        ];
        for (name, layer) in layers {
            mlp::write_linear(&mut tables, name, layer)?;
        }
        for name in ITEM_LAYERS {
            rows.fold_into(&mut tables, name);
        }
        for (name, param) in [
            ("vpl.prior.mean", &self.prior_mean),
            ("vpl.prior.log_variance", &self.prior_log_variance),
        ] {
            let numbers = mlp::numbers(param.val())?;
            tables.insert(name.into(), Table::new(&[numbers.len()], numbers));
        }
        Ok(tables)
    }
}

/// Mean and standard deviation of each number of the rows that are voted on.
struct Standard {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Standard {
    fn new(set: &TrainingSet) -> Self {
        let mut voted = vec![false; set.rows.len()];
        for (_, vote) in set.flat() {
            voted[vote.first] = true;
            voted[vote.second] = true;
        }
        let rows = || set.rows.iter().zip(&voted).filter(|(_, voted)| **voted);
        let count = rows().count().max(1) as f64;
        let dimension = set.dimension();
        let (mut sum, mut squares) = (vec![0.0_f64; dimension], vec![0.0_f64; dimension]);
        for (row, _) in rows() {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += f64::from(*value) / count;
            }
        }
        for (row, _) in rows() {
            for ((square, value), mean) in squares.iter_mut().zip(row).zip(&sum) {
                *square += (f64::from(*value) - mean).powi(2) / count;
            }
        }
        Self {
            mean: sum.iter().map(|value| *value as f32).collect(),
            deviation: squares
                .iter()
                .map(|square| {
                    if *square > 1e-12 {
                        square.sqrt() as f32
                    } else {
                        1.0
                    }
                })
                .collect(),
        }
    }

    fn apply<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        row.iter()
            .zip(&self.mean)
            .zip(&self.deviation)
            .map(|((value, mean), deviation)| (value - mean) / deviation)
    }

    /// Makes a layer on standardised rows one on rows as they are.
    fn fold_into(&self, tables: &mut Tables, name: &str) {
        let Some(mut weight) = tables.remove(&format!("{name}.weight")) else {
            return;
        };
        let width = weight.shape[1];
        if let Some(bias) = tables.get_mut(&format!("{name}.bias")) {
            for (at, row) in weight.data.chunks_exact_mut(width).enumerate() {
                for (weight, bias) in row.iter_mut().zip(&mut bias.data) {
                    *weight /= self.deviation[at];
                    *bias -= *weight * self.mean[at];
                }
            }
        }
        tables.insert(format!("{name}.weight"), weight);
    }
}

/// Draws episodes from the people of a set.
struct Sampler<'a> {
    method: &'a VplMethod,
    rows: Vec<Vec<f32>>,
    people: Vec<&'a [Vote]>,
    /// Standard deviation of noise on a standardised row.
    noise: Vec<f32>,
    device: Device,
}

impl Sampler<'_> {
    fn draw(&self, rng: &mut ChaCha8Rng) -> Episodes {
        let (method, dimension) = (self.method, self.noise.len());
        let (count, context, targets) = (method.batch, method.most_context, method.targets);
        let all_votes = context + targets;
        let mut winners = vec![0.0_f32; count * all_votes * dimension];
        let mut losers = winners.clone();
        let mut mask = vec![0.0_f32; count * all_votes];
        let mut all = mask.clone();
        let mut items = vec![0.0_f32; count * 2 * targets * dimension];
        let mut labels = vec![0.0_f32; count * targets];
        let mut shares = labels.clone();
        let mut total = 0.0;
        for episode in 0..count {
            let votes = self.people[rng.random_range(0..self.people.len())];
            // At least one vote is left to predict.
            let infer = rng.random_range(0..=context).min(votes.len() - 1);
            let predict = targets.min(votes.len() - infer);
            let chosen = index::sample(rng, votes.len(), infer + predict);
            let mixed = rng.random_bool(method.mixed);
            let others = self.people[rng.random_range(0..self.people.len())];
            for (at, chosen) in chosen.iter().enumerate() {
                let infers = at < infer;
                let vote = if infers && mixed && rng.random_bool(0.5) {
                    others[rng.random_range(0..others.len())]
                } else {
                    votes[chosen]
                };
                let (first, second) = (self.row(vote.first, rng), self.row(vote.second, rng));
                let place = episode * all_votes + at;
                mask[place] = f32::from(u8::from(infers));
                all[place] = f32::from(u8::from(!(infers && mixed)));
                let span = place * dimension..(place + 1) * dimension;
                for (to, label) in [
                    (&mut winners[span.clone()], vote.label),
                    (&mut losers[span], 1.0 - vote.label),
                ] {
                    for ((to, a), b) in to.iter_mut().zip(&first).zip(&second) {
                        *to = label * a + (1.0 - label) * b;
                    }
                }
                if !infers {
                    let target = at - infer;
                    let place = episode * 2 * targets + target;
                    items[place * dimension..][..dimension].copy_from_slice(&first);
                    items[(place + targets) * dimension..][..dimension].copy_from_slice(&second);
                    labels[episode * targets + target] = vote.label;
                    shares[episode * targets + target] = 1.0;
                    total += 1.0;
                }
            }
        }
        for share in &mut shares {
            *share /= total;
        }
        let normal = (0..count * method.latent).map(|_| rng.sample::<f32, _>(StandardNormal));
        let noise = normal.collect();
        let device = &self.device;
        Episodes {
            winners: tensor(winners, [count * all_votes, dimension], device),
            losers: tensor(losers, [count * all_votes, dimension], device),
            mask: tensor(mask, [count, all_votes], device),
            all: tensor(all, [count, all_votes], device),
            targets: tensor(items, [count, 2 * targets, dimension], device),
            labels: tensor(labels, [count, targets], device),
            shares: tensor(shares, [count, targets], device),
            noise: tensor(noise, [count, method.latent], device),
        }
    }

    fn row(&self, at: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut row = self.rows[at].clone();
        for (value, sd) in row.iter_mut().zip(&self.noise) {
            if *sd > 0.0 {
                *value += sd * rng.sample::<f32, _>(StandardNormal);
            }
        }
        row
    }
}

fn learn(
    method: &VplMethod,
    set: &TrainingSet,
    kl_weight: f32,
    run: &mut Run<'_>,
) -> Result<Tables> {
    let device = run.device.clone().autodiff();
    let standard = Standard::new(set);
    let network = Network::init(method, set.dimension(), &device, &mut run.rng(0x0b91));
    let sampler = Sampler {
        method,
        rows: set
            .rows
            .iter()
            .map(|row| standard.apply(row).collect())
            .collect(),
        people: set
            .people
            .iter()
            .filter(|votes| !votes.is_empty())
            .map(Vec::as_slice)
            .collect(),
        noise: standard
            .deviation
            .iter()
            .map(|sd| set.item_noise / sd)
            .collect(),
        device,
    };
    let descent = Descent {
        steps: method.steps,
        rate: method.rate,
        weight_decay: method.weight_decay,
    };
    let steps = f64::max((method.steps as f64 * run.effort).round(), 1.0);
    let (network, _) = descend(network, descent, run, |network, step, rng| {
        let [loss, kl, extra] = network.loss(method, sampler.draw(rng));
        let weight = f64::from(kl_weight) * annealing(step as f64 / steps);
        loss + kl * weight + extra
    })?;
    network.write(&standard)
}
