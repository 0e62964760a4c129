//! `palate-lab simulate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use palate_lab::import::summary;
use palate_lab::recipes::{self, Inputs};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which recipe.
    #[arg(long, value_parser = PossibleValuesParser::new(names()))]
    recipe: String,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of published texts, for a recipe that needs them.
    #[arg(long)]
    source: Option<PathBuf>,
    /// Folder of the data set to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let recipe = recipes::find(&arguments.recipe)?;
    let data = (recipe.make)(&Inputs {
        seed: arguments.seed,
        source: arguments.source,
    })?;
    data.write(&arguments.out)?;
    say(&summary(&data));
    say(&format!("wrote {}", arguments.out.display()));
    Ok(())
}

/// Names of recipes, with what they are for `--help`.
fn names() -> Vec<PossibleValue> {
    recipes::ALL
        .iter()
        .map(|recipe| PossibleValue::new(recipe.name).help(recipe.about))
        .collect()
}
