//! The browser's own dialog.

use leptos::html;
use leptos::prelude::*;

use crate::live::on_event;
/// A modal dialog that follows `open`; Escape and the browser close it and set `open` to false.
pub(crate) fn modal(
    open: RwSignal<bool>,
    heading: &'static str,
    id: &'static str,
    content: AnyView,
) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = node.get() else { return };
        if wanted && !dialog.open() {
            drop(dialog.show_modal());
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog class="dialog" node_ref=node aria-labelledby=id on:close=on_event(move |_| open.set(false))>
            <h2 id=id>{heading}</h2>
            {content}
        </dialog>
    }
    .into_any()
}
