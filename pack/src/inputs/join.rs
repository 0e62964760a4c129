//! Rows to prompts: rows with the same prompt are one prompt, equal answers of a prompt are one answer.

use std::collections::{BTreeSet, HashMap};

use palate_shared::pack::{PackPrompt, PackResponse, is_plain_name};

use super::record::{Problems, Row, pairs};
use super::{MOST_ANSWERS, MOST_COMPARISONS, MOST_PROMPTS};

/// Topic of prompts that name none.
const TOPIC: &str = "general";
/// Author of answers that name none.
const AUTHOR: &str = "study";
/// Most bytes of a topic, which is kept with every comparison.
const MOST_TOPIC: usize = 64;

/// All prompts, in the order of their first rows. Ids that rows do not give are made from that order.
pub(super) fn join(rows: Vec<Row>, problems: &mut Problems) -> Vec<PackPrompt> {
    let mut prompts: Vec<PackPrompt> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut ids = BTreeSet::new();
    let mut claim = |id: String, line: u64, column: &str, problems: &mut Problems| {
        if !is_plain_name(&id) || id.len() > 64 {
            problems.add(
                Some(line),
                Some(column),
                format!("the id {id:?} is no name"),
                "Use 1 to 64 letters, digits, '-', '_' and '.', or leave ids out.",
            );
        } else if !ids.insert(id.clone()) {
            problems.add(
                Some(line),
                Some(column),
                format!("the id {id:?} is there twice, for different texts"),
                "Give each text its own id, or leave ids out.",
            );
        }
        id
    };
    for row in rows {
        let line = row.line;
        let place = match places.get(&row.prompt) {
            Some(place) => *place,
            None => {
                let made = || format!("p{:04}", prompts.len() + 1);
                let id = claim(row.id.unwrap_or_else(made), line, "prompt_id", problems);
                if row
                    .topic
                    .as_ref()
                    .is_some_and(|topic| topic.len() > MOST_TOPIC)
                {
                    problems.add(
                        Some(line),
                        Some("topic"),
                        format!("the topic has more than {MOST_TOPIC} bytes"),
                        "Shorten it, or leave it out.",
                    );
                }
                places.insert(row.prompt.clone(), prompts.len());
                prompts.push(PackPrompt {
                    id: id.into(),
                    topic: row.topic.unwrap_or_else(|| TOPIC.to_owned()),
                    text: row.prompt,
                    responses: vec![],
                });
                prompts.len() - 1
            }
        };
        let prompt = &mut prompts[place];
        for answer in row.answers {
            let is_known = || {
                prompt
                    .responses
                    .iter()
                    .any(|known| known.text == answer.text)
            };
            if prompt.responses.len() > MOST_ANSWERS || is_known() {
                continue;
            }
            let made = || format!("{}-{}", prompt.id, prompt.responses.len() + 1);
            let id = claim(
                answer.id.unwrap_or_else(made),
                line,
                "response_id",
                problems,
            );
            prompt.responses.push(PackResponse {
                id: id.into(),
                text: answer.text,
                made_by: answer.made_by.unwrap_or_else(|| AUTHOR.to_owned()),
                directives: None,
                parent: None,
                seed: None,
            });
            if prompt.responses.len() == MOST_ANSWERS + 1 {
                problems.add(
                    Some(line),
                    None,
                    format!("a prompt has more than {MOST_ANSWERS} different answers"),
                    "Leave answers out.",
                );
            }
        }
    }
    let comparisons: u64 = prompts
        .iter()
        .map(|prompt| pairs(prompt.responses.len() as u64))
        .sum();
    for (count, most, what) in [
        (prompts.len() as u64, MOST_PROMPTS as u64, "prompts"),
        (comparisons, MOST_COMPARISONS, "comparisons"),
    ] {
        if count > most {
            problems.add(
                None,
                None,
                format!("there are {count} {what}, and at most {most} are taken"),
                "Make several studies of it.",
            );
        }
    }
    prompts
}
