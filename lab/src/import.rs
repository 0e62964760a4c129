//! Published data sets into the canonical format, one file per source.
//!
//! A line that cannot be read refuses the whole import and is named. A row that can be read but not used is left out,
//! counted by reason, and the first of its kind are named: nothing is dropped in silence.

pub mod files;
pub mod mtbench;
pub mod pandalm;
pub mod persona;
pub mod polis;
pub mod release;
pub mod ukp;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::data::{About, Comparison, Dataset, Item, Part, Prompt, User};

/// A source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "native", derive(clap::ValueEnum))]
pub enum Kind {
    /// Anthropic's persona statements, as PAL's sanity check.
    Persona,
    /// Polis, Bowling Green.
    Polis,
    /// UKP ConvArg1.
    Ukp,
    /// Human votes of MT-bench.
    Mtbench,
    /// PandaLM's test set.
    Pandalm,
    /// A release of Palate.
    Release,
}

/// What an import may be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Seed of what is drawn (`persona`, `polis`).
    pub seed: u64,
    /// Most pairs of a person, where pairs are drawn (`polis`).
    pub pairs: usize,
    /// People with fewer votes are left out; none means 20 for `polis`, 1 elsewhere.
    pub least_votes: Option<usize>,
    /// Groups of people (`persona`), 2 to 6.
    pub groups: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            pairs: 100,
            least_votes: None,
            groups: 6,
        }
    }
}

/// A data set and what became of its source.
#[derive(Clone, Debug)]
pub struct Imported {
    /// In the canonical format.
    pub data: Dataset,
    /// What was left out or changed.
    pub report: Report,
}

/// Reads a source.
///
/// # Errors
/// When a file is missing or a line cannot be read; the message names file and line.
pub fn import(kind: Kind, source: &Path, options: &Options) -> Result<Imported> {
    let imported = match kind {
        Kind::Persona => persona::import(source, options),
        Kind::Polis => polis::import(source, options),
        Kind::Ukp => ukp::import(source),
        Kind::Mtbench => mtbench::import(source),
        Kind::Pandalm => pandalm::import(source),
        Kind::Release => release::import(source),
    }?;
    let imported = match (kind, options.least_votes) {
        (Kind::Polis, _) | (_, None) => imported,
        (_, Some(least)) => with_votes(imported, least),
    };
    ensure!(
        !imported.data.pairs.is_empty(),
        "{} gives no pair\n{}",
        source.display(),
        imported.report
    );
    Ok(imported)
}

/// Leaves out people with fewer votes than `least`, and items that nobody then voted on.
fn with_votes(imported: Imported, least: usize) -> Imported {
    let Imported { data, mut report } = imported;
    let votes: Vec<usize> = data.by_user().iter().map(Vec::len).collect();
    let mut maker = Maker::new(data.about.clone());
    for pair in &data.pairs {
        let user = &data.users[pair.user];
        if votes[pair.user] < least {
            report.leave(
                &format!("votes of people with fewer than {least}"),
                &user.id,
            );
            continue;
        }
        let mut item = |at: usize| {
            let item = &data.items[at];
            let prompt = item.prompt.map(|at| {
                let prompt = &data.prompts[at];
                maker.prompt(&prompt.id, prompt.text.as_deref())
            });
            maker.item(&item.id, prompt, item.text.as_deref().unwrap_or_default())
        };
        let (chosen, rejected) = (item(pair.chosen), item(pair.rejected));
        let user = maker.user_with(&user.id, &user.attributes);
        maker.data.pairs.push(Comparison {
            user,
            chosen,
            rejected,
            ..pair.clone()
        });
    }
    Imported {
        data: maker.data,
        report,
    }
}

/// What was left out or changed, by reason, in the order of first appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Rows that are not in the data set.
    pub left_out: Vec<Noted>,
    /// Rows that are, but not as they were.
    pub changed: Vec<Noted>,
}

/// A reason, how often it held, and where first.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    /// The reason.
    pub why: String,
    /// Rows.
    pub count: usize,
    /// The first of their places.
    pub places: Vec<String>,
}

/// Places that a report names for each reason.
const PLACES: usize = 5;

impl Report {
    /// A row is left out.
    pub fn leave(&mut self, why: &str, place: impl fmt::Display) {
        note(&mut self.left_out, why, place);
    }

    /// A row is changed.
    pub fn change(&mut self, why: &str, place: impl fmt::Display) {
        note(&mut self.changed, why, place);
    }

    /// How many rows were left out for this reason.
    pub fn left(&self, why: &str) -> usize {
        self.left_out
            .iter()
            .find(|noted| noted.why == why)
            .map_or(0, |noted| noted.count)
    }
}

