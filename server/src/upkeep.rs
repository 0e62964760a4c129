//! What the server does by itself while it runs: the daily purge and assessment, forgetting idle token buckets.

use std::time::Duration;

use anyhow::Context;

use crate::clock::{DAY_MS, now_ms};
use crate::config::{AssessConfig, PurgeConfig};
use crate::db::Db;
use crate::db::alone::Alone;
use crate::llm::runs;
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
