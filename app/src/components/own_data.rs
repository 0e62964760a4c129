//! Saving and deleting one's own votes.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;

use crate::components::portable;
use crate::live::{click, flag, maybe, message, words};
use crate::settings::{self, OfSelf};
use crate::state::{App, Storage};
use crate::{history, strings};

/// Buttons to save and to delete (with undo).
pub(crate) fn own_data() -> AnyView {
    let app = App::get();
    let deleted = RwSignal::new(None::<(Vec<VoteEvent>, OfSelf)>);
    let said = RwSignal::new(String::new());
    let none = move || app.events.with(Vec::is_empty);
    let kept = move || strings::kept_here(app.votes.get(), app.storage.get() == Storage::Durable);
    let save = move |_| portable::save(app, said);
    let delete = move |_| {
        spawn_local(async move {
            match app.delete_votes().await {
                Ok(votes) => {
                    said.set(strings::deleted(history::count(&votes)));
                    deleted.set(Some((votes, settings::take_said_of_self())));
                }
                Err(error) => said.set(error.to_string()),
            }
        });
    };
    let undo = move |_| {
        let Some((votes, of_self)) = deleted.get_untracked() else {
            return;
        };
        for (pack, said) in of_self {
            settings::keep_said_of_self(pack, &said);
        }
        spawn_local(async move {
            match app.adopt(votes, Vec::new()).await {
                Ok(()) => {
                    deleted.set(None);
                    said.set(String::new());
                }
                Err(error) => said.set(error.to_string()),
            }
        });
    };
    let undo_button = move || {
        deleted.with(Option::is_some).then(|| {
            view! { <button type="button" class="button" on:click=click(undo)>{strings::undo()}</button> }.into_any()
        })
    };
    view! {
        <div class="card">
            <p>{words(kept)}</p>
            <div class="actions">
                <button type="button" class="button" disabled=flag(none) on:click=click(save)>{strings::me_export()}</button>
                <button type="button" class="button" disabled=flag(none) on:click=click(delete)>{strings::me_delete()}</button>
                {maybe(undo_button)}
            </div>
            <p class="form-message" role="status">{message(move || said.get())}</p>
        </div>
    }
    .into_any()
}