fn note(list: &mut Vec<Noted>, why: &str, place: impl fmt::Display) {
    let at = list.iter().position(|noted| noted.why == why);
    let at = at.unwrap_or_else(|| {
        list.push(Noted {
            why: why.to_owned(),
            count: 0,
            places: vec![],
        });
        list.len() - 1
    });
    let noted = &mut list[at];
    noted.count += 1;
    let place = place.to_string();
    if noted.places.len() < PLACES && !noted.places.contains(&place) {
        noted.places.push(place);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, list) in [("left out", &self.left_out), ("changed", &self.changed)] {
            for noted in list {
                let places = noted.places.join("; ");
                let more = if noted.count > noted.places.len() {
                    "; …"
                } else {
                    ""
                };
                writeln!(
                    out,
                    "{title}: {} × {} ({places}{more})",
                    noted.count, noted.why
                )?;
            }
        }
        Ok(())
    }
}

/// What a data set holds, in a few words.
pub fn summary(data: &Dataset) -> String {
    let ties = data.pairs.iter().filter(|pair| pair.tie).count();
    let mut votes: Vec<usize> = data.by_user().iter().map(Vec::len).collect();
    votes.sort_unstable();
    let median = votes.get(votes.len() / 2).copied().unwrap_or_default();
    let part = |part: Part| {
        data.pairs
            .iter()
            .filter(|pair| pair.split == Some(part))
            .count()
    };
    let split = match (part(Part::Train), part(Part::Test)) {
        (0, 0) => "no split".to_owned(),
        (train, test) => format!("{train} train, {test} test"),
    };
    format!(
        "kept: {} people, {} items, {} prompts, {} pairs ({ties} ties; {split}; median {median} a person)",
        data.users.len(),
        data.items.len(),
        data.prompts.len(),
        data.pairs.len(),
    )
}

/// Puts a data set together by ids.
#[derive(Debug, Default)]
pub struct Maker {
    /// What there is so far.
    pub data: Dataset,
    prompts: HashMap<String, usize>,
    items: HashMap<String, usize>,
    users: HashMap<String, usize>,
}

impl Maker {
    /// Without anything yet.
    pub fn new(about: About) -> Self {
        Self {
            data: Dataset {
                about,
                ..Dataset::default()
            },
            ..Self::default()
        }
    }

    /// Index of a prompt, added when it is new.
    pub fn prompt(&mut self, id: &str, text: Option<&str>) -> usize {
        *self.prompts.entry(id.to_owned()).or_insert_with(|| {
            self.data.prompts.push(Prompt {
                id: id.to_owned(),
                text: text.map(str::to_owned),
            });
            self.data.prompts.len() - 1
        })
    }

    /// Index of an item, added when it is new.
    pub fn item(&mut self, id: &str, prompt: Option<usize>, text: &str) -> usize {
        *self.items.entry(id.to_owned()).or_insert_with(|| {
            self.data.items.push(Item {
                id: id.to_owned(),
                prompt,
                text: Some(text.to_owned()),
                vector: None,
            });
            self.data.items.len() - 1
        })
    }

    /// Index of a person, added when they are new.
    pub fn user(&mut self, id: &str) -> usize {
        self.user_with(id, &[])
    }

    /// Index of a person of whom more is known than votes.
    pub fn user_with(&mut self, id: &str, attributes: &[f32]) -> usize {
        *self.users.entry(id.to_owned()).or_insert_with(|| {
            self.data.users.push(User {
                id: id.to_owned(),
                attributes: attributes.to_vec(),
            });
            self.data.users.len() - 1
        })
    }

    /// A preference without a split.
    pub fn prefer(&mut self, user: usize, chosen: usize, rejected: usize) {
        self.vote(user, chosen, rejected, false, None);
    }

    /// A vote.
    pub fn vote(
        &mut self,
        user: usize,
        chosen: usize,
        rejected: usize,
        tie: bool,
        split: Option<Part>,
    ) {
        self.data.pairs.push(Comparison {
            user,
            chosen,
            rejected,
            tie,
            context: None,
            split,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_by_reason_and_names_the_first() {
        let mut report = Report::default();
        for line in 1..=7 {
            report.leave("empty", format!("line {line}"));
        }
        report.change("written as text", "line 9");
        assert_eq!(report.left("empty"), 7);
        assert_eq!(
            report.to_string(),
            "left out: 7 × empty (line 1; line 2; line 3; line 4; line 5; …)\nchanged: 1 × written as text (line 9)\n"
        );
    }
}
