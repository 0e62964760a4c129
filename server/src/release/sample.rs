//! `sample.csv` and `sample.json`: the first 1,000 votes with their texts, for spreadsheets and for pages.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use palate_shared::api::figures::{self, SampleAnswer, SampleRow};
use palate_shared::api::releases::ReleaseFile;
use palate_shared::ids::ResponseId;
use serde::Serialize;

use super::entry::Entry;
use super::texts::{Texts, answer};
use super::writer::write_file;
use crate::db::wire_name;

/// Rows of the sample.
pub(crate) const ROWS: usize = 1_000;
/// Answers that have a column.
const SHOWN: usize = 4;

const HEADER: &str = "row_id,rater_id,day,pack,prompt_id,policy,propensity,outcome,groups,unacceptable,strength,reasons,\
     prompt,shown_1,shown_2,shown_3,shown_4,licence,text_licence\r\n";

/// Rows in the order of their ids, which says nothing about time or person.
pub(crate) struct Sample {
    text: String,
    shown: figures::Sample,
    /// Places of the texts in `shown`.
    places: HashMap<String, usize>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        Self {
            text: HEADER.to_owned(),
            shown: figures::Sample::default(),
            places: HashMap::new(),
        }
    }

    /// Adds a vote, unless there are enough.
    ///
    /// # Errors
    /// When the kept pack lacks a text.
    pub(crate) fn add(&mut self, entry: &Entry, texts: &Texts) -> anyhow::Result<()> {
        if self.rows() == ROWS {
            return Ok(());
        }
        self.add_shown(entry, texts)?;
        let vote = &entry.vote;
        let prompt = texts.prompt(&vote.prompt_id)?;
        let groups: Vec<String> = vote.groups.iter().map(|group| list(group, " = ")).collect();
        let reasons = vote
            .reasons
            .iter()
            .map(wire_name)
            .collect::<serde_json::Result<Vec<_>>>()?;
        let mut cells = vec![
            vote.row_id.clone(),
            vote.rater_id.clone(),
            vote.day.clone(),
            vote.pack.0.clone(),
            vote.prompt_id.0.clone(),
            wire_name(&vote.policy)?,
            vote.propensity.to_string(),
            wire_name(&vote.outcome)?,
            groups.join(" > "),
            list(&vote.unacceptable, "; "),
            name(vote.strength.as_ref())?,
            reasons.join("; "),
            prompt.text.clone(),
        ];
        for at in 0..SHOWN {
            let text = vote
                .shown
                .get(at)
                .map(|id| answer(prompt, id))
                .transpose()?;
            cells.push(text.map(|answer| answer.text.clone()).unwrap_or_default());
        }
        cells.extend([vote.licence.clone(), texts.licence.clone()]);
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}\r\n", cells.join(","));
        Ok(())
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.shown.rows.len()
    }

    fn add_shown(&mut self, entry: &Entry, texts: &Texts) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let prompt = texts.prompt(&vote.prompt_id)?;
        let prompt_place = self.place(&prompt.text);
        let mut shown = Vec::new();
        for id in &vote.shown {
            let before: usize = vote
                .groups
                .iter()
                .take_while(|group| !group.contains(id))
                .map(Vec::len)
                .sum();
            let is_ranked = vote.groups.iter().any(|group| group.contains(id));
            shown.push(SampleAnswer {
                text: self.place(&answer(prompt, id)?.text),
                rank: is_ranked.then_some(before + 1),
                unacceptable: vote.unacceptable.contains(id),
            });
        }
        let row = SampleRow {
            row_id: vote.row_id.clone(),
            day: vote.day.clone(),
            pack: vote.pack.0.clone(),
            policy: wire_name(&vote.policy)?,
            outcome: wire_name(&vote.outcome)?,
            prompt: prompt_place,
            shown,
            text_licence: texts.licence.clone(),
        };
        self.shown.rows.push(row);
        Ok(())
    }

    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.shown.texts.len();
        self.shown.texts.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }

    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn finish(&self, dir: &Path, prefix: &str) -> anyhow::Result<[ReleaseFile; 2]> {
        let json = serde_json::to_vec(&self.shown)?;
        Ok([
            write_file(dir, &format!("{prefix}sample.csv"), self.text.as_bytes())?,
            write_file(dir, &format!("{prefix}sample.json"), &json)?,
        ])
    }
}

fn list(ids: &[ResponseId], between: &str) -> String {
    let ids: Vec<&str> = ids.iter().map(ResponseId::as_str).collect();
    ids.join(between)
}

fn name<T: Serialize>(value: Option<&T>) -> anyhow::Result<String> {
    Ok(value.map(wire_name).transpose()?.unwrap_or_default())
}

/// A cell. Spreadsheets would run a text that starts like a formula, so such a text starts with an apostrophe.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_never_formulas() {
        assert_eq!(quoted("a \"b\",\nc"), "\"a \"\"b\"\",\nc\"");
        assert_eq!(quoted("=cmd()"), "\"'=cmd()\"");
        assert_eq!(quoted("- a list"), "\"'- a list\"");
        assert_eq!(quoted("2 = 3"), "\"2 = 3\"");
    }
}
