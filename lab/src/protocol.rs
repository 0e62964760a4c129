//! The protocol: which votes train, which may be fitted and which only test. One for every method and data set.
//!
//! People and items are split apart. A *seen* person trained the population weights, an *unseen* one did not; a *seen* item
//! stands in somebody's training vote, an *unseen* one in nobody's. That gives four cells. In all of them a person is
//! fitted to a prefix of their own votes on seen items, and tested on votes that no fit ever sees.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use palate_models::training::{Episode, TrainingSet, Vote};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::data::{Comparison, Dataset, Part};

/// Who is tested on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Seen people, seen items: other votes than those of training.
    SeenSeen,
    /// Seen people, unseen items.
    SeenUnseen,
    /// Unseen people, seen items.
    UnseenSeen,
    /// Unseen people, unseen items.
    UnseenUnseen,
}

impl Cell {
    /// All cells, in the order of tables.
    pub const ALL: [Self; 4] = [
        Self::SeenSeen,
        Self::SeenUnseen,
        Self::UnseenSeen,
        Self::UnseenUnseen,
    ];

    /// Words for tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::SeenSeen => "seen people, seen items",
            Self::SeenUnseen => "seen people, unseen items",
            Self::UnseenSeen => "unseen people, seen items",
            Self::UnseenUnseen => "unseen people, unseen items",
        }
    }
}

/// Shares and limits of a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Share of people whom training never sees.
    pub unseen_people: f64,
    /// Share of people on whom choices are made.
    pub validation_people: f64,
    /// Share of items (whole prompts, where prompts have several items) that training never sees.
    pub unseen_items: f64,
    /// Share of a seen person's votes on seen items that only test.
    pub test_votes: f64,
    /// Most votes of a person that train.
    pub most_training: usize,
    /// Most votes of an unseen person that may be fitted.
    pub most_shots: usize,
    /// Most votes of a person that test, in each cell.
    pub most_tests: usize,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            unseen_people: 0.25,
            validation_people: 0.1,
            unseen_items: 0.25,
            test_votes: 0.2,
            most_training: 200,
            most_shots: 32,
            most_tests: 200,
        }
    }
}

/// A data set, split.
#[derive(Clone, Debug)]
pub struct Split {
    /// Votes of seen people on seen items, and validation people. Rows are still to be filled in.
    pub training: TrainingSet,
    /// Index into the data set's people, for each training person.
    pub seen: Vec<usize>,
    /// Whether an item is seen, by index.
    pub seen_items: Vec<bool>,
    /// Tests by cell, with the person's index in the data set. `fit` of a seen person are their training votes.
    pub cells: BTreeMap<Cell, Vec<(usize, Episode)>>,
}

