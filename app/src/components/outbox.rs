//! Where contributed votes stand.

use leptos::prelude::*;

use crate::live::{click, live};
use crate::outbox::{Standing, count};
use crate::state::{App, Mode};
use crate::{contribute, strings};

/// Counts of saved, waiting and refused votes; nothing when nothing was ever contributed.
pub(crate) fn outbox() -> AnyView {
    let app = App::get();
    let content = move || {
        let entries = app.outbox.get();
        if entries.is_empty() && app.mode.get() == Mode::Local {
            return ().into_any();
        }
        let (waiting, sent, failed) = count(&entries);
        let last = entries
            .iter()
            .rev()
            .find(|entry| entry.standing != Standing::Sent)
            .and_then(|entry| entry.said.clone())
            .map(|said| {
                view! { <p class="quiet">{strings::outbox_last()}" "{said}</p> }.into_any()
            });
        let retry = (waiting + failed > 0).then(|| {
            view! {
                <button type="button" class="button" on:click=click(move |_| contribute::retry_all(app))>{strings::outbox_retry()}</button>
            }
            .into_any()
        });
        view! {
            <div class="card" data-testid="outbox">
                <h3>{strings::outbox_heading()}</h3>
                <dl class="counts">
                    <div><dt>{strings::outbox_sent()}</dt><dd>{sent}</dd></div>
                    <div><dt>{strings::outbox_waiting()}</dt><dd>{waiting}</dd></div>
                    <div><dt>{strings::outbox_failed()}</dt><dd>{failed}</dd></div>
                </dl>
                {last}
                {retry}
            </div>
        }
        .into_any()
    };
    view! { <div>{live(content)}</div> }.into_any()
}
