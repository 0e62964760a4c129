//! Checks and weights, from votes through the API to the release.

use palate_shared::api::account::{Assessment, Export};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, comparison_body, judgment_body};

/// Shows `shown` and prefers `chosen`; returns the comparison's id.
async fn vote(
    client: &Client,
    shown: [&str; 2],
    chosen: &str,
    dwell_ms: u32,
    repeat_of: Option<&str>,
) -> String {
    let mut body = comparison_body();
    body["shown"] = json!(shown);
    if let Some(earlier) = repeat_of {
        body["policy"] = json!("repeat");
        body["repeat_of"] = json!(earlier);
    }
    let reply = client.post(routes::COMPARISONS, body.clone()).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = body["id"].as_str().expect("is text").to_owned();
    let rejected = if shown[0] == chosen {
        shown[1]
    } else {
        shown[0]
    };
    let mut judgment = judgment_body(&client.ballot().await, chosen, rejected);
    judgment["dwell_ms"] = json!(dwell_ms);
    let reply = client.judge(&id, judgment).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    id
}

async fn assessment(client: &Client) -> Option<Assessment> {
    client
        .get(routes::ME_EXPORT)
        .await
        .parse::<Export>()
        .assessment
}

async fn checks(fixture: &Fixture, comparison: &str) -> Vec<(String, i64, f64)> {
    fixture.query(
        "SELECT check_name, passed, weight FROM quality JOIN judgments ON judgments.id = quality.judgment_id \
         WHERE judgments.comparison_id = $1 ORDER BY check_name",
    )
    .bind(comparison)
    .all()
    .await
    .expect("reads")
}

#[tokio::test]
async fn row_15_checks_weigh_votes_and_block_nobody() {
    let fixture = Fixture::new().await;
    let client = fixture.contributor().await;
    assert_eq!(
        assessment(&client).await,
        None,
        "before the first assessment"
    );
    let first = vote(&client, ["a", "b"], "a", 3000, None).await;
    let fast = vote(&client, ["a", "c"], "a", 200, None).await;
    let same = vote(&client, ["b", "a"], "a", 3000, Some(&first)).await;
    let other = vote(&client, ["c", "a"], "c", 3000, Some(&fast)).await;
    assert_eq!(fixture.state.db.assess().await.expect("assesses"), 4);
    let passed = |name: &str, ok: bool, weight: f64| (name.to_owned(), i64::from(ok), weight);
    assert_eq!(checks(&fixture, &first).await, [passed("dwell", true, 1.0)]);
    assert_eq!(
        checks(&fixture, &fast).await,
        [passed("dwell", false, 0.25)]
    );
    assert_eq!(
        checks(&fixture, &same).await,
        [passed("dwell", true, 1.0), passed("repeat", true, 1.0)]
    );
    assert_eq!(
        checks(&fixture, &other).await,
        [passed("dwell", true, 1.0), passed("repeat", false, 0.5)]
    );
    let found = assessment(&client).await.expect("is assessed");
    assert_eq!(
        (found.weight, found.is_settled, found.quarantine),
        (1.0, false, None)
    );
    vote(&client, ["a", "b"], "b", 3000, None).await;
}

#[tokio::test]
async fn row_5_a_program_that_always_takes_one_side_is_set_aside_and_its_votes_stay() {
    let fixture = Fixture::new().await;
    let person = fixture.contributor().await;
    let program = fixture.contributor().await;
    for at in 0..24 {
        vote(&program, ["a", "b"], "a", 5000, None).await;
        vote(
            &person,
            ["a", "b"],
            if at % 2 == 0 { "a" } else { "b" },
            5000,
            None,
        )
        .await;
    }
    fixture.state.db.assess().await.expect("assesses");
    let found = assessment(&program).await.expect("is assessed");
    assert_eq!(
        (found.weight, found.quarantine.as_deref()),
        (0.0, Some("one_side"))
    );
    assert_eq!(assessment(&person).await.expect("is assessed").weight, 1.0);
    assert_eq!(
        program.get(routes::JUDGMENTS).await.value()["judgments"]
            .as_array()
            .map(Vec::len),
        Some(24)
    );
    let rows = crate::release::votes_of(&fixture).await;
    let influence = |row: &&Value| row["influence"].as_f64();
    assert_eq!(rows.len(), 48);
    assert_eq!(
        rows.iter()
            .filter(|row| influence(row) == Some(0.0))
            .count(),
        24
    );
    assert!(rows.iter().all(|row| row["quality_pass"] == json!(true)));
    // A second assessment says the same once.
    fixture.state.db.assess().await.expect("assesses");
    assert_eq!(assessment(&program).await.expect("is assessed").weight, 0.0);
}
