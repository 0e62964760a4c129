//! Training of FSPO-embed: the population first, then episodes.

use std::collections::HashMap;

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{log_sigmoid, relu, softmax};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::network::EPSILON;
use super::{BLOCKS, Fspo, FspoMethod, Loss};
use crate::heads::{Heads, Table, Tables};
use crate::methods::Method;
use crate::preference::{Margin, PreferenceModel};
use crate::training::{
    Descent, Run, TrainingSet, VALIDATION_SHOTS, Vote, choose, column, descend, labelled,
    logistic_loss, nats, noisy, places, sample,
};
use crate::{Error, Result, mlp};

/// Votes of a step of stage 1.
const POPULATION_BATCH: usize = 512;
/// Added to the scores of tokens that are not there.
const ABSENT: f32 = -1e4;
/// Of four episodes, how many show items no description, and how many the true one; the others show the predicted one.
const UNTOLD: u32 = 1;
const TOLD: u32 = 1;
/// Candidates for log-odds per unit of margin, times what the loss says.
const SCALES: [f64; 9] = [0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.25, 1.6, 2.2];

#[derive(Module, Debug)]
struct Block {
    query: Linear,
    memory: Linear,
    output: Linear,
    up: Linear,
    down: Linear,
}

#[derive(Module, Debug)]
struct Perceptron {
    first: Linear,
    second: Linear,
}

#[derive(Module, Debug)]
struct Network {
    item: Linear,
    token: Linear,
    query: Linear,
    /// `[1, width]`.
    null: Param<Tensor<2>>,
    shots: Vec<Block>,
    items: Vec<Block>,
    reward: Linear,
    describe: Option<Perceptron>,
    tell: Option<Perceptron>,
}

fn linear([input, output]: [usize; 2], device: &Device) -> Linear {
    LinearConfig::new(input, output).init(device)
}

/// A layer that adds nothing until it has learned.
fn silent([input, output]: [usize; 2], device: &Device) -> Linear {
    LinearConfig::new(input, output)
        .with_initializer(Initializer::Zeros)
        .init(device)
}

/// The three parts of an item. A loser starts as the opposite of a winner, so that a token starts at what sets the two
/// apart, and a query starts where tokens are, so that items find like shots.
fn item([dimension, width]: [usize; 2], device: &Device) -> Result<Linear> {
    let mut layer = silent([dimension, 3 * width], device);
    let one = mlp::numbers(linear([dimension, width], device).weight.val())?;
    let weight: Vec<f32> = one
        .chunks_exact(width)
        .flat_map(|row| {
            let loser = row.iter().map(|value| -value);
            row.iter().copied().chain(loser).chain(row.iter().copied())
        })
        .collect();
    let weight = TensorData::new(weight, [dimension, 3 * width]);
    layer.weight = Param::from_data(weight, device);
    Ok(layer)
}

/// Divides rows by their root mean square.
fn normalise(x: Tensor<2>) -> Tensor<2> {
    let squares = (x.clone() * x.clone()).mean_dim(1);
    x / (squares + EPSILON).sqrt()
}

impl Perceptron {
    fn init([input, hidden, output]: [usize; 3], device: &Device) -> Self {
        Self {
            first: linear([input, hidden], device),
            second: linear([hidden, output], device),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.second.forward(relu(self.first.forward(x)))
    }

    fn write(&self, tables: &mut Tables, name: &str) -> Result<()> {
        mlp::write_linear(tables, &format!("{name}-hidden"), &self.first)?;
        mlp::write_linear(tables, name, &self.second)
    }
}

impl Block {
    fn init(width: usize, last: fn([usize; 2], &Device) -> Linear, device: &Device) -> Self {
        Self {
            query: linear([width, width], device),
            memory: linear([width, 2 * width], device),
            output: last([width, width], device),
            up: linear([width, 2 * width], device),
            down: last([width, width], device),
        }
    }

