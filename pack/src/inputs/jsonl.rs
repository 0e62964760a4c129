//! One JSON object a line.

use serde_json::Value;

use super::record::{Problems, Record};

/// The lines that are objects; empty lines are skipped.
pub(super) fn records(text: &str, problems: &mut Problems) -> Vec<Record> {
    let mut records = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => records.push(Record { line, fields }),
            Ok(_) => problems.add(
                Some(line),
                None,
                "the line is JSON, but not an object".into(),
                "Write one object a line, in braces.",
            ),
            Err(error) => problems.add(
                Some(line),
                None,
                format!("the line is not JSON: {error}"),
                "Write one object a line; line breaks within texts are written as \\n.",
            ),
        }
    }
    records
}
