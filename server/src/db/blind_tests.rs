//! Outcomes of blind tests of personal generation.

use palate_shared::api::blind_tests::{BlindOutcome, BlindTestRequest};
use palate_shared::ids::{ComparisonId, MethodId};
use sqlx::FromRow;

use super::connection::Ask;
use super::{Db, from_wire_name, wire_name};

/// How storing an outcome ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Stored now.
    New,
    /// Stored before with the same body.
    Again,
    /// Another outcome of this generation is stored.
    Differs,
}

/// What a person's decided and undecided tests add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct PersonTests {
    /// Tests.
    pub tests: i64,
    /// Of these, the personal pick was better.
    pub personal: i64,
    /// Of these, the default answer was better.
    pub standard: i64,
}

#[derive(FromRow)]
struct Row {
    generation: String,
    personal_first: i64,
    outcome: String,
    strategy: String,
    method: String,
    examples: i64,
    candidates: i64,
    simulated: i64,
}

impl Row {
    fn request(self) -> anyhow::Result<BlindTestRequest> {
        Ok(BlindTestRequest {
            generation: ComparisonId(self.generation),
            personal_first: self.personal_first == 1,
            outcome: from_wire_name(&self.outcome)?,
            strategy: from_wire_name(&self.strategy)?,
            method: MethodId(self.method),
            examples: u32::try_from(self.examples)?,
            candidates: u8::try_from(self.candidates)?,
            simulated: self.simulated == 1,
        })
    }
}

const COLUMNS: &str = "SELECT generation, personal_first, outcome, strategy, method, examples, candidates, simulated FROM blind_tests \
     WHERE user_id = $1 ORDER BY at_ms, generation";

async fn of_person(database: impl Ask<'_>, user_id: &str) -> anyhow::Result<Vec<BlindTestRequest>> {
    let rows: Vec<Row> = database.ask(COLUMNS).bind(user_id).all().await?;
    rows.into_iter().map(Row::request).collect()
}

impl Db {
    /// Stores an outcome, or finds it stored.
    ///
    /// # Errors
    /// When the database fails; then nothing was stored.
    pub async fn keep_blind_test(
        &self,
        user_id: &str,
        test: &BlindTestRequest,
        now_ms: i64,
    ) -> anyhow::Result<Kept> {
        let mut tx = self.write().await?;
        let done = tx.query(
            "INSERT INTO blind_tests (user_id, generation, personal_first, outcome, strategy, method, examples, \
             candidates, simulated, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        )
        .bind(user_id)
        .bind(test.generation.as_str())
        .bind(i64::from(test.personal_first))
        .bind(wire_name(&test.outcome)?)
        .bind(wire_name(&test.strategy)?)
        .bind(test.method.as_str())
        .bind(i64::from(test.examples))
        .bind(i64::from(test.candidates))
        .bind(i64::from(test.simulated))
        .bind(now_ms)
        .execute()
        .await?;
        if done > 0 {
            tx.commit().await?;
            return Ok(Kept::New);
        }
        let kept = of_person(&mut *tx, user_id).await?;
        Ok(if kept.contains(test) {
            Kept::Again
        } else {
            Kept::Differs
        })
    }

    /// Outcomes that a person told, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blind_tests_of(&self, user_id: &str) -> anyhow::Result<Vec<BlindTestRequest>> {
        of_person(self.reader(), user_id).await
    }

    /// Tests of each person whose last word on `publish_votes` is yes and whose votes count; simulated ones are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blind_tests_by_person(&self) -> anyhow::Result<Vec<PersonTests>> {
        let people = self.reader().query(
            "SELECT COUNT(*) AS tests, SUM(CASE WHEN outcome = $1 THEN 1 ELSE 0 END) AS personal, \
             SUM(CASE WHEN outcome = $2 THEN 1 ELSE 0 END) AS standard FROM blind_tests \
             WHERE simulated = 0 \
             AND EXISTS (SELECT 1 FROM consents WHERE consents.granted = 1 AND consents.id = \
                 (SELECT MAX(id) FROM consents AS log WHERE log.user_id = blind_tests.user_id AND log.purpose = 'publish_votes')) \
             AND NOT EXISTS (SELECT 1 FROM influence WHERE influence.user_id = blind_tests.user_id \
                 AND influence.quarantine IS NOT NULL) \
             GROUP BY user_id",
        )
        .bind(wire_name(&BlindOutcome::Personal)?)
        .bind(wire_name(&BlindOutcome::Default)?)
        .all()
        .await?;
        Ok(people)
    }
}
