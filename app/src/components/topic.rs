//! The choice of a topic on `/rank`, beside that of the pack.

use std::sync::Arc;

use leptos::prelude::*;

use crate::components::select::select;
use crate::live::{live, maybe};
use crate::ranking;
use crate::state::App;
use crate::strings;

/// The select; there once the texts of the pack are. A note where the topic has no question left.
pub(crate) fn topic() -> AnyView {
    let app = App::get();
    let choice = move || {
        let topics = app.library.topics();
        if topics.len() < 2 {
            return ().into_any();
        }
        let all = (String::new(), strings::topic_all().to_owned());
        let topics = topics.into_iter().map(|topic| (topic.clone(), topic));
        select(
            "topic",
            strings::topic_label(),
            Some("en"),
            std::iter::once(all).chain(topics).collect(),
            Arc::new(move |topic| {
                let chosen = app.ranking.topic.read();
                chosen.as_deref().unwrap_or_default() == topic
            }),
            Box::new(move |topic| {
                ranking::choose_topic(app, (!topic.is_empty()).then_some(topic));
            }),
        )
    };
    let note = move || {
        app.ranking
            .used_up
            .get()
            .then(|| view! { <p class="quiet">{strings::topic_used_up()}</p> }.into_any())
    };
    view! { {live(choice)}{maybe(note)} }.into_any()
}
