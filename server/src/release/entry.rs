//! A judgment on its way from the database into the tables: ids are pseudonyms, times are days, dwell is a bucket.

use std::collections::BTreeMap;

use anyhow::Context;
use palate_shared::event::{Policy, Prediction};
use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::judgment::{Judgment, Outcome, Reason, Strength};
use palate_shared::pack::PackPrompt;
use serde::{Deserialize, Serialize};

use super::read::{OwnText, Source};
use super::spill::Key;
use super::texts::{Own, Texts};
use super::{LICENCE, SCHEMA, splits};
use crate::clock::day;
use crate::db::from_wire_name;
use crate::packs::is_plain_name;
use crate::secret::{Purpose, Secret, sha256_hex};

/// A row of `votes`: one current judgment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VoteRow {
    pub schema: u32,
    pub row_id: String,
    pub rater_id: String,
    pub comparison_id: String,
    pub pack: PackId,
    pub items_sha256: String,
    pub prompt_id: PromptId,
    pub shown: Vec<ResponseId>,
    pub outcome: Outcome,
    pub groups: Vec<Vec<ResponseId>>,
    pub unacceptable: Vec<ResponseId>,
    pub strength: Option<Strength>,
    pub reasons: Vec<Reason>,
    pub policy: Policy,
    pub propensity: f64,
    pub topic: Option<String>,
    pub repeat_of: Option<String>,
    pub dwell_bucket: String,
    pub quality_pass: Option<bool>,
    pub influence: Option<f64>,
    pub blind: bool,
    pub day: String,
    pub rater_split: String,
    pub prompt_split: String,
    pub licence: String,
}

/// A row of `votes` and what other tables say about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// As published.
    pub vote: VoteRow,
    /// Forecasts locked before the vote.
    pub predictions: Vec<Prediction>,
    /// The texts, where the person typed the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
}

impl Entry {
    /// Takes the raw ids out of a judgment.
    ///
    /// # Errors
    /// When the database does not hold what was written.
    pub(crate) fn new(secret: &Secret, source: &Source) -> anyhow::Result<Self> {
        // Rows of one person under two pseudonyms share no id.
        let epoch = source.epoch.to_be_bytes();
        let public = |purpose, id: &str| secret.public_id(purpose, &[id.as_bytes(), &epoch]);
        let rater_id = secret.rater_id(&source.user_id, source.epoch);
        let repeat_of = source
            .repeat_of
            .as_deref()
            .filter(|_| source.repeat_epoch == Some(source.epoch))
            .map(|id| public(Purpose::Comparison, id));
        let vote = VoteRow {
            schema: SCHEMA,
            row_id: public(Purpose::Row, &source.judgment_id),
            rater_split: splits::of_rater(&rater_id).name().to_owned(),
            prompt_split: splits::of_prompt(&source.pack, &source.prompt)
                .name()
                .to_owned(),
            rater_id,
            comparison_id: public(Purpose::Comparison, &source.comparison_id),
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
            repeat_of,
            dwell_bucket: dwell_bucket(source.dwell_ms).to_owned(),
            quality_pass: source.influence.map(|_| source.failed_checks == 0),
            influence: source.influence.map(coarse),
            blind: source.blind == 1,
            day: day(source.at_ms),
            licence: LICENCE.to_owned(),
        };
        let mut entry = Self {
            vote,
            predictions: serde_json::from_str(&source.predictions_json)?,
            own: None,
        };
        if let Some(text) = &source.own {
            entry.take_own(text)?;
        }
        Ok(entry)
    }

    /// Takes the texts of an own prompt. Its ids, and those of its answers, come from the pseudonym of the showing: those of
    /// the generation say when it was.
    fn take_own(&mut self, text: &OwnText) -> anyhow::Result<()> {
        let mut prompt: PackPrompt = serde_json::from_str(&text.prompt_json)?;
        let vote = &mut self.vote;
        prompt.id = PromptId(vote.comparison_id.clone());
        let mut public = BTreeMap::new();
        for (number, response) in prompt.responses.iter_mut().enumerate() {
            let id = ResponseId(format!("{}-{}", prompt.id, number + 1));
            public.insert(std::mem::replace(&mut response.id, id.clone()), id);
        }
        let named = vote.groups.iter_mut().flatten();
        for id in vote
            .shown
            .iter_mut()
            .chain(named)
            .chain(&mut vote.unacceptable)
        {
            let known = public.get(id).context("a conversation lacks an answer")?;
            id.clone_from(known);
        }
        vote.items_sha256 = sha256_hex(&serde_json::to_vec(&prompt)?);
        vote.prompt_split = splits::of_prompt(vote.pack.as_str(), prompt.id.as_str())
            .name()
            .to_owned();
        vote.prompt_id = prompt.id.clone();
        self.own = Some(Own {
            prompt,
            licence: text.licence.clone(),
        });
        Ok(())
    }

    /// Takes out what a client can write freely: a topic that is not the prompt's, forecasts by names that are no names.
    pub(crate) fn without_free_text(mut self, texts: &Texts) -> Self {
        let prompt = texts.prompts.get(&self.vote.prompt_id);
        self.vote.topic = self
            .vote
            .topic
            .filter(|topic| prompt.is_some_and(|prompt| prompt.topic == *topic));
        self.predictions.retain(|prediction| {
            is_plain_name(prediction.method.as_str()) && is_plain_name(&prediction.weights)
        });
        self
    }

    /// The canonical judgment.
    pub(crate) fn judgment(&self) -> Judgment {
        let vote = &self.vote;
        Judgment {
            outcome: vote.outcome,
            groups: vote.groups.clone(),
            unacceptable: vote.unacceptable.clone(),
            strength: vote.strength,
            reasons: vote.reasons.clone(),
        }
    }

    /// The row's id: an order that says nothing about time or person.
    ///
    /// # Errors
    /// When the id is not 128 bit in hex.
    pub(crate) fn by_row(&self) -> anyhow::Result<Key> {
        let mut key = [0; 32];
        hex::decode_to_slice(&self.vote.row_id, &mut key[..16])?;
        Ok(key)
    }

    /// Person by person, and within a person by row.
    ///
    /// # Errors
    /// When an id is not 128 bit in hex.
    pub(crate) fn by_rater(&self) -> anyhow::Result<Key> {
        let mut key = [0; 32];
        hex::decode_to_slice(&self.vote.rater_id, &mut key[..16])?;
        hex::decode_to_slice(&self.vote.row_id, &mut key[16..])?;
        Ok(key)
    }
}

/// One decimal: a finer weight tells one person from another, and moves when a private person comes or goes.
fn coarse(influence: f64) -> f64 {
    (influence * 10.0).round() / 10.0
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

    #[test]
    fn influence_is_published_with_one_decimal() {
        assert_eq!(
            [0.0, 0.353_553, 0.95, 1.0].map(coarse),
            [0.0, 0.4, 1.0, 1.0]
        );
    }
}
