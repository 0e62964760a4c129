//! The one canonical judgment. Pairs, ties, thumbs and rankings are views of it.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::ids::ResponseId;

/// What the person said about the answers as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// At least two groups, best first.
    Ranked,
    /// One group: all equally good.
    Equal,
    /// None is acceptable.
    AllUnacceptable,
    /// The person has no basis to tell.
    CantTell,
    /// The person passed.
    Skip,
}

/// How much better the best group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// A little.
    Slight,
    /// Clearly.
    Clear,
    /// Very much.
    Much,
}

/// Why an answer was preferred, tied or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it says: right or wrong.
    Correctness,
    /// How much of it there is.
    Length,
    /// Order, lists, headings.
    Structure,
    /// How it speaks.
    Tone,
    /// Whether it can be put to use.
    Usefulness,
    /// Examples, numbers, sources.
    Evidence,
    /// Whether it commits itself or weighs.
    Stance,
}

impl Reason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Correctness,
        Self::Usefulness,
        Self::Length,
        Self::Structure,
        Self::Tone,
        Self::Evidence,
        Self::Stance,
    ];
}

/// Ordered groups (best first; answers in one group tie), the set of unacceptable answers and the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Judgment {
    /// What was said.
    pub outcome: Outcome,
    /// Best first. Empty unless the outcome is `ranked` or `equal`.
    #[serde(default)]
    pub groups: Vec<Vec<ResponseId>>,
    /// Answers that the person would not accept. All of them for `all_unacceptable`.
    #[serde(default)]
    pub unacceptable: Vec<ResponseId>,
    /// How much better the best group is, if said; only with `ranked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Why, if said; each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// Why a judgment cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgmentError {
    /// The groups do not fit the outcome.
    #[error("outcome and groups disagree: {0}")]
    Groups(&'static str),
    /// An answer was named that was not shown.
    #[error("answer {0} was not shown in this comparison")]
    NotShown(ResponseId),
    /// An answer was named twice.
    #[error("answer {0} is named twice")]
    Twice(ResponseId),
    /// A strength without an order.
    #[error("strength goes with ranked only")]
    Strength,
    /// A reason was named twice.
    #[error("a reason is named twice")]
    ReasonTwice,
    /// A shown answer is missing.
    #[error("answer {0} was shown but is not judged")]
    Missing(ResponseId),
}

/// One pairwise view of a judgment: how strongly `first` is preferred to `second`.
#[derive(Clone, Debug, PartialEq)]
pub struct PairView<'a> {
    /// The chosen answer; for a tie, either.
    pub chosen: &'a ResponseId,
    /// The other answer.
    pub rejected: &'a ResponseId,
    /// Whether the two tie.
    pub tie: bool,
}

impl Judgment {
    fn new(outcome: Outcome, groups: Vec<Vec<ResponseId>>, unacceptable: Vec<ResponseId>) -> Self {
        Self {
            outcome,
            groups,
            unacceptable,
            strength: None,
            reasons: vec![],
        }
    }

    /// `groups`, best first: at least two of them.
    pub fn ranked(groups: Vec<Vec<ResponseId>>) -> Self {
        Self::new(Outcome::Ranked, groups, vec![])
    }

    /// `chosen` preferred to `rejected`.
    pub fn prefer(chosen: ResponseId, rejected: ResponseId) -> Self {
        Self::ranked(vec![vec![chosen], vec![rejected]])
    }

    /// All of `responses` equally good.
    pub fn equal(responses: Vec<ResponseId>) -> Self {
        Self::new(Outcome::Equal, vec![responses], vec![])
    }

    /// None of `responses` acceptable.
    pub fn all_unacceptable(responses: Vec<ResponseId>) -> Self {
        Self::new(Outcome::AllUnacceptable, vec![], responses)
    }

    /// No preference was stated: `cant_tell` or `skip`.
    pub fn without_preference(outcome: Outcome) -> Self {
        Self::new(outcome, vec![], vec![])
    }

    /// Checks the judgment against the answers that were shown.
    ///
    /// # Errors
    /// When groups and outcome disagree, or an answer is foreign, doubled or missing.
    pub fn validate(&self, shown: &[ResponseId]) -> Result<(), JudgmentError> {
        let shown: BTreeSet<&ResponseId> = shown.iter().collect();
        let mut judged = BTreeSet::new();
        for id in self.groups.iter().flatten() {
            if !shown.contains(id) {
                return Err(JudgmentError::NotShown(id.clone()));
            }
            if !judged.insert(id) {
                return Err(JudgmentError::Twice(id.clone()));
            }
        }
        let mut refused = BTreeSet::new();
        for id in &self.unacceptable {
            if !shown.contains(id) {
                return Err(JudgmentError::NotShown(id.clone()));
            }
            if !refused.insert(id) {
                return Err(JudgmentError::Twice(id.clone()));
            }
        }
        if self.strength.is_some() && self.outcome != Outcome::Ranked {
            return Err(JudgmentError::Strength);
        }
        let reasons: HashSet<&Reason> = self.reasons.iter().collect();
        if reasons.len() < self.reasons.len() {
            return Err(JudgmentError::ReasonTwice);
        }
        if self.groups.iter().any(Vec::is_empty) {
            return Err(JudgmentError::Groups("a group is empty"));
        }
        let must_be_complete = match self.outcome {
            Outcome::Ranked if self.groups.len() < 2 => {
                return Err(JudgmentError::Groups("ranked needs at least two groups"));
            }
            Outcome::Equal if self.groups.len() != 1 => {
                return Err(JudgmentError::Groups("equal needs exactly one group"));
            }
            Outcome::Ranked | Outcome::Equal => &judged,
            Outcome::AllUnacceptable if !self.groups.is_empty() => {
                return Err(JudgmentError::Groups("all_unacceptable takes no groups"));
            }
            Outcome::AllUnacceptable => &refused,
            Outcome::CantTell | Outcome::Skip
                if !self.groups.is_empty() || !self.unacceptable.is_empty() =>
            {
                return Err(JudgmentError::Groups(
                    "cant_tell and skip take no groups and no unacceptable answers",
                ));
            }
            Outcome::CantTell | Outcome::Skip => return Ok(()),
        };
        match shown.iter().find(|id| !must_be_complete.contains(*id)) {
            Some(missing) => Err(JudgmentError::Missing((*missing).clone())),
            None => Ok(()),
        }
    }

