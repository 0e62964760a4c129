//! PAL-B: a person is a mixture of K maps of the prompt.
//!
//! `z_u(p) = Σ_k w_k g_k(p)`, `r_u(x | p) = s cos(f(x), z_u(p))` with `s ≤ 100` learned, cross-entropy of the two answers.
//! With one prompt for everything this is PAL-A, `Pw` with [`crate::methods::pal_a::Loss::Angle`], whose prototypes are
//! the `g_k(p)`. A new person costs K numbers (see [`crate::methods::pal`]).
//!
//! Differences from the paper's code: embeddings are given, no language model is tuned; prompts are narrowed by one layer
//! that all `g_k` share, which keeps heads small; ReLU in place of GELU and no dropout; a residual in `f`; the prior N(0, τ²)
//! on `W` as in PAL-A. Items without a prompt answer the mean prompt of training; without any prompt all answer one.
//!
//! A viewed item of prompt p is `[g_k(p)ᵀ f / ‖f‖ …, g_j(p)ᵀ g_k(p) for k ≤ j …]`. State values: the K weights `w`.
//!
//! # Source
//! Chen, Chen, Rege, Wang, Vinayak 2024, "PAL: Pluralistic alignment framework" (arXiv 2406.08469), and its code.

#[cfg(feature = "training")]
mod train;

use std::collections::BTreeMap;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Device;
use nalgebra::DVector;
use palate_shared::ids::MethodId;

use crate::heads::{Heads, Table, Tables};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::methods::pal::{self, EPSILON, Likelihood, Projector, Rewards, Shape, to_unit};
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
    check_rows,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet};
use crate::{Error, Result, mlp};

/// The projector of items.
const ITEMS: Shape = Shape::Mlp2 { residual: true };
/// The maps of prompts, after they were narrowed.
const PROMPTS: Shape = Shape::Mlp2 { residual: false };

/// Trains and loads [`PalB`].
#[derive(Clone, Debug)]
pub struct PalBMethod {
    /// Candidates for the number of maps, K; heads of 6 take 225 kB.
    pub prototypes: Vec<usize>,
    /// Random starts of each candidate; the best on validation people is kept.
    pub restarts: usize,
    /// Gradient steps.
    pub steps: usize,
    /// First learning rate of projector and maps; people go faster.
    pub rate: f64,
    /// Votes per step.
    pub batch: usize,
}

impl Default for PalBMethod {
    fn default() -> Self {
        Self {
            prototypes: vec![2, 4, 6],
            restarts: 1,
            steps: 600,
            rate: 4e-3,
            batch: 1024,
        }
    }
}

impl PalBMethod {
    /// Loads a model with its own type.
    ///
    /// # Errors
    /// When tables are missing or do not fit.
    pub fn model(&self, heads: &Heads, dimension: usize) -> Result<PalB> {
        PalB::from_heads(heads, dimension)
    }
}

impl Method for PalBMethod {
    fn id(&self) -> String {
        "pal-b".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        train::train(self, set, run)
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(self.model(heads, dimension)?))
    }
}

/// Most maps that a heads file may have.
const MOST: usize = 64;

/// PAL-B with frozen shared weights.
#[derive(Debug)]
pub struct PalB {
    weights: String,
    dimension: usize,
    /// Unit of rows, as in PAL-A.
    unit: f32,
    projector: Projector,
    /// Brings prompts to the width of projected items.
    narrow: Linear,
    maps: Vec<Projector>,
    /// Stands for a prompt that is not known.
    mean_prompt: Vec<f32>,
    /// Log-odds per unit of cosine, `s`.
    scale: f64,
    /// Prior standard deviation of `W`, `τ`.
    prior_sd: f64,
    device: Device,
}

/// Name of the tables of map k.
fn map_name(k: usize) -> String {
    format!("pal-b.map{k}")
}

