//! `POST`, `DELETE /comparisons/{id}/publication`, `GET /publications`.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::api::generation::{Pane, RevealedPane};
use palate_shared::api::publications::{
    OWN_PACK, Publication, PublicationRequest, Publications, WAIT_DAYS,
};
use palate_shared::event::Policy;
use palate_shared::ids::{ComparisonId, PromptId, ResponseId};
use palate_shared::pack::{PackPrompt, PackResponse};
use palate_shared::problem::Problem;

use super::generate::{find, panes_running};
use crate::clock::{DAY_MS, day, now_ms};
use crate::db::comparisons::NewComparison;
use crate::db::conversations::{ConversationRow, NewConversation, Published};
use crate::db::judgments::{JudgmentRow, Key};
use crate::db::wire_name;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path, Person};
use crate::llm::run::{Run, Typed};
use crate::routes::{consent_required, is_uuid};
use crate::secret::sha256_hex;
use crate::state::AppState;

/// Longest name of a version of a text, bytes.
const LONGEST_VERSION: usize = 64;
/// Characters of a prompt in the list.
const BEGINS: usize = 80;

/// Publishes a typed prompt, the answers that were shown and what was said of them, after a wait of two weeks. Only the
/// server's own memory of the generation is taken, so it must be done before the server forgets it.
///
/// # Errors
/// Without session or the consents `publish_votes` and `publish_prompts`, for a bad body, when the prompt was not typed, an
/// answer is none, the model's licence does not allow it, or storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::COMPARISON_PUBLICATION, operation_id = "publish_conversation", tag = "generation", security(("session" = [])), request_body = PublicationRequest,
    params(("id" = ComparisonId, Path, description = "The generation")),
    responses(
        (status = 200, description = "Published before", body = Publication),
        (status = 201, description = "Published", body = Publication,
         links(
             ("take_back" = (operation_id = "take_conversation_back", parameters(("id" = "$response.body#/id")))),
         )),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such generation of this person", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A pane is running, it was taken back, or something else has the id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn publish(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<ComparisonId>,
    Json(request): Json<PublicationRequest>,
) -> ApiResult<(StatusCode, Json<Publication>)> {
    let now = now_ms();
    let run = find(&state, &id, &user.id)?;
    let typed = run.plan().typed.as_ref().ok_or_else(|| {
        ApiError::invalid(
            "not_own_prompt",
            "Only a prompt that you typed yourself can be published",
        )
        .advise("Prompts of packs are public: send the vote with POST /api/v1/comparisons.")
    })?;
    let served = state.llm.model(&run.plan().model);
    let model = served
        .map(|served| &served.model)
        .filter(|model| model.publishable)
        .ok_or_else(|| {
            ApiError::invalid(
                "model_not_publishable",
                "The licence of this model does not let its answers be published",
            )
            .advise("See `publishable` in GET /api/v1/models.")
        })?;
    validate(&request)?;
    let responses = answers(&run, typed, &request.shown)?;
    let hash = sha256_hex(&serde_json::to_vec(&(&id, &request))?);
    let key = Key {
        idempotency_key: id.0.clone(),
        request_hash: hash.clone(),
        at_ms: now,
    };
    let said = &request.judgment;
    let judgment = JudgmentRow::first(&user.id, id.as_str(), said, request.dwell_ms, key)?;
    // The id is that of the comparison: a hash of the text would let others test guesses long after the text is gone.
    let prompt = PromptId(id.0.clone());
    let new = NewConversation {
        comparison: NewComparison {
            user_id: user.id.clone(),
            request: ComparisonRequest {
                id: id.clone(),
                pack: OWN_PACK.into(),
                prompt: prompt.clone(),
                shown: request.shown,
                policy: Policy::SelfChosen,
                propensity: 1.0,
                topic: None,
                repeat_of: None,
                blind: request.blind,
                simulated: request.simulated,
            },
            policy: wire_name(&Policy::SelfChosen)?,
            items_sha256: OWN_PACK.to_owned(),
            request_hash: hash,
            now_ms: now,
        },
        judgment,
        prompt: PackPrompt {
            id: prompt,
            topic: String::new(),
            text: typed.text.clone(),
            responses,
        },
        model: model.id.0.clone(),
        licence: model.licence.clone(),
        text_version: request.text_version,
    };
    let status = match state.db.publish(new).await? {
        Published::New => StatusCode::CREATED,
        Published::Again => StatusCode::OK,
        Published::NotAgreed => return Err(consent_required()),
        Published::TakenBack => {
            return Err(ApiError::conflict(
                "publication_taken_back",
                "You took this conversation back",
            )
            .advise("Ask the question again to publish a new one."));
        }
        Published::Taken => {
            return Err(ApiError::conflict(
                "publication_exists",
                "Something else is stored under this id",
            )
            .advise("See GET /api/v1/publications."));
        }
    };
    let rows = state.db.conversations_of(&user.id).await?;
    let row = rows.iter().find(|row| row.id == id.as_str());
    let row = row.ok_or_else(|| ApiError::not_found("You took this conversation back"))?;
    Ok((status, Json(publication(row, now)?)))
}

fn validate(request: &PublicationRequest) -> ApiResult<()> {
    let invalid = |title: String| Err(ApiError::invalid("publication_invalid", title));
    if !(1..=LONGEST_VERSION).contains(&request.text_version.len()) {
        return invalid(format!(
            "text_version must have 1 to {LONGEST_VERSION} bytes"
        ));
    }
    if request.shown.len() < 2 {
        return invalid("shown must name two answers or more".to_owned());
    }
    if request.shown.iter().collect::<HashSet<_>>().len() != request.shown.len() {
        return invalid("shown names an answer twice".to_owned());
    }
    request
        .judgment
        .validate(&request.shown)
        .map_err(|error| ApiError::invalid("judgment_invalid", error.to_string()))
}

