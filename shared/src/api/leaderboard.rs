//! `GET /leaderboard`: makers of answers, rated over all published votes.

use serde::{Deserialize, Serialize};

use crate::ids::PackId;
use crate::stats::Estimate;

/// Decided votes on two lengths before it is told who likes which.
pub const LENGTH_VOTES: u32 = 8;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct LeaderboardQuery {
    /// A pack of at least two makers; the first one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// A topic of the pack; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Whether length, lists, headings and bold text are controlled for.
    #[serde(default)]
    pub style: bool,
    /// Whose votes.
    #[serde(default)]
    pub cohort: Cohort,
}

/// Whose votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// Everybody's; new people weigh a tenth at most.
    #[default]
    All,
    /// Of people who are no longer new.
    Settled,
    /// Of people who chose the longer answer in more than half of at least eight votes on answers of two lengths.
    Longer,
    /// Of people who chose the shorter one in more than half of as many.
    Shorter,
}

impl Cohort {
    /// All, in the order of the page.
    pub const ALL: [Self; 4] = [Self::All, Self::Settled, Self::Longer, Self::Shorter];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Settled => "settled",
            Self::Longer => "longer",
            Self::Shorter => "shorter",
        }
    }
}

/// The board of one pack, as asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Leaderboard {
    /// Packs of at least two makers; where all answers are by one, there is nobody to compare.
    pub packs: Vec<BoardPack>,
    /// Of this pack; none where there is no pack to compare.
    pub pack: Option<PackId>,
    /// Of this topic; none for all.
    pub topic: Option<String>,
    /// Whether style is controlled for.
    pub style: bool,
    /// Of these people.
    pub cohort: Cohort,
    /// Figures; none under ten people.
    pub figures: Option<Figures>,
    /// Version of the rules that weigh votes.
    pub rule_version: u32,
    /// Version of the method.
    pub method_version: u32,
    /// When it was computed, milliseconds since the Unix epoch.
    pub computed_at: i64,
}

/// A pack with a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardPack {
    /// Its id.
    pub id: PackId,
    /// Its name for people.
    pub title: String,
    /// Who wrote its answers.
    pub makers: Vec<String>,
    /// Its topics.
    pub topics: Vec<String>,
}

/// A share of decided votes with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bias {
    /// The share.
    pub share: Estimate,
    /// On how many votes.
    pub votes: u32,
}

/// How much one thing about an answer moves votes by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StyleEffect {
    /// Which feature: `length`, `lists` or `formatting`.
    pub name: String,
    /// Log-odds for one step more than the other answer.
    pub log_odds: Estimate,
}

/// What must be said beside the ratings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BoardCaution {
    /// These were never compared with the others, directly or by way of third ones.
    Disconnected {
        /// Who.
        makers: Vec<String>,
    },
    /// These never lost or tied: how far above they stand is not known.
    NeverLoses {
        /// Who.
        makers: Vec<String>,
    },
    /// Wins and ties do not overlap: how far the makers stand apart is not known.
    TiesApart,
}

/// All figures of a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// By rating, best first.
    pub rows: Vec<BoardRow>,
    /// Makers on whom only new people voted while there are settled ones.
    pub waiting: Vec<String>,
    /// Comparisons of two makers, of people that weigh anything.
    pub votes: u64,
    /// Those people.
    pub people: u64,
    /// Share of the weight that new people have.
    pub new_share: f64,
    /// Share of ties between two equal makers; none without ties.
    pub ties: Option<Estimate>,
    /// Of style, where it is controlled for.
    pub effects: Vec<StyleEffect>,
    /// No maker is preferred to the lottery in more than (1 + this) / 2 of votes.
    pub lottery_gap: f64,
    /// Three makers of whom each beats the next by majority, and the last the first.
    pub circle: Option<[String; 3]>,
    /// Share of decided votes for the answer shown first.
    pub first_shown: Option<Bias>,
    /// Share of decided votes for the longer answer.
    pub longer: Option<Bias>,
    /// What must be said beside the ratings.
    pub cautions: Vec<BoardCaution>,
    /// Resamples behind the intervals.
    pub resamples: u32,
}

/// One maker of answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardRow {
    /// Its name.
    pub maker: String,
    /// Place by rating, 1 is best.
    pub rank: u32,
    /// Best rank that it may hold at 95 %.
    pub rank_low: u32,
    /// Worst rank that it may hold at 95 %.
    pub rank_high: u32,
    /// Log-odds; the mean over makers is 0.
    pub rating: Estimate,
    /// The rating without the one in a hundred people whose votes weigh most.
    pub without_heaviest: Option<f64>,
    /// Comparisons of it with another maker.
    pub votes: u64,
    /// What they weigh.
    pub weight: f64,
    /// Weight of votes for it.
    pub wins: f64,
    /// Weight of votes against it.
    pub losses: f64,
    /// Weight of ties.
    pub ties: f64,
    /// Weight of "neither is acceptable".
    pub both_unacceptable: f64,
    /// Mean share of votes against each other maker, ties half.
    pub borda: f64,
    /// Other makers beaten by majority, draws half.
    pub copeland: f64,
    /// Its probability in the lottery that nobody beats.
    pub lottery: f64,
}
