//! `palate-lab train`.

use std::path::PathBuf;

use anyhow::Result;
use palate_lab::folder;
use palate_lab::train::{TrainConfig, train};
use palate_models::heads::Heads;

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack (heads in it are ignored).
    #[arg(long)]
    pack: PathBuf,
    /// Folder for `heads.bin`.
    #[arg(long)]
    out: PathBuf,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Votes of each training person.
    #[arg(long)]
    votes: Option<usize>,
    /// Numbers of the embedding in the representation.
    #[arg(long)]
    components: Option<usize>,
    /// Noise on items while methods are trained.
    #[arg(long)]
    noise: Option<f32>,
    /// Multiplies the number of gradient steps.
    #[arg(long)]
    effort: Option<f64>,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let usual = TrainConfig::default();
    let config = TrainConfig {
        seed: arguments.seed,
        votes: arguments.votes.unwrap_or(usual.votes),
        components: arguments.components.unwrap_or(usual.components),
        noise: arguments.noise.unwrap_or(usual.noise),
        effort: arguments.effort.unwrap_or(usual.effort),
        ..usual
    };
    let heads = train(&folder::read(&arguments.pack)?, &config, &say)?;
    std::fs::create_dir_all(&arguments.out)?;
    std::fs::write(arguments.out.join("heads.bin"), &heads)?;
    say(&format!(
        "heads {}, {} bytes",
        Heads::read(&heads)?.version(),
        heads.len()
    ));
    Ok(())
}
