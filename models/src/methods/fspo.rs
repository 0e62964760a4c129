//! FSPO-embed: a person is a set of votes that a network reads; nothing is fitted.
//!
//! *Shots*: a vote is a token `bend(winner(e_w) + loser(e_l))`, `bend(x) = x + layer(relu(x))`, so that a token knows
//! which side won; a tie mixes both orders by its label. A learned null token stands before them: without votes it stands alone. Two blocks of
//! self-attention without positions encode the set. *Items*: `q = bend(query(e))` attends to the encoded shots in two blocks
//! and ends in one number, `r(x | shots)`; items never see each other, so margins are antisymmetric and one encoding
//! ranks any list. *Description*: where training people have one, a head reads it from the mean of the encoded shots and
//! its output is one more token for the items ([`Fspo::description`], [`Fspo::with_description`]).
//!
//! A person is an episode: a training person's votes are shuffled, n of them, uniform on 0..=[`FspoMethod::shots`],
//! become shots, others become targets. Before that the path of an item alone learns the population (stage 1), and the
//! blocks between start at zero, so that stage 2 starts at the population. Loss: logistic, or the analogue of IPO,
//! `(m - 1/(2 beta))²` with `m` over the frozen population's margin.
//!
//! A viewed item is its two halves of a token, its query and the population's reward (0 with the logistic loss).
//! State values: the description (if the method has one), then tokens: null, shots, and the description's if it takes
//! part. At most [`MOST_SHOTS`] shots are read: of more, those whose hashes are smallest, which is random, independent
//! of their order, and changes by one shot at most with each vote.
//!
//! # Substitutions
//! The paper tunes a language model on text, and its description is text written before the answer; here items are
//! vectors, a description is numbers (attributes or an embedding), and a reward is learned in place of a policy. Norms
//! have no weights. The description's head learns from the description alone, so that it keeps its meaning when a
//! person corrects it; training shows items no description, the predicted and the true one in turn.
//!
//! # Source
//! Singh, Hsu et al. 2025, "FSPO: Few-shot preference optimization" (arXiv 2502.19312), eqs. 5 and 6; for sets without
//! positions and scalar rewards: Zhao et al. 2023, "Group preference optimization" (arXiv 2310.11523).

mod network;
#[cfg(feature = "training")]
mod train;

use palate_shared::ids::MethodId;

use crate::heads::Heads;
#[cfg(feature = "training")]
use crate::heads::Tables;
use crate::methods::Method;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
#[cfg(feature = "training")]
use crate::training::{Run, TrainingSet};
use crate::{Error, Result};
use network::{Block, Dense, Perceptron, Work, add, normalise, relu};

/// Most votes of a person that are read.
pub const MOST_SHOTS: usize = 32;
/// Blocks over shots, and blocks from items to shots.
const BLOCKS: usize = 2;

/// What a target's margin is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// `softplus(-m)`.
    Logistic,
    /// `(m - 1/(2 beta))²`, m over the population's margin (IPO; Azar et al. 2023, arXiv 2310.12036).
    Squared {
        /// β; 1/(2β) is the margin that a sure vote is worth.
        beta: f32,
    },
}

/// Trains and loads [`Fspo`].
#[derive(Clone, Debug)]
pub struct FspoMethod {
    /// Loss of targets.
    pub loss: Loss,
    /// Width D of tokens; a multiple of [`Self::heads`].
    pub width: usize,
    /// Heads of attention.
    pub heads: usize,
    /// Most shots of an episode.
    pub shots: usize,
    /// Targets of an episode.
    pub targets: usize,
    /// Episodes of a step.
    pub episodes: usize,
    /// Steps of stage 1.
    pub population_steps: usize,
    /// Steps of stage 2.
    pub steps: usize,
    /// First learning rate.
    pub rate: f64,
    /// Whether the description is learned where the set has one.
    pub describes: bool,
}

impl Default for FspoMethod {
    fn default() -> Self {
        Self {
            loss: Loss::Logistic,
            width: 32,
            heads: 4,
            shots: 16,
            targets: 16,
            episodes: 32,
            population_steps: 200,
            steps: 1500,
            rate: 2e-3,
            describes: true,
        }
    }
}

