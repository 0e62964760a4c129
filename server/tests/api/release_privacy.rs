//! Attacks on releases: each test plays someone who has the files and tries to learn more than they say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use axum::http::Method;
use palate_server::release::build;
use palate_server::secret::sha256_hex;
use palate_shared::api::session::Me;
use palate_shared::routes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::release::{config, release, rows};
use crate::support::{Client, Fixture, comparison_body, judgment_body};

/// Columns that name a thing: what two rows share in them ties the rows.
const IDS: [&str; 8] = [
    "row_id",
    "rater_id",
    "comparison_id",
    "repeat_of",
    "question_id",
    "judge",
    "id",
    "rater",
];

async fn rater_id(client: &Client) -> String {
    client.get(routes::ME).await.parse::<Me>().rater_id
}

/// Every row of every table.
fn everything(dir: &Path) -> BTreeMap<String, Vec<Value>> {
    std::fs::read_dir(dir)
        .expect("is read")
        .map(|entry| entry.expect("is there").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .map(|path| {
            let name = path
                .file_stem()
                .expect("has a name")
                .to_string_lossy()
                .into_owned();
            (name, rows(&path))
        })
        .collect()
}

fn text(row: &Value, column: &str) -> Option<String> {
    row[column].as_str().map(str::to_owned)
}

/// All ids in rows of tables that name this person, directly or through a judgment of theirs.
fn ids_of(tables: &BTreeMap<String, Vec<Value>>, rater: &str) -> BTreeSet<String> {
    let of_rater: BTreeSet<String> = tables["votes"]
        .iter()
        .filter(|vote| vote["rater_id"] == rater)
        .filter_map(|vote| text(vote, "row_id"))
        .collect();
    let is_theirs = |row: &&Value| {
        IDS.iter()
            .filter_map(|column| text(row, column))
            .any(|id| id == rater || of_rater.contains(&id))
    };
    tables
        .values()
        .flatten()
        .filter(is_theirs)
        .flat_map(|row| IDS.iter().filter_map(move |column| text(row, column)))
        .collect()
}

/// What was voted on and said, without any id.
fn contents(tables: &BTreeMap<String, Vec<Value>>, rater: &str) -> Vec<Value> {
    let shown = |vote: &Value| {
        json!([
            vote["prompt_id"],
            vote["shown"],
            vote["groups"],
            vote["propensity"]
        ])
    };
    let votes = tables["votes"].iter();
    votes
        .filter(|vote| vote["rater_id"] == rater)
        .map(shown)
        .collect()
}

/// A vote whose propensity nobody else's has.
async fn marked_vote(client: &Client, propensity: f64, repeat_of: Option<&str>) -> String {
    let mut shown = comparison_body();
    shown["propensity"] = json!(propensity);
    if let Some(earlier) = repeat_of {
        shown["policy"] = json!("repeat");
        shown["propensity"] = json!(1.0);
        shown["shown"] = json!(["b", "a"]);
        shown["repeat_of"] = json!(earlier);
    }
    let reply = client.post(routes::COMPARISONS, shown.clone()).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = shown["id"].as_str().expect("is text").to_owned();
    let reply = client
        .judge(&id, judgment_body(&client.ballot().await, "a", "b"))
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    id
}

#[tokio::test]
async fn two_pseudonyms_of_one_person_cannot_be_linked_within_or_across_releases() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    let first = rater_id(&ann).await;
    let mut shown = Vec::new();
    for at in 0..4 {
        shown.push(marked_vote(&ann, 0.101 + f64::from(at) / 1000.0, None).await);
    }
    let (_, before) = release(&fixture, "r1").await;
    let before = everything(&before);
    std::thread::sleep(std::time::Duration::from_millis(5));
    ann.post(routes::ME_ROTATE, json!({})).await;
    let second = rater_id(&ann).await;
    assert_ne!(first, second);
    std::thread::sleep(std::time::Duration::from_millis(5));
    for at in 0..4 {
        marked_vote(&ann, 0.201 + f64::from(at) / 1000.0, None).await;
    }
    marked_vote(&ann, 1.0, Some(&shown[0])).await;
    let (_, after) = release(&fixture, "r2").await;
    let after = everything(&after);

    // Through ids: nothing of one stands with anything of the other, in either release.
    let of_first: BTreeSet<String> = ids_of(&before, &first)
        .union(&ids_of(&after, &first))
        .cloned()
        .collect();
    let of_second = ids_of(&after, &second);
    assert!(of_first.len() >= 9 && of_second.len() >= 9);
    assert_eq!(
        of_first.intersection(&of_second).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    // Through contents: no vote that stood under the old name stands under the new one.
    assert_eq!(contents(&before, &first), contents(&after, &first));
    for content in contents(&after, &second) {
        assert!(!contents(&before, &first).contains(&content), "{content}");
    }
    // Through absence: the old rows did not go when the new ones came.
    assert_eq!(after["tombstones"], Vec::<Value>::new());
    // Through a repeat, or a count that goes on.
    let repeats: Vec<&Value> = after["votes"]
        .iter()
        .filter(|vote| vote["policy"] == "repeat")
        .collect();
    assert_eq!((repeats.len(), &repeats[0]["repeat_of"]), (1, &Value::Null));
    assert!(
        after["predictions"]
            .iter()
            .all(|row| row["n_fit"].is_null())
    );
}

#[tokio::test]
async fn unlinked_votes_have_none_of_their_earlier_ids() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    let name = rater_id(&ann).await;
    for _ in 0..3 {
        ann.vote().await;
    }
    ann.post(routes::ME_ROTATE, json!({})).await;
    ann.vote().await;
    let (_, before) = release(&fixture, "r1").await;
    ann.call(Method::DELETE, "/api/v1/me?mode=unlink", &[], None)
        .await;
    let (_, after) = release(&fixture, "r2").await;
    let (before, after) = (everything(&before), everything(&after));
    assert_eq!(after["votes"].len(), 4);
    let ids = |tables: &BTreeMap<String, Vec<Value>>| -> BTreeSet<String> {
        let votes = tables["votes"].iter();
        votes
            .flat_map(|row| IDS.iter().filter_map(move |column| text(row, column)))
            .collect()
    };
    assert_eq!(ids(&before).intersection(&ids(&after)).count(), 0);
    assert!(ids(&before).contains(&name));
}

