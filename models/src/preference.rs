//! The few abstractions that every method shares.
//!
//! A method is one file: it implements [`PreferenceModel`] over item vectors and keeps what it learned of a person in a
//! [`UserState`]. Question choice ([`crate::query`]) and evaluation know only this file.

use burn::tensor::Device;
use palate_shared::ids::MethodId;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What comes later.
pub type Later<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// An item as a method sees it: one row of numbers made by [`PreferenceModel::view`].
pub type ItemVector = [f32];

/// Represented items, as a [`crate::representation::Representation`] makes them.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    /// One row per item.
    pub rows: &'a [Vec<f32>],
    /// One vector per item: the embedding of its prompt. Empty where items answer no prompt or it is not known; a
    /// method that wants prompts then does without.
    pub prompts: &'a [Vec<f32>],
}

impl<'a> From<&'a [Vec<f32>]> for Items<'a> {
    fn from(rows: &'a [Vec<f32>]) -> Self {
        Self { rows, prompts: &[] }
    }
}

impl<'a> From<&'a Vec<Vec<f32>>> for Items<'a> {
    fn from(rows: &'a Vec<Vec<f32>>) -> Self {
        rows.as_slice().into()
    }
}

/// One labelled pair of one person.
#[derive(Clone, Copy, Debug)]
pub struct LabelledPair<'a> {
    /// First answer.
    pub first: &'a ItemVector,
    /// Second answer.
    pub second: &'a ItemVector,
    /// 1 when the first is preferred, 0 when the second is, 0.5 for a tie.
    pub label: f64,
}

/// What a method learned of one person. Meaningless without the weights that it was fitted against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserState {
    /// Which method.
    pub method: MethodId,
    /// Version of the population weights.
    pub weights: String,
    /// Pairs that were fitted.
    pub n: u32,
    /// The method's own numbers; layout documented by the method.
    pub values: Vec<f64>,
}

/// Difference of rewards, first minus second, in log-odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// Posterior mean.
    pub mean: f64,
    /// Posterior variance; 0 where the method has none.
    pub variance: f64,
}

impl Margin {
    /// Probability that the first is preferred, averaged over the posterior of the margin:
    /// `sigma(mean / sqrt(1 + pi variance / 8))`.
    ///
    /// # Source
    /// MacKay 1992, "The evidence framework applied to classification networks", eq. 10.
    pub fn probability(self) -> f64 {
        logistic(self.mean / (1.0 + std::f64::consts::PI * self.variance / 8.0).sqrt())
    }
}

/// `1 / (1 + exp(-x))`, without overflow.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `ln(1 + exp(x))`, without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// A way to predict which of two answers a person prefers.
///
/// Population weights are fixed once loaded; `fit` never changes them.
pub trait PreferenceModel {
    /// Stable id, for example `eb`.
    fn id(&self) -> MethodId;
    /// Name for people.
    fn name(&self) -> &'static str;
    /// Version of the population weights.
    fn weights(&self) -> &str;
    /// Whether the prediction depends on the person.
    fn is_personal(&self) -> bool;
    /// Turns represented items into what this method works on. Done once per item; everything expensive belongs here.
    ///
    /// # Errors
    /// When a row has the wrong width or is not finite.
    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>>;
    /// [`Self::view`] by a device whose numbers may come later. Views are the only tensor programs of a method that was
    /// trained: fits and margins are plain Rust on numbers that are already here. A method that views by plain Rust too
    /// has no form of its own, and runs the same code whatever the device.
    ///
    /// # Errors
    /// As [`Self::view`], and when the device fails.
    fn view_later<'a>(&'a self, items: Items<'a>, _device: &'a Device) -> Later<'a, Vec<Vec<f32>>> {
        Box::pin(async move { self.view(items) })
    }
    /// Fits a person from scratch to pairs of viewed items; no pairs gives the prior. The order of pairs is without
    /// effect beyond rounding.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState>;
    /// How much the person prefers `first` to `second` (viewed items). Antisymmetric in its mean.
    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin;
    /// Where the method places the person: mean and variance of each number of a latent vector (variance 0 where it
    /// has none). Empty for a method without one.
    fn latent(&self, _state: &UserState) -> Vec<Margin> {
        vec![]
    }
}

/// Checks that every row has `width` finite numbers.
///
/// # Errors
/// When one has not; the message names the method and the row.
pub(crate) fn check_rows(method: &str, rows: &[Vec<f32>], width: usize) -> Result<()> {
    for (at, row) in rows.iter().enumerate() {
        check_row(method, row, width)
            .map_err(|error| Error::Input(format!("item {at}: {error}")))?;
    }
    Ok(())
}

/// Checks the vectors and labels of pairs.
///
/// # Errors
/// When a vector has another width than `width`, or a number is not finite.
pub(crate) fn check_pairs(method: &str, pairs: &[LabelledPair<'_>], width: usize) -> Result<()> {
    for pair in pairs {
        check_row(method, pair.first, width)?;
        check_row(method, pair.second, width)?;
        if !(0.0..=1.0).contains(&pair.label) {
            return Err(Error::Input(format!(
                "{method}: a label must lie in [0, 1], not {}",
                pair.label
            )));
        }
    }
    Ok(())
}

fn check_row(method: &str, row: &[f32], width: usize) -> Result<()> {
    if row.len() != width {
        return Err(Error::Input(format!(
            "{method}: a vector has {} numbers instead of {width}",
            row.len()
        )));
    }
    if row.iter().any(|value| !value.is_finite()) {
        return Err(Error::Input(format!(
            "{method}: a vector holds a number that is not finite"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncertainty_pulls_a_probability_to_one_half() {
        let sure = Margin {
            mean: 2.0,
            variance: 0.0,
        }
        .probability();
        let unsure = Margin {
            mean: 2.0,
            variance: 4.0,
        }
        .probability();
        assert!((sure - logistic(2.0)).abs() < 1e-15);
        assert!(0.5 < unsure && unsure < sure);
        // The integral of sigma(x) under N(2, 4) is 0.7752 (numerically); MacKay's form is within 0.01.
        assert!((unsure - 0.7752).abs() < 0.01, "{unsure}");
    }

    #[test]
    fn logistic_and_softplus_do_not_overflow() {
        assert_eq!(logistic(-1e9), 0.0);
        assert_eq!(logistic(1e9), 1.0);
        assert_eq!(softplus(1e9), 1e9);
        assert!((softplus(0.0) - std::f64::consts::LN_2).abs() < 1e-15);
    }
}
