//! What many people say together: kept as counts while votes go by.

use std::collections::{BTreeMap, HashSet};

use palate_crowd::agreement::{Answers, value_of};
use palate_crowd::{Comparison, Statistics, pairs};

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
            });
        for pair in pairs(&entry.judgment(), &vote.shown) {
            let (first, second) = (&vote.shown[pair.first], &vote.shown[pair.second]);
            let one = &answer(prompt, first)?.made_by;
            let other = &answer(prompt, second)?.made_by;
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

    /// Adds the agreement of all packs.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write_agreement(&self, out: &mut TableWriter) -> anyhow::Result<()> {
        for (name, pack) in &self.packs {
            agreement::write(name, pack.people.len() as u64, &pack.answers, out)?;
        }
        Ok(())
    }
}
