//! `palate-lab visitors`.

use std::path::PathBuf;

use anyhow::Result;
use palate_lab::{folder, simulate};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack with axes and heads.
    #[arg(long)]
    pack: PathBuf,
    /// Visitors.
    #[arg(long, default_value_t = 50)]
    people: usize,
    /// Votes of each, held-out ones included.
    #[arg(long, default_value_t = 40)]
    votes: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the events as JSONL, marked as simulated.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let pack = folder::read(&arguments.pack)?;
    let events = simulate::visitors(&pack, arguments.people, arguments.votes, arguments.seed)?;
    say(&simulate::summary(&events));
    if let Some(out) = arguments.out {
        let mut lines = String::new();
        for event in events.iter().flatten() {
            lines += &serde_json::to_string(event)?;
            lines.push('\n');
        }
        std::fs::write(&out, lines)?;
    }
    Ok(())
}
