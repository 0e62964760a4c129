//! A native select with its label.

use std::sync::Arc;

use leptos::prelude::*;

use crate::live::{attribute, flag, on_event};

/// What is chosen among, as value and name.
pub(crate) type Options = Vec<(String, String)>;

/// `class` says how label and field stand to each other. `is_chosen` follows its signals. `language` is that of the names,
/// where it is not the page's.
pub(crate) fn select(
    class: &'static str,
    label: &str,
    language: Option<&'static str>,
    options: Options,
    is_chosen: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    choose: Box<dyn Fn(String)>,
) -> AnyView {
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, name)| {
            let (is_chosen, held) = (is_chosen.clone(), value.clone());
            let language = attribute(move || language.filter(|_| !held.is_empty()));
            let held = value.clone();
            view! { <option value=value lang=language prop:selected=flag(move || is_chosen(&held))>{name}</option> }.into_any()
        })
        .collect();
    view! {
        <label class=class>
            <span>{label.to_owned()}</span>
            <select on:change=on_event(move |event| choose(event_target_value(&event)))>{options}</select>
        </label>
    }
    .into_any()
}