#[tokio::test]
async fn no_id_is_found_by_trying_all_raw_ids_under_all_unkeyed_hashes() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        let client = fixture.contributor().await;
        client.vote().await;
        client.vote().await;
    }
    let (_, dir) = release(&fixture, "r1").await;
    let tables = everything(&dir);
    let published: BTreeSet<String> = tables
        .values()
        .flatten()
        .flat_map(|row| IDS.iter().filter_map(move |column| text(row, column)))
        .collect();
    assert!(published.iter().filter(|id| id.len() == 32).count() >= 15);
    let raw: Vec<String> = fixture.query(
        "SELECT id FROM users UNION SELECT id FROM judgments UNION SELECT id FROM comparisons UNION \
         SELECT idempotency_key FROM judgments",
    )
    .scalars()
    .await
    .expect("reads");
    let guesses = raw
        .iter()
        .map(|id| id.clone().into_bytes())
        .chain(
            raw.iter()
                .filter_map(|id| uuid::Uuid::parse_str(id).ok())
                .map(|id| id.as_bytes().to_vec()),
        )
        .chain((0..20_000_u32).map(|number| number.to_string().into_bytes()));
    let mut tried = 0;
    for guess in guesses {
        for label in ["", "palate/rater/1", "palate/row/1", "palate/comparison/1"] {
            // Without a key, and with the length of the part and the first pseudonym, as the server lays them out.
            let mut laid_out = label.as_bytes().to_vec();
            laid_out.extend((guess.len() as u64).to_be_bytes());
            laid_out.extend(&guess);
            laid_out.extend(8_u64.to_be_bytes());
            laid_out.extend(0_i64.to_be_bytes());
            let plain = [label.as_bytes(), &guess].concat();
            for bytes in [plain, laid_out] {
                let sum = hex::encode(Sha256::digest(&bytes));
                assert!(!published.contains(&sum) && !published.contains(&sum[..32]));
                tried += 1;
            }
        }
        assert!(!published.contains(&*String::from_utf8_lossy(&guess)) || guess.len() < 32);
    }
    assert!(tried > 100_000);
    // The same database under another key shares no id.
    std::fs::write(fixture.state.config.data_dir.join("secret.key"), [9; 32]).expect("is written");
    let other = fixture.dir.path().join("elsewhere/r1");
    build(&config(&fixture, other.clone(), "r1"))
        .await
        .expect("is built");
    let row_ids = |dir: &Path| -> BTreeSet<String> {
        rows(&dir.join("votes.jsonl"))
            .iter()
            .flat_map(|row| {
                ["row_id", "rater_id", "comparison_id"]
                    .map(|column| text(row, column).expect("is text"))
            })
            .collect()
    };
    assert_eq!(row_ids(&dir).intersection(&row_ids(&other)).count(), 0);
    assert_ne!(sha256_hex(b"1"), sha256_hex(b"2"));
}

