//! `rankings`: each stated order as a list of answers and a list of ranks.

use palate_shared::ids::{PackId, PromptId, ResponseId};
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::Texts;
use crate::release::writer::TableWriter;

/// One row a judgment that orders or ties answers.
pub(crate) struct Rankings;

#[derive(Serialize)]
struct Row<'a> {
    row_id: &'a str,
    rater_id: &'a str,
    pack: &'a PackId,
    items_sha256: &'a str,
    prompt_id: &'a PromptId,
    responses: Vec<&'a ResponseId>,
    ranks: Vec<usize>,
    rater_split: &'a str,
    prompt_split: &'a str,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::ROW_ID,
    shared::RATER_ID,
    shared::PACK,
    shared::ITEMS,
    shared::PROMPT_ID,
    column(
        "responses",
        Kind::Texts,
        "Ids of the answers, best first; texts are in `responses`.",
    ),
    column(
        "ranks",
        Kind::Ints,
        "Their ranks from 1; equal ranks tie, and the next rank counts those before it.",
    ),
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "rankings",
    summary: "every stated order or tie as a list of answers and their ranks",
    key: Some("row_id"),
    columns: COLUMNS,
};

impl VoteTable for Rankings {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, _: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        let vote = &entry.vote;
        if vote.groups.is_empty() {
            return Ok(());
        }
        let mut responses = Vec::new();
        let mut ranks = Vec::new();
        for group in &vote.groups {
            let rank = responses.len() + 1;
            responses.extend(group);
            ranks.extend(group.iter().map(|_| rank));
        }
        out.write(&Row {
            row_id: &vote.row_id,
            rater_id: &vote.rater_id,
            pack: &vote.pack,
            items_sha256: &vote.items_sha256,
            prompt_id: &vote.prompt_id,
            responses,
            ranks,
            rater_split: &vote.rater_split,
            prompt_split: &vote.prompt_split,
            licence: LICENCE,
        })
    }
}
