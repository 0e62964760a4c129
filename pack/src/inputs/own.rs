//! Our own layout: `prompt` and a list `responses` of objects with `text`, and optionally `prompt_id`, `topic`, `response_id`
//! and `made_by` (or `model`). In CSV the list is written as JSON.

use serde_json::Value;

use super::record::{Answer, Problems, Record, Row};

/// A row; `None` where something is wrong with it.
pub(super) fn row(record: &Record, problems: &mut Problems) -> Option<Row> {
    let prompt = record.need("prompt", problems);
    let responses = record.need("responses", problems);
    let Some(prompt) = prompt?.as_str() else {
        problems.add(
            Some(record.line),
            Some("prompt"),
            "`prompt` is not a text".into(),
            "Write the prompt as a text.",
        );
        return None;
    };
    let written = match responses? {
        Value::String(text) => serde_json::from_str(text).ok(),
        list => Some(list.clone()),
    };
    let Some(Value::Array(list)) = written else {
        problems.add(
            Some(record.line),
            Some("responses"),
            "`responses` is not a list".into(),
            "Write a list of objects with `text`, or of texts.",
        );
        return None;
    };
    let mut good = problems.accept(record.line, "prompt", prompt);
    let mut answers: Vec<Answer> = Vec::new();
    for (at, response) in (1..).zip(&list) {
        let column = format!("responses[{at}].text");
        let text = response.as_str().or_else(|| response["text"].as_str());
        let Some(text) = text else {
            problems.add(
                Some(record.line),
                Some(&column),
                format!("answer {at} has no `text`"),
                "Write each answer as an object with `text`.",
            );
            good = false;
            continue;
        };
        good &= problems.accept(record.line, &column, text);
        let name = |key: &str| response[key].as_str().map(str::to_owned);
        answers.push(Answer {
            id: name("response_id"),
            text: text.to_owned(),
            made_by: name("made_by").or_else(|| name("model")),
        });
    }
    let different =
        |answers: &[Answer]| answers.iter().any(|answer| answer.text != answers[0].text);
    if good && !different(&answers) {
        problems.add(
            Some(record.line),
            Some("responses"),
            "the prompt has fewer than two different answers".into(),
            "Give it two or more, or leave it out.",
        );
        good = false;
    }
    good.then(|| Row {
        line: record.line,
        id: record.name("prompt_id"),
        topic: record.name("topic"),
        prompt: prompt.to_owned(),
        answers,
    })
}
