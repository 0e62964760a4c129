//! Reads what enters a release, page by page, from one snapshot. Who may enter is decided by the query, as everywhere.

use anyhow::Context;
use palate_shared::api::publications::{OWN_PACK, WAIT_DAYS};
use palate_shared::ids::ResponseId;
use sqlx::FromRow;

use crate::clock::{DAY_MS, day, end_of_day};
use crate::config::ReleaseConfig;
use crate::db::Db;
use crate::db::comparisons::shown_between;
use crate::db::connection::{self, Pool};
use crate::db::published::is_published;
use crate::db::studies::StudyRow;

/// Judgments read at once.
const PAGE: i64 = 1000;

/// A current judgment with all that its row needs. Holds raw ids: never written as it is.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Source {
    pub judgment_id: String,
    pub comparison_id: String,
    pub user_id: String,
    /// The person's pseudonym when it was shown.
    pub epoch: i64,
    pub pack: String,
    pub items_sha256: String,
    pub prompt: String,
    pub policy: String,
    pub propensity: f64,
    pub blind: i64,
    pub outcome: String,
    pub groups_json: String,
    pub unacceptable_json: String,
    pub predictions_json: String,
    pub strength: Option<String>,
    pub reasons_json: String,
    pub topic: Option<String>,
    pub repeat_of: Option<String>,
    /// The pseudonym when the repeated one was shown.
    pub repeat_epoch: Option<i64>,
    pub failed_checks: i64,
    pub influence: Option<f64>,
    pub dwell_ms: i64,
    pub at_ms: i64,
    /// Answers in the order shown.
    #[sqlx(skip)]
    pub shown: Vec<ResponseId>,
    /// The texts, where the person typed the prompt.
    #[sqlx(skip)]
    pub own: Option<OwnText>,
}

/// The texts of a published conversation.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct OwnText {
    pub prompt_json: String,
    pub licence: String,
}

/// The last time, milliseconds since the Unix epoch, at which a conversation was given that a release of `cut_day` may hold:
/// whole days before the day begins, and never before they have passed at `now_ms`. `None` when it is not a day.
pub fn own_until(cut_day: &str, now_ms: i64) -> Option<i64> {
    let today = end_of_day(&day(now_ms)).unwrap_or(i64::MAX);
    let begin = end_of_day(cut_day)?.min(today) - DAY_MS;
    Some(begin - i64::from(WAIT_DAYS) * DAY_MS)
}

/// Which pseudonym a person had at a time. Before the first change that is on record, it was the one before it.
macro_rules! epoch_at {
    ($time:literal) => {
        concat!(
            "COALESCE((SELECT MAX(epoch) FROM public_id_epochs WHERE public_id_epochs.user_id = users.id \
             AND public_id_epochs.from_ms <= ",
            $time,
            "), (SELECT MIN(epoch) - 1 FROM public_id_epochs WHERE public_id_epochs.user_id = users.id), \
             users.public_id_epoch)"
        )
    };
}

/// Judgments that may enter, after a comparison: of a study ($5) by people who agree to take part in it; or, where that is
/// empty, of no study by people who publish their votes.
const PUBLISHED: &str = concat!(
    "SELECT judgments.id AS judgment_id, comparisons.id AS comparison_id, users.id AS user_id, ",
    epoch_at!("comparisons.created_at"),
    " AS epoch, comparisons.pack, comparisons.items_sha256, comparisons.prompt, comparisons.policy, \
         comparisons.propensity, comparisons.blind, judgments.outcome, judgments.groups_json, \
         judgments.unacceptable_json, judgments.predictions_json, judgments.dwell_ms, judgments.at_ms, \
         judgments.strength, judgments.reasons_json, comparisons.topic, comparisons.repeat_of, \
         CASE WHEN earlier.id IS NULL THEN NULL ELSE ",
    epoch_at!("earlier.created_at"),
    " END AS repeat_epoch, \
         (SELECT COUNT(*) FROM quality WHERE quality.judgment_id = judgments.id AND quality.passed = 0) AS failed_checks, \
         influence.weight * COALESCE((SELECT MIN(quality.weight) FROM quality \
             WHERE quality.judgment_id = judgments.id), 1) AS influence \
         FROM judgment_heads \
         JOIN judgments ON judgments.id = judgment_heads.judgment_id \
         JOIN comparisons ON comparisons.id = judgment_heads.comparison_id \
         JOIN users ON users.id = judgment_heads.user_id \
         LEFT JOIN comparisons AS earlier ON earlier.id = comparisons.repeat_of AND earlier.user_id = users.id \
         LEFT JOIN influence ON influence.user_id = users.id \
         WHERE judgment_heads.comparison_id > $1 AND judgments.at_ms < $3 AND (($7 = '' AND ",
    is_published!("$2"),
    " AND (comparisons.pack <> $5 OR (EXISTS (SELECT 1 FROM conversations \
                 WHERE conversations.id = comparisons.id AND conversations.at_ms <= $6) \
             AND EXISTS (SELECT 1 FROM consents WHERE consents.granted = 1 AND consents.id = \
                 (SELECT MAX(id) FROM consents AS log WHERE log.user_id = users.id AND log.purpose = 'publish_prompts'))))) \
         OR (judgments.withdrawn = 0 AND comparisons.simulated = $2 \
             AND EXISTS (SELECT 1 FROM study_questions \
                 WHERE study_questions.comparison_id = comparisons.id AND study_questions.study_id = $7) \
             AND EXISTS (SELECT 1 FROM study_consents WHERE study_consents.granted = 1 AND study_consents.id = \
                 (SELECT MAX(id) FROM study_consents AS log WHERE log.user_id = users.id AND log.study_id = $7)))) \
         ORDER BY judgment_heads.comparison_id LIMIT $4",
);

