//! `/me/history`: every vote, to read, search, change and take back.

mod form;
mod item;
mod past;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use palate_shared::ids::{ComparisonId, PackId};

use crate::components::select::select;
use crate::history::{self, Filter, STEP, Touched};
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, on_event, on_submit, words};
use crate::state::{App, Storage};
use crate::strings;
use item::item;
use past::{Past, focus, inside};

/// The page.
#[leptos::wasm_split::wasm_split(history, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    app.library.load_first();
    Effect::new(move |_| {
        if app.library.manifest.with(Option::is_some) {
            app.library.load_items();
        }
    });
    let past = Past::new(app);
    Effect::new(move |_| past.load());
    go_to_named(past);
    let has_votes = Memo::new(move |_| past.rows.with(|rows| !rows.is_empty()));
    let content = move || match (has_votes.get(), app.storage.get()) {
        (true, _) => content(past),
        (false, Storage::Opening) => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        (false, _) => empty(),
    };
    view! {
        <div class="column">
            <h1 class="page-title">{strings::history_heading()}</h1>
            {live(content)}
            <p class="history__back"><a href="/me">{strings::history_back()}</a></p>
        </div>
    }
    .into_any()
}

/// Shows the vote that the address names, once it is there, and moves the focus to it.
fn go_to_named(past: Past) {
    let search = use_location().search;
    let gone_to = StoredValue::new(None::<ComparisonId>);
    Effect::new(move |_| {
        let search = search.get();
        let named = search.trim_start_matches('?').strip_prefix("vote=");
        let Some(named) = named.map(ComparisonId::from) else {
            return;
        };
        let place = past
            .found
            .with(|found| found.iter().position(|id| *id == named));
        let Some(place) = place else { return };
        if gone_to.get_value().as_ref() != Some(&named) {
            past.most.update(|most| *most = (*most).max(place + 1));
            focus(inside(&named, ".past__prompt"));
            gone_to.set_value(Some(named));
        }
    });
}

fn empty() -> AnyView {
    view! {
        <p class="lead">{strings::history_empty()}</p>
        <p><a class="button button--primary" href="/rank">{strings::me_empty_link()}</a></p>
    }
    .into_any()
}

fn content(past: Past) -> AnyView {
    let shown = Memo::new(move |_| {
        past.found.with(|found| {
            found
                .iter()
                .take(past.most.get())
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let count = move || {
        strings::history_count(
            shown.with(Vec::len),
            past.found.with(Vec::len),
            past.rows.with(Vec::len),
        )
    };
    let list = move || {
        let items: Vec<AnyView> = shown.get().into_iter().map(|id| item(past, id)).collect();
        if items.is_empty() {
            return none_found(past);
        }
        view! { <ol class="history">{items}</ol> }.into_any()
    };
    let more = move || {
        let held = shown.with(Vec::len);
        let next = past.found.with(|found| found.get(held).cloned())?;
        let show = move |_| {
            past.most.update(|most| *most += STEP);
            focus(inside(&next, ".past__prompt"));
        };
        Some(
            view! { <button type="button" class="button" on:click=click(show)>{strings::history_more()}</button> }
                .into_any(),
        )
    };
    view! {
        <p class="lead">{strings::history_lead()}</p>
        {search(past)}
        <p id="history-count" class="quiet" tabindex="-1" role="status">{words(count)}</p>
        {live(list)}
        {maybe(more)}
    }
    .into_any()
}

fn none_found(past: Past) -> AnyView {
    let clear = move |_| {
        past.look(|filter| *filter = Filter::default());
        focus("#history-words".to_owned());
    };
    view! {
        <p>{strings::history_none_found()}</p>
        <button type="button" class="button" on:click=click(clear)>{strings::history_clear()}</button>
    }
    .into_any()
}

fn search(past: Past) -> AnyView {
    let outcomes: Vec<AnyView> = strings::history_outcomes()
        .into_iter()
        .map(|(outcome, value, name)| {
            let chosen = move || past.filter.with(|filter| filter.outcome == outcome);
            view! { <option value=value prop:selected=flag(chosen)>{name}</option> }.into_any()
        })
        .collect();
    let touches: Vec<AnyView> = strings::history_touches()
        .into_iter()
        .map(|(value, name)| {
            let chosen = move || past.filter.with(|filter| filter.touched == touched(value));
            view! { <option value=value prop:selected=flag(chosen)>{name}</option> }.into_any()
        })
        .collect();
    let by_words = move |event| {
        let words = event_target_value(&event);
        past.look(|filter| filter.words = words);
    };
    let by_outcome = move |event| {
        let value = event_target_value(&event);
        let outcome = strings::history_outcomes()
            .into_iter()
            .find(|(_, name, _)| *name == value)
            .and_then(|(outcome, ..)| outcome);
        past.look(|filter| filter.outcome = outcome);
    };
    let by_touch = move |event| {
        let value = event_target_value(&event);
        past.look(|filter| filter.touched = touched(&value));
    };
    let held = move || past.filter.with(|filter| filter.words.clone());
    let by_pack = move || {
        let packs = past.app.events.with(|events| history::packs(events));
        (packs.len() > 1).then(|| pack_field(past, packs))
    };
    view! {
        <form class="history-search" role="search" on:submit=on_submit(|event| event.prevent_default())>
            <div class="field history-search__words">
                <label for="history-words">{strings::history_search()}</label>
                <input id="history-words" type="search" autocomplete="off" prop:value=words(held) on:input=on_event(by_words) />
            </div>
            <div class="field">
                <label for="history-outcome">{strings::history_outcome_label()}</label>
                <select id="history-outcome" on:change=on_event(by_outcome)>{outcomes}</select>
            </div>
            <div class="field">
                <label for="history-touched">{strings::history_touched()}</label>
                <select id="history-touched" on:change=on_event(by_touch)>{touches}</select>
            </div>
            {maybe(by_pack)}
        </form>
    }
    .into_any()
}

/// The choice among packs that votes are on.
fn pack_field(past: Past, packs: Vec<PackId>) -> AnyView {
    let all = (String::new(), strings::pack_all().to_owned());
    let named = |pack: PackId| {
        let title = strings::pack_title(pack.as_str()).to_owned();
        (pack.0, title)
    };
    select(
        "field",
        strings::pack_label(),
        None,
        std::iter::once(all)
            .chain(packs.into_iter().map(named))
            .collect(),
        Arc::new(move |value| {
            let filter = past.filter.read();
            filter.pack.as_ref().map_or("", PackId::as_str) == value
        }),
        Box::new(move |value| {
            past.look(|filter| filter.pack = (!value.is_empty()).then(|| value.into()));
        }),
    )
}

fn touched(value: &str) -> Touched {
    match value {
        "changed" => Touched::Changed,
        "withdrawn" => Touched::Withdrawn,
        _ => Touched::Any,
    }
}
