//! The proxy of language models through its public routes, against an upstream that does well or badly on demand.

mod aborts;
mod budgets;
#[path = "../common/database.rs"]
mod database;
mod endings;
#[path = "../common/files.rs"]
mod files;
mod guards;
#[path = "../common/http.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod http;
mod names;
mod probes;
#[path = "../common/process.rs"]
mod process;
mod publishing;
mod secrets;
#[path = "../api/support.rs"]
#[allow(dead_code, reason = "written for the tests of the API")]
mod service;
mod soak;
mod stopping;
mod support;
#[path = "../common/upstream.rs"]
mod upstream;
