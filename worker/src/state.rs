//! What the worker holds between messages. No borrow lives across an await.

use std::cell::RefCell;
use std::rc::Rc;

use palate_models::session::Session;
use palate_shared::event::VoteEvent;
use palate_shared::infer::{Failure, FailureCode};
use web_sys::{AbortController, Blob};

use crate::cache::Memory;
use crate::device::Choice;
use crate::encoder::Loaded;
use crate::failure::{Result, failure};

/// Everything.
#[derive(Default)]
pub(crate) struct State {
    /// The person's session, from `Start` on.
    pub(crate) session: RefCell<Option<Session>>,
    /// URL of the encoder folder, from `Start` on.
    pub(crate) encoder_url: RefCell<Option<String>>,
    /// Which device, from `Start` on.
    pub(crate) choice: RefCell<Option<Choice>>,
    /// The encoder, from its first use on.
    pub(crate) encoder: RefCell<Option<Rc<Loaded>>>,
    /// The load of the encoder that is under way.
    pub(crate) loading: RefCell<Option<Loading>>,
    /// How the last load ended, for those who waited for it.
    pub(crate) load_failure: RefCell<Option<Failure>>,
    /// Parts of the encoder that are not in the browser's cache.
    pub(crate) memory: RefCell<Memory>,
    /// A log that comes piece by piece, so far.
    pub(crate) recalled: RefCell<Vec<VoteEvent>>,
    /// Files that were posted, until they are read.
    pub(crate) files: RefCell<Vec<Blob>>,
    /// What a file of votes brings, until the page has it.
    pub(crate) brought: RefCell<Vec<VoteEvent>>,
}

/// A load of the encoder that is under way.
#[derive(Clone)]
pub(crate) struct Loading {
    /// Stops it.
    pub(crate) abort: AbortController,
    /// Resolves when it has ended, well or not.
    pub(crate) ended: js_sys::Promise,
}

thread_local! {
    static STATE: Rc<State> = Rc::default();
}

/// The state of this worker.
pub(crate) fn state() -> Rc<State> {
    STATE.with(Rc::clone)
}

impl State {
    /// Works on the session.
    pub(crate) fn with_session<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        match self.session.borrow_mut().as_mut() {
            Some(session) => work(session),
            None => Err(not_started()),
        }
    }

    /// Takes the session away, for work that lasts across an await; it must be put back.
    #[cfg(feature = "webgpu")]
    pub(crate) fn take_session(&self) -> Result<Session> {
        self.session.take().ok_or_else(not_started)
    }

    /// URL of the encoder folder.
    pub(crate) fn encoder_url(&self) -> Result<String> {
        self.encoder_url.borrow().clone().ok_or_else(not_started)
    }
}

fn not_started() -> Failure {
    failure(
        FailureCode::Input,
        "The questions are not loaded yet. Send `start` first and wait for `ready`.",
    )
}
