//! The Web Worker: it loads pack and heads, learns, predicts, and downloads and runs the encoder when texts must be
//! read. Every message is a JSON string, [`palate_shared::infer::ToWorker`] in and
//! [`palate_shared::infer::FromWorker`] out; only files come as themselves.
//!
//! Must not know: leptos, pages, how votes are stored.

#[cfg(all(target_arch = "wasm32", feature = "webgpu"))]
mod both_devices;
#[cfg(target_arch = "wasm32")]
mod cache;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod download;
#[cfg(target_arch = "wasm32")]
mod encoder;
#[cfg(target_arch = "wasm32")]
mod failure;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod messages;
#[cfg(target_arch = "wasm32")]
mod net;
#[cfg(target_arch = "wasm32")]
mod pack;
#[cfg(target_arch = "wasm32")]
mod personal;
#[cfg(target_arch = "wasm32")]
mod portable;
#[cfg(all(target_arch = "wasm32", feature = "webgpu"))]
mod reproduce;
#[cfg(target_arch = "wasm32")]
mod state;
