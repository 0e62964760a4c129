//! Keys while ranking: the listener, the list, the switch.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, FocusEvent, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::components::dialog::modal;
use crate::keys::{CHANGEABLE, Command, Context, HELP, Keymap, command};
use crate::live::{click, flag, on_event, words};
use crate::state::App;
use crate::{dom, settings, strings};

/// Listens while a board is on the page and does what a key asks for; the list opens with `?`.
pub(crate) fn shortcuts(act: Box<dyn Fn(Command)>) -> AnyView {
    let app = App::get();
    let open = RwSignal::new(false);
    let listener = window_event_listener(ev::keydown, move |event| {
        let on = app.shortcuts.get_untracked();
        match read(&event, app.keymap.get_untracked()).filter(|asked| on || *asked == Command::Help)
        {
            Some(Command::Help) => open.set(true),
            Some(command) => act(command),
            None => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
    let refused = RwSignal::new(false);
    let mut rows: Vec<AnyView> = (0..CHANGEABLE.len())
        .map(|at| row(app, at, refused))
        .collect();
    let list = strings::command(Command::Help);
    rows.push(view! { <div><dt><kbd>{HELP}</kbd></dt><dd>{list}</dd></div> }.into_any());
    let reset = move |_| keep(app, Keymap::default(), refused);
    let note = move || {
        let note = if refused.get() {
            strings::shortcut_taken()
        } else {
            strings::shortcut_change()
        };
        note.to_owned()
    };
    let switch = move |event| {
        let on = event_target_checked(&event);
        app.shortcuts.set(on);
        settings::keep_shortcuts(on);
    };
    let content = view! {
        <p>{strings::shortcuts_note()}</p>
        <dl class="key-list">{rows}</dl>
        <p role="status">{words(note)}</p>
        <button type="button" class="link-button" on:click=click(reset)>{strings::shortcut_reset()}</button>
        <label class="check">
            <input type="checkbox" prop:checked=flag(move || app.shortcuts.get()) on:change=on_event(switch) />
            {strings::shortcuts_on()}
        </label>
        <div class="dialog__actions">
            <button type="button" class="button" autofocus on:click=click(move |_| open.set(false))>{strings::close()}</button>
        </div>
    }
    .into_any();
    view! {
        <button type="button" class="link-button" on:click=click(move |_| open.set(true))>{strings::shortcuts()}" "<kbd>"?"</kbd></button>
        {modal(open, strings::shortcuts(), "shortcuts-heading", content)}
    }
    .into_any()
}

/// A command with the box for its key.
fn row(app: App, at: usize, refused: RwSignal<bool>) -> AnyView {
    let does = strings::command(CHANGEABLE[at]);
    let key = move || app.keymap.get().label(CHANGEABLE[at]);
    let change = move |event: Event| {
        let typed = event_target_value(&event);
        match app.keymap.get_untracked().with(at, &typed) {
            Some(keymap) => keep(app, keymap, refused),
            None => {
                refused.set(true);
                // Puts the key that holds back into the box.
                app.keymap.update(|_| ());
            }
        }
    };
    view! {
        <div>
            <dt>
                <input class="key" type="text" maxlength="1" autocomplete="off" aria-label=strings::shortcut_of(does)
                    prop:value=words(key) on:focus=select on:change=on_event(change) />
            </dt>
            <dd>{does}</dd>
        </div>
    }
    .into_any()
}

/// Selects what stands in the box, so that typing replaces it.
fn select(event: FocusEvent) {
    event_target::<HtmlInputElement>(&event).select();
}

fn keep(app: App, keymap: Keymap, refused: RwSignal<bool>) {
    refused.set(false);
    app.keymap.set(keymap);
    settings::keep_keymap(keymap);
}

fn read(event: &KeyboardEvent, keymap: Keymap) -> Option<Command> {
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
    command(&event.key(), context, keymap)
}
