//! Language models: the operator's catalogue, the built-in library, and everything between a request and its stream.
//!
//! Owns: which model may be asked what by whom and at which price, and the text of answers until an hour later, in memory
//! only. Clients name ids of the catalogue; no address, header or option of a provider comes from them.

pub mod bill;
pub mod budget;
pub mod catalogue;
pub mod circles;
pub mod drive;
pub mod estimate;
pub mod key;
pub mod library;
pub mod mask;
pub mod names;
pub mod openai;
pub mod order;
pub mod pane;
pub mod probe;
pub mod progress;
pub mod prompt;
pub mod provider;
pub mod queue;
pub mod reach;
mod reading;
pub mod run;
pub mod runs;
pub mod served;
pub mod settings;
pub mod sse;
pub mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use palate_shared::api::generation::Finish;
use palate_shared::api::models::{Capabilities, ModelInfo, ModelState, Provider};
use palate_shared::ids::ModelId;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::budget::Budget;
use self::catalogue::Catalogue;
use self::queue::Queue;
use self::runs::Runs;
use self::served::Served;
use self::settings::LimitSettings;
use crate::clock::{DAY_MS, day, now_ms};
use crate::db::Db;

/// While a file of this name is in the data folder, no model is called.
pub const KILL_SWITCH: &str = "stop-generation";

/// How old what is known of other servers' spending may be: what all of them begin within this time may go over a budget.
const KEEP_UP: Duration = Duration::from_secs(1);

/// Language models of this server.
#[derive(Debug)]
pub struct Llm {
    /// How much at once, and for how long.
    pub limits: LimitSettings,
    /// Generations of the last hour.
    pub runs: Runs,
    /// Who comes next.
    pub queue: Queue,
    /// What may be spent.
    pub budget: Budget,
    /// Models of the catalogue, in its order.
    pub served: Vec<Arc<Served>>,
    /// Whether the built-in library answers too.
    pub has_library: bool,
    /// Ends all generations.
    pub stopping: CancellationToken,
    /// Generations that run or wait.
    pub tasks: TaskTracker,
    kill_switch: PathBuf,
    /// When it was last heard what other servers have spent.
    heard: Mutex<Option<Instant>>,
}

impl Llm {
    /// Reads the models file, if one is named.
    ///
    /// # Errors
    /// When something in it cannot be so.
    pub fn open(models: Option<&Path>, data_dir: &Path) -> anyhow::Result<Self> {
        let Catalogue {
            models,
            has_library,
            limits,
            budget,
        } = Catalogue::load(models)?;
        let served = models
            .into_iter()
            .map(|model| Served::new(model, &limits).map(Arc::new))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            runs: Runs::new(limits.bounds()),
            queue: Queue::new(limits.together, limits.queue),
            budget: Budget::new(budget),
            served,
            has_library,
            limits,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            kill_switch: data_dir.join(KILL_SWITCH),
            heard: Mutex::default(),
        })
    }

    /// Counts in full what servers left open that are gone, and hears what was spent today.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recall(&self, db: &Db) -> anyhow::Result<()> {
        let lost = db.settle_lost().await?;
        if lost > 0 {
            tracing::warn!(
                lost,
                "calls of language models were not settled; they count in full"
            );
        }
        self.hear_of_others(db).await?;
        Ok(())
    }

    /// Hears what other servers on the same database have spent, unless that is known from a moment ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_up(&self, db: &Db) -> sqlx::Result<()> {
        if !db.is_shared() {
            return Ok(());
        }
        let mut heard = self.heard.lock().await;
        if heard.is_none_or(|heard| heard.elapsed() >= KEEP_UP) {
            self.hear_of_others(db).await?;
            *heard = Some(Instant::now());
        }
        Ok(())
    }

    async fn hear_of_others(&self, db: &Db) -> sqlx::Result<()> {
        let now = now_ms();
        let (total, persons, models) = db.spent_elsewhere_since(now - now % DAY_MS).await?;
        self.budget
            .hear_of_others(&day(now), total, persons, models);
        Ok(())
    }

    /// The model of an id.
    pub fn model(&self, id: &ModelId) -> Option<&Arc<Served>> {
        self.served.iter().find(|served| served.model.id == *id)
    }

    /// Whether the operator has switched calls off, by the file or in the data folder.
    pub fn is_off(&self) -> bool {
        self.budget.is_off() || self.kill_switch.exists()
    }

    /// Whether a model answers now.
    pub fn state(&self, served: &Served) -> ModelState {
        let today = day(now_ms());
        let model = &served.model;
        if self.is_off() || !model.is_active(&today) {
            ModelState::Off
        } else if self.budget.is_spent(&today, &model.id, model.day_micro) {
            ModelState::BudgetSpent
        } else if served.is_reachable() {
            ModelState::Available
        } else {
            ModelState::Unreachable
        }
    }

    /// The catalogue as visitors see it.
    pub fn list(&self) -> Vec<ModelInfo> {
        let models = self.served.iter().map(|served| {
            let model = &served.model;
            ModelInfo {
                id: model.id.clone(),
                name: model.name.clone(),
                provider: Provider::OpenAi,
                licence: model.licence.clone(),
                publishable: model.publishable,
                retention: model.retention.clone(),
                capabilities: served.capabilities(),
                context_tokens: model.context_tokens,
                output_tokens: model.output_tokens,
                input_price_micro: model.input_price_micro,
                output_price_micro: model.output_price_micro,
                state: self.state(served),
            }
        });
        models.chain(self.has_library.then(library_info)).collect()
    }

    /// Ends all generations and waits until they have said so and are settled.
    pub async fn shut_down(&self) {
        self.stopping.cancel();
        self.runs.stop_all(Finish::ShuttingDown);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn library_info() -> ModelInfo {
    ModelInfo {
        id: library::ID.into(),
        name: "Built-in library".to_owned(),
        provider: Provider::Library,
        licence: "As stated with each pack".to_owned(),
        publishable: false,
        retention: "Nothing leaves this server".to_owned(),
        capabilities: Capabilities {
            stream: true,
            ..Capabilities::default()
        },
        context_tokens: 0,
        output_tokens: 0,
        input_price_micro: 0,
        output_price_micro: 0,
        state: ModelState::Available,
    }
}
