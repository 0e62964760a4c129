//! What a release says about itself: figures, schema, sample, and the page that shows them.

use axum::http::StatusCode;
use palate_server::release::{verify, withdraw};
use palate_shared::api::figures::{
    Counted, Figures, PackFigures, PromptCell, Sample, SampleAnswer, TableSchema,
};
use palate_shared::api::releases::{Changes, Releases};
use palate_shared::routes;
use palate_shared::stats::{Estimate, wilson};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::release::release;
use crate::support::{Client, Fixture, answer_text, comparison_body, judgment_body};

/// Shows two answers of a prompt and says which is better.
async fn say(client: &Client, prompt: &str, shown: [&str; 2], groups: Value) {
    let mut body = comparison_body();
    (body["prompt"], body["shown"]) = (json!(prompt), json!(shown));
    client.post(routes::COMPARISONS, body.clone()).await;
    let mut judgment = judgment_body(&client.ballot().await, shown[0], shown[1]);
    let outcome = if groups.as_array().is_some_and(|groups| groups.len() == 1) {
        "equal"
    } else {
        "ranked"
    };
    judgment["judgment"] = json!({"outcome": outcome, "groups": groups});
    let id = body["id"].as_str().expect("is text");
    assert_eq!(client.judge(id, judgment).await.status, StatusCode::CREATED);
}

async fn read<T: DeserializeOwned>(client: &Client, release: &str, name: &str) -> T {
    let path = routes::RELEASE_FILE
        .replace("{id}", release)
        .replace("{file}", name);
    client.get(&path).await.parse()
}

#[tokio::test]
async fn figures_are_those_that_a_hand_counts() {
    let fixture = Fixture::new().await;
    // Ten people on a and the longer c: eight for c, six of them where it stood first. Everyone agrees on d and e, but one.
    for at in 0..10 {
        let client = fixture.contributor().await;
        let shown = if at < 6 { ["c", "a"] } else { ["a", "c"] };
        let better = if at < 8 { "c" } else { "a" };
        let worse = if at < 8 { "a" } else { "c" };
        say(&client, "p1", shown, json!([[better], [worse]])).await;
        if at < 9 {
            say(&client, "p2", ["d", "e"], json!([["d"], ["e"]])).await;
        } else {
            say(&client, "p2", ["d", "e"], json!([["d", "e"]])).await;
        }
    }
    let (list, dir) = release(&fixture, "first").await;
    assert_eq!(verify(&dir).expect("is read"), []);
    assert_eq!(list.changes, None);
    let figures: Figures = read(&fixture.stranger(), "first", "figures.json").await;
    let counted = |name: &str, votes| Counted {
        name: name.to_owned(),
        votes,
    };
    assert_eq!(
        figures.outcomes,
        [counted("equal", 1), counted("ranked", 19)]
    );
    assert_eq!(figures.policies, [counted("uniform_random", 20)]);
    assert_eq!(figures.days.iter().map(|day| day.votes).sum::<u64>(), 20);
    let cell = |from, to, prompts| PromptCell { from, to, prompts };
    assert_eq!(
        figures.raters_per_prompt,
        [
            cell(1, Some(1), Some(0)),
            cell(2, Some(4), Some(0)),
            cell(5, Some(9), Some(0)),
            cell(10, Some(19), Some(2)),
            cell(20, Some(49), Some(0)),
            cell(50, None, Some(0)),
        ]
    );
    let [pack] = figures.packs.as_slice() else {
        panic!("one pack was voted on");
    };
    let PackFigures {
        pack,
        people,
        pairs,
        judgments,
        alpha: Some(alpha),
        percent: Some(percent),
        first_shown,
        longer,
    } = pack
    else {
        panic!("agreement can be told");
    };
    assert_eq!(
        (pack.as_str(), people, pairs, judgments),
        ("tiny", &10, &2, &20)
    );
    // Values: on p1 a 2, c 8; on p2 d 9, tie 1. First by name won 11, second 8, tie 1.
    let same = |n: f64| n * (n - 1.0);
    let agreed = |one: f64, other: f64| (same(one) + same(other)) / same(10.0);
    let observed = 1.0 - (agreed(2.0, 8.0) + agreed(9.0, 1.0)) / 2.0;
    let expected = 1.0 - (same(11.0) + same(8.0)) / same(20.0);
    assert!((alpha.value - (1.0 - observed / expected)).abs() < 1e-12);
    assert!((percent.value - (1.0 - observed)).abs() < 1e-12);
    for Estimate { value, low, high } in [alpha, percent] {
        assert!(low < value && value < high || low <= value && value <= high);
    }
    // Nineteen were decided: c six times and d nine times where they stood first, a at seven to ten twice where it did.
    assert_eq!(*first_shown, wilson(17.0, 19));
    assert_eq!(*longer, wilson(8.0, 10), "d and e are equally long");
    let card = std::fs::read_to_string(dir.join("README.md")).expect("is read");
    assert!(card.contains(&format!("| tiny | 10 | {:.2} (", alpha.value)));
    assert!(card.contains("; 19 votes) | 0.80 ("));
}

