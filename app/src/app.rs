//! The frame around every page: providers, header, routes, footer.

use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::components::banners::Banners;
use crate::components::footer::Footer;
use crate::components::header::Header;
use crate::lazy::LazyPage;
use crate::live::words;
use crate::pages::{
    compare, data, history, home, me, not_found, own, privacy, prose, rank, rank_four, reproduce,
};
use crate::state::App;
use crate::{dom, strings};

/// Replaces the prerendered content of `#app`.
pub(crate) fn mount() {
    let Some(root) = dom::document().and_then(|document| document.get_element_by_id("app")) else {
        return;
    };
    root.set_text_content(None);
    drop(root.set_attribute("data-mounted", ""));
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), frame).forget();
}

fn frame() -> impl IntoView {
    let app = App::new();
    provide_context(app);
    app.theme.get_untracked().apply();
    app.boot();
    view! {
        <Router>
            <Follow />
            <a class="skip-link" href="#main" rel="external" on:click=|event| { event.prevent_default(); dom::focus("h1"); }>
                {strings::skip_link()}
            </a>
            <Header />
            <Banners />
            <main id="main" class="page">
                <FlatRoutes fallback=not_found::page>
                    <Route path=path!("/") view=home::page />
                    <Route path=path!("/rank") view=rank::page />
                    <Route path=path!("/rank/4") view=LazyPage(|| Box::pin(rank_four::page())) />
                    <Route path=path!("/compare") view=LazyPage(|| Box::pin(compare::page())) />
                    <Route path=path!("/me") view=LazyPage(|| Box::pin(me::page())) />
                    <Route path=path!("/me/history") view=LazyPage(|| Box::pin(history::page())) />
                    <Route path=path!("/me/data") view=LazyPage(|| Box::pin(own::page())) />
                    <Route path=path!("/data") view=LazyPage(|| Box::pin(data::page())) />
                    <Route path=path!("/method") view=LazyPage(|| Box::pin(prose::method())) />
                    <Route path=path!("/reproduce") view=LazyPage(|| Box::pin(reproduce::page())) />
                    <Route path=path!("/guidelines") view=LazyPage(|| Box::pin(prose::guidelines())) />
                    <Route path=path!("/privacy") view=LazyPage(|| Box::pin(privacy::page())) />
                    <Route path=path!("/accessibility") view=LazyPage(|| Box::pin(prose::accessibility())) />
                </FlatRoutes>
            </main>
            <Footer />
            <p class="visually-hidden" role="status" aria-live="polite">{words(move || app.said.get())}</p>
        </Router>
    }
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
