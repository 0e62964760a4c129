//! `palate-lab results`: several reports in one document.

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
    let text = results::document(&results::read(&arguments.reports)?);
    std::fs::write(&arguments.out, text)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))
}
