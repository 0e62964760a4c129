use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use axum::http::Method;
use palate_server::config::ReleaseConfig;
use palate_server::release::{build, verify};
use palate_shared::api::releases::{Release, Releases};
use palate_shared::api::session::Me;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, comparison_body, judgment_body};

pub fn config(fixture: &Fixture, out: PathBuf, id: &str) -> ReleaseConfig {
    ReleaseConfig {
        data_dir: fixture.state.config.data_dir.clone(),
        database_url: fixture.state.config.database_url.clone(),
        out,
        id: Some(id.to_owned()),
        cut_day: Some("2999-12-31".to_owned()),
        study: None,
        simulated_only: false,
        partitioned: false,
        withdraw_old: false,
    }
}

pub async fn release(fixture: &Fixture, id: &str) -> (Release, PathBuf) {
    let out = fixture.state.releases_dir().join(id);
    (
        build(&config(fixture, out.clone(), id))
            .await
            .expect("is built"),
        out,
    )
}

pub fn rows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("is read");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("is JSON"))
        .collect()
}

/// The votes that a release of now would hold.
pub async fn votes_of(fixture: &Fixture) -> Vec<Value> {
    let (_, out) = release(fixture, "now").await;
    rows(&out.join("votes.jsonl"))
}

async fn judge(client: &Client, simulated: bool, judgment: Value) -> String {
    let mut shown = comparison_body();
    shown["simulated"] = json!(simulated);
    shown["shown"] = json!(["b", "a", "c"]);
    client.post(routes::COMPARISONS, shown.clone()).await;
    let mut body = judgment_body(&client.ballot().await, "a", "b");
    body["judgment"] = judgment;
    body["context"] = json!("for my secret friend");
    let reply = client
        .judge(shown["id"].as_str().expect("is text"), body)
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.value()["id"].as_str().expect("is text").to_owned()
}

#[tokio::test]
async fn a_release_holds_what_people_chose_to_publish_and_nothing_else() {
    let fixture = Fixture::new().await;
    let (ann, bob, private) = (
        fixture.contributor().await,
        fixture.contributor().await,
        fixture.person().await,
    );
    private.consent("sync", true).await;
    private.vote().await;
    judge(
        &ann,
        false,
        json!({"outcome": "ranked", "groups": [["a", "c"], ["b"]], "unacceptable": ["b"]}),
    )
    .await;
    judge(
        &ann,
        false,
        json!({"outcome": "equal", "groups": [["a", "b", "c"]]}),
    )
    .await;
    judge(
        &ann,
        false,
        json!({"outcome": "all_unacceptable", "unacceptable": ["a", "b", "c"]}),
    )
    .await;
    judge(&bob, false, json!({"outcome": "cant_tell"})).await;
    judge(&bob, false, json!({"outcome": "skip"})).await;
    judge(
        &bob,
        true,
        json!({"outcome": "ranked", "groups": [["a"], ["b"], ["c"]]}),
    )
    .await;
    let withdrawn = judge(&bob, false, json!({"outcome": "skip"})).await;
    let path = format!("/api/v1/judgments/{withdrawn}");
    bob.call(
        Method::PATCH,
        &path,
        &[],
        Some(json!({"idempotency_key": "w", "judgment": null})),
    )
    .await;
    let revised = judge(&bob, false, json!({"outcome": "skip"})).await;
    let path = format!("/api/v1/judgments/{revised}");
    let revision = json!({"idempotency_key": "r", "judgment": {"outcome": "ranked", "groups": [["c"], ["b"], ["a"]]}});
    bob.call(Method::PATCH, &path, &[], Some(revision)).await;

    let (release, dir) = release(&fixture, "first").await;
    let votes = rows(&dir.join("votes.jsonl"));
    let pairs = rows(&dir.join("pairs_trl.jsonl"));
    assert_eq!((release.votes, release.pairs, release.raters), (6, 5, 2));
    assert_eq!((votes.len(), pairs.len()), (6, 5));
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for vote in &votes {
        *outcomes
            .entry(vote["outcome"].as_str().expect("is text"))
            .or_default() += 1;
    }
    let expected = [
        ("all_unacceptable", 1),
        ("cant_tell", 1),
        ("equal", 1),
        ("ranked", 2),
        ("skip", 1),
    ];
    assert_eq!(outcomes, BTreeMap::from(expected));
    let raters: BTreeSet<&str> = votes
        .iter()
        .map(|vote| vote["rater_id"].as_str().expect("is text"))
        .collect();
    let (ann, bob): (Me, Me) = (
        ann.get(routes::ME).await.parse(),
        bob.get(routes::ME).await.parse(),
    );
    assert_eq!(
        raters,
        BTreeSet::from([ann.rater_id.as_str(), bob.rater_id.as_str()])
    );
    let first = pairs
        .iter()
        .find(|pair| pair["rater_id"] == ann.rater_id)
        .expect("ann ranked");
    assert_eq!(
        (&first["prompt"], &first["rejected"]),
        (&json!("Prompt p1"), &json!("Answer b"))
    );
    assert_eq!(
        (&first["text_licence"], &first["licence"]),
        (&json!("CC0-1.0"), &json!("CC-BY-4.0"))
    );
    let vote = &votes[0];
    assert_eq!(vote["shown"], json!(["b", "a", "c"]));
    assert_eq!(
        (&vote["dwell_bucket"], &vote["propensity"]),
        (&json!("1_to_3s"), &json!(0.25))
    );
    let predictions = rows(&dir.join("predictions.jsonl"));
    assert_eq!(predictions.len(), 6);
    assert_eq!(
        (&predictions[0]["row_id"], &predictions[0]["p_first"]),
        (&vote["row_id"], &json!(0.7))
    );
    assert_eq!(predictions[0]["n_fit_bucket"], json!("1_to_4"));
    assert_eq!(vote["day"].as_str().map(str::len), Some(10));
    let card = std::fs::read_to_string(dir.join("README.md")).expect("is read");
    assert!(
        card.starts_with("---\nlicense: cc-by-4.0\n") && card.contains("| votes | 6 |"),
        "{card}"
    );
}

