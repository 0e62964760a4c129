//! Studies: what participants ask, and what an operator asks with a token.

use gloo_net::http::{Request, RequestBuilder};
use palate_shared::api::studies::{
    SourceReport, Studies, Study, StudyChange, StudyConsent, StudyConsentRequest, StudyCreated,
    StudyNext, StudyPage, StudyProgress,
};
use palate_shared::ids::StudyId;
use palate_shared::routes;
use web_sys::Blob;

use super::{decode, encode, finish, get, send};
use crate::error::{Error, Result};

fn of(route: &str, id: &StudyId) -> String {
    route.replace("{id}", id.as_str())
}

/// A study as its participants see it.
pub(crate) async fn page(id: &StudyId) -> Result<StudyPage> {
    get(&of(routes::STUDY, id)).await
}

/// Agrees to take part, or withdraws that.
pub(crate) async fn put_consent(
    id: &StudyId,
    granted: bool,
    text_version: String,
) -> Result<StudyConsent> {
    let body = StudyConsentRequest {
        granted,
        text_version,
    };
    send(Request::put(&of(routes::STUDY_CONSENT, id)), &body).await
}

/// The next question.
pub(crate) async fn next(id: &StudyId) -> Result<StudyNext> {
    decode(Request::post(&of(routes::STUDY_NEXT, id)).send().await).await
}

fn with(token: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("authorization", &format!("Bearer {token}"))
}

/// Every study.
pub(crate) async fn all(token: &str) -> Result<Studies> {
    decode(with(token, Request::get(routes::STUDIES)).send().await).await
}

/// What is wrong with a file; `body` is a `StudySource` as JSON.
pub(crate) async fn check(token: &str, body: Blob) -> Result<SourceReport> {
    post(token, routes::STUDIES_CHECK, body).await
}

/// Makes a draft; `body` is a `StudyRequest` as JSON.
pub(crate) async fn create(token: &str, body: Blob) -> Result<StudyCreated> {
    post(token, routes::STUDIES, body).await
}

/// Opens or closes a study.
pub(crate) async fn change(token: &str, id: &StudyId, change: &StudyChange) -> Result<Study> {
    let request = with(token, Request::patch(&of(routes::STUDY, id)));
    decode(encode(request, change)?.send().await).await
}

/// How far a study has come.
pub(crate) async fn progress(token: &str, id: &StudyId) -> Result<StudyProgress> {
    let url = of(routes::STUDY_PROGRESS, id);
    decode(with(token, Request::get(&url)).send().await).await
}

async fn post<T: serde::de::DeserializeOwned>(token: &str, url: &str, body: Blob) -> Result<T> {
    let request = with(token, Request::post(url))
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| Error::Decode(error.to_string()))?;
    let response = finish(request.send().await).await?;
    super::typed(super::body(&response).await?)
}
