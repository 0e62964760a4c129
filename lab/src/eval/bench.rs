//! What every method is tested on under one seed: people, their votes, and of which kind each test is.

use std::collections::BTreeMap;

use palate_models::training::Vote;
use palate_shared::stats::correct;

use super::divergence::{Kind, Orders};
use crate::protocol::{Cell, Shares, Split};

/// Numbers of fitted votes; who has fewer is fitted to what they have.
const SHOTS: [usize; 8] = [0, 1, 2, 4, 8, 16, 32, ALL];
/// Votes of an unseen person at most.
pub const MOST_SHOTS: usize = 32;
/// Stands for all training votes of a seen person.
pub const ALL: usize = 200;

/// Numbers of votes at which a cell is tested. Seen people are also fitted to all that they trained with.
pub fn shots(cell: Cell) -> &'static [usize] {
    match cell {
        Cell::SeenSeen | Cell::SeenUnseen => &SHOTS,
        Cell::UnseenSeen | Cell::UnseenUnseen => &SHOTS[..7],
    }
}

/// The limits that fit [`shots`].
pub fn shares() -> Shares {
    Shares {
        most_training: ALL,
        most_shots: MOST_SHOTS,
        ..Shares::default()
    }
}

/// Limits for a first look, with which a page evaluates and the committed reports of small sets were made.
pub fn quick() -> Shares {
    Shares {
        most_training: 100,
        most_validation: 40,
        most_people: 100,
        most_tests: 30,
        ..shares()
    }
}

/// One person of a cell.
#[derive(Clone, Debug)]
pub struct Person {
    /// Index in the data set.
    pub user: usize,
    /// May be fitted, any prefix.
    pub fit: Vec<Vote>,
    /// Only test.
    pub tests: Vec<(Vote, Kind)>,
    /// Tests that a forecast of what most people say (all of them, this one too) gets right: all, and on divergent pairs.
    pub majority: [f64; 2],
}

impl Person {
    /// Number of tests of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.tests.iter().filter(|(_, one)| *one == kind).count()
    }
}

/// Everybody who is tested under one seed.
#[derive(Clone, Debug)]
pub struct Bench {
    /// Seed.
    pub seed: u64,
    /// People by cell; cells without people are left out.
    pub cells: BTreeMap<Cell, Vec<Person>>,
}

impl Bench {
    /// Sorts the tests of a split.
    pub fn new(seed: u64, split: &Split, orders: &Orders) -> Self {
        let person = |(user, episode): &(usize, palate_models::training::Episode)| {
            let mut majority = [0.0; 2];
            let tests = episode.test.iter().map(|vote| {
                let kind = orders.kind(vote.first, vote.second);
                let [first, second] = orders.of(vote.first, vote.second);
                let share = f64::from(first) / f64::from((first + second).max(1));
                let right = correct(
                    if first + second == 0 { 0.5 } else { share },
                    vote.label > 0.5,
                );
                majority[0] += right;
                if kind == Kind::Divergent {
                    majority[1] += right;
                }
                (*vote, kind)
            });
            let tests = tests.collect();
            Person {
                user: *user,
                fit: episode.fit.clone(),
                tests,
                majority,
            }
        };
        let cells = split
            .cells
            .iter()
            .filter(|(_, people)| !people.is_empty())
            .map(|(cell, people)| (*cell, people.iter().map(person).collect()))
            .collect();
        Self { seed, cells }
    }
}
