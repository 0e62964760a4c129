//! Messages between the page and the worker, as JSON strings over `postMessage`; only files are posted as themselves.
//!
//! The page sends [`ToWorker`]; the worker answers with [`FromWorker`] carrying the same `id`, plus
//! unasked messages (`id` 0) for readiness, progress and device changes.

use serde::{Deserialize, Serialize};

use crate::event::{Policy, Prediction, VoteEvent};
use crate::ids::{ComparisonId, MethodId, PromptId, ResponseId};

/// From page to worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToWorker {
    /// Echoed in the answer; from 1.
    pub id: u64,
    /// What to do.
    pub body: Request,
}

/// From worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FromWorker {
    /// The request that this answers; 0 when unasked.
    pub id: u64,
    /// The answer.
    pub body: Response,
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Load pack and heads, fit to the history. Answered by [`Response::Ready`].
    Start {
        /// URL of the pack folder, for example `/packs/starter`.
        pack_url: String,
        /// URL of the pack whose heads are taken where this one has none.
        heads_url: String,
        /// URL of the encoder folder, for example `/models/encoder`.
        encoder_url: String,
        /// Seed of this session's randomness.
        seed: u64,
        /// Which device the person wants for the encoder.
        preference: DevicePreference,
        /// All events of this person; those on other packs teach nothing here.
        history: Vec<VoteEvent>,
    },
    /// Choose and predict the next question. Answered by [`Response::Question`].
    Next {
        /// Only of this topic.
        #[serde(default)]
        topic: Option<String>,
    },
    /// Choose the next question with four answers. Answered by [`Response::Question`], without forecasts.
    NextFour,
    /// Predict a question that the page chose before the worker was ready. Answered by [`Response::Question`].
    Predict {
        /// The prompt.
        prompt: PromptId,
        /// Answers in the order shown.
        shown: Vec<ResponseId>,
    },
    /// Learn from a vote (or a revision). Answered by [`Response::Learned`].
    Learn {
        /// The event, after undo has passed.
        event: Box<VoteEvent>,
    },
    /// Learn a whole log, which may be empty, in place of what was known, piece by piece. Answered by [`Response::Done`], the last piece by
    /// [`Response::Learned`].
    Recall {
        /// Events in the pieces before; 0 begins anew.
        from: usize,
        /// The next events, oldest first.
        events: Vec<VoteEvent>,
        /// Whether another piece follows.
        more: bool,
    },
    /// Read the file of votes that was posted before this, and sort its events by the log that was learned. Answered by
    /// [`Response::Taste`].
    ReadTaste,
    /// The new events of that file from this one on, as many as one message takes. Answered by [`Response::Events`].
    TasteEvents {
        /// New events that the page has.
        from: usize,
    },
    /// The picture of a taste. Answered by [`Response::Profile`].
    Profile,
    /// How the makers of the pack's answers stand for the person. Answered by [`Response::Makers`].
    Makers {
        /// Only answers to questions of this topic.
        topic: Option<String>,
    },
    /// What the person says of themselves, in place of what is guessed from votes: one entry for each of
    /// [`TasteProfile::description`], `None` where the guess stands. Replaces what was said before. Answered by
    /// [`Response::Profile`].
    Correct {
        /// Weights.
        description: Vec<Option<f64>>,
    },
    /// The fitted states, for the portable profile. Answered by [`Response::States`].
    States,
    /// Which of two texts would this person prefer? Loads the encoder. Answered by [`Response::Compared`].
    Compare {
        /// The prompt, may be empty.
        prompt: String,
        /// Texts to compare, two or more.
        texts: Vec<String>,
    },
    /// Rank answers for this person and say why. Texts that the pack does not have load the encoder. Answered by
    /// [`Response::Reranked`].
    Rerank(Box<Rerank>),
    /// A style instruction for a language model, from what these examples say. Answered by [`Response::Style`].
    Style {
        /// What the person likes.
        examples: Examples,
    },
    /// Prompts of the pack that are nearest to a text: by words until the encoder is loaded, then by embedding. Answered by
    /// [`Response::Nearest`].
    Nearest {
        /// The text.
        text: String,
        /// How many, at most.
        count: usize,
    },
    /// Stop the download of the encoder. Answered by [`Response::Done`].
    CancelDownload,
    /// Delete cached weights. Answered by [`Response::Done`].
    DeleteCache,
    /// Do the work that the server asks for a new session. Answered by [`Response::Pow`].
    SolvePow {
        /// What the server gave.
        challenge: String,
        /// Leading zero bits of the hash.
        bits: u32,
    },
    /// Train and test PAL-A on a data set, as `palate-lab eval` does. Told of by [`Response::Training`], answered by
    /// [`Response::Reproduced`].
    Reproduce(Reproduce),
    /// Encode texts; for tests and benches. Answered by [`Response::Embedded`].
    Embed {
        /// Texts.
        texts: Vec<String>,
    },
    /// Run the encoder on fixed ids; for benches. Answered by [`Response::Timed`].
    BenchEncoder {
        /// Batch size.
        batch: usize,
        /// Tokens per text.
        tokens: usize,
        /// Timed repetitions after one warm-up.
        repeats: usize,
    },
    /// Time refit and question choice on simulated votes; for benches. Answered by [`Response::BenchedRefit`].
    BenchRefit {
        /// Votes in the history.
        votes: usize,
        /// Candidate pairs.
        candidates: usize,
        /// Timed repetitions.
        repeats: usize,
    },
    /// Compare what every method says by the CPU and by this worker's device; for tests and benches. Answered by
    /// [`Response::ComparedDevices`].
    CompareDevices {
        /// The pack's first answers, as many as there are of these.
        answers: usize,
        /// Votes in the history.
        votes: usize,
        /// Timed repetitions after one warm-up.
        repeats: usize,
    },
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    /// The wasm runs; sent unasked, once.
    Hello,
    /// Pack and heads are loaded, history is fitted.
    Ready {
        /// Methods that predict.
        methods: Vec<MethodInfo>,
        /// Which device runs the encoder and why.
        device: DeviceReport,
    },
    /// A question.
    Question(Box<Question>),
    /// State after a vote.
    Learned {
        /// Votes fitted.
        n_fit: u32,
        /// Held-out votes.
        n_held_out: u32,
        /// What this vote taught, in words; may be empty.
        lesson: String,
        /// Time of the refit of all methods, milliseconds.
        refit_ms: f64,
        /// Certainty about the person after the vote: 1 − posterior sd / prior sd over shown traits, in [0, 1].
        certainty: f64,
        /// The same before the vote.
        certainty_before: f64,
    },
    /// The picture of a taste.
    Profile(Box<TasteProfile>),
    /// How makers of answers stand for the person.
    Makers(Box<MakersForYou>),
    /// Fitted states by method.
    States {
        /// Serialised user states.
        states: serde_json::Value,
    },
    /// A comparison of free texts.
    Compared(Box<Compared>),
    /// Answers, ranked for a person.
    Reranked(Box<Reranked>),
    /// A style instruction.
    Style {
        /// In English, for a language model; empty where nothing is known.
        text: String,
    },
    /// Prompts, nearest first.
    Nearest {
        /// Ids.
        prompts: Vec<PromptId>,
        /// Whether they were found by embedding, not by words.
        by_embedding: bool,
    },
    /// Download of the encoder, unasked while it runs.
    Progress {
        /// Bytes so far, cached ones included.
        loaded: u64,
        /// Bytes in all, from the manifest.
        total: u64,
    },
    /// The device changed (lost, or self-test finished), unasked.
    Device(DeviceReport),
    /// Vectors of texts.
    Embedded {
        /// One vector of 384 per text, L2 norm 1.
        vectors: Vec<Vec<f32>>,
        /// Token ids of each text's first window.
        ids: Vec<Vec<u32>>,
        /// Where it ran.
        device: DeviceReport,
    },
    /// Timings of the encoder, milliseconds.
    Timed {
        /// One per repetition.
        ms: Vec<f64>,
    },
    /// Timings of refit and question choice, milliseconds.
    BenchedRefit {
        /// Refit per method, one list each.
        refit_ms: Vec<(MethodId, Vec<f64>)>,
        /// Refit of all methods together.
        all_ms: Vec<f64>,
        /// Question choice.
        choose_ms: Vec<f64>,
    },
    /// Every method by the CPU and by this worker's device.
    ComparedDevices {
        /// The device.
        device: DeviceReport,
        /// Methods.
        methods: Vec<OnBoth>,
    },
    /// What a file of votes brings.
    Taste {
        /// Events to be added.
        new: usize,
        /// Events that the log has, or that stand twice in the file.
        known: usize,
        /// Events that are left out.
        refused: usize,
        /// The first of those, a line each: where, and why.
        first: Vec<String>,
    },
    /// Events of the file, in its order.
    Events {
        /// JSON texts, as they are kept; none after the last.
        events: Vec<String>,
    },
    /// How far the training is, unasked while it runs.
    Training(Training),
    /// Figures of a data set.
    Reproduced(Box<Reproduced>),
    /// The work was done.
    Pow {
        /// What proves it.
        nonce: String,
    },
    /// Done, nothing to say.
    Done,
    /// It did not work.
    Failed(Failure),
}