impl FspoMethod {
    /// The variant with the squared loss; a sure vote is worth a margin of 2.
    pub fn squared() -> Self {
        Self {
            loss: Loss::Squared { beta: 0.25 },
            ..Self::default()
        }
    }
}

impl Method for FspoMethod {
    fn id(&self) -> String {
        match self.loss {
            Loss::Logistic => "fspo".into(),
            Loss::Squared { .. } => "fspo-ipo".into(),
        }
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        train::train(self, set, run)
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Fspo::from_heads(heads, &self.id(), dimension)?))
    }
}

/// FSPO-embed with frozen weights.
#[derive(Clone, Debug)]
pub struct Fspo {
    id: String,
    weights: String,
    dimension: usize,
    width: usize,
    /// Log-odds per unit of margin.
    scale: f64,
    /// `[dimension] -> [3 width]`: winner, loser, query.
    item: Dense,
    token: Dense,
    query: Dense,
    null: Vec<f32>,
    shots: Vec<Block>,
    items: Vec<Block>,
    reward: Dense,
    describer: Option<Describer>,
    population: Option<Population>,
}

/// The head that reads a description, and the way back.
#[derive(Clone, Debug)]
struct Describer {
    /// Mean encoded shot to standardised description.
    describe: Perceptron,
    /// Standardised description to token.
    tell: Perceptron,
    /// Mean and standard deviation of each number over training people.
    mean: Vec<f32>,
    sd: Vec<f32>,
}

/// The frozen item path of stage 1.
#[derive(Clone, Debug)]
struct Population {
    item: Dense,
    query: Dense,
    reward: Dense,
}

impl Population {
    fn reward(&self, row: &[f32]) -> f32 {
        let (mut hidden, mut query, mut reward) = (Vec::new(), Vec::new(), Vec::new());
        self.item.apply(row, &mut hidden);
        bend(&self.query, &mut hidden, &mut query);
        normalise(&mut hidden);
        self.reward.apply(&hidden, &mut reward);
        reward[0]
    }

    fn read(heads: &Heads, name: &str, [dimension, width]: [usize; 2]) -> Result<Self> {
        let read =
            |part: &str, sizes| Dense::read_to(heads, &format!("{name}.population-{part}"), sizes);
        Ok(Self {
            item: read("item", [dimension, width])?,
            query: read("query", [width, width])?,
            reward: read("reward", [width, 1])?,
        })
    }
}

