//! `/studies/{id}` for participants: what it is, agreeing to take part, the next question.

use axum::extract::State;
use palate_shared::api::studies::{
    StudyConsent, StudyConsentRequest, StudyNext, StudyPage, StudyQuestion, StudyResponse,
};
use palate_shared::ids::{ComparisonId, StudyId};
use palate_shared::problem::Problem;

use super::consent_required;
use super::studies::find;
use crate::ballot;
use crate::clock::{now_ms, rfc3339};
use crate::db::from_wire_name;
use crate::db::studies::StudyRow;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, MaybePerson, Path, Person};
use crate::state::AppState;
use crate::study::assignment::{self, Next};
use crate::study::consent_version;

/// A study that is or was open, and how far the person has come in it, if there is one.
///
/// # Errors
/// For a study that is not there, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::STUDY, operation_id = "read_study", tag = "studies", security((), ("session" = [])),
    params(("id" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "As participants see it", body = StudyPage),
        (status = 404, description = "No such study", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn read(
    State(state): State<AppState>,
    MaybePerson(user): MaybePerson,
    Path(id): Path<StudyId>,
) -> ApiResult<Json<StudyPage>> {
    let row = published(&state, &id).await?;
    let (own, consent) = match &user {
        Some(user) => (
            state.db.study_totals(&row.id, Some(&user.id)).await?.votes,
            state.db.study_consent(&row.id, &user.id).await?,
        ),
        None => (0, None),
    };
    let most = row
        .quota_per_person
        .unwrap_or(i64::MAX)
        .min(row.comparisons);
    Ok(Json(StudyPage {
        consent,
        consent_version: consent_version(&row.consent_text),
        is_open: row.state == "open",
        prompts: row.prompts.unsigned_abs(),
        comparisons: row.comparisons.unsigned_abs(),
        own_votes: own.unsigned_abs(),
        own_left: (most - own).max(0).unsigned_abs(),
        id,
        title: row.title,
        guidelines: row.guidelines,
        consent_text: row.consent_text,
    }))
}

/// Agrees to take part, or withdraws that: then the votes stay out of the study's later releases.
///
/// # Errors
/// Without a session, for a text that is not the study's, or when storage fails.
#[utoipa::path(
    put, path = palate_shared::routes::STUDY_CONSENT, operation_id = "give_study_consent", tag = "studies", security(("session" = [])), request_body = StudyConsentRequest,
    params(("id" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "In force", body = StudyConsent),
        (status = 404, description = "No such study", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn consent(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<StudyId>,
    Json(request): Json<StudyConsentRequest>,
) -> ApiResult<Json<StudyConsent>> {
    let row = published(&state, &id).await?;
    if request.text_version != consent_version(&row.consent_text) {
        return Err(
            ApiError::invalid("consent_invalid", "The text of this study is another one")
                .advise("Read it with GET /api/v1/studies/{id}."),
        );
    }
    let now = now_ms();
    state
        .db
        .append_study_consent(&row.id, &user.id, &request, now)
        .await?;
    Ok(Json(StudyConsent {
        granted: request.granted,
        text_version: request.text_version,
        at: rfc3339(now),
    }))
}

/// The question that is before the person, or the next one, with a ballot for it.
///
/// # Errors
/// Without session or consent, for a study that is not there, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::STUDY_NEXT, operation_id = "ask_study", tag = "studies", security(("session" = [])),
    params(("id" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "A question, or why there is none", body = StudyNext),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such study", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn next(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<StudyId>,
) -> ApiResult<Json<StudyNext>> {
    let row = published(&state, &id).await?;
    let consent = state.db.study_consent(&row.id, &user.id).await?;
    if !consent.is_some_and(|consent| consent.granted) {
        return Err(consent_required().advise("Agree with PUT /api/v1/studies/{id}/consent first."));
    }
    let pool = state
        .pools
        .get(&state.config.data_dir, &row.items_sha256)
        .await?;
    let now = now_ms();
    let question = match assignment::next(&state.db, &row, &pool, &user.id, now).await? {
        Next::Done => return Ok(Json(StudyNext::Done)),
        Next::Closed => return Ok(Json(StudyNext::Closed)),
        Next::Question(question) => question,
    };
    let shown = state.db.shown(&user.id, &question.comparison_id).await?;
    let unit = usize::try_from(question.unit).map_err(|error| ApiError::Internal(error.into()))?;
    let (prompt, answers) = pool
        .unit(unit)
        .ok_or_else(|| ApiError::Internal(anyhow::anyhow!("the study has no such comparison")))?;
    let responses = shown
        .iter()
        .filter_map(|id| answers.iter().find(|answer| answer.id == *id))
        .map(|answer| StudyResponse {
            id: answer.id.clone(),
            text: answer.text.clone(),
        })
        .collect();
    Ok(Json(StudyNext::Question(StudyQuestion {
        id: ComparisonId(question.comparison_id),
        prompt: prompt.text.clone(),
        responses,
        policy: from_wire_name(&question.policy)?,
        propensity: question.propensity,
        is_repeat: question.is_repeat == 1,
        ballot: ballot::issue(&state.secret, &user.id, now)?,
        expires_at: rfc3339(question.expires_at),
    })))
}

async fn published(state: &AppState, id: &StudyId) -> ApiResult<StudyRow> {
    let row = find(state, id).await?;
    if row.state == "draft" {
        return Err(ApiError::not_found("There is no such study"));
    }
    Ok(row)
}
