//! Population heads from simulated people, everything learned on the training prompts only.

mod pal;
mod population;
mod prior;
mod represent;

use std::collections::BTreeMap;

use anyhow::Result;
use palate_models::empirical_bayes::EmpiricalBayes;
use palate_models::heads::{Heads, Table};
use palate_models::pal::PalA;
use palate_models::pool::Pool;
use palate_models::preference::PreferenceModel;
use palate_models::representation::Representation;
use palate_models::ridge::Ridge;
use palate_shared::pack::PackItems;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::axes::{self, COLUMNS};
use crate::evaluate;
use crate::folder::PackFolder;
use crate::people::{Person, Vote};

/// Candidates for the ridge's prior standard deviation.
const RIDGE_SCALES: [f32; 7] = [0.1, 0.15, 0.25, 0.4, 0.6, 0.9, 1.4];
/// Candidates for the prior standard deviation of a person's PAL logits.
const PAL_PRIORS: [f32; 4] = [0.7, 1.5, 3.0, 6.0];
/// People whose votes choose hyper-parameters.
const VALIDATION_PEOPLE: usize = 160;
/// Votes of a validation person that are fitted.
const VALIDATION_VOTES: [usize; 3] = [1, 5, 20];

/// Everything that is chosen by hand.
#[derive(Clone, Debug)]
pub struct TrainConfig {
    /// Seed of people, votes and initial weights.
    pub seed: u64,
    /// Training people.
    pub people: usize,
    /// Votes of each.
    pub votes: usize,
    /// Numbers of the embedding in the representation.
    pub components: usize,
    /// Standard deviation of noise on items while the prior is learned.
    pub noise: f64,
    /// Standard deviation of noise on items while PAL is trained.
    pub pal_noise: f32,
    /// Steps of expectation maximisation for the prior.
    pub prior_steps: usize,
    /// Most directions of the prior.
    pub rank: usize,
    /// Hidden units of the population head.
    pub hidden: usize,
    /// Candidates for the number of prototypes; the best on validation prompts wins.
    pub prototypes: Vec<usize>,
    /// Gradient steps of PAL.
    pub pal_steps: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            people: 800,
            votes: 150,
            components: 44,
            noise: 0.15,
            pal_noise: 0.5,
            prior_steps: 15,
            rank: 20,
            hidden: 32,
            prototypes: vec![8, 12, 20],
            pal_steps: 1000,
        }
    }
}

/// Which prompts train and which test, by index.
#[derive(Clone, Debug)]
pub struct Split {
    /// Training prompts.
    pub train: Vec<usize>,
    /// Test prompts; nothing is ever learned from them before an evaluation.
    pub test: Vec<usize>,
}

/// The split: the first four prompts of every topic train, and the fifth of the first two topics (50 and 22 of the
/// starter pack). Fixed, because the word lists of the features were written looking at the training prompts.
pub fn split(items: &PackItems) -> Split {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut topics: Vec<&str> = Vec::new();
    let mut split = Split {
        train: vec![],
        test: vec![],
    };
    for (index, prompt) in items.prompts.iter().enumerate() {
        let topic = prompt.topic.as_str();
        if !topics.contains(&topic) {
            topics.push(topic);
        }
        let count = seen.entry(topic).or_default();
        let quota = if topics.iter().position(|other| *other == topic) < Some(2) {
            5
        } else {
            4
        };
        if *count < quota {
            split.train.push(index)
        } else {
            split.test.push(index)
        }
        *count += 1;
    }
    split
}

/// Pairs of answers to the given prompts.
pub fn pairs_of(pool: &Pool, prompts: &[usize]) -> Vec<(usize, usize)> {
    pool.pairs
        .iter()
        .filter(|pair| prompts.contains(&pool.items[pair.first].prompt))
        .map(|pair| (pair.first, pair.second))
        .collect()
}

/// What training sees.
struct TrainingSet {
    /// All items; only those of training prompts are ever looked at.
    rows: Vec<Vec<f32>>,
    dimension: usize,
    votes: Vec<Vec<Vote>>,
    /// Votes of validation people on three quarters of the training prompts, and on the rest.
    validation: Vec<(Vec<Vote>, Vec<Vote>)>,
    /// Votes of training people on the first three quarters of the training prompts.
    inner: Vec<Vec<Vote>>,
}

