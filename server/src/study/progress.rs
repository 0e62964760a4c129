//! How far a study has come, and how far people agree.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use palate_crowd::agreement::{Agreement, Answers, Scale, value_of};
use palate_crowd::{Resampling, pairs};
use palate_shared::api::studies::{
    StudyAgreement, StudyBin, StudyDay, StudyProgress, StudyRepeats,
};
use palate_shared::judgment::Judgment;

use super::pool::Pool;
use crate::clock::{day, now_ms};
use crate::db::studies::StudyRow;
use crate::db::study_votes::StudyVote;
use crate::db::{Db, from_wire_name};

/// Values of an answer to a pair: first, tie, second, neither.
const VALUES: usize = 4;

/// Reads and counts the votes of a study, page by page: what is kept grows with comparisons and days.
///
/// # Errors
/// When the database fails or does not hold what was written.
pub async fn progress(
    db: &Db,
    data_dir: &Path,
    row: &StudyRow,
    pool: Arc<Pool>,
) -> anyhow::Result<StudyProgress> {
    let study = super::describe(db, data_dir, row).await?;
    let open = db.open_questions(&row.id, now_ms()).await?;
    let mut counting = Counting::default();
    let mut view = db.reader().snapshot().await?;
    let mut last = None;
    loop {
        let page = view.study_votes_after(&row.id, last.as_ref()).await?;
        for vote in &page {
            counting.add(vote, &pool)?;
        }
        last = page.into_iter().next_back();
        if last.is_none() {
            break;
        }
    }
    view.close().await?;
    let overlap = row.overlap.unsigned_abs();
    let needed = |bin: &StudyBin| overlap.max(bin.votes) * bin.comparisons;
    let histogram = histogram(&counting.per_unit, pool.len() as u64);
    let answers = counting.answers;
    let found = tokio::task::spawn_blocking(move || {
        answers.agreement(Scale::Nominal, Resampling::default())
    })
    .await?;
    Ok(StudyProgress {
        study,
        first_votes: histogram
            .iter()
            .map(|bin| bin.votes * bin.comparisons)
            .sum(),
        votes_needed: histogram.iter().map(needed).sum(),
        open_questions: open.unsigned_abs(),
        histogram,
        agreement: agreement(&found),
        repeats: counting.repeats,
        days: counting
            .days
            .into_iter()
            .map(|(day, (votes, people))| StudyDay {
                day,
                votes,
                people: people.len() as u64,
            })
            .collect(),
    })
}

/// What votes say that were read so far.
struct Counting {
    /// First votes of each comparison that are no skip.
    per_unit: HashMap<i64, u64>,
    answers: Answers,
    /// Votes and the numbers of who gave them.
    days: BTreeMap<String, (u64, HashSet<u64>)>,
    repeats: StudyRepeats,
    /// Votes come by person: the one whose are read now, and their number.
    person: (String, u64),
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            per_unit: HashMap::new(),
            answers: Answers::new(VALUES),
            days: BTreeMap::new(),
            repeats: StudyRepeats::default(),
            person: (String::new(), 0),
        }
    }
}

impl Counting {
    fn add(&mut self, vote: &StudyVote, pool: &Pool) -> anyhow::Result<()> {
        if self.person.0 != vote.user_id {
            self.person = (vote.user_id.clone(), self.person.1 + 1);
        }
        let (votes, people) = self.days.entry(day(vote.at_ms)).or_default();
        *votes += 1;
        people.insert(self.person.1);
        let said = [&vote.outcome, &vote.groups_json, &vote.unacceptable_json];
        let value = value(vote.unit, said.map(String::as_str), pool)?;
        if vote.is_repeat == 0 {
            if vote.outcome != "skip" {
                *self.per_unit.entry(vote.unit).or_default() += 1;
                if let Some(value) = value {
                    self.answers.add(&vote.unit.to_string(), value)?;
                }
            }
            return Ok(());
        }
        if let (Some(outcome), Some(groups), Some(unacceptable), Some(now)) = (
            vote.earlier_outcome.as_deref(),
            vote.earlier_groups_json.as_deref(),
            vote.earlier_unacceptable_json.as_deref(),
            value,
        ) && let Some(before) = self::value(vote.unit, [outcome, groups, unacceptable], pool)?
        {
            self.repeats.votes += 1;
            self.repeats.same += u64::from(before == now);
        }
        Ok(())
    }
}

/// What an outcome, groups and unacceptable answers say of a pair; `None` where they state nothing.
fn value(
    unit: i64,
    [outcome, groups, unacceptable]: [&str; 3],
    pool: &Pool,
) -> anyhow::Result<Option<usize>> {
    let judgment = Judgment {
        outcome: from_wire_name(outcome)?,
        groups: serde_json::from_str(groups)?,
        unacceptable: serde_json::from_str(unacceptable)?,
        strength: None,
        reasons: vec![],
    };
    let Some((_, answers)) = usize::try_from(unit).ok().and_then(|unit| pool.unit(unit)) else {
        return Ok(None);
    };
    let shown = answers.map(|answer| answer.id.clone());
    Ok(pairs(&judgment, &shown).first().map(|pair| {
        value_of(
            shown[pair.first].as_str(),
            shown[pair.second].as_str(),
            pair.outcome,
        )
    }))
}

fn histogram(per_unit: &HashMap<i64, u64>, units: u64) -> Vec<StudyBin> {
    let most = per_unit.values().copied().max().unwrap_or(0);
    (0..=most)
        .map(|votes| {
            let with_votes = || per_unit.values().filter(|count| **count == votes).count() as u64;
            StudyBin {
                votes,
                comparisons: if votes == 0 {
                    units.saturating_sub(per_unit.len() as u64)
                } else {
                    with_votes()
                },
            }
        })
        .collect()
}

fn agreement(found: &Agreement) -> StudyAgreement {
    StudyAgreement {
        alpha: found.alpha,
        percent: found.percent,
        comparisons: found.units as u64,
        votes: found.judgments,
    }
}