#[tokio::test]
async fn no_raw_id_and_no_free_text_enters_a_release() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    judge(
        &ann,
        false,
        json!({"outcome": "equal", "groups": [["a", "b", "c"]]}),
    )
    .await;
    let (_, dir) = release(&fixture, "first").await;
    let mut all = String::new();
    for entry in std::fs::read_dir(&dir).expect("is read") {
        let bytes = std::fs::read(entry.expect("is there").path()).expect("is read");
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert_eq!(
        verify(&dir).expect("is read"),
        [],
        "Parquet says what JSONL says"
    );
    assert!(!all.contains("secret friend"));
    let raw: Vec<(String, String, String, String)> = fixture
        .query("SELECT id, comparison_id, user_id, idempotency_key FROM judgments")
        .all()
        .await
        .expect("reads");
    for (id, comparison, user, key) in raw {
        for raw in [id, comparison, user, key] {
            assert!(!all.contains(&raw), "{raw}");
            assert!(
                !all.contains(&palate_server::secret::sha256_hex(raw.as_bytes())[..32]),
                "an unkeyed hash"
            );
        }
    }
}

#[tokio::test]
async fn the_same_database_id_and_day_give_the_same_bytes() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    for _ in 0..10 {
        ann.vote().await;
        bob.vote().await;
    }
    let mut seen = Vec::new();
    for folder in ["one", "two"] {
        let out = fixture.dir.path().join(folder);
        build(&config(&fixture, out.clone(), "same"))
            .await
            .expect("is built");
        let files: BTreeMap<String, Vec<u8>> = std::fs::read_dir(&out)
            .expect("is read")
            .map(|entry| entry.expect("is there").path())
            .map(|path| {
                (
                    path.file_name()
                        .expect("has a name")
                        .to_string_lossy()
                        .into_owned(),
                    std::fs::read(path).expect("is read"),
                )
            })
            .collect();
        seen.push(files);
    }
    assert_eq!(seen[0], seen[1]);
    let tables = "agreement arena leaderboard pairs_trl per_user_episodes predictions prompts rankings raters responses rewardbench2 tombstones \
                  unpaired_kto votes";
    let names: BTreeSet<String> = tables
        .split_whitespace()
        .flat_map(|table| [format!("{table}.jsonl"), format!("{table}.parquet")])
        .chain(
            "CHANGELOG.md README.md SHA256SUMS croissant.json figures.json release.json sample.csv sample.json schema.json"
                .split_whitespace()
                .map(str::to_owned),
        )
        .collect();
    assert_eq!(seen[0].keys().cloned().collect::<BTreeSet<_>>(), names);
    for line in String::from_utf8(seen[0]["SHA256SUMS"].clone())
        .expect("is text")
        .lines()
    {
        let (sum, name) = line.split_once("  ").expect("has two columns");
        assert_eq!(sum, palate_server::secret::sha256_hex(&seen[0][name]));
    }
    let again = build(&config(&fixture, fixture.dir.path().join("one"), "same")).await;
    assert!(
        again
            .expect_err("is refused")
            .to_string()
            .contains("never rewritten")
    );
}

