//! `POST /blind-tests`, `GET /blind-tests`: does personal generation help? Only from people who agreed to publish votes.

use serde::{Deserialize, Serialize};

use crate::ids::{ComparisonId, MethodId};

/// Body of `POST /blind-tests`. The same generation again replaces nothing: it is 200 with the same body, 409 with another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BlindTestRequest {
    /// The generation that both answers came from.
    pub generation: ComparisonId,
    /// Whether the personal pick was shown first; drawn at random.
    pub personal_first: bool,
    /// What was said.
    pub outcome: BlindOutcome,
    /// How the answers were made and picked.
    pub strategy: Strategy,
    /// The method that picked.
    pub method: MethodId,
    /// Examples that it knew.
    pub examples: u32,
    /// Candidates that it picked from.
    pub candidates: u8,
    /// Whether a program answered.
    #[serde(default)]
    pub simulated: bool,
}

/// How the answers were made and picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Best of N: candidates for anyone, picked for this person.
    BestOfN,
    /// The candidates were told preferences of the person (prompt-only).
    Episode,
    /// The candidates were told preferences and a description of the person (prompt-only).
    Described,
    /// The candidates were told a style instruction.
    Steered,
}

/// What was said of a personal pick and a default answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlindOutcome {
    /// The personal pick is better.
    Personal,
    /// The default answer is better.
    Default,
    /// Equally good.
    Equal,
    /// Both are bad.
    AllUnacceptable,
    /// Cannot tell.
    CantTell,
}

/// All tests of people who contribute, counted. Simulated ones are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlindTestTotals {
    /// People.
    pub people: u64,
    /// Tests.
    pub tests: u64,
    /// Of these, the personal pick was better.
    pub personal: u64,
    /// Of these, the default answer was better.
    pub default: u64,
    /// Of these, equally good, both bad or undecided.
    pub undecided: u64,
    /// Share of the personal pick among decided tests, averaged over people, with its 95 % interval: mean, low, high. Absent under 10 people, so that
    /// nobody is singled out.
    pub rate: Option<[f64; 3]>,
}
