//! `GET /me/export`.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use axum::extract::State;
use axum::http::{HeaderName, header};
use palate_shared::api::account::{Export, ModelCall, OwnStudyConsent, SessionTimes};
use palate_shared::api::comparisons::ComparisonRequest;
use palate_shared::event::{Policy, VoteEvent};
use palate_shared::ids::{ComparisonId, JudgmentId, ModelId, StudyId};
use palate_shared::judgment::Judgment;

use crate::clock::rfc3339;
use crate::db::export::ComparisonRow;
use crate::db::from_wire_name;
use crate::db::judgments::JudgmentRow;
use crate::db::ledger::LedgerRow;
use crate::error::ApiResult;
use crate::extract::{Json, Person};
use crate::routes::is_uuid;
use crate::routes::me::describe;
use crate::state::AppState;

/// Makes the browser save the answer as a file.
const ATTACHMENT: [(HeaderName, &str); 1] = [(
    header::CONTENT_DISPOSITION,
    "attachment; filename=\"palate-export.json\"",
)];

/// Everything that the server holds about this person, as a file.
///
/// # Errors
/// Without a session, or when storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::ME_EXPORT, operation_id = "export_person", tag = "person", security(("session" = [])),
    responses(
        (status = 200, description = "Everything held, as an attachment", body = Export),
    )
)]
pub async fn read(
    State(state): State<AppState>,
    Person(user): Person,
) -> ApiResult<([(HeaderName, &'static str); 1], Json<Export>)> {
    let held = state.db.belongings(&user.id).await?;
    let profile = match state.db.profile(&user.id).await? {
        Some(profile) => Some(serde_json::from_str(&profile.body)?),
        None => None,
    };
    let calls = state.db.calls_of(&user.id).await?;
    let judged: HashSet<&str> = held
        .judgments
        .iter()
        .map(|row| row.comparison_id.as_str())
        .collect();
    let mut unjudged = Vec::new();
    for row in &held.comparisons {
        if !judged.contains(row.id.as_str()) {
            unjudged.push(request(row)?);
        }
    }
    let export = Export {
        me: describe(&state, &user).await?,
        recovery_code_made_at: held.recovery_code_made_at.map(rfc3339),
        sessions: held
            .sessions
            .iter()
            .map(|(created_at, expires_at)| SessionTimes {
                created_at: rfc3339(*created_at),
                expires_at: rfc3339(*expires_at),
            })
            .collect(),
        consents: state.db.consent_log(&user.id).await?,
        profile,
        assessment: state.db.assessment(&user.id).await?,
        events: events(&held.comparisons, &held.judgments)?,
        unjudged,
        study_consents: state
            .db
            .study_consent_log(&user.id)
            .await?
            .into_iter()
            .map(|(study, consent)| OwnStudyConsent {
                study: StudyId(study),
                consent,
            })
            .collect(),
        blind_tests: state.db.blind_tests_of(&user.id).await?,
        publications: state
            .db
            .conversations_of(&user.id)
            .await?
            .iter()
            .map(|row| serde_json::from_str(&row.prompt_json))
            .collect::<serde_json::Result<_>>()?,
        calls: calls.into_iter().map(call).collect(),
    };
    Ok((ATTACHMENT, Json(export)))
}

fn call(row: LedgerRow) -> ModelCall {
    ModelCall {
        at: rfc3339(row.at_ms),
        model: ModelId(row.model),
        purpose: row.purpose,
        input_tokens: row.input_tokens.unsigned_abs(),
        output_tokens: row.output_tokens.unsigned_abs(),
        cost_micro: row.settled_micro.unsigned_abs(),
    }
}

/// Every revision as the browser's log holds it.
fn events(comparisons: &[ComparisonRow], rows: &[JudgmentRow]) -> anyhow::Result<Vec<VoteEvent>> {
    let shown: HashMap<&str, &ComparisonRow> = comparisons
        .iter()
        .map(|row| (row.id.as_str(), row))
        .collect();
    let by_id: HashMap<&str, &JudgmentRow> =
        rows.iter().map(|row| (row.id.as_str(), row)).collect();
    rows.iter()
        .map(|row| {
            let comparison = shown
                .get(row.comparison_id.as_str())
                .context("a judgment without comparison")?;
            let replaced = |row: &JudgmentRow| {
                let id = row.supersedes_id.as_deref()?;
                by_id.get(id).copied()
            };
            Ok(VoteEvent {
                id: event_id(row),
                comparison: ComparisonId(comparison.id.clone()),
                supersedes: replaced(row).map(event_id),
                withdrawn: row.withdrawn == 1,
                pack: comparison.pack.as_str().into(),
                prompt: comparison.prompt.as_str().into(),
                shown: comparison.shown.clone(),
                judgment: said(row, replaced)?,
                policy: policy(comparison)?,
                propensity: comparison.propensity,
                topic: comparison.topic.clone(),
                repeat_of: comparison.repeat_of.clone().map(ComparisonId),
                predictions: serde_json::from_str(&row.predictions_json)?,
                blind: comparison.blind == 1,
                simulated: comparison.simulated == 1,
                context: row.context.clone(),
                at_ms: row.at_ms.unsigned_abs(),
                dwell_ms: u32::try_from(row.dwell_ms)?,
            })
        })
        .collect()
}

/// What a revision says; for a withdrawal, what it took back.
fn said<'a>(
    row: &'a JudgmentRow,
    replaced: impl Fn(&'a JudgmentRow) -> Option<&'a JudgmentRow>,
) -> anyhow::Result<Judgment> {
    let mut row = row;
    loop {
        match row.judgment()? {
            Some(judgment) => return Ok(judgment),
            None => row = replaced(row).context("a withdrawal of nothing")?,
        }
    }
}

/// The client's id of a revision where it sent one, so that the device that made it knows it again.
fn event_id(row: &JudgmentRow) -> JudgmentId {
    if is_uuid(&row.idempotency_key) {
        JudgmentId(row.idempotency_key.clone())
    } else {
        JudgmentId(row.id.clone())
    }
}

fn request(row: &ComparisonRow) -> ApiResult<ComparisonRequest> {
    Ok(ComparisonRequest {
        id: ComparisonId(row.id.clone()),
        pack: row.pack.as_str().into(),
        prompt: row.prompt.as_str().into(),
        shown: row.shown.clone(),
        policy: policy(row)?,
        propensity: row.propensity,
        topic: row.topic.clone(),
        repeat_of: row.repeat_of.clone().map(ComparisonId),
        blind: row.blind == 1,
        simulated: row.simulated == 1,
    })
}

fn policy(row: &ComparisonRow) -> serde_json::Result<Policy> {
    from_wire_name(&row.policy)
}
