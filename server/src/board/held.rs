//! What is kept of all published votes: counts, pack by pack and topic by topic, with style and without.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use palate_crowd::{Comparison, Covariates, Influence, Statistics, pairs};
use palate_shared::api::leaderboard::{Cohort, LENGTH_VOTES, LeaderboardQuery};
use palate_shared::judgment::Judgment;

use super::items::{Items, style_names};
use crate::db::published::{Assessed, Published};

/// Weights of votes are multiples of this, so that their sums are exact in whatever order votes come.
const GRAIN: f64 = 1.0 / 1_048_576.0;

/// Counts of one topic, or of a pack. A board is computed from what it was given, while votes are taken into a copy: they are
/// copied only if that happens.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub plain: Arc<Statistics>,
    pub styled: Arc<Statistics>,
}

/// Counts of one pack.
#[derive(Debug, Default)]
struct Pack {
    whole: Counted,
    topics: BTreeMap<String, Counted>,
    version: u64,
}

/// Counts of all packs.
#[derive(Debug, Default)]
pub(super) struct Held {
    packs: BTreeMap<String, Pack>,
    /// Votes of each person, in all packs.
    people: HashMap<String, u64>,
    assessed: HashMap<String, Assessed>,
    /// Grows with every change.
    changes: u64,
    /// What was seen of what was written lately.
    pub seen: Seen,
}

/// What the last look saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When it began, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The assessment that weighed the votes.
    pub assessment: Option<String>,
    /// Ids of revisions, consents and receipts that were written lately.
    pub ids: std::collections::HashSet<String>,
}

/// The counts of one board, and how much each person counts.
#[derive(Debug)]
pub(super) struct Part {
    pub version: u64,
    pub counted: Counted,
    pub influences: HashMap<String, Influence>,
}

impl Default for Counted {
    fn default() -> Self {
        let style = Covariates::of_features(&style_names());
        Self {
            plain: Arc::new(Statistics::new()),
            styled: Arc::new(Statistics::with_covariates(style)),
        }
    }
}

impl Counted {
    fn add(&mut self, plain: &Comparison<'_>, styled: &Comparison<'_>) -> anyhow::Result<()> {
        Arc::make_mut(&mut self.plain).add(plain)?;
        Arc::make_mut(&mut self.styled).add(styled)?;
        Ok(())
    }

    fn forget(&mut self, user_id: &str) {
        Arc::make_mut(&mut self.plain).forget(user_id);
        Arc::make_mut(&mut self.styled).forget(user_id);
    }
}

impl Held {
    /// Nothing yet, but what the last assessment said of people. Versions go on from `changes`.
    pub(super) fn new(assessed: Vec<Assessed>, changes: u64) -> Self {
        Self {
            assessed: assessed
                .into_iter()
                .map(|one| (one.user_id.clone(), one))
                .collect(),
            changes,
            ..Self::default()
        }
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Version of the counts of a pack.
    pub(super) fn version(&self, pack: Option<&str>) -> u64 {
        let pack = pack.and_then(|pack| self.packs.get(pack));
        pack.map_or(0, |pack| pack.version)
    }

    /// People who hold votes.
    pub(super) fn people(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(String::as_str)
    }

    /// Adds a vote.
    ///
    /// # Errors
    /// When the database does not hold what was written.
    pub(super) fn add(&mut self, vote: &Published, items: &Items) -> anyhow::Result<()> {
        let Some(judgment) = vote.judgment()? else {
            return Ok(());
        };
        self.changes += 1;
        *self.people.entry(vote.user_id.clone()).or_default() += 1;
        self.count(vote, &judgment, items)
    }

    fn count(
        &mut self,
        vote: &Published,
        judgment: &Judgment,
        items: &Items,
    ) -> anyhow::Result<()> {
        let prompt = vote.prompt.as_str().into();
        let Some(question) = items.questions.get(&prompt) else {
            return Ok(());
        };
        let pack = self.packs.entry(items.pack.0.clone()).or_default();
        pack.version = self.changes;
        let topic = pack.topics.entry(question.topic.clone()).or_default();
        for pair in pairs(judgment, &vote.shown) {
            let answer = |place: usize| question.answers.get(&vote.shown[place]);
            let (Some(first), Some(second)) = (answer(pair.first), answer(pair.second)) else {
                continue;
            };
            if first.maker == second.maker {
                continue;
            }
            let plain = Comparison {
                weight: (pair.weight * vote.weight / GRAIN).round() * GRAIN,
                ..Comparison::plain(&vote.user_id, &first.maker, &second.maker, pair.outcome)
            };
            let styled = Comparison {
                first_style: &first.style,
                second_style: &second.style,
                ..plain
            };
            topic.add(&plain, &styled)?;
            pack.whole.add(&plain, &styled)?;
        }
        Ok(())
    }

    /// Takes back all votes of a person.
    pub(super) fn forget(&mut self, user_id: &str) {
        if self.people.remove(user_id).is_none() {
            return;
        }
        self.changes += 1;
        for pack in self.packs.values_mut() {
            pack.version = self.changes;
            pack.whole.forget(user_id);
            for counted in pack.topics.values_mut() {
                counted.forget(user_id);
            }
        }
    }

    /// What a board needs; `None` without votes on its pack.
    pub(super) fn part(&self, query: &LeaderboardQuery) -> Option<Part> {
        let pack = self.packs.get(query.pack.as_deref()?)?;
        let influences = self.people.iter().map(|(user_id, votes)| {
            let is_in = match query.cohort {
                Cohort::All => true,
                Cohort::Settled => self.is_settled(user_id),
                Cohort::Longer => prefers(&pack.whole.styled, user_id, true),
                Cohort::Shorter => prefers(&pack.whole.styled, user_id, false),
            };
            (user_id.clone(), self.influence(user_id, *votes, is_in))
        });
        let influences = influences.collect();
        let counted = match &query.topic {
            Some(topic) => pack.topics.get(topic)?,
            None => &pack.whole,
        };
        Some(Part {
            version: pack.version,
            counted: counted.clone(),
            influences,
        })
    }

    fn is_settled(&self, user_id: &str) -> bool {
        let assessed = self.assessed.get(user_id);
        assessed.is_some_and(|assessed| assessed.is_settled == 1)
    }

    /// Whoever was not assessed yet is new. What new people weigh together is capped where the votes are known.
    fn influence(&self, user_id: &str, votes: u64, is_in: bool) -> Influence {
        let assessed = self.assessed.get(user_id);
        let is_set_aside = assessed.is_some_and(|assessed| assessed.quarantine.is_some());
        let by_votes = Influence::by_votes(votes);
        Influence {
            weight: if is_in && !is_set_aside {
                by_votes.weight
            } else {
                0.0
            },
            is_settled: self.is_settled(user_id),
        }
    }
}

/// Whether a person chose the longer, or the shorter, answer more often than not.
fn prefers(styled: &Statistics, user_id: &str, longer: bool) -> bool {
    styled.longer_of(user_id).is_some_and(|share| {
        share.n >= LENGTH_VOTES
            && if longer {
                share.value > 0.5
            } else {
                share.value < 0.5
            }
    })
}
