//! Releases over time: checked, compared with earlier ones, taken back.

use std::path::Path;

use axum::http::Method;
use palate_server::clock::{DAY_MS, day, now_ms};
use palate_server::release::{build, list, verify, withdraw};
use palate_server::state::AppState;
use palate_server::upkeep::release_if_due;
use palate_shared::routes;
use serde_json::{Value, json};

use crate::release::{config, release, rows};
use crate::support::Fixture;

fn problems(dir: &Path) -> Vec<String> {
    verify(dir)
        .expect("is read")
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_release_is_named() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    for _ in 0..5 {
        ann.vote().await;
    }
    let (_, dir) = release(&fixture, "r1").await;
    assert_eq!(problems(&dir), Vec::<String>::new());
    let votes = dir.join("votes.jsonl");
    let whole = std::fs::read_to_string(&votes).expect("is read");
    let wrong = |change: &dyn Fn()| {
        change();
        let problems = problems(&dir);
        std::fs::write(&votes, &whole).expect("is written");
        problems.join("\n")
    };

    let flipped = whole.replacen("\"blind\":true", "\"blind\":false", 1);
    let found = wrong(&|| std::fs::write(&votes, &flipped).expect("is written"));
    assert!(found.contains("votes.jsonl: its sum is"), "{found}");
    assert!(
        found.contains("votes.parquet: it differs from the JSONL after row 0"),
        "{found}"
    );
    let cut: String = whole
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect();
    let found = wrong(&|| std::fs::write(&votes, &cut).expect("is written"));
    assert!(
        found.contains("votes.jsonl: it has 4 rows, the list says 5"),
        "{found}"
    );
    let more = whole.replacen("{\"schema\"", "{\"name\":\"Ann\",\"schema\"", 1);
    let found = wrong(&|| std::fs::write(&votes, &more).expect("is written"));
    assert!(found.contains("does not fit the columns"), "{found}");
    let none = whole.replacen("\"outcome\":\"ranked\"", "\"outcome\":null", 1);
    let found = wrong(&|| std::fs::write(&votes, &none).expect("is written"));
    assert!(found.contains("does not fit the columns"), "{found}");
    let first = whole.lines().next().expect("has a line");
    let doubled = format!("{first}\n{whole}");
    let found = wrong(&|| std::fs::write(&votes, &doubled).expect("is written"));
    assert!(found.contains("stands twice or out of order"), "{found}");
    let found = wrong(&|| std::fs::write(&votes, whole.trim_end()).expect("is written"));
    assert!(found.contains("line 5 is cut off"), "{found}");
    let found = wrong(&|| std::fs::remove_file(&votes).expect("is removed"));
    assert!(found.contains("votes.jsonl: cannot read"), "{found}");

    std::fs::write(dir.join("notes.txt"), "").expect("is written");
    assert_eq!(
        problems(&dir),
        ["notes.txt: it does not belong to the release"]
    );
    std::fs::remove_file(dir.join("notes.txt")).expect("is removed");
    std::fs::write(dir.join("raters.parquet"), "PAR1").expect("is written");
    let found = problems(&dir).join("\n");
    assert!(
        found.contains("raters.parquet: it is not a Parquet file"),
        "{found}"
    );
    assert!(verify(&fixture.dir.path().join("nowhere")).is_err());
}

