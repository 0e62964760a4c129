//! Votes person by person, with no more of them in memory than one person gave.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::splits;
use super::tables::per_user_episodes::Vote;

/// What the tables of people need of a vote.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OfRater {
    rater_id: String,
    row_id: String,
    day: String,
    pack: String,
    prompt_id: String,
    states_preference: bool,
}

impl OfRater {
    pub(crate) fn new(entry: &Entry) -> Self {
        let vote = &entry.vote;
        Self {
            rater_id: vote.rater_id.clone(),
            row_id: vote.row_id.clone(),
            day: vote.day.clone(),
            pack: vote.pack.0.clone(),
            prompt_id: vote.prompt_id.0.clone(),
            states_preference: vote.groups.len() > 1,
        }
    }
}

impl OfRater {
    /// The prompt among those of all packs.
    pub(crate) fn prompt(&self) -> String {
        format!("{}/{}", self.pack, self.prompt_id)
    }
}

/// A person, vote by vote.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub rater_id: String,
    pub votes: u64,
    pub days: BTreeSet<String>,
    /// Votes that prefer one answer to another.
    pub stated: Vec<Vote>,
}

impl Person {
    /// The next person, if the vote is of another.
    pub(crate) fn next(&mut self, vote: &OfRater) -> Option<Self> {
        if self.rater_id == vote.rater_id {
            return None;
        }
        let next = Self {
            rater_id: vote.rater_id.clone(),
            ..Self::default()
        };
        Some(std::mem::replace(self, next)).filter(|done| done.votes > 0)
    }

    /// Counts a vote of theirs.
    pub(crate) fn add(&mut self, vote: OfRater) {
        self.votes += 1;
        if vote.states_preference {
            self.stated.push(Vote {
                prompt_split: splits::of_prompt(&vote.pack, &vote.prompt_id),
                prompt: vote.prompt(),
                row_id: vote.row_id,
            });
        }
        self.days.insert(vote.day);
    }
}
