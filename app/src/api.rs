//! One typed function for each endpoint that the pages use.

use gloo_net::http::{Request, RequestBuilder, Response};
use palate_shared::api::comparisons::{Comparison, ComparisonRequest};
use palate_shared::api::consents::{Consent, ConsentRequest, Purpose};
use palate_shared::api::judgments::{
    JudgmentPage, JudgmentRequest, RevisionRequest, StoredJudgment,
};
use palate_shared::api::profile::Profile;
use palate_shared::api::releases::Releases;
use palate_shared::api::session::{Ballots, BallotsRequest, Me, Receipt, SessionRequest};
use palate_shared::ids::{ComparisonId, JudgmentId};
use palate_shared::problem::Problem;
use palate_shared::routes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::json;

/// Version of the consent texts in [`crate::strings`]; raise it when they change.
pub(crate) const CONSENT_TEXT_VERSION: &str = "2026-11-1";

/// `GET` of any JSON.
///
/// # Errors
/// When the network, the server or the decoding fails.
pub(crate) async fn get<T: DeserializeOwned>(url: &str) -> Result<T> {
    decode(&finish(Request::get(url).send().await).await?)
}

/// Starts or resumes a session (cookie).
pub(crate) async fn start_session() -> Result<Me> {
    send(Request::post(routes::SESSION), &SessionRequest::default()).await
}

/// Removes everything of this person from the server.
pub(crate) async fn erase() -> Result<Receipt> {
    decode(
        &finish(
            Request::delete(&format!("{}?mode=erase", routes::ME))
                .send()
                .await,
        )
        .await?,
    )
}

/// Gives or withdraws one consent.
pub(crate) async fn put_consent(purpose: Purpose, granted: bool) -> Result<Consent> {
    let name = match purpose {
        Purpose::Sync => "sync",
        Purpose::PublishVotes => "publish_votes",
        Purpose::PublishPrompts => "publish_prompts",
    };
    let url = routes::CONSENT.replace("{purpose}", name);
    let body = ConsentRequest {
        granted,
        text_version: CONSENT_TEXT_VERSION.to_owned(),
        locale: "en".to_owned(),
    };
    send(Request::put(&url), &body).await
}

/// Blank ballots.
pub(crate) async fn ballots(count: u8) -> Result<Ballots> {
    send(Request::post(routes::BALLOTS), &BallotsRequest { count }).await
}

/// Records what was shown.
pub(crate) async fn record_comparison(body: &ComparisonRequest) -> Result<Comparison> {
    send(Request::post(routes::COMPARISONS), body).await
}

/// Spends a ballot on a judgment.
pub(crate) async fn record_judgment(
    comparison: &ComparisonId,
    body: &JudgmentRequest,
) -> Result<StoredJudgment> {
    send(
        Request::post(&routes::COMPARISON_JUDGMENTS.replace("{id}", comparison.as_str())),
        body,
    )
    .await
}

/// Replaces the current revision, or withdraws it.
pub(crate) async fn revise_judgment(
    current: &JudgmentId,
    body: &RevisionRequest,
) -> Result<StoredJudgment> {
    send(
        Request::patch(&routes::JUDGMENT.replace("{id}", current.as_str())),
        body,
    )
    .await
}

/// Own judgments on the server, newest first, one page.
pub(crate) async fn judgments(cursor: Option<&str>) -> Result<JudgmentPage> {
    match cursor {
        Some(cursor) => get(&format!("{}?cursor={cursor}", routes::JUDGMENTS)).await,
        None => get(routes::JUDGMENTS).await,
    }
}

/// Published releases, newest first.
pub(crate) async fn releases() -> Result<Releases> {
    get(routes::RELEASES).await
}

/// Stores the profile; overwrites what this person stored before, whatever it was.
pub(crate) async fn put_profile(profile: &Profile) -> Result<()> {
    let found = Request::get(routes::PROFILE)
        .send()
        .await
        .map_err(|_| Error::Network)?;
    let request = match found.headers().get("etag").filter(|_| found.ok()) {
        Some(etag) => Request::put(routes::PROFILE).header("if-match", &etag),
        None => Request::put(routes::PROFILE).header("if-none-match", "*"),
    };
    finish(encode(request, profile)?.send().await)
        .await
        .map(drop)
}

fn encode<B: Serialize>(request: RequestBuilder, body: &B) -> Result<Request> {
    let text = serde_json::to_string(body).map_err(|error| Error::Decode(error.to_string()))?;
    request
        .header("content-type", "application/json")
        .body(text)
        .map_err(|error| Error::Decode(error.to_string()))
}

async fn send<B: Serialize, T: DeserializeOwned>(request: RequestBuilder, body: &B) -> Result<T> {
    decode(&finish(encode(request, body)?.send().await).await?)
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T> {
    json::parse(text).map_err(|error| Error::Decode(error.to_string()))
}

/// The body of a success, or the problem.
async fn finish(answer: std::result::Result<Response, gloo_net::Error>) -> Result<String> {
    let response = answer.map_err(|_| Error::Network)?;
    let text = response.text().await.map_err(|_| Error::Network)?;
    if response.ok() {
        return Ok(text);
    }
    let status = response.status();
    Err(Error::Api(json::parse(&text).unwrap_or_else(|_| Problem {
        code: "unknown".to_owned(),
        status,
        title: format!("The server answered {status}"),
        detail: None,
    })))
}
