//! `/studies` for operators: check a file, make a study, open and close it, watch it.

use axum::extract::State;
use axum::http::StatusCode;
use palate_pack::inputs::{self, Input};
use palate_shared::api::studies::{
    SourceReport, Studies, Study, StudyChange, StudyCreated, StudyProgress, StudyRequest,
    StudySource,
};
use palate_shared::ids::StudyId;
use palate_shared::problem::Problem;

use crate::db::studies::StudyRow;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path};
use crate::operator::Operator;
use crate::state::AppState;
use crate::study::{self, create, embed, progress};

/// What is wrong with a file of prompts and answers, by line. Nothing is stored.
///
/// # Errors
/// Without the operator's token or for a bad body.
#[utoipa::path(
    post, path = palate_shared::routes::STUDIES_CHECK, operation_id = "check_study", tag = "studies", security(("operator" = [])), request_body = StudySource,
    responses(
        (status = 200, description = "What the file holds, and its errors", body = SourceReport),
        (status = 404, description = "No operator's token is configured", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn check(_: Operator, Json(source): Json<StudySource>) -> ApiResult<Json<SourceReport>> {
    Ok(Json(read(source).await?.report))
}

/// Makes a study, a draft, unless the file has errors. Its answers are embedded afterwards, where the server has the weights.
///
/// # Errors
/// Without the operator's token, for settings that cannot be, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::STUDIES, operation_id = "create_study", tag = "studies", security(("operator" = [])), request_body = StudyRequest,
    responses(
        (status = 200, description = "The file has errors; nothing was stored", body = StudyCreated),
        (status = 201, description = "Stored", body = StudyCreated),
        (status = 404, description = "No operator's token is configured", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    _: Operator,
    Json(request): Json<StudyRequest>,
) -> ApiResult<(StatusCode, Json<StudyCreated>)> {
    create::check(&request.settings).map_err(|title| ApiError::invalid("study_invalid", title))?;
    let input = read(request.source).await?;
    let report = input.report.clone();
    if report.errors_in_all > 0 {
        let refused = StudyCreated {
            study: None,
            report,
        };
        return Ok((StatusCode::OK, Json(refused)));
    }
    let data_dir = &state.config.data_dir;
    let row = create::create(&state.db, data_dir, &request.settings, input).await?;
    match &state.config.encoder_dir {
        Some(encoder) if embed::is_encoder(encoder) => {
            embed::embed_later(data_dir, encoder, &row.items_sha256)?;
        }
        _ => tracing::warn!(
            study = row.id,
            "no encoder weights: the study has no vectors"
        ),
    }
    let study = Some(study::describe(&state.db, data_dir, &row).await?);
    Ok((StatusCode::CREATED, Json(StudyCreated { study, report })))
}

/// All studies.
///
/// # Errors
/// Without the operator's token, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::STUDIES, operation_id = "list_studies", tag = "studies", security(("operator" = [])),
    responses(
        (status = 200, description = "Newest first", body = Studies),
        (status = 404, description = "No operator's token is configured", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(state): State<AppState>, _: Operator) -> ApiResult<Json<Studies>> {
    let mut studies = Vec::new();
    for row in state.db.studies().await? {
        studies.push(study::describe(&state.db, &state.config.data_dir, &row).await?);
    }
    Ok(Json(Studies { studies }))
}

/// Opens or closes a study, or sets its quotas.
///
/// # Errors
/// Without the operator's token, for a change that cannot be, or when storage fails.
#[utoipa::path(
    patch, path = palate_shared::routes::STUDY, operation_id = "change_study", tag = "studies", security(("operator" = [])), request_body = StudyChange,
    params(("id" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "As it is now", body = Study),
        (status = 404, description = "No such study, or no operator's token is configured", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn change(
    State(state): State<AppState>,
    _: Operator,
    Path(id): Path<StudyId>,
    Json(change): Json<StudyChange>,
) -> ApiResult<Json<Study>> {
    let mut row = find(&state, &id).await?;
    create::change(&mut row, &change).map_err(|title| ApiError::invalid("study_invalid", title))?;
    state.db.change_study(&row).await?;
    Ok(Json(
        study::describe(&state.db, &state.config.data_dir, &row).await?,
    ))
}

/// How far a study has come.
///
/// # Errors
/// Without the operator's token, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::STUDY_PROGRESS, operation_id = "read_study_progress", tag = "studies", security(("operator" = [])),
    params(("id" = String, Path, description = "The study")),
    responses(
        (status = 200, description = "Votes and agreement of now", body = StudyProgress),
        (status = 404, description = "No such study, or no operator's token is configured", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn progress(
    State(state): State<AppState>,
    _: Operator,
    Path(id): Path<StudyId>,
) -> ApiResult<Json<StudyProgress>> {
    let row = find(&state, &id).await?;
    let dir = &state.config.data_dir;
    let pool = state.pools.get(dir, &row.items_sha256).await?;
    Ok(Json(progress::progress(&state.db, dir, &row, pool).await?))
}

/// The study of an id.
///
/// # Errors
/// When there is none, or storage fails.
pub(super) async fn find(state: &AppState, id: &StudyId) -> ApiResult<StudyRow> {
    let found = state.db.study(id.as_str()).await?;
    found.ok_or_else(|| ApiError::not_found("There is no such study"))
}

async fn read(source: StudySource) -> ApiResult<Input> {
    // What a reader of files chokes on is the file's fault, and ends this call only.
    tokio::task::spawn_blocking(move || inputs::read(&source))
        .await
        .map_err(|_| ApiError::invalid("study_unreadable", "The file cannot be read"))
}
