//! The tables of a release, one file each. A new table of single votes is a file here and a line in [`of_votes`].

pub(crate) mod agreement;
pub(crate) mod arena;
pub(crate) mod leaderboard;
pub(crate) mod pairs_trl;
pub(crate) mod per_user_episodes;
pub(crate) mod predictions;
pub(crate) mod prompts;
pub(crate) mod rankings;
pub(crate) mod raters;
pub(crate) mod responses;
pub(crate) mod rewardbench2;
pub(crate) mod tombstones;
pub(crate) mod unpaired_kto;
pub(crate) mod votes;

use super::entry::Entry;
use super::schema::Spec;
use super::texts::Texts;
use super::writer::TableWriter;

/// A table whose rows come from one judgment at a time, in the order of their ids.
pub(crate) trait VoteTable: Send + Sync {
    /// What it looks like.
    fn spec(&self) -> &'static Spec;

    /// Adds the rows of a judgment.
    ///
    /// # Errors
    /// When the kept pack lacks a text, or a file cannot be written.
    fn write(&self, entry: &Entry, texts: &Texts, out: &mut TableWriter) -> anyhow::Result<()>;
}

/// Tables of single judgments.
pub(crate) fn of_votes() -> [&'static dyn VoteTable; 7] {
    [
        &votes::Votes,
        &predictions::Predictions,
        &pairs_trl::PairsTrl,
        &unpaired_kto::UnpairedKto,
        &rankings::Rankings,
        &arena::Arena,
        &rewardbench2::RewardBench2,
    ]
}

/// All tables, in the order of the card.
pub(crate) fn all() -> Vec<&'static Spec> {
    of_votes()
        .iter()
        .map(|table| table.spec())
        .chain([
            &per_user_episodes::SPEC,
            &raters::SPEC,
            &prompts::SPEC,
            &responses::SPEC,
            &leaderboard::SPEC,
            &agreement::SPEC,
            &tombstones::SPEC,
        ])
        .collect()
}
