//! The protocol: which votes train, which may be fitted and which only test. One for every method and data set.
//!
//! People and items are split apart. A *seen* person trained the population weights, an *unseen* one did not; a *seen* item
//! stands in somebody's training vote, an *unseen* one in nobody's. That gives four cells. In all of them a person is
//! fitted to a prefix of their own votes on seen items, and tested on votes that no fit ever sees and that share **no item**
//! with those of the fit: a person who was fitted to "A before B" is not asked about A again. Votes that cross (one item
//! seen, one not; one item of the fit, one of the test) are used for nothing. Ties are fitted, but test nothing: no
//! forecast of one could be right.
//!
//! Choices are made on a smaller set of its own ([`TrainingSet::choosing`]): its training people never voted on some of
//! the seen items, and its validation people, who are in no cell, are tested on both kinds of items.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, ensure};
use palate_models::training::{Episode, TrainingSet, Vote};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::data::{Comparison, Dataset, Part};

/// Who is tested on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Share of people whom training never sees.
    pub unseen_people: f64,
    /// Share of people on whom choices are made.
    pub validation_people: f64,
    /// Most people on whom choices are made.
    pub most_validation: usize,
    /// Share of items (whole prompts, where prompts have several items) that training never sees; of the rest, the same
    /// share is kept from the smaller set for choices.
    pub unseen_items: f64,
    /// Share of a seen person's items whose votes only test.
    pub test_items: f64,
    /// Most votes of a person that train.
    pub most_training: usize,
    /// Most votes of an unseen person that may be fitted.
    pub most_shots: usize,
    /// Most votes of a person that test, in each cell.
    pub most_tests: usize,
    /// Most people who are tested, in each cell.
    pub most_people: usize,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            unseen_people: 0.25,
            validation_people: 0.1,
            most_validation: 400,
            unseen_items: 0.25,
            test_items: 0.3,
            most_training: 200,
            most_shots: 32,
            most_tests: 200,
            most_people: 400,
        }
    }
}

/// A data set, split.
#[derive(Clone, Debug)]
pub struct Split {
    /// Votes of seen people on seen items, and the smaller set for choices. Rows are still to be filled in, in both.
    pub training: TrainingSet,
    /// Index into the data set's people, for each training person.
    pub seen: Vec<usize>,
    /// Whether an item stands in a training vote, by index.
    pub seen_items: Vec<bool>,
    /// The same for the smaller set for choices.
    pub choosing_items: Vec<bool>,
    /// Tests by cell, with the person's index in the data set. `fit` of a seen person are their training votes.
    pub cells: BTreeMap<Cell, Vec<(usize, Episode)>>,
}

impl Split {
    /// Fills in rows, and makes choices on the training set itself: cheaper than a smaller set, and enough where items
    /// are many and drawn alike.
    pub fn with_rows(mut self, rows: Vec<Vec<f32>>) -> Self {
        if let Some(smaller) = self.training.choosing.take() {
            self.training.validation = smaller.validation;
        }
        self.training.rows = rows;
        self
    }
}

