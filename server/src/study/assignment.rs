//! The next question of a person: the one that is before them, or a new one.

use std::collections::HashSet;

use anyhow::Context;
use palate_shared::api::studies::{StudyPolicy, StudySettings};
use palate_shared::event::Policy;
use palate_shared::ids::ResponseId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::chooser::{Choice, Rule, choose};
use super::pool::Pool;
use crate::clock::MINUTE_MS;
use crate::db::assignments::{Asked, NewQuestion, QuestionRow};
use crate::db::studies::StudyRow;
use crate::db::{Db, wire_name};
use crate::secret::random_bytes;

/// How long a question is kept for a person.
const KEPT_MS: i64 = 60 * MINUTE_MS;
/// How much later its place is free: a vote that is being stored is still counted.
const GRACE_MS: i64 = MINUTE_MS;
/// Latest votes of a person that are not asked again yet.
const NOT_YET_AGAIN: usize = 3;

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This question.
    Question(QuestionRow),
    /// Nothing more.
    Done,
    /// The study is closed.
    Closed,
}

/// Gives a person the next question.
///
/// # Errors
/// When the database fails, or there is no randomness.
pub async fn next(
    db: &Db,
    study: &StudyRow,
    pool: &Pool,
    user_id: &str,
    now_ms: i64,
) -> anyhow::Result<Next> {
    let settings = study.settings()?;
    let mut giving = db.give(&study.id).await?;
    if giving.state().await? != "open" {
        return Ok(Next::Closed);
    }
    let taken = giving.taken(now_ms - GRACE_MS).await?;
    let has_room = |unit: i64| taken.get(&unit).is_none_or(|taken| *taken < study.overlap);
    let asked = giving.asked(user_id).await?;
    let is_full = match study.quota {
        Some(quota) => giving.given(now_ms - GRACE_MS).await? >= quota,
        None => false,
    };
    if let Some(mut question) = giving.unanswered(user_id).await? {
        if question.expires_at > now_ms {
            return Ok(Next::Question(question));
        }
        let may_renew = question.is_repeat == 1 || has_room(question.unit);
        if may_renew && !is_full {
            question.expires_at = now_ms + KEPT_MS;
            giving.renew(&question).await?;
            return Ok(Next::Question(question));
        }
    }
    let own = asked.iter().filter(|asked| asked.outcome.is_some()).count();
    if is_full
        || settings
            .quota_per_person
            .is_some_and(|most| own >= most as usize)
    {
        return Ok(Next::Done);
    }
    let seen: HashSet<i64> = asked.iter().map(|asked| asked.unit).collect();
    let units = i64::try_from(pool.len())?;
    let left: Vec<i64> = (0..units)
        .filter(|unit| !seen.contains(unit) && has_room(*unit))
        .collect();
    let votes: Vec<u64> = left
        .iter()
        .map(|unit| taken.get(unit).map_or(0, |taken| taken.unsigned_abs()))
        .collect();
    let again = can_be_asked_again(&asked);
    let mut rng = StdRng::from_seed(random_bytes()?);
    let rule = Rule {
        policy: settings.policy,
        random_floor: settings.random_floor,
        repeats: settings.repeats,
    };
    let Some(choice) = choose(rule, &votes, again.len(), &mut rng) else {
        return Ok(Next::Done);
    };
    let earlier = choice.is_repeat.then(|| again[choice.index]);
    let unit = earlier.map_or_else(|| left[choice.index], |earlier| earlier.unit);
    let question = QuestionRow {
        comparison_id: uuid::Uuid::now_v7().to_string(),
        unit,
        is_repeat: i64::from(choice.is_repeat),
        policy: wire_name(&policy(&settings, &choice))?,
        propensity: choice.propensity,
        expires_at: now_ms + KEPT_MS,
    };
    let (prompt, [first, second]) = usize::try_from(unit)
        .ok()
        .and_then(|unit| pool.unit(unit))
        .context("the study has no such comparison")?;
    let mut shown = [first.id.0.clone(), second.id.0.clone()];
    match earlier {
        Some(earlier) => {
            let before = db.shown(user_id, &earlier.comparison_id).await?;
            if before.first().map(ResponseId::as_str) == Some(shown[0].as_str()) {
                shown.reverse();
            }
        }
        None if rng.random_bool(0.5) => shown.reverse(),
        None => {}
    }
    giving
        .ask(&NewQuestion {
            question: question.clone(),
            study_id: study.id.clone(),
            items_sha256: study.items_sha256.clone(),
            user_id: user_id.to_owned(),
            prompt: prompt.id.0.clone(),
            shown,
            repeat_of: earlier.map(|earlier| earlier.comparison_id.clone()),
            now_ms,
        })
        .await?;
    Ok(Next::Question(question))
}

fn policy(settings: &StudySettings, choice: &Choice) -> Policy {
    match (choice.is_repeat, settings.policy) {
        (true, _) => Policy::Repeat,
        (false, StudyPolicy::LeastAnnotated) => Policy::LeastAnnotated,
        (false, StudyPolicy::UniformRandom) => Policy::UniformRandom,
    }
}

/// First votes that stand and were not asked again, without skips and the latest.
fn can_be_asked_again(asked: &[Asked]) -> Vec<&Asked> {
    let repeated: HashSet<i64> = asked
        .iter()
        .filter(|asked| asked.is_repeat == 1)
        .map(|asked| asked.unit)
        .collect();
    let judged: Vec<&Asked> = asked
        .iter()
        .filter(|asked| asked.outcome.as_deref().is_some_and(|said| said != "skip"))
        .collect();
    let before = judged.len().saturating_sub(NOT_YET_AGAIN);
    judged[..before]
        .iter()
        .copied()
        .filter(|asked| asked.is_repeat == 0 && !repeated.contains(&asked.unit))
        .collect()
}
