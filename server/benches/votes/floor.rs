//! The floor: the inserts of votes in a bare loop, over one connection with the server's own settings.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use palate_server::db::Db;
use palate_server::db::connection::Connection;
use palate_server::db::place::Place;
use palate_server::secret::sha256_hex;
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Connection as _, Database, Encode, IntoArguments, PgConnection, Postgres,
    Sqlite, SqliteConnection, Type,
};

use crate::database;

/// What a bare loop does in a second.
pub struct Floor {
    /// Votes: all rows of a comparison in one commit, all rows of its judgment in the next.
    pub votes: f64,
    /// Rows of 400 bytes in a table of their own, each in its own commit.
    pub rows: f64,
}

/// A value of a row.
enum Value {
    Text(String),
    Number(i64),
    Real(f64),
    Nothing,
}

/// An insertion and the values of its rows.
struct Insert {
    sql: &'static str,
    values: Vec<Value>,
}

impl Floor {
    /// Measures both for `span` each: in a file of its own, or in tables of the server and beside them.
    pub fn measure(dir: &Path, name: &str, span: Duration) -> Result<Self> {
        let url = database::text_now(dir);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let rows =
            format!("CREATE TABLE bare_{name} (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL)");
        let row = format!("INSERT INTO bare_{name} (id, body) VALUES ($1, $2)");
        runtime.block_on(async {
            let mut on = match url {
                Some(url) => {
                    let mut connection = PgConnection::connect(&url).await?;
                    sqlx::raw_sql("SET synchronous_commit = on")
                        .execute(&mut connection)
                        .await?;
                    On::Server(connection)
                }
                None => {
                    let file = dir.join(name).with_extension("db");
                    let db = Db::open(&Place::File(file)).await?;
                    let Connection::Sqlite(connection) = db.writer().acquire().await? else {
                        bail!("a file is opened as SQLite");
                    };
                    On::File(connection.detach())
                }
            };
            on.run(rows).await?;
            // Too young for the retention of the server that runs beside.
            on.run(format!(
                "INSERT INTO users (id, created_day) VALUES ('{name}', '9999-01-01')"
            ))
            .await?;
            let body = "x".repeat(400);
            let rows = rate(span, async || on.row(&row, &body).await).await?;
            let votes = rate(span, async || on.vote(name).await).await?;
            Ok(Self { votes, rows })
        })
    }
}

/// How often a second something is done.
async fn rate(span: Duration, mut act: impl AsyncFnMut() -> sqlx::Result<()>) -> Result<f64> {
    let begin = Instant::now();
    let mut times = 0u32;
    while begin.elapsed() < span {
        act().await?;
        times += 1;
    }
    Ok(f64::from(times) / begin.elapsed().as_secs_f64())
}

/// The one connection.
enum On {
    File(SqliteConnection),
    Server(PgConnection),
}

impl On {
    async fn run(&mut self, sql: String) -> sqlx::Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            On::File(connection) => sql.execute(connection).await.map(drop),
            On::Server(connection) => sql.execute(connection).await.map(drop),
        }
    }

    async fn row(&mut self, sql: &str, body: &str) -> sqlx::Result<()> {
        let id = uuid::Uuid::now_v7().to_string();
        match self {
            On::File(connection) => {
                let query = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(body);
                query.execute(connection).await.map(drop)
            }
            On::Server(connection) => {
                let query = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(body);
                query.execute(connection).await.map(drop)
            }
        }
    }

    async fn vote(&mut self, user: &str) -> sqlx::Result<()> {
        let comparison = uuid::Uuid::now_v7().to_string();
        self.commit(shown(user, &comparison)).await?;
        self.commit(judged(user, &comparison)).await
    }

    /// All insertions in one commit, with as few trips as the driver needs.
    async fn commit(&mut self, inserts: Vec<Insert>) -> sqlx::Result<()> {
        match self {
            On::File(connection) => {
                let sql: String = inserts
                    .iter()
                    .map(|insert| format!("{}; ", insert.sql))
                    .collect();
                let sql = format!("BEGIN IMMEDIATE; {sql}COMMIT");
                let values = inserts.into_iter().flat_map(|insert| insert.values);
                let query = bind_all::<Sqlite>(sqlx::query(AssertSqlSafe(sql)), values);
                query.execute(connection).await.map(drop)
            }
            On::Server(connection) => {
                let mut transaction = connection.begin().await?;
                for Insert { sql, values } in inserts {
                    let sql = numbered(sql);
                    bind_all::<Postgres>(sqlx::query(AssertSqlSafe(sql)), values)
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await
            }
        }
    }
}

