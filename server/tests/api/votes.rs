use axum::http::{Method, StatusCode};
use palate_server::error::ApiError;
use palate_shared::api::comparisons::Comparison;
use palate_shared::api::judgments::{JudgmentPage, StoredJudgment};
use palate_shared::api::session::Me;
use palate_shared::routes;
use serde_json::json;

use crate::support::{Fixture, comparison_body, judgment_body};

#[tokio::test]
async fn ballots_are_signed_and_all_different() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let reply = client
        .post(routes::BALLOTS, json!({"count": 50}))
        .await
        .value();
    let ballots: std::collections::HashSet<_> = reply["ballots"]
        .as_array()
        .expect("is a list")
        .iter()
        .collect();
    assert_eq!(ballots.len(), 50);
    let rows: i64 = fixture
        .query("SELECT COUNT(*) FROM ballots")
        .scalar()
        .await
        .expect("reads");
    assert_eq!(rows, 0, "a blank ballot is not stored");
}

#[tokio::test]
async fn the_same_comparison_is_recorded_once() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let body = comparison_body();
    let first = client.post(routes::COMPARISONS, body.clone()).await;
    let again = client.post(routes::COMPARISONS, body.clone()).await;
    assert_eq!(
        (first.status, again.status),
        (StatusCode::CREATED, StatusCode::OK)
    );
    assert_eq!(first.parse::<Comparison>(), again.parse::<Comparison>());
    let mut other = body.clone();
    other["shown"] = json!(["b", "a"]);
    client
        .post(routes::COMPARISONS, other)
        .await
        .problem(409, "comparison_exists");
    fixture
        .contributor()
        .await
        .post(routes::COMPARISONS, body)
        .await
        .problem(409, "comparison_exists");
}

#[tokio::test]
async fn a_judgment_is_stored_once_and_a_retry_gets_the_same_body() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    let mut body = judgment_body(&client.ballot().await, "b", "a");
    let first = client.judge(&comparison, body.clone()).await;
    let again = client.judge(&comparison, body.clone()).await;
    assert_eq!(
        (first.status, again.status),
        (StatusCode::CREATED, StatusCode::OK)
    );
    assert_eq!(first.body, again.body);
    let stored: StoredJudgment = first.parse();
    assert_eq!(stored.shown, ["a".into(), "b".into()]);
    assert_eq!(
        stored.judgment.expect("is there").groups,
        [["b".into()], ["a".into()]]
    );
    body["ballot"] = json!(client.ballot().await);
    assert_eq!(
        client.judge(&comparison, body).await.body,
        first.body,
        "a fresh ballot with the same key is a retry"
    );
    assert_eq!(client.get(routes::ME).await.parse::<Me>().judgments, 1);
}

#[tokio::test]
async fn row_5_a_key_serves_one_request_and_a_ballot_one_key() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    let body = judgment_body(&client.ballot().await, "a", "b");
    client.judge(&comparison, body.clone()).await;
    let mut other = body.clone();
    other["judgment"]["groups"] = json!([["b"], ["a"]]);
    client
        .judge(&comparison, other.clone())
        .await
        .problem(409, "idempotency_mismatch");
    let elsewhere = client.comparison().await;
    client
        .judge(&elsewhere, body)
        .await
        .problem(409, "idempotency_mismatch");
    other["idempotency_key"] = json!("another");
    client
        .judge(&elsewhere, other)
        .await
        .problem(409, "ballot_spent");
}

#[tokio::test]
async fn a_comparison_has_one_current_judgment() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let (comparison, _) = client.vote().await;
    let body = judgment_body(&client.ballot().await, "b", "a");
    client
        .judge(&comparison, body)
        .await
        .problem(409, "already_judged");
    let insert = fixture.query(
        "INSERT INTO judgment_heads (comparison_id, user_id, judgment_id) \
         SELECT comparison_id, user_id, 'other' FROM judgment_heads",
    );
    let error = insert
        .execute()
        .await
        .expect_err("a second head is refused");
    assert!(ApiError::is_unique_violation(&error), "{error}");
}

#[tokio::test]
async fn concurrent_retries_store_one_judgment() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let comparison = client.comparison().await;
    let body = judgment_body(&client.ballot().await, "a", "b");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (client, comparison, body) = (client.clone(), comparison.clone(), body.clone());
        tasks.spawn(async move { client.judge(&comparison, body).await });
    }
    let replies = tasks.join_all().await;
    assert_eq!(
        replies
            .iter()
            .filter(|reply| reply.status == StatusCode::CREATED)
            .count(),
        1
    );
    assert!(
        replies.iter().all(|reply| reply.body == replies[0].body),
        "{replies:?}"
    );
}

