//! `/me/data`: what leaves the device, consents, other devices, the portable file, deleting.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::{account, consent, outbox, own_data, portable};
use crate::lazy::Loaded;
use crate::live::{click, flag, message, words};
use crate::state::App;
use crate::words::bytes;
use crate::{comparing, dom, lazy, publishing, strings};

/// The page.
#[leptos::wasm_split::wasm_split(own, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    // The file names encoder and heads, which the manifest knows.
    App::get().library.load_first();
    view! {
        <div class="column">
            <h1 class="page-title">{strings::own_heading()}</h1>
            <section>
                <h2>{strings::own_mode()}</h2>
                {consent::mode_switch()}
                {outbox::outbox()}
            </section>
            <section>
                <h2>{strings::here_heading()}</h2>
                {portable::badge()}
                {own_data::own_data()}
                <div class="card">{portable::import()}</div>
            </section>
            <section>
                <h2>{strings::devices_heading()}</h2>
                {account::devices()}
            </section>
            <section>
                <h2>{strings::consents_heading()}</h2>
                {account::consents()}
            </section>
            <section>
                <h2>{strings::server_heading()}</h2>
                {account::holdings()}
            </section>
            <section>
                <h2>{strings::publish_list_heading()}</h2>
                {lazy::part(App::get(), publishing::list())}
            </section>
            <section>
                <h2>{strings::model_heading()}</h2>
                {model()}
            </section>
        </div>
    }
    .into_any()
}

/// Size of what the browser keeps, and deleting the language model.
fn model() -> AnyView {
    let app = App::get();
    let size = RwSignal::new(String::new());
    let said = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let measure = move || async move {
        let words = match dom::bytes_kept().await {
            Some(kept) => strings::model_size(bytes(kept)),
            None => strings::model_unknown().to_owned(),
        };
        drop(size.try_set(words));
    };
    spawn_local(measure());
    let delete = move |_| {
        busy.set(true);
        spawn_local(async move {
            comparing::delete_downloads(app).await;
            drop(said.try_set(strings::cache_deleted().to_owned()));
            busy.try_set(false);
            measure().await;
        });
    };
    view! {
        <div class="card">
            <p>{strings::model_note()}</p>
            <p class="quiet" data-testid="kept-bytes">{words(move || size.get())}</p>
            <button type="button" class="button" disabled=flag(move || busy.get()) on:click=click(delete)>{strings::cache_delete()}</button>
            <p class="form-message" role="status">{message(move || said.get())}</p>
        </div>
    }
    .into_any()
}
