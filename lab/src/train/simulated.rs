//! Simulated people over a pack with axes. Everything is learned on the training prompts only.

use std::collections::BTreeMap;

use anyhow::Result;
use palate_models::heads::Tables;
use palate_models::pool::Pool;
use palate_models::representation::Representation;
use palate_models::training::{Episode, TrainingSet, Vote};
use palate_shared::pack::PackItems;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Material, TrainConfig};
use crate::axes::{self, COLUMNS};
use crate::folder::PackFolder;
use crate::people::{Person, Vote as SimulatedVote};
use crate::represent;

/// People whose votes choose hyper-parameters.
const VALIDATION_PEOPLE: usize = 160;
/// People who are tested.
const TEST_PEOPLE: usize = 300;

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

/// Training people, validation people and test people with simulated tastes over a pack's axes.
///
/// # Errors
/// When the pack has no axes, or numbers do not fit.
pub fn material(pack: &PackFolder, config: &TrainConfig) -> Result<Material> {
    let split = split(&pack.items);
    let axes = axes::of_pack(&pack.items)?;
    let mut tables = Tables::new();
    let hybrid = represent::of_pack(pack, &split.train, config.components, &mut tables)?;
    let pool = Pool::new(&pack.items, &pack.vectors, &hybrid)?;
    Ok(Material {
        set: training_set(&pool, &axes, &split, config),
        tests: tests(&pool, &axes, &split, config.seed),
        described: axes::WORDS
            .iter()
            .map(|words| words.map(str::to_owned))
            .collect(),
        about: serde_json::json!({
            "pack": pack.manifest.id,
            "pack_version": pack.manifest.version,
            "representation": hybrid.id(),
            "dimension": hybrid.dimension(),
            "simulated": true,
            "people": config.people,
            "votes_per_person": config.votes,
            "training_prompts": split.train.len(),
            "test_prompts_never_seen": split.test.len(),
            "label_flips": crate::people::FLIPS,
        }),
        tested_on: "simulated people who trained nothing: votes on training prompts are fitted, those on test prompts are foreseen".into(),
        tables,
    })
}

/// Votes of simulated people. Choices are made on three quarters of the training prompts for training and the rest for
/// validation, by people of their own.
fn training_set(
    pool: &Pool,
    axes: &[[f64; COLUMNS]],
    split: &Split,
    config: &TrainConfig,
) -> TrainingSet {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let pairs = pairs_of(pool, &split.train);
    let (validation, inner): (Vec<usize>, Vec<usize>) =
        split.train.iter().partition(|prompt| *prompt % 4 == 3);
    let (validation_pairs, inner_pairs) = (pairs_of(pool, &validation), pairs_of(pool, &inner));
    let people: Vec<Person> = (0..config.people).map(|_| Person::draw(&mut rng)).collect();
    let mut votes = |pairs: &[(usize, usize)]| {
        people
            .iter()
            .map(|person| labelled(person.votes(axes, pairs, config.votes, &mut rng)))
            .collect()
    };
    let (votes, inner) = (votes(&pairs), votes(&inner_pairs));
    let descriptions: Vec<Vec<f32>> = people.iter().map(Person::description).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0x7a11_da7e);
    let validation = (0..VALIDATION_PEOPLE)
        .map(|_| {
            let person = Person::draw(&mut rng);
            let fit = labelled(person.votes(axes, &inner_pairs, 20, &mut rng));
            let test = labelled(person.votes(axes, &validation_pairs, 100, &mut rng));
            Episode { fit, test }
        })
        .collect();
    let set = |people, validation, choosing| TrainingSet {
        rows: pool.rows.clone(),
        prompts: pool.prompts_of_items(),
        people,
        validation,
        item_noise: config.noise,
        choosing,
        descriptions: descriptions.clone(),
    };
    set(votes, vec![], Some(Box::new(set(inner, validation, None))))
}

/// Votes of new people: on training prompts to fit, on test prompts to foresee.
fn tests(pool: &Pool, axes: &[[f64; COLUMNS]], split: &Split, seed: u64) -> Vec<Episode> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7e57);
    let (known, new) = (pairs_of(pool, &split.train), pairs_of(pool, &split.test));
    let mut episode = || {
        let person = Person::draw(&mut rng);
        Episode {
            fit: labelled(person.votes(axes, &known, super::MOST_SHOTS, &mut rng)),
            test: labelled(person.votes(axes, &new, 100, &mut rng)),
        }
    };
    (0..TEST_PEOPLE).map(|_| episode()).collect()
}

fn labelled(votes: Vec<SimulatedVote>) -> Vec<Vote> {
    votes
        .into_iter()
        .map(|vote| Vote {
            first: vote.first,
            second: vote.second,
            label: f32::from(u8::from(vote.first_wins)),
        })
        .collect()
}