/// The last times that enter, milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until {
    /// Votes before this.
    pub cut_ms: i64,
    /// Conversations given until this ([`own_until`]).
    pub own_ms: i64,
}

/// The database as it was when the first page was read; others may be writing.
pub(crate) struct Snapshot {
    pool: Pool,
    view: connection::Snapshot,
    /// The study whose votes are wanted.
    pub(crate) study: Option<StudyRow>,
}

impl Snapshot {
    /// Opens the database of the settings.
    ///
    /// # Errors
    /// When there is none, it cannot be opened, or it has no such study.
    pub(crate) async fn open(config: &ReleaseConfig) -> anyhow::Result<Self> {
        let pool = Db::open_for_reading(&config.database()).await?;
        let mut view = pool.snapshot().await?;
        let study =
            match &config.study {
                Some(id) => {
                    let query = view.query("SELECT * FROM studies WHERE id = $1").bind(id);
                    let found: Option<StudyRow> = query.optional().await?;
                    Some(found.with_context(|| {
                        format!("there is no study {id}: see `palate study list`")
                    })?)
                }
                None => None,
            };
        Ok(Self { pool, view, study })
    }

    /// The next page of judgments after the comparison `after`: current, not withdrawn, before `cut_ms`, of people whose last
    /// word on `publish_votes` is yes, outside of studies; given by people, or by programs when `simulated`, never both. Votes
    /// on own prompts: of conversations that are published, were given until `own_ms`, and whose `publish_prompts` is yes too.
    /// Where a study is named: its votes and no others, of people whose last word on it is yes. Empty at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn page(
        &mut self,
        after: &str,
        until: Until,
        simulated: bool,
    ) -> sqlx::Result<Vec<Source>> {
        let study = self.study.as_ref().map_or("", |study| &study.id);
        let mut page: Vec<Source> = self
            .view
            .query(PUBLISHED)
            .bind(after)
            .bind(i64::from(simulated))
            .bind(until.cut_ms)
            .bind(PAGE)
            .bind(OWN_PACK)
            .bind(until.own_ms)
            .bind(study)
            .all()
            .await?;
        let Some(last) = page.last() else {
            return Ok(page);
        };
        let mut shown = shown_between(&mut self.view, after, &last.comparison_id).await?;
        for source in &mut page {
            source.shown = shown.remove(&source.comparison_id).unwrap_or_default();
        }
        Ok(page)
    }

    /// Reads the texts of a vote on an own prompt; of others nothing. One at a time: they are long.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn read_own(&mut self, source: &mut Source) -> sqlx::Result<()> {
        if source.pack == OWN_PACK {
            let query = "SELECT prompt_json, licence FROM conversations WHERE id = $1";
            let query = self.view.query(query).bind(&source.comparison_id);
            source.own = Some(query.one().await?);
        }
        Ok(())
    }

    /// Lets go of it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn close(self) -> sqlx::Result<()> {
        self.view.close().await?;
        self.pool.close().await;
        Ok(())
    }
}
