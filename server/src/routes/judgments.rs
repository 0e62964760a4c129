//! `POST /comparisons/{id}/judgments`, `PATCH /judgments/{id}`, `GET /judgments`.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use palate_shared::api::judgments::{
    JudgmentPage, JudgmentRequest, RevisionRequest, StoredJudgment,
};
use palate_shared::event::Prediction;
use palate_shared::ids::{ComparisonId, JudgmentId, ResponseId};
use palate_shared::judgment::Judgment;
use palate_shared::problem::Problem;
use serde::{Deserialize, Serialize};

use crate::ballot;
use crate::clock::{now_ms, rfc3339};
use crate::db::assignments::Standing;
use crate::db::judgments::{JudgmentRow, Key, Stored};
use crate::db::users::Voter;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path, Person, Query, no_session};
use crate::routes::{consent_required, is_uuid, require_vote_consent};
use crate::secret::sha256_hex;
use crate::signed::{TokenError, Verified};
use crate::state::AppState;
use crate::study;

/// Judgments on a page.
const PAGE: usize = 100;
/// Most predictions with a judgment.
const MOST_PREDICTIONS: usize = 16;
/// Longest context, characters.
const LONGEST_CONTEXT: usize = 500;

/// Stores the judgment of a comparison and spends a ballot. Acknowledged only when it is on disk.
/// The same idempotency key with the same request is answered with the stored judgment again.
///
/// # Errors
/// Without session or consent, for a bad body, a foreign, expired or spent ballot, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::COMPARISON_JUDGMENTS, operation_id = "judge_comparison", tag = "votes", security(("session" = [])), request_body = JudgmentRequest,
    params(("id" = String, Path, description = "The comparison")),
    responses(
        (status = 200, description = "Stored before", body = StoredJudgment),
        (status = 201, description = "Stored", body = StoredJudgment,
         links(
             ("revise" = (operation_id = "revise_judgment", parameters(("id" = "$response.body#/id")))),
         )),
        (status = 403, description = "No consent, or a foreign or expired ballot", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such comparison", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Judged before, the ballot is spent, or the key was used for another request", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn judge(
    State(state): State<AppState>,
    voter: Voter,
    Path(comparison): Path<ComparisonId>,
    Json(request): Json<JudgmentRequest>,
) -> ApiResult<(StatusCode, Json<StoredJudgment>)> {
    check_key(&request.idempotency_key)?;
    let user = &voter.user;
    let (pack, shown) = state.db.showing(&user.id, comparison.as_str()).await?;
    // Only questions of studies need to be looked up.
    let standing = if pack.starts_with(study::PREFIX) {
        state.db.standing(comparison.as_str()).await?
    } else {
        None
    };
    if shown.is_empty() {
        return Err(ApiError::not_found("You have no such comparison")
            .advise("Record it with POST /api/v1/comparisons first."));
    }
    let now = now_ms();
    let key = Key {
        idempotency_key: request.idempotency_key.clone(),
        request_hash: judgment_hash(&comparison, &request)?,
        at_ms: now,
    };
    let said = &request.judgment;
    let row = JudgmentRow {
        predictions_json: serde_json::to_string(&request.predictions)?,
        context: request.context.clone(),
        ..JudgmentRow::first(&user.id, comparison.as_str(), said, request.dwell_ms, key)?
    };
    let refusal = match check(&state, &voter, standing, &request, &shown, now) {
        Ok(ballot) => return answer(state.db.store_judgment(row, ballot).await?, shown),
        Err(refusal) => refusal,
    };
    // What is stored is answered as it was, whatever has changed since; storing looks for it too.
    match state
        .db
        .judgment_by_key(&user.id, &request.idempotency_key)
        .await?
    {
        Some(stored) if stored.request_hash == row.request_hash => {
            answer(Stored::Again(Box::new(stored)), shown)
        }
        Some(_) => answer(Stored::KeyMismatch, shown),
        None => Err(refusal),
    }
}

/// Everything that must hold of a new judgment; the ballot that it spends.
fn check(
    state: &AppState,
    voter: &Voter,
    standing: Option<Standing>,
    request: &JudgmentRequest,
    shown: &[ResponseId],
    now: i64,
) -> ApiResult<Verified> {
    require_consent_of(voter, standing, Some(now))?;
    check_judgment(&request.judgment, shown)?;
    check_predictions(&request.predictions)?;
    if request
        .context
        .as_ref()
        .is_some_and(|context| context.chars().count() > LONGEST_CONTEXT)
    {
        return Err(ApiError::invalid(
            "context_too_long",
            format!("context takes {LONGEST_CONTEXT} characters"),
        ));
    }
    ballot::verify(&state.secret, &request.ballot, &voter.user.id, now).map_err(|error| {
        let (code, title) = match error {
            TokenError::Invalid => ("ballot_invalid", "The ballot was not given to this session"),
            TokenError::Expired => ("ballot_expired", "The ballot has expired"),
        };
        ApiError::refused(StatusCode::FORBIDDEN, code, title)
            .advise("Get new ones with POST /api/v1/ballots.")
    })
}

/// Refuses without the consent that this comparison needs: its study's, or else to keep or publish votes. A question of a
/// study must also be open at `now`, if that is given.
fn require_consent_of(
    voter: &Voter,
    standing: Option<Standing>,
    now: Option<i64>,
) -> ApiResult<()> {
    let Some(standing) = standing else {
        return require_vote_consent(voter);
    };
    if standing.agrees == 0 {
        return Err(consent_required().advise("Agree with PUT /api/v1/studies/{id}/consent first."));
    }
    if now.is_some_and(|now| now > standing.expires_at) {
        return Err(ApiError::conflict(
            "question_expired",
            "This question is no longer kept for you",
        )
        .advise("Ask for the next one with POST /api/v1/studies/{id}/next."));
    }
    Ok(())
}

/// Replaces the current judgment by a new revision, or withdraws it. What was stored stays in the log.
///
/// # Errors
/// Without session, for a bad body, for a revision that is no longer current, without consent unless it withdraws,
/// or when storage fails.
#[utoipa::path(
    patch, path = palate_shared::routes::JUDGMENT, operation_id = "revise_judgment", tag = "votes", security(("session" = [])), request_body = RevisionRequest,
    params(("id" = String, Path, description = "The current revision")),
    responses(
        (status = 200, description = "Stored before", body = StoredJudgment),
        (status = 201, description = "Stored", body = StoredJudgment,
         links(
             ("revise" = (operation_id = "revise_judgment", parameters(("id" = "$response.body#/id")))),
         )),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such judgment", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No longer the current revision, or the key was used for another request", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn revise(
    State(state): State<AppState>,
    voter: Voter,
    Path(id): Path<JudgmentId>,
    Json(request): Json<RevisionRequest>,
) -> ApiResult<(StatusCode, Json<StoredJudgment>)> {
    check_key(&request.idempotency_key)?;
    let user = &voter.user;
    let Some(current) = state.db.judgment(&user.id, id.as_str()).await? else {
        return Err(
            ApiError::not_found("You have no such judgment").advise("See GET /api/v1/judgments.")
        );
    };
    let shown = state.db.shown(&user.id, &current.comparison_id).await?;
    if let Some(judgment) = &request.judgment {
        let standing = state.db.standing(&current.comparison_id).await?;
        require_consent_of(&voter, standing, None)?;
        check_judgment(judgment, &shown)?;
    }
    let key = Key {
        idempotency_key: request.idempotency_key.clone(),
        request_hash: sha256_hex(&serde_json::to_vec(&(&id, &request))?),
        at_ms: now_ms(),
    };
    let row = current.revised(request.judgment.as_ref(), key)?;
    let comparison = row.comparison_id.clone();
    let stored = state.db.store_revision(row).await?;
    if request.judgment.is_none() && matches!(stored, Stored::New(_) | Stored::Again(_)) {
        // Who withdraws the vote on an own prompt publishes that no more.
        state.db.forget_conversation(&user.id, &comparison).await?;
    }
    answer(stored, shown)
}

/// Where a page begins.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Own judgments, current revisions, newest first.
///
/// # Errors
/// Without a session, for a bad cursor, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::JUDGMENTS, operation_id = "list_judgments", tag = "votes", security(("session" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page", body = JudgmentPage,
         links(
             ("next" = (operation_id = "list_judgments", parameters(("cursor" = "$response.body#/next_cursor")))),
         )),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    Person(user): Person,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<JudgmentPage>> {
    let before = match query.cursor {
        Some(cursor) if is_uuid(&cursor) => cursor,
        Some(_) => {
            return Err(ApiError::refused(
                StatusCode::BAD_REQUEST,
                "cursor_invalid",
                "The cursor is not one of ours",
            )
            .advise("Leave it out to begin anew."));
        }
        None => "~".to_owned(), // sorts after every id
    };
    let rows = state
        .db
        .current_judgments(
            &user.id,
            &before,
            i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
        )
        .await?;
    let has_more = rows.len() > PAGE;
    let mut judgments = Vec::with_capacity(rows.len().min(PAGE));
    for row in rows.into_iter().take(PAGE) {
        let shown = state.db.shown(&user.id, &row.comparison_id).await?;
        judgments.push(describe(&row, shown)?);
    }
    let next_cursor = judgments
        .last()
        .filter(|_| has_more)
        .map(|last| last.id.0.clone());
    Ok(Json(JudgmentPage {
        judgments,
        next_cursor,
    }))
}

fn answer(stored: Stored, shown: Vec<ResponseId>) -> ApiResult<(StatusCode, Json<StoredJudgment>)> {
    match stored {
        Stored::New(row) => Ok((StatusCode::CREATED, Json(describe(&row, shown)?))),
        Stored::Again(row) => Ok((StatusCode::OK, Json(describe(&row, shown)?))),
        Stored::KeyMismatch => Err(ApiError::conflict(
            "idempotency_mismatch",
            "This idempotency key was used for another request",
        )
        .advise("Use a new key for a new vote.")),
        Stored::BallotSpent => Err(ApiError::conflict("ballot_spent", "This ballot is spent")
            .advise("Use another ballot.")),
        Stored::AlreadyJudged => Err(ApiError::conflict(
            "already_judged",
            "This comparison has a judgment",
        )
        .advise("Change it with PATCH /api/v1/judgments/{id}.")),
        Stored::Gone => Err(no_session()),
        Stored::Superseded => Err(ApiError::conflict(
            "judgment_superseded",
            "This revision is no longer the current one",
        )
        .advise("Find the current one with GET /api/v1/judgments.")),
    }
}

fn describe(row: &JudgmentRow, shown: Vec<ResponseId>) -> ApiResult<StoredJudgment> {
    Ok(StoredJudgment {
        id: JudgmentId(row.id.clone()),
        comparison: ComparisonId(row.comparison_id.clone()),
        supersedes: row.supersedes_id.clone().map(JudgmentId),
        shown,
        judgment: row.judgment()?,
        at: rfc3339(row.at_ms),
    })
}

/// Hash of what was asked. The ballot is left out: a vote whose answer was lost may be sent again with a fresh one.
fn judgment_hash(
    comparison: &ComparisonId,
    request: &JudgmentRequest,
) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Asked<'a> {
        comparison: &'a ComparisonId,
        judgment: &'a Judgment,
        predictions: &'a [Prediction],
        context: Option<&'a str>,
        dwell_ms: u32,
    }
    let asked = Asked {
        comparison,
        judgment: &request.judgment,
        predictions: &request.predictions,
        context: request.context.as_deref(),
        dwell_ms: request.dwell_ms,
    };
    serde_json::to_vec(&asked).map(|bytes| sha256_hex(&bytes))
}

