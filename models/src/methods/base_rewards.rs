//! Rewards that all people share, from which methods mix a person's: a small perceptron plus a linear layer.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};

use crate::heads::{Heads, Tables};
use crate::{Result, mlp};

/// Shared base rewards, `[items, dimension] -> [items, K]`.
#[derive(Module, Debug)]
pub struct BaseRewards {
    hidden: Linear,
    bent: Linear,
    straight: Linear,
}

impl BaseRewards {
    /// Random weights.
    pub fn init(dimension: usize, hidden: usize, count: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(dimension, hidden).init(device),
            bent: LinearConfig::new(hidden, count).init(device),
            straight: LinearConfig::new(dimension, count).init(device),
        }
    }

    /// `[items, dimension] -> [items, K]`.
    pub fn forward(&self, items: Tensor<2>) -> Tensor<2> {
        self.straight.forward(items.clone()) + self.bent.forward(gelu(self.hidden.forward(items)))
    }

    /// Writes the weights as tables `{method}.*`.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn write(&self, tables: &mut Tables, method: &str) -> Result<()> {
        mlp::write_linear(tables, &format!("{method}.hidden"), &self.hidden)?;
        mlp::write_linear(tables, &format!("{method}.bent"), &self.bent)?;
        mlp::write_linear(tables, &format!("{method}.straight"), &self.straight)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// When tables are missing or do not fit.
    pub fn read(
        heads: &Heads,
        method: &str,
        [dimension, count]: [usize; 2],
        device: &Device,
    ) -> Result<Self> {
        let hidden = heads.table(&format!("{method}.hidden.bias"))?.data.len();
        let layer =
            |name: &str, sizes| mlp::read_linear(heads, &format!("{method}.{name}"), sizes, device);
        Ok(Self {
            hidden: layer("hidden", [dimension, hidden])?,
            bent: layer("bent", [hidden, count])?,
            straight: layer("straight", [dimension, count])?,
        })
    }

    /// Rows as their base rewards, by any device.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub async fn view(
        &self,
        rows: &[Vec<f32>],
        dimension: usize,
        device: &Device,
    ) -> Result<Vec<Vec<f32>>> {
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let there = self.clone().to_device(device);
        let rewards = there.forward(mlp::rows_to_tensor(rows, dimension, device));
        let [_, count] = rewards.dims();
        let rewards = mlp::numbers_later(rewards).await?;
        Ok(rewards.chunks_exact(count).map(<[f32]>::to_vec).collect())
    }
}
