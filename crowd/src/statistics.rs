//! Streaming statistics: what is kept of votes, so that a refit costs by pairs and not by votes.
//!
//! Kept is, for each rater and each *cell*, how much weight each outcome has. A cell is a pair of candidates with one
//! difference of covariates, on a grid of 1/32. Without covariates there are at most `candidates · (candidates − 1) / 2`
//! cells, however many votes come. With covariates the cells are as many as distinct differences: bounded where the answers
//! of a pack are fixed, growing with the votes where every answer is new.

use std::collections::HashMap;

use palate_shared::stats::Share;

use crate::comparison::{Comparison, Covariates};
use crate::counts::{Counts, Sides};
use crate::error::Error;
use crate::keys::{Key, Names, oriented};

/// Steps of the grid in one unit of a covariate's difference.
pub(crate) const GRID: f64 = 32.0;
/// Largest difference of a covariate: beyond it, the scale is one on which an effect for one unit cannot be told.
const MOST: f64 = 100.0;

/// What one rater said in one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) cell: u32,
    pub(crate) votes: u32,
    pub(crate) counts: Counts,
}

#[derive(Clone, Debug, Default)]
struct Rater {
    /// By cell, ascending.
    entries: Vec<Entry>,
    votes: u64,
    sides: Sides,
}

/// All that is kept of the votes. Grows by [`Statistics::add`], one vote at a time or by another's statistics.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    covariates: Covariates,
    candidates: Names,
    cells: HashMap<Key, u32>,
    keys: Vec<Key>,
    raters: Names,
    held: Vec<Rater>,
}

/// One vote, first shown first.
struct Read {
    difference: Box<[i32]>,
    counts: Counts,
    sides: Sides,
}

/// One rater's part of the statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) rater: &'a str,
    pub(crate) votes: u64,
    pub(crate) sides: Sides,
    pub(crate) entries: &'a [Entry],
}

impl Statistics {
    /// Statistics of votes without covariates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Statistics of votes whose sides carry `covariates`.
    pub fn with_covariates(covariates: Covariates) -> Self {
        Self {
            covariates,
            ..Self::default()
        }
    }

    /// Which covariates each side carries.
    pub fn covariates(&self) -> &Covariates {
        &self.covariates
    }

    /// How many votes are held.
    pub fn votes(&self) -> u64 {
        self.held.iter().map(|rater| rater.votes).sum()
    }

    /// How many cells are held.
    pub fn cells(&self) -> usize {
        self.keys.len()
    }

    /// How many cells are held for all raters together: what a table and its resampling read.
    pub fn entries(&self) -> usize {
        self.held.iter().map(|rater| rater.entries.len()).sum()
    }

    /// Takes one vote.
    ///
    /// # Errors
    /// When it is no comparison of two candidates, or its weight or covariates are unsound. Nothing is changed then.
    pub fn add(&mut self, comparison: &Comparison<'_>) -> Result<(), Error> {
        let vote = self.read(comparison)?;
        let (key, is_mirrored) = oriented(
            self.candidates.place(comparison.first),
            self.candidates.place(comparison.second),
            vote.difference,
        );
        let cell = self.cell(key);
        let place = self.raters.place(comparison.rater) as usize;
        if place == self.held.len() {
            self.held.push(Rater::default());
        }
        let rater = &mut self.held[place];
        rater.votes += 1;
        rater.sides = rater.sides.plus(vote.sides);
        rater.put(Entry {
            cell,
            votes: 1,
            counts: vote.counts.turned(is_mirrored),
        });
        Ok(())
    }

    /// Takes one vote back: what [`Statistics::add`] took, with the same weight and covariates.
    ///
    /// # Errors
    /// As [`Statistics::add`], and when this rater gave no vote in that cell.
    pub fn take_back(&mut self, comparison: &Comparison<'_>) -> Result<(), Error> {
        let vote = self.read(comparison)?;
        let not_given = || Error::NotGiven {
            rater: comparison.rater.to_owned(),
            first: comparison.first.to_owned(),
            second: comparison.second.to_owned(),
        };
        let find = |names: &Names, name: &str| names.find(name).ok_or_else(not_given);
        let (key, is_mirrored) = oriented(
            find(&self.candidates, comparison.first)?,
            find(&self.candidates, comparison.second)?,
            vote.difference,
        );
        let cell = *self.cells.get(&key).ok_or_else(not_given)?;
        let place = find(&self.raters, comparison.rater)?;
        let rater = &mut self.held[place as usize];
        let at = rater
            .entries
            .binary_search_by_key(&cell, |entry| entry.cell)
            .map_err(|_| not_given())?;
        let entry = &mut rater.entries[at];
        let mut left = entry.counts;
        left.add_scaled(&vote.counts.turned(is_mirrored), -1.0);
        // Sums of weights round; what is negative by more than that was never given.
        let slack = 1e-9 * (1.0 + entry.counts.total());
        let least = left
            .first
            .min(left.second)
            .min(left.tie)
            .min(left.both_unacceptable);
        if least < -slack {
            return Err(not_given());
        }
        entry.votes -= 1;
        entry.counts = left;
        if entry.votes == 0 {
            rater.entries.remove(at);
        }
        rater.votes -= 1;
        rater.sides = rater.sides.less(vote.sides);
        Ok(())
    }

