//! The population Bradley–Terry head by gradient descent.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Int, Tensor, TensorData};
use palate_models::btl::RewardHeadConfig;
use palate_models::heads::Table;

use super::{TrainConfig, TrainingSet};

const STEPS: usize = 200;
const LEARNING_RATE: f64 = 1e-3;
const WEIGHT_DECAY: f32 = 1e-2;

/// Trains, writes tables `btl.*` and returns the last loss, nats per vote.
pub(super) fn fit(
    set: &TrainingSet,
    config: &TrainConfig,
    tables: &mut BTreeMap<String, Table>,
) -> Result<f64> {
    let device = Device::flex().autodiff();
    device.seed(config.seed);
    let mut head = RewardHeadConfig {
        dimension: set.dimension,
        hidden: config.hidden,
    }
    .init(&device);
    let mut optimizer = AdamConfig::new()
        .with_weight_decay(Some(WeightDecayConfig::new(WEIGHT_DECAY)))
        .init();
    let items = item_tensor(set, &device);
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for vote in set.votes.iter().flatten() {
        let (winner, loser) = if vote.first_wins {
            (vote.first, vote.second)
        } else {
            (vote.second, vote.first)
        };
        winners.push(winner as i32);
        losers.push(loser as i32);
    }
    let (winners, losers) = (
        index_tensor(winners, &device),
        index_tensor(losers, &device),
    );
    let mut last = 0.0;
    for _ in 0..STEPS {
        let rewards = head.forward(items.clone());
        let margin = rewards.clone().select(0, winners.clone()) - rewards.select(0, losers.clone());
        let loss = -log_sigmoid(margin).mean();
        last = f64::from(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &head);
        head = optimizer.step(LEARNING_RATE, head, gradients);
    }
    head.write(tables)?;
    Ok(last)
}

/// `[items, dimension]`.
pub(super) fn item_tensor(set: &TrainingSet, device: &Device) -> Tensor<2> {
    let flat: Vec<f32> = set.rows.iter().flatten().copied().collect();
    Tensor::from_data(
        TensorData::new(flat, [set.rows.len(), set.dimension]),
        device,
    )
}

/// `[n]`, places of rows.
pub(super) fn index_tensor(indices: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let count = indices.len();
    Tensor::from_data(TensorData::new(indices, [count]), device)
}
