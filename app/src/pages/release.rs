//! `/data/{release}`: what a release holds, how to load it, and what people say in it.

mod counts;
mod figures;
mod files;
mod loading;
mod sample;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use palate_shared::api::releases::{Release, Withdrawal};
use palate_shared::routes;
use serde::de::DeserializeOwned;

use crate::components::releases::changes;
use crate::error::Error;
use crate::lazy::Loaded;
use crate::live::{click, live, words};
use crate::{api, dom, strings};

/// The page.
#[leptos::wasm_split::wasm_split(release, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

/// A release, or that there is none.
type Found = Option<Result<Option<Arc<Release>>, Error>>;

fn view() -> AnyView {
    let path = use_location().pathname;
    let named = Memo::new(move |_| {
        let path = path.get();
        let id = path.strip_prefix(routes::RELEASE_PAGES).unwrap_or_default();
        id.trim_end_matches('/').to_owned()
    });
    let found = RwSignal::new(None);
    Effect::new(move |_| load(named.get(), found));
    let content = move || shown(&named.get(), found);
    view! { <div class="column column--wide">{live(content)}</div> }.into_any()
}

/// Asks for the list, which says at once what was withdrawn.
fn load(id: String, found: RwSignal<Found>) {
    found.set(None);
    spawn_local(async move {
        let answer = api::releases().await.map(|list| {
            let mut releases = list.releases.into_iter();
            releases
                .find(|release| release.id.as_str() == id)
                .map(Arc::new)
        });
        drop(found.try_set(Some(answer)));
    });
}

fn shown(id: &str, found: RwSignal<Found>) -> AnyView {
    let heading = match found.get() {
        Some(Ok(None)) => strings::release_missing().to_owned(),
        _ => strings::release_heading(id),
    };
    if let Some(document) = dom::document() {
        document.set_title(&strings::titled(&heading));
    }
    let (again, id) = (id.to_owned(), id.to_owned());
    let content = match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => view! {
            <div class="notice">
                <p>{strings::releases_failed()}" "{error.to_string()}</p>
                <button type="button" class="button" on:click=click(move |_| load(again.clone(), found))>{strings::try_again()}</button>
            </div>
        }
        .into_any(),
        Some(Ok(None)) => view! { <p class="lead">{strings::release_missing_text()}</p> }.into_any(),
        Some(Ok(Some(release))) => match &release.withdrawn {
            Some(withdrawal) => withdrawn(&id, withdrawal),
            None => offered(&release),
        },
    };
    view! {
        <h1 class="page-title">{heading}</h1>
        {content}
        <p class="history__back"><a href="/data">{strings::release_all()}</a></p>
    }
    .into_any()
}

fn withdrawn(id: &str, withdrawal: &Withdrawal) -> AnyView {
    view! {
        <div class="notice">
            <p>{strings::release_withdrawn(&withdrawal.day, &withdrawal.reason)}</p>
            <p>{strings::release_gone_text()}</p>
        </div>
        <p><a href=url(id, "README.md") rel="external">{strings::release_card()}</a></p>
    }
    .into_any()
}

fn offered(release: &Arc<Release>) -> AnyView {
    let facts: Vec<AnyView> = [
        (strings::fact_votes(), release.votes.to_string()),
        (strings::fact_pairs(), release.pairs.to_string()),
        (strings::fact_raters(), release.raters.to_string()),
        (strings::fact_until(), release.cut_day.clone()),
        (strings::fact_licence(), release.licence.clone()),
        (strings::fact_schema(), release.schema.to_string()),
    ]
    .map(|(name, value)| view! { <div><dt>{name}</dt><dd lang="en">{value}</dd></div> }.into_any())
    .into_iter()
    .collect();
    let changes = changes(release).unwrap_or_else(|| strings::release_first().to_owned());
    view! {
        <dl class="counts">{facts}</dl>
        <p class="quiet">{changes}</p>
        {loading::section(release)}
        {sample::section(release)}
        {figures::section(release)}
        {files::section(release)}
    }
    .into_any()
}

/// Where a file of a release lies.
fn url(id: &str, file: &str) -> String {
    routes::RELEASE_FILE
        .replace("{id}", id)
        .replace("{file}", file)
}

/// A file of a release, fetched when the page opens, and what is made of it. Nothing where the release has no such file:
/// those of earlier programs.
fn part<T: DeserializeOwned + Send + Sync + 'static>(
    release: &Release,
    file: &'static str,
    shown: impl Fn(Arc<T>) -> AnyView + Send + 'static,
) -> Option<AnyView> {
    release.files.iter().find(|listed| listed.name == file)?;
    let url = url(release.id.as_str(), file);
    let found = RwSignal::new(None::<Result<Arc<T>, Error>>);
    spawn_local(async move {
        let answer = api::get::<T>(&url).await.map(Arc::new);
        drop(found.try_set(Some(answer)));
    });
    let content = move || match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => {
            view! { <p class="notice">{strings::release_part_failed()}" "{error.to_string()}</p> }
                .into_any()
        }
        Some(Ok(value)) => shown(value),
    };
    Some(live(content).into_any())
}

/// A text to copy, with a button that does.
fn copyable(text: &str) -> AnyView {
    let said = RwSignal::new(String::new());
    let copied = text.to_owned();
    let copy = move |_| {
        let text = copied.clone();
        spawn_local(async move {
            let is_done = dom::copy(&text).await;
            let words = if is_done {
                strings::code_copied()
            } else {
                strings::release_not_copied()
            };
            drop(said.try_set(words.to_owned()));
        });
    };
    view! {
        <pre tabindex="0"><code>{text.to_owned()}</code></pre>
        <p class="actions">
            <button type="button" class="button" on:click=click(copy)>{strings::code_copy()}</button>
            <span role="status">{words(move || said.get())}</span>
        </p>
    }
    .into_any()
}