/// What to train on and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduce {
    /// Simulated people by the name of their recipe; `None` stands for the files that were posted before.
    pub recipe: Option<String>,
    /// Prototypes, where their number is known; else the method chooses.
    pub prototypes: Option<usize>,
    /// Multiplies the number of gradient steps.
    pub effort: f64,
    /// Whether texts are read by the encoder, which is a download; else their readable features must do.
    pub encode: bool,
}

/// How far a training is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// What is trained: a method's id, or `encoder` while texts are read.
    pub what: String,
    /// Which of its trainings, from 1: one for each choice that is tried.
    pub run: usize,
    /// Steps done.
    pub step: usize,
    /// Of how many.
    pub steps: usize,
    /// Loss, nats a vote; absent while texts are read.
    pub loss: Option<f64>,
}

/// Figures of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduced {
    /// What the data set calls itself.
    pub title: String,
    /// Its licence; may be empty.
    pub licence: String,
    /// Whether its people are simulated.
    pub simulated: bool,
    /// People.
    pub people: usize,
    /// Items.
    pub items: usize,
    /// Votes.
    pub votes: usize,
    /// What was left out of a release, by reason, in words; may be empty.
    pub left_out: String,
    /// Where it was trained and why there.
    pub device: DeviceReport,
    /// Wall time of everything, seconds.
    pub seconds: f64,
    /// Accuracy.
    pub figures: Vec<Figure>,
    /// The whole report, as `palate-lab eval` writes it.
    pub report: String,
}

