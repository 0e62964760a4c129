use axum::http::{Method, StatusCode};
use palate_shared::api::judgments::JudgmentPage;
use palate_shared::routes;
use serde_json::json;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::support::{Fixture, comparison_body, judgment_body};

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let (_, kept) = client.vote().await;
    fill_disk(&fixture).await;
    let big = json!({"schema": 1, "states": "x".repeat(200_000)});
    client
        .call(
            Method::PUT,
            routes::PROFILE,
            &[("if-none-match", "*")],
            Some(big),
        )
        .await
        .problem(507, "storage_full");
    client
        .get(routes::PROFILE)
        .await
        .problem(404, "profile_missing");

    // Votes until one does not fit; what was acknowledged before must stay, and the refused one can be sent again.
    let mut stored = vec![kept];
    let mut refused = None;
    for _ in 0..2_000 {
        let shown = comparison_body();
        if client.post(routes::COMPARISONS, shown.clone()).await.status != StatusCode::CREATED {
            refused = Some((shown, None));
            break;
        }
        let body = judgment_body(&client.ballot().await, "a", "b");
        let reply = client
            .judge(shown["id"].as_str().expect("is text"), body.clone())
            .await;
        if reply.status != StatusCode::CREATED {
            reply.problem(507, "storage_full");
            refused = Some((shown, Some(body)));
            break;
        }
        stored.push(reply.value()["id"].as_str().expect("is text").to_owned());
    }
    let (shown, body) = refused.expect("the disk is full at last");
    assert_eq!(
        client.get("/readyz").await.status,
        StatusCode::OK,
        "reading goes on"
    );
    let room = if fixture.is_sqlite() {
        "PRAGMA max_page_count = 1000000"
    } else {
        "DROP FUNCTION disk_is_full() CASCADE"
    };
    run(&fixture, room).await;
    let reply = client.post(routes::COMPARISONS, shown.clone()).await;
    assert!(reply.status.is_success(), "{reply:?}");
    let body = match body {
        Some(body) => body,
        None => judgment_body(&client.ballot().await, "a", "b"),
    };
    let reply = client
        .judge(shown["id"].as_str().expect("is text"), body)
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    stored.push(reply.value()["id"].as_str().expect("is text").to_owned());
    let mut seen = Vec::new();
    let mut path = routes::JUDGMENTS.to_owned();
    loop {
        let page: JudgmentPage = client.get(&path).await.parse();
        seen.extend(page.judgments.into_iter().map(|judgment| judgment.id.0));
        let Some(cursor) = page.next_cursor else {
            break;
        };
        path = format!("{}?cursor={cursor}", routes::JUDGMENTS);
    }
    seen.reverse();
    assert_eq!(seen, stored);
}

#[tokio::test]
async fn a_lost_database_is_not_ready_and_says_nothing_of_its_inside() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    fixture.state.db.close().await;
    client.get(routes::READYZ).await.problem(503, "not_ready");
    let reply = client.get(routes::ME).await;
    let problem = reply.problem(500, "internal");
    assert!(!reply.text().to_lowercase().contains("pool"), "{problem:?}");
    assert_eq!(client.get(routes::HEALTHZ).await.text(), "ok");
}

#[tokio::test]
async fn the_database_is_durable_and_checks_its_references() {
    let fixture = Fixture::new().await;
    if !fixture.is_sqlite() {
        let commit: String = fixture
            .query("SHOW synchronous_commit")
            .scalar()
            .await
            .expect("reads");
        let isolation: String = fixture
            .query("SHOW transaction_isolation")
            .scalar()
            .await
            .expect("reads");
        assert_eq!(
            (commit.as_str(), isolation.as_str()),
            ("on", "read committed")
        );
        return;
    }
    let mode: String = fixture
        .query("PRAGMA journal_mode")
        .scalar()
        .await
        .expect("reads");
    let mut numbers = [0i64; 2];
    for (number, name) in numbers
        .iter_mut()
        .zip(["PRAGMA synchronous", "PRAGMA foreign_keys"])
    {
        *number = fixture.query(name).scalar().await.expect("reads");
    }
    assert_eq!((mode.as_str(), numbers), ("wal", [2, 1]));
}

async fn run(fixture: &Fixture, sql: impl SqlSafeStr) {
    let mut connection = fixture.state.db.write().await.expect("begins");
    connection.run(sql).await.expect("is done");
    connection.commit().await.expect("is stored");
}

/// From now on the disk has no room: SQLite may not take another page; PostgreSQL says of votes and profiles what it says
/// when it is so.
async fn fill_disk(fixture: &Fixture) {
    if !fixture.is_sqlite() {
        let full = "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$; \
             CREATE TRIGGER no_room BEFORE INSERT ON judgments FOR EACH ROW EXECUTE FUNCTION disk_is_full(); \
             CREATE TRIGGER no_room BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION disk_is_full()";
        return run(fixture, full).await;
    }
    let pages: i64 = fixture
        .query("PRAGMA page_count")
        .scalar()
        .await
        .expect("reads");
    let limit = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    fixture.query(limit).execute().await.expect("is set");
}
