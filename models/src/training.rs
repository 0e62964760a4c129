//! What methods learn population weights from, and the loop of gradient descent that they share.
//!
//! Only with the feature `training`: neither page nor worker needs it to fit a person.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::heads::{Heads, Tables};
use crate::methods::Method;
use crate::preference::{Items, LabelledPair, PreferenceModel};
use crate::{Error, Result, mlp};

/// A labelled pair: items by index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vote {
    /// First item.
    pub first: usize,
    /// Second item.
    pub second: usize,
    /// 1 when the first is preferred, 0 when the second is, 0.5 for a tie.
    pub label: f32,
}

impl Vote {
    /// The vote with its sides so that the first is preferred; a tie keeps its sides.
    pub fn winner_first(self) -> Self {
        if self.label >= 0.5 {
            return self;
        }
        Self {
            first: self.second,
            second: self.first,
            label: 1.0 - self.label,
        }
    }
}

/// Votes of one person, apart: those that may be fitted, and those that test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Episode {
    /// May be fitted, any prefix of them.
    pub fit: Vec<Vote>,
    /// Only tests.
    pub test: Vec<Vote>,
}

/// What population weights are learned from.
#[derive(Clone, Debug, Default)]
pub struct TrainingSet {
    /// Represented items; votes point into them. Rows that no vote points to are never looked at.
    pub rows: Vec<Vec<f32>>,
    /// One vector per item, of its prompt; may be empty (see [`Items::prompts`]).
    pub prompts: Vec<Vec<f32>>,
    /// Votes of each training person.
    pub people: Vec<Vec<Vote>>,
    /// What is known of each training person beside votes (attributes or the embedding of a description), for methods
    /// that learn to say it; may be empty.
    pub descriptions: Vec<Vec<f32>>,
    /// Other people, on whom choices are made.
    pub validation: Vec<Episode>,
    /// Standard deviation of noise on rows that stands for what other items would do; 0 where items are many.
    pub item_noise: f32,
    /// A smaller set for making choices, whose validation votes are, at least in part, about items that its people did not
    /// vote on. Without it, choices are made on this set.
    pub choosing: Option<Box<TrainingSet>>,
}

impl TrainingSet {
    /// Width of a row.
    pub fn dimension(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The set on which choices are made.
    pub fn for_choices(&self) -> &TrainingSet {
        self.choosing.as_deref().unwrap_or(self)
    }

    /// Items as models view them.
    pub fn items(&self) -> Items<'_> {
        Items {
            rows: &self.rows,
            prompts: &self.prompts,
        }
    }

    /// All votes with their person.
    pub fn flat(&self) -> Vec<(usize, Vote)> {
        self.people
            .iter()
            .enumerate()
            .flat_map(|(person, votes)| votes.iter().map(move |vote| (person, *vote)))
            .collect()
    }

    /// The items that votes of training people point to, without the others.
    pub fn used(&self) -> Used {
        let mut votes = self.flat();
        let mut is_used = vec![false; self.rows.len()];
        for (_, vote) in &votes {
            is_used[vote.first] = true;
            is_used[vote.second] = true;
        }
        let mut place = vec![0; is_used.len()];
        let (mut rows, mut prompts) = (Vec::new(), Vec::new());
        for (at, row) in self.rows.iter().enumerate().filter(|(at, _)| is_used[*at]) {
            place[at] = rows.len();
            rows.push(row.clone());
            prompts.extend(self.prompts.get(at).cloned());
        }
        for (_, vote) in &mut votes {
            vote.first = place[vote.first];
            vote.second = place[vote.second];
        }
        Used {
            rows,
            prompts,
            votes,
        }
    }

    /// Rows as a tensor `[items, dimension]`.
    pub fn tensor(&self, device: &Device) -> Tensor<2> {
        mlp::rows_to_tensor(&self.rows, self.dimension(), device)
    }
}

/// What training people voted on.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Represented items.
    pub rows: Vec<Vec<f32>>,
    /// Their prompts, as in [`TrainingSet::prompts`].
    pub prompts: Vec<Vec<f32>>,
    /// All votes with their person; they point into `rows`.
    pub votes: Vec<(usize, Vote)>,
}

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Of how many.
    pub steps: usize,
    /// Loss of the last step, nats per vote where the method's loss is a likelihood.
    pub loss: f64,
}