    /// Every pair that the judgment orders or ties, chosen first.
    pub fn pairs(&self) -> Vec<PairView<'_>> {
        let mut pairs = Vec::new();
        for (rank, group) in self.groups.iter().enumerate() {
            for (at, chosen) in group.iter().enumerate() {
                pairs.extend(group[at + 1..].iter().map(|rejected| PairView {
                    chosen,
                    rejected,
                    tie: true,
                }));
                pairs.extend(
                    self.groups[rank + 1..]
                        .iter()
                        .flatten()
                        .map(|rejected| PairView {
                            chosen,
                            rejected,
                            tie: false,
                        }),
                );
            }
        }
        pairs
    }

    /// 1 when `a` is preferred to `b`, 0 when `b` is, 0.5 for a tie, `None` when the judgment does not say.
    pub fn label(&self, a: &ResponseId, b: &ResponseId) -> Option<f64> {
        let rank = |id: &ResponseId| self.groups.iter().position(|group| group.contains(id));
        match rank(a)?.cmp(&rank(b)?) {
            std::cmp::Ordering::Less => Some(1.0),
            std::cmp::Ordering::Greater => Some(0.0),
            std::cmp::Ordering::Equal => Some(0.5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<ResponseId> {
        names.iter().map(|name| ResponseId::from(*name)).collect()
    }

    #[test]
    fn four_outcomes_and_skip_are_distinct_and_valid() {
        let shown = ids(&["a", "b"]);
        for judgment in [
            Judgment::prefer("a".into(), "b".into()),
            Judgment::equal(shown.clone()),
            Judgment::all_unacceptable(shown.clone()),
            Judgment::without_preference(Outcome::CantTell),
            Judgment::without_preference(Outcome::Skip),
        ] {
            assert_eq!(judgment.validate(&shown), Ok(()), "{judgment:?}");
        }
    }

    #[test]
    fn foreign_doubled_and_missing_answers_are_named() {
        let shown = ids(&["a", "b"]);
        assert_eq!(
            Judgment::prefer("a".into(), "x".into()).validate(&shown),
            Err(JudgmentError::NotShown("x".into()))
        );
        assert_eq!(
            Judgment::prefer("a".into(), "a".into()).validate(&shown),
            Err(JudgmentError::Twice("a".into()))
        );
        assert_eq!(
            Judgment::equal(ids(&["a"])).validate(&shown),
            Err(JudgmentError::Missing("b".into()))
        );
        let both = Judgment::new(Outcome::Skip, vec![ids(&["a"])], vec![]);
        assert!(matches!(
            both.validate(&shown),
            Err(JudgmentError::Groups(_))
        ));
    }

    #[test]
    fn strength_and_reasons_are_optional_and_checked() {
        let shown = ids(&["a", "b"]);
        let plain = Judgment::prefer("a".into(), "b".into());
        let said = Judgment {
            strength: Some(Strength::Much),
            reasons: vec![Reason::Tone, Reason::Length],
            ..plain.clone()
        };
        assert_eq!(said.validate(&shown), Ok(()));
        let twice = Judgment {
            reasons: vec![Reason::Tone, Reason::Tone],
            ..plain.clone()
        };
        assert_eq!(twice.validate(&shown), Err(JudgmentError::ReasonTwice));
        let tie = Judgment {
            strength: Some(Strength::Slight),
            ..Judgment::equal(shown.clone())
        };
        assert_eq!(tie.validate(&shown), Err(JudgmentError::Strength));
        let text = serde_json::to_string(&plain).expect("serialises");
        assert!(!text.contains("strength") && !text.contains("reasons"));
    }

    #[test]
    fn label_mirrors_when_sides_are_swapped() {
        let judgment = Judgment::ranked(vec![ids(&["a", "c"]), ids(&["b"])]);
        for (x, y) in [("a", "b"), ("c", "b"), ("a", "c")] {
            let forward = judgment
                .label(&x.into(), &y.into())
                .expect("both are judged");
            let backward = judgment
                .label(&y.into(), &x.into())
                .expect("both are judged");
            assert_eq!(forward + backward, 1.0);
        }
        assert_eq!(judgment.pairs().len(), 3);
        assert_eq!(judgment.label(&"a".into(), &"zz".into()), None);
    }
}