#[tokio::test]
async fn rows_that_are_gone_stay_named_and_the_changelog_counts_them() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    ann.vote().await;
    let (_, judgment) = bob.vote().await;
    let (_, r1) = release(&fixture, "r1").await;
    let revision = json!({"idempotency_key": "r", "judgment": {"outcome": "skip"}});
    let path = format!("/api/v1/judgments/{judgment}");
    bob.call(Method::PATCH, &path, &[], Some(revision)).await;
    let (second, r2) = release(&fixture, "r2").await;
    assert_eq!(second.votes, 2);
    ann.consent("publish_votes", false).await;
    let (_, r3) = release(&fixture, "r3").await;
    ann.consent("publish_votes", true).await;
    let (_, r4) = release(&fixture, "r4").await;

    let buried = |dir: &Path| -> Vec<(Value, Value)> {
        let rows = rows(&dir.join("tombstones.jsonl"));
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| (row["last_release"].clone(), row["row_id"].clone()))
            .collect();
        rows.sort_by_key(|(release, row)| format!("{release}{row}"));
        rows
    };
    let of = |dir: &Path, outcome: &str, at: usize| {
        let votes = rows(&dir.join("votes.jsonl"));
        let mut ids: Vec<Value> = votes
            .iter()
            .filter(|vote| vote["outcome"] == outcome)
            .map(|vote| vote["row_id"].clone())
            .collect();
        ids.sort_by_key(ToString::to_string);
        ids[at].clone()
    };
    let anns = of(&r2, "ranked", 0);
    let bobs = [of(&r1, "ranked", 0), of(&r1, "ranked", 1)]
        .into_iter()
        .find(|id| *id != anns)
        .expect("is the other");
    assert_eq!(buried(&r1), []);
    assert_eq!(buried(&r2), [(json!("r1"), bobs.clone())]);
    assert_eq!(
        buried(&r3),
        [(json!("r1"), bobs.clone()), (json!("r2"), anns)]
    );
    assert_eq!(
        buried(&r4),
        [(json!("r1"), bobs)],
        "who comes back is no longer gone"
    );
    let log = std::fs::read_to_string(r2.join("CHANGELOG.md")).expect("is read");
    assert!(
        log.contains(
            "Against r1: 1 votes are new, 1 are gone (see `tombstones`), 1 stay as they were."
        ),
        "{log}"
    );
    assert!(
        log.contains("## r1 (until 2999-12-31)\n\nThe first release here."),
        "{log}"
    );
    for dir in [&r1, &r2, &r3, &r4] {
        assert_eq!(problems(dir), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_withdrawn_release_says_why_offers_no_data_and_its_rows_stay_named() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    ann.vote().await;
    bob.vote().await;
    let (_, dir) = release(&fixture, "r1").await;
    let parent = fixture.state.releases_dir();
    for (id, reason) in [("r1", " "), ("r1", "a\nb"), ("r9", "why"), ("../r1", "why")] {
        assert!(
            withdraw(&parent, id, reason, "2026-11-26").is_err(),
            "{id} {reason}"
        );
    }
    assert_eq!(problems(&dir), Vec::<String>::new());
    withdraw(&parent, "r1", "A licence was wrong.", "2026-11-26").expect("is withdrawn");
    assert_eq!(problems(&dir), Vec::<String>::new());
    let mut names: Vec<String> = std::fs::read_dir(&dir)
        .expect("is read")
        .map(|entry| {
            entry
                .expect("is there")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let left = [
        "CHANGELOG.md",
        "README.md",
        "SHA256SUMS",
        "dropped_rows.jsonl",
        "release.json",
        "tombstones.jsonl",
    ];
    assert_eq!(names, left);
    let card = std::fs::read_to_string(dir.join("README.md")).expect("is read");
    assert!(card.contains("withdrawn on 2026-11-26") && card.contains("Why: A licence was wrong."));
    let listed: Value = ann.get(routes::RELEASES).await.parse();
    assert_eq!(
        listed["releases"][0]["withdrawn"],
        json!({"day": "2026-11-26", "reason": "A licence was wrong."})
    );
    ann.get("/api/v1/releases/r1/votes.parquet")
        .await
        .problem(404, "not_found");
    assert_eq!(ann.get("/api/v1/releases/r1/README.md").await.status, 200);
    let again = withdraw(&parent, "r1", "Another reason.", "2026-11-27").expect("stays withdrawn");
    let withdrawal = again.withdrawn.expect("is withdrawn");
    assert_eq!(
        (withdrawal.day, withdrawal.reason),
        ("2026-11-26".to_owned(), "A licence was wrong.".to_owned())
    );
    bob.consent("publish_votes", false).await;
    let (second, later) = release(&fixture, "r2").await;
    assert_eq!(second.votes, 1);
    let gone = rows(&later.join("tombstones.jsonl"));
    assert_eq!((gone.len(), &gone[0]["last_release"]), (1, &json!("r1")));
    let lines = list(&parent).expect("is read");
    assert_eq!(
        lines[1],
        "r1  until 2999-12-31  2 votes  2 raters  schema 3  withdrawn 2026-11-26: A licence was wrong."
    );
}

#[tokio::test]
async fn tables_of_a_large_release_are_folders_that_are_checked_served_and_withdrawn() {
    let fixture = Fixture::new().await;
    let (ann, bob) = (fixture.contributor().await, fixture.contributor().await);
    for client in [&ann, &ann, &bob] {
        client.vote().await;
    }
    let parent = fixture.state.releases_dir();
    let mut settings = config(&fixture, parent.join("r1"), "r1");
    settings.partitioned = true;
    let made = build(&settings).await.expect("is built");
    let dir = parent.join("r1");
    assert_eq!(problems(&dir), Vec::<String>::new());
    settings.out = fixture.dir.path().join("again");
    assert_eq!(build(&settings).await.expect("is built"), made);
    let small = config(&fixture, fixture.dir.path().join("small"), "small");
    let small = build(&small).await.expect("is built");
    assert_eq!((made.votes, &made.tables), (3, &small.tables));
    let ids: Vec<Value> = rows(&fixture.dir.path().join("small/votes.jsonl"))
        .iter()
        .map(|vote| json!({"row_id": vote["row_id"]}))
        .collect();
    assert_eq!(rows(&dir.join("rows.jsonl")), ids);
    assert!(!dir.join("votes.jsonl").exists() && dir.join("raters.jsonl").exists());

    let part = made
        .files
        .iter()
        .find(|file| file.name.starts_with("votes/"))
        .expect("has a part");
    let [_, day, pack, name] = part.name.split('/').collect::<Vec<_>>()[..] else {
        panic!("{part:?}");
    };
    assert!(day.starts_with("day=20") && pack.starts_with("pack=") && name == "part-0.parquet");
    let url = format!("/api/v1/releases/r1/{}", part.name);
    let bytes = std::fs::read(dir.join(&part.name)).expect("is read");
    let reply = ann.get(&url).await;
    assert_eq!(
        reply.header("content-type"),
        "application/vnd.apache.parquet"
    );
    assert_eq!(reply.body, bytes);
    let secret = "/api/v1/releases/r1/votes/..%2F..%2F../x/secret.key";
    for wrong in [
        secret,
        &url.replace("day=2", "day=3"),
        &url.replace("part-0", "part-1"),
    ] {
        ann.get(wrong).await.problem(404, "not_found");
    }
    let listed: Value = ann.get(routes::RELEASES).await.parse();
    let names = listed["releases"][0]["files"].to_string();
    assert!(
        names.contains("raters.parquet") && !names.contains("votes/"),
        "{names}"
    );

    std::fs::write(dir.join(&part.name), b"PAR1").expect("is written");
    let found = problems(&dir).join("\n");
    assert!(
        found.contains("its sum is") && found.contains("it is not a Parquet file"),
        "{found}"
    );
    std::fs::write(dir.join(&part.name), bytes).expect("is written");
    let stray = dir.join("votes/day=2026-01-01");
    std::fs::create_dir_all(&stray).expect("is made");
    std::fs::write(stray.join("notes.txt"), "").expect("is written");
    let found = problems(&dir);
    assert_eq!(
        found,
        ["votes/day=2026-01-01/notes.txt: it does not belong to the release"]
    );
    std::fs::remove_dir_all(&stray).expect("is removed");

    bob.consent("publish_votes", false).await;
    let (_, later) = release(&fixture, "r2").await;
    assert_eq!(
        rows(&later.join("tombstones.jsonl")).len(),
        1,
        "its rows are known"
    );
    withdraw(&parent, "r1", "A licence was wrong.", "2026-11-26").expect("is withdrawn");
    assert_eq!(problems(&dir), Vec::<String>::new());
    assert!(!dir.join("votes").exists() && !dir.join("rows.jsonl").exists());
    assert_eq!(rows(&dir.join("dropped_rows.jsonl")), ids);
    ann.get(&url).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_server_writes_releases_by_itself_and_offers_the_last_four() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    let parent = fixture.state.releases_dir();
    let off = release_if_due(&fixture.state, now_ms()).await;
    assert_eq!(
        off.expect("is looked at"),
        None,
        "it does so only where it is told to"
    );
    let mut config = fixture.state.config.clone();
    config.release_every_days = 7;
    let state = AppState::open(config).await.expect("opens");
    let begin = now_ms() + DAY_MS;
    let at = async |days: i64| {
        let made = release_if_due(&state, begin + days * DAY_MS).await;
        made.expect("is looked at").map(|release| release.id.0)
    };
    let id = |days: i64| day(begin + (days - 1) * DAY_MS);
    assert_eq!(at(0).await, Some(id(0)));
    for early in [0, 1, 6] {
        assert_eq!(at(early).await, None);
    }
    // Who writes one by hand has written it.
    release(&fixture, &id(7)).await;
    let list = parent.join(id(7)).join("release.json");
    let text = std::fs::read_to_string(&list).expect("is read");
    std::fs::write(&list, text.replace("2999-12-31", &id(7))).expect("is written");
    assert_eq!(at(7).await, None);
    for days in [14, 21, 28] {
        assert_eq!(at(days).await, Some(id(days)));
    }
    let offered: Vec<bool> = [0, 7, 14, 21, 28]
        .map(|days| parent.join(id(days)).join("votes.parquet").exists())
        .to_vec();
    assert_eq!(offered, [false, true, true, true, true]);
    let card = std::fs::read_to_string(parent.join(id(0)).join("README.md")).expect("is read");
    assert!(card.contains("Why: older than four releases"), "{card}");
    assert_eq!(problems(&parent.join(id(28))), Vec::<String>::new());
    let job = state.db.last_job("release").await.expect("reads");
    assert!(job.expect("is noted").result_json.contains(&id(28)));
}
