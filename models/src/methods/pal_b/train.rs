//! Learns the projector of items, the maps of prompts and the scale together with the training people's weights.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor, TensorData};
use rand::Rng;
use rand_distr::StandardNormal;

use super::{ITEMS, PROMPTS, PalBMethod, Prompts, write};
use crate::heads::{Table, Tables};
use crate::methods::Both;
use crate::methods::pal::train::{
    Batches, Constants, FAST, FIRST_LOGITS, FIRST_SCALE, MOST_SCALE, NOISE_FACTOR, PRIORS,
    USUAL_PRIOR, search, unit,
};
use crate::methods::pal::{self, EPSILON, Projector};
use crate::preference::Items;
use crate::training::{
    Descent, Run, TrainingSet, descend, logistic_losses, noisy, places, random_linear,
};
use crate::{Result, mlp};

pub(super) fn train(method: &PalBMethod, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
    let constants = Constants {
        name: "pal-b.constants".into(),
        candidates: vec![(1, PRIORS)],
    };
    let tries = (method.prototypes.as_slice(), method.restarts);
    mlp::now(search(
        method,
        set,
        tries,
        &constants,
        async |set, count, restart| shared(method, set, count, restart, run),
    ))
}

#[derive(Module, Debug)]
struct Trainer {
    projector: Projector,
    narrow: Linear,
    maps: Vec<Projector>,
    /// `[people, K]`, logits / [`FAST`].
    people: Param<Tensor<2>>,
    /// `[1]`, ln s / [`FAST`].
    log_scale: Param<Tensor<1>>,
}

/// Tables of K maps with the usual constants, and the loss at the end.
fn shared(
    method: &PalBMethod,
    set: &TrainingSet,
    count: usize,
    restart: usize,
    run: &mut Run<'_>,
) -> Result<(Tables, f64)> {
    let run = &mut run.again(restart);
    let device = run.device.clone().autodiff();
    device.seed(run.seed);
    let mut rng = run.rng(0x9a1b);
    let used = set.used();
    let unit = unit(&used.rows);
    let mean_prompt = mean(&used.prompts);
    let prompts = Prompts::of(
        Items {
            rows: &used.rows,
            prompts: &used.prompts,
        },
        &mean_prompt,
    );
    let dimension = set.dimension();
    let width = ITEMS.width(dimension);
    let logits: Vec<f32> = (0..set.people.len() * count)
        .map(|_| rng.sample::<f32, _>(StandardNormal) * FIRST_LOGITS / FAST)
        .collect();
    let trainer = Trainer {
        projector: Projector::random(ITEMS, dimension, &mut rng, &device),
        narrow: random_linear([mean_prompt.len(), width], &mut rng, &device),
        maps: (0..count)
            .map(|_| Projector::random(PROMPTS, width, &mut rng, &device))
            .collect(),
        people: Param::from_data(TensorData::new(logits, [set.people.len(), count]), &device),
        log_scale: Param::from_data(TensorData::new(vec![FIRST_SCALE.ln() / FAST], [1]), &device),
    };
    let items = mlp::rows_to_tensor(&pal::scaled(&used.rows, unit), dimension, &device);
    let prompt_rows = mlp::rows_to_tensor(&prompts.rows, mean_prompt.len(), &device);
    let of_item = places(prompts.of_item, &device);
    let batches = Batches::new(&used.votes, set.people.len(), method.batch, false, &device);
    let noise = f64::from(NOISE_FACTOR * set.item_noise / unit);
    let few = used.rows.len() <= 2 * batches.size();
    let descent = Descent {
        steps: method.steps,
        rate: method.rate,
        weight_decay: 0.0,
    };
    let (trainer, loss) = descend(trainer, descent, run, |trainer, _, rng| {
        batches.with(rng, |batch| {
            let project = |rows| trainer.projector.forward(noisy(rows, noise));
            let all = few.then(|| project(items.clone()));
            let narrow = trainer.narrow.forward(prompt_rows.clone());
            let points: Vec<_> = trainer
                .maps
                .iter()
                .map(|map| map.forward(narrow.clone()))
                .collect();
            let weights = softmax(trainer.people.val() * FAST, 1).select(0, batch.people.clone());
            let reward = |at: &Tensor<1, Int>| {
                let item = match &all {
                    Some(all) => all.clone().select(0, at.clone()),
                    None => project(items.clone().select(0, at.clone())),
                };
                let prompt = of_item.clone().select(0, at.clone());
                let mut mixture = item.zeros_like();
                for (k, points) in points.iter().enumerate() {
                    let weight = weights.clone().narrow(1, k, 1);
                    mixture = mixture + points.clone().select(0, prompt.clone()) * weight;
                }
                cosine(item, mixture)
            };
            let margins = reward(&batch.first) - reward(&batch.second);
            logistic_losses(
                margins.squeeze_dim::<1>(1) * trainer.scale(),
                batch.labels.clone(),
            )
            .mean()
        })
    })?;
    let constants = [mlp::numbers(trainer.scale())?[0], USUAL_PRIOR];
    let mut tables = Tables::new();
    let parts = (&trainer.projector, &trainer.narrow, trainer.maps.as_slice());
    pal::write_unit(&mut tables, "pal-b", unit);
    write(&mut tables, dimension, parts, &mean_prompt, constants)?;
    for table in tables.values_mut().filter(|table| table.shape.len() > 1) {
        *table = Table::half(&table.shape, &table.data);
    }
    Ok((tables, loss))
}

impl Trainer {
    fn scale(&self) -> Tensor<1> {
        (self.log_scale.val() * FAST).exp().clamp_max(MOST_SCALE)
    }
}

/// Cosines of rows, `[rows, 1]`.
fn cosine(one: Tensor<2>, other: Tensor<2>) -> Tensor<2> {
    let dot = |a: &Tensor<2>, b: &Tensor<2>| (a.clone() * b.clone()).sum_dim(1);
    let lengths = ((dot(&one, &one) + EPSILON) * (dot(&other, &other) + EPSILON)).sqrt();
    dot(&one, &other) / lengths
}

/// Mean of prompts; a single zero without any.
fn mean(prompts: &[Vec<f32>]) -> Vec<f32> {
    let known: Vec<_> = prompts.iter().filter(|prompt| !prompt.is_empty()).collect();
    let Some(first) = known.first() else {
        return vec![0.0];
    };
    let mut mean = vec![0.0; first.len()];
    for prompt in &known {
        for (sum, value) in mean.iter_mut().zip(prompt.iter()) {
            *sum += value / known.len() as f32;
        }
    }
    mean
}
