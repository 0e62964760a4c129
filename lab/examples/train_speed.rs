//! Time of training, ours against plain PyTorch on the same votes: `--python` names an interpreter that has torch.
//!
//! Both sides take the same steps of the same batch on the simulated recipe of PAL, on the CPU. Ours uses as many threads as
//! `RAYON_NUM_THREADS` says; give that and `--threads` the same number. A method is one entry of [`contenders`] and one
//! class of the same name in `lab/peers/train_torch.py`. `--out lab/reports/speed.json` keeps what was measured.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Parser;
use palate_lab::eval::speed::{Pair, Side, Speed};
use palate_lab::protocol::{self, Cell, Shares};
use palate_lab::recipes::pal::{People, Recipe};
use palate_models::methods::Method;
use palate_models::methods::btl::Btl;
use palate_models::methods::fspo::FspoMethod;
use palate_models::methods::pal_a::PalAMethod;
use palate_models::methods::vpl::VplMethod;
use palate_models::training::{Episode, Run, TrainingSet, Vote, labelled, load};

#[derive(Parser)]
struct Options {
    /// Interpreter with the package torch.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// The peer's script.
    #[arg(long, default_value = "lab/peers/train_torch.py")]
    script: PathBuf,
    /// Width of an item.
    #[arg(long, default_value_t = 64)]
    dimension: usize,
    /// Gradient steps.
    #[arg(long, default_value_t = 600)]
    steps: usize,
    /// Votes per step.
    #[arg(long, default_value_t = 2048)]
    batch: usize,
    /// Threads of the peer.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Methods, all where there are none.
    #[arg(long, value_delimiter = ',')]
    methods: Vec<String>,
    /// Where it ran, in words.
    #[arg(long, default_value = "two shared cores")]
    machine: String,
    /// File for the figures.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Seeds; each gives one pair of times.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
}

/// A method on both sides.
struct Contender {
    /// Name of the peer's function.
    name: &'static str,
    /// First learning rate, the same for both.
    rate: f64,
    /// Whether a person is fitted.
    fits: bool,
    ours: Box<dyn Method>,
}

/// Everything that is compared, set so that training is one descent without choices.
fn contenders(steps: usize, batch: usize) -> Vec<Contender> {
    vec![
        Contender {
            name: "btl",
            rate: 3e-3,
            fits: false,
            ours: Box::new(Btl {
                weight_decays: &[0.0],
                steps: vec![steps].leak(),
                batch,
                ..Btl::default()
            }),
        },
        Contender {
            name: "pal-a",
            rate: 4e-3,
            fits: true,
            ours: Box::new(PalAMethod {
                prototypes: vec![8],
                steps,
                batch,
                ..PalAMethod::default()
            }),
        },
        Contender {
            name: "vpl",
            rate: 4e-3,
            fits: true,
            ours: Box::new(VplMethod {
                kl_weights: vec![1e-2],
                steps,
                mixed: 0.0,
                foresight: 0.0,
                ..VplMethod::default()
            }),
        },
        Contender {
            name: "fspo",
            rate: 2e-3,
            fits: true,
            ours: Box::new(FspoMethod {
                steps,
                describes: false,
                ..FspoMethod::default()
            }),
        },
    ]
}

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("votes.json");
    let mut speed = Speed {
        machine: options.machine.clone(),
        torch: String::new(),
        threads: options.threads,
        data: format!(
            "simulated people of the recipe 5.1, items of {} numbers, batches of {} votes or 64 (VPL) and 32 (FSPO) episodes",
            options.dimension, options.batch
        ),
        runs: vec![],
    };
    for seed in &options.seeds {
        let (set, tests) = data(options.dimension, *seed)?;
        write(&set, &tests, &path)?;
        let named = |one: &Contender| {
            options.methods.is_empty() || options.methods.iter().any(|name| name == one.name)
        };
        for one in contenders(options.steps, options.batch)
            .into_iter()
            .filter(named)
        {
            let start = Instant::now();
            let tables = one.ours.train(
                &set,
                &mut Run {
                    seed: *seed,
                    device: Device::flex(),
                    effort: 1.0,
                    watch: &mut |_| true,
                },
            )?;
            let seconds = start.elapsed().as_secs_f64();
            let (accuracy, fit) = test(one.ours.as_ref(), &tables, &set, &tests)?;
            let ours = Side {
                seconds,
                accuracy,
                fit_microseconds: one.fits.then_some(fit),
            };
            let peer = peer(&options, &one, &path, *seed)?;
            peer["torch"]
                .as_str()
                .context("the peer gave no version")?
                .clone_into(&mut speed.torch);
            let torch: Side = serde_json::from_value(peer)?;
            say(&format!("{} {seed}: {ours:?} {torch:?}", one.name));
            speed.runs.push(Pair {
                method: one.name.into(),
                seed: *seed,
                steps: options.steps,
                ours,
                torch,
            });
        }
    }
    say(&palate_lab::eval::speed::section(&speed));
    if let Some(out) = &options.out {
        std::fs::write(out, serde_json::to_string_pretty(&speed)? + "\n")?;
    }
    Ok(())
}

