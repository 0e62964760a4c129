//! Rows of a file whatever its format, and what is wrong with them.

use palate_shared::api::studies::{
    MOST_PREVIEWS, MOST_SOURCE_ERRORS, SourceError, SourceLayout, SourcePreview, SourceReport,
};
use palate_shared::pack::PackPrompt;
use serde_json::{Map, Value};

use super::{Input, MOST_CHARACTERS};

/// A row: its values by column.
pub(super) struct Record {
    /// Line or row, from 1.
    pub line: u64,
    /// Values; a cell of CSV is a string.
    pub fields: Map<String, Value>,
}

impl Record {
    /// A value; `None` where it is missing, null or an empty cell.
    pub fn get(&self, column: &str) -> Option<&Value> {
        let value = self.fields.get(column)?;
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    /// A value that must be there.
    pub fn need(&self, column: &str, problems: &mut Problems) -> Option<&Value> {
        let value = self.get(column);
        if value.is_none() {
            problems.add(
                Some(self.line),
                Some(column),
                format!("`{column}` is missing or empty"),
                "Fill it in, or leave the row out.",
            );
        }
        value
    }

    /// A short text that may be missing.
    pub fn name(&self, column: &str) -> Option<String> {
        self.get(column)?.as_str().map(str::to_owned)
    }
}

/// A prompt with answers, as one row has it.
pub(super) struct Row {
    /// Line or row, from 1.
    pub line: u64,
    /// Id, where the file gives one.
    pub id: Option<String>,
    /// Topic, where the file gives one.
    pub topic: Option<String>,
    /// The prompt.
    pub prompt: String,
    /// Its answers.
    pub answers: Vec<Answer>,
}

/// An answer, as one row has it.
pub(super) struct Answer {
    /// Id, where the file gives one.
    pub id: Option<String>,
    /// The text.
    pub text: String,
    /// Who wrote it, where the file says so. Whether it was chosen before is not kept.
    pub made_by: Option<String>,
}

/// Everything that is wrong, as far as it is listed.
#[derive(Default)]
pub(super) struct Problems {
    errors: Vec<SourceError>,
    in_all: u64,
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, line: Option<u64>, column: Option<&str>, problem: String, advice: &str) {
        self.in_all += 1;
        // More than are listed, since they are put in the order of lines at the end.
        if self.errors.len() < 10 * MOST_SOURCE_ERRORS {
            self.errors.push(SourceError {
                line,
                column: column.map(str::to_owned),
                problem,
                advice: advice.to_owned(),
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.in_all == 0
    }

    /// Whether a text can be stored and shown; says what is wrong if not.
    pub fn accept(&mut self, line: u64, column: &str, text: &str) -> bool {
        let (problem, advice) = if text.trim().is_empty() {
            (
                format!("`{column}` is empty"),
                "Fill it in, or leave the row out.",
            )
        } else if text.contains('\0') {
            (
                format!("`{column}` holds the sign U+0000"),
                "Take that sign out.",
            )
        } else if text.chars().count() > MOST_CHARACTERS {
            (
                format!("`{column}` has more than {MOST_CHARACTERS} characters"),
                "Shorten it, or leave the row out.",
            )
        } else {
            return true;
        };
        self.add(Some(line), Some(column), problem, advice);
        false
    }

    /// The outcome of reading.
    pub fn into_input(mut self, layout: Option<SourceLayout>, prompts: Vec<PackPrompt>) -> Input {
        self.errors.sort_by_key(|error| error.line.unwrap_or(0));
        self.errors.truncate(MOST_SOURCE_ERRORS);
        let answers = |prompt: &PackPrompt| prompt.responses.len() as u64;
        Input {
            report: SourceReport {
                layout,
                prompts: prompts.len() as u64,
                answers: prompts.iter().map(answers).sum(),
                comparisons: prompts.iter().map(|prompt| pairs(answers(prompt))).sum(),
                errors_in_all: self.in_all,
                errors: self.errors,
                preview: prompts
                    .iter()
                    .filter(|prompt| prompt.responses.len() > 1)
                    .take(MOST_PREVIEWS)
                    .map(preview)
                    .collect(),
            },
            prompts,
        }
    }
}

/// A prompt with its first two answers.
fn preview(prompt: &PackPrompt) -> SourcePreview {
    let answers = prompt.responses.iter().take(2);
    SourcePreview {
        prompt: prompt.text.clone(),
        answers: answers.map(|answer| answer.text.clone()).collect(),
    }
}

/// Pairs of so many answers.
pub(super) fn pairs(answers: u64) -> u64 {
    answers * answers.saturating_sub(1) / 2
}
