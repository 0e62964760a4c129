//! `palate-lab import`.

use std::path::PathBuf;

use anyhow::Result;
use palate_lab::import::{Kind, Options, import, summary};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the source is.
    #[arg(long)]
    from: Kind,
    /// Folder of the source.
    #[arg(long)]
    source: PathBuf,
    /// Folder of the data set to write.
    #[arg(long)]
    out: PathBuf,
    /// Seed of what is drawn (persona, polis).
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Most pairs of a person, where they are drawn (polis).
    #[arg(long, default_value_t = Options::default().pairs)]
    pairs: usize,
    /// Leave out people with fewer votes; 20 for polis, else 1.
    #[arg(long)]
    least_votes: Option<usize>,
    /// Groups of people (persona).
    #[arg(long, default_value_t = Options::default().groups)]
    groups: usize,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let options = Options {
        seed: arguments.seed,
        pairs: arguments.pairs,
        least_votes: arguments.least_votes,
        groups: arguments.groups,
    };
    let imported = import(arguments.from, &arguments.source, &options)?;
    imported.data.write(&arguments.out)?;
    say(&summary(&imported.data));
    say(imported.report.to_string().trim_end());
    say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}
