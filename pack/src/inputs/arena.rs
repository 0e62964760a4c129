//! Rows of an arena: `prompt`, `response_a`, `response_b`, or `conversation_a`, `conversation_b`; `model_a` and `model_b` name
//! who wrote them. Who won is not kept.

use super::messages::pair;
use super::record::{Answer, Problems, Record, Row};

/// A row; `None` where something is wrong with it.
pub(super) fn row(record: &Record, problems: &mut Problems) -> Option<Row> {
    let columns = if record.fields.contains_key("response_a") {
        ["response_a", "response_b"]
    } else {
        ["conversation_a", "conversation_b"]
    };
    let (prompt, [first, second]) = pair(record, columns, problems)?;
    let answer = |text, model| Answer {
        id: None,
        text,
        made_by: record.name(model),
    };
    Some(Row {
        line: record.line,
        id: None,
        topic: record.name("topic"),
        prompt,
        answers: vec![answer(first, "model_a"), answer(second, "model_b")],
    })
}
