//! `palate migrate-db`: all rows of SQLite to an empty PostgreSQL database, in one transaction.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection, TypeInfo, ValueRef};

use super::place::DatabaseUrl;
use super::{postgres, sqlite};

/// All tables in the order of references.
const TABLES: [&str; 22] = [
    "users",
    "public_id_epochs",
    "sessions",
    "consents",
    "comparisons",
    "comparison_items",
    "conversations",
    "studies",
    "study_consents",
    "study_questions",
    "judgments",
    "judgment_heads",
    "ballots",
    "profiles",
    "erasures",
    "recovery_codes",
    "done_work",
    "jobs",
    "quality",
    "influence",
    "ledger",
    "blind_tests",
];

/// Tables of counts, which triggers fill while the others are copied.
const COUNTS: [&str; 2] = ["study_units", "study_people"];

/// Bytes that are sent at once.
const CHUNK: usize = 64 * 1024;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Rows in all tables.
    pub rows: u64,
    /// Texts in which the sign U+0000, which PostgreSQL does not keep, was replaced by U+FFFD.
    pub mended: u64,
}

/// Copies the database in the folder `from` to `to`, whose tables must be empty. Nothing is copied when it fails.
///
/// # Errors
/// When a server still writes, the target holds rows, or either database fails.
pub async fn transfer(from: &Path, to: &DatabaseUrl) -> anyhow::Result<Transferred> {
    let path = from.join("palate.db");
    ensure!(path.is_file(), "there is no database {}", path.display());
    let file = sqlite::writer(&path).await?;
    let mut source = file.acquire().await?;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut *source)
        .await
        .context("the database is being written: stop the server, then try again")?;
    postgres::migrate(to).await?;
    let mut target = postgres::connect(&to.options()?).await?;
    let mut work = target.begin().await?;
    check_tables(&mut work).await?;
    let mut done = Transferred::default();
    for table in TABLES {
        let rows = copy(table, &mut source, &mut work, &mut done)
            .await
            .with_context(|| format!("cannot copy {table}"))?;
        tracing::info!(table, rows, "copied");
        done.rows += rows;
    }
    work.commit().await?;
    sqlx::raw_sql("ANALYZE").execute(&mut target).await?;
    target.close().await?;
    drop(source);
    file.close().await;
    Ok(done)
}

/// Fails unless the target has just the tables that are copied, all empty. Keeps others from filling them.
async fn check_tables(target: &mut PgConnection) -> anyhow::Result<()> {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut *target)
    .await?;
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    ensure!(
        found == TABLES.into_iter().chain(COUNTS).collect(),
        "the target has other tables than ours: {found:?}"
    );
    let all = AssertSqlSafe(format!("LOCK TABLE {}", TABLES.join(", ")));
    sqlx::raw_sql(all).execute(&mut *target).await?;
    for table in TABLES {
        let rows = count(target, table).await?;
        ensure!(
            rows == 0,
            "the target is not empty ({table} has {rows} rows): name a new database"
        );
    }
    Ok(())
}

async fn count(target: &mut PgConnection, table: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")))
        .fetch_one(target)
        .await
}

/// Copies a table; returns how many rows both hold.
async fn copy(
    table: &str,
    source: &mut SqliteConnection,
    target: &mut PgConnection,
    done: &mut Transferred,
) -> anyhow::Result<u64> {
    let columns = columns(table, source, target).await?.join(", ");
    // As they were added: a revision comes after what it replaces.
    let select = AssertSqlSafe(format!("SELECT {columns} FROM {table} ORDER BY rowid"));
    let mut rows = sqlx::query(select).fetch(&mut *source);
    let mut sink = target
        .copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN"))
        .await?;
    let (mut lines, mut read) = (String::new(), 0u64);
    while let Some(row) = rows.try_next().await? {
        read += 1;
        done.mended += write_row(&row, &mut lines)?;
        if lines.len() >= CHUNK {
            sink.send(lines.as_bytes()).await?;
            lines.clear();
        }
    }
    sink.send(lines.as_bytes()).await?;
    sink.finish().await?;
    drop(rows);
    let held = count(target, table).await?;
    let there: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}")))
        .fetch_one(source)
        .await?;
    ensure!(
        held == there && u64::try_from(held).ok() == Some(read),
        "{table} has {there} rows, {read} were read and {held} arrived"
    );
    Ok(read)
}

/// Names of the columns, which both databases must agree on.
async fn columns(
    table: &str,
    source: &mut SqliteConnection,
    target: &mut PgConnection,
) -> anyhow::Result<Vec<String>> {
    let here: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY name")
            .bind(table)
            .fetch_all(source)
            .await?;
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY CAST(column_name AS TEXT) COLLATE \"C\"",
    )
    .bind(table)
    .fetch_all(target)
    .await?;
    ensure!(
        here == there,
        "the columns differ: {here:?} in SQLite, {there:?} in PostgreSQL"
    );
    Ok(here)
}

/// Appends a row in the text format of `COPY`; says in how many texts U+0000 was replaced.
fn write_row(row: &SqliteRow, lines: &mut String) -> anyhow::Result<u64> {
    let mut mended = 0;
    for at in 0..row.len() {
        if at > 0 {
            lines.push('\t');
        }
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            lines.push_str("\\N");
            continue;
        }
        match value.type_info().name() {
            "INTEGER" => write!(lines, "{}", row.try_get::<i64, _>(at)?)?,
            // The shortest text that reads as the same number.
            "REAL" => write!(lines, "{}", row.try_get::<f64, _>(at)?)?,
            "TEXT" => mended += u64::from(write_text(row.try_get(at)?, lines)),
            other => bail!("a column holds {other}, which is not copied"),
        }
    }
    lines.push('\n');
    Ok(mended)
}

/// Appends a text; says whether U+0000 was replaced in it.
fn write_text(text: &str, lines: &mut String) -> bool {
    let mut mended = false;
    for sign in text.chars() {
        match sign {
            '\\' => lines.push_str("\\\\"),
            '\t' => lines.push_str("\\t"),
            '\n' => lines.push_str("\\n"),
            '\r' => lines.push_str("\\r"),
            '\0' => {
                mended = true;
                lines.push('\u{fffd}');
            }
            other => lines.push(other),
        }
    }
    mended
}