#[tokio::test]
async fn withdrawn_consent_erasure_and_the_cut_day_keep_votes_out() {
    let fixture = Fixture::new().await;
    let (ann, bob, eve) = (
        fixture.contributor().await,
        fixture.contributor().await,
        fixture.contributor().await,
    );
    for client in [&ann, &bob, &eve] {
        client.vote().await;
    }
    let (first, dir) = release(&fixture, "first").await;
    assert_eq!(first.raters, 3);
    bob.consent("publish_votes", false).await;
    eve.call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let (second, later) = release(&fixture, "second").await;
    assert_eq!((second.votes, second.raters), (1, 1));
    let stays = &rows(&later.join("votes.jsonl"))[0];
    assert!(
        rows(&dir.join("votes.jsonl")).contains(stays),
        "rows and ids are stable over releases"
    );
    let mut early = config(&fixture, fixture.dir.path().join("early"), "early");
    early.cut_day = Some("2020-01-01".to_owned());
    assert_eq!(build(&early).await.expect("is built").votes, 0);
}

#[tokio::test]
async fn releases_are_listed_and_served_to_anyone() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    let stranger = fixture.stranger();
    assert_eq!(
        stranger
            .get(routes::RELEASES)
            .await
            .parse::<Releases>()
            .releases,
        []
    );
    ann.vote().await;
    let (release, dir) = release(&fixture, "first").await;
    assert_eq!(
        stranger
            .get(routes::RELEASES)
            .await
            .parse::<Releases>()
            .releases,
        std::slice::from_ref(&release)
    );
    let url = |file: &str| {
        routes::RELEASE_FILE
            .replace("{id}", "first")
            .replace("{file}", file)
    };
    for name in [
        "votes.jsonl",
        "votes.parquet",
        "pairs_trl.jsonl",
        "sample.csv",
        "croissant.json",
        "README.md",
        "release.json",
        "SHA256SUMS",
    ] {
        let reply = stranger
            .call(
                Method::GET,
                &url(name),
                &[("origin", "https://elsewhere.example")],
                None,
            )
            .await;
        assert_eq!(
            reply.body,
            std::fs::read(dir.join(name)).expect("is read"),
            "{name}"
        );
        assert_eq!(
            (
                reply.header("access-control-allow-origin"),
                reply.header("set-cookie")
            ),
            ("*", "")
        );
    }
    assert_eq!(
        stranger
            .get(&url("votes.jsonl"))
            .await
            .header("content-type"),
        "application/x-ndjson"
    );
    let part = stranger
        .call(
            Method::GET,
            &url("votes.jsonl"),
            &[("range", "bytes=0-9")],
            None,
        )
        .await;
    assert_eq!((part.status.as_u16(), part.body.len()), (206, 10));
    std::fs::write(dir.join("notes.txt"), "not listed").expect("is written");
    for file in ["notes.txt", "none.jsonl", ".partial"] {
        stranger.get(&url(file)).await.problem(404, "not_found");
    }
    stranger
        .get("/api/v1/releases/none/votes.jsonl")
        .await
        .problem(404, "not_found");
    std::fs::create_dir_all(fixture.state.releases_dir().join("broken")).expect("is made");
    std::fs::write(
        fixture.state.releases_dir().join("broken/release.json"),
        "{",
    )
    .expect("is written");
    assert_eq!(
        stranger
            .get(routes::RELEASES)
            .await
            .parse::<Releases>()
            .releases
            .len(),
        1
    );
}

#[tokio::test]
async fn bad_ids_days_and_a_corrupt_kept_pack_are_named() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    let out = fixture.dir.path().join("out");
    let fails = async |change: &dyn Fn(&mut ReleaseConfig)| {
        let mut config = config(&fixture, out.clone(), "id");
        change(&mut config);
        let error = build(&config).await.expect_err("is refused");
        assert!(!out.exists());
        format!("{error:#}")
    };
    assert!(
        fails(&|config| config.id = Some("../x".to_owned()))
            .await
            .contains("cannot be a release id")
    );
    assert!(
        fails(&|config| config.cut_day = Some("2026-02-30".to_owned()))
            .await
            .contains("is not a day")
    );
    assert!(
        fails(&|config| config.data_dir = "nowhere".into())
            .await
            .contains("secret.key")
    );
    for entry in std::fs::read_dir(fixture.state.config.data_dir.join("packs")).expect("is read") {
        let path = entry.expect("is there").path();
        if !path.to_string_lossy().contains("manifest") {
            std::fs::write(path, "{}").expect("is written");
        }
    }
    assert!(fails(&|_| {}).await.contains("is corrupt"));
}
