//! The talk with one worker: start, requests with ids, restarts.

use std::collections::HashMap;

use futures_channel::oneshot;
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::ids::JudgmentId;
use palate_shared::infer::{
    DevicePreference, DeviceReport, Failure, FailureCode, MethodInfo, Request, Response, ToWorker,
    Training,
};
use serde::de::DeserializeOwned;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::library::Library;
use crate::wire::{Body, Message};
use crate::{dom, packs, settings, strings};

/// Where the encoder's files live.
pub(crate) const ENCODER_URL: &str = "/models/encoder";

/// Events in one message, so that the page is never busy for long.
const PIECE: usize = 50;
/// Events that are learned one by one; more are told as a whole log.
const ONE_BY_ONE: usize = 10;

/// Restarts before the page gives up until it is asked again.
const RESTARTS: u32 = 3;

/// How a worker is doing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    /// Not asked for yet.
    Idle,
    /// Loading.
    Starting,
    /// Answers.
    Ready,
    /// Given up, with the reason in words.
    Failed(String),
}

type Answer = Result<Response, Failure>;

struct Inner {
    meta: &'static str,
    worker: Option<Worker>,
    pending: HashMap<u64, oneshot::Sender<Result<Body, Failure>>>,
    next_id: u64,
    start_id: u64,
    restarts: u32,
    /// Stale callbacks of a worker that was ended are told apart by this number.
    generation: u32,
    /// Events that the worker has been told of, in the order told; `None` where it must be told anew.
    known: Option<Vec<JudgmentId>>,
    /// Whether a whole log is being told.
    recalling: bool,
    preference: DevicePreference,
}

/// A handle on one worker. Copies talk to the same worker.
#[derive(Clone, Copy)]
pub(crate) struct Engine {
    /// How it is doing.
    pub(crate) status: RwSignal<Status>,
    /// Methods that it predicts with.
    pub(crate) methods: RwSignal<Vec<MethodInfo>>,
    /// Where the encoder runs and why.
    pub(crate) device: RwSignal<Option<DeviceReport>>,
    /// Download of the encoder: bytes so far and in all.
    pub(crate) progress: RwSignal<Option<(u64, u64)>>,
    /// How a training went so far.
    pub(crate) training: RwSignal<Vec<Training>>,
    events: RwSignal<Vec<VoteEvent>>,
    library: Library,
    inner: StoredValue<Inner, LocalStorage>,
}

/// An answer that several parts of the page know.
fn typed(answer: Result<Body, Failure>) -> Answer {
    answer?.response().ok().flatten().ok_or_else(strange)
}

/// The worker answered what was not asked.
fn strange() -> Failure {
    failure(FailureCode::Device, strings::worker_died())
}

/// A failure that the page itself found.
fn failure(code: FailureCode, message: &str) -> Failure {
    Failure {
        code,
        message: message.to_owned(),
    }
}

impl Engine {
    /// A worker whose script is named by `<meta name=…>`; nothing is loaded yet.
    pub(crate) fn new(
        meta: &'static str,
        events: RwSignal<Vec<VoteEvent>>,
        library: Library,
    ) -> Self {
        let inner = Inner {
            meta,
            worker: None,
            pending: HashMap::new(),
            next_id: 0,
            start_id: 0,
            restarts: 0,
            generation: 0,
            known: Some(Vec::new()),
            recalling: false,
            preference: DevicePreference::Cpu,
        };
        Self {
            status: RwSignal::new(Status::Idle),
            methods: RwSignal::new(Vec::new()),
            device: RwSignal::new(None),
            progress: RwSignal::new(None),
            training: RwSignal::new(Vec::new()),
            events,
            library,
            inner: StoredValue::new_local(inner),
        }
    }

    /// Starts the worker unless it runs. After a failure this is a new try.
    pub(crate) fn ensure(self, preference: DevicePreference) {
        let running = self.inner.with_value(|inner| inner.worker.is_some());
        if !running {
            self.inner.update_value(|inner| {
                inner.restarts = 0;
                inner.preference = preference;
            });
            self.spawn();
        }
    }

    /// Ends the worker and starts it anew with the present events.
    pub(crate) fn restart(self, preference: DevicePreference) {
        self.stop();
        self.ensure(preference);
    }

    /// Ends the worker; what was asked and not answered fails.
    pub(crate) fn stop(self) {
        self.end(failure(FailureCode::Cancelled, strings::worker_restarted()));
        self.status.set(Status::Idle);
    }

