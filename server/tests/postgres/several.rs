//! Several servers on one database: nothing is stored twice, and what one acknowledged holds at the other.

use axum::Router;
use axum::http::{Method, StatusCode};
use palate_server::clock::{day, now_ms};
use palate_server::db::ledger::{Reservation, Reserved};
use palate_server::llm::budget::{Payer, Spent};
use palate_server::router::router;
use palate_server::state::AppState;
use palate_shared::api::session::Me;
use palate_shared::routes;
use serde_json::json;

use crate::support::{Client, Fixture, judgment_body};

/// A second server over the database and the data folder of the first.
async fn another(fixture: &Fixture) -> Router {
    assert!(!fixture.is_sqlite(), "PALATE_TEST_DATABASE names a server");
    let state = AppState::open(fixture.state.config.clone())
        .await
        .expect("opens");
    router(state)
}

#[tokio::test]
async fn what_is_taken_back_at_one_is_in_force_at_the_other_at_once() {
    let fixture = Fixture::new().await;
    let here = fixture.contributor().await;
    let there = here.at(another(&fixture).await);
    there.vote().await;
    here.consent("sync", false).await;
    here.consent("publish_votes", false).await;
    let body = crate::support::comparison_body();
    there
        .post(routes::COMPARISONS, body)
        .await
        .problem(403, "consent_required");
    here.call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    there.get(routes::ME).await.problem(401, "session_required");
}

#[tokio::test]
async fn retries_at_both_store_one_judgment() {
    let fixture = Fixture::new().await;
    let here = fixture.contributor().await;
    let there = here.at(another(&fixture).await);
    for _ in 0..10 {
        let comparison = here.comparison().await;
        let body = judgment_body(&here.ballot().await, "a", "b");
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..8 {
            let client: Client = if turn % 2 == 0 { &here } else { &there }.clone();
            let (comparison, body) = (comparison.clone(), body.clone());
            tasks.spawn(async move { client.judge(&comparison, body).await });
        }
        let replies = tasks.join_all().await;
        let created = replies
            .iter()
            .filter(|reply| reply.status == StatusCode::CREATED);
        assert_eq!(created.count(), 1, "{replies:?}");
        assert!(
            replies.iter().all(|reply| reply.body == replies[0].body),
            "{replies:?}"
        );
    }
}

#[tokio::test]
async fn many_votes_at_both_are_all_stored_and_none_waits_for_another_for_ever() {
    let fixture = Fixture::new().await;
    let second = another(&fixture).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let here = fixture.contributor().await;
        let there = here.at(second.clone());
        tasks.spawn(async move {
            for turn in 0..10 {
                if turn % 2 == 0 { &here } else { &there }.vote().await;
            }
            here.get(routes::ME).await.parse::<Me>().judgments
        });
    }
    assert_eq!(tasks.join_all().await, [10; 16]);
}

#[tokio::test]
async fn of_two_first_profiles_one_is_kept() {
    let fixture = Fixture::new().await;
    let second = another(&fixture).await;
    for _ in 0..10 {
        let here = fixture.contributor().await;
        let there = here.at(second.clone());
        let put = |client: Client, number: u32| async move {
            let body = json!({"schema": 1, "states": {"number": number}});
            let headers = [("if-none-match", "*")];
            client
                .call(Method::PUT, routes::PROFILE, &headers, Some(body))
                .await
                .status
        };
        let (one, other) = tokio::join!(put(here, 1), put(there, 2));
        let mut both = [one.as_u16(), other.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [204, 412]);
    }
}

#[tokio::test]
async fn whoever_leaves_at_one_while_voting_at_the_other_leaves_nothing() {
    let fixture = Fixture::new().await;
    let second = another(&fixture).await;
    for _ in 0..5 {
        let here = fixture.contributor().await;
        let there = here.at(second.clone());
        let mut votes = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let comparison = there.comparison().await;
            let body = judgment_body(&there.ballot().await, "a", "b");
            let there = there.clone();
            votes.spawn(async move { there.judge(&comparison, body).await });
        }
        let left = here
            .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
            .await;
        assert_eq!(left.status, StatusCode::OK, "{left:?}");
        for vote in votes.join_all().await {
            let status = vote.status.as_u16();
            // 503 asks for a retry, which then finds that nobody is there.
            assert!([201, 401, 404, 503].contains(&status), "{vote:?}");
        }
        for table in [
            "users",
            "judgments",
            "judgment_heads",
            "ballots",
            "comparisons",
        ] {
            assert_eq!(fixture.count(table).await, 0, "{table}");
        }
    }
}

/// The person that there is.
async fn only_person(state: &AppState) -> String {
    let people = state.db.reader().query("SELECT id FROM users").scalar();
    people.await.expect("is read")
}

