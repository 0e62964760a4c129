//! `prompts`: all prompts of the packs that votes are about.

use palate_shared::ids::PromptId;
use serde::Serialize;

use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::splits;
use crate::release::texts::Texts;
use crate::release::writer::TableWriter;

#[derive(Serialize)]
struct Row<'a> {
    pack: &'a str,
    items_sha256: &'a str,
    prompt_id: &'a PromptId,
    topic: &'a str,
    prompt: &'a str,
    n_responses: usize,
    prompt_split: &'static str,
    licence: &'a str,
    attribution: &'a str,
}

const COLUMNS: &[Column] = &[
    shared::PACK,
    column(
        "items_sha256",
        Kind::Text,
        "SHA-256 of the texts; with `prompt_id` it names the row.",
    ),
    shared::PROMPT_ID,
    column("topic", Kind::Text, "For people."),
    column("prompt", Kind::Text, "The prompt's text."),
    column("n_responses", Kind::Int, "How many answers it has."),
    shared::PROMPT_SPLIT,
    column("licence", Kind::Text, "SPDX id of the text."),
    column("attribution", Kind::Text, "Who to name."),
];

pub(crate) static SPEC: Spec = Spec {
    name: "prompts",
    summary: "prompts of the packs that votes are about, with their texts",
    key: None,
    columns: COLUMNS,
};

/// Adds the rows of one pack, or of one own prompt.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    items_sha256: &str,
    texts: &Texts,
    out: &mut TableWriter,
) -> anyhow::Result<()> {
    for prompt in texts.prompts.values() {
        out.write(&Row {
            pack: &texts.pack,
            items_sha256,
            prompt_id: &prompt.id,
            topic: &prompt.topic,
            prompt: &prompt.text,
            n_responses: prompt.responses.len(),
            prompt_split: splits::of_prompt(&texts.pack, prompt.id.as_str()).name(),
            licence: &texts.prompt_licence,
            attribution: &texts.attribution,
        })?;
    }
    Ok(())
}
