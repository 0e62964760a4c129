//! `rewardbench2`: one best answer among several, in the layout of RewardBench 2.

use palate_shared::ids::ResponseId;
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::{Texts, answer};
use crate::release::writer::TableWriter;

/// One row a ranking of three or more answers.
pub(crate) struct RewardBench2;

/// Fewest answers of a row: two of them are a pair, and in `pairs_trl`.
const FEWEST: usize = 3;

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    prompt: &'a str,
    chosen: Vec<&'a str>,
    rejected: Vec<&'a str>,
    num_correct: usize,
    num_incorrect: usize,
    total_completions: usize,
    models: Vec<&'a str>,
    subset: &'a str,
    rater_id: &'a str,
    rater_split: &'a str,
    prompt_split: &'a str,
    licence: &'static str,
    text_licence: &'a str,
}

const COLUMNS: &[Column] = &[
    column("id", Kind::Text, "The judgment: `row_id` of `votes`."),
    column("prompt", Kind::Text, "The prompt's text."),
    column(
        "chosen",
        Kind::Texts,
        "Texts of the best answers, as this person has it.",
    ),
    column("rejected", Kind::Texts, "Texts of the other answers."),
    column("num_correct", Kind::Int, "How many are chosen."),
    column("num_incorrect", Kind::Int, "How many are rejected."),
    column("total_completions", Kind::Int, "How many there are."),
    column(
        "models",
        Kind::Texts,
        "Who wrote them: chosen, then rejected.",
    ),
    column("subset", Kind::Text, "The topic of the prompt."),
    shared::RATER_ID,
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
    shared::TEXT_LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "rewardbench2",
    summary: "rankings of three or more answers in the layout of RewardBench 2; what is best is one person's word, not a fact",
    key: Some("id"),
    columns: COLUMNS,
};

impl VoteTable for RewardBench2 {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, texts: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let [best, others @ ..] = vote.groups.as_slice() else {
            return Ok(());
        };
        if others.is_empty() || vote.shown.len() < FEWEST {
            return Ok(());
        }
        let prompt = texts.prompt(&vote.prompt_id)?;
        let of = |ids: &mut dyn Iterator<Item = &'_ ResponseId>| {
            ids.map(|id| answer(prompt, id))
                .collect::<anyhow::Result<Vec<_>>>()
        };
        let chosen = of(&mut best.iter())?;
        let rejected = of(&mut others.iter().flatten())?;
        let all = || chosen.iter().chain(&rejected);
        out.write(&Row {
            id: &vote.row_id,
            prompt: &prompt.text,
            chosen: chosen.iter().map(|answer| answer.text.as_str()).collect(),
            rejected: rejected.iter().map(|answer| answer.text.as_str()).collect(),
            num_correct: chosen.len(),
            num_incorrect: rejected.len(),
            total_completions: all().count(),
            models: all().map(|answer| answer.made_by.as_str()).collect(),
            subset: &prompt.topic,
            rater_id: &vote.rater_id,
            rater_split: &vote.rater_split,
            prompt_split: &vote.prompt_split,
            licence: LICENCE,
            text_licence: &texts.licence,
        })
    }
}
