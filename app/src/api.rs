//! One typed function for each endpoint that the pages use.

pub(crate) mod studies;

use gloo_net::http::{Request, RequestBuilder};
use palate_shared::api::account::{RecoveryCode, RecoveryRequest};
use palate_shared::api::blind_tests::{BlindTestRequest, BlindTestTotals};
use palate_shared::api::comparisons::{Comparison, ComparisonRequest};
use palate_shared::api::consents::{Consent, ConsentRequest, Purpose};
use palate_shared::api::generation::{GenerateRequest, Generation, Reveal, StopRequest};
use palate_shared::api::judgments::{
    JudgmentPage, JudgmentRequest, RevisionRequest, StoredJudgment,
};
use palate_shared::api::models::ModelList;
use palate_shared::api::profile::Profile;
use palate_shared::api::publications::{Publication, PublicationRequest, Publications};
use palate_shared::api::releases::Releases;
use palate_shared::api::session::{Ballots, BallotsRequest, Me, Receipt};
use palate_shared::event::VoteEvent;
use palate_shared::ids::{ComparisonId, JudgmentId};
use palate_shared::problem::Problem;
use palate_shared::routes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::Response;

use crate::error::{Error, Result};
use crate::json::Value;
use crate::{locale, strings};

/// Version of the consent texts in [`crate::strings`]; raise it when they change.
pub(crate) const CONSENT_TEXT_VERSION: &str = "2026-11-2";

/// `GET` of any JSON.
///
/// # Errors
/// When the network, the server or the decoding fails.
pub(crate) async fn get<T: DeserializeOwned>(url: &str) -> Result<T> {
    typed(get_value(url).await?)
}

/// `GET` of any JSON, not yet given a type.
///
/// # Errors
/// When the network, the server or the decoding fails.
pub(crate) async fn get_value(url: &str) -> Result<Value> {
    body(&finish(Request::get(url).send().await).await?).await
}

/// The work that the server asks for a new session.
#[derive(Deserialize)]
pub(crate) struct Challenge {
    /// To be hashed with the answer.
    pub(crate) challenge: String,
    /// Leading zero bits of that hash.
    pub(crate) bits: u32,
}

/// The work, done.
#[derive(Serialize)]
pub(crate) struct Proof {
    /// As given.
    pub(crate) challenge: String,
    /// What makes the hash.
    pub(crate) nonce: String,
}

/// Body of `POST /session`.
#[derive(Serialize)]
struct SessionBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pow: Option<Proof>,
}

/// The part of `GET /me/export` that a device takes in.
#[derive(Deserialize)]
pub(crate) struct Held {
    /// Every revision of every vote, oldest first.
    pub(crate) events: Vec<VoteEvent>,
}

/// Starts or resumes a session (cookie).
pub(crate) async fn start_session(pow: Option<Proof>) -> Result<Me> {
    send(Request::post(routes::SESSION), &SessionBody { pow }).await
}

/// The work for a new session.
pub(crate) async fn challenge() -> Result<Challenge> {
    get(routes::SESSION_CHALLENGE).await
}

/// The person behind the session.
pub(crate) async fn me() -> Result<Me> {
    get(routes::ME).await
}

/// Leaves: `erase` deletes everything, `unlink` keeps the votes without the link.
pub(crate) async fn leave(mode: &str) -> Result<Receipt> {
    let request = Request::delete(&format!("{}?mode={mode}", routes::ME));
    decode(request.send().await).await
}

/// A new recovery code.
pub(crate) async fn new_code() -> Result<RecoveryCode> {
    decode(Request::post(routes::ME_RECOVERY).send().await).await
}

/// Opens the account of a recovery code (cookie).
pub(crate) async fn enter(code: &str) -> Result<Me> {
    let code = code.to_owned();
    send(
        Request::post(routes::AUTH_RECOVERY),
        &RecoveryRequest { code },
    )
    .await
}

