//! The choice of a topic on `/rank`, beside that of the pack.

use leptos::prelude::*;

use crate::live::{flag, live, maybe, on_event};
use crate::ranking;
use crate::state::App;
use crate::strings;

/// The select; there once the texts of the pack are. A note where the topic has no question left.
pub(crate) fn topic() -> AnyView {
    let app = App::get();
    let select = move || {
        let topics = app.library.topics();
        if topics.len() < 2 {
            return ().into_any();
        }
        let options: Vec<AnyView> = topics
            .into_iter()
            .map(|topic| {
                let (value, label) = (topic.clone(), topic.clone());
                let is_chosen = move || app.ranking.topic.with(|chosen| *chosen == Some(topic.clone()));
                view! { <option value=value prop:selected=flag(is_chosen) lang="en">{label}</option> }.into_any()
            })
            .collect();
        let choose = move |event| {
            let name = event_target_value(&event);
            ranking::choose_topic(app, (!name.is_empty()).then_some(name));
        };
        view! {
            <label class="topic">
                <span>{strings::topic_label()}</span>
                <select on:change=on_event(choose)>
                    <option value="">{strings::topic_all()}</option>
                    {options}
                </select>
            </label>
        }
        .into_any()
    };
    let note = move || {
        app.ranking
            .used_up
            .get()
            .then(|| view! { <p class="quiet">{strings::topic_used_up()}</p> }.into_any())
    };
    view! { {live(select)}{maybe(note)} }.into_any()
}
