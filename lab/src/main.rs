//! Command line of the laboratory.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use palate_lab::evaluate;
use palate_lab::train::{TrainConfig, train};
use palate_lab::{build, encode, folder, report, simulate, source};
use palate_models::heads::Heads;
use palate_models::session::Session;

#[derive(Parser)]
#[command(
    name = "palate-lab",
    about = "Simulated people, training, evaluation, packs"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a pack from JSONL, or check a built one against its source.
    Pack {
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
        /// Population heads; by default `heads.bin` beside the source, if it is there.
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Train population heads on simulated people over a pack with axes.
    Train {
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
    },
    /// Accuracy of every method on unseen simulated people and prompts.
    Eval {
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
    },
    /// Native time of refit and question choice, milliseconds.
    Bench {
        /// Built pack with heads.
        #[arg(long)]
        pack: PathBuf,
        /// Votes in the history.
        #[arg(long, default_value_t = 200)]
        votes: usize,
        /// Candidate pairs.
        #[arg(long, default_value_t = 500)]
        candidates: usize,
    },
    /// Simulated visitors through whole sessions, as the site runs them; prints accuracy on held-out votes.
    Simulate {
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
    },
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Pack {
            source,
            out,
            check,
            encoder,
            heads,
        } => {
            let beside = source.parent().map(PathBuf::from).unwrap_or_default();
            let meta = source::read_meta(&beside.join("pack.json"))?;
            let text = std::fs::read_to_string(&source)
                .with_context(|| format!("{} cannot be read", source.display()))?;
            let items =
                source::parse(&text, &meta).with_context(|| format!("{}", source.display()))?;
            let heads = match heads {
                Some(path) => Some(
                    std::fs::read(&path)
                        .with_context(|| format!("{} cannot be read", path.display()))?,
                ),
                None => std::fs::read(beside.join("heads.bin")).ok(),
            };
            let vectors = encode::pack(&encode::load(&encoder)?, &items)?;
            let built = build::build(&meta, &items, vectors, heads)?;
            if let Some(out) = out {
                built.write(&out)?;
                say(&format!("wrote {}", out.display()));
            }
            if let Some(check) = check {
                say(&format!("{}: {}", check.display(), built.check(&check)?));
            }
        }
        Command::Train {
            pack,
            out,
            seed,
            votes,
            components,
            noise,
            effort,
        } => {
            let usual = TrainConfig::default();
            let config = TrainConfig {
                seed,
                votes: votes.unwrap_or(usual.votes),
                components: components.unwrap_or(usual.components),
                noise: noise.unwrap_or(usual.noise),
                effort: effort.unwrap_or(usual.effort),
                ..usual
            };
            let heads = train(&folder::read(&pack)?, &config, &say)?;
            std::fs::create_dir_all(&out)?;
            std::fs::write(out.join("heads.bin"), &heads)?;
            say(&format!(
                "heads {}, {} bytes",
                Heads::read(&heads)?.version(),
                heads.len()
            ));
        }
        Command::Eval {
            pack,
            seeds,
            people,
            shipped,
            out,
        } => eval(&pack, &seeds, people, shipped, out)?,
        Command::Bench {
            pack,
            votes,
            candidates,
        } => bench(&pack, votes, candidates)?,
        Command::Simulate {
            pack,
            people,
            votes,
            seed,
            out,
        } => {
            let events = simulate::visitors(&folder::read(&pack)?, people, votes, seed)?;
            say(&simulate::summary(&events));
            if let Some(out) = out {
                let mut lines = String::new();
                for event in events.iter().flatten() {
                    lines += &serde_json::to_string(event)?;
                    lines.push('\n');
                }
                std::fs::write(&out, lines)?;
            }
        }
    }
    Ok(())
}

fn eval(
    pack: &std::path::Path,
    seeds: &[u64],
    people: usize,
    shipped: bool,
    out: Option<PathBuf>,
) -> Result<()> {
    let pack = folder::read(pack)?;
    let mut curves = Vec::new();
    for seed in seeds {
        let heads = if shipped {
            pack.heads.clone().context("the pack has no heads")?
        } else {
            train(
                &pack,
                &TrainConfig {
                    seed: *seed,
                    ..TrainConfig::default()
                },
                &say,
            )?
        };
        curves.push(evaluate::run(&pack, &heads, people, *seed)?);
        say(&format!("seed {seed} done"));
    }
    let rows = report::rows(&curves);
    let text = report::markdown(&rows, &preamble(seeds, people, shipped));
    say(&text);
    if let Some(out) = out {
        std::fs::write(&out, &text)?;
        std::fs::write(
            out.with_extension("json"),
            serde_json::to_string_pretty(&rows)? + "\n",
        )?;
    }
    Ok(())
}

fn bench(pack: &std::path::Path, votes: usize, candidates: usize) -> Result<()> {
    let pack = folder::read(pack)?;
    let heads = pack.heads.context("the pack has no heads")?;
    let session = Session::new(&pack.items, &pack.vectors, &heads, 1)?;
    let start = std::time::Instant::now();
    let times = session.bench_refit(votes, candidates, 50, &|| {
        start.elapsed().as_secs_f64() * 1e3
    })?;
    let line = |name: &str, mut ms: Vec<f64>| {
        ms.sort_by(f64::total_cmp);
        say(&format!(
            "{name}: median {:.2} ms, p95 {:.2} ms",
            ms[ms.len() / 2],
            ms[ms.len() * 95 / 100]
        ));
    };
    for (method, ms) in times.refit {
        line(method.as_str(), ms);
    }
    line("all methods", times.all);
    line("question choice", times.choose);
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
- Made by `palate-lab eval --pack public/packs/starter --out docs/simulated-visitors.md`.\n",
        if shipped {
            "as shipped"
        } else {
            "trained anew for each"
        }
    )
}

#[expect(
    clippy::print_stdout,
    reason = "a command line speaks on standard output"
)]
fn say(text: &str) {
    println!("{text}");
}
