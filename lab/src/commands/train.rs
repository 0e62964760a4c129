//! `palate-lab train`: heads of a pack.

use std::path::PathBuf;

use anyhow::Result;
use palate_lab::folder;
use palate_lab::train::{TrainConfig, published, shipped, simulated, train};
use palate_models::heads::Heads;

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack (heads in it are ignored).
    #[arg(long)]
    pack: PathBuf,
    /// Folder of a data set in the canonical format, with vectors, whose people voted on the pack's answers; without it,
    /// people are simulated over the pack's axes.
    #[arg(long)]
    data: Option<PathBuf>,
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
    /// Ids of the methods to train, with commas between; without it, all that ship.
    #[arg(long, value_delimiter = ',')]
    methods: Vec<String>,
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
    let pack = folder::read(&arguments.pack)?;
    let material = match &arguments.data {
        Some(data) => published::material(&pack, data, &config)?,
        None => simulated::material(&pack, &config)?,
    };
    let mut methods = shipped();
    if !arguments.methods.is_empty() {
        methods.retain(|method| arguments.methods.contains(&method.id()));
    }
    let heads = train(material, &methods, &config, &say)?;
    std::fs::create_dir_all(&arguments.out)?;
    std::fs::write(arguments.out.join("heads.bin"), &heads)?;
    say(&format!(
        "heads {}, {} bytes",
        Heads::read(&heads)?.version(),
        heads.len()
    ));
    Ok(())
}
