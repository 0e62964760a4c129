//! The choice of the pack that questions are taken from.

use std::sync::Arc;

use leptos::prelude::*;

use crate::components::select::select;
use crate::live::words;
use crate::state::App;
use crate::{packs, strings};

/// The select.
pub(crate) fn choice() -> AnyView {
    let app = App::get();
    let options = packs::ALL
        .map(|pack| (pack.to_owned(), strings::pack_title(pack).to_owned()))
        .into();
    select(
        "topic",
        strings::pack_label(),
        None,
        options,
        Arc::new(move |pack| app.library.pack.get() == pack),
        Box::new(move |pack| packs::choose(app, packs::named(&pack))),
    )
}

/// What the pack is about, in one sentence.
pub(crate) fn note() -> AnyView {
    let app = App::get();
    let note = move || strings::pack_note(app.library.pack.get()).to_owned();
    view! { <p class="quiet pack-note">{words(note)}</p> }.into_any()
}

/// The select with words on what hangs on it.
pub(crate) fn choice_with(note: &'static str) -> AnyView {
    view! { <div class="topics">{choice()}<p class="quiet pack-note">{note}</p></div> }.into_any()
}