/// Accuracy of a method on people who trained nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Method id; `-shrunk` where it is mixed with the population.
    pub method: String,
    /// Whether the items are known from training.
    pub known: bool,
    /// Votes that the person gave.
    pub votes: usize,
    /// Mean over people with its 95 % interval: mean, low, high.
    pub accuracy: [f64; 3],
}

/// Why a request failed: a stable code, and words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub code: FailureCode,
    /// One or two plain sentences: what is wrong and what to do.
    pub message: String,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The pack is missing or corrupt.
    Pack,
    /// The encoder's weights are not on this server.
    WeightsMissing,
    /// A shard has the wrong hash.
    WeightsCorrupt,
    /// The network broke; what arrived is kept, a retry resumes.
    Network,
    /// The person cancelled.
    Cancelled,
    /// The device failed.
    Device,
    /// The request does not fit.
    Input,
    /// The file is refused as a whole.
    File,
}

/// A method that predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodInfo {
    /// Id.
    pub id: MethodId,
    /// Name for people.
    pub name: String,
    /// Version of the population weights.
    pub weights: String,
    /// Whether it learns from this person's votes.
    pub personal: bool,
}

/// A method by the CPU and by another device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnBoth {
    /// Id.
    pub method: MethodId,
    /// Largest difference of margins (mean or standard deviation, log-odds) when both use the state that was fitted by
    /// the CPU.
    pub same_state: f64,
    /// The same when each fits a state of its own.
    pub own_state: f64,
    /// Viewing all answers by the CPU, milliseconds, one per repetition.
    pub cpu_ms: Vec<f64>,
    /// The same by the device.
    pub device_ms: Vec<f64>,
}

