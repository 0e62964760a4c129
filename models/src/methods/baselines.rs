//! Baselines that are always drawn: the coin and the longer answer.

use palate_shared::features;
use palate_shared::ids::MethodId;

use crate::Result;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs,
};

/// Says one half, always.
#[derive(Clone, Debug)]
pub struct Coin;

impl PreferenceModel for Coin {
    fn id(&self) -> MethodId {
        "coin".into()
    }

    fn name(&self) -> &'static str {
        "Coin"
    }

    fn weights(&self) -> &str {
        "none"
    }

    fn is_personal(&self) -> bool {
        false
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        Ok(vec![vec![]; items.rows.len()])
    }

    fn fit(&self, _pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        Ok(stateless(self))
    }

    fn margin(&self, _state: &UserState, _first: &ItemVector, _second: &ItemVector) -> Margin {
        Margin {
            mean: 0.0,
            variance: 0.0,
        }
    }
}

/// Prefers the answer with more words. Its margin is fixed at ±1 log-odds: a forecast of 73 %.
#[derive(Clone, Debug)]
pub struct Longer;

impl PreferenceModel for Longer {
    fn id(&self) -> MethodId {
        "longer".into()
    }

    fn name(&self) -> &'static str {
        "Longer answer"
    }

    fn weights(&self) -> &str {
        "none"
    }

    fn is_personal(&self) -> bool {
        false
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        Ok(items
            .rows
            .iter()
            .map(|row| row.get(features::LENGTH).copied().into_iter().collect())
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs("longer answer", pairs, 1)?;
        Ok(stateless(self))
    }

    fn margin(&self, _state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let mean = match (first.first(), second.first()) {
            (Some(a), Some(b)) if a > b => 1.0,
            (Some(a), Some(b)) if a < b => -1.0,
            _ => 0.0,
        };
        Margin {
            mean,
            variance: 0.0,
        }
    }
}

/// The state of a method that learns nothing of a person.
pub(crate) fn stateless(model: &dyn PreferenceModel) -> UserState {
    UserState {
        method: model.id(),
        weights: model.weights().to_owned(),
        n: 0,
        values: vec![],
    }
}
