//! Source text of a pack: one prompt with its answers per line of JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use palate_shared::pack::{PackItems, PackPrompt, PackResponse};
use serde::Deserialize;

/// `pack.json` beside the source: what the manifest says of the pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackMeta {
    /// Pack id, for example `starter`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Content version.
    pub version: String,
    /// SPDX id.
    pub licence: String,
    /// Who to name.
    pub attribution: String,
    /// Author of answers that name none.
    pub made_by: String,
    /// What the pack is, for its card.
    pub description: String,
    /// Population heads, from this file's folder; without it `heads.bin` in that folder, if it is there.
    #[serde(default)]
    pub heads: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    prompt_id: Option<String>,
    topic: Option<String>,
    prompt: String,
    responses: Vec<LineResponse>,
}

#[derive(Deserialize)]
struct LineResponse {
    response_id: Option<String>,
    #[serde(alias = "model")]
    made_by: Option<String>,
    #[serde(default)]
    axes: BTreeMap<String, String>,
    directives: Option<String>,
    parent: Option<String>,
    seed: Option<u64>,
    text: String,
}

/// Reads `pack.json`.
///
/// # Errors
/// When it is missing or does not parse.
pub fn read_meta(path: &Path) -> Result<PackMeta> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "{} is missing: it names id, title, version, licence, attribution, made_by and description",
            path.display()
        )
    })?;
    serde_json::from_str(&text).with_context(|| format!("{} does not parse", path.display()))
}

/// Parses source text. Empty lines are skipped; ids that are missing are made from the line number.
///
/// # Errors
/// Names every bad line by its number, up to ten of them.
pub fn parse(text: &str, meta: &PackMeta) -> Result<PackItems> {
    let mut prompts = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match prompt(at + 1, line, meta, &mut seen) {
            Ok(prompt) => prompts.push(prompt),
            Err(error) => problems.push(format!("line {}: {error:#}", at + 1)),
        }
    }
    if !problems.is_empty() {
        let count = problems.len();
        problems.truncate(10);
        bail!("{count} bad lines:\n{}", problems.join("\n"));
    }
    if prompts.is_empty() {
        bail!("the source has no prompts");
    }
    Ok(PackItems {
        pack: meta.id.as_str().into(),
        prompts,
    })
}

fn prompt(
    number: usize,
    line: &str,
    meta: &PackMeta,
    seen: &mut BTreeSet<String>,
) -> Result<PackPrompt> {
    let line: Line = serde_json::from_str(line)?;
    if line.prompt.trim().is_empty() {
        bail!("the prompt is empty");
    }
    if line.responses.len() < 2 {
        bail!("a prompt needs two answers or more");
    }
    let id = line.prompt_id.unwrap_or_else(|| format!("p{number:03}"));
    let mut claim = |id: &str| {
        if seen.insert(id.to_owned()) {
            Ok(())
        } else {
            Err(anyhow::anyhow!("id {id} occurs twice"))
        }
    };
    claim(&id)?;
    let mut responses = Vec::with_capacity(line.responses.len());
    for (at, response) in line.responses.into_iter().enumerate() {
        let response_id = response
            .response_id
            .unwrap_or_else(|| format!("{id}-{}", at + 1));
        claim(&response_id)?;
        if response.text.trim().is_empty() {
            bail!("answer {response_id} is empty");
        }
        let axes: Vec<String> = response
            .axes
            .iter()
            .map(|(axis, level)| format!("{axis}: {level}"))
            .collect();
        let from_axes = (!axes.is_empty()).then(|| axes.join("; "));
        responses.push(PackResponse {
            id: response_id.into(),
            text: response.text,
            made_by: response.made_by.unwrap_or_else(|| meta.made_by.clone()),
            directives: response.directives.or(from_axes),
            parent: response.parent.map(Into::into),
            seed: response.seed,
        });
    }
    Ok(PackPrompt {
        id: id.into(),
        topic: line.topic.unwrap_or_else(|| "general".into()),
        text: line.prompt,
        responses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> PackMeta {
        PackMeta {
            id: "test".into(),
            title: "Test".into(),
            version: "1".into(),
            licence: "CC0-1.0".into(),
            attribution: "nobody".into(),
            made_by: "test".into(),
            description: "A test.".into(),
            heads: None,
        }
    }

    #[test]
    fn bad_lines_are_reported_by_number() {
        let text = concat!(
            r#"{"prompt":"A?","responses":[{"text":"x"},{"text":"y"}]}"#,
            "\n\nnot json\n",
            r#"{"prompt":"B?","responses":[{"text":"x"}]}"#
        );
        let error = parse(text, &meta())
            .expect_err("two lines are bad")
            .to_string();
        assert!(
            error.contains("2 bad lines") && error.contains("line 3:") && error.contains("line 4:"),
            "{error}"
        );
    }

    #[test]
    fn ids_and_directives_are_filled_in() {
        let text = r#"{"prompt":"A?","responses":[{"text":"x","axes":{"tone":"warm","length":"short"}},{"text":"y","model":"m"}]}"#;
        let items = parse(text, &meta()).expect("the line is good");
        let responses = &items.prompts[0].responses;
        assert_eq!(responses[0].id.as_str(), "p001-1");
        assert_eq!(
            responses[0].directives.as_deref(),
            Some("length: short; tone: warm")
        );
        assert_eq!(responses[1].made_by, "m");
    }

    #[test]
    fn an_id_that_occurs_twice_is_refused() {
        let line = r#"{"prompt_id":"p","prompt":"A?","responses":[{"text":"x"},{"text":"y"}]}"#;
        assert!(parse(&format!("{line}\n{line}"), &meta()).is_err());
    }
}
