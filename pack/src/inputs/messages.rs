//! Texts that may be conversations: a list of `{role, content}`, such a list written as text (in CSV), or plain text.

use serde::Deserialize;
use serde_json::Value;

use super::record::{Problems, Record};

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    role: String,
    content: String,
}

/// The messages of a column; plain text is one by `role`. Says what is wrong if it is neither.
pub(super) fn read(
    record: &Record,
    column: &str,
    role: &str,
    problems: &mut Problems,
) -> Option<Vec<Message>> {
    let value = record.need(column, problems)?;
    let messages = match value {
        Value::String(text) => match written_list(text) {
            Some(list) => messages(&list, role),
            None => Some(vec![Message {
                role: role.to_owned(),
                content: text.clone(),
            }]),
        },
        Value::Array(list) => messages(list, role),
        _ => None,
    };
    if messages.is_none() {
        problems.add(
            Some(record.line),
            Some(column),
            format!("`{column}` is neither a text nor a list of messages"),
            "Write a text, or a list of objects with `role` and `content`.",
        );
    }
    messages
}

/// A list of messages or texts that was written into a text.
fn written_list(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    if !text.starts_with('[') {
        return None;
    }
    let list: Vec<Value> = serde_json::from_str(text).ok()?;
    let is_written = |value: &Value| value.is_string() || value.get("content").is_some();
    (!list.is_empty() && list.iter().all(is_written)).then_some(list)
}

fn messages(list: &[Value], role: &str) -> Option<Vec<Message>> {
    #[derive(Deserialize)]
    struct Written {
        role: String,
        content: Value,
    }
    let message = |value: &Value| match value {
        Value::String(text) => Some(Message {
            role: role.to_owned(),
            content: text.clone(),
        }),
        _ => {
            let Written { role, content } = Written::deserialize(value).ok()?;
            Some(Message {
                role,
                content: content_of(&content)?,
            })
        }
    };
    let messages: Vec<Message> = list.iter().map(message).collect::<Option<_>>()?;
    (!messages.is_empty()).then_some(messages)
}

/// A text, or the texts of a list of parts.
fn content_of(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Option<Vec<&str>> = parts.iter().map(|part| part["text"].as_str()).collect();
            Some(texts?.join("\n\n"))
        }
        _ => None,
    }
}

/// What two conversations begin with alike, and how each goes on. Each keeps its last message.
pub(super) fn split(
    mut first: Vec<Message>,
    mut second: Vec<Message>,
) -> (Vec<Message>, Vec<Message>, Vec<Message>) {
    let most = first.len().min(second.len()).saturating_sub(1);
    let alike = first
        .iter()
        .zip(&second)
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let first_rest = first.split_off(alike);
    let second_rest = second.split_off(alike);
    (first, first_rest, second_rest)
}

/// Messages as one text: a single one as it is, several with their roles.
pub(super) fn text(messages: &[Message]) -> String {
    if let [message] = messages {
        return message.content.clone();
    }
    let parts: Vec<String> = messages
        .iter()
        .map(|message| {
            let name = match message.role.as_str() {
                "user" | "human" => "User",
                "assistant" | "gpt" => "Assistant",
                "system" => "System",
                other => other,
            };
            format!("**{name}:**\n\n{}", message.content)
        })
        .collect();
    parts.join("\n\n")
}

/// The texts of a pair: a prompt from its own column, or what both conversations begin with.
pub(super) fn pair(
    record: &Record,
    columns: [&str; 2],
    problems: &mut Problems,
) -> Option<(String, [String; 2])> {
    let [first, second] = columns.map(|column| read(record, column, "assistant", problems));
    let (alike, first, second) = split(first?, second?);
    let prompt = match record.get("prompt") {
        Some(_) => text(&read(record, "prompt", "user", problems)?),
        None if !alike.is_empty() => text(&alike),
        None => {
            problems.add(
                Some(record.line),
                Some("prompt"),
                format!(
                    "there is no `prompt`, and `{}` and `{}` do not begin with the same messages",
                    columns[0], columns[1]
                ),
                "Add the column `prompt`, or give both conversations from their first message on.",
            );
            return None;
        }
    };
    let texts = [text(&first), text(&second)];
    let mut good = problems.accept(record.line, "prompt", &prompt);
    for (column, text) in columns.iter().zip(&texts) {
        good &= problems.accept(record.line, column, text);
    }
    if good && texts[0] == texts[1] {
        problems.add(
            Some(record.line),
            Some(columns[1]),
            format!("`{}` and `{}` are the same text", columns[0], columns[1]),
            "Leave the row out: there is nothing to compare.",
        );
        good = false;
    }
    good.then_some((prompt, texts))
}
