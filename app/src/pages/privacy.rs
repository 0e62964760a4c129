//! `/privacy`: what is kept and for how long, from the configuration that the server's purge uses.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::privacy::{KeptFor, Privacy};
use palate_shared::routes;

use super::prose::sections;
use crate::components::table::table;
use crate::error::Error;
use crate::lazy::Loaded;
use crate::live::{click, live};
use crate::{api, dom, strings};

/// The page.
#[leptos::wasm_split::wasm_split(prose, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let found = RwSignal::new(None::<Result<Privacy, Error>>);
    load(found);
    let content = move || match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => failed(found, &error),
        Some(Ok(privacy)) => kept(&privacy),
    };
    view! {
        <div class="prose">
            <h1>{strings::privacy_heading()}</h1>
            <p class="lead">{strings::privacy_lead()}</p>
            <section>
                <h2>{strings::privacy_kept()}</h2>
                <p>{strings::privacy_kept_note()}</p>
                <div class="kept-for">{live(content)}</div>
            </section>
            {sections(strings::PRIVACY_SECTIONS)}
            <p><a class="button" href="/me/data">{strings::own_link()}</a></p>
        </div>
    }
    .into_any()
}

fn load(found: RwSignal<Option<Result<Privacy, Error>>>) {
    found.set(None);
    spawn_local(async move {
        let answer = api::get(routes::PRIVACY).await;
        drop(found.try_set(Some(answer)));
    });
}

fn failed(found: RwSignal<Option<Result<Privacy, Error>>>, error: &Error) -> AnyView {
    view! {
        <div class="notice">
            <p>{strings::privacy_failed()}" "{error.to_string()}</p>
            <button type="button" class="button" on:click=click(move |_| load(found))>{strings::try_again()}</button>
        </div>
    }
    .into_any()
}

fn kept(privacy: &Privacy) -> AnyView {
    let row = |what: &'static str, until: String| {
        view! { <tr><th scope="row">{what}</th><td>{until}</td></tr> }.into_any()
    };
    let mut rows = vec![row(
        strings::kept_votes(),
        strings::kept_until_deleted().to_owned(),
    )];
    rows.extend(privacy.kept.iter().map(|KeptFor { what, days }| {
        row(strings::kept(*what), strings::kept_days(usize::from(*days)))
    }));
    let last = match (&privacy.last_purge, privacy.last_purge_removed) {
        (Some(at), Some(rows)) => {
            let removed = strings::purge_removed(usize::try_from(rows).unwrap_or(usize::MAX));
            strings::last_purge(dom::local_time(dom::parse_time(at)), removed)
        }
        _ => strings::no_purge_yet().to_owned(),
    };
    let columns = [strings::col_what(), strings::col_until()];
    view! {
        {table(strings::privacy_kept(), &columns, rows)}
        <p data-testid="last-purge">{last}</p>
    }
    .into_any()
}
