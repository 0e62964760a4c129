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

use crate::Result;
use crate::heads::Heads;
use crate::preference::PreferenceModel;
#[cfg(feature = "training")]
use crate::{
    heads::Tables,
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
