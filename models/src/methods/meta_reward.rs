//! Meta reward modeling: a few gradient steps on a small head, from a start that was learned for taking them.
//!
//! `r_u(x) = w_uᵀ φ(x)` with K base rewards `φ`, a small perceptron plus a linear layer that all people share. A
//! person starts at `w_0` and takes [`STEPS`] gradient steps on their own votes,
//! `w ← w - η / (1 + n / ν) Σ_i (σ(m_i) - y_i) Δφ_i`, the same number whatever `n`; without votes a person is `w_0`,
//! the average person. Training draws episodes (a person, `0..=`[`MOST_SHOTS`] votes to step on, other votes to be
//! judged on) and descends on the loss *after* the steps by `φ`, `w_0`, `η` and `ν`.
//!
//! Which meta-gradient: the inner gradient of a head that is linear in its weights is a formula, so the steps are
//! written out as ordinary arithmetic and the outer gradient passes through all of them. Automatic differentiation
//! stays first-order, yet this is MAML's full meta-gradient for the head, not FOMAML's or Reptile's approximation of
//! it.
//!
//! Substituted: the paper's base rewards are perceptrons on the last state of a language model, here on the
//! representation and with a shared hidden layer; its step is one, of a fixed rate on the mean gradient, here the rate
//! and how it falls with `n` are learned; its robust objective, which weighs people that are hard to fit, is left out
//! (the plain mean over people). A factor on `η` is chosen on validation people, 0 (nobody moves) among the
//! candidates. Of P-TTT, which adapts low-rank layers of the language model at test time from a meta-learned start,
//! only this remains at head scale.
//!
//! A viewed item is its K base rewards. State values: `w`. The margin is a point, with variance 0.
//!
//! # Source
//! Cai, Li, Yu, Zhu, Wang, Feng, Li 2026, "One adapts to any: Meta reward modeling for personalized LLM alignment"
//! (arXiv 2601.18731); Finn, Abbeel, Levine 2017, "Model-agnostic meta-learning" (arXiv 1703.03400); rates learned as
//! by Li, Zhou, Chen, Li 2017, "Meta-SGD" (arXiv 1707.09835).

use burn::tensor::Device;
use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::methods::base_rewards::BaseRewards;
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
    check_rows, logistic,
};
use crate::{Error, Result, mlp};
#[cfg(feature = "training")]
use crate::{
    heads::{Table, Tables},
    training::{Descent, Run, TrainingSet, choose, descend, load, noisy, places, validation_loss},
};

/// Gradient steps of one fit.
pub const STEPS: usize = 3;
/// Most votes that a training episode steps on.
pub const MOST_SHOTS: usize = 20;

/// Trains and loads [`MetaReward`].
#[derive(Clone, Copy, Debug)]
pub struct MetaRewardMethod {
    /// Base rewards, K.
    pub count: usize,
    /// Hidden units.
    pub hidden: usize,
    /// Gradient steps of the outer loop.
    pub steps: usize,
}

impl Default for MetaRewardMethod {
    fn default() -> Self {
        Self {
            count: 16,
            hidden: 32,
            steps: 800,
        }
    }
}

/// Candidates for the L2 penalty.
#[cfg(feature = "training")]
const WEIGHT_DECAYS: [f32; 3] = [1e-4, 1e-3, 1e-2];
/// Candidates for the factor on the learned rate.
#[cfg(feature = "training")]
const FACTORS: [f32; 5] = [0.0, 0.25, 0.5, 1.0, 1.5];

impl Method for MetaRewardMethod {
    fn id(&self) -> String {
        "mrm".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let inner = set.for_choices();
        let mut best: Option<(f64, f32, f32, Tables)> = None;
        for decay in WEIGHT_DECAYS {
            let tables = self.descend(inner, decay, run)?;
            let judge = |factor: f32| {
                let model = load(self, &with_factor(&tables, factor), inner.dimension())?;
                validation_loss(model.as_ref(), inner)
            };
            let factor = choose(FACTORS, judge)?;
            let loss = judge(factor)?;
            if best.as_ref().is_none_or(|best| loss < best.0) {
                best = Some((loss, decay, factor, tables));
            }
        }
        let (_, decay, factor, tables) =
            best.ok_or_else(|| Error::Input("no penalty to try".into()))?;
        let smaller = with_factor(&tables, factor);
        let whole = match set.choosing {
            Some(_) => with_factor(&self.descend(set, decay, run)?, factor),
            None => smaller.clone(),
        };
        Ok(Both { whole, smaller })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(MetaReward::from_heads(heads, dimension)?))
    }
}

