//! What this browser has with the server: session, consents, recovery, leaving. Sending is in [`crate::contribute`].

use std::collections::HashSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::consents::Purpose;
use palate_shared::api::session::Receipt;
use palate_shared::infer::{Request, Response};
use palate_shared::taste;

use crate::comparing;
use crate::error::{Error, Result};
use crate::lazy::Work;
use crate::leaving::{self, Withdrawal};
use crate::outbox::{self, Entry};
use crate::state::{App, Mode};
use crate::{api, contribute, dom, kept, settings, strings, studying, tabs};

/// How long a tab that talks to the server is waited for before what it does is stopped all the same, milliseconds.
const PATIENCE_MS: u64 = 5_000;
/// When a tab tells the server what another one took back, milliseconds.
const SETTLE_AFTER_MS: u64 = 10_000;

/// What came from the server.
pub(crate) struct Pulled {
    /// Votes and changes that were new here.
    pub(crate) new: usize,
    /// The mode now.
    pub(crate) mode: Mode,
}

/// Starts a session. Where the server asks for work, the worker does it.
async fn start_session(app: App) -> Result<()> {
    match api::start_session(None).await {
        Err(Error::Api(problem)) if problem.code == "pow_required" => {
            let work = api::challenge().await?;
            let nonce = solve(app, &work).await?;
            let challenge = work.challenge;
            api::start_session(Some(api::Proof { challenge, nonce })).await?;
        }
        started => drop(started?),
    }
    Ok(())
}

/// Starts a session for what needs one, without a word on what leaves the device: the mode stays.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub(crate) async fn start_alone(app: App) -> Result<()> {
    let _alone = tabs::alone().await;
    start_session(app).await
}

/// Passes an answer on, and notes when the server does not know this browser any more.
///
/// # Errors
/// As it came.
pub(crate) fn noticed<T>(app: App, answer: Result<T>) -> Result<T> {
    let is_lost = matches!(answer, Err(Error::Lost));
    if is_lost && app.mode.get_untracked() != Mode::Local {
        app.lost.set(true);
    }
    answer
}

async fn solve(app: App, work: &api::Challenge) -> Result<String> {
    app.opened().await;
    app.cpu.ensure(settings::device());
    comparing::wait_ready(app.cpu).await?;
    let request = Request::SolvePow {
        challenge: work.challenge.clone(),
        bits: work.bits,
    };
    match app.cpu.ask(request).await? {
        Response::Pow { nonce } => Ok(nonce),
        _ => Err(Error::Decode("no proof of work".to_owned())),
    }
}

/// Gives the consents that a mode needs and switches to it; `earlier` votes go along if asked for. Where nothing was sent, or
/// the account is lost, this starts a new one.
///
/// # Errors
/// When the server cannot be reached or refuses; then nothing changes here.
pub(crate) async fn join(app: App, mode: Mode, earlier: bool) -> Result<()> {
    app.opened().await;
    if !app.withdrawals.with_untracked(Vec::is_empty) {
        // What was taken back before comes first.
        tell_withdrawals(app).await?;
    }
    let _alone = tabs::alone().await;
    kept::catch_up(app).await;
    let was_local = app.mode.get_untracked() == Mode::Local;
    let is_new = was_local || app.lost.get_untracked();
    if is_new {
        start_session(app).await?;
    }
    noticed(app, api::put_consent(Purpose::Sync, true).await)?;
    if mode == Mode::Contribute {
        api::put_consent(Purpose::PublishVotes, true).await?;
    }
    if was_local {
        // Another tab may have put a vote there at the very moment when sending was stopped; it is asked for again.
        app.outbox
            .update(|entries| *entries = leaving::stopped(entries));
    }
    if is_new {
        contribute::forget_session(app).await?;
    }
    app.keep_mode(mode).await?;
    app.unkept.set(false);
    if earlier {
        send_earlier(app).await?;
    }
    contribute::stock_ballots(app).await?;
    contribute::pump(app);
    Ok(())
}

/// Puts every vote into the outbox that the server has not.
///
/// # Errors
/// When the browser cannot store it.
pub(crate) async fn send_earlier(app: App) -> Result<()> {
    let more = app.outbox.with_untracked(|entries| {
        app.events
            .with_untracked(|events| outbox::enlist_earlier(entries, events))
    });
    app.adopt(Vec::new(), more).await?;
    contribute::pump(app);
    Ok(())
}

/// Votes of this device that were never sent. Tracks votes and outbox.
pub(crate) fn unsent(app: App) -> usize {
    app.outbox.with(|entries| {
        app.events
            .with(|events| outbox::enlist_earlier(entries, events))
            .iter()
            .filter(|entry| entry.revises.is_none())
            .count()
    })
}

/// Sends less from now on: at once on this device, then on the server, which is told until it acknowledges.
///
/// # Errors
/// When the server did not acknowledge yet, or the browser could not store the wish.
pub(crate) async fn step_down(app: App, mode: Mode, how: Withdrawal) -> Result<()> {
    // Before anything is stored, so that nothing is sent meanwhile, by this tab or another.
    app.mode.set(mode);
    app.parted.set(String::new());
    app.unkept.set(true);
    let told = app
        .keep_withdrawals(move |pending| leaving::queue(pending, how))
        .await;
    let wish = told.and(app.keep_mode(mode).await);
    app.lost.set(false);
    app.unkept.set(wish.is_err());
    let mut kept = Ok(());
    if mode == Mode::Local {
        contribute::idle(app).await;
        let _alone = dom::within(PATIENCE_MS, tabs::alone()).await;
        kept::catch_up(app).await;
        app.outbox
            .update(|entries| *entries = leaving::stopped(entries));
        kept = app.keep_standing().await;
    }
    tell_withdrawals(app).await?;
    wish.and(kept)
}

