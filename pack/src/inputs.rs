//! Files of prompts and answers as researchers have them: JSONL, CSV or Parquet, in our own layout, TRL's preference rows or
//! those of an arena. Every problem is found, each with its line and what to do; nothing is guessed.

mod arena;
mod csv;
mod join;
mod jsonl;
mod messages;
mod own;
mod parquet;
mod preference;
mod record;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use palate_shared::api::studies::{SourceFormat, SourceLayout, SourceReport, StudySource};
use palate_shared::pack::PackPrompt;

use record::{Problems, Record};

/// Most bytes of a file.
pub const MOST_BYTES: usize = 8 << 20;
/// Most prompts of a study.
pub const MOST_PROMPTS: usize = 5_000;
/// Most answers of a prompt.
pub const MOST_ANSWERS: usize = 24;
/// Most comparisons of a study.
pub const MOST_COMPARISONS: u64 = 50_000;
/// Most characters of a prompt or an answer.
pub const MOST_CHARACTERS: usize = 40_000;

/// A file that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What it holds, and what is wrong with it.
    pub report: SourceReport,
    /// Its prompts with their answers; of use only when nothing is wrong.
    pub prompts: Vec<PackPrompt>,
}

/// Reads a file that comes with a request.
pub fn read(source: &StudySource) -> Input {
    match source.format {
        SourceFormat::Parquet => match STANDARD.decode(source.content.trim()) {
            Ok(bytes) => read_bytes(source.format, &bytes),
            Err(error) => {
                let mut problems = Problems::default();
                problems.add(
                    None,
                    None,
                    format!("`content` is not base64: {error}"),
                    "Send the bytes of a Parquet file in base64, with padding.",
                );
                problems.into_input(None, vec![])
            }
        },
        _ => read_bytes(source.format, source.content.as_bytes()),
    }
}

/// Reads the bytes of a file.
pub fn read_bytes(format: SourceFormat, bytes: &[u8]) -> Input {
    let mut problems = Problems::default();
    if bytes.len() > MOST_BYTES {
        problems.add(
            None,
            None,
            format!(
                "the file has {} bytes, and at most {MOST_BYTES} are taken",
                bytes.len()
            ),
            "Make several studies of it.",
        );
        return problems.into_input(None, vec![]);
    }
    let records = match format {
        SourceFormat::Parquet => parquet::records(bytes, &mut problems),
        SourceFormat::Jsonl | SourceFormat::Csv => match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                if format == SourceFormat::Csv {
                    csv::records(text, &mut problems)
                } else {
                    jsonl::records(text, &mut problems)
                }
            }
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
                problems.add(
                    Some(line),
                    None,
                    "it is not UTF-8".into(),
                    "Save the file as UTF-8.",
                );
                vec![]
            }
        },
    };
    let layout = layout(&records, &mut problems);
    let mut prompts = Vec::new();
    if let Some(layout) = layout {
        let read = match layout {
            SourceLayout::Pack => own::row,
            SourceLayout::Preference => preference::row,
            SourceLayout::Arena => arena::row,
        };
        let rows = records
            .iter()
            .filter_map(|record| read(record, &mut problems))
            .collect();
        prompts = join::join(rows, &mut problems);
    }
    problems.into_input(layout, prompts)
}

/// What the columns mean, told from the names of the first record.
fn layout(records: &[Record], problems: &mut Problems) -> Option<SourceLayout> {
    let Some(first) = records.first() else {
        if problems.is_empty() {
            problems.add(
                None,
                None,
                "the file has no rows".into(),
                "Give it one row for each prompt or pair of answers.",
            );
        }
        return None;
    };
    let has = |name: &str| first.fields.contains_key(name);
    if has("responses") {
        return Some(SourceLayout::Pack);
    }
    if has("chosen") && has("rejected") {
        return Some(SourceLayout::Preference);
    }
    if (has("response_a") && has("response_b")) || (has("conversation_a") && has("conversation_b"))
    {
        return Some(SourceLayout::Arena);
    }
    if has("completion") {
        problems.add(
            Some(first.line),
            Some("completion"),
            "these are unpaired rows, with one answer each: there is nothing to compare it with".into(),
            "Join the answers to the same prompt to rows with `prompt`, `chosen` and `rejected`, or with `prompt` and `responses`.",
        );
        return None;
    }
    let names: Vec<&str> = first.fields.keys().map(String::as_str).collect();
    problems.add(
        Some(first.line),
        None,
        format!("the columns are {}: which of them are the answers cannot be told", names.join(", ")),
        "Use `prompt` with `responses`, with `chosen` and `rejected`, or with `response_a` and `response_b`; or `conversation_a` \
         with `conversation_b`.",
    );
    None
}
