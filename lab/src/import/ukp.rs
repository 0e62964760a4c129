//! UKP ConvArg1: which of two arguments for the same side is more convincing, by crowd workers.
//!
//! Source: `topics.jsonl`, `arguments.jsonl`, `pairs.csv`, `votes.csv`. A prompt is a topic with a side; ties are kept.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Imported, Maker, Report, files};
use crate::data::About;

/// Who must be named.
pub const ATTRIBUTION: &str = "UKPConvArg1, Habernal & Gurevych 2016, \"Which argument is more convincing?\", ACL 2016 (UKP Lab, TU Darmstadt), CC BY 4.0; arguments from createdebate.com (CC BY 3.0) and convinceme.net (public domain)";

/// An argument.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Argument {
    /// Its id, for example `arg219198`.
    #[serde(rename = "arg_id")]
    pub id: String,
    /// Topic with a side.
    pub topic_id: u32,
    /// The side, in the words of the debate.
    pub stance: String,
    /// Its text.
    pub text: String,
}

/// One worker's vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// The worker.
    pub worker: String,
    /// Indices of both arguments.
    pub arguments: (usize, usize),
    /// 1 for the first, 0 for the second, 0.5 for equal.
    pub label: f64,
}

/// The data as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Title of each topic with a side.
    pub titles: HashMap<u32, String>,
    /// Arguments in the order of the file.
    pub arguments: Vec<Argument>,
    /// Votes in the order of the file.
    pub votes: Vec<Vote>,
}

#[derive(Deserialize)]
struct Topic {
    topic_id: u32,
    title: String,
}

/// Reads the folder.
///
/// # Errors
/// When a file is missing or a line is wrong.
pub fn read(folder: &Path, report: &mut Report) -> Result<Source> {
    let mut source = Source::default();
    files::json_lines(folder, "topics.jsonl", |_, topic: Topic| {
        source.titles.insert(topic.topic_id, topic.title);
        Ok(())
    })?;
    let mut known = HashMap::new();
    files::json_lines(folder, "arguments.jsonl", |line, argument: Argument| {
        if !source.titles.contains_key(&argument.topic_id) {
            bail!("topic {} is not in topics.jsonl", argument.topic_id);
        }
        if argument.text.trim().is_empty() {
            report.leave("empty arguments", format!("arguments.jsonl, line {line}"));
            return Ok(());
        }
        known.insert(argument.id.clone(), source.arguments.len());
        source.arguments.push(argument);
        Ok(())
    })?;
    let mut pairs = HashMap::new();
    files::csv_rows(folder, "pairs.csv", |line, row| {
        match (
            known.get(row.field("arg1_id")?),
            known.get(row.field("arg2_id")?),
        ) {
            (Some(a), Some(b)) if a != b => {
                pairs.insert(row.number::<u32>("pair_id")?, (*a, *b));
            }
            (Some(_), Some(_)) => bail!("{} is compared with itself", row.field("arg1_id")?),
            _ => report.leave(
                "pairs with an argument that has no text",
                format!("pairs.csv, line {line}"),
            ),
        }
        Ok(())
    })?;
    files::csv_rows(folder, "votes.csv", |line, row| {
        let label = match row.field("vote")? {
            "a1" => 1.0,
            "a2" => 0.0,
            "equal" => 0.5,
            other => bail!("the vote is {other:?}, not a1, a2 or equal"),
        };
        match pairs.get(&row.number::<u32>("pair_id")?) {
            Some(arguments) => source.votes.push(Vote {
                worker: row.field("worker")?.to_owned(),
                arguments: *arguments,
                label,
            }),
            None => report.leave(
                "votes on a pair that is not there",
                format!("votes.csv, line {line}"),
            ),
        }
        Ok(())
    })?;
    Ok(source)
}

/// The side as a question.
pub fn prompt(title: &str, stance: &str) -> String {
    format!(
        "{}\n\nWhich argument for “{}” is more convincing?",
        title.trim(),
        stance.trim()
    )
}

/// Imports the folder.
///
/// # Errors
/// When a file is missing or a line is wrong.
pub fn import(folder: &Path) -> Result<Imported> {
    let mut report = Report::default();
    let source = read(folder, &mut report)?;
    let mut maker = Maker::new(About {
        id: "ukp-convarg1".into(),
        title: "UKP ConvArg1".into(),
        licence: "CC-BY-4.0".into(),
        attribution: ATTRIBUTION.into(),
        simulated: false,
        note: "Workers said which of two arguments for the same side is more convincing; \"equal\" is a tie.".into(),
    });
    let mut items = Vec::with_capacity(source.arguments.len());
    for argument in &source.arguments {
        let title = source
            .titles
            .get(&argument.topic_id)
            .context("topics were checked when arguments were read")?;
        let text = prompt(title, &argument.stance);
        let prompt = maker.prompt(&format!("t{:02}", argument.topic_id), Some(&text));
        items.push(maker.item(&argument.id, Some(prompt), &argument.text));
    }
    for vote in &source.votes {
        let user = maker.user(&vote.worker);
        let (a, b) = (items[vote.arguments.0], items[vote.arguments.1]);
        let (chosen, rejected) = if vote.label < 0.5 { (b, a) } else { (a, b) };
        maker.vote(user, chosen, rejected, vote.label == 0.5, None);
    }
    Ok(Imported {
        data: maker.data,
        report,
    })
}
