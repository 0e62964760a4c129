//! `per_user_episodes`: what is known of a person, and what is to be told from it.
//!
//! People and prompts are both kept apart: an episode of a person in `test` asks about prompts in `test` only, and nobody's
//! known votes are about prompts outside `train`. Nothing that is asked in one split stands in another.

use serde::Serialize;

use crate::release::LICENCE;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::splits::{Split, hash};
use crate::release::writer::TableWriter;

/// Which choice of votes this is.
const SEED: u64 = 1;
/// Most votes on either side.
const MOST: usize = 256;

/// A vote that states a preference, as far as an episode needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub row_id: String,
    pub prompt_split: Split,
    /// Pack and prompt.
    pub prompt: String,
}

#[derive(Serialize)]
struct Row<'a> {
    rater_id: &'a str,
    seed: u64,
    support: Vec<&'a str>,
    query: Vec<&'a str>,
    split: &'static str,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::RATER_ID,
    column(
        "seed",
        Kind::Int,
        "Which choice of votes this is; always the same.",
    ),
    column(
        "support",
        Kind::Texts,
        "`row_id`s of votes to learn the person from, at most 256, all on prompts in `train`.",
    ),
    column(
        "query",
        Kind::Texts,
        "`row_id`s of votes to predict, at most 256, on prompts in the split of the row and not in `support`.",
    ),
    column(
        "split",
        Kind::Text,
        "`train`, `validation` or `test`: of the person, and of the prompts of `query`.",
    ),
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "per_user_episodes",
    summary: "per person, votes to learn from and votes to predict; people and prompts of the splits are disjoint",
    key: Some("rater_id"),
    columns: COLUMNS,
};

/// Adds the episode of a person, if their votes make one.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    rater_id: &str,
    split: Split,
    votes: &[Vote],
    out: &mut TableWriter,
) -> anyhow::Result<()> {
    let (support, query) = divide(split, votes);
    if support.is_empty() || query.is_empty() {
        return Ok(());
    }
    out.write(&Row {
        rater_id,
        seed: SEED,
        support,
        query,
        split: split.name(),
        licence: LICENCE,
    })
}

fn divide(split: Split, votes: &[Vote]) -> (Vec<&str>, Vec<&str>) {
    let seed = SEED.to_string();
    let mut support = Vec::new();
    let mut query = Vec::new();
    for vote in votes {
        let order = hash("palate/episodes/1", &[&seed, &vote.row_id]);
        // In `train`, the prompts themselves are divided, by a hash that has nothing to do with the person.
        let asks = hash("palate/episodes/ask/1", &[&seed, &vote.prompt]).is_multiple_of(2);
        match (split, vote.prompt_split) {
            (Split::Train, Split::Train) if asks => query.push((order, vote.row_id.as_str())),
            (_, Split::Train) => support.push((order, vote.row_id.as_str())),
            (of, prompt) if of == prompt => query.push((order, vote.row_id.as_str())),
            _ => {}
        }
    }
    (first(support), first(query))
}

fn first(mut chosen: Vec<(u64, &str)>) -> Vec<&str> {
    chosen.sort_unstable();
    chosen.truncate(MOST);
    chosen.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_one_split_are_never_asked_in_another() {
        let splits = [Split::Train, Split::Validation, Split::Test];
        let votes: Vec<Vote> = (0..2_000)
            .map(|at| Vote {
                row_id: format!("{at:032x}"),
                prompt_split: splits[at % 3],
                prompt: format!("starter/{}", at % 60),
            })
            .collect();
        let of = |id: &str| {
            votes
                .iter()
                .find(|vote| vote.row_id == id)
                .expect("is one of them")
        };
        for split in splits {
            let (support, query) = divide(split, &votes);
            assert_eq!((support.len(), query.len() > 100), (MOST, true));
            assert!(support.iter().all(|id| of(id).prompt_split == Split::Train));
            assert!(query.iter().all(|id| of(id).prompt_split == split));
            if split == Split::Train {
                let asked: std::collections::BTreeSet<&str> =
                    query.iter().map(|id| of(id).prompt.as_str()).collect();
                assert!(
                    support
                        .iter()
                        .all(|id| !asked.contains(of(id).prompt.as_str()))
                );
            }
            assert_eq!(divide(split, &votes), (support, query));
        }
    }
}
