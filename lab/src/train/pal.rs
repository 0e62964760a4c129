//! PAL-A's shared weights (projector, prototypes, scale) together with the training people's weights.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{log_sigmoid, softmax};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use palate_models::heads::Table;
use palate_models::pal::Projector;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::population::{index_tensor, item_tensor};
use super::{TrainConfig, TrainingSet};
use crate::people::Vote;

/// Votes per step.
const BATCH: usize = 2048;
const LEARNING_RATE: f64 = 4e-3;
/// People's logits and the log of the scale are stored divided by this, which multiplies their learning rate.
const FAST: f32 = 10.0;
/// Initial length of a prototype's coordinates.
const PROTOTYPE_SD: f32 = 1.0;

#[derive(Module, Debug)]
struct Trainer {
    projector: Projector,
    /// `[K, dimension]`.
    prototypes: Param<Tensor<2>>,
    /// `[people, K]`, logits / [`FAST`].
    people: Param<Tensor<2>>,
    /// `[1]`, ln s / [`FAST`].
    log_scale: Param<Tensor<1>>,
}

impl Trainer {
    /// Mean loss of votes, nats.
    fn loss(&self, items: Tensor<2>, batch: &Batch, device: &Device) -> Tensor<1> {
        let latent = self.projector.forward(items);
        let weights = softmax(self.people.val() * FAST, 1);
        let points = weights
            .matmul(self.prototypes.val())
            .select(0, index_tensor(batch.people.clone(), device));
        let distance = |indices: &[i32]| {
            let gap = latent
                .clone()
                .select(0, index_tensor(indices.to_vec(), device))
                - points.clone();
            ((gap.clone() * gap).sum_dim(1) + 1e-6).sqrt()
        };
        let gap = (distance(&batch.losers) - distance(&batch.winners)).squeeze_dim::<1>(1);
        -log_sigmoid(gap * (self.log_scale.val() * FAST).exp()).mean()
    }
}

#[derive(Default)]
struct Batch {
    people: Vec<i32>,
    winners: Vec<i32>,
    losers: Vec<i32>,
}

/// Trains on people's votes, writes tables `pal.*` and returns the mean loss of the last tenth of the steps.
pub(super) fn fit(
    set: &TrainingSet,
    people: &[Vec<Vote>],
    count: usize,
    prior_sd: f32,
    config: &TrainConfig,
    tables: &mut BTreeMap<String, Table>,
) -> Result<f64> {
    let device = Device::flex().autodiff();
    device.seed(config.seed);
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0x9a1);
    let mut normal = |rows: usize, width: usize, sd: f32| {
        let data: Vec<f32> = (0..rows * width)
            .map(|_| rng.sample::<f32, _>(StandardNormal) * sd)
            .collect();
        Param::from_data(TensorData::new(data, [rows, width]), &device)
    };
    let mut trainer = Trainer {
        prototypes: normal(count, set.dimension, PROTOTYPE_SD),
        people: normal(people.len(), count, 0.1 / FAST),
        projector: Projector::init(set.dimension, &device),
        log_scale: Param::from_data(TensorData::new(vec![0.0_f32], [1]), &device),
    };
    let items = item_tensor(set, &device);
    let flat: Vec<(i32, i32, i32)> = people
        .iter()
        .enumerate()
        .flat_map(|(person, votes)| {
            votes.iter().map(move |vote| {
                let (winner, loser) = if vote.first_wins {
                    (vote.first, vote.second)
                } else {
                    (vote.second, vote.first)
                };
                (person as i32, winner as i32, loser as i32)
            })
        })
        .collect();
    let mut optimizer = AdamConfig::new().init();
    let (mut tail, tail_from) = (Vec::new(), config.pal_steps - config.pal_steps / 10);
    for step in 0..config.pal_steps {
        let mut batch = Batch::default();
        for _ in 0..BATCH {
            let (person, winner, loser) = flat[rng.random_range(0..flat.len())];
            batch.people.push(person);
            batch.winners.push(winner);
            batch.losers.push(loser);
        }
        let noise = items.random_like(Distribution::Normal(0.0, f64::from(config.pal_noise)));
        let loss = trainer.loss(items.clone() + noise, &batch, &device);
        if step >= tail_from {
            tail.push(f64::from(loss.clone().into_scalar::<f32>()));
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &trainer);
        let progress = step as f64 / config.pal_steps as f64;
        let rate = LEARNING_RATE * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        trainer = optimizer.step(rate, trainer, gradients);
    }
    trainer.projector.write(tables)?;
    let prototypes = numbers(trainer.prototypes.val())?;
    tables.insert(
        "pal.prototypes".into(),
        Table::new(&[count, set.dimension], prototypes),
    );
    let scale = (numbers(trainer.log_scale.val())?[0] * FAST).exp();
    tables.insert(
        "pal.constants".into(),
        Table::new(&[2], vec![scale, prior_sd]),
    );
    Ok(tail.iter().sum::<f64>() / tail.len().max(1) as f64)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .map_err(|error| anyhow::anyhow!("a tensor could not be read: {error:?}"))
}
