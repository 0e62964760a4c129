//! Text to vectors to reward: the encoder, the preference models, few-shot fit and question choice.
//!
//! Must not know: web-sys, leptos, sqlx. The same code runs natively and in wasm.

pub mod baselines;
pub mod btl;
pub mod device;
pub mod empirical_bayes;
#[cfg(feature = "encoder")]
pub mod encoder;
pub mod error;
pub mod explain;
pub mod heads;
pub mod laplace;
mod linear;
mod mlp;
pub mod pal;
pub mod pool;
pub mod preference;
pub mod query;
pub mod representation;
pub mod ridge;
pub mod session;

pub use error::{Error, Result};
