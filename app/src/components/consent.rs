//! Switching what leaves the device: consent and withdrawal.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::dialog::modal;
use crate::leaving::Withdrawal;
use crate::live::{click, flag, live, maybe, on_event, words};
use crate::outbox::Standing;
use crate::state::{App, Mode};
use crate::{account, strings};

/// Name of a mode.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Local => strings::MODE_LOCAL,
        Mode::Sync => strings::MODE_SYNC,
        Mode::Contribute => strings::MODE_CONTRIBUTE,
    }
}

/// The dialogs that are open.
#[derive(Clone, Copy)]
struct Asking {
    sync: RwSignal<bool>,
    contribute: RwSignal<bool>,
    unpublish: RwSignal<bool>,
    leave: RwSignal<bool>,
}

/// The switch with its dialogs.
pub(crate) fn mode_switch() -> AnyView {
    let app = App::get();
    let asking = Asking {
        sync: RwSignal::new(false),
        contribute: RwSignal::new(false),
        unpublish: RwSignal::new(false),
        leave: RwSignal::new(false),
    };
    let content = move || {
        let mode = app.mode.get();
        let (text, actions) = match mode {
            Mode::Local => (
                strings::MODE_LOCAL_TEXT,
                [
                    (strings::SYNC_ON, asking.sync),
                    (strings::CONTRIBUTE_ON, asking.contribute),
                ],
            ),
            Mode::Sync => (
                strings::MODE_SYNC_TEXT,
                [
                    (strings::CONTRIBUTE_ON, asking.contribute),
                    (strings::SYNC_OFF, asking.leave),
                ],
            ),
            Mode::Contribute => (
                strings::MODE_CONTRIBUTE_TEXT,
                [
                    (strings::UNPUBLISH, asking.unpublish),
                    (strings::CONTRIBUTE_OFF, asking.leave),
                ],
            ),
        };
        let buttons: Vec<AnyView> = actions
            .into_iter()
            .map(|(name, open)| {
                view! { <button type="button" class="button" on:click=click(move |_| open.set(true))>{name}</button> }.into_any()
            })
            .collect();
        view! {
            <p><strong>{mode_name(mode)}"."</strong>" "{text}</p>
            <div class="actions">{buttons}</div>
        }
        .into_any()
    };
    view! {
        <div class="card">
            {live(content)}
            {earlier(app)}
            <p class="form-message" role="status">{words(move || app.parted.get())}</p>
            {pending(app)}
        </div>
        {modal(asking.sync, strings::SYNC_HEADING, "sync-heading", consent(app, asking.sync, Mode::Sync))}
        {modal(
            asking.contribute,
            strings::CONTRIBUTE_HEADING,
            "contribute-heading",
            consent(app, asking.contribute, Mode::Contribute),
        )}
        {modal(asking.unpublish, strings::UNPUBLISH_HEADING, "unpublish-heading", unpublish(app, asking.unpublish))}
        {modal(asking.leave, strings::LEAVE_HEADING, "leave-heading", leave(app, asking.leave))}
    }
    .into_any()
}

/// The offer to send votes given before; nothing when there are none or nothing is sent.
fn earlier(app: App) -> AnyView {
    let said = RwSignal::new(String::new());
    let send = move |_| {
        spawn_local(async move {
            let failed = account::send_earlier(app).await.err();
            let words = failed.map_or_else(String::new, |error| error.to_string());
            drop(said.try_set(words));
        });
    };
    let offer = move || {
        let is_on = app.mode.get() != Mode::Local;
        let count = if is_on { account::unsent(app) } else { 0 };
        (count > 0).then(|| {
            view! {
                <button type="button" class="link-button" on:click=click(send)>{strings::send_earlier_now(count)}</button>
            }
            .into_any()
        })
    };
    view! {
        <div>{maybe(offer)}<p class="form-message" role="alert">{words(move || said.get())}</p></div>
    }
    .into_any()
}

/// What the server has not acknowledged.
fn pending(app: App) -> AnyView {
    let notice = move || {
        let pending = app.withdrawals.get();
        if pending.is_empty() {
            return None;
        }
        let lines: Vec<AnyView> = pending
            .into_iter()
            .map(|what| match what {
                Withdrawal::Publishing => strings::OWN_PENDING_PUBLISHING,
                Withdrawal::Unlink => strings::OWN_PENDING_UNLINK,
                Withdrawal::Erase => strings::OWN_PENDING_ERASE,
            })
            .map(|words| view! { <li>{words}</li> }.into_any())
            .collect();
        Some(
            view! {
                <div class="notice" data-testid="pending">
                    <p>{strings::OWN_PENDING}</p>
                    <ul>{lines}</ul>
                    <button type="button" class="button" on:click=click(move |_| account::settle(app))>{strings::TRY_AGAIN}</button>
                </div>
            }
            .into_any(),
        )
    };
    view! { <div role="status">{maybe(notice)}</div> }.into_any()
}

fn tick(held: RwSignal<bool>, text: impl FnMut() -> String + Send + 'static) -> AnyView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=flag(move || held.get()) on:change=on_event(move |event| held.set(event_target_checked(&event))) />
            <span>{words(text)}</span>
        </label>
    }
    .into_any()
}

