//! Text to vectors to reward: the encoder, the preference models, few-shot fit and question choice.
//!
//! Must not know: web-sys, leptos, sqlx. The same code runs natively and in wasm.

pub mod device;
#[cfg(feature = "encoder")]
pub mod encoder;
pub mod error;
pub mod preference;
pub mod session;

pub use error::{Error, Result};
