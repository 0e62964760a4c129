//! The public leaderboard, from votes through the API to its figures.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::Method;
use palate_server::router::router;
use palate_server::secret::sha256_hex;
use palate_server::state::AppState;
use palate_shared::api::leaderboard::{Figures, Leaderboard};
use palate_shared::pack::{
    PACK_SCHEMA, PackFile, PackItems, PackManifest, PackPrompt, PackResponse,
};
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, comparison_body, judgment_body};

const PROMPTS: [(&str, &str); 4] = [("q1", "work"), ("q2", "work"), ("q3", "fun"), ("q4", "fun")];
const MAKERS: [(&str, &str); 3] = [("Alpha", "a"), ("Beta", "b"), ("Gamma", "c")];

/// A pack of four prompts that three makers answered, from short to long.
fn write_named_pack(dir: &Path) {
    let prompt = |(id, topic): (&str, &str)| PackPrompt {
        id: id.into(),
        topic: topic.to_owned(),
        text: format!("Prompt {id}"),
        responses: MAKERS
            .iter()
            .enumerate()
            .map(|(at, (maker, letter))| PackResponse {
                id: format!("{id}-{letter}").into(),
                text: "word ".repeat(10 * (at + 1)),
                made_by: (*maker).to_owned(),
                directives: None,
                parent: None,
                seed: None,
            })
            .collect(),
    };
    let items = PackItems {
        pack: "named".into(),
        prompts: PROMPTS.into_iter().map(prompt).collect(),
    };
    let bytes = serde_json::to_vec(&items).expect("is JSON");
    let manifest = PackManifest {
        schema: PACK_SCHEMA,
        id: "named".into(),
        title: "Named".to_owned(),
        version: "1".to_owned(),
        licence: "CC0-1.0".to_owned(),
        attribution: "nobody".to_owned(),
        prompts: 4,
        responses: 12,
        encoder: "none".to_owned(),
        dimension: 0,
        files: vec![PackFile {
            role: "items".to_owned(),
            name: "items.json".to_owned(),
            bytes: bytes.len() as u64,
            sha256: sha256_hex(&bytes),
        }],
    };
    std::fs::create_dir_all(dir).expect("is made");
    std::fs::write(dir.join("items.json"), &bytes).expect("is written");
    let manifest = serde_json::to_vec(&manifest).expect("is JSON");
    std::fs::write(dir.join("manifest.json"), manifest).expect("is written");
}

async fn named() -> Fixture {
    Fixture::with(|config| write_named_pack(&config.site.join("packs/named"))).await
}

/// Shows two answers of `prompt` and prefers the first of the two makers; the judgment's id.
async fn prefers(client: &Client, prompt: &str, chosen: &str, rejected: &str) -> String {
    prefers_with(client, prompt, [chosen, rejected], |_| {}).await
}

async fn prefers_with(
    client: &Client,
    prompt: &str,
    [chosen, rejected]: [&str; 2],
    change: impl FnOnce(&mut Value),
) -> String {
    let [chosen, rejected] = [chosen, rejected].map(|letter| format!("{prompt}-{letter}"));
    let mut body = comparison_body();
    (body["pack"], body["prompt"]) = (json!("named"), json!(prompt));
    body["shown"] = json!([rejected, chosen]);
    change(&mut body);
    let reply = client.post(routes::COMPARISONS, body.clone()).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = body["id"].as_str().expect("is text");
    let reply = client
        .judge(
            id,
            judgment_body(&client.ballot().await, &chosen, &rejected),
        )
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.value()["id"].as_str().expect("is text").to_owned()
}

