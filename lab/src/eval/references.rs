//! Figures that others reached, or that were asked for, beside ours: `references.json` in the folder of a report.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::markdown::{self, words};
use super::part::Representation;
use super::report::{POPULATION, Report, Row};
use crate::protocol::Cell;

/// Methods that a line of the table names at most.
const NAMED: usize = 4;

/// One figure to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Whose figure it is, and of what.
    pub what: String,
    /// Cell.
    pub cell: Cell,
    /// Votes fitted, as in [`Row::n`].
    pub n: usize,
    /// Accuracy.
    pub accuracy: f64,
    /// Our method of the same kind; any where it is absent.
    #[serde(default)]
    pub method: Option<String>,
    /// What rows must hold; either where it is absent.
    #[serde(default)]
    pub rows: Option<Representation>,
}

/// Reads the file beside a report; none gives none.
///
/// # Errors
/// When it does not parse.
pub fn read(folder: &Path) -> Result<Vec<Reference>> {
    let file = folder.join("references.json");
    if !file.exists() {
        return Ok(vec![]);
    }
    serde_json::from_slice(&std::fs::read(&file)?).with_context(|| file.display().to_string())
}

impl Reference {
    /// Our rows that compare, best first.
    pub fn rows<'a>(&self, report: &'a Report) -> Vec<&'a Row> {
        let fits = |row: &&Row| {
            row.cell == self.cell
                && row.n == self.n
                && self.rows.is_none_or(|rows| rows == row.representation)
                && match &self.method {
                    Some(method) => *method == row.method,
                    None => self.n == 0 || row.method != POPULATION,
                }
        };
        let mut rows: Vec<&Row> = report.rows.iter().filter(fits).collect();
        rows.sort_by(|a, b| b.accuracy.mean.total_cmp(&a.accuracy.mean));
        rows
    }
}

/// A table of references with who reaches them.
pub fn table(report: &Report, references: &[Reference]) -> String {
    let mut text = String::from(
        "| reference | people, items | votes | its figure | ours, best of that kind | reached by |\n|---|---|---|---|---|---|\n",
    );
    for reference in references {
        let rows = reference.rows(report);
        let name = |row: &Row| format!("{} ({})", row.method, row.representation.word());
        let best = rows.first().map_or("–".into(), |row| {
            format!("{} {}", name(row), markdown::interval(row.accuracy))
        });
        let reached: Vec<String> = rows
            .iter()
            .filter(|row| row.accuracy.mean >= reference.accuracy)
            .map(|row| name(row))
            .collect();
        let reached = match reached.len() {
            0 => match rows.first() {
                Some(row) if row.accuracy.high >= reference.accuracy => {
                    format!("nobody; within the interval of {}", name(row))
                }
                _ => "**nobody**".into(),
            },
            count if count <= NAMED => reached.join(", "),
            count => format!("{} and {} more", reached[..NAMED].join(", "), count - NAMED),
        };
        text += &format!(
            "| {} | {} | {} | {} | {best} | {reached} |\n",
            reference.what,
            reference.cell.title(),
            words(reference.n),
            markdown::number(reference.accuracy),
        );
    }
    text
}