    /// `[episodes * items, width]` attend to `[episodes * tokens, width]` under a mask `[episodes, 1, 1, tokens]`.
    fn forward(&self, x: Tensor<2>, tokens: Tensor<2>, mask: Tensor<4>, heads: usize) -> Tensor<2> {
        let [rows, width] = x.dims();
        let [episodes, _, _, count] = mask.dims();
        let head = width / heads;
        let split = |part: Tensor<2>, each: usize| {
            part.reshape([episodes, each, heads, head]).swap_dims(1, 2)
        };
        let query = split(self.query.forward(normalise(x.clone())), rows / episodes);
        let memory = self.memory.forward(tokens);
        let keys = split(memory.clone().narrow(1, 0, width), count);
        let values = split(memory.narrow(1, width, width), count);
        let scores = query.matmul(keys.swap_dims(2, 3)) / (head as f64).sqrt();
        let mixed = softmax(scores + mask, 3).matmul(values);
        let x = x + self
            .output
            .forward(mixed.swap_dims(1, 2).reshape([rows, width]));
        let hidden = self.up.forward(normalise(x.clone()));
        let gate = hidden.clone().narrow(1, 0, width);
        x + self.down.forward(gate * hidden.narrow(1, width, width))
    }

    fn write(&self, tables: &mut Tables, name: &str) -> Result<()> {
        for (part, layer) in [
            ("query", &self.query),
            ("memory", &self.memory),
            ("output", &self.output),
            ("up", &self.up),
            ("down", &self.down),
        ] {
            mlp::write_linear(tables, &format!("{name}.{part}"), layer)?;
        }
        Ok(())
    }
}

impl Network {
    fn init(
        method: &FspoMethod,
        dimension: usize,
        described: usize,
        device: &Device,
    ) -> Result<Self> {
        let width = method.width;
        let blocks = |last: fn([usize; 2], &Device) -> Linear| {
            (0..BLOCKS)
                .map(|_| Block::init(width, last, device))
                .collect()
        };
        let head = |sizes| (described > 0).then(|| Perceptron::init(sizes, device));
        Ok(Self {
            item: item([dimension, width], device)?,
            token: linear([width, width], device),
            query: linear([width, width], device),
            null: Initializer::Normal {
                mean: 0.0,
                std: 0.5,
            }
            .init([1, width], device),
            shots: blocks(linear),
            items: blocks(silent),
            reward: linear([width, 1], device),
            describe: head([width, width, described]),
            tell: head([described, width, width]),
        })
    }

    /// Rewards of queries, `[n]`.
    fn score(&self, queries: Tensor<2>) -> Tensor<1> {
        self.reward.forward(normalise(queries)).squeeze_dim::<1>(1)
    }

    /// Queries of items.
    fn query(&self, hidden: Tensor<2>) -> Tensor<2> {
        hidden.clone() + self.query.forward(relu(hidden))
    }

    /// The population's rewards of rows, `[n]`.
    fn population(&self, rows: Tensor<2>) -> Tensor<1> {
        let width = self.null.dims()[1];
        let hidden = self.item.forward(rows).narrow(1, 2 * width, width);
        self.score(self.query(hidden))
    }

    fn write(&self, tables: &mut Tables, id: &str) -> Result<()> {
        let name = |part: &str| format!("{id}.{part}");
        mlp::write_linear(tables, &name("item"), &self.item)?;
        mlp::write_linear(tables, &name("token"), &self.token)?;
        mlp::write_linear(tables, &name("query"), &self.query)?;
        mlp::write_linear(tables, &name("reward"), &self.reward)?;
        for (part, blocks) in [("shots", &self.shots), ("items", &self.items)] {
            for (at, block) in blocks.iter().enumerate() {
                block.write(tables, &name(&format!("{part}-{at}")))?;
            }
        }
        for (part, head) in [("describe", &self.describe), ("tell", &self.tell)] {
            if let Some(head) = head {
                head.write(tables, &name(part))?;
            }
        }
        let null = mlp::numbers(self.null.val())?;
        tables.insert(name("null"), Table::new(&[null.len()], null));
        Ok(())
    }