    /// Takes back all votes of a rater, in time that does not depend on the votes of others.
    pub fn forget(&mut self, rater: &str) {
        if let Some(place) = self.raters.find(rater) {
            self.held[place as usize] = Rater::default();
        }
    }

    /// Share of a rater's decided votes on two lengths for the longer one. `None` without such votes, and where no covariate
    /// is the length.
    pub fn longer_of(&self, rater: &str) -> Option<Share> {
        let place = self.raters.find(rater)?;
        self.held[place as usize].sides.longer()
    }

    /// Takes all votes of `other`.
    ///
    /// # Errors
    /// When the covariates differ.
    pub fn add_all(&mut self, other: &Self) -> Result<(), Error> {
        if self.covariates != other.covariates {
            return Err(Error::OtherCovariates);
        }
        let candidates: Vec<u32> = other
            .candidates
            .list
            .iter()
            .map(|name| self.candidates.place(name))
            .collect();
        let mut places = Vec::with_capacity(other.keys.len());
        for key in &other.keys {
            let (first, second) = (
                candidates[key.first as usize],
                candidates[key.second as usize],
            );
            let (key, is_mirrored) = oriented(first, second, key.difference.clone());
            places.push((self.cell(key), is_mirrored));
        }
        for (name, theirs) in other.raters.list.iter().zip(&other.held) {
            let place = self.raters.place(name) as usize;
            if place == self.held.len() {
                self.held.push(Rater::default());
            }
            let rater = &mut self.held[place];
            rater.votes += theirs.votes;
            rater.sides = rater.sides.plus(theirs.sides);
            for entry in &theirs.entries {
                let (cell, is_mirrored) = places[entry.cell as usize];
                rater.put(Entry {
                    cell,
                    counts: entry.counts.turned(is_mirrored),
                    ..*entry
                });
            }
        }
        Ok(())
    }

    /// The same without the raters that `is_in` refuses: the view of a cohort. A cohort of questions (a language, a task)
    /// is statistics of its own, into which only its votes are added.
    pub fn cohort(&self, is_in: impl Fn(&str) -> bool) -> Self {
        let mut cohort = self.clone();
        for (name, rater) in self.raters.list.iter().zip(&mut cohort.held) {
            if !is_in(name) {
                *rater = Rater::default();
            }
        }
        cohort
    }

    pub(crate) fn candidates(&self) -> &[String] {
        &self.candidates.list
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Raters who hold votes, in order of their names.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let pairs = self.raters.list.iter().zip(&self.held);
        let mut parts: Vec<Part<'_>> = pairs
            .filter(|(_, held)| held.votes > 0)
            .map(|(rater, held)| Part {
                rater,
                votes: held.votes,
                sides: held.sides,
                entries: &held.entries,
            })
            .collect();
        parts.sort_by_key(|part| part.rater);
        parts
    }

    fn cell(&mut self, key: Key) -> u32 {
        if let Some(cell) = self.cells.get(&key) {
            return *cell;
        }
        let cell = u32::try_from(self.keys.len()).expect("fewer cells than 2^32 fit into memory");
        self.keys.push(key.clone());
        self.cells.insert(key, cell);
        cell
    }

    /// What the vote says, first shown first.
    fn read(&self, comparison: &Comparison<'_>) -> Result<Read, Error> {
        if comparison.first == comparison.second {
            return Err(Error::Itself(comparison.first.to_owned()));
        }
        if !(comparison.weight >= 0.0 && comparison.weight.is_finite()) {
            return Err(Error::Weight(comparison.weight));
        }
        let difference = self.difference(comparison)?;
        let length = self.covariates.length.map_or(0.0, |at| {
            comparison.first_style[at] - comparison.second_style[at]
        });
        Ok(Read {
            difference,
            counts: Counts::of(comparison.outcome, comparison.weight),
            sides: Sides::of(comparison.outcome, length),
        })
    }

    fn difference(&self, comparison: &Comparison<'_>) -> Result<Box<[i32]>, Error> {
        let expected = self.covariates.list.len();
        for side in [comparison.first_style, comparison.second_style] {
            if side.len() != expected {
                return Err(Error::Covariates {
                    expected,
                    got: side.len(),
                });
            }
        }
        let mut steps = Vec::with_capacity(expected + 1);
        let sides = comparison.first_style.iter().zip(comparison.second_style);
        for (covariate, (first, second)) in self.covariates.list.iter().zip(sides) {
            let difference = covariate.difference.of(*first, *second);
            if difference.is_nan() || difference.abs() > MOST {
                return Err(Error::Covariate {
                    name: covariate.name.clone(),
                    difference,
                    most: MOST,
                });
            }
            steps.push((difference * GRID).round() as i32);
        }
        if self.covariates.position {
            steps.push(GRID as i32);
        }
        Ok(steps.into_boxed_slice())
    }
}

