//! What operators rely on: figures on a private address, logs, restarts that nobody notices.

#[path = "../common/database.rs"]
mod database;
mod figures;
#[path = "../common/http.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod http;
#[path = "../common/process.rs"]
mod process;
mod restart;
mod studies;