    /// The item path of stage 1, frozen.
    fn write_population(&self, tables: &mut Tables, id: &str) -> Result<()> {
        let name = |part: &str| format!("{id}.population-{part}");
        let width = self.null.dims()[1];
        mlp::write_linear(tables, &name("item"), &self.item)?;
        for part in ["item.weight", "item.bias"] {
            if let Some(table) = tables.get_mut(&name(part)) {
                let rows = table.data.chunks_exact(3 * width);
                table.data = rows.flat_map(|row| row[2 * width..].to_vec()).collect();
                table.shape.pop();
                table.shape.push(width);
            }
        }
        mlp::write_linear(tables, &name("query"), &self.query)?;
        mlp::write_linear(tables, &name("reward"), &self.reward)
    }
}

/// A batch of episodes, items by index. A shot that is not there points to item 0 and is masked.
struct Batch {
    episodes: usize,
    /// `[episodes * shots]`, the preferred side first.
    shots: Vec<Option<Vote>>,
    /// `[episodes * targets]`.
    targets: Vec<Option<Vote>>,
    people: Vec<usize>,
}

impl Batch {
    /// Draws people, then shots and targets apart from each other.
    fn draw(method: &FspoMethod, people: &[(usize, &[Vote])], rng: &mut ChaCha8Rng) -> Self {
        let mut batch = Self {
            episodes: method.episodes,
            shots: Vec::new(),
            targets: Vec::new(),
            people: Vec::new(),
        };
        for _ in 0..method.episodes {
            let (person, votes) = people[rng.random_range(0..people.len())];
            let shots = rng
                .random_range(0..=method.shots)
                .min(votes.len().saturating_sub(1));
            let count = (shots + method.targets).min(votes.len());
            let drawn = rand::seq::index::sample(rng, votes.len(), count);
            let mut drawn: Vec<_> = drawn.iter().map(|at| votes[at].winner_first()).collect();
            drawn.shuffle(rng);
            let padded = |votes: &[Vote], length: usize| {
                let votes: Vec<_> = votes.iter().copied().map(Some).collect();
                let absent = length - votes.len();
                votes.into_iter().chain(std::iter::repeat_n(None, absent))
            };
            let (shots, targets) = drawn.split_at(shots);
            batch.shots.extend(padded(shots, method.shots));
            batch.targets.extend(padded(targets, method.targets));
            batch.people.push(person);
        }
        batch
    }
}

/// Places of items within a batch's own rows, so that every row is looked at once.
#[derive(Default)]
struct Rows {
    of: HashMap<usize, usize>,
    items: Vec<usize>,
}

impl Rows {
    fn place(&mut self, item: usize) -> usize {
        *self.of.entry(item).or_insert_with(|| {
            self.items.push(item);
            self.items.len() - 1
        })
    }

    fn places(&mut self, votes: &[Option<Vote>], side: impl Fn(&Vote) -> usize) -> Vec<usize> {
        votes
            .iter()
            .map(|vote| self.place(vote.as_ref().map_or(0, &side)))
            .collect()
    }
}

/// Standardised descriptions of training people, or none.
struct Descriptions {
    rows: Vec<Vec<f32>>,
    mean: Vec<f32>,
    sd: Vec<f32>,
}

impl Descriptions {
    fn of(set: &TrainingSet) -> Result<Self> {
        let rows = &set.descriptions;
        let width = rows.first().map_or(0, Vec::len);
        if !rows.is_empty()
            && (rows.len() != set.people.len()
                || rows.iter().any(|row| row.len() != width)
                || rows.iter().flatten().any(|value| !value.is_finite()))
        {
            return Err(Error::Input(
                "every training person needs a description of equally many finite numbers, or none"
                    .into(),
            ));
        }
        let moment = |at: usize, of: &dyn Fn(f32) -> f32| {
            rows.iter().map(|row| of(row[at])).sum::<f32>() / rows.len() as f32
        };
        let mean: Vec<f32> = (0..width).map(|at| moment(at, &|value| value)).collect();
        let sd: Vec<f32> = (0..width)
            .map(|at| moment(at, &|value| (value - mean[at]).powi(2)).sqrt())
            .map(|sd| if sd > 1e-6 { sd } else { 1.0 })
            .collect();
        let standard = |row: &Vec<f32>| {
            let moments = mean.iter().zip(&sd);
            let values = row
                .iter()
                .zip(moments)
                .map(|(v, (mean, sd))| (v - mean) / sd);
            values.collect()
        };
        Ok(Self {
            rows: rows.iter().map(standard).collect(),
            mean,
            sd,
        })
    }

