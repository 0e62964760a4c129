//! Text to vectors to reward: the encoder, the preference models, few-shot fit and question choice.
//!
//! Must not know: web-sys, leptos, sqlx. The same code runs natively and in wasm.

pub mod device;
#[cfg(feature = "encoder")]
pub mod encoder;
pub mod error;
pub mod explain;
pub mod heads;
pub mod laplace;
mod linear;
pub mod map;
pub mod methods;
mod mlp;
pub mod pool;
pub mod preference;
pub mod query;
pub mod representation;
pub mod session;
#[cfg(feature = "training")]
pub mod training;

pub use error::{Error, Result};