/// Splits a data set. Where its pairs say `train` or `test`, that is followed: a person with a training pair is seen, an
/// item in one is seen, and what tests was said by whoever made the data.
///
/// # Errors
/// When nobody is left to train or to test.
pub fn split(data: &Dataset, shares: &Shares, seed: u64) -> Result<Split> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(7));
    let given = data.pairs.iter().any(|pair| pair.split.is_some());
    let units = units(data);
    let open = if given {
        items_of(
            data.pairs
                .iter()
                .filter(|pair| pair.split == Some(Part::Train)),
            data,
        )
    } else {
        keep(
            &units,
            &vec![true; data.items.len()],
            shares.unseen_items,
            &mut rng,
        )
    };
    let inner = keep(&units, &open, shares.unseen_items, &mut rng);
    let by_user: Vec<Vec<&Comparison>> = data.by_user();
    let people = draw_people(&by_user, given, shares, &mut rng);

    // Training votes first: what they touch is what is seen.
    let mut training = Vec::new();
    for user in people.seen {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let votes = shuffled(&by_user[user], &mut rng);
        let known = within(&votes, |item| open[item]);
        let (mut train, mut test) = if given {
            known
                .into_iter()
                .partition(|pair| pair.split != Some(Part::Test))
        } else {
            apart(known, shares.test_items, &mut rng)
        };
        train.truncate(shares.most_training);
        if !train.is_empty() {
            test.retain(|pair| !pair.tie);
            training.push((user, train, test, votes));
        }
    }
    let votes = training
        .iter()
        .flat_map(|(_, train, ..)| train.iter().copied());
    let seen_items = items_of(votes, data);
    let is_unseen = |item: usize| !seen_items[item];

    let mut cells = Cells::new(shares);
    let mut set = TrainingSet::default();
    let mut smaller = TrainingSet::default();
    let mut seen = Vec::new();
    let mut choosing_items = vec![false; data.items.len()];
    for (user, train, test, votes) in training {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let fit = sided(&train, &mut rng);
        let test = within(&test, |item| seen_items[item]);
        cells.add(Cell::SeenSeen, user, &fit, &test, &mut rng);
        cells.add(
            Cell::SeenUnseen,
            user,
            &fit,
            &within(&votes, is_unseen),
            &mut rng,
        );
        let of_smaller = |vote: &&Vote| inner[vote.first] && inner[vote.second];
        let some: Vec<Vote> = fit.iter().filter(of_smaller).copied().collect();
        for vote in &some {
            choosing_items[vote.first] = true;
            choosing_items[vote.second] = true;
        }
        let attributes = &data.users[user].attributes;
        if !some.is_empty() {
            smaller.people.push(some);
            smaller.descriptions.push(attributes.clone());
        }
        set.people.push(fit);
        set.descriptions.push(attributes.clone());
        seen.push(user);
    }
    for user in people.unseen {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let votes = shuffled(&by_user[user], &mut rng);
        let known = within(&votes, |item| seen_items[item]);
        let (mut fit, test) = apart(known, 0.5, &mut rng);
        fit.truncate(shares.most_shots);
        let fit = sided(&fit, &mut rng);
        cells.add(Cell::UnseenSeen, user, &fit, &test, &mut rng);
        cells.add(
            Cell::UnseenUnseen,
            user,
            &fit,
            &within(&votes, is_unseen),
            &mut rng,
        );
    }
    for user in people.validation {
        let mut rng = ChaCha8Rng::from_rng(&mut rng);
        let votes = shuffled(&by_user[user], &mut rng);
        let known = within(&votes, |item| choosing_items[item]);
        let (mut fit, test) = apart(known, 0.5, &mut rng);
        fit.truncate(shares.most_shots);
        let fit = sided(&fit, &mut rng);
        let new = within(&votes, |item| seen_items[item] && !choosing_items[item]);
        for mut test in [sided(&test, &mut rng), sided(&new, &mut rng)] {
            test.truncate(shares.most_tests);
            let fit = fit.clone();
            smaller.validation.push(Episode { fit, test });
        }
    }
    for set in [&mut set, &mut smaller] {
        if set.descriptions.iter().all(Vec::is_empty) {
            set.descriptions.clear();
        }
    }
    ensure!(
        !set.people.is_empty(),
        "nobody is left to train on: {} people, {} pairs",
        data.users.len(),
        data.pairs.len()
    );
    if !smaller.people.is_empty() {
        set.choosing = Some(Box::new(smaller));
    }
    let cells = cells.finish(&mut rng);
    ensure!(
        cells.values().any(|cell| !cell.is_empty()),
        "nobody is left to test: every person has too few pairs that are no ties"
    );
    Ok(Split {
        training: set,
        seen,
        seen_items,
        choosing_items,
        cells,
    })
}

/// Who is what, by index.
struct People {
    seen: Vec<usize>,
    unseen: Vec<usize>,
    validation: Vec<usize>,
}

fn draw_people(
    by_user: &[Vec<&Comparison>],
    given: bool,
    shares: &Shares,
    rng: &mut ChaCha8Rng,
) -> People {
    let mut people: Vec<usize> = (0..by_user.len())
        .filter(|user| !by_user[*user].is_empty())
        .collect();
    people.shuffle(rng);
    let trains = |user: &usize| {
        by_user[*user]
            .iter()
            .any(|pair| pair.split == Some(Part::Train))
    };
    let (mut seen, mut unseen): (Vec<usize>, Vec<usize>) = if given {
        people.iter().partition(|user| trains(user))
    } else {
        let unseen = (people.len() as f64 * shares.unseen_people).round() as usize;
        let (unseen, seen) = people.split_at(unseen.min(people.len()));
        (seen.to_vec(), unseen.to_vec())
    };
    // Where the data says who trains, validation people come from those as well.
    let wanted = (people.len() as f64 * shares.validation_people).ceil() as usize;
    let wanted = wanted.min(shares.most_validation);
    let mut validation = seen.split_off(seen.len() - wanted.min(seen.len() / 2));
    for part in [&mut seen, &mut unseen, &mut validation] {
        part.sort_unstable();
    }
    People {
        seen,
        unseen,
        validation,
    }
}

/// Tests while they are collected.
struct Cells<'a> {
    shares: &'a Shares,
    cells: BTreeMap<Cell, Vec<(usize, Episode)>>,
}

impl<'a> Cells<'a> {
    fn new(shares: &'a Shares) -> Self {
        let cells = Cell::ALL.into_iter().map(|cell| (cell, vec![])).collect();
        Self { shares, cells }
    }

    fn add(
        &mut self,
        cell: Cell,
        user: usize,
        fit: &[Vote],
        test: &[&Comparison],
        rng: &mut ChaCha8Rng,
    ) {
        let test: Vec<&Comparison> = test.iter().filter(|pair| !pair.tie).copied().collect();
        let mut test = sided(&test, rng);
        test.truncate(self.shares.most_tests);
        if !test.is_empty() {
            let fit = fit.to_vec();
            self.cells
                .entry(cell)
                .or_default()
                .push((user, Episode { fit, test }));
        }
    }

