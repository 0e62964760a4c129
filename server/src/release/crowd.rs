//! What many people say together: kept as counts while votes go by.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use palate_crowd::agreement::{Answers, Scale, value_of};
use palate_crowd::{Comparison, Outcome, Resampling, Statistics, pairs};
use palate_shared::api::figures::PackFigures;
use palate_shared::stats::{FEWEST_PEOPLE, Share, wilson};

use super::entry::Entry;
use super::splits::hash;
use super::tables::{agreement, leaderboard};
use super::texts::{Texts, answer};
use super::writer::TableWriter;
use crate::db::published::counts_together;

/// Values of an answer to a pair: first, tie, second, neither.
const VALUES: usize = 4;

/// Counts of one pack.
struct Pack {
    statistics: Statistics,
    answers: Answers,
    /// People who judged a pair.
    people: HashSet<u64>,
    /// Who judged which pair: each counts once.
    told: HashSet<u64>,
    first_shown: Decided,
    longer: Decided,
}

/// Decided votes, and those for one of the two sides.
#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    votes: u32,
    won: u32,
}

impl Decided {
    fn add(&mut self, won: bool) {
        self.votes += 1;
        self.won += u32::from(won);
    }

    fn share(self) -> Option<Share> {
        wilson(f64::from(self.won), self.votes)
    }
}

/// Counts of all packs.
#[derive(Default)]
pub(crate) struct Crowd {
    packs: BTreeMap<String, Pack>,
}

impl Crowd {
    /// Counts a vote, if it is one that counts together with others.
    ///
    /// # Errors
    /// When the kept pack lacks an answer.
    pub(crate) fn add(&mut self, entry: &Entry, texts: &Texts) -> anyhow::Result<()> {
        let vote = &entry.vote;
        if !counts_together(vote.blind, vote.policy) {
            return Ok(());
        }
        let prompt = texts.prompt(&vote.prompt_id)?;
        let pack = self
            .packs
            .entry(texts.pack.clone())
            .or_insert_with(|| Pack {
                statistics: Statistics::new(),
                answers: Answers::new(VALUES),
                people: HashSet::new(),
                told: HashSet::new(),
                first_shown: Decided::default(),
                longer: Decided::default(),
            });
        for pair in pairs(&entry.judgment(), &vote.shown) {
            let (first, second) = (&vote.shown[pair.first], &vote.shown[pair.second]);
            let (first_answer, second_answer) = (answer(prompt, first)?, answer(prompt, second)?);
            let (one, other) = (&first_answer.made_by, &second_answer.made_by);
            if let Outcome::First | Outcome::Second = pair.outcome {
                let first_won = pair.outcome == Outcome::First;
                pack.first_shown.add(first_won);
                match first_answer
                    .text
                    .chars()
                    .count()
                    .cmp(&second_answer.text.chars().count())
                {
                    Ordering::Less => pack.longer.add(!first_won),
                    Ordering::Equal => {}
                    Ordering::Greater => pack.longer.add(first_won),
                }
            }
            if one != other {
                pack.statistics.add(&Comparison {
                    weight: pair.weight * vote.influence.unwrap_or(1.0),
                    ..Comparison::plain(&vote.rater_id, one, other, pair.outcome)
                })?;
            }
            let mut ids = [first.as_str(), second.as_str()];
            ids.sort_unstable();
            let unit = format!("{}/{}/{}", vote.prompt_id, ids[0], ids[1]);
            pack.people.insert(hash("rater", &[&vote.rater_id]));
            if pack.told.insert(hash("told", &[&vote.rater_id, &unit])) {
                let value = value_of(first.as_str(), second.as_str(), pair.outcome);
                pack.answers.add(&unit, value)?;
            }
        }
        Ok(())
    }

    /// Adds the boards of all packs.
    ///
    /// # Errors
    /// When a file cannot be written or a figure cannot be computed.
    pub(crate) fn write_leaderboard(&self, out: &mut TableWriter) -> anyhow::Result<()> {
        for (name, pack) in &self.packs {
            leaderboard::write(name, &pack.statistics, out)?;
        }
        Ok(())
    }

    /// Adds the agreement of all packs that ten people judged at least, and returns what is said of them.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write_agreement(
        &self,
        out: &mut TableWriter,
    ) -> anyhow::Result<Vec<PackFigures>> {
        let mut figures = Vec::new();
        for (name, pack) in &self.packs {
            let people = pack.people.len() as u64;
            if people < FEWEST_PEOPLE {
                continue;
            }
            let found = pack
                .answers
                .agreement(Scale::Nominal, Resampling::default());
            agreement::write(name, &found, out)?;
            figures.push(PackFigures {
                pack: name.clone(),
                people,
                pairs: found.units as u64,
                judgments: found.judgments,
                alpha: found.alpha,
                percent: found.percent,
                first_shown: pack.first_shown.share(),
                longer: pack.longer.share(),
            });
        }
        Ok(figures)
    }
}
