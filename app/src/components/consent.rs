//! Switching what leaves the device: consent and withdrawal.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::dialog::modal;
use crate::leaving::Withdrawal;
use crate::live::{click, flag, live, maybe, message, on_event, words};
use crate::outbox::{self, Standing};
use crate::state::{App, Mode};
use crate::{account, dom, strings};

/// Name of a mode.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Local => strings::mode_local(),
        Mode::Sync => strings::mode_sync(),
        Mode::Contribute => strings::mode_contribute(),
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
                strings::mode_local_text(),
                [
                    (strings::sync_on(), asking.sync),
                    (strings::contribute_on(), asking.contribute),
                ],
            ),
            Mode::Sync => (
                strings::mode_sync_text(),
                [
                    (strings::contribute_on(), asking.contribute),
                    (strings::sync_off(), asking.leave),
                ],
            ),
            Mode::Contribute => (
                strings::mode_contribute_text(),
                [
                    (strings::unpublish(), asking.unpublish),
                    (strings::contribute_off(), asking.leave),
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
            {maybe(move || studies(app))}
            {lost(app, asking)}
            {earlier(app)}
            <p class="form-message" role="status">{message(move || app.parted.get())}</p>
            {pending(app)}
        </div>
        {modal(asking.sync, strings::sync_heading(), "sync-heading", consent(app, asking.sync, Mode::Sync))}
        {modal(
            asking.contribute,
            strings::contribute_heading(),
            "contribute-heading",
            consent(app, asking.contribute, Mode::Contribute),
        )}
        {modal(asking.unpublish, strings::unpublish_heading(), "unpublish-heading", unpublish(app, asking.unpublish))}
        {modal(asking.leave, strings::leave_heading(), "leave-heading", leave(app, asking.leave))}
    }
    .into_any()
}

/// What went to studies, whatever the mode.
fn studies(app: App) -> Option<AnyView> {
    let count = app.study_votes.get();
    (count > 0).then(|| view! { <p>{strings::study_votes_sent(count)}</p> }.into_any())
}

/// What happened when the server does not know this browser any more, and what can be done.
fn lost(app: App, asking: Asking) -> AnyView {
    let anew = move |_| match app.mode.get_untracked() {
        Mode::Contribute => asking.contribute.set(true),
        _ => asking.sync.set(true),
    };
    let notice = move || {
        app.lost.get().then(|| {
            let waiting = app.outbox.with(|entries| outbox::count(entries).0);
            view! {
                <div class="notice" data-testid="lost">
                    <p>{strings::lost()}" "{strings::lost_waiting(waiting)}</p>
                    <p>{strings::lost_help()}</p>
                    <div class="actions">
                        <button type="button" class="button" on:click=click(|_| dom::focus("#recovery-code"))>{strings::lost_code()}</button>
                        <button type="button" class="button" on:click=click(anew)>{strings::lost_anew()}</button>
                    </div>
                </div>
            }
            .into_any()
        })
    };
    view! { <div role="status">{maybe(notice)}</div> }.into_any()
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
        <div>{maybe(offer)}<p class="form-message" role="alert">{message(move || said.get())}</p></div>
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
                Withdrawal::Publishing => strings::own_pending_publishing(),
                Withdrawal::Unlink => strings::own_pending_unlink(),
                Withdrawal::Erase => strings::own_pending_erase(),
            })
            .map(|words| view! { <li>{words}</li> }.into_any())
            .collect();
        Some(
            view! {
                <div class="notice" data-testid="pending">
                    <p>{strings::own_pending()}</p>
                    <ul>{lines}</ul>
                    <button type="button" class="button" on:click=click(move |_| account::settle(app))>{strings::try_again()}</button>
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
    let publish_tick = publishes.then(|| tick(publish, || strings::consent_publish().to_owned()));
    let earlier_tick = move || {
        let count = if open.get() { account::unsent(app) } else { 0 };
        (count > 0).then(|| tick(earlier, move || strings::send_earlier(count)))
    };
    let synced = move || {
        (publishes && app.mode.get() == Mode::Sync)
            .then(|| view! { <p>{strings::consent_all_published()}</p> }.into_any())
    };
    let (need, yes) = if publishes {
        (strings::consent_need_both(), strings::contribute_yes())
    } else {
        (strings::consent_need_sync(), strings::sync_yes())
    };
    view! {
        {tick(sync, || strings::consent_sync().to_owned())}
        {publish_tick}
        {maybe(synced)}
        {maybe(earlier_tick)}
        <p class="quiet">{strings::consent_age()}" "{need}</p>
        <p class="form-message" role="alert">{message(move || failed.get())}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::cancel()}</button>
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
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::cancel()}</button>
            <button type="button" class="button button--primary" on:click=click(move |_| act())>{yes}</button>
        </div>
    }
    .into_any()
}

fn unpublish(app: App, open: RwSignal<bool>) -> AnyView {
    let act = move || step(app, open, Mode::Sync, Withdrawal::Publishing);
    confirm(
        open,
        strings::unpublish_text(),
        strings::unpublish_yes(),
        act,
    )
}

fn leave(app: App, open: RwSignal<bool>) -> AnyView {
    let unlink_text = move || match app.mode.get() {
        Mode::Contribute => strings::leave_unlink_published().to_owned(),
        _ => strings::leave_unlink_synced().to_owned(),
    };
    let stop = move |how| click(move |_| step(app, open, Mode::Local, how));
    view! {
        <p>{strings::leave_text()}</p>
        <ul>
            <li>{strings::leave_erase_text()}</li>
            <li>{words(unlink_text)}</li>
        </ul>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::cancel()}</button>
            <button type="button" class="button" on:click=stop(Withdrawal::Unlink)>{strings::leave_unlink()}</button>
            <button type="button" class="button button--primary" on:click=stop(Withdrawal::Erase)>{strings::leave_erase()}</button>
        </div>
    }
    .into_any()
}

/// Deletes what the server holds, when this device sends or sent something.
pub(crate) fn erase_button(app: App) -> AnyView {
    let is_linked = move || {
        app.mode.get() != Mode::Local
            || app.study_votes.get() > 0
            || app
                .outbox
                .with(|entries| entries.iter().any(|entry| entry.standing == Standing::Sent))
    };
    let open = RwSignal::new(false);
    let button = move || {
        is_linked().then(|| {
            view! { <button type="button" class="button" on:click=click(move |_| open.set(true))>{strings::server_erase()}</button> }
                .into_any()
        })
    };
    let act = move || step(app, open, Mode::Local, Withdrawal::Erase);
    let content = confirm(open, strings::erase_text(), strings::erase_yes(), act);
    view! {
        <div>{maybe(button)}</div>
        {modal(open, strings::erase_heading(), "erase-heading", content)}
    }
    .into_any()
}