impl Rater {
    fn put(&mut self, entry: Entry) {
        match self
            .entries
            .binary_search_by_key(&entry.cell, |held| held.cell)
        {
            Ok(at) => {
                self.entries[at].votes += entry.votes;
                self.entries[at].counts.add_scaled(&entry.counts, 1.0);
            }
            Err(at) => self.entries.insert(at, entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Outcome;
    use crate::influence::Influence;
    use crate::table::{Table, View};

    fn table(statistics: &Statistics) -> Table {
        let table = statistics.table(&View::default(), |_, _| Influence::FULL);
        table.expect("votes")
    }

    #[test]
    fn ten_thousand_votes_on_one_pair_are_one_cell() {
        let mut statistics = Statistics::new();
        for vote in 0..10_000 {
            let (first, second) = if vote % 2 == 0 {
                ("a", "b")
            } else {
                ("b", "a")
            };
            statistics
                .add(&Comparison::plain("r", first, second, Outcome::First))
                .expect("sound");
        }
        assert_eq!((statistics.cells(), statistics.entries()), (1, 1));
        assert_eq!(statistics.votes(), 10_000);
        let counts = statistics.parts()[0].entries[0].counts;
        assert_eq!((counts.first, counts.second), (5000.0, 5000.0));
        let share = table(&statistics).first_shown().expect("decided votes");
        assert_eq!((share.value, share.n), (1.0, 10_000));
    }

    #[test]
    fn a_vote_taken_back_leaves_nothing_and_one_never_given_is_refused() {
        let mut statistics = Statistics::new();
        let vote = Comparison::plain("r", "a", "b", Outcome::Tie);
        statistics.add(&vote).expect("sound");
        let other = Comparison::plain("r", "a", "b", Outcome::First);
        assert!(matches!(
            statistics.take_back(&other),
            Err(Error::NotGiven { .. })
        ));
        statistics.take_back(&vote).expect("given");
        assert_eq!((statistics.votes(), statistics.entries()), (0, 0));
        assert!(matches!(
            statistics.take_back(&vote),
            Err(Error::NotGiven { .. })
        ));
    }

    #[test]
    fn unsound_votes_change_nothing() {
        let mut statistics = Statistics::with_covariates(Covariates::of_counts(&["length"]));
        let vote = Comparison {
            first_style: &[100.0],
            second_style: &[50.0],
            ..Comparison::plain("r", "a", "b", Outcome::First)
        };
        let bad = [
            Comparison {
                second: "a",
                ..vote
            },
            Comparison {
                weight: -1.0,
                ..vote
            },
            Comparison {
                weight: f64::NAN,
                ..vote
            },
            Comparison {
                first_style: &[],
                ..vote
            },
            Comparison {
                first_style: &[f64::NAN],
                ..vote
            },
        ];
        for comparison in bad {
            assert!(statistics.add(&comparison).is_err(), "{comparison:?}");
        }
        assert_eq!((statistics.votes(), statistics.candidates().len()), (0, 0));
        statistics.add(&vote).expect("sound");
        let longer = table(&statistics).longer().expect("one decided vote");
        assert_eq!((longer.value, longer.n), (1.0, 1));
    }

    #[test]
    fn statistics_of_two_days_add_up() {
        let votes = [
            Comparison::plain("r", "b", "a", Outcome::First),
            Comparison::plain("s", "a", "c", Outcome::Tie),
            Comparison::plain("r", "c", "b", Outcome::Second),
        ];
        let mut whole = Statistics::new();
        let (mut one, mut two) = (Statistics::new(), Statistics::new());
        for (at, vote) in votes.iter().enumerate() {
            whole.add(vote).expect("sound");
            let part = if at == 0 { &mut one } else { &mut two };
            part.add(vote).expect("sound");
        }
        two.add_all(&one).expect("same covariates");
        assert_eq!(two.votes(), whole.votes());
        assert_eq!(table(&two).first_shown(), table(&whole).first_shown());
        assert_eq!(two.cohort(|rater| rater == "s").votes(), 1);
        let other = Statistics::with_covariates(Covariates::of_counts(&["length"]));
        assert_eq!(two.add_all(&other), Err(Error::OtherCovariates));
    }

    #[test]
    fn a_rater_is_forgotten_whole_and_may_come_back() {
        let vote = |rater, outcome| Comparison {
            first_style: &[2.0],
            second_style: &[1.0],
            ..Comparison::plain(rater, "a", "b", outcome)
        };
        let mut statistics = Statistics::with_covariates(Covariates::of_features(&["length"]));
        for outcome in [Outcome::First, Outcome::First, Outcome::Second] {
            statistics.add(&vote("r", outcome)).expect("sound");
        }
        statistics.add(&vote("s", Outcome::Second)).expect("sound");
        let longer = statistics.longer_of("r").expect("decided");
        assert_eq!((longer.n, longer.value > 0.6), (3, true));
        statistics.forget("r");
        statistics.forget("nobody");
        assert_eq!((statistics.votes(), statistics.longer_of("r")), (1, None));
        statistics.add(&vote("r", Outcome::First)).expect("sound");
        assert_eq!(statistics.votes(), 2);
    }
}
