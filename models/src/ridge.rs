//! Personal ridge logistic regression on the representation: the baseline that can beat deep models.
//!
//! Prior: every weight N(0, scale²), mean zero. State values: see [`crate::linear`].

use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::preference::{
    ItemVector, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
use crate::{Result, linear};

/// Ridge logistic regression.
#[derive(Clone, Debug)]
pub struct Ridge {
    weights: String,
    scale: f32,
    dimension: usize,
}

impl Ridge {
    /// From the prior standard deviation of a weight.
    pub fn new(weights: &str, scale: f32, dimension: usize) -> Self {
        Self {
            weights: weights.to_owned(),
            scale,
            dimension,
        }
    }

    /// Reads table `ridge.scale`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        Ok(Self::new(
            heads.version(),
            heads.data("ridge.scale", &[1])?[0],
            dimension,
        ))
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

    fn view(&self, items: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        check_rows("ridge", items, self.dimension)?;
        Ok(items
            .iter()
            .map(|row| {
                [0.0]
                    .into_iter()
                    .chain(row.iter().map(|value| value * self.scale))
                    .collect()
            })
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("ridge", pairs, self.dimension + 1)?;
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: linear::fit(pairs, self.dimension)?,
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        linear::margin(&state.values, first, second)
    }
}
