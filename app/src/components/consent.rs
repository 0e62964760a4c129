//! Switching what leaves the device: consent and withdrawal.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::dialog::modal;
use crate::live::{click, flag, live, on_event, words};
use crate::state::{App, Mode};
use crate::{contribute, strings};

/// The switch with its two dialogs.
pub(crate) fn mode_switch() -> AnyView {
    let app = App::get();
    let asking = RwSignal::new(false);
    let leaving = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let content = move || {
        match app.mode.get() {
        Mode::Local => view! {
            <p><strong>{strings::MODE_LOCAL}"."</strong>" "{strings::DATA_LOCAL_TEXT}</p>
            <button type="button" class="button button--primary" on:click=click(move |_| asking.set(true))>{strings::DATA_SWITCH_ON}</button>
        }
        .into_any(),
        Mode::Contribute => view! {
            <p><strong>{strings::MODE_CONTRIBUTE}"."</strong>" "{strings::DATA_CONTRIBUTE_TEXT}</p>
            <button type="button" class="button" on:click=click(move |_| leaving.set(true))>{strings::DATA_SWITCH_OFF}</button>
        }
        .into_any(),
    }
    };
    view! {
        <div class="card">
            {live(content)}
            <p class="form-message" role="status">{words(move || said.get())}</p>
        </div>
        {modal(asking, strings::CONSENT_HEADING, "consent-heading", consent(app, asking, said))}
        {modal(leaving, strings::WITHDRAW_HEADING, "withdraw-heading", withdraw(app, leaving, said))}
    }
    .into_any()
}

fn consent(app: App, open: RwSignal<bool>, said: RwSignal<String>) -> AnyView {
    let [sync, publish] = [RwSignal::new(false), RwSignal::new(false)];
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(String::new());
    // Never pre-ticked: a reopened dialog starts empty.
    Effect::new(move |_| {
        if open.get() {
            sync.set(false);
            publish.set(false);
            failed.set(String::new());
        }
    });
    let tick = |held: RwSignal<bool>, text: &'static str| {
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=flag(move || held.get()) on:change=on_event(move |event| held.set(event_target_checked(&event))) />
                <span>{text}</span>
            </label>
        }
        .into_any()
    };
    let agree = move |_| {
        busy.set(true);
        spawn_local(async move {
            match contribute::join(app).await {
                Ok(()) => {
                    said.set(String::new());
                    open.set(false);
                }
                Err(error) => failed.set(error.to_string()),
            }
            busy.set(false);
        });
    };
    view! {
        {tick(sync, strings::CONSENT_SYNC)}
        {tick(publish, strings::CONSENT_PUBLISH)}
        <p class="quiet">{strings::CONSENT_AGE}" "{strings::CONSENT_BOTH}</p>
        <p class="form-message" role="alert">{words(move || failed.get())}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::CANCEL}</button>
            <button
                type="button"
                class="button button--primary"
                disabled=flag(move || busy.get() || !(sync.get() && publish.get()))
                on:click=click(agree)
            >
                {strings::CONSENT_YES}
            </button>
        </div>
    }
    .into_any()
}

fn withdraw(app: App, open: RwSignal<bool>, said: RwSignal<String>) -> AnyView {
    let busy = RwSignal::new(false);
    let stop = move |erase: bool| {
        busy.set(true);
        spawn_local(async move {
            let mut words = contribute::leave(app)
                .await
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            if erase {
                words = match contribute::erase(app).await {
                    Ok(receipt) => strings::erased(receipt.judgments, &receipt.receipt_id),
                    Err(error) => error.to_string(),
                };
            }
            said.set(words);
            busy.set(false);
            open.set(false);
        });
    };
    view! {
        <p>{strings::WITHDRAW_TEXT}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::CANCEL}</button>
            <button type="button" class="button" disabled=flag(move || busy.get()) on:click=click(move |_| stop(true))>{strings::WITHDRAW_ERASE}</button>
            <button type="button" class="button button--primary" disabled=flag(move || busy.get()) on:click=click(move |_| stop(false))>
                {strings::WITHDRAW_KEEP}
            </button>
        </div>
    }
    .into_any()
}
