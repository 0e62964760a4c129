//! The canonical input: one weighted comparison of two candidates by one rater, and its covariates.

use palate_shared::ids::ResponseId;
use palate_shared::judgment::{Judgment, Outcome as Said};

/// What the rater said about the two. First and second are places on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The one shown first is better.
    First,
    /// The one shown second is better.
    Second,
    /// Equally good.
    Tie,
    /// Neither is acceptable.
    BothUnacceptable,
}

/// One comparison. Candidates are whatever is to be ranked: models or single answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// Shown first.
    pub first: &'a str,
    /// Shown second.
    pub second: &'a str,
    /// What was said.
    pub outcome: Outcome,
    /// Who said it. Votes of one rater are resampled together.
    pub rater: &'a str,
    /// How much this vote counts, at least 0: what its own checks leave of it. What is left of the *rater* is given when
    /// the statistics become a table ([`crate::Influence`]), so that it can change later.
    pub weight: f64,
    /// Covariates of the first, in the order of [`Covariates`].
    pub first_style: &'a [f64],
    /// Covariates of the second.
    pub second_style: &'a [f64],
}

impl<'a> Comparison<'a> {
    /// A comparison of weight 1 without covariates.
    pub fn plain(rater: &'a str, first: &'a str, second: &'a str, outcome: Outcome) -> Self {
        Self {
            first,
            second,
            outcome,
            rater,
            weight: 1.0,
            first_style: &[],
            second_style: &[],
        }
    }
}

/// How the difference of a covariate is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// First less second: for what is already on a fair scale, such as logarithms.
    Plain,
    /// (first − second) / (first + second), 0 where both are 0: for counts, in [−1, 1].
    Relative,
}

/// One covariate of a candidate's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covariate {
    /// Its name in figures.
    pub name: String,
    /// How two sides are compared.
    pub difference: Difference,
}

/// Which covariates the comparisons carry.
///
/// Take scales on which usual differences are about 1 or less: the weak prior on an effect is N(0, 3²) for one unit, and
/// differences are rounded to 1/32.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covariates {
    /// In the order of `first_style` and `second_style`.
    pub list: Vec<Covariate>,
    /// Place of the length among them, for the share that chose the longer one.
    pub length: Option<usize>,
    /// Whether to control for the place on the screen as well, as one more covariate named `shown first`.
    pub position: bool,
}

/// The covariate of [`Covariates::position`].
pub const POSITION: &str = "shown first";

impl Covariates {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Counts: each is compared relatively. One named `length` gives the share that chose the longer one.
    pub fn of_counts(names: &[&str]) -> Self {
        Self::of(names, Difference::Relative)
    }

    /// Values on a fair scale already, such as `palate_shared::features`: compared as they are.
    pub fn of_features(names: &[&str]) -> Self {
        Self::of(names, Difference::Plain)
    }

    /// The same, with the place on the screen.
    pub fn with_position(self) -> Self {
        Self {
            position: true,
            ..self
        }
    }

    /// Names of all covariates, the position last.
    pub fn names(&self) -> Vec<String> {
        let position = self.position.then(|| POSITION.to_owned());
        let own = self.list.iter().map(|covariate| covariate.name.clone());
        own.chain(position).collect()
    }

    fn of(names: &[&str], difference: Difference) -> Self {
        let list = names.iter().map(|name| Covariate {
            name: (*name).to_owned(),
            difference,
        });
        Self {
            list: list.collect(),
            length: names.iter().position(|name| *name == "length"),
            position: false,
        }
    }
}

impl Difference {
    /// The difference of two values.
    pub fn of(self, first: f64, second: f64) -> f64 {
        match self {
            Difference::Plain => first - second,
            Difference::Relative if first + second == 0.0 => 0.0,
            Difference::Relative => (first - second) / (first + second),
        }
    }
}

/// One pair of a judgment: places among the shown answers, and what was said of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Place of the one shown first.
    pub first: usize,
    /// Place of the other.
    pub second: usize,
    /// What was said.
    pub outcome: Outcome,
    /// 1 for two answers; for more, the pairs of one ranking share the weight `answers − 1`, since that many comparisons
    /// would have told as much.
    pub weight: f64,
}

/// Every pair that a judgment speaks of, in the order shown. `cant_tell` and `skip` say nothing of any.
pub fn pairs(judgment: &Judgment, shown: &[ResponseId]) -> Vec<Pair> {
    let weight = 2.0 / shown.len().max(2) as f64;
    let outcome = |first: &ResponseId, second: &ResponseId| match judgment.outcome {
        Said::CantTell | Said::Skip => None,
        Said::AllUnacceptable => Some(Outcome::BothUnacceptable),
        Said::Ranked | Said::Equal => judgment.label(first, second).map(|label| {
            if label > 0.5 {
                Outcome::First
            } else if label < 0.5 {
                Outcome::Second
            } else {
                Outcome::Tie
            }
        }),
    };
    let places =
        (0..shown.len()).flat_map(|first| (first + 1..shown.len()).map(move |at| (first, at)));
    places
        .filter_map(|(first, second)| {
            Some(Pair {
                first,
                second,
                outcome: outcome(&shown[first], &shown[second])?,
                weight,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<ResponseId> {
        names.iter().map(|name| ResponseId::from(*name)).collect()
    }

    #[test]
    fn a_ranking_of_four_weighs_three_comparisons() {
        let shown = ids(&["a", "b", "c", "d"]);
        let judgment = Judgment::ranked(vec![ids(&["c"]), ids(&["a", "b"]), ids(&["d"])]);
        let found = pairs(&judgment, &shown);
        assert_eq!(found.len(), 6);
        assert_eq!(found.iter().map(|pair| pair.weight).sum::<f64>(), 3.0);
        let of = |first: usize, second: usize| {
            found
                .iter()
                .find(|pair| (pair.first, pair.second) == (first, second))
                .map(|pair| pair.outcome)
        };
        assert_eq!(of(0, 1), Some(Outcome::Tie));
        assert_eq!(of(0, 2), Some(Outcome::Second));
        assert_eq!(of(2, 3), Some(Outcome::First));
    }

    #[test]
    fn four_outcomes_stay_apart() {
        let shown = ids(&["a", "b"]);
        let said = |judgment: Judgment| pairs(&judgment, &shown).first().map(|pair| pair.outcome);
        assert_eq!(
            said(Judgment::prefer("b".into(), "a".into())),
            Some(Outcome::Second)
        );
        assert_eq!(said(Judgment::equal(shown.clone())), Some(Outcome::Tie));
        assert_eq!(
            said(Judgment::all_unacceptable(shown.clone())),
            Some(Outcome::BothUnacceptable)
        );
        assert_eq!(said(Judgment::without_preference(Said::CantTell)), None);
        assert_eq!(said(Judgment::without_preference(Said::Skip)), None);
    }

    #[test]
    fn counts_are_compared_relatively() {
        assert_eq!(Difference::Relative.of(300.0, 100.0), 0.5);
        assert_eq!(Difference::Relative.of(0.0, 0.0), 0.0);
        assert_eq!(Difference::Plain.of(2.0, 3.5), -1.5);
    }
}