/// The tables with the rate multiplied.
#[cfg(feature = "training")]
fn with_factor(tables: &Tables, factor: f32) -> Tables {
    let mut tables = tables.clone();
    if let Some(pace) = tables.get_mut("mrm.pace") {
        pace.data[0] *= factor;
    }
    tables
}

#[cfg(feature = "training")]
mod train {
    use burn::module::{Module, Param};
    use burn::tensor::activation::{log_sigmoid, sigmoid};
    use burn::tensor::{Tensor, TensorData};
    use rand::Rng;
    use rand::seq::SliceRandom;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::training::Vote;

    /// Episodes per step.
    const EPISODES: usize = 32;
    /// Votes of an episode that judge.
    const TARGETS: usize = 12;
    /// Learned numbers on a logarithmic scale are stored divided by this, which multiplies their learning rate.
    const FAST: f32 = 10.0;
    /// Rate and falling-off before training.
    const RATE: f32 = 0.1;
    const HALF: f32 = 8.0;

    #[derive(Module, Debug)]
    struct Trainer {
        base: BaseRewards,
        /// `[K]`, `w_0`.
        start: Param<Tensor<1>>,
        /// `[2]`, `ln(η / RATE)` and `ln(ν / HALF)`, both / [`FAST`].
        pace: Param<Tensor<1>>,
    }

    /// One step's episodes, padded: votes `[EPISODES * width]`, one mask each for stepping and judging.
    struct Batch {
        votes: Vec<Vote>,
        steps_on: Vec<f32>,
        judges: Vec<f32>,
        shots: Vec<f32>,
    }

    const WIDTH: usize = MOST_SHOTS + TARGETS;

    fn draw(people: &[Vec<Vote>], rng: &mut ChaCha8Rng) -> Batch {
        let mut batch = Batch {
            votes: vec![],
            steps_on: vec![0.0; EPISODES * WIDTH],
            judges: vec![0.0; EPISODES * WIDTH],
            shots: vec![],
        };
        for episode in 0..EPISODES {
            let mut votes = people[rng.random_range(0..people.len())].clone();
            votes.shuffle(rng);
            let most = MOST_SHOTS.min(votes.len() / 2);
            let shots = rng.random_range(0..=most);
            votes.truncate(shots + TARGETS);
            let targets = votes.len() - shots;
            let at = episode * WIDTH;
            batch.steps_on[at..at + shots].fill(1.0);
            batch.judges[at + shots..at + votes.len()].fill(1.0 / targets.max(1) as f32);
            batch.shots.push(shots as f32);
            // Padding repeats a vote that no mask counts.
            let padding = Vote {
                first: 0,
                second: 0,
                label: 0.5,
            };
            votes.resize(WIDTH, padding);
            batch.votes.extend(votes);
        }
        batch
    }

    pub(super) fn shared(
        method: MetaRewardMethod,
        set: &TrainingSet,
        weight_decay: f32,
        run: &mut Run<'_>,
    ) -> Result<Tables> {
        let device = run.device.clone().autodiff();
        device.seed(run.seed);
        let count = method.count;
        let start = vec![1.0 / (count as f32).sqrt(); count];
        let trainer = Trainer {
            base: BaseRewards::init(set.dimension(), method.hidden, count, &device),
            start: Param::from_data(TensorData::new(start, [count]), &device),
            pace: Param::from_data(TensorData::new(vec![0.0_f32; 2], [2]), &device),
        };
        let people: Vec<Vec<Vote>> = set
            .people
            .iter()
            .filter(|votes| !votes.is_empty())
            .cloned()
            .collect();
        if people.is_empty() {
            return Err(Error::Input("nobody voted".into()));
        }
        let items = set.tensor(&device);
        let tensor = |numbers: Vec<f32>, shape: [usize; 3]| {
            Tensor::<3>::from_data(TensorData::new(numbers, shape), &device)
        };
        let descent = Descent {
            steps: method.steps,
            rate: 5e-3,
            weight_decay,
        };
        let (trainer, _) = descend(trainer, descent, run, |trainer, _, rng| {
            let batch = draw(&people, rng);
            let of = |side: fn(&Vote) -> usize| {
                let at = places(batch.votes.iter().map(side), &device);
                let rows = noisy(items.clone().select(0, at), f64::from(set.item_noise));
                trainer.base.forward(rows)
            };
            let differences =
                (of(|vote| vote.first) - of(|vote| vote.second)).reshape([EPISODES, WIDTH, count]);
            let by_vote = [EPISODES, WIDTH, 1];
            let labels = tensor(batch.votes.iter().map(|vote| vote.label).collect(), by_vote);
            let steps_on = tensor(batch.steps_on, by_vote);
            let judges = tensor(batch.judges, by_vote);
            let shots = tensor(batch.shots, [EPISODES, 1, 1]);
            let pace = (trainer.pace.val() * FAST).exp();
            let rate = pace.clone().narrow(0, 0, 1).reshape([1, 1, 1]) * RATE;
            let half = pace.narrow(0, 1, 1).reshape([1, 1, 1]) * HALF;
            let rate = rate / (shots / half + 1.0);
            let mut weights = trainer
                .start
                .val()
                .reshape([1, 1, count])
                .repeat_dim(0, EPISODES);
            let margins = |weights: Tensor<3>| (differences.clone() * weights).sum_dim(2);
            for _ in 0..STEPS {
                let residuals =
                    (sigmoid(margins(weights.clone())) - labels.clone()) * steps_on.clone();
                let gradient = (differences.clone() * residuals).sum_dim(1);
                weights = weights - gradient * rate.clone();
            }
            let margins = margins(weights);
            // softplus(m) - y m
            let losses = log_sigmoid(margins.clone().neg()).neg() - labels * margins;
            (losses * judges).sum() / EPISODES as f32
        })?;
        let mut tables = Tables::new();
        trainer.base.write(&mut tables, "mrm")?;
        let start = mlp::numbers(trainer.start.val())?;
        tables.insert("mrm.start".into(), Table::new(&[count], start));
        let pace = mlp::numbers(trainer.pace.val())?;
        let pace = vec![RATE * (pace[0] * FAST).exp(), HALF * (pace[1] * FAST).exp()];
        tables.insert("mrm.pace".into(), Table::new(&[2], pace));
        Ok(tables)
    }
}

