//! What only PostgreSQL can do, and what moving there keeps. Needs `PALATE_TEST_DATABASE`:
//! `cargo xtask postgres cargo test -p palate-server --test postgres`.

#[path = "../common/database.rs"]
mod database;
#[path = "../common/http.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod http;
mod nginx;
#[path = "../common/process.rs"]
mod process;
mod several;
mod start;
#[path = "../common/studies.rs"]
mod studying;
#[path = "../api/support.rs"]
#[allow(dead_code, reason = "written for the tests of the API")]
mod support;
mod tables;
mod transfer;
#[path = "../common/voters.rs"]
mod voters;

use palate_server::db::place::DatabaseUrl;
use tempfile::TempDir;

/// A new database for the folder.
async fn new_database(dir: &TempDir) -> DatabaseUrl {
    database::url(dir.path())
        .await
        .expect("PALATE_TEST_DATABASE names a server: cargo xtask postgres cargo test …")
}

fn url(text: &str) -> DatabaseUrl {
    let Ok(url) = text.parse();
    url
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("has a temporary folder")
}
