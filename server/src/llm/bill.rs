//! What a call costs: set aside before it, and settled by what the server told, by our own count where it told nothing that
//! can be so, and by what it bills for answers that are broken off.

use std::sync::Arc;

use super::budget::SetAside;
use super::catalogue::{BillsOnAbort, Model};
use super::estimate::{self, Tokens};
use super::pane::Account;
use super::progress::{Phase, Progress};
use super::prompt::Message;
use super::served::Served;

/// The account of one call.
#[derive(Debug)]
pub struct Bill {
    /// Its row in the ledger.
    pub id: String,
    /// The model.
    pub served: Arc<Served>,
    /// The prompt, as far as it costs.
    pub prompt: PromptSize,
    /// Most tokens of the answer.
    pub most_tokens: u32,
    /// How far the call is.
    pub progress: Arc<Progress>,
    /// What the budget keeps for it.
    pub set_aside: SetAside,
}

/// How large a prompt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromptSize {
    /// Bytes of text.
    pub bytes: u64,
    /// Messages.
    pub messages: u64,
    /// Tokens, as estimated.
    pub tokens: u64,
}

impl PromptSize {
    /// Of a conversation.
    pub fn of(messages: &[Message]) -> Self {
        let texts = || messages.iter().map(|message| message.content.as_str());
        Self {
            bytes: texts().map(|text| text.len() as u64).sum(),
            messages: messages.len() as u64,
            tokens: estimate::prompt(texts()),
        }
    }
}

/// What was spent in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Tokens that count.
    pub tokens: Tokens,
    /// What they cost.
    pub micro: u64,
    /// Whether a number is our own.
    pub is_estimated: bool,
}

/// What an answer of `most_tokens` to this prompt costs at most, as far as can be known before.
pub fn most(model: &Model, prompt: PromptSize, most_tokens: u32) -> u64 {
    cost(
        model,
        Tokens {
            input: prompt.tokens,
            output: u64::from(most_tokens),
        },
    )
}

impl Bill {
    /// What the call cost, for what was written of its answer.
    pub fn settled(&self, account: &Account) -> Settled {
        let (phase, usage) = self.progress.now();
        let model = &self.served.model;
        let most_tokens = u64::from(self.most_tokens);
        let none = Settled::default();
        match (phase, model.bills_on_abort) {
            (Phase::NotCalled, _) => return none,
            (Phase::Sent | Phase::Answering, BillsOnAbort::Nothing) => return none,
            (Phase::Sent | Phase::Answering, BillsOnAbort::Everything) => {
                let tokens = Tokens {
                    input: self.prompt.tokens,
                    output: most_tokens,
                };
                return Settled {
                    tokens,
                    micro: cost(model, tokens),
                    is_estimated: true,
                };
            }
            (Phase::Sent | Phase::Answering, BillsOnAbort::Written) | (Phase::Complete, _) => {}
        }
        let bytes = account.text.len() as u64;
        let input = usage
            .prompt_tokens
            .filter(|told| estimate::can_be_input(*told, self.prompt.bytes, self.prompt.messages));
        let output = usage
            .completion_tokens
            .filter(|told| estimate::can_be_output(*told, bytes, most_tokens));
        let counted = if model.event_is_token {
            account.events
        } else {
            estimate::text(&account.text) + account.hidden_tokens
        };
        let tokens = Tokens {
            input: input.unwrap_or(self.prompt.tokens),
            output: output.unwrap_or(counted),
        };
        Settled {
            tokens,
            micro: cost(model, tokens),
            is_estimated: input.is_none() || output.is_none(),
        }
    }
}

fn cost(model: &Model, tokens: Tokens) -> u64 {
    estimate::price(tokens.input, model.input_price_micro)
        .saturating_add(estimate::price(tokens.output, model.output_price_micro))
}
