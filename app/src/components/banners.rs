//! Quiet notices that stay until they are no longer true, or are dismissed.

use leptos::prelude::*;

use crate::engine::Status;
use crate::live::{click, maybe};
use crate::state::{App, Mode, Storage};
use crate::{leaving, settings, strings};

/// Notices about storage, learning and the account.
#[component]
pub(crate) fn Banners() -> impl IntoView {
    let app = App::get();
    let storage = move || match app.storage.get() {
        Storage::Memory(why) => Some(
            view! { <p class="banner" role="alert">{strings::storage_blocked(&why)}</p> }
                .into_any(),
        ),
        _ => None,
    };
    let worker = move || {
        match app.cpu.status.get() {
        Status::Failed(why) => Some(
            view! {
                <p class="banner" role="status">
                    {strings::worker_failed(&why)} " "
                    <button type="button" class="link-button" on:click=click(move |_| app.wake())>{strings::try_again()}</button>
                </p>
            }
            .into_any(),
        ),
        _ => None,
    }
    };
    let lost = move || {
        app.lost.get().then(|| {
            view! {
                <p class="banner" role="status">{strings::lost()}" "<a href="/me/data">{strings::lost_link()}</a></p>
            }
            .into_any()
        })
    };
    let copy = move || {
        let only_here = app.mode.get() == Mode::Local && app.storage.get() == Storage::Durable;
        let due = leaving::reminder(app.votes.get(), app.reminded.get()).filter(|_| only_here)?;
        let dismiss = move |_| {
            app.reminded.set(due);
            settings::keep_reminded(due);
        };
        Some(
            view! {
                <p class="banner" role="status">
                    {strings::reminder(due)} " "
                    <a href="/me/data">{strings::reminder_link()}</a> " "
                    <button type="button" class="link-button" on:click=click(dismiss)>{strings::reminder_dismiss()}</button>
                </p>
            }
            .into_any(),
        )
    };
    view! { <div class="banners">{maybe(storage)}{maybe(worker)}{maybe(lost)}{maybe(copy)}</div> }
        .into_any()
}