/// Which device runs the encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The choice.
    pub device: DeviceKind,
    /// Plain sentence: why.
    pub reason: String,
    /// Adapter description, where there is one.
    pub adapter: Option<String>,
}

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// burn `flex`, wasm SIMD.
    Cpu,
    /// burn WebGPU.
    WebGpu,
}

/// What the person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DevicePreference {
    /// The faster of the two, by one timed run.
    #[default]
    Auto,
    /// Always the CPU.
    Cpu,
    /// WebGPU without the timed run; still the CPU when the self-test fails.
    WebGpu,
}

/// A question with locked predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// New id of this showing.
    pub comparison: ComparisonId,
    /// The prompt.
    pub prompt: PromptId,
    /// Answers in random order, as they must be shown.
    pub shown: Vec<ResponseId>,
    /// How it was chosen.
    pub policy: Policy,
    /// Probability of this unordered pair under the policy.
    pub propensity: f64,
    /// The topic that it was drawn from, if one was chosen.
    pub topic: Option<String>,
    /// The earlier showing that it repeats, sides swapped.
    pub repeat_of: Option<ComparisonId>,
    /// Forecasts.
    pub predictions: Vec<Prediction>,
    /// Expected information about the person, nats.
    pub information: f64,
    /// Why this pair, in plain words.
    pub why: String,
}

/// A taste, as far as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasteProfile {
    /// Votes that were fitted.
    pub n_fit: u32,
    /// Traits, strongest first.
    pub traits: Vec<Trait>,
    /// PAL weights on prototypes.
    pub prototypes: Vec<PrototypeShare>,
    /// Certainty, in [0, 1].
    pub certainty: f64,
    /// Where the person is among others; `None` where no map was learned.
    pub map: Option<TasteMap>,
    /// What a description of the person would say; empty where none was learned.
    pub description: Vec<Described>,
}

/// How makers of answers stand for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakersForYou {
    /// Votes that were fitted.
    pub n_fit: u32,
    /// Best first; empty where one made all answers.
    pub makers: Vec<MakerScore>,
}

/// How one maker's answers stand for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakerScore {
    /// Its name.
    pub maker: String,
    /// Mean over its answers, each against the mean of all answers to the same question, log-odds.
    pub score: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Its answers.
    pub answers: u32,
}

/// A Gaussian on a plane: mean and covariance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Mean, to the right.
    pub x: f64,
    /// Mean, upwards.
    pub y: f64,
    /// Variance to the right.
    pub xx: f64,
    /// Covariance.
    pub xy: f64,
    /// Variance upwards.
    pub yy: f64,
}

/// A person among those who trained a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasteMap {
    /// The method whose latent space it is.
    pub method: MethodId,
    /// Training people.
    pub people: Vec<[f64; 2]>,
    /// Where the person is believed to be after the votes.
    pub now: Place,
    /// The same without votes.
    pub before: Place,
    /// What people at the right, left, top and bottom prefer; empty words where nothing readable says it.
    pub words: Vec<String>,
}

