//! Sends contributed votes: session, ballots, comparison, judgment, profile. Retries by [`crate::outbox`].

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::api::judgments::{JudgmentRequest, RevisionRequest};
use palate_shared::api::profile::Profile;
use palate_shared::event::VoteEvent;
use palate_shared::ids::{BallotId, ComparisonId, JudgmentId};
use palate_shared::infer::{Request, Response};
use palate_shared::problem::Problem;

use crate::engine::Status;
use crate::error::{Error, Result};
use crate::lazy::Work;
use crate::outbox::{self, Entry, Remedy, Standing};
use crate::state::{App, Mode, put};
use crate::store::{self, Change};
use crate::{api, dom, kept, strings, tabs};

const BALLOTS: &str = "ballots";
/// Blank ballots fetched at a time; fewer than [`LOW`] left fetches more, so that offline votes have one.
const BATCH: u8 = 10;
const LOW: usize = 3;
/// When the code that sends is asked for again after it did not arrive, milliseconds.
const AWAY_MS: u64 = 5_000;
/// Schema of the states in the stored profile.
const PROFILE_SCHEMA: u32 = 1;

/// What the sender holds between votes.
#[derive(Default)]
pub(crate) struct Sender {
    running: bool,
    again: bool,
    next_try: Option<TimeoutHandle>,
    /// Whether withdrawals are being told.
    pub(crate) settling: bool,
    /// Times that telling them failed since it last worked.
    pub(crate) refusals: u32,
    /// The next time that they are told.
    pub(crate) next_telling: Option<TimeoutHandle>,
    ballots: Option<Vec<BallotId>>,
}

/// Sends what is due, one after the other; does nothing when nothing is contributed.
pub(crate) fn pump(app: App) {
    let start = app.sender.try_update_value(|sender| {
        let idle = !sender.running;
        sender.running = true;
        sender.again = !idle;
        idle
    });
    if start == Some(true) {
        spawn_local(async move {
            run(app).await;
            let again = app.sender.try_update_value(|sender| {
                sender.running = false;
                std::mem::take(&mut sender.again)
            });
            if again == Some(true) {
                pump(app);
            }
        });
    }
}

/// Nothing is sent on this device's own, nor before the server knows of everything that was taken back, nor to an account
/// that is not there.
fn may_send(app: App) -> bool {
    app.mode.get_untracked() != Mode::Local
        && app.withdrawals.with_untracked(Vec::is_empty)
        && !app.lost.get_untracked()
}

/// The entry to send now; for one that is due later, a clock is set.
fn due(app: App) -> Option<Entry> {
    if !may_send(app) {
        return None;
    }
    let next = app
        .outbox
        .with_untracked(|entries| outbox::next(entries, dom::now_ms()));
    match next? {
        Ok(entry) => Some(entry),
        Err(wait_ms) => {
            try_again(app, wait_ms.min(300_000));
            None
        }
    }
}

/// Waits until what is under way has arrived or failed, for some seconds.
pub(crate) async fn idle(app: App) {
    for _ in 0..250 {
        if !app.sender.with_value(|sender| sender.running) {
            return;
        }
        dom::sleep(20).await;
    }
}

async fn run(app: App) {
    app.opened().await;
    if due(app).is_none() {
        return;
    }
    match send_due(app).await {
        Ok(work) => work.await,
        Err(_) => try_again(app, AWAY_MS),
    }
}

/// The clock of the next try.
fn try_again(app: App, wait_ms: u64) {
    app.sender.update_value(|sender| {
        if let Some(clock) = sender.next_try.take() {
            clock.clear();
        }
        sender.next_try = dom::after(wait_ms, move || pump(app));
    });
}

/// Sends what is due, and the profile after it.
#[leptos::wasm_split::wasm_split(server, wasm_split_path = ::leptos::wasm_split, fallible)]
fn send_due(app: App) -> Work {
    Ok(Box::pin(async move {
        let _alone = tabs::alone().await;
        // Another tab may have sent some of it, spent ballots or switched the mode.
        kept::catch_up(app).await;
        if app.store().is_some() {
            app.sender.update_value(|sender| sender.ballots = None);
        }
        let mut sent = false;
        while let Some(entry) = due(app) {
            sent |= deliver(app, entry).await;
        }
        if sent {
            // The profile is remade from the votes at any time, so a failure here loses nothing and the next vote retries it.
            drop(store_profile(app).await);
        }
    }))
}

