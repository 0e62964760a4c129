//! The leaderboard: ratings with intervals and ranks, and beside them what other methods say of the same votes.

use std::collections::{BTreeMap, BTreeSet};

use palate_shared::stats::{Estimate, Share};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Caution};
use crate::bootstrap::{Resampling, standing};
use crate::borda::Borda;
use crate::bradley_terry::{BradleyTerry, Prior};
use crate::copeland::Copeland;
use crate::error::Error;
use crate::influence::Influence;
use crate::minimax::Minimax;
use crate::statistics::Statistics;
use crate::table::{Table, View};

/// Version of the method, to be stored and shown with every leaderboard.
pub const METHOD_VERSION: u32 = 1;

/// How to make a leaderboard. Style is controlled for by the covariates of the statistics: without them it is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How statistics become a table.
    pub view: View,
    /// Of the ratings.
    pub prior: Prior,
    /// Of the intervals.
    pub resampling: Resampling,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            view: View::default(),
            prior: Prior::WEAK,
            resampling: Resampling::default(),
        }
    }
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub candidate: String,
    /// Place by rating, 1 is best.
    pub rank: usize,
    /// Best rank that it may hold at 95 %.
    pub rank_low: usize,
    /// Worst rank that it may hold at 95 %.
    pub rank_high: usize,
    /// Log-odds; the mean over candidates is 0. As Elo: `1000 + rating · 400 / ln 10`.
    pub rating: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Rating without the one in a hundred raters whose votes weigh most: far from the rating, a few people made it.
    /// `None` where nobody else voted on it, or their votes determine no rating.
    pub without_heaviest: Option<f64>,
    /// Votes on it, whatever they weigh, of raters that weigh anything.
    pub votes: u64,
    /// What those votes weigh.
    pub weight: f64,
    /// Weight of votes for it.
    pub wins: f64,
    /// Weight of votes against it.
    pub losses: f64,
    /// Weight of ties.
    pub ties: f64,
    /// Weight of "neither is acceptable".
    pub both_unacceptable: f64,
    /// Mean share of votes against each opponent, ties half.
    pub borda: f64,
    /// Opponents beaten by majority, draws half.
    pub copeland: f64,
    /// Its probability in the lottery that nobody beats.
    pub lottery: f64,
}

/// A share of votes with its 95 % interval by Wilson.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// In [0, 1]; one half is fair.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// On how many votes.
    pub votes: u32,
}

/// How much one covariate moves votes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its name.
    pub name: String,
    /// Log-odds of a win for one unit more than the other side.
    pub log_odds: Estimate,
}

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// By rating, best first; equal ratings by name.
    pub rows: Vec<Row>,
    /// Candidates on which only new raters voted while there are settled ones; they have no rating yet.
    pub waiting: Vec<String>,
    /// Votes, of raters that weigh anything.
    pub votes: u64,
    /// Those raters.
    pub raters: usize,
    /// Share of the weight that new raters have after caps.
    pub new_share: f64,
    /// Share of ties between two equal candidates, with its interval. `None` without ties.
    pub ties: Option<Estimate>,
    /// Of each covariate.
    pub effects: Vec<Effect>,
    /// No candidate is preferred to the lottery in more than (1 + this) / 2 of votes.
    pub lottery_gap: f64,
    /// Share of decided votes for the one shown first.
    pub first_shown: Option<Bias>,
    /// Share of decided votes for the longer one.
    pub longer: Option<Bias>,
    /// What must be said beside the ratings.
    pub cautions: Vec<Caution>,
    /// Resamples behind the intervals.
    pub resamples: usize,
    /// [`METHOD_VERSION`].
    pub method_version: u32,
}

/// Makes the leaderboard. `influence` says for each rater, by name and number of votes, how much they count.
///
/// # Errors
/// When nothing weighs anything or a setting is out of range.
pub fn leaderboard(
    statistics: &Statistics,
    settings: &Settings,
    influence: impl Fn(&str, u64) -> Influence,
) -> Result<Leaderboard, Error> {
    let table = statistics.table(&settings.view, &influence)?;
    let sample = table.sample();
    let method = BradleyTerry {
        prior: settings.prior,
    };
    let others = without_heaviest(statistics, settings, &table, &influence)?;
    let found = standing(&method, &table, settings.resampling)?;
    let borda = Borda.aggregate(&sample)?.values;
    let copeland = Copeland.aggregate(&sample)?.values;
    let lottery = Minimax::default().aggregate(&sample)?;
    let mut rows: Vec<Row> = table
        .candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            let (told, estimate, ranks) = (table.told[at], found.estimates[at], found.ranks[at]);
            Row {
                candidate: candidate.clone(),
                rank: ranks.own,
                rank_low: ranks.best,
                rank_high: ranks.worst,
                rating: estimate.value,
                low: estimate.low,
                high: estimate.high,
                without_heaviest: others.get(candidate).copied(),
                votes: told.votes,
                weight: told.weight,
                wins: told.wins,
                losses: told.losses,
                ties: told.ties,
                both_unacceptable: told.both_unacceptable,
                borda: borda[at],
                copeland: copeland[at],
                lottery: lottery.values[at],
            }
        })
        .collect();
    // The table is sorted by name and this sort is stable.
    rows.sort_by(|one, other| other.rating.total_cmp(&one.rating));
    let names = table.covariates.iter().zip(&found.further);
    let ln_tie = found.further.get(table.covariates.len());
    Ok(Leaderboard {
        rows,
        waiting: table.waiting.clone(),
        votes: table.votes,
        raters: table.raters,
        new_share: table.new_share,
        ties: ln_tie.map(|ln_tie| tie_share(*ln_tie)),
        effects: names
            .map(|(name, log_odds)| Effect {
                name: name.clone(),
                log_odds: *log_odds,
            })
            .collect(),
        lottery_gap: lottery.further[0],
        first_shown: table.first_shown().map(Bias::from),
        longer: table.longer().map(Bias::from),
        cautions: found.scores.cautions,
        resamples: settings.resampling.count,
        method_version: METHOD_VERSION,
    })
}

/// Ratings by name without the heaviest raters.
fn without_heaviest(
    statistics: &Statistics,
    settings: &Settings,
    table: &Table,
    influence: impl Fn(&str, u64) -> Influence,
) -> Result<BTreeMap<String, f64>, Error> {
    let heaviest: BTreeSet<&str> = table.heaviest.iter().map(String::as_str).collect();
    let others = statistics.table(&settings.view, |rater, votes| {
        let own = influence(rater, votes);
        let weight = if heaviest.contains(rater) {
            0.0
        } else {
            own.weight
        };
        Influence { weight, ..own }
    });
    let others = match others {
        Ok(others) => others,
        Err(Error::Empty) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let method = BradleyTerry {
        prior: settings.prior,
    };
    // Without a prior, what is left may determine nothing; the ratings themselves still stand.
    let ratings = method.fit(&others.sample()).map(|fit| fit.ratings);
    Ok(others
        .candidates
        .into_iter()
        .zip(ratings.unwrap_or_default())
        .collect())
}

/// ν / (2 + ν).
fn tie_share(ln_tie: Estimate) -> Estimate {
    let share = |ln_tie: f64| {
        let tie = crate::math::exp(ln_tie);
        tie / (2.0 + tie)
    };
    Estimate {
        value: share(ln_tie.value),
        low: share(ln_tie.low),
        high: share(ln_tie.high),
    }
}

impl From<Share> for Bias {
    fn from(share: Share) -> Self {
        Self {
            share: share.value,
            low: share.low,
            high: share.high,
            votes: share.n,
        }
    }
}
