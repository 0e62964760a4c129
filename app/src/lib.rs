//! The pages: Leptos, client-side rendering.
//!
//! Owns what visitors see, the local store of votes, the outbox of contributed votes and the talk with the workers.
//! Must not know: burn. All model work happens in a worker behind the messages of [`palate_shared::infer`].

mod account;
mod api;
mod app;
mod comparing;
mod components;
mod contribute;
mod device;
mod dom;
mod engine;
mod error;
mod four;
mod history;
mod json;
mod kept;
mod keys;
mod lazy;
mod leaving;
mod library;
mod live;
mod locale;
mod markdown;
mod operating;
mod outbox;
mod packs;
mod pages;
mod publishing;
mod race;
mod ranking;
mod ranking_four;
mod reproducing;
mod round;
mod settings;
mod state;
mod store;
mod strings;
mod studying;
mod tabs;
mod trying;
mod wire;
mod words;

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the prerendered page. Called once by the boot script.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    // A task of its own: compiling and starting the wasm was one already.
    dom::after(0, || locale::begin(app::mount));
}