/// One try; true when the server acknowledged.
async fn deliver(app: App, mut entry: Entry) -> bool {
    let Ok(found) = app.vote(&entry.event).await else {
        // The browser cannot read: not a reason to forget the vote, nor to try at once.
        entry.fail(&Error::Network, dom::now_ms(), dom::jitter());
        drop(app.keep_entry(entry).await);
        return false;
    };
    let Some(event) = found else {
        // The vote was deleted from this device before it was sent.
        app.outbox
            .update(|entries| entries.retain(|held| held.event != entry.event));
        drop(
            app.keep(&[Change::Remove(
                store::OUTBOX,
                entry.event.as_str().to_owned(),
            )])
            .await,
        );
        return false;
    };
    let tried = attempt(app, &mut entry, &event).await;
    match &tried {
        Ok(server) => entry.acknowledge(server.clone()),
        Err(error) => {
            if entry.fail(error, dom::now_ms(), dom::jitter()) == Remedy::Rejoin {
                app.lost.set(true);
            }
        }
    }
    // If the browser cannot note it, the next visit sends the same request again and the server answers the same.
    drop(app.keep_entry(entry).await);
    tried.is_ok()
}

/// Sends a vote or a revision; the server's id of it.
async fn attempt(app: App, entry: &mut Entry, event: &VoteEvent) -> Result<JudgmentId> {
    if entry.revises.is_some() {
        revise(app, entry, event).await
    } else {
        judge(app, entry, event).await
    }
}

async fn judge(app: App, entry: &mut Entry, event: &VoteEvent) -> Result<JudgmentId> {
    let ballot = match entry.ballot.clone() {
        Some(ballot) => ballot,
        None => {
            let ballot = take_ballot(app).await?;
            entry.ballot = Some(ballot.clone());
            app.keep_entry(entry.clone()).await?;
            ballot
        }
    };
    api::record_comparison(&ComparisonRequest {
        id: event.comparison.clone(),
        pack: event.pack.clone(),
        prompt: event.prompt.clone(),
        shown: event.shown.clone(),
        policy: event.policy,
        propensity: event.propensity,
        topic: event.topic.clone(),
        repeat_of: event.repeat_of.clone(),
        blind: event.blind,
        simulated: event.simulated,
    })
    .await?;
    let body = JudgmentRequest {
        ballot,
        idempotency_key: event.id.as_str().to_owned(),
        judgment: event.judgment.clone(),
        predictions: event.predictions.clone(),
        context: event.context.clone(),
        dwell_ms: event.dwell_ms,
    };
    api::record_judgment(&event.comparison, &body)
        .await
        .map(|stored| stored.id)
}

/// Replaces what the server holds. What is to be replaced is kept before the first try, so that every retry is the same
/// request.
async fn revise(app: App, entry: &mut Entry, event: &VoteEvent) -> Result<JudgmentId> {
    let known = app
        .outbox
        .with_untracked(|entries| outbox::base(entries, entry));
    let base = match known {
        Some(base) => base,
        None => current_on_server(&event.comparison).await?,
    };
    if entry.base.as_ref() != Some(&base) {
        entry.base = Some(base.clone());
        app.keep_entry(entry.clone()).await?;
    }
    api::revise_judgment(&base, &revision_request(event))
        .await
        .map(|stored| stored.id)
}

/// What a revision says to the server.
fn revision_request(event: &VoteEvent) -> RevisionRequest {
    RevisionRequest {
        idempotency_key: event.id.as_str().to_owned(),
        judgment: (!event.withdrawn).then(|| event.judgment.clone()),
    }
}