    /// Starts anew on the present pack, if it was ever started.
    pub(crate) fn renew(self) {
        if self.status.get_untracked() != Status::Idle {
            self.restart(self.inner.with_value(|inner| inner.preference));
        }
    }

    /// Asks and waits. Answers that come after a restart are dropped, the request then fails.
    ///
    /// # Errors
    /// What the worker says, or `device` when the worker is not there or died.
    pub(crate) async fn ask(self, body: Request) -> Answer {
        typed(self.post(body).await)
    }

    /// Asks for what only one page wants; `tag` names the answer, which is read where it is wanted.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) async fn ask_for<T: DeserializeOwned>(
        self,
        body: Request,
        tag: &'static str,
    ) -> Result<T, Failure> {
        let found = self.post(body).await?.read(tag);
        found.ok().flatten().ok_or_else(strange)
    }

    /// Asks at once; the answer can be waited for.
    fn post(self, body: Request) -> impl Future<Output = Result<Body, Failure>> {
        let (tell, answer) = oneshot::channel();
        let sent = self.send(body, Some(tell));
        async move {
            sent?;
            answer
                .await
                .unwrap_or_else(|_| Err(failure(FailureCode::Device, strings::worker_died())))
        }
    }

    /// Brings what the worker knows to the present log, whatever was added or taken away; the answer to the last message,
    /// `None` when there is none.
    pub(crate) async fn learn_new(self) -> Option<Answer> {
        if self.status.get_untracked() != Status::Ready {
            return None;
        }
        self.teach().await
    }

    async fn teach(self) -> Option<Answer> {
        while self.inner.with_value(|inner| inner.recalling) {
            dom::sleep(20).await;
        }
        let new = self.inner.with_value(|inner| {
            let known = inner.known.as_deref()?;
            let new = self
                .events
                .with_untracked(|events| untold(known, events).map(<[_]>::to_vec))?;
            // Learned one by one are only votes on this pack; a whole log may hold others.
            let are_own = new
                .iter()
                .all(|event| self.library.is_on(event.pack.as_str()));
            are_own.then_some(new)
        });
        let Some(new) = new else {
            return Some(self.recall().await);
        };
        let ids = new.iter().map(|event| event.id.clone());
        self.inner.update_value(|inner| {
            if let Some(known) = &mut inner.known {
                known.extend(ids);
            }
        });
        // All at once: what is told later comes after all of them.
        let answers: Vec<_> = new
            .into_iter()
            .map(|event| {
                self.post(Request::Learn {
                    event: Box::new(event),
                })
            })
            .collect();
        let mut last = None;
        for answer in answers {
            let answer = typed(answer.await);
            if matches!(&answer, Err(failure) if failure.code == FailureCode::Input) {
                // Not of this pack. A log may hold such votes, so it is told as a whole next time.
                self.inner.update_value(|inner| inner.known = None);
            }
            last = Some(answer);
        }
        last
    }

    /// Tells the whole log in pieces; begins anew when it changes meanwhile.
    async fn recall(self) -> Answer {
        let generation = self.inner.with_value(|inner| inner.generation);
        self.inner.update_value(|inner| inner.recalling = true);
        let ids = || {
            self.events
                .with_untracked(|events| events.iter().map(|event| event.id.clone()).collect())
        };
        let (mut told, mut from): (Vec<JudgmentId>, usize) = (ids(), 0);
        let answer = loop {
            let piece = self
                .events
                .with_untracked(|events| piece(&told, events, from).map(<[_]>::to_vec));
            let Some(events) = piece else {
                (told, from) = (ids(), 0);
                continue;
            };
            let next = from + events.len();
            let more = next < told.len();
            if !more {
                self.inner
                    .update_value(|inner| inner.known = Some(told.clone()));
            }
            let answer = self.ask(Request::Recall { from, events, more }).await;
            if answer.is_err() || !more {
                break answer;
            }
            from = next;
        };
        self.inner
            .update_value(|inner| inner.recalling &= inner.generation != generation);
        answer
    }

    /// Posts a file as itself; the next request may read it.
    ///
    /// # Errors
    /// When the worker is not there.
    pub(crate) fn hand(self, file: &Blob) -> Result<(), Failure> {
        let posted = self.inner.with_value(|inner| {
            let worker = inner.worker.as_ref()?;
            worker.post_message(file).ok()
        });
        posted.ok_or_else(|| failure(FailureCode::Device, strings::worker_died()))
    }

    fn send(
        self,
        body: Request,
        tell: Option<oneshot::Sender<Result<Body, Failure>>>,
    ) -> Result<u64, Failure> {
        self.inner
            .try_update_value(|inner| {
                let Some(worker) = &inner.worker else {
                    return Err(failure(FailureCode::Device, strings::worker_died()));
                };
                inner.next_id += 1;
                let id = inner.next_id;
                let text = serde_json::to_string(&ToWorker { id, body })
                    .map_err(|error| failure(FailureCode::Input, &error.to_string()))?;
                worker
                    .post_message(&JsValue::from_str(&text))
                    .map_err(|error| failure(FailureCode::Device, &dom::describe(&error)))?;
                if let Some(tell) = tell {
                    inner.pending.insert(id, tell);
                }
                Ok(id)
            })
            .unwrap_or_else(|| Err(failure(FailureCode::Device, strings::worker_died())))
    }

    fn spawn(self) {
        let meta = self.inner.with_value(|inner| inner.meta);
        let Some(url) = dom::meta(meta) else {
            return self
                .status
                .set(Status::Failed(strings::worker_not_on_server().to_owned()));
        };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = match Worker::new_with_options(&url, &options) {
            Ok(worker) => worker,
            Err(error) => return self.status.set(Status::Failed(dom::describe(&error))),
        };
        self.status.set(Status::Starting);
        let generation = self.inner.try_update_value(|inner| {
            inner.generation += 1;
            inner.generation
        });
        let is_current = move || {
            self.inner
                .with_value(|inner| Some(inner.generation) == generation)
        };
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if is_current() {
                self.receive(&event.data());
            }
        });
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            if is_current() {
                self.died(strings::worker_died());
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // The closures live as long as the worker, which is restarted at most a few times in a visit.
        on_message.forget();
        on_error.forget();
        self.inner.update_value(|inner| inner.worker = Some(worker));
    }

    fn receive(self, data: &JsValue) {
        let Some(text) = data.as_string() else { return };
        let Ok(Message { id, body }) = Message::open(&text) else {
            return;
        };
        let tell = self
            .inner
            .try_update_value(|inner| inner.pending.remove(&id))
            .flatten();
        if let Some(tell) = tell {
            return drop(tell.send(body.or_failure()));
        }
        match body.response() {
            Ok(Some(Response::Hello)) => self.greet(),
            Ok(Some(Response::Progress { loaded, total })) => {
                self.progress.set(Some((loaded, total)));
            }
            Ok(Some(Response::Training(step))) => self.training.update(|all| all.push(step)),
            Ok(Some(Response::Device(report))) => self.device.set(Some(report)),
            Ok(Some(Response::Ready { methods, device })) => {
                self.methods.set(methods);
                self.device.set(Some(device));
                self.inner.update_value(|inner| inner.restarts = 0);
                self.begin();
            }
            Ok(Some(Response::Failed(failure))) if id == 0 => match failure.code {
                FailureCode::Device => self.died(&failure.message),
                _ => self.status.set(Status::Failed(failure.message)),
            },
            Ok(Some(Response::Failed(failure)))
                if id == self.inner.with_value(|inner| inner.start_id) =>
            {
                self.end(failure.clone());
                self.status.set(Status::Failed(failure.message));
            }
            _ => {}
        }
    }

    /// The wasm runs: hand over pack, preference and history; a long one follows in pieces.
    fn greet(self) {
        let history = self.events.with_untracked(|events| {
            let is_short = events.len() <= PIECE;
            if is_short { events.clone() } else { Vec::new() }
        });
        let known = history.iter().map(|event| event.id.clone()).collect();
        let start = Request::Start {
            pack_url: packs::url(self.library.pack.get_untracked()),
            // The worker takes these where the pack has none.
            heads_url: packs::url(packs::STARTER),
            encoder_url: ENCODER_URL.to_owned(),
            // 53 bits: whole in any JSON reader.
            seed: u64::from_le_bytes(dom::random_bytes()) >> 11,
            preference: self.inner.with_value(|inner| inner.preference),
            history,
        };
        match self.send(start, None) {
            Ok(id) => self.inner.update_value(|inner| {
                inner.known = Some(known);
                inner.start_id = id;
            }),
            Err(failure) => self.died(&failure.message),
        }
    }

    /// The worker is ready once it knows the log.
    fn begin(self) {
        let generation = self.inner.with_value(|inner| inner.generation);
        spawn_local(async move {
            drop(self.teach().await);
            let said = settings::said_of_self(self.library.pack.get_untracked());
            if !said.is_empty() {
                // Heads that describe nobody, or describe otherwise, refuse it; the votes count all the same.
                drop(self.post(Request::Correct { description: said }).await);
            }
            if self.inner.with_value(|inner| inner.generation) == generation {
                self.status.set(Status::Ready);
            }
        });
    }

    fn died(self, why: &str) {
        self.end(failure(FailureCode::Device, why));
        let restarts = self.inner.try_update_value(|inner| {
            inner.restarts += 1;
            inner.restarts
        });
        match restarts {
            Some(n) if n <= RESTARTS => {
                self.status.set(Status::Starting);
                let generation = self.inner.with_value(|inner| inner.generation);
                dom::after(500 << n, move || {
                    if self.inner.with_value(|inner| {
                        inner.generation == generation && inner.worker.is_none()
                    }) {
                        self.spawn();
                    }
                });
            }
            _ => self.status.set(Status::Failed(why.to_owned())),
        }
    }

    fn end(self, why: Failure) {
        let pending = self.inner.try_update_value(|inner| {
            if let Some(worker) = inner.worker.take() {
                worker.terminate();
            }
            inner.generation += 1;
            inner.recalling = false;
            std::mem::take(&mut inner.pending)
        });
        self.progress.set(None);
        for (_, tell) in pending.unwrap_or_default() {
            drop(tell.send(Err(why.clone())));
        }
    }
}