#[tokio::test]
async fn row_5_altered_foreign_and_expired_ballots_are_refused() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    let comparison = ann.comparison().await;
    let foreign = bob.ballot().await;
    let own = ann.ballot().await;
    let altered = format!(
        "{}{}",
        if own.starts_with('0') { '1' } else { '0' },
        &own[1..]
    );
    for ballot in [foreign.as_str(), altered.as_str(), "", "nonsense", "é.é"] {
        ann.judge(&comparison, judgment_body(ballot, "a", "b"))
            .await
            .problem(403, "ballot_invalid");
    }
    let user: String = fixture
        .query("SELECT user_id FROM comparisons")
        .scalar()
        .await
        .expect("reads");
    let expired = palate_server::ballot::issue(&fixture.state.secret, &user, 0).expect("is issued");
    ann.judge(&comparison, judgment_body(expired.as_str(), "a", "b"))
        .await
        .problem(403, "ballot_expired");
    assert_eq!(
        ann.judge(&comparison, judgment_body(&own, "a", "b"))
            .await
            .status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn nobody_judges_or_revises_for_another() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    let (comparison, judgment) = ann.vote().await;
    bob.judge(&comparison, judgment_body(&bob.ballot().await, "a", "b"))
        .await
        .problem(404, "not_found");
    let body = json!({"idempotency_key": "k", "judgment": null});
    bob.call(
        Method::PATCH,
        &format!("/api/v1/judgments/{judgment}"),
        &[],
        Some(body),
    )
    .await
    .problem(404, "not_found");
    assert_eq!(
        bob.get(routes::JUDGMENTS)
            .await
            .parse::<JudgmentPage>()
            .judgments,
        []
    );
}

#[tokio::test]
async fn revisions_are_appended_and_the_last_is_current() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let (comparison, first) = client.vote().await;
    let revise = async |id: &str, key: &str, judgment: serde_json::Value| {
        let body = json!({"idempotency_key": key, "judgment": judgment});
        client
            .call(
                Method::PATCH,
                &format!("/api/v1/judgments/{id}"),
                &[],
                Some(body),
            )
            .await
    };
    let equal = json!({"outcome": "equal", "groups": [["a", "b"]], "unacceptable": []});
    let second = revise(&first, "k1", equal.clone()).await;
    assert_eq!(second.status, StatusCode::CREATED);
    let again = revise(&first, "k1", equal.clone()).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &second.body));
    revise(&first, "k1", json!(null))
        .await
        .problem(409, "idempotency_mismatch");
    revise(&first, "k2", json!(null))
        .await
        .problem(409, "judgment_superseded");
    let second: StoredJudgment = second.parse();
    assert_eq!(second.supersedes, Some(first.as_str().into()));
    client.consent("sync", false).await;
    client.consent("publish_votes", false).await;
    revise(second.id.as_str(), "k3", equal)
        .await
        .problem(403, "consent_required");
    let withdrawn: StoredJudgment = revise(second.id.as_str(), "k3", json!(null)).await.parse();
    assert_eq!(withdrawn.judgment, None, "withdrawing needs no consent");
    let page: JudgmentPage = client.get(routes::JUDGMENTS).await.parse();
    assert_eq!(page.judgments, [withdrawn]);
    assert_eq!(page.judgments[0].comparison.as_str(), comparison);
    let rows: i64 = fixture
        .query("SELECT COUNT(*) FROM judgments")
        .scalar()
        .await
        .expect("reads");
    assert_eq!(rows, 3);
}

#[tokio::test]
async fn history_comes_in_pages_newest_first() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    let mut ids = Vec::new();
    for _ in 0..103 {
        ids.push(client.vote().await.1);
    }
    ids.reverse();
    let first: JudgmentPage = client.get(routes::JUDGMENTS).await.parse();
    let cursor = first.next_cursor.clone().expect("there is more");
    let second: JudgmentPage = client
        .get(&format!("{}?cursor={cursor}", routes::JUDGMENTS))
        .await
        .parse();
    assert_eq!(
        (
            first.judgments.len(),
            second.judgments.len(),
            second.next_cursor
        ),
        (100, 3, None)
    );
    let seen: Vec<_> = first
        .judgments
        .iter()
        .chain(&second.judgments)
        .map(|judgment| judgment.id.0.clone())
        .collect();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn judgments_and_consents_are_append_only() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client.vote().await;
    for statement in [
        "UPDATE judgments SET outcome = 'equal'",
        "DELETE FROM judgment_heads; DELETE FROM ballots; DELETE FROM judgments",
        "DELETE FROM judgment_heads; DELETE FROM ballots; DELETE FROM users",
        "UPDATE consents SET granted = 0",
        "DELETE FROM consents",
    ] {
        let mut tx = fixture.state.db.write().await.expect("begins");
        let error = tx.run(statement).await.expect_err(statement);
        assert!(
            error.to_string().contains("append-only"),
            "{statement}: {error}"
        );
    }
}