/// Trains heads and returns the file.
///
/// # Errors
/// When the pack has no axes, or numbers do not fit.
pub fn train(pack: &PackFolder, config: &TrainConfig, say: &dyn Fn(&str)) -> Result<Vec<u8>> {
    let split = split(&pack.items);
    let axes = axes::of_pack(&pack.items)?;
    let mut tables = BTreeMap::new();
    let hybrid = represent::fit(pack, &split.train, config.components, &mut tables)?;
    let pool = Pool::new(&pack.items, &pack.vectors, &hybrid)?;
    let set = training_set(&pool, &axes, &split, config, hybrid.dimension());

    let scale = choose_ridge(&set)?;
    tables.insert("ridge.scale".into(), Table::new(&[1], vec![scale]));
    say(&format!("ridge: prior sd {scale}"));

    let mut trial = tables.clone();
    prior::fit(&set, &set.inner, config, &mut trial)?;
    let trial = Heads::read(&Heads::write(&serde_json::Value::Null, &trial)?)?;
    let score = validate(&EmpiricalBayes::from_heads(&trial, set.dimension)?, &set)?;
    say(&format!("empirical Bayes: validation {score:.4}"));
    let rank = prior::fit(&set, &set.votes, config, &mut tables)?;
    say(&format!("empirical Bayes: {rank} directions"));

    let loss = population::fit(&set, config, &mut tables)?;
    say(&format!("population: loss {loss:.4} nats (ln 2 = 0.6931)"));

    let (count, prior_sd) = choose_pal(&set, config, &tables, say)?;
    let loss = pal::fit(&set, &set.votes, count, prior_sd, config, &mut tables)?;
    say(&format!("PAL-A: {count} prototypes, loss {loss:.4} nats"));

    let card = serde_json::json!({
        "seed": config.seed,
        "representation": hybrid.id(),
        "dimension": hybrid.dimension(),
        "data": {
            "pack": pack.manifest.id,
            "pack_version": pack.manifest.version,
            "simulated": true,
            "people": config.people,
            "votes_per_person": config.votes,
            "training_prompts": split.train.len(),
            "test_prompts_never_seen": split.test.len(),
            "label_flips": crate::people::FLIPS,
        },
        "chosen": { "ridge_scale": scale, "prior_directions": rank, "prototypes": count, "pal_prior_sd": prior_sd },
    });
    Ok(Heads::write(&card, &tables)?)
}

fn training_set(
    pool: &Pool,
    axes: &[[f64; COLUMNS]],
    split: &Split,
    config: &TrainConfig,
    dimension: usize,
) -> TrainingSet {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let pairs = pairs_of(pool, &split.train);
    let (validation, inner): (Vec<usize>, Vec<usize>) =
        split.train.iter().partition(|prompt| *prompt % 4 == 3);
    let (validation_pairs, inner_pairs) = (pairs_of(pool, &validation), pairs_of(pool, &inner));
    let people: Vec<Person> = (0..config.people).map(|_| Person::draw(&mut rng)).collect();
    let votes = people
        .iter()
        .map(|person| person.votes(axes, &pairs, config.votes, &mut rng))
        .collect();
    let inner = people
        .iter()
        .map(|person| person.votes(axes, &inner_pairs, config.votes, &mut rng))
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0x7a11_da7e);
    let validation = (0..VALIDATION_PEOPLE)
        .map(|_| {
            let person = Person::draw(&mut rng);
            let fit = person.votes(axes, &inner_pairs, 20, &mut rng);
            (fit, person.votes(axes, &validation_pairs, 100, &mut rng))
        })
        .collect();
    TrainingSet {
        rows: pool.rows.clone(),
        dimension,
        votes,
        validation,
        inner,
    }
}

/// Mean validation accuracy of a method.
fn validate(model: &dyn PreferenceModel, set: &TrainingSet) -> Result<f64> {
    let views = model.view(&set.rows)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for (fit, test) in &set.validation {
        for votes in VALIDATION_VOTES {
            sum += evaluate::accuracy(model, &views, &fit[..votes.min(fit.len())], test)?;
            count += 1.0;
        }
    }
    Ok(sum / count)
}

fn choose_ridge(set: &TrainingSet) -> Result<f32> {
    let mut best = (f64::NEG_INFINITY, RIDGE_SCALES[0]);
    for scale in RIDGE_SCALES {
        let score = validate(&Ridge::new("validation", scale, set.dimension), set)?;
        if score > best.0 {
            best = (score, scale);
        }
    }
    Ok(best.1)
}

/// Number of prototypes and prior of a person's logits, by validation.
fn choose_pal(
    set: &TrainingSet,
    config: &TrainConfig,
    tables: &BTreeMap<String, Table>,
    say: &dyn Fn(&str),
) -> Result<(usize, f32)> {
    let mut best = (f64::NEG_INFINITY, 1, PAL_PRIORS[0]);
    for count in &config.prototypes {
        let mut tables = tables.clone();
        pal::fit(set, &set.inner, *count, 1.0, config, &mut tables)?;
        for prior_sd in PAL_PRIORS {
            if let Some(constants) = tables.get_mut("pal.constants") {
                constants.data[1] = prior_sd;
            }
            let heads = Heads::read(&Heads::write(&serde_json::Value::Null, &tables)?)?;
            let score = validate(&PalA::from_heads(&heads, set.dimension)?, set)?;
            say(&format!(
                "PAL-A: {count} prototypes, prior sd {prior_sd}: validation {score:.4}"
            ));
            if score > best.0 {
                best = (score, *count, prior_sd);
            }
        }
    }
    Ok((best.1, best.2))
}
