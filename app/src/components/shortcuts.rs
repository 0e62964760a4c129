//! Keys while ranking: the listener, the list, the switch.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::components::dialog::modal;
use crate::keys::{Command, Context, command};
use crate::live::{click, flag, on_event};
use crate::state::App;
use crate::{dom, ranking, settings, strings};

/// Listens while a board is on the page; the list opens with `?`.
pub(crate) fn shortcuts() -> AnyView {
    let app = App::get();
    let open = RwSignal::new(false);
    let listener = window_event_listener(ev::keydown, move |event| {
        let on = app.shortcuts.get_untracked();
        match read(&event).filter(|asked| on || *asked == Command::Help) {
            Some(Command::Vote(choice)) => ranking::vote(app, choice),
            Some(Command::Undo) => ranking::undo(app),
            Some(Command::Next) => ranking::go_on(app),
            Some(Command::Help) => open.set(true),
            None => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
    let rows = strings::shortcut_rows()
        .map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    let switch = move |event| {
        let on = event_target_checked(&event);
        app.shortcuts.set(on);
        settings::keep_shortcuts(on);
    };
    let content = view! {
        <p>{strings::shortcuts_note()}</p>
        <dl class="key-list">{rows}</dl>
        <label class="check">
            <input type="checkbox" prop:checked=flag(move || app.shortcuts.get()) on:change=on_event(switch) />
            {strings::shortcuts_on()}
        </label>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::close()}</button>
        </div>
    }
    .into_any();
    view! {
        <button type="button" class="link-button" on:click=click(move |_| open.set(true))>{strings::shortcuts()}" "<kbd>"?"</kbd></button>
        {modal(open, strings::shortcuts(), "shortcuts-heading", content)}
    }
    .into_any()
}

fn read(event: &KeyboardEvent) -> Option<Command> {
    let element = dom::document()?.active_element();
    let tag = element
        .as_ref()
        .map(|element| element.tag_name().to_ascii_uppercase())
        .unwrap_or_default();
    // Radio buttons and boxes are inputs too: their keys stay theirs.
    let editable = element
        .and_then(|element| element.dyn_into::<HtmlElement>().ok())
        .is_some_and(|e| e.is_content_editable());
    let dialog = dom::document()?
        .query_selector("dialog[open]")
        .ok()?
        .is_some();
    let context = Context {
        tag: &tag,
        editable,
        modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
        composing: event.is_composing() || event.repeat(),
        dialog,
    };
    command(&event.key(), context)
}
