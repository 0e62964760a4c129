//! Any other address; the server answers 404 too.

use leptos::prelude::*;

use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    view! {
        <div class="prose">
            <h1>{strings::not_found_title()}</h1>
            <p class="lead">{strings::not_found_text()}</p>
            <p class="actions">
                <a class="button button--primary" href="/">{strings::not_found_home()}</a>
                <a class="button" href="/rank">{strings::not_found_rank()}</a>
            </p>
        </div>
    }
    .into_any()
}
