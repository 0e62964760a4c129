//! The public leaderboard: counts of all published votes, kept in memory and brought up to date by what was written since.
//!
//! A vote that is new is added; whoever revised, withdrew or published anew is forgotten and read again, and whoever left is
//! forgotten. So a look costs by what changed and not by how many votes there are. Only an assessment, which weighs all votes,
//! has all read again. Counts are a function of the database, so servers that share one agree after a look.

mod figures;
mod held;
mod items;
mod look;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use palate_shared::api::leaderboard::{BoardPack, Leaderboard, LeaderboardQuery};
use tokio::sync::{Mutex, Semaphore};

use self::held::Held;
use self::items::Library;
use crate::clock::now_ms;
use crate::error::{ApiError, ApiResult};
use crate::packs::PackCatalogue;
use crate::state::AppState;

/// How long a request waits for a look; then it is answered from the last one, if there is one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Boards of all packs.
#[derive(Debug)]
pub struct Boards {
    /// Packs of at least two makers.
    packs: Vec<BoardPack>,
    /// How old a look may be.
    every: Duration,
    /// None before the first look.
    held: RwLock<Option<Held>>,
    library: Mutex<Library>,
    /// When was looked last. One look at a time.
    looked: Arc<Mutex<Option<Instant>>>,
    computed: std::sync::Mutex<HashMap<LeaderboardQuery, Slot>>,
    /// One computation at a time.
    turn: Arc<Semaphore>,
}

/// A board and the version of the counts that it is of; held while it is computed.
type Slot = Arc<Mutex<Option<(u64, Arc<Leaderboard>)>>>;

impl Boards {
    /// Boards of the site's packs, which look again after `every`.
    pub fn new(packs: &PackCatalogue, every: Duration) -> Self {
        Self {
            packs: items::with_makers(packs),
            every,
            held: RwLock::default(),
            library: Mutex::default(),
            looked: Arc::default(),
            computed: std::sync::Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    fn is_loaded(&self) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.is_some()
    }

    /// The query with a pack, if it can be answered.
    fn settled(&self, query: &LeaderboardQuery) -> ApiResult<Option<LeaderboardQuery>> {
        let pack = match &query.pack {
            None => self.packs.first(),
            Some(id) => Some(
                self.packs
                    .iter()
                    .find(|pack| pack.id.as_str() == id)
                    .ok_or_else(|| {
                        ApiError::invalid("pack_unknown", "There is no such pack with answers of several makers")
                            .advise("See packs in GET /api/v1/leaderboard; where all answers are by one maker, there is nobody to compare.")
                    })?,
            ),
        };
        let has_topic = |pack: Option<&BoardPack>, topic: &String| {
            pack.is_some_and(|pack| pack.topics.contains(topic))
        };
        if let Some(topic) = &query.topic
            && !has_topic(pack, topic)
        {
            return Err(
                ApiError::invalid("topic_unknown", "The pack has no such topic")
                    .advise("See packs in GET /api/v1/leaderboard."),
            );
        }
        Ok(pack.map(|pack| LeaderboardQuery {
            pack: Some(pack.id.0.clone()),
            ..query.clone()
        }))
    }

    fn slot(&self, query: &LeaderboardQuery) -> Slot {
        let mut computed = self.computed.lock().unwrap_or_else(PoisonError::into_inner);
        computed.entry(query.clone()).or_default().clone()
    }

    fn empty(&self, query: &LeaderboardQuery) -> Leaderboard {
        Leaderboard {
            packs: self.packs.clone(),
            pack: query.pack.clone().map(Into::into),
            topic: query.topic.clone(),
            style: query.style,
            cohort: query.cohort,
            figures: None,
            rule_version: u32::try_from(crate::influence::RULE_VERSION).unwrap_or_default(),
            method_version: palate_crowd::METHOD_VERSION,
            computed_at: now_ms(),
        }
    }
}

/// The board that is asked for, at most as old as a look may be.
///
/// # Errors
/// When the pack or topic is unknown, the first look takes too long, or storage fails.
pub async fn board(state: &AppState, query: &LeaderboardQuery) -> ApiResult<Arc<Leaderboard>> {
    let boards = &state.boards;
    let Some(query) = boards.settled(query)? else {
        return Ok(Arc::new(boards.empty(query)));
    };
    refresh(state).await?;
    let slot = boards.slot(&query);
    let mut kept = slot.lock().await;
    let version = version(boards, &query);
    if let Some((of, board)) = &*kept
        && *of == version
    {
        return Ok(board.clone());
    }
    let turn = boards.turn.clone().acquire_owned().await;
    let (state, asked) = (state.clone(), query.clone());
    let (of, board) = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        compute(&state.boards, &asked)
    })
    .await
    .map_err(anyhow::Error::from)??;
    let board = Arc::new(board);
    *kept = Some((of, board.clone()));
    Ok(board)
}

fn version(boards: &Boards, query: &LeaderboardQuery) -> u64 {
    let held = boards.held.read().unwrap_or_else(PoisonError::into_inner);
    held.as_ref()
        .map_or(0, |held| held.version(query.pack.as_deref()))
}

/// Takes the counts along, so that votes are taken in while figures are computed.
fn compute(boards: &Boards, query: &LeaderboardQuery) -> anyhow::Result<(u64, Leaderboard)> {
    let part = {
        let held = boards.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().and_then(|held| held.part(query))
    };
    let mut board = boards.empty(query);
    let Some(part) = part else {
        return Ok((version(boards, query), board));
    };
    board.figures = figures::figures(&part, query)?;
    Ok((part.version, board))
}

/// Looks at the database, unless that was done a moment ago. Where another request is at it, the last look serves.
async fn refresh(state: &AppState) -> ApiResult<()> {
    let boards = &state.boards;
    let mut looked = match boards.looked.clone().try_lock_owned() {
        Ok(looked) => looked,
        Err(_) if boards.is_loaded() => return Ok(()),
        Err(_) => tokio::time::timeout(PATIENCE, boards.looked.clone().lock_owned())
            .await
            .map_err(|_| ApiError::TimedOut)?,
    };
    if looked.is_some_and(|at| at.elapsed() < boards.every) {
        return Ok(());
    }
    let owned = state.clone();
    // Goes on when the request is given up: the next one finds it done.
    let look = tokio::spawn(async move {
        let began = Instant::now();
        look::look(&owned).await?;
        *looked = Some(began);
        anyhow::Ok(())
    });
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(done) => Ok(done.map_err(anyhow::Error::from)??),
        Err(_) if boards.is_loaded() => Ok(()),
        Err(_) => Err(ApiError::TimedOut),
    }
}
