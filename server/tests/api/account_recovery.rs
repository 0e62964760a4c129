use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use palate_shared::api::account::{Export, RecoveryCode};
use palate_shared::api::session::Me;
use palate_shared::event::{Policy, current};
use palate_shared::judgment::Outcome;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply, comparison_body, judgment_body};

async fn new_code(client: &Client) -> String {
    let reply = client.post(routes::ME_RECOVERY, json!({})).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    reply.parse::<RecoveryCode>().code
}

async fn enter(fixture: &Fixture, code: &str) -> Reply {
    fixture
        .stranger()
        .post(routes::AUTH_RECOVERY, json!({"code": code}))
        .await
}

async fn revise(client: &Client, judgment: &str, key: &str, said: Value) -> String {
    let path = routes::JUDGMENT.replace("{id}", judgment);
    let body = json!({"idempotency_key": key, "judgment": said});
    let reply = client.call(Method::PATCH, &path, &[], Some(body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    reply.value()["id"].as_str().expect("is text").to_owned()
}

/// Tables in which any column of any row holds `text`.
async fn tables_with(fixture: &Fixture, text: &str) -> BTreeSet<String> {
    let tables: Vec<String> =
        fixture.query(if fixture.is_sqlite() { "SELECT name FROM sqlite_master WHERE type = 'table'" } else { "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()" })
            .scalars()
            .await
            .expect("reads");
    let mut found = BTreeSet::new();
    for table in tables {
        let columns: Vec<String> = fixture.query(if fixture.is_sqlite() { "SELECT name FROM pragma_table_info($1)" } else { "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1" })
            .bind(&table)
            .scalars()
            .await
            .expect("reads");
        for column in columns {
            let count =
                format!("SELECT COUNT(*) FROM \"{table}\" WHERE CAST(\"{column}\" AS TEXT) = $1");
            let rows: i64 = fixture
                .query(sqlx::AssertSqlSafe(count))
                .bind(text)
                .scalar()
                .await
                .expect("reads");
            if rows > 0 {
                found.insert(table.clone());
            }
        }
    }
    found
}

async fn user_of(fixture: &Fixture, comparison: &str) -> String {
    fixture
        .query("SELECT user_id FROM comparisons WHERE id = $1")
        .bind(comparison)
        .scalar()
        .await
        .expect("reads")
}

/// Someone with a row in every table that may name a person.
async fn settled(fixture: &Fixture) -> (Client, String) {
    let client = fixture.contributor().await;
    let (comparison, judgment) = client.vote().await;
    revise(&client, &judgment, "k", json!(null)).await;
    new_code(&client).await;
    client
        .call(
            Method::PUT,
            routes::PROFILE,
            &[("if-none-match", "*")],
            Some(json!({"schema": 1, "states": {}})),
        )
        .await;
    let user = user_of(fixture, &comparison).await;
    (client, user)
}

#[tokio::test]
async fn a_code_opens_the_account_on_another_device() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client.vote().await;
    let code = new_code(&client).await;
    let sloppy = format!(" {} ", code.to_lowercase().replace('-', " "));
    for typed in [code.as_str(), &sloppy] {
        let reply = enter(&fixture, typed).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        let mut other = fixture.stranger();
        other.cookie = Some(reply.cookie());
        assert_ne!(other.cookie, client.cookie, "a session of its own");
        let me: Me = client.get(routes::ME).await.parse();
        assert_eq!(reply.parse::<Me>(), me);
        assert_eq!(other.get(routes::ME).await.parse::<Me>(), me);
        other.vote().await;
    }
    assert_eq!(client.get(routes::ME).await.parse::<Me>().judgments, 3);
}

#[tokio::test]
async fn a_new_code_voids_the_old_one_and_none_is_stored() {
    let fixture = Fixture::new().await;
    let client = fixture.person().await;
    let old = new_code(&client).await;
    let new = new_code(&client).await;
    enter(&fixture, &old).await.problem(403, "recovery_invalid");
    assert_eq!(enter(&fixture, &new).await.status, StatusCode::OK);
    for code in [&old, &new] {
        assert_eq!(tables_with(&fixture, code).await, BTreeSet::new());
        let bare = code.replace('-', "");
        assert_eq!(tables_with(&fixture, &bare).await, BTreeSet::new());
        let plain = palate_server::secret::sha256_hex(bare.as_bytes());
        assert_eq!(tables_with(&fixture, &plain).await, BTreeSet::new());
    }
    let rows = fixture.count("recovery_codes").await;
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_code_of_one_person_never_opens_another() {
    let fixture = Fixture::new().await;
    let mut codes = Vec::new();
    for _ in 0..24 {
        let client = fixture.person().await;
        let code = new_code(&client).await;
        codes.push((client.get(routes::ME).await.parse::<Me>(), code));
    }
    for (at, (me, code)) in codes.iter().enumerate() {
        assert_eq!(enter(&fixture, code).await.parse::<Me>(), *me);
        // Half of one code and half of another, and one with a changed letter, are nobody's.
        let (_, next) = &codes[(at + 1) % codes.len()];
        let mixed = format!("{}{}", &code[..11], &next[11..]);
        let position = at % 5;
        let letter = if code.as_bytes()[position] == b'7' {
            "8"
        } else {
            "7"
        };
        let mut altered = code.clone();
        altered.replace_range(position..=position, letter);
        for wrong in [mixed, altered] {
            enter(&fixture, &wrong)
                .await
                .problem(403, "recovery_invalid");
        }
    }
}

#[tokio::test]
async fn a_text_that_is_no_code_opens_nothing() {
    let fixture = Fixture::new().await;
    new_code(&fixture.person().await).await;
    for typed in [
        "",
        "-",
        "0",
        "00000-00000-00000-00000",
        "UUUUU-UUUUU-UUUUU-UUUUU",
        "' OR 1=1 --",
        "é",
        &"0".repeat(2_000),
    ] {
        enter(&fixture, typed)
            .await
            .problem(403, "recovery_invalid");
    }
    fixture
        .stranger()
        .post(routes::ME_RECOVERY, json!({}))
        .await
        .problem(401, "session_required");
}

#[tokio::test]
async fn rotating_gives_a_new_pseudonym_and_keeps_the_rest() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    client.vote().await;
    let before: Me = client.get(routes::ME).await.parse();
    let mut seen = BTreeSet::from([before.rater_id.clone()]);
    for _ in 0..3 {
        let reply = client.post(routes::ME_ROTATE, json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        let me: Me = reply.parse();
        assert!(seen.insert(me.rater_id.clone()), "{me:?}");
        assert_eq!(client.get(routes::ME).await.parse::<Me>(), me);
        assert_eq!(me.judgments, before.judgments);
    }
    fixture
        .stranger()
        .post(routes::ME_ROTATE, json!({}))
        .await
        .problem(401, "session_required");
}

#[tokio::test]
async fn the_export_holds_every_revision_as_the_browser_logs_it() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    fixture.contributor().await.vote().await;
    let shown = comparison_body();
    let comparison = shown["id"].as_str().expect("is text").to_owned();
    client.post(routes::COMPARISONS, shown).await;
    let mut body = judgment_body(&client.ballot().await, "b", "a");
    body["context"] = json!("for a child");
    let first_id = body["idempotency_key"].clone();
    let stored = client.judge(&comparison, body).await.value();
    let first = stored["id"].as_str().expect("is text");
    let withdrawn = revise(&client, first, "not-a-uuid", json!(null)).await;
    let last_id = uuid::Uuid::now_v7().to_string();
    let equal = json!({"outcome": "equal", "groups": [["a", "b"]]});
    revise(&client, &withdrawn, &last_id, equal).await;
    let waiting = client.comparison().await;
    client.consent("sync", false).await;

    let reply = client.get(routes::ME_EXPORT).await;
    assert_eq!(
        reply.header("content-disposition"),
        "attachment; filename=\"palate-export.json\""
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    let export: Export = reply.parse();
    assert_eq!(export.me, client.get(routes::ME).await.parse::<Me>());
    assert_eq!((export.sessions.len(), export.profile), (1, None));
    assert_eq!(export.recovery_code_made_at, None);
    let log: Vec<bool> = export
        .consents
        .iter()
        .map(|consent| consent.granted)
        .collect();
    assert_eq!(log, [true, true, false], "the whole log");
    assert_eq!(export.unjudged.len(), 1);
    assert_eq!(export.unjudged[0].id.as_str(), waiting);

    let [one, two, three] = export.events.as_slice() else {
        panic!("three revisions: {:?}", export.events);
    };
    assert_eq!(json!(one.id), first_id, "the client's own id");
    assert_eq!(two.id.as_str(), withdrawn, "the server's, for want of one");
    assert_eq!(three.id.as_str(), last_id);
    assert_eq!(
        [&one.supersedes, &two.supersedes, &three.supersedes],
        [&None, &Some(one.id.clone()), &Some(two.id.clone())]
    );
    assert_eq!(
        [one.withdrawn, two.withdrawn, three.withdrawn],
        [false, true, false]
    );
    assert_eq!(two.judgment, one.judgment, "what was taken back");
    assert_eq!(three.judgment.outcome, Outcome::Equal);
    assert_eq!(current(&export.events), [three]);
    for event in &export.events {
        assert_eq!(event.comparison.as_str(), comparison);
        assert_eq!((event.pack.as_str(), event.prompt.as_str()), ("tiny", "p1"));
        assert_eq!(event.shown, ["a".into(), "b".into()]);
        assert_eq!(
            (event.policy, event.propensity),
            (Policy::UniformRandom, 0.25)
        );
        assert_eq!(event.predictions.len(), 1);
        assert_eq!(
            (event.predictions[0].p_first, event.predictions[0].n_fit),
            (0.7, 4)
        );
        assert!(event.blind && !event.simulated);
        assert_eq!(event.context.as_deref(), Some("for a child"));
        assert_eq!(event.dwell_ms, 2500);
        assert!(event.at_ms > 1_700_000_000_000);
    }
}

#[tokio::test]
async fn a_device_that_entered_by_code_reads_the_same_votes_and_profile() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    for _ in 0..5 {
        client.vote().await;
    }
    let profile = json!({"schema": 1, "states": {"eb": [1, 2]}});
    client
        .call(
            Method::PUT,
            routes::PROFILE,
            &[("if-none-match", "*")],
            Some(profile.clone()),
        )
        .await;
    let code = new_code(&client).await;
    let mut other = fixture.stranger();
    other.cookie = Some(enter(&fixture, &code).await.cookie());
    let here: Export = client.get(routes::ME_EXPORT).await.parse();
    let there: Export = other.get(routes::ME_EXPORT).await.parse();
    assert_eq!(here, there);
    assert_eq!((here.events.len(), here.sessions.len()), (5, 2));
    assert!(here.recovery_code_made_at.is_some());
    assert_eq!(
        serde_json::to_value(here.profile).expect("is JSON"),
        profile
    );
}

#[tokio::test]
async fn row_7_erase_leaves_no_row_with_the_user_id_in_any_table() {
    let fixture = Fixture::new().await;
    let (client, user) = settled(&fixture).await;
    client.vote().await;
    fixture.state.db.assess().await.expect("assesses");
    let held = tables_with(&fixture, &user).await;
    for table in [
        "users",
        "sessions",
        "consents",
        "comparisons",
        "judgments",
        "judgment_heads",
        "ballots",
        "profiles",
        "recovery_codes",
        "influence",
    ] {
        assert!(held.contains(table), "the test covers {table}");
    }
    let code = new_code(&client).await;
    let reply = client
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(tables_with(&fixture, &user).await, BTreeSet::new());
    enter(&fixture, &code)
        .await
        .problem(403, "recovery_invalid");
}

#[tokio::test]
async fn unlinking_voids_the_code() {
    let fixture = Fixture::new().await;
    let (client, user) = settled(&fixture).await;
    let code = new_code(&client).await;
    client
        .call(Method::DELETE, "/api/v1/me?mode=unlink", &[], None)
        .await;
    enter(&fixture, &code)
        .await
        .problem(403, "recovery_invalid");
    let held = tables_with(&fixture, &user).await;
    assert!(
        !held.contains("recovery_codes") && !held.contains("sessions"),
        "{held:?}"
    );
}
