//! `palate-lab regret`: how far a pack's methods pick from a simulated person's true best.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::{folder, regret};

use super::say;

/// Who picks, and where the figures go.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack with axes and heads.
    #[arg(long)]
    pack: PathBuf,
    /// Seeds of people.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
    /// People per seed.
    #[arg(long, default_value_t = 320)]
    people: usize,
    /// JSON file to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let pack = folder::read(&arguments.pack)?;
    let found = regret::run(&pack, arguments.people, &arguments.seeds)?;
    say(&format!(
        "regret of {} simulated people after {:?} examples, standard deviations",
        found.people, found.examples
    ));
    for picker in &found.pickers {
        let mut line = format!("{:<12}", picker.id);
        for (regret, best) in picker.regret.iter().zip(&picker.best) {
            line += &format!(
                "  {:.3} ({:.3}–{:.3}), best {:.0} %",
                regret.mean,
                regret.low,
                regret.high,
                best.mean * 100.0
            );
        }
        say(&line);
    }
    if let Some(folder) = arguments.out.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    std::fs::write(&arguments.out, found.to_json()?)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))
}
