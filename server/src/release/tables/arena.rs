//! `arena`: battles of two, with the columns that tools for arena logs read.

use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::judgment::Outcome;
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::{Texts, answer};
use crate::release::writer::TableWriter;

/// One row a judgment of two answers that says who won or that nobody did.
pub(crate) struct Arena;

#[derive(Serialize)]
struct Row<'a> {
    question_id: &'a str,
    model_a: &'a str,
    model_b: &'a str,
    winner: &'static str,
    judge: &'a str,
    turn: u32,
    anony: bool,
    pack: &'a PackId,
    items_sha256: &'a str,
    prompt_id: &'a PromptId,
    response_a: &'a ResponseId,
    response_b: &'a ResponseId,
    day: &'a str,
    rater_split: &'a str,
    prompt_split: &'a str,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    column(
        "question_id",
        Kind::Text,
        "The judgment: `row_id` of `votes`.",
    ),
    column("model_a", Kind::Text, "Who wrote the answer shown first."),
    column("model_b", Kind::Text, "Who wrote the answer shown second."),
    column(
        "winner",
        Kind::Text,
        "`model_a`, `model_b`, `tie` or `tie (bothbad)`.",
    ),
    column("judge", Kind::Text, "The person: `rater_id` of `votes`."),
    column("turn", Kind::Int, "Always 1: questions have one turn."),
    column("anony", Kind::Bool, "Whether authors were hidden."),
    shared::PACK,
    shared::ITEMS,
    shared::PROMPT_ID,
    column("response_a", Kind::Text, "The answer shown first."),
    column("response_b", Kind::Text, "The answer shown second."),
    column("day", Kind::Day, "UTC."),
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "arena",
    summary: "judgments of two answers with the columns of arena logs: `model_a`, `model_b`, `winner`",
    key: Some("question_id"),
    columns: COLUMNS,
};

impl VoteTable for Arena {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, texts: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let [a, b] = vote.shown.as_slice() else {
            return Ok(());
        };
        let winner = match vote.outcome {
            Outcome::Ranked if vote.groups.first().is_some_and(|best| best.contains(a)) => {
                "model_a"
            }
            Outcome::Ranked => "model_b",
            Outcome::Equal => "tie",
            Outcome::AllUnacceptable => "tie (bothbad)",
            Outcome::CantTell | Outcome::Skip => return Ok(()),
        };
        let prompt = texts.prompt(&vote.prompt_id)?;
        out.write(&Row {
            question_id: &vote.row_id,
            model_a: &answer(prompt, a)?.made_by,
            model_b: &answer(prompt, b)?.made_by,
            winner,
            judge: &vote.rater_id,
            turn: 1,
            anony: vote.blind,
            pack: &vote.pack,
            items_sha256: &vote.items_sha256,
            prompt_id: &vote.prompt_id,
            response_a: a,
            response_b: b,
            day: &vote.day,
            rater_split: &vote.rater_split,
            prompt_split: &vote.prompt_split,
            licence: LICENCE,
        })
    }
}
