//! Name, pages, mode and colours.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::live::{click, mark, words};
use crate::settings::Theme;
use crate::state::{App, Mode};
use crate::strings;

/// The header of every page.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let app = App::get();
    let mode = move || match app.mode.get() {
        _ if app.in_study.get() => strings::mode_study().to_owned(),
        Mode::Local => strings::mode_local().to_owned(),
        Mode::Sync => strings::mode_sync().to_owned(),
        Mode::Contribute => strings::mode_contribute().to_owned(),
    };
    let theme_name = move || match app.theme.get() {
        Theme::System => strings::theme_system().to_owned(),
        Theme::Light => strings::theme_light().to_owned(),
        Theme::Dark => strings::theme_dark().to_owned(),
    };
    let theme_sign = move || match app.theme.get() {
        Theme::System => "◐".to_owned(),
        Theme::Light => "○".to_owned(),
        Theme::Dark => "●".to_owned(),
    };
    let turn = move |_| {
        app.theme.update(|theme| *theme = theme.next());
        app.theme.get_untracked().apply();
    };
    let links = strings::nav()
        .map(|(href, name)| view! { <li><A href=href>{name}</A></li> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    view! {
        <header class="site-header">
            <A href="/" exact=true attr:class="wordmark">{strings::NAME}</A>
            <nav aria-label=strings::nav_label()>
                <ul class="nav">{links}</ul>
            </nav>
            <div class="site-header__state">
                <a class="mode-pill" href="/me/data" title=strings::mode_link_hint() data-contribute=mark(move || app.in_study.get() || app.mode.get() == Mode::Contribute)>
                    <span class="mode-pill__mode">{words(mode)}</span>
                    <span class="mode-pill__count">{words(move || strings::votes_sent(app.sent()))}</span>
                </a>
                <button type="button" class="icon-button" on:click=click(turn) aria-label=words(theme_name) title=words(theme_name)>
                    <span aria-hidden="true">{words(theme_sign)}</span>
                </button>
            </div>
        </header>
    }
    .into_any()
}
