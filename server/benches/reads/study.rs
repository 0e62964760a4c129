//! A study of 50,000 comparisons.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palate_pack::inputs;
use palate_server::clock::now_ms;
use palate_server::study::assignment::{Next, next};
use palate_server::study::create;
use palate_server::study::pool::Pool;
use palate_server::study::progress::progress;
use palate_shared::api::studies::{
    SourceFormat, StudyChange, StudyPolicy, StudySettings, StudyState,
};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};

use crate::{connect, median, open};

/// What is measured.
pub const COLUMNS: [&str; 2] = ["next question", "progress"];

const PROMPTS: usize = 5_000;
const ANSWERS: usize = 5;
/// Votes of a person.
const EACH: u64 = 40;
/// Rows of one statement.
const CHUNK: usize = 500;
/// Milliseconds between votes.
const STEP_MS: i64 = 1_000;

/// All columns at one size.
pub async fn measure(votes: u64, dir: &Path) -> Result<Vec<Duration>> {
    let state = open(dir).await?;
    let data = dir.join("data");
    let settings = StudySettings {
        title: "Bench".to_owned(),
        guidelines: "Choose.".to_owned(),
        consent_text: "Yes.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        overlap: 100,
        repeats: 0.05,
        random_floor: 0.1,
        policy: StudyPolicy::LeastAnnotated,
        quota_per_person: None,
        quota: None,
    };
    let input = inputs::read_bytes(SourceFormat::Jsonl, content()?.as_bytes());
    let mut row = create::create(&state.db, &data, &settings, input).await?;
    let opened = StudyChange {
        state: Some(StudyState::Open),
        ..StudyChange::default()
    };
    create::change(&mut row, &opened).map_err(anyhow::Error::msg)?;
    state.db.change_study(&row).await?;
    let pool = state.pools.get(&data, &row.items_sha256).await?;
    let mut database = connect(dir).await?;
    insert(&mut database, &row.id, &row.items_sha256, &pool, votes).await?;
    let mut person = 0;
    let asked = median(async || {
        person += 1;
        let user_id = format!("u{person:07}");
        let now = next(&state.db, &row, &pool, &user_id, now_ms()).await?;
        ensure!(
            matches!(now, Next::Question(_)),
            "something is left: {now:?}"
        );
        Ok(())
    })
    .await?;
    let seen = median(async || {
        let found = progress(&state.db, &data, &row, pool.clone()).await?;
        ensure!(found.first_votes == votes, "all votes are counted");
        Ok(())
    })
    .await?;
    Ok(vec![asked, seen])
}

/// The prompts and their answers, a line each.
fn content() -> Result<String> {
    let mut lines = Vec::with_capacity(PROMPTS);
    for prompt in 0..PROMPTS {
        let answers: Vec<_> = (0..ANSWERS)
            .map(|answer| serde_json::json!({"text": format!("Answer {answer} to {prompt}")}))
            .collect();
        let line = serde_json::json!({"prompt": format!("Prompt {prompt}"), "responses": answers});
        lines.push(serde_json::to_string(&line)?);
    }
    Ok(lines.join("\n"))
}

/// Adds `votes` votes: comparison after comparison, each person [`EACH`] of them.
async fn insert(
    database: &mut SqliteConnection,
    study: &str,
    items_sha256: &str,
    pool: &Pool,
    votes: u64,
) -> Result<()> {
    let mut transaction = database.begin().await?;
    let people: Vec<u64> = (0..=votes / EACH).collect();
    for chunk in people.chunks(CHUNK) {
        let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO users (id, created_day) ");
        query.push_values(chunk, |mut row, person| {
            row.push_bind(format!("u{person:07}"))
                .push_bind("9999-01-01");
        });
        query.build().execute(&mut *transaction).await?;
    }
    let all: Vec<u64> = (0..votes).collect();
    for chunk in all.chunks(CHUNK) {
        let units: Vec<Vote> = chunk
            .iter()
            .map(|at| Vote::of(*at, pool))
            .collect::<Result<_>>()?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, request_hash, \
             created_at) ",
        );
        query.push_values(&units, |mut row, vote| {
            row.push_bind(&vote.comparison)
                .push_bind(&vote.user)
                .push_bind(study)
                .push_bind(items_sha256)
                .push_bind(&vote.prompt)
                .push_bind("least_annotated")
                .push_bind(0.5)
                .push("1, 0, ''")
                .push_bind(vote.at_ms);
        });
        query.build().execute(&mut *transaction).await?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO study_questions (comparison_id, study_id, user_id, unit, is_repeat, expires_at) ",
        );
        query.push_values(&units, |mut row, vote| {
            row.push_bind(&vote.comparison)
                .push_bind(study)
                .push_bind(&vote.user)
                .push_bind(vote.unit)
                .push("0, 0");
        });
        query.build().execute(&mut *transaction).await?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO judgments (id, comparison_id, user_id, idempotency_key, request_hash, withdrawn, outcome, groups_json, \
             unacceptable_json, predictions_json, dwell_ms, at_ms) ",
        );
        query.push_values(&units, |mut row, vote| {
            row.push_bind(&vote.judgment)
                .push_bind(&vote.comparison)
                .push_bind(&vote.user)
                .push_bind(&vote.judgment)
                .push("'', 0, 'ranked'")
                .push_bind(&vote.groups)
                .push("'[]', '[]', 2500")
                .push_bind(vote.at_ms);
        });
        query.build().execute(&mut *transaction).await?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO judgment_heads (comparison_id, user_id, judgment_id) ",
        );
        query.push_values(&units, |mut row, vote| {
            row.push_bind(&vote.comparison)
                .push_bind(&vote.user)
                .push_bind(&vote.judgment);
        });
        query.build().execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// One of the votes.
struct Vote {
    comparison: String,
    judgment: String,
    user: String,
    unit: i64,
    prompt: String,
    groups: String,
    at_ms: i64,
}

impl Vote {
    fn of(at: u64, pool: &Pool) -> Result<Self> {
        let unit = at % pool.len() as u64;
        let (prompt, [first, second]) = pool
            .unit(usize::try_from(unit)?)
            .context("the study has it")?;
        // As people who agree on most comparisons would.
        let chosen = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) < 12;
        let order = if chosen {
            [first, second]
        } else {
            [second, first]
        };
        Ok(Self {
            comparison: format!("c{at:09}"),
            judgment: format!("j{at:09}"),
            user: format!("u{:07}", at / EACH),
            unit: i64::try_from(unit)?,
            prompt: prompt.id.0.clone(),
            groups: serde_json::to_string(&order.map(|answer| [&answer.id.0]))?,
            at_ms: 1_790_000_000_000 + i64::try_from(at)? * STEP_MS,
        })
    }
}
