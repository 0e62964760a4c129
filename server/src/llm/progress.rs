//! How far a call of a model came, as seen from outside: what it costs does not depend on who is there to ask in the end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::wire::Usage;

/// How far a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing was sent, or it was refused: it costs nothing.
    #[default]
    NotCalled,
    /// It was sent; nobody knows whether it was read.
    Sent,
    /// The answer has begun.
    Answering,
    /// The answer was sent to its end.
    Complete,
}

/// A call, shared by who makes it and who pays for it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<(Phase, Usage)>);

impl Progress {
    /// Says how far it is.
    pub fn reach(&self, phase: Phase) {
        self.state().0 = phase;
    }

    /// Takes down what the server tells of tokens; later numbers replace earlier ones.
    pub fn tell(&self, usage: Usage) {
        let mut state = self.state();
        let known = &mut state.1;
        known.prompt_tokens = usage.prompt_tokens.or(known.prompt_tokens);
        known.completion_tokens = usage.completion_tokens.or(known.completion_tokens);
    }

    /// How far it came and what was told.
    pub fn now(&self) -> (Phase, Usage) {
        *self.state()
    }

    fn state(&self) -> MutexGuard<'_, (Phase, Usage)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
