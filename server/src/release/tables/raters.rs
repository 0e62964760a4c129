//! `raters`: people in coarse terms. What fewer than ten people share is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::release::LICENCE;
use crate::release::schema::{Column, Kind, Spec, maybe, shared};
use crate::release::writer::TableWriter;
use palate_shared::stats::FEWEST_PEOPLE;

/// What is said about a person: a cell of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Cell {
    votes_bucket: String,
    days_bucket: String,
}

/// A person before cells are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub rater_id: String,
    pub cell: Cell,
    pub rater_split: String,
}

#[derive(Serialize)]
struct Row<'a> {
    rater_id: &'a str,
    votes_bucket: Option<&'a str>,
    days_bucket: Option<&'a str>,
    rater_split: &'a str,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::RATER_ID,
    maybe(
        "votes_bucket",
        Kind::Text,
        "How many votes: `1_to_9`, `10_to_29`, `30_to_99`, `100_to_299` or `300_or_more`; null where fewer than ten people share both buckets.",
    ),
    maybe(
        "days_bucket",
        Kind::Text,
        "On how many days: `1`, `2_to_6` or `7_or_more`; null as before.",
    ),
    shared::RATER_SPLIT,
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "raters",
    summary: "one person a row, in coarse buckets; cells of fewer than ten people are left out",
    key: Some("rater_id"),
    columns: COLUMNS,
};

impl Cell {
    /// The cell of someone with so many votes on so many days.
    pub(crate) fn new(votes: u64, days: u64) -> Self {
        let votes_bucket = match votes {
            ..10 => "1_to_9",
            10..30 => "10_to_29",
            30..100 => "30_to_99",
            100..300 => "100_to_299",
            _ => "300_or_more",
        };
        let days_bucket = match days {
            ..2 => "1",
            2..7 => "2_to_6",
            _ => "7_or_more",
        };
        Self {
            votes_bucket: votes_bucket.to_owned(),
            days_bucket: days_bucket.to_owned(),
        }
    }
}

/// People by cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cells(BTreeMap<Cell, u64>);

impl Cells {
    /// Counts a person.
    pub(crate) fn add(&mut self, cell: &Cell) {
        *self.0.entry(cell.clone()).or_default() += 1;
    }

    /// Cells that may not be published. What is left out together has ten people at least, so that what is missing from the
    /// total cannot be told either: the next smallest cell goes too until it has.
    pub(crate) fn suppressed(&self) -> BTreeSet<Cell> {
        let mut by_size: Vec<(u64, &Cell)> = self.0.iter().map(|(cell, n)| (*n, cell)).collect();
        by_size.sort();
        let mut people = 0;
        let mut suppressed = BTreeSet::new();
        for (n, cell) in by_size {
            if n >= FEWEST_PEOPLE && (people == 0 || people >= FEWEST_PEOPLE) {
                break;
            }
            people += n;
            suppressed.insert(cell.clone());
        }
        suppressed
    }
}

/// Adds a person.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    draft: &Draft,
    suppressed: &BTreeSet<Cell>,
    out: &mut TableWriter,
) -> anyhow::Result<()> {
    let cell = Some(&draft.cell).filter(|cell| !suppressed.contains(*cell));
    out.write(&Row {
        rater_id: &draft.rater_id,
        votes_bucket: cell.map(|cell| cell.votes_bucket.as_str()),
        days_bucket: cell.map(|cell| cell.days_bucket.as_str()),
        rater_split: &draft.rater_split,
        licence: LICENCE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suppressed(sizes: &[u64]) -> Vec<u64> {
        let cells: Vec<Cell> = [1, 10, 30, 100, 300]
            .iter()
            .map(|votes| Cell::new(*votes, 1))
            .collect();
        let counted = Cells(cells.iter().cloned().zip(sizes.iter().copied()).collect());
        let mut left_out: Vec<u64> = counted
            .suppressed()
            .iter()
            .map(|cell| counted.0[cell])
            .collect();
        left_out.sort_unstable();
        left_out
    }

    #[test]
    fn small_cells_are_left_out_and_never_alone() {
        assert_eq!(suppressed(&[10, 20]), [0u64; 0]);
        assert_eq!(suppressed(&[9, 50, 11]), [9, 11]);
        assert_eq!(suppressed(&[5, 6, 40]), [5, 6]);
        assert_eq!(suppressed(&[1, 2, 3, 30, 12]), [1, 2, 3, 12]);
        assert_eq!(suppressed(&[4]), [4]);
        assert_eq!(suppressed(&[]), [0u64; 0]);
    }
}
