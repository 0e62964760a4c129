//! One person's session on one pack: history, fitted states, the next question, the picture of the taste.
//!
//! Pure logic without a clock: the browser's worker and the laboratory's simulated visitors run the same code.
//! Must not know: how votes are stored or sent, where the encoder runs.

use palate_shared::event::{Prediction, VoteEvent};
use palate_shared::ids::{MethodId, PromptId, ResponseId};
use palate_shared::infer::{MethodInfo, Question, TasteProfile};
use palate_shared::pack::PackItems;

use crate::{Error, Result};

/// State after a vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Votes fitted.
    pub n_fit: u32,
    /// Held-out votes.
    pub n_held_out: u32,
    /// What the vote taught, in words; may be empty.
    pub lesson: String,
    /// 1 − posterior sd / prior sd over the readable traits, in [0, 1].
    pub certainty: f64,
}

/// A comparison of free texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Each method's probability that the first text is preferred to the second.
    pub predictions: Vec<Prediction>,
    /// Indices into the texts, best first, by the default method.
    pub ranking: Vec<usize>,
    /// Margin of first over second in log-odds, default method, with its standard deviation.
    pub margin: (f64, f64),
    /// What speaks for and against the first text, strongest first: words and log-odds.
    pub reasons: Vec<(String, f64)>,
}

/// Timings of refit and question choice, in the unit of the clock that was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RefitBench {
    /// Refit per method, one list each.
    pub refit: Vec<(MethodId, Vec<f64>)>,
    /// Refit of all methods together.
    pub all: Vec<f64>,
    /// Question choice.
    pub choose: Vec<f64>,
}

/// One person on one pack.
pub struct Session {
    methods: Vec<MethodInfo>,
}

impl Session {
    /// Opens a pack.
    ///
    /// `vectors_f16` holds one little-endian f16 vector per answer in the order of `items`, then one per prompt;
    /// `heads` is a heads file as [`crate::heads::Heads`] reads it.
    ///
    /// # Errors
    /// When heads or vectors do not parse or do not fit the items.
    pub fn new(_items: &PackItems, _vectors_f16: &[u8], _heads: &[u8], _seed: u64) -> Result<Self> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Methods that predict.
    pub fn methods(&self) -> Vec<MethodInfo> {
        self.methods.clone()
    }

    /// Learns a whole history. Answers that the pack does not have are skipped; only current revisions count.
    ///
    /// # Errors
    /// When a fit fails.
    pub fn restore(&mut self, _history: &[VoteEvent]) -> Result<()> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Chooses and predicts the next question.
    ///
    /// # Errors
    /// When no pair is left to ask.
    pub fn next(&mut self) -> Result<Question> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Predicts a question that somebody else chose.
    ///
    /// # Errors
    /// When the prompt or an answer is unknown.
    pub fn predict(&mut self, _prompt: &PromptId, _shown: &[ResponseId]) -> Result<Question> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Learns from a vote or a revision.
    ///
    /// # Errors
    /// When an answer is unknown or a fit fails.
    pub fn learn(&mut self, _event: &VoteEvent) -> Result<Lesson> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Forgets all votes.
    pub fn forget(&mut self) {}

    /// State after the votes so far, without a lesson.
    pub fn standing(&self) -> Lesson {
        Lesson { n_fit: 0, n_held_out: 0, lesson: String::new(), certainty: 0.0 }
    }

    /// The picture of the taste.
    pub fn profile(&self) -> TasteProfile {
        TasteProfile { n_fit: 0, traits: vec![], prototypes: vec![], certainty: 0.0 }
    }

    /// Fitted states by method, for the portable profile.
    pub fn states(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Ranks free texts. `vectors` holds one embedding per text.
    ///
    /// # Errors
    /// When there are fewer than two texts, or vectors do not fit.
    pub fn compare(&self, _prompt: &str, _texts: &[String], _vectors: &[Vec<f32>]) -> Result<Comparison> {
        Err(Error::Input("the session is not written yet".into()))
    }

    /// Times refit and question choice on a synthetic history of `votes` votes over this pack. `now` is any
    /// monotonic clock, for example `performance.now`; the session's own state does not change.
    ///
    /// # Errors
    /// When a fit fails.
    pub fn bench_refit(
        &self,
        _votes: usize,
        _candidates: usize,
        _repeats: usize,
        _now: &dyn Fn() -> f64,
    ) -> Result<RefitBench> {
        Err(Error::Input("the session is not written yet".into()))
    }
}