fn check_key(key: &str) -> ApiResult<()> {
    if key.is_empty() || key.len() > 64 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ApiError::invalid(
            "idempotency_key_invalid",
            "idempotency_key must be 1 to 64 visible ASCII characters",
        ));
    }
    Ok(())
}

fn check_judgment(judgment: &Judgment, shown: &[ResponseId]) -> ApiResult<()> {
    judgment
        .validate(shown)
        .map_err(|error| ApiError::invalid("judgment_invalid", error.to_string()))
}

fn check_predictions(predictions: &[Prediction]) -> ApiResult<()> {
    let invalid = |title: &str| Err(ApiError::invalid("predictions_invalid", title));
    if predictions.len() > MOST_PREDICTIONS {
        return invalid("at most 16 predictions");
    }
    let methods: HashSet<_> = predictions
        .iter()
        .map(|prediction| &prediction.method)
        .collect();
    if methods.len() != predictions.len() {
        return invalid("a method predicts twice");
    }
    for prediction in predictions {
        if !(0.0..=1.0).contains(&prediction.p_first) {
            return invalid("p_first must be within 0 and 1");
        }
        if !(prediction.margin_sd >= 0.0 && prediction.margin_sd.is_finite()) {
            return invalid("margin_sd must not be negative");
        }
        if prediction.method.as_str().len() > 32 || prediction.weights.len() > 64 {
            return invalid("method takes 32 and weights 64 bytes");
        }
    }
    Ok(())
}
