//! `responses`: all answers of the packs that votes are about.

use palate_shared::ids::{PromptId, ResponseId};
use serde::Serialize;

use crate::release::schema::{Column, Kind, Spec, column, maybe, shared};
use crate::release::splits;
use crate::release::texts::Texts;
use crate::release::writer::TableWriter;

#[derive(Serialize)]
struct Row<'a> {
    pack: &'a str,
    items_sha256: &'a str,
    prompt_id: &'a PromptId,
    response_id: &'a ResponseId,
    response: &'a str,
    made_by: &'a str,
    directives: Option<&'a str>,
    parent: Option<&'a ResponseId>,
    seed: Option<String>,
    prompt_split: &'static str,
    licence: &'a str,
    attribution: &'a str,
}

const COLUMNS: &[Column] = &[
    shared::PACK,
    column(
        "items_sha256",
        Kind::Text,
        "SHA-256 of the texts; with `prompt_id` and `response_id` it names the row.",
    ),
    shared::PROMPT_ID,
    column("response_id", Kind::Text, "The answer."),
    column("response", Kind::Text, "The answer's text, in Markdown."),
    column("made_by", Kind::Text, "Who wrote it."),
    maybe("directives", Kind::Text, "How it was asked for."),
    maybe("parent", Kind::Text, "The answer that it was derived from."),
    maybe("seed", Kind::Text, "Sampling seed, in digits."),
    shared::PROMPT_SPLIT,
    column(
        "licence",
        Kind::Text,
        "SPDX id of the text; in pack `own` the terms of the model, in words.",
    ),
    column("attribution", Kind::Text, "Who to name."),
];

pub(crate) static SPEC: Spec = Spec {
    name: "responses",
    summary: "answers of the packs that votes are about, with their texts and how they were made",
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
        for response in &prompt.responses {
            out.write(&Row {
                pack: &texts.pack,
                items_sha256,
                prompt_id: &prompt.id,
                response_id: &response.id,
                response: &response.text,
                made_by: &response.made_by,
                directives: response.directives.as_deref(),
                parent: response.parent.as_ref(),
                seed: response.seed.map(|seed| seed.to_string()),
                prompt_split: splits::of_prompt(&texts.pack, prompt.id.as_str()).name(),
                licence: &texts.licence,
                attribution: &texts.attribution,
            })?;
        }
    }
    Ok(())
}
