//! What the upstream remembers: its bill, how answers ended, what is open, and the last calls word by word.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::behaviour::Asked;

/// Calls that are kept word by word.
const KEPT_CALLS: usize = 200;

#[derive(Debug)]
pub struct Books {
    begun: Instant,
    kept: Mutex<Kept>,
    all: AtomicU64,
    open: AtomicU64,
    most_open: AtomicU64,
    strays: AtomicU64,
    sent_raw: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    charges: Vec<Charge>,
    calls: VecDeque<Call>,
    /// How often the same was asked.
    tries: HashMap<String, u32>,
    counted: u64,
}

/// What one answer costs. The prompt is charged when the answer begins, a token when it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Charge {
    pub model: String,
    /// The last message of the user.
    pub prompt: String,
    pub stream: bool,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub ended: Ended,
    /// Milliseconds since the upstream was started.
    pub began_ms: u64,
    /// Milliseconds since the upstream was started.
    pub ended_ms: Option<u64>,
    /// When the last token was sent, milliseconds since the upstream was started.
    pub last_token_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It has not.
    Running,
    /// The whole answer was sent.
    Complete,
    /// The upstream broke off.
    Broken,
    /// The reader left.
    Cancelled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    pub answers: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// A call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// Calls of `/chat/completions`, refused ones too.
    pub calls: u64,
    pub running: u64,
    pub complete: u64,
    pub broken: u64,
    pub cancelled: u64,
    /// Connections so far.
    pub connections: u64,
    pub open_connections: u64,
    pub most_open_connections: u64,
    /// Calls of paths that nobody has to know, as by following a redirect.
    pub strays: u64,
    /// Bytes sent besides proper events.
    pub sent_raw: u64,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            kept: Mutex::default(),
            all: AtomicU64::new(0),
            open: AtomicU64::new(0),
            most_open: AtomicU64::new(0),
            strays: AtomicU64::new(0),
            sent_raw: AtomicU64::new(0),
        }
    }
}

impl Books {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics with the books open")
    }

    /// Milliseconds since the upstream was started.
    pub fn now_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }

    /// Notes a call; how often the same was asked before.
    pub fn note_call(&self, asked: &Asked, headers: &HeaderMap, body: &Value) -> u32 {
        let mut kept = self.kept();
        kept.counted += 1;
        if kept.calls.len() == KEPT_CALLS {
            kept.calls.pop_front();
        }
        kept.calls.push_back(Call {
            headers: headers.clone(),
            body: body.clone(),
        });
        if !asked.remembers_tries() {
            return 0;
        }
        let tries = kept.tries.entry(body.to_string()).or_default();
        *tries += 1;
        *tries - 1
    }

    /// Opens the account of one answer.
    pub fn begin(self: &Arc<Self>, asked: &Asked) -> Running {
        let mut kept = self.kept();
        kept.charges.push(Charge {
            model: asked.model.clone(),
            prompt: asked.prompt().to_owned(),
            stream: asked.stream,
            prompt_tokens: asked.prompt_tokens(),
            completion_tokens: 0,
            ended: Ended::Running,
            began_ms: self.now_ms(),
            ended_ms: None,
            last_token_ms: None,
        });
        Running {
            books: self.clone(),
            at: kept.charges.len() - 1,
            prompt_tokens: asked.prompt_tokens(),
            completion_tokens: 0,
            ended: false,
        }
    }

    pub fn charges(&self) -> Vec<Charge> {
        self.kept().charges.clone()
    }

    /// The charge of the answers whose prompt holds `text`.
    pub fn charges_for(&self, text: &str) -> Vec<Charge> {
        let kept = self.kept();
        kept.charges
            .iter()
            .filter(|charge| charge.prompt.contains(text))
            .cloned()
            .collect()
    }

    /// Answers that have not ended.
    pub fn running(&self) -> Vec<Charge> {
        let kept = self.kept();
        let charges = kept.charges.iter();
        charges
            .filter(|charge| charge.ended == Ended::Running)
            .cloned()
            .collect()
    }

    /// The last calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.kept().calls.iter().cloned().collect()
    }

    pub fn total(&self) -> Total {
        let kept = self.kept();
        let mut total = Total::default();
        for charge in &kept.charges {
            total.answers += 1;
            total.prompt_tokens += charge.prompt_tokens;
            total.completion_tokens += charge.completion_tokens;
        }
        total
    }

    pub fn state(&self) -> State {
        let kept = self.kept();
        let count = |ended: Ended| {
            let charges = kept.charges.iter();
            charges.filter(|charge| charge.ended == ended).count() as u64
        };
        State {
            calls: kept.counted,
            running: count(Ended::Running),
            complete: count(Ended::Complete),
            broken: count(Ended::Broken),
            cancelled: count(Ended::Cancelled),
            connections: self.all.load(Ordering::Relaxed),
            open_connections: self.open.load(Ordering::Relaxed),
            most_open_connections: self.most_open.load(Ordering::Relaxed),
            strays: self.strays.load(Ordering::Relaxed),
            sent_raw: self.sent_raw.load(Ordering::Relaxed),
        }
    }

    pub fn opened(&self) {
        self.all.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
    }

    pub fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn count_stray(&self) {
        self.strays.fetch_add(1, Ordering::Relaxed);
    }
}

/// The account of an answer that is being sent. Dropped before its end, it was cancelled by its reader.
pub struct Running {
    books: Arc<Books>,
    at: usize,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    ended: bool,
}

impl Running {
    pub fn charge_token(&mut self) {
        self.completion_tokens += 1;
        let now = self.books.now_ms();
        let mut kept = self.books.kept();
        let charge = &mut kept.charges[self.at];
        charge.completion_tokens = self.completion_tokens;
        charge.last_token_ms = Some(now);
    }

    pub fn count_raw(&self, bytes: usize) {
        self.books
            .sent_raw
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn end(&mut self, ended: Ended) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let now = self.books.now_ms();
        let mut kept = self.books.kept();
        let charge = &mut kept.charges[self.at];
        charge.ended = ended;
        charge.ended_ms = Some(now);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Ended::Cancelled);
    }
}
