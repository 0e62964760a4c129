//! Handlers, one file per resource.

pub mod ballots;
pub mod blind_tests;
pub mod comparisons;
pub mod consents;
pub mod export;
pub mod generate;
pub mod health;
pub mod judgments;
pub mod leaderboard;
pub mod me;
pub mod models;
pub mod packs;
pub mod privacy;
pub mod profile;
pub mod publications;
pub mod recovery;
pub mod releases;
pub mod session;
pub mod stream;
pub mod studies;
pub mod study;

use palate_shared::api::consents::Purpose;

use crate::db::users::Voter;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// Refuses unless the person agreed to keep or publish votes.
fn require_vote_consent(voter: &Voter) -> ApiResult<()> {
    if voter.agrees {
        Ok(())
    } else {
        Err(consent_required())
    }
}

async fn require_consent(state: &AppState, user_id: &str, purposes: &[Purpose]) -> ApiResult<()> {
    if state.db.has_consent(user_id, purposes).await? {
        return Ok(());
    }
    Err(consent_required())
}

fn consent_required() -> ApiError {
    ApiError::refused(
        axum::http::StatusCode::FORBIDDEN,
        "consent_required",
        "You have not agreed to store this on the server",
    )
    .advise("Agree with PUT /api/v1/consents/{purpose} first.")
}

/// Canonical form of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok_and(|id| id.to_string() == text)
}