impl Fspo {
    /// Reads tables `{id}.*`, where `id` is that of the variant ([`Method::id`]).
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, id: &str, dimension: usize) -> Result<Self> {
        let name = |part: &str| format!("{id}.{part}");
        let null = heads.table(&name("null"))?.data.clone();
        let width = null.len();
        let constants = heads.data(&name("constants"), &[2])?;
        let count = constants[0] as usize;
        if count == 0 || width == 0 || !width.is_multiple_of(count) {
            return Err(Error::Weights(format!(
                "{id}: {width} numbers cannot be shared by {count} heads of attention"
            )));
        }
        let dense = |part: &str, sizes| Dense::read_to(heads, &name(part), sizes);
        let blocks = |part: &str| -> Result<Vec<Block>> {
            (0..BLOCKS)
                .map(|at| Block::read(heads, &name(&format!("{part}-{at}")), width, count))
                .collect()
        };
        let describer = match heads.table(&name("description")) {
            Ok(table) => {
                let count = table.data.len() / 2;
                let read = |part: &str, sizes| Perceptron::read(heads, &name(part), sizes);
                Some(Describer {
                    describe: read("describe", [width, width, count])?,
                    tell: read("tell", [count, width, width])?,
                    mean: table.data[..count].to_vec(),
                    sd: table.data[count..2 * count].to_vec(),
                })
            }
            Err(_) => None,
        };
        let population = match heads.table(&name("population-item.bias")) {
            Ok(_) => Some(Population::read(heads, id, [dimension, width])?),
            Err(_) => None,
        };
        Ok(Self {
            id: id.to_owned(),
            weights: heads.version().to_owned(),
            dimension,
            width,
            scale: f64::from(constants[1]),
            item: dense("item", [dimension, 3 * width])?,
            token: dense("token", [width, width])?,
            query: dense("query", [width, width])?,
            shots: blocks("shots")?,
            items: blocks("items")?,
            reward: dense("reward", [width, 1])?,
            null,
            describer,
            population,
        })
    }

    /// What the method believes of the person, in the units of [`crate::training::TrainingSet::descriptions`], for a
    /// sentence "we think you like …". Empty where it learned no description. Numbers are means over what the votes
    /// leave open: few votes give numbers near the average person's.
    pub fn description<'a>(&self, state: &'a UserState) -> &'a [f64] {
        &state.values[..self.described().min(state.values.len())]
    }

    /// The state with a description that the person corrected (or that is known) in place of the predicted one.
    /// Votes keep their weight. A later fit predicts it anew.
    ///
    /// # Errors
    /// When the description has another width or is not finite, or the state is not of this method.
    pub fn with_description(&self, state: &UserState, description: &[f64]) -> Result<UserState> {
        let Some(describer) = &self.describer else {
            return Err(Error::Input(format!(
                "{}: it learned no description",
                self.id
            )));
        };
        if description.len() != self.described() || description.iter().any(|v| !v.is_finite()) {
            return Err(Error::Input(format!(
                "{}: a description has {} finite numbers",
                self.id,
                self.described()
            )));
        }
        let mut state = self.without_description(state)?;
        state.values[..description.len()].copy_from_slice(description);
        let description: Vec<f32> = description.iter().map(|value| *value as f32).collect();
        state
            .values
            .extend(describer.token(&description).into_iter().map(f64::from));
        Ok(state)
    }

    /// The state whose margins do without a description ("off"); [`Self::description`] still says it.
    ///
    /// # Errors
    /// When the state is not of this method.
    pub fn without_description(&self, state: &UserState) -> Result<UserState> {
        let length = self.described() + self.width * (1 + shots_of(state));
        if state.values.len() < length {
            return Err(Error::Input(format!("{}: a state is too short", self.id)));
        }
        let mut state = state.clone();
        state.values.truncate(length);
        Ok(state)
    }

    /// Numbers of a description.
    pub fn described(&self) -> usize {
        self.describer.as_ref().map_or(0, |one| one.mean.len())
    }

    /// The input of the token of a pair, `[width]`.
    fn pair(&self, pair: &LabelledPair<'_>) -> Vec<f32> {
        let width = self.width;
        let share = pair.label as f32;
        (0..width)
            .map(|at| {
                let order =
                    |winner: &ItemVector, loser: &ItemVector| winner[at] + loser[width + at];
                share * order(pair.first, pair.second)
                    + (1.0 - share) * order(pair.second, pair.first)
            })
            .collect()
    }

    /// The shots that are read, as inputs of tokens, in an order that depends on nothing but themselves.
    fn read(&self, pairs: &[LabelledPair<'_>]) -> Vec<Vec<f32>> {
        let mut shots: Vec<(u64, Vec<f32>)> = pairs
            .iter()
            .map(|pair| {
                let shot = self.pair(pair);
                (hash(&shot), shot)
            })
            .collect();
        shots.sort_by(|(a, x), (b, y)| {
            let values = || x.iter().zip(y).map(|(x, y)| x.total_cmp(y));
            a.cmp(b)
                .then_with(|| values().find(|order| order.is_ne()).unwrap_or(a.cmp(b)))
        });
        shots.truncate(MOST_SHOTS);
        shots.into_iter().map(|(_, shot)| shot).collect()
    }

    /// Encoded tokens `[1 + shots, width]`, normalised.
    fn encode(&self, shots: Vec<Vec<f32>>) -> Vec<f32> {
        let mut tokens = self.null.clone();
        let mut token = Vec::new();
        for mut shot in shots {
            bend(&self.token, &mut shot, &mut token);
            tokens.extend_from_slice(&shot);
        }
        let mut work = Work::default();
        for block in &self.shots {
            let normed = normalised(&tokens, self.width);
            for token in tokens.chunks_exact_mut(self.width) {
                block.apply(token, &normed, &mut work);
            }
        }
        normalised(&tokens, self.width)
    }

    /// Reward of a viewed item over the population's, before scaling.
    fn score(&self, tokens: &[f32], item: &ItemVector, work: &mut Work) -> f64 {
        let width = self.width;
        let mut query = item[2 * width..3 * width].to_vec();
        for block in &self.items {
            block.apply(&mut query, tokens, work);
        }
        normalise(&mut query);
        let mut reward = Vec::with_capacity(1);
        self.reward.apply(&query, &mut reward);
        f64::from(reward[0]) - f64::from(item[3 * width])
    }
}

