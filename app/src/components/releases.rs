//! The list of published releases: facts, what changed between them, and the way to each.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::releases::{Release, Releases};
use palate_shared::routes;

use crate::error::Error;
use crate::live::live;
use crate::{api, strings};

/// The list, fetched when the page opens.
pub(crate) fn releases() -> AnyView {
    let found = RwSignal::new(None::<Result<Releases, Error>>);
    spawn_local(async move {
        let answer = api::releases().await;
        drop(found.try_set(Some(answer)));
    });
    let content = move || match found.get() {
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
        Some(Err(error)) => {
            view! { <p class="notice">{strings::releases_failed()}" "{error.to_string()}</p> }
                .into_any()
        }
        Some(Ok(list)) if list.releases.is_empty() => {
            view! { <p class="quiet">{strings::releases_none()}</p> }.into_any()
        }
        Some(Ok(list)) => list
            .releases
            .iter()
            .map(release)
            .collect::<Vec<_>>()
            .into_any(),
    };
    view! { <div class="releases">{live(content)}</div> }.into_any()
}

fn facts(release: &Release) -> String {
    strings::release_facts(
        strings::release_votes(release.votes as usize),
        strings::release_pairs(release.pairs as usize),
        strings::release_raters(release.raters as usize),
        &release.licence,
    )
}

/// What changed against the release before; releases of earlier programs do not say it.
pub(crate) fn changes(release: &Release) -> Option<String> {
    let changes = release.changes.as_ref()?;
    let sentence = strings::release_changes(&changes.since, changes.new, changes.gone);
    Some(sentence)
}

fn release(release: &Release) -> AnyView {
    let href = format!("{}{}", routes::RELEASE_PAGES, release.id);
    let words = match &release.withdrawn {
        Some(gone) => {
            let said = strings::release_withdrawn(&gone.day, &gone.reason);
            view! { <p class="notice">{said}</p> }.into_any()
        }
        None => {
            let changes = changes(release).map(|said| view! { <p class="quiet">{said}</p> });
            view! { <p>{facts(release)}</p>{changes} }.into_any()
        }
    };
    view! {
        <article class="card release">
            <h3><a href=href>{release.id.to_string()}</a></h3>
            {words}
        </article>
    }
    .into_any()
}
