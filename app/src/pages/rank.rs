//! `/rank`: one comparison after the other.

use leptos::prelude::*;

use crate::components::{board, pack, topic};
use crate::live::words;
use crate::state::App;
use crate::strings;

/// The page.
pub(crate) fn page() -> AnyView {
    let app = App::get();
    let heading = move || strings::pack_heading(app.library.pack.get()).to_owned();
    view! {
        <h1 class="page-title page-title--small">{words(heading)}</h1>
        <div class="topics">{pack::choice()}{topic::topic()}{pack::note()}</div>
        {board::board()}
        <p class="quiet"><a href="/rank/4">{strings::four_link()}</a></p>
    }
    .into_any()
}