/// Training votes, and test votes of the same people on other items.
fn data(dimension: usize, seed: u64) -> Result<(TrainingSet, Vec<Episode>)> {
    let recipe = Recipe {
        dimension,
        ..Recipe::new(People::Partition, seed)
    };
    let data = recipe.dataset();
    let shares = Shares {
        validation_people: 0.0,
        ..Shares::default()
    };
    let split = protocol::split(&data, &shares, seed)?;
    // Numbers of an item have variance 1.
    let scale = (dimension as f32).sqrt();
    let scaled = |vector: Vec<f32>| vector.into_iter().map(|value| value * scale).collect();
    let rows = data
        .items
        .into_iter()
        .map(|item| item.vector.map(scaled).context("the recipe gives vectors"))
        .collect::<Result<_>>()?;
    let mut split = split.with_rows(rows);
    split.training.descriptions.clear();
    let tests = split.cells.remove(&Cell::SeenUnseen).unwrap_or_default();
    ensure!(
        tests.iter().map(|(user, _)| user).eq(&split.seen),
        "every training person is tested"
    );
    let tests = tests.into_iter().map(|(_, episode)| episode).collect();
    Ok((split.training, tests))
}

fn write(set: &TrainingSet, tests: &[Episode], path: &Path) -> Result<()> {
    let line = |person: usize, vote: &Vote| (person, vote.first, vote.second, vote.label);
    let train: Vec<_> = set
        .flat()
        .iter()
        .map(|(person, vote)| line(*person, vote))
        .collect();
    let test: Vec<_> = tests
        .iter()
        .enumerate()
        .flat_map(|(person, episode)| episode.test.iter().map(move |vote| line(person, vote)))
        .collect();
    let all = serde_json::json!({
        "rows": set.rows, "people": set.people.len(), "train": train, "test": test,
    });
    Ok(std::fs::write(path, all.to_string())?)
}

/// Votes that a new person is fitted to, and how many fits are timed; as in the peer's script.
const SHOTS: usize = 20;
const TIMED: usize = 200;

/// Share of test votes right, each person fitted to their training votes, and the median time of a fit, microseconds.
fn test(
    method: &dyn Method,
    tables: &palate_models::heads::Tables,
    set: &TrainingSet,
    tests: &[Episode],
) -> Result<(f64, f64)> {
    let model = load(method, tables, set.dimension())?;
    let views = model.view(set.items())?;
    let (mut right, mut count) = (0.0, 0.0);
    for episode in tests {
        let state = model.fit(&labelled(&episode.fit, &views))?;
        for vote in &episode.test {
            let margin = model.margin(&state, &views[vote.first], &views[vote.second]);
            right += f64::from(u8::from((margin.mean > 0.0) == (vote.label > 0.5)));
            count += 1.0;
        }
    }
    let mut times = Vec::with_capacity(TIMED);
    for episode in tests.iter().cycle().take(TIMED) {
        let votes = &episode.fit[..SHOTS.min(episode.fit.len())];
        let pairs = labelled(votes, &views);
        let start = Instant::now();
        std::hint::black_box(model.fit(&pairs)?);
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok((right / count, times[times.len() / 2]))
}

fn peer(options: &Options, one: &Contender, data: &Path, seed: u64) -> Result<serde_json::Value> {
    let output = Command::new(&options.python)
        .arg(&options.script)
        .arg("--data")
        .arg(data)
        .args(["--method", one.name])
        .args(["--steps", &options.steps.to_string()])
        .args(["--batch", &options.batch.to_string()])
        .args(["--rate", &one.rate.to_string()])
        .args(["--threads", &options.threads.to_string()])
        .args(["--seed", &seed.to_string()])
        .output()
        .with_context(|| format!("{} cannot be started", options.python.display()))?;
    ensure!(
        output.status.success(),
        "the peer failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(text.trim()).with_context(|| format!("the peer said {text}"))
}

#[expect(clippy::print_stdout, reason = "an example speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
