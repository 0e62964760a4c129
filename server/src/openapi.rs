//! The OpenAPI document, made from the handlers.

use axum::http::{HeaderName, header};
use utoipa::OpenApi;

use crate::extract::Json;
use crate::routes::{
    ballots, comparisons, consents, export, health, judgments, me, packs, privacy, profile,
    recovery, releases, session,
};

/// Palate's API.
#[derive(Clone, Copy, Debug, OpenApi)]
#[openapi(
    info(title = "Palate", description = "Rank answers; keep or publish what you said; download what people chose to publish. \
        Errors are application/problem+json with a stable `code`. Unknown fields are refused.", license(name = "Apache-2.0")),
    paths(
        session::start, session::challenge, me::read, me::leave, me::rotate, recovery::create, recovery::enter, export::read, consents::list, consents::append, packs::list, ballots::issue,
        comparisons::record, judgments::judge, judgments::revise, judgments::list, profile::read, profile::write,
        profile::remove, releases::list, releases::file, privacy::read, document, health::alive, health::ready,
    ),
    tags(
        (name = "person", description = "The person behind the session"),
        (name = "votes", description = "Comparisons and judgments"),
        (name = "profile", description = "The fitted state, kept for other devices"),
        (name = "data", description = "Packs and releases"),
        (name = "operation", description = "For operators"),
    )
)]
pub struct ApiDoc;

/// This document.
#[utoipa::path(
    get, path = palate_shared::routes::OPENAPI, tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub async fn document() -> (
    [(HeaderName, &'static str); 1],
    Json<utoipa::openapi::OpenApi>,
) {
    (
        [(header::CACHE_CONTROL, "no-cache")],
        Json(ApiDoc::openapi()),
    )
}
