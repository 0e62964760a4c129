//! Brings the counts up to date with the database.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::held::{Held, Seen};
use super::items::Items;
use crate::clock::{MINUTE_MS, now_ms};
use crate::db::connection::Snapshot;
use crate::db::published::{Published, Written};
use crate::state::AppState;

/// What was written this long before the last look is looked at again: a transaction may end after one that began later, and
/// clocks of servers differ.
const OVERLAP_MS: i64 = 2 * MINUTE_MS;

type Packs = HashMap<String, Option<Arc<Items>>>;

/// Looks once.
///
/// # Errors
/// When the database fails or does not hold what was written; then the counts stay as they were.
pub(super) async fn look(state: &AppState) -> anyhow::Result<()> {
    let now = now_ms();
    let mut view = state.db.reader().snapshot().await?;
    let assessment = view.last_assessment().await?;
    let (last, changes) = {
        let held = &state.boards.held;
        let held = held.read().unwrap_or_else(PoisonError::into_inner);
        let last = held.as_ref().map(|held| held.seen.clone());
        (last, held.as_ref().map_or(0, Held::changes))
    };
    match last {
        Some(last) if last.assessment == assessment => {
            catch_up(state, &mut view, now, &last).await?;
        }
        _ => read_all(state, &mut view, now, assessment, changes).await?,
    }
    view.close().await?;
    Ok(())
}

/// Reads all votes anew, beside what is there.
async fn read_all(
    state: &AppState,
    view: &mut Snapshot,
    now: i64,
    assessment: Option<String>,
    changes: u64,
) -> anyhow::Result<()> {
    let mut held = Held::new(view.assessed().await?, changes + 1);
    let mut after = String::new();
    loop {
        let page = view.published_after(&after).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.comparison_id);
        let mut library = state.boards.library.lock().await;
        let packs = library.with(&state.config.data_dir, hashes(&page)).await?;
        add(&mut held, &page, packs)?;
    }
    let since = now - OVERLAP_MS;
    let written = view.written_since(&first_id(since), since).await?;
    held.seen = Seen {
        at_ms: now,
        assessment,
        ids: ids(&written),
    };
    let mut kept = state
        .boards
        .held
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *kept = Some(held);
    Ok(())
}

/// Takes in what was written since the last look.
async fn catch_up(
    state: &AppState,
    view: &mut Snapshot,
    now: i64,
    last: &Seen,
) -> anyhow::Result<()> {
    let since = last.at_ms - OVERLAP_MS;
    let after = first_id(since);
    let written = view.written_since(&after, since).await?;
    let is_new = |id: &String| !last.ids.contains(id);
    let mut again: BTreeSet<&str> = BTreeSet::new();
    let mut added: HashSet<&str> = HashSet::new();
    for revision in written.revisions.iter().filter(|one| is_new(&one.id)) {
        if revision.supersedes_id.is_some() {
            again.insert(&revision.user_id);
        } else {
            added.insert(&revision.id);
        }
    }
    let words = written.words.iter().filter(|one| is_new(&one.id));
    again.extend(words.map(|word| word.user_id.as_str()));
    let mut votes = Vec::new();
    for user_id in &again {
        votes.extend(view.published_of(user_id).await?);
    }
    if !added.is_empty() {
        let new = view.published_since(&after).await?;
        votes.extend(new.into_iter().filter(|vote| {
            added.contains(vote.judgment_id.as_str()) && !again.contains(vote.user_id.as_str())
        }));
    }
    let everyone = if written.erasures.iter().any(is_new) {
        Some(view.everyone().await?)
    } else {
        None
    };
    let mut library = state.boards.library.lock().await;
    let packs = library.with(&state.config.data_dir, hashes(&votes)).await?;
    let mut kept = state
        .boards
        .held
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    let Some(held) = kept.as_mut() else {
        return Ok(());
    };
    if let Some(everyone) = everyone {
        let gone: Vec<String> = held
            .people()
            .filter(|person| !everyone.contains(*person))
            .map(str::to_owned)
            .collect();
        gone.iter().for_each(|person| held.forget(person));
    }
    again.iter().for_each(|person| held.forget(person));
    add(held, &votes, packs)?;
    held.seen = Seen {
        at_ms: now,
        assessment: last.assessment.clone(),
        ids: ids(&written),
    };
    Ok(())
}

fn add(held: &mut Held, votes: &[Published], packs: &Packs) -> anyhow::Result<()> {
    for vote in votes {
        if let Some(Some(items)) = packs.get(&vote.items_sha256) {
            held.add(vote, items)?;
        }
    }
    Ok(())
}

fn hashes(votes: &[Published]) -> BTreeSet<&str> {
    votes
        .iter()
        .map(|vote| vote.items_sha256.as_str())
        .collect()
}

fn ids(written: &Written) -> HashSet<String> {
    let revisions = written.revisions.iter().map(|one| one.id.clone());
    let words = written.words.iter().map(|one| one.id.clone());
    revisions
        .chain(words)
        .chain(written.erasures.iter().cloned())
        .collect()
}

/// What sorts before every id that was made from `ms` on: ids are UUIDv7.
fn first_id(ms: i64) -> String {
    format!("{:08x}-{:04x}", ms >> 16, ms & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_after_the_moment_before_they_were_made() {
        let now = now_ms();
        let id = uuid::Uuid::now_v7().to_string();
        assert!(first_id(now) < id && first_id(now + MINUTE_MS) > id);
    }
}