fn bind_all<D: Database>(
    query: Query<'static, D, D::Arguments>,
    values: impl IntoIterator<Item = Value>,
) -> Query<'static, D, D::Arguments>
where
    D::Arguments: IntoArguments<D>,
    String: Encode<'static, D> + Type<D>,
    Option<String>: Encode<'static, D> + Type<D>,
    i64: Encode<'static, D> + Type<D>,
    f64: Encode<'static, D> + Type<D>,
{
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Nothing => query.bind(None::<String>),
    })
}

/// `?` as PostgreSQL writes it.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        text.push_str(&format!("${}{part}", at + 1));
    }
    text
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The rows of a comparison as `server/src/db/comparisons.rs` stores them.
fn shown(user: &str, comparison: &str) -> Vec<Insert> {
    let item = |order, response| [text(comparison), Value::Number(order), text(response)];
    vec![
        Insert {
            sql: "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
                  request_hash, created_at, topic, repeat_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values: vec![
                text(comparison),
                text(user),
                text("tiny"),
                Value::Text(sha256_hex(b"items")),
                text("p"),
                text("uniform_random"),
                Value::Real(1.0),
                Value::Number(1),
                Value::Number(0),
                Value::Text(sha256_hex(comparison.as_bytes())),
                Value::Number(1_790_000_000_000),
                Value::Nothing,
                Value::Nothing,
            ],
        },
        Insert {
            sql: "INSERT INTO comparison_items (comparison_id, shown_order, response_id) VALUES (?, ?, ?), (?, ?, ?)",
            values: item(0, "a").into_iter().chain(item(1, "b")).collect(),
        },
    ]
}

/// The rows of a judgment as `server/src/db/judgments.rs` stores them.
fn judged(user: &str, comparison: &str) -> Vec<Insert> {
    let id = uuid::Uuid::now_v7().to_string();
    vec![
        Insert {
            sql: "INSERT INTO judgments (id, comparison_id, user_id, idempotency_key, request_hash, supersedes_id, withdrawn, \
                  outcome, groups_json, unacceptable_json, predictions_json, context, dwell_ms, at_ms, strength, reasons_json) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values: vec![
                text(&id),
                text(comparison),
                text(user),
                Value::Text(uuid::Uuid::now_v7().to_string()),
                Value::Text(sha256_hex(id.as_bytes())),
                Value::Nothing,
                Value::Number(0),
                text("ranked"),
                text(r#"[["a"],["b"]]"#),
                text("[]"),
                text(
                    r#"[{"method":"eb","weights":"abc","p_first":0.7,"margin_sd":0.3,"n_fit":4}]"#,
                ),
                Value::Nothing,
                Value::Number(2_500),
                Value::Number(1_790_000_000_000),
                Value::Nothing,
                text("[]"),
            ],
        },
        Insert {
            sql: "INSERT INTO judgment_heads (comparison_id, user_id, judgment_id) VALUES (?, ?, ?)",
            values: vec![text(comparison), text(user), text(&id)],
        },
        Insert {
            sql: "INSERT INTO ballots (id, user_id, judgment_id, spent_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            values: vec![
                Value::Text(uuid::Uuid::new_v4().simple().to_string()),
                text(user),
                text(&id),
                Value::Number(1_790_000_000_000),
                Value::Number(1_790_600_000_000),
            ],
        },
    ]
}
