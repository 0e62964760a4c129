//! The only constructor of the whole service, for the binary and the tests.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use palate_shared::routes;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::error::ApiError;
use crate::guard;
use crate::metrics;
use crate::routes::{
    ballots, blind_tests, comparisons, consents, export, generate, health, judgments, leaderboard,
    me, models, packs, privacy, profile, publications, recovery, releases, session, stream,
    studies, study,
};
use crate::site;
use crate::state::AppState;

/// Largest body of short calls, bytes.
const SMALL: usize = 4 * 1024;
/// Largest body of a comparison or judgment, bytes.
const MEDIUM: usize = 32 * 1024;
/// Largest request for answers, bytes: a prompt and eight shots, with room for how JSON writes them.
const LARGE: usize = 1024 * 1024;
/// Largest file of a study as JSON, bytes: 8 MiB with room for base64 or escapes.
const STUDY: usize = 16 * 1024 * 1024;
/// Largest profile, bytes.
pub const PROFILE_LIMIT: usize = 256 * 1024;

/// All routes.
pub fn router(state: AppState) -> Router {
    let personal = Router::new()
        .route(
            routes::SESSION,
            post(session::start).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::SESSION_CHALLENGE, get(session::challenge))
        .route(routes::ME, get(me::read).merge(delete(me::leave)))
        .route(routes::ME_RECOVERY, post(recovery::create))
        .route(
            routes::AUTH_RECOVERY,
            post(recovery::enter).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::ME_ROTATE, post(me::rotate))
        .route(routes::ME_EXPORT, get(export::read))
        .route(routes::CONSENTS, get(consents::list))
        .route(
            routes::CONSENT,
            put(consents::append).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(
            routes::BALLOTS,
            post(ballots::issue).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(
            routes::COMPARISONS,
            post(comparisons::record).layer(DefaultBodyLimit::max(MEDIUM)),
        )
        .route(
            routes::COMPARISON_JUDGMENTS,
            post(judgments::judge).layer(DefaultBodyLimit::max(MEDIUM)),
        )
        .route(
            routes::GENERATE,
            post(generate::generate).layer(DefaultBodyLimit::max(LARGE)),
        )
        .route(routes::COMPARISON_STREAM, get(stream::read))
        .route(
            routes::COMPARISON_STOP,
            post(generate::stop).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::COMPARISON_REVEAL, post(generate::reveal))
        .route(
            routes::COMPARISON_PUBLICATION,
            post(publications::publish)
                .layer(DefaultBodyLimit::max(MEDIUM))
                .merge(delete(publications::take_back)),
        )
        .route(routes::PUBLICATIONS, get(publications::list))
        .route(
            routes::BLIND_TESTS,
            post(blind_tests::keep).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::JUDGMENTS, get(judgments::list))
        .route(
            routes::JUDGMENT,
            patch(judgments::revise).layer(DefaultBodyLimit::max(MEDIUM)),
        )
        .route(
            routes::PROFILE,
            get(profile::read)
                .merge(put(profile::write).layer(DefaultBodyLimit::max(PROFILE_LIMIT)))
                .merge(delete(profile::remove)),
        )
        .route(routes::STUDY, get(study::read))
        .route(
            routes::STUDY_CONSENT,
            put(study::consent).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::STUDY_NEXT, post(study::next))
        .route(
            routes::STUDIES,
            get(studies::list).merge(post(studies::create).layer(DefaultBodyLimit::max(STUDY))),
        )
        .route(
            routes::STUDIES_CHECK,
            post(studies::check).layer(DefaultBodyLimit::max(STUDY)),
        )
        .route(
            routes::STUDY,
            patch(studies::change).layer(DefaultBodyLimit::max(SMALL)),
        )
        .route(routes::STUDY_PROGRESS, get(studies::progress))
        .route_layer(from_fn(guard::personal));
    let open = Router::new()
        .route(routes::BLIND_TESTS, get(blind_tests::count))
        .route(routes::LEADERBOARD, get(leaderboard::read))
        .route(routes::RELEASES, get(releases::list))
        .route(routes::RELEASE_FILE, get(releases::file))
        .route(routes::RELEASE_PART, get(releases::part))
        .route_layer(from_fn(guard::open_data));
    let api = Router::new()
        .merge(personal)
        .merge(open)
        .route(routes::PACKS, get(packs::list))
        .route(routes::MODELS, get(models::list))
        .route(routes::PRIVACY, get(privacy::read))
        .route(routes::OPENAPI, get(crate::openapi::document))
        .route_layer(from_fn_with_state(state.clone(), guard::limit));
    Router::new()
        .merge(api)
        .route(routes::HEALTHZ, get(health::alive))
        .route(routes::READYZ, get(health::ready))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(elsewhere)
        .with_state(state.clone())
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(guard::time_limit))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::secure))
        .layer(from_fn(metrics::count))
        .layer(from_fn_with_state(state, guard::part))
        .layer(TraceLayer::new_for_http().make_span_with(span))
}

/// Method and route only: no addresses, no query, no ids of people.
fn span(request: &Request) -> tracing::Span {
    let path = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or("static", |path| path.as_str());
    tracing::info_span!("request", method = %request.method(), path)
}

async fn method_not_allowed() -> ApiError {
    ApiError::refused(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This route has other methods",
    )
    .advise("See /api/v1/openapi.json.")
}

async fn elsewhere(
    axum::extract::State(state): axum::extract::State<AppState>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::not_found("There is no such route")
            .advise("See /api/v1/openapi.json.")
            .into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return method_not_allowed().await.into_response();
    }
    site::serve(&state, request).await
}
