//! Brings the visit to what is kept in the database: when it begins, and whenever another tab changed something there.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::ids::JudgmentId;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::leaving::Withdrawal;
use crate::outbox::{self, Entry};
use crate::state::{App, MODE, Mode, STUDY_VOTES, WITHDRAWALS};
use crate::store::{EVENTS, OUTBOX, PIECE, SETTINGS, Store};
use crate::tabs::{Part, Touched};
use crate::{account, contribute, json, ranking};

/// How this tab differs from the database.
#[derive(Default)]
pub(crate) struct News {
    touched: Touched,
    reading: bool,
    /// Votes that only this tab holds.
    pub(crate) only_here: Vec<JudgmentId>,
}

/// Another tab changed something: it is read in turn, and what hangs on it follows.
pub(crate) fn hear(app: App, touched: Touched) {
    let start = app.news.try_update_value(|news| {
        if touched.of(EVENTS) == Some(Part::All) {
            // Deleted there is deleted here.
            news.only_here.clear();
        }
        news.touched.add(touched);
        !std::mem::replace(&mut news.reading, true)
    });
    if start != Some(true) {
        return;
    }
    spawn_local(async move {
        app.opened().await;
        while let Some(touched) = next(app) {
            // What cannot be read now is read when the page is opened next.
            drop(read(app, &touched).await);
            follow(app, &touched);
        }
    });
}

fn next(app: App) -> Option<Touched> {
    app.news
        .try_update_value(|news| {
            let touched = std::mem::take(&mut news.touched);
            news.reading = !touched.is_empty();
            news.reading.then_some(touched)
        })
        .flatten()
}

/// What to do once the news are read.
fn follow(app: App, touched: &Touched) {
    if touched.of(EVENTS).is_some() {
        app.relearn();
        ranking::reconsider(app);
    }
    if is_standing(touched) {
        app.lost.set(false);
        if !app.withdrawals.with_untracked(Vec::is_empty) {
            account::settle_later(app);
        }
    }
    // The other tab may be closed before it has sent what it wrote.
    contribute::pump(app);
}

/// Reads outbox and standing anew, for the tab that talks to the server from now on; an error leaves what was known.
pub(crate) async fn catch_up(app: App) {
    drop(read(app, &Touched::boxes(&[OUTBOX, SETTINGS])).await);
}

/// Reads what was touched.
///
/// # Errors
/// When the browser cannot read.
pub(crate) async fn read(app: App, touched: &Touched) -> Result<()> {
    let Some(store) = app.store() else {
        return Ok(());
    };
    if let Some(part) = touched.of(OUTBOX) {
        read_outbox(app, &store, part).await?;
    }
    if is_standing(touched) {
        read_standing(app, &store).await?;
    }
    if let Some(part) = touched.of(EVENTS) {
        read_votes(app, &store, part).await?;
    }
    Ok(())
}

/// Votes never change: those that are new are read, and those that are gone are let go.
async fn read_votes(app: App, store: &Store, part: Part) -> Result<()> {
    let keys = match part {
        Part::Keys(keys) => keys,
        Part::All => {
            let keys = store.keys(EVENTS).await?;
            let mut kept: Vec<JudgmentId> = keys.iter().cloned().map(JudgmentId).collect();
            // A vote that only this tab holds was never there.
            kept.extend(app.news.with_value(|news| news.only_here.clone()));
            let left = app.events.with_untracked(|events| left(events, &kept));
            if let Some(left) = left {
                app.events.set(left);
            }
            keys
        }
    };
    let missing = app.events.with_untracked(|events| missing(events, keys));
    let mut new = Vec::new();
    for piece in missing.chunks(PIECE) {
        new.extend(decode(
            store.some(EVENTS, piece).await?.into_iter().flatten(),
        ));
    }
    if !new.is_empty() {
        app.events.update(|events| merge(events, new));
    }
    Ok(())
}

async fn read_outbox(app: App, store: &Store, part: Part) -> Result<()> {
    match part {
        Part::All => {
            let entries: Vec<Entry> = decode(store.all(OUTBOX).await?.into_iter());
            if app.outbox.with_untracked(|held| *held != entries) {
                app.outbox.set(entries);
            }
        }
        Part::Keys(keys) => {
            let found = store.some(OUTBOX, &keys).await?;
            let more = decode(found.into_iter().flatten());
            app.outbox.update(|entries| {
                entries.retain(|held| !keys.iter().any(|key| held.event.as_str() == key));
                outbox::place(entries, more);
            });
        }
    }
    Ok(())
}

