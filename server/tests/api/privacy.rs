//! What is kept for how long: the configuration, the route that the page renders, and the purge are one.

use axum::http::Method;
use palate_server::clock::{DAY_MS, now_ms};
use palate_server::retention::Retention;
use palate_shared::api::privacy::{Kept, Privacy};
use palate_shared::routes;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{Fixture, write_pack};

async fn run(fixture: &Fixture, statement: String) {
    fixture
        .query(AssertSqlSafe(statement))
        .execute()
        .await
        .expect("is done");
}

async fn removed(fixture: &Fixture, what: Kept, now: i64) -> u64 {
    let removed = fixture
        .state
        .db
        .purge(&fixture.state.retention.kept(), now)
        .await
        .expect("purges");
    removed
        .iter()
        .find(|removed| removed.what == what)
        .map_or(0, |removed| removed.rows)
}

#[tokio::test]
async fn row_8_the_page_says_what_the_configuration_says_and_when_it_was_last_kept() {
    let file = tempfile::NamedTempFile::new().expect("is made");
    std::fs::write(
        file.path(),
        json!({"sessions": 11, "jobs": 5, "backups": 3}).to_string(),
    )
    .expect("is written");
    let fixture = Fixture::with(|config| config.retention = Some(file.path().to_owned())).await;
    let before: Privacy = fixture.stranger().get(routes::PRIVACY).await.parse();
    assert_eq!((before.last_purge, before.last_purge_removed), (None, None));
    let days = |what| {
        before
            .kept
            .iter()
            .find(|kept| kept.what == what)
            .map(|kept| kept.days)
    };
    assert_eq!(
        [Kept::Sessions, Kept::Jobs, Kept::Backups, Kept::Profiles].map(days),
        [
            Some(11),
            Some(5),
            Some(3),
            Some(Retention::default().profiles)
        ]
    );
    assert_eq!(before.kept, fixture.state.retention.kept());
    let cookie = fixture
        .stranger()
        .start_session()
        .await
        .header("set-cookie")
        .to_owned();
    assert!(
        cookie.contains(&format!("Max-Age={}", 11 * 24 * 60 * 60)),
        "{cookie}"
    );
    fixture
        .state
        .db
        .purge(&before.kept, now_ms() + 12 * DAY_MS)
        .await
        .expect("purges");
    let after: Privacy = fixture.stranger().get(routes::PRIVACY).await.parse();
    assert!(after.last_purge.is_some());
    assert_eq!(
        after.last_purge_removed,
        Some(2),
        "the session of eleven days and its work"
    );
}

#[tokio::test]
async fn row_8_each_thing_goes_on_its_day_and_not_before() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client.vote().await;
    let profile = client
        .call(
            Method::PUT,
            routes::PROFILE,
            &[("if-none-match", "*")],
            Some(json!({"schema": 1, "states": {}})),
        )
        .await;
    assert_eq!(profile.status, 204, "{profile:?}");
    let left = fixture.person().await;
    left.call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let empty = fixture.person().await;
    empty.consent("sync", true).await;
    let now = now_ms();
    let days = Retention::default();
    run(
        &fixture,
        format!("INSERT INTO jobs VALUES ('old', 'assess', {now}, {now}, '{{}}')"),
    )
    .await;
    for (what, rows, days, goes) in [
        (Kept::SpentTokens, "ballots", 7, 1),
        (Kept::Jobs, "jobs WHERE id = 'old'", days.jobs, 1),
        (Kept::Receipts, "erasures", days.receipts, 1),
        (Kept::Sessions, "sessions", days.sessions, 2),
        (Kept::Profiles, "profiles", days.profiles, 1),
    ] {
        let day = now + i64::from(days) * DAY_MS;
        removed(&fixture, what, day - DAY_MS / 2).await;
        assert_eq!(fixture.count(rows).await, goes, "{rows} half a day before");
        assert!(removed(&fixture, what, day + 60_000).await > 0);
        assert_eq!(fixture.count(rows).await, 0, "{rows}");
    }
    assert_eq!(
        fixture.count("judgments").await,
        1,
        "votes stay until the person deletes them"
    );
}

#[tokio::test]
async fn row_8_an_account_that_nobody_can_open_goes_with_its_consents_and_others_stay() {
    let fixture = Fixture::new().await;
    let voter = fixture.contributor().await;
    voter.vote().await;
    let recoverable = fixture.person().await;
    recoverable.post(routes::ME_RECOVERY, json!({})).await;
    fixture.person().await.consent("sync", true).await;
    run(&fixture, "DELETE FROM sessions".to_owned()).await;
    let day = now_ms() + 31 * DAY_MS;
    assert_eq!(removed(&fixture, Kept::EmptyAccounts, day).await, 1);
    assert_eq!(fixture.count("users").await, 2);
    assert_eq!(fixture.count("consents").await, 2, "those of the voter");
    let named = fixture.count("erasures WHERE user_id IS NOT NULL").await;
    assert_eq!(named, 0);
}

#[tokio::test]
async fn a_bad_retention_file_stops_the_start_with_words() {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    write_pack(&dir.path().join("site/packs/tiny"));
    let path = dir.path().join("retention.json");
    std::fs::write(&path, r#"{"votes": 3}"#).expect("is written");
    let mut config = crate::support::config(dir.path());
    config.retention = Some(path);
    let error = palate_server::state::AppState::open(config)
        .await
        .expect_err("is refused");
    let words = format!("{error:#}");
    assert!(
        words.contains("retention.json") && words.contains("votes"),
        "{words}"
    );
}
