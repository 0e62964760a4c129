//! The portable file: saving it, and bringing votes back from one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::infer::{Request, Response};
use palate_shared::taste::{self, MAX_BYTES, Refusal, Taste, TasteError};
use wasm_bindgen::JsValue;

use crate::engine::Status;
use crate::live::{maybe, on_event, words};
use crate::state::{App, Storage};
use crate::{dom, settings, strings};

/// Refusals that are shown one by one.
const SHOWN: usize = 5;

/// Saves every vote as a file; says what came of it.
pub(crate) fn save(app: App, said: RwSignal<String>) {
    spawn_local(async move {
        let mut taste = Taste::new(dom::iso_time(dom::now_ms()), app.events.get_untracked());
        app.library.manifest.with_untracked(|manifest| {
            let Some(manifest) = manifest else { return };
            let heads = manifest.file("heads");
            taste.encoder = Some(manifest.encoder.clone());
            taste.heads = heads.and_then(|file| file.sha256.get(..16).map(str::to_owned));
        });
        if app.cpu.status.get_untracked() == Status::Ready
            && let Ok(Response::States { states }) = app.cpu.ask(Request::States).await
        {
            taste.states = Some(states);
        }
        let text = serde_json::to_string_pretty(&taste).unwrap_or_default();
        let words = match dom::download(strings::EXPORT_NAME, "application/json", &text) {
            Ok(()) => strings::exported().to_owned(),
            Err(error) => dom::describe(&error),
        };
        drop(said.try_set(words));
        let votes = app.events.with_untracked(Vec::len);
        app.reminded.set(votes);
        settings::keep_reminded(votes);
        dom::ask_to_persist().await;
    });
}

/// Where the votes are and what threatens them.
pub(crate) fn badge() -> AnyView {
    let app = App::get();
    let is_promised = RwSignal::new(false);
    Effect::new(move |_| {
        // Asked for after the first vote, so the answer may change.
        app.events.with(Vec::len);
        spawn_local(async move {
            is_promised.try_set(dom::is_persistent().await);
        });
    });
    let name = move || {
        if matches!(app.storage.get(), Storage::Memory(_)) {
            strings::here_badge_tab().to_owned()
        } else {
            strings::here_badge().to_owned()
        }
    };
    let risk = move || {
        if is_promised.get() {
            strings::here_promised().to_owned()
        } else {
            strings::here_risk().to_owned()
        }
    };
    view! {
        <p class="kept"><strong class="badge">{words(name)}</strong>" "{words(risk)}</p>
    }
    .into_any()
}

/// The field that takes a file, and what became of its votes.
pub(crate) fn import() -> AnyView {
    let app = App::get();
    let said = RwSignal::new(String::new());
    let refused = RwSignal::new(Vec::<Refusal>::new());
    let choose = move |event: web_sys::Event| {
        let Some((file, bytes)) = dom::chosen_file(&event) else {
            return;
        };
        spawn_local(async move {
            let (words, left_out) = match take_in(app, &file, bytes).await {
                Ok(Taken {
                    new,
                    known,
                    refused,
                }) => (strings::imported(new, known, refused.len()), refused),
                Err(why) => (strings::not_imported(why), Vec::new()),
            };
            drop(said.try_set(words));
            drop(refused.try_set(left_out));
        });
    };
    let list = move || {
        refused.with(|refused| {
            let mut lines: Vec<String> = refused
                .iter()
                .take(SHOWN)
                .map(|refusal| strings::refusal(&refusal.place, &refusal.why))
                .collect();
            if refused.len() > SHOWN {
                lines.push(strings::more_refused(refused.len() - SHOWN));
            }
            let lines: Vec<AnyView> = lines
                .into_iter()
                .map(|line| view! { <li>{line}</li> }.into_any())
                .collect();
            (!lines.is_empty()).then(|| view! { <ul class="quiet wrap">{lines}</ul> }.into_any())
        })
    };
    view! {
        <div class="field">
            <label for="import">{strings::import()}</label>
            <input id="import" type="file" accept=".json,application/json" aria-describedby="import-note" on:change=on_event(choose) />
            <p id="import-note" class="quiet">{strings::import_note()}</p>
            <p class="form-message wrap" role="status">{words(move || said.get())}</p>
            {maybe(list)}
        </div>
    }
    .into_any()
}

/// What became of a file.
struct Taken {
    new: usize,
    known: usize,
    refused: Vec<Refusal>,
}

async fn take_in(app: App, file: &web_sys::Blob, bytes: f64) -> Result<Taken, String> {
    app.opened().await;
    if bytes > MAX_BYTES as f64 {
        let bytes = bytes as usize;
        return Err(strings::arrived(
            &TasteError::TooLarge { bytes }.to_string(),
        ));
    }
    let text = dom::read_file(file)
        .await
        .map_err(|error: JsValue| strings::import_unreadable(dom::describe(&error)))?;
    let found = taste::read(&text).map_err(|error| strings::arrived(&error.to_string()))?;
    let merge = app
        .events
        .with_untracked(|events| taste::merge(events, found.taste.events));
    let new = merge.new.len();
    app.adopt(merge.new, Vec::new())
        .await
        .map_err(|error| error.to_string())?;
    let mut refused = found.refused;
    refused.extend(merge.refused);
    Ok(Taken {
        new,
        known: merge.known + found.doubled,
        refused,
    })
}
