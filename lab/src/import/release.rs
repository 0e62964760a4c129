//! A release of Palate (`palate release build`): votes by rater, with texts.
//!
//! Source: `votes.jsonl` (row schemas 2 and 3) and `pairs_trl.jsonl`, which carries the texts. An answer that stands in no strict
//! preference of the release has no text there; votes on it are left out. Reasons become the context of a pair.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Result, ensure};
use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::judgment::{Judgment, Outcome, Reason};
use serde::Deserialize;

use super::{Imported, Maker, Report};
use crate::data::{About, Comparison, Files, json_lines, must};

/// Row schemas that are read: what differs between them is not needed here.
const SCHEMAS: std::ops::RangeInclusive<u32> = 2..=3;

#[derive(Deserialize)]
struct PairRow {
    prompt: String,
    chosen: String,
    rejected: String,
    row_id: String,
    pack: PackId,
    prompt_id: PromptId,
    chosen_id: ResponseId,
    rejected_id: ResponseId,
    text_licence: String,
}

#[derive(Deserialize)]
struct VoteRow {
    schema: u32,
    row_id: String,
    rater_id: String,
    pack: PackId,
    items_sha256: String,
    prompt_id: PromptId,
    shown: Vec<ResponseId>,
    outcome: Outcome,
    groups: Vec<Vec<ResponseId>>,
    unacceptable: Vec<ResponseId>,
    #[serde(default)]
    reasons: Vec<Reason>,
    repeat_of: Option<String>,
    quality_pass: Option<bool>,
}

/// Where a text belongs: the exact items file and the id in it.
type Key = (String, String);

/// Texts, and the licences that they name.
#[derive(Default)]
struct Texts {
    prompts: HashMap<Key, String>,
    answers: HashMap<Key, String>,
    licences: std::collections::BTreeSet<String>,
}

/// Imports a folder, or files in memory.
///
/// # Errors
/// When a file is missing or a line is wrong, of another schema or unsound.
pub fn import<F: Files + ?Sized>(files: &F) -> Result<Imported> {
    let mut report = Report::default();
    let votes = votes(files, &mut report)?;
    let texts = texts(files, &votes)?;
    let licences: Vec<&str> = texts.licences.iter().map(String::as_str).collect();
    let mut maker = Maker::new(About {
        id: format!("release-{}", files.title()),
        title: "Palate preferences".into(),
        licence: "CC-BY-4.0".into(),
        attribution: "Palate contributors".into(),
        simulated: false,
        note: format!("Licences of texts: {}.", licences.join(", ")),
    });
    // Packs change: one id may stand for several texts.
    let mut ids: HashMap<String, String> = HashMap::new();
    for (line, vote) in &votes {
        let judgment = judgment(vote);
        for pair in judgment.pairs() {
            let of = |id: &ResponseId| {
                texts
                    .answers
                    .get(&(vote.items_sha256.clone(), id.0.clone()))
            };
            let (Some(chosen), Some(rejected)) = (of(pair.chosen), of(pair.rejected)) else {
                report.leave(
                    "pairs with an answer whose text is not in pairs_trl.jsonl",
                    format!("votes.jsonl, line {line}"),
                );
                continue;
            };
            let mut own = |id: &str, text: &str| {
                let id = format!("{}/{id}", vote.pack);
                match ids.entry(id.clone()) {
                    Entry::Vacant(free) => {
                        free.insert(text.to_owned());
                        id
                    }
                    Entry::Occupied(known) if known.get() == text => id,
                    Entry::Occupied(_) => format!(
                        "{id}@{}",
                        vote.items_sha256.get(..8).unwrap_or(&vote.items_sha256)
                    ),
                }
            };
            let prompt = texts
                .prompts
                .get(&(vote.items_sha256.clone(), vote.prompt_id.0.clone()));
            let prompt = prompt.map(|text| {
                let id = own(vote.prompt_id.as_str(), text);
                maker.prompt(&id, Some(text))
            });
            let id = own(pair.chosen.as_str(), chosen);
            let chosen = maker.item(&id, prompt, chosen);
            let id = own(pair.rejected.as_str(), rejected);
            let rejected = maker.item(&id, prompt, rejected);
            let user = maker.user(&vote.rater_id);
            maker.data.pairs.push(Comparison {
                user,
                chosen,
                rejected,
                tie: pair.tie,
                context: context(&vote.reasons),
                split: None,
            });
        }
    }
    Ok(Imported {
        data: maker.data,
        report,
    })
}

fn judgment(vote: &VoteRow) -> Judgment {
    Judgment {
        outcome: vote.outcome,
        groups: vote.groups.clone(),
        unacceptable: vote.unacceptable.clone(),
        strength: None,
        reasons: vec![],
    }
}

fn context(reasons: &[Reason]) -> Option<String> {
    let names: Vec<String> = reasons
        .iter()
        .filter_map(|reason| Some(serde_json::to_value(reason).ok()?.as_str()?.to_owned()))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Votes that state a preference and may be used, with their lines.
fn votes<F: Files + ?Sized>(files: &F, report: &mut Report) -> Result<Vec<(usize, VoteRow)>> {
    let mut votes = Vec::new();
    let text = must(files, "votes.jsonl")?;
    json_lines(&files.place("votes.jsonl"), &text, |line, vote: VoteRow| {
        ensure!(
            SCHEMAS.contains(&vote.schema),
            "it has row schema {}, where {} to {} are read",
            vote.schema,
            SCHEMAS.start(),
            SCHEMAS.end()
        );
        judgment(&vote).validate(&vote.shown)?;
        let place = format!("votes.jsonl, line {line}");
        match vote.outcome {
            Outcome::Ranked | Outcome::Equal if vote.repeat_of.is_some() => {
                report.leave("votes that ask an earlier question again", place);
            }
            Outcome::Ranked | Outcome::Equal if vote.quality_pass == Some(false) => {
                report.leave("votes that failed the checks of the release", place);
            }
            Outcome::Ranked | Outcome::Equal => votes.push((line, vote)),
            Outcome::AllUnacceptable => report.leave("votes that accept no answer", place),
            Outcome::CantTell => report.leave("votes that cannot tell", place),
            Outcome::Skip => report.leave("skipped questions", place),
        }
        Ok(())
    })?;
    Ok(votes)
}

fn texts<F: Files + ?Sized>(files: &F, votes: &[(usize, VoteRow)]) -> Result<Texts> {
    let items: HashMap<&str, &VoteRow> = votes
        .iter()
        .map(|(_, vote)| (vote.row_id.as_str(), vote))
        .collect();
    let mut texts = Texts::default();
    let text = must(files, "pairs_trl.jsonl")?;
    json_lines(&files.place("pairs_trl.jsonl"), &text, |_, row: PairRow| {
        // Pairs of votes that are left out are no news.
        let Some(vote) = items.get(row.row_id.as_str()) else {
            return Ok(());
        };
        ensure!(
            vote.pack == row.pack && vote.prompt_id == row.prompt_id,
            "row {} is about prompt {} of pack {} in votes.jsonl",
            row.row_id,
            vote.prompt_id,
            vote.pack
        );
        let key = |id: &str| (vote.items_sha256.clone(), id.to_owned());
        texts
            .prompts
            .insert(key(row.prompt_id.as_str()), row.prompt);
        texts
            .answers
            .insert(key(row.chosen_id.as_str()), row.chosen);
        texts
            .answers
            .insert(key(row.rejected_id.as_str()), row.rejected);
        texts.licences.insert(row.text_licence);
        Ok(())
    })?;
    Ok(texts)
}
