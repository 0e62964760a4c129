//! `palate-lab pack`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::{build, encode, source};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Source text, one prompt with its answers per line; `pack.json` stands beside it.
    #[arg(long)]
    source: PathBuf,
    /// Folder of the pack to write.
    #[arg(long, required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Folder of a built pack to compare with.
    #[arg(long)]
    check: Option<PathBuf>,
    /// Folder of the encoder.
    #[arg(long, env = "PALATE_ENCODER_DIR")]
    encoder: PathBuf,
    /// Population heads; by default those that `pack.json` names, else `heads.bin` beside it, if it is there.
    #[arg(long)]
    heads: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let beside = arguments
        .source
        .parent()
        .map(PathBuf::from)
        .unwrap_or_default();
    let meta = source::read_meta(&beside.join("pack.json"))?;
    let text = std::fs::read_to_string(&arguments.source)
        .with_context(|| format!("{} cannot be read", arguments.source.display()))?;
    let items =
        source::parse(&text, &meta).with_context(|| format!("{}", arguments.source.display()))?;
    let named = arguments
        .heads
        .or_else(|| meta.heads.as_ref().map(|heads| beside.join(heads)));
    let heads = match named {
        Some(path) => Some(
            std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?,
        ),
        None => std::fs::read(beside.join("heads.bin")).ok(),
    };
    let vectors = encode::pack(&encode::load(&arguments.encoder)?, &items)?;
    let built = build::build(&meta, &items, vectors, heads)?;
    if let Some(out) = arguments.out {
        built.write(&out)?;
        say(&format!("wrote {}", out.display()));
    }
    if let Some(check) = arguments.check {
        say(&format!("{}: {}", check.display(), built.check(&check)?));
    }
    Ok(())
}
