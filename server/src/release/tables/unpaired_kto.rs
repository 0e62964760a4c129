//! `unpaired_kto`: TRL's unpaired preference format, as KTO takes it.

use palate_shared::ids::{PackId, PromptId, ResponseId};
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::{Texts, answer};
use crate::release::writer::TableWriter;

/// One row an answer that was clearly liked or disliked.
pub(crate) struct UnpairedKto;

#[derive(Serialize)]
struct Row<'a> {
    prompt: &'a str,
    completion: &'a str,
    label: bool,
    because: &'static str,
    rater_id: &'a str,
    row_id: &'a str,
    pack: &'a PackId,
    prompt_id: &'a PromptId,
    response_id: &'a ResponseId,
    rater_split: &'a str,
    prompt_split: &'a str,
    licence: &'static str,
    text_licence: &'a str,
}

const COLUMNS: &[Column] = &[
    column("prompt", Kind::Text, "The prompt's text."),
    column("completion", Kind::Text, "The answer's text."),
    column("label", Kind::Bool, "Whether it is desirable."),
    column(
        "because",
        Kind::Text,
        "`best` or `worst` of a ranking, or `unacceptable`, which goes before the others.",
    ),
    shared::RATER_ID,
    shared::ROW_ID,
    shared::PACK,
    shared::PROMPT_ID,
    column("response_id", Kind::Text, "The answer."),
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
    shared::TEXT_LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "unpaired_kto",
    summary: "`prompt`, `completion`, `label`: TRL's unpaired preference format for KTO; middle ranks and ties are left out",
    key: None,
    columns: COLUMNS,
};

impl VoteTable for UnpairedKto {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, texts: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let prompt = texts.prompt(&vote.prompt_id)?;
        for response_id in &vote.shown {
            let Some(because) = because(entry, response_id) else {
                continue;
            };
            out.write(&Row {
                prompt: &prompt.text,
                completion: &answer(prompt, response_id)?.text,
                label: because == "best",
                because,
                rater_id: &vote.rater_id,
                row_id: &vote.row_id,
                pack: &vote.pack,
                prompt_id: &vote.prompt_id,
                response_id,
                rater_split: &vote.rater_split,
                prompt_split: &vote.prompt_split,
                licence: LICENCE,
                text_licence: &texts.licence,
            })?;
        }
        Ok(())
    }
}

fn because(entry: &Entry, response: &ResponseId) -> Option<&'static str> {
    let vote = &entry.vote;
    let ranks = &vote.groups;
    let stands_in = |group: Option<&Vec<ResponseId>>| {
        ranks.len() > 1 && group.is_some_and(|group| group.contains(response))
    };
    if vote.unacceptable.contains(response) {
        Some("unacceptable")
    } else if stands_in(ranks.first()) {
        Some("best")
    } else if stands_in(ranks.last()) {
        Some("worst")
    } else {
        None
    }
}
