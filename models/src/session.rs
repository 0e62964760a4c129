//! One person's session on one pack: history, fitted states, the next question, the picture of the taste.
//!
//! Pure logic without a clock: the browser's worker and the laboratory's simulated visitors run the same code.
//! Must not know: how votes are stored or sent, where the encoder runs.

mod bench;
mod described;
mod devices;
mod four;
mod history;
mod makers;
mod nearest;
mod picture;
mod prototypes;
mod rerank;

use palate_shared::event::{Policy, Prediction, VoteEvent};
use palate_shared::ids::{ComparisonId, MethodId, PromptId, ResponseId};
use palate_shared::infer::{MethodInfo, Question, TasteProfile};
use palate_shared::pack::PackItems;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::explain::{Explainer, open_questions};
use crate::heads::Heads;
use crate::map::PopulationMap;
use crate::methods;
use crate::methods::baselines::{Coin, Longer};
use crate::pool::{Pair, Pool};
use crate::preference::{LabelledPair, PreferenceModel, UserState};
use crate::query;
use crate::representation::{Hybrid, Representation};
use crate::{Error, Result};

pub use bench::RefitBench;
use described::Describer;
pub use four::FOUR;
use history::History;
use nearest::Words;
use prototypes::Prototypes;
pub use rerank::Embedded;

/// The method that chooses questions, ranks texts and paints the profile.
pub const DEFAULT_METHOD: &str = "eb";

/// Most pairs that are scored for one question; of a larger pack, every k-th eligible pair is scored.
const MOST_CANDIDATES: usize = 2048;

/// Share of questions that were asked before, as soon as there are some to repeat.
pub const REPEAT_SHARE: f64 = 0.05;

/// Why a random question is asked.
const AT_RANDOM: &str =
    "Picked at random. It only tests the predictions; nothing is learned from it.";
/// Why a question is asked again.
const ASKED_BEFORE: &str = "You had this one before, with the sides swapped. It tells how steady your taste is; nothing is learned from it.";

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
    /// The same before the vote.
    pub certainty_before: f64,
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

/// A method on this pack: its view of every item, and what it knows of the person.
struct Player {
    model: Box<dyn PreferenceModel>,
    views: Vec<Vec<f32>>,
    /// State without votes.
    prior: UserState,
    state: UserState,
}

/// One person on one pack.
pub struct Session {
    pool: Pool,
    representation: Hybrid,
    players: Vec<Player>,
    /// Place of the default method in `players`.
    default: usize,
    prototypes: Option<Prototypes>,
    describer: Option<Describer>,
    map: Option<PopulationMap>,
    explainer: Explainer,
    words: Words,
    /// Who made each answer, in the order of the pool.
    makers: Vec<String>,
    history: History,
    rng: ChaCha8Rng,
    seed: u64,
}

impl Session {
    /// Opens a pack.
    ///
    /// `vectors_f16` holds one little-endian f16 vector per answer in the order of `items`, then one per prompt;
    /// `heads` is a heads file as [`Heads`] reads it. `seed` makes sides, questions and ids reproducible; two sessions
    /// of one person need different seeds or different histories.
    ///
    /// # Errors
    /// When heads or vectors do not parse or do not fit the items.
    pub fn new(items: &PackItems, vectors_f16: &[u8], heads: &[u8], seed: u64) -> Result<Self> {
        let heads = Heads::read(heads)?;
        let representation = Hybrid::from_heads(&heads)?;
        let dimension = representation.dimension();
        let pool = Pool::new(items, vectors_f16, &representation)?;
        let mut models = methods::playing(&heads, dimension)?;
        models.push(Box::new(Longer));
        models.push(Box::new(Coin));
        let mut players = Vec::with_capacity(models.len());
        for model in models {
            let prior = model.fit(&[])?;
            players.push(Player {
                views: pool.viewed_by(model.as_ref())?,
                state: prior.clone(),
                prior,
                model,
            });
        }
        let default = players
            .iter()
            .position(|player| player.model.id().as_str() == DEFAULT_METHOD)
            .ok_or_else(|| Error::Weights("the default method is missing".into()))?;
        Ok(Self {
            explainer: Explainer::new(&pool.rows, &players[default].views)?,
            prototypes: Prototypes::from_heads(&heads, &pool)?,
            describer: Describer::from_heads(&heads, dimension)?,
            map: PopulationMap::from_heads(&heads)?,
            words: Words::new(items),
            makers: makers::of_answers(items),
            pool,
            representation,
            players,
            default,
            history: History::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            seed,
        })
    }

    /// Whether an answer belongs to the pack.
    pub fn has(&self, id: &ResponseId) -> bool {
        self.pool.find(id).is_some()
    }

    /// Methods that predict.
    pub fn methods(&self) -> Vec<MethodInfo> {
        self.players
            .iter()
            .map(|player| MethodInfo {
                id: player.model.id(),
                name: player.model.name().to_owned(),
                weights: player.model.weights().to_owned(),
                personal: player.model.is_personal(),
            })
            .collect()
    }