impl PalB {
    /// Reads tables `pal-b.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let device = Device::flex();
        let constants = heads.data("pal-b.constants", &[3])?;
        let count = constants[2] as usize;
        if !(1..=MOST).contains(&count) {
            return Err(Error::Weights(format!(
                "PAL-B has {count} maps; 1 to {MOST} can be"
            )));
        }
        let mean_prompt = heads.table("pal-b.prompt")?.data.clone();
        let width = ITEMS.width(dimension);
        let sizes = [mean_prompt.len(), width];
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            unit: pal::read_unit(heads, "pal-b"),
            projector: Projector::read(heads, "pal-b", ITEMS, dimension, &device)?,
            narrow: mlp::read_linear(heads, "pal-b.prompts", sizes, &device)?,
            maps: (0..count)
                .map(|k| Projector::read(heads, &map_name(k), PROMPTS, width, &device))
                .collect::<Result<_>>()?,
            mean_prompt,
            scale: f64::from(constants[0]),
            prior_sd: f64::from(constants[1]),
            device,
        })
    }

    /// Number of maps, K.
    pub fn count(&self) -> usize {
        self.maps.len()
    }

    /// What the K maps make of each prompt, `[K][prompts * width]`.
    ///
    /// # Errors
    /// When a prompt has the wrong width or is not finite.
    pub fn prototypes(&self, prompts: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        mlp::now(self.prototypes_later(prompts, &self.device))
    }

    /// [`Self::prototypes`] by any device.
    async fn prototypes_later(
        &self,
        prompts: &[Vec<f32>],
        device: &Device,
    ) -> Result<Vec<Vec<f32>>> {
        let width = self.mean_prompt.len();
        check_rows("PAL-B, prompts", prompts, width)?;
        let rows = mlp::rows_to_tensor(prompts, width, device);
        let narrow = self.narrow.clone().to_device(device).forward(rows);
        let mut found = Vec::with_capacity(self.maps.len());
        for map in &self.maps {
            let points = map.clone().to_device(device).forward(narrow.clone());
            found.push(mlp::numbers_later(points).await?);
        }
        Ok(found)
    }

    /// The shared weights as tables, for comparison.
    ///
    /// # Errors
    /// When a tensor cannot be read back.
    pub fn shared_weights(&self) -> Result<Tables> {
        let mut tables = Tables::new();
        let constants = [self.scale as f32, self.prior_sd as f32];
        pal::write_unit(&mut tables, "pal-b", self.unit);
        write(
            &mut tables,
            self.dimension,
            (&self.projector, &self.narrow, &self.maps),
            &self.mean_prompt,
            constants,
        )?;
        Ok(tables)
    }

    /// Width of a viewed item.
    fn view_width(&self) -> usize {
        let count = self.count();
        count + count * (count + 1) / 2
    }
}

/// Writes what [`PalB::from_heads`] reads; constants are `[s, τ]`.
fn write(
    tables: &mut Tables,
    dimension: usize,
    (projector, narrow, maps): (&Projector, &Linear, &[Projector]),
    mean_prompt: &[f32],
    [scale, prior_sd]: [f32; 2],
) -> Result<()> {
    projector.write(tables, "pal-b", dimension)?;
    mlp::write_linear(tables, "pal-b.prompts", narrow)?;
    for (k, map) in maps.iter().enumerate() {
        map.write(tables, &map_name(k), ITEMS.width(dimension))?;
    }
    tables.insert(
        "pal-b.prompt".into(),
        Table::new(&[mean_prompt.len()], mean_prompt.to_vec()),
    );
    let constants = vec![scale, prior_sd, maps.len() as f32];
    tables.insert("pal-b.constants".into(), Table::new(&[3], constants));
    Ok(())
}

/// Cosines of viewed items with mixtures of their prompts' K points.
struct Cosines {
    count: usize,
}

impl Cosines {
    /// Products of the item with each point, and of point k with the mixture by k; squared length of the mixture.
    fn parts<'a>(
        &self,
        weights: &'a DVector<f64>,
        item: &'a ItemVector,
    ) -> (f64, impl Fn(usize) -> f64 + 'a) {
        let (along, gram) = item.split_at(self.count);
        let with_mixture = move |k: usize| -> f64 {
            let entry = |j: usize| {
                let (low, high) = (j.min(k), j.max(k));
                f64::from(gram[high * (high + 1) / 2 + low])
            };
            weights.iter().enumerate().map(|(j, w)| w * entry(j)).sum()
        };
        let cross = along.iter().zip(weights.iter());
        (cross.map(|(c, w)| f64::from(*c) * w).sum(), with_mixture)
    }

    fn length(&self, weights: &DVector<f64>, with_mixture: &impl Fn(usize) -> f64) -> f64 {
        let square: f64 = (0..self.count).map(|k| weights[k] * with_mixture(k)).sum();
        (square.max(0.0) + EPSILON).sqrt()
    }
}

