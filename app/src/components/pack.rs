//! The choice of the pack that questions are taken from.

use leptos::prelude::*;

use crate::live::{flag, on_event, words};
use crate::state::App;
use crate::{packs, strings};

/// The select.
pub(crate) fn choice() -> AnyView {
    let app = App::get();
    let options: Vec<AnyView> = packs::ALL
        .into_iter()
        .map(|pack| {
            let is_chosen = move || app.library.pack.get() == pack;
            view! { <option value=pack prop:selected=flag(is_chosen)>{strings::pack_title(pack)}</option> }.into_any()
        })
        .collect();
    let choose = move |event| packs::choose(app, packs::named(&event_target_value(&event)));
    view! {
        <label class="topic">
            <span>{strings::pack_label()}</span>
            <select on:change=on_event(choose)>{options}</select>
        </label>
    }
    .into_any()
}

/// What the pack is about, in one sentence.
pub(crate) fn note() -> AnyView {
    let app = App::get();
    let note = move || strings::pack_note(app.library.pack.get()).to_owned();
    view! { <p class="quiet pack-note">{words(note)}</p> }.into_any()
}
