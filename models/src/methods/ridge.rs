//! Personal ridge logistic regression on the representation: the baseline that can beat deep models.
//!
//! Prior: weights N(mean, scale² I), the mean that of one ridge on everybody's votes: without votes a person is the
//! average person. State values: see [`crate::linear`].

use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::heads::{Table, Tables};
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet, choose, labelled, validation_loss};
use crate::{Result, linear};

/// Ridge logistic regression.
#[derive(Clone, Debug)]
pub struct Ridge {
    weights: String,
    scale: f32,
    /// `[dimension]`.
    mean: Vec<f32>,
}

impl Ridge {
    /// From the prior: standard deviation of a weight and mean weights.
    pub fn new(weights: &str, scale: f32, mean: Vec<f32>) -> Self {
        Self {
            weights: weights.to_owned(),
            scale,
            mean,
        }
    }

    /// Reads tables `ridge.scale` and `ridge.mean`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        Ok(Self::new(
            heads.version(),
            heads.data("ridge.scale", &[1])?[0],
            heads.data("ridge.mean", &[dimension])?.to_vec(),
        ))
    }

    /// Mean weights of a person's posterior, in log-odds by unit of each column.
    pub fn weights_of(&self, state: &UserState) -> Vec<f64> {
        self.mean
            .iter()
            .zip(&state.values)
            .map(|(mean, value)| f64::from(*mean) + f64::from(self.scale) * value)
            .collect()
    }
}

/// Trains and loads [`Ridge`].
#[derive(Clone, Copy, Debug, Default)]
pub struct RidgeMethod;

/// Candidates for the prior standard deviation of everybody's weights, and of a person's around them.
#[cfg(feature = "training")]
const SCALES: [f32; 8] = [0.03, 0.06, 0.12, 0.25, 0.4, 0.6, 0.9, 1.4];
/// So narrow that a person stays at the mean.
#[cfg(feature = "training")]
const STILL: f32 = 1e-6;

impl Method for RidgeMethod {
    fn id(&self) -> String {
        "ridge".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, _run: &mut Run<'_>) -> Result<Both> {
        let dimension = set.dimension();
        let mean_of = |set: &TrainingSet, scale: f32| -> Result<Vec<f32>> {
            let everybody: Vec<_> = set.people.iter().flatten().copied().collect();
            let pooled = Ridge::new("pooled", scale, vec![0.0; dimension]);
            let views = pooled.view(set.items())?;
            let mode = linear::mode(&labelled(&everybody, &views), dimension)?;
            Ok(mode.iter().map(|value| *value as f32 * scale).collect())
        };
        let inner = set.for_choices();
        let judge = |mean: &[f32], scale: f32| {
            validation_loss(&Ridge::new("validation", scale, mean.to_vec()), inner)
        };
        // The mean alone first (a person who cannot move), then how far a person moves.
        let mean_scale = choose(SCALES, |scale| judge(&mean_of(inner, scale)?, STILL))?;
        let mean = mean_of(inner, mean_scale)?;
        let scale = choose([STILL].into_iter().chain(SCALES), |scale| {
            judge(&mean, scale)
        })?;
        let tables = |mean| {
            Tables::from([
                ("ridge.scale".to_owned(), Table::new(&[1], vec![scale])),
                ("ridge.mean".to_owned(), Table::new(&[dimension], mean)),
            ])
        };
        Ok(Both {
            whole: tables(mean_of(set, mean_scale)?),
            smaller: tables(mean),
        })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Ridge::from_heads(heads, dimension)?))
    }
}

impl PreferenceModel for Ridge {
    fn id(&self) -> MethodId {
        "ridge".into()
    }

    fn name(&self) -> &'static str {
        "Personal ridge"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("ridge", items.rows, self.mean.len())?;
        Ok(items
            .rows
            .iter()
            .map(|row| {
                let average = row.iter().zip(&self.mean).map(|(x, m)| x * m).sum();
                [average]
                    .into_iter()
                    .chain(row.iter().map(|value| value * self.scale))
                    .collect()
            })
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("ridge", pairs, self.mean.len() + 1)?;
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: linear::fit(pairs, self.mean.len())?,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        linear::margin(&state.values, first, second)
    }
}
