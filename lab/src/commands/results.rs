//! `palate-lab results`: several reports in one document, and each in full beside it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::eval::results;

/// What to put together.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with a `report.json`, or of such folders.
    #[arg(long, num_args = 1.., required = true)]
    reports: Vec<PathBuf>,
    /// The document to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let results = results::read(&arguments.reports)?;
    for entry in &results.entries {
        std::fs::write(entry.folder.join("report.md"), entry.details())
            .with_context(|| format!("{} cannot be written", entry.folder.display()))?;
    }
    let text = results::document(&results);
    std::fs::write(&arguments.out, text)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))
}
