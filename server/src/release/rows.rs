//! The public rows. Ids of people, comparisons and judgments are HMACs; times are days; dwell is a bucket.

use anyhow::Context;
use palate_shared::event::{Policy, Prediction};
use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::judgment::{Judgment, Outcome, Reason, Strength};
use serde::{Deserialize, Serialize};

use super::read::Source;
use super::{LICENCE, SCHEMA, Texts};
use crate::clock::day;
use crate::db::from_wire_name;
use crate::secret::{Purpose, Secret};

/// A row of `votes.jsonl`: one current judgment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VoteRow {
    /// Version of this shape.
    pub schema: u32,
    /// 128 bit, hex; the same judgment has the same id in every release.
    pub row_id: String,
    /// 128 bit, hex; the same person has the same id in every release until they change it.
    pub rater_id: String,
    /// 128 bit, hex.
    pub comparison_id: String,
    /// The pack.
    pub pack: PackId,
    /// SHA-256 of the items file with the exact texts that were shown, hex.
    pub items_sha256: String,
    /// The prompt.
    pub prompt_id: PromptId,
    /// Answers in the order shown.
    pub shown: Vec<ResponseId>,
    /// What was said.
    pub outcome: Outcome,
    /// Best first; answers in one group tie.
    pub groups: Vec<Vec<ResponseId>>,
    /// Answers that the rater would not accept.
    pub unacceptable: Vec<ResponseId>,
    /// How much better the best group is, if said.
    pub strength: Option<Strength>,
    /// Why, if said.
    pub reasons: Vec<Reason>,
    /// How the question was chosen.
    pub policy: Policy,
    /// Probability with which the policy chose this pair.
    pub propensity: f64,
    /// The topic that the rater had chosen, if any: the policy drew within it.
    pub topic: Option<String>,
    /// The earlier showing that a `repeat` asks again: 128 bit, hex.
    pub repeat_of: Option<String>,
    /// Forecasts locked before the vote.
    pub predictions: Vec<Prediction>,
    /// Time from showing to vote.
    pub dwell_bucket: String,
    /// Whether the checks of this judgment found nothing odd; none before the first assessment.
    pub quality_pass: Option<bool>,
    /// How much it should count where people are averaged, in [0, 1]; none before the first assessment.
    pub influence: Option<f64>,
    /// Whether authors were hidden.
    pub blind: bool,
    /// UTC.
    pub day: String,
    /// SPDX id of this row.
    pub licence: String,
}

/// A row of `pairs_trl.jsonl`: TRL's preference format with an explicit prompt. Ties are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PairRow {
    /// The prompt's text.
    pub prompt: String,
    /// The preferred answer's text.
    pub chosen: String,
    /// The other answer's text.
    pub rejected: String,
    /// As in `votes.jsonl`.
    pub rater_id: String,
    /// The vote that says so.
    pub row_id: String,
    /// The pack.
    pub pack: PackId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// The preferred answer.
    pub chosen_id: ResponseId,
    /// The other answer.
    pub rejected_id: ResponseId,
    /// SPDX id of the preference.
    pub licence: String,
    /// SPDX id of the texts.
    pub text_licence: String,
}

/// The public row of a judgment.
///
/// # Errors
/// When the database does not hold what was written.
pub(crate) fn vote(secret: &Secret, source: &Source) -> anyhow::Result<VoteRow> {
    let comparison = |id: &str| secret.public_id(Purpose::Comparison, &[id.as_bytes()]);
    Ok(VoteRow {
        schema: SCHEMA,
        row_id: secret.public_id(Purpose::Row, &[source.judgment_id.as_bytes()]),
        rater_id: secret.rater_id(&source.user_id, source.public_id_epoch),
        comparison_id: comparison(&source.comparison_id),
        pack: PackId(source.pack.clone()),
        items_sha256: source.items_sha256.clone(),
        prompt_id: PromptId(source.prompt.clone()),
        shown: source.shown.clone(),
        outcome: from_wire_name(&source.outcome)?,
        groups: serde_json::from_str(&source.groups_json)?,
        unacceptable: serde_json::from_str(&source.unacceptable_json)?,
        strength: source.strength.as_deref().map(from_wire_name).transpose()?,
        reasons: serde_json::from_str(&source.reasons_json)?,
        policy: from_wire_name(&source.policy)?,
        propensity: source.propensity,
        topic: source.topic.clone(),
        repeat_of: source.repeat_of.as_deref().map(comparison),
        predictions: serde_json::from_str(&source.predictions_json)?,
        dwell_bucket: dwell_bucket(source.dwell_ms).to_owned(),
        quality_pass: source.influence.map(|_| source.failed_checks == 0),
        influence: source.influence,
        blind: source.blind == 1,
        day: day(source.at_ms),
        licence: LICENCE.to_owned(),
    })
}

/// The pairs that a vote orders, with texts.
///
/// # Errors
/// When the kept pack lacks a text.
pub(crate) fn pairs(vote: &VoteRow, texts: &Texts) -> anyhow::Result<Vec<PairRow>> {
    let judgment = Judgment {
        outcome: vote.outcome,
        groups: vote.groups.clone(),
        unacceptable: vote.unacceptable.clone(),
        strength: vote.strength,
        reasons: vote.reasons.clone(),
    };
    let (prompt, answers) = texts
        .prompts
        .get(&vote.prompt_id)
        .with_context(|| format!("the kept pack has no prompt {}", vote.prompt_id))?;
    let text = |id: &ResponseId| {
        answers
            .get(id)
            .cloned()
            .with_context(|| format!("the kept pack has no answer {id}"))
    };
    judgment
        .pairs()
        .into_iter()
        .filter(|pair| !pair.tie)
        .map(|pair| {
            Ok(PairRow {
                prompt: prompt.clone(),
                chosen: text(pair.chosen)?,
                rejected: text(pair.rejected)?,
                rater_id: vote.rater_id.clone(),
                row_id: vote.row_id.clone(),
                pack: vote.pack.clone(),
                prompt_id: vote.prompt_id.clone(),
                chosen_id: pair.chosen.clone(),
                rejected_id: pair.rejected.clone(),
                licence: LICENCE.to_owned(),
                text_licence: texts.licence.clone(),
            })
        })
        .collect()
}

/// The row's id as bytes: an order that says nothing about time or person.
///
/// # Errors
/// When the id is not 128 bit in hex.
pub(crate) fn sort_key(vote: &VoteRow) -> anyhow::Result<[u8; 16]> {
    let mut key = [0; 16];
    hex::decode_to_slice(&vote.row_id, &mut key)?;
    Ok(key)
}

fn dwell_bucket(dwell_ms: i64) -> &'static str {
    match dwell_ms {
        ..1_000 => "under_1s",
        1_000..3_000 => "1_to_3s",
        3_000..10_000 => "3_to_10s",
        10_000..30_000 => "10_to_30s",
        30_000..120_000 => "30_to_120s",
        _ => "over_120s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dwell_is_published_in_six_buckets() {
        let names: Vec<_> = [0, 999, 1_000, 3_000, 10_000, 30_000, 120_000, i64::MAX]
            .map(dwell_bucket)
            .to_vec();
        assert_eq!(
            names,
            [
                "under_1s",
                "under_1s",
                "1_to_3s",
                "3_to_10s",
                "10_to_30s",
                "30_to_120s",
                "over_120s",
                "over_120s"
            ]
        );
    }
}
