//! What the server does by itself while it runs: the daily purge and assessment, releases where it is told to, forgetting idle
//! token buckets.

use std::time::Duration;

use anyhow::Context;
use palate_shared::api::releases::Release;
use tokio::sync::oneshot;

use crate::clock::{DAY_MS, now_ms};
use crate::config::{AssessConfig, PurgeConfig, ReleaseConfig};
use crate::db::Db;
use crate::db::alone::Alone;
use crate::llm::runs;
use crate::release;
use crate::retention::Retention;
use crate::state::AppState;

/// How often is looked for something to do.
const ROUND: Duration = Duration::from_secs(10 * 60);

/// What one process at a time does.
const DAILY: &str = "daily jobs";

/// Purges and assesses once a day, counted from the last time that any process did; never returns.
pub async fn run(state: AppState) {
    loop {
        state.limits.forget_idle();
        state.llm.runs.forget_old(runs::KEPT);
        if let Err(error) = state.llm.recall(&state.db).await {
            let error = format!("{error:#}");
            tracing::error!(
                error,
                "the ledger could not be read; it is tried again in ten minutes"
            );
        }
        for kind in ["purge", "assess"] {
            if let Err(error) = do_if_due(&state, kind).await {
                let error = format!("{error:#}");
                tracing::error!(
                    error,
                    kind,
                    "a daily job failed; it is tried again in ten minutes"
                );
            }
        }
        if let Err(error) = release_if_due(&state, now_ms()).await {
            let error = format!("{error:#}");
            tracing::error!(error, "a release failed; it is tried again in ten minutes");
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn do_if_due(state: &AppState, kind: &str) -> anyhow::Result<()> {
    let Some(_alone) = state.db.alone(DAILY).await? else {
        return Ok(());
    };
    let last = state.db.last_job(kind).await?;
    if last.is_some_and(|job| job.ended_at + DAY_MS > now_ms()) {
        return Ok(());
    }
    match kind {
        "purge" => purge(&state.db, &state.retention).await,
        _ => assess(&state.db).await,
    }
}

/// Writes a release until yesterday, counted from `now_ms`, when one is due and no other process is at a job.
///
/// # Errors
/// When the folder of releases, the database or a kept pack cannot be used.
pub async fn release_if_due(state: &AppState, now_ms: i64) -> anyhow::Result<Option<Release>> {
    let every = state.config.release_every_days;
    if every == 0 {
        return Ok(None);
    }
    let Some(alone) = state.db.alone(DAILY).await? else {
        return Ok(None);
    };
    let made = release_alone(state, every, now_ms).await;
    alone.end().await?;
    made
}

async fn release_alone(
    state: &AppState,
    every: u32,
    now_ms: i64,
) -> anyhow::Result<Option<Release>> {
    let releases = state.releases_dir();
    let Some(day) = release::due(&releases, every, now_ms)? else {
        return Ok(None);
    };
    let config = ReleaseConfig {
        study: None,
        data_dir: state.config.data_dir.clone(),
        database_url: state.config.database_url.clone(),
        out: releases.join(&day),
        id: Some(day.clone()),
        cut_day: Some(day),
        simulated_only: false,
        partitioned: false,
        withdraw_old: true,
    };
    let release = build_apart(config).await?;
    tracing::info!(id = %release.id, votes = release.votes, raters = release.raters, "release written");
    let result = serde_json::json!({"id": release.id, "votes": release.votes}).to_string();
    state.db.note_job("release", now_ms, &result).await?;
    Ok(Some(release))
}

/// [`release::build`] on a thread of its own: it takes a processor for minutes, and a server that is told to stop does not wait
/// for it. What it leaves half done then is removed when the release is written.
async fn build_apart(config: ReleaseConfig) -> anyhow::Result<Release> {
    let (done, built) = oneshot::channel();
    std::thread::Builder::new()
        .name("release".to_owned())
        .spawn(move || {
            let built = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(anyhow::Error::from)
                .and_then(|runtime| runtime.block_on(release::build(&config)));
            // Nobody waits when the server stops.
            let _ = done.send(built);
        })?;
    built.await.context("the thread of the release ended")?
}

/// `palate purge`.
///
/// # Errors
/// When the database or the retention file cannot be used.
pub async fn purge_once(config: &PurgeConfig) -> anyhow::Result<()> {
    let retention = Retention::load(config.retention.as_deref())?;
    let db = Db::open(&config.database()).await?;
    {
        let _alone = alone(&db).await?;
        purge(&db, &retention).await?;
    }
    db.close().await;
    Ok(())
}

/// `palate assess`.
///
/// # Errors
/// When the database cannot be used.
pub async fn assess_once(config: &AssessConfig) -> anyhow::Result<()> {
    let db = Db::open(&config.database()).await?;
    {
        let _alone = alone(&db).await?;
        assess(&db).await?;
    }
    db.close().await;
    Ok(())
}

async fn alone(db: &Db) -> anyhow::Result<Alone> {
    let alone = db.alone(DAILY).await?;
    alone.context("another process is at a daily job now; nothing was done, try again later")
}

async fn purge(db: &Db, retention: &Retention) -> anyhow::Result<()> {
    for removed in db.purge(&retention.kept(), now_ms()).await? {
        tracing::info!(what = ?removed.what, rows = removed.rows, "purged");
    }
    Ok(())
}

async fn assess(db: &Db) -> anyhow::Result<()> {
    let votes = db.assess().await?;
    tracing::info!(votes, "assessed");
    Ok(())
}
