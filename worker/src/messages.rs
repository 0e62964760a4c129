//! The message loop: strings in, one answer per request out, unasked messages with id 0.

use palate_models::session::{Lesson, Session};
use palate_shared::event::VoteEvent;
use palate_shared::infer::{
    Compared, DevicePreference, FailureCode, FromWorker, Request, Response, ToWorker,
};
use palate_shared::pow;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Blob, MessageEvent};

use crate::failure::{Result, failure, of_session};
use crate::state::{State, state};
use crate::{cache, device, encoder, js, pack, personal, portable};

/// Most of what a bench may be asked for, so that a slip does not lock the worker up.
const BENCH_LIMIT: usize = 10_000;

/// Most files that wait to be read.
const MOST_FILES: usize = 16;

/// Listens, and says that it does.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // The worker dies of this; the page starts another one.
        tell(Response::Failed(crate::failure::device(&info.to_string())));
    }));
    let listener = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| receive(&event));
    js::scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    tell(Response::Hello);
}

/// Sends an unasked message.
pub(crate) fn tell(body: Response) {
    send(0, body);
}

fn send(id: u64, body: Response) {
    // Every response serialises, and a string can always be posted.
    if let Ok(text) = serde_json::to_string(&FromWorker { id, body }) {
        let _ = js::scope().post_message(&text.into());
    }
}

/// What is left of a message that is no request.
#[derive(Deserialize)]
struct OnlyId {
    id: u64,
}

fn receive(event: &MessageEvent) {
    if let Ok(file) = event.data().dyn_into::<Blob>() {
        let state = state();
        let mut files = state.files.borrow_mut();
        // A page that posts and never asks fills no memory.
        if files.len() == MOST_FILES {
            files.remove(0);
        }
        files.push(file);
        return;
    }
    let text = event.data().as_string().unwrap_or_default();
    match serde_json::from_str::<ToWorker>(&text) {
        Ok(ToWorker { id, body }) => wasm_bindgen_futures::spawn_local(async move {
            send(id, answer(body).await.unwrap_or_else(Response::Failed));
        }),
        Err(error) => {
            let id = serde_json::from_str::<OnlyId>(&text).map_or(0, |message| message.id);
            let message =
                format!("The message is no request of this version ({error}). Reload the page.");
            send(id, Response::Failed(failure(FailureCode::Input, message)));
        }
    }
}

async fn answer(request: Request) -> Result<Response> {
    let state = state();
    match request {
        Request::Start {
            pack_url,
            heads_url,
            encoder_url,
            seed,
            preference,
            history,
        } => {
            *state.encoder_url.borrow_mut() = Some(encoder_url);
            let session = pack::open(&pack_url, &heads_url, seed);
            begin(&state, session, preference, &history).await
        }
        Request::Next { topic } => state
            .with_session(|session| session.next(topic.as_deref()).map_err(of_session))
            .map(|question| Response::Question(Box::new(question))),
        Request::NextFour => state
            .with_session(|session| session.next_four().map_err(of_session))
            .map(|question| Response::Question(Box::new(question))),
        Request::Predict { prompt, shown } => state
            .with_session(|session| session.predict(&prompt, &shown).map_err(of_session))
            .map(|question| Response::Question(Box::new(question))),
        Request::Learn { event } => learn(&state, &event),
        Request::Recall { from, events, more } => recall(&state, from, events, more),
        Request::ReadTaste => portable::read(&state).await,
        Request::TasteEvents { from } => Ok(portable::events(&state, from)),
        Request::Profile => {
            state.with_session(|session| Ok(Response::Profile(Box::new(session.profile()))))
        }
        Request::Makers { topic } => state.with_session(|session| {
            Ok(Response::Makers(Box::new(session.makers(topic.as_deref()))))
        }),
        Request::Correct { description } => state.with_session(|session| {
            session.correct(&description).map_err(of_session)?;
            Ok(Response::Profile(Box::new(session.profile())))
        }),
        Request::States => state.with_session(|session| {
            Ok(Response::States {
                states: session.states(),
            })
        }),
        Request::Compare { prompt, texts } => compare(&state, &prompt, &texts).await,
        Request::Rerank(asked) => personal::rerank(&state, &asked).await,
        Request::Style { examples } => personal::style(&state, &examples).await,
        Request::Nearest { text, count } => personal::nearest(&state, &text, count).await,
        Request::CancelDownload => {
            if let Some(loading) = state.loading.borrow().as_ref() {
                loading.abort.abort();
            }
            Ok(Response::Done)
        }
        Request::DeleteCache => {
            *state.memory.borrow_mut() = cache::Memory::default();
            cache::delete_all().await;
            Ok(Response::Done)
        }
        Request::SolvePow { challenge, bits } if bits <= pow::MOST_BITS => Ok(Response::Pow {
            nonce: pow::solve(&challenge, bits),
        }),
        Request::SolvePow { bits, .. } => Err(failure(
            FailureCode::Input,
            format!("The server asks for too much work ({bits} bits)."),
        )),
        #[cfg(feature = "webgpu")]
        Request::Reproduce(wanted) => crate::reproduce::reproduce(&state, &wanted).await,
        #[cfg(not(feature = "webgpu"))]
        Request::Reproduce(_) => Err(failure(
            FailureCode::Input,
            "This build of the worker trains nothing; ask the one with WebGPU.",
        )),
        Request::Embed { texts } => embed(&state, &texts).await,
        Request::BenchEncoder {
            batch,
            tokens,
            repeats,
        } => {
            check_bench(&[batch, tokens, repeats])?;
            let loaded = encoder::get(&state).await?;
            Ok(Response::Timed {
                ms: encoder::bench(&loaded, batch, tokens, repeats).await?,
            })
        }
        #[cfg(feature = "webgpu")]
        Request::CompareDevices {
            answers,
            votes,
            repeats,
        } => {
            let sizes = [answers, votes, repeats];
            check_bench(&sizes)?;
            crate::both_devices::compare(&state, sizes).await
        }
        #[cfg(not(feature = "webgpu"))]
        Request::CompareDevices { .. } => Err(failure(
            FailureCode::Input,
            "This build of the worker has one device; ask the one with WebGPU.",
        )),
        Request::BenchRefit {
            votes,
            candidates,
            repeats,
        } => {
            check_bench(&[votes, candidates, repeats])?;
            state.with_session(|session| {
                let bench = session
                    .bench_refit(votes, candidates, repeats, &js::now)
                    .map_err(of_session)?;
                Ok(Response::BenchedRefit {
                    refit_ms: bench.refit,
                    all_ms: bench.all,
                    choose_ms: bench.choose,
                })
            })
        }
    }
}

