//! TRL's preference rows: `prompt`, `chosen`, `rejected`. Which one was chosen is not kept: nobody who judges may see it.

use super::messages::pair;
use super::record::{Answer, Problems, Record, Row};

/// A row; `None` where something is wrong with it.
pub(super) fn row(record: &Record, problems: &mut Problems) -> Option<Row> {
    let (prompt, texts) = pair(record, ["chosen", "rejected"], problems)?;
    let mut answers = texts.map(|text| Answer {
        id: None,
        text,
        made_by: None,
    });
    // The order of a file would tell, in ids, which one was chosen.
    answers.sort_by(|a, b| a.text.cmp(&b.text));
    Some(Row {
        line: record.line,
        id: None,
        topic: record.name("topic"),
        prompt,
        answers: answers.into(),
    })
}
