//! Rows of CSV under a header.

use ::csv::{ErrorKind, ReaderBuilder};
use serde_json::{Map, Value};

use super::record::{Problems, Record};

/// The rows that have as many cells as the header.
pub(super) fn records(text: &str, problems: &mut Problems) -> Vec<Record> {
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => {
            problems.add(
                Some(1),
                None,
                format!("the header cannot be read: {error}"),
                "Begin with a line of column names.",
            );
            return vec![];
        }
    };
    let twice = header
        .iter()
        .enumerate()
        .find(|(at, name)| header[..*at].contains(name));
    if let Some((_, name)) = twice {
        problems.add(
            Some(1),
            Some(name),
            format!("the column `{name}` is there twice"),
            "Give each column its own name.",
        );
        return vec![];
    }
    let mut records = Vec::new();
    for row in reader.records() {
        match row {
            Ok(row) => {
                let cells = row.iter().map(|cell| Value::String(cell.to_owned()));
                let fields: Map<String, Value> = header.iter().cloned().zip(cells).collect();
                let line = row.position().map_or(0, ::csv::Position::line);
                records.push(Record { line, fields });
            }
            Err(error) => {
                let line = error.position().map(::csv::Position::line);
                let problem = match error.kind() {
                    ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!("the row has {len} cells, the header {expected_len}"),
                    _ => format!("the row cannot be read: {error}"),
                };
                problems.add(
                    line,
                    None,
                    problem,
                    "Put cells with commas, quotes or line breaks in quotes, and write a quote within as two.",
                );
            }
        }
    }
    records
}
