//! The OpenAPI document, made from the handlers.

use axum::http::{HeaderName, header};
use palate_shared::api::generation::StreamEvent;
use palate_shared::problem::Problem;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi, ToSchema};

use crate::extract::Json;
use crate::routes::{
    ballots, blind_tests, comparisons, consents, export, generate, health, judgments, leaderboard,
    me, models, packs, privacy, profile, publications, recovery, releases, session, stream,
    studies, study,
};

/// Palate's API.
#[derive(Clone, Copy, Debug, OpenApi)]
#[openapi(
    info(title = "Palate", description = "Rank answers; keep or publish what you said; download what people chose to publish. \
        Errors are application/problem+json with a stable `code`. Unknown fields are refused.", license(name = "Apache-2.0")),
    paths(
        session::start, session::challenge, me::read, me::leave, me::rotate, recovery::create, recovery::enter, export::read, consents::list, consents::append, packs::list, ballots::issue,
        comparisons::record, judgments::judge, judgments::revise, judgments::list, profile::read, profile::write,
        profile::remove, models::list, generate::generate, stream::read, generate::stop, generate::reveal, publications::publish, publications::take_back, publications::list, blind_tests::keep, blind_tests::count, leaderboard::read, releases::list, releases::file, releases::part, studies::check, studies::create, studies::list, studies::change, studies::progress, study::read, study::consent, study::next, privacy::read, document, health::alive, health::ready,
    ),
    components(schemas(Problem, me::LeaveMode, StreamEvent)),
    modifiers(&Common),
    tags(
        (name = "person", description = "The person behind the session"),
        (name = "votes", description = "Comparisons and judgments"),
        (name = "profile", description = "The fitted state, kept for other devices"),
        (name = "generation", description = "Answers of language models"),
        (name = "studies", description = "A researcher's own prompts and answers, and the people who judge them"),
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

/// What the layers before the handlers add to every operation: the session and their refusals, so that an annotation names
/// only what its handler refuses.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let cookie = ApiKeyValue::with_description("sid", "`__Host-sid` behind https");
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("operator", bearer);
        for (path, item) in &mut document.paths.paths {
            let is_api = path.starts_with(palate_shared::routes::API);
            for (method, operation) in [
                (HttpMethod::Get, &mut item.get),
                (HttpMethod::Put, &mut item.put),
                (HttpMethod::Post, &mut item.post),
                (HttpMethod::Patch, &mut item.patch),
                (HttpMethod::Delete, &mut item.delete),
            ] {
                if let Some(operation) = operation {
                    name_links(operation);
                    add_refusals(operation, method != HttpMethod::Get, is_api);
                }
            }
        }
    }
}

/// utoipa 5 writes the target of a link as `operation_id`; the name in OpenAPI is `operationId`.
fn name_links(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        for link in response.links.values_mut() {
            if let RefOr::T(link) = link {
                let target = std::mem::take(&mut link.operation_id);
                link.extensions = Some([("operationId", target)].into_iter().collect());
            }
        }
    }
}

fn add_refusals(operation: &mut Operation, changes: bool, is_api: bool) {
    let takes_body = operation.request_body.is_some();
    let is_parsed = operation.parameters.iter().flatten().any(|parameter| {
        matches!(
            parameter.parameter_in,
            ParameterIn::Path | ParameterIn::Query
        )
    });
    let needs_session = operation.security.is_some();
    for (applies, status, description) in [
        (takes_body || is_parsed, "400", "Malformed"),
        (needs_session, "401", "No session, or no operator's token"),
        (changes, "403", "From another site"),
        (takes_body, "413", "Too large"),
        (takes_body, "415", "Not application/json"),
        (takes_body, "422", "Well-formed, but it cannot be so"),
        (is_api, "429", "Too many calls"),
        (true, "500", "A fault of the server"),
        (true, "503", "Busy, or not in time"),
        (changes, "507", "Storage is full; nothing was stored"),
    ] {
        if applies {
            operation
                .responses
                .responses
                .entry(status.to_owned())
                .or_insert_with(|| RefOr::T(problem(description)));
        }
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    Response::builder()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
