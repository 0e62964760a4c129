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
use crate::db::ledger::{Reservation, Settlement};
use crate::db::wire_name;

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

impl Settled {
    /// The row of a call that ended as its account says.
    pub fn of(self, reservation: Reservation, account: &Account) -> Settlement {
        Settlement {
            reservation,
            settled_micro: self.micro,
            input_tokens: self.tokens.input,
            output_tokens: self.tokens.output,
            is_estimated: self.is_estimated,
            finish: wire_name(&account.finish).unwrap_or_default(),
            first_token_ms: account.first_token_ms,
            duration_ms: account.duration_ms,
        }
    }
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
        let model = &self.served.model;
        settled(
            model,
            self.prompt,
            self.most_tokens,
            &self.progress,
            account,
        )
    }
}

/// What a call cost, for what was written of its answer.
pub fn settled(
    model: &Model,
    prompt: PromptSize,
    most_tokens: u32,
    progress: &Progress,
    account: &Account,
) -> Settled {
    let (phase, usage) = progress.now();
    let most_tokens = u64::from(most_tokens);
    match (phase, model.bills_on_abort) {
        (Phase::NotCalled, _) | (Phase::Sent | Phase::Answering, BillsOnAbort::Nothing) => {
            return Settled::default();
        }
        (Phase::Sent | Phase::Answering, BillsOnAbort::Everything) => {
            let tokens = Tokens {
                input: prompt.tokens,
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
        .filter(|told| estimate::can_be_input(*told, prompt.bytes, prompt.messages));
    let output = usage
        .completion_tokens
        .filter(|told| estimate::can_be_output(*told, bytes, most_tokens));
    let counted = if model.event_is_token {
        account.events
    } else {
        estimate::text(&account.text) + account.hidden_tokens
    };
    let tokens = Tokens {
        input: input.unwrap_or(prompt.tokens),
        output: output.unwrap_or(counted),
    };
    Settled {
        tokens,
        micro: cost(model, tokens),
        is_estimated: input.is_none() || output.is_none(),
    }
}

fn cost(model: &Model, tokens: Tokens) -> u64 {
    estimate::price(tokens.input, model.input_price_micro)
        .saturating_add(estimate::price(tokens.output, model.output_price_micro))
}

#[cfg(test)]
mod tests {
    use palate_shared::api::generation::Finish;

    use super::super::catalogue::tests::model;
    use super::super::wire::Usage;
    use super::*;

    const PROMPT: PromptSize = PromptSize {
        bytes: 400,
        messages: 2,
        tokens: 108,
    };

    fn account(events: u64) -> Account {
        Account {
            finish: Finish::StoppedEarly,
            first_token_ms: None,
            duration_ms: 0,
            text: "word ".repeat(10),
            events,
            hidden_tokens: 0,
        }
    }

    fn tokens(more: &str, phase: Phase, usage: Usage) -> (u64, u64, bool) {
        let model = model(more);
        let progress = Progress::default();
        progress.reach(phase);
        progress.tell(usage);
        let settled = settled(&model, PROMPT, 64, &progress, &account(10));
        assert_eq!(
            settled.micro,
            cost(&model, settled.tokens),
            "money follows tokens"
        );
        (
            settled.tokens.input,
            settled.tokens.output,
            settled.is_estimated,
        )
    }

    fn told(input: u64, output: u64) -> Usage {
        Usage {
            prompt_tokens: Some(input),
            completion_tokens: Some(output),
        }
    }

    #[test]
    fn row_23_what_was_told_counts_where_it_can_be_so() {
        let complete = |usage| tokens("", Phase::Complete, usage);
        assert_eq!(complete(told(100, 12)), (100, 12, false));
        assert_eq!(complete(Usage::default()), (108, 13, true));
        assert_eq!(complete(told(100, 0)), (100, 13, true));
        assert_eq!(complete(told(1_000_000, 12)), (108, 12, true));
        let by_event = tokens("event_is_token = true", Phase::Complete, Usage::default());
        assert_eq!(by_event, (108, 10, true));
    }

    #[test]
    fn row_23_what_is_broken_off_costs_what_its_server_bills() {
        let none = Usage::default();
        for (more, sent, answering) in [
            ("", (108, 13, true), (108, 13, true)),
            (
                "bills_on_abort = \"everything\"",
                (108, 64, true),
                (108, 64, true),
            ),
            ("bills_on_abort = \"nothing\"", (0, 0, false), (0, 0, false)),
        ] {
            assert_eq!(tokens(more, Phase::NotCalled, none), (0, 0, false));
            assert_eq!(tokens(more, Phase::Sent, none), sent, "{more}");
            assert_eq!(tokens(more, Phase::Answering, none), answering, "{more}");
            assert_eq!(tokens(more, Phase::Complete, told(100, 12)).1, 12, "{more}");
        }
    }
}
