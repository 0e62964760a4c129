//! `/studies`: a researcher's own prompts and answers, the people who judge them, and how far they have come.
//!
//! The operator's calls carry `Authorization: Bearer TOKEN`, never a cookie; those of participants carry the session.

use serde::{Deserialize, Serialize};

use crate::event::Policy;
use crate::ids::{BallotId, ComparisonId, ResponseId, StudyId};
use crate::stats::Estimate;

/// Most problems of a file that are listed.
pub const MOST_SOURCE_ERRORS: usize = 100;

/// Most questions of a file that are shown before it becomes a study.
pub const MOST_PREVIEWS: usize = 3;

/// Whether a study asks questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StudyState {
    /// Not yet; participants do not see it.
    Draft,
    /// Yes.
    Open,
    /// No more; it may be opened again.
    Closed,
}

/// How a study chooses among the comparisons that a person has not seen and that need votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StudyPolicy {
    /// One of those with the fewest votes; with the probability `random_floor`, any.
    #[default]
    LeastAnnotated,
    /// Any.
    UniformRandom,
}

/// How a file of prompts and answers is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// One JSON object a line.
    Jsonl,
    /// A header, then a row a record; commas, quoted by `"`.
    Csv,
    /// Apache Parquet; `content` is base64.
    Parquet,
}

/// What the columns of a file mean. Told from their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceLayout {
    /// `prompt` and a list `responses`: a line of our own packs.
    Pack,
    /// `prompt`, `chosen`, `rejected`: TRL's preference rows.
    Preference,
    /// `prompt`, `response_a`, `response_b`, or `conversation_a`, `conversation_b`: rows of an arena.
    Arena,
}

/// A file of prompts and answers. Body of `POST /studies/check`; at most 8 MiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StudySource {
    /// How it is written.
    pub format: SourceFormat,
    /// The text of the file; base64 where it is no text.
    pub content: String,
}

/// What is wrong at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceError {
    /// Line of a text, counted from 1; row of a Parquet file, counted from 1; `None` where it is the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

/// What a file holds, and what is wrong with it. It becomes a study only without errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceReport {
    /// What its columns mean; `None` where that cannot be told.
    pub layout: Option<SourceLayout>,
    /// Prompts without errors; equal ones are one.
    pub prompts: u64,
    /// Their answers; equal ones of a prompt are one.
    pub answers: u64,
    /// Pairs of answers to the same prompt: what people are asked about.
    pub comparisons: u64,
    /// How many errors there are.
    pub errors_in_all: u64,
    /// The first [`MOST_SOURCE_ERRORS`] of them, in the order of the file.
    pub errors: Vec<SourceError>,
    /// The first [`MOST_PREVIEWS`] questions, as participants would read them.
    #[serde(default)]
    pub preview: Vec<SourcePreview>,
}

/// A question that a file would ask. The sides are drawn anew for every person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourcePreview {
    /// Markdown, untrusted.
    pub prompt: String,
    /// Two of its answers, markdown, untrusted.
    pub answers: Vec<String>,
}

/// Settings of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StudySettings {
    /// Name for people, 1 to 200 characters.
    pub title: String,
    /// How to judge, markdown, 1 to 20,000 characters.
    pub guidelines: String,
    /// What participants agree to, 1 to 20,000 characters.
    pub consent_text: String,
    /// SPDX id of the licence of prompts and answers, as a release names it.
    #[serde(default = "no_licence")]
    pub licence: String,
    /// Votes of different people that each comparison needs, 1 to 1,000.
    #[serde(default = "three")]
    pub overlap: u32,
    /// Share of questions that ask again what the person judged, with the sides swapped; 0 to 0.5.
    #[serde(default)]
    pub repeats: f64,
    /// With this probability any comparison is asked instead of one with the fewest votes; 0 to 1.
    #[serde(default = "a_tenth")]
    pub random_floor: f64,
    /// How comparisons are chosen.
    #[serde(default)]
    pub policy: StudyPolicy,
    /// Most votes of one person, repeats included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_person: Option<u32>,
    /// Most votes in all, repeats included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
}

fn no_licence() -> String {
    "LicenseRef-unknown".to_owned()
}

fn three() -> u32 {
    3
}

fn a_tenth() -> f64 {
    0.1
}

/// Body of `POST /studies`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StudyRequest {
    /// Settings.
    pub settings: StudySettings,
    /// Prompts and answers.
    pub source: StudySource,
}

/// Answer of `POST /studies`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyCreated {
    /// The study, a draft; `None` when the file has errors and nothing was stored.
    pub study: Option<Study>,
    /// What the file holds.
    pub report: SourceReport,
}

