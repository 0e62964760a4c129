//! Code that is fetched when it is first needed, so that the first vote waits for none of it: other pages, and the talk with
//! the server.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use leptos_router::ChooseView;

use crate::live::click;
use crate::{dom, strings};

/// A page, or why its code did not arrive.
pub(crate) type Loaded = Result<AnyView, SplitLoaderError>;

/// Work that goes on in code of its own, or why that did not arrive; a later call tries again.
pub(crate) type Work = Result<Pin<Box<dyn Future<Output = ()>>>, SplitLoaderError>;

/// A route to a page whose code is a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct LazyPage(pub(crate) fn() -> Pin<Box<dyn Future<Output = Loaded>>>);

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        (self.0)().await.unwrap_or_else(|_| not_loaded())
    }

    async fn preload(&self) {}
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
