//! Numbers for the card and the changelog, counted from the rows that were written.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::texts::Texts;
use crate::db::wire_name;

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Votes by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Votes by the policy that chose the question.
    pub policies: BTreeMap<String, u64>,
    /// Votes by pack, with the licence of its texts.
    pub packs: BTreeMap<String, u64>,
    /// Votes by split of the person and of the prompt.
    pub splits: BTreeMap<String, u64>,
    /// Votes by day.
    pub days: BTreeMap<String, u64>,
    /// Distinct people.
    pub raters: u64,
    /// People whose buckets are left out.
    pub suppressed_raters: u64,
    /// Votes that the previous release had not.
    pub new_rows: u64,
    /// Rows of the previous release that are no more.
    pub gone_rows: u64,
}

impl Counts {
    /// Counts a vote.
    ///
    /// # Errors
    /// When a value has no name.
    pub(crate) fn add(&mut self, entry: &Entry, texts: &Texts) -> anyhow::Result<()> {
        let vote = &entry.vote;
        let pack = format!("{}, {}", vote.pack, texts.licence);
        let split = format!("{}, {}", vote.rater_split, vote.prompt_split);
        for (map, key) in [
            (&mut self.outcomes, wire_name(&vote.outcome)?),
            (&mut self.policies, wire_name(&vote.policy)?),
            (&mut self.packs, pack),
            (&mut self.splits, split),
            (&mut self.days, vote.day.clone()),
        ] {
            *map.entry(key).or_default() += 1;
        }
        Ok(())
    }
}
