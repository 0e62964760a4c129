//! How far a study has come, and how far people agree.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use palate_crowd::agreement::{Agreement, Answers, Scale, value_of};
use palate_crowd::{Resampling, pairs};
use palate_shared::api::studies::{
    StudyAgreement, StudyBin, StudyDay, StudyProgress, StudyRepeats,
};
use palate_shared::ids::ResponseId;
use palate_shared::judgment::Judgment;

use super::pool::Pool;
use crate::clock::{day, now_ms};
use crate::db::studies::StudyRow;
use crate::db::study_votes::StudyVote;
use crate::db::{Db, from_wire_name};

/// Values of an answer to a pair: first, tie, second, neither.
const VALUES: usize = 4;

/// Reads and counts the votes of a study.
///
/// # Errors
/// When the database fails or does not hold what was written.
pub async fn progress(
    db: &Db,
    data_dir: &Path,
    row: &StudyRow,
    pool: std::sync::Arc<Pool>,
) -> anyhow::Result<StudyProgress> {
    let study = super::describe(db, data_dir, row).await?;
    let votes = db.study_votes(&row.id).await?;
    let open = db.open_questions(&row.id, now_ms()).await?;
    let overlap = row.overlap.unsigned_abs();
    let counted = tokio::task::spawn_blocking(move || count(&votes, &pool)).await??;
    let needed = |bin: &StudyBin| overlap.max(bin.votes) * bin.comparisons;
    Ok(StudyProgress {
        study,
        first_votes: counted
            .histogram
            .iter()
            .map(|bin| bin.votes * bin.comparisons)
            .sum(),
        votes_needed: counted.histogram.iter().map(needed).sum(),
        open_questions: open.unsigned_abs(),
        histogram: counted.histogram,
        agreement: counted.agreement,
        repeats: counted.repeats,
        days: counted.days,
    })
}

/// What votes say.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    histogram: Vec<StudyBin>,
    agreement: StudyAgreement,
    repeats: StudyRepeats,
    days: Vec<StudyDay>,
}

fn count(votes: &[StudyVote], pool: &Pool) -> anyhow::Result<Counted> {
    let mut per_unit: HashMap<i64, u64> = HashMap::new();
    let mut answers = Answers::new(VALUES);
    let mut days: BTreeMap<String, (u64, HashSet<&str>)> = BTreeMap::new();
    let mut said: HashMap<&str, Option<usize>> = HashMap::new();
    let mut repeats = StudyRepeats::default();
    for vote in votes {
        let (votes, people) = days.entry(day(vote.at_ms)).or_default();
        *votes += 1;
        people.insert(&vote.user_id);
        let value = value(vote, pool)?;
        said.insert(&vote.comparison_id, value);
        if vote.is_repeat == 0 && vote.outcome != "skip" {
            *per_unit.entry(vote.unit).or_default() += 1;
            if let Some(value) = value {
                answers.add(&vote.unit.to_string(), value)?;
            }
        }
    }
    for vote in votes.iter().filter(|vote| vote.is_repeat == 1) {
        let earlier = vote.repeat_of.as_deref().and_then(|id| said.get(id));
        if let (Some(Some(earlier)), Some(Some(now))) =
            (earlier, said.get(vote.comparison_id.as_str()))
        {
            repeats.votes += 1;
            repeats.same += u64::from(earlier == now);
        }
    }
    Ok(Counted {
        histogram: histogram(&per_unit, pool.len() as u64),
        agreement: agreement(&answers.agreement(Scale::Nominal, Resampling::default())),
        repeats,
        days: days
            .into_iter()
            .map(|(day, (votes, people))| StudyDay {
                day,
                votes,
                people: people.len() as u64,
            })
            .collect(),
    })
}

/// What a vote says of its pair; `None` where it states nothing.
fn value(vote: &StudyVote, pool: &Pool) -> anyhow::Result<Option<usize>> {
    let judgment = Judgment {
        outcome: from_wire_name(&vote.outcome)?,
        groups: serde_json::from_str(&vote.groups_json)?,
        unacceptable: serde_json::from_str(&vote.unacceptable_json)?,
        strength: None,
        reasons: vec![],
    };
    let Some((_, answers)) = usize::try_from(vote.unit)
        .ok()
        .and_then(|unit| pool.unit(unit))
    else {
        return Ok(None);
    };
    let shown: Vec<ResponseId> = answers.iter().map(|answer| answer.id.clone()).collect();
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
