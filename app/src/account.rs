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
use crate::leaving::{self, Withdrawal};
use crate::outbox::{self, Entry};
use crate::state::{App, Mode};
use crate::{api, contribute, dom, settings, strings};

/// What came from the server.
pub(crate) struct Pulled {
    /// Votes and changes that were new here.
    pub(crate) new: usize,
    /// The mode now.
    pub(crate) mode: Mode,
}

/// Starts or resumes the session, once a visit. Where the server asks for work, the worker does it.
///
/// # Errors
/// When the server cannot be reached or refuses, or the work could not be done.
pub(crate) async fn start_session(app: App) -> Result<()> {
    if app.sender.with_value(|sender| sender.session) {
        return Ok(());
    }
    match api::start_session(None).await {
        Err(Error::Api(problem)) if problem.code == "pow_required" => {
            let work = api::challenge().await?;
            let nonce = solve(app, &work).await?;
            let challenge = work.challenge;
            api::start_session(Some(api::Proof { challenge, nonce })).await?;
        }
        started => drop(started?),
    }
    app.sender.update_value(|sender| sender.session = true);
    Ok(())
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

/// Gives the consents that a mode needs and switches to it; `earlier` votes go along if asked for.
///
/// # Errors
/// When the server cannot be reached or refuses; then nothing changes here.
pub(crate) async fn join(app: App, mode: Mode, earlier: bool) -> Result<()> {
    app.opened().await;
    if !app.withdrawals.with_untracked(Vec::is_empty) {
        // What was taken back before comes first.
        tell_withdrawals(app).await?;
    }
    start_session(app).await?;
    api::put_consent(Purpose::Sync, true).await?;
    if mode == Mode::Contribute {
        api::put_consent(Purpose::PublishVotes, true).await?;
    }
    app.keep_mode(mode).await?;
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
    // Before anything is stored, so that nothing is sent meanwhile.
    app.mode.set(mode);
    app.withdrawals
        .update(|pending| *pending = leaving::queue(std::mem::take(pending), how));
    app.parted.set(String::new());
    let wish = app.keep_standing().await;
    if mode == Mode::Local {
        contribute::idle(app).await;
        let left = app
            .outbox
            .with_untracked(|entries| leaving::stopped(entries));
        app.outbox.set(left);
    }
    let kept = app.keep_standing().await;
    tell_withdrawals(app).await?;
    wish.and(kept)
}

/// Tells the server of what was taken back, now and again until it acknowledges.
pub(crate) fn settle(app: App) {
    spawn_local(async move { drop(tell_withdrawals(app).await) });
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
    let told = tell_all(app).await;
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
            Err(Error::Api(problem)) if problem.status == 401 => {
                strings::own_no_session().to_owned()
            }
            Err(error) => return Err(error),
        };
        let is_gone = next != Withdrawal::Publishing;
        app.parted.set(words);
        // Another tap may have replaced it by a stronger wish meanwhile, which is told next.
        app.withdrawals
            .update(|pending| pending.retain(|held| *held != next));
        let left = app
            .outbox
            .with_untracked(|entries| leaving::settled(entries, next));
        app.outbox.set(left);
        if is_gone {
            contribute::forget_session(app).await?;
        }
        app.keep_standing().await?;
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
    api::enter(code).await?;
    contribute::forget_session(app).await?;
    app.sender.update_value(|sender| sender.session = true);
    pull(app).await
}

/// Brings the votes that the server holds here, and takes the mode from the consents in force.
///
/// # Errors
/// When the server cannot be reached, or the browser cannot store the votes; then the mode stays.
pub(crate) async fn pull(app: App) -> Result<Pulled> {
    let held = api::export().await?.events;
    let mode = leaving::mode(&api::consents().await?);
    let sound = held
        .into_iter()
        .filter(|event| taste::check(event).is_ok())
        .collect::<Vec<_>>();
    let entries: Vec<Entry> = app.outbox.with_untracked(|entries| {
        let held: HashSet<_> = entries.iter().map(|entry| &entry.event).collect();
        sound
            .iter()
            .filter(|event| !held.contains(&event.id))
            .map(Entry::held)
            .collect()
    });
    let found = app
        .events
        .with_untracked(|events| taste::merge(events, sound));
    let new = found.new.len();
    app.adopt(found.new, entries).await?;
    app.keep_mode(mode).await?;
    contribute::pump(app);
    Ok(Pulled { new, mode })
}
