//! `POST /generate`, `POST /comparisons/{id}/stop`, `POST /comparisons/{id}/reveal`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use palate_shared::api::generation::{
    Finish, GenerateRequest, Generation, Reveal, StopRequest, Task,
};
use palate_shared::ids::ComparisonId;
use palate_shared::problem::Problem;

use crate::address::Network;
use crate::clock::{day, now_ms};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path, Person};
use crate::llm::bill::{self, Bill};
use crate::llm::budget::{Payer, SetAside, Spent};
use crate::llm::drive::{self, Lane, Work};
use crate::llm::order::{self, Ask, Order, PlannedCall, check, order};
use crate::llm::run::Run;
use crate::llm::runs::Refusal;
use crate::llm::served::Served;
use crate::secret::sha256_hex;
use crate::state::AppState;

/// Starts answers to a prompt. They are read from the stream; nothing of them is stored but what they cost.
///
/// # Errors
/// Without a session, for a bad body, when nobody here answers the prompt, the budget is spent or too much is running.
#[utoipa::path(
    post, path = palate_shared::routes::GENERATE, operation_id = "generate", tag = "generation", security(("session" = [])), request_body = GenerateRequest,
    responses(
        (status = 200, description = "Started before", body = Generation),
        (status = 201, description = "Started", body = Generation,
         links(
             ("stop" = (operation_id = "stop_generation", parameters(("id" = "$response.body#/id")))),
             ("reveal" = (operation_id = "reveal_generation", parameters(("id" = "$response.body#/id")))),
         )),
        (status = 409, description = "Another generation has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn generate(
    State(state): State<AppState>,
    Person(user): Person,
    Extension(network): Extension<Network>,
    Json(request): Json<GenerateRequest>,
) -> ApiResult<(StatusCode, Json<Generation>)> {
    check(&request)?;
    let hash = sha256_hex(&serde_json::to_vec(&request)?);
    let runs = &state.llm.runs;
    if let Some(run) = runs.get(&request.id, &user.id) {
        // Asked again, it is what it was, whatever is left of the budget.
        return if run.plan().request_hash == hash {
            Ok((StatusCode::OK, told(&run)))
        } else {
            Err(refused(&Refusal::Taken))
        };
    }
    state.llm.keep_up(&state.db).await?;
    let Order { plan, asks, served } = order(&state, &user.id, &request, hash)?;
    runs.check(&plan).map_err(|refusal| refused(&refusal))?;
    let (ticket, set_aside) = match &served {
        None => (None, Vec::new()),
        Some(served) => {
            let ticket = state
                .llm
                .queue
                .enter(&served.model.id, served.model.together)
                .ok_or_else(|| refused(&Refusal::Full))?;
            (
                Some(ticket),
                set_aside(&state, &user.id, network, served, &asks)?,
            )
        }
    };
    let run = match runs.begin(plan) {
        Ok(run) => run,
        Err(Refusal::Known(run)) => return Ok((StatusCode::OK, told(&run))),
        Err(refusal) => return Err(refused(&refusal)),
    };
    let told = told(&run);
    let work = Work {
        run,
        lanes: lanes(asks, served.as_ref(), set_aside),
        ticket,
        purpose: match request.task {
            Task::Answer => "answer",
            Task::Describe => "describe",
        },
    };
    drive::start(&state, work);
    Ok((StatusCode::CREATED, told))
}

/// Keeps in the budget what the calls cost at most.
fn set_aside(
    state: &AppState,
    person: &str,
    network: Network,
    served: &Served,
    asks: &[Ask],
) -> ApiResult<Vec<SetAside>> {
    let model = &served.model;
    let payer = Payer {
        person: person.to_owned(),
        network,
        model: model.id.clone(),
        model_micro: model.day_micro,
    };
    let calls = asks.iter().filter_map(|ask| ask.call.as_ref());
    let most: Vec<u64> = calls
        .map(|call| bill::most(model, call.prompt, call.most_tokens))
        .collect();
    let today = day(now_ms());
    state
        .llm
        .budget
        .begin(&today, &payer, &most)
        .map_err(|spent| {
            order::budget_spent(match spent {
                Spent::Person => "Your budget for today is spent",
                Spent::Network => "The budget of your network for today is spent",
                Spent::Model => "The budget of this model is spent for today",
                Spent::Total => "The budget of this server for today is spent",
            })
        })
}

/// Puts together what writes each pane and who pays for it.
fn lanes(asks: Vec<Ask>, served: Option<&Arc<Served>>, set_aside: Vec<SetAside>) -> Vec<Lane> {
    let mut set_aside = set_aside.into_iter();
    let mut bill = |call: PlannedCall| {
        Some(Bill {
            id: uuid::Uuid::now_v7().to_string(),
            served: served?.clone(),
            prompt: call.prompt,
            most_tokens: call.most_tokens,
            progress: call.progress,
            set_aside: set_aside.next()?,
        })
    };
    let lane = |ask: Ask| Lane {
        provider: ask.provider,
        mask: ask.mask,
        bill: ask.call.and_then(&mut bill),
    };
    asks.into_iter().map(lane).collect()
}

fn told(run: &Run) -> Json<Generation> {
    Json(run.plan().generation.clone())
}

fn refused(refusal: &Refusal) -> ApiError {
    match refusal {
        Refusal::Known(_) | Refusal::Taken => {
            ApiError::conflict("generation_exists", "Another generation has this id")
                .advise("Make a new UUID for each generation.")
        }
        Refusal::TooMany => ApiError::refused(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_running",
            "You have as many generations running as one person may",
        )
        .advise("Wait until one is finished, or stop it."),
        Refusal::Full => ApiError::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "server_busy",
            "Too many generations are running here",
        )
        .advise("Send the same request again in a minute."),
    }
}