/// Splits a data set. Where its pairs say `train` or `test`, that is followed: a person with a training pair is seen, an
/// item in one is seen.
///
/// # Errors
/// When nobody is left to train or to test.
pub fn split(data: &Dataset, shares: &Shares, seed: u64) -> Result<Split> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(7));
    let given = data.pairs.iter().any(|pair| pair.split.is_some());
    let seen_items = if given {
        items_of_training(data)
    } else {
        draw_items(data, shares.unseen_items, &mut rng)
    };
    let by_user = data.by_user();
    let mut people: Vec<usize> = (0..data.users.len())
        .filter(|user| !by_user[*user].is_empty())
        .collect();
    people.shuffle(&mut rng);
    let trains = |user: usize| {
        by_user[user]
            .iter()
            .any(|pair| pair.split == Some(Part::Train))
    };
    let (mut seen, mut unseen): (Vec<usize>, Vec<usize>) = if given {
        people.iter().partition(|user| trains(**user))
    } else {
        let unseen = (people.len() as f64 * shares.unseen_people).round() as usize;
        let (unseen, seen) = people.split_at(unseen.min(people.len()));
        (seen.to_vec(), unseen.to_vec())
    };
    let mut validation = Vec::new();
    let wanted = (people.len() as f64 * shares.validation_people).round() as usize;
    // Where the data says who trains, validation people come from those as well.
    while validation.len() < wanted && seen.len() > 2 {
        validation.extend(seen.pop());
    }
    seen.sort_unstable();
    unseen.sort_unstable();
    let both = |pair: &Comparison, known: bool| {
        seen_items[pair.chosen] == known && seen_items[pair.rejected] == known
    };
    let mut split = Split {
        training: TrainingSet::default(),
        seen: vec![],
        cells: Cell::ALL.into_iter().map(|cell| (cell, vec![])).collect(),
        seen_items: seen_items.clone(),
    };
    let add =
        |cells: &mut BTreeMap<Cell, Vec<_>>, cell, user, fit: &[Vote], mut test: Vec<Vote>| {
            test.truncate(shares.most_tests);
            if !test.is_empty() {
                let fit = fit.to_vec();
                let cell: &mut Vec<(usize, Episode)> = cells.entry(cell).or_default();
                cell.push((user, Episode { fit, test }));
            }
        };
    for user in &seen {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let (mut train, mut test) = (Vec::new(), Vec::new());
        let mut votes = by_user[*user].clone();
        votes.shuffle(&mut rng);
        for pair in votes.iter().filter(|pair| both(pair, true)) {
            let tests = match pair.split {
                Some(part) => part == Part::Test,
                None => rng.random_bool(shares.test_votes),
            };
            if tests {
                test.push(vote(pair, &mut rng));
            } else if train.len() < shares.most_training {
                train.push(vote(pair, &mut rng));
            }
        }
        if train.is_empty() {
            continue;
        }
        let new = votes.iter().filter(|pair| both(pair, false));
        let new = new.map(|pair| vote(pair, &mut rng)).collect();
        add(&mut split.cells, Cell::SeenSeen, *user, &train, test);
        add(&mut split.cells, Cell::SeenUnseen, *user, &train, new);
        split.training.people.push(train);
        split
            .training
            .descriptions
            .push(data.users[*user].attributes.clone());
        split.seen.push(*user);
    }
    let apart = |user: usize, rng: &mut ChaCha8Rng| {
        let mut votes = by_user[user].clone();
        votes.shuffle(rng);
        let mut known: Vec<Vote> = votes
            .iter()
            .filter(|pair| both(pair, true))
            .map(|pair| vote(pair, rng))
            .collect();
        // Few votes are shared half and half, so that something is left to test.
        let test = known.split_off(shares.most_shots.min(known.len() / 2));
        let new = votes.iter().filter(|pair| both(pair, false));
        let new: Vec<Vote> = new.map(|pair| vote(pair, rng)).collect();
        (known, test, new)
    };
    for user in &unseen {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let (fit, test, new) = apart(*user, &mut rng);
        add(&mut split.cells, Cell::UnseenSeen, *user, &fit, test);
        add(&mut split.cells, Cell::UnseenUnseen, *user, &fit, new);
    }
    for user in &validation {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let (fit, mut test, _) = apart(*user, &mut rng);
        test.truncate(shares.most_tests);
        split.training.validation.push(Episode { fit, test });
    }
    if split.training.descriptions.iter().all(Vec::is_empty) {
        split.training.descriptions.clear();
    }
    ensure!(
        !split.training.people.is_empty(),
        "nobody is left to train on: {} people, {} pairs",
        data.users.len(),
        data.pairs.len()
    );
    ensure!(
        split.cells.values().any(|cell| !cell.is_empty()),
        "nobody is left to test: every person has too few pairs"
    );
    Ok(split)
}

/// A vote with its sides at random.
fn vote(pair: &Comparison, rng: &mut ChaCha8Rng) -> Vote {
    let chosen_first = rng.random_bool(0.5);
    let (first, second) = if chosen_first {
        (pair.chosen, pair.rejected)
    } else {
        (pair.rejected, pair.chosen)
    };
    let label = match (pair.tie, chosen_first) {
        (true, _) => 0.5,
        (false, true) => 1.0,
        (false, false) => 0.0,
    };
    Vote {
        first,
        second,
        label,
    }
}

fn items_of_training(data: &Dataset) -> Vec<bool> {
    let mut seen = vec![false; data.items.len()];
    for pair in &data.pairs {
        if pair.split == Some(Part::Train) {
            seen[pair.chosen] = true;
            seen[pair.rejected] = true;
        }
    }
    seen
}

/// Draws the seen items: whole prompts where several prompts have several items, else single items.
fn draw_items(data: &Dataset, unseen: f64, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let sizes = data.prompt_sizes();
    let by_prompt = sizes.len() > 3 && sizes.values().filter(|size| **size > 1).count() > 3;
    let unit = |at: usize| match data.items[at].prompt {
        Some(prompt) if by_prompt => prompt,
        _ => data.prompts.len() + at,
    };
    let mut units: Vec<usize> = (0..data.items.len()).map(unit).collect();
    units.sort_unstable();
    units.dedup();
    units.shuffle(rng);
    units.truncate((units.len() as f64 * unseen).round() as usize);
    units.sort_unstable();
    (0..data.items.len())
        .map(|at| units.binary_search(&unit(at)).is_err())
        .collect()
}