fn consent(app: App, open: RwSignal<bool>, wanted: Mode) -> AnyView {
    let [sync, publish, earlier] = [(); 3].map(|()| RwSignal::new(false));
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(String::new());
    // Never pre-ticked: a reopened dialog starts empty.
    Effect::new(move |_| {
        if open.get() {
            for held in [sync, publish, earlier] {
                held.set(false);
            }
            failed.set(String::new());
        }
    });
    let publishes = wanted == Mode::Contribute;
    let agree = move |_| {
        busy.set(true);
        let earlier = earlier.get_untracked();
        spawn_local(async move {
            match account::join(app, wanted, earlier).await {
                Ok(()) => {
                    app.parted.set(String::new());
                    open.try_set(false);
                }
                Err(error) => drop(failed.try_set(error.to_string())),
            }
            busy.try_set(false);
        });
    };
    let publish_tick = publishes.then(|| tick(publish, || strings::CONSENT_PUBLISH.to_owned()));
    let earlier_tick = move || {
        let count = if open.get() { account::unsent(app) } else { 0 };
        (count > 0).then(|| tick(earlier, move || strings::send_earlier(count)))
    };
    let synced = move || {
        (publishes && app.mode.get() == Mode::Sync)
            .then(|| view! { <p>{strings::CONSENT_ALL_PUBLISHED}</p> }.into_any())
    };
    let (need, yes) = if publishes {
        (strings::CONSENT_NEED_BOTH, strings::CONTRIBUTE_YES)
    } else {
        (strings::CONSENT_NEED_SYNC, strings::SYNC_YES)
    };
    view! {
        {tick(sync, || strings::CONSENT_SYNC.to_owned())}
        {publish_tick}
        {maybe(synced)}
        {maybe(earlier_tick)}
        <p class="quiet">{strings::CONSENT_AGE}" "{need}</p>
        <p class="form-message" role="alert">{words(move || failed.get())}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::CANCEL}</button>
            <button
                type="button"
                class="button button--primary"
                disabled=flag(move || busy.get() || !sync.get() || (publishes && !publish.get()))
                on:click=click(agree)
            >
                {yes}
            </button>
        </div>
    }
    .into_any()
}

/// Steps down and closes the dialog; what the server says comes later, in the card.
fn step(app: App, open: RwSignal<bool>, mode: Mode, how: Withdrawal) {
    open.set(false);
    spawn_local(async move {
        let failed = account::step_down(app, mode, how).await.err();
        // What the server did not hear stands in the notice; what the browser did not store must be said.
        if let Some(error @ crate::error::Error::Storage(_)) = failed {
            app.parted.set(error.to_string());
        }
    });
}

/// A question with one way on and one back.
fn confirm(
    open: RwSignal<bool>,
    text: &'static str,
    yes: &'static str,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <p>{text}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::CANCEL}</button>
            <button type="button" class="button button--primary" on:click=click(move |_| act())>{yes}</button>
        </div>
    }
    .into_any()
}

fn unpublish(app: App, open: RwSignal<bool>) -> AnyView {
    let act = move || step(app, open, Mode::Sync, Withdrawal::Publishing);
    confirm(open, strings::UNPUBLISH_TEXT, strings::UNPUBLISH_YES, act)
}

fn leave(app: App, open: RwSignal<bool>) -> AnyView {
    let unlink_text = move || match app.mode.get() {
        Mode::Contribute => strings::LEAVE_UNLINK_PUBLISHED.to_owned(),
        _ => strings::LEAVE_UNLINK_SYNCED.to_owned(),
    };
    let stop = move |how| click(move |_| step(app, open, Mode::Local, how));
    view! {
        <p>{strings::LEAVE_TEXT}</p>
        <ul>
            <li>{strings::LEAVE_ERASE_TEXT}</li>
            <li>{words(unlink_text)}</li>
        </ul>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::CANCEL}</button>
            <button type="button" class="button" on:click=stop(Withdrawal::Unlink)>{strings::LEAVE_UNLINK}</button>
            <button type="button" class="button button--primary" on:click=stop(Withdrawal::Erase)>{strings::LEAVE_ERASE}</button>
        </div>
    }
    .into_any()
}

/// Deletes what the server holds, when this device sends or sent something.
pub(crate) fn erase_button(app: App) -> AnyView {
    let is_linked = move || {
        app.mode.get() != Mode::Local
            || app
                .outbox
                .with(|entries| entries.iter().any(|entry| entry.standing == Standing::Sent))
    };
    let open = RwSignal::new(false);
    let button = move || {
        is_linked().then(|| {
            view! { <button type="button" class="button" on:click=click(move |_| open.set(true))>{strings::SERVER_ERASE}</button> }
                .into_any()
        })
    };
    let act = move || step(app, open, Mode::Local, Withdrawal::Erase);
    let content = confirm(open, strings::ERASE_TEXT, strings::ERASE_YES, act);
    view! {
        <div>{maybe(button)}</div>
        {modal(open, strings::ERASE_HEADING, "erase-heading", content)}
    }
    .into_any()
}
