//! What stands below every page.

use leptos::prelude::*;

use crate::live::on_event;
use crate::{locale, strings};

/// The footer of every page.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    let links = strings::footer()
        .map(|(href, name)| view! { <li><a href=href>{name}</a></li> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    view! {
        <footer class="site-footer">
            <p>{strings::footer_note()}</p>
            <nav aria-label=strings::footer_label()><ul>{links}</ul></nav>
            {language()}
        </footer>
    }
    .into_any()
}

/// The choice of a language.
fn language() -> AnyView {
    let options = locale::LANGUAGES
        .map(|(code, name)| {
            let chosen = code == locale::code();
            view! { <option value=code lang=code selected=chosen>{name}</option> }.into_any()
        })
        .into_iter()
        .collect::<Vec<AnyView>>();
    let choose = on_event(|event| locale::choose(&event_target_value(&event)));
    view! {
        <p class="language">
            <label for="language">{strings::LANGUAGE_LABEL}</label>" "
            <select id="language" on:change=choose>{options}</select>
        </p>
    }
    .into_any()
}
