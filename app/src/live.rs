//! Reactive pieces of views behind one type each, so that their machinery is compiled once and not for every closure.

use std::sync::{Arc, Mutex};

use leptos::prelude::{AnyView, IntoAny};
use leptos::tachys::reactive_graph::SharedReactiveFunction;
use web_sys::{Event, MouseEvent, SubmitEvent};

/// A part of a page that follows its signals.
pub(crate) fn live(
    part: impl FnMut() -> AnyView + Send + 'static,
) -> SharedReactiveFunction<AnyView> {
    Arc::new(Mutex::new(part))
}

/// Words, or an attribute, that follow their signals.
pub(crate) fn words(
    text: impl FnMut() -> String + Send + 'static,
) -> SharedReactiveFunction<String> {
    Arc::new(Mutex::new(text))
}

/// A flag that follows its signals.
pub(crate) fn flag(is: impl FnMut() -> bool + Send + 'static) -> SharedReactiveFunction<bool> {
    Arc::new(Mutex::new(is))
}

/// An attribute that is there while the flag holds.
pub(crate) fn mark(
    mut is: impl FnMut() -> bool + Send + 'static,
) -> SharedReactiveFunction<Option<&'static str>> {
    attribute(move || is().then_some(""))
}

/// An attribute that is there or not.
pub(crate) fn attribute(
    value: impl FnMut() -> Option<&'static str> + Send + 'static,
) -> SharedReactiveFunction<Option<&'static str>> {
    Arc::new(Mutex::new(value))
}

/// A part of a page that is there or not.
pub(crate) fn maybe(
    mut part: impl FnMut() -> Option<AnyView> + Send + 'static,
) -> SharedReactiveFunction<AnyView> {
    Arc::new(Mutex::new(move || part().into_any()))
}

/// Words that leave nothing behind while there are none, so that their place counts as empty.
pub(crate) fn message(
    mut text: impl FnMut() -> String + Send + 'static,
) -> SharedReactiveFunction<AnyView> {
    maybe(move || {
        Some(text())
            .filter(|text| !text.is_empty())
            .map(IntoAny::into_any)
    })
}

/// What a click does.
pub(crate) fn click(does: impl FnMut(MouseEvent) + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(does)
}

/// What a change of a field does.
pub(crate) fn on_event(does: impl FnMut(Event) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(does)
}

/// What sending a form does.
pub(crate) fn on_submit(does: impl FnMut(SubmitEvent) + 'static) -> Box<dyn FnMut(SubmitEvent)> {
    Box::new(does)
}
