//! The methods, one file each.
//!
//! A method has two halves. [`Method`] learns population weights from many people (only with the feature `training`) and
//! loads them again; what it loads, a [`PreferenceModel`], fits one person and predicts. Weights travel as named tables
//! of a heads file ([`crate::heads`]), each method under its own prefix.

pub mod base_rewards;
pub mod baselines;
pub mod btl;
pub mod dpl;
pub mod empirical_bayes;
pub mod fspo;
pub mod lore;
pub mod meta_reward;
pub mod neighbours;
pub mod pal;
pub mod pal_a;
pub mod pal_b;
pub mod ridge;
pub mod shrunk;
pub mod vpl;

use crate::heads::Heads;
use crate::preference::PreferenceModel;
use crate::{Error, Result};
#[cfg(feature = "training")]
use crate::{
    heads::Tables,
    preference::Later,
    training::{Run, TrainingSet},
};

/// A way to learn what people have in common, from which a person is fitted.
pub trait Method: Send + Sync {
    /// Stable id, for example `pal-a`; equal to that of the model it loads, plus a suffix for a variant.
    fn id(&self) -> String;
    /// Whether its forecasts are meant to depend on the person.
    fn is_personal(&self) -> bool {
        true
    }
    /// Learns population weights and returns them as tables. Everything that is chosen (sizes, prior widths) is chosen
    /// on `set.validation`. Deterministic on the CPU given `run.seed`.
    ///
    /// # Errors
    /// When rows do not fit, a number stops being finite, or the run was cancelled.
    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables>;
    /// [`Self::train`] and, with the same choices, what is learned on [`TrainingSet::for_choices`]. A method that makes
    /// choices there has these weights at hand.
    ///
    /// # Errors
    /// As [`Self::train`].
    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let whole = self.train(set, run)?;
        let smaller = match &set.choosing {
            Some(smaller) => self.train(smaller, run)?,
            None => whole.clone(),
        };
        Ok(Both { whole, smaller })
    }
    /// [`Self::train_both`] for a device whose numbers come later, which WebGPU in a browser is. Methods that do not have
    /// this form of their own train on the CPU there.
    ///
    /// # Errors
    /// As [`Self::train`].
    #[cfg(feature = "training")]
    fn train_later<'a>(&'a self, set: &'a TrainingSet, run: &'a mut Run<'_>) -> Later<'a, Both> {
        Box::pin(async move {
            if cfg!(target_family = "wasm") {
                run.device = burn::tensor::Device::flex();
            }
            self.train_both(set, run)
        })
    }
    /// Loads what [`Self::train`] returned. `dimension` is the width of a row.
    ///
    /// # Errors
    /// When tables are missing or do not fit.
    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>>;
}

/// Weights learned on a whole set and on its smaller set for choices, by the same choices.
#[cfg(feature = "training")]
#[derive(Clone, Debug)]
pub struct Both {
    /// Those that forecast.
    pub whole: Tables,
    /// Those that further choices on validation people are made with.
    pub smaller: Tables,
}

/// Every method, in the order of tables.
pub fn all() -> Vec<Box<dyn Method>> {
    vec![
        Box::new(btl::Btl::default()),
        Box::new(ridge::RidgeMethod),
        Box::new(empirical_bayes::EmpiricalBayesMethod::default()),
        Box::new(neighbours::NeighboursMethod),
        Box::new(lore::LoreMethod::default()),
        Box::new(meta_reward::MetaRewardMethod::default()),
        Box::new(pal_a::PalAMethod::default()),
        Box::new(pal_a::PalAMethod::hinge()),
        Box::new(pal_b::PalBMethod::default()),
        Box::new(vpl::VplMethod::default()),
        Box::new(fspo::FspoMethod::default()),
        Box::new(dpl::Dpl::mean_variance()),
        Box::new(dpl::Dpl::categorical()),
    ]
}

/// The methods that a pack may play, in the order in which they play. Others are left out of the page: PAL-B, whose
/// prototypes on prompts would be the largest part of every heads file, and distributional models, which know no person.
pub fn playable() -> Vec<Box<dyn Method>> {
    vec![
        Box::new(empirical_bayes::EmpiricalBayesMethod::default()),
        Box::new(vpl::VplMethod::default()),
        Box::new(fspo::FspoMethod::default()),
        Box::new(pal_a::PalAMethod::default()),
        Box::new(lore::LoreMethod::default()),
        Box::new(meta_reward::MetaRewardMethod::default()),
        Box::new(neighbours::NeighboursMethod),
        Box::new(ridge::RidgeMethod),
        Box::new(btl::Btl::default()),
    ]
}

/// The playable method with this id, shrunk where the id ends in [`shrunk::SUFFIX`].
///
/// # Errors
/// When there is none.
pub fn find(id: &str) -> Result<Box<dyn Method>> {
    let (raw, shrunk) = match id.strip_suffix(shrunk::SUFFIX) {
        Some(raw) => (raw, true),
        None => (id, false),
    };
    let found = playable().into_iter().find(|method| method.id() == raw);
    let Some(method) = found else {
        let message = format!("there is no method {id:?}; the heads are of another version");
        return Err(Error::Weights(message));
    };
    Ok(if shrunk {
        Box::new(shrunk::ShrunkMethod::new(method))
    } else {
        method
    })
}

/// Loads the methods that the card of a heads file names, in its order.
///
/// # Errors
/// When the card names none or one twice, or one cannot be loaded.
pub fn playing(heads: &Heads, dimension: usize) -> Result<Vec<Box<dyn PreferenceModel>>> {
    let mut playing: Vec<Box<dyn PreferenceModel>> = Vec::new();
    for id in heads.card()["methods"].as_array().into_iter().flatten() {
        let model = find(id.as_str().unwrap_or_default())?.load(heads, dimension)?;
        if playing.iter().any(|other| other.id() == model.id()) {
            return Err(Error::Weights(format!(
                "the heads name {} twice",
                model.id()
            )));
        }
        playing.push(model);
    }
    if playing.is_empty() {
        return Err(Error::Weights(
            "the heads name no methods; they were made by another version".into(),
        ));
    }
    Ok(playing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::{Table, Tables};

    #[test]
    fn a_card_names_each_method_once() {
        let tables = Tables::from([
            ("ridge.scale".to_owned(), Table::new(&[1], vec![0.5])),
            ("ridge.mean".to_owned(), Table::new(&[2], vec![0.0, 1.0])),
        ]);
        let playing = |card: serde_json::Value| {
            let bytes = Heads::write(&card, &tables).expect("shapes fit");
            let heads = Heads::read(&bytes).expect("it was just written");
            let playing = playing(&heads, 2);
            playing.map(|all| all.iter().map(|one| one.id().0).collect::<Vec<_>>())
        };
        let named = |names: &[&str]| playing(serde_json::json!({ "methods": names }));
        assert_eq!(named(&["ridge"]).expect("its tables are there"), ["ridge"]);
        assert!(playing(serde_json::json!({})).is_err(), "none");
        for wrong in [
            &[][..],
            &["ridge", "ridge"],
            &["eb"],
            &["nothing"],
            &["ridge-shrunk-shrunk"],
        ] {
            assert!(matches!(named(wrong), Err(Error::Weights(_))), "{wrong:?}");
        }
        assert!(playing(serde_json::json!({ "methods": [1] })).is_err());
    }
}
