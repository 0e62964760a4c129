//! The public leaderboard over votes of simulated people, who count here as people.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use palate_server::board;
use palate_server::config::DemoConfig;
use palate_server::demo::demo_data;
use palate_server::state::AppState;
use palate_shared::api::leaderboard::LeaderboardQuery;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use crate::{RUNS, SITE, connect, median, open, timed};

/// What is measured.
pub const COLUMNS: [&str; 4] = [
    "first board, all read",
    "board, 100 votes more",
    "the same with style",
    "board, nothing new",
];

/// A site that reads a million votes is not ready before that.
const PATIENCE: Duration = Duration::from_secs(600);

/// All columns at one size.
pub async fn measure(votes: u64, dir: &Path) -> Result<Vec<Duration>> {
    demo_data(&DemoConfig {
        data_dir: dir.join("data"),
        site: SITE.into(),
        judgments: votes,
        seed: 1,
    })
    .await?;
    let mut database = connect(dir).await?;
    sqlx::raw_sql("UPDATE comparisons SET simulated = 0")
        .execute(&mut database)
        .await?;
    let state = open(dir).await?;
    let plain = LeaderboardQuery::default();
    let styled = LeaderboardQuery {
        style: true,
        ..plain.clone()
    };
    let start = Instant::now();
    let pack = loop {
        match board::board(&state, &plain).await {
            Ok(board) => break board.pack.clone().context("there is a pack")?,
            Err(_) if start.elapsed() < PATIENCE => {}
            Err(error) => bail!("no board: {error}"),
        }
    };
    let first = start.elapsed();
    look(&state, &styled).await?;
    let mut times = vec![first];
    for query in [&plain, &styled] {
        let mut taken = Vec::new();
        for _ in 0..RUNS {
            add_votes(&mut database, pack.as_str(), 100).await?;
            taken.push(timed(look(&state, query)).await?.0);
        }
        taken.sort_unstable();
        times.push(taken[RUNS / 2]);
    }
    look(&state, &plain).await?;
    times.push(median(async || look(&state, &plain).await).await?);
    Ok(times)
}

async fn look(state: &AppState, query: &LeaderboardQuery) -> Result<()> {
    match board::board(state, query).await {
        Ok(board) => board
            .figures
            .as_ref()
            .map(|_| ())
            .context("ten people voted"),
        Err(error) => bail!("no board: {error}"),
    }
}

/// Has people say now once more what they said long ago.
async fn add_votes(database: &mut SqliteConnection, pack: &str, votes: i64) -> Result<()> {
    let old: Vec<(String, String)> = sqlx::query_as(
        "SELECT judgments.comparison_id, judgments.id FROM judgments JOIN comparisons ON comparisons.id = comparison_id \
         WHERE pack = ? ORDER BY judgments.id LIMIT ?",
    )
    .bind(pack)
    .bind(votes)
    .fetch_all(&mut *database)
    .await?;
    let mut transaction = database.begin().await?;
    for (old_comparison, old_judgment) in old {
        let [comparison, judgment] = [(); 2].map(|()| Uuid::now_v7().to_string());
        for (sql, old) in [
            (
                "INSERT INTO comparisons (id, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
                 request_hash, created_at) SELECT ?1, user_id, pack, items_sha256, prompt, policy, propensity, blind, simulated, \
                 request_hash, created_at FROM comparisons WHERE id = ?3 AND ?2 = ?2",
                &old_comparison,
            ),
            (
                "INSERT INTO comparison_items (comparison_id, shown_order, response_id) SELECT ?1, shown_order, response_id \
                 FROM comparison_items WHERE comparison_id = ?3 AND ?2 = ?2",
                &old_comparison,
            ),
            (
                "INSERT INTO judgments (id, comparison_id, user_id, idempotency_key, request_hash, withdrawn, outcome, groups_json, \
                 unacceptable_json, predictions_json, dwell_ms, at_ms) SELECT ?2, ?1, user_id, ?2, request_hash, 0, outcome, \
                 groups_json, unacceptable_json, predictions_json, dwell_ms, at_ms FROM judgments WHERE id = ?3",
                &old_judgment,
            ),
            (
                "INSERT INTO judgment_heads (comparison_id, user_id, judgment_id) SELECT ?1, user_id, ?2 FROM judgments \
                 WHERE id = ?3",
                &old_judgment,
            ),
        ] {
            sqlx::query(sql)
                .bind(&comparison)
                .bind(&judgment)
                .bind(old)
                .execute(&mut *transaction)
                .await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}
