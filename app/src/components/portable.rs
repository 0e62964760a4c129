//! The portable file: saving it, and bringing votes back from one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::infer::{Failure, FailureCode, Request, Response};
use palate_shared::taste::{self, MAX_BYTES, Refusal, Taste, TasteError};
use wasm_bindgen::JsValue;

use crate::engine::Status;
use crate::live::{flag, maybe, message, on_event, words};
use crate::state::{App, Storage};
use crate::{comparing, dom, json, settings, strings};

/// Refusals that are shown one by one, as the worker tells them.
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
            if taste.heads.is_none() {
                // A pack without heads of its own: those that the states were fitted with.
                taste.heads = app.cpu.methods.with_untracked(|methods| {
                    let method = methods.iter().find(|method| method.personal)?;
                    Some(method.weights.clone())
                });
            }
        }
        let text = serde_json::to_string_pretty(&taste).unwrap_or_default();
        let words = match dom::download(strings::EXPORT_NAME, "application/json", &text) {
            Ok(()) => strings::exported().to_owned(),
            Err(error) => dom::describe(&error),
        };
        drop(said.try_set(words));
        let votes = app.votes.get_untracked();
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
        app.votes.get();
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
    let refused = RwSignal::new((0, Vec::<String>::new()));
    let busy = RwSignal::new(false);
    let choose = move |event: web_sys::Event| {
        let Some((file, bytes)) = dom::chosen_file(&event) else {
            return;
        };
        busy.set(true);
        said.set(strings::import_reading().to_owned());
        refused.set((0, Vec::new()));
        spawn_local(async move {
            let (words, left_out) = match take_in(app, &file, bytes, said).await {
                Ok(found) => (
                    strings::imported(found.new, found.known, found.refused),
                    (found.refused, found.first),
                ),
                Err(why) => (strings::not_imported(why), (0, Vec::new())),
            };
            drop(said.try_set(words));
            drop(refused.try_set(left_out));
            busy.try_set(false);
        });
    };
    let list = move || {
        refused.with(|(count, first)| {
            let mut lines = first.clone();
            if *count > first.len() {
                lines.push(strings::more_refused(count - first.len()));
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
            <input id="import" type="file" accept=".json,application/json" aria-describedby="import-note" disabled=flag(move || busy.get()) on:change=on_event(choose) />
            <p id="import-note" class="quiet">{strings::import_note()}</p>
            <p class="form-message wrap" role="status">{message(move || said.get())}</p>
            {maybe(list)}
        </div>
    }
    .into_any()
}

/// What a file brings.
struct Found {
    /// To be added.
    events: Vec<VoteEvent>,
    new: usize,
    known: usize,
    refused: usize,
    /// The first of the refused, a line each.
    first: Vec<String>,
}

/// Reads a file in the worker, or here when no worker can, and keeps what it brings.
async fn take_in(
    app: App,
    file: &web_sys::Blob,
    bytes: f64,
    said: RwSignal<String>,
) -> Result<Found, String> {
    app.opened().await;
    if bytes > MAX_BYTES as f64 {
        let bytes = bytes as usize;
        return Err(strings::arrived(
            &TasteError::TooLarge { bytes }.to_string(),
        ));
    }
    if app.cpu.status.get_untracked() != Status::Ready {
        drop(said.try_set(strings::import_waiting().to_owned()));
        app.cpu.ensure(settings::device());
    }
    let read = match comparing::wait_ready(app.cpu).await {
        Ok(()) => {
            drop(said.try_set(strings::import_reading().to_owned()));
            read_there(app, file).await
        }
        Err(_) => Err(None),
    };
    let mut found = match read {
        Ok(found) => found,
        Err(Some(why)) => return Err(strings::arrived(&why)),
        Err(None) => read_here(app, file).await?,
    };
    let events = std::mem::take(&mut found.events);
    app.adopt(events, Vec::new())
        .await
        .map_err(|error| error.to_string())?;
    Ok(found)
}

/// Has the worker read the file; why it is refused, or `None` when the worker cannot tell.
async fn read_there(app: App, file: &web_sys::Blob) -> Result<Found, Option<String>> {
    let cannot = |failure: Failure| match failure.code {
        FailureCode::File => Some(failure.message),
        _ => None,
    };
    // It sorts by what it has learned.
    drop(app.cpu.learn_new().await);
    app.cpu.hand(file).map_err(cannot)?;
    let Response::Taste {
        new,
        known,
        refused,
        first,
    } = app.cpu.ask(Request::ReadTaste).await.map_err(cannot)?
    else {
        return Err(None);
    };
    let mut all = Vec::with_capacity(new);
    loop {
        let request = Request::TasteEvents { from: all.len() };
        let Response::Events { events } = app.cpu.ask(request).await.map_err(cannot)? else {
            return Err(None);
        };
        if events.is_empty() {
            break;
        }
        for text in &events {
            all.push(json::parse(text).map_err(|_| None)?);
        }
    }
    Ok(Found {
        events: all,
        new,
        known,
        refused,
        first,
    })
}

async fn read_here(app: App, file: &web_sys::Blob) -> Result<Found, String> {
    let text = dom::read_file(file)
        .await
        .map_err(|error: JsValue| strings::import_unreadable(dom::describe(&error)))?;
    let found = taste::read(&text).map_err(|error| strings::arrived(&error.to_string()))?;
    let merge = app
        .events
        .with_untracked(|events| taste::merge(events, found.taste.events));
    let refused: Vec<Refusal> = found.refused.into_iter().chain(merge.refused).collect();
    Ok(Found {
        new: merge.new.len(),
        known: merge.known + found.doubled,
        refused: refused.len(),
        first: refused
            .iter()
            .take(SHOWN)
            .map(ToString::to_string)
            .collect(),
        events: merge.new,
    })
}