/// A study as its operator sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Study {
    /// Its id.
    pub id: StudyId,
    /// Settings in force.
    pub settings: StudySettings,
    /// Whether it asks questions.
    pub state: StudyState,
    /// When it was made, RFC 3339 UTC.
    pub created_at: String,
    /// Prompts.
    pub prompts: u64,
    /// Answers.
    pub answers: u64,
    /// Pairs of answers to the same prompt.
    pub comparisons: u64,
    /// Whether its answers are embedded. Assignment needs no vectors.
    pub has_vectors: bool,
    /// Current votes, repeats included.
    pub votes: u64,
    /// People who gave them.
    pub people: u64,
}

/// All studies, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Studies {
    /// Drafts and closed ones too.
    pub studies: Vec<Study>,
}

/// Body of `PATCH /studies/{id}`: what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StudyChange {
    /// Opens or closes it; it does not become a draft again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StudyState>,
    /// Most votes of one person; 0 is without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_person: Option<u32>,
    /// Most votes in all; 0 is without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
}

/// How far a study has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyProgress {
    /// The study.
    pub study: Study,
    /// Current votes that are no repeats.
    pub first_votes: u64,
    /// Votes at which every comparison has reached its overlap.
    pub votes_needed: u64,
    /// Questions that are before someone now.
    pub open_questions: u64,
    /// Comparisons by how many people judged them, from 0 on, without gaps.
    pub histogram: Vec<StudyBin>,
    /// How far people agree.
    pub agreement: StudyAgreement,
    /// Votes that asked again, and how many of them said the same as before.
    pub repeats: StudyRepeats,
    /// Votes by day, oldest first.
    pub days: Vec<StudyDay>,
}

/// Comparisons that so many people judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyBin {
    /// People.
    pub votes: u64,
    /// Comparisons.
    pub comparisons: u64,
}

/// Agreement over comparisons that two people or more judged. Repeats, skips and "can't tell" stay out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyAgreement {
    /// Krippendorff's alpha, nominal; `None` while it is not defined.
    pub alpha: Option<Estimate>,
    /// Share of pairs of people who said the same; `None` without comparisons.
    pub percent: Option<Estimate>,
    /// Such comparisons.
    pub comparisons: u64,
    /// Votes on them.
    pub votes: u64,
}

/// Questions asked twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyRepeats {
    /// Votes that repeat one which still stands.
    pub votes: u64,
    /// Of these, those that said the same.
    pub same: u64,
}

/// A day of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyDay {
    /// UTC, `YYYY-MM-DD`.
    pub day: String,
    /// Votes, repeats included.
    pub votes: u64,
    /// People.
    pub people: u64,
}

/// A study as a participant sees it. Drafts are seen by nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyPage {
    /// Its id.
    pub id: StudyId,
    /// Name for people.
    pub title: String,
    /// How to judge, markdown.
    pub guidelines: String,
    /// What participants agree to.
    pub consent_text: String,
    /// Version of that text: a hash.
    pub consent_version: String,
    /// The person's last word on it; `None` before the first.
    pub consent: Option<StudyConsent>,
    /// Whether it asks questions now.
    pub is_open: bool,
    /// Prompts.
    pub prompts: u64,
    /// Comparisons.
    pub comparisons: u64,
    /// The person's own current votes in it.
    pub own_votes: u64,
    /// Most questions that the person may still get, unless others are faster.
    pub own_left: u64,
}

/// Body of `PUT /studies/{id}/consent`. Appended, never updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StudyConsentRequest {
    /// Given or withdrawn.
    pub granted: bool,
    /// `consent_version` of the text that the person saw.
    pub text_version: String,
}

/// A person's last word on taking part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyConsent {
    /// Given or withdrawn.
    pub granted: bool,
    /// Version of the text.
    pub text_version: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// Answer of `POST /studies/{id}/next`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StudyNext {
    /// A question. The same again until it is judged or an hour has passed.
    Question(StudyQuestion),
    /// Nothing is left for this person, or the quota is reached.
    Done,
    /// The study is closed.
    Closed,
}

/// A comparison to judge with `POST /comparisons/{id}/judgments`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyQuestion {
    /// The comparison, stored already.
    pub id: ComparisonId,
    /// The prompt, markdown, untrusted.
    pub prompt: String,
    /// Answers in the order to show.
    pub responses: Vec<StudyResponse>,
    /// How it was chosen.
    pub policy: Policy,
    /// Exact probability of this comparison, in either order, when it was chosen.
    pub propensity: f64,
    /// Whether the person judged it before.
    pub is_repeat: bool,
    /// A blank ballot to spend on it.
    pub ballot: BallotId,
    /// Until when it is kept for this person, RFC 3339 UTC.
    pub expires_at: String,
}

/// An answer, without who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StudyResponse {
    /// Id.
    pub id: ResponseId,
    /// Markdown, untrusted.
    pub text: String,
}
