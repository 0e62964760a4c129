//! `POST /comparisons`.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use palate_shared::api::comparisons::{Comparison, ComparisonRequest};
use palate_shared::event::{PROPENSITY_RULE, Policy, is_propensity};
use palate_shared::problem::Problem;

use crate::clock::{now_ms, rfc3339};
use crate::db::comparisons::{NewComparison, Recorded};
use crate::db::users::Voter;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, no_session};
use crate::packs::Pack;
use crate::routes::{is_uuid, require_vote_consent};
use crate::secret::sha256_hex;
use crate::state::AppState;

/// Most answers shown at once.
const MOST_SHOWN: usize = 8;

/// Longest topic, bytes.
const LONGEST_TOPIC: usize = 64;

/// Records what was shown, in which order, and how it was chosen.
///
/// # Errors
/// Without session or consent, for a bad body, for answers that are not in the pack, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::COMPARISONS, operation_id = "record_comparison", tag = "votes", security(("session" = [])), request_body = ComparisonRequest,
    responses(
        (status = 200, description = "Recorded before", body = Comparison),
        (status = 201, description = "Recorded", body = Comparison,
         links(
             ("judge" = (operation_id = "judge_comparison", parameters(("id" = "$response.body#/id")))),
         )),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another comparison has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn record(
    State(state): State<AppState>,
    voter: Voter,
    Json(request): Json<ComparisonRequest>,
) -> ApiResult<(StatusCode, Json<Comparison>)> {
    require_vote_consent(&voter)?;
    let pack = state.packs.get(&request.pack).ok_or_else(|| {
        ApiError::invalid(
            "pack_unknown",
            format!("This server has no pack {:?}", request.pack.as_str()),
        )
        .advise("See GET /api/v1/packs.")
    })?;
    validate(&request, pack)?;
    let policy = serde_json::to_value(request.policy)?;
    let policy = policy.as_str().unwrap_or_default();
    let hash = sha256_hex(&serde_json::to_vec(&request)?);
    let recorded = state
        .db
        .record_comparison(NewComparison {
            user_id: voter.user.id,
            request: request.clone(),
            policy: policy.to_owned(),
            items_sha256: pack.items_sha256.clone(),
            request_hash: hash,
            now_ms: now_ms(),
        })
        .await?;
    let (status, created_at) = match recorded {
        Recorded::New { created_at } => (StatusCode::CREATED, created_at),
        Recorded::Again { created_at } => (StatusCode::OK, created_at),
        Recorded::Gone => return Err(no_session()),
        Recorded::Taken => {
            return Err(
                ApiError::conflict("comparison_exists", "Another comparison has this id")
                    .advise("Make a new UUID for each showing."),
            );
        }
    };
    Ok((
        status,
        Json(Comparison {
            id: request.id,
            created_at: rfc3339(created_at),
        }),
    ))
}

fn validate(request: &ComparisonRequest, pack: &Pack) -> ApiResult<()> {
    let invalid = |title: String| Err(ApiError::invalid("comparison_invalid", title));
    if !is_uuid(request.id.as_str()) {
        return invalid("id must be a UUID in lower case".to_owned());
    }
    let Some(responses) = pack.responses(&request.prompt) else {
        return invalid(format!(
            "the pack has no prompt {:?}",
            request.prompt.as_str()
        ));
    };
    if !(2..=MOST_SHOWN).contains(&request.shown.len()) {
        return invalid(format!("shown must name 2 to {MOST_SHOWN} answers"));
    }
    if request.shown.iter().collect::<HashSet<_>>().len() != request.shown.len() {
        return invalid("shown names an answer twice".to_owned());
    }
    if let Some(foreign) = request.shown.iter().find(|id| !responses.contains(id)) {
        return invalid(format!(
            "answer {:?} does not belong to this prompt",
            foreign.as_str()
        ));
    }
    if !is_propensity(request.propensity) {
        return invalid(format!("propensity {PROPENSITY_RULE}"));
    }
    if request
        .topic
        .as_ref()
        .is_some_and(|topic| topic.len() > LONGEST_TOPIC)
    {
        return invalid(format!("topic takes {LONGEST_TOPIC} bytes"));
    }
    if request.policy == Policy::LeastAnnotated {
        return invalid("the policy least_annotated is chosen by studies only".to_owned());
    }
    let repeats = request.repeat_of.as_ref();
    if repeats.is_some() != (request.policy == Policy::Repeat) {
        return invalid("repeat_of goes with the policy repeat, and only with it".to_owned());
    }
    if repeats.is_some_and(|earlier| !is_uuid(earlier.as_str()) || *earlier == request.id) {
        return invalid("repeat_of must be the id of another comparison".to_owned());
    }
    Ok(())
}
