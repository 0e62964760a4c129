//! `/rank`: one comparison after the other.

use leptos::prelude::*;

use crate::components::{board, topic};
use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    view! {
        <h1 class="page-title page-title--small">{strings::rank_heading()}</h1>
        {topic::topic()}
        {board::board()}
        <p class="quiet"><a href="/rank/4">{strings::four_link()}</a></p>
    }
    .into_any()
}
