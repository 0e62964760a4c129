//! The database of a test: SQLite in its folder, or, where `PALATE_TEST_DATABASE` names a PostgreSQL server, a schema of its
//! own there. `cargo xtask test` runs the tests both ways.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::Path;

use palate_server::db::place::DatabaseUrl;
use palate_server::secret::sha256_hex;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The server of this run, if the tests run on PostgreSQL.
pub fn server() -> Option<String> {
    std::env::var("PALATE_TEST_DATABASE").ok()
}

/// What to say of the database of a test that works in `dir`; the same each time. `None` is SQLite.
pub async fn url(dir: &Path) -> Option<DatabaseUrl> {
    text(dir).await.map(|text| {
        let Ok(url) = text.parse();
        url
    })
}

/// [`url`] as text, for tests outside of a runtime.
pub fn text_now(dir: &Path) -> Option<String> {
    now(text(dir))
}

/// All that the database of `dir` holds, row by row, when it is on a server; the file lies in the folder itself.
pub fn rows_now(dir: &Path) -> String {
    now(async {
        let Some(url) = text(dir).await else {
            return String::new();
        };
        let mut connection = connect(&url).await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()",
        )
        .fetch_all(&mut connection)
        .await
        .expect("reads");
        let mut all = String::new();
        for table in tables {
            let sql = format!("SELECT CAST(held AS TEXT) FROM \"{table}\" AS held");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .expect("reads");
            all.push_str(&rows.join("\n"));
        }
        all
    })
}

/// [`url`] as text.
pub async fn text(dir: &Path) -> Option<String> {
    let server = server()?;
    let name = sha256_hex(dir.as_os_str().as_encoded_bytes());
    let schema = format!("test_{}", &name[..20]);
    let mut connection = connect(&server).await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "CREATE SCHEMA IF NOT EXISTS {schema}"
    )))
    .execute(&mut connection)
    .await
    .expect("makes a schema");
    connection.close().await.expect("closes");
    let sign = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{sign}options[search_path]={schema}"))
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .expect("PALATE_TEST_DATABASE names a PostgreSQL server that runs")
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("is a runtime")
        .block_on(work)
}
