//! `pairs_trl`: TRL's preference format with an explicit prompt.

use palate_shared::ids::{PackId, PromptId, ResponseId};
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::{Texts, answer};
use crate::release::writer::TableWriter;

/// One row a strict preference. Ties are left out.
pub(crate) struct PairsTrl;

#[derive(Serialize)]
struct Row<'a> {
    prompt: &'a str,
    chosen: &'a str,
    rejected: &'a str,
    rater_id: &'a str,
    row_id: &'a str,
    pack: &'a PackId,
    prompt_id: &'a PromptId,
    chosen_id: &'a ResponseId,
    rejected_id: &'a ResponseId,
    rater_split: &'a str,
    prompt_split: &'a str,
    licence: &'static str,
    text_licence: &'a str,
}

const COLUMNS: &[Column] = &[
    column("prompt", Kind::Text, "The prompt's text."),
    column("chosen", Kind::Text, "The preferred answer's text."),
    column("rejected", Kind::Text, "The other answer's text."),
    shared::RATER_ID,
    shared::ROW_ID,
    shared::PACK,
    shared::PROMPT_ID,
    column("chosen_id", Kind::Text, "The preferred answer."),
    column("rejected_id", Kind::Text, "The other answer."),
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
    shared::TEXT_LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "pairs_trl",
    summary: "every strict preference as `prompt`, `chosen`, `rejected`: TRL's preference format with an explicit prompt",
    key: None,
    columns: COLUMNS,
};

impl VoteTable for PairsTrl {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, texts: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let prompt = texts.prompt(&vote.prompt_id)?;
        for pair in entry.judgment().pairs().iter().filter(|pair| !pair.tie) {
            out.write(&Row {
                prompt: &prompt.text,
                chosen: &answer(prompt, pair.chosen)?.text,
                rejected: &answer(prompt, pair.rejected)?.text,
                rater_id: &vote.rater_id,
                row_id: &vote.row_id,
                pack: &vote.pack,
                prompt_id: &vote.prompt_id,
                chosen_id: pair.chosen,
                rejected_id: pair.rejected,
                rater_split: &vote.rater_split,
                prompt_split: &vote.prompt_split,
                licence: LICENCE,
                text_licence: &texts.licence,
            })?;
        }
        Ok(())
    }
}
