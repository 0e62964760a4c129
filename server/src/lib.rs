//! HTTP API, storage and releases.
//!
//! Owns: the database, sessions, ballots, the static site, release files. Must not know: leptos, burn.

#[cfg(test)]
extern crate self as palate_server;

pub mod address;
pub mod backup;
pub mod ballot;
pub mod board;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod error;
pub mod extract;
pub mod guard;
pub mod influence;
pub mod limits;
pub mod llm;
pub mod metrics;
pub mod openapi;
pub mod operator;
pub mod packs;
pub mod recovery;
pub mod release;
pub mod retention;
pub mod router;
pub mod routes;
pub mod secret;
pub mod serve;
pub mod signed;
pub mod site;
pub mod state;
pub mod study;
pub mod telemetry;
pub mod upkeep;
pub mod work;