async fn board(client: &Client, query: &str) -> Leaderboard {
    let reply = client.get(&format!("{}{query}", routes::LEADERBOARD)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.parse()
}

async fn figures(client: &Client, query: &str) -> Figures {
    board(client, query).await.figures.expect("are ten people")
}

/// Ten people who each prefer Alpha to Beta and Beta to Gamma, and one who likes Gamma best.
async fn ten_people(fixture: &Fixture) -> Vec<Client> {
    let mut people = Vec::new();
    for at in 0..10 {
        let person = fixture.contributor().await;
        prefers(&person, "q1", "a", "b").await;
        prefers(&person, if at % 2 == 0 { "q2" } else { "q3" }, "b", "c").await;
        people.push(person);
    }
    people
}

#[tokio::test]
async fn makers_are_ranked_from_ten_people_on() {
    let fixture = named().await;
    let stranger = fixture.stranger();
    let empty = board(&stranger, "").await;
    assert_eq!(empty.figures, None);
    assert_eq!(empty.pack, Some("named".into()));
    let packs: Vec<&str> = empty.packs.iter().map(|pack| pack.id.as_str()).collect();
    assert_eq!(
        packs,
        ["named"],
        "where all answers are by one there is nobody to compare"
    );
    assert_eq!(empty.packs[0].topics, ["fun", "work"]);
    let people = ten_people(&fixture).await;
    let found = figures(&stranger, "").await;
    let order: Vec<&str> = found.rows.iter().map(|row| row.maker.as_str()).collect();
    assert_eq!(order, ["Alpha", "Beta", "Gamma"]);
    assert_eq!((found.votes, found.people), (20, 10));
    assert!(
        found
            .rows
            .iter()
            .all(|row| row.rating.low <= row.rating.value && row.rating.value <= row.rating.high)
    );
    assert!(
        found.rows[0].lottery > 0.5,
        "Alpha never met Gamma: {found:?}"
    );
    assert_eq!(found.circle, None);
    assert!(found.effects.is_empty());
    let styled = figures(&stranger, "?style=true").await;
    assert_eq!(styled.effects[0].name, "length");
    assert_eq!(
        board(&stranger, "?topic=fun").await.figures,
        None,
        "five people"
    );
    assert_eq!(figures(&stranger, "?topic=work").await.votes, 15);
    people[0].consent("publish_votes", false).await;
    assert_eq!(board(&stranger, "").await.figures, None, "nine people");
    people[0].consent("publish_votes", true).await;
    assert_eq!(figures(&stranger, "").await.votes, 20);
}

#[tokio::test]
async fn only_votes_that_may_be_published_and_are_blind_and_new_count() {
    let fixture = named().await;
    let people = ten_people(&fixture).await;
    let stranger = fixture.stranger();
    assert_eq!(figures(&stranger, "").await.votes, 20);
    let private = fixture.person().await;
    private.consent("sync", true).await;
    prefers(&private, "q4", "c", "a").await;
    prefers_with(&people[0], "q4", ["c", "a"], |body| {
        body["blind"] = json!(false)
    })
    .await;
    prefers_with(&people[0], "q4", ["c", "a"], |body| {
        body["simulated"] = json!(true)
    })
    .await;
    assert_eq!(figures(&stranger, "").await.votes, 20);
    prefers(&people[0], "q4", "c", "a").await;
    assert_eq!(figures(&stranger, "").await.votes, 21);
    let erased = people[0]
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(board(&stranger, "").await.figures, None);
}

#[tokio::test]
async fn a_circle_has_no_single_winner_and_a_lottery_of_three() {
    let fixture = named().await;
    for _ in 0..10 {
        let person = fixture.contributor().await;
        prefers(&person, "q1", "a", "b").await;
        prefers(&person, "q1", "b", "c").await;
        prefers(&person, "q1", "c", "a").await;
    }
    let found = figures(&fixture.stranger(), "").await;
    assert_eq!(
        found.circle,
        Some(["Alpha", "Beta", "Gamma"].map(str::to_owned))
    );
    assert!(
        found
            .rows
            .iter()
            .all(|row| (row.lottery - 1.0 / 3.0).abs() < 0.02),
        "{found:?}"
    );
}

#[tokio::test]
async fn bad_parameters_are_refused_in_words() {
    let fixture = named().await;
    let stranger = fixture.stranger();
    for (query, status, code) in [
        ("?pack=tiny", 422, "pack_unknown"),
        ("?topic=nowhere", 422, "topic_unknown"),
        ("?cohort=rich", 400, "query_invalid"),
        ("?style=maybe", 400, "query_invalid"),
        ("?more=1", 400, "query_invalid"),
    ] {
        let reply = stranger
            .get(&format!("{}{query}", routes::LEADERBOARD))
            .await;
        reply.problem(status, code);
    }
}

#[tokio::test]
async fn people_of_a_taste_are_a_cohort_and_too_few_of_one_have_no_figures() {
    let fixture = named().await;
    for at in 0..14 {
        let person = fixture.contributor().await;
        for prompt in ["q1", "q2", "q3", "q4"] {
            let short = if at < 10 {
                [("a", "b"), ("b", "c")]
            } else {
                [("b", "a"), ("c", "b")]
            };
            for (chosen, rejected) in short {
                prefers(&person, prompt, chosen, rejected).await;
            }
        }
    }
    let stranger = fixture.stranger();
    let shorter = figures(&stranger, "?cohort=shorter").await;
    assert_eq!((shorter.people, shorter.votes), (10, 80));
    assert_eq!(shorter.longer.expect("decided").share.value, 0.0);
    assert_eq!(
        board(&stranger, "?cohort=longer").await.figures,
        None,
        "four people"
    );
    assert_eq!(
        board(&stranger, "?cohort=settled").await.figures,
        None,
        "all are new"
    );
    assert_eq!(figures(&stranger, "").await.people, 14);
}

#[tokio::test]
async fn new_people_weigh_a_tenth_beside_settled_ones_and_who_takes_one_side_nothing() {
    let fixture = named().await;
    let old = ten_people(&fixture).await;
    for person in &old {
        for _ in 0..4 {
            prefers(person, "q4", "a", "c").await;
        }
    }
    for _ in 0..12 {
        let new = fixture.contributor().await;
        for _ in 0..8 {
            prefers(&new, "q4", "c", "a").await;
        }
    }
    fixture.state.db.assess().await.expect("assesses");
    let stranger = fixture.stranger();
    assert_eq!(
        figures(&stranger, "").await.new_share,
        1.0,
        "on a new site nobody is cut"
    );
    // As the next assessment finds them once they came on other days.
    let old: Vec<String> = {
        let mut ids = Vec::new();
        for person in &old {
            let me: palate_shared::api::session::Me = person.get(routes::ME).await.parse();
            ids.push(me.rater_id);
        }
        ids
    };
    let users: Vec<String> = fixture
        .query("SELECT id FROM users")
        .scalars()
        .await
        .expect("reads");
    for user in users {
        let rater = fixture.state.secret.rater_id(&user, 0);
        if old.contains(&rater) {
            let query = fixture.query("UPDATE influence SET is_settled = 1 WHERE user_id = $1");
            query.bind(&user).execute().await.expect("writes");
        }
    }
    fixture
        .query("INSERT INTO jobs (id, kind, started_at, ended_at, result_json) VALUES ('later', 'assess', 1, 9000000000000, '{}')")
        .execute()
        .await
        .expect("writes");
    let found = figures(&stranger, "").await;
    assert!(found.new_share <= 0.1 + 1e-9, "{}", found.new_share);
    assert_eq!(found.rows[0].maker, "Alpha");
    assert_eq!(figures(&stranger, "?cohort=settled").await.people, 10);
}

/// A second server over the same database and folder.
async fn another(fixture: &Fixture) -> axum::Router {
    let state = AppState::open(fixture.state.config.clone())
        .await
        .expect("opens");
    router(state)
}

#[tokio::test]
async fn what_is_kept_up_to_date_equals_what_is_read_anew_whatever_happened() {
    let fixture = named().await;
    let stranger = fixture.stranger();
    let second = stranger.at(another(&fixture).await);
    let mut people: Vec<Client> = Vec::new();
    for _ in 0..16 {
        people.push(fixture.contributor().await);
    }
    let mut given: BTreeMap<usize, Vec<(String, [String; 2])>> = BTreeMap::new();
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for step in 0..240 {
        let who = random(people.len());
        let ids = given.entry(who).or_default();
        match random(12) {
            9 if !ids.is_empty() => {
                let at = random(ids.len());
                let (id, [chosen, rejected]) = ids[at].clone();
                let judgment = match random(3) {
                    0 => json!(null),
                    1 => json!({"outcome": "equal", "groups": [[chosen, rejected]]}),
                    _ => json!({"outcome": "ranked", "groups": [[rejected], [chosen]]}),
                };
                let path = routes::JUDGMENT.replace("{id}", &id);
                let body = json!({"idempotency_key": uuid::Uuid::now_v7().to_string(), "judgment": judgment});
                let reply = people[who]
                    .call(Method::PATCH, &path, &[], Some(body))
                    .await;
                assert!(reply.status.is_success(), "{reply:?}");
                ids[at].0 = reply.value()["id"].as_str().expect("is text").to_owned();
            }
            10 => {
                let granted = random(2) == 0;
                people[who].consent("publish_votes", granted).await;
            }
            11 if step % 3 == 0 => {
                people[who]
                    .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
                    .await;
                people[who] = fixture.contributor().await;
                ids.clear();
            }
            _ => {
                let (prompt, _) = PROMPTS[random(4)];
                let (one, other) = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")][random(4)];
                let id = prefers(&people[who], prompt, one, other).await;
                ids.push((id, [one, other].map(|letter| format!("{prompt}-{letter}"))));
            }
        }
        if step % 8 == 0 {
            board(&stranger, "").await;
        }
        if step % 50 == 0 {
            board(&second, "?topic=work").await;
        }
        if step == 120 {
            fixture.state.db.assess().await.expect("assesses");
        }
    }
    let fresh = stranger.at(another(&fixture).await);
    for query in ["", "?style=true", "?topic=fun", "?cohort=longer"] {
        let kept = board(&stranger, query).await.figures;
        assert_eq!(kept, board(&fresh, query).await.figures, "{query}");
        assert_eq!(
            kept,
            board(&second, query).await.figures,
            "another server: {query}"
        );
    }
    assert!(
        board(&stranger, "").await.figures.is_some(),
        "tests something"
    );
}
