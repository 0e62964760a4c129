//! PandaLM's test set: pairs of answers, each labelled by the same three people.
//!
//! Source: `testset-v1.json`. A negative control: pairs on which the three disagreed were removed upstream, so a personal
//! model should gain nothing.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{Imported, Maker, Report, files};
use crate::data::About;

const FILE: &str = "testset-v1.json";

#[derive(Deserialize)]
struct Row {
    idx: u32,
    instruction: String,
    input: String,
    response1: Response,
    response2: Response,
    annotator1: u8,
    annotator2: u8,
    annotator3: u8,
}

/// A few answers are the JSON value `true`, where the model had written that word.
#[derive(Deserialize)]
#[serde(untagged)]
enum Response {
    Text(String),
    Flag(bool),
}

/// Imports the folder.
///
/// # Errors
/// When the file is missing, does not parse (line and column are named) or a label is none of 0, 1, 2.
pub fn import(folder: &Path) -> Result<Imported> {
    let mut report = Report::default();
    let text = files::text(folder, FILE)?;
    let rows: Vec<Row> =
        serde_json::from_str(&text).with_context(|| format!("{}", folder.join(FILE).display()))?;
    let mut maker = Maker::new(About {
        id: "pandalm".into(),
        title: "PandaLM test set".into(),
        licence: "Apache-2.0".into(),
        attribution: "PandaLM, Wang et al. 2023, arXiv:2306.05087".into(),
        simulated: false,
        note: "A negative control: three annotators, and pairs on which they disagreed were removed upstream. Equal answers to one instruction are one item.".into(),
    });
    let (mut prompts, mut items) = (HashMap::new(), HashMap::new());
    for row in rows {
        let place = format!("idx {}", row.idx);
        let mut texts = Vec::with_capacity(2);
        for response in [row.response1, row.response2] {
            texts.push(match response {
                Response::Text(text) => text,
                Response::Flag(value) => {
                    report.change(
                        "answers that are the JSON value true or false, written as text",
                        &place,
                    );
                    value.to_string()
                }
            });
        }
        if texts.iter().any(|text| text.trim().is_empty()) {
            report.leave("pairs with an empty answer, of three votes each", &place);
            continue;
        }
        if texts[0] == texts[1] {
            report.leave("pairs of two equal answers, of three votes each", &place);
            continue;
        }
        let asked = if row.input.trim().is_empty() {
            row.instruction
        } else {
            format!("{}\n\n{}", row.instruction, row.input)
        };
        let count = prompts.len();
        let id = *prompts.entry(asked.clone()).or_insert(count);
        let prompt = maker.prompt(&format!("q{id:03}"), Some(&asked));
        let pair: Vec<usize> = texts
            .into_iter()
            .map(|text| {
                let count = items.len();
                let at = *items.entry((id, text.clone())).or_insert(count);
                maker.item(&format!("q{id:03}-{at}"), Some(prompt), &text)
            })
            .collect();
        let labels = [row.annotator1, row.annotator2, row.annotator3];
        for (annotator, label) in labels.into_iter().enumerate() {
            ensure!(
                label <= 2,
                "{}, {place}: annotator{} says {label}, not 0, 1 or 2",
                folder.join(FILE).display(),
                annotator + 1
            );
            let user = maker.user(&format!("annotator{}", annotator + 1));
            let (chosen, rejected) = if label == 2 {
                (pair[1], pair[0])
            } else {
                (pair[0], pair[1])
            };
            maker.vote(user, chosen, rejected, label == 0, None);
        }
    }
    Ok(Imported {
        data: maker.data,
        report,
    })
}
