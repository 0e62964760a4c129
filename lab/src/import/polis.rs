//! Polis: people agree or disagree with statements; a pair is "agrees with A, disagrees with B".
//!
//! Source: `comments.csv` and `participants-votes.csv` of an export of Polis (here: Bowling Green, 2018). A person with `a`
//! agreements and `d` disagreements implies `a·d` pairs; of these a sample is drawn, without replacement, from a seed and the
//! participant's number. A pass says nothing.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::{Imported, Maker, Options, Report, files};
use crate::data::About;

/// The one question.
pub const PROMPT: &str = "What do you believe should change in Bowling Green/Warren County in order to make it a better place to live, work and spend time?";

/// Who must be named.
pub const ATTRIBUTION: &str = "Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed under CC BY 4.0 with Attribution to The Computational Democracy Project. The data and more information about how the data was collected can be found at https://compdemocracy.org/case-studies/2018-kentucky";

/// Votes on accepted statements that a person needs, without another wish.
const LEAST_VOTES: usize = 20;

/// A statement that moderators accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Number in the export.
    pub id: u32,
    /// Its text.
    pub text: String,
    /// People who agree.
    pub agrees: usize,
    /// People who disagree.
    pub disagrees: usize,
}

/// A participant: indices of statements.
#[derive(Clone, Debug, PartialEq)]
pub struct Participant {
    /// Number in the export.
    pub id: u64,
    /// Agrees with.
    pub agrees: Vec<usize>,
    /// Disagrees with.
    pub disagrees: Vec<usize>,
}

/// Reads accepted statements, by number, and all votes on them.
///
/// # Errors
/// When a file is missing or a line is wrong.
pub fn read(folder: &Path, report: &mut Report) -> Result<(Vec<Statement>, Vec<Participant>)> {
    let mut statements = Vec::new();
    files::csv_rows(folder, "comments.csv", |line, row| {
        let place = || format!("comments.csv, line {line}");
        let text = row.field("comment-body")?.trim();
        if row.number::<i8>("moderated")? < 1 {
            report.leave("statements that moderators did not accept", place());
        } else if text.is_empty() {
            report.leave("empty statements", place());
        } else {
            statements.push(Statement {
                id: row.number("comment-id")?,
                text: text.to_owned(),
                agrees: 0,
                disagrees: 0,
            });
        }
        Ok(())
    })?;
    statements.sort_by_key(|statement| statement.id);
    ensure!(
        statements.windows(2).all(|two| two[0].id != two[1].id),
        "comments.csv: a comment-id is there twice"
    );
    let columns: Vec<String> = statements.iter().map(|one| one.id.to_string()).collect();
    let mut participants = Vec::new();
    let name = "participants-votes.csv";
    files::csv_rows(folder, name, |line, row| {
        let mut participant = Participant {
            id: row.number("participant")?,
            agrees: vec![],
            disagrees: vec![],
        };
        for (at, column) in columns.iter().enumerate() {
            match row.field(column)? {
                "1" => participant.agrees.push(at),
                "-1" => participant.disagrees.push(at),
                "0" | "" => {}
                other => {
                    bail!("the vote on statement {column} is {other:?}, not 1, 0, -1 or nothing")
                }
            }
        }
        for at in &participant.agrees {
            statements[*at].agrees += 1;
        }
        for at in &participant.disagrees {
            statements[*at].disagrees += 1;
        }
        if participant.agrees.is_empty() && participant.disagrees.is_empty() {
            report.leave(
                "people who neither agree nor disagree with anything",
                format!("{name}, line {line}"),
            );
        } else {
            participants.push(participant);
        }
        Ok(())
    })?;
    Ok((statements, participants))
}

/// Imports the folder.
///
/// # Errors
/// When a file is missing or a line is wrong.
pub fn import(folder: &Path, options: &Options) -> Result<Imported> {
    let mut report = Report::default();
    let (statements, participants) = read(folder, &mut report)?;
    let least = options.least_votes.unwrap_or(LEAST_VOTES);
    let mut maker = Maker::new(About {
        id: "polis-bowling-green".into(),
        title: "Polis, Bowling Green".into(),
        licence: "CC-BY-4.0".into(),
        attribution: ATTRIBUTION.into(),
        simulated: false,
        note: format!(
            "Pairs \"agrees with A, disagrees with B\": for each person with at least {least} votes on accepted statements, \
             at most {} of the pairs that their votes imply, drawn uniformly without replacement from seed {}.",
            options.pairs, options.seed
        ),
    });
    let prompt = maker.prompt("change", Some(PROMPT));
    let items: Vec<usize> = statements
        .iter()
        .map(|statement| maker.item(&format!("s{}", statement.id), Some(prompt), &statement.text))
        .collect();
    for participant in &participants {
        let place = format!("participant {}", participant.id);
        let (agrees, disagrees) = (&participant.agrees, &participant.disagrees);
        if agrees.len() + disagrees.len() < least {
            report.leave(&format!("people with fewer than {least} votes"), place);
            continue;
        }
        let implied = agrees.len() * disagrees.len();
        if implied == 0 {
            report.leave("people who only agree or only disagree", place);
            continue;
        }
        let user = maker.user(&format!("p{}", participant.id));
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(participant.id);
        for pair in index::sample(&mut rng, implied, options.pairs.min(implied)) {
            let (chosen, rejected) = (
                agrees[pair / disagrees.len()],
                disagrees[pair % disagrees.len()],
            );
            maker.prefer(user, items[chosen], items[rejected]);
        }
    }
    Ok(Imported {
        data: maker.data,
        report,
    })
}
