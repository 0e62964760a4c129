//! `lab/RESULTS.md`: all committed reports in one document, written by a program and never by hand.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::SCHEMA;
use super::markdown;
use super::part::Representation;
use super::references::{self, Reference};
use super::report::{Report, Row};
use super::speed::{self, Speed};
use crate::protocol::Cell;

/// Votes at which the first tables compare.
const VOTES: usize = 8;
/// The cell that the first tables show: what a new visitor meets.
const FIRST: Cell = Cell::UnseenSeen;

/// One report with what stands beside it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its folder.
    pub folder: PathBuf,
    /// The report.
    pub report: Report,
    /// Figures to compare with.
    pub references: Vec<Reference>,
}

/// Everything the document is made from.
#[derive(Clone, Debug)]
pub struct Results {
    /// Reports, by folder.
    pub entries: Vec<Entry>,
    /// Time of training beside another implementation, where it was measured.
    pub speed: Option<Speed>,
}

/// Reads `report.json` of every folder; a folder without one stands for the folders in it, by name, and may hold
/// `speed.json`.
///
/// # Errors
/// When there is none, or one is of another version.
pub fn read(folders: &[PathBuf]) -> Result<Results> {
    let (mut found, mut speed) = (Vec::new(), None);
    for folder in folders {
        if folder.join("report.json").exists() {
            found.push(folder.clone());
            continue;
        }
        let within = std::fs::read_dir(folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        let mut inner: Vec<PathBuf> = within
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        inner.retain(|path| path.join("report.json").exists());
        inner.sort();
        found.extend(inner);
        speed = speed.or(speed::read(folder)?);
    }
    ensure!(
        !found.is_empty(),
        "there is no report.json in the folders given"
    );
    let entry = |folder: PathBuf| {
        Ok(Entry {
            report: parse(&folder.join("report.json"))?,
            references: references::read(&folder)?,
            folder,
        })
    };
    Ok(Results {
        entries: found.into_iter().map(entry).collect::<Result<_>>()?,
        speed,
    })
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

impl Entry {
    /// The report in full, for `report.md` beside it.
    pub fn details(&self) -> String {
        let mut text = markdown::document(&self.report, &[]);
        if !self.references.is_empty() {
            text += &format!(
                "\n## Beside other figures\n\n{}",
                references::table(&self.report, &self.references)
            );
        }
        text
    }

    fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

/// The document.
pub fn document(results: &Results) -> String {
    let mut text = String::from(
        "# Results\n\nMade from `lab/reports` by `palate-lab results --reports lab/reports --out lab/RESULTS.md`; a test compares it with them. \
Every figure is ours unless a table says whose it is. Figures of simulated people never stand in one table with those of real people.\n",
    );
    let of_kind = |simulated: bool| -> Vec<&Entry> {
        let all = results.entries.iter();
        all.filter(|entry| entry.report.about.data.simulated == simulated)
            .collect()
    };
    let kinds = [(false, "real people"), (true, "simulated people")];
    for (simulated, kind) in kinds {
        text += &first_table(&of_kind(simulated), FIRST, "##", kind);
    }
    text += READING;
    text += &format!("\n## Below the population\n\n{}", below(&results.entries));
    text += "\n## Beside other figures\n\nA figure of a paper or of the reference sketch was measured on other splits, seeds and embeddings than ours.\n";
    for entry in results
        .entries
        .iter()
        .filter(|one| !one.references.is_empty())
    {
        text += &format!(
            "\n### {}\n\n{}",
            title(&entry.report),
            references::table(&entry.report, &entry.references)
        );
    }
    if let Some(speed) = &results.speed {
        text += &format!("\n## Speed\n\n{}", speed::section(speed));
    }
    text += "\n## The other cells\n";
    for cell in Cell::ALL.into_iter().filter(|cell| *cell != FIRST) {
        for (simulated, kind) in kinds {
            text += &first_table(&of_kind(simulated), cell, "###", kind);
        }
    }
    text += "\n## Data sets\n";
    for entry in &results.entries {
        let name = entry.name();
        text += &format!(
            "\n### {}\n\n{}\nAll figures, cells and costs: [reports/{name}/report.md](reports/{name}/report.md).\n",
            title(&entry.report),
            markdown::preamble(&entry.report),
        );
        if let Some(cell) = entry.report.cells.iter().find(|one| one.cell == FIRST) {
            text += &format!(
                "\n{}. {}",
                markdown::capital(FIRST.title()),
                markdown::accuracy(&entry.report, cell)
            );
        }
    }
    text
}

const READING: &str = "\nMean over people ± half the width of its 95 % interval. ▲ and ▼: above or below the population on the same rows by more than the \
interval of the difference, paired by person. **Bold**: the best of a column. `-shrunk`: the method mixed with the population, as its card says. The ceiling is \
the accuracy of what most people say: who knows no person cannot beat it; it is too high where few people order a pair.\n";

fn title(report: &Report) -> &str {
    let data = &report.about.data;
    if data.title.is_empty() {
        &data.id
    } else {
        &data.title
    }
}

/// Accuracy of every method on every data set and representation after [`VOTES`] votes, in one cell.
fn first_table(entries: &[&Entry], cell: Cell, level: &str, kind: &str) -> String {
    let has = |entry: &&&Entry| entry.report.cells.iter().any(|one| one.cell == cell);
    let columns: Vec<(&Entry, Representation)> = entries
        .iter()
        .copied()
        .filter(|entry| has(&entry))
        .flat_map(|entry| {
            let rows = markdown::representations(&entry.report);
            rows.into_iter().map(move |rows| (entry, rows))
        })
        .collect();
    if columns.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n{level} Method × data set: {}, {VOTES} votes, {kind}\n\n| method |",
        cell.title()
    );
    for (entry, rows) in &columns {
        text += &format!(" {} ({}) |", entry.name(), rows.word());
    }
    text += &format!("\n|---|{}\n", "---|".repeat(columns.len()));
    let row = |column: &(&Entry, Representation), method: &str| -> Option<Row> {
        column.0.report.row(method, column.1, cell, VOTES).cloned()
    };
    let methods = methods(&columns);
    let best: Vec<f64> = columns
        .iter()
        .map(|column| {
            let rows = methods.iter().filter_map(|method| row(column, method));
            rows.map(|row| row.accuracy.mean).fold(0.0, f64::max)
        })
        .collect();
    for method in &methods {
        text += &format!("| {method} |");
        for (column, best) in columns.iter().zip(&best) {
            text += &match row(column, method) {
                Some(row) => format!(" {} |", short(&row, *best)),
                None => " – |".into(),
            };
        }
        text += "\n";
    }
    text += "| ceiling without persons |";
    for (entry, _) in &columns {
        let facts = entry.report.cells.iter().find(|one| one.cell == cell);
        let ceiling = facts.map_or(f64::NAN, |one| one.ceiling);
        text += &format!(" {} |", markdown::number(ceiling));
    }
    text + "\n"
}

/// `**.764** ±.012 ▲`.
fn short(row: &Row, best: f64) -> String {
    let mut text = markdown::number(row.accuracy.mean);
    if row.accuracy.mean >= best {
        text = format!("**{text}**");
    }
    let half = (row.accuracy.high - row.accuracy.low) / 2.0;
    text += &format!(" ±{}", markdown::number(half));
    match row.difference {
        Some(gap) if gap.low > 0.0 => text + " ▲",
        Some(gap) if gap.high < 0.0 => text + " ▼",
        _ => text,
    }
}

/// Methods of all columns, in the order of first appearance.
fn methods(columns: &[(&Entry, Representation)]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for facts in columns.iter().flat_map(|(entry, _)| &entry.report.methods) {
        if !all.contains(&facts.method) {
            all.push(facts.method.clone());
        }
    }
    all
}

/// Whether a method is one shrunk towards the population.
pub fn is_shrunk(method: &str) -> bool {
    method.ends_with("-shrunk")
}

/// Who falls below the population: shrunk methods row by row, methods as they are in numbers.
fn below(entries: &[Entry]) -> String {
    let mut text = String::from(
        "How many rows (rows' kind, people, items, number of votes) of all personal methods fall below the population by more than the interval of the paired \
difference. At 95 %, one or two of a hundred rows would by chance alone where a method equals the population.\n\n\
| data set | shrunk: below | of | the worst | as they are: below | of | the worst |\n|---|---|---|---|---|---|---|\n",
    );
    let mut offenders = String::new();
    for entry in entries {
        text += &format!("| {} |", entry.name());
        for shrunk in [true, false] {
            let rows: Vec<&Row> = entry
                .report
                .rows
                .iter()
                .filter(|row| row.difference.is_some() && is_shrunk(&row.method) == shrunk)
                .collect();
            let mut fallen: Vec<&&Row> = rows.iter().filter(|row| row.falls_below()).collect();
            let gap = |row: &Row| row.difference.map_or(0.0, |gap| gap.mean);
            fallen.sort_by(|a, b| gap(a).total_cmp(&gap(b)));
            let worst = fallen.first().map_or("–".into(), |row| {
                format!(
                    "{} ({}), {} votes, {:+.3}",
                    row.method,
                    row.representation.word(),
                    markdown::words(row.n),
                    gap(row)
                )
            });
            text += &format!(" {} | {} | {worst} |", fallen.len(), rows.len());
            if shrunk {
                for row in fallen {
                    offenders += &format!(
                        "| {} | {} | {} | {} | {} | {} |\n",
                        entry.name(),
                        row.method,
                        row.representation.word(),
                        row.cell.title(),
                        markdown::words(row.n),
                        row.difference.map_or(String::new(), markdown::signed)
                    );
                }
            }
        }
        text += "\n";
    }
    if offenders.is_empty() {
        text + "\nNo shrunk method falls below the population by more than its interval, on any set, in any cell, after any number of votes.\n"
    } else {
        text + "\nShrunk methods that fall below, row by row:\n\n| data set | method | rows | people, items | votes | minus population |\n|---|---|---|---|---|---|\n"
            + &offenders
    }
}
