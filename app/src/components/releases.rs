//! Published releases: files, sizes, sums, and how to load them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::releases::{Release, Releases};
use palate_shared::routes;

use crate::components::table::table;
use crate::error::Error;
use crate::live::live;
use crate::words::bytes;
use crate::{api, dom, strings};

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
    view! { <div>{live(content)}</div> }.into_any()
}

fn url(release: &Release, file: &str) -> String {
    routes::RELEASE_FILE
        .replace("{id}", release.id.as_str())
        .replace("{file}", file)
}

fn facts(release: &Release) -> String {
    strings::release_facts(
        strings::release_votes(release.votes as usize),
        strings::release_pairs(release.pairs as usize),
        strings::release_raters(release.raters as usize),
        &release.licence,
    )
}

fn release(release: &Release) -> AnyView {
    let origin = dom::window()
        .and_then(|window| window.location().origin().ok())
        .unwrap_or_default();
    let rows: Vec<AnyView> = release
        .files
        .iter()
        .map(|file| {
            view! {
                <tr>
                    <th scope="row"><a href=url(release, &file.name) rel="external" download=""><code>{file.name.clone()}</code></a></th>
                    <td>{bytes(file.bytes)}</td>
                    <td><code class="sum">{file.sha256.clone()}</code></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let votes = release.files.iter().find(|file| file.name == "votes.jsonl");
    let snippets = votes.map(|file| {
        let link = format!("{origin}{}", url(release, &file.name));
        let shell = format!("curl -fO {link}");
        let python =
            format!("from datasets import load_dataset\nvotes = load_dataset(\"json\", data_files=\"{link}\", split=\"train\")");
        view! {
            <h4>{strings::snippet_shell()}</h4>
            <pre tabindex="0"><code>{shell}</code></pre>
            <h4>{strings::snippet_python()}</h4>
            <pre tabindex="0"><code>{python}</code></pre>
        }
        .into_any()
    });
    view! {
        <article class="card release">
            <h3>{release.id.to_string()}</h3>
            <p>{facts(release)}</p>
            {table(strings::col_file(), &[strings::col_file(), strings::col_size(), strings::col_sum()], rows)}
            {snippets}
        </article>
    }
    .into_any()
}