/// The server's current revision on a showing, looked for from the newest judgment on.
async fn current_on_server(comparison: &ComparisonId) -> Result<JudgmentId> {
    let mut cursor = None;
    loop {
        let page = api::judgments(cursor.as_deref()).await?;
        let found = page
            .judgments
            .into_iter()
            .find(|stored| stored.comparison == *comparison);
        match (found, page.next_cursor) {
            (Some(stored), _) => return Ok(stored.id),
            (None, Some(next)) => cursor = Some(next),
            (None, None) => {
                return Err(Error::Api(Problem {
                    code: "not_found".to_owned(),
                    status: 404,
                    title: strings::history_not_on_server().to_owned(),
                    detail: None,
                }));
            }
        }
    }
}

async fn take_ballot(app: App) -> Result<BallotId> {
    if app.sender.with_value(|sender| sender.ballots.is_none()) {
        let kept: Vec<BallotId> = app.setting(BALLOTS).await.unwrap_or_default();
        app.sender
            .update_value(|sender| sender.ballots = Some(kept));
    }
    let mut blank = app
        .sender
        .with_value(|sender| sender.ballots.clone())
        .unwrap_or_default();
    if blank.len() < LOW {
        match api::ballots(BATCH).await {
            Ok(more) => blank.extend(more.ballots),
            Err(error) if blank.is_empty() => return Err(error),
            Err(_) => {}
        }
    }
    let taken = blank
        .pop()
        .ok_or_else(|| Error::Decode("no ballots".to_owned()))?;
    app.keep(&[put(store::SETTINGS, BALLOTS, &blank)?]).await?;
    app.sender
        .update_value(|sender| sender.ballots = Some(blank));
    Ok(taken)
}

async fn store_profile(app: App) -> Result<()> {
    if app.cpu.status.get_untracked() != Status::Ready {
        return Ok(());
    }
    drop(app.cpu.learn_new().await);
    let Response::States { states } = app.cpu.ask(Request::States).await? else {
        return Ok(());
    };
    api::put_profile(&Profile {
        schema: PROFILE_SCHEMA,
        states,
    })
    .await
}

/// Fetches blank ballots in advance, so that votes without a connection have theirs; a failure is made good with the first
/// vote.
///
/// # Errors
/// When the browser cannot store them.
pub(crate) async fn stock_ballots(app: App) -> Result<()> {
    let Ok(fetched) = api::ballots(BATCH).await else {
        return Ok(());
    };
    app.keep(&[put(store::SETTINGS, BALLOTS, &fetched.ballots)?])
        .await?;
    app.sender
        .update_value(|sender| sender.ballots = Some(fetched.ballots));
    Ok(())
}

/// Forgets ballots and what was prepared with them: this browser is another person from now on, or nobody.
///
/// # Errors
/// When the browser cannot forget them.
pub(crate) async fn forget_session(app: App) -> Result<()> {
    app.sender
        .update_value(|sender| sender.ballots = Some(Vec::new()));
    app.outbox
        .update(|entries| entries.iter_mut().for_each(Entry::renew));
    app.keep(&[Change::Remove(store::SETTINGS, BALLOTS.to_owned())])
        .await?;
    app.keep_standing().await
}

/// Sends refused and waiting votes now.
pub(crate) fn retry_all(app: App) {
    spawn_local(async move {
        {
            let _alone = tabs::alone().await;
            kept::catch_up(app).await;
            for mut entry in app.outbox.get_untracked() {
                if matches!(entry.standing, Standing::Waiting | Standing::Failed) {
                    entry.retry();
                    drop(app.keep_entry(entry).await);
                }
            }
        }
        app.lost.set(false);
        pump(app);
    });
}

#[cfg(test)]
mod tests {
    use palate_shared::judgment::Judgment;

    use super::*;

    #[test]
    fn a_revision_names_its_event_and_a_withdrawal_says_nothing() {
        let event = crate::outbox::tests::vote("1", "c");
        let other = Judgment::all_unacceptable(event.shown.clone());
        let changed = revision_request(&event.revision("2".into(), other.clone(), 1));
        assert_eq!(
            (changed.idempotency_key.as_str(), changed.judgment),
            ("2", Some(other))
        );
        let gone = revision_request(&event.withdrawal("3".into(), 1));
        assert_eq!((gone.idempotency_key.as_str(), gone.judgment), ("3", None));
    }
}