/// A new public id.
pub(crate) async fn rotate() -> Result<Me> {
    decode(Request::post(routes::ME_ROTATE).send().await).await
}

/// Everything held on the server.
pub(crate) async fn export() -> Result<Held> {
    get(routes::ME_EXPORT).await
}

/// The last word on every purpose.
pub(crate) async fn consents() -> Result<Vec<Consent>> {
    get(routes::CONSENTS).await
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
        locale: locale::code().to_owned(),
    };
    send(Request::put(&url), &body).await
}

/// Publishes a typed prompt with the answers that were compared.
pub(crate) async fn publish(
    generation: &ComparisonId,
    body: &PublicationRequest,
) -> Result<Publication> {
    let url = routes::COMPARISON_PUBLICATION.replace("{id}", generation.as_str());
    send(Request::post(&url), body).await
}

/// Own prompts that are published.
pub(crate) async fn publications() -> Result<Publications> {
    get(routes::PUBLICATIONS).await
}

/// Takes a published conversation back.
pub(crate) async fn take_back(generation: &ComparisonId) -> Result<()> {
    let url = routes::COMPARISON_PUBLICATION.replace("{id}", generation.as_str());
    finish(Request::delete(&url).send().await).await.map(drop)
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

/// The catalogue of language models.
pub(crate) async fn models() -> Result<ModelList> {
    get(routes::MODELS).await
}

/// Asks for answers; they are streamed.
pub(crate) async fn generate(body: &GenerateRequest) -> Result<Generation> {
    send(Request::post(routes::GENERATE), body).await
}

/// Stops one answer of a generation, or all.
pub(crate) async fn stop_generation(id: &ComparisonId, pane: Option<u8>) -> Result<()> {
    let url = routes::COMPARISON_STOP.replace("{id}", id.as_str());
    let request = encode(Request::post(&url), &StopRequest { pane })?;
    finish(request.send().await).await.map(drop)
}

/// Who wrote the answers of a generation.
pub(crate) async fn reveal(id: &ComparisonId) -> Result<Reveal> {
    let url = routes::COMPARISON_REVEAL.replace("{id}", id.as_str());
    decode(Request::post(&url).send().await).await
}

/// Adds the outcome of a blind test to those of everybody.
pub(crate) async fn record_blind_test(body: &BlindTestRequest) -> Result<()> {
    let request = encode(Request::post(routes::BLIND_TESTS), body)?;
    finish(request.send().await).await.map(drop)
}

/// Blind tests of everybody, counted.
pub(crate) async fn blind_tests() -> Result<BlindTestTotals> {
    get(routes::BLIND_TESTS).await
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
    decode(encode(request, body)?.send().await).await
}

/// What came of a request.
pub(crate) type Answer = std::result::Result<gloo_net::http::Response, gloo_net::Error>;

async fn decode<T: DeserializeOwned>(answer: Answer) -> Result<T> {
    typed(body(&finish(answer).await?).await?)
}

/// Gives JSON its type.
///
/// # Errors
/// When it has another shape.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    value
        .read()
        .map_err(|error| Error::Decode(error.to_string()))
}

async fn body(response: &Response) -> Result<Value> {
    let value = Value::of(response).await.ok_or(Error::Network)?;
    value.map_err(|error| Error::Decode(error.to_string()))
}

/// The response of a success, or the problem.
///
/// # Errors
/// When the network fails, or the server refuses.
pub(crate) async fn finish(answer: Answer) -> Result<Response> {
    let response: Response = answer.map_err(|_| Error::Network)?.into();
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let problem = match body(&response).await {
        Ok(value) => typed(value),
        Err(Error::Network) => return Err(Error::Network),
        Err(error) => Err(error),
    };
    let problem = problem.unwrap_or_else(|_| Problem {
        code: "unknown".to_owned(),
        status,
        title: strings::error_status(status),
        detail: None,
    });
    Err(match problem.code.as_str() {
        "session_required" | "consent_required" => Error::Lost,
        _ => Error::Api(problem),
    })
}