/// One thing that a description of a person says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// Liked where the weight is positive.
    pub more: String,
    /// Liked where it is negative.
    pub less: String,
    /// Weight, in units of what training people have; about 1 is all that a person cares for.
    pub weight: f64,
    /// Whether the person said so, in place of a guess from votes.
    pub corrected: bool,
}

/// How much one readable feature moves this person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    /// Feature id.
    pub feature: String,
    /// Plain name.
    pub name: String,
    /// In words, for example "longer answers".
    pub words: String,
    /// Change of log-odds per standard deviation of the feature.
    pub weight: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
}

/// Weight on one prototype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrototypeShare {
    /// Index.
    pub index: u32,
    /// In words, from the features of the answers nearest to it.
    pub words: String,
    /// Simplex weight.
    pub share: f64,
    /// Pack answers nearest to it.
    pub examples: Vec<ResponseId>,
}

/// Free texts, ranked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Each method's probability that the first text is preferred to the second, first two texts.
    pub predictions: Vec<Prediction>,
    /// Indices into the texts, best first, by the default method.
    pub ranking: Vec<usize>,
    /// Margin of first over second in log-odds, default method, with its standard deviation.
    pub margin: (f64, f64),
    /// What speaks for and against the first text, strongest first: words and log-odds.
    pub reasons: Vec<(String, f64)>,
    /// Where the encoder ran.
    pub device: DeviceReport,
}

/// Answers to rank for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rerank {
    /// The prompt, as text.
    pub prompt: String,
    /// Two answers or more.
    pub candidates: Vec<Candidate>,
    /// From what the person is known.
    pub examples: Examples,
    /// The method that ranks; the default one when left out.
    pub method: Option<MethodId>,
}

/// An answer to rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id where it is an answer of the pack: then no encoder is needed.
    pub response: Option<ResponseId>,
    /// The text.
    pub text: String,
}

/// From what a person is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    /// Votes on these showings; all that are learned from when left out.
    pub votes: Option<Vec<ComparisonId>>,
    /// Texts that the person brought and likes; each is preferred to each of `disliked`, so neither comes alone.
    pub liked: Vec<String>,
    /// Texts that the person brought and likes less.
    pub disliked: Vec<String>,
}

/// Answers, ranked for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reranked {
    /// Places of the candidates, best first.
    pub ranking: Vec<usize>,
    /// One for each candidate, in the order they came.
    pub scores: Vec<Scored>,
    /// Features that can be moved by hand, in the order of [`Scored::features`], with what is known of this person's.
    pub traits: Vec<Trait>,
    /// Examples that the ranking knows.
    pub examples: u32,
    /// The method.
    pub method: MethodId,
}

/// How an answer stands for a person, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Margin over the mean of the candidates, log-odds.
    pub score: f64,
    /// Its standard deviation; 0 where the method has none.
    pub sd: f64,
    /// Standardised value of each of [`Reranked::traits`]: a change of a weight by w moves the score by w times this.
    pub features: Vec<f64>,
    /// What speaks for and against it beside the average candidate, strongest first: words and log-odds.
    pub reasons: Vec<(String, f64)>,
    /// Examples without which it would stand elsewhere, strongest first.
    pub receipts: Vec<Receipt>,
    /// What would have to differ for it to be first; `None` for the first, and where nothing simple would do.
    pub to_win: Option<ToWin>,
}

/// What one example does to a score: the score minus that without the example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The example.
    pub example: Example,
    /// Log-odds.
    pub effect: f64,
}

/// An example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Example {
    /// A vote.
    Vote(ComparisonId),
    /// A liked text, by its place.
    Liked(usize),
    /// A disliked text, by its place.
    Disliked(usize),
}

/// What would have to differ for an answer to be first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWin {
    /// Had this vote gone the other way.
    OtherVote(ComparisonId),
    /// Were the answer itself so: words (for example "longer"), and by how many standard deviations.
    OtherText(String, f64),
}
