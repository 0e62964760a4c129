//! `/data`: the open data, and the way to one's own.

use leptos::prelude::*;

use crate::components::releases;
use crate::lazy::Loaded;
use crate::strings;

/// The page.
#[leptos::wasm_split::wasm_split(data, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    view! {
        <div class="column">
            <h1 class="page-title">{strings::DATA_HEADING}</h1>
            <section>
                <h2>{strings::DATA_OWN_HEADING}</h2>
                <p>{strings::DATA_OWN_LEAD}</p>
                <p><a class="button" href="/me/data">{strings::OWN_LINK}</a></p>
            </section>
            <section>
                <h2>{strings::RELEASES_HEADING}</h2>
                <p>{strings::RELEASES_LEAD}</p>
                {releases::releases()}
            </section>
        </div>
    }
    .into_any()
}
