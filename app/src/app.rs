//! The frame around every page: providers, header, routes, footer.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::components::banners::Banners;
use crate::components::footer::Footer;
use crate::components::header::Header;
use crate::lazy::{LazyPage, ReadyPage};
use crate::live::{maybe, words};
use crate::pages::{
    compare, data, history, home, leaderboard, me, not_found, own, privacy, prose, rank, rank_four,
    release, reproduce, studies, study, try_it,
};
use crate::state::App;
use crate::{dom, lazy, strings};

/// Replaces the prerendered content of `#app`. State, frame and first page are built in tasks of their own: code runs slowly
/// when it runs for the first time, and a phone shall answer in between.
pub(crate) fn mount() {
    let root = dom::document().and_then(|document| document.get_element_by_id("app"));
    let Some(root) = root.and_then(lazy::stand_in) else {
        return;
    };
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), visit).forget();
}

fn visit() -> impl IntoView {
    let app = App::new();
    provide_context(app);
    app.theme.get_untracked().apply();
    app.boot();
    let is_booted = RwSignal::new(false);
    dom::after(0, move || is_booted.set(true));
    maybe(move || is_booted.get().then(|| frame(app)))
}

fn frame(app: App) -> AnyView {
    view! {
        <Router>
            <Follow />
            <a class="skip-link" href="#main" rel="external" on:click=|event| { event.prevent_default(); dom::focus("h1"); }>
                {strings::skip_link()}
            </a>
            <Header />
            <Banners />
            <main id="main" class="page">
                <FlatRoutes fallback=|| { lazy::arrive(); not_found::page() }>
                    <Route path=path!("/") view=ReadyPage(home::page) />
                    <Route path=path!("/rank") view=ReadyPage(rank::page) />
                    <Route path=path!("/rank/4") view=LazyPage(|| Box::pin(rank_four::page())) />
                    <Route path=path!("/compare") view=LazyPage(|| Box::pin(compare::page())) />
                    <Route path=path!("/try") view=LazyPage(|| Box::pin(try_it::page())) />
                    <Route path=path!("/me") view=LazyPage(|| Box::pin(me::page())) />
                    <Route path=path!("/me/history") view=LazyPage(|| Box::pin(history::page())) />
                    <Route path=path!("/me/data") view=LazyPage(|| Box::pin(own::page())) />
                    <Route path=path!("/leaderboard") view=LazyPage(|| Box::pin(leaderboard::page())) />
                    <Route path=path!("/data") view=LazyPage(|| Box::pin(data::page())) />
                    <Route path=path!("/data/:release") view=LazyPage(|| Box::pin(release::page())) />
                    <Route path=path!("/method") view=LazyPage(|| Box::pin(prose::method())) />
                    <Route path=path!("/reproduce") view=LazyPage(|| Box::pin(reproduce::page())) />
                    <Route path=path!("/guidelines") view=LazyPage(|| Box::pin(prose::guidelines())) />
                    <Route path=path!("/privacy") view=LazyPage(|| Box::pin(privacy::page())) />
                    <Route path=path!("/study/:id") view=LazyPage(|| Box::pin(study::page())) />
                    <Route path=path!("/studies") view=LazyPage(|| Box::pin(studies::page())) />
                    <Route path=path!("/accessibility") view=LazyPage(|| Box::pin(prose::accessibility())) />
                </FlatRoutes>
            </main>
            <Footer />
            <p class="visually-hidden" role="status" aria-live="polite">{words(move || app.said.get())}</p>
        </Router>
    }
    .into_any()
}

/// Title of the tab, and focus on the heading after a change of page.
#[component]
fn Follow() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if let Some(document) = dom::document() {
            document.set_title(&strings::title(&now));
        }
        if before.is_some_and(|before| before != now) {
            dom::after(0, || dom::focus("h1"));
        }
        now
    });
}
