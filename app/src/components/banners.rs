//! Quiet notices that stay until they are no longer true.

use leptos::prelude::*;

use crate::engine::Status;
use crate::live::{click, maybe};
use crate::state::{App, Storage};
use crate::strings;

/// Notices about storage and learning.
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
                    <button type="button" class="link-button" on:click=click(move |_| app.wake())>{strings::TRY_AGAIN}</button>
                </p>
            }
            .into_any(),
        ),
        _ => None,
    }
    };
    view! { <div class="banners">{maybe(storage)}{maybe(worker)}</div> }.into_any()
}
