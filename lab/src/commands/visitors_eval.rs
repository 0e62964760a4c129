//! `palate-lab visitors-eval`: a pack's methods on simulated visitors.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::train::{TrainConfig, shipped, simulated, train};
use palate_lab::{evaluate, folder, report};

use super::say;

/// What to evaluate.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack with axes.
    #[arg(long)]
    pack: PathBuf,
    /// Seeds; heads are trained anew for each.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
    /// Test people per seed.
    #[arg(long, default_value_t = 320)]
    people: usize,
    /// Evaluate the pack's own heads only, without training.
    #[arg(long)]
    shipped: bool,
    /// Where to write the report; a `.json` of the same name stands beside it.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let pack = folder::read(&arguments.pack)?;
    let mut curves = Vec::new();
    for seed in &arguments.seeds {
        let heads = if arguments.shipped {
            pack.heads.clone().context("the pack has no heads")?
        } else {
            let config = TrainConfig {
                seed: *seed,
                ..TrainConfig::default()
            };
            train(
                simulated::material(&pack, &config)?,
                &shipped(),
                &config,
                &say,
            )?
        };
        curves.push(evaluate::run(&pack, &heads, arguments.people, *seed)?);
        say(&format!("seed {seed} done"));
    }
    let rows = report::rows(&curves);
    let text = report::markdown(
        &rows,
        &preamble(&arguments.seeds, arguments.people, arguments.shipped),
    );
    say(&text);
    if let Some(out) = arguments.out {
        std::fs::write(&out, &text)?;
        std::fs::write(
            out.with_extension("json"),
            serde_json::to_string_pretty(&rows)? + "\n",
        )?;
    }
    Ok(())
}

fn preamble(seeds: &[u64], people: usize, shipped: bool) -> String {
    format!(
        "# Simulated visitors\n\nShare of test votes forecast rightly after 0 to 40 votes, with 95 % intervals (bootstrap over people). \
Every figure is from simulated people; no human voted.\n\n\
- People: sparse tastes, one to three of eight columns of the starter pack's axes, unit norm, 5 % of labels flipped (so .95 is the \
ceiling), pairs with |margin| < 0.2 left out. {people} unseen people for each of the seeds {seeds:?}; heads {}.\n\
- Prompts: 50 train (heads, scales, projection, prior; the word lists of the features were written looking at these only), \
22 test. Accuracy is measured on pairs of test prompts only. In the first two tables the person's own votes are on training prompts, \
in the third on half of the test prompts.\n\
- `known axes` is no method but a ceiling: the personal ridge on the very axes that simulated people judge by, which no reader of texts has.\n\
- Made by `palate-lab visitors-eval --pack public/packs/starter --out docs/simulated-visitors.md`.\n",
        if shipped {
            "as shipped"
        } else {
            "trained anew for each"
        }
    )
}
