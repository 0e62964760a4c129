//! The event log that lives in the browser: what was shown, how it was chosen, what was predicted, what was said.
//!
//! Append-only. A change of mind is a new event with `supersedes`; an event is never rewritten.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::ids::{ComparisonId, JudgmentId, MethodId, PackId, PromptId, ResponseId};
use crate::judgment::Judgment;

/// How a question was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Uniformly at random over the pairs that could be asked: held out, predicted but never fitted.
    UniformRandom,
    /// The most expected information about this person among the candidates.
    ExpectedInformation,
    /// The person brought or picked the pair.
    SelfChosen,
    /// A question asked before, with the sides swapped: tells how steady the person is; predicted, never fitted.
    Repeat,
    /// Chosen by a study: mostly among the pairs with the fewest votes, else at random over all that are left.
    LeastAnnotated,
}

impl Policy {
    /// Votes under this policy are predicted but never fitted, and count for the accuracy of methods.
    pub fn is_held_out(self) -> bool {
        self == Policy::UniformRandom
    }
}

/// What a propensity must be, after "it" or "propensity".
pub const PROPENSITY_RULE: &str = "must be above 0 and at most 1";

/// Whether a policy can have chosen a pair with this probability: what was asked was not impossible.
pub fn is_propensity(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

/// One method's forecast, locked before the vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Which method.
    pub method: MethodId,
    /// Version of the population weights: hash prefix of the heads file.
    pub weights: String,
    /// Probability that the answer shown first is preferred, in [0, 1].
    pub p_first: f64,
    /// Standard deviation of the margin (log-odds units); 0 where the method has none.
    pub margin_sd: f64,
    /// How many votes the method had learned from.
    pub n_fit: u32,
}

/// One vote and everything needed to use it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VoteEvent {
    /// This revision (UUID).
    pub id: JudgmentId,
    /// The showing that was judged.
    pub comparison: ComparisonId,
    /// The revision that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<JudgmentId>,
    /// Whether this revision takes the vote back; `judgment` then repeats what was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// The pack.
    pub pack: PackId,
    /// The prompt.
    pub prompt: PromptId,
    /// Answers in the order shown.
    pub shown: Vec<ResponseId>,
    /// What was said.
    pub judgment: Judgment,
    /// How the question was chosen.
    pub policy: Policy,
    /// Probability with which the policy chose this unordered pair.
    pub propensity: f64,
    /// The topic that the person had chosen, if any: the policy drew within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The earlier showing that a `repeat` asks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_of: Option<ComparisonId>,
    /// Forecasts; empty when the worker was not ready (then the vote is outside the race).
    #[serde(default)]
    pub predictions: Vec<Prediction>,
    /// Whether authors were hidden.
    pub blind: bool,
    /// Whether a program voted.
    #[serde(default)]
    pub simulated: bool,
    /// "Because / for whom", if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Time from showing to vote, milliseconds.
    pub dwell_ms: u32,
}

impl VoteEvent {
    /// A later word on the same showing: what was shown, how it was chosen and what was forecast stay as they were.
    pub fn revision(&self, id: JudgmentId, judgment: Judgment, at_ms: u64) -> Self {
        Self {
            id,
            supersedes: Some(self.id.clone()),
            withdrawn: false,
            judgment,
            at_ms,
            ..self.clone()
        }
    }

    /// The revision that takes this vote back.
    pub fn withdrawal(&self, id: JudgmentId, at_ms: u64) -> Self {
        Self {
            withdrawn: true,
            ..self.revision(id, self.judgment.clone(), at_ms)
        }
    }
}

/// The last word on every comparison, oldest first: replaced revisions and withdrawn votes are left out. Where two
/// revisions replace the same one (two tabs), the later in the log counts.
pub fn current(events: &[VoteEvent]) -> Vec<&VoteEvent> {
    let replaced: HashSet<&JudgmentId> = events
        .iter()
        .filter_map(|event| event.supersedes.as_ref())
        .collect();
    let heads = || events.iter().filter(|event| !replaced.contains(&event.id));
    let last: HashMap<&ComparisonId, &JudgmentId> = heads()
        .map(|event| (&event.comparison, &event.id))
        .collect();
    heads()
        .filter(|event| !event.withdrawn && last.get(&event.comparison) == Some(&&event.id))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn vote(id: &str) -> VoteEvent {
        VoteEvent {
            id: id.into(),
            comparison: format!("c-{id}").into(),
            supersedes: None,
            withdrawn: false,
            pack: "t".into(),
            prompt: "p".into(),
            shown: vec!["a".into(), "b".into()],
            judgment: Judgment::prefer("a".into(), "b".into()),
            policy: Policy::ExpectedInformation,
            propensity: 0.1,
            topic: None,
            repeat_of: None,
            predictions: vec![],
            blind: true,
            simulated: false,
            context: None,
            at_ms: 1,
            dwell_ms: 7,
        }
    }

    fn ids(events: &[VoteEvent]) -> Vec<&str> {
        current(events)
            .into_iter()
            .map(|event| event.id.as_str())
            .collect()
    }

    #[test]
    fn a_revision_keeps_the_question_and_replaces_the_answer() {
        let first = vote("1");
        let second = first.revision("2".into(), Judgment::equal(first.shown.clone()), 9);
        assert_eq!(second.supersedes, Some("1".into()));
        assert_eq!(
            (
                second.policy,
                second.propensity,
                second.dwell_ms,
                second.at_ms
            ),
            (first.policy, first.propensity, first.dwell_ms, 9)
        );
        assert_eq!(ids(&[first, second]), ["2"]);
    }

    #[test]
    fn what_was_asked_had_a_chance_to_be_asked() {
        assert_eq!([f64::MIN_POSITIVE, 1.0].map(is_propensity), [true; 2]);
        let impossible = [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY];
        assert_eq!(impossible.map(is_propensity), [false; 5]);
    }

    #[test]
    fn a_withdrawn_vote_is_not_current_and_an_undo_brings_it_back() {
        let first = vote("1");
        let gone = first.withdrawal("2".into(), 9);
        assert_eq!(gone.judgment, first.judgment);
        assert_eq!(ids(&[vote("0"), first.clone(), gone.clone()]), ["0"]);
        let back = gone.revision("3".into(), gone.judgment.clone(), 10);
        assert_eq!(ids(&[vote("0"), first, gone, back]), ["0", "3"]);
    }

    #[test]
    fn of_two_revisions_of_one_vote_the_later_counts() {
        let first = vote("1");
        let left = first.revision("2".into(), first.judgment.clone(), 9);
        let right = first.withdrawal("3".into(), 10);
        assert_eq!(ids(&[first.clone(), left.clone()]), ["2"]);
        assert_eq!(ids(&[first, left, right]), Vec::<&str>::new());
    }

    #[test]
    fn votes_of_earlier_versions_are_read_and_written_as_before() {
        let text = serde_json::to_string(&vote("1")).expect("serialises");
        assert!(!text.contains("withdrawn"));
        assert_eq!(
            serde_json::from_str::<VoteEvent>(&text).expect("parses"),
            vote("1")
        );
        let gone = vote("1").withdrawal("2".into(), 9);
        let text = serde_json::to_string(&gone).expect("serialises");
        assert!(text.contains("\"withdrawn\":true"));
        assert_eq!(
            serde_json::from_str::<VoteEvent>(&text).expect("parses"),
            gone
        );
    }
}
