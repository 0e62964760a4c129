//! MT-bench: which of two models' answers people found better, with judge ids.
//!
//! Source: `question.jsonl`, `answers/<model>.jsonl`, `votes/human.jsonl`. A prompt is a question at a turn; for the second
//! turn its text is both of the user's turns (the first answers, which differ, are not in it). GPT-4's votes are not read.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{Imported, Maker, Report, files};
use crate::data::About;

#[derive(Deserialize)]
struct Question {
    question_id: u32,
    turns: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    question_id: u32,
    model_id: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    turns: Vec<String>,
}

#[derive(Deserialize)]
struct VoteRow {
    question_id: u32,
    turn: usize,
    model_a: String,
    model_b: String,
    winner: String,
    judge: String,
}

/// Imports the folder.
///
/// # Errors
/// When a file is missing or a line is wrong.
pub fn import(folder: &Path) -> Result<Imported> {
    let mut report = Report::default();
    let mut questions: HashMap<u32, Vec<String>> = HashMap::new();
    files::json_lines(folder, "question.jsonl", |_, question: Question| {
        questions.insert(question.question_id, question.turns);
        Ok(())
    })?;
    let answers = answers(&folder.join("answers"))?;
    let mut maker = Maker::new(About {
        id: "mtbench-human".into(),
        title: "MT-bench, human votes".into(),
        licence: "CC-BY-4.0 (votes and answers), Apache-2.0 (questions)".into(),
        attribution: "lmsys/mt_bench_human_judgments, Zheng et al. 2023, arXiv:2306.05685".into(),
        simulated: false,
        note: "Judges said which answer is better, not which they like. Experts and authors of the paper; a tie is a tie.".into(),
    });
    let mut voted = HashSet::new();
    files::json_lines(
        &folder.join("votes"),
        "human.jsonl",
        |line, row: VoteRow| {
            let (first_wins, tie) = match row.winner.as_str() {
                "model_a" => (true, false),
                "model_b" => (false, false),
                "tie" => (true, true),
                other => anyhow::bail!("the winner is {other:?}, not model_a, model_b or tie"),
            };
            ensure!(
                (1..=2).contains(&row.turn),
                "turn {} is not 1 or 2",
                row.turn
            );
            ensure!(
                row.model_a != row.model_b,
                "{} is compared with itself",
                row.model_a
            );
            let turns = questions
                .get(&row.question_id)
                .and_then(|turns| turns.get(..row.turn))
                .with_context(|| {
                    format!(
                        "question.jsonl lacks turn {} of question {}",
                        row.turn, row.question_id
                    )
                })?;
            let mut models = [&row.model_a, &row.model_b];
            models.sort_unstable();
            let question = format!("{}-{}", row.question_id, row.turn);
            if !voted.insert(format!("{question} {models:?} {}", row.judge)) {
                report.leave(
                    "second votes of a judge on the same comparison",
                    format!("votes/human.jsonl, line {line}"),
                );
                return Ok(());
            }
            let text = |model: &String| {
                answers
                    .get(&(row.question_id, model.clone()))
                    .and_then(|turns| turns.get(row.turn - 1))
                    .with_context(|| {
                        format!(
                            "answers/{model}.jsonl lacks turn {} of question {}",
                            row.turn, row.question_id
                        )
                    })
            };
            let (a, b) = (text(&row.model_a)?, text(&row.model_b)?);
            if a.trim().is_empty() || b.trim().is_empty() {
                report.leave(
                    "votes with an empty answer",
                    format!("votes/human.jsonl, line {line}"),
                );
                return Ok(());
            }
            let prompt = maker.prompt(&question, Some(&turns.join("\n\n")));
            let a = maker.item(&format!("{question}-{}", row.model_a), Some(prompt), a);
            let b = maker.item(&format!("{question}-{}", row.model_b), Some(prompt), b);
            let (chosen, rejected) = if first_wins { (a, b) } else { (b, a) };
            let user = maker.user(&row.judge);
            maker.vote(user, chosen, rejected, tie, None);
            Ok(())
        },
    )?;
    Ok(Imported {
        data: maker.data,
        report,
    })
}

/// Turns of each answer by question and model.
fn answers(folder: &Path) -> Result<HashMap<(u32, String), Vec<String>>> {
    let mut answers = HashMap::new();
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .map(|name| name.trim_end_matches(".gz").to_owned())
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    names.sort_unstable();
    for name in names {
        files::json_lines(folder, &name, |_, answer: Answer| {
            let turns = answer
                .choices
                .into_iter()
                .next()
                .context("it has no choice")?
                .turns;
            answers.insert((answer.question_id, answer.model_id), turns);
            Ok(())
        })?;
    }
    Ok(answers)
}
