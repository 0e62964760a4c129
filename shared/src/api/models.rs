//! `GET /models`: the operator's catalogue of language models. No address, key or upstream name is in it.

use serde::{Deserialize, Serialize};

use crate::ids::ModelId;

/// The catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelList {
    /// In the operator's order; the first that is available answers when a request names none.
    pub models: Vec<ModelInfo>,
}

/// A model as visitors see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelInfo {
    /// What a request names.
    pub id: ModelId,
    /// Name for people.
    pub name: String,
    /// Where answers come from.
    pub provider: Provider,
    /// Licence of the model and of what it writes, in words.
    pub licence: String,
    /// Whether that licence lets people publish what it writes.
    pub publishable: bool,
    /// What its operator keeps of prompts and answers, in words.
    pub retention: String,
    /// What it can do, as probed.
    pub capabilities: Capabilities,
    /// Most tokens of prompt and answer together.
    pub context_tokens: u32,
    /// Most tokens of an answer.
    pub output_tokens: u32,
    /// Price of a million tokens read, in millionths of the operator's currency.
    pub input_price_micro: u64,
    /// Price of a million tokens written, in millionths of the operator's currency.
    pub output_price_micro: u64,
    /// Whether it answers now.
    pub state: ModelState,
}

/// Where answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The built-in library: answers of packs.
    Library,
    /// A server that speaks the OpenAI protocol.
    OpenAi,
}

/// What a model can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Streams.
    pub stream: bool,
    /// Several answers to one call.
    pub n: bool,
    /// Takes a seed.
    pub seed: bool,
    /// Gives log-probabilities.
    pub logprobs: bool,
    /// Goes on with an answer that was begun.
    pub prefill: bool,
}

/// Whether a model answers now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It does.
    Available,
    /// Its server did not answer the last time.
    Unreachable,
    /// Outside its dates, or switched off by the operator.
    Off,
    /// Its budget is spent for today.
    BudgetSpent,
}