/// The generation of a person.
///
/// # Errors
/// When there is none of this id: it is somebody else's, never was, or is forgotten.
pub(super) fn find(state: &AppState, id: &ComparisonId, owner: &str) -> ApiResult<Arc<Run>> {
    state.llm.runs.get(id, owner).ok_or_else(|| {
        ApiError::not_found("There is no such generation")
            .advise("Generations are kept for an hour at most; start a new one.")
    })
}

/// Stops one pane, or all. What was written stays; a finished pane is left as it is.
///
/// # Errors
/// Without a session, for a bad body, or when there is no such generation or pane.
#[utoipa::path(
    post, path = palate_shared::routes::COMPARISON_STOP, operation_id = "stop_generation", tag = "generation", security(("session" = [])), request_body = StopRequest,
    params(("id" = ComparisonId, Path, description = "The generation")),
    responses(
        (status = 204, description = "Stopped, or finished before"),
        (status = 404, description = "No such generation of this person", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn stop(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<ComparisonId>,
    Json(request): Json<StopRequest>,
) -> ApiResult<StatusCode> {
    let run = find(&state, &id, &user.id)?;
    match request.pane {
        None => run.stop_all(Finish::StoppedEarly),
        Some(pane) if run.stop(pane, Finish::StoppedEarly) => {}
        Some(pane) => {
            return Err(ApiError::invalid(
                "pane_unknown",
                format!("The generation has no pane {pane}"),
            ));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who wrote the answers, and their text without masks.
///
/// # Errors
/// Without a session, when there is no such generation, or while a pane is running (409).
#[utoipa::path(
    post, path = palate_shared::routes::COMPARISON_REVEAL, operation_id = "reveal_generation", tag = "generation", security(("session" = [])),
    params(("id" = ComparisonId, Path, description = "The generation")),
    responses(
        (status = 200, description = "Who wrote what", body = Reveal),
        (status = 404, description = "No such generation of this person", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A pane is running", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn reveal(
    State(state): State<AppState>,
    Person(user): Person,
    Path(id): Path<ComparisonId>,
) -> ApiResult<Json<Reveal>> {
    let run = find(&state, &id, &user.id)?;
    run.reveal().map(Json).ok_or_else(panes_running)
}

/// 409: not all answers are finished.
pub(super) fn panes_running() -> ApiError {
    ApiError::conflict("panes_running", "An answer is still being written")
        .advise("Wait for its end, or stop it.")
}
