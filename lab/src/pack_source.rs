//! Source text of packs from published data sets: what people wrote, to be voted on anew.
//!
//! The same source gives the same text; ids come from the source, so they stay when a pack is made again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::import::polis::Statement;
use crate::import::{Report, polis, ukp};

/// What a pack is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "native", derive(clap::ValueEnum))]
pub enum Kind {
    /// Statements of Polis, Bowling Green.
    Polis,
    /// Arguments of UKP ConvArg1.
    Ukp,
}

/// A line of `source.jsonl`.
#[derive(Serialize)]
struct Line<'a> {
    prompt_id: String,
    topic: &'a str,
    prompt: String,
    responses: Vec<Response<'a>>,
}

#[derive(Serialize)]
struct Response<'a> {
    response_id: String,
    text: &'a str,
}

/// Text of `source.jsonl`, and what was left out.
///
/// # Errors
/// When a file is missing or a line of it is wrong.
pub fn make(kind: Kind, source: &Path) -> Result<(String, Report)> {
    match kind {
        Kind::Polis => statements(source),
        Kind::Ukp => arguments(source),
    }
}

/// What people are asked about statements.
const WHICH: &str = "Which statement would you rather sign?";
/// Statements of a prompt.
const GROUP: usize = 6;
/// A group with fewer is dissolved into others.
const LEAST_GROUP: usize = 4;
/// People who agree or disagree that a statement needs.
const LEAST_VOTES: usize = 20;
/// Of each kind.
const LEAST_OF_EACH: usize = 5;
/// Share of words that two statements of one group may have in common (of those in either).
const MOST_OVERLAP: f64 = 0.2;

fn statements(source: &Path) -> Result<(String, Report)> {
    let mut report = Report::default();
    let (statements, _) = polis::read(source, &mut report)?;
    let mut usable = Vec::new();
    for statement in &statements {
        let (agrees, disagrees) = (statement.agrees, statement.disagrees);
        let place = format!("statement {}", statement.id);
        if agrees + disagrees < LEAST_VOTES || agrees.min(disagrees) < LEAST_OF_EACH {
            report.leave(
                &format!(
                    "statements with fewer than {LEAST_VOTES} votes or {LEAST_OF_EACH} of a kind"
                ),
                place,
            );
        } else {
            usable.push(statement);
        }
    }
    let mut lines = String::new();
    for (at, group) in groups(&usable).iter().enumerate() {
        let line = Line {
            prompt_id: format!("bg{:03}", at + 1),
            topic: "Bowling Green",
            prompt: WHICH.into(),
            responses: group
                .iter()
                .map(|statement| Response {
                    response_id: format!("bg-s{}", statement.id),
                    text: &statement.text,
                })
                .collect(),
        };
        lines += &serde_json::to_string(&line)?;
        lines.push('\n');
    }
    Ok((lines, report))
}

/// Groups of different statements: each goes to the first open group without a like one.
fn groups<'a>(statements: &[&'a Statement]) -> Vec<Vec<&'a Statement>> {
    let mut order = statements.to_vec();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    let mut groups: Vec<Vec<&Statement>> = Vec::new();
    let overlaps = |group: &[&Statement], statement: &Statement| {
        let words = words(&statement.text);
        group
            .iter()
            .map(|other| overlap(&words, &self::words(&other.text)))
            .fold(0.0, f64::max)
    };
    for statement in order {
        let open = groups
            .iter_mut()
            .find(|group| group.len() < GROUP && overlaps(group, statement) < MOST_OVERLAP);
        match open {
            Some(group) => group.push(statement),
            None => groups.push(vec![statement]),
        }
    }
    let (mut full, small): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| group.len() >= LEAST_GROUP);
    for statement in small.into_iter().flatten() {
        let least = full.iter_mut().min_by(|a, b| {
            (a.len(), overlaps(a, statement))
                .partial_cmp(&(b.len(), overlaps(b, statement)))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        match least {
            Some(group) => group.push(statement),
            None => full.push(vec![statement]),
        }
    }
    full
}

/// Words of four letters or more, in lower case.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() > 3)
        .map(str::to_lowercase)
        .collect()
}

fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let common = a.intersection(b).count() as f64;
    common / f64::max(a.union(b).count() as f64, 1.0)
}

/// Words that an argument may have.
const WORDS: std::ops::RangeInclusive<usize> = 20..=110;
/// Arguments of a prompt.
const ARGUMENTS: usize = 8;
/// Debates that are no matter for play: whether a group of people may marry, abortion, pornography.
const LEFT_OUT: [&str; 3] = [
    "Gay Marriage: Right or Wrong",
    "Pro-Choice vs. Pro-Life",
    "Is porn wrong?",
];

/// Of each side the arguments of moderate length that workers preferred most often: good ones, which differ in more than
/// quality.
fn arguments(source: &Path) -> Result<(String, Report)> {
    let mut report = Report::default();
    let source = ukp::read(source, &mut report)?;
    let mut scores = vec![(0.0, 0.0); source.arguments.len()];
    for vote in &source.votes {
        for (at, won) in [
            (vote.arguments.0, vote.label),
            (vote.arguments.1, 1.0 - vote.label),
        ] {
            scores[at].0 += won;
            scores[at].1 += 1.0;
        }
    }
    let share = |at: usize| scores[at].0 / f64::max(scores[at].1, 1.0);
    let mut sides: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, argument) in source.arguments.iter().enumerate() {
        let title = source.titles.get(&argument.topic_id);
        let place = || format!("argument {}", argument.id);
        if title.is_some_and(|title| LEFT_OUT.contains(&title.trim())) {
            report.leave("arguments of debates that are no matter for play", place());
        } else if !WORDS.contains(&argument.text.split_whitespace().count()) {
            report.leave("arguments of fewer than 20 or more than 110 words", place());
        } else {
            sides.entry(argument.topic_id).or_default().push(at);
        }
    }
    let mut lines = String::new();
    for (topic, mut side) in sides {
        side.sort_by(|a, b| share(*b).total_cmp(&share(*a)).then(a.cmp(b)));
        for at in side.split_off(ARGUMENTS.min(side.len())) {
            report.leave(
                "arguments that are not among the most preferred of their side",
                format!("argument {}", source.arguments[at].id),
            );
        }
        side.sort_unstable();
        let (Some(title), Some(first)) = (source.titles.get(&topic), side.first()) else {
            continue;
        };
        let line = Line {
            prompt_id: format!("arg{topic:02}"),
            topic: title.trim(),
            prompt: ukp::prompt(title, &source.arguments[*first].stance),
            responses: side
                .iter()
                .map(|at| Response {
                    response_id: source.arguments[*at].id.clone(),
                    text: source.arguments[*at].text.trim(),
                })
                .collect(),
        };
        lines += &serde_json::to_string(&line).context("a line of text is JSON")?;
        lines.push('\n');
    }
    Ok((lines, report))
}
