//! Weighs all current votes and the people behind them, and stores what the rules said.

use std::collections::{BTreeMap, HashMap};

use palate_shared::api::account::Assessment;
use palate_shared::ids::ResponseId;
use palate_shared::judgment::Judgment;
use sqlx::{AssertSqlSafe, FromRow};

use super::Db;
use super::comparisons::shown_between;
use super::connection::Connection;
use super::judgments::JudgmentRow;
use crate::clock::{DAY_MS, end_of_day, now_ms};
use crate::influence::{Check, Facts, RULE_VERSION, influences, passes_dwell};

/// Votes read at once.
const PAGE: i64 = 1000;

/// A current vote as the rules see it.
#[derive(Clone, Debug, FromRow)]
struct Vote {
    #[sqlx(flatten)]
    row: JudgmentRow,
    created_day: String,
    repeat_of: Option<String>,
}

/// What a person has said so far, while their votes are read.
#[derive(Default)]
struct Person {
    facts: Facts,
    days: std::collections::BTreeSet<i64>,
}

impl Db {
    /// Assesses every current vote given by a person. Returns how many.
    ///
    /// # Errors
    /// When the database fails or does not hold what was written; what was stored before stays.
    pub async fn assess(&self) -> anyhow::Result<u64> {
        let started_at = now_ms();
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        let mut assessed = 0;
        let mut after = String::new();
        loop {
            let page = self.votes_after(&after).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.0.row.comparison_id);
            let mut tx = self.write().await?;
            for (vote, shown) in &page {
                let judgment = vote.row.judgment()?;
                let person = people.entry(vote.row.user_id.clone()).or_default();
                person.count(vote, judgment.as_ref(), shown, started_at);
                let passed = passes_dwell(vote.row.dwell_ms);
                store_check(&mut tx, &vote.row.id, Check::Dwell, passed).await?;
                if let Some(passed) = self
                    .agrees_with_earlier(vote, judgment.as_ref(), shown)
                    .await?
                {
                    store_check(&mut tx, &vote.row.id, Check::Repeat, passed).await?;
                }
            }
            tx.commit().await?;
            assessed += page.len() as u64;
        }
        self.store_influences(&people, assessed, started_at).await?;
        Ok(assessed)
    }

    /// What the last assessment said of a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assessment(&self, user_id: &str) -> sqlx::Result<Option<Assessment>> {
        let row: Option<(f64, i64, Option<String>, i64)> = self.reader().query(
            "SELECT weight, is_settled, quarantine, rule_version FROM influence WHERE user_id = $1",
        )
        .bind(user_id)
        .optional()
        .await?;
        Ok(row.map(
            |(weight, is_settled, quarantine, rule_version)| Assessment {
                weight,
                is_settled: is_settled == 1,
                quarantine,
                rule_version: u32::try_from(rule_version).unwrap_or_default(),
            },
        ))
    }

    async fn votes_after(&self, after: &str) -> sqlx::Result<Vec<(Vote, Vec<ResponseId>)>> {
        let votes: Vec<Vote> = self.reader().query(
            "SELECT judgments.*, users.created_day, comparisons.repeat_of FROM judgment_heads \
             JOIN judgments ON judgments.id = judgment_heads.judgment_id \
             JOIN comparisons ON comparisons.id = judgment_heads.comparison_id \
             JOIN users ON users.id = judgment_heads.user_id \
             WHERE judgment_heads.comparison_id > $1 AND judgments.withdrawn = 0 AND comparisons.simulated = 0 \
             ORDER BY judgment_heads.comparison_id LIMIT $2",
        )
        .bind(after)
        .bind(PAGE)
        .all()
        .await?;
        let Some(last) = votes.last() else {
            return Ok(vec![]);
        };
        let mut shown = shown_between(self.reader(), after, &last.row.comparison_id).await?;
        Ok(votes
            .into_iter()
            .map(|vote| {
                let shown = shown.remove(&vote.row.comparison_id).unwrap_or_default();
                (vote, shown)
            })
            .collect())
    }

    /// Whether a repeated question was answered as before; `None` when it was not asked before, or one of the answers
    /// states no preference.
    async fn agrees_with_earlier(
        &self,
        vote: &Vote,
        judgment: Option<&Judgment>,
        shown: &[ResponseId],
    ) -> anyhow::Result<Option<bool>> {
        let (Some(earlier), Some(judgment), [a, b]) = (&vote.repeat_of, judgment, shown) else {
            return Ok(None);
        };
        let earlier: Option<JudgmentRow> = self.reader().query(
            "SELECT judgments.* FROM judgment_heads JOIN judgments ON judgments.id = judgment_heads.judgment_id \
             WHERE judgment_heads.comparison_id = $1 AND judgment_heads.user_id = $2",
        )
        .bind(earlier)
        .bind(&vote.row.user_id)
        .optional()
        .await?;
        let earlier = earlier.map(|row| row.judgment()).transpose()?.flatten();
        let before = earlier.and_then(|earlier| earlier.label(a, b));
        Ok(before
            .zip(judgment.label(a, b))
            .map(|(before, now)| before == now))
    }

    async fn store_influences(
        &self,
        people: &BTreeMap<String, Person>,
        assessed: u64,
        started_at: i64,
    ) -> anyhow::Result<()> {
        let facts: Vec<Facts> = people
            .values()
            .map(|person| Facts {
                days: person.days.len() as u64,
                ..person.facts
            })
            .collect();
        let mut tx = self.write().await?;
        let mut quarantined = HashMap::new();
        for (user_id, (facts, influence)) in people.keys().zip(facts.iter().zip(influences(&facts)))
        {
            let quarantine = influence.quarantine.map(|reason| reason.as_str());
            if let Some(reason) = quarantine {
                *quarantined.entry(reason).or_insert(0u64) += 1;
            }
            // Whoever left meanwhile is passed over, and whoever leaves now is waited for.
            let lock = tx.lock_by("FOR KEY SHARE");
            tx.query(AssertSqlSafe(format!(
                "INSERT INTO influence (user_id, votes, weight, is_settled, quarantine, rule_version, at_ms) \
                 SELECT id, $2, $3, $4, $5, $6, $7 FROM users WHERE id = $1 {lock} \
                 ON CONFLICT (user_id) DO UPDATE SET votes = excluded.votes, weight = excluded.weight, \
                 is_settled = excluded.is_settled, quarantine = excluded.quarantine, \
                 rule_version = excluded.rule_version, at_ms = excluded.at_ms",
            )))
            .bind(user_id)
            .bind(i64::try_from(facts.votes)?)
            .bind(influence.weight)
            .bind(i64::from(influence.is_settled))
            .bind(quarantine)
            .bind(RULE_VERSION)
            .bind(started_at)
            .execute()
            .await?;
        }
        // People without a current vote weigh nothing that could be stored.
        tx.query("DELETE FROM influence WHERE at_ms < $1")
            .bind(started_at)
            .execute()
            .await?;
        let result = serde_json::json!({
            "votes": assessed, "people": people.len(), "quarantined": quarantined, "rule_version": RULE_VERSION,
        });
        super::purge::log_job(&mut tx, "assess", started_at, &result.to_string()).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Person {
    fn count(
        &mut self,
        vote: &Vote,
        judgment: Option<&Judgment>,
        shown: &[ResponseId],
        now_ms: i64,
    ) {
        let facts = &mut self.facts;
        facts.votes += 1;
        facts.too_fast += u64::from(!passes_dwell(vote.row.dwell_ms));
        if let (Some(judgment), [first, second]) = (judgment, shown) {
            match judgment.label(first, second) {
                Some(1.0) => (facts.ranked, facts.first) = (facts.ranked + 1, facts.first + 1),
                Some(0.0) => facts.ranked += 1,
                _ => {}
            }
        }
        facts.age_days =
            end_of_day(&vote.created_day).map_or(0, |end| (now_ms - end).div_euclid(DAY_MS) + 1);
        self.days.insert(vote.row.at_ms.div_euclid(DAY_MS));
    }
}

async fn store_check(
    connection: &mut Connection,
    judgment_id: &str,
    check: Check,
    passed: bool,
) -> sqlx::Result<()> {
    let lock = connection.lock_by("FOR KEY SHARE");
    connection.query(AssertSqlSafe(format!(
        "INSERT INTO quality (judgment_id, check_name, passed, weight, rule_version) \
         SELECT id, $2, $3, $4, $5 FROM judgments WHERE id = $1 {lock} \
         ON CONFLICT (judgment_id, check_name) DO UPDATE SET passed = excluded.passed, weight = excluded.weight, \
         rule_version = excluded.rule_version",
    )))
    .bind(judgment_id)
    .bind(check.as_str())
    .bind(i64::from(passed))
    .bind(check.weight(passed))
    .bind(RULE_VERSION)
    .execute()
    .await
    .map(drop)
}
