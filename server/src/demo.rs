//! `palate demo-data`: judgments of simulated people, marked as simulated, to try things out and to measure releases.
//!
//! The same seed, packs and numbers give the same rows.

mod people;

use anyhow::{Context, ensure};
use palate_shared::event::{Policy, Prediction};
use palate_shared::judgment::Outcome;
use palate_shared::pack::PackPrompt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::QueryBuilder;

use self::people::Person;
use crate::clock::{DAY_MS, day};
use crate::config::DemoConfig;
use crate::db::{sqlite, wire_name};
use crate::packs::{Pack, PackCatalogue};
use crate::secret::Secret;

/// Rows of one statement: far below the limit of parameters.
const CHUNK: usize = 500;
/// Judgments of one transaction.
const COMMIT: u64 = 20_000;
/// 2026-01-01: simulated time does not depend on the clock.
const START_MS: i64 = 1_767_225_600_000;
/// Days over which judgments are spread.
const DAYS: i64 = 90;
/// Judgments a person, in the mean.
const EACH: u64 = 40;

/// Adds `config.judgments` judgments.
///
/// # Errors
/// When there is no pack, people have voted here, or a file or the database cannot be written.
pub async fn demo_data(config: &DemoConfig) -> anyhow::Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("cannot make {}", config.data_dir.display()))?;
    Secret::load_or_create(&config.data_dir)?;
    let packs = PackCatalogue::load(&config.site.join("packs"))?;
    packs.keep_items(&config.data_dir)?;
    let showings = showings(&packs);
    ensure!(
        !showings.is_empty(),
        "{} has no packs to vote on: build them first",
        config.site.display()
    );
    let db = sqlite::writer(&config.data_dir.join("palate.db")).await?;
    let of_people: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM comparisons WHERE simulated = 0")
        .fetch_one(&db)
        .await?;
    ensure!(
        of_people == 0,
        "people have voted in {}: give demo data a folder of its own",
        config.data_dir.display()
    );
    let mut random = StdRng::seed_from_u64(config.seed);
    let people: Vec<Person> = (0..(config.judgments / EACH).max(12))
        .map(|_| Person::draw(&mut random, START_MS))
        .collect();
    let total: f64 = people.iter().map(|person| person.diligence).sum();
    let mut sums = Vec::with_capacity(people.len());
    let mut sum = 0.0;
    for person in &people {
        sum += person.diligence / total;
        sums.push(sum);
    }
    let mut tx = db.begin().await?;
    for chunk in people.chunks(CHUNK) {
        people::insert(&mut tx, chunk, START_MS).await?;
    }
    let step = (DAYS * DAY_MS) as f64 / config.judgments.max(1) as f64;
    let mut votes = Vec::with_capacity(CHUNK);
    for at in 0..config.judgments {
        let at_ms = START_MS + (at as f64 * step) as i64;
        let who = sums.partition_point(|sum| *sum < random.random::<f64>());
        let person = &people[who.min(people.len() - 1)];
        let (pack, prompt) = &showings[random.random_range(0..showings.len())];
        votes.push(Vote::draw(&mut random, person, pack, prompt, at_ms)?);
        if votes.len() == CHUNK || at + 1 == config.judgments {
            insert(&mut tx, &votes).await?;
            votes.clear();
        }
        if (at + 1) % COMMIT == 0 {
            tx.commit().await?;
            tx = db.begin().await?;
        }
    }
    tx.commit().await?;
    db.close().await;
    tracing::info!(
        judgments = config.judgments,
        people = people.len(),
        until = day(START_MS + DAYS * DAY_MS),
        "simulated judgments added"
    );
    Ok(())
}

/// Every prompt with at least two answers, in a fixed order.
fn showings(packs: &PackCatalogue) -> Vec<(&Pack, &PackPrompt)> {
    packs
        .all()
        .flat_map(|pack| pack.prompts().map(move |prompt| (pack, prompt)))
        .filter(|(_, prompt)| prompt.responses.len() >= 2)
        .collect()
}

/// One showing and what was said about it.
struct Vote {
    comparison_id: String,
    judgment_id: String,
    user_id: String,
    pack: String,
    items_sha256: String,
    prompt: String,
    policy: &'static str,
    propensity: f64,
    shown: Vec<String>,
    outcome: String,
    groups: String,
    unacceptable: String,
    predictions: String,
    strength: Option<&'static str>,
    dwell_ms: i64,
    at_ms: i64,
}