/// Where, from which seed and watched by whom a training runs.
pub struct Run<'a> {
    /// Seed of initial weights and batches.
    pub seed: u64,
    /// Where tensors live.
    pub device: Device,
    /// Multiplies the number of gradient steps; 1 is what a method thinks right.
    pub effort: f64,
    /// Called now and then; `false` cancels the run.
    pub watch: &'a mut dyn FnMut(Progress) -> bool,
}

impl Run<'_> {
    /// The same run from another random start; the start numbered 0 is that of the run itself.
    pub fn again(&mut self, restart: usize) -> Run<'_> {
        Run {
            seed: self.seed ^ (restart as u64).rotate_left(40),
            device: self.device.clone(),
            effort: self.effort,
            watch: &mut *self.watch,
        }
    }

    /// A random generator of its own for one purpose.
    pub fn rng(&self, purpose: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed ^ purpose.rotate_left(17))
    }
}

/// Adam with a cosine schedule.
#[derive(Clone, Copy, Debug)]
pub struct Descent {
    /// Steps at effort 1.
    pub steps: usize,
    /// First learning rate; falls to zero along half a cosine.
    pub rate: f64,
    /// L2 penalty, added to gradients.
    pub weight_decay: f32,
}

/// Steps between two looks at the loss, which waits for the device.
const LOOK_EVERY: usize = 20;

/// Minimises a loss and returns the module with the mean of the losses looked at in the last tenth.
/// `loss(module, step, rng)` draws its own batch.
///
/// # Errors
/// When the loss stops being finite, or the run was cancelled.
pub fn descend<M: Module>(
    module: M,
    descent: Descent,
    run: &mut Run<'_>,
    loss: impl FnMut(&M, usize, &mut ChaCha8Rng) -> Tensor<1>,
) -> Result<(M, f64)> {
    mlp::now(descend_later(module, descent, run, loss))
}

/// [`descend`] on any device, also on one whose numbers come later: WebGPU in a browser.
///
/// # Errors
/// As [`descend`].
pub async fn descend_later<M: Module>(
    mut module: M,
    descent: Descent,
    run: &mut Run<'_>,
    mut loss: impl FnMut(&M, usize, &mut ChaCha8Rng) -> Tensor<1>,
) -> Result<(M, f64)> {
    let mut config = AdamConfig::new();
    if descent.weight_decay > 0.0 {
        config = config.with_weight_decay(Some(WeightDecayConfig::new(descent.weight_decay)));
    }
    let mut optimizer = config.init();
    let mut rng = run.rng(0xde5c);
    let steps = ((descent.steps as f64 * run.effort).round() as usize).max(1);
    let (mut tail, mut looks) = (0.0, 0.0);
    for step in 0..steps {
        let value = loss(&module, step, &mut rng);
        if step.is_multiple_of(LOOK_EVERY) || step + 1 == steps {
            let loss = mlp::numbers_later(value.clone()).await?;
            let loss = f64::from(loss.first().copied().unwrap_or(f32::NAN));
            if !loss.is_finite() {
                return Err(Error::Input(format!(
                    "the loss is {loss} at step {step} of {steps}: look for extreme numbers among the items"
                )));
            }
            if step * 10 >= steps * 9 {
                tail += loss;
                looks += 1.0;
            }
            if !(run.watch)(Progress { step, steps, loss }) {
                return Err(Error::Input(format!("stopped at step {step} of {steps}")));
            }
        }
        let gradients = GradientsParams::from_grads(value.backward(), &module);
        let progress = step as f64 / steps as f64;
        let rate = descent.rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        module = optimizer.step(rate, module, gradients);
    }
    Ok((module, tail / f64::max(looks, 1.0)))
}

/// Rows with independent noise N(0, sd²) on every number ([`TrainingSet::item_noise`]); as they are where `sd` is 0.
pub fn noisy(rows: Tensor<2>, sd: f64) -> Tensor<2> {
    if sd == 0.0 {
        return rows;
    }
    rows.clone() + rows.random_like(Distribution::Normal(0.0, sd))
}

/// `most` entries drawn with replacement, or as many as there are.
pub fn sample<T: Copy>(of: &[T], most: usize, rng: &mut ChaCha8Rng) -> Vec<T> {
    (0..most.min(of.len()))
        .map(|_| of[rng.random_range(0..of.len())])
        .collect()
}