impl Rewards for Cosines {
    type Point = DVector<f64>;

    fn count(&self) -> usize {
        self.count
    }

    fn point(&self, weights: DVector<f64>, _for_slopes: bool) -> DVector<f64> {
        weights
    }

    fn reward(&self, weights: &DVector<f64>, item: &ItemVector) -> f64 {
        let (cross, with_mixture) = self.parts(weights, item);
        cross / self.length(weights, &with_mixture)
    }

    fn add_slopes(&self, weights: &DVector<f64>, item: &ItemVector, sign: f64, slopes: &mut [f64]) {
        let (cross, with_mixture) = self.parts(weights, item);
        let length = self.length(weights, &with_mixture);
        let cosine = cross / length;
        for (k, slope) in slopes.iter_mut().enumerate() {
            *slope += sign * (f64::from(item[k]) - cosine * with_mixture(k) / length) / length;
        }
    }
}

impl PreferenceModel for PalB {
    fn id(&self) -> MethodId {
        "pal-b".into()
    }

    fn name(&self) -> &'static str {
        "PAL-B"
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
            check_rows("PAL-B", items.rows, self.dimension)?;
            if items.rows.is_empty() {
                return Ok(vec![]);
            }
            let width = ITEMS.width(self.dimension);
            let rows = pal::scaled(items.rows, self.unit);
            let latent = self.projector.project(&rows, self.dimension, device);
            let mut latent = latent.await?;
            latent.chunks_exact_mut(width).for_each(to_unit);
            let prompts = Prompts::of(items, &self.mean_prompt);
            let points = self.prototypes_later(&prompts.rows, device).await?;
            let count = self.count();
            Ok(latent
                .chunks_exact(width)
                .zip(&prompts.of_item)
                .map(|(item, prompt)| {
                    let point = |k: usize| &points[k][prompt * width..][..width];
                    let along = (0..count).map(|k| pal::dot(item, point(k)));
                    let gram = (0..count)
                        .flat_map(|high| (0..=high).map(move |low| (high, low)))
                        .map(|(high, low)| pal::dot(point(high), point(low)));
                    along.chain(gram).collect()
                })
                .collect())
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("PAL-B", pairs, self.view_width())?;
        let rewards = Cosines {
            count: self.count(),
        };
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: pal::fit(
                &rewards,
                pairs,
                Likelihood::Logistic(self.scale),
                self.prior_sd,
            )?,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let (count, width) = (self.count(), self.view_width());
        let mut mean = 0.0;
        if state.values.len() == count && first.len() == width && second.len() == width {
            let weights = DVector::from_column_slice(&state.values);
            let rewards = Cosines { count };
            mean =
                self.scale * (rewards.reward(&weights, first) - rewards.reward(&weights, second));
        }
        Margin {
            mean,
            variance: 0.0,
        }
    }
}

/// The prompts of items, each once.
struct Prompts {
    rows: Vec<Vec<f32>>,
    /// Index into `rows` by item.
    of_item: Vec<usize>,
}

impl Prompts {
    /// Items without a prompt get `missing`.
    fn of(items: Items<'_>, missing: &[f32]) -> Self {
        // Trained without prompts, a model looks at none.
        let knows = missing.len() > 1;
        let mut known: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
        let mut rows = Vec::new();
        let of_item = (0..items.rows.len())
            .map(|at| {
                let prompt = items
                    .prompts
                    .get(at)
                    .filter(|prompt| !prompt.is_empty() && knows);
                let prompt = prompt.map_or(missing, Vec::as_slice);
                let bits = prompt.iter().map(|value| value.to_bits()).collect();
                *known.entry(bits).or_insert_with(|| {
                    rows.push(prompt.to_vec());
                    rows.len() - 1
                })
            })
            .collect();
        Self { rows, of_item }
    }
}
