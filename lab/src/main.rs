//! Command line of the laboratory.

mod commands;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use palate_lab::train::{TrainConfig, train};
use palate_lab::{build, encode, folder, simulate, source};
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
    /// Train and test every method on a data set: figures, tables, plots.
    Eval(commands::eval::Arguments),
    /// Put several reports of `eval` into one document.
    Results(commands::results::Arguments),
    /// Accuracy of a pack's methods on unseen simulated people and prompts.
    VisitorsEval(commands::visitors_eval::Arguments),
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
        Command::Eval(arguments) => commands::eval::run(arguments)?,
        Command::Results(arguments) => commands::results::run(arguments)?,
        Command::VisitorsEval(arguments) => commands::visitors_eval::run(arguments)?,
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

#[expect(
    clippy::print_stdout,
    reason = "a command line speaks on standard output"
)]
fn say(text: &str) {
    println!("{text}");
}