/// A call of `micro` that is reserved at a server now.
async fn reserve(state: &AppState, user_id: &str, micro: u64) -> Reservation {
    let call = Reservation {
        id: uuid::Uuid::now_v7().to_string(),
        user_id: Some(user_id.to_owned()),
        generation: Some(uuid::Uuid::now_v7().to_string()),
        model: "model".to_owned(),
        purpose: "answer",
        reserved_micro: micro,
        at_ms: now_ms(),
    };
    let reserved = state.db.reserve(call.clone()).await.expect("is stored");
    assert_eq!(reserved, Reserved::Done);
    call
}

#[tokio::test]
async fn what_one_spends_the_other_cannot_spend_again() {
    let fixture = Fixture::new().await;
    fixture.person().await;
    let here = &fixture.state;
    let there = AppState::open(here.config.clone()).await.expect("opens");
    let user_id = only_person(here).await;
    reserve(here, &user_id, 700).await;
    let heard = |state: &AppState| {
        let state = state.clone();
        async move {
            let (total, persons, models) =
                state.db.spent_elsewhere_since(0).await.expect("is read");
            let of_model = models.get(&"model".into()).copied().unwrap_or_default();
            let of_all = persons.values().map(|sum| sum.micro).sum::<u64>();
            assert_eq!((total.micro, of_model.micro), (of_all, of_all));
            total.micro
        }
    };
    assert_eq!(heard(here).await, 0, "its own is counted in memory");
    assert_eq!(heard(&there).await, 700);
    let payer = Payer {
        person: user_id.clone(),
        network: there.limits.network(std::net::Ipv4Addr::LOCALHOST.into()),
        model: "model".into(),
        model_micro: Some(1_000),
    };
    there.llm.keep_up(&there.db).await.expect("hears");
    let today = day(now_ms());
    let refused = there.llm.budget.begin(&today, &payer, &[301]);
    assert_eq!(refused.expect_err("700 are spent"), Spent::Model);
    assert!(there.llm.budget.begin(&today, &payer, &[300]).is_ok());
}

#[tokio::test]
async fn calls_of_a_server_are_lost_when_it_is_gone_and_not_before() {
    let fixture = Fixture::new().await;
    let here = &fixture.state;
    fixture.person().await;
    let user_id = only_person(here).await;
    let there = AppState::open(here.config.clone()).await.expect("opens");
    reserve(here, &user_id, 5).await;
    reserve(&there, &user_id, 7).await;
    assert_eq!(here.db.settle_lost().await.expect("asks"), 0);
    let third = AppState::open(here.config.clone()).await.expect("opens");
    let open = "ledger WHERE state = 'reserved'";
    assert_eq!(
        fixture.count(open).await,
        2,
        "who starts loses nothing of others"
    );
    there.db.close().await;
    assert_eq!(third.db.settle_lost().await.expect("asks"), 1);
    assert_eq!(fixture.count(open).await, 1);
}

#[tokio::test]
async fn a_daily_job_has_one_runner() {
    let fixture = Fixture::new().await;
    let second = AppState::open(fixture.state.config.clone())
        .await
        .expect("opens");
    let held = fixture.state.db.alone("job").await.expect("asks");
    assert!(held.is_some());
    assert!(second.db.alone("job").await.expect("asks").is_none());
    assert!(second.db.alone("other").await.expect("asks").is_some());
    drop(held);
    let begin = now_ms();
    while second.db.alone("job").await.expect("asks").is_none() {
        assert!(now_ms() - begin < 5_000, "it is let go of");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn people_who_leave_do_not_stop_the_assessment() {
    let fixture = Fixture::new().await;
    assert!(!fixture.is_sqlite(), "PALATE_TEST_DATABASE names a server");
    let second = AppState::open(fixture.state.config.clone())
        .await
        .expect("opens");
    let mut people = Vec::new();
    for _ in 0..12 {
        let person = fixture.contributor().await;
        for _ in 0..4 {
            person.vote().await;
        }
        people.push(person);
    }
    let leaving = tokio::spawn(async move {
        for person in people {
            let left = person
                .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
                .await;
            assert_eq!(left.status, StatusCode::OK, "{left:?}");
        }
    });
    while !leaving.is_finished() {
        second.db.assess().await.expect("assesses");
    }
    leaving.await.expect("all left");
    assert_eq!(fixture.count("judgments").await, 0);
}

#[tokio::test]
async fn a_server_that_was_away_for_a_moment_is_found_again() {
    let dir = crate::folder();
    let text = crate::database::text(dir.path()).await.expect("is set");
    let name = dir.path().file_name().expect("has one").to_string_lossy();
    let named = crate::url(&format!("{text}&application_name={name}"));
    let fixture = Fixture::with(|config| config.database_url = Some(named)).await;
    let client = fixture.contributor().await;
    client.vote().await;
    let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = $1 AND pid <> pg_backend_pid()";
    let mut work = fixture.state.db.write().await.expect("begins");
    let ended: i64 = work
        .query(end)
        .bind(name.as_ref())
        .scalar()
        .await
        .expect("asks");
    assert!(ended > 0);
    drop(work);
    client.vote().await;
    assert_eq!(client.get("/readyz").await.status, StatusCode::OK);
}