#[cfg(feature = "training")]
impl MetaRewardMethod {
    fn descend(&self, set: &TrainingSet, decay: f32, run: &mut Run<'_>) -> Result<Tables> {
        train::shared(*self, set, decay, run)
    }
}

/// The model with frozen base rewards.
#[derive(Debug)]
pub struct MetaReward {
    weights: String,
    dimension: usize,
    base: BaseRewards,
    /// `w_0`, `[K]`.
    start: Vec<f64>,
    /// `η`.
    rate: f64,
    /// `ν`, votes.
    half: f64,
    device: Device,
}

impl MetaReward {
    /// Reads tables `mrm.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let device = Device::flex();
        let start = &heads.table("mrm.start")?.data;
        let pace = heads.data("mrm.pace", &[2])?;
        if start.is_empty() || pace[1] <= 0.0 {
            return Err(Error::Weights(
                "meta reward modeling has no start or no pace".into(),
            ));
        }
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            base: BaseRewards::read(heads, "mrm", [dimension, start.len()], &device)?,
            start: start.iter().map(|value| f64::from(*value)).collect(),
            rate: f64::from(pace[0]),
            half: f64::from(pace[1]),
            device,
        })
    }

    /// Number of base rewards, K.
    pub fn count(&self) -> usize {
        self.start.len()
    }
}

/// `w · (first - second)` over their common part.
fn along(weights: &[f64], first: &ItemVector, second: &ItemVector) -> f64 {
    weights
        .iter()
        .zip(first.iter().zip(second))
        .map(|(w, (a, b))| w * (f64::from(*a) - f64::from(*b)))
        .sum()
}

impl PreferenceModel for MetaReward {
    fn id(&self) -> MethodId {
        "mrm".into()
    }

    fn name(&self) -> &'static str {
        "Meta reward modeling"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        mlp::now(self.view_later(items, &self.device))
    }

    fn view_later<'a>(&'a self, items: Items<'a>, device: &'a Device) -> Later<'a, Vec<Vec<f32>>> {
        Box::pin(async move {
            check_rows("meta reward modeling", items.rows, self.dimension)?;
            self.base.view(items.rows, self.dimension, device).await
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("meta reward modeling", pairs, self.count())?;
        let rate = self.rate / (1.0 + pairs.len() as f64 / self.half);
        let mut weights = self.start.clone();
        let mut gradient = vec![0.0; weights.len()];
        for _ in 0..STEPS {
            gradient.fill(0.0);
            for pair in pairs {
                let residual = logistic(along(&weights, pair.first, pair.second)) - pair.label;
                let sides = pair.first.iter().zip(pair.second);
                for (sum, (a, b)) in gradient.iter_mut().zip(sides) {
                    *sum += residual * (f64::from(*a) - f64::from(*b));
                }
            }
            for (weight, slope) in weights.iter_mut().zip(&gradient) {
                *weight -= rate * slope;
            }
        }
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: weights,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        Margin {
            mean: along(&state.values, first, second),
            variance: 0.0,
        }
    }
}
