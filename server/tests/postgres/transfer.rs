//! Moving from SQLite to PostgreSQL: everything arrives, and the server goes on.

use axum::http::Method;
use palate_server::config::{ReleaseConfig, ServeConfig};
use palate_server::db::place::DatabaseUrl;
use palate_server::db::transfer::{Transferred, transfer};
use palate_server::release::build;
use palate_server::router::router;
use palate_server::state::AppState;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::new_database;
use crate::studying;
use crate::support::{Client, Fixture, Reply, judgment_body};

async fn on_sqlite() -> Fixture {
    Fixture::with(|config| config.database_url = None).await
}

async fn export(client: &Client) -> Value {
    let mut export = client.get(routes::ME_EXPORT).await.value();
    export
        .as_object_mut()
        .expect("is an object")
        .retain(|name, _| !name.contains("exported"));
    export
}

async fn revise(client: &Client, judgment: &str, key: &str) -> Reply {
    let path = routes::JUDGMENT.replace("{id}", judgment);
    let body = json!({
        "idempotency_key": key,
        "judgment": {"outcome": "ranked", "groups": [["b"], ["a"]], "unacceptable": []},
    });
    client.call(Method::PATCH, &path, &[], Some(body)).await
}

async fn release(config: &ServeConfig, url: Option<DatabaseUrl>, name: &str) -> Vec<u8> {
    let out = config.data_dir.join(name);
    let settings = ReleaseConfig {
        data_dir: config.data_dir.clone(),
        database_url: url,
        out: out.clone(),
        id: Some("one".to_owned()),
        cut_day: Some("2999-12-31".to_owned()),
        study: None,
        simulated_only: false,
        partitioned: false,
        withdraw_old: false,
    };
    build(&settings).await.expect("is built");
    std::fs::read(out.join("votes.jsonl")).expect("is read")
}

#[tokio::test]
async fn everything_arrives_and_the_server_goes_on() {
    let fixture = on_sqlite().await;
    let ann = fixture.contributor().await;
    let (comparison, first) = ann.vote().await;
    let second = revise(&ann, &first, "one").await.value()["id"].clone();
    revise(&ann, second.as_str().expect("is text"), "two").await;
    let tricky = "tab\t back\\slash\\N line\nend\r é 你 \u{1f600} \\. ";
    let mut body = judgment_body(&ann.ballot().await, "a", "b");
    body["context"] = json!(tricky);
    let other = ann.comparison().await;
    assert_eq!(ann.judge(&other, body).await.status, 201);
    ann.post(routes::ME_RECOVERY, json!({})).await;
    let profile = json!({"schema": 1, "states": {"eb": [0.1, 2.5e-300]}});
    ann.call(
        Method::PUT,
        routes::PROFILE,
        &[("if-none-match", "*")],
        Some(profile),
    )
    .await;
    let bob = fixture.contributor().await;
    bob.vote().await;
    bob.call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let study = studying::open(&fixture, 1, json!({})).await;
    studying::agree(&ann, &study, true).await;
    studying::vote(&ann, &study, 'x').await;
    fixture.state.db.assess().await.expect("assesses");
    let (before, config) = (export(&ann).await, fixture.state.config.clone());
    let votes = release(&config, None, "before").await;
    let left = [
        "users",
        "judgments",
        "erasures",
        "quality",
        "influence",
        "study_units WHERE votes = 1 AND given = 1",
        "study_people WHERE given = 1",
    ];
    let mut counts = Vec::new();
    for table in left {
        counts.push(fixture.count(table).await);
    }
    assert_eq!(counts[5..], [1, 1], "the vote in the study is counted");
    fixture.state.db.close().await;

    let url = new_database(&fixture.dir).await;
    let done = transfer(&config.data_dir, &url).await.expect("is copied");
    assert!(done.rows > 20, "{done:?}");
    let again = transfer(&config.data_dir, &url)
        .await
        .expect_err("is refused");
    assert!(format!("{again:#}").contains("not empty"), "{again:#}");

    let moved = ServeConfig {
        database_url: Some(url.clone()),
        ..config.clone()
    };
    let state = AppState::open(moved).await.expect("opens");
    for (table, count) in left.into_iter().zip(counts) {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let there: i64 = state.db.reader().query(sql).scalar().await.expect("reads");
        assert_eq!(there, count, "{table}");
    }
    let ann = ann.at(router(state.clone()));
    assert_eq!(export(&ann).await, before);
    assert!(before.to_string().contains("back\\\\slash"), "{before}");
    assert_eq!(release(&config, Some(url), "after").await, votes);
    let body = judgment_body(&ann.ballot().await, "b", "a");
    ann.judge(&comparison, body)
        .await
        .problem(409, "already_judged");
    ann.vote().await;
    for statement in ["DELETE FROM consents", "UPDATE judgments SET dwell_ms = 1"] {
        let mut work = state.db.write().await.expect("begins");
        let error = work.run(statement).await.expect_err(statement);
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let reply = ann
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test]
async fn a_text_that_postgres_does_not_keep_is_mended_and_counted() {
    let fixture = on_sqlite().await;
    let client = fixture.contributor().await;
    let sql =
        "INSERT INTO profiles SELECT id, 'a' || CAST(X'00' AS TEXT) || 'b', 'e', 1 FROM users";
    fixture.query(sql).execute().await.expect("is stored");
    drop(client);
    let data_dir = fixture.state.config.data_dir.clone();
    fixture.state.db.close().await;
    let url = new_database(&fixture.dir).await;
    let Transferred { mended, .. } = transfer(&data_dir, &url).await.expect("is copied");
    assert_eq!(mended, 1);
}

#[tokio::test]
async fn nothing_is_copied_from_nowhere_or_while_a_server_writes() {
    let dir = crate::folder();
    let url = new_database(&dir).await;
    let error = transfer(dir.path(), &url).await.expect_err("is refused");
    assert!(format!("{error:#}").contains("no database"), "{error:#}");
    let fixture = on_sqlite().await;
    let _writing = fixture.state.db.write().await.expect("begins");
    let error = transfer(&fixture.state.config.data_dir, &url)
        .await
        .expect_err("is refused");
    assert!(
        format!("{error:#}").contains("stop the server"),
        "{error:#}"
    );
}
