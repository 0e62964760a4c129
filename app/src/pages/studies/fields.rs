//! Labelled inputs with a note.

use leptos::prelude::*;
use web_sys::Event;

use crate::live::on_event;

/// An input with its label above and a note below it.
pub(super) fn field(
    id: &'static str,
    label: &'static str,
    note: &'static str,
    input: AnyView,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {input}
            <p id=format!("{id}-note") class="quiet">{note}</p>
        </div>
    }
    .into_any()
}

/// Keeps what is typed.
pub(super) fn typed(held: RwSignal<String>) -> Box<dyn FnMut(Event)> {
    on_event(move |event| held.set(event_target_value(&event)))
}

/// A whole number.
pub(super) fn number(
    id: &'static str,
    label: &'static str,
    note: &'static str,
    (least, most): (u32, u32),
    held: RwSignal<String>,
) -> AnyView {
    let input = view! {
        <input id=id class="input" type="number" inputmode="numeric" step="1" min=least.to_string() max=most.to_string() aria-describedby=format!("{id}-note")
            prop:value=held.get_untracked() on:input=typed(held) />
    };
    field(id, label, note, input.into_any())
}
