use axum::http::{Method, StatusCode};
use palate_shared::api::consents::Consent;
use palate_shared::api::session::{Me, Receipt};
use palate_shared::routes;
use serde_json::json;

use crate::support::{Fixture, judgment_body};

#[tokio::test]
async fn a_session_starts_once_and_is_resumed_by_its_cookie() {
    let fixture = Fixture::new().await;
    let reply = fixture.stranger().start_session().await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let cookie = reply.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("sid=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"));
    let me: Me = reply.parse();
    assert_eq!(
        (me.rater_id.len(), me.judgments, me.has_profile),
        (32, 0, false)
    );
    let mut client = fixture.stranger();
    client.cookie = Some(reply.cookie());
    let resumed = client.post(routes::SESSION, json!({})).await;
    assert_eq!(
        (resumed.status, resumed.header("set-cookie")),
        (StatusCode::OK, "")
    );
    assert_eq!(resumed.parse::<Me>(), me);
    assert_eq!(client.get(routes::ME).await.parse::<Me>(), me);
}

#[tokio::test]
async fn behind_https_the_cookie_is_host_bound_and_secure() {
    let fixture = Fixture::with(|config| config.secure_cookies = true).await;
    let reply = fixture.stranger().start_session().await;
    let cookie = reply.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-sid=")
            && cookie.contains("; Secure")
            && cookie.contains("Path=/;"),
        "{cookie}"
    );
}

#[tokio::test]
async fn the_database_holds_no_session_token() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let token = client
        .cookie
        .expect("has one")
        .trim_start_matches("sid=")
        .to_owned();
    let stored: Vec<String> = fixture
        .query("SELECT token_hash FROM sessions")
        .scalars()
        .await
        .expect("reads");
    assert_eq!(
        stored,
        [palate_server::secret::sha256_hex(token.as_bytes())]
    );
}

#[tokio::test]
async fn personal_routes_need_a_session() {
    let fixture = Fixture::new().await;
    for path in [
        routes::ME,
        routes::CONSENTS,
        routes::JUDGMENTS,
        routes::PROFILE,
    ] {
        fixture
            .stranger()
            .get(path)
            .await
            .problem(401, "session_required");
    }
    let mut forger = fixture.stranger();
    forger.cookie = Some("sid=0000".to_owned());
    forger
        .get(routes::ME)
        .await
        .problem(401, "session_required");
}

#[tokio::test]
async fn an_expired_session_is_no_session() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    fixture
        .query("UPDATE sessions SET expires_at = 1")
        .execute()
        .await
        .expect("writes");
    client
        .get(routes::ME)
        .await
        .problem(401, "session_required");
}

#[tokio::test]
async fn the_last_word_is_in_force_after_the_clock_went_back() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let tomorrow = "INSERT INTO consents (id, user_id, purpose, granted, text_version, locale, at_ms) \
         SELECT '0fffffff-ffff-7fff-8fff-ffffffffffff', id, 'sync', 1, '1', 'en', 1 FROM users";
    fixture.query(tomorrow).execute().await.expect("is stored");
    for granted in [false, true, false] {
        client.consent("sync", granted).await;
        let consents = client.get(routes::CONSENTS).await.value();
        assert_eq!(consents[0]["granted"], granted, "{consents}");
    }
    assert_eq!(fixture.count("consents").await, 4);
}

#[tokio::test]
async fn the_last_word_on_a_purpose_is_in_force_and_the_log_keeps_all() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    assert_eq!(
        client.get(routes::CONSENTS).await.parse::<Vec<Consent>>(),
        []
    );
    for granted in [true, false, true, false] {
        let consent: Consent = client.consent("publish_votes", granted).await.parse();
        assert_eq!(consent.granted, granted);
    }
    client.consent("sync", true).await;
    let consents: Vec<Consent> = client.get(routes::CONSENTS).await.parse();
    let seen: Vec<_> = consents
        .iter()
        .map(|consent| {
            (
                serde_json::to_value(consent.purpose).expect("is JSON"),
                consent.granted,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [(json!("publish_votes"), false), (json!("sync"), true)]
    );
    let rows = fixture.count("consents").await;
    assert_eq!(rows, 5);
}

#[tokio::test]
async fn erase_leaves_no_row_that_names_the_person() {
    let fixture = Fixture::new().await;
    let (stays, goes) = (fixture.contributor().await, fixture.contributor().await);
    stays.vote().await;
    let (_, judgment) = goes.vote().await;
    goes.call(
        Method::PATCH,
        &format!("/api/v1/judgments/{judgment}"),
        &[],
        Some(json!({"idempotency_key": "k", "judgment": null})),
    )
    .await;
    goes.call(
        Method::PUT,
        routes::PROFILE,
        &[("if-none-match", "*")],
        Some(json!({"schema": 1, "states": {}})),
    )
    .await;
    let reply = goes
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let receipt: Receipt = reply.parse();
    assert_eq!((receipt.judgments, receipt.receipt_id.len()), (1, 32));
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    goes.get(routes::ME).await.problem(401, "session_required");
    for table in [
        "users",
        "sessions",
        "judgments",
        "judgment_heads",
        "comparisons",
        "ballots",
    ] {
        let rows = fixture.count(table).await;
        assert_eq!(rows, 1, "{table}");
    }
    let named = fixture.count("erasures WHERE user_id IS NOT NULL").await;
    let profiles = fixture.count("profiles").await;
    assert_eq!((named, profiles), (0, 0));
    assert_eq!(stays.get(routes::ME).await.parse::<Me>().judgments, 1);
}

#[tokio::test]
async fn unlink_keeps_the_judgments_under_a_pseudonym_that_nobody_knows() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client.vote().await;
    let before: Me = client.get(routes::ME).await.parse();
    let receipt: Receipt = client
        .call(Method::DELETE, "/api/v1/me?mode=unlink", &[], None)
        .await
        .parse();
    assert_eq!(receipt.judgments, 1);
    client
        .get(routes::ME)
        .await
        .problem(401, "session_required");
    client
        .post(routes::COMPARISONS, crate::support::comparison_body())
        .await
        .problem(401, "session_required");
    let (id, epoch): (String, i64) = fixture
        .query("SELECT id, public_id_epoch FROM users")
        .one()
        .await
        .expect("reads");
    assert_ne!(fixture.state.secret.rater_id(&id, epoch), before.rater_id);
    let rows = fixture.count("judgments").await;
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn leaving_needs_a_known_mode() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    for query in ["", "?mode=", "?mode=all", "?mode=erase&also=1"] {
        client
            .call(Method::DELETE, &format!("/api/v1/me{query}"), &[], None)
            .await
            .problem(400, "query_invalid");
    }
    assert_eq!(client.get(routes::ME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn votes_need_consent_and_a_withdrawn_consent_stops_them() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    client
        .post(routes::COMPARISONS, crate::support::comparison_body())
        .await
        .problem(403, "consent_required");
    client.consent("sync", true).await;
    let comparison = client.comparison().await;
    client.consent("sync", false).await;
    let body = judgment_body(&client.ballot().await, "a", "b");
    client
        .judge(&comparison, body.clone())
        .await
        .problem(403, "consent_required");
    client.consent("publish_votes", true).await;
    assert_eq!(
        client.judge(&comparison, body).await.status,
        StatusCode::CREATED
    );
}