/// Whether mode, withdrawals or the votes of studies were touched.
fn is_standing(touched: &Touched) -> bool {
    match touched.of(SETTINGS) {
        Some(Part::All) => true,
        Some(Part::Keys(keys)) => keys
            .iter()
            .any(|key| [MODE, WITHDRAWALS, STUDY_VOTES].contains(&key.as_str())),
        None => false,
    }
}

async fn read_standing(app: App, store: &Store) -> Result<()> {
    let mut found = store
        .some(
            SETTINGS,
            &[MODE, WITHDRAWALS, STUDY_VOTES].map(str::to_owned),
        )
        .await?
        .into_iter();
    let mode = found.next().flatten().unwrap_or_default();
    let pending = withdrawals(found.next().flatten());
    let votes = found.next().flatten().and_then(|votes| votes.parse().ok());
    app.study_votes.set(votes.unwrap_or_default());
    if app.unkept.get_untracked() {
        return Ok(());
    }
    let mode = Mode::named(mode.trim_matches('"'));
    if app.mode.get_untracked() != mode {
        app.mode.set(mode);
    }
    if app.withdrawals.with_untracked(|held| *held != pending) {
        app.withdrawals.set(pending);
    }
    Ok(())
}

/// The list of withdrawals as it is kept.
pub(crate) fn withdrawals(text: Option<String>) -> Vec<Withdrawal> {
    text.and_then(|text| json::parse(&text).ok())
        .unwrap_or_default()
}

fn decode<T: DeserializeOwned>(texts: impl Iterator<Item = String>) -> Vec<T> {
    texts.filter_map(|text| json::parse(&text).ok()).collect()
}

/// Adds votes to a log that has some of them, in the order of ids, which is that of the database.
pub(crate) fn merge(log: &mut Vec<VoteEvent>, votes: Vec<VoteEvent>) {
    let last = log.last().into_iter();
    if last.chain(&votes).is_sorted_by(|a, b| a.id < b.id) {
        // They come after all that is there.
        return log.extend(votes);
    }
    let mut all: Vec<Option<VoteEvent>> = log.drain(..).chain(votes).map(Some).collect();
    let id = |at: usize| all[at].as_ref().map(|event| &event.id);
    // Places in `all`, which are quicker moved than votes.
    let mut order: Vec<usize> = Vec::with_capacity(all.len());
    for at in 0..all.len() {
        let place = order.partition_point(|held| id(*held) < id(at));
        if order.get(place).is_none_or(|held| id(*held) != id(at)) {
            order.insert(place, at);
        }
    }
    log.extend(order.into_iter().filter_map(|at| all[at].take()));
}

/// The keys of votes that a log has not.
fn missing(log: &[VoteEvent], keys: Vec<String>) -> Vec<String> {
    let held: HashSet<&JudgmentId> = log.iter().map(|event| &event.id).collect();
    keys.into_iter()
        .map(JudgmentId)
        .filter(|id| !held.contains(id))
        .map(|id| id.0)
        .collect()
}

/// What is left of a log of which only some votes are kept; `None` when all are.
fn left(log: &[VoteEvent], kept: &[JudgmentId]) -> Option<Vec<VoteEvent>> {
    let kept: HashSet<&JudgmentId> = kept.iter().collect();
    let is_kept = |event: &&VoteEvent| kept.contains(&event.id);
    let is_whole = log.iter().all(|event| is_kept(&event));
    (!is_whole).then(|| log.iter().filter(is_kept).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::tests::vote;

    fn ids(log: &[VoteEvent]) -> Vec<&str> {
        log.iter().map(|event| event.id.as_str()).collect()
    }

    #[test]
    fn votes_of_two_tabs_stand_in_one_order_and_once() {
        let mut here = vec![vote("1", "c1"), vote("4", "c4")];
        merge(
            &mut here,
            vec![vote("3", "c3"), vote("4", "c4"), vote("2", "c2")],
        );
        let mut there = vec![vote("2", "c2"), vote("3", "c3")];
        merge(&mut there, vec![vote("4", "c4"), vote("1", "c1")]);
        assert_eq!(ids(&here), ["1", "2", "3", "4"]);
        assert_eq!(here, there);
        let keys = ["3", "5"].map(str::to_owned).to_vec();
        assert_eq!(missing(&here, keys), ["5"]);
    }

    #[test]
    fn what_another_tab_deleted_goes() {
        let log = [vote("1", "c1"), vote("2", "c2"), vote("3", "c3")];
        let kept = ["3", "2", "9"].map(JudgmentId::from);
        assert_eq!(left(&log, &kept), Some(log[1..].to_vec()));
        assert_eq!(left(&log[1..], &kept), None);
        assert_eq!(left(&log, &[]), Some(vec![]));
    }
}
