//! The few abstractions that every method shares.
//!
//! A method is one file: it implements [`PreferenceModel`] over item vectors and keeps what it learned of a person in a
//! [`UserState`]. Question choice ([`crate::query`]) and evaluation know only this file.

use palate_shared::ids::MethodId;
use serde::{Deserialize, Serialize};

use crate::Result;

/// An item as the models see it: one row of numbers made by a `Representation`, centred within its prompt.
pub type ItemVector = [f32];

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
    /// Fits a person from scratch; no pairs gives the prior.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState>;
    /// How much the person prefers `first` to `second`. Antisymmetric in its mean.
    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin;
}