impl Describer {
    /// Token of a description in its own units.
    fn token(&self, description: &[f32]) -> Vec<f32> {
        let standard: Vec<f32> = description
            .iter()
            .zip(self.mean.iter().zip(&self.sd))
            .map(|(value, (mean, sd))| (value - mean) / sd)
            .collect();
        let mut token = self.tell.apply(&standard);
        normalise(&mut token);
        token
    }

    /// Description that encoded tokens suggest, in its own units.
    fn describe(&self, tokens: &[f32], width: usize) -> Vec<f32> {
        let count = (tokens.len() / width) as f32;
        let mut mean = vec![0.0; width];
        for token in tokens.chunks_exact(width) {
            for (sum, value) in mean.iter_mut().zip(token) {
                *sum += value / count;
            }
        }
        let mut description = self.describe.apply(&mean);
        for (value, (mean, sd)) in description.iter_mut().zip(self.mean.iter().zip(&self.sd)) {
            *value = *value * sd + mean;
        }
        description
    }
}

/// `x += layer(relu x)`.
fn bend(layer: &Dense, x: &mut [f32], work: &mut Vec<f32>) {
    let mut positive = x.to_vec();
    relu(&mut positive);
    layer.apply(&positive, work);
    add(x, work);
}

/// Shots that a state holds.
fn shots_of(state: &UserState) -> usize {
    (state.n as usize).min(MOST_SHOTS)
}

fn normalised(tokens: &[f32], width: usize) -> Vec<f32> {
    let mut normed = tokens.to_vec();
    for token in normed.chunks_exact_mut(width) {
        normalise(token);
    }
    normed
}

/// FNV-1a over the bits.
fn hash(values: &[f32]) -> u64 {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

impl PreferenceModel for Fspo {
    fn id(&self) -> MethodId {
        self.id.as_str().into()
    }

    fn name(&self) -> &'static str {
        if self.population.is_some() {
            "FSPO-embed (IPO)"
        } else {
            "FSPO-embed"
        }
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows(&self.id, items.rows, self.dimension)?;
        let (mut view, mut query) = (Vec::new(), Vec::new());
        Ok(items
            .rows
            .iter()
            .map(|row| {
                self.item.apply(row, &mut view);
                bend(&self.query, &mut view[2 * self.width..], &mut query);
                view.push(self.population.as_ref().map_or(0.0, |one| one.reward(row)));
                view.clone()
            })
            .collect())
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        check_pairs(&self.id, pairs, 3 * self.width + 1)?;
        let tokens = self.encode(self.read(pairs));
        let mut values = Vec::new();
        let mut told = Vec::new();
        if let Some(describer) = &self.describer {
            let description = describer.describe(&tokens, self.width);
            told = describer.token(&description);
            values = description;
        }
        values.extend(tokens.into_iter().chain(told));
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: values.into_iter().map(f64::from).collect(),
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let length = 3 * self.width + 1;
        let tokens = state.values.get(self.described()..).unwrap_or(&[]);
        let fits = !tokens.is_empty()
            && tokens.len().is_multiple_of(self.width)
            && first.len() == length
            && second.len() == length;
        let mut mean = 0.0;
        if fits {
            let tokens: Vec<f32> = tokens.iter().map(|value| *value as f32).collect();
            let mut work = Work::default();
            mean = self.scale
                * (self.score(&tokens, first, &mut work) - self.score(&tokens, second, &mut work));
        }
        Margin {
            mean: if mean.is_finite() { mean } else { 0.0 },
            variance: 0.0,
        }
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        let place = |mean: &f64| Margin {
            mean: *mean,
            variance: 0.0,
        };
        self.description(state).iter().map(place).collect()
    }
}
