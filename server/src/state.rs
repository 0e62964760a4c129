//! What every request may use.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::board::Boards;
use crate::config::ServeConfig;
use crate::db::Db;
use crate::limits::Limits;
use crate::llm::Llm;
use crate::operator::OperatorToken;
use crate::packs::PackCatalogue;
use crate::retention::Retention;
use crate::secret::Secret;
use crate::study::pool::Pools;

/// Handle to [`Shared`]; each layer and handler of a request gets its own.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    /// The database.
    pub db: Db,
    /// Settings.
    pub config: ServeConfig,
    /// The key behind ballots and public ids.
    pub secret: Secret,
    /// Packs, checked at start.
    pub packs: PackCatalogue,
    /// Texts of studies.
    pub pools: Pools,
    /// What the operator's calls carry; none are served without it.
    pub operator: Option<OperatorToken>,
    /// How long things are kept.
    pub retention: Retention,
    /// Token buckets of this process.
    pub limits: Limits,
    /// The public leaderboard.
    pub boards: Boards,
    /// Language models and what they write now.
    pub llm: Llm,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Prepares the data folder, migrates the database and checks the packs.
    ///
    /// # Errors
    /// When a folder cannot be made, the database cannot be opened, a pack is corrupt or a settings file cannot be so.
    pub async fn open(config: ServeConfig) -> anyhow::Result<Self> {
        let retention = Retention::load(config.retention.as_deref())?;
        let operator = OperatorToken::load(
            config.operator_token.as_ref(),
            config.operator_token_file.as_deref(),
        )?;
        let limits = Limits::new(&config.limits)?;
        let llm = Llm::open(config.models.as_deref(), &config.data_dir)?;
        std::fs::create_dir_all(config.data_dir.join("releases")).with_context(|| {
            format!("cannot make the data folder {}", config.data_dir.display())
        })?;
        let packs = PackCatalogue::load(&config.site.join("packs"))?;
        packs.keep_items(&config.data_dir)?;
        let secret = Secret::load_or_create(&config.data_dir)?;
        let db = Db::open(&config.database()).await?;
        db.appear().await?;
        llm.recall(&db).await?;
        let every = Duration::from_secs(config.leaderboard_seconds);
        Ok(Self(Arc::new(Shared {
            boards: Boards::new(&packs, every),
            db,
            config,
            secret,
            packs,
            pools: Pools::default(),
            operator,
            retention,
            limits,
            llm,
        })))
    }

    /// Name of the session cookie.
    pub fn cookie_name(&self) -> &'static str {
        if self.config.secure_cookies {
            "__Host-sid"
        } else {
            "sid"
        }
    }

    /// Folder of published releases.
    pub fn releases_dir(&self) -> PathBuf {
        self.config.data_dir.join("releases")
    }
}
