//! Name, pages, mode and colours.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::settings::Theme;
use crate::state::{App, Mode};
use crate::strings;

/// The header of every page.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let app = App::get();
    let mode = move || match app.mode.get() {
        Mode::Local => strings::MODE_LOCAL,
        Mode::Contribute => strings::MODE_CONTRIBUTE,
    };
    let theme_name = move || match app.theme.get() {
        Theme::System => strings::THEME_SYSTEM,
        Theme::Light => strings::THEME_LIGHT,
        Theme::Dark => strings::THEME_DARK,
    };
    let theme_sign = move || match app.theme.get() {
        Theme::System => "◐",
        Theme::Light => "○",
        Theme::Dark => "●",
    };
    let turn = move |_| {
        app.theme.update(|theme| *theme = theme.next());
        app.theme.get_untracked().apply();
    };
    let links = strings::NAV
        .map(|(href, name)| view! { <li><A href=href>{name}</A></li> }.into_any())
        .into_iter()
        .collect::<Vec<AnyView>>();
    view! {
        <header class="site-header">
            <A href="/" exact=true attr:class="wordmark">{strings::NAME}</A>
            <nav aria-label=strings::NAV_LABEL>
                <ul class="nav">{links}</ul>
            </nav>
            <div class="site-header__state">
                <a class="mode-pill" href="/data" title=strings::MODE_LINK_HINT data-contribute=move || {
                    (app.mode.get() == Mode::Contribute).then_some("")
                }>
                    <span class="mode-pill__mode">{mode}</span>
                    <span class="mode-pill__count">{move || strings::votes_sent(app.sent())}</span>
                </a>
                <button type="button" class="icon-button" on:click=turn aria-label=theme_name title=theme_name>
                    <span aria-hidden="true">{theme_sign}</span>
                </button>
            </div>
        </header>
    }
    .into_any()
}
