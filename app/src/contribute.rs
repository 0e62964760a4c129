//! Sends contributed votes: session, ballots, comparison, judgment, profile. Retries by [`crate::outbox`].

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::api::consents::Purpose;
use palate_shared::api::judgments::{JudgmentRequest, RevisionRequest};
use palate_shared::api::profile::Profile;
use palate_shared::api::session::Receipt;
use palate_shared::event::VoteEvent;
use palate_shared::ids::{BallotId, ComparisonId, JudgmentId};
use palate_shared::infer::{Request, Response};
use palate_shared::problem::Problem;

use crate::engine::Status;
use crate::error::{Error, Result};
use crate::outbox::{self, Entry, Remedy, Standing};
use crate::state::{App, Mode, put};
use crate::store::{self, Change};
use crate::{api, dom, strings};

const BALLOTS: &str = "ballots";
/// Blank ballots fetched at a time; fewer than [`LOW`] left fetches more, so that offline votes have one.
const BATCH: u8 = 10;
const LOW: usize = 3;
/// Schema of the states in the stored profile.
const PROFILE_SCHEMA: u32 = 1;

/// What the sender holds between votes.
#[derive(Default)]
pub(crate) struct Sender {
    running: bool,
    again: bool,
    session: bool,
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

async fn run(app: App) {
    app.opened().await;
    let mut sent = false;
    while app.mode.get_untracked() == Mode::Contribute {
        match app
            .outbox
            .with_untracked(|entries| outbox::next(entries, dom::now_ms()))
        {
            Some(Ok(entry)) => sent |= deliver(app, entry).await,
            Some(Err(wait_ms)) => {
                dom::after(wait_ms.min(300_000), move || pump(app));
                break;
            }
            None => break,
        }
    }
    if sent {
        // The profile is remade from the votes at any time, so a failure here loses nothing and the next vote retries it.
        drop(store_profile(app).await);
    }
}

/// One try; true when the server acknowledged.
async fn deliver(app: App, mut entry: Entry) -> bool {
    let event = app
        .events
        .with_untracked(|events| events.iter().find(|event| event.id == entry.event).cloned());
    let Some(event) = event else {
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
            let remedy = entry.fail(
                error,
                dom::now_ms(),
                f64::from(dom::random_below(1_000)) / 1_000.0,
            );
            app.sender.update_value(|sender| {
                sender.session &= remedy != Remedy::NewSession;
                if remedy == Remedy::NewSession {
                    sender.ballots = Some(Vec::new());
                }
            });
        }
    }
    // If the browser cannot note it, the next visit sends the same request again and the server answers the same.
    drop(app.keep_entry(entry).await);
    tried.is_ok()
}

/// Sends a vote or a revision; the server's id of it.
async fn attempt(app: App, entry: &mut Entry, event: &VoteEvent) -> Result<JudgmentId> {
    start_session(app).await?;
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
                    title: strings::HISTORY_NOT_ON_SERVER.to_owned(),
                    detail: None,
                }));
            }
        }
    }
}

async fn start_session(app: App) -> Result<()> {
    if !app.sender.with_value(|sender| sender.session) {
        api::start_session().await?;
        app.sender.update_value(|sender| sender.session = true);
    }
    Ok(())
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
    let Response::States { states } = app.cpu.ask(Request::States).await? else {
        return Ok(());
    };
    api::put_profile(&Profile {
        schema: PROFILE_SCHEMA,
        states,
    })
    .await
}

/// Gives both consents and starts to contribute.
///
/// # Errors
/// When the server cannot be reached or refuses; then nothing changes.
pub(crate) async fn join(app: App) -> Result<()> {
    start_session(app).await?;
    api::put_consent(Purpose::Sync, true).await?;
    api::put_consent(Purpose::PublishVotes, true).await?;
    app.keep_mode(Mode::Contribute).await?;
    // In advance, so that votes without a connection have theirs; a failure is made good with the first vote.
    if let Ok(fetched) = api::ballots(BATCH).await {
        app.keep(&[put(store::SETTINGS, BALLOTS, &fetched.ballots)?])
            .await?;
        app.sender
            .update_value(|sender| sender.ballots = Some(fetched.ballots));
    }
    Ok(())
}

/// Stops contributing: first on this device, so that nothing more is sent, then on the server.
///
/// # Errors
/// When the server cannot be reached; on this device it is stopped all the same.
pub(crate) async fn leave(app: App) -> Result<()> {
    app.keep_mode(Mode::Local).await?;
    for entry in app
        .outbox
        .get_untracked()
        .into_iter()
        .filter(|entry| entry.standing != Standing::Sent)
    {
        app.outbox
            .update(|entries| entries.retain(|held| held.event != entry.event));
        app.keep(&[Change::Remove(
            store::OUTBOX,
            entry.event.as_str().to_owned(),
        )])
        .await?;
    }
    start_session(app).await?;
    api::put_consent(Purpose::PublishVotes, false).await?;
    api::put_consent(Purpose::Sync, false).await.map(drop)
}

/// Deletes everything that the server holds of this person.
///
/// # Errors
/// When the server cannot be reached; then nothing is forgotten here either.
pub(crate) async fn erase(app: App) -> Result<Receipt> {
    start_session(app).await?;
    let receipt = api::erase().await?;
    app.sender.set_value(Sender::default());
    app.outbox.set(Vec::new());
    app.keep(&[
        Change::Clear(store::OUTBOX),
        Change::Remove(store::SETTINGS, BALLOTS.to_owned()),
    ])
    .await?;
    Ok(receipt)
}

/// Sends refused and waiting votes now.
pub(crate) fn retry_all(app: App) {
    spawn_local(async move {
        for mut entry in app.outbox.get_untracked() {
            if entry.standing != Standing::Sent {
                entry.retry();
                drop(app.keep_entry(entry).await);
            }
        }
        pump(app);
    });
}

#[cfg(test)]
mod tests {
    use palate_shared::event::Policy;
    use palate_shared::judgment::Judgment;

    use super::*;

    #[test]
    fn a_revision_names_its_event_and_a_withdrawal_says_nothing() {
        let shown = vec!["a".into(), "b".into()];
        let event = VoteEvent {
            id: "1".into(),
            comparison: "c".into(),
            supersedes: None,
            withdrawn: false,
            pack: "t".into(),
            prompt: "p".into(),
            judgment: Judgment::equal(shown.clone()),
            shown,
            policy: Policy::ExpectedInformation,
            propensity: 0.1,
            predictions: vec![],
            blind: true,
            simulated: false,
            context: None,
            at_ms: 0,
            dwell_ms: 0,
        };
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
