//! `POST /generate` and what follows it: the stream of its panes, stopping, and the reveal.

use serde::{Deserialize, Serialize};

use crate::ids::{ComparisonId, ModelId, PackId, PromptId, ResponseId};

/// Most candidates of one generation; the default answer comes on top.
pub const MOST_CANDIDATES: u8 = 8;
/// Most characters of a typed prompt.
pub const LONGEST_PROMPT: usize = 8_000;
/// Most characters of each text of a shot.
pub const LONGEST_SHOT: usize = 8_000;
/// Most shots of an episode.
pub const MOST_SHOTS: usize = 8;
/// Most characters of a style instruction or a description.
pub const LONGEST_STYLE: usize = 1_000;

/// Body of `POST /generate`. The same id with the same body is 200 again and starts nothing; with another body 409.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GenerateRequest {
    /// Chosen by the client (UUID).
    pub id: ComparisonId,
    /// A model of the catalogue; without one, the first that is available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// What is asked.
    pub prompt: GenerationPrompt,
    /// What is wanted of it.
    #[serde(default)]
    pub task: Task,
    /// Answers that differ on purpose, 0 to [`MOST_CANDIDATES`].
    pub candidates: u8,
    /// Whether one more answer is wanted as the model gives it to anyone.
    pub default_answer: bool,
    /// What the candidates (never the default answer) are told of the person. All of it was shown to the person before.
    #[serde(default, skip_serializing_if = "Steering::is_empty")]
    pub steering: Steering,
    /// For models that take one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GenerationPrompt {
    /// A prompt of a pack.
    Pack {
        /// The pack.
        pack: PackId,
        /// The prompt.
        prompt: PromptId,
    },
    /// A typed prompt, 1 to [`LONGEST_PROMPT`] characters.
    Text(String),
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Answers to the prompt.
    #[default]
    Answer,
    /// A short description of a person who has the preferences of the shots; the prompt is not asked. One candidate, no default.
    Describe,
}

/// What a model is told of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Steering {
    /// A style instruction, as the person read and edited it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// A description of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Preferences of the person, at most [`MOST_SHOTS`]: the episode of FSPO, by prompting alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shots: Vec<Shot>,
}

impl Steering {
    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One preference of a person: of two answers to a prompt, which one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Shot {
    /// The prompt; may be empty.
    pub prompt: String,
    /// The preferred answer.
    pub chosen: String,
    /// The other answer; empty where only a liked text is known.
    pub rejected: String,
}

/// A generation that runs, or ran in the last hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Generation {
    /// As sent.
    pub id: ComparisonId,
    /// One for each answer, in the order of their numbers.
    pub panes: Vec<Pane>,
}

/// One answer of a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pane {
    /// Its number in the stream, from 0.
    pub pane: u8,
    /// Id of the answer; that of the pack where it comes from the library.
    pub response: ResponseId,
    /// Whether it is the default answer.
    pub is_default: bool,
    /// How it was asked to differ from the others.
    pub directive: Option<String>,
}

/// `data` of an event of the stream. Each has an `id:`, a number that grows through all panes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// Others come first; told again whenever the place changes.
    Queued {
        /// Generations before this one.
        position: u32,
    },
    /// More text of a pane.
    Delta {
        /// Which.
        pane: u8,
        /// What follows what was sent before.
        text: String,
    },
    /// A pane is finished, well or not; what it wrote stays.
    Done {
        /// Which.
        pane: u8,
        /// How it ended.
        finish: Finish,
        /// From the call to the first text, milliseconds; absent without text.
        first_token_ms: Option<u32>,
        /// From the call to the end, milliseconds.
        duration_ms: u32,
        /// Whether the answer named its maker (masked until the reveal).
        leaks: bool,
    },
    /// All panes are finished. The stream ends.
    End,
}

/// How a pane ended. The page has words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model said that it is done.
    Stop,
    /// The longest answer that is allowed.
    Length,
    /// The person stopped it, or left.
    StoppedEarly,
    /// The model's operator filtered it.
    Filtered,
    /// Nothing was written.
    Empty,
    /// It went round in circles and was ended.
    Repeated,
    /// More was sent than may be.
    TooLarge,
    /// The model's server cannot be reached.
    Unreachable,
    /// The model's server has no capacity.
    Busy,
    /// The model's server refused or failed.
    UpstreamFailed,
    /// The answer broke off.
    BrokeOff,
    /// The model's server sent what is no answer.
    Malformed,
    /// Nothing came in time.
    TimedOut,
    /// The budget is spent.
    BudgetSpent,
    /// This server is going down.
    ShuttingDown,
}

impl Finish {
    /// Whether the text is an answer that can be judged, though it may be short.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Stop | Self::Length | Self::StoppedEarly)
    }
}

/// Body of `POST /comparisons/{id}/stop`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StopRequest {
    /// Which pane; all when left out.
    pub pane: Option<u8>,
}

/// Who wrote what. Given once every pane is finished; running panes are 409.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reveal {
    /// In the order of panes.
    pub panes: Vec<RevealedPane>,
}

/// One answer without masks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevealedPane {
    /// Its number.
    pub pane: u8,
    /// Name of the model, or who wrote the library's answer.
    pub made_by: String,
    /// The catalogue entry.
    pub model: ModelId,
    /// The whole text.
    pub text: String,
    /// How it ended.
    pub finish: Finish,
}
