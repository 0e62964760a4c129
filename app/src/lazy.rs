//! Code that is fetched when it is first needed, so that the first vote waits for none of it: other pages, and the talk with
//! the server.

use std::cell::RefCell;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use leptos_router::ChooseView;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::live::{click, maybe};
use crate::state::App;
use crate::{dom, strings};

/// A page, or why its code did not arrive.
pub(crate) type Loaded = Result<AnyView, SplitLoaderError>;

/// A part of a page that is built by code of its own, or why that did not arrive.
pub(crate) type Part = Result<fn(App) -> AnyView, SplitLoaderError>;

/// A part of a page, from when its code is there.
pub(crate) fn part(app: App, code: impl Future<Output = Part> + 'static) -> AnyView {
    let arrived = RwSignal::new(None::<Option<fn(App) -> AnyView>>);
    spawn_local(async move {
        let code = code.await.ok();
        _ = arrived.try_set(Some(code));
    });
    let content = move || {
        Some(match arrived.get()? {
            Some(build) => build(app),
            None => view! { <p class="quiet">{strings::not_loaded_help()}</p> }.into_any(),
        })
    };
    view! { <div class="part">{maybe(content)}</div> }.into_any()
}

/// Work that goes on in code of its own, or why that did not arrive; a later call tries again.
pub(crate) type Work = Result<Pin<Box<dyn Future<Output = ()>>>, SplitLoaderError>;

/// A route to a page whose code is a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct LazyPage(pub(crate) fn() -> Pin<Box<dyn Future<Output = Loaded>>>);

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        let page = (self.0)().await.unwrap_or_else(|_| not_loaded());
        arrive();
        page
    }

    async fn preload(&self) {}
}

/// A route to a page whose code is there. As the first page of a visit it is built in a task after that of the frame.
#[derive(Clone, Copy)]
pub(crate) struct ReadyPage(pub(crate) fn() -> AnyView);

impl ChooseView for ReadyPage {
    async fn choose(self) -> AnyView {
        if WAITING.with_borrow(Option::is_some) {
            dom::sleep(0).await;
        }
        arrive();
        (self.0)()
    }

    async fn preload(&self) {}
}

thread_local! {
    static WAITING: RefCell<Option<[Element; 2]>> = const { RefCell::new(None) };
}

/// A copy of `shown` without content, which takes its place once the first page has arrived in it; what the server sent
/// stays visible until then.
pub(crate) fn stand_in(shown: Element) -> Option<Element> {
    let new: Element = shown.clone_node().ok()?.dyn_into().ok()?;
    WAITING.set(Some([shown, new.clone()]));
    Some(new)
}

/// The first page is there, or will be at the end of this task.
pub(crate) fn arrive() {
    dom::after(0, || {
        if let Some([shown, new]) = WAITING.take() {
            drop(new.set_attribute("data-mounted", ""));
            drop(shown.replace_with_with_node_1(&new));
        }
    });
}

/// Offline, or the site was renewed meanwhile: a reload helps against both.
fn not_loaded() -> AnyView {
    view! {
        <div class="prose">
            <h1>{strings::not_loaded()}</h1>
            <p class="lead">{strings::not_loaded_help()}</p>
            <button type="button" class="button button--primary" on:click=click(|_| dom::reload())>{strings::try_again()}</button>
        </div>
    }
    .into_any()
}
