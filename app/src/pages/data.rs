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
            <h1 class="page-title">{strings::data_heading()}</h1>
            <p class="lead">{strings::releases_lead()}</p>
            <section>
                <h2>{strings::releases_heading()}</h2>
                {releases::releases()}
                <p><a href="/leaderboard">{strings::data_board()}</a></p>
            </section>
            <section>
                <h2>{strings::data_for_heading()}</h2>
                <p>{strings::data_for()}</p>
                <p>{strings::data_people()}</p>
                <p>{strings::data_latest()}</p>
            </section>
            <section>
                <h2>{strings::data_own_heading()}</h2>
                <p>{strings::data_own_lead()}</p>
                <p><a class="button" href="/me/data">{strings::own_link()}</a></p>
            </section>
        </div>
    }
    .into_any()
}
