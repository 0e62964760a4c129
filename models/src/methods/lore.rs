//! LoRe: a person's reward is a mixture of a few rewards that all people share.
//!
//! `r_u(x) = w_uᵀ R(x)` with the reward basis `R` (B rewards of an item) and weights `w_u = softmax(W_u)` on the
//! simplex; logistic loss, basis and weights learned together. A new person costs B numbers: `R` is frozen and `w` is
//! fitted. With one basis reward it is the Bradley–Terry model.
//!
//! Substituted: the paper's basis is linear on the last state of a pretrained reward model; here the representation is
//! no reward model, so the basis is a small perceptron plus a linear layer ([`BaseRewards`]). The paper's penalty that
//! keeps the basis near that reward model is an L2 penalty, since there is none. A new person is fitted under
//! `W = ln w̄ + τ z`, `z ~ N(0, I)`, around the training people's mean weights `w̄` instead of without a prior, so
//! that without votes a person is the average person, and a Laplace posterior gives the variance. B, the penalty and
//! `τ` are chosen on validation people.
//!
//! A viewed item is its B basis rewards. State values: `w`, then the lower triangle of its covariance.
//!
//! # Source
//! Bose, Xiong, Chi, Du, Xiao, Fazel 2025, "LoRe: Personalizing LLMs via low-rank reward modeling" (arXiv 2504.14439).

use burn::tensor::Device;
use nalgebra::{DMatrix, DVector};
use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::laplace::{self, Posterior};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::methods::base_rewards::BaseRewards;
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
    check_rows,
};
use crate::{Error, Result, linear, mlp};
#[cfg(feature = "training")]
use crate::{
    heads::{Table, Tables},
    training::{
        Descent, Run, TrainingSet, column, descend, load, logistic_loss, noisy, places, sample,
        validation_loss,
    },
};

/// LoRe with frozen basis.
#[derive(Debug)]
pub struct Lore {
    weights: String,
    dimension: usize,
    basis: BaseRewards,
    /// Mean weights of the training people, `[B]`, on the simplex.
    mean: Vec<f64>,
    /// Prior standard deviation of a person's logits around those of the mean, `τ`.
    prior_sd: f64,
    device: Device,
}

impl Lore {
    /// Reads tables `lore.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let mean: Vec<f64> = heads
            .table("lore.mean")?
            .data
            .iter()
            .map(|value| f64::from(*value).max(LEAST))
            .collect();
        if mean.is_empty() {
            return Err(Error::Weights("LoRe has no basis reward".into()));
        }
        let device = Device::flex();
        let sum: f64 = mean.iter().sum();
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            basis: BaseRewards::read(heads, "lore", [dimension, mean.len()], &device)?,
            mean: mean.iter().map(|value| value / sum).collect(),
            prior_sd: f64::from(heads.data("lore.prior_sd", &[1])?[0]),
            device,
        })
    }

    /// Number of basis rewards, B.
    pub fn rank(&self) -> usize {
        self.mean.len()
    }

    /// Simplex weights of standardised logits `z`.
    fn simplex(&self, z: &DVector<f64>) -> DVector<f64> {
        let logits = z * self.prior_sd;
        let largest = logits.max();
        let powers = DVector::from_fn(self.rank(), |at, _| {
            self.mean[at] * (logits[at] - largest).exp()
        });
        let sum = powers.sum();
        powers / sum
    }
}

/// Least mean weight of a basis reward; keeps its logarithm finite.
const LEAST: f64 = 1e-6;

/// Trains and loads [`Lore`].
#[derive(Clone, Debug)]
pub struct LoreMethod {
    /// Candidates for the number of basis rewards, B; the penalty is chosen with the first.
    pub ranks: Vec<usize>,
    /// Gradient steps.
    pub steps: usize,
}

impl Default for LoreMethod {
    fn default() -> Self {
        Self {
            ranks: vec![8, 4, 16],
            steps: 500,
        }
    }
}

/// Candidates for the L2 penalty.
#[cfg(feature = "training")]
const WEIGHT_DECAYS: [f32; 3] = [1e-3, 1e-2, 1e-1];
/// Candidates for the prior standard deviation of a person's logits.
#[cfg(feature = "training")]
const PRIORS: [f32; 6] = [1e-3, 0.3, 0.7, 1.5, 3.0, 6.0];
/// Votes per step.
#[cfg(feature = "training")]
const BATCH: usize = 2048;
/// Hidden units of the basis.
#[cfg(feature = "training")]
const HIDDEN: usize = 32;
/// Initial standard deviation of a training person's logits: they start apart, but near the middle.
#[cfg(feature = "training")]
const LOGIT_SD: f32 = 0.1;
/// People's logits are stored divided by this, which multiplies their learning rate.
#[cfg(feature = "training")]
const FAST: f32 = 10.0;

/// The basis and the training people's logits.
#[cfg(feature = "training")]
#[derive(burn::module::Module, Debug)]
struct Trainer {
    basis: BaseRewards,
    /// `[people, B]`, logits / [`FAST`].
    people: burn::module::Param<burn::tensor::Tensor<2>>,
}

