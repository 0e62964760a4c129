//! `/data`: what leaves the device, the outbox, one's own data, the open data.

use leptos::prelude::*;

use crate::components::{consent, outbox, own_data, releases};
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
                <h2>{strings::DATA_MODE}</h2>
                {consent::mode_switch()}
                {outbox::outbox()}
            </section>
            <section>
                <h2>{strings::OWN_HEADING}</h2>
                <p>{strings::OWN_LEAD}</p>
                {own_data::own_data()}
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