async fn begin(
    state: &State,
    session: impl Future<Output = Result<Session>>,
    preference: DevicePreference,
    history: &[VoteEvent],
) -> Result<Response> {
    let known = state
        .choice
        .borrow()
        .as_ref()
        .map(|choice| choice.report.clone());
    let device = match known {
        // A GPU is asked for once in the life of a worker, also when the pack then fails.
        Some(report) => report,
        None => {
            let choice = device::choose(preference).await;
            let report = choice.report.clone();
            *state.choice.borrow_mut() = Some(choice);
            report
        }
    };
    let mut session = session.await?;
    session.restore(history).map_err(of_session)?;
    let methods = session.methods();
    *state.session.borrow_mut() = Some(session);
    Ok(Response::Ready { methods, device })
}

fn learn(state: &State, event: &VoteEvent) -> Result<Response> {
    state.with_session(|session| {
        let start = js::now();
        let lesson = session.learn(event).map_err(of_session)?;
        Ok(learned(lesson, js::now() - start))
    })
}

fn recall(state: &State, from: usize, events: Vec<VoteEvent>, more: bool) -> Result<Response> {
    let mut recalled = state.recalled.borrow_mut();
    recalled.truncate(from);
    recalled.extend(events);
    if more {
        return Ok(Response::Done);
    }
    let log = std::mem::take(&mut *recalled);
    state.with_session(|session| {
        let start = js::now();
        session.restore(&log).map_err(of_session)?;
        Ok(learned(session.standing(), js::now() - start))
    })
}

fn learned(lesson: Lesson, refit_ms: f64) -> Response {
    let Lesson {
        n_fit,
        n_held_out,
        lesson,
        certainty,
        certainty_before,
    } = lesson;
    Response::Learned {
        n_fit,
        n_held_out,
        lesson,
        refit_ms,
        certainty,
        certainty_before,
    }
}

async fn compare(state: &State, prompt: &str, texts: &[String]) -> Result<Response> {
    if texts.len() < 2 || texts.iter().any(|text| text.trim().is_empty()) {
        return Err(failure(
            FailureCode::Input,
            "Two texts or more are needed, and none may be empty.",
        ));
    }
    // Before forty megabytes are fetched for nothing.
    state.with_session(|_| Ok(()))?;
    let loaded = encoder::get(state).await?;
    let vectors = encoder::encode(&loaded, texts).await?;
    state.with_session(|session| {
        let found = session
            .compare(prompt, texts, &vectors)
            .map_err(of_session)?;
        Ok(Response::Compared(Box::new(Compared {
            predictions: found.predictions,
            ranking: found.ranking,
            margin: found.margin,
            reasons: found.reasons,
            device: loaded.report.clone(),
        })))
    })
}

async fn embed(state: &State, texts: &[String]) -> Result<Response> {
    let loaded = encoder::get(state).await?;
    let mut ids = Vec::with_capacity(texts.len());
    for text in texts {
        let windows = loaded
            .encoder
            .token_ids(text)
            .map_err(crate::failure::of_encoder)?;
        ids.extend(windows.into_iter().next());
    }
    let vectors = encoder::encode(&loaded, texts).await?;
    Ok(Response::Embedded {
        vectors,
        ids,
        device: loaded.report.clone(),
    })
}

fn check_bench(sizes: &[usize]) -> Result<()> {
    match sizes.iter().find(|&&size| size == 0 || size > BENCH_LIMIT) {
        Some(size) => Err(failure(
            FailureCode::Input,
            format!("{size} is no size for a bench; from 1 to {BENCH_LIMIT} is."),
        )),
        None => Ok(()),
    }
}
