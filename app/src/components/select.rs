//! Native choices with their labels: of many, and of two.

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

/// A choice that is held by its place. `language` is that of the names, where it is not the page's.
pub(crate) fn by_place(
    id: &'static str,
    label: &'static str,
    language: Option<&'static str>,
    options: Vec<String>,
    held: RwSignal<usize>,
) -> AnyView {
    let options: Vec<AnyView> = options
        .into_iter()
        .enumerate()
        .map(|(at, text)| {
            view! { <option value=at.to_string() selected=flag(move || held.get() == at)>{text}</option> }
                .into_any()
        })
        .collect();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id lang=language on:change=on_event(move |event| held.set(event_target_value(&event).parse().unwrap_or_default()))>{options}</select>
        </div>
    }
    .into_any()
}

/// One of two, side by side; `held` says whether it is the second.
pub(crate) fn of_two(
    name: &'static str,
    legend: &'static str,
    labels: [&'static str; 2],
    held: RwSignal<bool>,
) -> AnyView {
    let options: Vec<AnyView> = [false, true]
        .into_iter()
        .zip(labels)
        .map(|(value, label)| {
            view! {
                <label class="segment">
                    <input type="radio" name=name prop:checked=flag(move || held.get() == value) on:change=on_event(move |_| held.set(value)) />
                    <span>{label}</span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! { <fieldset><legend>{legend}</legend><div class="segments">{options}</div></fieldset> }
        .into_any()
}