    /// Learns a whole history in place of what was known. Answers that the pack does not have are skipped; only
    /// current revisions count.
    ///
    /// # Errors
    /// When a fit fails.
    pub fn restore(&mut self, history: &[VoteEvent]) -> Result<()> {
        self.history = History::default();
        // A resumed session must not repeat the ids and sides of the one before.
        let mut digest = Sha256::new();
        digest.update(self.seed.to_le_bytes());
        for event in history {
            digest.update(event.id.as_str());
        }
        self.history.extend(history, &self.pool);
        self.rng = ChaCha8Rng::from_seed(digest.finalize().into());
        self.refit()
    }

    /// Chooses and predicts the next question, of one topic if there is one. [`REPEAT_SHARE`] of the questions, once
    /// there are some to repeat, were asked before and come with their sides swapped.
    ///
    /// # Errors
    /// When no pair is left to ask.
    pub fn next(&mut self, topic: Option<&str>) -> Result<Question> {
        let repeatable = self.history.repeatable(&self.pool, topic);
        let repeat_share = if repeatable.is_empty() {
            0.0
        } else {
            REPEAT_SHARE
        };
        if self.rng.random_bool(repeat_share) {
            let (earlier, shown) = &repeatable[self.rng.random_range(0..repeatable.len())];
            let propensity = repeat_share / repeatable.len() as f64;
            return Ok(self.repeat(earlier, *shown, propensity, topic));
        }
        let eligible = self.history.eligible(&self.pool, topic);
        let stride = eligible.len().div_ceil(MOST_CANDIDATES).max(1);
        let information = self.information(&eligible, stride);
        // Of all questions, repeats included, the random share stays what it is.
        let random_share = query::RANDOM_SHARE / (1.0 - repeat_share);
        let choice = query::choose(&information, random_share, &mut self.rng).ok_or_else(|| {
            Error::Input(match topic {
                Some(_) => "every pair of this topic has been asked: choose another topic".into(),
                None => "every pair of this pack has been asked".into(),
            })
        })?;
        let pair = eligible[choice.index];
        self.history.asked(self.pool.items[pair.first].prompt);
        let shown = if self.rng.random_bool(0.5) {
            [pair.first, pair.second]
        } else {
            [pair.second, pair.first]
        };
        let why = match choice.policy {
            Policy::UniformRandom => AT_RANDOM.to_owned(),
            _ => self.why(pair),
        };
        Ok(Question {
            comparison: self.new_comparison(),
            prompt: self.pool.prompts[self.pool.items[pair.first].prompt].clone(),
            shown: shown
                .iter()
                .map(|item| self.pool.items[*item].id.clone())
                .collect(),
            policy: choice.policy,
            propensity: choice.propensity * (1.0 - repeat_share),
            topic: topic.map(str::to_owned),
            repeat_of: None,
            predictions: self.predictions(shown[0], shown[1]),
            information: information[choice.index],
            why,
        })
    }

    /// An earlier question with its sides swapped.
    fn repeat(
        &mut self,
        earlier: &ComparisonId,
        [first, second]: [usize; 2],
        propensity: f64,
        topic: Option<&str>,
    ) -> Question {
        let prompt = self.pool.items[first].prompt;
        self.history.asked(prompt);
        Question {
            comparison: self.new_comparison(),
            prompt: self.pool.prompts[prompt].clone(),
            shown: vec![
                self.pool.items[second].id.clone(),
                self.pool.items[first].id.clone(),
            ],
            policy: Policy::Repeat,
            propensity,
            topic: topic.map(str::to_owned),
            repeat_of: Some(earlier.clone()),
            predictions: self.predictions(second, first),
            information: 0.0,
            why: ASKED_BEFORE.to_owned(),
        }
    }

    /// Predicts a question that the page chose uniformly at random before the worker was ready. The propensity is that
    /// of a uniform draw over the whole pack; a page that drew from fewer pairs knows better.
    ///
    /// # Errors
    /// When the prompt or an answer is unknown, or fewer than two answers are shown.
    pub fn predict(&mut self, prompt: &PromptId, shown: &[ResponseId]) -> Result<Question> {
        let items = shown
            .iter()
            .map(|id| self.item(id))
            .collect::<Result<Vec<usize>>>()?;
        let [first, second, ..] = items[..] else {
            return Err(Error::Input("a question shows at least two answers".into()));
        };
        if let Some(stranger) = items
            .iter()
            .find(|item| self.pool.prompts[self.pool.items[**item].prompt] != *prompt)
        {
            return Err(Error::Input(format!(
                "answer {} does not belong to prompt {prompt}",
                self.pool.items[*stranger].id
            )));
        }
        self.history.asked(self.pool.items[first].prompt);
        Ok(Question {
            comparison: self.new_comparison(),
            prompt: prompt.clone(),
            shown: shown.to_vec(),
            policy: Policy::UniformRandom,
            propensity: 1.0 / self.pool.pairs.len() as f64,
            topic: None,
            repeat_of: None,
            predictions: self.predictions(first, second),
            information: self.information(&[Pair::of(first, second)], 1)[0],
            why: AT_RANDOM.to_owned(),
        })
    }