/// The answers that were shown, in the order of panes, as the server remembers them.
fn answers(run: &Run, typed: &Typed, shown: &[ResponseId]) -> ApiResult<Vec<PackResponse>> {
    let revealed = run.reveal().ok_or_else(panes_running)?;
    let panes = run.plan().generation.panes.iter().zip(revealed.panes);
    let shown_panes: Vec<_> = panes
        .filter(|(pane, _)| shown.contains(&pane.response))
        .collect();
    if shown_panes.len() != shown.len() {
        return Err(ApiError::invalid(
            "publication_invalid",
            "shown names an answer that is not of this generation",
        ));
    }
    let is_answer =
        |written: &RevealedPane| written.finish.is_answer() && !written.text.trim().is_empty();
    if !shown_panes.iter().all(|(_, written)| is_answer(written)) {
        return Err(ApiError::invalid(
            "answer_unfinished",
            "An answer that was shown was not written to its end",
        ));
    }
    shown_panes
        .into_iter()
        .map(|(pane, written)| {
            Ok(PackResponse {
                id: pane.response.clone(),
                text: written.text,
                made_by: written.made_by,
                directives: directives(pane, typed.strategy)?,
                parent: None,
                seed: None,
            })
        })
        .collect()
}

/// How an answer was asked for: what sets it apart from the others, and whether it was made for this person.
fn directives(pane: &Pane, strategy: Strategy) -> ApiResult<Option<String>> {
    let is_personal = !pane.is_default && strategy != Strategy::BestOfN;
    let personal = is_personal
        .then(|| wire_name(&strategy).map(|strategy| format!("personal: {strategy}")))
        .transpose()?;
    let parts: Vec<String> = pane.directive.clone().into_iter().chain(personal).collect();
    Ok((!parts.is_empty()).then(|| parts.join("; ")))
}

/// Takes a conversation back: its text is removed at once and its vote withdrawn. What a release holds is marked as
/// withdrawn in the next one.
///
/// # Errors
/// Without a session, when this person has no such publication, or when storage fails.
#[utoipa::path(
    delete, path = palate_shared::routes::COMPARISON_PUBLICATION, operation_id = "take_conversation_back", tag = "generation", security(("session" = [])),
    params(("id" = ComparisonId, Path, description = "The generation")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "No such publication of this person", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn take_back(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<ComparisonId>,
) -> ApiResult<StatusCode> {
    // The text goes first: should the rest fail, nothing of it is published either way.
    if !is_uuid(id.as_str()) || !state.db.forget_conversation(&user.id, id.as_str()).await? {
        return Err(ApiError::not_found("You have no such publication")
            .advise("See GET /api/v1/publications."));
    }
    if let Some(current) = state.db.current_judgment(&user.id, &id).await?
        && current.withdrawn == 0
    {
        let key = Key {
            idempotency_key: uuid::Uuid::now_v7().to_string(),
            request_hash: sha256_hex(id.as_str().as_bytes()),
            at_ms: now_ms(),
        };
        let row = current.revised(None, key)?;
        // Another revision that came in between is published no more than this one: its text is gone.
        state.db.store_revision(row).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Own prompts that this person published, newest first, and from when on a release may hold each.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::PUBLICATIONS, operation_id = "list_publications", tag = "generation", security(("session" = [])),
    responses((status = 200, description = "All of them", body = Publications))
)]
pub async fn list(
    State(state): State<AppState>,
    Person(user): Person,
) -> ApiResult<Json<Publications>> {
    let now = now_ms();
    let rows = state.db.conversations_of(&user.id).await?;
    let publications = rows
        .iter()
        .map(|row| publication(row, now))
        .collect::<ApiResult<_>>()?;
    Ok(Json(Publications { publications }))
}

fn publication(row: &ConversationRow, now: i64) -> ApiResult<Publication> {
    let prompt: PackPrompt = serde_json::from_str(&row.prompt_json)?;
    let from_day = first_day(row.at_ms);
    Ok(Publication {
        id: ComparisonId(row.id.clone()),
        begins: prompt.text.chars().take(BEGINS).collect(),
        licence: row.licence.clone(),
        day: day(row.at_ms),
        may_be_released: from_day <= day(now),
        from_day,
    })
}

/// The first day whose release may hold what was given at a time: that day begins when the wait is over.
fn first_day(at_ms: i64) -> String {
    day(at_ms + (i64::from(WAIT_DAYS) + 1) * DAY_MS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::end_of_day;
    use crate::release::own_until;

    #[test]
    fn the_page_names_the_day_from_which_a_release_takes_it() {
        let midnight = end_of_day("2026-11-23").expect("is a day");
        let much_later = midnight + 1000 * DAY_MS;
        for at in [midnight, midnight + 1, midnight + DAY_MS - 1] {
            let first = first_day(at);
            assert!(
                at <= own_until(&first, much_later).expect("is a day"),
                "{at}"
            );
            let begin = end_of_day(&first).expect("is a day") - DAY_MS;
            assert!(begin - at >= i64::from(WAIT_DAYS) * DAY_MS, "{at}");
            let before = day(begin - 1);
            assert!(
                at > own_until(&before, much_later).expect("is a day"),
                "{at}"
            );
        }
    }
}
