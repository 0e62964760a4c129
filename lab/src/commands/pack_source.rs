//! `palate-lab pack-source`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::pack_source::{Kind, make};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the pack is made from.
    #[arg(long)]
    from: Kind,
    /// Folder of the source.
    #[arg(long)]
    source: PathBuf,
    /// Folder of the pack's source text; `source.jsonl` is written.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let (text, report) = make(arguments.from, &arguments.source)?;
    let path = arguments.out.join("source.jsonl");
    std::fs::create_dir_all(&arguments.out)?;
    std::fs::write(&path, &text)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    say(report.to_string().trim_end());
    say(&format!(
        "wrote {} prompts to {}",
        text.lines().count(),
        path.display()
    ));
    Ok(())
}