/// `[n]`, places of rows.
pub fn places(indices: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let indices: Vec<i32> = indices.into_iter().map(|at| at as i32).collect();
    let count = indices.len();
    Tensor::from_data(TensorData::new(indices, [count]), device)
}

/// `[n]` numbers.
pub fn column(numbers: impl IntoIterator<Item = f32>, device: &Device) -> Tensor<1> {
    let numbers: Vec<f32> = numbers.into_iter().collect();
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}

/// Mean of [`logistic_losses`].
pub fn logistic_loss(margins: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    logistic_losses(margins, labels).mean()
}

/// Negative log-likelihood of labels in [0, 1] under margins `[n]` in log-odds, nats each.
pub fn logistic_losses(margins: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    // softplus(m) - y m = -y log sigma(m) - (1 - y) log sigma(-m)
    let softplus = burn::tensor::activation::log_sigmoid(margins.clone().neg()).neg();
    softplus - labels * margins
}

/// A linear layer `[input, output]` with weights and bias from U(-k, k), `k = sqrt(1 / input)`. Unlike the layer's own
/// initialisation it does not depend on what else draws numbers on the device meanwhile.
pub fn random_linear([input, output]: [usize; 2], rng: &mut ChaCha8Rng, device: &Device) -> Linear {
    let bound = (1.0 / input.max(1) as f32).sqrt();
    let mut uniform = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|_| rng.random_range(-bound..=bound))
            .collect()
    };
    let weight = TensorData::new(uniform(input * output), [input, output]);
    let bias = TensorData::new(uniform(output), [output]);
    Linear {
        weight: Param::from_data(weight, device),
        bias: Some(Param::from_data(bias, device)),
    }
}

/// Viewed pairs of votes.
pub fn labelled<'a>(votes: &[Vote], views: &'a [Vec<f32>]) -> Vec<LabelledPair<'a>> {
    votes
        .iter()
        .map(|vote| LabelledPair {
            first: &views[vote.first],
            second: &views[vote.second],
            label: f64::from(vote.label),
        })
        .collect()
}

/// Loads a method from tables that were just learned.
///
/// # Errors
/// When they do not fit.
pub fn load(
    method: &dyn Method,
    tables: &Tables,
    dimension: usize,
) -> Result<Box<dyn PreferenceModel>> {
    let heads = Heads::read(&Heads::write(&serde_json::Value::Null, tables)?)?;
    method.load(&heads, dimension)
}

/// Numbers of fitted votes at which choices are judged.
pub const VALIDATION_SHOTS: [usize; 4] = [1, 4, 8, 20];

/// Mean negative log-likelihood of validation votes, nats, over [`VALIDATION_SHOTS`] and people. Lower is better; unlike
/// accuracy it also punishes a method that is too sure. A set without validation people gives 0.
///
/// # Errors
/// When a fit fails.
pub fn validation_loss(model: &dyn PreferenceModel, set: &TrainingSet) -> Result<f64> {
    let views = model.view(set.items())?;
    let (mut sum, mut count) = (0.0, 0.0);
    for episode in set.validation.iter().filter(|one| !one.test.is_empty()) {
        for shots in VALIDATION_SHOTS {
            let fit = &episode.fit[..shots.min(episode.fit.len())];
            let state = model.fit(&labelled(fit, &views))?;
            let loss: f64 = episode
                .test
                .iter()
                .map(|vote| {
                    let margin = model.margin(&state, &views[vote.first], &views[vote.second]);
                    nats(margin.probability(), f64::from(vote.label))
                })
                .sum();
            sum += loss / episode.test.len() as f64;
            count += 1.0;
        }
    }
    Ok(sum / f64::max(count, 1.0))
}

/// Negative log-likelihood of a label in [0, 1] under a forecast, nats; forecasts are cut at one in a million.
pub fn nats(probability: f64, label: f64) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    -(label * p.ln() + (1.0 - label) * (1.0 - p).ln())
}

/// The candidate with the least loss; the first of equals.
///
/// # Errors
/// When judging fails, or there is no candidate.
pub fn choose<T: Copy>(
    candidates: impl IntoIterator<Item = T>,
    mut judge: impl FnMut(T) -> Result<f64>,
) -> Result<T> {
    let mut best: Option<(f64, T)> = None;
    for candidate in candidates {
        let loss = judge(candidate)?;
        if best.is_none_or(|(least, _)| loss < least) {
            best = Some((loss, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
        .ok_or_else(|| Error::Input("there is nothing to choose from".into()))
}