#[cfg(feature = "training")]
impl LoreMethod {
    /// Tables of B basis rewards; the prior is left at 1.
    fn descend(
        &self,
        set: &TrainingSet,
        rank: usize,
        weight_decay: f32,
        run: &mut Run<'_>,
    ) -> Result<Tables> {
        use burn::module::Param;
        use burn::tensor::TensorData;
        use burn::tensor::activation::softmax;
        use rand::Rng;
        let device = run.device.clone().autodiff();
        device.seed(run.seed);
        let mut rng = run.rng(0x10e);
        let people = set.people.len();
        let logits: Vec<f32> = (0..people * rank)
            .map(|_| rng.sample::<f32, _>(rand_distr::StandardNormal) * LOGIT_SD / FAST)
            .collect();
        let trainer = Trainer {
            basis: BaseRewards::init(set.dimension(), HIDDEN, rank, &device),
            people: Param::from_data(TensorData::new(logits, [people, rank]), &device),
        };
        let (items, votes) = (set.tensor(&device), set.flat());
        let noise = f64::from(set.item_noise);
        let descent = Descent {
            steps: self.steps,
            rate: 1e-2,
            weight_decay,
        };
        let (trainer, _) = descend(trainer, descent, run, |trainer, _, rng| {
            let batch = sample(&votes, BATCH, rng);
            let of = |indices| {
                let rows = noisy(items.clone().select(0, indices), noise);
                trainer.basis.forward(rows)
            };
            let rewards = of(places(batch.iter().map(|(_, vote)| vote.first), &device))
                - of(places(batch.iter().map(|(_, vote)| vote.second), &device));
            let people = places(batch.iter().map(|(person, _)| *person), &device);
            let weights = softmax(trainer.people.val().select(0, people) * FAST, 1);
            logistic_loss(
                (rewards * weights).sum_dim(1).squeeze_dim::<1>(1),
                column(batch.iter().map(|(_, vote)| vote.label), &device),
            )
        })?;
        let weights = mlp::numbers(softmax(trainer.people.val() * FAST, 1))?;
        let mut mean = vec![0.0; rank];
        for person in weights.chunks_exact(rank) {
            for (sum, weight) in mean.iter_mut().zip(person) {
                *sum += weight / set.people.len() as f32;
            }
        }
        let mut tables = Tables::new();
        trainer.basis.write(&mut tables, "lore")?;
        tables.insert("lore.mean".into(), Table::new(&[rank], mean));
        Ok(with_prior(&tables, 1.0))
    }
}

#[cfg(feature = "training")]
fn with_prior(tables: &Tables, prior_sd: f32) -> Tables {
    let mut tables = tables.clone();
    tables.insert("lore.prior_sd".into(), Table::new(&[1], vec![prior_sd]));
    tables
}

impl Method for LoreMethod {
    fn id(&self) -> String {
        "lore".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let inner = set.for_choices();
        // (loss, B, penalty, τ) and tables of the best.
        let mut best: Option<((f64, usize, f32, f32), Tables)> = None;
        for rank in &self.ranks {
            let decays = match &best {
                None => WEIGHT_DECAYS.to_vec(),
                Some(((_, _, decay, _), _)) => vec![*decay],
            };
            for decay in decays {
                let tables = self.descend(inner, *rank, decay, run)?;
                for prior_sd in PRIORS {
                    let tables = with_prior(&tables, prior_sd);
                    let model = load(self, &tables, inner.dimension())?;
                    let loss = validation_loss(model.as_ref(), inner)?;
                    if best.as_ref().is_none_or(|((least, ..), _)| loss < *least) {
                        best = Some(((loss, *rank, decay, prior_sd), tables));
                    }
                }
            }
        }
        let ((_, rank, decay, prior_sd), smaller) =
            best.ok_or_else(|| Error::Input("LoRe needs a number of basis rewards to try".into()))?;
        let whole = match set.choosing {
            Some(_) => with_prior(&self.descend(set, rank, decay, run)?, prior_sd),
            None => smaller.clone(),
        };
        Ok(Both { whole, smaller })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Lore::from_heads(heads, dimension)?))
    }
}

impl PreferenceModel for Lore {
    fn id(&self) -> MethodId {
        "lore".into()
    }

    fn name(&self) -> &'static str {
        "LoRe"
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
            check_rows("LoRe", items.rows, self.dimension)?;
            self.basis.view(items.rows, self.dimension, device).await
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("LoRe", pairs, self.rank())?;
        let differences = DMatrix::from_fn(pairs.len(), self.rank(), |row, column| {
            f64::from(pairs[row].first[column]) - f64::from(pairs[row].second[column])
        });
        let labels: Vec<f64> = pairs.iter().map(|pair| pair.label).collect();
        // dw / dz of the softmax.
        let slope = |weights: &DVector<f64>| {
            (DMatrix::from_diagonal(weights) - weights * weights.transpose()) * self.prior_sd
        };
        let posterior = laplace::fit_curved(self.rank(), &labels, |z| {
            let weights = self.simplex(z);
            (&differences * &weights, &differences * slope(&weights))
        })?;
        let mean = self.simplex(&posterior.mean);
        let slope = slope(&mean);
        let covariance = &slope * posterior.covariance * slope.transpose();
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: Posterior { mean, covariance }.pack(),
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let difference = first.iter().zip(second);
        let direction: Vec<f64> = difference
            .map(|(a, b)| f64::from(*a) - f64::from(*b))
            .collect();
        let (mean, variance) = laplace::project(&state.values, &direction);
        Margin { mean, variance }
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        linear::latent(&state.values, self.rank())
    }
}
