//! Pages whose code is fetched when they are first opened, so that the first vote waits for none of it.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;
use leptos_router::ChooseView;

use crate::live::click;
use crate::{dom, strings};

/// A page, or why its code did not arrive.
pub(crate) type Loaded = Result<AnyView, SplitLoaderError>;

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
