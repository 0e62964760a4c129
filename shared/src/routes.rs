//! Paths of pages and of the API, in one place for both sides.

/// Pages that exist. Anything else is a real 404.
pub const PAGES: &[&str] = &[
    "/",
    "/rank",
    "/rank/4",
    "/compare",
    "/try",
    "/me",
    "/me/history",
    "/me/data",
    "/leaderboard",
    "/data",
    "/method",
    "/reproduce",
    "/guidelines",
    "/privacy",
    "/accessibility",
    "/studies",
];

/// Below it, one page a release.
pub const RELEASE_PAGES: &str = "/data/";

/// Below it, one page a study.
pub const STUDY_PAGES: &str = "/study/";

/// Prefix of the API.
pub const API: &str = "/api/v1";

/// `POST`: starts or resumes a session (cookie).
pub const SESSION: &str = "/api/v1/session";
/// `GET`: the work to do for a new session.
pub const SESSION_CHALLENGE: &str = "/api/v1/session/challenge";
/// `GET`, `DELETE ?mode=erase|unlink`: the person behind the session.
pub const ME: &str = "/api/v1/me";
/// `POST`: a new recovery code.
pub const ME_RECOVERY: &str = "/api/v1/me/recovery";
/// `POST`: a new public pseudonym.
pub const ME_ROTATE: &str = "/api/v1/me/rotate";
/// `GET`: everything held about the person.
pub const ME_EXPORT: &str = "/api/v1/me/export";
/// `POST`: opens the account of a recovery code.
pub const AUTH_RECOVERY: &str = "/api/v1/auth/recovery";
/// `GET`: consents in force.
pub const CONSENTS: &str = "/api/v1/consents";
/// `PUT`: one consent.
pub const CONSENT: &str = "/api/v1/consents/{purpose}";
/// `GET`: packs this server offers.
pub const PACKS: &str = "/api/v1/packs";
/// `POST`: blank single-use ballots, in advance.
pub const BALLOTS: &str = "/api/v1/ballots";
/// `POST`: records what was shown.
pub const COMPARISONS: &str = "/api/v1/comparisons";
/// `POST`: the judgment of a comparison; spends a ballot.
pub const COMPARISON_JUDGMENTS: &str = "/api/v1/comparisons/{id}/judgments";
/// `GET`: the catalogue of language models.
pub const MODELS: &str = "/api/v1/models";
/// `POST`: answers of a language model, as a comparison whose panes are streamed.
pub const GENERATE: &str = "/api/v1/generate";
/// `GET` (server-sent events): what the panes of a generation write, from `Last-Event-ID` on.
pub const COMPARISON_STREAM: &str = "/api/v1/comparisons/{id}/stream";
/// `POST`: stops one pane of a generation, or all.
pub const COMPARISON_STOP: &str = "/api/v1/comparisons/{id}/stop";
/// `POST`: who wrote the answers, and their text without masks. Ends the blind part.
pub const COMPARISON_REVEAL: &str = "/api/v1/comparisons/{id}/reveal";
/// `POST`, `DELETE`: a typed prompt and its judged answers in the open data.
pub const COMPARISON_PUBLICATION: &str = "/api/v1/comparisons/{id}/publication";
/// `GET`: own prompts that the person published.
pub const PUBLICATIONS: &str = "/api/v1/publications";
/// `POST`: the outcome of one blind test of personal generation; `GET`: all of them, counted.
pub const BLIND_TESTS: &str = "/api/v1/blind-tests";
/// `GET`: makers of answers, rated over all published votes.
pub const LEADERBOARD: &str = "/api/v1/leaderboard";
/// `GET`: own history.
pub const JUDGMENTS: &str = "/api/v1/judgments";
/// `PATCH`: a new revision.
pub const JUDGMENT: &str = "/api/v1/judgments/{id}";
/// `GET`, `PUT`, `DELETE`: the profile blob, with ETag.
pub const PROFILE: &str = "/api/v1/profile";
/// `GET`: releases, newest first.
pub const RELEASES: &str = "/api/v1/releases";
/// `GET`: one file of a release.
pub const RELEASE_FILE: &str = "/api/v1/releases/{id}/{file}";
/// `GET`: one file in the folders of a large release.
pub const RELEASE_PART: &str = "/api/v1/releases/{id}/{table}/{day}/{pack}/{part}";
/// Operator: `GET` all studies, `POST` a new one.
pub const STUDIES: &str = "/api/v1/studies";
/// Operator, `POST`: what is wrong with a file of prompts and answers, by line. Nothing is stored.
pub const STUDIES_CHECK: &str = "/api/v1/studies/check";
/// `GET`: a study as its participants see it. Operator: `PATCH` opens, closes and sets quotas.
pub const STUDY: &str = "/api/v1/studies/{id}";
/// Operator, `GET`: how far a study has come.
pub const STUDY_PROGRESS: &str = "/api/v1/studies/{id}/progress";
/// `PUT`: agrees to take part in a study, or withdraws that.
pub const STUDY_CONSENT: &str = "/api/v1/studies/{id}/consent";
/// `POST`: the next question of a study.
pub const STUDY_NEXT: &str = "/api/v1/studies/{id}/next";
/// `GET`: what is kept for how long.
pub const PRIVACY: &str = "/api/v1/privacy";
/// `GET`: the OpenAPI document.
pub const OPENAPI: &str = "/api/v1/openapi.json";
/// `GET`: the process is alive.
pub const HEALTHZ: &str = "/healthz";
/// `GET`: the database answers.
pub const READYZ: &str = "/readyz";
