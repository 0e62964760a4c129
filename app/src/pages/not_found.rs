//! Any other address; the server answers 404 too.

use leptos::prelude::*;

use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    view! {
        <div class="prose">
            <h1>{strings::NOT_FOUND_TITLE}</h1>
            <p class="lead">{strings::NOT_FOUND_TEXT}</p>
            <p class="actions">
                <a class="button button--primary" href="/">{strings::NOT_FOUND_HOME}</a>
                <a class="button" href="/rank">{strings::NOT_FOUND_RANK}</a>
            </p>
        </div>
    }
    .into_any()
}