/// Tells the server of what was taken back, now and again until it acknowledges.
pub(crate) fn settle(app: App) {
    spawn_local(async move {
        match tell_again(app).await {
            Ok(work) => work.await,
            Err(_) => settle_later(app),
        }
    });
}

#[leptos::wasm_split::wasm_split(server, wasm_split_path = ::leptos::wasm_split, fallible)]
fn tell_again(app: App) -> Work {
    Ok(Box::pin(async move { drop(tell_withdrawals(app).await) }))
}

/// Another tab is to tell the server, or the code for it did not arrive: this tab tells it later, when it is still to be told.
pub(crate) fn settle_later(app: App) {
    dom::after(SETTLE_AFTER_MS, move || {
        if !app.withdrawals.with_untracked(Vec::is_empty) {
            settle(app);
        }
    });
}

async fn tell_withdrawals(app: App) -> Result<()> {
    let start = app.sender.try_update_value(|sender| {
        let idle = !sender.settling;
        sender.settling = true;
        idle
    });
    if start != Some(true) {
        return Err(Error::Network);
    }
    let alone = tabs::alone().await;
    // Another tab may have told it.
    kept::catch_up(app).await;
    let told = tell_all(app).await;
    drop(alone);
    app.sender.update_value(|sender| {
        sender.settling = false;
        if let Some(timer) = sender.next_telling.take() {
            timer.clear();
        }
        if told.is_ok() {
            sender.refusals = 0;
            return;
        }
        sender.refusals += 1;
        let wait_ms = outbox::back_off_ms(sender.refusals, dom::jitter());
        sender.next_telling = dom::after(wait_ms, move || settle(app));
    });
    if told.is_ok() {
        contribute::pump(app);
    }
    told
}

async fn tell_all(app: App) -> Result<()> {
    loop {
        let next = app
            .withdrawals
            .with_untracked(|pending| pending.first().copied());
        let Some(next) = next else { return Ok(()) };
        let words = match tell(app, next).await {
            Ok(words) => words,
            // Told before with the answer lost, or the cookie is gone: asking again cannot tell which, so the words do not.
            Err(Error::Lost) => strings::own_no_session().to_owned(),
            Err(error) => return Err(error),
        };
        let is_gone = next != Withdrawal::Publishing;
        app.parted.set(words);
        app.outbox
            .update(|entries| *entries = leaving::settled(entries, next));
        if next == Withdrawal::Erase {
            studying::keep_count(app, 0).await?;
        }
        if is_gone {
            contribute::forget_session(app).await?;
        } else {
            app.keep_standing().await?;
        }
        // Another tap, here or in another tab, may have replaced it by a stronger wish meanwhile, which is told next.
        app.keep_withdrawals(move |mut pending| {
            pending.retain(|held| *held != next);
            pending
        })
        .await?;
    }
}

async fn tell(app: App, what: Withdrawal) -> Result<String> {
    let unlinked =
        |receipt: &Receipt| strings::unlinked(receipt.judgments as usize, &receipt.receipt_id);
    match what {
        Withdrawal::Publishing => {
            api::put_consent(Purpose::PublishVotes, false).await?;
            let synced = app.mode.get_untracked() != Mode::Local;
            Ok(if synced {
                strings::own_unpublished().to_owned()
            } else {
                String::new()
            })
        }
        Withdrawal::Unlink => api::leave("unlink").await.map(|receipt| unlinked(&receipt)),
        Withdrawal::Erase => api::leave("erase")
            .await
            .map(|receipt| strings::erased(receipt.judgments as usize, &receipt.receipt_id)),
    }
}

/// Opens the account of a recovery code and brings its votes here.
///
/// # Errors
/// When the code is wrong, the server cannot be reached, or the browser cannot store the votes.
pub(crate) async fn recover(app: App, code: &str) -> Result<Pulled> {
    app.opened().await;
    let _alone = tabs::alone().await;
    kept::catch_up(app).await;
    api::enter(code).await?;
    contribute::forget_session(app).await?;
    take(app).await
}

/// Brings the votes that the server holds here, and takes the mode from the consents in force.
///
/// # Errors
/// When the server cannot be reached, or the browser cannot store the votes; then the mode stays.
pub(crate) async fn pull(app: App) -> Result<Pulled> {
    let _alone = tabs::alone().await;
    kept::catch_up(app).await;
    noticed(app, take(app).await)
}

async fn take(app: App) -> Result<Pulled> {
    let held = api::export().await?.events;
    let mode = leaving::mode(&api::consents().await?);
    let sound = held
        .into_iter()
        .filter(|event| taste::check(event).is_ok())
        .collect::<Vec<_>>();
    // What waits here although it arrived is not sent again.
    let entries: Vec<Entry> = app.outbox.with_untracked(|entries| {
        let arrived = leaving::stopped(entries);
        let arrived: HashSet<_> = arrived.iter().map(|entry| &entry.event).collect();
        sound
            .iter()
            .filter(|event| !arrived.contains(&event.id))
            .map(Entry::held)
            .collect()
    });
    let found = app
        .events
        .with_untracked(|events| taste::merge(events, sound));
    let new = found.new.len();
    app.adopt(found.new, entries).await?;
    app.keep_mode(mode).await?;
    app.unkept.set(false);
    contribute::pump(app);
    Ok(Pulled { new, mode })
}