#[tokio::test]
async fn a_pack_that_few_people_judged_has_no_figures() {
    let fixture = Fixture::new().await;
    for _ in 0..9 {
        fixture.contributor().await.vote().await;
    }
    release(&fixture, "first").await;
    let figures: Figures = read(&fixture.stranger(), "first", "figures.json").await;
    assert_eq!(figures.packs, []);
    assert_eq!(figures.raters_per_prompt[2].prompts, None);
}

#[tokio::test]
async fn sample_and_schema_say_what_the_tables_do() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    say(&ann, "p1", ["c", "a"], json!([["a"], ["c"]])).await;
    let (list, dir) = release(&fixture, "first").await;
    let sample: Sample = read(&ann, "first", "sample.json").await;
    assert_eq!(sample.texts, ["Prompt p1", &answer_text("c"), "Answer a"]);
    let [row] = sample.rows.as_slice() else {
        panic!("one vote was given");
    };
    let answer = |text, rank| SampleAnswer {
        text,
        rank: Some(rank),
        unacceptable: false,
    };
    assert_eq!(row.shown, [answer(1, 2), answer(2, 1)]);
    assert_eq!(
        (row.prompt, row.outcome.as_str(), row.pack.as_str()),
        (0, "ranked", "tiny")
    );
    let schema: Vec<TableSchema> = read(&ann, "first", "schema.json").await;
    let names: Vec<&String> = schema.iter().map(|table| &table.name).collect();
    let listed: Vec<&String> = list.tables.iter().map(|table| &table.name).collect();
    assert_eq!(names, listed);
    let line = std::fs::read_to_string(dir.join("votes.jsonl")).expect("is read");
    let vote: serde_json::Map<String, Value> = serde_json::from_str(&line).expect("is a row");
    let mut columns: Vec<&String> = schema[0]
        .columns
        .iter()
        .map(|column| &column.name)
        .collect();
    columns.sort();
    assert_eq!(columns, vote.keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_release_that_says_nothing_about_itself_is_still_listed_and_whole() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    let (_, dir) = release(&fixture, "r1").await;
    // As earlier programs wrote it.
    let path = dir.join("release.json");
    let mut list: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("is read")).expect("is JSON");
    let mut sums = std::fs::read_to_string(dir.join("SHA256SUMS")).expect("is read");
    for name in ["figures.json", "schema.json", "sample.json"] {
        std::fs::remove_file(dir.join(name)).expect("is removed");
        list["files"]
            .as_array_mut()
            .expect("is a list")
            .retain(|file| file["name"] != name);
        sums = sums
            .lines()
            .filter(|line| !line.ends_with(name))
            .map(|line| format!("{line}\n"))
            .collect();
    }
    let bytes = serde_json::to_vec(&list).expect("is JSON");
    let sum = palate_server::secret::sha256_hex(&bytes);
    sums = sums
        .lines()
        .map(|line| match line.split_once("  ") {
            Some((_, "release.json")) => format!("{sum}  release.json\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(path, bytes).expect("is written");
    std::fs::write(dir.join("SHA256SUMS"), sums).expect("is written");
    assert_eq!(verify(&dir).expect("is read"), []);
    let (newer, _) = release(&fixture, "r2").await;
    let expected = Changes {
        since: "r1".into(),
        new: 0,
        gone: 0,
        kept: 1,
    };
    assert_eq!(newer.changes, Some(expected));
    let listed: Releases = fixture.stranger().get(routes::RELEASES).await.parse();
    assert_eq!(listed.releases.len(), 2);
}

#[tokio::test]
async fn changed_figures_and_another_schema_are_named() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    let (_, dir) = release(&fixture, "first").await;
    let change = |name: &str, from: &str, to: &str| {
        let path = dir.join(name);
        let text = std::fs::read_to_string(&path).expect("is read");
        assert!(text.contains(from), "{name}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("is written");
    };
    change("figures.json", "\"votes\": 1", "\"votes\": 2");
    change("schema.json", "\"row_id\"", "\"row\"");
    let problems: Vec<String> = verify(&dir)
        .expect("is read")
        .iter()
        .map(ToString::to_string)
        .collect();
    for what in [
        "figures.json: its sum",
        "figures.json: its days have 2 votes, the list says 1",
        "schema.json: its sum",
        "schema.json: it describes other tables",
    ] {
        assert!(
            problems.iter().any(|problem| problem.starts_with(what)),
            "{what}: {problems:?}"
        );
    }
}

#[tokio::test]
async fn each_release_has_a_page_and_what_is_none_is_a_real_404() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    release(&fixture, "first").await;
    let client = fixture.stranger();
    assert_eq!(client.get("/data/first").await.status, StatusCode::OK);
    withdraw(
        &fixture.state.releases_dir(),
        "first",
        "A licence was wrong.",
        "2026-11-26",
    )
    .expect("is withdrawn");
    let reply = client.get("/data/first").await;
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (StatusCode::OK, "<div>shell</div>")
    );
    for path in [
        "/data/none",
        "/data/",
        "/data/first/votes",
        "/data/..",
        "/data/%2e",
    ] {
        assert_eq!(
            client.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