    /// Learns from a vote or a revision.
    ///
    /// # Errors
    /// When an answer is unknown, the judgment does not fit what was shown, or a fit fails. Nothing is learned then.
    pub fn learn(&mut self, event: &VoteEvent) -> Result<Lesson> {
        for id in &event.shown {
            self.item(id)?;
        }
        event
            .judgment
            .validate(&event.shown)
            .map_err(|error| Error::Input(error.to_string()))?;
        let before = self.default_state().values.clone();
        self.history.push(event, &self.pool);
        self.refit()?;
        let mut lesson = self.standing();
        lesson.certainty_before = self.explainer.certainty(&before);
        lesson.lesson = self.lesson(event, &before);
        Ok(lesson)
    }

    /// Forgets all votes.
    pub fn forget(&mut self) {
        self.history = History::default();
        for player in &mut self.players {
            player.state = player.prior.clone();
        }
        if let Some(describer) = &mut self.describer {
            describer.corrections.clear();
        }
    }

    /// Every event that was restored or learned, as it came.
    pub fn log(&self) -> &[VoteEvent] {
        self.history.events()
    }

    /// State after the votes so far, without a lesson or a change.
    pub fn standing(&self) -> Lesson {
        let certainty = self.explainer.certainty(&self.default_state().values);
        Lesson {
            n_fit: self.history.fitted(),
            n_held_out: self.history.held_out(),
            lesson: String::new(),
            certainty,
            certainty_before: certainty,
        }
    }

    /// The picture of the taste.
    pub fn profile(&self) -> TasteProfile {
        TasteProfile {
            n_fit: self.history.fitted(),
            traits: self.traits(),
            prototypes: self.prototype_shares(),
            certainty: self.standing().certainty,
            map: self.map(),
            description: self.description(),
        }
    }

    /// Fitted states by method, for the portable profile.
    pub fn states(&self) -> serde_json::Value {
        self.players
            .iter()
            .filter(|player| player.model.is_personal())
            .map(|player| (player.model.id().0, serde_json::json!(player.state)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Expected information of pairs by the default method; 0 for those that the stride leaves out.
    fn information(&self, pairs: &[Pair], stride: usize) -> Vec<f64> {
        let player = &self.players[self.default];
        let of = |pair: &Pair| {
            let margin = player.model.margin(
                &player.state,
                &player.views[pair.first],
                &player.views[pair.second],
            );
            query::expected_information(margin)
        };
        pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| {
                if at.is_multiple_of(stride) {
                    of(pair)
                } else {
                    0.0
                }
            })
            .collect()
    }

    fn why(&self, pair: Pair) -> String {
        let effects = self.explainer.effects(&self.default_state().values);
        match open_questions(
            &effects,
            &self.pool.rows[pair.first],
            &self.pool.rows[pair.second],
        )[..]
        {
            [one, two] => format!(
                "These two differ in {} and {}, where your taste is least known.",
                one.to_lowercase(),
                two.to_lowercase()
            ),
            _ => "This pair tells most about your taste.".to_owned(),
        }
    }

    fn predictions(&self, first: usize, second: usize) -> Vec<Prediction> {
        self.players
            .iter()
            .map(|player| self.prediction(player, &player.views[first], &player.views[second]))
            .collect()
    }

    fn prediction(&self, player: &Player, first: &[f32], second: &[f32]) -> Prediction {
        let margin = player.model.margin(&player.state, first, second);
        Prediction {
            method: player.model.id(),
            weights: player.model.weights().to_owned(),
            p_first: margin.probability(),
            margin_sd: margin.variance.sqrt(),
            n_fit: if player.model.is_personal() {
                self.history.fitted()
            } else {
                0
            },
        }
    }

    /// Fits every method to the current history.
    fn refit(&mut self) -> Result<()> {
        let pairs = self.history.pairs();
        for player in &mut self.players {
            player.state = fit(player.model.as_ref(), &player.views, &pairs)?;
        }
        self.apply_corrections()
    }

    /// The player with this id.
    fn player(&self, id: &MethodId) -> Option<&Player> {
        self.players.iter().find(|player| player.model.id() == *id)
    }

    fn default_state(&self) -> &UserState {
        &self.players[self.default].state
    }

    fn item(&self, id: &ResponseId) -> Result<usize> {
        self.pool
            .find(id)
            .ok_or_else(|| Error::Input(format!("answer {id} is not in this pack")))
    }

    fn new_comparison(&mut self) -> ComparisonId {
        let mut bytes: [u8; 16] = self.rng.random();
        // Version 4, variant 1 (RFC 9562).
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex::encode(bytes);
        ComparisonId(format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        ))
    }
}

/// Fits one method to pairs of pool indices.
fn fit(
    model: &dyn PreferenceModel,
    views: &[Vec<f32>],
    pairs: &[(usize, usize, f64)],
) -> Result<UserState> {
    let pairs: Vec<LabelledPair<'_>> = pairs
        .iter()
        .map(|(first, second, label)| LabelledPair {
            first: &views[*first],
            second: &views[*second],
            label: *label,
        })
        .collect();
    model.fit(&pairs)
}
