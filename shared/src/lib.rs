//! What the browser, the worker, the server and the laboratory agree on: ids, the canonical judgment,
//! the event log, pack files, text features, worker messages, API types and routes.
//!
//! Must not know: leptos, axum, burn, sqlx.

pub mod api;
pub mod event;
pub mod features;
pub mod ids;
pub mod infer;
pub mod judgment;
pub mod pack;
pub mod pow;
pub mod problem;
pub mod routes;
pub mod said;
pub mod snippets;
pub mod stats;
pub mod steadiness;
pub mod taste;
