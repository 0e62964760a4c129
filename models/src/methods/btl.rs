//! Population Bradley–Terry–Luce head: one reward for everybody.
//!
//! `p(first) = sigma(r(first) - r(second))`, `r` a small perceptron on the representation (`methods` baseline "BTL").
//! A viewed item is its reward; there is no user state.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Tables};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::{Method, baselines};
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
    check_rows,
};
#[cfg(feature = "training")]
use crate::training::{
    Descent, Run, TrainingSet, Used, column, descend, load, logistic_loss, places, sample,
    validation_loss,
};
use crate::{Result, mlp};

/// Sizes of the reward head.
#[derive(Clone, Copy, Debug)]
pub struct RewardHeadConfig {
    /// Width of a represented item.
    pub dimension: usize,
    /// Hidden units.
    pub hidden: usize,
}

/// `[items, dimension] -> [items, 1]`, reward in log-odds.
#[derive(Module, Debug)]
pub struct RewardHead {
    hidden: Linear,
    output: Linear,
}

impl RewardHeadConfig {
    /// Random weights.
    pub fn init(&self, device: &Device) -> RewardHead {
        RewardHead {
            hidden: LinearConfig::new(self.dimension, self.hidden).init(device),
            output: LinearConfig::new(self.hidden, 1).init(device),
        }
    }
}

impl RewardHead {
    /// `[items, dimension] -> [items, 1]`, log-odds.
    pub fn forward(&self, items: Tensor<2>) -> Tensor<2> {
        self.output.forward(gelu(self.hidden.forward(items)))
    }

    /// Writes the weights as tables `btl.*`.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn write(&self, tables: &mut Tables) -> Result<()> {
        mlp::write_linear(tables, "btl.hidden", &self.hidden)?;
        mlp::write_linear(tables, "btl.output", &self.output)
    }
}

/// Trains and loads [`Population`].
#[derive(Clone, Copy, Debug)]
pub struct Btl {
    /// Hidden units.
    pub hidden: usize,
    /// Candidates for the L2 penalty.
    pub weight_decays: &'static [f32],
    /// Candidates for the number of gradient steps. No effort below 1 makes them fewer: a head this small is cheap, and
    /// what every method is compared with must not be weak. A single candidate of both is not judged.
    pub steps: &'static [usize],
    /// Votes per step.
    pub batch: usize,
}

impl Default for Btl {
    fn default() -> Self {
        Self {
            hidden: 32,
            weight_decays: &[1e-3, 1e-2, 1e-1],
            steps: &[300, 1200],
            batch: 2048,
        }
    }
}

#[cfg(feature = "training")]
impl Btl {
    fn descend(
        self,
        set: &TrainingSet,
        (steps, weight_decay): (usize, f32),
        run: &mut Run<'_>,
    ) -> Result<Tables> {
        let run = &mut Run {
            effort: run.effort.max(1.0),
            ..run.again(0)
        };
        // A head this small is fastest on the CPU, whatever others train on.
        let device = Device::flex().autodiff();
        device.seed(run.seed);
        let head = RewardHeadConfig {
            dimension: set.dimension(),
            hidden: self.hidden,
        }
        .init(&device);
        let Used { rows, votes, .. } = set.used();
        let items = mlp::rows_to_tensor(&rows, set.dimension(), &device);
        let descent = Descent {
            steps,
            rate: 3e-3,
            weight_decay,
        };
        let (head, _) = descend(head, descent, run, |head, _, rng| {
            let batch = sample(&votes, self.batch, rng);
            let rewards = head.forward(items.clone());
            let of = |indices| rewards.clone().select(0, indices).squeeze_dim::<1>(1);
            let margins = of(places(batch.iter().map(|(_, vote)| vote.first), &device))
                - of(places(batch.iter().map(|(_, vote)| vote.second), &device));
            logistic_loss(
                margins,
                column(batch.iter().map(|(_, vote)| vote.label), &device),
            )
        })?;
        let mut tables = Tables::new();
        head.write(&mut tables)?;
        Ok(tables)
    }
}

impl Method for Btl {
    fn id(&self) -> String {
        "population".into()
    }

    fn is_personal(&self) -> bool {
        false
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let inner = set.for_choices();
        let is_judged = self.steps.len() * self.weight_decays.len() > 1;
        // Loss, candidate and tables of the best.
        let mut best: Option<(f64, (usize, f32), Tables)> = None;
        for candidate in self
            .steps
            .iter()
            .flat_map(|steps| self.weight_decays.iter().map(|decay| (*steps, *decay)))
        {
            let tables = self.descend(inner, candidate, run)?;
            let loss = match is_judged {
                true => validation_loss(load(self, &tables, inner.dimension())?.as_ref(), inner)?,
                false => 0.0,
            };
            if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
                best = Some((loss, candidate, tables));
            }
        }
        let (_, chosen, smaller) = best
            .ok_or_else(|| crate::Error::Input("the population needs a penalty to try".into()))?;
        let whole = match set.choosing {
            Some(_) => self.descend(set, chosen, run)?,
            None => smaller.clone(),
        };
        Ok(Both { whole, smaller })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Population::from_heads(heads, dimension)?))
    }
}

/// The population model.
#[derive(Debug)]
pub struct Population {
    weights: String,
    dimension: usize,
    head: RewardHead,
    device: Device,
}

impl Population {
    /// Reads tables `btl.*`; runs on the CPU, where a head this small is fastest.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let device = Device::flex();
        let hidden = heads.table("btl.hidden.bias")?.data.len();
        let head = RewardHead {
            hidden: mlp::read_linear(heads, "btl.hidden", [dimension, hidden], &device)?,
            output: mlp::read_linear(heads, "btl.output", [hidden, 1], &device)?,
        };
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            head,
            device,
        })
    }
}

impl PreferenceModel for Population {
    fn id(&self) -> MethodId {
        "population".into()
    }

    fn name(&self) -> &'static str {
        "Population"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        false
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        mlp::now(self.view_later(items, &self.device))
    }

    fn view_later<'a>(&'a self, items: Items<'a>, device: &'a Device) -> Later<'a, Vec<Vec<f32>>> {
        Box::pin(async move {
            check_rows("population", items.rows, self.dimension)?;
            if items.rows.is_empty() {
                return Ok(vec![]);
            }
            let head = self.head.clone().to_device(device);
            let rows = mlp::rows_to_tensor(items.rows, self.dimension, device);
            let rewards = mlp::numbers_later(head.forward(rows)).await?;
            Ok(rewards.into_iter().map(|reward| vec![reward]).collect())
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("population", pairs, 1)?;
        Ok(baselines::stateless(self))
    }

    fn margin(&self, _state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let reward = |item: &ItemVector| item.first().copied().map_or(0.0, f64::from);
        Margin {
            mean: reward(first) - reward(second),
            variance: 0.0,
        }
    }
}
