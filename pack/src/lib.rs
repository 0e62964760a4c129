//! Packs: source text to prompts and answers, their vectors, and the files of a pack; with `inputs`, files of other layouts
//! to the prompts and answers of a study.
//!
//! Must not know: leptos, axum, sqlx.

pub mod build;
pub mod encode;
pub mod folder;
#[cfg(feature = "inputs")]
pub mod inputs;
pub mod source;