#[tokio::test]
async fn two_releases_around_a_deletion_tell_nothing_that_the_first_did_not() {
    let fixture = Fixture::new().await;
    // Twelve who vote once and ten who vote ten times: with one of the ten gone, their cell is too small.
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for at in 0..22 {
        let client = fixture.contributor().await;
        let votes = if at < 12 { 1 } else { 10 };
        for _ in 0..votes {
            client.vote().await;
        }
        if at < 12 {
            few.push(client)
        } else {
            many.push(client)
        }
    }
    let private = fixture.person().await;
    private.consent("sync", true).await;
    private.vote().await;
    let (_, first) = release(&fixture, "r1").await;
    let gone = rater_id(&many[0]).await;
    many[0]
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    private
        .call(Method::DELETE, "/api/v1/me?mode=erase", &[], None)
        .await;
    let (_, second) = release(&fixture, "r2").await;
    let (before, after) = (everything(&first), everything(&second));

    // Nothing names the person.
    for entry in std::fs::read_dir(&second).expect("is read") {
        let bytes = std::fs::read(entry.expect("is there").path()).expect("is read");
        assert!(!String::from_utf8_lossy(&bytes).contains(&gone));
    }
    // Tombstones say which rows, and neither whose, when nor why.
    let row_ids: BTreeSet<String> = before["votes"]
        .iter()
        .filter(|vote| vote["rater_id"] == gone)
        .filter_map(|vote| text(vote, "row_id"))
        .collect();
    let buried: BTreeSet<String> = after["tombstones"]
        .iter()
        .filter_map(|row| text(row, "row_id"))
        .collect();
    assert_eq!((buried, row_ids.len()), (row_ids, 10));
    for row in &after["tombstones"] {
        let columns: Vec<&String> = row.as_object().expect("is a row").keys().collect();
        assert_eq!(columns, ["last_release", "reason", "row_id"]);
        assert_eq!(
            (&row["last_release"], &row["reason"]),
            (&json!("r1"), &json!("withdrawn"))
        );
    }
    // Everybody else's rows are what they were: nothing moved because someone left, published or not.
    for table in [
        "votes",
        "predictions",
        "pairs_trl",
        "unpaired_kto",
        "rankings",
        "arena",
    ] {
        let stayed: Vec<&Value> = before[table]
            .iter()
            .filter(|row| {
                let named = [&row["rater_id"], &row["judge"]];
                let row_id = text(row, "row_id").unwrap_or_default();
                !named.contains(&&json!(gone))
                    && !after["tombstones"]
                        .iter()
                        .any(|dead| dead["row_id"] == row_id)
            })
            .collect();
        assert_eq!(stayed, after[table].iter().collect::<Vec<_>>(), "{table}");
    }
    // No cell of people is small, not even the one that is left out, so the difference of two cells isolates nobody.
    let cells = |tables: &BTreeMap<String, Vec<Value>>| -> BTreeMap<String, usize> {
        let mut cells = BTreeMap::new();
        for row in &tables["raters"] {
            let cell = format!("{} {}", row["votes_bucket"], row["days_bucket"]);
            *cells.entry(cell).or_default() += 1;
        }
        cells
    };
    assert_eq!(
        cells(&before).values().copied().collect::<Vec<_>>(),
        [10, 12]
    );
    assert_eq!(
        cells(&after),
        BTreeMap::from([("null null".to_owned(), 21)])
    );
}