/// What comes after the events that were told; `None` where the log does not go on from those, or there is much.
fn untold<'a>(known: &[JudgmentId], events: &'a [VoteEvent]) -> Option<&'a [VoteEvent]> {
    let (told, new) = events.split_at_checked(known.len())?;
    let goes_on = told.iter().zip(known).all(|(event, id)| event.id == *id);
    (goes_on && new.len() <= ONE_BY_ONE).then_some(new)
}

/// The next events of a log that is told; `None` where it is not that log any more.
fn piece<'a>(told: &[JudgmentId], events: &'a [VoteEvent], from: usize) -> Option<&'a [VoteEvent]> {
    let ids = told.get(from..told.len().min(from + PIECE))?;
    let piece = events.get(from..from + ids.len())?;
    let same = piece.iter().zip(ids).all(|(event, id)| event.id == *id);
    same.then_some(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::tests::vote;

    fn log(ids: &[&str]) -> Vec<VoteEvent> {
        ids.iter().map(|id| vote(id, id)).collect()
    }

    fn ids(ids: &[&str]) -> Vec<JudgmentId> {
        ids.iter().map(|id| (*id).into()).collect()
    }

    #[test]
    fn new_votes_are_learned_and_any_other_change_is_told_as_a_whole() {
        let events = log(&["1", "2", "3"]);
        assert_eq!(untold(&ids(&["1", "2"]), &events), Some(&events[2..]));
        assert_eq!(untold(&ids(&["1", "2", "3"]), &events), Some(&[][..]));
        assert_eq!(untold(&ids(&["1", "3"]), &events), None, "one came between");
        assert_eq!(
            untold(&ids(&["1", "2", "3"]), &events[..1]),
            None,
            "some are gone"
        );
        assert_eq!(untold(&ids(&["1"]), &[]), None, "all are gone");
        let many: Vec<VoteEvent> = (0..=ONE_BY_ONE)
            .map(|n| vote(&n.to_string(), "c"))
            .collect();
        assert_eq!(untold(&[], &many), None);
    }

    #[test]
    fn a_log_is_told_whole_or_begun_anew() {
        let many: Vec<VoteEvent> = (0..PIECE + 1).map(|n| vote(&n.to_string(), "c")).collect();
        let told: Vec<JudgmentId> = many.iter().map(|event| event.id.clone()).collect();
        assert_eq!(piece(&told, &many, 0), Some(&many[..PIECE]));
        assert_eq!(piece(&told, &many, PIECE), Some(&many[PIECE..]));
        assert_eq!(piece(&told, &many[1..], 0), None);
        assert_eq!(piece(&told, &many[..PIECE], PIECE), None);
        assert_eq!(piece(&[], &[], 0), Some(&[][..]));
    }
}