    fn width(&self) -> usize {
        self.mean.len()
    }
}

/// Trains and writes every table.
pub(super) fn train(method: &FspoMethod, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
    if method.heads == 0 || method.width == 0 || !method.width.is_multiple_of(method.heads) {
        return Err(Error::Input(format!(
            "FSPO-embed: {} numbers cannot be shared by {} heads of attention",
            method.width, method.heads
        )));
    }
    let people: Vec<(usize, &[Vote])> = set
        .people
        .iter()
        .enumerate()
        .filter(|(_, votes)| !votes.is_empty())
        .map(|(person, votes)| (person, votes.as_slice()))
        .collect();
    if people.is_empty() || method.targets == 0 || method.episodes == 0 {
        return Err(Error::Input(
            "FSPO-embed: there is no vote to learn from".into(),
        ));
    }
    let descriptions = if method.describes {
        Descriptions::of(set)?
    } else {
        Descriptions::of(&TrainingSet::default())?
    };
    let device = run.device.clone().autodiff();
    device.seed(run.seed);
    let id = method.id();
    let mut tables = Tables::new();
    let network = Network::init(method, set.dimension(), descriptions.width(), &device)?;
    let rows = set.tensor(&device);
    let network = population(method, network, set, &rows, run)?;
    let reference = match method.loss {
        Loss::Logistic => None,
        Loss::Squared { .. } => {
            network.write_population(&mut tables, &id)?;
            Some(mlp::numbers(network.population(rows.clone()))?)
        }
    };
    let descent = Descent {
        steps: method.steps,
        rate: method.rate,
        weight_decay: 0.0,
    };
    let noise = f64::from(set.item_noise);
    let (network, _) = descend(network, descent, run, |network, _, rng| {
        let batch = Batch::draw(method, &people, rng);
        let step = Step {
            method,
            rows: &rows,
            noise,
            reference: reference.as_deref(),
            descriptions: &descriptions,
            device: &device,
        };
        step.loss(network, &batch, rng)
    })?;
    network.write(&mut tables, &id)?;
    let mut tables: Tables = tables
        .into_iter()
        .map(|(name, table)| (name, Table::half(&table.shape, &table.data)))
        .collect();
    if descriptions.width() > 0 {
        let moments = [descriptions.mean.as_slice(), &descriptions.sd].concat();
        let table = Table::new(&[2, descriptions.width()], moments);
        tables.insert(format!("{id}.description"), table);
    }
    let scaled = |scale: f64| {
        let mut tables = tables.clone();
        let constants = vec![method.heads as f32, scale as f32];
        tables.insert(format!("{id}.constants"), Table::new(&[2], constants));
        tables
    };
    // What one unit of margin says at zero: of IPO's optimum p = 1/2 + beta m.
    let unit = match method.loss {
        Loss::Logistic => 1.0,
        Loss::Squared { beta } => 4.0 * f64::from(beta),
    };
    let heads = Heads::read(&Heads::write(&serde_json::Value::Null, &scaled(1.0))?)?;
    let margins = margins(&Fspo::from_heads(&heads, &id, set.dimension())?, set)?;
    if margins.is_empty() {
        return Ok(scaled(unit));
    }
    let scale = choose(SCALES, |scale| {
        let nats = margins.iter().map(|(mean, label)| {
            let margin = Margin {
                mean: mean * unit * scale,
                variance: 0.0,
            };
            nats(margin.probability(), *label)
        });
        Ok(nats.sum())
    })?;
    Ok(scaled(unit * scale))
}

/// Margins and labels of validation votes, after each of [`VALIDATION_SHOTS`].
fn margins(model: &Fspo, set: &TrainingSet) -> Result<Vec<(f64, f64)>> {
    let views = model.view(set.items())?;
    let mut margins = Vec::new();
    for episode in &set.validation {
        for shots in VALIDATION_SHOTS {
            let fit = &episode.fit[..shots.min(episode.fit.len())];
            let state = model.fit(&labelled(fit, &views))?;
            for vote in &episode.test {
                let margin = model.margin(&state, &views[vote.first], &views[vote.second]);
                margins.push((margin.mean, f64::from(vote.label)));
            }
        }
    }
    Ok(margins)
}

/// Stage 1: the path of an item alone, on everybody's votes.
fn population(
    method: &FspoMethod,
    network: Network,
    set: &TrainingSet,
    rows: &Tensor<2>,
    run: &mut Run<'_>,
) -> Result<Network> {
    let votes = set.flat();
    let device = rows.device();
    let descent = Descent {
        steps: method.population_steps,
        rate: method.rate,
        weight_decay: 0.0,
    };
    let (network, _) = descend(network, descent, run, |network, _, rng| {
        let drawn = sample(&votes, POPULATION_BATCH, rng).into_iter();
        let batch: Vec<_> = drawn.map(|(_, vote)| Some(vote.winner_first())).collect();
        let mut used = Rows::default();
        let first = used.places(&batch, |vote| vote.first);
        let second = used.places(&batch, |vote| vote.second);
        let rewards = network.population(rows.clone().select(0, places(used.items, &device)));
        let of = |at: Vec<usize>| rewards.clone().select(0, places(at, &device));
        let labels = batch.iter().flatten().map(|vote| vote.label);
        logistic_loss(of(first) - of(second), column(labels, &device))
    })?;
    Ok(network)
}

/// What every step of stage 2 needs.
struct Step<'a> {
    method: &'a FspoMethod,
    rows: &'a Tensor<2>,
    noise: f64,
    reference: Option<&'a [f32]>,
    descriptions: &'a Descriptions,
    device: &'a Device,
}