impl Vote {
    fn draw(
        random: &mut StdRng,
        person: &Person,
        pack: &Pack,
        prompt: &PackPrompt,
        at_ms: i64,
    ) -> anyhow::Result<Self> {
        let answers = prompt.responses.len();
        let count = if answers >= 4 && random.random_bool(0.05) {
            4
        } else {
            2
        };
        let mut order: Vec<usize> = (0..answers).collect();
        for at in 0..count {
            let other = random.random_range(at..answers);
            order.swap(at, other);
        }
        order.truncate(count);
        let shown: Vec<_> = order.iter().map(|at| &prompt.responses[*at]).collect();
        let judgment = person.judge(random, &shown);
        let random_policy = random.random_bool(0.25);
        let policy = if random_policy {
            Policy::UniformRandom
        } else {
            Policy::ExpectedInformation
        };
        let pairs = (answers * (answers - 1) / 2) as f64;
        let predictions = person.forecast(random, &shown);
        Ok(Self {
            comparison_id: people::id(random, at_ms),
            judgment_id: people::id(random, at_ms),
            user_id: person.id.clone(),
            pack: pack.manifest.id.0.clone(),
            items_sha256: pack.items_sha256.clone(),
            prompt: prompt.id.0.clone(),
            policy: match policy {
                Policy::UniformRandom => "uniform_random",
                _ => "expected_information",
            },
            propensity: if random_policy {
                1.0 / pairs
            } else {
                0.05 + 0.9 * random.random::<f64>()
            },
            shown: shown.iter().map(|answer| answer.id.0.clone()).collect(),
            outcome: wire_name(&judgment.outcome)?,
            strength: (judgment.outcome == Outcome::Ranked && random.random_bool(0.3))
                .then(|| ["slight", "clear", "much"][random.random_range(0..3)]),
            groups: serde_json::to_string(&judgment.groups)?,
            unacceptable: serde_json::to_string(&judgment.unacceptable)?,
            predictions: serde_json::to_string::<[Prediction]>(&predictions)?,
            dwell_ms: (2_000.0 * (1.0 + 9.0 * random.random::<f64>().powi(3))) as i64,
            at_ms,
        })
    }
}

async fn insert(tx: &mut sqlx::SqliteConnection, votes: &[Vote]) -> sqlx::Result<()> {
    let mut query = QueryBuilder::new(
        "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
         request_hash, created_at) ",
    );
    query.push_values(votes, |mut row, vote| {
        row.push_bind(&vote.comparison_id)
            .push_bind(&vote.user_id)
            .push_bind(&vote.pack)
            .push_bind(&vote.items_sha256)
            .push_bind(&vote.prompt)
            .push_bind(vote.policy)
            .push_bind(vote.propensity)
            .push_bind(1_i64)
            .push_bind(1_i64)
            .push_bind("")
            .push_bind(vote.at_ms);
    });
    query.build().execute(&mut *tx).await?;
    let shown: Vec<(&str, i64, &str)> = votes
        .iter()
        .flat_map(|vote| {
            let answers = (0..).zip(&vote.shown);
            answers.map(|(order, id)| (vote.comparison_id.as_str(), order, id.as_str()))
        })
        .collect();
    let mut query = QueryBuilder::new(
        "INSERT INTO comparison_items (comparison_id, shown_order, response_id) ",
    );
    query.push_values(shown, |mut row, (comparison, order, response)| {
        row.push_bind(comparison)
            .push_bind(order)
            .push_bind(response);
    });
    query.build().execute(&mut *tx).await?;
    let mut query = QueryBuilder::new(
        "INSERT INTO judgments (id, comparison_id, user_id, idempotency_key, request_hash, withdrawn, outcome, groups_json, \
         unacceptable_json, predictions_json, dwell_ms, at_ms, strength) ",
    );
    query.push_values(votes, |mut row, vote| {
        row.push_bind(&vote.judgment_id)
            .push_bind(&vote.comparison_id)
            .push_bind(&vote.user_id)
            .push_bind(&vote.judgment_id)
            .push_bind("")
            .push_bind(0_i64)
            .push_bind(&vote.outcome)
            .push_bind(&vote.groups)
            .push_bind(&vote.unacceptable)
            .push_bind(&vote.predictions)
            .push_bind(vote.dwell_ms)
            .push_bind(vote.at_ms)
            .push_bind(vote.strength);
    });
    query.build().execute(&mut *tx).await?;
    let mut query =
        QueryBuilder::new("INSERT INTO judgment_heads (comparison_id, user_id, judgment_id) ");
    query.push_values(votes, |mut row, vote| {
        row.push_bind(&vote.comparison_id)
            .push_bind(&vote.user_id)
            .push_bind(&vote.judgment_id);
    });
    query.build().execute(&mut *tx).await?;
    Ok(())
}
