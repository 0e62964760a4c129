//! Finds out what models can do, in place of believing it: at the start, and again when a server that did not answer answers
//! again. What the catalogue does not claim is not asked for. Calls are as short as can be, and stand in the ledger.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use palate_shared::api::generation::Finish;
use palate_shared::api::models::{Capabilities, ModelState};
use tokio::time::{sleep, timeout};

use super::bill::{self, PromptSize};
use super::budget::Payer;
use super::openai::{self, Chunks};
use super::pane::Account;
use super::progress::{Phase, Progress};
use super::prompt::Message;
use super::served::Served;
use super::sse::Events;
use super::wire::{Reply, Request};
use crate::address::Network;
use crate::clock::{day, now_ms};
use crate::db::ledger::Reservation;
use crate::state::AppState;

/// After so long it is looked again whether a server answers; twice as long the next time.
const FIRST_WAIT: Duration = Duration::from_secs(15);
/// It is looked again at least so often.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);
/// Most bytes of an answer to a probe.
const MOST_BYTES: usize = 64 * 1024;

/// Probes every model and keeps looking for those whose server does not answer; never returns.
pub async fn run(state: AppState) {
    let served = state.llm.served.iter();
    join_all(served.map(|served| watch(&state, served))).await;
}

async fn watch(state: &AppState, served: &Served) {
    let mut wait = FIRST_WAIT;
    loop {
        let may_call = !matches!(
            state.llm.state(served),
            ModelState::Off | ModelState::BudgetSpent
        );
        // What was lost until now is looked at now.
        let _ = served.lost().now_or_never();
        if may_call && answers(state, served).await {
            learn(state, served).await;
        }
        if may_call && served.is_reachable() {
            wait = FIRST_WAIT;
            served.lost().await;
        } else {
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Whether the server answers at all; this costs nothing.
async fn answers(state: &AppState, served: &Served) -> bool {
    let patience = Duration::from_millis(state.llm.limits.connect_ms * 2);
    let asked = openai::get(served, &served.model.models_url).send();
    let answers = matches!(timeout(patience, asked).await, Ok(Ok(_)));
    openai::note_reachable(served, answers);
    answers
}

/// Asks for what the catalogue claims and takes down what is so.
pub async fn learn(state: &AppState, served: &Served) {
    let claimed = served.model.claimed;
    let model = &served.model;
    let hello = [user("Say ok.")];
    let mut base = Request::new(model, &hello, claimed.stream, 1);
    base.seed = claimed.seed.then_some(1);
    let mut first = ask(state, served, &base).await;
    let mut seed = claimed.seed && first.is_some();
    if first.is_none() && claimed.seed {
        base.seed = None;
        first = ask(state, served, &base).await;
        seed = false;
    }
    let Some(first) = first else {
        return;
    };
    let plain = Request::new(model, &hello, false, 1);
    let several = Request {
        n: Some(2),
        ..plain.clone()
    };
    let with_logprobs = Request {
        logprobs: Some(true),
        ..plain
    };
    let begun = [
        user("Count from one to five in words, in small letters, with spaces."),
        Message {
            role: "assistant",
            content: "one two three".to_owned(),
        },
    ];
    let prefilled = Request::new(model, &begun, false, 3);
    served.set_capabilities(Capabilities {
        stream: first.is_stream,
        seed,
        n: claimed.n
            && ask(state, served, &several)
                .await
                .is_some_and(|heard| heard.answers > 1),
        logprobs: claimed.logprobs
            && ask(state, served, &with_logprobs)
                .await
                .is_some_and(|heard| heard.has_logprobs),
        prefill: claimed.prefill
            && ask(state, served, &prefilled)
                .await
                .is_some_and(|heard| heard.text.trim_start().starts_with("four")),
    });
    tracing::info!(model = %served.model.id, can = ?served.capabilities(), "probed a model");
}

fn user(text: &str) -> Message {
    Message {
        role: "user",
        content: text.to_owned(),
    }
}

/// What a probe heard.
#[derive(Clone, Debug, Default)]
struct Heard {
    is_stream: bool,
    answers: u32,
    has_logprobs: bool,
    text: String,
}

/// One call; `None` when it brought no answer or the budget has no room for it.
async fn ask(state: &AppState, served: &Served, body: &Request<'_>) -> Option<Heard> {
    let model = &served.model;
    let prompt = PromptSize::of(body.messages);
    let of_one = body.max_tokens.or(body.max_completion_tokens).unwrap_or(1);
    let most_tokens = of_one * u32::from(body.n.unwrap_or(1));
    let payer = Payer {
        person: String::new(),
        network: Network([0; 16]),
        model: model.id.clone(),
        model_micro: model.day_micro,
    };
    let most = bill::most(model, prompt, most_tokens);
    let today = day(now_ms());
    let set_aside = state
        .llm
        .budget
        .begin(&today, &payer, &[most])
        .ok()?
        .pop()?;
    let reservation = Reservation {
        id: uuid::Uuid::now_v7().to_string(),
        user_id: None,
        generation: None,
        model: model.id.0.clone(),
        purpose: "probe",
        reserved_micro: most,
        at_ms: now_ms(),
    };
    state.db.reserve(reservation.clone()).await.ok()?;
    let progress = Progress::default();
    let patience = Duration::from_millis(state.llm.limits.first_byte_ms);
    let heard = timeout(patience, hear(state, served, body, &progress))
        .await
        .ok()
        .flatten();
    let account = Account {
        finish: Finish::Stop,
        first_token_ms: None,
        duration_ms: 0,
        events: 0,
        hidden_tokens: 0,
        text: heard
            .as_ref()
            .map(|heard| heard.text.clone())
            .unwrap_or_default(),
    };
    let settled = bill::settled(model, prompt, most_tokens, &progress, &account);
    set_aside.settle(settled.micro);
    if let Err(error) = state.db.settle(settled.of(reservation, &account)).await {
        tracing::error!(%error, "what a probe cost could not be written down");
    }
    heard
}

async fn hear(
    state: &AppState,
    served: &Served,
    body: &Request<'_>,
    progress: &Progress,
) -> Option<Heard> {
    let limits = &state.llm.limits;
    progress.reach(Phase::Sent);
    let response = match openai::post(served, body, limits).await {
        Ok(response) => response,
        Err(_) => {
            progress.reach(Phase::NotCalled);
            return None;
        }
    };
    progress.reach(Phase::Answering);
    let is_stream = openai::media_type(&response) == "text/event-stream";
    let mut bytes = Vec::new();
    let mut chunks = Chunks::new(response, limits);
    while let Ok(Some(more)) = chunks.next().await {
        bytes.extend_from_slice(&more);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    progress.reach(Phase::Complete);
    let mut heard = Heard {
        is_stream,
        ..Heard::default()
    };
    let mut take = |data: &[u8]| {
        if let Ok(reply) = serde_json::from_slice::<Reply>(data) {
            heard.take(reply, progress);
        }
        true
    };
    if is_stream {
        Events::new(MOST_BYTES).read(&bytes, take).ok()?;
    } else {
        take(&bytes);
    }
    (heard.answers > 0).then_some(heard)
}

impl Heard {
    fn take(&mut self, reply: Reply, progress: &Progress) {
        if let Some(usage) = reply.usage {
            progress.tell(usage);
        }
        for choice in reply.choices {
            self.answers = self.answers.max(choice.index + 1);
            self.has_logprobs |= choice.has_logprobs();
            let text = choice.delta.and_then(|delta| delta.content);
            self.text.push_str(&text.unwrap_or_default());
        }
    }
}