    /// At most so many people a cell, drawn at random.
    fn finish(mut self, rng: &mut ChaCha8Rng) -> BTreeMap<Cell, Vec<(usize, Episode)>> {
        for people in self.cells.values_mut() {
            people.shuffle(rng);
            people.truncate(self.shares.most_people);
            people.sort_by_key(|(user, _)| *user);
        }
        self.cells
    }
}

fn shuffled<'a>(votes: &[&'a Comparison], rng: &mut ChaCha8Rng) -> Vec<&'a Comparison> {
    let mut votes = votes.to_vec();
    votes.shuffle(rng);
    votes
}

/// Votes of which both items hold a condition.
fn within<'a>(votes: &[&'a Comparison], holds: impl Fn(usize) -> bool) -> Vec<&'a Comparison> {
    let both = |pair: &&&Comparison| holds(pair.chosen) && holds(pair.rejected);
    votes.iter().filter(both).copied().collect()
}

/// A connected part of a person's votes with at most this share of them goes to one side as a whole.
const SMALL_PART: f64 = 0.25;

/// Splits the votes of one person so that the sides share no item; the second side gets about `share` of the items, and
/// the only vote, where there is one. Votes that join the sides are left out; where votes fall into many unconnected
/// parts, none do.
fn apart<'a>(
    votes: Vec<&'a Comparison>,
    share: f64,
    rng: &mut ChaCha8Rng,
) -> (Vec<&'a Comparison>, Vec<&'a Comparison>) {
    let parts = connected(&votes);
    let small = ((votes.len() as f64 * SMALL_PART) as usize).max(1);
    let mut units: Vec<Vec<usize>> = Vec::new();
    for (items, size) in parts {
        if size <= small {
            units.push(items.into_iter().collect());
        } else {
            units.extend(items.into_iter().map(|item| vec![item]));
        }
    }
    units.shuffle(rng);
    let wanted = (units.iter().map(Vec::len).sum::<usize>() as f64 * share).round() as usize;
    let mut second = BTreeSet::new();
    for unit in units {
        if second.len() >= wanted.max(1) {
            break;
        }
        second.extend(unit);
    }
    let tests = within(&votes, |item| second.contains(&item));
    let fits = within(&votes, |item| !second.contains(&item));
    (fits, tests)
}

/// Connected parts of votes as a graph of items, each with its number of votes.
fn connected(votes: &[&Comparison]) -> Vec<(BTreeSet<usize>, usize)> {
    let mut part_of: HashMap<usize, usize> = HashMap::new();
    let mut parts: Vec<(BTreeSet<usize>, usize)> = Vec::new();
    for pair in votes {
        let ends = [pair.chosen, pair.rejected].map(|item| {
            *part_of.entry(item).or_insert_with(|| {
                parts.push((BTreeSet::from([item]), 0));
                parts.len() - 1
            })
        });
        let (into, from) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        if into != from {
            let (items, size) = std::mem::take(&mut parts[from]);
            for item in &items {
                part_of.insert(*item, into);
            }
            parts[into].0.extend(items);
            parts[into].1 += size;
        }
        parts[into].1 += 1;
    }
    parts.retain(|(items, _)| !items.is_empty());
    parts
}

/// Votes with their sides at random.
fn sided(pairs: &[&Comparison], rng: &mut ChaCha8Rng) -> Vec<Vote> {
    let mut side = |pair: &&Comparison| {
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
    };
    pairs.iter().map(&mut side).collect()
}

fn items_of<'a>(pairs: impl Iterator<Item = &'a Comparison>, data: &Dataset) -> Vec<bool> {
    let mut stands = vec![false; data.items.len()];
    for pair in pairs {
        stands[pair.chosen] = true;
        stands[pair.rejected] = true;
    }
    stands
}

/// What is drawn as a whole: prompts, where several have several items, else single items.
fn units(data: &Dataset) -> Vec<usize> {
    let sizes = data.prompt_sizes();
    let by_prompt = sizes.values().filter(|size| **size > 1).count() > 3;
    (0..data.items.len())
        .map(|at| match data.items[at].prompt {
            Some(prompt) if by_prompt => prompt,
            _ => data.prompts.len() + at,
        })
        .collect()
}

/// Items of `among` without a share of their units.
fn keep(units: &[usize], among: &[bool], without: f64, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let drawn: BTreeSet<usize> = (0..units.len())
        .filter(|at| among[*at])
        .map(|at| units[at])
        .collect();
    let mut drawn: Vec<usize> = drawn.into_iter().collect();
    drawn.shuffle(rng);
    drawn.truncate((drawn.len() as f64 * without).round() as usize);
    drawn.sort_unstable();
    (0..units.len())
        .map(|at| among[at] && drawn.binary_search(&units[at]).is_err())
        .collect()
}
