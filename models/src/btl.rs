//! Population Bradley–Terry–Luce head: one reward for everybody.
//!
//! `p(first) = sigma(r(first) - r(second))`, `r` a small perceptron on the representation (`methods` baseline "BTL").
//! A viewed item is its reward; there is no user state.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Table};
use crate::preference::{
    ItemVector, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
use crate::{Result, baselines, mlp};

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
    pub fn write(&self, tables: &mut BTreeMap<String, Table>) -> Result<()> {
        mlp::write_linear(tables, "btl.hidden", &self.hidden)?;
        mlp::write_linear(tables, "btl.output", &self.output)
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

    fn view(&self, items: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        check_rows("population", items, self.dimension)?;
        if items.is_empty() {
            return Ok(vec![]);
        }
        let rewards = self
            .head
            .forward(mlp::rows_to_tensor(items, self.dimension, &self.device));
        Ok(mlp::numbers(rewards)?
            .into_iter()
            .map(|reward| vec![reward])
            .collect())
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