impl Step<'_> {
    fn loss(&self, network: &Network, batch: &Batch, rng: &mut ChaCha8Rng) -> Tensor<1> {
        let Self { method, device, .. } = self;
        let (width, heads) = (method.width, method.heads);
        let mut used = Rows::default();
        let winners = used.places(&batch.shots, |vote| vote.first);
        let losers = used.places(&batch.shots, |vote| vote.second);
        let first = used.places(&batch.targets, |vote| vote.first);
        let second = used.places(&batch.targets, |vote| vote.second);
        let rows = self.rows.clone().select(0, places(used.items, device));
        let rows = noisy(rows, self.noise);
        let parts = network.item.forward(rows);
        let of = |part: usize, at: &[usize]| {
            parts
                .clone()
                .narrow(1, part * width, width)
                .select(0, places(at.iter().copied(), device))
        };
        let mut shots = of(0, &winners) + of(1, &losers);
        if batch.shots.iter().flatten().any(|vote| vote.label < 1.0) {
            let share = batch
                .shots
                .iter()
                .map(|vote| vote.map_or(1.0, |vote| vote.label));
            let share = column(share, device).unsqueeze_dim::<2>(1);
            let mirrored = of(0, &losers) + of(1, &winners);
            shots = shots * share.clone() + mirrored * (1.0 - share);
        }
        let (tokens, mask) = self.encode(network, batch, shots);
        let (tokens, mask, description_loss) = self.describe(network, batch, tokens, mask, rng);
        // Items of an episode side by side: firsts, then seconds.
        let sides: Vec<usize> = first
            .chunks_exact(method.targets)
            .zip(second.chunks_exact(method.targets))
            .flat_map(|(first, second)| first.iter().chain(second))
            .copied()
            .collect();
        let mut queries = network.query(of(2, &sides));
        for block in &network.items {
            queries = block.forward(queries, tokens.clone(), mask.clone(), heads);
        }
        let rewards = network
            .score(queries)
            .reshape([batch.episodes, 2, method.targets]);
        let side = |at: usize| {
            let part = rewards.clone().narrow(1, at, 1);
            part.reshape([batch.episodes * method.targets])
        };
        let loss = self.target_loss(side(0) - side(1), &batch.targets);
        match description_loss {
            Some(other) => loss + other,
            None => loss,
        }
    }

    /// Mean loss of the targets that are there.
    fn target_loss(&self, margins: Tensor<1>, targets: &[Option<Vote>]) -> Tensor<1> {
        let labels = targets
            .iter()
            .map(|vote| vote.map_or(0.5, |vote| vote.label));
        let there = targets.iter().flatten().count().max(1);
        let weights = targets
            .iter()
            .map(|vote| f32::from(u8::from(vote.is_some())) / there as f32);
        let weights = column(weights, self.device);
        let losses = match self.method.loss {
            Loss::Logistic => {
                let labels = column(labels, self.device);
                log_sigmoid(margins.clone().neg()).neg() - labels * margins
            }
            Loss::Squared { beta } => {
                let reference = |item: usize| self.reference.map_or(0.0, |rewards| rewards[item]);
                let aims = targets.iter().zip(labels).map(|(vote, label)| {
                    let reference =
                        vote.map_or(0.0, |vote| reference(vote.first) - reference(vote.second));
                    reference + (2.0 * label - 1.0) / (2.0 * beta)
                });
                let gap = margins - column(aims, self.device);
                gap.clone() * gap
            }
        };
        (losses * weights).sum()
    }

    /// Normalised tokens `[episodes * (1 + shots), width]` and their mask `[episodes, 1, 1, 1 + shots]`.
    fn encode(&self, network: &Network, batch: &Batch, shots: Tensor<2>) -> (Tensor<2>, Tensor<4>) {
        let Self { method, device, .. } = self;
        let (episodes, width, count) = (batch.episodes, method.width, 1 + method.shots);
        let shots = shots.clone() + network.token.forward(relu(shots));
        let null = network
            .null
            .val()
            .reshape([1, 1, width])
            .expand([episodes, 1, width]);
        let tokens = Tensor::cat(
            vec![null, shots.reshape([episodes, method.shots, width])],
            1,
        );
        let mut tokens = tokens.reshape([episodes * count, width]);
        let mask: Vec<f32> = batch
            .shots
            .chunks_exact(method.shots)
            .flat_map(|shots| {
                let shots = shots
                    .iter()
                    .map(|shot| if shot.is_some() { 0.0 } else { ABSENT });
                std::iter::once(0.0).chain(shots)
            })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, [episodes, 1, 1, count]), *device);
        for block in &network.shots {
            let normed = normalise(tokens.clone());
            tokens = block.forward(tokens, normed, mask.clone(), method.heads);
        }
        (normalise(tokens), mask)
    }

    /// Adds the description's token; the loss of the head, in variances of a number.
    fn describe(
        &self,
        network: &Network,
        batch: &Batch,
        tokens: Tensor<2>,
        mask: Tensor<4>,
        rng: &mut ChaCha8Rng,
    ) -> (Tensor<2>, Tensor<4>, Option<Tensor<1>>) {
        let (Some(describe), Some(tell)) = (&network.describe, &network.tell) else {
            return (tokens, mask, None);
        };
        let (episodes, width, device) = (batch.episodes, self.method.width, self.device);
        let count = 1 + self.method.shots;
        let tokens = tokens.reshape([episodes, count, width]);
        let there = mask
            .clone()
            .equal_elem(0.0)
            .float()
            .reshape([episodes, count, 1]);
        let mean = (tokens.clone() * there.clone()).sum_dim(1) / there.sum_dim(1);
        let predicted = describe.forward(mean.reshape([episodes, width]));
        let known: Vec<f32> = batch
            .people
            .iter()
            .flat_map(|person| self.descriptions.rows[*person].iter().copied())
            .collect();
        let known = TensorData::new(known, [episodes, self.descriptions.width()]);
        let known: Tensor<2> = Tensor::from_data(known, device);
        let gap = predicted.clone() - known.clone();
        let loss = (gap.clone() * gap).mean();
        let modes: Vec<u32> = (0..episodes).map(|_| rng.random_range(0..4)).collect();
        let is_told = modes
            .iter()
            .map(|mode| f32::from(u8::from(*mode >= 4 - TOLD)));
        let is_told = column(is_told, device).unsqueeze_dim::<2>(1);
        let shown = known * is_told.clone() + predicted.detach() * (1.0 - is_told);
        let told = normalise(tell.forward(shown)).reshape([episodes, 1, width]);
        let absent = modes
            .iter()
            .map(|mode| if *mode < UNTOLD { ABSENT } else { 0.0 });
        let absent = column(absent, device).reshape([episodes, 1, 1, 1]);
        let tokens = Tensor::cat(vec![tokens, told], 1);
        (
            tokens.reshape([episodes * (count + 1), width]),
            Tensor::cat(vec![mask, absent], 3),
            Some(loss),
        )
    }
}