#[tokio::test]
async fn votes_of_people_and_of_programs_never_stand_in_one_release() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    ann.vote().await;
    for _ in 0..2 {
        let mut shown = comparison_body();
        shown["simulated"] = json!(true);
        ann.post(routes::COMPARISONS, shown.clone()).await;
        let body = judgment_body(&ann.ballot().await, "a", "b");
        ann.judge(shown["id"].as_str().expect("is text"), body)
            .await;
    }
    let (people, _) = release(&fixture, "r1").await;
    assert_eq!((people.votes, people.simulated), (1, false));
    let out = fixture.state.releases_dir().join("r2");
    let mut only = config(&fixture, out.clone(), "r2");
    only.simulated_only = true;
    let programs = build(&only).await.expect("is built");
    assert_eq!((programs.votes, programs.simulated), (2, true));
    for entry in std::fs::read_dir(&out).expect("is read") {
        let name = entry
            .expect("is there")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(name.starts_with("simulated-"), "{name}");
    }
    let card = std::fs::read_to_string(out.join("simulated-README.md")).expect("is read");
    assert!(
        card.contains("**Programs voted here, not people.**") && card.contains("- simulated\n")
    );
    let listed: Value = ann.get(routes::RELEASES).await.parse();
    assert_eq!(listed["releases"].as_array().map(Vec::len), Some(1));
    ann.get("/api/v1/releases/r2/simulated-votes.jsonl")
        .await
        .problem(404, "not_found");
    let (again, dir) = release(&fixture, "r3").await;
    assert_eq!(again.votes, 1);
    assert_eq!(rows(&dir.join("tombstones.jsonl")), Vec::<Value>::new());
}

#[tokio::test]
async fn what_a_client_can_write_freely_stays_out() {
    let fixture = Fixture::new().await;
    let ann = fixture.contributor().await;
    for (topic, method, weights) in [
        ("cooking", "eb", "0123abc"),
        ("Bob Lee lives in Ghent", "eb", "0123abc"),
        ("cooking", "call +32 9 000", "0123abc"),
        ("cooking", "eb", "Bob Lee's cat"),
    ] {
        let mut shown = comparison_body();
        shown["topic"] = json!(topic);
        assert_eq!(
            ann.post(routes::COMPARISONS, shown.clone()).await.status,
            201
        );
        let mut body = judgment_body(&ann.ballot().await, "a", "b");
        body["predictions"][0]["method"] = json!(method);
        body["predictions"][0]["weights"] = json!(weights);
        let id = shown["id"].as_str().expect("is text");
        assert_eq!(ann.judge(id, body).await.status, 201);
    }
    let (_, dir) = release(&fixture, "r1").await;
    let tables = everything(&dir);
    assert_eq!((tables["votes"].len(), tables["predictions"].len()), (4, 2));
    let topics: Vec<&Value> = tables["votes"].iter().map(|vote| &vote["topic"]).collect();
    assert_eq!(topics.iter().filter(|topic| topic.is_null()).count(), 1);
    for entry in std::fs::read_dir(&dir).expect("is read") {
        let bytes = std::fs::read(entry.expect("is there").path()).expect("is read");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Bob Lee") && !text.contains("call +32"));
    }
}
