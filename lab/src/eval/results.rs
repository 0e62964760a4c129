//! `lab/RESULTS.md`: all committed reports in one document, written by a program and never by hand.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::SCHEMA;
use super::markdown;
use super::part::Representation;
use super::report::Report;
use crate::protocol::Cell;

/// Votes at which the first tables compare.
const VOTES: [usize; 3] = [0, 8, 32];

/// Reads `report.json` of every folder; a folder without one stands for the folders in it, by name.
///
/// # Errors
/// When there is none, or one is of another version.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Report>> {
    let mut files = Vec::new();
    for folder in folders {
        if folder.join("report.json").exists() {
            files.push(folder.join("report.json"));
            continue;
        }
        let within = std::fs::read_dir(folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        let mut found: Vec<PathBuf> = within
            .filter_map(|entry| Some(entry.ok()?.path().join("report.json")))
            .collect();
        found.retain(|path| path.exists());
        found.sort();
        files.extend(found);
    }
    ensure!(
        !files.is_empty(),
        "there is no report.json in the folders given"
    );
    files.iter().map(|file| parse(file)).collect()
}

fn parse(file: &Path) -> Result<Report> {
    let report: Report = serde_json::from_slice(&std::fs::read(file)?)
        .with_context(|| file.display().to_string())?;
    ensure!(
        report.schema == SCHEMA,
        "{} has version {}, not {SCHEMA}; make it again",
        file.display(),
        report.schema
    );
    Ok(report)
}

/// The document.
pub fn document(reports: &[Report]) -> String {
    let mut text = String::from(
        "# Results\n\nMade from `lab/reports` by `palate-lab results --reports lab/reports --out lab/RESULTS.md`; a test compares it with them. \
Every figure is ours. Columns of simulated people say so; no figure of theirs is mixed with one of real people.\n",
    );
    for cell in Cell::ALL {
        let reports: Vec<&Report> = reports
            .iter()
            .filter(|report| report.cells.iter().any(|one| one.cell == cell))
            .collect();
        if !reports.is_empty() {
            text += &format!(
                "\n## Method × data set: {}\n\n{}",
                cell.title(),
                across(&reports, cell)
            );
        }
    }
    for report in reports {
        let data = &report.about.data;
        let title = if data.title.is_empty() {
            &data.id
        } else {
            &data.title
        };
        text += &format!("\n## {title}\n\n{}", markdown::body(report, "###"));
    }
    text
}

/// Accuracy of every method on every data set, after a few numbers of votes.
fn across(reports: &[&Report], cell: Cell) -> String {
    let mut text = String::from("| method | rows |");
    for report in reports {
        for n in VOTES {
            text += &format!(
                " {} ({}), {n} votes |",
                report.about.data.id,
                markdown::kind(report)
            );
        }
    }
    text += &format!(
        "\n|---|---|{}\n",
        "---|".repeat(reports.len() * VOTES.len())
    );
    for (method, representation) in methods(reports) {
        text += &format!("| {method} | {} |", representation.word());
        for report in reports {
            for n in VOTES {
                let row = report.row(&method, representation, cell, n);
                text += &format!(
                    " {} |",
                    row.map_or("–".into(), |row| markdown::interval(row.accuracy))
                );
            }
        }
        text += "\n";
    }
    text += "| ceiling without persons | |";
    for report in reports {
        let ceiling = report
            .cells
            .iter()
            .find(|one| one.cell == cell)
            .map_or(f64::NAN, |one| one.ceiling);
        text += &format!(" {ceiling:.3} |").repeat(VOTES.len());
    }
    text + "\n"
}

/// Methods of all reports, in the order of first appearance.
fn methods(reports: &[&Report]) -> Vec<(String, Representation)> {
    let mut all = Vec::new();
    for facts in reports.iter().flat_map(|report| &report.methods) {
        let one = (facts.method.clone(), facts.representation);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}
