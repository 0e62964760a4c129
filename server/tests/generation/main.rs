//! The proxy of language models through its public routes, against an upstream that does well or badly on demand.

mod aborts;
mod budgets;
#[path = "../common/database.rs"]
mod database;
mod endings;
mod guards;
mod names;
mod probes;
mod secrets;
#[path = "../api/support.rs"]
#[allow(dead_code, reason = "written for the tests of the API")]
mod service;
mod soak;
mod support;
#[path = "../common/upstream.rs"]
mod upstream;
